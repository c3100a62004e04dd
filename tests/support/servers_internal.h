/* SPDX-License-Identifier: MIT */
/* What the helpers that start servers share. */
#ifndef BOTSWAIN_TESTS_SERVERS_INTERNAL_H
#define BOTSWAIN_TESTS_SERVERS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

void make_folder(char *ret, size_t size);
void write_text(const char *path, const char *text);
void wait_until(bool (*is_ready)(const void *context), const void *context, const char *what);

#endif
