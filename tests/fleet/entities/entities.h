/* SPDX-License-Identifier: MIT */
/*
 * Formatted text of the Bot API: HTML, MarkdownV2 and Markdown -> text and entities, strict as the real server is, with
 * its words and byte offsets when the text does not parse; what is found without being marked (commands, mentions,
 * links ...); the rules that every message obeys in the end (trimmed, entities sorted and nested). Offsets and lengths
 * of entities are UTF-16 code units. Input is any bytes of valid UTF-8. Pure; any thread.
 */
#ifndef BOTSWAIN_ENTITIES_H
#define BOTSWAIN_ENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum { ENTITIES_MAX = 100 /* in a message; more are left out */ };

enum entity_type {
#define ENTITY(name, title, rank) ENTITY_##name,
#include "tests/fleet/entities/entities.def"
#undef ENTITY
	ENTITY_TYPES,
};

struct entity {
	enum entity_type type;
	size_t offset, length; /* UTF-16 units */
	char *argument;        /* URL, user id, language, emoji id; NULL: none */
};

struct formatted {
	struct str text;
	size_t units; /* of the text, UTF-16 */
	struct entity *items;
	size_t count, capacity;
};

enum parse_mode { PARSE_PLAIN, PARSE_MARKDOWN, PARSE_MARKDOWN_V2, PARSE_HTML };

void formatted_init(struct formatted *formatted);
void formatted_release(struct formatted *formatted);

/* "HTML", "markdownv2" ...; NULL and "" are PARSE_PLAIN. False: no such mode. */
MUST_CHECK bool parse_mode_find(const char *name, enum parse_mode *ret_mode);
/* Fills `to`, which is initialised and empty. The error is the server's: "Can't find end of ..." */
MUST_CHECK bool formatted_parse(struct formatted *to, enum parse_mode mode, const char *text,
	size_t length, struct err *err);
/* Adds an entity that the sender gave, after the text; takes `argument`. Fails when it begins or ends where no character
 * does. */
MUST_CHECK bool formatted_mark(struct formatted *formatted, enum entity_type type, int64_t offset,
	int64_t length, char *argument, struct err *err);
/* Finds what nobody marked, trims white space at both ends, sorts, nests and bounds the entities. */
void formatted_finish(struct formatted *formatted);

/* The name in the API ("text_link"); ENTITY_TYPES when there is none. */
const char *entity_name(enum entity_type type);
const char *entity_title(enum entity_type type);
enum entity_type entity_find(const char *name);

#endif
