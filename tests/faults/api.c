/* SPDX-License-Identifier: MIT */
#include "tests/faults/api.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/screens.h"
#include "tests/support/engine_process.h"
#include "tests/support/proxy.h"
#include "tests/support/vt.h"

enum { ROWS = 45, COLUMNS = 160, CONTROL_MS = 10000 };

const struct msg_bot *api_bot(const struct faults *run, const char *name)
{
	return model_bot(run->model, entity_id("bot", name));
}

pid_t api_pid(const struct faults *run)
{
	autofree char *path = xasprintf("%s/pids", run->dir);
	autofree char *text = fault_read_text(path);
	const char *line = strstr(text, "botapi ");
	return line ? (pid_t)strtol(line + strlen("botapi "), NULL, 10) : 0;
}

bool api_control(struct api *api, const char *route, const char *json)
{
	autostr struct str said = STR_INIT;
	const char *const words[] = {"tests/fleet/ctl", api->run->dir, route, json, NULL};
	bool good = engine_ask(words, CONTROL_MS, &said) == 0 && !strstr(said.text, "error");
	if (!good)
		see(api->sight, false, -1, "the server takes %s %s, but '%s'", route, json,
			said.text);
	return good;
}

/* ---- the configuration ---- */

/* `telegram: {api: "URL", ...` with another URL and a time-out. */
static char *with_api(const char *config, const char *url)
{
	static const char at[] = "telegram: {api: \"";
	const char *from = strstr(config, at), *end = from ? strchr(from + strlen(at), '"') : NULL;
	if (!end)
		return NULL;
	autofree char *old = xstrndup(from + strlen(at), (size_t)(end - from) - strlen(at));
	return xasprintf("%.*stelegram: {timeout: %ds, api: \"%s%s", (int)(from - config), config,
		API_TIMEOUT_MS / 1000, url ? url : old, end);
}

static void take_config(const struct faults *run, const char *text)
{
	write_file(run->config, text);
	kill(run->engine, SIGHUP);
}

/* ---- what is known ---- */

static bool is_asked(const struct msg_bot *bot)
{
	return bot->enabled && bot->tg_state[0] && strcmp(bot->tg_state, "not_polled") != 0;
}

static bool fires(const struct msg_alert *alert)
{
	return strcmp(alert->state, "firing") == 0;
}

static const struct msg_alert *find_alert(const struct faults *run, const char *rule)
{
	size_t count;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++)
		if (fires(alerts[i]) &&
			strcmp(((const struct msg_alert *)alerts[i])->rule, rule) == 0)
			return alerts[i];
	return NULL;
}

static bool source_is_well(const struct faults *run, const char *kind, const char *name)
{
	autofree char *path = xasprintf("%s/%s", kind, name);
	const struct msg_source *source = model_source(run->model, entity_id("source", path));
	return source && strcmp(source->state, "ok") == 0;
}

/* Every bot that is asked was answered well since then, and so the source says. */
struct well {
	int64_t since_wall_ms;
};

static bool all_are_well(const struct faults *run, const void *context)
{
	const struct well *well = context;
	size_t count, asked = 0;
	const void *const *bots = model_list(run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_bot *bot = bots[i];
		if (!is_asked(bot))
			continue;
		asked++;
		if (strcmp(bot->tg_state, "ok") != 0 || bot->tg_at_ms < well->since_wall_ms)
			return false;
	}
	return asked > 0 && source_is_well(run, "telegram", "telegram");
}

static int64_t wall_ms(void)
{
	return clock_wall_ms(clock_real());
}

/* ---- begin and end ---- */

static bool settle(struct api *api, const char *text)
{
	struct well well = {wall_ms()};
	take_config(api->run, text);
	bool good = engine_wait(api->run, all_are_well, &well, API_PATIENCE_MS) >= 0;
	if (!good)
		see(api->sight, false, -1, "every bot is answered");
	return good;
}

static void prepare(struct faults *run, struct sight *sight, struct api *ret)
{
	const char *colon = strrchr(run->settings->telegram_api, ':');
	*ret = (struct api){.run = run, .sight = sight, .config = fault_read_text(run->config)};
	ret->port = (uint16_t)strtoul(colon ? colon + 1 : "", NULL, 10);
}

static bool begin(struct api *api, const char *url)
{
	struct faults *run = api->run;
	struct sight *sight = api->sight;
	autofree char *text = with_api(api->config, url);
	if (!text) {
		see(sight, false, -1, "the fleet's configuration says where the Bot API is");
		return false;
	}
	if (!settle(api, text))
		return false;
	api->screen = screen_open(run, ROWS, COLUMNS);
	if (!api->screen)
		see(sight, false, -1, "a screen opens");
	api_mark(api);
	return api->screen;
}

bool api_begin(struct faults *run, struct sight *sight, const char *url, struct api *ret)
{
	prepare(run, sight, ret);
	return begin(ret, url);
}

bool api_begin_proxied(struct faults *run, struct sight *sight, struct api *ret)
{
	prepare(run, sight, ret);
	ret->proxy =
		proxy_start((struct proxy_place){NULL, 0}, (struct proxy_place){NULL, ret->port});
	if (!ret->proxy) {
		see(sight, false, -1, "a proxy listens");
		return false;
	}
	autofree char *url = xasprintf("http://127.0.0.1:%u", proxy_port(ret->proxy));
	return begin(ret, url);
}

void api_move(struct api *api, const char *url)
{
	autofree char *text = with_api(api->config, url);
	take_config(api->run, text);
}

void api_end(struct api *api)
{
	vt_free(api->screen);
	(void)settle(api, api->config);
	proxy_stop(api->proxy);
	free(api->config);
}

void api_mark(struct api *api)
{
	api->begun_ms = fault_now_ms();
	api->begun_wall_ms = wall_ms();
}

int64_t api_within_ms(const struct api *api)
{
	int64_t ms = fault_now_ms() - api->begun_ms - API_POLL_MS;
	return ms > 0 ? ms : 0;
}

/* ---- what is seen ---- */

struct text {
	struct vt *screen;
	const char *text;
};

static bool stands_there(const struct faults *run, const void *context)
{
	const struct text *it = context;
	(void)run;
	return vt_wait_text(it->screen, it->text, 1);
}

void api_see_text(struct api *api, const char *text, bool counts)
{
	bool came = engine_wait(api->run, stands_there, &(struct text){api->screen, text},
			    API_PATIENCE_MS) >= 0;
	int64_t within_ms = api_within_ms(api);
	see(api->sight, came, counts && came ? within_ms : -1, "'%s' on the screen after %.1f s",
		text, (double)within_ms / 1e3);
	if (came)
		return;
	autostr struct str shown = STR_INIT;
	vt_screen(api->screen, &shown);
	fprintf(stderr, "the screen, without '%s':\n%s\n", text, shown.text);
}

/* Those that began to fire since the injection. */
static size_t count_alerts(const struct api *api, struct str *ret_names)
{
	size_t count, fresh = 0;
	const void *const *alerts = model_list(api->run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_alert *alert = alerts[i];
		if (!fires(alert) || alert->fired_ms < api->begun_wall_ms)
			continue;
		fresh++;
		str_addf(ret_names, " %s/%s", alert->rule, alert->target_name);
	}
	return fresh;
}

struct wish {
	const char *rule, *words;
};

static bool fires_with_words(const struct faults *run, const void *context)
{
	const struct wish *wish = context;
	const struct msg_alert *alert = find_alert(run, wish->rule);
	return alert && strstr(alert->text, wish->words);
}

/* Waits for it; after how long it came, -1: it did not. */
static int64_t await_alert(struct api *api, const char *rule, const char *words)
{
	bool came = engine_wait(api->run, fires_with_words, &(struct wish){rule, words},
			    API_PATIENCE_MS) >= 0;
	return came ? api_within_ms(api) : -1;
}

static const char *text_of(const struct api *api, const char *rule)
{
	const struct msg_alert *alert = find_alert(api->run, rule);
	return alert ? alert->text : "nothing";
}

void api_see_alert(struct api *api, const char *rule, const char *words)
{
	bool came = await_alert(api, rule, words) >= 0;
	see(api->sight, came, -1, "%s: '%s'", rule, text_of(api, rule));
}

void api_see_one_alert(struct api *api, const char *rule, const char *words)
{
	autostr struct str names = STR_INIT;
	int64_t within_ms = await_alert(api, rule, words);
	see(api->sight, within_ms >= 0, within_ms, "%s after %.1f s: '%s'", rule,
		(double)within_ms / 1e3, text_of(api, rule));
	size_t count = count_alerts(api, &names);
	see(api->sight, count == 1, -1, "%zu alert of it:%s", count, names.text);
}

size_t api_firing(const struct faults *run, const char *rule)
{
	size_t count, firing = 0;
	const void *const *alerts = model_list(run->model, MSG_alert, &count);
	for (size_t i = 0; i < count; i++)
		firing += fires(alerts[i]) &&
			  strcmp(((const struct msg_alert *)alerts[i])->rule, rule) == 0;
	return firing;
}

void api_see_nothing_believed(struct api *api)
{
	size_t count, believed = 0;
	const void *const *bots = model_list(api->run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++)
		believed += ((const struct msg_bot *)bots[i])->tg_at_ms >
			    api->begun_wall_ms + API_POLL_MS;
	see(api->sight, believed == 0, -1, "%zu bots with a part of an answer", believed);
}

/* ---- what its server wrote down ---- */

static int64_t number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);
	return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static bool has_value(const char *line, const char *key, const char *value)
{
	autofree char *text = xasprintf("\"%s\":\"%s\"", key, value);
	return strstr(line, text) != NULL;
}

struct api_asked api_asked(
	const struct api *api, const char *peer, const char *bot, const char *method)
{
	struct api_asked asked = {0};
	autofree char *path = xasprintf("%s/transcript.jsonl", api->run->dir);
	const struct msg_bot *it = bot ? api_bot(api->run, bot) : NULL;
	FILE *file = fopen(path, "re");
	char line[512];
	while (file && fgets(line, sizeof(line), file)) {
		int64_t ms = number_after(line, "\"t\":");
		if (ms < api->begun_wall_ms || !has_value(line, "peer", peer) ||
			(method && !has_value(line, "method", method)) ||
			(bot && (!it || number_after(line, "\"bot\":") != it->tg_id)))
			continue;
		asked.first_ms = asked.count++ ? asked.first_ms : ms;
		asked.last_ms = ms;
	}
	if (file)
		fclose(file);
	return asked;
}

void api_see_the_others_live(struct api *api)
{
	size_t count, beating = 0;
	const void *const *bots = model_list(api->run->model, MSG_bot, &count);
	for (size_t i = 0; i < count; i++)
		beating += strcmp(((const struct msg_bot *)bots[i])->hb_state, "ok") == 0;
	see(api->sight,
		source_is_well(api->run, "redis", "main") &&
			source_is_well(api->run, "postgres", "main") && beating > 0,
		-1, "Redis and Postgres known as ever, %zu bots beat", beating);
}

static bool is_over(const struct faults *run, const void *rule)
{
	return !find_alert(run, rule);
}

void api_see_recovery(struct api *api, const char *rule)
{
	struct well well = {wall_ms()};
	int64_t took_ms = engine_wait(api->run, all_are_well, &well, API_PATIENCE_MS);
	see(api->sight, took_ms >= 0 && took_ms <= API_BACK_MS, -1,
		"all well %.1f s after the end of it", (double)took_ms / 1e3);
	if (!rule)
		return;
	took_ms = engine_wait(api->run, is_over, rule, API_PATIENCE_MS);
	see(api->sight, took_ms >= 0 && took_ms <= API_KEEP_MS, -1, "%s over %.1f s later", rule,
		(double)took_ms / 1e3);
}
