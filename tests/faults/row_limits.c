/* SPDX-License-Identifier: MIT */
/* 31: no descriptor is left. 32: no memory. 33: no thread. */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/crowd.h"
#include "tests/faults/faults.h"
#include "tests/faults/hostile.h"
#include "tests/faults/other.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

/* ---- 31 ---- */

enum { KNOCKS = 12, FULL_MS = 6000, BUSY_PERCENT = 20 };

static rlim_t set_limit(pid_t pid, int which, rlim_t soft)
{
	struct rlimit old = {0}, now;
	prlimit(pid, (enum __rlimit_resource)which, NULL, &old);
	now = (struct rlimit){soft, old.rlim_max};
	prlimit(pid, (enum __rlimit_resource)which, &now, NULL);
	return old.rlim_cur;
}

/* Lets in until there is no descriptor for one more; how many it let in, the last one waits. */
static unsigned knock(const struct faults *run, struct client *clients[KNOCKS])
{
	struct err err;
	unsigned let_in = 0;
	for (unsigned i = 0; i < KNOCKS; i++) {
		int64_t until_ms = fault_now_ms() + 500;
		if (!client_connect(run->settings->socket_path, run->settings->state_dir, "screen",
			    false, &clients[i], &err))
			return let_in;
		if (engine_meet(clients[i], until_ms) != CLIENT_ATTACHED)
			return let_in;
		let_in++;
	}
	return let_in;
}

/* `ret`: what is said of the first. */
static unsigned bots_in_trouble(const struct faults *run, struct str *ret)
{
	size_t count;
	unsigned bad = 0;
	const void *const *bots = model_list(run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_bot *bot = bots[i];
		if (bot->severity < SEVERITY_CRIT)
			continue;
		if (!bad++)
			str_addf(ret, " (%s %s: %s)", bot->name, bot->state, bot->why);
	}
	return bad;
}

static int64_t wait_let_in(struct client *client, int64_t limit_ms)
{
	int64_t begun_ms = fault_now_ms();
	bool is_in = engine_meet(client, begun_ms + limit_ms) == CLIENT_ATTACHED;
	return is_in ? fault_now_ms() - begun_ms : -1;
}

enum { MORE_SOURCES = 6, SOURCE_FDS = 2 };

/* The configuration with so many more Redis servers. */
static char *with_more_sources(const char *config)
{
	static const char at[] = "\nredis:\n";
	const char *redis = strstr(config, at);
	autostr struct str text = STR_INIT;
	if (!redis)
		return NULL;
	size_t head = (size_t)(redis - config) + strlen(at);
	str_add(&text, config, head);
	for (int i = 0; i < MORE_SOURCES; i++)
		str_addf(&text, "  more%d: {socket: /nowhere/%d.sock}\n", i, i);
	str_adds(&text, config + head);
	return xstrdup(text.text);
}

static bool lacks_a_source(const struct faults *run, const void *unused)
{
	const struct msg_engine *engine = model_engine(run->model);
	(void)unused;
	return engine && strstr(engine->config_error, "Too many open files: reload once it can");
}

static bool lacks_nothing(const struct faults *run, const void *unused)
{
	const struct msg_engine *engine = model_engine(run->model);
	(void)unused;
	return engine && !engine->config_error[0];
}

/* A reload whose new sources find no descriptor: they are left out, and the rest goes on. */
static void try_more_sources(struct faults *run, struct sight *sight)
{
	autofree char *config = fault_read_text(run->config);
	autofree char *more = with_more_sources(config);
	if (!more) {
		see(sight, false, -1, "the fleet's configuration has a redis");
		return;
	}
	rlim_t before = set_limit(run->engine, RLIMIT_NOFILE, engine_fds(run->engine) + SOURCE_FDS);
	write_file(run->config, more);
	kill(run->engine, SIGHUP);
	int64_t said_ms = engine_wait(run, lacks_a_source, NULL, FULL_MS);
	unsigned fresh = engine_fresh_bots(run, FULL_MS);
	set_limit(run->engine, RLIMIT_NOFILE, before);
	see(sight, said_ms >= 0 && kill(run->engine, 0) == 0, -1,
		"a reload with %d more sources says after %.1f s which cannot be started",
		MORE_SOURCES, (double)said_ms / 1e3);
	see(sight, fresh > 0, -1, "%u bots answered meanwhile", fresh);
	write_file(run->config, config);
	kill(run->engine, SIGHUP);
	see(sight, engine_wait(run, lacks_nothing, NULL, FAULT_PATIENCE_MS) >= 0, -1,
		"the file as it was is taken");
}

void fault_no_descriptors(struct faults *run, struct sight *sight)
{
	struct client *clients[KNOCKS] = {NULL};
	autostr struct str first = STR_INIT;
	unsigned bad = bots_in_trouble(run, &first);
	hostile_pause(run->hostile);
	engine_look(run, 200);
	rlim_t before = set_limit(run->engine, RLIMIT_NOFILE, engine_fds(run->engine) + 3);
	unsigned let_in = knock(run, clients);
	long cpu_ms = process_cpu_ms(run->engine);
	engine_look(run, FULL_MS);
	long percent = (process_cpu_ms(run->engine) - cpu_ms) * 100 / FULL_MS;
	see(sight, let_in < KNOCKS, -1, "%u more let in, then one waits", let_in);
	see(sight, percent <= BUSY_PERCENT, -1, "engine at %ld%%", percent);
	str_clear(&first);
	unsigned now_bad = bots_in_trouble(run, &first);
	see(sight, now_bad <= bad, -1, "%u bots said to be in trouble%s, %u before", now_bad,
		first.text, bad);
	see(sight, engine_fresh_bots(run, FULL_MS) > 0, -1, "%u bots answered meanwhile",
		engine_fresh_bots(run, FULL_MS));
	set_limit(run->engine, RLIMIT_NOFILE, before);
	int64_t took_ms = let_in < KNOCKS ? wait_let_in(clients[let_in], FAULT_PATIENCE_MS) : -1;
	see(sight, took_ms >= 0, took_ms, "let in %.2f s after there are descriptors again",
		(double)took_ms / 1e3);
	hostile_go_on(run->hostile);
	for (unsigned i = 0; i < KNOCKS; i++)
		client_free(clients[i]);
	see(sight, engine_said(run, "cannot let a client in: Too many open files"), -1,
		"it says that it cannot let a client in: Too many open files");
	try_more_sources(run, sight);
}

/* ---- 32 ---- */

enum { SAMPLES = 24, START_MS = 900, END_MS = 8000, BORNE_MS = 5000 };

/* It ended in order or by abort() with a sentence; nothing else is clean. */
static bool is_clean(int status, const char *said)
{
	if (status < 0)
		return false;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGABRT && strstr(said, "out of memory");
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || said[0]);
}

static int start_and_end(
	const struct faults *run, const struct other *other, const char *variable, bool goes_on)
{
	autofree char *preload = xasprintf("LD_PRELOAD=%s/tests/fail_malloc.so", run->build);
	const char *const before[] = {
		"env", preload, variable, goes_on ? "FAIL_MALLOC_ON=1" : "FAIL_MALLOC_OFF=1", NULL};
	unlink(other->log);
	pid_t pid = engine_spawn(run, before, other->config, NULL, other->log);
	if (process_ends(pid, START_MS))
		return engine_end(pid, 0, 0);
	return engine_end(pid, SIGTERM, END_MS);
}

static unsigned long count_allocations(const struct faults *run, const struct other *other)
{
	autofree char *path = xasprintf("%s/allocations", other->folder);
	autofree char *variables = xasprintf("FAIL_MALLOC_COUNT=%s", path);
	(void)start_and_end(run, other, variables, false);
	autofree char *text = read_all(path);
	return strtoul(text, NULL, 10);
}

/* Half of them at the begin, where each is another place in the code. */
static unsigned long sample(unsigned number, unsigned long all)
{
	if (number < SAMPLES / 2)
		return 1 + (unsigned long)number * all / 20 / (SAMPLES / 2);
	return all / 20 + (unsigned long)(number - SAMPLES / 2) * all / (SAMPLES / 2);
}

static void fail_each(struct faults *run, const struct other *other, struct sight *sight)
{
	unsigned long all = count_allocations(run, other);
	unsigned clean = 0, died = 0;
	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned long at = sample(i, all);
		autofree char *variable = xasprintf("FAIL_MALLOC_AT=%lu", at);
		int status = start_and_end(run, other, variable, i % 3);
		autofree char *said = read_all(other->log);
		bool good = is_clean(status, said);
		clean += good;
		died += status >= 0 && WIFSIGNALED(status);
		if (!good)
			see(sight, false, -1, "allocation %lu: status %#x, '%.120s'", at,
				(unsigned)status, said);
	}
	see(sight, clean == SAMPLES && all > SAMPLES, -1,
		"engine: %u of %u failures among %lu allocations ended with a sentence or were "
		"borne, "
		"%u by abort()",
		clean, SAMPLES, all, died);
	int status = start_and_end(run, other, "FAIL_MALLOC_AT=0", false);
	see(sight, status == 0, -1, "then it starts as ever");
}

static bool takes_lines(struct vt *vt)
{
	struct termios modes = vt_modes(vt);
	return (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) && !vt_alt_screen(vt);
}

/* The screen: however it ends, the terminal is right. */
static void fail_screens(struct faults *run, struct sight *sight)
{
	enum { SCREENS = 12, FIRST = 40, STEP = 900 };
	autofree char *preload = xasprintf("LD_PRELOAD=%s/tests/fail_malloc.so", run->build);
	unsigned right = 0, died = 0;
	for (unsigned i = 0; i < SCREENS; i++) {
		int status = 0;
		autofree char *at = xasprintf("FAIL_MALLOC_AT=%u", FIRST + i * STEP);
		struct vt *vt = vt_spawn(24, 80,
			(const char *const[]){run->screen, "-c", run->config, NULL},
			(const char *const[]){preload, at, "FAIL_MALLOC_ON=1", NULL});
		bool ended = vt_wait_exit(vt, true, 2000, &status);
		died += ended;
		if (!ended) {
			vt_press(vt, "q");
			ended = vt_wait_exit(vt, true, 3000, &status);
		}
		right += ended && takes_lines(vt);
		vt_free(vt);
	}
	see(sight, right == SCREENS && died > 0, -1,
		"%u screens of %u died of it, the terminal was right after %u", died, SCREENS,
		right);
}

static char *audit_of(const struct faults *run)
{
	autofree char *path = xasprintf("%s/audit.jsonl", run->settings->state_dir);
	FILE *file = fopen(path, "re");
	autostr struct str text = STR_INIT;
	char buffer[8192];
	for (size_t got; file && (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&text, buffer, got);
	if (file)
		fclose(file);
	return xstrndup(text.text, text.length);
}

static bool is_gone(const struct faults *run, const void *unused)
{
	(void)unused;
	return process_ends(run->engine, 0);
}

/* The engine that all are attached to may take no more; they make it want more. */
static void take_its_memory(struct faults *run, struct sight *sight)
{
	autofree char *audit = audit_of(run);
	set_limit(run->engine, RLIMIT_AS, 1 << 20);
	(void)hostile_behave(run->settings->socket_path, HOSTILE_DEAF, 1500);
	int64_t took_ms = engine_wait(run, is_gone, NULL, BORNE_MS);
	int status = engine_end(run->engine, took_ms < 0 ? SIGKILL : 0, END_MS);
	autofree char *said = read_all(run->log);
	if (took_ms < 0)
		see(sight, true, -1,
			"the engine of all bore it for %d s, and was killed as the kernel does",
			BORNE_MS / 1000);
	else
		see(sight, is_clean(status, said), -1,
			"the engine of all: status %#x after %.1f s, '%.*s'", (unsigned)status,
			(double)took_ms / 1e3, (int)strcspn(said, "\n"), said);
	int64_t begun_ms = fault_now_ms();
	bool back = engine_start(run) && crowd_wait(run, FAULT_PATIENCE_MS);
	int64_t back_ms = fault_now_ms() - begun_ms;
	autofree char *after = audit_of(run);
	see(sight, back, back_ms, "started again: everybody is back in the view after %.1f s",
		(double)back_ms / 1e3);
	see(sight, strncmp(after, audit, strlen(audit)) == 0, -1, "the audit file goes on");
}

void fault_no_memory(struct faults *run, struct sight *sight)
{
	struct other other;
	if (!other_make(run, "memory", 0, &other)) {
		see(sight, false, -1, "a folder for another engine");
		return;
	}
	fail_each(run, &other, sight);
	other_release(&other);
	fail_screens(run, sight);
	take_its_memory(run, sight);
}

/* ---- 33 ---- */

enum { NOBODYS = 61234, THREADS_MAX = 14, THREAD_START_MS = 1500 };

static pid_t start_with_threads(
	const struct faults *run, const struct other *other, unsigned threads)
{
	autofree char *limit = xasprintf("--nproc=%u", threads);
	autofree char *uid = xasprintf("--reuid=%d", NOBODYS),
		      *gid = xasprintf("--regid=%d", NOBODYS);
	const char *const as_root[] = {
		"setpriv", uid, gid, "--clear-groups", "prlimit", limit, NULL};
	unlink(other->log);
	return engine_spawn(run, as_root, other->config, NULL, other->log);
}

static bool says_it(struct faults *run, const struct other *other, const char *words)
{
	autostr struct str text = STR_INIT;
	const char *const argv[] = {run->screen, "-c", other->config, "logs", NULL};
	(void)engine_ask(argv, 5000, &text);
	return strstr(text.text, words) != NULL;
}

/* Refused with a sentence, or up and naming what it lacks. */
static void try_threads(struct faults *run, const struct other *other, unsigned threads,
	unsigned counts[3], struct sight *sight)
{
	enum { REFUSED, LACKING, WHOLE };
	pid_t pid = start_with_threads(run, other, threads);
	int status = -1;
	if (process_ends(pid, THREAD_START_MS)) {
		status = engine_end(pid, 0, 0);
		autofree char *said = read_all(other->log);
		bool good = WIFEXITED(status) && WEXITSTATUS(status) == 1 && strstr(said, "thread");
		counts[REFUSED]++;
		if (!good)
			see(sight, false, -1, "%u threads: status %#x, '%.100s'", threads,
				(unsigned)status, said);
		return;
	}
	bool lacks = says_it(run, other, "cannot start the thread");
	counts[lacks ? LACKING : WHOLE]++;
	status = engine_end(pid, SIGTERM, END_MS);
	if (status != 0)
		see(sight, false, -1, "%u threads: it ends in order, but %#x", threads,
			(unsigned)status);
}

void fault_no_threads(struct faults *run, struct sight *sight)
{
	struct other other;
	unsigned counts[3] = {0};
	if (geteuid() != 0 || !other_make(run, "threads", NOBODYS, &other)) {
		see(sight, false, -1, "root, and a folder for an engine of another user");
		return;
	}
	for (unsigned threads = 1; threads <= THREADS_MAX; threads++)
		try_threads(run, &other, threads, counts, sight);
	see(sight, counts[0] > 0 && counts[1] > 0 && counts[2] > 0, -1,
		"with 1 to %d threads: %u refused to start with a sentence, %u ran and named what "
		"they lack, %u were whole",
		THREADS_MAX, counts[0], counts[1], counts[2]);
	other_release(&other);
}
