/* SPDX-License-Identifier: MIT */
#include "tests/hostile/places.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tests/support/hostile_text.h"

enum { TEXT_BYTES = 400, UNIT_BYTES = 300, ROUND_STEP = 11, PLACE_STEP = 3, FILE_BYTES = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *planted[PLACE_COUNT];

static size_t payload_count(void)
{
	size_t count = 0;
	while (payload_at(count))
		count++;
	return count;
}

/* Those that are a name of a file. */
static const enum place_id files[] = {PLACE_systemd_output, PLACE_pm2_log, PLACE_supervisord_log,
	PLACE_process_folder, PLACE_file_name, PLACE_file_trouble, PLACE_argument,
	PLACE_input_name};

static void make_file_name(size_t place, char *text)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (files[i] != place)
			continue;
		text[strnlen(text, FILE_BYTES)] = '\0';
		for (char *at = text; (at = strchr(at, '/'));)
			*at = '_';
	}
}

/* Short fields hold the first payload alone: each place begins with another one, and goes on in each round. */
static char *make_text(size_t place, size_t round)
{
	struct str text = STR_INIT;
	size_t count = payload_count(), at = round * ROUND_STEP + place * PLACE_STEP;
	str_addf(&text, "Q%02zu ", place);
	for (size_t i = 0; i < count && text.length < TEXT_BYTES; i++) {
		const struct payload *payload = payload_at((at + i) % count);
		if (strlen(payload->unit) * payload->times > UNIT_BYTES)
			continue;
		payload_add(payload, &text);
		str_addch(&text, ' ');
	}
	make_file_name(place, text.text);
	return str_detach(&text);
}

void places_plant(size_t round)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		free(planted[i]);
		planted[i] = make_text(i, round);
	}
	pthread_mutex_unlock(&lock);
}

void places_release(void)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		free(planted[i]);
		planted[i] = NULL;
	}
}

char *place_bytes(enum place_id place)
{
	pthread_mutex_lock(&lock);
	char *text = xstrdup(planted[place]);
	pthread_mutex_unlock(&lock);
	return text;
}

char *place_text(enum place_id place)
{
	autofree char *text = place_bytes(place);
	struct str made = STR_INIT;
	for (size_t at = 0, length = strlen(text); at < length;) {
		struct utf8_char now = utf8_next(text + at, length - at);
		char bytes[UTF8_MAX_BYTES];
		str_add(&made, bytes, utf8_encode(now.code, bytes));
		at += now.size;
	}
	return str_detach(&made);
}

char *place_short(enum place_id place, size_t bytes)
{
	char *text = place_text(place);
	text[utf8_cut(text, strlen(text), bytes)] = '\0';
	return text;
}

char *place_sql(enum place_id place)
{
	autofree char *text = place_text(place);
	struct str made = STR_INIT;
	str_addch(&made, '\'');
	for (const char *at = text; *at; at++)
		str_addf(&made, *at == '\'' ? "''" : "%c", *at);
	str_addch(&made, '\'');
	return str_detach(&made);
}

char *place_json(enum place_id place)
{
	autofree char *text = place_text(place);
	json_t *string = json_string(text);
	char *quoted = json_dumps(string, JSON_ENCODE_ANY);
	json_decref(string);
	assert_non_null(quoted);
	return quoted;
}

static bool is_of_xml(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' ||
	       (code >= 0x20 && code != 0xfffe && code != 0xffff);
}

char *place_xml(enum place_id place)
{
	autofree char *text = place_text(place);
	struct str made = STR_INIT;
	for (size_t at = 0, length = strlen(text); at < length;) {
		struct utf8_char now = utf8_next(text + at, length - at);
		if (strchr("<>&", text[at]))
			str_addf(&made, "&#%d;", text[at]);
		else if (is_of_xml(now.code))
			str_add(&made, text + at, now.size);
		at += now.size;
	}
	return str_detach(&made);
}

char *place_variable(enum place_id place, int bot)
{
	autofree char *name = place_text(place);
	for (char *at = name; (at = strchr(at, '='));)
		*at = '-';
	return xasprintf("%s=82000%02d:AAFhostilehostilehostilehostilehos", name, bot);
}
