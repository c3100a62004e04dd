/* SPDX-License-Identifier: MIT */
#include "tests/support/alert_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

struct settings *alert_bench_settings(const char *yaml)
{
	struct settings *settings = NULL;
	struct str report autostr = STR_INIT;
	struct err err = {0};
	if (!settings_parse(yaml, strlen(yaml), "/tmp/botswain.yaml", &settings, &report, &err))
		fail_msg("%s", report.text);
	return settings;
}

void alert_bench_configure(struct alert_bench *bench, const char *yaml)
{
	struct settings *settings = alert_bench_settings(yaml);
	settings_unref(bench->settings);
	bench->settings = settings;
	alert_limits(settings, &bench->limits);
	if (bench->alerts)
		alerts_reload(bench->alerts, settings);
}

int alert_bench_setup(void **state)
{
	struct alert_bench *bench = xcalloc(1, sizeof(*bench));
	setenv("XDG_STATE_HOME", "/tmp", 1);
	clock_init_virtual(&bench->clock, ALERT_BENCH_MS);
	bench->model = model_new();
	alert_bench_configure(bench, "");
	bench->alerts = alerts_new(bench->settings, &bench->clock, bench->model);
	*state = bench;
	return 0;
}

int alert_bench_teardown(void **state)
{
	struct alert_bench *bench = *state;
	alerts_free(bench->alerts);
	model_free(bench->model);
	settings_unref(bench->settings);
	free(bench);
	return 0;
}

/* ~12s: 12 s before now; +11s: after. */
static char *with_times(const struct alert_bench *bench, const char *facts)
{
	struct str text = STR_INIT;
	for (const char *at = facts; *at; at++) {
		if (!(*at == '~' || *at == '+') || at == facts || at[-1] != '=') {
			str_addch(&text, *at);
			continue;
		}
		char duration[16];
		size_t length = strspn(at + 1, "0123456789smh");
		int64_t ms, now = clock_wall_ms(&bench->clock);
		struct err err = {0};
		snprintf(duration, sizeof(duration), "%.*s", (int)length, at + 1);
		assert_true(parse_duration(duration, &ms, &err));
		str_addf(&text, "%" PRId64, *at == '~' ? now - ms : now + ms);
		at += length;
	}
	return str_detach(&text);
}

void *alert_bench_parse(
	const struct alert_bench *bench, const char *kind, const char *facts, uint64_t id)
{
	char *times autofree = with_times(bench, facts), *line autofree = NULL;
	line = xasprintf("%s id=%" PRIu64 " %s", kind, id, times);
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s: %s", line, err.text);
	return any.body;
}

#define WELL                                                                                       \
	"name=\"orders\" enabled=true transport=\"webhook\" webhook_url=\"https://x/\""            \
	" proc_state=\"running\" proc_start_ms=~1h proc_at_ms=~0s hb_state=\"ok\" hb_at_ms=~1s"    \
	" hb_seen_ms=~0s tg_state=\"ok\" tg_at_ms=~1s added_ms=1780000000000 "

uint64_t bot_id(void)
{
	return entity_id("bot", "orders");
}

void see_bot(struct alert_bench *bench, const char *facts)
{
	char *all autofree = xasprintf(WELL "%s", facts);
	struct msg_bot *bot = alert_bench_parse(bench, "bot", all, bot_id());
	const struct msg_bot *old = model_bot(bench->model, bot_id());
	if (old) {
		struct msg_bot *copy = msg_copy(MSG_bot, old);
		bot->reasons = copy->reasons;
		bot->reasons_count = copy->reasons_count;
		copy->reasons = NULL;
		copy->reasons_count = 0;
		msg_free(MSG_bot, copy);
	}
	verdict_bot(bot, &bench->limits, clock_wall_ms(&bench->clock));
	model_put(bench->model, MSG_bot, bot);
	alerts_check(bench->alerts, MSG_bot, bot_id());
}

void pass(struct alert_bench *bench, int64_t ms)
{
	clock_advance(&bench->clock, ms);
	alerts_turn(bench->alerts);
}

const struct msg_alert *alert_of(const struct alert_bench *bench, const char *rule)
{
	size_t count;
	const struct msg_alert *const *all = model_alerts(bench->model, &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i]->rule, rule))
			return all[i];
	return NULL;
}

const char *phase_of(const struct alert_bench *bench, const char *rule)
{
	const struct msg_alert *alert = alert_of(bench, rule);
	return alert ? alert->state : "none";
}
