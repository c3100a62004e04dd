/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/conf/settings.h"
#include "core/msg/msg.h"

static const char yaml[] =
	"redis: [{name: cache}, {name: main, heartbeats: 'hb:*'}]\n"
	"postgres: [{name: db, dsn: dbname=x, queries: [{name: q, sql: select 1}]}]\n"
	"bots: [{name: orders, transport: none}, {name: quiz, transport: none}]\n"
	"bots_from: [{postgres: db, query: select 1, transport: webhook, token_dir: /srv/tokens,"
	" logs: '/var/log/{bot}/{bot}.log', pidfile: '/run/{bot}.pid'}]\n";

static struct settings *parse(const char *text)
{
	struct settings *settings = NULL;
	struct err err = {0};
	if (!settings_parse(text, strlen(text), "/tmp/x.yaml", &settings, NULL, &err))
		fail_msg("%s", err.text);
	return settings;
}

static struct roster *with_rows(struct settings *settings, const char *rows)
{
	struct msg_any fleet;
	struct err err = {0};
	if (!msg_parse(rows, &fleet, &err))
		fail_msg("%s", err.text);
	const struct fleet_rows from = {.from = 0, .rows = fleet.body};
	struct roster *roster = roster_new(settings, &from, 1);
	msg_any_release(&fleet);
	return roster;
}

static void bots_of_the_file_come_first_and_win_over_rows_of_the_same_name(void **state)
{
	(void)state;
	struct settings *settings = parse(yaml);
	struct roster *roster = with_rows(settings,
		"obs_fleet bots=[{name=\"zeta\" enabled=true} {name=\"orders\"} {name=\"alpha\"} "
		"{name=\"zeta\"}]");
	static const char *const names[] = {"orders", "quiz", "zeta", "alpha"};
	assert_int_equal(roster->count, COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(roster->bots[i]->name, names[i]);
	assert_string_equal(roster->bots[0]->from, "config");
	assert_true(roster->bots[2]->enabled);
	assert_false(roster->bots[3]->enabled);
	roster_unref(roster);
	settings_unref(settings);
}

static void a_row_becomes_a_bot_by_the_templates_of_its_entry(void **state)
{
	(void)state;
	struct settings *settings = parse(yaml);
	struct roster *roster = with_rows(settings,
		"obs_fleet bots=[{name=\"zeta\" enabled=true} {name=\"eta\" transport=\"mtproto\" "
		"token_ref=\"/abs/eta\"} {name=\"theta\" token_ref=\"sub/t\"}]");
	const struct conf_bot *zeta = roster_bot(roster, "zeta"), *eta = roster_bot(roster, "eta");
	assert_string_equal(zeta->token.file, "/srv/tokens/zeta");
	assert_true(zeta->token.given);
	assert_int_equal(zeta->transport, TRANSPORT_WEBHOOK);
	assert_string_equal(zeta->process.pidfile, "/run/zeta.pid");
	assert_int_equal(zeta->log_count, 1);
	assert_string_equal(zeta->logs[0], "/var/log/zeta/zeta.log");
	assert_string_equal(zeta->heartbeat, "hb:zeta");
	assert_string_equal(zeta->redis, "main");
	assert_int_equal(eta->transport, TRANSPORT_MTPROTO);
	assert_string_equal(eta->token.file, "/abs/eta");
	assert_string_equal(roster_bot(roster, "theta")->token.file, "/srv/tokens/sub/t");
	assert_null(roster_bot(roster, "nobody"));
	roster_unref(roster);
	settings_unref(settings);
}

static void a_name_that_could_leave_its_folder_makes_no_bot(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "../etc", "a/b", "A", "-x", "_x", ".", "a b", "a.b",
		"x123456789012345678901234567890123456789012345678901234567890123"};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(is_bot_name(bad[i]));
	assert_true(is_bot_name("x12345678901234567890123456789012345678901234567890123456789012"));
	assert_true(is_bot_name("0-a_b"));
	struct settings *settings = parse(yaml);
	struct roster *roster = with_rows(settings,
		"obs_fleet bots=[{name=\"../../etc/shadow\"} {name=\"Good\"} {name=\"ok\"}]");
	assert_int_equal(roster->count, 3);
	roster_unref(roster);
	settings_unref(settings);
}

static void the_settings_live_as_long_as_a_roster_of_them(void **state)
{
	(void)state;
	struct settings *settings = parse(yaml);
	struct roster *roster = roster_new(settings, NULL, 0);
	struct roster *second = roster_ref(roster);
	settings_unref(settings);
	roster_unref(roster);
	assert_string_equal(second->bots[1]->name, "quiz");
	roster_unref(second);
}

/* Each change of one word of a configuration, and whether the same worker may go on. */
static void what_changed_is_noticed_and_where_it_stands_is_not(void **state)
{
	(void)state;
	static const struct {
		const char *one, *other;
		bool is_same;
	} cases[] = {
		{"{name: r, host: a, streams: [x]}", "{name: r,   host: a, streams: [x]}", true},
		{"{name: r, host: a}", "{name: s, host: a}", false},
		{"{name: r, host: a}", "{name: r, host: b}", false},
		{"{name: r, host: a}", "{name: r, host: a, port: 6380}", false},
		{"{name: r, host: a}", "{name: r, socket: /a}", false},
		{"{name: r, host: a}", "{name: r, host: a, database: 1}", false},
		{"{name: r, host: a}", "{name: r, host: a, tls: yes}", false},
		{"{name: r, host: a}", "{name: r, host: a, interval: 3s}", false},
		{"{name: r, host: a}", "{name: r, host: a, timeout: 4s}", false},
		{"{name: r, host: a}", "{name: r, host: a, heartbeats: 'h:*'}", false},
		{"{name: r, host: a, streams: [x]}", "{name: r, host: a, streams: [x, y]}", false},
		{"{name: r, host: a}", "{name: r, host: a, fields: {msg: text}}", false},
		{"{name: r, host: a, user: u, password: {command: [x]}}",
			"{name: r, host: a, user: u, password: {command: [y]}}", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[2][256];
		snprintf(text[0], sizeof(text[0]), "redis: [%s]\n", cases[i].one);
		snprintf(text[1], sizeof(text[1]), "\n\nredis: [%s]\n", cases[i].other);
		struct settings *one = parse(text[0]), *other = parse(text[1]);
		assert_int_equal(same_redis(&one->redis[0], &other->redis[0]), cases[i].is_same);
		settings_unref(one);
		settings_unref(other);
	}
}

static void a_postgres_is_the_same_down_to_its_queries(void **state)
{
	(void)state;
	struct settings *one = parse(yaml), *same = parse(yaml);
	struct settings *other = parse("postgres: [{name: db, dsn: dbname=x, queries: "
				       "[{name: q, sql: select 2}]}]\n");
	assert_true(same_postgres(&one->postgres[0], &same->postgres[0]));
	assert_false(same_postgres(&one->postgres[0], &other->postgres[0]));
	settings_unref(one);
	settings_unref(same);
	settings_unref(other);
}

static void a_row_can_be_a_program_of_a_supervisor_and_its_logs_are_told_later(void **state)
{
	(void)state;
	char zeta[] = "zeta", orders[] = "orders", one[] = "/log/1", two[] = "/log/2";
	const struct bot_log logs[] = {{zeta, two}, {orders, one}, {zeta, one}};
	struct settings *settings =
		parse("postgres: [{name: db, dsn: host=/run/x}]\n"
		      "supervisors: {web: {kind: pm2, address: /home/web/.pm2}}\n"
		      "bots_from: [{postgres: db, query: select 1, token_dir: /srv/tokens,"
		      " process: {pm2: 'bot-{bot}'}}]\n");
	struct roster *roster =
		with_rows(settings, "obs_fleet bots=[{name=\"zeta\" enabled=true}]");
	const char *kind = NULL;
	size_t count;
	assert_string_equal(
		process_program(&roster_bot(roster, "zeta")->process, &kind), "bot-zeta");
	assert_string_equal(kind, "pm2");
	assert_string_equal(roster_bot(roster, "zeta")->process.supervisor, "web");
	roster_set_logs(roster, logs, COUNT_OF(logs));
	assert_string_equal(roster_logs(roster, "zeta", &count)->path, "/log/1");
	assert_int_equal(count, 2);
	roster_logs(roster, "nobody", &count);
	assert_int_equal(count, 0);
	roster_unref(roster);
	settings_unref(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_row_can_be_a_program_of_a_supervisor_and_its_logs_are_told_later),
		cmocka_unit_test(bots_of_the_file_come_first_and_win_over_rows_of_the_same_name),
		cmocka_unit_test(a_row_becomes_a_bot_by_the_templates_of_its_entry),
		cmocka_unit_test(a_name_that_could_leave_its_folder_makes_no_bot),
		cmocka_unit_test(the_settings_live_as_long_as_a_roster_of_them),
		cmocka_unit_test(what_changed_is_noticed_and_where_it_stands_is_not),
		cmocka_unit_test(a_postgres_is_the_same_down_to_its_queries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
