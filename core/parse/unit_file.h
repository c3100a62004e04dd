/* SPDX-License-Identifier: MIT */
/*
 * The little of systemd's unit files that its bus does not tell: to which file a service writes
 * (systemd.unit(5), systemd.exec(5)). Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_UNIT_FILE_H
#define BOTSWAIN_PARSE_UNIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/str.h"

/* The last value that `text` gives to `key` in its [Service] section; `ret_value` is untouched when
 * there is none, so that the files of a unit are read one after the other. Continued lines are
 * joined as systemd does. */
bool unit_file_find(const char *text, size_t length, const char *key, struct str *ret_value);

/* What stands for the specifiers of a path: %n %N %p %i %I %j of `unit`, the rest as given, NULL when
 * it is not known. */
struct unit_specifiers {
	const char *unit;                         /* bot@orders.service */
	const char *home, *runtime, *state, *log; /* %h %t %S %L */
};

/* Appends `text` with its specifiers replaced. False, and nothing appended, when one of them is not
 * known here. */
bool unit_expand(const struct unit_specifiers *known, const char *text, struct str *ret);

#endif
