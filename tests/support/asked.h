/* SPDX-License-Identifier: MIT */
/* A supervisor, asked by a test for its programs. What is expected and does not come fails the test. */
#ifndef BOTSWAIN_TESTS_ASKED_H
#define BOTSWAIN_TESTS_ASKED_H

#include <stdbool.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/programs.h"

/* Whom, and where. */
struct asked {
	const struct supervisor_kind *kind;
	const char *address;
};

/* `only`: names, NULL at the end; NULL: all. The caller releases what is returned. */
bool asked_try(struct asked whom, const char *const *only, struct programs *ret, struct err *err);
void asked(struct asked whom, const char *const *only, struct programs *ret);
const struct program *asked_program(const struct programs *programs, const char *name);
/* It refuses with that code; its sentence has these words, and not those (NULL: none). */
void asked_refused(struct asked whom, const char *const *only, enum err_code code, const char *said,
	const char *unsaid);

/* Waits until it is so of the program of that name; false when it does not come true within the time. */
typedef bool program_is_so(const struct program *program, const void *context);
MUST_CHECK bool asked_until(struct asked whom, const char *name, program_is_so *is_so,
	const void *context, int limit_ms);
/* The same for its state, and for its words. */
MUST_CHECK bool asked_until_state(
	struct asked whom, const char *name, const char *state, int limit_ms);
MUST_CHECK bool asked_until_words(
	struct asked whom, const char *name, const char *words, int limit_ms);

#endif
