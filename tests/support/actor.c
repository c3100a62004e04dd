/* SPDX-License-Identifier: MIT */
#include "tests/support/actor.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"

enum { REV = 1, WINDOWS = 33, CONNECTIONS = 8 };

struct actor {
	const struct scene_script *scene;
	int fd;
	void (*make_room)(void *context);
	void *context;
	struct str in;
	uint64_t rev, turn;
	struct {
		uint64_t generation;
		bool points; /* not of rows */
	} windows[WINDOWS];
};

/* ---- the scene ---- */

/* The entities are told apart by their names. */
static void give_id(struct msg_any *message)
{
	const struct msg_info *info = msg_info(message->kind);
	uint64_t *id = message->body;
	autostr struct str words = STR_INIT;
	if (message->kind < MSG_engine || message->kind > MSG_check)
		return;
	msg_dump(message->kind, message->body, &words);
	*id = message->kind == MSG_engine ? 1 : entity_id(info->name, words.text);
	if (message->kind == MSG_bot)
		*id = entity_id("bot", ((struct msg_bot *)message->body)->name);
	if (message->kind == MSG_verb) /* typed by its name */
		*id = entity_id("verb", ((struct msg_verb *)message->body)->name);
	if (message->kind == MSG_alert) {
		struct msg_alert *alert = message->body;
		alert->target = entity_id(alert->target_kind, alert->target_name);
	}
}

void scene_read(const char *path, struct scene_script *ret)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ret->count = 0;
	if (!file)
		fail_msg("cannot read %s: %s", path, strerror(errno));
	for (ssize_t got; (got = getline(&line, &room, file)) > 0;) {
		struct err err;
		line[got - 1] = '\0';
		if (!*line || *line == '#')
			continue;
		assert_true(ret->count < SCENE_MAX);
		if (!msg_parse(line, &ret->messages[ret->count], &err))
			fail_msg("%.60s: %s", line, err.text);
		msg_complete(ret->messages[ret->count].kind, ret->messages[ret->count].body);
		give_id(&ret->messages[ret->count++]);
	}
	free(line);
	fclose(file);
}

void scene_release(struct scene_script *scene)
{
	for (size_t i = 0; i < scene->count; i++)
		msg_any_release(&scene->messages[i]);
	scene->count = 0;
}

struct choice {
	size_t at, wanted;
	const char *words; /* NULL: only counted */
};

static void visit(void *context, char **text)
{
	struct choice *choice = context;
	if (choice->at++ == choice->wanted && choice->words)
		(void)msg_set(text, choice->words);
}

size_t scene_texts(const struct scene_script *scene, size_t message)
{
	struct choice choice = {.words = NULL};
	const struct msg_any *found = &scene->messages[message];
	msg_each_text(found->kind, found->body, visit, &choice);
	return choice.at;
}

/* Looks for the text whose pointer was changed. */
static bool find_name(
	enum msg_kind kind, const void *body, size_t *left, const char *before, struct str *to);

static bool find_in_list(
	const struct msg_field *field, const void *body, size_t *left, struct str *to)
{
	const char *at = *(const char *const *)(const void *)((const char *)body + field->offset);
	size_t count = *(const size_t *)(const void *)((const char *)body + field->count_offset);
	for (size_t i = 0; i < count; i++)
		if (find_name(field->kind, at + i * msg_info(field->kind)->size, left, field->name,
			    to))
			return true;
	return false;
}

static bool find_name(
	enum msg_kind kind, const void *body, size_t *left, const char *before, struct str *to)
{
	const struct msg_info *info = msg_info(kind);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct msg_field *field = &info->fields[i];
		size_t here = field->type == MSG_T_STR ? 1 : 0;
		if (field->type == MSG_T_STRS)
			here = *(const size_t *)(const void *)((const char *)body +
							       field->count_offset);
		if (field->type == MSG_T_LIST && find_in_list(field, body, left, to))
			return true;
		if (*left < here) {
			str_addf(to, "%s.%s", before, field->name);
			return true;
		}
		*left -= here;
	}
	return false;
}

void scene_text_name(const struct scene_script *scene, size_t message, size_t text, struct str *to)
{
	const struct msg_any *found = &scene->messages[message];
	autostr struct str name = STR_INIT;
	if (!find_name(found->kind, found->body, &text, msg_info(found->kind)->name, &name))
		fail_msg("no such text");
	bool in_list = !starts_with(name.text, msg_info(found->kind)->name);
	str_addf(to, "%s%s%s", in_list ? msg_info(found->kind)->name : "", in_list ? "." : "",
		name.text);
}

struct msg_any scene_replace(
	struct scene_script *scene, size_t message, size_t text, const char *words)
{
	struct msg_any *place = &scene->messages[message], old = *place;
	struct choice choice = {.wanted = text, .words = words};
	place->body = msg_copy(old.kind, old.body);
	msg_each_text(place->kind, place->body, visit, &choice);
	return old;
}

/* What keeps entities and lines apart; and why there are none, which would take the place of those that there are. */
static bool is_key(const char *name)
{
	static const char *const kept[] = {
		"welcome.engine", "win_rows.rows.key", "win_rows.error", "win_points.error"};
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (strcmp(name, kept[i]) == 0)
			return true;
	return false;
}

void scene_replace_all(struct scene_script *scene, const char *words)
{
	for (size_t message = 0; message < scene->count; message++)
		for (size_t text = 0; text < scene_texts(scene, message); text++) {
			autostr struct str name = STR_INIT;
			scene_text_name(scene, message, text, &name);
			if (is_key(name.text))
				continue;
			struct msg_any old = scene_replace(scene, message, text, words);
			msg_any_release(&old);
		}
}

void scene_restore(struct scene_script *scene, size_t message, struct msg_any old)
{
	msg_any_release(&scene->messages[message]);
	scene->messages[message] = old;
}

/* ---- the engine ---- */

static void make_room(struct actor *actor)
{
	struct pollfd slot = {.fd = actor->fd, .events = POLLOUT};
	if (actor->make_room)
		actor->make_room(actor->context);
	else
		(void)poll(&slot, 1, -1);
}

static void send_bytes(struct actor *actor, const struct str *bytes)
{
	size_t at = 0;
	while (at < bytes->length) {
		ssize_t sent = send(actor->fd, bytes->text + at, bytes->length - at,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0)
			at += (size_t)sent;
		else if (errno != EAGAIN && errno != EINTR)
			return; /* gone */
		else
			make_room(actor);
	}
}

static void send_message(struct actor *actor, enum msg_kind kind, const void *body)
{
	autostr struct str bytes = STR_INIT;
	msg_encode(kind, body, &bytes);
	send_bytes(actor, &bytes);
}

static void send_turn(struct actor *actor, bool full)
{
	const struct msg_turn turn = {
		.number = ++actor->turn, .wall_ms = SCENE_MS, .mono_ms = 1000, .full = full};
	send_message(actor, MSG_turn, &turn);
}

static void send_entity(struct actor *actor, const struct msg_any *message)
{
	uint64_t *fields = message->body; /* id, rev */
	fields[REV] = ++actor->rev;
	send_message(actor, message->kind, message->body);
}

static void send_all(struct actor *actor)
{
	for (size_t i = 0; i < actor->scene->count; i++)
		if (actor->scene->messages[i].kind == MSG_welcome)
			send_message(actor, MSG_welcome, actor->scene->messages[i].body);
	for (size_t i = 0; i < actor->scene->count; i++)
		if (is_entity(actor->scene->messages[i].kind))
			send_entity(actor, &actor->scene->messages[i]);
	send_turn(actor, true);
}

/* The scene's message of a kind with `req` as its number. */
static void reply(struct actor *actor, enum msg_kind kind, uint64_t req)
{
	for (size_t i = 0; i < actor->scene->count; i++) {
		if (actor->scene->messages[i].kind != kind)
			continue;
		*(uint64_t *)actor->scene->messages[i].body = req;
		send_message(actor, kind, actor->scene->messages[i].body);
		return;
	}
}

static void send_window(struct actor *actor, const struct msg_any *message)
{
	for (size_t id = 1; id < WINDOWS; id++) {
		bool points = message->kind == MSG_win_points;
		if (!actor->windows[id].generation || actor->windows[id].points != points)
			continue;
		uint64_t *fields = message->body; /* window, generation */
		fields[0] = id;
		fields[1] = actor->windows[id].generation;
		if (!points)
			((struct msg_win_rows *)message->body)->replace = true;
		send_message(actor, message->kind, message->body);
	}
}

static void send_windows(struct actor *actor)
{
	for (size_t i = 0; i < actor->scene->count; i++)
		if (actor->scene->messages[i].kind == MSG_win_rows ||
			actor->scene->messages[i].kind == MSG_win_points)
			send_window(actor, &actor->scene->messages[i]);
}

static bool is_of_points(const char *store)
{
	static const char *const stores[] = {"counts", "query", "metrics"};
	for (size_t i = 0; i < COUNT_OF(stores); i++)
		if (strcmp(stores[i], store) == 0)
			return true;
	return false;
}

static void answer(struct actor *actor, const struct msg_any *request)
{
	uint64_t req = *(const uint64_t *)request->body;
	if (request->kind == MSG_hello) {
		send_all(actor);
	} else if (request->kind == MSG_win_open) {
		const struct msg_win_open *open = request->body;
		assert_in_range(open->window, 1, WINDOWS - 1);
		actor->windows[open->window].generation = open->generation;
		actor->windows[open->window].points = is_of_points(open->store);
		send_windows(actor);
	} else if (request->kind == MSG_plan_req) {
		reply(actor, MSG_plan, req);
	} else if (request->kind == MSG_line_req) {
		reply(actor, MSG_line, req);
	} else if (request->kind == MSG_run_req) {
		reply(actor, MSG_accepted, req);
	} else if (request->kind != MSG_focus_req && request->kind != MSG_win_close) {
		reply(actor, MSG_answer, req);
	}
}

/* ---- its life ---- */

struct actor *actor_new(
	const struct scene_script *scene, int fd, void (*room)(void *context), void *context)
{
	struct actor *actor = xcalloc(1, sizeof(*actor));
	*actor = (struct actor){.scene = scene, .fd = fd, .make_room = room, .context = context};
	str_init(&actor->in);
	return actor;
}

void actor_free(struct actor *actor)
{
	if (!actor)
		return;
	close(actor->fd);
	str_release(&actor->in);
	free(actor);
}

bool actor_hear(struct actor *actor)
{
	char bytes[16384];
	ssize_t got = recv(actor->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	bool gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
	if (got > 0)
		str_add(&actor->in, bytes, (size_t)got);
	for (size_t used = 1; actor->in.length && used;) {
		struct msg_any request;
		struct err err;
		if (!msg_decode(
			    actor->in.text, actor->in.length, MSG_FRAME_MAX, &request, &used, &err))
			return false;
		str_remove(&actor->in, 0, used);
		if (used && request.kind != MSG_none)
			answer(actor, &request);
		if (used)
			msg_any_release(&request);
	}
	return !gone;
}

bool actor_is_asked(const struct actor *actor)
{
	struct pollfd slot = {.fd = actor->fd, .events = POLLIN};
	return poll(&slot, 1, 0) == 1;
}

bool actor_send(struct actor *actor, size_t message)
{
	const struct msg_any *found = &actor->scene->messages[message];
	bool is_window = found->kind == MSG_win_rows || found->kind == MSG_win_points;
	if (!is_window && !is_entity(found->kind))
		return false;
	if (is_window)
		send_window(actor, found);
	else
		send_entity(actor, found);
	send_turn(actor, false);
	return true;
}

/* ---- for other processes ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && copy_text(address.sun_path, sizeof(address.sun_path), path));
	(void)unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, CONNECTIONS), 0);
	return fd;
}

static void play(const struct scene_script *scene, int door)
{
	struct actor *actors[CONNECTIONS] = {NULL};
	for (;;) {
		struct pollfd slots[CONNECTIONS + 1] = {{.fd = door, .events = POLLIN}};
		for (size_t i = 0; i < CONNECTIONS; i++)
			slots[i + 1] = (struct pollfd){
				.fd = actors[i] ? actors[i]->fd : -1, .events = POLLIN};
		(void)poll(slots, CONNECTIONS + 1, -1);
		for (size_t i = 0; i < CONNECTIONS; i++) {
			if (slots[i + 1].revents && !actor_hear(actors[i])) {
				actor_free(actors[i]);
				actors[i] = NULL;
			}
			if (!actors[i] && slots[0].revents) {
				actors[i] = actor_new(scene, accept(door, NULL, NULL), NULL, NULL);
				slots[0].revents = 0;
			}
		}
	}
}

pid_t actor_serve(const struct scene_script *scene, const char *socket_path)
{
	int door = listen_at(socket_path);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(scene, door);
	}
	close(door);
	return pid;
}
