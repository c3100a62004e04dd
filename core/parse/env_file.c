/* SPDX-License-Identifier: MIT */
#include "core/parse/env_file.h"

#include <ctype.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/secret.h"

struct reader {
	const char *text;
	size_t length, at;
	size_t line; /* from 1 */
	struct str value;
};

static void release_reader(struct reader *reader)
{
	wipe(reader->value.text, reader->value.length);
	str_release(&reader->value);
}

static char peek(const struct reader *reader)
{
	return reader->at < reader->length ? reader->text[reader->at] : '\0';
}

static bool at_end(const struct reader *reader)
{
	return reader->at >= reader->length;
}

static void skip_blanks(struct reader *reader)
{
	while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\r')
		reader->at++;
}

static void skip_line(struct reader *reader)
{
	while (!at_end(reader) && peek(reader) != '\n')
		reader->at++;
	reader->at++;
	reader->line++;
}

static bool is_key_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '-';
}

static size_t read_word(struct reader *reader)
{
	size_t start = reader->at;
	while (!at_end(reader) && is_key_char(peek(reader)))
		reader->at++;
	return reader->at - start;
}

static void add_escaped(struct reader *reader, char ch)
{
	static const char codes[] = "nrt", bytes[] = "\n\r\t";
	const char *known = ch ? strchr(codes, ch) : NULL;
	if (known) {
		str_addch(&reader->value, bytes[known - codes]);
		return;
	}
	if (!ch || !strchr("\"\\$'`", ch))
		str_addch(&reader->value, '\\');
	str_addch(&reader->value, ch);
}

static bool read_quoted(struct reader *reader, struct err *err)
{
	size_t start_line = reader->line;
	char quote = reader->text[reader->at++];
	for (; !at_end(reader); reader->at++) {
		char ch = peek(reader);
		if (ch == quote) {
			reader->at++;
			return true;
		}
		bool escapes = ch == '\\' && quote == '"' && reader->at + 1 < reader->length;
		reader->at += escapes;
		reader->line += peek(reader) == '\n';
		if (escapes)
			add_escaped(reader, peek(reader));
		else
			str_addch(&reader->value, ch);
	}
	return err_set(err, ERR_SYNTAX, "line %zu: the quote that opens there is never closed",
		start_line);
}

/* Up to the end of the line or a comment behind a blank, without blanks around it. */
static void read_plain(struct reader *reader)
{
	size_t start = reader->at;
	while (!at_end(reader) && peek(reader) != '\n') {
		bool behind_blank =
			reader->at == start || isblank((unsigned char)reader->text[reader->at - 1]);
		if (peek(reader) == '#' && behind_blank)
			break;
		reader->at++;
	}
	size_t end = reader->at;
	while (end > start && isspace((unsigned char)reader->text[end - 1]))
		end--;
	str_add(&reader->value, reader->text + start, end - start);
}

static bool read_value(struct reader *reader, struct err *err)
{
	wipe(reader->value.text, reader->value.length);
	str_clear(&reader->value);
	skip_blanks(reader);
	if (peek(reader) != '"' && peek(reader) != '\'') {
		read_plain(reader);
		return true;
	}
	if (!read_quoted(reader, err))
		return false;
	skip_blanks(reader);
	if (!at_end(reader) && peek(reader) != '\n' && peek(reader) != '#')
		return err_set(
			err, ERR_SYNTAX, "line %zu: text follows the closing quote", reader->line);
	return true;
}

/* One line that is no comment; `ret_is_key` says whether it was the wanted one (its value is in the
 * reader). */
static bool read_line(struct reader *reader, const char *key, bool *ret_is_key, struct err *err)
{
	size_t start = reader->at, size = read_word(reader);
	if (size == strlen("export") && memcmp(reader->text + start, "export", size) == 0 &&
		(peek(reader) == ' ' || peek(reader) == '\t')) {
		skip_blanks(reader);
		start = reader->at;
		size = read_word(reader);
	}
	skip_blanks(reader);
	if (!size || peek(reader) != '=')
		return err_set(err, ERR_SYNTAX, "line %zu: KEY=value expected", reader->line);
	reader->at++;
	*ret_is_key = size == strlen(key) && memcmp(reader->text + start, key, size) == 0;
	return read_value(reader, err);
}

/* Reads the whole file; the last value of `key` is in `found`. */
static bool read_all(struct reader *reader, const char *key, struct str *found, bool *ret_is_found,
	struct err *err)
{
	for (; !at_end(reader); skip_line(reader)) {
		bool is_key = false;
		skip_blanks(reader);
		if (at_end(reader) || peek(reader) == '\n' || peek(reader) == '#')
			continue;
		if (!read_line(reader, key, &is_key, err))
			return false;
		if (!is_key)
			continue;
		*ret_is_found = true;
		wipe(found->text, found->length);
		str_clear(found);
		str_add(found, reader->value.text, reader->value.length);
	}
	return true;
}

bool env_file_find(
	const char *text, size_t length, const char *key, struct str *ret_value, struct err *err)
{
	if (length > LIMIT_ENV_FILE_BYTES)
		return err_set(err, ERR_LIMIT, "file of %zu bytes is larger than %d", length,
			LIMIT_ENV_FILE_BYTES);
	CLEANUP(release_reader) struct reader reader = {.text = text, .length = length, .line = 1};
	autostr struct str found = STR_INIT;
	bool is_found = false;
	str_init(&reader.value);
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.at = 3;
	bool read = read_all(&reader, key, &found, &is_found, err);
	if (read && is_found) {
		str_clear(ret_value);
		str_add(ret_value, found.text, found.length);
	}
	wipe(found.text, found.length);
	if (read && !is_found)
		return err_set(err, ERR_NOT_FOUND, "no '%s' in it", key);
	return read;
}
