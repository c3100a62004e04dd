/* SPDX-License-Identifier: MIT */
/* Putting observations together, with everything that came from outside made harmless on the way.
 * Any thread. */
#ifndef BOTSWAIN_COLLECT_POST_H
#define BOTSWAIN_COLLECT_POST_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct hub;
struct schedule;

/* How a source's attempt ended. */
struct attempt {
	const char *kind, *name;
	const struct schedule *schedule; /* already told how it ended */
	const struct err *err;           /* NULL or ERR_NONE: well */
	const struct err *warning;       /* it is well, but for this; NULL or ERR_NONE: nothing */
	double latency_ms;               /* NaN unknown */
	uint64_t dropped;
};

void post_source(struct hub *hub, const struct attempt *attempt);
/* Nobody wants it any more. */
void post_source_gone(struct hub *hub, const char *kind, const char *name);
/* The source.state word for an error. */
const char *source_state_word(const struct err *err);
/* Sets a string field of a message to text from outside, redacted, sanitised and clipped. */
void set_text(struct hub *hub, char **field, const char *text, size_t length, size_t cells);

enum { POST_ERROR_CELLS = 200 };

#endif
