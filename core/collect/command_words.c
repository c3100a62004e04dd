/* SPDX-License-Identifier: MIT */
#include "core/collect/command_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"

/* What the name of an option or a variable ends with when its value is a secret. */
static const char *const endings[] = {"password", "passwd", "passphrase", "pass", "pwd", "secret",
	"token", "key", "auth", "authorization", "credential", "credentials", "api-hash",
	"api_hash", "session-string", "session_string"};

static bool is_secret_name(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		size_t end = strlen(endings[i]);
		if (length >= end && strncasecmp(name + length - end, endings[i], end) == 0)
			return true;
	}
	return false;
}

static bool is_file(const char *folder, const char *text, size_t length)
{
	struct stat status;
	autofree char *path = *text == '/' ? xstrndup(text, length)
					   : xasprintf("%s/%.*s", folder, (int)length, text);
	return length && (*text == '/' || *folder) && stat(path, &status) == 0 &&
	       S_ISREG(status.st_mode);
}

struct line {
	struct str *to;
	const char *folder;
	bool is_secret; /* what comes next is the value of such an option */
};

static void add_value(const struct line *line, const char *text, size_t length)
{
	if (!length || is_file(line->folder, text, length))
		str_add(line->to, text, length);
	else
		str_adds(line->to, REDACTED);
}

/* --name=value and NAME=value, or --name with its value behind it. */
static void add_word(struct line *line, const char *word, size_t length)
{
	const char *equals = memchr(word, '=', length);
	size_t name = equals ? (size_t)(equals - word) : length;
	bool is_secret = is_secret_name(word, name);
	line->is_secret = is_secret && !equals && *word == '-';
	if (!is_secret || !equals) {
		str_add(line->to, word, length);
		return;
	}
	str_add(line->to, word, name + 1);
	add_value(line, equals + 1, length - name - 1);
}

/* One argument; it may be a line of commands itself (sh -c '...'). */
static void add_argument(struct line *line, const char *text, size_t length)
{
	if (line->is_secret) {
		line->is_secret = false;
		add_value(line, text, length);
		return;
	}
	for (size_t at = 0; at < length;) {
		const char *blank = memchr(text + at, ' ', length - at);
		size_t word = blank ? (size_t)(blank - text) - at : length - at;
		if (line->is_secret && word) {
			line->is_secret = false;
			add_value(line, text + at, word);
		} else if (word) {
			add_word(line, text + at, word);
		}
		if (blank)
			str_addch(line->to, ' ');
		at += word + 1;
	}
}

void command_words(struct str *to, const char *arguments, size_t length, const char *folder)
{
	autostr struct str words = STR_INIT;
	struct line line = {.to = &words, .folder = folder};
	for (size_t at = 0; at < length;) {
		const char *end = memchr(arguments + at, '\0', length - at);
		size_t argument = end ? (size_t)(end - arguments) - at : length - at;
		if (at)
			str_addch(&words, ' ');
		add_argument(&line, arguments + at, argument);
		at += argument + 1;
	}
	redact(NULL, to, words.text, words.length, 0);
}
