/* SPDX-License-Identifier: MIT */
/*
 * The way to the engine: finds it or starts it, loses it, and finds it again with growing pauses.
 * Never waits; it lives on descriptors and a due time in the owner's poll loop. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_LINK_H
#define BOTSWAIN_TUI_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/engine/client.h"

struct link;

enum link_state {
	LINK_SEARCHING, /* looking for the engine, or waiting for the one that we started */
	LINK_MEETING,   /* somebody listens, and has not said welcome yet */
	LINK_ATTACHED,
	LINK_WAITING, /* lost, or not found for long: link_why(); tried again and again */
};

/* Silence (no turn mark) after which nothing on the screen counts as current. */
enum { LINK_SILENT_MS = 3000 };

/* Searches the engine of `settings`, or the one that `way` leads to (client_tunnel.h; NULL: none); both
 * are borrowed. `kind`: screen or script. */
struct link *link_new(
	const struct settings *settings, const char *way, const char *kind) MUST_CHECK;
/* To the recording of the engine that `link` goes to, which is borrowed for as long as this one is stepped. One that says it
 * has none is asked again when `link` has attached anew. NULL: that is none that could be searched. */
struct link *link_past(const struct link *link) MUST_CHECK;
/* Over a client that is there; when that is lost nothing is searched. Takes ownership. */
struct link *link_over(struct client *client) MUST_CHECK;
void link_free(struct link *link); /* NULL is legal */

/* The way that it was given; "": none. */
const char *link_way(const struct link *link);
enum link_state link_state(const struct link *link);
/* Why there is no engine: one sentence. */
const char *link_why(const struct link *link);
/* The slot to poll; fd -1: none. */
struct pollfd link_poll(const struct link *link);
/* Milliseconds until link_step() has something to do by itself; -1: only when polled ready. */
int link_timeout_ms(const struct link *link, int64_t now_mono_ms);
/* Does what can be done now. Returns the number of turns applied to `model`. */
unsigned link_step(struct link *link, struct model *model, int64_t now_mono_ms, client_take *take,
	void *context);

/* Before the first turn, where no engine runs: what the last one knew (client_last.h) goes into `model`, which is empty, and
 * counts as silence for at least LINK_SILENT_MS, so that nothing takes it for current. False: nothing is known. */
bool link_recall(struct link *link, struct model *model, int64_t now_wall_ms, int64_t now_mono_ms);
/* What is known is still only that. */
bool link_is_recalled(const struct link *link);

/* Counts attachments: windows asked for under another number must be asked for again. */
unsigned link_epoch(const struct link *link);
/* The engine of this attachment was started by us. */
bool link_started(const struct link *link);
/* NULL before the engine's welcome of this attachment. */
const struct msg_welcome *link_welcome(const struct link *link);
/* The wall clock of the last turn mark, 0 before the first; kept over a loss. */
int64_t link_turn_wall_ms(const struct link *link);
/* How long ago the last turn mark came; INT64_MAX before the first. */
int64_t link_turn_age_ms(const struct link *link, int64_t now_mono_ms);

/* Sends a message (borrowed); false when no engine is attached. */
bool link_send(struct link *link, enum msg_kind kind, const void *body);
uint64_t link_next_request(struct link *link);

#endif
