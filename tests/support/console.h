/* SPDX-License-Identifier: MIT */
/*
 * The whole console in this process: an engine under a virtual clock that is fed scripted
 * observations (engine_harness.h), and a screen in memory on it, driven by keys. Nothing sleeps. A
 * failure ends the test.
 */
#ifndef BOTSWAIN_TESTS_CONSOLE_H
#define BOTSWAIN_TESTS_CONSOLE_H

#include <stdbool.h>
#include "core/base/attr.h"
#include "tests/support/engine_harness.h"
#include "tui/app.h"

struct event_writer;

enum { CONSOLE_WRITERS_MAX = 16, CONSOLE_ENGINES_MAX = 2 };

/* One of several engines that a console is on. */
struct console_engine {
	const char *name, *yaml; /* with a state_dir that can be made: its socket is there */
	int64_t ahead_ms;        /* so far its wall clock goes before that of the first */
};

struct console {
	bool borrows; /* another console has the engine */
	struct harness
		*harness; /* the one that observations are fed to: the first, or console_on() */
	struct harness *engines[CONSOLE_ENGINES_MAX]; /* NULL: it is gone */
	struct console_engine about[CONSOLE_ENGINES_MAX];
	char *ways[CONSOLE_ENGINES_MAX];
	size_t engine_count;
	struct theme theme;
	struct term_options options;
	struct term *term;
	struct app *app;
	struct {
		char *bot;
		struct harness *harness;
		struct event_writer *writer;
	} writers[CONSOLE_WRITERS_MAX];
	size_t writer_count;
};

struct console *console_new(const char *yaml, int rows, int columns) MUST_CHECK;
/* The same over an engine with other options: one that keeps a ledger and may act. */
struct console *console_open(
	const char *yaml, const struct engine_options *options, int rows, int columns) MUST_CHECK;
/* A second screen on the engine of another console, which is freed after it. */
struct console *console_beside(struct console *other, int rows, int columns) MUST_CHECK;
/* One screen on several engines that keep ledgers and may act, each behind its socket. The texts are borrowed. */
struct console *console_many(
	const struct console_engine *engines, size_t count, int rows, int columns) MUST_CHECK;
/* A second screen on `count` of the engines of such a console, which is freed after it, given in this order. */
struct console *console_many_beside(
	struct console *other, const size_t *order, size_t count, int rows, int columns) MUST_CHECK;
/* From now on that engine is fed. */
void console_on(struct console *console, size_t engine);
/* An engine, not the first, ends; starts again, knowing nothing. */
void console_kill(struct console *console, size_t engine);
void console_revive(struct console *console, size_t engine);
void console_free(struct console *console);

/* Writes one line into a bot's log. */
void console_log(struct console *console, const char *bot, const char *line);
/* Everything that a healthy polling bot shows: token, no backlog, a process, a heartbeat. */
void console_healthy(struct console *console, const char *bot, int pid);
/* Every source of these "kind/name" words has answered. */
void console_sources(struct console *console, const char *const names[]);
/* Lets engine and screen work until the picture is what the state is, answers of the query pool
 * included. */
void console_settle(struct console *console);
/* One turn of both; then the time moves. */
void console_turn(struct console *console, int64_t ms);
/* Moves the time, and settles. */
void console_advance(struct console *console, int64_t ms);

/* Presses keys by name, blank between; types a text. */
void console_keys(struct console *console, const char *names);
void console_type(struct console *console, const char *text);
/* Queues keys without letting anything happen in between. */
void console_queue(struct console *console, const char *names);
void console_resize(struct console *console, int rows, int columns);

/* The text of the screen holds it, or does not. */
void console_expect(struct console *console, const char *text);
void console_expect_not(struct console *console, const char *text);
/* The row of the screen that holds `text`, -1 none. */
int console_row(struct console *console, const char *text);
void console_golden(struct console *console, const char *name);

#endif
