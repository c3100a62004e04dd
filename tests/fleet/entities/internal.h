/* SPDX-License-Identifier: MIT */
/* What the parsers share. Only this folder includes it. */
#ifndef BOTSWAIN_ENTITIES_INTERNAL_H
#define BOTSWAIN_ENTITIES_INTERNAL_H

#include "tests/fleet/entities/entities.h"

enum { NESTED_MAX = 128 };

/* The text while it is parsed; `at` is a byte offset. */
struct source {
	const char *text;
	size_t length, at;
};

/* The byte at an offset; 0 past the end, as the real server's texts end in NUL. */
char source_at(const struct source *source, size_t at);
/* The byte `ahead` of the place where the parser is. */
char source_peek(const struct source *source, size_t ahead);
/* Copies the character at the parser's place to the text and goes past it. */
void source_copy(struct source *source, struct formatted *to);

/* Adds a code point to the text as messages hold it: no carriage returns, no controls, no bidirectional overrides. */
void formatted_put(struct formatted *to, uint32_t code);
/* Adds an entity from `offset` to the end of the text; nothing when it is empty. Takes `argument`. */
void formatted_close(struct formatted *to, enum entity_type type, size_t offset, char *argument);
/*
 * Adds a link, or a mention when the URL is tg://user?id=N; a URL that is none leaves the text alone. Takes `url`.
 */
void formatted_link(struct formatted *to, size_t offset, char *url);

bool is_ascii_space(char byte);

/* The language behind ``` and the line end after it are passed; NULL: none is named. The caller owns it. */
char *read_language(struct source *source);

bool parse_html(struct source *source, struct formatted *to, struct err *err);
bool parse_markdown(struct source *source, struct formatted *to, struct err *err);
bool parse_markdown_v2(struct source *source, struct formatted *to, struct err *err);
void find_unmarked(struct formatted *formatted);

#endif
