/* SPDX-License-Identifier: MIT */
#include "tests/bench/log_scene.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/botapi.h"
#include "tests/support/fleet.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { LISTEN_MS = 20000, SHOW_MS = 20000 };

static void write_config(const struct log_scene *scene, const char *old)
{
	FILE *file = fopen(scene->config, "we");
	assert_non_null(file);
	fprintf(file, "environment: flood\nstate_dir: %s/state\nevents: {memory: 1GiB}\n",
		scene->dir);
	fprintf(file,
		"redis:\n  main: {socket: %s, interval: 1s, heartbeats: \"hb:*\", streams: "
		"[\"events:*\"]}\n",
		scene->redis.socket);
	fprintf(file, "logs:\n  app: {path: %s}\n", scene->log);
	for (int i = 0; i < LOG_SCENE_OLD && old; i++) {
		autofree char *path = xasprintf("%s/old-%d.log", scene->dir, i);
		assert_int_equal(symlink(old, path), 0);
		fprintf(file, "  old-%d: {path: %s}\n", i, path);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(scene->config, 0600), 0);
}

static bool listens(const void *context)
{
	autofree char *path =
		xasprintf("%s/state/engine.sock", ((const struct log_scene *)context)->dir);
	return access(path, F_OK) == 0;
}

static void open_screen(struct log_scene *scene)
{
	autofree char *program = build_program("botswain");
	autofree char *home = xasprintf("HOME=%s", scene->dir);
	autofree char *state = xasprintf("XDG_STATE_HOME=%s/view", scene->dir);
	scene->screen = vt_spawn(BENCH_ROWS, BENCH_COLUMNS,
		(const char *const[]){program, "-c", scene->config, NULL},
		(const char *const[]){home, state, NULL});
	vt_must_show(scene->screen, "Logs", SHOW_MS);
	vt_press(scene->screen, "5 + +");
	vt_must_show(scene->screen, "follow", SHOW_MS);
}

void log_scene_start(struct log_scene *scene, const char *old)
{
	autofree char *program = build_program("botswaind");
	*scene = (struct log_scene){.dir = "/tmp/botswain-bench.XXXXXX"};
	assert_non_null(mkdtemp(scene->dir));
	scene->config = xasprintf("%s/botswain.yaml", scene->dir);
	scene->log = xasprintf("%s/app.log", scene->dir);
	redis_server_init(&scene->redis);
	log_scene_empty(scene);
	write_config(scene, old);
	scene->engine = spawn_start(WORDS(program, "-c", scene->config), &(struct spawn){0});
	assert_true(comes_true(listens, scene, LISTEN_MS));
	open_screen(scene);
}

void log_scene_end(struct log_scene *scene)
{
	vt_free(scene->screen);
	(void)spawn_end(&scene->engine, SIGTERM);
	redis_server_release(&scene->redis);
	remove_folder(scene->dir);
	free(scene->config);
	free(scene->log);
}

double log_scene_cpu_ms(const struct log_scene *scene)
{
	return probe_cpu_ms(scene->engine) + probe_cpu_ms(scene_pid(scene->screen));
}

bool log_scene_indexes(const struct log_scene *scene)
{
	autofree char *program = build_program("botswain"), *said = NULL;
	(void)spawn_run(WORDS(program, "-c", scene->config, "services", "--json"),
		&(struct spawn){0}, SHOW_MS, &said);
	return said && strstr(said, "\"index_runs\":true");
}

void log_scene_empty(const struct log_scene *scene)
{
	int fd = open(scene->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

double log_scene_mark(struct log_scene *scene, int limit_ms)
{
	static unsigned number;
	struct probe_stamp stamp = probe_stamp();
	autofree char *mark = xasprintf("mark-%06u", ++number);
	autofree char *line = xasprintf("%s INFO [bot-1] %s\n", stamp.text, mark);
	int fd = open(scene->log, O_WRONLY | O_APPEND | O_CLOEXEC);
	double begun_us = probe_now_us();
	bool good = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);
	close(fd);
	return good && vt_wait_text(scene->screen, mark, limit_ms)
		       ? (vt_read_us(scene->screen) - begun_us) / 1000
		       : NAN;
}
