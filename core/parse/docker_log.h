/* SPDX-License-Identifier: MIT */
/*
 * The log of a container as the Docker Engine API streams it, with timestamps: frames of 8 bytes and a text, or, of a
 * terminal, the text as it is. Each text begins with its time; one that does not end its line (they are cut at 16 KiB) goes on
 * in the next of its stream. Fed as the bytes come, in pieces of any length; memory is bounded. Pure; one thread.
 */
#ifndef BOTSWAIN_PARSE_DOCKER_LOG_H
#define BOTSWAIN_PARSE_DOCKER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"

enum { DOCKER_LOG_STREAMS = 4, DOCKER_LOG_ERROR = 3 /* the engine itself says what is wrong */ };

struct docker_log_line {
	unsigned stream;  /* 1 stdout, 2 stderr; 0 of a terminal */
	int64_t wall_ns;  /* INT64_MIN: none stands there */
	const char *text; /* without its time and its end */
	size_t length;
	bool is_cut; /* it was longer */
};
typedef void docker_log_take(void *context, const struct docker_log_line *line);

struct docker_log_part {
	struct str line; /* of frames before that did not end it */
	int64_t wall_ns; /* of its first */
	bool is_cut;     /* there was more of it */
};

struct docker_log {
	docker_log_take *take;
	void *context;
	bool is_raw;
	unsigned char header[8];
	size_t header_length;
	uint32_t left;   /* of the frame */
	struct str text; /* of the frame that comes, or of the raw line */
	bool is_long;    /* pieces of it were taken already; its time: */
	int64_t wall_ns; /* INT64_MIN: it has none */
	struct docker_log_part parts[DOCKER_LOG_STREAMS];
};

void docker_log_init(struct docker_log *log, bool is_raw, docker_log_take *take, void *context);
void docker_log_release(struct docker_log *log); /* legal on a zeroed struct */
/* False: these are no frames. */
MUST_CHECK bool docker_log_feed(struct docker_log *log, const char *bytes, size_t length);
/* Nothing comes any more. `is_whole`: that is all, and lines that did not end are given out; else they will come again. */
void docker_log_end(struct docker_log *log, bool is_whole);

#endif
