/* SPDX-License-Identifier: MIT */
/* What operators write on the right of a comparison. */
#include "core/parse/filter_internal.h"

#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/parse/log_level.h"

#define DAY_MS INT64_C(86400000)

static bool read_number(const char *text, double *ret_number, struct err *err)
{
	static const struct {
		char suffix;
		double factor;
	} suffixes[] = {{'%', 1}, {'k', 1e3}, {'K', 1e3}, {'M', 1e6}, {'G', 1e9}};
	size_t length = strlen(text);
	double factor = 1, number;
	for (size_t i = 0; length && i < COUNT_OF(suffixes); i++) {
		if (text[length - 1] == suffixes[i].suffix) {
			factor = suffixes[i].factor;
			length--;
			break;
		}
	}
	if (!parse_double(text, length, &number) || !isfinite(number))
		return err_set(err, ERR_SYNTAX, "'%.40s' is no number: write 12, 1.5 or 12k", text);
	*ret_number = number * factor;
	return true;
}

static bool read_duration(const char *text, double *ret_number, struct err *err)
{
	int64_t ms;
	struct err ignored;
	if (*text && strspn(text, "0123456789.") == strlen(text) &&
		read_number(text, ret_number, &ignored)) {
		*ret_number *= 1000;
		return true;
	}
	if (!parse_duration(text, &ms, err))
		return false;
	*ret_number = (double)ms;
	return true;
}

static bool read_bytes(const char *text, double *ret_number, struct err *err)
{
	int64_t bytes;
	if (!parse_bytes(text, &bytes, err))
		return false;
	*ret_number = (double)bytes;
	return true;
}

static bool read_level(const char *text, double *ret_number, struct err *err)
{
	enum log_level level;
	if (!log_level_read(text, strlen(text), &level))
		return err_set(err, ERR_SYNTAX,
			"'%.40s' is no level: write trace, debug, info, warn, error or fatal",
			text);
	*ret_number = (double)level;
	return true;
}

/* 10:00 or 10:00:21 where the operator is: the latest one that is not ahead. */
static bool read_clock(const char *text, const struct filter_schema *schema, double *ret_number)
{
	int part[3] = {0, 0, 0};
	const char *at = text;
	for (int i = 0; i < 3; i++) {
		if (strspn(at, "0123456789") != 2)
			return false;
		part[i] = (at[0] - '0') * 10 + (at[1] - '0');
		at += 2;
		if (*at != ':')
			break;
		at++;
	}
	if (*at || at - text < 5 || part[0] > 23 || part[1] > 59 || part[2] > 59)
		return false;
	int64_t local_ms = schema->now_ms + schema->utc_offset_s * INT64_C(1000);
	int64_t midnight_ms = schema->now_ms - (local_ms % DAY_MS + DAY_MS) % DAY_MS;
	int64_t at_ms = midnight_ms + ((part[0] * 60 + part[1]) * 60 + part[2]) * INT64_C(1000);
	*ret_number = (double)(at_ms > schema->now_ms ? at_ms - DAY_MS : at_ms);
	return true;
}

static bool read_time(
	const char *text, const struct filter_schema *schema, double *ret_number, struct err *err)
{
	int64_t ms;
	bool has_zone;
	if (read_clock(text, schema, ret_number))
		return true;
	if (*text == '-' && parse_duration(text + 1, &ms, NULL)) {
		*ret_number = (double)(schema->now_ms - ms);
		return true;
	}
	size_t length = strlen(text);
	if (length && parse_rfc3339(text, length, &ms, &has_zone) == length) {
		*ret_number = (double)(has_zone ? ms : ms - schema->utc_offset_s * INT64_C(1000));
		return true;
	}
	return err_set(err, ERR_SYNTAX,
		"'%.40s' is no time: write 10:00, -15m or 2026-11-20T10:00:00Z", text);
}

bool filter_read_value(const char *text, enum filter_kind kind, const struct filter_schema *schema,
	double *ret_number, struct err *err)
{
	switch (kind) {
	case FILTER_NUMBER:
		return read_number(text, ret_number, err);
	case FILTER_DURATION:
		return read_duration(text, ret_number, err);
	case FILTER_BYTES:
		return read_bytes(text, ret_number, err);
	case FILTER_LEVEL:
		return read_level(text, ret_number, err);
	case FILTER_TIME:
		return read_time(text, schema, ret_number, err);
	case FILTER_TEXT:
		break;
	}
	return err_set(err, ERR_INTERNAL, "text has no number");
}
