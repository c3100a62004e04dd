/* SPDX-License-Identifier: MIT */
/*
 * The texts of places.def, as they are planted now. Each begins with the mark of its place ("Q00" and on) and goes on with
 * payloads, other ones in each round. Any thread may take one.
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_PLACES_H
#define BOTSWAIN_TESTS_HOSTILE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

enum place_id {
#define PLACE(id, ...) PLACE_##id,
#include "tests/hostile/places.def"
#undef PLACE
	PLACE_COUNT
};

/* Other texts from now on. */
void places_plant(size_t round);
void places_release(void);
/* Its bytes, some hundreds, of a file's name 200 without a '/'; the caller frees them. */
char *place_bytes(enum place_id place) MUST_CHECK;
/* The same as UTF-8: U+FFFD for what is none. */
char *place_text(enum place_id place) MUST_CHECK;
/* The first `bytes` of that at most. */
char *place_short(enum place_id place, size_t bytes) MUST_CHECK;
/* In quotes, as a string of SQL. */
char *place_sql(enum place_id place) MUST_CHECK;
/* In quotes, as JSON. */
char *place_json(enum place_id place) MUST_CHECK;
/* As text of XML, without the characters that XML cannot have. */
char *place_xml(enum place_id place) MUST_CHECK;
/* A variable of an environment, "NAME=value" with a token of the bot `bot` as value: no '=' and no NUL in its name. */
char *place_variable(enum place_id place, int bot) MUST_CHECK;

/* Of cmocka; needs a folder. */
void what_supervisors_certificates_and_files_say_is_made_safe(void **state);

#endif
