/* SPDX-License-Identifier: MIT */
/*
 * make check-torture: a program runs through its life once for every call that may fail; what must hold afterwards is checked
 * each time. Each worker process has a bench of its own: a configuration, a state directory, the file that it shares with the
 * shim. main.c plans and counts, bench.c starts and ends, scene_*.c are the lives, hold.c is what must hold.
 */
#ifndef BOTSWAIN_TESTS_TORTURE_HARNESS_H
#define BOTSWAIN_TESTS_TORTURE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/torture/torture.h"

struct client;
struct model;
struct settings;
struct str;

struct bench {
	const char *fleet, *build; /* the fleet's folder; where the programs are */
	unsigned number;
	char *config, *text; /* the configuration's path, and what stands in it */
	char *folder, *state, *backups, *source, *control, *said, *output;
	char *engine, *screen, *shim;
	struct settings *settings;
	struct torture *torture;
	pid_t running; /* an engine that nobody hurts, for scenes of a screen; 0: none */
	unsigned runs;
};

/* What is to fail; all zero: nothing, calls are counted. */
struct injection {
	unsigned scene;
	enum torture_class class;
	int error;        /* of errno; 0: a short write */
	unsigned long at; /* the n-th call, or 0: */
	uint64_t place;   /* the `hit`-th from here */
	unsigned hit;
	bool goes_on; /* and all that follow */
};

enum ending {
	ENDED_UNTOUCHED,
	ENDED_BORNE,
	ENDED_REFUSED,
	ENDED_DIED,
	ENDED_IN_LIBRARY,
	ENDED_BAD,
	ENDINGS
};

struct outcome {
	enum ending ending;
	char text[400]; /* of a bad one: what did not hold */
	char call[16];
	uint64_t frames[TORTURE_FRAMES];
};

/* ---- bench.c ---- */

void bench_init(struct bench *bench, const char *fleet, const char *build, unsigned number);
/* Ends what runs, removes the folder. */
void bench_release(struct bench *bench);
/* Everything as before a first start. */
void bench_clean(struct bench *bench);
/* The shim's file at its beginning. */
void bench_arm(struct bench *bench);
/* The environment of a program that is hurt: NAME=value, NULL-terminated, in memory of the bench until the next call. */
const char *const *bench_environment(
	const struct bench *bench, const char *who, const struct injection *injection);
/* Starts it; what it says goes to bench->said, its output to bench->output. `environment` may be NULL: nobody hurts it. */
pid_t bench_start(
	const struct bench *bench, const char *const argv[], const char *const environment[]);
/* Waits for its end, after a signal if that is not 0; *ret: the wait status. False: it was killed for it did not end. */
bool bench_end(pid_t pid, int signal, int limit_ms, int *ret);
int64_t bench_now_ms(void);
/* Looks after the engine that nobody hurts: starts it if it does not run. */
MUST_CHECK bool bench_serve(struct bench *bench);
void bench_stop(struct bench *bench);

/* An engine from outside. */
struct eye {
	struct client *client;
	struct model *model;
	bool has_turned;
};

void eye_init(struct eye *eye);
void eye_release(struct eye *eye);
/* Looks until `is_so` or `limit_ms`, or until the engine is gone; comes in again when it was hung up on. */
bool eye_await(struct eye *eye, const struct bench *bench, pid_t engine,
	bool (*is_so)(const struct eye *eye), int64_t limit_ms);

/* ---- hold.c: each false with a sentence in *ret when something does not hold ---- */

struct verdict {
	bool good;
	struct str *text;
};

void blame(struct outcome *outcome, const char *format, ...) PRINTF_LIKE(2, 3);
/* A program's end: in order, with one of these statuses (a bit each); other statuses with words; or abort() for want of memory,
 * said. Sets outcome->ending. */
void hold_ending(struct outcome *outcome, const struct bench *bench, int status, unsigned good);
/* No process is left of what was started here. `but`: this one may. */
void hold_nothing_left(struct outcome *outcome, pid_t but);
/* What is in the state directory is whole, and what was said to be done under this reason is in the audit file. */
void hold_state(struct outcome *outcome, const struct bench *bench, const char *done);
/* What stands under its final name in the backups is a whole copy; once an engine has started again nothing else is there. */
void hold_backups(struct outcome *outcome, const struct bench *bench, bool started_again);
/* An engine that nobody hurts starts on it, turns, and leaves in order. */
void hold_next_start(struct outcome *outcome, struct bench *bench);

/* ---- scene_*.c: one life each ---- */

struct scene_kind {
	const char *name, *who;
	void (*play)(struct bench *bench, const struct injection *injection, struct outcome *ret);
	unsigned classes; /* a bit for each that is tried */
};

void play_engine(struct bench *bench, const struct injection *injection, struct outcome *ret);
void play_screen(struct bench *bench, const struct injection *injection, struct outcome *ret);
void play_guard(struct bench *bench, const struct injection *injection, struct outcome *ret);
void play_words(struct bench *bench, const struct injection *injection, struct outcome *ret);
void play_action(struct bench *bench, const struct injection *injection, struct outcome *ret);
void play_own(struct bench *bench, const struct injection *injection, struct outcome *ret);

extern const struct scene_kind scene_kinds[];
extern const size_t scene_kind_count;

#endif
