/* SPDX-License-Identifier: MIT */
/*
 * The text and JSON forms. The text form is read back: tests script the engine's input in it.
 *   kind name=value ...     strings in double quotes with \" \\ \n \xNN; bare words without blanks
 * also pass lists                   [1 2 nan]   ["a" "b"]   [{name=value ...} {...}]
 */
#include "core/msg/msg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/internal.h"

static void dump_text(struct str *out, const char *text)
{
	str_addch(out, '"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			str_addf(out, "\\%c", *c);
		else if (*c == '\n')
			str_adds(out, "\\n");
		else if (*c < 0x20 || *c == 0x7f)
			str_addf(out, "\\x%02x", *c);
		else
			str_addch(out, (char)*c);
	}
	str_addch(out, '"');
}

static void dump_double(struct str *out, double value)
{
	str_addf(out, "%.17g", value);
}

static void dump_fields(enum msg_kind kind, const void *body, struct str *out, const char *between);

static void dump_list(const struct msg_field *field, const void *body, struct str *out)
{
	str_addch(out, '[');
	for (size_t i = 0; i < count_of(field, body); i++) {
		if (i)
			str_addch(out, ' ');
		if (field->type == MSG_T_F64S) {
			dump_double(out, (*(double *const *)field_of(field, body))[i]);
		} else if (field->type == MSG_T_STRS) {
			dump_text(out, (*(char **const *)field_of(field, body))[i]);
		} else {
			str_addch(out, '{');
			dump_fields(field->kind, element_of(field, body, i), out, "");
			str_addch(out, '}');
		}
	}
	str_addch(out, ']');
}

static bool is_zero(const struct msg_field *field, const void *body)
{
	const void *at = field_of(field, body);
	switch (field->type) {
	case MSG_T_U64:
	case MSG_T_I64:
	case MSG_T_TIME:
		return *(const uint64_t *)at == 0;
	case MSG_T_BOOL:
		return !*(const bool *)at;
	case MSG_T_F64:
		return !(*(const double *)at < 0) && !(*(const double *)at > 0) &&
		       !isnan(*(const double *)at);
	case MSG_T_STR:
		return !*text_of(field, body);
	case MSG_T_STRS:
	case MSG_T_F64S:
	case MSG_T_LIST:
		break;
	}
	return count_of(field, body) == 0;
}

static void dump_value(const struct msg_field *field, const void *body, struct str *out)
{
	const void *at = field_of(field, body);
	if (field->type == MSG_T_U64)
		str_addf(out, "%" PRIu64, *(const uint64_t *)at);
	else if (field->type == MSG_T_I64 || field->type == MSG_T_TIME)
		str_addf(out, "%" PRId64, *(const int64_t *)at);
	else if (field->type == MSG_T_BOOL)
		str_adds(out, *(const bool *)at ? "true" : "false");
	else if (field->type == MSG_T_F64)
		dump_double(out, *(const double *)at);
	else if (field->type == MSG_T_STR)
		dump_text(out, text_of(field, body));
	else
		dump_list(field, body, out);
}

static void dump_fields(enum msg_kind kind, const void *body, struct str *out, const char *between)
{
	const struct msg_info *info = known(kind);
	for (size_t i = 0; i < info->field_count; i++) {
		if (is_zero(&info->fields[i], body))
			continue;
		str_addf(out, "%s%s=", between, info->fields[i].name);
		dump_value(&info->fields[i], body, out);
		between = " ";
	}
}

void msg_dump(enum msg_kind kind, const void *body, struct str *out)
{
	str_adds(out, known(kind)->name);
	dump_fields(kind, body, out, " ");
}

/* ---- reading it back ---- */

struct scan {
	const char *start, *at;
	struct err *err;
};

static bool scan_fail(struct scan *in, const char *what)
{
	return err_set(in->err, ERR_SYNTAX, "cannot read message text: %s at byte %zu", what,
		(size_t)(in->at - in->start));
}

static void skip_blanks(struct scan *in)
{
	while (*in->at == ' ' || *in->at == '\t')
		in->at++;
}

static bool scan_word(struct scan *in, struct str *ret)
{
	size_t length = strcspn(in->at, " \t=[]{}\"");
	str_clear(ret);
	str_add(ret, in->at, length);
	in->at += length;
	return length > 0 || scan_fail(in, "a word expected");
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

static bool scan_escape(struct scan *in, struct str *ret)
{
	char c = *in->at++;
	if (c == 'n') {
		str_addch(ret, '\n');
	} else if (c == 'x' && hex_digit(in->at[0]) >= 0 && hex_digit(in->at[1]) >= 0) {
		str_addch(ret, (char)(hex_digit(in->at[0]) << 4 | hex_digit(in->at[1])));
		in->at += 2;
	} else if (c == '"' || c == '\\') {
		str_addch(ret, c);
	} else {
		in->at--;
		return scan_fail(in, "unknown escape");
	}
	return true;
}

static bool scan_text(struct scan *in, struct str *ret)
{
	str_clear(ret);
	if (*in->at != '"')
		return scan_word(in, ret);
	in->at++;
	while (*in->at && *in->at != '"') {
		if (*in->at == '\\') {
			in->at++;
			if (!scan_escape(in, ret))
				return false;
		} else {
			str_addch(ret, *in->at++);
		}
	}
	if (*in->at != '"')
		return scan_fail(in, "a quote is not closed");
	in->at++;
	return true;
}

static bool scan_fields(struct scan *in, enum msg_kind kind, void *body, char end);

static bool scan_element(struct scan *in, const struct msg_field *field, void *body)
{
	autostr struct str word = STR_INIT;
	if (field->type == MSG_T_LIST) {
		if (*in->at != '{')
			return scan_fail(in, "'{' expected");
		in->at++;
		void *element = msg_add_(
			field_at(field, body), count_at(field, body), known(field->kind)->size);
		return scan_fields(in, field->kind, element, '}');
	}
	if (!scan_text(in, &word))
		return false;
	if (field->type == MSG_T_STRS) {
		msg_add_str(field_at(field, body), count_at(field, body), word.text);
	} else {
		double *slot =
			msg_add_(field_at(field, body), count_at(field, body), sizeof(double));
		*slot = strtod(word.text, NULL);
	}
	return true;
}

static bool scan_list(struct scan *in, const struct msg_field *field, void *body)
{
	if (*in->at != '[')
		return scan_fail(in, "'[' expected");
	in->at++;
	for (;;) {
		skip_blanks(in);
		if (*in->at == ']') {
			in->at++;
			return true;
		}
		if (!*in->at)
			return scan_fail(in, "a list is not closed");
		if (!scan_element(in, field, body))
			return false;
	}
}

static bool scan_value(struct scan *in, const struct msg_field *field, void *body)
{
	if (field->type > MSG_T_STR)
		return scan_list(in, field, body);
	autostr struct str word = STR_INIT;
	if (!scan_text(in, &word))
		return false;
	void *at = field_at(field, body);
	char *end = word.text;
	if (field->type == MSG_T_STR)
		return msg_set(at, word.text) || true;
	if (field->type == MSG_T_BOOL) {
		*(bool *)at = strcmp(word.text, "true") == 0;
		return *(bool *)at || strcmp(word.text, "false") == 0 ||
		       scan_fail(in, "true or false expected");
	}
	if (field->type == MSG_T_U64)
		*(uint64_t *)at = strtoull(word.text, &end, 10);
	else if (field->type == MSG_T_I64 || field->type == MSG_T_TIME)
		*(int64_t *)at = strtoll(word.text, &end, 10);
	else
		*(double *)at = strtod(word.text, &end);
	return (*end == '\0' && end != word.text) || scan_fail(in, "a number expected");
}

static const struct msg_field *field_by_name(const struct msg_info *info, const char *name)
{
	for (size_t i = 0; i < info->field_count; i++)
		if (strcmp(info->fields[i].name, name) == 0)
			return &info->fields[i];
	return NULL;
}

static bool scan_fields(struct scan *in, enum msg_kind kind, void *body, char end)
{
	autostr struct str name = STR_INIT;
	for (;;) {
		skip_blanks(in);
		if (*in->at == end) {
			if (end)
				in->at++;
			return true;
		}
		if (!scan_word(in, &name))
			return false;
		const struct msg_field *field = field_by_name(known(kind), name.text);
		if (!field)
			return scan_fail(in, "no such field before");
		if (*in->at != '=')
			return scan_fail(in, "'=' expected");
		in->at++;
		if (!scan_value(in, field, body))
			return false;
	}
}

bool msg_parse(const char *line, struct msg_any *ret, struct err *err)
{
	struct scan in = {.start = line, .at = line, .err = err};
	autostr struct str name = STR_INIT;
	skip_blanks(&in);
	if (!scan_word(&in, &name))
		return false;
	const struct msg_info *info = msg_info_by_name(name.text);
	if (!info)
		return err_set(
			err, ERR_SYNTAX, "cannot read message text: no kind '%s'", name.text);
	struct msg_any any = {.kind = info->kind, .body = msg_new(info->kind)};
	if (!scan_fields(&in, info->kind, any.body, '\0')) {
		msg_any_release(&any);
		return false;
	}
	msg_complete(info->kind, any.body);
	*ret = any;
	return true;
}
