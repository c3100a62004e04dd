/* SPDX-License-Identifier: MIT */
/* Time, and the calendar in UTC. */
#include <math.h>
#include <time.h>

#include "core/series/labels.h"
#include "core/series/promql/internal.h"

static struct tm date_of(double value)
{
	struct tm date = {.tm_year = 0};
	time_t moment = (time_t)value;
	(void)gmtime_r(&moment, &date);
	return date;
}

static double minute(double value)
{
	return date_of(value).tm_min;
}

static double hour(double value)
{
	return date_of(value).tm_hour;
}

static double day_of_week(double value)
{
	return date_of(value).tm_wday;
}

static double day_of_month(double value)
{
	return date_of(value).tm_mday;
}

static double day_of_year(double value)
{
	return date_of(value).tm_yday + 1;
}

static double month(double value)
{
	return date_of(value).tm_mon + 1;
}

static double year(double value)
{
	return date_of(value).tm_year + 1900.0;
}

static double days_in_month(double value)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct tm date = date_of(value);
	int of_year = date.tm_year + 1900;
	bool is_leap = (of_year % 4 == 0 && of_year % 100 != 0) || of_year % 400 == 0;
	return days[date.tm_mon] + (date.tm_mon == 1 && is_leap);
}

static bool now(struct query *query, struct node *node, struct err *err)
{
	(void)query;
	(void)err;
	node->scalar = (double)node->frame->now_ms / 1000;
	return true;
}

/* Of what a selector selects when each sample was taken; of anything else it is now. */
static bool timestamp(struct query *query, struct node *node, struct err *err)
{
	const struct node *kid = node->kids[0];
	const struct source *source = kid->source;
	(void)query;
	for (size_t i = 0; source && i < source->count; i++) {
		const struct source_series *series = &source->list[i];
		const struct sample *last = series->samples + series->high;
		if (series->low < series->high && !is_stale(last[-1].value))
			vector_add(&node->vector, series->labels, (double)last[-1].time_ms / 1000);
	}
	for (size_t i = 0; !source && i < kid->vector.count; i++)
		vector_add(&node->vector, kid->vector.list[i].labels,
			(double)node->frame->now_ms / 1000);
	return vector_drop_names(node, kid, err);
}

const struct function_way time_ways[] = {
	{.name = "minute", .date = minute, .flags = WAY_OF_NOW},
	{.name = "hour", .date = hour, .flags = WAY_OF_NOW},
	{.name = "day_of_week", .date = day_of_week, .flags = WAY_OF_NOW},
	{.name = "day_of_month", .date = day_of_month, .flags = WAY_OF_NOW},
	{.name = "day_of_year", .date = day_of_year, .flags = WAY_OF_NOW},
	{.name = "days_in_month", .date = days_in_month, .flags = WAY_OF_NOW},
	{.name = "month", .date = month, .flags = WAY_OF_NOW},
	{.name = "year", .date = year, .flags = WAY_OF_NOW},
	{.name = "time", .call = now, .flags = WAY_OF_NOW},
	{.name = "timestamp", .call = timestamp, .flags = WAY_OF_NOW},
	{.name = NULL},
};
