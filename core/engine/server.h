/* SPDX-License-Identifier: MIT */
/*
 * The clients: listening, greeting, reading requests, feeding state, dropping who does not keep up.
 * At most SERVER_PEERS at once: a newcomer takes the place of who has not said hello before him. Who may only look has some
 * of the places, so that nobody can lock out who may act. Poll entries are made anew for each turn, so nothing can be stale
 * in them. Engine thread; nothing here waits.
 */
#ifndef BOTSWAIN_ENGINE_SERVER_H
#define BOTSWAIN_ENGINE_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct engine;
struct err;
struct folder_group;
struct peer;
struct server;

enum {
	SERVER_PEERS = 64,
	SERVER_GUESTS = 48, /* of them who may only look; the rest waits for those who may act */
	SERVER_GUEST_EACH = 16, /* of one user who may only look */
	SERVER_POLLS = SERVER_PEERS + 1,
	SERVER_REQUESTS = 64,    /* messages of one client in one turn */
	SERVER_ACCEPTS = 8,      /* clients let in in one turn */
	SERVER_HELLO_MS = 5000,  /* a client that does not introduce itself by then is hung up on */
	SERVER_DEAF_MS = 1000,   /* without a free descriptor nobody is let in for so long */
	SERVER_STUCK_MS = 10000, /* a client that takes no byte for so long is dropped */
};

struct server *server_new(struct engine *engine) MUST_CHECK;
void server_free(struct server *server); /* NULL is legal; leaves first */
/*
 * Opens settings->socket_path: 0600, or 0660 in a folder that the group `group` (empty: none) may pass through. The state
 * directory's lock is held: what lies there is stale.
 */
MUST_CHECK bool server_listen(
	struct server *server, const char *path, const char *group, struct err *err);
/* From now on the socket is there for this group (no name: for nobody else): who may look no more is hung up on, whoever
 * waits at the door has to knock again. False: it is closed to others, and `err` says why. */
MUST_CHECK bool server_open_to(
	struct server *server, const struct folder_group *group, struct err *err);
/* Opens the socket again when somebody removed or replaced it: nobody would find this engine, and none could take its place. */
void server_keep_door(struct server *server);
/* Removes and closes the socket and hangs up on everybody: from here on nobody finds this engine,
 * however long the rest of it takes to end. */
void server_leave(struct server *server);
/* Takes ownership of a connected socket. */
void server_adopt(struct server *server, int fd);
/* The same for one that said hello elsewhere. */
void server_adopt_known(struct server *server, int fd);
/* The same for a client of our own process, which is nobody: it is not counted, and no engine stays for it. */
void server_adopt_inner(struct server *server, int fd);

/* Fills `fds` (SERVER_POLLS of them); the result is their number. */
size_t server_polls(struct server *server, struct pollfd *fds);
/* What the poll found: accepts, reads, answers. */
void server_handle(struct server *server, const struct pollfd *fds, size_t count);
/* Feeds state and sends; drops who is too slow; frees who is gone. */
void server_flush(struct server *server);
/* When server_flush() has something to do although nothing happens (mono ms). */
int64_t server_due_ms(const struct server *server);

/* Attached clients. */
unsigned server_clients(const struct server *server);
/* All who are attached for the state have it up to that revision, in complete turns that are on their way. */
bool server_has_told(const struct server *server, uint64_t rev);
/* All that was sent since the start, those of our own process left out. */
uint64_t server_sent_bytes(const struct server *server);
/* One of them by its number; NULL: it left. */
struct peer *server_peer(struct server *server, uint64_t number);
/* All of them: index 0 .. until NULL. */
struct peer *server_peer_at(struct server *server, size_t index);

#endif
