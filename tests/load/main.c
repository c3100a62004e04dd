/* SPDX-License-Identifier: MIT */
/*
 * What an engine costs that polls so many bots: load SCREEN BOTS..., SCREEN none (nobody looks), client (one that takes the
 * state as a screen does) or screen (botswain itself on a terminal, scrolled). Bots live in the Bot API server of the fleet;
 * each is polled every LOAD_INTERVAL (45s). One line a figure: name, value, unit. LOAD_SECONDS: how long it is measured.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/engine/cost.h"
#include "core/model/model.h"
#include "tests/load/usage.h"
#include "tests/support/botapi.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

/* All bots were asked for the second time, and are asked evenly from then on. */
enum { STEADY_MS = 60000 };
enum { START_MS = 10000, JUDGED_MS = 600000, SETTLE_MS = 12000, KEY_MS = 200, SECONDS = 60 };

/* The entity of the engine as a client that came by saw it, and what that client itself was sent. */
struct sight {
	double counts[COST_BOUNDS + 1], cpu_counts[COST_BOUNDS + 1];
	double p50_ms, p99_ms, max_ms, turns_s;
	double stages_s[STAGE_COUNT];
	char max_stage[16];
	uint64_t sent_bytes, own_bytes;
};

struct run {
	int bots;
	const char *screen;
	struct botapi api;
	struct settings *settings;
	char *config, *program;
	pid_t engine;
	struct client *client;
	struct model *replica;
	struct vt *vt;
	int64_t began_us;
};

static int fail(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static void say(const struct run *run, const char *name, double value, const char *unit)
{
	printf("%d\t%s\t%-28s\t%.4g\t%s\n", run->bots, run->screen, name, value, unit);
	fflush(stdout);
}

static double since_s(int64_t us)
{
	return (double)(clock_cost_us() - us) / 1e6;
}

/* ---- the world ---- */

static void configure(struct run *run)
{
	json_t *made =
		botapi_control(&run->api, "bots", "{\"count\":%d,\"prefix\":\"load\"}", run->bots);
	const char *interval = getenv("LOAD_INTERVAL");
	autostr struct str yaml = STR_INIT, report = STR_INIT;
	struct err err;
	str_addf(&yaml,
		"environment: load\nstate_dir: %s/state\ntelegram: {api: \"http://127.0.0.1:%d\", "
		"interval: %s, getme_interval: 10m}\nbots:\n",
		folder, run->api.port, interval ? interval : "45s");
	for (size_t i = 0; i < json_array_size(made); i++) {
		const json_t *bot = json_array_get(made, i);
		const char *name = json_string_value(json_object_get(bot, "name"));
		autofree char *file = xasprintf("token-%s", name);
		folder_write(file, 0600, "%s\n", json_string_value(json_object_get(bot, "token")));
		str_addf(&yaml, "  %s: {token: {file: %s}, heartbeat: none}\n", name, file);
	}
	json_decref(made);
	folder_write("botswain.yaml", 0600, "%s", yaml.text);
	run->config = folder_path("botswain.yaml");
	if (!settings_load(run->config, &run->settings, &report, &err))
		fail(report.text);
}

static bool has_socket(const void *context)
{
	return access(context, F_OK) == 0;
}

static void start(struct run *run)
{
	autofree char *log = folder_path("engine.log");
	run->program = build_program("botswaind");
	run->began_us = clock_cost_us();
	run->engine =
		spawn_start(WORDS(run->program, "-c", run->config), &(struct spawn){.log = log});
	if (!comes_true(has_socket, run->settings->socket_path, START_MS))
		fail("the engine does not start: see engine.log");
	say(run, "socket_after", since_s(run->began_us), "s");
}

/* ---- a client ---- */

static void attach(struct run *run)
{
	struct err err = {.code = ERR_NONE};
	if (!client_find(run->settings, "screen", true, START_MS, &run->client, &err))
		fail(err.text);
	run->replica = model_new();
}

static void detach(struct run *run)
{
	client_free(run->client);
	model_free(run->replica);
	run->client = NULL;
	run->replica = NULL;
}

static void pump(struct run *run, int wait_ms)
{
	struct pollfd fd = {.fd = client_fd(run->client), .events = POLLIN};
	if (client_wants_write(run->client))
		fd.events |= POLLOUT;
	(void)poll(&fd, 1, wait_ms);
	client_pump(run->client, run->replica, clock_mono_ms(clock_real()), NULL, NULL);
	if (client_state(run->client) == CLIENT_LOST)
		fail(client_why(run->client));
}

static void pump_for(struct run *run, int64_t ms)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + ms;
	for (int64_t left; (left = until_ms - clock_mono_ms(clock_real())) > 0;)
		if (run->client)
			pump(run, (int)left);
		else
			(void)poll(NULL, 0, (int)left);
}

static bool all_judged(const struct run *run)
{
	const struct msg_engine *engine = model_engine(run->replica);
	return engine && engine->checking_total == (uint64_t)run->bots &&
	       engine->checking_done == engine->checking_total;
}

static void await_judged(struct run *run)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + JUDGED_MS;
	attach(run);
	while (!model_engine(run->replica))
		pump(run, 100);
	say(run, "attached_after", since_s(run->began_us), "s");
	while (!all_judged(run)) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail("not all bots were judged in time");
		pump(run, 100);
	}
	say(run, "judged_after", since_s(run->began_us), "s");
}

static void copy_counts(double *to, const double *from, size_t count)
{
	for (size_t i = 0; i < count && i < COST_BOUNDS + 1; i++)
		to[i] = from[i];
}

static void read_sight(const struct run *run, struct sight *ret)
{
	const struct msg_engine *engine = model_engine(run->replica);
	*ret = (struct sight){.p50_ms = engine->turn_p50_ms,
		.p99_ms = engine->turn_p99_ms,
		.max_ms = engine->turn_max_ms,
		.turns_s = engine->turn_s,
		.sent_bytes = engine->sent_bytes,
		.own_bytes = client_received_bytes(run->client)};
	copy_counts(ret->counts, engine->turn_counts, engine->turn_counts_count);
	copy_counts(ret->cpu_counts, engine->turn_cpu_counts, engine->turn_cpu_counts_count);
	copy_text(ret->max_stage, sizeof(ret->max_stage), engine->turn_max_stage);
	for (size_t i = 0; i < engine->turn_stages_count && i < STAGE_COUNT; i++)
		ret->stages_s[i] = engine->turn_stages[i].value;
}

/* Who comes by costs turns of its own: what it sees is from before it came. */
static void look(struct run *run, struct sight *ret)
{
	bool stays = run->client != NULL;
	if (!stays)
		attach(run);
	while (!model_engine(run->replica))
		pump(run, 100);
	read_sight(run, ret);
	if (!stays)
		detach(run);
}

/* ---- the screen ---- */

static void open_screen(struct run *run)
{
	autofree char *program = build_program("botswain");
	run->vt = vt_spawn(45, 160, (const char *const[]){program, "-c", run->config, NULL}, NULL);
	vt_must_show(run->vt, "load-00001", START_MS);
}

static void scroll_for(struct run *run, int64_t ms)
{
	static const char *const keys[] = {"j", "j", "PageDown", "k", "PageUp", "G", "g"};
	int64_t until_ms = clock_mono_ms(clock_real()) + ms;
	for (size_t i = 0; clock_mono_ms(clock_real()) < until_ms; i++) {
		vt_press(run->vt, keys[i % COUNT_OF(keys)]);
		(void)vt_wait_bytes(run->vt, SIZE_MAX / 2, KEY_MS);
	}
}

/* ---- figures ---- */

static double percentile_ms(const double *before, const double *after, double share)
{
	double total = 0, seen = 0;
	for (size_t i = 0; i <= COST_BOUNDS; i++)
		total += after[i] - before[i];
	for (size_t i = 0; i < COST_BOUNDS; i++) {
		seen += after[i] - before[i];
		if (seen >= share * total)
			return cost_bound_s(i) * 1000;
	}
	return INFINITY;
}

static double over(const double *before, const double *after, double bound_s)
{
	double count = 0;
	for (size_t i = 0; i <= COST_BOUNDS; i++)
		if (i == COST_BOUNDS || cost_bound_s(i) > bound_s * 1.001)
			count += after[i] - before[i];
	return count;
}

static void say_turns(const struct run *run, const struct sight *before, const struct sight *after)
{
	double turns = over(before->counts, after->counts, 0);
	say(run, "turns", turns, "");
	say(run, "turn_p50_below", percentile_ms(before->counts, after->counts, 0.5), "ms");
	say(run, "turn_p99_below", percentile_ms(before->counts, after->counts, 0.99), "ms");
	say(run, "turn_cpu_p99_below", percentile_ms(before->cpu_counts, after->cpu_counts, 0.99),
		"ms");
	say(run, "turns_over_2ms", over(before->counts, after->counts, 0.002), "");
	say(run, "turns_over_8ms", over(before->counts, after->counts, 0.008), "");
	say(run, "turns_cpu_over_8ms", over(before->cpu_counts, after->cpu_counts, 0.008), "");
	say(run, "last_1000_p50", after->p50_ms, "ms");
	say(run, "last_1000_p99", after->p99_ms, "ms");
	say(run, "last_1000_max", after->max_ms, after->max_stage);
	for (unsigned i = 0; i < STAGE_COUNT; i++) {
		autofree char *name = xasprintf("stage_%s", turn_stage_name((enum turn_stage)i));
		say(run, name, (after->stages_s[i] - before->stages_s[i]) * 1000, "ms in all");
	}
}

static void say_cpu(const struct run *run, const struct usage *before, const struct usage *after)
{
	say(run, "cpu", usage_percent(before, after, NULL), "% of a core");
	for (size_t i = 0; i < after->count; i++) {
		bool said = false;
		for (size_t j = 0; j < i; j++)
			said |= strcmp(after->threads[i].name, after->threads[j].name) == 0;
		double percent = usage_percent(before, after, after->threads[i].name);
		autofree char *name = xasprintf("cpu_%s", after->threads[i].name);
		if (!said && percent >= 0.005)
			say(run, name, percent, "%");
	}
}

static void say_memory(const struct run *run)
{
	struct usage_memory memory = usage_memory(run->engine);
	say(run, "rss", (double)memory.rss_kib / 1024, "MiB");
	say(run, "pss", (double)memory.pss_kib / 1024, "MiB");
	say(run, "private_dirty", (double)memory.private_dirty_kib / 1024, "MiB");
	say(run, "peak_rss", (double)memory.peak_kib / 1024, "MiB");
}

static void say_traffic(const struct run *run, const struct sight *before,
	const struct sight *after, double seconds)
{
	uint64_t sent = after->sent_bytes - before->sent_bytes;
	if (!run->client)
		sent -= before->own_bytes;
	say(run, "to_clients", (double)sent / seconds, "B/s");
}

static void measure(struct run *run)
{
	const char *wanted = getenv("LOAD_SECONDS");
	int seconds = wanted ? atoi(wanted) : SECONDS;
	struct sight sight[2];
	struct usage usage[2], own[2] = {{.count = 0}};
	if (strcmp(run->screen, "client") != 0)
		detach(run);
	pump_for(run, SETTLE_MS); /* figures are shown every ten seconds */
	int64_t left_ms = STEADY_MS - (clock_cost_us() - run->began_us) / 1000;
	if (left_ms > 0)
		pump_for(run, left_ms);
	look(run, &sight[0]);
	if (strcmp(run->screen, "screen") == 0)
		open_screen(run);
	usage_take(run->engine, &usage[0]);
	if (run->vt)
		usage_take(vt_pid(run->vt), &own[0]);
	if (run->vt)
		scroll_for(run, seconds * 1000);
	else
		pump_for(run, seconds * 1000);
	usage_take(run->engine, &usage[1]);
	say_cpu(run, &usage[0], &usage[1]);
	say_memory(run);
	look(run, &sight[1]);
	say_turns(run, &sight[0], &sight[1]);
	say_traffic(run, &sight[0], &sight[1], seconds);
}

static void end(struct run *run)
{
	vt_free(run->vt);
	if (run->client)
		detach(run);
	int64_t began_us = clock_cost_us();
	(void)spawn_end(&run->engine, SIGTERM);
	say(run, "ended_after", since_s(began_us), "s");
	settings_unref(run->settings);
	free(run->config);
	free(run->program);
	botapi_stop(&run->api);
	folder_teardown(NULL);
}

static void load(const char *screen, int bots)
{
	struct run run = {.bots = bots, .screen = screen};
	folder_setup(NULL);
	botapi_start(&run.api);
	configure(&run);
	start(&run);
	await_judged(&run);
	measure(&run);
	end(&run);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return fail("usage: load none|client|screen BOTS...");
	for (int i = 2; i < argc; i++)
		load(argv[1], atoi(argv[i]));
	return 0;
}
