/* SPDX-License-Identifier: MIT */
/* GNU attributes and small macros that every room uses. */
#ifndef BOTSWAIN_BASE_ATTR_H
#define BOTSWAIN_BASE_ATTR_H

#include <stddef.h>

#define NOINLINE          __attribute__((noinline))
#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define UNUSED            __attribute__((unused))
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Frees a heap pointer when it leaves its scope. */
static inline void autofree_release(void *pointer)
{
	extern void free(void *);
	free(*(void **)pointer);
}
#define autofree CLEANUP(autofree_release)

/* Closes a descriptor (>= 0) when it leaves its scope; keeps errno. */
void autoclose_release(int *fd);
#define autoclose CLEANUP(autoclose_release)

/* The descriptor leaves its scope open: `lock->fd = keep_fd(&fd)`. */
static inline int keep_fd(int *fd)
{
	int kept = *fd;
	*fd = -1;
	return kept;
}

#endif
