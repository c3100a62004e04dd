/* SPDX-License-Identifier: MIT */
#include "core/parse/prom_text.h"

#include <math.h>
#include <string.h>

#include "core/base/format.h"

/* One line of the text. */
struct line {
	const char *text;
	size_t length, at, number;
	struct err *err;
};

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static char peek(const struct line *line)
{
	return line->at < line->length ? line->text[line->at] : '\0';
}

static void skip_blanks(struct line *line)
{
	while (line->at < line->length && is_blank(line->text[line->at]))
		line->at++;
}

static bool fail(const struct line *line, const char *what)
{
	return err_set(
		line->err, ERR_SYNTAX, "line %zu, byte %zu: %s", line->number, line->at, what);
}

static bool is_name_char(char ch, bool first)
{
	char lower = (char)(ch | 0x20);
	return (lower >= 'a' && lower <= 'z') || ch == '_' || ch == ':' ||
	       (!first && ch >= '0' && ch <= '9');
}

static bool read_name(struct line *line, struct prom_span *ret_name)
{
	size_t start = line->at;
	while (line->at < line->length && is_name_char(line->text[line->at], line->at == start))
		line->at++;
	*ret_name = (struct prom_span){line->text + start, line->at - start};
	return ret_name->length > 0 && ret_name->length <= PROM_NAME_MAX;
}

static bool read_quoted(struct line *line, struct prom_span *ret_value)
{
	if (peek(line) != '"')
		return fail(line, "a label's value in quotes is missing");
	size_t start = ++line->at;
	while (line->at < line->length && line->text[line->at] != '"')
		line->at += line->text[line->at] == '\\' ? 2 : 1;
	if (line->at >= line->length) {
		line->at = start;
		return fail(line, "the label's value is never closed");
	}
	*ret_value = (struct prom_span){line->text + start, line->at++ - start};
	return ret_value->length <= PROM_VALUE_MAX || fail(line, "the label's value is too long");
}

/* The labels behind `{`, up to and with `}`. */
static bool read_labels(struct line *line, struct prom_sample *sample)
{
	for (line->at++;;) {
		skip_blanks(line);
		if (peek(line) == '}')
			break;
		if (sample->label_count == PROM_LABELS_MAX)
			return fail(line, "too many labels");
		struct prom_label *label = &sample->labels[sample->label_count];
		if (!read_name(line, &label->name))
			return fail(line, "a label's name is missing");
		skip_blanks(line);
		if (peek(line) != '=')
			return fail(line, "'=' is missing behind a label's name");
		line->at++;
		skip_blanks(line);
		if (!read_quoted(line, &label->value))
			return false;
		sample->label_count++;
		skip_blanks(line);
		if (peek(line) != ',' && peek(line) != '}')
			return fail(line, "',' or '}' is missing behind a label");
		line->at += peek(line) == ',';
	}
	line->at++;
	return true;
}

static struct prom_span read_word(struct line *line)
{
	size_t start = line->at;
	while (line->at < line->length && !is_blank(line->text[line->at]))
		line->at++;
	return (struct prom_span){line->text + start, line->at - start};
}

/* ms in the classic format; seconds with a point in OpenMetrics. */
static bool read_time(struct line *line, struct prom_sample *sample)
{
	double time;
	size_t start = line->at;
	struct prom_span word = read_word(line);
	if (!parse_double(word.text, word.length, &time) || !(fabs(time) < 9e15)) {
		line->at = start;
		return fail(line, "the time is no number");
	}
	sample->has_time = true;
	sample->time_ms = (int64_t)(memchr(word.text, '.', word.length) ? time * 1000 : time);
	return true;
}

static bool read_sample(struct line *line, struct prom_sample *sample)
{
	if (!read_name(line, &sample->name))
		return fail(line, "the name of a metric is missing");
	skip_blanks(line);
	if (peek(line) == '{' && !read_labels(line, sample))
		return false;
	skip_blanks(line);
	size_t start = line->at;
	struct prom_span word = read_word(line);
	if (!parse_double(word.text, word.length, &sample->value)) {
		line->at = start;
		return fail(line, "the value is no number");
	}
	skip_blanks(line);
	if (line->at < line->length && peek(line) != '#' && !read_time(line, sample))
		return false;
	skip_blanks(line);
	return line->at >= line->length || peek(line) == '#' ||
	       fail(line, "text follows the sample");
}

/* `# TYPE name counter`; other comments say nothing. */
static void read_comment(struct prom_reader *reader, struct line *line)
{
	static const struct {
		const char *word;
		enum prom_type type;
	} types[] = {{"counter", PROM_COUNTER}, {"gauge", PROM_GAUGE},
		{"histogram", PROM_HISTOGRAM}, {"summary", PROM_SUMMARY}};
	line->at++;
	skip_blanks(line);
	struct prom_span word = read_word(line);
	if (word.length != 4 || memcmp(word.text, "TYPE", 4) != 0)
		return;
	skip_blanks(line);
	reader->family = read_word(line);
	reader->family_type = PROM_UNTYPED;
	skip_blanks(line);
	word = read_word(line);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (word.length == strlen(types[i].word) &&
			memcmp(word.text, types[i].word, word.length) == 0)
			reader->family_type = types[i].type;
	}
}

/* A sample is of the family when its name is the family's, with or without a suffix such as _bucket. */
static enum prom_type type_of(const struct prom_reader *reader, struct prom_span name)
{
	size_t length = reader->family.length;
	bool is = length && name.length >= length &&
		  memcmp(name.text, reader->family.text, length) == 0 &&
		  (name.length == length || name.text[length] == '_');
	return is ? reader->family_type : PROM_UNTYPED;
}

static struct line take_line(struct prom_reader *reader, struct err *err)
{
	const char *start = reader->text + reader->at;
	const char *end = memchr(start, '\n', reader->length - reader->at);
	struct line line = {.text = start, .number = ++reader->line, .err = err};
	line.length = end ? (size_t)(end - start) : reader->length - reader->at;
	reader->at += line.length + (end != NULL);
	if (line.length && line.text[line.length - 1] == '\r')
		line.length--;
	return line;
}

enum prom_result prom_next(
	struct prom_reader *reader, struct prom_sample *ret_sample, struct err *err)
{
	while (reader->at < reader->length) {
		struct line line = take_line(reader, err);
		skip_blanks(&line);
		if (line.at == line.length)
			continue;
		if (peek(&line) == '#') {
			read_comment(reader, &line);
			continue;
		}
		ret_sample->label_count = 0;
		ret_sample->has_time = false;
		ret_sample->time_ms = 0;
		if (!read_sample(&line, ret_sample))
			return PROM_BAD;
		ret_sample->type = type_of(reader, ret_sample->name);
		return PROM_SAMPLE;
	}
	return PROM_END;
}

void prom_label_value(const struct prom_label *label, struct str *to)
{
	const char *text = label->value.text;
	for (size_t i = 0; i < label->value.length; i++) {
		bool escapes = text[i] == '\\' && i + 1 < label->value.length;
		i += escapes;
		str_addch(to, escapes && text[i] == 'n' ? '\n' : text[i]);
	}
}

static int compare(const struct prom_label *a, const struct prom_label *b)
{
	size_t shorter = a->name.length < b->name.length ? a->name.length : b->name.length;
	int order = memcmp(a->name.text, b->name.text, shorter);
	return order ? order
		     : (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

void prom_labels_text(const struct prom_sample *sample, struct str *to)
{
	const struct prom_label *sorted[PROM_LABELS_MAX];
	for (size_t i = 0; i < sample->label_count; i++) {
		size_t at = i;
		for (; at > 0 && compare(sorted[at - 1], &sample->labels[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &sample->labels[i];
	}
	for (size_t i = 0; i < sample->label_count; i++) {
		str_adds(to, i ? "," : "");
		str_add(to, sorted[i]->name.text, sorted[i]->name.length);
		str_addch(to, '=');
		prom_label_value(sorted[i], to);
	}
}
