/* SPDX-License-Identifier: MIT */
/*
 * make faults: what happens to botswain when something around it fails, on a real fleet and a real botswaind with clients
 * and screens attached the whole time: 20, one of them hostile, or few and none (FAULT_CALM). A row of faults.def is one fault: its function injects it, looks,
 * puts everything right again, and says what it saw; the runner adds what the others felt meanwhile. One process, one
 * thread; the clients are processes of their own (crowd.h, hostile.h).
 */
#ifndef BOTSWAIN_TESTS_FAULTS_H
#define BOTSWAIN_TESTS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/engine/client.h"

struct crowd;
struct hostile;
struct leaks;
struct model;
struct settings;
struct stores;

enum { FAULT_PATIENCE_MS = 15000 };

struct faults {
	const char *dir;   /* of the fleet */
	const char *build; /* where the programs are */
	char *config, *screen, *daemon, *log;
	struct settings *settings;
	pid_t engine;
	struct crowd *crowd;
	struct hostile *hostile; /* NULL in a calm row */
	struct stores *stores;   /* NULL until a row needs them */
	struct leaks *leaks;
	struct client *client; /* our own eyes on the engine */
	struct model *model;
};

/* What a row saw. */
struct sight {
	bool ok;
	int64_t ms; /* the longest of the times that the row's limit is about */
	struct str text;
};

typedef void fault_function(struct faults *run, struct sight *sight);

enum {
	FAULT_ENGINE_DIES = 1 << 0,   /* clients may lose it, and come back */
	FAULT_ENGINE_PAUSES = 1 << 1, /* clients may wait */
	FAULT_CALM =
		1
		<< 2, /* a screen, a few clients, none hostile; what the engine costs is held (cost.h) */
};

struct fault {
	const char *number, *injected;
	int64_t limit_ms; /* -1: nothing of it is about time */
	unsigned flags;
	fault_function *function;
};

/* Adds to what was seen; the row fails when it was not so. `ms`: how long it took, -1: not about time. */
void see(struct sight *sight, bool ok, int64_t ms, const char *format, ...) PRINTF_LIKE(4, 5);
int64_t fault_now_ms(void);
/* What a file holds; the caller frees it. */
char *fault_read_text(const char *path) MUST_CHECK;
/* The pace of what is injected, where nothing can be waited for: sleeps until that time. */
void fault_pace_until(int64_t until_ms);

/* ---- the engine (engine.c) ---- */

/* Starts botswaind as a service does, and waits until it answers. */
bool engine_start(struct faults *run) MUST_CHECK;
/* Runs botswaind with words in front (NULL-terminated) and environment added ("A=b"); its output goes to `log`. */
pid_t engine_spawn(const struct faults *run, const char *const before[], const char *config,
	const char *environment, const char *log);
/* Ends a child of ours within the time; the wait status, -1: it did not end and was killed. */
int engine_end(pid_t pid, int signal, int64_t limit_ms);
/* Runs a program to its end: its output, and its exit status (-1: a signal or too late). */
int engine_ask(const char *const words[], int64_t limit_ms, struct str *ret);
/* Sleeps no longer than this while it looks at the engine. */
void engine_look(struct faults *run, int64_t ms);
/* Looks until it is so; the time that it took, -1: it did not come true. */
typedef bool engine_is(const struct faults *run, const void *context);
int64_t engine_wait(struct faults *run, engine_is *is_so, const void *context, int64_t limit_ms);
/* Waits until this client is let in or lost, or until that time; what it is then. */
enum client_state engine_meet(struct client *client, int64_t until_ms);
bool engine_attached(const struct faults *run, const void *unused);
/* It says so in its own events, or in its log file. */
bool engine_said(struct faults *run, const char *words);
unsigned engine_fds(pid_t pid);
/* Bots whose token was answered in the last so many ms, by the engine's clocks. */
unsigned engine_fresh_bots(const struct faults *run, int64_t within_ms);

#define FAULT(number, injected, limit_ms, flags, name) fault_function fault_##name;
#include "tests/faults/faults.def"
#undef FAULT

#endif
