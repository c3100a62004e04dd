/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: the FAIL_MALLOC_AT-th allocation of a process fails, and with FAIL_MALLOC_ON=1 all that follow it. With
 * FAIL_MALLOC_COUNT=path the process writes there at its end how many there were.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static atomic_ulong count;
static unsigned long fails_at; /* 0: none */
static int goes_on;

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAIL_MALLOC_AT");
	fails_at = at ? strtoul(at, NULL, 10) : 0;
	goes_on = getenv("FAIL_MALLOC_ON") != NULL;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_MALLOC_COUNT");
	FILE *file = path ? fopen(path, "we") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", atomic_load(&count));
	fclose(file);
}

static int fails(void)
{
	unsigned long number = atomic_fetch_add(&count, 1) + 1;
	if (!fails_at || number < fails_at || (number > fails_at && !goes_on))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
	return fails() ? NULL : __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}
