/* SPDX-License-Identifier: MIT */
/* A growable byte string. `text` is never NULL after str_init() or STR_INIT and always ends in NUL.
 */
#ifndef BOTSWAIN_BASE_STR_H
#define BOTSWAIN_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct str {
	char *text;
	size_t length, capacity; /* capacity 0: `text` is the shared empty string */
};

extern char str_empty[];
/* clang-format off */
#define STR_INIT {.text = str_empty, .length = 0, .capacity = 0}
/* clang-format on */

void str_init(struct str *str);
void str_release(struct str *str); /* legal on a zeroed struct */
void str_clear(struct str *str);   /* keeps the memory */
void str_add(struct str *str, const void *data, size_t length);
void str_adds(struct str *str, const char *text);
void str_addch(struct str *str, char ch);
void str_addf(struct str *str, const char *format, ...) PRINTF_LIKE(2, 3);
void str_vaddf(struct str *str, const char *format, va_list args) PRINTF_LIKE(2, 0);
void str_truncate(struct str *str, size_t length);
/* Removes `count` bytes at `at`. */
void str_remove(struct str *str, size_t at, size_t count);
void str_insert(struct str *str, size_t at, const void *data, size_t length);
/* Gives the heap string to the caller and empties `str`. */
char *str_detach(struct str *str) MUST_CHECK;

#define autostr CLEANUP(str_release)

/* Bounded, always terminated, and cut between characters of UTF-8; the result says whether all of it fitted. The others are
 * as snprintf(). `size` is not 0. */
bool copy_text(char *to, size_t size, const char *from);
bool print_text(char *to, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
bool vprint_text(char *to, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);

/* True when `text` is `prefix...`. */
bool starts_with(const char *text, const char *prefix);

#endif
