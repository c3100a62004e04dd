/* SPDX-License-Identifier: MIT */
#include "tui/script.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tui/app.h"
#include "tui/options.h"

enum { DEADLINE_MS = 10000, LOOK_MS = 1000 };

struct script {
	struct app *app;
	const char *path;
	int line;
	int64_t deadline_ms;
	char *words; /* of the running command: what stands behind its name */
};

static bool shows(const struct script *script, const char *text)
{
	autostr struct str screen = STR_INIT;
	grid_dump_text(term_headless_grid(script->app->term), &screen);
	return strstr(screen.text, text) != NULL;
}

/* Ends the script: says where and why, and shows the screen. */
static bool fail(const struct script *script, struct err *err, const char *what)
{
	autostr struct str screen = STR_INIT;
	grid_dump_text(term_headless_grid(script->app->term), &screen);
	fprintf(stderr, "%s", screen.text);
	return err_set(err, ERR_INVALID, "%s:%d: %s '%s'", script->path, script->line, what,
		script->words);
}

/* ---- the loop ---- */

static void take_events(struct app *app)
{
	struct term_event event;
	term_handle(app->term, 0);
	while (term_next_event(app->term, &event))
		app_event(app, &event);
}

/* One turn; waits at most `wait_ms` for the engine. */
static void turn(struct app *app, int wait_ms)
{
	struct pollfd slots[APP_SLOTS];
	size_t count = links_count(app->links);
	for (size_t i = 0; i < count; i++)
		slots[i] = link_poll(links_at(app->links, i));
	int timeout = app_timeout_ms(app);
	if (timeout < 0 || timeout > wait_ms)
		timeout = wait_ms;
	(void)poll(slots, count, timeout);
	take_events(app);
	app_step(app);
	app_paint(app);
}

static bool wait_until(struct script *script, bool shown, const char *text)
{
	int64_t until_ms = app_mono_ms(script->app) + script->deadline_ms;
	while (shows(script, text) != shown) {
		int64_t left_ms = until_ms - app_mono_ms(script->app);
		if (left_ms <= 0 || script->app->quit)
			return false;
		turn(script->app, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
	}
	return true;
}

/* Until what was typed is on the screen. */
static void settle(struct app *app)
{
	int wait_ms = 0;
	do {
		turn(app, wait_ms);
		int frame_ms = term_timeout_ms(app->term, true);
		wait_ms = app->trails ? APP_TRAIL_MS : frame_ms > 0 ? frame_ms : 0;
	} while ((app->dirty || app->trails) && !app->quit);
}

/* ---- the commands ---- */

static bool do_key(struct script *script, struct err *err)
{
	char *rest = NULL;
	autofree char *copy = xstrdup(script->words);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		keycode key;
		if (!keycode_parse(name, &key))
			return fail(script, err, "no such key in");
		term_headless_key(script->app->term, key);
		settle(script->app);
	}
	return true;
}

static bool do_type(struct script *script, struct err *err)
{
	const char *at = script->words;
	size_t length = strlen(at);
	(void)err;
	while (length) {
		struct utf8_char one = utf8_next(at, length);
		term_headless_key(script->app->term, one.code);
		at += one.size;
		length -= one.size;
	}
	settle(script->app);
	return true;
}

static bool do_paste(struct script *script, struct err *err)
{
	(void)err;
	term_headless_paste(script->app->term, script->words);
	settle(script->app);
	return true;
}

static bool do_wait_for(struct script *script, struct err *err)
{
	return wait_until(script, true, script->words) ||
	       fail(script, err, "the screen did not come to show");
}

static bool do_wait_gone(struct script *script, struct err *err)
{
	return wait_until(script, false, script->words) ||
	       fail(script, err, "the screen still shows");
}

static bool do_expect(struct script *script, struct err *err)
{
	settle(script->app);
	return shows(script, script->words) || fail(script, err, "the screen does not show");
}

static bool do_expect_not(struct script *script, struct err *err)
{
	settle(script->app);
	return !shows(script, script->words) || fail(script, err, "the screen shows");
}

static bool do_deadline(struct script *script, struct err *err)
{
	return parse_duration(script->words, &script->deadline_ms, err);
}

static bool do_resize(struct script *script, struct err *err)
{
	int rows, columns;
	if (!size_read(script->words, &rows, &columns))
		return fail(script, err, "give columns x rows, as 160x45, not");
	term_headless_resize(script->app->term, rows, columns);
	settle(script->app);
	return true;
}

static bool save(struct script *script, const struct str *text, struct err *err)
{
	FILE *file = fopen(script->words, "we");
	if (!file)
		return err_errno(err, errno, "%s:%d: cannot write '%s'", script->path, script->line,
			script->words);
	bool fine = fwrite(text->text, 1, text->length, file) == text->length;
	return (fclose(file) == 0 && fine) || err_errno(err, errno, "%s:%d: cannot write '%s'",
						      script->path, script->line, script->words);
}

static bool do_save_screen(struct script *script, struct err *err)
{
	autostr struct str screen = STR_INIT;
	settle(script->app);
	grid_dump_text(term_headless_grid(script->app->term), &screen);
	return save(script, &screen, err);
}

static bool do_save_roles(struct script *script, struct err *err)
{
	autostr struct str screen = STR_INIT;
	settle(script->app);
	grid_dump(term_headless_grid(script->app->term), &screen);
	return save(script, &screen, err);
}

static const struct {
	const char *name;
	bool (*run)(struct script *script, struct err *err);
} verbs[] = {
	{"key", do_key},
	{"type", do_type},
	{"paste", do_paste},
	{"wait-for", do_wait_for},
	{"wait-gone", do_wait_gone},
	{"expect", do_expect},
	{"expect-not", do_expect_not},
	{"deadline", do_deadline},
	{"resize", do_resize},
	{"save-screen", do_save_screen},
	{"save-roles", do_save_roles},
};

static bool run_line(struct script *script, char *line, struct err *err)
{
	line += strspn(line, " \t");
	size_t length = strcspn(line, " \t\n");
	if (length == 0 || line[0] == '#')
		return true;
	script->words = line + length + strspn(line + length, " \t");
	script->words[strcspn(script->words, "\n")] = '\0';
	line[length] = '\0';
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (strcmp(verbs[i].name, line) == 0)
			return verbs[i].run(script, err);
	return err_set(
		err, ERR_SYNTAX, "%s:%d: no such command: '%s'", script->path, script->line, line);
}

static bool run_file(struct script *script, FILE *file, struct err *err)
{
	autofree char *line = NULL;
	size_t size = 0;
	settle(script->app);
	while (getline(&line, &size, file) > 0) {
		script->line++;
		if (!run_line(script, line, err))
			return false;
	}
	return true;
}

bool script_run(struct app *app, const char *path, struct err *err)
{
	struct script script = {
		.app = app, .path = path, .deadline_ms = DEADLINE_MS, .words = NULL};
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	if (!file)
		return err_errno(err, errno, "cannot read the script '%s'", path);
	bool fine = run_file(&script, file, err);
	if (!is_stdin)
		fclose(file);
	return fine;
}
