/* SPDX-License-Identifier: MIT */
/* One way of asking a server again and again over kept connections, as fast as it answers. */
#ifndef BOTSWAIN_TESTS_POLL_H
#define BOTSWAIN_TESTS_POLL_H

#include <stddef.h>

struct poll_wish {
	const char *base, *ca_file; /* https://127.0.0.1:PORT */
	size_t connections;
};

/* Asks so many times, never more than `connections` at once; the result is how many were answered well. */
struct poller {
	void *(*open)(const struct poll_wish *wish);
	size_t (*ask)(void *state, size_t requests);
	void (*close)(void *state);
};

extern const struct poller
	poller_ours; /* core/collect: HTTP, the JSON, its digest, the observation */
extern const struct poller
	poller_bare; /* libcurl's multi loop with curl_multi_poll(), the answer thrown away */
extern const struct poller poller_default; /* the same with handles as libcurl makes them */

#endif
