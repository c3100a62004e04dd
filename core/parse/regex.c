/* SPDX-License-Identifier: MIT */
#include "core/parse/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/base/str.h"
#include "core/parse/regex_needle.h"

enum { HEAP_KIB_MAX = 4096 };

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_data *group_data; /* of regex_groups(), once it was called */
	pcre2_match_context *context;
	bool has_needle;
	struct needle needle; /* stands in whatever it matches */
};

/* A glob as a pattern: everything but * and ? is itself. */
static void add_glob(struct str *to, const char *glob, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)glob[i];
		if (byte == '*')
			str_adds(to, ".*");
		else if (byte == '?')
			str_adds(to, ".");
		else if (byte && strchr("\\^$.[]|()+{}#-/", byte))
			str_addf(to, "\\%c", byte);
		else
			str_addch(to, glob[i]);
	}
}

static uint32_t options_of(unsigned flags)
{
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY;
	if (flags & REGEX_LITERAL)
		options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_LITERAL;
	if (flags & REGEX_CASELESS)
		options |= PCRE2_CASELESS;
	if (flags & (REGEX_WHOLE | REGEX_GLOB))
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	return options;
}

static pcre2_code *compile(
	const char *pattern, size_t length, unsigned flags, size_t *ret_at, struct err *err)
{
	autostr struct str glob = STR_INIT;
	int code;
	PCRE2_SIZE at;
	if (flags & REGEX_GLOB) {
		add_glob(&glob, pattern, length);
		pattern = glob.text;
		length = glob.length;
	}
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)pattern, length, options_of(flags), &code, &at, NULL);
	if (!compiled) {
		char said[128] = "";
		pcre2_get_error_message(code, (PCRE2_UCHAR *)said, sizeof(said));
		*ret_at = flags & REGEX_GLOB ? 0 : at;
		err_set(err, ERR_SYNTAX, "%s", said);
	}
	return compiled;
}

struct regex *regex_new(
	const char *pattern, size_t length, unsigned flags, size_t *ret_at, struct err *err)
{
	pcre2_code *code = compile(pattern, length, flags, ret_at, err);
	if (!code)
		return NULL;
	/* Without JIT (memory that may not be executed) matching is slower, not wrong. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	struct regex *regex = xcalloc(1, sizeof(*regex));
	regex->code = code;
	regex->has_needle = regex_needle(pattern, length, flags, &regex->needle);
	regex->data = pcre2_match_data_create(1, NULL);
	regex->context = pcre2_match_context_create(NULL);
	if (!regex->data || !regex->context)
		out_of_memory();
	pcre2_set_match_limit(regex->context, LIMIT_REGEX_MATCH);
	pcre2_set_heap_limit(regex->context, HEAP_KIB_MAX);
	return regex;
}

const struct needle *regex_certain(const struct regex *regex)
{
	return regex->has_needle ? &regex->needle : NULL;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	pcre2_match_data_free(regex->data);
	pcre2_match_data_free(regex->group_data);
	pcre2_match_context_free(regex->context);
	free(regex);
}

enum regex_result regex_match(struct regex *regex, const char *text, size_t length, size_t from,
	size_t *ret_start, size_t *ret_end)
{
	if (length > LIMIT_LOG_STORED_BYTES)
		length = LIMIT_LOG_STORED_BYTES;
	if (from > length ||
		(regex->has_needle && !needle_find(&regex->needle, text + from, length - from)))
		return REGEX_NO;
	int found = pcre2_match(
		regex->code, (PCRE2_SPTR)text, length, from, 0, regex->data, regex->context);
	if (found == PCRE2_ERROR_NOMATCH || found == PCRE2_ERROR_BADUTFOFFSET)
		return REGEX_NO;
	if (found < 0)
		return REGEX_COSTLY;
	const PCRE2_SIZE *span = pcre2_get_ovector_pointer(regex->data);
	if (ret_start)
		*ret_start = span[0];
	if (ret_end)
		*ret_end = span[1];
	return REGEX_YES;
}

enum regex_result regex_groups(struct regex *regex, const char *text, size_t length,
	struct regex_span *ret_spans, size_t count)
{
	if (length > LIMIT_LOG_STORED_BYTES)
		length = LIMIT_LOG_STORED_BYTES;
	if (!regex->group_data)
		regex->group_data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	if (!regex->group_data)
		out_of_memory();
	int found = pcre2_match(
		regex->code, (PCRE2_SPTR)text, length, 0, 0, regex->group_data, regex->context);
	if (found == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	if (found < 0)
		return REGEX_COSTLY;
	const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(regex->group_data);
	for (size_t i = 0; i < count; i++) {
		bool is_set = i < (size_t)found && spans[2 * i] != PCRE2_UNSET;
		ret_spans[i] = (struct regex_span){.is_set = is_set,
			.from = is_set ? spans[2 * i] : 0,
			.to = is_set ? spans[2 * i + 1] : 0};
	}
	return REGEX_YES;
}

size_t regex_group_named(const struct regex *regex, const char *name)
{
	int number = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)name);
	return number > 0 ? (size_t)number : 0;
}
