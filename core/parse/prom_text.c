/* SPDX-License-Identifier: MIT */
/*
 * Lines. Nearly all are of one shape, and are read without looking for their end first (read_plain): the name is that of the
 * line before, a bracket closes its labels, a short decimal ends it. All others, and all that are wrong, are read by the
 * rules (read_line).
 */
#include "core/parse/prom_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "core/base/hash.h"
#include "core/parse/prom_internal.h"

enum { EXEMPLAR_MAX = 128 }; /* characters of the labels of an exemplar */

#define TIME_MAX_S 9.2e15 /* in ms it is an int64_t */

bool prom_fail(const struct cursor *cursor, const char *format, ...)
{
	char what[160];
	va_list args;
	va_start(args, format);
	vprint_text(what, sizeof(what), format, args);
	va_end(args);
	return err_set(cursor->err, ERR_SYNTAX, "%zu:%zu: %s", cursor->reader->line,
		(size_t)(cursor->at - cursor->reader->line_text) + 1, what);
}

void prom_skip_blanks(struct cursor *cursor)
{
	if (prom_is_strict(cursor->reader))
		return;
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

/* ---- the rest of a line, behind the labels ---- */

/* What separates two words: in text blanks, in OpenMetrics one; false: not so. */
static bool take_separator(struct cursor *cursor)
{
	const char *begin = cursor->at;
	if (prom_is_strict(cursor->reader))
		cursor->at += cursor_peek(cursor) == ' ';
	else
		prom_skip_blanks(cursor);
	return cursor->at > begin;
}

static struct prom_span take_word(struct cursor *cursor)
{
	const char *begin = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\t')
		cursor->at++;
	return (struct prom_span){begin, (size_t)(cursor->at - begin)};
}

static bool take_number(struct cursor *cursor, const char *what, double *ret)
{
	struct cursor begin = *cursor;
	const char *why;
	return prom_number(take_word(cursor), ret, &why) || prom_fail(&begin, "%s %s", what, why);
}

/* Whole ms in text; seconds in OpenMetrics. */
static bool take_time(struct cursor *cursor, int64_t *ret_ms)
{
	struct cursor begin = *cursor;
	double seconds;
	if (!prom_is_strict(cursor->reader))
		return prom_whole_number(take_word(cursor), ret_ms) ||
		       prom_fail(&begin, "the time is no whole number of milliseconds");
	if (!take_number(cursor, "the time", &seconds))
		return false;
	if (!(fabs(seconds) < TIME_MAX_S))
		return prom_fail(&begin, "the time is no moment");
	*ret_ms = (int64_t)llround(seconds * 1000);
	return true;
}

static size_t characters_of(struct prom_span span)
{
	size_t count = 0;
	for (size_t i = 0; i < span.length; i++)
		count += ((unsigned char)span.text[i] & 0xc0) != 0x80;
	return count;
}

/* Behind `# `: {labels} value [time]. It is checked, and that is all. */
static bool skip_exemplar(struct cursor *cursor)
{
	struct prom_label labels[PROM_LABELS_MAX];
	struct cursor begin = *cursor;
	size_t count, length = 0;
	double value;
	int64_t time_ms;
	if (cursor_peek(cursor) != '{')
		return prom_fail(cursor, "the labels of an exemplar are missing");
	cursor->at++;
	if (!prom_take_labels(cursor, labels, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		length += characters_of(labels[i].name) + characters_of(labels[i].value);
	if (length > EXEMPLAR_MAX)
		return prom_fail(&begin, "the labels of an exemplar are longer than %d characters",
			EXEMPLAR_MAX);
	if (!take_separator(cursor))
		return prom_fail(cursor, "a blank is missing behind the labels");
	if (!take_number(cursor, "the value of the exemplar", &value))
		return false;
	if (cursor->at == cursor->end)
		return true;
	return take_separator(cursor) ? take_time(cursor, &time_ms)
				      : prom_fail(cursor, "text follows the exemplar");
}

static bool is_exemplar(const struct cursor *cursor)
{
	return prom_is_strict(cursor->reader) && cursor->end - cursor->at >= 2 &&
	       cursor->at[0] == '#' && cursor->at[1] == ' ';
}

static bool take_exemplar(struct cursor *cursor)
{
	if (!(cursor->reader->last_rules & RULE_EXEMPLAR))
		return prom_fail(cursor, "only counters and buckets have exemplars");
	cursor->at += 2;
	return skip_exemplar(cursor) &&
	       (cursor->at == cursor->end || prom_fail(cursor, "text follows the exemplar"));
}

/* The value and what is behind it. */
static bool take_rest(struct cursor *cursor, struct prom_reader *reader, struct prom_sample *sample)
{
	bool is_strict = prom_is_strict(reader), has_blank = take_separator(cursor);
	bool is_behind_labels = sample->series.text[sample->series.length - 1] == '}';
	if (cursor->at < cursor->end && !has_blank && (is_strict || !is_behind_labels))
		return prom_fail(cursor, "a blank is missing before the value");
	if (cursor->at == cursor->end)
		return prom_fail(cursor, "the value is missing");
	reader->value_text = cursor->at;
	if (!take_number(cursor, "the value", &sample->value))
		return false;
	bool has_more = take_separator(cursor);
	if (has_more && cursor->at < cursor->end && !is_exemplar(cursor)) {
		if (!take_time(cursor, &sample->time_ms))
			return false;
		sample->has_time = true;
		has_more = take_separator(cursor);
	}
	if (has_more && is_exemplar(cursor))
		return take_exemplar(cursor);
	if (cursor->at < cursor->end)
		return prom_fail(cursor, "text follows the sample");
	return !is_strict || !has_more || prom_fail(cursor, "a blank ends the line");
}

/* ---- samples ---- */

/* Its name, and the place behind its labels; those are read only to say what is wrong with them. */
static bool take_series(struct cursor *cursor, struct prom_sample *sample)
{
	static const char what[] = "the name of a metric";
	const char *begin = cursor->at;
	if (cursor_peek(cursor) == '{') {
		cursor->at++;
		prom_skip_blanks(cursor);
		if (cursor_peek(cursor) != '"')
			return prom_fail(cursor, "%s is missing", what);
	}
	bool is_bracket = cursor->at > begin;
	if (cursor_peek(cursor) == '"' && !is_bracket)
		return prom_fail(cursor, "a name in quotes stands behind '{'");
	if (!prom_take_name(cursor, what, &sample->name, &sample->is_quoted))
		return false;
	const char *behind = cursor->at;
	prom_skip_blanks(cursor);
	if (is_bracket || cursor_peek(cursor) == '{') {
		behind = prom_find_close(cursor->at + !is_bracket, cursor->end);
		behind = behind ? behind + 1 : cursor->end;
	}
	cursor->at = behind;
	sample->series = (struct prom_span){begin, (size_t)(behind - begin)};
	return true;
}

/* Its name is that of the sample before, or is looked at. */
static inline bool enter(
	struct prom_reader *reader, const struct prom_sample *sample, struct err *err)
{
	struct cursor cursor = {sample->name.text, reader->end, reader, err};
	return (reader->last_name.length && span_is(reader->last_name, sample->name)) ||
	       prom_enter_name(reader, &cursor, sample->name);
}

static bool check_value(const struct prom_reader *reader, double value, struct err *err)
{
	struct cursor cursor = {reader->value_text, reader->end, reader, err};
	unsigned rules = reader->last_rules;
	if (rules & RULE_POSITIVE && !(value >= 0))
		return prom_fail(&cursor, "it counts: its value is 0 or more");
	if (rules & RULE_ONE && value != 1)
		return prom_fail(&cursor, "the value of an info is 1");
	return !(rules & RULE_STATE) || value == 0 || value == 1 ||
	       prom_fail(&cursor, "the value of a state is 0 or 1");
}

/* What prom_labels() needs later. */
static inline void note_line(const struct prom_reader *reader, struct prom_sample *sample)
{
	sample->line = reader->line;
	sample->line_text = reader->line_text;
	sample->rules = reader->last_rules;
}

static bool read_line(struct prom_reader *reader, struct cursor *cursor, struct prom_sample *sample)
{
	struct err later = {.code = ERR_NONE};
	sample->has_time = false;
	if (!take_series(cursor, sample) || !enter(reader, sample, cursor->err))
		return false;
	if (sample->is_quoted)
		reader->last_name.length = 0; /* a bare name of those bytes may be none */
	sample->key = hash64_wide(sample->series.text, sample->series.length);
	note_line(reader, sample);
	struct cursor rest = *cursor;
	rest.err = &later;
	if (take_rest(&rest, reader, sample))
		return true;
	if (prom_labels(reader, sample, cursor->err) &&
		cursor->err) /* what is wrong first is said */
		*cursor->err = later;
	return false;
}

/* NAME{LABELS} NUMBER, or without labels. False: it is not so plain, and nothing was read. */
static inline bool read_plain(struct prom_reader *reader, struct prom_sample *sample)
{
	const char *begin = reader->at, *end = reader->end, *at;
	size_t length = reader->last_name.length, left = (size_t)(end - begin);
	bool is_same = length && length < left && (begin[length] == '{' || begin[length] == ' ') &&
		       !memcmp(begin, reader->last_name.text, length);
	if (!is_same)
		length = prom_name_length(begin, end);
	if (!length || length > PROM_NAME_MAX || length >= left)
		return false;
	at = begin + length;
	if (*at == '{') {
		const char *limit = left > PROM_LINE_MAX ? begin + PROM_LINE_MAX : end;
		const char *close = prom_find_close(at + 1, limit);
		if (!close)
			return false;
		at = close + 1;
	}
	if (at == end || *at != ' ')
		return false;
	const char *behind = prom_short_number(at + 1, end, &sample->value);
	if (!behind || behind == end || *behind != '\n')
		return false;
	sample->name = (struct prom_span){begin, length};
	sample->is_quoted = sample->has_time = false;
	sample->series = (struct prom_span){begin, (size_t)(at - begin)};
	sample->key = hash64_wide(begin, sample->series.length);
	reader->value_text = at + 1;
	reader->at = behind + 1;
	return true;
}

/* ---- lines ---- */

static struct cursor take_line(struct prom_reader *reader, struct err *err)
{
	struct cursor line = {.at = reader->at, .reader = reader, .err = err};
	const char *end = memchr(line.at, '\n', (size_t)(reader->end - line.at));
	line.end = end ? end : reader->end;
	reader->at = end ? end + 1 : reader->end;
	if (!prom_is_strict(reader) && line.end > line.at && line.end[-1] == '\r')
		line.end--;
	return line;
}

static bool check_line(struct cursor *line)
{
	if (line->end - line->at > PROM_LINE_MAX) {
		line->at += PROM_LINE_MAX;
		return prom_fail(line, "the line is longer than %d bytes", PROM_LINE_MAX);
	}
	return true;
}

static enum prom_result finish(
	struct prom_reader *reader, struct prom_sample *sample, struct err *err)
{
	sample->type = reader->last_type;
	sample->family = (struct prom_span){sample->name.text, reader->last_family};
	sample->label_count = 0;
	note_line(reader, sample);
	if (!sample->has_time)
		sample->time_ms = 0;
	return !reader->last_rules || check_value(reader, sample->value, err) ? PROM_SAMPLE
									      : PROM_BAD;
}

static enum prom_result end(struct prom_reader *reader, struct err *err)
{
	if (!prom_is_strict(reader) || reader->has_ended || reader->is_part)
		return PROM_END;
	if (reader->at == reader->text || reader->at[-1] == '\n') {
		reader->line++;
		reader->line_text = reader->at;
	}
	struct cursor cursor = {reader->at, reader->end, reader, err};
	(void)prom_fail(&cursor, "the last line is not '# EOF'");
	return PROM_BAD;
}

/* A line of another shape. PROM_END: it holds no sample. */
static enum prom_result read_other(
	struct prom_reader *reader, struct prom_sample *sample, struct err *err)
{
	struct cursor line = take_line(reader, err);
	if (!check_line(&line))
		return PROM_BAD;
	prom_skip_blanks(&line);
	if (cursor_peek(&line) == '#')
		return prom_take_comment(reader, &line) ? PROM_END : PROM_BAD;
	if (line.at == line.end && !prom_is_strict(reader))
		return PROM_END;
	if (line.at == line.end) {
		(void)prom_fail(&line, "an empty line");
		return PROM_BAD;
	}
	return read_line(reader, &line, sample) ? PROM_SAMPLE : PROM_BAD;
}

enum prom_result prom_next(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err)
{
	while (reader->at < reader->end) {
		reader->line++;
		reader->line_text = reader->at;
		struct cursor cursor = {reader->at, reader->end, reader, err};
		if (reader->has_ended) {
			(void)prom_fail(&cursor, "text follows '# EOF'");
			return PROM_BAD;
		}
		if (read_plain(reader, ret_sample))
			return enter(reader, ret_sample, err) ? finish(reader, ret_sample, err)
							      : PROM_BAD;
		enum prom_result result = read_other(reader, ret_sample, err);
		if (result != PROM_END)
			return result == PROM_SAMPLE ? finish(reader, ret_sample, err) : result;
	}
	return end(reader, err);
}

enum prom_result prom_read(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err)
{
	enum prom_result result = prom_next(reader, ret_sample, err);
	return result == PROM_SAMPLE && !prom_labels(reader, ret_sample, err) ? PROM_BAD : result;
}

/* ---- a page ---- */

enum prom_format prom_format_of(const char *content_type)
{
	static const char open[] = "application/openmetrics-text";
	size_t length = strcspn(content_type, "; ");
	if (!length)
		return PROM_GUESS;
	return length == sizeof(open) - 1 && strncasecmp(content_type, open, length) == 0
		       ? PROM_OPENMETRICS
		       : PROM_TEXT;
}

static bool ends_open(const char *text, size_t length)
{
	static const char last[] = "# EOF";
	length -= length && text[length - 1] == '\n';
	if (length < sizeof(last) - 1)
		return false;
	size_t before = length - (sizeof(last) - 1);
	return !memcmp(text + before, last, sizeof(last) - 1) &&
	       (!before || text[before - 1] == '\n');
}

void prom_begin(
	struct prom_reader *reader, const char *text, size_t length, enum prom_format format)
{
	if (format == PROM_GUESS)
		format = ends_open(text, length) ? PROM_OPENMETRICS : PROM_TEXT;
	*reader = (struct prom_reader){
		.text = text, .at = text, .end = text + length, .format = format};
	reader->line_text = text;
}

void prom_end(struct prom_reader *reader)
{
	prom_families_free(reader->families);
	reader->families = NULL;
}
