/* SPDX-License-Identifier: MIT */
#include "tests/support/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "tui/past.h"

enum { SETTLE_ROUNDS = 100, RENEW_TURNS = 50 };

static const char config[] = "environment: replay\n"
			     "state_dir: /nowhere/state\n";

char *recorded_folder(void)
{
	const char *base = getenv("TMPDIR");
	char *path = xasprintf("%s/botswain-rec-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

void recorded_remove(char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(path);
	}
	closedir(dir);
	(void)rmdir(folder);
	free(folder);
}

/* Windows are asked again at this very moment: moving ones are drawn when they think it is time. */
static void renew_windows(struct console *console)
{
	struct app *app = console->app;
	parts_forget(app);
	app_dirty(app);
	for (int i = 0; i < RENEW_TURNS; i++)
		console_turn(console, 0);
	for (int id = 1; id < WINDOW_COUNT; id++)
		assert_true(!app->windows[id].asked || app->windows[id].answered);
}

void recorded_settle(struct console *console)
{
	const struct engine *engine = console->harness->engine;
	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		console_settle(console);
		bool is_current = console->app->now_ms == clock_wall_ms(&console->harness->clock);
		if (is_current && recorder_due_ms(engine->recorder, engine->model) == INT64_MAX) {
			recorder_drain(engine->recorder);
			renew_windows(console);
			return;
		}
		clock_advance(&console->harness->clock, RECORD_GAP_MS);
	}
	fail_msg("the recording never has all");
}

void recorded_read(const char *path, struct str *ret)
{
	char bytes[65536];
	size_t got;
	FILE *file = fopen(path, "rbe");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		str_add(ret, bytes, got);
	fclose(file);
}

void recorded_write(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "wbe");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

struct console *recorded_replay(const char *path, int rows, int columns)
{
	const struct engine_options options = {.replay = path};
	return console_open(config, &options, rows, columns);
}

void recorded_go(struct console *console, int64_t time_ms)
{
	const struct replay *replay = console->harness->engine->replay;
	past_go(console->app, time_ms, 0);
	console_settle(console);
	while (replay_is_reading(replay))
		console_turn(console, 10);
	console_advance(console, 3000); /* rows may take their order */
	renew_windows(console);
	assert_int_equal(replay_now_ms(replay), time_ms);
}

void recorded_picture(struct console *console, struct str *ret)
{
	autostr struct str whole = STR_INIT;
	char *rest = NULL;
	int row = -1, section = 0, rows = console->term->rows; /* the dump has a head of its own */
	grid_dump(term_headless_grid(console->term), &whole);
	for (char *line = strtok_r(whole.text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest), row++) {
		if (strncmp(line, "== ", 3) == 0) {
			row = -1;
			section++;
		}
		if (section < 3 && row >= 1 && row < rows - 2)
			str_addf(ret, "%s\n", line);
	}
}
