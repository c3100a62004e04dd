/* SPDX-License-Identifier: MIT */
/* /metrics: what a Prometheus would read of a state, read back with our own reader of the format; and over HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/exposition.h"
#include "core/model/model.h"
#include "core/parse/prom_text.h"

enum { MANY = 2000 };

static void set(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static struct msg_bot *put_bot(struct model *model, uint64_t id, const char *name)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	bot->id = id;
	set(&bot->name, name);
	set(&bot->username, "");
	set(&bot->transport, "polling");
	set(&bot->state, "unknown");
	set(&bot->proc_state, "unknown");
	set(&bot->tg_state, "checking");
	set(&bot->hb_state, "unknown");
	bot->pending = bot->score = -1;
	bot->rtt_ms = bot->cpu_percent = bot->errors_per_min = bot->updates_per_s = bot->p95_ms =
		NAN;
	model_put(model, MSG_bot, bot);
	return bot;
}

static void write_all(const struct model *model, struct str *to)
{
	for (size_t i = 0; exposition_family(model, i, to); i++)
		;
}

/* Every sample of the page as "name{labels} value" in the reader's own words; the page must be readable to its end. */
static size_t read_back(const struct str *page, struct str *to)
{
	struct prom_reader reader = {.text = page->text, .length = page->length};
	struct prom_sample sample;
	struct err err = {.code = ERR_NONE};
	enum prom_result result;
	size_t count = 0;
	for (; (result = prom_next(&reader, &sample, &err)) == PROM_SAMPLE; count++) {
		str_addf(to, "\n%.*s{", (int)sample.name.length, sample.name.text);
		prom_labels_text(&sample, to);
		str_addf(to, "} %g", sample.value);
	}
	assert_string_equal(err.text, "");
	assert_int_equal(result, PROM_END);
	str_adds(to, "\n");
	return count;
}

static void page_of(const struct model *model, struct str *to)
{
	autostr struct str page = STR_INIT;
	write_all(model, &page);
	read_back(&page, to);
}

#define assert_says(page, line)   assert_non_null(strstr((page).text, "\n" line "\n"))
#define assert_silent(page, name) assert_null(strstr((page).text, "\n" name "{"))

static void a_bot_is_up_by_its_process_else_by_its_heart(void **state)
{
	(void)state;
	static const struct {
		const char *process, *heart, *line;
	} cases[] = {
		{"running", "missing", "bot_up{bot=orders} 1"},
		{"absent", "ok", "bot_up{bot=orders} 0"},
		{"not_configured", "ok", "bot_up{bot=orders} 1"},
		{"not_configured", "missing", "bot_up{bot=orders} 0"},
		{"unknown", "unknown", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct model *model = model_new();
		autostr struct str page = STR_INIT;
		struct msg_bot *bot = put_bot(model, 1, "orders");
		set(&bot->proc_state, cases[i].process);
		set(&bot->hb_state, cases[i].heart);
		page_of(model, &page);
		if (cases[i].line)
			assert_non_null(strstr(page.text, cases[i].line));
		else
			assert_silent(page, "bot_up");
		model_free(model);
	}
}

static void what_nobody_measured_is_absent(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str before = STR_INIT, after = STR_INIT;
	struct msg_bot *bot = put_bot(model, 1, "orders");
	page_of(model, &before);
	assert_silent(before, "bot_pending_updates");
	assert_silent(before, "bot_telegram_up");
	assert_silent(before, "bot_updates_per_second");
	bot->pending = 0;
	bot->updates_per_s = 2.5;
	set(&bot->tg_state, "rejected");
	page_of(model, &after);
	assert_says(after, "bot_pending_updates{bot=orders} 0");
	assert_says(after, "bot_telegram_up{bot=orders} 0");
	assert_says(after, "bot_updates_per_second{bot=orders} 2.5");
	model_free(model);
}

static void put_alert(struct model *model, uint64_t id, const char *word)
{
	struct msg_alert *alert = msg_new(MSG_alert);
	alert->id = id;
	alert->severity = SEVERITY_CRIT;
	set(&alert->rule, "bot_down");
	set(&alert->state, word);
	set(&alert->target_kind, "bot");
	set(&alert->target_name, word);
	model_put(model, MSG_alert, alert);
}

static void alerts_that_are_over_are_gone(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT;
	put_alert(model, 1, "firing");
	put_alert(model, 2, "resolved");
	page_of(model, &page);
	assert_says(page,
		"botswain_alerts{alertname=bot_down,alertstate=firing,bot=firing,severity=crit} 1");
	assert_null(strstr(page.text, "resolved"));
	model_free(model);
}

static void hostile_names_stay_inside_their_quotes(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT;
	put_bot(model, 1, "a\"} 1\nbot_up{bot=\"b\\");
	page_of(model, &page);
	assert_says(page, "bot_enabled{bot=a\"} 1\nbot_up{bot=\"b\\} 0");
	model_free(model);
}

static void a_page_of_many_bots_is_whole_and_no_series_comes_twice(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT, back = STR_INIT;
	for (unsigned i = 0; i < MANY; i++) {
		autofree char *name = xasprintf("tenant-%05u", i);
		put_bot(model, i + 1, name);
	}
	write_all(model, &page);
	assert_int_equal(read_back(&page, &back), MANY * 4); /* info, enabled, severity, restarts */
	const char *first = strstr(page.text, "bot_enabled{bot=\"tenant-00077\"}");
	assert_non_null(first);
	assert_null(strstr(first + 1, "bot_enabled{bot=\"tenant-00077\"}"));
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bot_is_up_by_its_process_else_by_its_heart),
		cmocka_unit_test(what_nobody_measured_is_absent),
		cmocka_unit_test(alerts_that_are_over_are_gone),
		cmocka_unit_test(hostile_names_stay_inside_their_quotes),
		cmocka_unit_test(a_page_of_many_bots_is_whole_and_no_series_comes_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
