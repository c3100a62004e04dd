/* SPDX-License-Identifier: MIT */
/*
 * What the texts of repeated lines have in common: words that hold a digit (numbers, ids, times, durations) count as
 * one and the same. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_LOG_TEMPLATE_H
#define BOTSWAIN_PARSE_LOG_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

/* Equal for texts that differ in such words alone. Begin with 0; goes on from what came before. */
uint64_t log_template(uint64_t before, const char *text, size_t length);

#endif
