/* SPDX-License-Identifier: MIT */
#include "tests/faults/api.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/screens.h"
#include "tests/support/engine_process.h"
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
	const char *rule; /* that must not fire; NULL: any may */
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
	return asked > 0 && source_is_well(run, "telegram", "telegram") &&
	       !(well->rule && find_alert(run, well->rule));
}

static int64_t wall_ms(const struct faults *run)
{
	return run->client ? client_turn_wall_ms(run->client) : 0;
}

/* ---- begin and end ---- */

static bool settle(struct api *api, const char *text)
{
	struct well well = {wall_ms(api->run), NULL};
	take_config(api->run, text);
	bool good = engine_wait(api->run, all_are_well, &well, API_PATIENCE_MS) >= 0;
	if (!good)
		see(api->sight, false, -1, "every bot is answered");
	return good;
}

bool api_begin(struct faults *run, struct sight *sight, const char *url, struct api *ret)
{
	struct api *api = ret;
	const char *colon = strrchr(run->settings->telegram_api, ':');
	*api = (struct api){.run = run, .sight = sight, .config = fault_read_text(run->config)};
	api->port = (uint16_t)strtoul(colon ? colon + 1 : "", NULL, 10);
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

void api_end(struct api *api)
{
	vt_free(api->screen);
	(void)settle(api, api->config);
	free(api->config);
}

void api_mark(struct api *api)
{
	api->begun_ms = fault_now_ms();
	api->begun_wall_ms = wall_ms(api->run);
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

void api_see_one_alert(struct api *api, const char *rule, const char *words)
{
	autostr struct str names = STR_INIT;
	bool came = engine_wait(api->run, fires_with_words, &(struct wish){rule, words},
			    API_PATIENCE_MS) >= 0;
	int64_t within_ms = api_within_ms(api);
	const struct msg_alert *alert = find_alert(api->run, rule);
	see(api->sight, came, came ? within_ms : -1, "%s after %.1f s: '%s'", rule,
		(double)within_ms / 1e3, alert ? alert->text : "nothing");
	size_t count = count_alerts(api, &names);
	see(api->sight, count == 1, -1, "%zu alert of it:%s", count, names.text);
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

void api_see_recovery(struct api *api, const char *rule)
{
	struct well well = {wall_ms(api->run), rule};
	int64_t took_ms = engine_wait(api->run, all_are_well, &well, API_PATIENCE_MS);
	see(api->sight, took_ms >= 0 && took_ms <= API_BACK_MS, -1,
		"all well %.1f s after the end of it", (double)took_ms / 1e3);
}
