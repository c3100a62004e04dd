/* SPDX-License-Identifier: MIT */
/* 42: two engines. 43: a reload that cannot be, and one that can. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/support/engine_process.h"

enum { REFUSED = 5, SECOND_MS = 1000, RELOAD_MS = 2000 };

/* ---- 42 ---- */

static void try_second(
	struct faults *run, const char *const words[], const char *name, struct sight *sight)
{
	autostr struct str said = STR_INIT;
	autofree char *pid = xasprintf("pid %d since 20", (int)run->engine);
	int64_t begun_ms = fault_now_ms();
	int status = engine_ask(words, FAULT_PATIENCE_MS, &said);
	int64_t took_ms = fault_now_ms() - begun_ms;
	see(sight, status == REFUSED, took_ms, "%s: exit %d", name, status);
	if (!strstr(said.text, "already running") || !strstr(said.text, pid))
		see(sight, false, -1, "it said who runs, but '%s'", said.text);
}

void fault_second_engine(struct faults *run, struct sight *sight)
{
	try_second(run, (const char *const[]){run->daemon, "-c", run->config, NULL}, "botswaind",
		sight);
	try_second(run, (const char *const[]){run->daemon, "-c", run->config, "--own", NULL},
		"botswaind --own", sight);
	try_second(run, (const char *const[]){run->screen, "-c", run->config, "serve", NULL},
		"botswain serve", sight);
}

/* ---- 43 ---- */

char *fault_read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	autostr struct str text = STR_INIT;
	char buffer[4096];
	for (size_t got; file && (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&text, buffer, got);
	if (file)
		fclose(file);
	return xstrndup(text.text, text.length);
}

static bool refused_with(const struct faults *run, const void *words)
{
	const struct msg_engine *engine = model_engine(run->model);
	return engine && strstr(engine->config_error, words);
}

static bool reads_well(const struct faults *run, const void *unused)
{
	const struct msg_engine *engine = model_engine(run->model);
	(void)unused;
	return engine && !engine->config_error[0];
}

static int64_t reload(struct faults *run, const char *text, engine_is *is_so, const void *context)
{
	write_file(run->config, text);
	kill(run->engine, SIGHUP);
	return engine_wait(run, is_so, context, FAULT_PATIENCE_MS);
}

static size_t count_bots(const struct faults *run)
{
	size_t count;
	(void)model_list(run->model, MSG_bot, &count);
	return count;
}

static void try_refused(struct faults *run, const char *text, const char *place, const char *name,
	struct sight *sight)
{
	size_t bots = count_bots(run);
	int64_t took_ms = reload(run, text, refused_with, place);
	see(sight, took_ms >= 0 && count_bots(run) == bots, took_ms, "%s: refused with '%s'", name,
		took_ms >= 0 ? model_engine(run->model)->config_error : "nothing");
}

static void try_restored(struct faults *run, const char *text, struct sight *sight)
{
	int64_t took_ms = reload(run, text, reads_well, NULL);
	if (took_ms < 0)
		see(sight, false, -1, "the file as it was is taken");
}

/* Cut in the middle of a line with a brace open, as a copy that is under way leaves it. */
static char *cut_short(const char *text)
{
	const char *brace = strstr(text, "postgres:");
	brace = brace ? strstr(brace, "{name:") : NULL;
	return brace ? xstrndup(text, (size_t)(brace - text) + 4) : xstrdup("bots: {");
}

struct wish {
	const char *bot, *state;
};

static bool has_telegram_state(const struct faults *run, const void *context)
{
	const struct wish *wish = context;
	const struct msg_bot *bot = model_bot(run->model, entity_id("bot", wish->bot));
	return bot && strcmp(bot->tg_state, wish->state) == 0;
}

static bool fires(const struct faults *run, const void *rule)
{
	size_t count;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_alert *alert = alerts[i];
		if (strcmp(alert->rule, rule) == 0 && strcmp(alert->state, "firing") == 0)
			return true;
	}
	return false;
}

static bool fires_no_more(const struct faults *run, const void *rule)
{
	return !fires(run, rule);
}

/* Another token for a bot: the file changes under the path, and the engine is told. */
static void try_token(struct faults *run, const char *config, struct sight *sight)
{
	autofree char *path = xasprintf("%s/tokens/orders", run->dir);
	autofree char *old = fault_read_text(path);
	autofree char *other = xstrdup(old);
	size_t length = strcspn(other, "\n");
	other[length - 1] = other[length - 1] == 'x' ? 'y' : 'x';
	write_file(path, other);
	int64_t took_ms =
		reload(run, config, has_telegram_state, &(struct wish){"orders", "rejected"});
	see(sight, took_ms >= 0, -1, "another token: rejected after %.1f s", (double)took_ms / 1e3);
	write_file(path, old);
	took_ms = reload(run, config, has_telegram_state, &(struct wish){"orders", "ok"});
	see(sight, took_ms >= 0, -1, "the right one: ok after %.1f s", (double)took_ms / 1e3);
}

/* The alert of the rejected token fires; without its rule it is over, and that is said. */
static void try_rule(struct faults *run, const char *config, struct sight *sight)
{
	static const char rule[] = "token_rejected";
	autofree char *path = xasprintf("%s/tokens/orders", run->dir);
	autofree char *old = fault_read_text(path);
	autofree char *without = xasprintf("%s  %s: {off: yes}\n", config, rule);
	autofree char *other = xstrdup(old);
	size_t length = strcspn(other, "\n");
	other[length - 1] = other[length - 1] == 'x' ? 'y' : 'x';
	write_file(path, other);
	int64_t took_ms = reload(run, config, fires, rule);
	see(sight, took_ms >= 0, -1, "%s fires after %.1f s", rule, (double)took_ms / 1e3);
	took_ms = reload(run, without, fires_no_more, rule);
	see(sight, took_ms >= 0, took_ms, "without its rule it is over after %.2f s",
		(double)took_ms / 1e3);
	see(sight, engine_said(run, "the configuration turned the rule off"), -1,
		"with the reason");
	write_file(path, old);
	took_ms = reload(run, config, has_telegram_state, &(struct wish){"orders", "ok"});
	see(sight, took_ms >= 0, -1, "all as before after %.1f s", (double)took_ms / 1e3);
}

void fault_reload(struct faults *run, struct sight *sight)
{
	autofree char *config = fault_read_text(run->config);
	autofree char *wrong = xasprintf("%s  no_such_rule: {off: yes}\n", config);
	autofree char *half = cut_short(config);
	try_refused(run, wrong, "botswain.yaml:", "a rule that is none", sight);
	try_restored(run, config, sight);
	try_refused(run, half, "botswain.yaml:", "a file cut short", sight);
	try_restored(run, config, sight);
	try_token(run, config, sight);
	try_rule(run, config, sight);
}
