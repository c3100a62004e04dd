/* SPDX-License-Identifier: MIT */
/*
 * How much longer the same work may take in a build with a sanitizer. Bounds of time are promises of the program as it is
 * built for use; ThreadSanitizer's own manual expects 5 to 15 times, AddressSanitizer's 2.
 */
#ifndef BOTSWAIN_TESTS_SUPPORT_INSTRUMENTED_H
#define BOTSWAIN_TESTS_SUPPORT_INSTRUMENTED_H

#if defined(__SANITIZE_THREAD__)
enum { INSTRUMENTED_TIMES = 5 };
#elif defined(__SANITIZE_ADDRESS__)
enum { INSTRUMENTED_TIMES = 2 };
#else
enum { INSTRUMENTED_TIMES = 1 };
#endif

/* It also has a malloc() of its own. */
#define IS_INSTRUMENTED (INSTRUMENTED_TIMES > 1)

#endif
