/* SPDX-License-Identifier: MIT */
/* Allocation that cannot fail: it says so, aborts the program, and the guard puts the terminal right. Any
 * thread. */
#ifndef BOTSWAIN_BASE_MEM_H
#define BOTSWAIN_BASE_MEM_H

#include <stdatomic.h>
#include <stddef.h>
#include "core/base/attr.h"

/* Ends the program for want of memory, with a sentence on standard error: for libraries that return NULL then. */
NORETURN void out_of_memory(void);
/* Ends the program in words now unless so much could be had: before calls of libraries that crash when they get none. */
void mem_assure(size_t size);
/* From now on it also leaves true here, for a parent that has to say why we died when standard error was not seen; the place is
 * kept for ever. */
void mem_leave_note(atomic_bool *place);

void *xmalloc(size_t size) MUST_CHECK;
void *xcalloc(size_t count, size_t size) MUST_CHECK;
void *xrealloc(void *old, size_t size) MUST_CHECK;
/* realloc of count * size with the product checked. */
void *xreallocarray(void *old, size_t count, size_t size) MUST_CHECK;
char *xstrdup(const char *text) MUST_CHECK;
char *xstrndup(const char *text, size_t length) MUST_CHECK;
void *xmemdup(const void *data, size_t size) MUST_CHECK;
char *xasprintf(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;

/* Makes room for one more element: `items = grow(items, count, &capacity, sizeof(*items))`. */
void *grow(void *items, size_t count, size_t *capacity, size_t size) MUST_CHECK;

#endif
