/* SPDX-License-Identifier: MIT */
/*
 * Who looks into the past: each does by a replay, a child that takes memory and time of our own service. So there are some
 * at a time, a part of them for who may only look, and those have a pause between two. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_PASTS_H
#define BOTSWAIN_ENGINE_PASTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;
struct peer;

enum {
	PASTS_MAX = 8,        /* replays at a time */
	PASTS_GUESTS = 4,     /* of them for who may only look */
	PASTS_GUEST_EACH = 2, /* and of one user of those */
	PASTS_STARTS = 8,     /* of theirs within the pause */
	PASTS_PAUSE_MS = 3000,
};

struct pasts {
	struct past {
		int pidfd; /* ours; readable: it has ended */
		uid_t uid;
		bool guest;
	} list[PASTS_MAX];
	size_t count;
	struct past_start {
		uid_t uid;
		int64_t mono_ms; /* 0: none */
	} starts[PASTS_STARTS];  /* of guests; the oldest is replaced */
	size_t next_start;
};

/* False: `err` says why this client gets none now. */
MUST_CHECK bool pasts_permit(
	struct pasts *pasts, const struct peer *peer, int64_t now_mono_ms, struct err *err);
/* It got one. Takes ownership of `pidfd`. */
void pasts_add(struct pasts *pasts, const struct peer *peer, int pidfd, int64_t now_mono_ms);
/* Those who may only look may look no more: their replays leave. */
void pasts_end_guests(const struct pasts *pasts);
void pasts_release(struct pasts *pasts);

#endif
