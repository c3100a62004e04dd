/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

#define TOKEN "123456789:AAFexampleexampleexampleexample_12"

/* A folder of its own for each test. */
struct place {
	char folder[64];
	struct settings *settings;
	struct str report;
	struct err err;
};

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	copy_text(place->folder, sizeof(place->folder), "/tmp/botswain-conf-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	str_init(&place->report);
	setenv("XDG_STATE_HOME", place->folder, 1);
	*state = place;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *place = *state;
	settings_unref(place->settings);
	str_release(&place->report);
	nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static char *path_in(const struct place *place, const char *name)
{
	return xasprintf("%s/%s", place->folder, name);
}

static void write_file(const struct place *place, const char *name, const char *text, mode_t mode)
{
	char *path autofree = path_in(place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static bool load(struct place *place, const char *text)
{
	settings_unref(place->settings);
	place->settings = NULL;
	str_clear(&place->report);
	write_file(place, "botswain.yaml", text, 0600);
	char *path autofree = path_in(place, "botswain.yaml");
	return settings_load(path, &place->settings, &place->report, &place->err);
}

static void refused(struct place *place, const char *text, const char *says)
{
	assert_false(load(place, text));
	if (!strstr(place->report.text, says))
		fail_msg("the report does not say '%s' but:\n%s", says, place->report.text);
	assert_true(place->err.code != ERR_NONE);
}

static void three_lines_are_a_configuration(void **state)
{
	struct place *place = *state;
	write_file(place, "orders.token", TOKEN "\n", 0600);
	assert_true(load(place, "bots:\n  orders:\n    token: {file: orders.token}\n"));
	const struct conf_bot *bot = settings_bot(place->settings, "orders");
	assert_non_null(bot);
	assert_true(bot->enabled);
	assert_int_equal(bot->transport, TRANSPORT_POLLING);
	assert_int_equal(place->settings->write, WRITE_READ_ONLY);
	assert_int_equal(place->settings->telegram_interval_ms, 45000);
	assert_string_equal(place->settings->telegram_api, "https://api.telegram.org");
	struct str secret = STR_INIT;
	assert_true(settings_secret(&bot->token, -1, &secret, &place->err));
	assert_string_equal(secret.text, TOKEN);
	str_wipe(&secret);
	assert_string_equal(place->report.text, "");
}

static void an_unknown_key_is_refused_with_its_place_and_a_guess(void **state)
{
	struct place *place = *state;
	refused(place, "write: armed\nbots:\n- name: a\n  tokn: {file: x}\n",
		":4:3: unknown key 'tokn'; did you mean 'token'?\n     4 |   tokn: {file: x}\n     "
		"  |   ^");
	assert_int_equal(place->err.code, ERR_SYNTAX);
	refused(place, "zzz: 1\n", "here go: environment, state_dir");
}

static void a_list_of_targets_is_of_many_pages(void **state)
{
	struct place *place = *state;
	refused(place, "scrape:\n  a: {url: 'http://h/', targets: t}\n",
		"with 'targets' the host of 'url' is {target}: http://{target}/metrics");
	refused(place, "scrape:\n  a: {url: 'http://{target}/'}\n",
		"{target} needs 'targets', a file");
	refused(place, "scrape:\n  a: {url: 'http://{target}/', targets: t, bot: b}\n",
		"'bot' is of one page, 'targets' of many");
	refused(place, "scrape:\n  a: {url: 'http://{target}/', targets: t, bearer: {file: s}}\n",
		"http shows 'bearer' to the network");
}

#define REMOTE "metrics:\n  prometheus: "

static void another_prometheus_is_asked_by_its_base_and_secrets_are_hidden(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "write: armed\n"));
	assert_string_equal(place->settings->prometheus.url, "");
	assert_true(load(place, REMOTE "{url: 'http://127.0.0.1:9090/p/', user: u, password: "
				       "{command: [printf, x]}, timeout: 3s}\n"));
	assert_string_equal(place->settings->prometheus.url, "http://127.0.0.1:9090/p/");
	assert_int_equal(place->settings->prometheus.timeout_ms, 3000);
	assert_true(load(place, REMOTE "{url: 'https://h'}\n"));
	assert_int_equal(place->settings->prometheus.timeout_ms, 10000);
	refused(place, REMOTE "{timeout: 3s}\n", "'url' is missing");
	refused(place, REMOTE "{url: 'ftp://h/'}\n", "'url' starts with http:// or https://");
	refused(place, REMOTE "{url: 'http://u:p@h/'}\n", "may hold no user and no password");
	refused(place, REMOTE "{url: 'http://h/api/v1/query'}\n", "'url' is the base of the API");
	refused(place, REMOTE "{url: 'http://h/?x=y'}\n", "'url' is the base of the API");
	refused(place, REMOTE "{url: 'http://h/', bearer: {file: s}}\n",
		"http shows 'bearer' to the network");
	refused(place, REMOTE "{url: 'http://h/', user: u, password: {file: s}}\n",
		"http shows 'password' to the network");
	refused(place, REMOTE "{url: 'https://h/', user: u}\n", "user and password go together");
	refused(place, REMOTE "{url: 'https://h/', user: u, bearer: {file: s}}\n",
		"give bearer, or user and password, not both");
}

static void named_things_are_mappings_or_lists(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "redis:\n  a: {}\n  b: {port: 7000}\n"
				"postgres:\n- {name: p, dsn: dbname=x}\n"));
	assert_int_equal(place->settings->redis_count, 2);
	assert_string_equal(place->settings->redis[1].name, "b");
	assert_int_equal(place->settings->redis[1].port, 7000);
	assert_string_equal(place->settings->postgres[0].name, "p");
	refused(place, "redis:\n  a: {}\n  a: {}\n", ":3:3: 'a' is given twice, first in line 2");
	refused(place, "redis:\n- {name: a}\n- {name: a}\n", ":3:3: a second 'a' in redis");
	refused(place, "redis:\n  A: {}\n", ":2:3: 'A' is no name");
	refused(place, "health:\n  a: {url: 'http://h/', bot: \"\\e[31mb\"}\n", "is no name");
	refused(place, "scrape:\n  a: {url: 'http://h/', bot: 'a b'}\n", "'a b' is no name");
	refused(place, "logs:\n  a: {path: 'journal:'}\n", "names no unit: journal:orders.service");
	refused(place, "logs:\n  a: {path: 'docker:a/b'}\n", "names no container");
	refused(place, "logs:\n  a: {path: /a, bot: A}\n", "'A' is no name");
	refused(place, "redis:\n  a: {name: b}\n", "its name is 'a' already");
	refused(place, "bots:\n  a:\n", ":2:3: bot 'a' has no token");
	refused(place, "bots:\n  a: 7\n", ":2:6: here goes a mapping");
	assert_true(load(place, "bots:\ndriver:\nalerts:\nkeys:\nredis:\n  main:\n"));
	assert_int_equal(place->settings->redis[0].port, 6379);
}

static void every_error_is_found_at_once(void **state)
{
	struct place *place = *state;
	refused(place, "write: maybe\ntelegram: {interval: 3 parsec, timeout: 0s}\nbots: yes\n",
		"'write' is read-only, armed or always, not 'maybe'");
	assert_non_null(strstr(place->report.text, ":2:22:"));
	assert_non_null(strstr(place->report.text, "'timeout' must be 1.0s to 2m00"));
	assert_non_null(strstr(place->report.text, ":3:7: 'bots' is a mapping"));
}

static void a_token_in_the_file_is_refused_and_not_shown(void **state)
{
	struct place *place = *state;
	refused(place, "bots:\n- name: a\n  token: " TOKEN "\n", "token: {file: PATH}");
	assert_null(strstr(place->report.text, "AAFexample"));
	assert_null(strstr(place->err.text, "AAFexample"));
	refused(place, "redis:\n- name: a\n  password: hunter2\n", "password: {file: PATH}");
	assert_null(strstr(place->report.text, "hunter2"));
}

static void a_secret_that_others_can_read_is_refused_with_the_chmod(void **state)
{
	struct place *place = *state;
	write_file(place, "t", TOKEN, 0640);
	char *says autofree = xasprintf("chmod 600 %s/t", place->folder);
	refused(place, "bots:\n- {name: a, token: {file: t}}\n", says);
	write_file(place, "t", TOKEN, 0600);
	assert_true(load(place, "bots:\n- {name: a, token: {file: t}}\n"));
	write_file(place, "t", TOKEN, 0604);
	struct str secret = STR_INIT;
	assert_false(settings_secret(&place->settings->bots[0].token, -1, &secret, &place->err));
	assert_non_null(strstr(place->err.text, says));
	str_wipe(&secret);
}

static void what_is_no_setting_any_more_is_ignored_with_a_warning(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "charts: {memory: 32MiB}\nmetrics: {memory: 5MiB}\n"));
	assert_int_equal(place->settings->metrics_memory_bytes, 5 << 20);
	assert_non_null(
		strstr(place->report.text, "1:1: warning: 'charts' is no setting any more"));
	assert_non_null(strstr(place->report.text, "`metrics: {memory: ...}`"));
}

static void a_missing_secret_is_a_warning_because_the_rest_can_be_watched(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "bots:\n- {name: a, token: {file: none}}\n"));
	assert_non_null(strstr(place->report.text, "warning: cannot read"));
}

static void each_form_of_a_secret_is_read(void **state)
{
	struct place *place = *state;
	write_file(place, ".env", "A=1\nexport BOT_TOKEN=\"" TOKEN "\"\r\nBOT_TOKEN_OLD=x\n", 0600);
	write_file(place, "cred", TOKEN "\n", 0440);
	setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
	assert_true(load(place, "bots:\n"
				"- {name: a, token: {env_file: .env, key: BOT_TOKEN}}\n"
				"- {name: b, token: {credential: cred}}\n"
				"- {name: c, token: {command: [/bin/echo, '123456:x']}}\n"
				"- {name: d, token: {command: [/bin/false]}}\n"
				"- {name: e, token: {env_file: .env, key: NONE}}\n"));
	static const char *const values[] = {TOKEN, TOKEN, "123456:x"};
	for (size_t i = 0; i < 5; i++) {
		struct str secret = STR_INIT;
		bool fine =
			settings_secret(&place->settings->bots[i].token, -1, &secret, &place->err);
		assert_int_equal(fine, i < COUNT_OF(values));
		if (fine)
			assert_string_equal(secret.text, values[i]);
		str_wipe(&secret);
	}
	assert_non_null(strstr(place->err.text, "has no line NONE="));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_folder_of_tokens_is_a_fleet(void **state)
{
	struct place *place = *state;
	char *tokens autofree = path_in(place, "tokens");
	assert_int_equal(mkdir(tokens, 0700), 0);
	write_file(place, "tokens/beta.token", TOKEN, 0600);
	write_file(place, "tokens/alpha", TOKEN, 0600);
	write_file(place, "tokens/.hidden", TOKEN, 0644);
	static const char text[] =
		"bots:\n- {name: beta, token: {file: tokens/beta.token}, enabled: no}\n"
		"bots_from:\n- {dir: tokens, logs: 'logs/{bot}.log'}\n";
	assert_true(load(place, text));
	assert_int_equal(place->settings->bot_count, 2);
	assert_false(settings_bot(place->settings, "beta")->enabled);
	const struct conf_bot *alpha = settings_bot(place->settings, "alpha");
	char *log autofree = path_in(place, "logs/alpha.log");
	assert_string_equal(alpha->logs[0], log);
	assert_string_equal(alpha->from, tokens);
	write_file(place, "tokens/Bad Name", TOKEN, 0600);
	refused(place, text, "'Bad Name' is no bot's name");
}

static void the_environment_overrides_single_values(void **state)
{
	struct place *place = *state;
	setenv("BOTSWAIN_WRITE", "armed", 1);
	setenv("BOTSWAIN_TELEGRAM_API", "http://127.0.0.1:8081/", 1);
	assert_true(load(place, "write: always\n"));
	assert_int_equal(place->settings->write, WRITE_ARMED);
	assert_string_equal(place->settings->telegram_api, "http://127.0.0.1:8081");
	assert_true(place->settings->telegram_loopback);
	assert_int_equal(place->settings->telegram_interval_ms, 2000);
	setenv("BOTSWAIN_WRITE", "never", 1);
	refused(place, "", "BOTSWAIN_WRITE: 'write' is read-only");
	unsetenv("BOTSWAIN_WRITE");
	setenv("BOTSWAIN_TELEGRAM_API", "http://example.org", 1);
	refused(place, "", "http shows every token");
	setenv("BOTSWAIN_TELEGRAM_API", "http://127.0.0.1.example.org", 1);
	refused(place, "", "http shows every token");
	unsetenv("BOTSWAIN_TELEGRAM_API");
}

static void heartbeats_default_to_the_pattern_of_their_redis(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "redis:\n- {name: main, heartbeats: 'hb:*:alive'}\n"
				"bots:\n- {name: a, transport: none}\n"
				"- {name: b, transport: none, heartbeat: none}\n"
				"- {name: c, transport: none, heartbeat: beat}\n"));
	const struct conf_bot *bots = place->settings->bots;
	assert_string_equal(bots[0].heartbeat, "hb:a:alive");
	assert_string_equal(bots[0].redis, "main");
	assert_string_equal(bots[1].heartbeat, "");
	assert_string_equal(bots[2].heartbeat, "beat");
	refused(place, "bots:\n- {name: a, transport: none, redis: nope}\n", "names redis 'nope'");
}

static void a_heartbeat_of_its_own_needs_no_pattern(void **state)
{
	struct place *place = *state;
	assert_true(load(place,
		"redis:\n- {name: main, socket: /run/a}\n- {name: other, socket: /run/b}\n"
		"bots:\n- {name: a, transport: none, heartbeat: beat}\n"
		"- {name: b, transport: none}\n"));
	assert_string_equal(place->settings->bots[0].redis, "main");
	assert_string_equal(place->settings->bots[1].heartbeat, "");
	assert_true(load(place, "bots:\n- {name: a, transport: none, heartbeat: beat}\n"));
	assert_non_null(strstr(place->report.text, "there is no redis to find it in"));
}

static void thresholds_of_alerts_are_typed_by_their_rule(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "alerts:\n  heartbeat_late: {after: 12s, for: 3s, severity: warn}\n"
				"  backlog_rising: {pending: 50}\n  redis_down: {off: yes}\n"));
	const struct conf_rule *late = settings_rule(place->settings, "heartbeat_late");
	assert_true(late->limit == 12.0);
	assert_int_equal(late->for_ms, 3000);
	assert_string_equal(late->severity, "warn");
	const struct conf_rule *rising = settings_rule(place->settings, "backlog_rising");
	assert_true(rising->limit == 50.0 && isnan(rising->second));
	assert_int_equal(rising->for_ms, -1);
	assert_true(settings_rule(place->settings, "redis_down")->off);
	assert_null(settings_rule(place->settings, "bot_down"));
	refused(place, "alerts: {hartbeat_late: {after: 1s}}\n", "did you mean 'heartbeat_late'?");
	refused(place, "alerts: {heartbeat_late: {limit: 1s}}\n",
		"heartbeat_late takes after, off, for");
	refused(place, "alerts: {heartbeat_late: {after: 1}}\n", "1:34:");
}

static void an_engine_is_its_state_directory_and_a_long_path_has_a_short_socket(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "state_dir: s\n"));
	char *expected autofree = path_in(place, "s/engine.sock");
	assert_string_equal(place->settings->socket_path, expected);
	char name[121];
	memset(name, 'x', 120);
	name[120] = '\0';
	char *text autofree = xasprintf("state_dir: %s\n", name);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_true(load(place, text));
	assert_true(strlen(place->settings->socket_path) <= 100);
	assert_true(starts_with(place->settings->socket_path, "/run/user/7/botswain/"));
	unsetenv("XDG_RUNTIME_DIR");
}

static void without_a_configuration_the_three_lines_are_said(void **state)
{
	struct place *place = *state;
	char *path = NULL;
	if (!access("/etc/botswain/botswain.yaml", F_OK))
		skip(); /* this machine has one */
	setenv("XDG_CONFIG_HOME", place->folder, 1);
	assert_false(settings_find(NULL, &path, &place->err));
	assert_non_null(strstr(place->err.text, place->folder));
	assert_non_null(strstr(place->err.text, "/botswain/botswain.yaml\nbots:\n  mybot:\n"));
	assert_true(settings_find("x.yaml", &path, &place->err));
	assert_string_equal(path, "x.yaml");
	free(path);
	unsetenv("XDG_CONFIG_HOME");
}

static void a_program_that_is_told_of_alerts_has_a_short_form(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "on_alert: [/usr/bin/tell, two words]\n"));
	const struct conf_on_alert *on_alert = &place->settings->on_alert;
	assert_int_equal(on_alert->command.count, 2);
	assert_string_equal(on_alert->command.argv[1], "two words");
	assert_int_equal(on_alert->timeout_ms, 10000);
	assert_int_equal(on_alert->per_minute, 20);
	assert_int_equal(on_alert->severity, TOLD_WARN);
	assert_true(load(place, "on_alert: {command: [tell], severity: crit, per_minute: 2}\n"));
	on_alert = &place->settings->on_alert;
	assert_int_equal(on_alert->command.count, 1);
	assert_int_equal(on_alert->severity, TOLD_CRIT);
	assert_int_equal(on_alert->per_minute, 2);
	assert_true(load(place, "on_alert:\n"));
	assert_int_equal(place->settings->on_alert.command.count, 0);
	assert_false(load(place, "on_alert: {timeout: 5s}\n"));
	assert_non_null(strstr(place->report.text, "'command' is missing in on_alert"));
	assert_false(load(place, "on_alert: [[tell]]\n"));
	assert_false(load(place, "on_alert: tell\n"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void a_bot_is_found_by_its_name_wherever_it_stands(void **state)
{
	struct place *place = *state;
	assert_true(load(place, "bots: {m: {transport: none}, z: {transport: none}, a-1: "
				"{transport: none}, a: {transport: none}}\n"));
	const struct settings *settings = place->settings;
	for (size_t i = 0; i < settings->bot_count; i++)
		assert_ptr_equal(
			settings_bot(settings, settings->bots[i].name), &settings->bots[i]);
	assert_null(settings_bot(settings, "b"));
	assert_null(settings_bot(settings, ""));
	assert_null(settings_bot(settings, "zz"));
	assert_true(load(place, "redis: {main: {}}\n"));
	assert_null(settings_bot(place->settings, "m"));
}

static void a_process_names_the_supervisor_that_is_asked(void **state)
{
	struct place *place = *state;
	const char *kind = NULL;
	assert_true(
		load(place, "supervisors: {second: {kind: supervisord, address: /run/two.sock}}\n"
			    "bots:\n"
			    "  a: {transport: none, process: {supervisord: \"shop:a\"}}\n"
			    "  b: {transport: none, process: {systemd: b.service}}\n"
			    "  c: {transport: none, process: {systemd: c.service}}\n"));
	const struct settings *settings = place->settings;
	assert_int_equal(settings->supervisor_count, 2); /* systemd: where it usually is */
	assert_string_equal(settings_bot(settings, "a")->process.supervisor, "second");
	assert_string_equal(settings_bot(settings, "b")->process.supervisor, "systemd");
	assert_string_equal(
		process_program(&settings_bot(settings, "a")->process, &kind), "shop:a");
	assert_string_equal(kind, "supervisord");
	assert_string_equal(settings_supervisor(settings, "systemd")->address, "");
}

static void a_process_with_two_forms_or_a_strange_supervisor_is_refused(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *process, *says;
	} wrong[] = {
		{"{systemd: a.service, pidfile: /run/a.pid}", "takes one of"},
		{"{pidfile: /run/a.pid, supervisor: docker}", "'supervisor' goes with"},
		{"{pidfile: /run/a.pid, directory: /srv/a}", "'directory' goes with match"},
		{"{systemd: a.service, supervisor: nobody}", "supervisor 'nobody' is not in this"},
		{"{systemd: a.service, supervisor: s}", "is of kind supervisord"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char *text autofree = xasprintf("supervisors: {s: {kind: supervisord}}\n"
						"bots: {a: {transport: none, process: %s}}\n",
			wrong[i].process);
		assert_false(load(place, text));
		assert_non_null(strstr(place->report.text, wrong[i].says));
	}
	assert_false(load(place, "supervisors: {s: {kind: supervisord, address: "
				 "\"http://192.0.2.1:9001\"}}\n"));
	assert_non_null(strstr(place->report.text, "http shows the password"));
	assert_false(load(place, "bots_from: [{postgres: p, query: x, process: {pm2: all}}]\n"
				 "postgres: {p: {dsn: host=/run}}\n"));
	assert_non_null(strstr(place->report.text, "does not say {bot}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_bot_is_found_by_its_name_wherever_it_stands),
		test(a_process_names_the_supervisor_that_is_asked),
		test(a_process_with_two_forms_or_a_strange_supervisor_is_refused),
		test(three_lines_are_a_configuration),
		test(an_unknown_key_is_refused_with_its_place_and_a_guess),
		test(a_list_of_targets_is_of_many_pages),
		test(another_prometheus_is_asked_by_its_base_and_secrets_are_hidden),
		test(named_things_are_mappings_or_lists),
		test(every_error_is_found_at_once),
		test(a_token_in_the_file_is_refused_and_not_shown),
		test(a_secret_that_others_can_read_is_refused_with_the_chmod),
		test(what_is_no_setting_any_more_is_ignored_with_a_warning),
		test(a_missing_secret_is_a_warning_because_the_rest_can_be_watched),
		test(each_form_of_a_secret_is_read),
		test(a_folder_of_tokens_is_a_fleet),
		test(the_environment_overrides_single_values),
		test(heartbeats_default_to_the_pattern_of_their_redis),
		test(a_heartbeat_of_its_own_needs_no_pattern),
		test(thresholds_of_alerts_are_typed_by_their_rule),
		test(an_engine_is_its_state_directory_and_a_long_path_has_a_short_socket),
		test(a_program_that_is_told_of_alerts_has_a_short_form),
		test(without_a_configuration_the_three_lines_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
