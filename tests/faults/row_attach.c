/* SPDX-License-Identifier: MIT */
/* A1 to A5: what goes wrong around attaching. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "tests/faults/other.h"
#include "tests/faults/screens.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { KEY_MS = 3000, LATE_MS = 10000, BACK_MS = 5000 };

static bool is_quiet(const struct faults *run)
{
	size_t count;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(((const struct msg_alert *)alerts[i])->state, "firing") == 0)
			return false;
	return true;
}

/* ---- A1 ---- */

enum { STILL_MS = 20000 };

void fault_still_engine(struct faults *run, struct sight *sight)
{
	struct vt *vt = screen_open(run, 24, 80);
	bool was_quiet = is_quiet(run);
	if (!vt) {
		see(sight, false, -1, "a screen opens");
		return;
	}
	kill(run->engine, SIGSTOP);
	int64_t begun_ms = fault_now_ms();
	bool said = vt_wait_text(vt, "silent since", LATE_MS);
	see(sight, said, -1, "said to be silent after %.1f s",
		(double)(fault_now_ms() - begun_ms) / 1e3);
	(void)vt_wait_text(vt, "\x7f", (int)(STILL_MS - (fault_now_ms() - begun_ms)));
	kill(run->engine, SIGCONT);
	begun_ms = fault_now_ms();
	bool back = vt_wait_no_text(vt, "silent since", LATE_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, back, took_ms, "%d s later it goes on: the silence is over after %.2f s",
		STILL_MS / 1000, (double)took_ms / 1e3);
	engine_look(run, BACK_MS);
	see(sight, !was_quiet || is_quiet(run), -1, "no alert for it");
	see(sight, crowd_report(run->crowd).lost == 0, -1, "nobody is hung up on");
	vt_free(vt);
}

/* ---- A2 ---- */

/* Another build: the version in the program's bytes is another one of the same length. */
static char *write_next_build(const struct faults *run)
{
	static const char next[] = "9.9.9";
	char *path = xasprintf("%s/botswaind-next", run->dir);
	const char *const words[] = {
		"sed", "-e", "s/" BOTSWAIN_VERSION "/9.9.9/g", run->daemon, NULL};
	autostr struct str bytes = STR_INIT;
	FILE *file = strlen(BOTSWAIN_VERSION) + 1 == sizeof(next) &&
				     engine_ask(words, LATE_MS, &bytes) == 0
			     ? fopen(path, "we")
			     : NULL;
	bool good = file && fwrite(bytes.text, 1, bytes.length, file) == bytes.length;
	if (file)
		good = fclose(file) == 0 && chmod(path, 0700) == 0 && good;
	if (good)
		return path;
	free(path);
	return NULL;
}

void fault_next_build(struct faults *run, struct sight *sight)
{
	autofree char *next = write_next_build(run);
	if (!next) {
		see(sight, false, -1, "a build with another version");
		return;
	}
	char *old = run->daemon;
	int status = engine_end(run->engine, SIGTERM, LATE_MS);
	run->daemon = next;
	int64_t begun_ms = fault_now_ms();
	bool up = engine_start(run);
	see(sight, status == 0 && up && strcmp(client_welcome(run->client)->build, "9.9.9") == 0,
		-1, "engine 9.9.9 in the place of " BOTSWAIN_VERSION);
	bool back = crowd_wait(run, FAULT_PATIENCE_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, back, took_ms, "everybody is back after %.1f s", (double)took_ms / 1e3);
	status = engine_end(run->engine, SIGTERM, LATE_MS);
	run->daemon = old;
	see(sight, status == 0 && engine_start(run), -1, "and back again");
	unlink(next);
}

/* ---- A3 ---- */

static bool lets_in(const struct faults *run, const void *unused)
{
	struct client *client;
	struct err err;
	(void)unused;
	if (!client_connect(run->settings->socket_path, run->settings->state_dir, "screen", false,
		    &client, &err))
		return false;
	client_free(client);
	return true;
}

void fault_no_socket(struct faults *run, struct sight *sight)
{
	unlink(run->settings->socket_path);
	see(sight, !lets_in(run, NULL), -1, "nobody finds it");
	int64_t took_ms = engine_wait(run, lets_in, NULL, FAULT_PATIENCE_MS);
	see(sight, took_ms >= 0, took_ms, "open again after %.2f s", (double)took_ms / 1e3);
	struct stat found;
	see(sight, stat(run->settings->socket_path, &found) == 0 && (found.st_mode & 0777) == 0600,
		-1, "for its own user alone");
	see(sight, engine_said(run, "somebody removed the socket"), -1, "and it is said");
}

/* ---- A4 ---- */

enum { NOBODYS = 61235 };

static pid_t start_as_nobody(const struct faults *run, const struct other *other)
{
	const char *const before[] = {
		"setpriv", "--reuid=61235", "--regid=61235", "--clear-groups", NULL};
	unlink(other->log);
	return engine_spawn(run, before, other->config, NULL, other->log);
}

/* Whatever it says of the bot: it says it. */
static bool lets_in_and_answers(const struct faults *run, const struct other *other)
{
	autostr struct str text = STR_INIT;
	const char *const words[] = {run->screen, "-c", other->config, "bots", NULL};
	(void)engine_ask(words, LATE_MS, &text);
	return strstr(text.text, "orders") != NULL;
}

void fault_closed_folder(struct faults *run, struct sight *sight)
{
	struct other other;
	if (geteuid() != 0 || !other_make(run, "closed", NOBODYS, &other)) {
		see(sight, false, -1, "root, and a folder for an engine of another user");
		return;
	}
	autofree char *state = xasprintf("%s/state", other.folder);
	pid_t pid = start_as_nobody(run, &other);
	engine_look(run, 2000);
	bool closed = chmod(state, 0500) == 0 && !process_ends(pid, 2000);
	see(sight, closed && lets_in_and_answers(run, &other), -1,
		"an engine that runs when its folder turns read-only goes on and answers");
	see(sight, engine_end(pid, SIGTERM, LATE_MS) == 0, -1, "and leaves in order");
	see(sight, chown(state, 0, 0) == 0 && chmod(state, 0555) == 0, -1, "it is root's now");
	int64_t begun_ms = fault_now_ms();
	pid = start_as_nobody(run, &other);
	int status = engine_end(pid, 0, LATE_MS);
	int64_t took_ms = fault_now_ms() - begun_ms;
	autofree char *said = read_all(other.log);
	see(sight,
		status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1 && strstr(said, state),
		took_ms, "the next one: exit %d, '%.*s'", status > 0 ? WEXITSTATUS(status) : -1,
		(int)strcspn(said, "\n"), said);
	other_release(&other);
}

/* ---- A5 ---- */

/* One of two who want the same. */
struct hand {
	struct client *client;
	struct model *model;
	uint64_t plan, operation;
	bool is_refused;
	char words[200];
};

static void take(void *context, enum msg_kind kind, const void *body)
{
	struct hand *hand = context;
	const struct msg_plan *plan = body;
	const struct msg_accepted *accepted = body;
	const char *error = NULL;
	if (kind == MSG_plan) {
		hand->plan = plan->plan;
		error = plan->plan ? NULL : plan->error;
	} else if (kind == MSG_accepted) {
		hand->operation = accepted->operation;
		error = accepted->operation ? NULL : accepted->error;
	}
	if (error) {
		hand->is_refused = true;
		copy_text(hand->words, sizeof(hand->words), error);
	}
}

static void plan_restart(struct hand *hand, const char *bot)
{
	autofree char *name = xstrdup(bot);
	char verb[] = "restart";
	struct msg_target target = {.id = entity_id("bot", bot), .name = name};
	struct msg_plan_req request = {.req = client_next_request(hand->client),
		.verb = verb,
		.targets = &target,
		.targets_count = 1};
	client_send(hand->client, MSG_plan_req, &request);
}

static void run_plan(struct hand *hand)
{
	char reason[] = "two at once", typed[] = "";
	struct msg_run_req request = {.req = client_next_request(hand->client),
		.plan = hand->plan,
		.reason = reason,
		.typed = typed};
	client_send(hand->client, MSG_run_req, &request);
}

static void pump(struct faults *run, struct hand hands[2], int64_t ms)
{
	int64_t until_ms = fault_now_ms() + ms;
	while (fault_now_ms() < until_ms) {
		for (int i = 0; i < 2; i++)
			client_pump(
				hands[i].client, hands[i].model, fault_now_ms(), take, &hands[i]);
		engine_look(run, 10);
	}
}

static const struct msg_operation *operation_of(const struct faults *run, const struct hand *hand)
{
	return hand->operation ? model_operation(run->model, hand->operation) : NULL;
}

static bool have_ended(const struct faults *run, const void *context)
{
	const struct hand *hands = context;
	for (int i = 0; i < 2; i++) {
		const struct msg_operation *operation = operation_of(run, &hands[i]);
		if (hands[i].operation && (!operation || !operation->ended_ms))
			return false;
	}
	return true;
}

/* The hostile one may be at the door. */
static bool knock(const struct faults *run, struct client **ret)
{
	struct err err;
	int64_t until_ms = fault_now_ms() + KEY_MS;
	while (!client_connect(
		run->settings->socket_path, run->settings->state_dir, "screen", true, ret, &err)) {
		if (fault_now_ms() > until_ms)
			return false;
		fault_pace_until(fault_now_ms() + 5);
	}
	return true;
}

void fault_two_hands(struct faults *run, struct sight *sight)
{
	static const char bot[] = "orders";
	struct hand hands[2] = {{.model = model_new()}, {.model = model_new()}};
	bool good = true;
	for (int i = 0; i < 2; i++)
		good &= knock(run, &hands[i].client);
	if (!good) {
		see(sight, false, -1, "two clients");
		return;
	}
	pump(run, hands, 500);
	for (int i = 0; i < 2; i++)
		plan_restart(&hands[i], bot);
	pump(run, hands, 300);
	for (int i = 0; i < 2; i++)
		run_plan(&hands[i]);
	int64_t begun_ms = fault_now_ms();
	pump(run, hands, 500);
	see(sight, (hands[0].operation != 0) + (hands[1].operation != 0) == 1, -1,
		"one restart is accepted, the other refused: '%s%s'", hands[0].words,
		hands[1].words);
	bool ended = engine_wait(run, have_ended, hands, FAULT_PATIENCE_MS) >= 0;
	const struct msg_operation *operation =
		operation_of(run, hands[0].operation ? &hands[0] : &hands[1]);
	see(sight, ended && operation && strcmp(operation->state, "done") == 0,
		fault_now_ms() - begun_ms, "it is %s after %.1f s",
		operation ? operation->state : "nowhere",
		(double)(fault_now_ms() - begun_ms) / 1e3);
	for (int i = 0; i < 2; i++) {
		client_free(hands[i].client);
		model_free(hands[i].model);
	}
}
