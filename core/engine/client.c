/* SPDX-License-Identifier: MIT */
/*
 * Entities are staged as they come and applied together at the turn mark, so that the replica is
 * never between two states. A mark that says `full` also empties the replica of what was not sent:
 * attaching again needs no new model, and the old state stays on the screen until the new one is
 * complete.
 */
#include "core/engine/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client_tunnel.h"
#include "core/model/model.h"

enum {
	READ_BYTES = 1 << 20, /* taken in one pump: the screen must come back to its keys */
	STAGED_MAX = 1 << 18,
};

struct client {
	int fd;
	enum client_state state;
	bool hung_up;
	uint64_t refusal;             /* its code, 0: none */
	struct client_tunnel *tunnel; /* NULL: a socket of this machine */
	struct str in, out, why;
	size_t in_at, out_at;
	uint64_t received_bytes;
	struct msg_welcome *welcome;
	struct msg_any *staged;
	size_t staged_count, staged_room;
	int64_t turn_wall_ms, turn_seen_ms;
	uint64_t next_request;
};

static char *claims(void)
{
	static const char *const names[] = {"USER", "SUDO_USER", "SSH_CONNECTION"};
	autostr struct str text = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *value = getenv(names[i]);
		if (value)
			str_addf(&text, "%s%s=%.64s", text.length ? " " : "", names[i], value);
	}
	return xstrndup(text.text, text.length);
}

static void say_hello(
	struct client *client, const char *identity, const char *kind, bool want_state, bool past)
{
	autofree char *who = claims(), *engine = xstrdup(identity), *what = xstrdup(kind);
	autofree char *build = xstrdup(BOTSWAIN_VERSION);
	struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.build = build,
		.engine = engine,
		.client = what,
		.pid = (uint64_t)getpid(),
		.claims = who,
		.want_state = want_state,
		.takes_pulses = true,
		.past = past};
	msg_encode(MSG_hello, &hello, &client->out);
}

static struct client *over(
	int fd, const char *identity, const char *kind, bool want_state, bool past)
{
	struct client *client = xcalloc(1, sizeof(*client));
	client->fd = fd;
	str_init(&client->in);
	str_init(&client->out);
	str_init(&client->why);
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	say_hello(client, identity, kind, want_state, past);
	return client;
}

struct client *client_over(int fd, const char *identity, const char *kind, bool want_state)
{
	return over(fd, identity, kind, want_state, false);
}

struct client *client_over_past(int fd, const char *identity, const char *kind)
{
	return over(fd, identity, kind, true, true);
}

static bool reach(const char *socket_path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!copy_text(address.sun_path, sizeof(address.sun_path), socket_path))
		return err_set(err, ERR_INVALID, "socket path '%s' is too long", socket_path);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return err_set(
				err, ERR_UNREACHABLE, "no engine listens on '%s'", socket_path);
		if (errno == EAGAIN) /* more wait at its door than it has room for */
			return err_set(err, ERR_TIMEOUT,
				"the engine on '%s' lets in too many others: try again",
				socket_path);
		if (errno == EACCES)
			return err_set(err, ERR_DENIED,
				"you may not use the engine's socket '%s': be its user or root, or "
				"let it have a group (socket: {group: ...}) that you are in",
				socket_path);
		return err_errno(err, errno, "cannot reach the engine on '%s'", socket_path);
	}
	*ret_fd = keep_fd(&fd);
	return true;
}

bool client_connect(const char *socket_path, const char *identity, const char *kind,
	bool want_state, struct client **ret, struct err *err)
{
	int fd = -1;
	if (!reach(socket_path, &fd, err))
		return false;
	*ret = client_over(fd, identity, kind, want_state);
	return true;
}

bool client_connect_past(const char *socket_path, const char *identity, const char *kind,
	struct client **ret, struct err *err)
{
	int fd = -1;
	if (!reach(socket_path, &fd, err))
		return false;
	*ret = client_over_past(fd, identity, kind);
	return true;
}

void client_keep_tunnel(struct client *client, struct client_tunnel *tunnel)
{
	client->tunnel = tunnel;
}

static void drop_staged(struct client *client)
{
	for (size_t i = 0; i < client->staged_count; i++)
		msg_any_release(&client->staged[i]);
	client->staged_count = 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	client_tunnel_free(client->tunnel);
	drop_staged(client);
	free(client->staged);
	msg_free(MSG_welcome, client->welcome);
	str_release(&client->in);
	str_release(&client->out);
	str_release(&client->why);
	free(client);
}

int client_fd(const struct client *client)
{
	return client->fd;
}

uint64_t client_received_bytes(const struct client *client)
{
	return client->received_bytes;
}

bool client_wants_write(const struct client *client)
{
	return client->state != CLIENT_LOST && client->out.length > client->out_at;
}

enum client_state client_state(const struct client *client)
{
	return client->state;
}

const char *client_why(const struct client *client)
{
	return client->why.text;
}

const struct msg_welcome *client_welcome(const struct client *client)
{
	return client->welcome;
}

int64_t client_turn_wall_ms(const struct client *client)
{
	return client->turn_wall_ms;
}

int64_t client_turn_age_ms(const struct client *client, int64_t now_mono_ms)
{
	return now_mono_ms - client->turn_seen_ms;
}

uint64_t client_refusal(const struct client *client)
{
	return client->refusal;
}

bool client_hung_up(const struct client *client)
{
	return client->hung_up;
}

/* The first reason stands: what follows a refusal is only its hang-up. */
static void lose(struct client *client, const char *why)
{
	if (client->state == CLIENT_LOST)
		return;
	char words[200] = "";
	if (client->tunnel)
		client_tunnel_why(client->tunnel, words, sizeof(words));
	client->state = CLIENT_LOST;
	str_adds(&client->why, words[0] ? words : why);
	drop_staged(client);
}

/* ---- what the engine says ---- */

struct pump {
	struct client *client;
	struct model *model;
	int64_t now_ms;
	client_take *take;
	void *context;
	unsigned turns;
};

static void stage(struct client *client, struct msg_any *message)
{
	if (client->staged_count >= STAGED_MAX) {
		lose(client, "the engine sent more state than a turn can hold");
		return;
	}
	client->staged = grow(client->staged, client->staged_count, &client->staged_room,
		sizeof(*client->staged));
	client->staged[client->staged_count++] = *message;
	*message = (struct msg_any){.kind = MSG_none};
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

/* The ids of one kind that were staged, sorted; the caller frees them. */
static uint64_t *staged_ids(const struct client *client, enum msg_kind kind, size_t *ret_count)
{
	uint64_t *ids = xcalloc(client->staged_count + 1, sizeof(*ids));
	size_t count = 0;
	for (size_t i = 0; i < client->staged_count; i++)
		if (client->staged[i].kind == kind)
			ids[count++] = *(const uint64_t *)client->staged[i].body;
	qsort(ids, count, sizeof(*ids), compare_ids);
	*ret_count = count;
	return ids;
}

static void remove_unsent(struct model *model, const struct client *client, enum msg_kind kind)
{
	size_t kept, count;
	autofree uint64_t *ids = staged_ids(client, kind, &kept);
	const void *const *bodies = model_list(model, kind, &count);
	autofree uint64_t *old = xcalloc(count + 1, sizeof(*old));
	for (size_t i = 0; i < count; i++)
		old[i] = *(const uint64_t *)bodies[i];
	for (size_t i = 0; i < count; i++)
		if (!bsearch(&old[i], ids, kept, sizeof(*ids), compare_ids))
			model_remove(model, kind, old[i]);
}

static void end_turn(struct pump *pump, const struct msg_turn *turn)
{
	struct client *client = pump->client;
	for (unsigned kind = MODEL_KIND_FIRST; turn->full && kind <= MODEL_KIND_LAST; kind++)
		remove_unsent(pump->model, client, (enum msg_kind)kind);
	for (size_t i = 0; i < client->staged_count; i++)
		model_apply(pump->model, client->staged[i]);
	client->staged_count = 0;
	client->turn_wall_ms = turn->wall_ms;
	client->turn_seen_ms = pump->now_ms;
	pump->turns++;
}

static void attach(struct client *client, struct msg_any *message)
{
	if (client->welcome) {
		lose(client, "the engine said welcome twice");
		return;
	}
	client->welcome = message->body;
	*message = (struct msg_any){.kind = MSG_none};
	client->state = CLIENT_ATTACHED;
}

static void take_refusal(struct client *client, const struct msg_refuse *refuse)
{
	client->refusal = refuse->code;
	lose(client, refuse->text);
}

static void take_message(struct pump *pump, struct msg_any *message)
{
	struct client *client = pump->client;
	if (message->kind == MSG_refuse)
		take_refusal(client, message->body);
	else if (message->kind == MSG_welcome)
		attach(client, message);
	else if (!client->welcome)
		lose(client, "what answers on the engine's socket is no engine of ours");
	else if (message->kind == MSG_turn)
		end_turn(pump, message->body);
	else if (is_entity(message->kind) || message->kind == MSG_gone ||
		 message->kind == MSG_pulse)
		stage(client, message);
	else if (pump->take)
		pump->take(pump->context, message->kind, message->body);
}

/* ---- bytes ---- */

static void compact(struct str *str, size_t *at)
{
	str_remove(str, 0, *at);
	*at = 0;
}

/* Takes what is there. The result says how the connection ended, NULL while it stands; what came
 * before the end is still to be read. */
static const char *read_bytes(struct client *client)
{
	char bytes[65536];
	for (size_t taken = 0; taken < READ_BYTES;) {
		ssize_t got = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got > 0) {
			str_add(&client->in, bytes, (size_t)got);
			taken += (size_t)got;
			client->received_bytes += (uint64_t)got;
			if ((size_t)got < sizeof(bytes))
				return NULL; /* that was all, or poll() will say so */
		} else if (got == 0) {
			return "the engine closed the connection";
		} else if (errno == EAGAIN) {
			return NULL;
		} else if (errno != EINTR) {
			return "the connection to the engine broke";
		}
	}
	return NULL;
}

/* All of them, or only until the engine has introduced itself. An engine cleans what it hears; whoever sits at the socket
 * may be anything, and what a source of ours forgot must not reach a terminal either. */
static void read_messages(struct pump *pump, bool only_welcome)
{
	struct client *client = pump->client;
	while (client->state == CLIENT_CONNECTING ||
		(client->state == CLIENT_ATTACHED && !only_welcome)) {
		struct msg_any message;
		struct err err;
		size_t used = 0;
		if (!msg_decode(client->in.text + client->in_at, client->in.length - client->in_at,
			    MSG_FRAME_MAX, &message, &used, &err)) {
			lose(client, err.text);
			break;
		}
		if (used == 0)
			break;
		client->in_at += used;
		if (message.kind != MSG_none)
			msg_sanitize(message.kind, message.body);
		if (message.kind != MSG_none)
			take_message(pump, &message);
		msg_any_release(&message);
	}
	compact(&client->in, &client->in_at);
}

static void hang_up(struct client *client, const char *why)
{
	client->hung_up = client->state != CLIENT_LOST;
	lose(client, why);
}

/* Full, or the engine hung up: what it said before that is still to be read. */
static bool is_for_the_reader(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EPIPE || error == ECONNRESET;
}

static void cannot_send(struct client *client, int error)
{
	char text[160];
	snprintf(text, sizeof(text), "cannot send to the engine: %s", strerror(error));
	hang_up(client, text);
}

static void write_bytes(struct client *client)
{
	while (client_wants_write(client)) {
		ssize_t sent = send(client->fd, client->out.text + client->out_at,
			client->out.length - client->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && !is_for_the_reader(errno))
			cannot_send(client, errno);
		if (sent < 0)
			break;
		client->out_at += (size_t)sent;
	}
	compact(&client->out, &client->out_at);
}

void client_meet(struct client *client)
{
	struct pump pump = {.client = client};
	if (client->state != CLIENT_CONNECTING)
		return;
	write_bytes(client);
	const char *ended = read_bytes(client);
	read_messages(&pump, true);
	if (ended && client->state == CLIENT_CONNECTING)
		hang_up(client, ended);
}

unsigned client_pump(struct client *client, struct model *model, int64_t now_mono_ms,
	client_take *take, void *context)
{
	struct pump pump = {.client = client,
		.model = model,
		.now_ms = now_mono_ms,
		.take = take,
		.context = context};
	if (client->state == CLIENT_LOST)
		return 0;
	write_bytes(client);
	const char *ended = read_bytes(client);
	read_messages(&pump, false);
	if (ended)
		hang_up(client, ended);
	else
		write_bytes(client);
	return pump.turns;
}

void client_send(struct client *client, enum msg_kind kind, const void *body)
{
	if (client->state != CLIENT_LOST)
		msg_encode(kind, body, &client->out);
}

uint64_t client_next_request(struct client *client)
{
	return ++client->next_request;
}
