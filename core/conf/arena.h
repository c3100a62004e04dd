/* SPDX-License-Identifier: MIT */
/*
 * Memory that goes all at once: everything of one settings tree. Zeroed, aligned for any object.
 * One thread fills it; then it is only read.
 */
#ifndef BOTSWAIN_CONF_ARENA_H
#define BOTSWAIN_CONF_ARENA_H

#include <stddef.h>
#include "core/base/attr.h"

struct arena;

struct arena *arena_new(void) MUST_CHECK;
void arena_free(struct arena *arena); /* NULL is legal */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/* Texts are only read: empty ones are one and the same. */
char *arena_text(struct arena *arena, const char *text) MUST_CHECK;
char *arena_text_n(struct arena *arena, const char *text, size_t length) MUST_CHECK;
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

#endif
