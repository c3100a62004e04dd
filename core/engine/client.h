/* SPDX-License-Identifier: MIT */
/*
 * The screen's end of the socket. A client is driven by its owner's poll loop and never blocks:
 * client_pump() reads what is there, applies complete turns to the model, and hands every other
 * message to `take`. One thread.
 */
#ifndef BOTSWAIN_ENGINE_CLIENT_H
#define BOTSWAIN_ENGINE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct client;
struct model;
struct settings;
struct err;

enum client_state {
	CLIENT_CONNECTING, /* no welcome yet */
	CLIENT_ATTACHED,
	CLIENT_LOST, /* hung up, refused or broken: client_why() */
};

/* What the caller wants to hear besides the state. The message is freed after the call; keep a
 * copy. */
typedef void client_take(void *context, enum msg_kind kind, const void *body);

/* Connects to a Unix socket (non-blocking, CLOEXEC) and sends hello. `identity`:
 * settings->state_dir. */
MUST_CHECK bool client_connect(const char *socket_path, const char *identity, const char *kind,
	bool want_state, struct client **ret, struct err *err);
/* The same over a socket that is there (tests: socketpair). Takes ownership of fd. */
struct client *client_over(
	int fd, const char *identity, const char *kind, bool want_state) MUST_CHECK;
void client_free(struct client *client); /* NULL is legal */

int client_fd(const struct client *client);
bool client_wants_write(const struct client *client);
enum client_state client_state(const struct client *client);
/* Why it was lost: one sentence. */
const char *client_why(const struct client *client);
const struct msg_welcome *client_welcome(const struct client *client); /* NULL before */
/* Clocks of the last turn mark (0 before the first), and how long ago it came by our own monotonic
 * clock. */
int64_t client_turn_wall_ms(const struct client *client);
int64_t client_turn_age_ms(const struct client *client, int64_t now_mono_ms);

/*
 * Reads and writes what can be without waiting; call it when the descriptor is ready or after
 * client_send(). Entities are staged and applied at the turn mark. Returns the number of turns
 * applied; the state may change.
 */
unsigned client_pump(struct client *client, struct model *model, int64_t now_mono_ms,
	client_take *take, void *context);
/* Queues a message (borrowed). Requests carry client_next_request(). */
void client_send(struct client *client, enum msg_kind kind, const void *body);
uint64_t client_next_request(struct client *client);

/*
 * Finds the engine of this configuration, or starts one (`botswaind -c FILE --own`, found beside
 * our own program or on PATH), and connects, waiting at most `timeout_ms`. `*ret_started` says
 * which. For programs at their start; the full screen draws first and calls client_try_attach()
 * from its loop instead.
 */
MUST_CHECK bool client_attach(const struct settings *settings, const char *kind, bool want_state,
	int64_t timeout_ms, struct client **ret, bool *ret_started, struct err *err);

#endif
