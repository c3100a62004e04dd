/* SPDX-License-Identifier: MIT */
/*
 * Targets that are hostile, all at once, beside one that is good: botswaind says of each what is wrong with it, and pays a bounded
 * price; the good one is scraped on time the whole while.
 */
#include "tests/support/engine_process.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/instrumented.h"
#include "tests/support/pages.h"
#include "tests/support/process_cost.h"
#include "tests/support/spawn.h"

enum {
	MILLION = 1000000,
	LIMIT = 5000, /* series of a target */
	SIEGE_S = 12,
	GROWTH_MIB = 64,
	CORE_PERCENT = 25,
	ASK_MS = 10000,
	SAID_MS = 30000,
};

static const char calm[] = "load 1\n";

static const struct target {
	const char *name;
	unsigned status;
	enum page_how how;
	int up;
	const char *words, *more; /* of its source; NULL: it is well */
} targets[] = {
	{"endless", 200, PAGE_ENDLESS, 1, "longer than 4 MiB: what follows is not read", NULL},
	{"blank", 200, PAGE_ENDLESS, 0, "the page holds no sample", NULL},
	{"line", 200, PAGE_ENDLESS, 0, "line:1:262145: the line is longer than 262144 bytes", NULL},
	{"million", 200, PAGE_WHOLE, 1, "longer than 4 MiB: what follows is not read",
		"; 45000 series of what was read are beyond the 5000 that are kept"},
	{"bomb", 200, PAGE_BOMB, 1, "longer than 4 MiB: what follows is not read", NULL},
	{"zeros", 200, PAGE_BOMB, 0, "zeros:1:262145: the line is longer than 262144 bytes", NULL},
	{"twice", 200, PAGE_WHOLE, 1,
		"lines that tell of a series again: 2; the first of each counts", NULL},
	{"trickle", 200, PAGE_TRICKLES, 0, "in 0.8 s", NULL},
	{"hang", 200, PAGE_HANGS, 0, "no answer in 0.8 s", NULL},
	{"half", 200, PAGE_TRUNCATED, 0, "cut off after", NULL},
	{"away", 302, PAGE_WHOLE, 0, "302, a redirect, which is not followed", NULL},
	{"churn", 200, PAGE_WHOLE, 1, NULL, NULL},
	{"good", 200, PAGE_WHOLE, 1, NULL, NULL},
};

static struct pages pages;
static char *program;

/* ---- what they give ---- */

static void repeat(struct str *to, const char *line, size_t length)
{
	while (to->length < length)
		str_adds(to, line);
}

static void write_million(struct str *to)
{
	for (int i = 0; i < MILLION; i++)
		str_addf(to, "junk{id=\"%d\"} 1\n", i);
}

/* Other series at each look. */
static void write_news(struct str *to)
{
	static int look;
	look++;
	for (int i = 0; i < 100; i++)
		str_addf(to, "news{look=\"%d\",id=\"%d\"} 1\n", look, i);
}

static void write_body(const struct target *target, struct str *to)
{
	if (strcmp(target->name, "endless") == 0)
		repeat(to, "a{b=\"c\"} 1\nd 2\n", 1);
	else if (strcmp(target->name, "line") == 0)
		str_adds(to, "a");
	else if (strcmp(target->name, "million") == 0)
		write_million(to);
	else if (strcmp(target->name, "bomb") == 0)
		repeat(to, "a{b=\"c\"} 1\nd 2\n", 64 << 10);
	else if (strcmp(target->name, "zeros") == 0)
		repeat(to, "0", 64 << 10);
	else if (strcmp(target->name, "twice") == 0)
		str_adds(to, "a 1\na 2\nb 3\na 4\n");
	else if (strcmp(target->name, "churn") == 0)
		write_news(to);
	else if (target->how != PAGE_ENDLESS)
		str_adds(to, calm);
}

static void turn_on(const struct target *target)
{
	autostr struct str body = STR_INIT;
	autofree char *path = xasprintf("/%s", target->name);
	write_body(target, &body);
	pages_set(&pages, path, target->status, target->how, body.text);
	pages_set_header(&pages, path, "text/plain; version=0.0.4",
		target->status == 302 ? "/elsewhere" : NULL);
}

static void turn_off(const struct target *target)
{
	autofree char *path = xasprintf("/%s", target->name);
	pages_set(&pages, path, 200, PAGE_WHOLE, calm);
	pages_set_header(&pages, path, "text/plain; version=0.0.4", NULL);
}

/* ---- what is said of it ---- */

/* One line of `botswain sources`, which the caller frees; "": there is none. */
static char *line_of(const struct scene *scene, const char *name)
{
	autofree char *said = NULL;
	(void)spawn_run(WORDS(program, "-c", scene->config, "sources", name), &(struct spawn){0},
		ASK_MS, &said);
	return xstrdup(said ? said : "");
}

/* The number that a query yields; -1: none. */
static double ask(const struct scene *scene, const char *query)
{
	autofree char *said = NULL;
	if (spawn_run(WORDS(program, "-c", scene->config, "query", query), &(struct spawn){0},
		    ASK_MS, &said) != 0)
		fail_msg("%s: %s", query, said);
	const char *number = strrchr(said, ' ');
	char *end;
	double value = strtod(number ? number + 1 : said, &end);
	return *said && *end == '\n' ? value : -1;
}

static double ask_of(const struct scene *scene, const char *format, const char *name)
{
	autostr struct str query = STR_INIT;
	for (; *format; format++)
		if (*format == '@')
			str_addf(&query, "instance=\"%s\"", name);
		else
			str_addch(&query, *format);
	return ask(scene, query.text);
}

struct wanted {
	const struct scene *scene;
	const struct target *target;
};

static bool is_said(const void *context)
{
	const struct wanted *wanted = context;
	const struct target *target = wanted->target;
	autofree char *line = line_of(wanted->scene, target->name);
	bool has_words = target->words ? strstr(line, target->words) &&
						 (!target->more || strstr(line, target->more))
				       : strstr(line, " ok ") != NULL;
	return has_words && ask_of(wanted->scene, "up{@}", target->name) == target->up;
}

static bool is_calm(const void *context)
{
	const struct wanted *wanted = context;
	autofree char *line = line_of(wanted->scene, wanted->target->name);
	return strstr(line, " ok ") && ask_of(wanted->scene, "load{@}", wanted->target->name) == 1;
}

static void wait_for_all(const struct scene *scene, bool (*is_so)(const void *context))
{
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		const struct wanted wanted = {scene, &targets[i]};
		if (comes_true(is_so, &wanted, SAID_MS))
			continue;
		autofree char *line = line_of(scene, targets[i].name);
		fail_msg("%s, up %g: %s", targets[i].name, ask_of(scene, "up{@}", targets[i].name),
			line);
	}
}

/* ---- the engine ---- */

static void configure(const struct scene *scene)
{
	autostr struct str yaml = STR_INIT;
	str_addf(&yaml, "state_dir: %s\nscrape:\n", scene->state_dir);
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		str_addf(&yaml,
			"  %s: {url: 'http://127.0.0.1:%d/%s', interval: 1s, timeout: 800ms, "
			"limit: %d}\n",
			targets[i].name, pages.port, targets[i].name, LIMIT);
	write_file(scene->config, yaml.text);
}

static struct process_cost cost;

static int begin(void **state)
{
	(void)scene_setup(state);
	const struct scene *scene = *state;
	program = xasprintf("%s/botswain", scene->programs);
	pages_open(&pages);
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		turn_off(&targets[i]);
	pages_set(&pages, "/elsewhere", 200, PAGE_WHOLE, calm);
	configure(scene);
	cost.pid = scene_start(scene, NULL);
	return 0;
}

static int end(void **state)
{
	int status = spawn_end(&cost.pid, SIGTERM);
	pages_close(&pages);
	free(program);
	return scene_teardown(state) || status != 0;
}

/* ---- the tests, in this order ---- */

static void while_all_are_well_the_engine_costs_what_it_costs(void **state)
{
	wait_for_all(*state, is_calm);
	cost = process_cost_mark(cost.pid);
}

static void what_is_wrong_with_each_is_said_and_what_of_it_is_believed(void **state)
{
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		turn_on(&targets[i]);
	wait_for_all(*state, is_said);
	assert_int_equal(pages_asked(&pages, "/elsewhere"), 0);
}

/* Meanwhile one of them has other series at each look. */
static void let_time_pass(int64_t ms)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + ms;
	while (clock_mono_ms(clock_real()) < until_ms) {
		turn_on(&targets[COUNT_OF(targets) - 2]);
		(void)poll(NULL, 0, 500);
	}
}

static void a_siege_costs_a_bounded_share_of_a_core_and_of_memory(void **state)
{
	(void)state;
	let_time_pass(SIEGE_S * 1000);
	double percent = process_cost_percent(&cost);
	long growth_mib = process_cost_growth_kib(&cost) / 1024;
	print_message(
		"%zu targets once a second: %.1f %% of a core, %ld MiB more at most, of %ld\n",
		COUNT_OF(targets), percent, growth_mib, cost.resident_kib / 1024);
	assert_true(percent < (double)CORE_PERCENT * INSTRUMENTED_TIMES);
	assert_true(growth_mib < (long)GROWTH_MIB * INSTRUMENTED_TIMES);
}

static void the_good_target_is_scraped_on_time_the_whole_while(void **state)
{
	double looks = ask_of(*state, "count_over_time(up{@}[10s])", "good");
	double slowest = ask_of(*state, "max_over_time(scrape_duration_seconds{@}[10s])", "good");
	print_message("the good one: %g looks in 10 s, the slowest took %.0f ms\n", looks,
		slowest * 1000);
	assert_true(looks >= 9 && looks <= 11);
	assert_true(ask_of(*state, "min_over_time(up{@}[10s])", "good") == 1);
}

static void those_that_do_not_come_have_no_series_and_the_others_no_more_than_their_limit(
	void **state)
{
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		double count =
			ask_of(*state, "count({@,__name__!~\"up|scrape_.*\"})", targets[i].name);
		if (targets[i].up)
			assert_true(count >= 1 && count <= LIMIT);
		else
			assert_true(count == -1);
	}
}

static void when_they_come_to_their_senses_all_is_as_before(void **state)
{
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		turn_off(&targets[i]);
	wait_for_all(*state, is_calm);
	assert_true((size_t)ask(*state, "count({instance!=\"\",__name__!~\"up|scrape_.*\"})") ==
		    COUNT_OF(targets));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_all_are_well_the_engine_costs_what_it_costs),
		cmocka_unit_test(what_is_wrong_with_each_is_said_and_what_of_it_is_believed),
		cmocka_unit_test(a_siege_costs_a_bounded_share_of_a_core_and_of_memory),
		cmocka_unit_test(the_good_target_is_scraped_on_time_the_whole_while),
		cmocka_unit_test(
			those_that_do_not_come_have_no_series_and_the_others_no_more_than_their_limit),
		cmocka_unit_test(when_they_come_to_their_senses_all_is_as_before),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
