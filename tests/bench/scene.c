/* SPDX-License-Identifier: MIT */
#include "tests/bench/scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/probe.h"
#include "tests/bench/side.h"
#include "tests/support/botapi.h"
#include "tests/support/fleet.h"
#include "tests/support/pages.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { SCENES = 4, SILENCE_MS = 120, LISTEN_MS = 20000, SLICE_MS = 20 };

/* Shared by all scenes. */
static struct {
	bool up;
	struct pg_server postgres;
	struct botapi botapi;
	struct pages pages;
	int hole, hole_port; /* listens, and takes nothing in */
} servers;

static struct scene *scenes[SCENES];

/* ---- servers ---- */

static void set_series(void)
{
	autostr struct str text = STR_INIT;
	for (int i = 0; i < SCENE_SERIES; i++)
		str_addf(&text, "bench_series_%03d{part=\"%d\"} %d\n", i, i % 7, i * 13);
	pages_set(&servers.pages, "/metrics", 200, PAGE_WHOLE, text.text);
	pages_set_header(&servers.pages, "/metrics", "text/plain", NULL);
}

static int open_hole(int *ret_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 4096), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void start_servers(void)
{
	if (servers.up)
		return;
	servers.up = true;
	pg_server_init(&servers.postgres);
	botapi_start(&servers.botapi);
	pages_open(&servers.pages);
	set_series();
	servers.hole = open_hole(&servers.hole_port);
}

static void stop_servers(void)
{
	if (!servers.up)
		return;
	close(servers.hole);
	pages_close(&servers.pages);
	botapi_stop(&servers.botapi);
	pg_server_release(&servers.postgres);
	servers.up = false;
}

/* ---- a fleet ---- */

static FILE *open_new(const char *path)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	return file;
}

static void make_tokens(const struct scene *scene)
{
	json_t *made = botapi_control(&servers.botapi, "bots",
		"{\"count\":%d,\"prefix\":\"load%d\"}", scene->bots, scene->bots);
	for (size_t i = 0; i < json_array_size(made); i++) {
		const json_t *bot = json_array_get(made, i);
		autofree char *path = xasprintf("%s/tokens/%s", scene->dir,
			json_string_value(json_object_get(bot, "name")));
		FILE *file = open_new(path);
		fprintf(file, "%s\n", json_string_value(json_object_get(bot, "token")));
		assert_int_equal(fclose(file), 0);
	}
	json_decref(made);
}

static void write_bots(const struct scene *scene, FILE *file)
{
	fprintf(file, "bots:\n");
	for (int i = 1; i <= scene->bots; i++)
		fprintf(file, "  load%d-%05d: {token: {file: tokens/load%d-%05d}}\n", scene->bots,
			i, scene->bots, i);
}

/* Where everything is, or the hole for each. */
static void write_config(const struct scene *scene, const char *path, bool holes)
{
	FILE *file = open_new(path);
	int api = holes ? servers.hole_port : servers.botapi.port;
	int page = holes ? servers.hole_port : servers.pages.port;
	fprintf(file, "environment: bench\nstate_dir: %s/state\nwrite: always\n", scene->dir);
	fprintf(file,
		"telegram: {api: \"http://127.0.0.1:%d\", interval: 45s, getme_interval: 10m}\n",
		api);
	if (holes)
		fprintf(file, "redis:\n  main: {host: 127.0.0.1, port: %d, interval: 1s, ", page);
	else
		fprintf(file, "redis:\n  main: {socket: %s, interval: 1s, ", scene->redis.socket);
	fprintf(file, "heartbeats: \"hb:*\", streams: [\"events:*\"]}\n");
	fprintf(file, "postgres:\n  main: {interval: 1s, dsn: \"");
	if (holes)
		fprintf(file, "host=127.0.0.1 port=%d user=tester dbname=postgres\"}\n", page);
	else
		fprintf(file, "%s\"}\n", servers.postgres.dsn);
	fprintf(file,
		"scrape:\n  page: {url: \"http://127.0.0.1:%d/metrics\", interval: 1s, limit: "
		"%d}\n",
		page, SCENE_SERIES);
	fprintf(file, "logs:\n  app: {path: %s}\n", scene->log);
	write_bots(scene, file);
	assert_int_equal(fclose(file), 0);
}

static void make_home(const struct scene *scene)
{
	autofree char *config = xasprintf("%s/.config", scene->home);
	autofree char *folder = xasprintf("%s/btop", config);
	autofree char *path = xasprintf("%s/btop.conf", folder);
	assert_int_equal(mkdir(scene->home, 0700), 0);
	assert_int_equal(mkdir(config, 0700), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	FILE *file = open_new(path);
	fprintf(file, "update_ms=1000\n");
	assert_int_equal(fclose(file), 0);
}

static struct scene *make(int bots)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->dir, "/tmp/botswain-bench.XXXXXX");
	assert_non_null(mkdtemp(scene->dir));
	scene->bots = bots;
	scene->config = xasprintf("%s/botswain.yaml", scene->dir);
	scene->log = xasprintf("%s/app.log", scene->dir);
	scene->home = xasprintf("%s/home", scene->dir);
	scene->bots_text = xasprintf("%d bots", bots);
	scene->screen = build_program("botswain");
	scene->daemon = build_program("botswaind");
	autofree char *tokens = xasprintf("%s/tokens", scene->dir);
	assert_int_equal(mkdir(tokens, 0700), 0);
	assert_int_equal(fclose(open_new(scene->log)), 0);
	make_home(scene);
	redis_server_init(&scene->redis);
	make_tokens(scene);
	write_config(scene, scene->config, false);
	scene_feed(scene, false);
	return scene;
}

static struct scene **slot_of(int bots)
{
	struct scene **free_slot = NULL;
	for (size_t i = 0; i < SCENES; i++) {
		if (scenes[i] && scenes[i]->bots == bots)
			return &scenes[i];
		if (!scenes[i] && !free_slot)
			free_slot = &scenes[i];
	}
	assert_non_null(free_slot);
	return free_slot;
}

struct scene *scene_get(int bots)
{
	start_servers();
	struct scene **slot = slot_of(bots);
	if (!*slot)
		*slot = make(bots);
	if (!(*slot)->engine)
		scene_engine_start(*slot);
	return *slot;
}

void scene_end(struct scene *scene)
{
	for (size_t i = 0; i < SCENES; i++)
		if (scenes[i] == scene)
			scenes[i] = NULL;
	side_end(&scene->feed);
	scene_engine_stop(scene);
	redis_server_release(&scene->redis);
	remove_folder(scene->dir);
	char *texts[] = {scene->config, scene->log, scene->home, scene->bots_text, scene->screen,
		scene->daemon};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	free(scene);
}

void scene_end_all(void)
{
	for (size_t i = 0; i < SCENES; i++)
		if (scenes[i])
			scene_end(scenes[i]);
	stop_servers();
}

/* ---- what runs ---- */

void scene_feed(struct scene *scene, bool moves)
{
	if (scene->feed && scene->moves == moves)
		return;
	side_end(&scene->feed);
	scene->moves = moves;
	scene->feed = side_feed(scene->redis.socket, scene->bots, moves);
}

void scene_silence(const struct scene *scene, bool is_silent)
{
	(void)unlink(scene->config);
	write_config(scene, scene->config, is_silent);
}

static bool listens(const void *context)
{
	autofree char *path =
		xasprintf("%s/state/engine.sock", ((const struct scene *)context)->dir);
	return access(path, F_OK) == 0;
}

static bool is_gone(const void *context)
{
	return !listens(context);
}

void scene_engine_start(struct scene *scene)
{
	autofree char *log = xasprintf("%s/engine.log", scene->dir);
	scene->engine =
		spawn_start(WORDS(scene->daemon, "-c", scene->config), &(struct spawn){.log = log});
	if (!comes_true(listens, scene, LISTEN_MS))
		fail_msg("the engine of '%s' does not listen; see %s", scene->config, log);
}

void scene_engine_stop(struct scene *scene)
{
	if (scene->engine)
		(void)spawn_end(&scene->engine, SIGTERM);
	if (!comes_true(is_gone, scene, LISTEN_MS))
		fail_msg("an engine in '%s' does not leave", scene->dir);
}

/* ---- terminals ---- */

/* `view`: where a screen keeps its view. */
static struct vt *spawn_at_home(
	const struct scene *scene, const char *view, const char *const words[])
{
	autofree char *home = xasprintf("HOME=%s", scene->home);
	autofree char *state = xasprintf("XDG_STATE_HOME=%s/%s", scene->home, view);
	autofree char *config = xasprintf("XDG_CONFIG_HOME=%s/.config", scene->home);
	return vt_spawn(45, 160, words, (const char *const[]){home, state, config, NULL});
}

struct vt *scene_open(const struct scene *scene, const char *config, const char *way)
{
	return spawn_at_home(scene, "kept",
		(const char *const[]){
			scene->screen, way ? "--connect" : "-c", way ? way : config, NULL});
}

struct vt *scene_screen(const struct scene *scene)
{
	static unsigned number;
	autofree char *view = xasprintf("view-%u", ++number);
	struct vt *vt = spawn_at_home(
		scene, view, (const char *const[]){scene->screen, "-c", scene->config, NULL});
	vt_must_show(vt, scene->bots_text, SCENE_OPEN_MS);
	vt_must_show(vt, "▶", SCENE_OPEN_MS);
	(void)vt_wait_quiet(vt, 300, 5000);
	return vt;
}

struct vt *scene_peer(const struct scene *scene, const char *const words[])
{
	return spawn_at_home(scene, "peer", words);
}

struct vt *scene_htop(const struct scene *scene)
{
	return scene_peer(scene, (const char *const[]){"htop", "-d", "10", NULL});
}

struct vt *scene_btop(const struct scene *scene)
{
	return scene_peer(scene, (const char *const[]){"btop", "--utf-force", NULL});
}

pid_t scene_pid(const struct vt *vt)
{
	return child_of_process(vt_pid(vt));
}

static bool never(struct vt *vt, const void *unused)
{
	(void)vt, (void)unused;
	return false;
}

void scene_watch(struct vt *const vts[], size_t count, double ms)
{
	double until_us = probe_now_us() + ms * 1000;
	while (probe_now_us() < until_us)
		for (size_t i = 0; i < count; i++) {
			double left_ms = (until_us - probe_now_us()) / 1000;
			int slice_ms = left_ms < SLICE_MS ? (int)left_ms + 1 : SLICE_MS;
			(void)vt_wait(vts[i], never, NULL, slice_ms);
		}
}

double scene_painted_us(struct vt *vt, const char *useful, int limit_ms)
{
	double until_us = probe_now_us() + limit_ms * 1e3;
	while (probe_now_us() < until_us) {
		size_t before = vt_bytes(vt);
		(void)vt_wait_quiet(vt, SILENCE_MS, 2000);
		if (vt_bytes(vt) && (!useful || vt_shows(vt, useful)))
			return vt_read_us(vt);
		if (vt_bytes(vt) == before)
			(void)vt_wait_bytes(vt, 1, 1000);
	}
	return NAN;
}
