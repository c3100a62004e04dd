/* SPDX-License-Identifier: MIT */
/* The text, entities and keyboard of a message, from the arguments of a method into a Message object. */
#ifndef BOTSWAIN_BOTAPI_TEXTS_H
#define BOTSWAIN_BOTAPI_TEXTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "tests/fleet/entities/entities.h"

struct refusal;

enum { TEXT_MAX_UNITS = 4096, CAPTION_MAX_UNITS = 1024 };

/* Code units of UTF-16: characters beyond the basic plane count twice. */
size_t utf16_units(const char *text);

/*
 * Reads args[name] with parse_mode or with the array args[entities] into `to`, which must be initialised. Without
 * words nothing is an error. The server's words say what does not parse.
 */
MUST_CHECK bool text_read(const json_t *args, const char *name, const char *entities,
	struct formatted *to, struct refusal *why);
/* Sets message[name] and message[entities], or removes both when the text is empty. */
void text_store(
	const struct formatted *text, json_t *message, const char *name, const char *entities);
/* The same for what a person writes: nothing but what is found without marks. */
void text_store_plain(const char *text, json_t *message);

/* The inline keyboard in reply_markup; NULL: there is none. Other keyboards are checked and do not show in a Message. */
MUST_CHECK bool markup_read(const json_t *args, json_t **ret_markup, struct refusal *why);

#endif
