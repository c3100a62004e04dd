/* SPDX-License-Identifier: MIT */
/*
 * The screen's end of the socket. A client is driven by its owner's poll loop and never blocks:
 * client_pump() reads what is there, applies complete turns to the model, and hands every other
 * message to `take`. One thread.
 */
#ifndef BOTSWAIN_ENGINE_CLIENT_H
#define BOTSWAIN_ENGINE_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct client;
struct client_tunnel;
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

/* Connects to a Unix socket (non-blocking, CLOEXEC) and sends hello. ERR_UNREACHABLE: nobody listens; ERR_TIMEOUT: too many
 * wait to be let in. `identity`:
 * settings->state_dir. */
MUST_CHECK bool client_connect(const char *socket_path, const char *identity, const char *kind,
	bool want_state, struct client **ret, struct err *err);
/* The same over a socket that is there (tests: socketpair). Takes ownership of fd. */
struct client *client_over(
	int fd, const char *identity, const char *kind, bool want_state) MUST_CHECK;
/* The same to the engine's recording (hello.past): it is answered by a replay. Only before the first pump. */
MUST_CHECK bool client_connect_past(const char *socket_path, const char *identity, const char *kind,
	struct client **ret, struct err *err);
struct client *client_over_past(int fd, const char *identity, const char *kind) MUST_CHECK;
/* The client ends it, and gives its words as the reason when it is lost. Takes ownership. */
void client_keep_tunnel(struct client *client, struct client_tunnel *tunnel);
void client_free(struct client *client); /* NULL is legal */

int client_fd(const struct client *client);
bool client_wants_write(const struct client *client);
/* That came since it was connected. */
uint64_t client_received_bytes(const struct client *client);
enum client_state client_state(const struct client *client);
/* Why it was lost: one sentence. */
const char *client_why(const struct client *client);
/* The code of the engine's refusal (enum err_code), 0: none came. */
uint64_t client_refusal(const struct client *client);
const struct msg_welcome *client_welcome(const struct client *client); /* NULL before */
/* Clocks of the last turn mark (0 before the first), and how long ago it came by our own monotonic
 * clock. */
int64_t client_turn_wall_ms(const struct client *client);
int64_t client_turn_age_ms(const struct client *client, int64_t now_mono_ms);

/*
 * Reads and writes what can be without waiting; call it when the descriptor is ready or after
 * client_send(). Entities are staged and applied at the turn mark; the first mark of a connection
 * also removes from `model` what the engine does not have, so a replica outlives its connection. Returns the number of turns
 * applied; the state may change.
 */
unsigned client_pump(struct client *client, struct model *model, int64_t now_mono_ms,
	client_take *take, void *context);
/* Reads the engine's welcome or refusal and no further, so that it needs no model; the rest waits for
 * client_pump(). */
void client_meet(struct client *client);
/* It was lost because the other end closed or broke, not for what it said. */
bool client_hung_up(const struct client *client);
/* Queues a message (borrowed). Requests carry client_next_request(). */
void client_send(struct client *client, enum msg_kind kind, const void *body);
uint64_t client_next_request(struct client *client);

/*
 * Finding the engine of a configuration, or starting one (`botswaind -c FILE --own`, found beside
 * our own program or on PATH) whose standard error goes to the end of state_dir/engine.log, which is
 * emptied before when it is longer than 1 MiB. An engine is found when it has said welcome; one that
 * hangs up before, because it is leaving, is looked for again. When the started engine is refused
 * its place (another has the lock), the search goes on: for that one's socket, and with growing
 * pauses by starting again. Nothing here waits: call client_search_step() when what
 * client_search_poll() asks for (fd -1: nothing yet) is ready, and every 100 ms at least. The found
 * client must be pumped at once: its first turn may have been read. After CLIENT_FOUND or
 * CLIENT_NOT_FOUND (`err` says why) free the search. Borrows `settings` and `way`. Where `way`
 * (client_tunnel.h; NULL: none) leads to another engine, that one is asked instead, once; nothing is started.
 */
enum client_search_state { CLIENT_SEARCHING, CLIENT_FOUND, CLIENT_NOT_FOUND };
struct client_search;

struct client_search *client_search_new(const struct settings *settings, const char *way,
	const char *kind, bool want_state) MUST_CHECK;
/* For the engine's recording; starts none, and asks once: ERR_NOT_FOUND when the engine says that it makes none. Before the
 * first step. */
void client_search_past(struct client_search *search);
/* Starts none: an engine that a service ran comes back by itself, and must find its lock free. So it is from the start
 * where the state directory belongs to another user. */
void client_search_only_look(struct client_search *search);
/* NULL is legal. An engine that it started and that still runs is reaped by reap_left(). */
void client_search_free(struct client_search *search);
enum client_search_state client_search_step(
	struct client_search *search, int64_t now_mono_ms, struct client **ret, struct err *err);
struct pollfd client_search_poll(const struct client_search *search);
/* Somebody listens, and has not said welcome yet. */
bool client_search_meets(const struct client_search *search);
/* Why it takes so long, one sentence: who has the lock, who does not answer; "": it does not. */
const char *client_search_why(const struct client_search *search);
/* We started the engine, rather than found one. */
bool client_search_started(const struct client_search *search);

/* All of the above for programs that can wait: the command line, scripts. */
MUST_CHECK bool client_attach(const struct settings *settings, const char *way, const char *kind,
	bool want_state, int64_t timeout_ms, struct client **ret, bool *ret_started,
	struct err *err);

/*
 * The engine that runs, and none is started: tried again for so long while its door is full, or it does not answer, starts or
 * leaves. Waits. ERR_NOT_FOUND: none runs, as nobody has its lock; else `err` says who could not be asked, and why.
 */
MUST_CHECK bool client_find(const struct settings *settings, const char *kind, bool want_state,
	int64_t timeout_ms, struct client **ret, struct err *err);

/*
 * Starts an engine for this client alone (`botswaind --client-fd`): it takes no lock, writes
 * nothing, may not act, and leaves with the client. For a command line that finds no engine. What
 * it has to say about its start goes to our standard error.
 */
MUST_CHECK bool client_start_private(
	const struct settings *settings, const char *kind, struct client **ret, struct err *err);

/* Starts an engine for this client alone that shows these log files where they lie, and nothing else. `input` (0: none; 5 at
 * least, borrowed): one of them, without a path, or what comes out of it. */
MUST_CHECK bool client_start_logs(const char *const *paths, size_t count, int input,
	const char *kind, struct client **ret, struct err *err);

/* Starts a replay of a recording for this client alone (`botswaind --replay`): it says welcome, or why the file can't be
 * replayed, as an engine says it. */
MUST_CHECK bool client_start_replay(
	const char *recording, const char *kind, struct client **ret, struct err *err);

/* The path of `botswaind` beside our own program, else its name, to be found on PATH. The caller frees it. */
char *client_engine_program(void) MUST_CHECK;

#endif
