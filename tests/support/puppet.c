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

enum { ROUNDS = 4 };

static const char config[] = "environment: demo\nstate_dir: /nowhere/state\nwrite: always\n"
			     "bots:\n  orders: {token: {file: t}}\n";

struct puppet {
	struct actor *actor;
	struct clock clock;
	struct settings *settings;
	struct theme theme;
	struct term_options options;
	struct term *term;
	struct app *app;
};

static void turn(struct puppet *puppet)
{
	struct term_event event;
	for (int i = 0; i < ROUNDS; i++) {
		while (term_next_event(puppet->term, &event))
			app_event(puppet->app, &event);
		app_step(puppet->app);
		(void)actor_hear(puppet->actor);
	}
	puppet->app->data_mono_ms = INT64_MIN / 2; /* new state is painted without delay */
	app_paint(puppet->app);
}

/* A picture may ask for more: a log of which more rows are seen, the whole of a line. That goes out with the next step. */
static bool is_asked(struct puppet *puppet)
{
	app_step(puppet->app);
	return actor_is_asked(puppet->actor);
}

static void settle(struct puppet *puppet)
{
	turn(puppet);
	for (int i = 0; i < ROUNDS && is_asked(puppet); i++)
		turn(puppet);
}

/* ---- the screen ---- */

/* The line is full: the screen reads. */
static void make_room(void *context)
{
	struct puppet *puppet = context;
	app_step(puppet->app);
}

struct puppet *puppet_new(const struct scene_script *scene, int rows, int columns)
{
	struct puppet *puppet = xcalloc(1, sizeof(*puppet));
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	clock_init_virtual(&puppet->clock, SCENE_MS);
	if (!settings_parse(config, strlen(config), "/nowhere/botswain.yaml", &puppet->settings,
		    &report, &err))
		fail_msg("%s", report.text);
	if (!theme_builtin(theme_builtin_names()[0], &puppet->theme, &err))
		fail_msg("%s", err.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	puppet->actor = actor_new(scene, fds[1], make_room, puppet);
	struct client *client = client_over(fds[0], puppet->settings->state_dir, "screen", true);
	puppet->options = (struct term_options){.clock = &puppet->clock, .theme = &puppet->theme};
	puppet->term = term_headless_new(rows, columns, &puppet->options);
	puppet->app = app_new(
		&puppet->clock, puppet->settings, puppet->term, links_over(link_over(client)));
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
	actor_free(puppet->actor);
	term_free(puppet->term);
	settings_unref(puppet->settings);
	free(puppet);
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
	bool sent = actor_send(puppet->actor, message);
	if (sent)
		settle(puppet);
	return sent;
}

const struct grid *puppet_grid(const struct puppet *puppet)
{
	return term_headless_grid(puppet->term);
}

const char *puppet_copied(const struct puppet *puppet)
{
	return term_headless_copied(puppet->term);
}
