/* SPDX-License-Identifier: MIT */
#include "tests/support/action_scene.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/folder.h"

const char *const action_bots[ACTION_BOTS] = {"ada", "bob", "cem", "dan", "eve", "fay", "gus"};

static char *configuration(const char *write, int bots)
{
	struct str yaml = STR_INIT;
	str_addf(&yaml,
		"environment: demo\nstate_dir: %s/state\nwrite: %s\n"
		"driver: {restart: [/bin/true, '{bot}'], stop: [/bin/true, '{bot}']}\nbots:\n",
		folder, write);
	for (int i = 0; i < bots; i++)
		str_addf(&yaml, "  %s: {token: {file: t}, process: {match: a}}\n", action_bots[i]);
	return str_detach(&yaml);
}

int action_setup(void **state, const char *write, int bots)
{
	struct action_scene *scene = xcalloc(1, sizeof(*scene));
	if (folder_setup(state) != 0) {
		free(scene);
		return -1;
	}
	scene->yaml = configuration(write, bots);
	const struct engine_options options = {.listen = true};
	scene->console = console_open(scene->yaml, &options, 24, 80);
	for (int i = 0; i < bots; i++)
		console_healthy(scene->console, action_bots[i], 100 + i);
	console_advance(scene->console, 3000);
	*state = scene;
	return 0;
}

int action_teardown(void **state)
{
	struct action_scene *scene = *state;
	console_free(scene->console);
	free(scene->yaml);
	free(scene);
	return folder_teardown(state);
}

void action_heal(struct console *console, int bots)
{
	for (int i = 0; i < bots; i++)
		console_healthy(console, action_bots[i], 100 + i);
	console_settle(console);
}

void action_kill(struct console *console, const char *name)
{
	for (int i = 0; i < 3; i++)
		harness_feed(console->harness, "obs_process bot=\"%s\" state=\"absent\"", name);
}
