/* SPDX-License-Identifier: MIT */
/* The Bot API, polled: what bots say of themselves, and every way in which the server can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"
#include "tests/support/collect_scene.h"

enum { BOTS_MAX = 64 };

static struct botapi server;
static char *tokens[BOTS_MAX];
static size_t count;

static int setup(void **state)
{
	botapi_start(&server);
	if (collect_setup(state) != 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	botapi_stop(&server);
	while (count)
		free(tokens[--count]);
	return failed;
}

static void write_token(const char *name, const char *token)
{
	folder_write(name, 0600, "%s\n", token);
}

/* Makes bot number `count`: b0, b1 ... for us, b0-00001 ... for the server's control. */
static void make_bot(void)
{
	autofree char *name = xasprintf("b%zu", count);
	tokens[count] = botapi_make_bot(&server, name);
	write_token(name, tokens[count]);
	count++;
}

static int64_t id_of(size_t bot)
{
	return strtoll(tokens[bot], NULL, 10);
}

static char *configuration(const char *telegram)
{
	struct str yaml = STR_INIT;
	str_addf(&yaml, "telegram: {api: 'http://127.0.0.1:%d', interval: 500ms, timeout: 1s%s}\n",
		server.port, telegram);
	str_adds(&yaml, "bots:\n");
	for (size_t i = 0; i < count; i++)
		str_addf(&yaml, "  - {name: b%zu, token: {file: %s/b%zu}}\n", i, folder, i);
	return str_detach(&yaml);
}

static void watch(const char *telegram)
{
	autofree char *yaml = configuration(telegram);
	const char *secret = strchr(tokens[count - 1], ':') + 1;
	collected_start(&collected, "%s", yaml);
	collected.forbidden = secret;
}

static void fault(const char *body)
{
	json_decref(botapi_control(&server, "fault", "%s", body));
}

static void clear_faults(const char *bot)
{
	json_decref(botapi_control(&server, "clear", "{\"bot\":\"%s\"}", bot));
}

/* Calls `each` for the lines of the server's transcript; returns how many there are. */
static size_t read_transcript(void (*each)(const json_t *line, void *context), void *context)
{
	autofree char *path = xasprintf("%s/transcript.jsonl", server.directory);
	FILE *file = fopen(path, "re");
	json_t *line;
	size_t lines = 0;
	assert_non_null(file);
	for (; (line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)); lines++) {
		each(line, context);
		json_decref(line);
	}
	fclose(file);
	return lines;
}

static void check_method(const json_t *line, void *context)
{
	const char *method = json_string_value(json_object_get(line, "method"));
	const char *peer = json_string_value(json_object_get(line, "peer"));
	(void)context;
	assert_string_equal(peer, "console");
	if (strcmp(method, "getme") != 0 && strcmp(method, "getwebhookinfo") != 0 &&
		strcmp(method, "getMe") != 0 && strcmp(method, "getWebhookInfo") != 0)
		fail_msg("the console asked %s", method);
}

static void bots_say_who_they_are_and_what_waits_for_them(void **state)
{
	(void)state;
	make_bot();
	json_decref(botapi_control(&server, "play", "{\"bot\":\"b0-00001\",\"count\":5}"));
	watch("");
	const char *me = collected_wait(&collected, "obs_getme", "bot=\"b0\"", "http=200", NULL);
	assert_true((int64_t)collected_number(me, "tg_id") == id_of(0));
	assert_non_null(strstr(me, "username=\""));
	assert_non_null(strstr(me, "token_hash="));
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "pending=5", NULL);
	collect_wait_ok("kind=\"telegram\"");
	json_decref(botapi_control(&server, "hijack",
		"{\"bot\":\"b0-00001\",\"url\":\"https://evil.example:8443/%s\"}", tokens[0]));
	const char *webhook = collected_wait(
		&collected, "obs_webhook", "https://evil.example:8443/", "url_hash=", NULL);
	assert_non_null(strstr(webhook, "<redacted>"));
}

static void nothing_but_the_two_harmless_methods_is_ever_asked(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		make_bot();
	watch(", getme_interval: 500ms");
	for (int i = 0; i < 12; i++)
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
	collected_wait(&collected, "obs_getme", "bot=\"b1\"", NULL);
	assert_true(read_transcript(check_method, NULL) >= 15);
}

struct gap {
	int64_t bot, last_ms, longest_ms, before_ms, after_ms;
	size_t others; /* asked during the longest */
	size_t since;
};

static void find_gap(const json_t *line, void *context)
{
	struct gap *gap = context;
	int64_t at_ms = json_integer_value(json_object_get(line, "t"));
	if (json_integer_value(json_object_get(line, "bot")) != gap->bot) {
		gap->since++;
		return;
	}
	if (gap->last_ms && at_ms - gap->last_ms > gap->longest_ms) {
		gap->longest_ms = at_ms - gap->last_ms;
		gap->before_ms = gap->last_ms;
		gap->after_ms = at_ms;
		gap->others = gap->since;
	}
	gap->last_ms = at_ms;
	gap->since = 0;
}

static void a_rate_limit_is_kept_to_the_second_and_the_other_bot_goes_on(void **state)
{
	(void)state;
	make_bot();
	make_bot();
	watch("");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	fault("{\"bot\":\"b0-00001\",\"kind\":\"status\",\"status\":429,\"retry_after\":3,"
	      "\"count\":1}");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=429", "retry_after_s=3",
		"Too Many Requests", NULL);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	struct gap gap = {.bot = id_of(0)};
	read_transcript(find_gap, &gap);
	assert_in_range(gap.longest_ms, 3000, 3400);
	assert_true(gap.others >= 5);
}

static void hurrying_does_not_break_a_rate_limit(void **state)
{
	(void)state;
	make_bot();
	watch("");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	fault("{\"bot\":\"b0-00001\",\"kind\":\"status\",\"status\":429,\"retry_after\":2,"
	      "\"count\":1}");
	collected_wait(&collected, "obs_webhook", "http=429", NULL);
	collect_hurry(collected.collect, "b0");
	collected_wait(&collected, "obs_webhook", "http=200", NULL);
	struct gap gap = {.bot = id_of(0)};
	read_transcript(find_gap, &gap);
	assert_in_range(gap.longest_ms, 2000, 2400);
}

static void a_revoked_token_is_asked_slowly_and_a_new_one_is_found_in_its_file(void **state)
{
	(void)state;
	make_bot();
	watch("");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	json_decref(botapi_control(&server, "revoke", "{\"bot\":\"b0-00001\"}"));
	const char *said = collected_wait(
		&collected, "obs_webhook", "bot=\"b0\"", "http=401", "Unauthorized", NULL);
	assert_in_range((int)collected_number(said, "next_in_ms"), 2200, 2800);
	said = collected_wait(&collected, "obs_getme", "bot=\"b0\"", "http=401", NULL);
	assert_in_range((int)collected_number(said, "next_in_ms"), 2200, 2800);
	collect_wait_ok("kind=\"telegram\"");
	autofree char *fresh = botapi_make_bot(&server, "fresh");
	write_token("b0", fresh);
	said = collected_wait(&collected, "obs_getme", "bot=\"b0\"", "http=200", NULL);
	assert_true((int64_t)collected_number(said, "tg_id") == strtoll(fresh, NULL, 10));
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
}

/* Sets a fault for b0, waits for `expected` of it, and sees that nobody else is concerned. */
static void one_bot_fails(const char *kind, const char *expected)
{
	for (int i = 0; i < 3; i++)
		make_bot();
	watch("");
	for (int i = 0; i < 6; i++)
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
	autofree char *body = xasprintf("{\"bot\":\"b0-00001\",%s}", kind);
	fault(body);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", expected, NULL);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", expected, NULL);
	collected_wait(&collected, "obs_webhook", "bot=\"b1\"", "http=200", NULL);
	assert_int_equal(collected.unreachable, 0);
	clear_faults("b0-00001");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
}

static void a_connection_that_is_reset_concerns_one_bot(void **state)
{
	(void)state;
	one_bot_fails("\"kind\":\"reset\"", "the connection was closed in mid-answer");
}

static void an_answer_that_hangs_concerns_one_bot(void **state)
{
	(void)state;
	one_bot_fails("\"kind\":\"hang\"", "no answer in 1 s");
}

static void a_cut_answer_is_never_half_believed(void **state)
{
	(void)state;
	one_bot_fails("\"kind\":\"truncate\"", "): cut off: '{");
}

static void a_page_of_a_proxy_is_told_by_its_status(void **state)
{
	(void)state;
	one_bot_fails("\"kind\":\"html\",\"status\":502", "502, but not from the Bot API");
}

static void what_a_proxy_refuses_is_no_rejected_token(void **state)
{
	static const int statuses[] = {401, 404};
	autofree char *code = xasprintf("code=%d", ERR_PROTOCOL);
	(void)state;
	make_bot();
	watch("");
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		autofree char *words = xasprintf("%d, but not from the Bot API", statuses[i]);
		autofree char *body = xasprintf(
			"{\"bot\":\"b0-00001\",\"kind\":\"html\",\"status\":%d}", statuses[i]);
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
		fault(body);
		collected_wait(&collected, "obs_webhook", words, code, NULL);
		clear_faults("b0-00001");
	}
}

static void a_server_that_is_gone_is_one_outage_and_all_bots_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		make_bot();
	watch("");
	for (int i = 0; i < 20; i++)
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
	botapi_kill(&server);
	autofree char *refused =
		xasprintf("cannot reach 127.0.0.1:%d: Connection refused", server.port);
	collected_wait(&collected, "obs_source", "kind=\"telegram\"", "state=\"unreachable\"",
		"circuit=\"open\"", refused, NULL);
	for (size_t i = 0; i < count; i++) {
		autofree char *bot = xasprintf("bot=\"b%zu\"", i);
		collected_wait(&collected, "obs_webhook", bot, refused, NULL);
	}
	botapi_start_again(&server);
	collected_wait(&collected, "obs_source", "kind=\"telegram\"", "state=\"ok\"",
		"circuit=\"closed\"", NULL);
	for (size_t i = 0; i < count; i++) {
		autofree char *bot = xasprintf("bot=\"b%zu\"", i);
		collected_wait(&collected, "obs_webhook", bot, "http=200", NULL);
	}
}

static void count_line(const json_t *line, void *context)
{
	(void)line;
	(*(size_t *)context)++;
}

static void a_server_that_hangs_gets_a_few_probes_instead_of_every_poll(void **state)
{
	(void)state;
	size_t before = 0, after = 0;
	for (int i = 0; i < 20; i++)
		make_bot();
	watch("");
	for (int i = 0; i < 40; i++)
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
	fault("{\"bot\":\"*\",\"kind\":\"hang\"}");
	collected_wait(&collected, "obs_source", "kind=\"telegram\"", "state=\"unreachable\"",
		"no answer in 1 s", NULL);
	read_transcript(count_line, &before);
	/* 20 bots of 500 ms make 40 polls a second; 3 s of an open circuit: */
	for (int i = 0; i < 120; i++)
		collected_wait(&collected, "obs_webhook", "no answer in 1 s", NULL);
	read_transcript(count_line, &after);
	assert_in_range(after - before, 0, 8);
	clear_faults("*");
	collect_wait_ok("kind=\"telegram\"");
	collected_wait(&collected, "obs_webhook", "bot=\"b7\"", "http=200", NULL);
}

static void open_to_others(struct settings *settings)
{
	autofree char *path = xasprintf("%s/b0", folder);
	(void)settings;
	assert_int_equal(chmod(path, 0644), 0);
}

/* Established ones, of anybody in this machine: no other process talks to this server. */
static size_t connections(void)
{
	autofree char *remote = xasprintf("0100007F:%04X", (unsigned)server.port);
	FILE *file = fopen("/proc/self/net/tcp", "re");
	char line[512], to[64];
	unsigned tcp_state;
	size_t open = 0;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %63s %x", to, &tcp_state) == 2 && tcp_state == 1)
			open += strcmp(to, remote) == 0;
	fclose(file);
	return open;
}

static void connections_of_a_burst_are_not_kept(void **state)
{
	enum { BURST = 40, KEPT = BURST / 8 + 8, ANSWERS = 20 * BURST };
	size_t most = 0, left = SIZE_MAX;
	(void)state;
	for (int i = 0; i < BURST; i++)
		make_bot();
	fault("{\"bot\":\"*\",\"kind\":\"delay\",\"delay_ms\":400}");
	watch("");
	for (int i = 0; i < 2 * BURST; i++) {
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
		if (connections() > most)
			most = connections();
	}
	assert_in_range(most, KEPT + 1, 64);
	clear_faults("*");
	for (int i = 0; i < ANSWERS && left > KEPT; i++) {
		collected_wait(&collected, "obs_webhook", "http=200", NULL);
		left = connections();
	}
	assert_in_range(left, 1, KEPT);
}

static void a_token_file_that_others_may_read_is_refused_with_the_remedy(void **state)
{
	(void)state;
	make_bot();
	make_bot();
	autofree char *path = xasprintf("%s/b0", folder);
	autofree char *yaml = configuration("");
	collected_start_with(&collected, yaml, NULL, open_to_others);
	const char *said = collected_wait(&collected, "obs_getme", "bot=\"b0\"", "chmod 600", NULL);
	assert_null(strstr(said, "http="));
	collected_wait(&collected, "obs_webhook", "bot=\"b1\"", "http=200", NULL);
	assert_int_equal(chmod(path, 0600), 0);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
}

static void hurrying_a_bot_asks_it_at_once(void **state)
{
	(void)state;
	make_bot();
	autofree char *yaml = configuration("");
	autofree char *slow = xstrdup(yaml);
	memcpy(strstr(slow, "500ms"), "  60m", 5);
	collected_start(&collected, "%s", slow);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	assert_null(collected_wait_for(&collected, 300, "obs_webhook", NULL));
	collect_hurry(collected.collect, "b0");
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
}

static void a_reload_takes_bots_off_and_on_without_touching_the_others(void **state)
{
	(void)state;
	make_bot();
	make_bot();
	watch("");
	collected_wait(&collected, "obs_webhook", "bot=\"b1\"", "http=200", NULL);
	make_bot();
	collected_reload(&collected,
		"telegram: {api: 'http://127.0.0.1:%d', interval: 500ms}\n"
		"bots:\n  - {name: b1, token: {file: %s/b1}}\n  - {name: b2, token: {file: "
		"%s/b2}}\n",
		server.port, folder, folder);
	const char *next = collected_wait(&collected, "obs_getme", NULL);
	assert_non_null(strstr(next, "bot=\"b2\""));
	collected_clear(&collected);
	collected_wait(&collected, "obs_webhook", "bot=\"b1\"", "http=200", NULL);
	assert_null(collected_wait_for(&collected, 700, "obs_webhook", "bot=\"b0\"", NULL));
}

/* b0 and b1 were answered within 24 h. */
static bool is_known(void *context, const char *bot, uint64_t token_hash)
{
	(void)context;
	return token_hash && (strcmp(bot, "b0") == 0 || strcmp(bot, "b1") == 0);
}

static void far_from_loopback_new_tokens_wait_for_their_turn_and_known_ones_do_not(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		make_bot();
	autofree char *yaml = configuration("");
	/* No packet leaves: plain http is refused for any host that is not loopback. */
	collected_start_with(&collected, yaml, is_known, collected_pretend_far);
	collected_wait(&collected, "obs_getme", "bot=\"b0\"", "only https is allowed", NULL);
	collected_wait(&collected, "obs_getme", "bot=\"b1\"", NULL);
	collected_clear(&collected);
	const char *next = collected_wait_for(&collected, 3000, "obs_getme", "bot=\"b3\"", NULL);
	assert_null(next);
}

static void stopping_does_not_wait_for_a_hanging_answer(void **state)
{
	(void)state;
	make_bot();
	watch("");
	collected_wait(&collected, "obs_webhook", "http=200", NULL);
	fault("{\"bot\":\"*\",\"kind\":\"hang\"}");
	collected_wait(&collected, "obs_webhook", "no answer in 1 s", NULL);
	collected_stop(&collected);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bots_say_who_they_are_and_what_waits_for_them),
		TEST(nothing_but_the_two_harmless_methods_is_ever_asked),
		TEST(a_rate_limit_is_kept_to_the_second_and_the_other_bot_goes_on),
		TEST(hurrying_does_not_break_a_rate_limit),
		TEST(a_revoked_token_is_asked_slowly_and_a_new_one_is_found_in_its_file),
		TEST(a_connection_that_is_reset_concerns_one_bot),
		TEST(an_answer_that_hangs_concerns_one_bot),
		TEST(a_cut_answer_is_never_half_believed),
		TEST(a_page_of_a_proxy_is_told_by_its_status),
		TEST(what_a_proxy_refuses_is_no_rejected_token),
		TEST(a_server_that_is_gone_is_one_outage_and_all_bots_come_back),
		TEST(a_server_that_hangs_gets_a_few_probes_instead_of_every_poll),
		TEST(connections_of_a_burst_are_not_kept),
		TEST(a_token_file_that_others_may_read_is_refused_with_the_remedy),
		TEST(hurrying_a_bot_asks_it_at_once),
		TEST(a_reload_takes_bots_off_and_on_without_touching_the_others),
		TEST(far_from_loopback_new_tokens_wait_for_their_turn_and_known_ones_do_not),
		TEST(stopping_does_not_wait_for_a_hanging_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
