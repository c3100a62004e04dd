/* SPDX-License-Identifier: MIT */
/* What `botswain discover` prints of what it found: the driver of the bots' supervisor, and words that are true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/discover.h"
#include "core/conf/settings.h"

static char none[] = "", running[] = "running", evidence[] = "token in tokens/a";

static struct found_bot bot_of(char *name, size_t supervisor, char *program)
{
	return (struct found_bot){.name = name,
		.supervisor = supervisor,
		.program = program,
		.match = supervisor ? none : name,
		.directory = none,
		.process_step = none,
		.claimed_by = none,
		.state = running,
		.evidence = evidence,
		.log = none,
		.token_file = none,
		.env_file = none,
		.key = none,
		.next_step = none,
		.heartbeat = none,
		.redis = none,
		.beat_step = none};
}

static struct found_supervisor supervisor_of(char *kind, char *name, char *address)
{
	return (struct found_supervisor){
		.name = name, .kind = kind, .address = address, .error = none};
}

static void expect(const struct str *text, const char *words)
{
	if (!strstr(text->text, words))
		fail_msg("'%s' is not in: %s", words, text->text);
}

static void expect_not(const struct str *text, const char *words)
{
	if (text->length && strstr(text->text, words))
		fail_msg("'%s' is in: %s", words, text->text);
}

/* What a configuration that was printed becomes. */
static void is_taken(const struct str *yaml, const char *supervisor, size_t words)
{
	autostr struct str report = STR_INIT;
	struct settings *settings = NULL;
	struct err err;
	if (!settings_parse(
		    yaml->text, yaml->length, "/nowhere/botswain.yaml", &settings, &report, &err))
		fail_msg("%s", report.text);
	assert_string_equal(settings->driver.supervisor, supervisor);
	assert_int_equal(settings->driver.restart.count, words);
	assert_int_equal(settings->write, WRITE_READ_ONLY);
	settings_unref(settings);
}

static void the_driver_is_that_of_the_supervisor(void **state)
{
	struct {
		char *kind, *name, *address;
		bool is_podman;
		const char *restart;
		size_t words;
	} forms[] = {
		{(char[]){"systemd"}, (char[]){"systemd"}, none, false,
			"restart: [systemctl, --no-ask-password, restart, \"{program}\"]", 4},
		{(char[]){"systemd"}, (char[]){"mine"}, (char[]){"user"}, false,
			"restart: [systemctl, --no-ask-password, --user, restart, \"{program}\"]",
			5},
		{(char[]){"docker"}, (char[]){"docker"}, none, false,
			"restart: [docker, restart, \"{program}\"]", 3},
		{(char[]){"docker"}, (char[]){"docker"}, none, true,
			"restart: [podman, restart, \"{program}\"]", 3},
		{(char[]){"docker"}, (char[]){"pods"}, (char[]){"/run/user/1/podman/podman.sock"},
			false,
			"restart: [podman, --url, \"unix:///run/user/1/podman/podman.sock\", "
			"restart, \"{program}\"]",
			5},
		{(char[]){"supervisord"}, (char[]){"own"}, (char[]){"/srv/a \"b\".sock"}, false,
			"restart: [supervisorctl, -s, \"unix:///srv/a \\\"b\\\".sock\", restart, "
			"\"{program}\"]",
			5},
		{(char[]){"supervisord"}, (char[]){"own"}, (char[]){"http://127.0.0.1:9001"}, false,
			"restart: [supervisorctl, -s, \"http://127.0.0.1:9001\", restart, "
			"\"{program}\"]",
			5},
		{(char[]){"pm2"}, (char[]){"pm2"}, (char[]){"/srv/pm2"}, false,
			"restart: [env, \"PM2_HOME=/srv/pm2\", pm2, restart, \"{program}\"]", 5},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct found_supervisor supervisor =
			supervisor_of(forms[i].kind, forms[i].name, forms[i].address);
		struct found_bot bot = bot_of((char[]){"orders"}, 1, (char[]){"orders.service"});
		struct discovery found = {.supervisors = &supervisor,
			.supervisor_count = 1,
			.bots = &bot,
			.bot_count = 1,
			.is_podman = forms[i].is_podman};
		autostr struct str yaml = STR_INIT;
		discovery_yaml(&found, NULL, &yaml);
		expect(&yaml, forms[i].restart);
		expect(&yaml, "# Lets operators start, stop and restart the 1 bot that ");
		is_taken(&yaml, forms[i].name, forms[i].words);
	}
}

static void of_two_supervisors_the_driver_is_that_of_most_bots(void **state)
{
	struct found_supervisor supervisors[] = {
		supervisor_of((char[]){"docker"}, (char[]){"docker"}, none),
		supervisor_of((char[]){"systemd"}, (char[]){"systemd"}, none)};
	struct found_bot bots[] = {bot_of((char[]){"a"}, 1, (char[]){"a"}),
		bot_of((char[]){"b"}, 2, (char[]){"b.service"}),
		bot_of((char[]){"c"}, 2, (char[]){"c.service"})};
	struct discovery found = {
		.supervisors = supervisors, .supervisor_count = 2, .bots = bots, .bot_count = 3};
	autostr struct str yaml = STR_INIT;
	(void)state;
	discovery_yaml(&found, NULL, &yaml);
	expect(&yaml, "\n# Lets operators start, stop and restart the 2 bots that systemd runs, "
		      "once `write: armed` is set");
	expect(&yaml, "\n#  restart: [docker, restart, \"{program}\"]\n");
	is_taken(&yaml, "systemd", 4);
}

static void who_runs_alone_or_has_a_driver_gets_none(void **state)
{
	static const char text[] = "driver: {restart: [true, \"{bot}\"]}\n";
	struct found_supervisor supervisor =
		supervisor_of((char[]){"systemd"}, (char[]){"systemd"}, none);
	struct found_bot bots[] = {bot_of((char[]){"a"}, 0, none)};
	struct discovery found = {
		.supervisors = &supervisor, .supervisor_count = 1, .bots = bots, .bot_count = 1};
	autostr struct str alone = STR_INIT, more = STR_INIT;
	struct settings *settings = NULL;
	struct err err;
	(void)state;
	discovery_yaml(&found, NULL, &alone);
	expect_not(&alone, "driver:");
	assert_true(settings_parse(
		text, strlen(text), "/nowhere/botswain.yaml", &settings, NULL, &err));
	bots[0].supervisor = 1;
	bots[0].program = (char[]){"a.service"};
	discovery_yaml(&found, settings, &more);
	expect_not(&more, "driver:");
	settings_unref(settings);
}

static void a_log_that_its_supervisor_names_needs_no_line(void **state)
{
	static const struct {
		const char *log, *said; /* NULL: nothing */
	} cases[] = {
		{"/var/log/a.log", "a line here: /var/log/a.log\n"},
		{"journal:a.service", "a line here: journal:a.service (who reads it is in the "
				      "group systemd-journal)\n"},
		{"docker:a", "a line here: docker:a\n"},
		{"/dev/null", NULL},
		{"", NULL},
	};
	struct found_supervisor supervisor =
		supervisor_of((char[]){"systemd"}, (char[]){"systemd"}, none);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct found_bot bot = bot_of((char[]){"a"}, 1, (char[]){"a.service"});
		autofree char *log = xstrdup(cases[i].log);
		struct discovery found = {.supervisors = &supervisor,
			.supervisor_count = 1,
			.bots = &bot,
			.bot_count = 1};
		autostr struct str yaml = STR_INIT;
		bot.log = log;
		discovery_yaml(&found, NULL, &yaml);
		if (cases[i].said)
			expect(&yaml, cases[i].said);
		else
			expect_not(&yaml, "a line here:");
	}
}

static void what_is_said_is_so(void **state)
{
	static const char text[] = "environment: mine\n";
	struct found_bot bot = bot_of((char[]){"a"}, 0, none);
	struct discovery found = {.processes = 9, .hidden = 2, .known = 3};
	autostr struct str empty = STR_INIT, one = STR_INIT, words = STR_INIT, root = STR_INIT;
	struct settings *settings = NULL;
	struct err err;
	(void)state;
	assert_true(settings_parse(
		text, strlen(text), "/nowhere/botswain.yaml", &settings, NULL, &err));
	discovery_yaml(&found, settings, &empty);
	expect(&empty, "found nothing that /nowhere/botswain.yaml lacks");
	expect_not(&empty, "Add it there");
	discovery_words(&found, settings, &words);
	expect(&words, "run this as root");
	found.is_root = true;
	found.bots = &bot;
	found.bot_count = 1;
	discovery_words(&found, settings, &root);
	expect_not(&root, "run this as root");
	expect(&root, "CAP_SYS_PTRACE");
	expect(&root, "1 bot found");
	discovery_yaml(&found, settings, &one);
	expect(&one, "lacks: 1 bot and 0 servers. Add it there.");
	settings_unref(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_driver_is_that_of_the_supervisor),
		cmocka_unit_test(of_two_supervisors_the_driver_is_that_of_most_bots),
		cmocka_unit_test(who_runs_alone_or_has_a_driver_gets_none),
		cmocka_unit_test(a_log_that_its_supervisor_names_needs_no_line),
		cmocka_unit_test(what_is_said_is_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
