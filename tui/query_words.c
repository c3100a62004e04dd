/* SPDX-License-Identifier: MIT */
#include "tui/query_words.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

/* Where the reader is in the expression, from its start to the cursor. */
struct reader {
	const char *text;
	size_t at, end;
	char word[256]; /* the last one */
	bool touches;   /* nothing but blanks behind it */
	bool in_braces, in_labels, in_range;
	struct query_spot spot;
};

static bool is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == ':';
}

static bool takes_labels(const char *word)
{
	static const char *const words[] = {
		"by", "without", "on", "ignoring", "group_left", "group_right"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static void read_word(struct reader *reader)
{
	size_t from = reader->at;
	while (reader->at < reader->end && is_word(reader->text[reader->at]))
		reader->at++;
	print_text(reader->word, sizeof(reader->word), "%.*s", (int)(reader->at - from),
		reader->text + from);
	reader->touches = true;
}

/* False: the cursor stands in it. */
static bool read_quoted(struct reader *reader)
{
	char quote = reader->text[reader->at++];
	reader->spot.from = reader->at;
	for (; reader->at < reader->end; reader->at++) {
		if (reader->text[reader->at] == '\\' && quote != '`' &&
			reader->at + 1 < reader->end)
			reader->at++;
		else if (reader->text[reader->at] == quote) {
			reader->at++;
			return true;
		}
	}
	if (reader->in_braces) {
		reader->spot.want = QUERY_VALUE;
		copy_text(reader->spot.label, sizeof(reader->spot.label), reader->word);
	}
	return false;
}

static void read_sign(struct reader *reader)
{
	char ch = reader->text[reader->at++];
	if (ch == '{') {
		reader->in_braces = true;
		copy_text(reader->spot.metric, sizeof(reader->spot.metric),
			reader->touches ? reader->word : "");
	} else if (ch == '(') {
		reader->in_labels = reader->touches && takes_labels(reader->word);
	}
	reader->in_braces &= ch != '}';
	reader->in_labels &= ch != ')';
	reader->in_range = ch == '[' || (reader->in_range && ch != ']');
	reader->touches &= ch == ' ';
}

/* Behind an operator stands a quote. */
static bool is_after_operator(const struct reader *reader, size_t at)
{
	while (at && reader->text[at - 1] == ' ')
		at--;
	return at && strchr("=~!", reader->text[at - 1]);
}

static enum query_want want_at(const struct reader *reader, size_t from)
{
	const char *text = reader->text;
	bool is_number = from < reader->end && text[from] >= '0' && text[from] <= '9';
	if (reader->in_range || is_number)
		return QUERY_NOTHING;
	if (reader->in_braces)
		return is_after_operator(reader, from) ? QUERY_NOTHING : QUERY_LABEL;
	return reader->in_labels ? QUERY_GROUP : QUERY_NAME;
}

struct query_spot query_spot_of(const char *text, size_t cursor)
{
	struct reader reader = {.text = text, .end = cursor};
	while (reader.at < reader.end) {
		char ch = text[reader.at];
		if (ch == '"' || ch == '\'' || ch == '`') {
			if (!read_quoted(&reader))
				return reader.spot;
			reader.touches = false;
		} else if (is_word(ch)) {
			read_word(&reader);
		} else {
			read_sign(&reader);
		}
	}
	size_t from = cursor;
	while (from && is_word(text[from - 1]))
		from--;
	reader.spot.from = from;
	reader.spot.want = want_at(&reader, from);
	return reader.spot;
}
