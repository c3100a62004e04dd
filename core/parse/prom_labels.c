/* SPDX-License-Identifier: MIT */
/* Names and labels, bare and in quotes. */
#include "core/base/scan.h"
#include "core/base/utf8.h"
#include "core/parse/prom_internal.h"

static bool is_letter(char ch)
{
	char lower = (char)(ch | 0x20);
	return (lower >= 'a' && lower <= 'z') || ch == '_';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

size_t prom_name_length(const char *text, const char *end)
{
	const char *at = text;
	while (at < end && (is_letter(*at) || *at == ':' || (at > text && is_digit(*at))))
		at++;
	return (size_t)(at - text);
}

static size_t label_name_length(const char *text, const char *end)
{
	const char *at = text;
	while (at < end && (is_letter(*at) || (at > text && is_digit(*at))))
		at++;
	return (size_t)(at - text);
}

/* ---- texts in quotes ---- */

/* Moves to the first byte that is no UTF-8, and says so. */
static bool check_utf8(struct cursor *cursor, struct prom_span span)
{
	if (utf8_valid(span.text, span.length))
		return true;
	size_t at = 0;
	for (struct utf8_char next;; at += next.size) {
		next = utf8_next(span.text + at, span.length - at);
		if (!next.valid || !next.size)
			break;
	}
	cursor->at = span.text + at;
	return prom_fail(cursor, "this byte is no UTF-8");
}

/* Between quotes, whose first one the cursor is at. `what` is for the errors. */
static bool take_quoted(struct cursor *cursor, size_t most, const char *what, struct prom_span *ret)
{
	const char *begin = cursor->at + 1, *at = begin;
	unsigned char all = 0; /* ASCII, unless its high bit is set */
	for (; at < cursor->end && *at != '"'; at++) {
		at += *at == '\\' && at + 1 < cursor->end;
		all |= (unsigned char)*at;
	}
	if (at >= cursor->end)
		return prom_fail(cursor, "%s is never closed", what);
	*ret = (struct prom_span){begin, (size_t)(at - begin)};
	if (ret->length > most)
		return prom_fail(cursor, "%s is longer than %zu bytes", what, most);
	cursor->at = at + 1;
	return !(all & 0x80) || check_utf8(cursor, *ret);
}

bool prom_take_name(
	struct cursor *cursor, const char *what, struct prom_span *ret_name, bool *ret_is_quoted)
{
	const char *begin = cursor->at;
	*ret_is_quoted = cursor_peek(cursor) == '"';
	if (*ret_is_quoted) {
		if (!take_quoted(cursor, PROM_NAME_MAX, what, ret_name))
			return false;
		cursor->at = ret_name->length ? cursor->at : begin;
		return ret_name->length || prom_fail(cursor, "%s is empty", what);
	}
	*ret_name = (struct prom_span){begin, prom_name_length(begin, cursor->end)};
	if (!ret_name->length)
		return prom_fail(cursor, "%s is missing", what);
	if (ret_name->length > PROM_NAME_MAX)
		return prom_fail(cursor, "%s is longer than %d bytes", what, PROM_NAME_MAX);
	cursor->at += ret_name->length;
	return true;
}

/* ---- labels ---- */

static bool take_label_name(struct cursor *cursor, struct prom_label *label)
{
	static const char what[] = "a label's name";
	const char *begin = cursor->at;
	label->is_quoted = cursor_peek(cursor) == '"';
	if (label->is_quoted)
		return prom_take_name(cursor, what, &label->name, &label->is_quoted);
	label->name = (struct prom_span){begin, label_name_length(begin, cursor->end)};
	if (!label->name.length)
		return prom_fail(cursor, "%s is missing", what);
	if (label->name.length > PROM_NAME_MAX)
		return prom_fail(cursor, "%s is longer than %d bytes", what, PROM_NAME_MAX);
	cursor->at += label->name.length;
	return true;
}

/* Its name is nobody else's. */
static bool check_label_name(struct cursor *cursor, const struct prom_label *labels, size_t count)
{
	struct prom_span name = labels[count].name;
	bool is_twice = false;
	for (size_t i = 0; i < count && !is_twice; i++)
		is_twice = span_is(labels[i].name, name);
	if (!is_twice && !span_says(name, "__name__"))
		return true;
	cursor->at = name.text - labels[count].is_quoted;
	return is_twice ? prom_fail(cursor, "a label of that name stands there already")
			: prom_fail(cursor, "the name of a metric is no label");
}

static bool take_label(struct cursor *cursor, struct prom_label *labels, size_t count)
{
	if (count == PROM_LABELS_MAX)
		return prom_fail(cursor, "more than %d labels", PROM_LABELS_MAX);
	struct prom_label *label = &labels[count];
	if (!take_label_name(cursor, label) || !check_label_name(cursor, labels, count))
		return false;
	prom_skip_blanks(cursor);
	if (cursor_peek(cursor) != '=')
		return prom_fail(cursor, "'=' is missing behind a label's name");
	cursor->at++;
	prom_skip_blanks(cursor);
	if (cursor_peek(cursor) != '"')
		return prom_fail(cursor, "a label's value in quotes is missing");
	return take_quoted(cursor, PROM_VALUE_MAX, "the label's value", &label->value);
}

/* ---- plain ones: nothing but what must be there, no escapes, ASCII ---- */

/* The first quote, backslash or byte above ASCII in a text; `end`: there is none. */
static inline const char *plain_end(const char *at, const char *end)
{
	for (; end - at >= (ptrdiff_t)sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word = scan_first(at, sizeof(word));
		uint64_t found = scan_zeros(word ^ SCAN_ONES * '"') |
				 scan_zeros(word ^ SCAN_ONES * '\\') | (word & SCAN_HIGHS);
		if (found)
			return at + __builtin_ctzll(found) / 8;
	}
	while (at < end && *at != '"' && *at != '\\' && !(*at & 0x80))
		at++;
	return at;
}

static inline bool is_name_byte(char ch)
{
	static const uint64_t sets[2] = {
		UINT64_C(0x03ff000000000000), UINT64_C(0x07fffffe87fffffe)};
	return !(ch & 0x80) && sets[ch >> 6] >> (ch & 63) & 1;
}

/* name="value"; NULL: not so plain. */
static inline const char *take_plain(
	const char *at, const struct cursor *line, struct prom_label *ret)
{
	const char *begin = at;
	while (at < line->end && is_name_byte(*at))
		at++;
	ret->name = (struct prom_span){begin, (size_t)(at - begin)};
	ret->is_quoted = false;
	if (line->end - at < 3 || is_digit(*begin) || at[0] != '=' || at[1] != '"')
		return NULL;
	const char *value = at + 2;
	at = plain_end(value, line->reader->end);
	ret->value = (struct prom_span){value, (size_t)(at - value)};
	bool is_plain = at < line->end && *at == '"' && ret->name.length - 1 < PROM_NAME_MAX &&
			ret->value.length <= PROM_VALUE_MAX;
	return is_plain ? at + 1 : NULL;
}

static inline bool is_alike(struct prom_span one, struct prom_span other)
{
	return one.length == other.length && *one.text == *other.text &&
	       !memcmp(one.text, other.text, one.length);
}

static bool is_new(const struct prom_label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_alike(labels[i].name, labels[count].name))
			return false;
	return labels[count].name.length != sizeof("__name__") - 1 ||
	       labels[count].name.text[1] != '_';
}

/* The same as below, or nothing. */
static bool take_plain_labels(struct cursor *cursor, struct prom_label *labels, size_t *ret_count)
{
	const char *at = cursor->at;
	for (size_t count = 0; count < PROM_LABELS_MAX; at++) {
		at = take_plain(at, cursor, &labels[count]);
		if (!at || at == cursor->end || !is_new(labels, count))
			return false;
		count++;
		if (*at == '}') {
			cursor->at = at + 1;
			*ret_count = count;
			return true;
		}
		if (*at != ',')
			return false;
	}
	return false;
}

/* ---- any ---- */

bool prom_take_labels(struct cursor *cursor, struct prom_label *labels, size_t *ret_count)
{
	size_t count = 0;
	if (take_plain_labels(cursor, labels, ret_count))
		return true;
	bool is_behind_comma = false;
	for (;;) {
		prom_skip_blanks(cursor);
		bool may_end = !is_behind_comma || (count && !prom_is_strict(cursor->reader));
		if (cursor_peek(cursor) == '}' && may_end)
			break;
		if (!take_label(cursor, labels, count))
			return false;
		count++;
		prom_skip_blanks(cursor);
		is_behind_comma = cursor_peek(cursor) == ',';
		if (!is_behind_comma && cursor_peek(cursor) != '}')
			return prom_fail(cursor, "',' or '}' is missing behind a label");
		cursor->at += is_behind_comma;
	}
	cursor->at++;
	*ret_count = count;
	return true;
}

/* ---- those of a sample ---- */

static const struct prom_label *find(const struct prom_sample *sample, struct prom_span name)
{
	for (size_t i = 0; i < sample->label_count; i++)
		if (span_is(sample->labels[i].name, name))
			return &sample->labels[i];
	return NULL;
}

static bool check_bound(struct cursor *cursor, const struct prom_sample *sample, const char *name)
{
	const struct prom_label *label = find(sample, (struct prom_span){name, strlen(name)});
	double bound;
	const char *why;
	cursor->at = label ? label->value.text : sample->name.text;
	if (!label)
		return prom_fail(cursor, "its label '%s' is missing", name);
	return prom_number(label->value, &bound, &why) ||
	       prom_fail(cursor, "the value of the label '%s' %s", name, why);
}

/* What OpenMetrics asks of the labels by the type of the family. */
static bool check_rules(struct cursor *cursor, const struct prom_sample *sample)
{
	if (sample->rules & RULE_BOUND)
		return check_bound(cursor, sample, "le");
	if (sample->rules & RULE_QUANTILE)
		return check_bound(cursor, sample, "quantile");
	cursor->at = sample->name.text;
	return !(sample->rules & RULE_NAMED) || find(sample, sample->name) ||
	       prom_fail(cursor, "a stateset has a label of its own name");
}

/* Behind the name in quotes of {"name",a="b"}. */
static bool enter_quoted(struct cursor *cursor, const struct prom_sample *sample)
{
	cursor->at = sample->name.text + sample->name.length + 1;
	prom_skip_blanks(cursor);
	if (cursor_peek(cursor) != ',' && cursor_peek(cursor) != '}')
		return prom_fail(cursor, "',' or '}' is missing behind the name");
	bool has_comma = cursor_peek(cursor) == ',';
	cursor->at += has_comma;
	prom_skip_blanks(cursor);
	return !has_comma || !prom_is_strict(cursor->reader) || cursor_peek(cursor) != '}' ||
	       prom_fail(cursor, "a label is missing behind ','");
}

static bool read_labels(
	const struct prom_reader *reader, struct prom_sample *sample, struct err *err)
{
	const char *end = sample->series.text + sample->series.length;
	struct cursor cursor = {sample->name.text + sample->name.length, end, reader, err};
	sample->label_count = 0;
	if (sample->is_quoted && !enter_quoted(&cursor, sample))
		return false;
	prom_skip_blanks(&cursor);
	cursor.at += !sample->is_quoted && cursor_peek(&cursor) == '{';
	if (cursor.at < end && !prom_take_labels(&cursor, sample->labels, &sample->label_count))
		return false;
	return !sample->rules || check_rules(&cursor, sample);
}

bool prom_labels(const struct prom_reader *reader, struct prom_sample *sample, struct err *err)
{
	if (read_labels(reader, sample, NULL))
		return true;
	struct prom_reader there = *reader; /* where its error is told */
	there.line = sample->line;
	there.line_text = sample->line_text;
	return read_labels(&there, sample, err);
}

/* ---- what they say ---- */

/* Other escapes than these mean themselves. */
static void add_resolved(struct str *to, struct prom_span span)
{
	static const char escapes[] = "n\"\\", meanings[] = "\n\"\\";
	const char *text = span.text, *end = text + span.length;
	for (const char *slash; (slash = memchr(text, '\\', (size_t)(end - text)));) {
		const char *is = slash + 1 < end && slash[1] ? strchr(escapes, slash[1]) : NULL;
		str_add(to, text, (size_t)(slash - text));
		str_addch(to, is ? meanings[is - escapes] : '\\');
		text = slash + 1 + (is != NULL);
	}
	str_add(to, text, (size_t)(end - text));
}

void prom_name(const struct prom_sample *sample, struct str *to)
{
	if (sample->is_quoted)
		add_resolved(to, sample->name);
	else
		str_add(to, sample->name.text, sample->name.length);
}

void prom_family(const struct prom_sample *sample, struct str *to)
{
	if (sample->is_quoted)
		add_resolved(to, sample->family);
	else
		str_add(to, sample->family.text, sample->family.length);
}

void prom_label_name(const struct prom_label *label, struct str *to)
{
	if (label->is_quoted)
		add_resolved(to, label->name);
	else
		str_add(to, label->name.text, label->name.length);
}

void prom_label_value(const struct prom_label *label, struct str *to)
{
	add_resolved(to, label->value);
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
		prom_label_name(sorted[i], to);
		str_addch(to, '=');
		prom_label_value(sorted[i], to);
	}
}
