/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is a file fuzz_NAME.c with one entry point. `make fuzz` builds it with clang's
 * libFuzzer; the tests build it with replay.c, which runs it over corpus/NAME and over cuts and
 * mutations of it that are the same every time.
 */
#ifndef BOTSWAIN_TESTS_FUZZ_FUZZ_H
#define BOTSWAIN_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input. */
#define FUZZ_REQUIRE(condition)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A folder that is removed by the target; in memory where there is such a place: a disk that is waited for tries nothing. */
static inline void fuzz_make_folder(char *ret, size_t size, const char *name)
{
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(ret, size, "%s/botswain-fuzz-%s-XXXXXX", top, name);
	FUZZ_REQUIRE(mkdtemp(ret) != NULL);
}

#endif
