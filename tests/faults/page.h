/* SPDX-License-Identifier: MIT */
/* docs/faults.md: the table that the run prints. A row that did not run keeps what stands there. */
#ifndef BOTSWAIN_TESTS_FAULTS_PAGE_H
#define BOTSWAIN_TESTS_FAULTS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct fault;
struct sight;

/* What the last run wrote; none is legal. */
void page_read(const char *path);
/* A row ran. One that failed keeps the day on which it last passed. */
void page_note(const struct fault *fault, bool passed, const struct sight *sight);
void page_write(const char *path, const struct fault *table, size_t count);

#endif
