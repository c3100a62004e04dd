/* SPDX-License-Identifier: MIT */
#include "tests/support/puppet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "tui/app.h"

enum { ROUNDS = 6, REV = 1 };

#define NOW_MS INT64_C(1772366400000)

static const char config[] = "environment: demo\nstate_dir: /nowhere/state\nwrite: always\n"
			     "bots:\n  orders: {token: {file: t}}\n";

struct puppet {
	const struct scene_script *scene;
	int fd;
	struct str in;
	uint64_t rev, turn;
	struct clock clock;
	struct settings *settings;
	struct theme theme;
	struct term_options options;
	struct term *term;
	struct app *app;
	struct {
		uint64_t generation;
		bool series;
	} windows[WINDOW_COUNT];
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
	char *before;
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

void scene_restore(struct scene_script *scene, size_t message, struct msg_any old)
{
	msg_any_release(&scene->messages[message]);
	scene->messages[message] = old;
}

/* ---- the engine ---- */

static void send_bytes(struct puppet *puppet, const struct str *bytes)
{
	size_t at = 0;
	while (at < bytes->length) {
		ssize_t sent = send(puppet->fd, bytes->text + at, bytes->length - at,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0)
			at += (size_t)sent;
		else
			app_step(puppet->app); /* the line is full: it reads */
	}
}

static void send_message(struct puppet *puppet, enum msg_kind kind, const void *body)
{
	autostr struct str bytes = STR_INIT;
	msg_encode(kind, body, &bytes);
	send_bytes(puppet, &bytes);
}

static void send_turn(struct puppet *puppet, bool full)
{
	const struct msg_turn turn = {
		.number = ++puppet->turn, .wall_ms = NOW_MS, .mono_ms = 1000, .full = full};
	send_message(puppet, MSG_turn, &turn);
}

static void send_entity(struct puppet *puppet, const struct msg_any *message)
{
	uint64_t *fields = message->body; /* id, rev */
	fields[REV] = ++puppet->rev;
	send_message(puppet, message->kind, message->body);
}

static void send_all(struct puppet *puppet)
{
	for (size_t i = 0; i < puppet->scene->count; i++)
		if (puppet->scene->messages[i].kind == MSG_welcome)
			send_message(puppet, MSG_welcome, puppet->scene->messages[i].body);
	for (size_t i = 0; i < puppet->scene->count; i++)
		if (is_entity(puppet->scene->messages[i].kind))
			send_entity(puppet, &puppet->scene->messages[i]);
	send_turn(puppet, true);
}

/* The scene's message of a kind with `req` as its number. */
static void reply(struct puppet *puppet, enum msg_kind kind, uint64_t req)
{
	for (size_t i = 0; i < puppet->scene->count; i++) {
		if (puppet->scene->messages[i].kind != kind)
			continue;
		*(uint64_t *)puppet->scene->messages[i].body = req;
		send_message(puppet, kind, puppet->scene->messages[i].body);
		return;
	}
}

static void send_window(struct puppet *puppet, const struct msg_any *message)
{
	for (size_t id = 1; id < WINDOW_COUNT; id++) {
		bool series = message->kind == MSG_win_points;
		if (!puppet->windows[id].generation || puppet->windows[id].series != series)
			continue;
		uint64_t *fields = message->body; /* window, generation */
		fields[0] = id;
		fields[1] = puppet->windows[id].generation;
		if (!series)
			((struct msg_win_rows *)message->body)->replace = true;
		send_message(puppet, message->kind, message->body);
	}
}

static void send_windows(struct puppet *puppet)
{
	for (size_t i = 0; i < puppet->scene->count; i++)
		if (puppet->scene->messages[i].kind == MSG_win_rows ||
			puppet->scene->messages[i].kind == MSG_win_points)
			send_window(puppet, &puppet->scene->messages[i]);
}

static void answer(struct puppet *puppet, const struct msg_any *request)
{
	uint64_t req = *(const uint64_t *)request->body;
	if (request->kind == MSG_hello) {
		send_all(puppet);
	} else if (request->kind == MSG_win_open) {
		const struct msg_win_open *open = request->body;
		assert_in_range(open->window, 1, WINDOW_COUNT - 1);
		puppet->windows[open->window].generation = open->generation;
		puppet->windows[open->window].series = strcmp(open->store, "series") == 0;
		send_windows(puppet);
	} else if (request->kind == MSG_plan_req) {
		reply(puppet, MSG_plan, req);
	} else if (request->kind == MSG_run_req) {
		reply(puppet, MSG_accepted, req);
	} else if (request->kind != MSG_focus_req && request->kind != MSG_win_close) {
		reply(puppet, MSG_answer, req);
	}
}

static void hear(struct puppet *puppet)
{
	char bytes[16384];
	ssize_t got = recv(puppet->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got > 0)
		str_add(&puppet->in, bytes, (size_t)got);
	for (size_t used = 1; puppet->in.length && used;) {
		struct msg_any request;
		struct err err;
		if (!msg_decode(puppet->in.text, puppet->in.length, MSG_FRAME_MAX, &request, &used,
			    &err))
			fail_msg("%s", err.text);
		str_remove(&puppet->in, 0, used);
		if (used && request.kind != MSG_none)
			answer(puppet, &request);
		if (used)
			msg_any_release(&request);
	}
}

static void settle(struct puppet *puppet)
{
	struct term_event event;
	for (int i = 0; i < ROUNDS; i++) {
		while (term_next_event(puppet->term, &event))
			app_event(puppet->app, &event);
		app_step(puppet->app);
		hear(puppet);
	}
	puppet->app->data_mono_ms = INT64_MIN / 2; /* new state is painted without delay */
	app_paint(puppet->app);
}

/* ---- the screen ---- */

struct puppet *puppet_new(const struct scene_script *scene, int rows, int columns)
{
	struct puppet *puppet = xcalloc(1, sizeof(*puppet));
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	puppet->scene = scene;
	str_init(&puppet->in);
	clock_init_virtual(&puppet->clock, NOW_MS);
	if (!settings_parse(config, strlen(config), "/nowhere/botswain.yaml", &puppet->settings,
		    &report, &err))
		fail_msg("%s", report.text);
	if (!theme_builtin(theme_builtin_names()[0], &puppet->theme, &err))
		fail_msg("%s", err.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	puppet->fd = fds[1];
	struct client *client = client_over(fds[0], puppet->settings->state_dir, "screen", true);
	puppet->options = (struct term_options){.clock = &puppet->clock, .theme = &puppet->theme};
	puppet->term = term_headless_new(rows, columns, &puppet->options);
	puppet->app = app_new(
		&puppet->clock, puppet->settings, puppet->term, links_over(link_over(client)));
	puppet->app->anonymous = true;
	settle(puppet);
	clock_advance(&puppet->clock, 1000);
	settle(puppet);
	return puppet;
}

void puppet_free(struct puppet *puppet)
{
	if (!puppet)
		return;
	app_free(puppet->app);
	term_free(puppet->term);
	settings_unref(puppet->settings);
	close(puppet->fd);
	str_release(&puppet->in);
	free(puppet);
}

const struct theme *puppet_theme(const struct puppet *puppet)
{
	return &puppet->theme;
}

void puppet_keys(struct puppet *puppet, const char *names)
{
	char *rest = NULL;
	autofree char *copy = xstrdup(names);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		keycode key;
		if (!keycode_parse(name, &key))
			fail_msg("no such key: '%s'", name);
		term_headless_key(puppet->term, key);
		settle(puppet);
	}
}

bool puppet_send(struct puppet *puppet, size_t message)
{
	const struct msg_any *found = &puppet->scene->messages[message];
	bool is_window = found->kind == MSG_win_rows || found->kind == MSG_win_points;
	if (!is_window && !is_entity(found->kind))
		return false;
	if (is_window)
		send_window(puppet, found);
	else
		send_entity(puppet, found);
	send_turn(puppet, false);
	settle(puppet);
	return true;
}

const struct grid *puppet_grid(const struct puppet *puppet)
{
	return term_headless_grid(puppet->term);
}

const char *puppet_copied(const struct puppet *puppet)
{
	return term_headless_copied(puppet->term);
}
