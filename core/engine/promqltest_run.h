/* SPDX-License-Identifier: MIT */
/* botswaind --promqltest FILE...: runs tests of PromQL and leaves. */
#ifndef BOTSWAIN_ENGINE_PROMQLTEST_RUN_H
#define BOTSWAIN_ENGINE_PROMQLTEST_RUN_H

#include <stddef.h>

/* A line for each case that did not pass, then how many did. The exit status: 0 nothing failed, 1 something did, 2 a file cannot be
 * read. */
int promqltest_files(char *const *paths, size_t count);

#endif
