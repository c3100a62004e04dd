/* SPDX-License-Identifier: MIT */
/*
 * One client on the engine's side: its descriptor, its frames in both directions, who it is. It
 * knows nothing of what the frames mean. Engine thread. Nothing here waits.
 */
#ifndef BOTSWAIN_ENGINE_PEER_H
#define BOTSWAIN_ENGINE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/act/act.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

struct query;
struct windows;

enum {
	PEER_REPLIES = 64,           /* replies that a repeated request is answered with */
	PEER_READ_BYTES = 256 << 10, /* taken from one client in one turn */
	PEER_OUT_BYTES = 1 << 20,    /* a client that owes us more reading is not read from */
};

enum peer_stage {
	PEER_NEW,     /* no hello yet */
	PEER_KNOWN,   /* welcomed */
	PEER_LEAVING, /* refused: closed once its refusal is out */
	PEER_GONE,    /* to be freed: `why` */
};

/* The reply to a request that this client made, kept to answer a repeat with the same bytes. */
struct peer_reply {
	uint64_t req;
	struct str frames;    /* empty: it is under way */
	struct msg_any asked; /* a copy, for whoever hears of the answer; MSG_none: nobody */
};

struct peer {
	int fd;
	enum peer_stage stage;
	struct operator who;
	bool may_act;    /* our own user or root; others look only */
	bool inner;      /* of our own process */
	bool want_state; /* entities and turn marks */
	bool more;       /* whole messages may wait in `in` */
	char why[160];   /* PEER_GONE: what the event says; empty: it left by itself */
	struct str in, out;
	size_t in_at, out_at; /* consumed so far */
	uint64_t sent_bytes;
	uint64_t mark, turn; /* revision and turn number sent */
	uint64_t turn_mark;  /* `mark` as this turn began: all up to it is in complete turns */
	bool takes_pulses;
	bool is_brief;        /* a command line: it waits for first answers, and leaves */
	bool pulsing, held;   /* this turn lets pulses go; some wait */
	uint64_t pulse_mark;  /* `mark` of the last turn that let them go */
	int64_t pulse_gap_ms; /* from one such turn to the next; 0: every one is */
	int64_t pulse_due_ms; /* mono */
	bool full;            /* the next mark says: what was not sent is gone */
	bool begun;           /* a turn: entities were sent since the last mark, */
	bool silent;          /* or none yet */
	bool lost;            /* a tombstone: the next turn must be full */
	uint64_t full_from;   /* the model's revision as the last full turn began */
	int64_t joined_ms, progress_ms, turn_ms; /* mono */
	struct peer_reply replies[PEER_REPLIES];
	size_t next_reply;
	struct windows *windows;
	struct query *seek; /* the last one, NULL: none */
	struct query *line;
	uint64_t past_req;   /* of a replay: the last one that moved it, 0 none, */
	unsigned past_notes; /* and what it was told then */
};

/* Takes ownership of a connected socket and makes it non-blocking. `own_name`: the user we run as. */
struct peer *peer_new(
	int fd, uint64_t number, const char *own_name, int64_t now_mono_ms) MUST_CHECK;
/* It was of this group when it connected, as the kernel says. */
bool peer_is_in(const struct peer *peer, gid_t group) MUST_CHECK;
void peer_free(struct peer *peer); /* NULL is legal; windows are the caller's */
/* Marks it for freeing. The first reason stands. */
void peer_drop(struct peer *peer, const char *why);
/* Bytes that wait to be sent. */
size_t peer_backlog(const struct peer *peer);
/* Reads what is there, at most PEER_READ_BYTES. A peer that hung up is dropped without a reason. */
void peer_fill(struct peer *peer);
/* The next whole message; false: none. A malformed one drops the peer. */
bool peer_next(struct peer *peer, struct msg_any *ret);
/* Queues a message (borrowed). */
void peer_send(struct peer *peer, enum msg_kind kind, const void *body);
/* Sends what the socket takes. */
void peer_drain(struct peer *peer, int64_t now_mono_ms);

/* A new request begins, now or with an answer to come: `req` is not 0. */
void peer_expect(struct peer *peer, uint64_t req);
/* The request (copied) waits for its answer; peer_asked() gives it away, once: false: it does not wait. */
void peer_keep(struct peer *peer, uint64_t req, enum msg_kind kind, const void *body);
bool peer_asked(struct peer *peer, uint64_t req, struct msg_any *ret);
/* Remembers what was queued for `req` since `from` (a length of `out` taken before). */
void peer_remember(struct peer *peer, uint64_t req, size_t from);
/* Queues the remembered reply again, nothing as long as the answer is still to come; false: this
 * request is new. */
bool peer_repeat(struct peer *peer, uint64_t req);

#endif
