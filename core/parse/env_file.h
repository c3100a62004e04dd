/* SPDX-License-Identifier: MIT */
/*
 * Files of KEY=value as bots keep them (.env):
 *   # comment      blank lines      export KEY=value      KEY = value # comment behind a blank
 *   KEY='as it is, also over lines'      KEY="with \n \t \" \\ \$, also over lines"
 * Nothing is expanded: ${X} stays as it is written. The last of two equal keys counts, as in a
 * shell. Values may be secrets, so no error shows one. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_ENV_FILE_H
#define BOTSWAIN_PARSE_ENV_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

/* The value of `key`. ERR_NOT_FOUND when no line has it, ERR_SYNTAX with the line when the file is
 * broken (also behind the key: a file that does not parse is not half believed). The caller wipes
 * `ret_value`. */
bool env_file_find(const char *text, size_t length, const char *key, struct str *ret_value,
	struct err *err) MUST_CHECK;

#endif
