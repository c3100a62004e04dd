/* SPDX-License-Identifier: MIT */
#include "core/engine/server.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/engine/feed.h"
#include "core/engine/folder.h"
#include "core/engine/greet.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/peer.h"
#include "core/engine/requests.h"

struct server {
	struct engine *engine;
	int listener; /* -1: not listening */
	char *path, *group;
	gid_t gid;    /* of the group */
	dev_t device; /* of the socket */
	ino_t inode;
	char own_name[64];
	struct peer *peers[SERVER_PEERS];
	size_t count, first; /* `first` is fed first: it goes round, so that none starves */
	uint64_t numbers;
	uint64_t sent_bytes;   /* to clients that have left */
	int64_t deaf_until_ms; /* mono */
};

/* The name of the user we run as, looked up once: later look-ups could wait for a directory. */
static void learn_own_name(char *name, size_t size)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];
	if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found)
		copy_text(name, size, found->pw_name);
	else
		copy_text(name, size, "operator");
}

struct server *server_new(struct engine *engine)
{
	struct server *server = xcalloc(1, sizeof(*server));
	server->engine = engine;
	server->listener = -1;
	learn_own_name(server->own_name, sizeof(server->own_name));
	return server;
}

static void forget_peer(struct server *server, size_t at)
{
	struct peer *peer = server->peers[at];
	requests_forget(server->engine, peer);
	server->sent_bytes += peer->inner ? 0 : peer->sent_bytes;
	peer_free(peer);
	server->peers[at] = server->peers[--server->count];
}

/* What is at its path is the socket that we opened. */
static bool is_our_door(const struct server *server)
{
	struct stat found;
	return lstat(server->path, &found) == 0 && found.st_dev == server->device &&
	       found.st_ino == server->inode;
}

void server_leave(struct server *server)
{
	if (server->listener >= 0) {
		if (is_our_door(server))
			unlink(server->path);
		close(server->listener);
		server->listener = -1;
	}
	while (server->count)
		forget_peer(server, server->count - 1);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_leave(server);
	free(server->path);
	free(server->group);
	free(server);
}

/* The socket file that `fd` listens on from here on; the group has a name or is none. */
static bool open_door(int fd, const char *path, const struct folder_group *group, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!copy_text(address.sun_path, sizeof(address.sun_path), path))
		return err_set(err, ERR_INVALID, "the socket path '%s' is too long", path);
	autofree char *folder = parent_of(path);
	if (!folder_make_private(folder, err))
		return false;
	unlink(path);
	mode_t mask = umask(0177);
	bool bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	int error = errno;
	umask(mask);
	if (!bound)
		return err_errno(err, error, "cannot open the socket '%s'", path);
	if (*group->name && !folder_open_to(folder, path, group, err)) {
		unlink(path);
		return false;
	}
	if (listen(fd, SERVER_PEERS) != 0)
		return err_errno(err, errno, "cannot listen on '%s'", path);
	return true;
}

static bool listen_for(
	struct server *server, const char *path, const struct folder_group *group, struct err *err)
{
	struct stat found;
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	if (!open_door(fd, path, group, err))
		return false;
	char *new_path = xstrdup(path), *new_group = xstrdup(group->name);
	bool is_there = lstat(path, &found) == 0;
	server->device = is_there ? found.st_dev : 0;
	server->inode = is_there ? found.st_ino : 0;
	free(server->path);
	free(server->group);
	server->path = new_path;
	server->group = new_group;
	server->gid = group->id;
	server->listener = keep_fd(&fd);
	return true;
}

bool server_listen(struct server *server, const char *path, const char *group, struct err *err)
{
	struct folder_group wanted = {.name = group};
	return (!*group || folder_find_group(group, &wanted.id, err)) &&
	       listen_for(server, path, &wanted, err);
}

void server_keep_door(struct server *server)
{
	struct err err;
	if (server->listener < 0 || is_our_door(server))
		return;
	const struct folder_group group = {.name = server->group, .id = server->gid};
	int old = server->listener;
	if (!listen_for(server, server->path, &group, &err))
		return; /* its folder is gone, say: the next beat tries again */
	close(old);
	journal_say(server->engine->book, LOG_LEVEL_WARN,
		"somebody removed the socket '%s': it is open again", server->path);
}

/* Who may only look comes by the group; it may have let in who is not in the new one. */
static bool may_stay(const struct peer *peer, const struct folder_group *group)
{
	return peer->may_act || (*group->name && peer_is_in(peer, group->id));
}

/* Of those that knocked at the door before it changed nobody said who they are. */
static void empty_hall(const struct server *server)
{
	for (unsigned i = 0; i < SERVER_PEERS; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		close(fd);
	}
}

static void show_out(struct server *server, const struct folder_group *group)
{
	for (size_t i = server->count; i-- > 0;) {
		struct peer *peer = server->peers[i];
		if (peer->stage == PEER_GONE || may_stay(peer, group))
			continue;
		peer_drop(peer, "the configuration does not let it look any more");
	}
}

bool server_open_to(struct server *server, const struct folder_group *group, struct err *err)
{
	if (server->listener < 0)
		return true;
	char *name = xstrdup(group->name);
	autofree char *folder = parent_of(server->path);
	bool good = folder_close(folder, server->path, err) &&
		    (!*group->name || folder_open_to(folder, server->path, group, err));
	empty_hall(server);
	show_out(server, group);
	free(server->group);
	server->group = name;
	server->gid = group->id;
	return good;
}

/* Which places a newcomer lacks; those of his kind are asked first. */
enum places { PLACES_ENOUGH, PLACES_OF_USER, PLACES_OF_GUESTS, PLACES_OF_ALL };

static bool is_guest(const struct peer *peer)
{
	return !peer->may_act;
}

static bool has_one_of(enum places places, const struct peer *peer, const struct peer *newcomer)
{
	if (places == PLACES_OF_USER)
		return peer->who.uid == newcomer->who.uid;
	return places == PLACES_OF_GUESTS ? is_guest(peer) : true;
}

static size_t taken(const struct server *server, enum places places, const struct peer *newcomer)
{
	size_t count = 0;
	for (size_t i = 0; i < server->count; i++)
		count += has_one_of(places, server->peers[i], newcomer);
	return count;
}

static enum places lacks(const struct server *server, const struct peer *newcomer)
{
	if (is_guest(newcomer) && taken(server, PLACES_OF_USER, newcomer) >= SERVER_GUEST_EACH)
		return PLACES_OF_USER;
	if (is_guest(newcomer) && taken(server, PLACES_OF_GUESTS, newcomer) >= SERVER_GUESTS)
		return PLACES_OF_GUESTS;
	return server->count < SERVER_PEERS ? PLACES_ENOUGH : PLACES_OF_ALL;
}

/* Who came first of those that hold such a place and have not said who they are has had his time. No guest takes that of
 * one who may act. */
static void make_room(struct server *server, enum places places, const struct peer *newcomer)
{
	size_t first = SERVER_PEERS;
	for (size_t i = 0; i < server->count; i++) {
		const struct peer *peer = server->peers[i];
		bool may_go = peer->stage == PEER_NEW && has_one_of(places, peer, newcomer) &&
			      (is_guest(peer) || !is_guest(newcomer));
		if (may_go && (first == SERVER_PEERS ||
				      peer->who.client < server->peers[first]->who.client))
			first = i;
	}
	if (first == SERVER_PEERS)
		return;
	peer_drop(server->peers[first], "it kept a place and did not introduce itself");
	greet_farewell(server->engine, server->peers[first]);
	forget_peer(server, first);
}

static char *why_not(enum places places, const struct peer *newcomer)
{
	if (places == PLACES_OF_USER)
		return xasprintf("%s has %d clients here already, and may have no more, since it "
				 "may only look: leave one of them",
			newcomer->who.name, SERVER_GUEST_EACH);
	if (places == PLACES_OF_GUESTS)
		return xasprintf("the engine has %d clients that may only look already, and keeps "
				 "the other places for its operators: wait until one leaves",
			SERVER_GUESTS);
	return xasprintf("the engine has %d clients already: leave one of them", SERVER_PEERS);
}

void server_adopt(struct server *server, int fd)
{
	struct peer *peer =
		peer_new(fd, ++server->numbers, server->own_name, now_mono(server->engine));
	enum places places = lacks(server, peer);
	if (places != PLACES_ENOUGH) {
		make_room(server, places, peer);
		places = lacks(server, peer);
	}
	if (places != PLACES_ENOUGH) {
		autofree char *text = why_not(places, peer);
		greet_refuse(server->engine, peer, ERR_LIMIT, text);
		peer_drain(peer, now_mono(server->engine));
		peer_free(peer);
		return;
	}
	server->peers[server->count++] = peer;
}

void server_adopt_inner(struct server *server, int fd)
{
	size_t before = server->count;
	server_adopt(server, fd);
	if (server->count > before)
		server->peers[before]->inner = true;
}

/* Without a free descriptor the waiting client stays waiting: polling for it would only spin. */
void server_adopt_known(struct server *server, int fd)
{
	char kind[] = "screen";
	struct msg_hello hello = {.protocol = MSG_PROTOCOL, .client = kind, .want_state = true};
	size_t before = server->count;
	server_adopt(server, fd);
	if (server->count == before)
		return;
	msg_encode(MSG_hello, &hello, &server->peers[before]->in);
	server->peers[before]->more = true;
}

static void rest(struct server *server, int error)
{
	server->deaf_until_ms = now_mono(server->engine) + SERVER_DEAF_MS;
	journal_say(server->engine->book, LOG_LEVEL_WARN, "cannot let a client in: %s",
		strerror(error));
}

/* No more in one turn than SERVER_ACCEPTS: who opens and closes without end holds up nobody. */
static void accept_some(struct server *server)
{
	for (unsigned i = 0; i < SERVER_ACCEPTS; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		int error = errno;
		if (fd >= 0) {
			server_adopt(server, fd);
		} else if (error == EAGAIN) {
			return;
		} else if (error != EINTR && error != ECONNABORTED) {
			rest(server, error);
			return;
		}
	}
}

static bool is_behind(const struct peer *peer)
{
	return peer_backlog(peer) >= PEER_OUT_BYTES;
}

/* Who owes us reading, or has requests here that wait for their turn, is not read from: a flood waits
 * in its own socket. */
static short events_of(const struct peer *peer)
{
	short events = 0;
	if (peer_backlog(peer))
		events |= POLLOUT;
	if (!is_behind(peer) && !peer->more && peer->stage != PEER_LEAVING)
		events |= POLLIN;
	return events;
}

size_t server_polls(struct server *server, struct pollfd *fds)
{
	for (size_t i = 0; i < server->count; i++)
		fds[i] = (struct pollfd){
			.fd = server->peers[i]->fd, .events = events_of(server->peers[i])};
	bool deaf = now_mono(server->engine) < server->deaf_until_ms;
	fds[server->count] = (struct pollfd){.fd = deaf ? -1 : server->listener, .events = POLLIN};
	return server->count + 1;
}

static void handle_messages(struct engine *engine, struct peer *peer)
{
	struct msg_any message;
	for (unsigned i = 0; i < SERVER_REQUESTS; i++) {
		if (is_behind(peer))
			break;
		if (!peer_next(peer, &message)) {
			peer->more = false;
			return;
		}
		if (peer->stage == PEER_NEW)
			greet_hello(engine, peer, &message);
		else
			requests_handle(engine, peer, &message);
		msg_any_release(&message);
	}
	peer->more = true;
}

static void handle_peer(struct engine *engine, struct peer *peer, short revents)
{
	bool hung_up = (revents & (POLLHUP | POLLERR)) && !(revents & POLLIN) && !peer->more;
	if (revents & POLLIN)
		peer_fill(peer);
	if (hung_up)
		peer_drop(peer, "");
	handle_messages(engine, peer);
}

void server_handle(struct server *server, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (fds[i].revents || (server->peers[i]->more && !is_behind(server->peers[i])))
			handle_peer(server->engine, server->peers[i], fds[i].revents);
	if (fds[count - 1].revents)
		accept_some(server);
}

static void check_patience(const struct engine *engine, struct peer *peer)
{
	int64_t now = now_mono(engine);
	if (peer->stage == PEER_NEW && now - peer->joined_ms > SERVER_HELLO_MS)
		peer_drop(peer, "it did not introduce itself");
	else if (peer->stage == PEER_LEAVING && peer_backlog(peer) == 0)
		peer_drop(peer, "");
	else if (peer_backlog(peer) && now - peer->progress_ms > SERVER_STUCK_MS)
		peer_drop(peer, "it took no byte for 10 s");
}

static void flush_peer(const struct engine *engine, struct peer *peer)
{
	peer_drain(peer, now_mono(engine));
	if (feed_peer(peer, engine->model, now_wall(engine), now_mono(engine)))
		peer_drain(peer, now_mono(engine));
	check_patience(engine, peer);
}

void server_flush(struct server *server)
{
	struct engine *engine = server->engine;
	int64_t begun_us = clock_cost_us();
	server->first = server->count ? (server->first + 1) % server->count : 0;
	for (size_t i = 0; i < server->count; i++) {
		flush_peer(engine, server->peers[(server->first + i) % server->count]);
		if (clock_cost_us() - begun_us > SLICE_US)
			break;
	}
	for (size_t i = server->count; i-- > 0;) {
		if (server->peers[i]->stage != PEER_GONE)
			continue;
		greet_farewell(engine, server->peers[i]);
		forget_peer(server, i);
	}
}

int64_t server_due_ms(const struct server *server)
{
	bool deaf = now_mono(server->engine) < server->deaf_until_ms;
	int64_t due = deaf ? server->deaf_until_ms : INT64_MAX;
	for (size_t i = 0; i < server->count; i++) {
		const struct peer *peer = server->peers[i];
		int64_t next = peer->more && !is_behind(peer) ? 0 : INT64_MAX;
		if (peer_backlog(peer) == 0)
			next = next ? feed_due_ms(peer, server->engine->model) : next;
		due = next < due ? next : due;
	}
	return due;
}

unsigned server_clients(const struct server *server)
{
	unsigned count = 0;
	for (size_t i = 0; i < server->count; i++)
		count += server->peers[i]->stage == PEER_KNOWN && !server->peers[i]->inner;
	return count;
}

bool server_has_told(const struct server *server, uint64_t rev)
{
	for (size_t i = 0; i < server->count; i++) {
		const struct peer *peer = server->peers[i];
		bool listens = peer->stage == PEER_KNOWN && peer->want_state && !peer->inner;
		if (listens && (peer->begun || peer->mark < rev || peer_backlog(peer)))
			return false;
	}
	return true;
}

uint64_t server_sent_bytes(const struct server *server)
{
	uint64_t bytes = server->sent_bytes;
	for (size_t i = 0; i < server->count; i++)
		bytes += server->peers[i]->inner ? 0 : server->peers[i]->sent_bytes;
	return bytes;
}

struct peer *server_peer(struct server *server, uint64_t number)
{
	for (size_t i = 0; i < server->count; i++)
		if (server->peers[i]->who.client == number)
			return server->peers[i];
	return NULL;
}

struct peer *server_peer_at(struct server *server, size_t index)
{
	return index < server->count ? server->peers[index] : NULL;
}
