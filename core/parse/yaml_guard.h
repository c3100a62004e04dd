/* SPDX-License-Identifier: MIT */
/*
 * YAML that libfyaml 0.7.12 does not survive, and that nobody needs: found before the library sees it. A directive
 * may keep it busy for ever; a key that is written with `? ` may crash it (a tab behind a colon in it is enough).
 * Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_YAML_GUARD_H
#define BOTSWAIN_PARSE_YAML_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* True: at `ret_at` (a byte of the text) stands what `ret_why` says. */
bool yaml_is_dangerous(const char *text, size_t length, size_t *ret_at, const char **ret_why);

#endif
