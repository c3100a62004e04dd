/* SPDX-License-Identifier: MIT */
#include "core/parse/botapi_stats.h"

#include <math.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/format.h"

enum { COLUMNS = 4, MINUTE = 2, SLACK_BYTES = 512 };

struct words {
	const char *name;
	size_t length;
	double values[COLUMNS]; /* NaN: none, or no number */
	size_t count;
};

static const struct unit {
	const char *word;
	double bytes;
} units[] = {{"B", 1}, {"KB", 1024}, {"MB", 1048576}, {"GB", 1073741824.0}};

/* A number, or one with a unit of memory behind it. */
static double number_of(const char *text, size_t length)
{
	size_t digits = 0;
	double value;
	while (digits < length && (text[digits] == '.' || text[digits] == '-' ||
					  (text[digits] >= '0' && text[digits] <= '9')))
		digits++;
	if (!digits || !parse_double(text, digits, &value))
		return NAN;
	if (digits == length)
		return value;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strlen(units[i].word) == length - digits &&
			!memcmp(units[i].word, text + digits, length - digits))
			return value * units[i].bytes;
	return NAN;
}

/* Bots have `/sec` behind the names of their rates. */
static size_t bare_length(const char *name, size_t length)
{
	return length > 4 && !memcmp(name + length - 4, "/sec", 4) ? length - 4 : length;
}

static struct words split(const char *line, size_t length)
{
	const char *tab = memchr(line, '\t', length);
	struct words words = {.name = line, .values = {NAN, NAN, NAN, NAN}};
	words.length = bare_length(line, tab ? (size_t)(tab - line) : length);
	while (tab && words.count < COLUMNS) {
		const char *from = tab + 1;
		size_t left = length - (size_t)(from - line);
		tab = memchr(from, '\t', left);
		words.values[words.count++] = number_of(from, tab ? (size_t)(tab - from) : left);
	}
	return words;
}

static bool is(const struct words *words, const char *name)
{
	return strlen(name) == words->length && !memcmp(name, words->name, words->length);
}

static double rate_of(const struct words *words)
{
	return words->values[words->count > MINUTE ? MINUTE : 0];
}

static int64_t count_of(const struct words *words)
{
	double value = words->values[0];
	return value >= 0 && value < 9e15 ? (int64_t)value : -1;
}

static bool take_of_server(struct botapi_stats *stats, const struct words *words)
{
	const struct {
		const char *name;
		int64_t *count;
		double *value, *rate;
	} rows[] = {{"uptime", NULL, &stats->uptime_s, NULL},
		{"rss", NULL, &stats->rss_bytes, NULL}, {"bot_count", &stats->bots, NULL, NULL},
		{"active_bot_count", &stats->active_bots, NULL, NULL},
		{"active_webhook_connections", &stats->webhook_connections, NULL, NULL},
		{"active_requests", &stats->active_requests, NULL, NULL},
		{"request_count", NULL, NULL, &stats->requests_per_s},
		{"response_count_error", NULL, NULL, &stats->errors_per_s},
		{"update_count", NULL, NULL, &stats->updates_per_s}};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!is(words, rows[i].name))
			continue;
		if (rows[i].count)
			*rows[i].count = count_of(words);
		if (rows[i].value)
			*rows[i].value = words->values[0];
		if (rows[i].rate)
			*rows[i].rate = rate_of(words);
		return true;
	}
	return false;
}

/* Its token, its name and its webhook are passed over. */
static void take_of_bot(struct botapi_stats *stats, const struct words *words)
{
	struct botapi_stats_bot *bot = stats->count ? &stats->list[stats->count - 1] : NULL;
	if (is(words, "id")) {
		stats->is_cut |= stats->count == BOTAPI_STATS_BOTS;
		if (stats->count < BOTAPI_STATS_BOTS)
			stats->list[stats->count++] =
				(struct botapi_stats_bot){.id = count_of(words),
					.pending = -1,
					.updates_per_s = NAN,
					.requests_per_s = NAN};
	} else if (bot && is(words, "pending_update_count")) {
		bot->pending = count_of(words);
	} else if (bot && is(words, "update_count")) {
		bot->updates_per_s = rate_of(words);
	} else if (bot && is(words, "request_count")) {
		bot->requests_per_s = rate_of(words);
	}
}

bool botapi_stats_read(const char *body, size_t length, struct botapi_stats *ret, struct err *err)
{
	bool in_bots = false, is_page = false;
	*ret = (struct botapi_stats){.uptime_s = NAN,
		.rss_bytes = NAN,
		.bots = -1,
		.active_bots = -1,
		.webhook_connections = -1,
		.active_requests = -1,
		.requests_per_s = NAN,
		.errors_per_s = NAN,
		.updates_per_s = NAN};
	if (length >= 7 && !memcmp(body, "Closing", 7))
		return err_set(err, ERR_UNREACHABLE, "the server is shutting down");
	for (size_t at = 0; at < length;) {
		const char *end = memchr(body + at, '\n', length - at);
		size_t line = end ? (size_t)(end - body) - at : length - at;
		struct words words = split(body + at, line);
		in_bots |= is(&words, "id");
		if (in_bots)
			take_of_bot(ret, &words);
		else
			is_page |= take_of_server(ret, &words);
		at += line + 1;
	}
	ret->is_cut |= length + SLACK_BYTES >= BOTAPI_STATS_BYTES;
	return is_page || err_set(err, ERR_PROTOCOL, "no page of a Bot API server's statistics");
}
