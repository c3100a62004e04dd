/* SPDX-License-Identifier: MIT */
/* What environments, files and sockets tell of a bot, and what of them is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/clues.h"
#include "core/collect/command_words.h"
#include "core/collect/programs.h"
#include "core/collect/telegram_nets.h"

#define TOKEN "7100000001:AAFcanarycanarycanarycanarycanary12"

static struct clues clues;
static char folder[64];

static int setup(void **state)
{
	(void)state;
	memset(&clues, 0, sizeof(clues));
	copy_text(folder, sizeof(folder), "/tmp/botswain-clues-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static char *write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

/* Not one byte of the secret part stays. */
static int teardown(void **state)
{
	static const char secret[] = "canarycanary";
	(void)state;
	assert_null(memmem(&clues, sizeof(clues), secret, sizeof(secret) - 1));
	char *line[] = {xasprintf("%s/a.json", folder), xasprintf("%s/token", folder),
		xasprintf("%s/.env", folder)};
	for (size_t i = 0; i < COUNT_OF(line); i++) {
		unlink(line[i]);
		free(line[i]);
	}
	return rmdir(folder);
}

static void a_value_of_token_shape_is_one_whatever_its_key(void **state)
{
	(void)state;
	clues_add_variable(&clues, "SECRET_THING", TOKEN);
	assert_int_equal(clues.tg_id, 7100000001);
	assert_string_equal(clues.variable, "SECRET_THING");
	assert_true(clues_are_of_a_bot(&clues));
}

static void a_key_that_says_bot_token_makes_a_bot_and_others_do_not(void **state)
{
	(void)state;
	clues_add_variable(&clues, "GITHUB_TOKEN", "canarycanary");
	clues_add_variable(&clues, "TOKEN", "canarycanary");
	clues_add_variable(&clues, "ROBOT", "canarycanary");
	clues_add_variable(&clues, "TG_BOT_TOKEN", "");
	assert_false(clues_are_of_a_bot(&clues));
	clues_add_variable(&clues, "TELEGRAM_API_TOKEN", "canarycanary");
	assert_true(clues_are_of_a_bot(&clues));
	assert_int_equal(clues.tg_id, 0);
}

static void a_file_with_a_token_is_found_through_settings_and_variables(void **state)
{
	(void)state;
	autofree char *token = write_file("token", TOKEN "\n");
	autofree char *json = xasprintf("{\"bot\": {\"token_file\": \"%s\"}}", token);
	autofree char *settings = write_file("a.json", json);
	clues_add_command(&clues, "node bot.js a.json", folder);
	assert_string_equal(clues.file, token);
	struct clues other = {0};
	clues_add_variable(&other, "BOT_TOKEN_FILE", token);
	assert_string_equal(other.file, token);
	clues_merge(&clues, &other);
	assert_int_equal(clues.tg_id, 7100000001);
}

static void an_env_file_in_the_working_directory_tells_key_and_servers(void **state)
{
	(void)state;
	autofree char *env =
		write_file(".env", "# mine\nexport BOT_TOKEN='" TOKEN
				   "'\nREDIS_URL=redis://:canarycanary@cache:6380/2\n"
				   "PGHOST=/run/pg\nPGPASSWORD=canarycanary\nPGDATABASE=shop\n");
	clues_add_command(&clues, "python3 bot.py", folder);
	assert_string_equal(clues.env_file, env);
	assert_string_equal(clues.key, "BOT_TOKEN");
	assert_int_equal(clues.service_count, 2);
	assert_string_equal(clues.services[0].host, "cache");
	assert_string_equal(clues.services[0].port, "6380");
	assert_string_equal(clues.services[1].socket, "/run/pg");
	assert_string_equal(clues.services[1].database, "shop");
}

static void a_server_is_kept_without_its_password_in_every_form(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value, *host, *port;
	} forms[] = {
		{"DATABASE_URL", "postgres://u:canarycanary@db.lan:5433/shop?x=1", "db.lan",
			"5433"},
		{"DATABASE_URL", "postgresql+asyncpg://u:p%40canarycanary@[::1]/x", "::1", ""},
		{"DSN", "user=u password=canarycanary host=10.0.0.1 dbname=x", "10.0.0.1", ""},
		{"CACHE", "rediss://user:canarycanary@host", "host", ""},
	};
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		memset(&clues, 0, sizeof(clues));
		clues_add_variable(&clues, forms[i].key, forms[i].value);
		assert_int_equal(clues.service_count, 1);
		assert_string_equal(clues.services[0].host, forms[i].host);
		assert_string_equal(clues.services[0].port, forms[i].port);
		assert_null(memmem(&clues, sizeof(clues), "canary", 6));
	}
}

static void of_a_password_that_is_not_encoded_no_part_is_kept(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value, *host, *port, *database; /* host NULL: nothing is taken */
	} forms[] = {
		{"URL", "postgres://u:ab/canary@db/shop", "db", "", "shop"},
		{"URL", "postgres://u:ab/canary@ab/canary@db:5433/shop?x=1", "db", "5433", "shop"},
		{"URL", "postgres://u:ab?canary@db/shop", "db", "", "shop"},
		{"URL", "postgres://u:ab#canary@[::1]:5433/shop", "::1", "5433", "shop"},
		{"URL", "redis://:54/canary@cache:6380/2", "cache", "6380", "2"},
		{"URL", "postgres://u:ab/canary", NULL, NULL, NULL},
		{"URL", "postgres://u:canary", NULL, NULL, NULL},
		{"URL", "postgres://db/shop@canary/x:y", NULL, NULL, NULL},
		{"URL", "postgres://u:x@db:54canary/shop", NULL, NULL, NULL},
		{"URL", "postgres://u:x@[::1]canary/shop", NULL, NULL, NULL},
		{"URL", "postgres://db/shop?user=a@canary", NULL, NULL, NULL},
		{"URL", "postgres://a.lan:5432,b.lan:5433/shop", "a.lan", "5432", "shop"},
		{"DSN", "host=db password='a host=canary b' dbname=shop", "db", "", "shop"},
		{"DSN", "host=db dbname=shop password = host=canary", "db", "", "shop"},
		{"DSN", "dbname=shop password='it\\' host=canary' host = db", "db", "", "shop"},
		{"DSN", "host=db dbname=canary:1@x port=54canary", NULL, NULL, NULL},
		{"REDIS_PASSWORD", "/canary", NULL, NULL, NULL},
		{"POSTGRES_HOST_PASSWORD", "canary", NULL, NULL, NULL},
	};
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		memset(&clues, 0, sizeof(clues));
		clues_add_variable(&clues, forms[i].key, forms[i].value);
		if (memmem(&clues, sizeof(clues), "canary", 6) ||
			clues.service_count != (forms[i].host ? 1 : 0))
			fail_msg("%s=%s: %zu, %s", forms[i].key, forms[i].value,
				clues.service_count, clues.services[0].host);
		if (!forms[i].host)
			continue;
		assert_string_equal(clues.services[0].host, forms[i].host);
		assert_string_equal(clues.services[0].port, forms[i].port);
		assert_string_equal(clues.services[0].database, forms[i].database);
	}
}

static void a_part_whose_name_says_password_is_no_database(void **state)
{
	(void)state;
	clues_add_variable(&clues, "POSTGRES_HOST", "db.lan");
	clues_add_variable(&clues, "POSTGRES_DATABASE_PASSWORD", "canary");
	clues_add_variable(&clues, "POSTGRES_HOST_AUTH_METHOD", "canary");
	clues_add_variable(&clues, "POSTGRES_DATABASE", "shop");
	assert_int_equal(clues.service_count, 1);
	assert_string_equal(clues.services[0].host, "db.lan");
	assert_string_equal(clues.services[0].database, "shop");
	assert_null(memmem(&clues, sizeof(clues), "canary", 6));
}

static void assert_words(const char *arguments, size_t size, const char *words)
{
	autostr struct str text = STR_INIT;
	command_words(&text, arguments, size - 1, folder);
	assert_string_equal(text.text, words);
}

static void what_an_option_calls_a_secret_stands_in_no_command_line(void **state)
{
	(void)state;
#define WORDS(arguments, words) assert_words(arguments, sizeof(arguments), words)
	autofree char *token = write_file("token", TOKEN "\n");
	WORDS("bot\0--db-password\0hunter2\0--port\0"
	      "80",
		"bot --db-password <redacted> --port 80");
	WORDS("bot\0--dbPass=hunter2\0-v", "bot --dbPass=<redacted> -v");
	WORDS("bot\0--api-hash\0two words\0x", "bot --api-hash <redacted> x");
	WORDS("sh\0-c\0bot --secret hunter2 x", "sh -c bot --secret <redacted> x");
	WORDS("env\0DB_PASS=hunter2\0bot", "env DB_PASS=<redacted> bot");
	WORDS("bot\0--token\0token\0x", "bot --token token x");
	WORDS("bot\0--token\0missing\0x", "bot --token <redacted> x");
	WORDS("bot\0--token-file\0missing", "bot --token-file missing");
	WORDS("bot\0--token\0" TOKEN, "bot --token <redacted>");
	WORDS("bot\0redis://:hunter2@h/0\0--password", "bot redis://:<redacted>@h/0 --password");
	WORDS("bot\0\0--name=x", "bot  --name=x");
}

static bool is_telegram(const char *text)
{
	struct peer_address address;
	assert_true(peer_address_read(text, &address));
	return telegram_has_address(&address);
}

static void telegrams_networks_are_known_to_the_bit(void **state)
{
	(void)state;
	assert_true(is_telegram("00A09A95:01BB"));                         /* 149.154.160.0 */
	assert_true(is_telegram("FFAF9A95:01BB"));                         /* 149.154.175.255 */
	assert_false(is_telegram("00B09A95:01BB"));                        /* 149.154.176.0 */
	assert_true(is_telegram("05386C5B:01BB"));                         /* 91.108.56.5 */
	assert_false(is_telegram("00006C5B:01BB"));                        /* 91.108.0.0 */
	assert_true(is_telegram("0000000000000000FFFF0000DCA79A95:01BB")); /* ::ffff: */
	assert_true(is_telegram("280B012000003DF20000000001000000:01BB")); /* 2001:b28:f23d:: */
	assert_false(is_telegram("0100007F:0050"));
}

static void an_own_bot_api_is_an_address_of_digits(void **state)
{
	(void)state;
	struct peer_address of_url, of_socket;
	assert_true(peer_address_of_url("http://127.0.0.1:8081/path", &of_url));
	assert_true(peer_address_read("0100007F:1F91", &of_socket));
	assert_true(peer_address_equal(&of_url, &of_socket));
	assert_true(peer_address_of_url("http://localhost:8081", &of_url));
	assert_true(peer_address_equal(&of_url, &of_socket));
	assert_true(peer_address_of_url("http://[::1]:8081", &of_url));
	assert_false(peer_address_of_url("https://api.telegram.org", &of_url));
	autofree char *open = xstrdup("http://[::1"); /* on the heap: asan sees who reads on */
	assert_false(peer_address_of_url(open, &of_url));
	assert_false(peer_address_read("nonsense", &of_socket));
}

static void a_name_with_a_star_is_the_worst_of_its_processes(void **state)
{
	(void)state;
	struct programs programs = {0};
	static const char *const states[] = {"running", "backoff", "stopped"};
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct program *program = programs_add(&programs);
		program_setf(&program->name, "mod:mod-%zu", i);
		program_set(&program->state, states[i]);
	}
	assert_string_equal(programs_find(&programs, "mod:*")->state, "backoff");
	assert_string_equal(programs_find(&programs, "mod:mod-2")->state, "stopped");
	assert_null(programs_find(&programs, "mod"));
	program_set(&programs.items[0].name, "orders");
	assert_string_equal(programs_find(&programs, "orders:orders")->state, "running");
	const char *const wanted[] = {"orders"};
	const struct programs_question question = {.only = wanted, .only_count = 1};
	programs_keep_wanted(&programs, &question);
	assert_int_equal(programs.count, 1);
	programs_release(&programs);
}

static void what_it_calls_itself_is_kept_where_it_can_be_a_part_of_a_key(void **state)
{
	(void)state;
	clues_add_variable(&clues, "BOT_NAME", "two words");
	clues_add_variable(&clues, "OTHER", "pizza");
	assert_string_equal(clues.name, "");
	autofree char *path = write_file("a.json", "{\"name\": \"quiz\", \"bot_name\": \"later\"}");
	clues_add_file(&clues, path);
	assert_string_equal(clues.name, "quiz");
}

static void files_that_nobody_can_place_are_left_alone(void **state)
{
	(void)state;
	autofree char *path = write_file("token", TOKEN);
	clues.mounts_of = CLUES_NO_PATHS;
	clues_add_file(&clues, path);
	assert_int_equal(clues.tg_id, 0);
	assert_string_equal(clues.file, "");
	clues.mounts_of = getpid(); /* whose paths are ours */
	clues_add_file(&clues, path);
	assert_int_equal(clues.tg_id, 7100000001);
	assert_string_equal(clues.file, path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_value_of_token_shape_is_one_whatever_its_key),
		TEST(a_key_that_says_bot_token_makes_a_bot_and_others_do_not),
		TEST(a_file_with_a_token_is_found_through_settings_and_variables),
		TEST(an_env_file_in_the_working_directory_tells_key_and_servers),
		TEST(a_server_is_kept_without_its_password_in_every_form),
		TEST(of_a_password_that_is_not_encoded_no_part_is_kept),
		TEST(a_part_whose_name_says_password_is_no_database),
		TEST(what_an_option_calls_a_secret_stands_in_no_command_line),
		TEST(telegrams_networks_are_known_to_the_bit),
		TEST(an_own_bot_api_is_an_address_of_digits),
		TEST(a_name_with_a_star_is_the_worst_of_its_processes),
		cmocka_unit_test_setup_teardown(
			what_it_calls_itself_is_kept_where_it_can_be_a_part_of_a_key, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			files_that_nobody_can_place_are_left_alone, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
