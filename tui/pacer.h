/* SPDX-License-Identifier: MIT */
/*
 * When the next frame may go, and how large it may be. At most 25 frames a second; one that answers a key goes at
 * once, and so do the first ones. On a line that drains slowly a frame is cut to what it takes in a quarter of a second, so that a key is never
 * behind more than that: the rest of the screen follows in the next frames. Pure; time comes as an argument.
 */
#ifndef BOTSWAIN_TUI_PACER_H
#define BOTSWAIN_TUI_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACER_FRAME_MS = 40,   /* between frames */
	PACER_ANSWER_MS = 4,   /* between frames that answer keys */
	PACER_FIRST_MS = 300,  /* so long after the start who looks waits: frames as for keys */
	PACER_SLOW_MS = 100,   /* a frame that took longer to drain was too large */
	PACER_TARGET_MS = 250, /* what a frame may take on a slow line */
	PACER_LEAST_BYTES = 2048,
	PACER_MOST_BYTES = 1 << 16, /* a line that takes this much is not slow */
};

struct pacer {
	int64_t begun_ms; /* the screen */
	int64_t frame_ms; /* when the last frame began */
	size_t bytes;     /* its size, until it has drained; then 0 */
	size_t budget;    /* bytes that a frame may have; 0: any number */
	bool answering;
};

/* The first frame may go at once. */
void pacer_begin(struct pacer *pacer, int64_t now_ms);
/* Milliseconds until a frame may begin, once the last one has drained. */
int64_t pacer_wait_ms(const struct pacer *pacer, int64_t now_ms);
/* A key came: what it changes must be seen at once. */
void pacer_key(struct pacer *pacer);
void pacer_began(struct pacer *pacer, int64_t now_ms, size_t bytes);
/* The line is empty; call it whenever it is. */
void pacer_drained(struct pacer *pacer, int64_t now_ms);

#endif
