/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/people.h"

enum {
	RAW_MAX_BYTES = 1 << 20, /* of a text with its marks */
	MARKS_MAX = 1000,        /* looked at; a message keeps fewer still */
};

size_t utf16_units(const char *text)
{
	size_t units = 0;
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		units += (byte & 0xc0) != 0x80;
		units += byte >= 0xf0;
	}
	return units;
}

/* The argument of an entity that the sender gave: a URL, a language, an id; NULL: none. */
static char *argument_of(enum entity_type type, const json_t *entity)
{
	const json_t *user = json_object_get(entity, "user");
	const char *field = type == ENTITY_text_link      ? "url"
			    : type == ENTITY_pre          ? "language"
			    : type == ENTITY_custom_emoji ? "custom_emoji_id"
							  : "";
	const char *text = json_string_value(json_object_get(entity, field));
	if (type == ENTITY_text_mention)
		return xasprintf(
			"%lld", (long long)json_integer_value(json_object_get(user, "id")));
	return text ? xstrdup(text) : NULL;
}

static bool mark_one(const json_t *entity, struct formatted *to, struct refusal *why)
{
	const char *name = json_string_value(json_object_get(entity, "type"));
	const json_t *offset = json_object_get(entity, "offset");
	const json_t *length = json_object_get(entity, "length");
	enum entity_type type = name ? entity_find(name) : ENTITY_TYPES;
	static const char prefix[] = "Bad Request: can't parse MessageEntity";
	if (!json_is_object(entity))
		return refuse(why, 400, "%s: expected an Object", prefix);
	if (!name)
		return refuse(why, 400, "%s: Can't find field \"type\"", prefix);
	if (!json_is_integer(offset) || !json_is_integer(length))
		return refuse(why, 400, "%s: Can't find field \"%s\"", prefix,
			json_is_integer(offset) ? "length" : "offset");
	if (type == ENTITY_TYPES)
		return refuse(why, 400, "%s: Unsupported type specified", prefix);
	if (type >= ENTITY_mention && type <= ENTITY_phone_number)
		return true; /* the server finds these by itself */
	struct err err = {0};
	return formatted_mark(to, type, json_integer_value(offset), json_integer_value(length),
		       argument_of(type, entity), &err) ||
	       refuse(why, 400, "Bad Request: %s", err.text);
}

static bool mark_all(
	const json_t *args, const char *name, struct formatted *to, struct refusal *why)
{
	json_t *list, *entity;
	bool good = arg_json(args, name, &list);
	size_t i;
	if (!good || (list && !json_is_array(list)))
		good = refuse(why, 400, "Bad Request: can't parse entities JSON object");
	json_array_foreach(list, i, entity)
	{
		if (i >= MARKS_MAX || !good)
			break;
		good = mark_one(entity, to, why);
	}
	json_decref(list);
	return good;
}

bool text_read(const json_t *args, const char *name, const char *entities, struct formatted *to,
	struct refusal *why)
{
	const char *text = arg_text(args, name);
	enum parse_mode mode;
	struct err err = {0};
	if (!text)
		return !json_object_get(args, name) ||
		       refuse(why, 400, "Bad Request: strings must be encoded in UTF-8");
	if (!parse_mode_find(arg_text(args, "parse_mode"), &mode))
		return refuse(why, 400, "Bad Request: unsupported parse_mode");
	if (strlen(text) > RAW_MAX_BYTES)
		return refuse(why, 400, "Bad Request: message is too long");
	if (!formatted_parse(to, mode, text, strlen(text), &err))
		return refuse(why, 400, "Bad Request: can't parse entities: %s", err.text);
	if (mode == PARSE_PLAIN && to->units <= TEXT_MAX_UNITS &&
		!mark_all(args, entities, to, why))
		return false;
	formatted_finish(to);
	return true;
}

static json_t *entity_json(const struct entity *entity)
{
	json_t *json = json_pack("{s:I,s:I,s:s}", "offset", (json_int_t)entity->offset, "length",
		(json_int_t)entity->length, "type", entity_name(entity->type));
	const char *argument = entity->argument;
	if (entity->type == ENTITY_text_mention)
		json_object_set_new(
			json, "user", person_json(argument ? strtoll(argument, NULL, 10) : 0));
	else if (argument && entity->type == ENTITY_text_link)
		json_object_set_new(json, "url", json_string(argument));
	else if (argument && entity->type == ENTITY_pre)
		json_object_set_new(json, "language", json_string(argument));
	else if (argument && entity->type == ENTITY_custom_emoji)
		json_object_set_new(json, "custom_emoji_id", json_string(argument));
	return json;
}

void text_store(
	const struct formatted *text, json_t *message, const char *name, const char *entities)
{
	json_object_del(message, name);
	json_object_del(message, entities);
	if (!text->text.length)
		return;
	json_object_set_new(message, name, json_stringn(text->text.text, text->text.length));
	if (!text->count)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < text->count; i++)
		json_array_append_new(list, entity_json(&text->items[i]));
	json_object_set_new(message, entities, list);
}

void text_store_plain(const char *text, json_t *message)
{
	struct formatted formatted;
	struct err err;
	formatted_init(&formatted);
	if (formatted_parse(&formatted, PARSE_PLAIN, text, strlen(text), &err))
		formatted_finish(&formatted);
	text_store(&formatted, message, "text", "entities");
	formatted_release(&formatted);
}
