/* SPDX-License-Identifier: MIT */
/*
 * /metrics and /healthz of an engine, for a Prometheus that exists (libmicrohttpd). A thread of its own with a replica of
 * the state, which it gets as any client does, over a socket pair: a scrape costs the engine nothing, and a scraper that
 * hangs or trickles harms nobody: a request has five seconds, and when all places are taken the one that waits for longest
 * loses its own. Pages are streamed, family by family. It listens on loopback or on a Unix socket only: there is no
 * login. Made and freed by the engine's thread.
 */
#ifndef BOTSWAIN_ENGINE_EXPORTER_H
#define BOTSWAIN_ENGINE_EXPORTER_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct exporter;
struct verdict_limits;

/* `address`: 127.0.0.1:PORT, [::1]:PORT or the path of a socket (0660, replaced when nobody listens there). `identity`: that
 * of the engine; *ret_fd: the engine's end of the pair, which the caller adopts. */
MUST_CHECK bool exporter_start(const char *address, const char *identity, int *ret_fd,
	struct exporter **ret, struct err *err);
/* What is too old to be told is too old by these (copied); the defaults until then. */
void exporter_judge_by(struct exporter *exporter, const struct verdict_limits *limits);
/* Ends the thread, closes and unlinks; NULL is legal. */
void exporter_free(struct exporter *exporter);

#endif
