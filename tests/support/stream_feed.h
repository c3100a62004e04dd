/* SPDX-License-Identifier: MIT */
/* Adds to a stream of a Redis at a steady rate. */
#ifndef BOTSWAIN_TESTS_SUPPORT_STREAM_FEED_H
#define BOTSWAIN_TESTS_SUPPORT_STREAM_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisContext;

struct stream_feed {
	const char *socket;
	size_t rate;    /* entries a second */
	int batch_ms;   /* those that are due are added together so often */
	int64_t for_ms; /* INT64_MAX: until it is ended */
	/* Appends the command that adds entry `number`, from 0 on. */
	void (*append)(void *context, struct redisContext *redis, uint64_t number);
	void *context;
};

/* False: the server is not there any more. */
bool stream_feed_run(const struct stream_feed *feed);

#endif
