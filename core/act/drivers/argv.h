/* SPDX-License-Identifier: MIT */
/*
 * Argument vectors from templates: {bot}, {program}, {file}, {time} and {reason} are replaced inside an
 * argument, never by a shell, so no value can become a second argument. Any thread.
 */
#ifndef BOTSWAIN_ACT_DRIVERS_ARGV_H
#define BOTSWAIN_ACT_DRIVERS_ARGV_H

#include <stdbool.h>
#include "core/base/attr.h"

struct argv;
struct err;

/* NULL: the placeholder may not be used here. */
struct argv_values {
	const char *bot, *program, *file, *time, *reason;
};

/*
 * A NULL-terminated vector on the heap. Refused: a placeholder without a value, and a value that
 * starts its argument with '-' where no "--" came before: the program would read it as an option.
 */
MUST_CHECK bool argv_expand(const struct argv *template, const struct argv_values *values,
	char ***ret, struct err *err);
/* One argument, or a path. */
MUST_CHECK bool argv_expand_text(
	const char *template, const struct argv_values *values, char **ret, struct err *err);
void argv_free(char **argv); /* NULL is legal */
/* As an operator would type it, redacted and safe for a cell; on the heap. */
char *argv_show(char *const *argv) MUST_CHECK;

/* The file that runs for `name`: itself when it holds a slash, else the first on `path` (absolute
 * parts of it only). */
MUST_CHECK bool argv_find_program(const char *name, const char *path, char **ret, struct err *err);

#endif
