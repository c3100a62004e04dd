/* SPDX-License-Identifier: MIT */
/* parse_mode Markdown, the old one: no nesting, and a backslash only before _ * ` and [. */
#include "tests/fleet/entities/internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static const struct {
	char begin, end;
	enum entity_type type;
} marks[] = {
	{'_', '_', ENTITY_italic},
	{'*', '*', ENTITY_bold},
	{'`', '`', ENTITY_code},
	{'[', ']', ENTITY_text_link},
};

static size_t find_mark(char ch)
{
	size_t i = 0;
	while (i < COUNT_OF(marks) && marks[i].begin != ch)
		i++;
	return i;
}

static bool is_fence(const struct source *source)
{
	return source_peek(source, 0) == '`' && source_peek(source, 1) == '`' &&
	       source_peek(source, 2) == '`';
}

char *read_language(struct source *source)
{
	size_t end = source->at;
	while (source_at(source, end) && !is_ascii_space(source_at(source, end)) &&
		source_at(source, end) != '`')
		end++;
	char *language = NULL;
	if (end > source->at && end < source->length && source_at(source, end) != '`') {
		language = xstrndup(source->text + source->at, end - source->at);
		source->at = end;
	}
	char first = source_peek(source, 0), second = source_peek(source, 1);
	if (first == '\n' || first == '\r')
		source->at += (second == '\n' || second == '\r') && first != second ? 2 : 1;
	return language;
}

/* The URL in parentheses behind a link's text, or the text itself. */
static char *read_url(struct source *source, const char *text)
{
	if (source_peek(source, 0) != '(')
		return xstrdup(text);
	size_t begin = ++source->at;
	while (source->at < source->length && source_peek(source, 0) != ')')
		source->at++;
	char *url = xstrndup(source->text + begin, source->at - begin);
	if (source->at < source->length)
		source->at++;
	return url;
}

static bool read_entity(struct source *source, struct formatted *to, size_t mark, struct err *err)
{
	size_t begin = source->at, offset = to->units, text_at = to->text.length;
	bool fenced = is_fence(source);
	source->at += fenced ? 3 : 1;
	char *argument = fenced ? read_language(source) : NULL;
	while (source->at < source->length &&
		(source_peek(source, 0) != marks[mark].end || (fenced && !is_fence(source))))
		source_copy(source, to);
	if (source->at >= source->length) {
		free(argument);
		return err_set(err, ERR_SYNTAX,
			"Can't find end of the entity starting at byte offset %zu", begin);
	}
	source->at += fenced ? 3 : 1;
	if (marks[mark].type == ENTITY_text_link)
		formatted_link(to, offset, read_url(source, to->text.text + text_at));
	else
		formatted_close(to, fenced ? ENTITY_pre : marks[mark].type, offset, argument);
	return true;
}

bool parse_markdown(struct source *source, struct formatted *to, struct err *err)
{
	while (source->at < source->length) {
		char ch = source_peek(source, 0);
		size_t mark = find_mark(ch);
		if (ch == '\\' && find_mark(source_peek(source, 1)) < COUNT_OF(marks)) {
			source->at++;
			source_copy(source, to);
		} else if (mark == COUNT_OF(marks)) {
			source_copy(source, to);
		} else if (!read_entity(source, to, mark, err)) {
			return false;
		}
	}
	return true;
}
