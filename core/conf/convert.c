/* SPDX-License-Identifier: MIT */
/* One scalar of the file, the environment or the table of defaults becomes a typed field. */
#include "core/conf/internal.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/parse/log_place.h"
#include "core/conf/arena.h"

struct conversion {
	struct reader *reader;
	const struct option *option;
	const char *text;
	void *field;
	struct err *err;
};

bool is_slug(const char *text)
{
	size_t length = strlen(text);
	return length >= 1 && length <= 63 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length && *text != '_' &&
	       *text != '-';
}

static bool keep_text(const struct conversion *conversion)
{
	const struct option *option = conversion->option;
	size_t length = strlen(conversion->text);
	if (length < (size_t)(option->min > 0 ? option->min : 0))
		return err_set(conversion->err, ERR_INVALID, "'%s' may not be empty", option->key);
	if (option->max && length > (size_t)option->max)
		return err_set(conversion->err, ERR_INVALID,
			"'%s' is longer than %" PRId64 " bytes", option->key, option->max);
	*(char **)conversion->field = arena_text(conversion->reader->arena, conversion->text);
	return true;
}

static bool keep_name(const struct conversion *conversion)
{
	bool is_left_out = conversion->option->min == 0 && !conversion->text[0];
	if (is_left_out || is_slug(conversion->text))
		return keep_text(conversion);
	return err_set(conversion->err, ERR_INVALID,
		"'%.64s' is no name: use a-z 0-9 _ -, start with a letter or digit, at most 63",
		conversion->text);
}

static bool keep_path(const struct conversion *conversion)
{
	if (!keep_text(conversion))
		return false;
	char **path = conversion->field;
	if (**path)
		*path = absolute_path(conversion->reader->arena, conversion->reader->folder, *path);
	return true;
}

static bool keep_log(const struct conversion *conversion)
{
	const char *rest;
	if (log_place_of(conversion->text, &rest) == LOG_PLACE_FILES)
		return keep_path(conversion);
	return log_place_check(conversion->text, conversion->err) && keep_text(conversion);
}

static bool in_bounds(const struct conversion *conversion, int64_t value)
{
	return value >= conversion->option->min && value <= conversion->option->max;
}

static bool keep_duration(const struct conversion *conversion)
{
	const struct option *option = conversion->option;
	int64_t value;
	if (!*conversion->text && option->fallback && !*option->fallback) { /* "not given" */
		*(int64_t *)conversion->field = -1;
		return true;
	}
	if (!parse_duration(conversion->text, &value, conversion->err))
		return false;
	if (!in_bounds(conversion, value))
		return err_set(conversion->err, ERR_INVALID, "'%s' must be %s to %s", option->key,
			format_duration(option->min).text, format_duration(option->max).text);
	*(int64_t *)conversion->field = value;
	return true;
}

static bool keep_size(const struct conversion *conversion)
{
	const struct option *option = conversion->option;
	int64_t value;
	if (!parse_bytes(conversion->text, &value, conversion->err))
		return false;
	if (!in_bounds(conversion, value))
		return err_set(conversion->err, ERR_INVALID, "'%s' must be %s to %s", option->key,
			format_bytes(option->min).text, format_bytes(option->max).text);
	*(uint64_t *)conversion->field = (uint64_t)value;
	return true;
}

static bool keep_int(const struct conversion *conversion)
{
	const struct option *option = conversion->option;
	char *end;
	errno = 0;
	long long value = strtoll(conversion->text, &end, 10);
	if (errno || *end || end == conversion->text || !in_bounds(conversion, value))
		return err_set(conversion->err, ERR_INVALID,
			"'%s' is a whole number from %" PRId64 " to %" PRId64, option->key,
			option->min, option->max);
	*(int *)conversion->field = (int)value;
	return true;
}

static bool keep_number(const struct conversion *conversion)
{
	double value = NAN;
	size_t length = strlen(conversion->text);
	if (length && (!parse_double(conversion->text, length, &value) || !isfinite(value)))
		return err_set(conversion->err, ERR_INVALID, "'%s' is a number: 0.2, 80, 1e6",
			conversion->option->key);
	*(double *)conversion->field = value;
	return true;
}

static bool keep_yesno(const struct conversion *conversion)
{
	static const char *const words[] = {"no", "false", "off", "yes", "true", "on"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strcmp(conversion->text, words[i])) {
			*(bool *)conversion->field = i >= COUNT_OF(words) / 2;
			return true;
		}
	return err_set(conversion->err, ERR_INVALID, "'%s' is yes or no", conversion->option->key);
}

static bool keep_regex(const struct conversion *conversion)
{
	int code;
	size_t at;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)conversion->text, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (compiled) {
		pcre2_code_free(compiled);
		return keep_text(conversion);
	}
	char why[120];
	pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
	return err_set(conversion->err, ERR_INVALID,
		"'%s' is no regular expression: %s, at byte %zu", conversion->option->key, why,
		at + 1);
}

static bool find_word(const struct conversion *conversion, size_t *ret_index)
{
	const char *const *words = conversion->option->words;
	struct str all autostr = STR_INIT;
	for (size_t i = 0; words[i]; i++) {
		*ret_index = i;
		if (!strcmp(words[i], conversion->text))
			return true;
		str_addf(&all, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	}
	return err_set(conversion->err, ERR_INVALID, "'%s' is %s, not '%.40s'",
		conversion->option->key, all.text, conversion->text);
}

static bool keep_choice(const struct conversion *conversion)
{
	size_t index;
	if (!find_word(conversion, &index))
		return false;
	*(unsigned *)conversion->field = (unsigned)index;
	return true;
}

static bool keep_word(const struct conversion *conversion)
{
	size_t index;
	return (!*conversion->text || find_word(conversion, &index)) && keep_text(conversion);
}

static bool (*const keepers[TYPE_SCALARS])(const struct conversion *conversion) = {
	[TYPE_TEXT] = keep_text,
	[TYPE_NAME] = keep_name,
	[TYPE_PATH] = keep_path,
	[TYPE_LOG] = keep_log,
	[TYPE_DURATION] = keep_duration,
	[TYPE_SIZE] = keep_size,
	[TYPE_INT] = keep_int,
	[TYPE_NUMBER] = keep_number,
	[TYPE_YESNO] = keep_yesno,
	[TYPE_REGEX] = keep_regex,
	[TYPE_CHOICE] = keep_choice,
	[TYPE_WORD] = keep_word,
};

bool option_convert(struct reader *reader, const struct option *option, const char *text,
	void *field, struct err *err)
{
	enum option_type type = option->type == TYPE_MANY ? option->element : option->type;
	struct conversion conversion = {reader, option, text, field, err};
	return keepers[type](&conversion);
}
