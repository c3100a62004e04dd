/* SPDX-License-Identifier: MIT */
/*
 * AMP, the framing of axon sockets (pm2's): a byte that holds the version (1) and the number of
 * arguments, then each argument with its length before it (32 bits, big endian). An argument begins
 * with j: (JSON), s: (text), or is bytes. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_AMP_H
#define BOTSWAIN_PARSE_AMP_H

#include <stddef.h>

struct str;

enum { AMP_ARGUMENTS_MAX = 15 };

struct amp_argument {
	const char *bytes; /* in the frame */
	size_t length;
};

struct amp_frame {
	struct amp_argument arguments[AMP_ARGUMENTS_MAX];
	size_t count, length; /* of the whole frame */
};

/* AMP_MORE: the frame is not there yet; AMP_BROKEN: it never will be. */
enum amp_state { AMP_WHOLE, AMP_MORE, AMP_BROKEN };
enum amp_state amp_read(const char *bytes, size_t length, size_t max, struct amp_frame *ret);
/* Appends a frame of these texts. */
void amp_write(struct str *to, const char *const arguments[], size_t count);

#endif
