/* SPDX-License-Identifier: MIT */
#include "core/parse/health_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum { PATH_DEPTH = 8, VALUE_BYTES = 80 };

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define autojson CLEANUP(release_json)

static json_t *load(const char *body, size_t length)
{
	return json_loadb(body, length, JSON_DECODE_ANY, NULL);
}

bool health_page_says(const char *body, size_t length, char *ret, size_t size)
{
	static const char *const names[] = {"status", "error", "message", "detail"};
	json_t *page autojson = load(body, length);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *text = json_string_value(json_object_get(page, names[i]));
		if (!text || !*text)
			continue;
		copy_text(ret, size, text);
		return true;
	}
	return false;
}

/* Scalars as the page prints them, but a text without its quotes. */
static bool print(const json_t *value, char *ret, size_t size)
{
	if (json_is_string(value))
		copy_text(ret, size, json_string_value(value));
	else if (json_is_integer(value))
		snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(ret, size, "%.17g", json_real_value(value));
	else if (json_is_boolean(value) || json_is_null(value))
		copy_text(ret, size,
			json_is_true(value)    ? "true"
			: json_is_false(value) ? "false"
					       : "null");
	else
		return false;
	return true;
}

static const json_t *walk(const json_t *at, const char *path, size_t length)
{
	for (int depth = 0; at && depth < PATH_DEPTH; depth++) {
		char name[VALUE_BYTES];
		const char *point = memchr(path, '.', length);
		size_t part = point ? (size_t)(point - path) : length;
		if (part >= sizeof(name))
			return NULL;
		memcpy(name, path, part);
		name[part] = '\0';
		at = json_object_get(at, name);
		if (!point)
			return at;
		path += part + 1;
		length -= part + 1;
	}
	return NULL;
}

bool health_page_has(const char *body, size_t length, const char *expected, struct err *err)
{
	const char *wanted = strchr(expected, '=');
	char value[VALUE_BYTES];
	if (!wanted)
		return err_set(err, ERR_INVALID, "'%.60s' is no NAME=VALUE", expected);
	int name = (int)(wanted++ - expected);
	json_t *page autojson = load(body, length);
	if (!page)
		return err_set(err, ERR_PROTOCOL, "the answer is no JSON");
	const json_t *found = walk(page, expected, (size_t)name);
	if (!found || !print(found, value, sizeof(value)))
		return err_set(err, ERR_PROTOCOL, "the answer has no field '%.*s'", name, expected);
	return strcmp(value, wanted) == 0 ||
	       err_set(err, ERR_PROTOCOL, "%.*s is \"%s\", not \"%.60s\"", name, expected, value,
		       wanted);
}
