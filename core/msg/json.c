/* SPDX-License-Identifier: MIT */
/*
 * Messages as JSON, for --json: raw units, names as in msg.def, NaN as null. A TIME is RFC 3339 UTC under its name
 * without _ms, null when it is 0.
 */
#include "core/msg/msg.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/msg/internal.h"

/* JSON is UTF-8: what is none is U+FFFD. */
static void json_character(struct str *out, const char *at, struct utf8_char next)
{
	if (!next.valid)
		str_adds(out, "\\ufffd");
	else if (next.code == '"' || next.code == '\\')
		str_addf(out, "\\%c", (int)next.code);
	else if (next.code < 0x20 || next.code == 0x7f)
		str_addf(out, "\\u%04x", next.code);
	else
		str_add(out, at, next.size);
}

void msg_json_text(const char *text, struct str *out)
{
	msg_json_bytes(text, strlen(text), out);
}

void msg_json_bytes(const char *text, size_t length, struct str *out)
{
	str_addch(out, '"');
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(text + at, length - at);
		json_character(out, text + at, next);
		at += next.size;
	}
	str_addch(out, '"');
}

static void json_double(struct str *out, double value)
{
	if (isfinite(value))
		str_addf(out, "%.15g", value);
	else
		str_adds(out, "null");
}

static void json_time(struct str *out, int64_t wall_ms)
{
	if (wall_ms)
		str_addf(out, "\"%s\"", format_rfc3339(wall_ms).text);
	else
		str_adds(out, "null");
}

static void json_list(const struct msg_field *field, const void *body, struct str *out)
{
	str_addch(out, '[');
	for (size_t i = 0; i < count_of(field, body); i++) {
		if (i)
			str_addch(out, ',');
		if (field->type == MSG_T_F64S)
			json_double(out, (*(double *const *)field_of(field, body))[i]);
		else if (field->type == MSG_T_STRS)
			msg_json_text((*(char **const *)field_of(field, body))[i], out);
		else
			msg_json(field->kind, element_of(field, body, i), out);
	}
	str_addch(out, ']');
}

static void json_value(const struct msg_field *field, const void *body, struct str *out)
{
	const void *at = field_of(field, body);
	if (field->type == MSG_T_U64)
		str_addf(out, "%" PRIu64, *(const uint64_t *)at);
	else if (field->type == MSG_T_I64)
		str_addf(out, "%" PRId64, *(const int64_t *)at);
	else if (field->type == MSG_T_TIME)
		json_time(out, *(const int64_t *)at);
	else if (field->type == MSG_T_BOOL)
		str_adds(out, *(const bool *)at ? "true" : "false");
	else if (field->type == MSG_T_F64)
		json_double(out, *(const double *)at);
	else if (field->type == MSG_T_STR)
		msg_json_text(text_of(field, body), out);
	else
		json_list(field, body, out);
}

static void json_name(struct str *out, const struct msg_field *field)
{
	size_t length = strlen(field->name), suffix = field->type == MSG_T_TIME ? strlen("_ms") : 0;
	str_addf(out, "\"%.*s\"", (int)(length - suffix), field->name);
}

void msg_json(enum msg_kind kind, const void *body, struct str *out)
{
	const struct msg_info *info = known(kind);
	str_addch(out, '{');
	for (size_t i = 0; i < info->field_count; i++) {
		if (i)
			str_addch(out, ',');
		json_name(out, &info->fields[i]);
		str_addch(out, ':');
		json_value(&info->fields[i], body, out);
	}
	str_addch(out, '}');
}
