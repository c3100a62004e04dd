/* SPDX-License-Identifier: MIT */
/* botswaind as a process of a test: a folder with a configuration, its start and end, a client with its replica. */
#ifndef BOTSWAIN_TESTS_ENGINE_PROCESS_H
#define BOTSWAIN_TESTS_ENGINE_PROCESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/types.h>
#include "core/base/clock.h"

enum { PATIENCE_MS = 10000 };

struct client;
struct model;
struct settings;

struct scene {
	char folder[64], *config, *state_dir, *program, *programs;
};

/* Of cmocka: *state is a struct scene with a token and a configuration of one bot. */
int scene_setup(void **state);
int scene_teardown(void **state);
/* Of cmocka, for a group: engines that a client starts are those of this build. */
int scene_find_programs(void **state);
/* Writes the configuration again, with `more` at its end. */
void scene_configure(const struct scene *scene, const char *more);
void write_file(const char *path, const char *text); /* 0600 */
char *read_all(const char *path);                    /* the first 8 KiB; the caller frees */
/* Runs botswaind with the configuration, in the folder; its standard error goes to folder/stderr. `option` may be NULL. */
pid_t scene_start(const struct scene *scene, const char *option);
/* Waits until the engine of these settings has its socket: who looks for one then starts none of his own. */
void scene_await_socket(const struct settings *settings);
char *scene_said(const struct scene *scene); /* that standard error */
/* Waits for the end of a child; the wait status. */
int end_of(pid_t pid);
void assert_exits(pid_t pid, int expected);

/* A client and its replica. */
struct screen {
	struct settings *settings;
	struct client *client;
	struct model *model;
};

void screen_load(const struct scene *scene, struct screen *screen);
/* Waits for the engine and its first turn. */
void screen_attach(struct screen *screen);
void screen_step(struct screen *screen); /* 100 ms at most */
void screen_detach(struct screen *screen);

#define AWAIT(screen, condition)                                                                   \
	do {                                                                                       \
		int64_t until_ms_ = clock_mono_ms(clock_real()) + PATIENCE_MS;                     \
		while (!(condition)) {                                                             \
			if (clock_mono_ms(clock_real()) > until_ms_)                               \
				fail_msg("%s did not come true", #condition);                      \
			screen_step(screen);                                                       \
		}                                                                                  \
	} while (0)

#endif
