/* SPDX-License-Identifier: MIT */
#include "tests/support/doors.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"

enum { START_MS = 20000, LOOKED_MS = 2500, TOKEN_PART = 35 };

/* ---- secrets ---- */

static const char *keep(struct doors *doors, const char *how, char *value)
{
	assert_true(doors->secret_count < DOOR_SECRETS_MAX);
	doors->secrets[doors->secret_count].how = how;
	doors->secrets[doors->secret_count++].value = value;
	return value;
}

/* One that looks like a token of Telegram. */
static char *make_token(const char *mark, int bot)
{
	struct str token = STR_INIT;
	str_addf(&token, "81000%02d:AA%s", bot, mark);
	while (token.length < strlen("8100000:") + TOKEN_PART)
		str_addch(&token, (char)('a' + (char)((size_t)bot + token.length) % 26));
	return str_detach(&token);
}

static void write_secret(struct doors *doors, const char *how, const char *file, const char *mark)
{
	const char *value = keep(doors, how, xasprintf("pw-%s-%s", file, mark));
	folder_write(file, 0600, "%s\n", value);
}

static void make_bots(struct doors *doors, const char *mark)
{
	static const char *const forms[DOOR_BOTS] = {"a bot's token in a file",
		"a bot's token by a command", "a bot's token in an env file",
		"a bot's token as a credential"};
	for (int bot = 0; bot < DOOR_BOTS; bot++) {
		const char *token = keep(doors, forms[bot], make_token(mark, bot));
		autofree char *name = xasprintf("token%d", bot);
		folder_write(name, 0600, bot == 2 ? "BOT_TOKEN=%s\n" : "%s\n", token);
		json_decref(botapi_control(&doors->botapi, "bots",
			"{\"name\":\"d%d\",\"token\":\"%s\",\"title\":\"Door\"}", bot, token));
	}
}

/* ---- servers ---- */

static void run_sql(struct doors *doors, const char *sql)
{
	char *value = pg_server_do(&doors->pg, "%s", sql);
	free(value);
}

static void open_postgres(struct doors *doors, const char *mark)
{
	const char *password =
		keep(doors, "the password of a Postgres", xasprintf("pw-postgres-%s", mark));
	autofree char *role =
		xasprintf("create role guarded login password '%s' in role pg_monitor", password);
	pg_server_init(&doors->pg);
	autofree char *rules = xasprintf("%s/data/pg_hba.conf", doors->pg.folder);
	folder_write("postgres.password", 0600, "%s\n", password);
	run_sql(doors, role);
	run_sql(doors, "create table doors (name text, is_enabled bool);"
		       "create table said (text text);"
		       "create table audit (id bigserial primary key, body text, bot text, "
		       "note text);"
		       "grant select on doors, said, audit to guarded;"
		       "create function door_error() returns int language plpgsql as "
		       "'begin raise exception ''%'', (select text from said limit 1) using hint = "
		       "(select text from said limit 1); end'");
	pg_server_stop(&doors->pg, "fast");
	FILE *file = fopen(rules, "we");
	assert_non_null(file);
	fprintf(file, "local all guarded scram-sha-256\nlocal all all trust\n");
	assert_int_equal(fclose(file), 0);
	pg_server_start(&doors->pg);
}

static void open_redis(struct doors *doors, const char *mark)
{
	write_secret(doors, "the password of a Redis", "redis.password", mark);
	redis_server_init(&doors->redis);
}

/* From now on its clients need the password; those that are there stay. */
static void lock_redis(struct doors *doors)
{
	const char *password = doors->secrets[doors->secret_count - 1].value;
	for (size_t i = 0; i < doors->secret_count; i++)
		if (starts_with(doors->secrets[i].value, "pw-redis"))
			password = doors->secrets[i].value;
	char *said =
		redis_server_do(&doors->redis, "ACL SETUSER console on >%s ~* &* +@all", password);
	free(said);
}

/* ---- the engine ---- */

/* A program of the driver: says all that it is given, and what is in its environment. */
static void write_programs(void)
{
	folder_write("drive", 0700,
		"#!/bin/sh\nprintf 'driving %%s\\n' \"$@\"\nenv\ncat '%s/said' 2>/dev/null\nexit "
		"3\n",
		folder);
	folder_write("tell", 0700, "#!/bin/sh\n{ env; cat; } >>'%s/told'\n", folder);
}

static void write_config(struct doors *doors)
{
	doors->config = folder_path("doors.yaml");
	folder_write("doors.yaml", 0600,
		"environment: doors\nstate_dir: %1$s/state\nwrite: always\n"
		"http: {listen: '127.0.0.1:%2$d'}\n"
		"telegram: {api: 'http://127.0.0.1:%3$d', interval: 500ms, statistics: "
		"'http://127.0.0.1:%4$d/stats'}\n"
		"pages: {health_interval: 1s, metrics_interval: 1s}\n"
		"redis:\n  main: {socket: %5$s, user: console, password: {file: redis.password}, "
		"interval: 500ms, heartbeats: 'hb:*', streams: ['events:*'], "
		"consumer_dead_after: 1s}\n"
		"postgres:\n  main: {dsn: 'host=%6$s port=%7$d user=guarded dbname=postgres', "
		"password: {file: postgres.password}, interval: 500ms, listen: [doors], tables: "
		"{audit: {message: body, bot: bot, interval: 200ms}}, queries: "
		"{wrong: {sql: 'select door_error()', interval: 1s}}}\n"
		"bots_from:\n  - {postgres: main, query: 'SELECT name, is_enabled FROM doors', "
		"interval: 1s}\n"
		"health:\n  page: {url: 'http://127.0.0.1:%4$d/health', interval: 1s}\n"
		"scrape:\n"
		"  gateway: {url: 'http://127.0.0.1:%4$d/metrics', bearer: {file: bearer}, "
		"interval: "
		"1s}\n"
		"  workers: {url: 'http://127.0.0.1:%4$d/broken', user: console, password: {file: "
		"basic}, interval: 1s}\n"
		"supervisors:\n  local: {kind: supervisord, address: 'http://127.0.0.1:%4$d/RPC2', "
		"user: console, password: {file: supervisord.password}}\n"
		"  dock: {kind: docker, address: %8$s}\n"
		"logs:\n  app: {path: %1$s/app.log, bot: d0}\n"
		"  journal: {path: 'journal:%1$s/journal'}\n"
		"driver: {restart: [%1$s/drive, '{bot}', '{reason}'], verify: 1s, stable: 0s}\n"
		"backups:\n  main: {file: '%1$s/backup-{time}', command: [%1$s/drive, backup]}\n"
		"on_alert: {command: [%1$s/tell]}\n"
		"bots:\n"
		"  d0: {token: {file: token0}, health: 'http://127.0.0.1:%4$d/health', metrics: "
		"'http://127.0.0.1:%4$d/metrics', process: {pidfile: pid}, logs: [%1$s/d0.log]}\n"
		"  d1: {token: {command: [/bin/cat, %1$s/token1]}, process: {supervisord: d1}}\n"
		"  d2: {token: {env_file: token2, key: BOT_TOKEN}, transport: webhook, process: "
		"{docker: talker, supervisor: dock}, logs: ['docker:talker']}\n"
		"  d3: {token: {credential: token3}}\n",
		folder, doors->http_port, doors->botapi.port, doors->pages.port,
		doors->redis.socket, doors->pg.folder, doors->pg.port, doors->pages.socket);
}

void doors_open(struct doors *doors, const char *mark)
{
	*doors = (struct doors){.http_port = free_port()};
	botapi_start(&doors->botapi);
	pages_open(&doors->pages);
	journal_remote_start(&doors->journal);
	make_bots(doors, mark);
	open_redis(doors, mark);
	lock_redis(doors);
	open_postgres(doors, mark);
	write_secret(doors, "the bearer of a scrape", "bearer", mark);
	write_secret(doors, "the password of a scrape", "basic", mark);
	write_secret(doors, "the password of a supervisord", "supervisord.password", mark);
	folder_write("app.log", 0600, "INFO begun\n");
	folder_write("d0.log", 0600, "INFO begun\n");
	folder_write("pid", 0600, "%d\n", (int)getpid());
	write_programs();
	write_config(doors);
	static const char *const folders[] = {"tmp", "runtime", "home"};
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		autofree char *path = folder_path(folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

void doors_start_engine(struct doors *doors)
{
	autofree char *program = build_program("botswaind"), *log = folder_path("engine.said");
	static const char *const places[][2] = {
		{"TMPDIR", "tmp"}, {"XDG_RUNTIME_DIR", "runtime"}, {"HOME", "home"}};
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		autofree char *path = folder_path(places[i][1]);
		setenv(places[i][0], path, 1);
	}
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	const struct spawn how = {.log = log, .directory = folder};
	doors->engine = spawn_start(WORDS(program, "-c", doors->config), &how);
}

void doors_close(struct doors *doors)
{
	(void)spawn_end(&doors->engine, SIGTERM);
	(void)spawn_end(&doors->busy, SIGKILL);
	pages_close(&doors->pages);
	journal_remote_end(&doors->journal);
	botapi_stop(&doors->botapi);
	redis_server_release(&doors->redis);
	pg_server_release(&doors->pg);
	for (size_t i = 0; i < doors->secret_count; i++)
		free(doors->secrets[i].value);
	free(doors->config);
}

/* ---- what is planted ---- */

/* With U+FFFD for what is no UTF-8. */
static char *as_utf8(const char *text)
{
	struct str made = STR_INIT;
	for (size_t at = 0, length = strlen(text); at < length;) {
		struct utf8_char now = utf8_next(text + at, length - at);
		char bytes[UTF8_MAX_BYTES];
		str_add(&made, bytes, utf8_encode(now.code, bytes));
		at += now.size;
	}
	return str_detach(&made);
}

/* `text` in quotes, as JSON. */
static char *as_json(const char *text)
{
	autofree char *valid = as_utf8(text);
	json_t *string = json_string(valid);
	char *quoted = json_dumps(string, JSON_ENCODE_ANY);
	json_decref(string);
	assert_non_null(quoted);
	return quoted;
}

/* As a string of SQL. */
static char *as_sql(const char *text)
{
	autofree char *valid = as_utf8(text);
	struct str made = STR_INIT;
	str_addch(&made, '\'');
	for (const char *at = valid; *at; at++)
		str_addf(&made, *at == '\'' ? "''" : "%c", *at);
	str_addch(&made, '\'');
	return str_detach(&made);
}

static void plant_telegram(struct doors *doors, const char *text)
{
	autofree char *quoted = as_json(text);
	json_decref(botapi_control(&doors->botapi, "fault",
		"{\"bot\":\"d1\",\"kind\":\"status\",\"status\":400,\"description\":%s,"
		"\"seconds\":600}",
		quoted));
	autofree char *url = xasprintf("https://198.51.100.7/%s", text);
	autofree char *hijacked = as_json(url);
	json_decref(
		botapi_control(&doors->botapi, "hijack", "{\"bot\":\"d2\",\"url\":%s}", hijacked));
}

static void plant_pages(struct doors *doors, const char *text)
{
	autofree char *stats = xasprintf("uptime\t100\nbot_count\t1\n\nid\t%s\nusername\t%s\n"
					 "request_count/sec\t1\t1\n",
		text, text);
	autofree char *health = xasprintf("{\"status\":\"%s\",\"%s\":1}", text, text);
	autofree char *metrics =
		xasprintf("# HELP door_up %s\n# TYPE door_up gauge\ndoor_up{door=\"%s\"} 1\n"
			  "door_size 7\n",
			text, text);
	autofree char *broken = xasprintf("door_up{%s} 1\n%s\n", text, text);
	autofree char *calls = xasprintf(
		"<?xml version='1.0'?><methodResponse><fault><value><struct><member>"
		"<name>faultCode</name><value><int>1</int></value></member><member>"
		"<name>faultString</name><value><string>%s</string></value></member></struct>"
		"</value></fault></methodResponse>",
		text);
	pages_set(&doors->pages, "/stats", 200, PAGE_WHOLE, stats);
	pages_set(&doors->pages, "/health", 503, PAGE_WHOLE, health);
	pages_set(&doors->pages, "/metrics", 200, PAGE_WHOLE, metrics);
	pages_set(&doors->pages, "/broken", 200, PAGE_WHOLE, broken);
	pages_set(&doors->pages, "/RPC2", 200, PAGE_WHOLE, calls);
}

static void plant_logs(const char *text)
{
	autofree char *quoted = as_json(text);
	folder_append("said", "%s\n", text);
	folder_append("app.log", "INFO %s\n", text);
	folder_append("app.log", "%s\n", text);
	folder_append("d0.log",
		"2026-03-01 12:00:00,000 - d0 - ERROR - %1$s\n"
		"{\"level\":\"error\",\"bot\":\"d0\",\"msg\":%2$s,\"correlation_id\":%2$s,%2$s:%2$"
		"s}\n"
		"{\"level\":%2$s,\"ts\":%2$s,\"bot\":%2$s,\"msg\":\"x\"}\n"
		"{\"level\":\"error\",\"msg\":\"%1$s\"}\n"
		"level=error msg=\"%1$s\" bot=%1$s x=%1$s\n"
		"<3>%1$s\n",
		text, quoted);
}

static void plant_journal(struct journal_remote *journal, const char *text)
{
	static const char *const names[] = {
		"_SYSTEMD_UNIT", "MESSAGE", "DETAIL", "CORRELATION_ID", "PRIORITY"};
	journal_remote_begin(journal);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		journal_remote_field(journal, names[i], text, strlen(text));
	journal_remote_done(journal);
	journal_remote_flush(journal);
}

/* Of a terminal, so that its log is text. It is asked for again when the container was started again. */
static void plant_container(struct doors *doors, const char *text)
{
	struct shown now = format_rfc3339(clock_wall_ms(clock_real()));
	autofree char *name = as_json(text);
	autofree char *about = xasprintf("{\"Name\":%s,\"State\":{\"Status\":\"exited\",\"Pid\":0,"
					 "\"StartedAt\":\"%s\"},\"Config\":{\"Tty\":true}}",
		name, now.text);
	doors->promised = doors->awaited + 1;
	autofree char *log = xasprintf(
		"%s %s\n%s planted %u by container\n", now.text, text, now.text, doors->promised);
	pages_set(&doors->pages, "/containers/talker/logs", 200, PAGE_WHOLE, log);
	pages_set(&doors->pages, "/containers/talker/json", 200, PAGE_WHOLE, about);
}

static void plant_redis(struct doors *doors, const char *text)
{
	autofree char *quoted = as_json(text);
	autofree char *beat = xasprintf("{\"upd_s\":1,\"worker\":%s,%s:2}", quoted, quoted);
	autofree char *stream = xasprintf("events:%.60s", text);
	char *said[] = {
		redis_server_do(&doors->redis,
			"XADD events:d0 * bot d0 level error msg %s type %s correlation_id %s",
			text, text, text),
		redis_server_do(&doors->redis, "XADD %s * bot %s level %s %s %s", stream, text,
			text, text, text),
		redis_server_do(&doors->redis, "SET hb:d0 %s PX 600000", beat),
		redis_server_do(&doors->redis, "SET hb:d3 %s PX 600000", text),
		redis_server_do(&doors->redis, "XGROUP CREATE events:d0 %s 0", text),
		redis_server_do(&doors->redis, "XREADGROUP GROUP %s %s COUNT 1 STREAMS events:d0 >",
			text, text),
	};
	for (size_t i = 0; i < COUNT_OF(said); i++)
		free(said[i]);
}

static void plant_postgres(struct doors *doors, const char *text)
{
	autofree char *quoted = as_sql(text);
	autofree char *sql = xasprintf("delete from said; insert into said values (%1$s);"
				       "delete from doors; insert into doors values (%1$s, true);"
				       "insert into audit values (default, %1$s, %1$s, %1$s);"
				       "select pg_notify('doors', left(%1$s, 7000))",
		quoted);
	run_sql(doors, sql);
}

/* A query that goes on, under a name of its own, and a process whose words are planted. */
static void plant_processes(struct doors *doors, const char *text)
{
	autofree char *valid = as_utf8(text);
	autofree char *name = xasprintf("PGAPPNAME=%.60s", valid);
	autofree char *sql = xasprintf("select pg_sleep(600) /* %s */", valid);
	if (doors->busy)
		(void)spawn_end(&doors->busy, SIGKILL);
	run_sql(doors, "select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
		       "pg_backend_pid() and query like '%pg_sleep(600)%'");
	doors->busy =
		spawn_start(WORDS("env", name, "psql", "-X", "-q", "-d", doors->pg.dsn, "-c", sql),
			&(struct spawn){0});
	folder_write("pid", 0600, "%d\n", (int)doors->busy);
}

void doors_plant(struct doors *doors, const char *text)
{
	plant_telegram(doors, text);
	plant_pages(doors, text);
	plant_logs(text);
	plant_journal(&doors->journal, text);
	plant_container(doors, text);
	plant_redis(doors, text);
	plant_postgres(doors, text);
	plant_processes(doors, text);
}

/* ---- waiting ---- */

struct arrival {
	struct doors *doors;
	int64_t since_ms;
};

static void ask(const struct doors *doors, const char *what, char **ret)
{
	autofree char *program = build_program("botswain");
	(void)spawn_run(
		WORDS(program, "-c", doors->config, what), &(struct spawn){0}, START_MS, ret);
}

static bool has_arrived(const void *context)
{
	static const char *const ways[] = {"log", "stream", "journal", "table", "container"};
	const struct arrival *arrival = context;
	bool has_container = arrival->doors->promised == arrival->doors->awaited, has_all = true;
	autofree char *said = NULL;
	ask(arrival->doors, "logs", &said);
	for (size_t i = 0; i < COUNT_OF(ways) - !has_container; i++) {
		autofree char *line =
			xasprintf("planted %u by %s", arrival->doors->awaited, ways[i]);
		has_all &= strstr(said, line) != NULL;
	}
	return has_all;
}

static bool is_over(const void *context)
{
	const struct arrival *arrival = context;
	return clock_mono_ms(clock_real()) > arrival->since_ms + LOOKED_MS;
}

void doors_await(struct doors *doors)
{
	struct arrival arrival = {.doors = doors};
	unsigned number = ++doors->awaited;
	folder_append("app.log", "INFO planted %u by log\n", number);
	autofree char *message = xasprintf("planted %u by stream", number);
	char *said = redis_server_do(
		&doors->redis, "XADD events:d0 * bot d0 level info msg %s", message);
	free(said);
	autofree char *sql = xasprintf(
		"insert into audit values (default, 'planted %u by table', 'd0')", number);
	run_sql(doors, sql);
	journal_remote_say(&doors->journal, 0, "MESSAGE=planted %u by journal", number);
	journal_remote_flush(&doors->journal);
	if (!comes_true(has_arrived, &arrival, START_MS)) {
		autofree char *logs = NULL;
		ask(doors, "logs", &logs);
		fail_msg("what was planted did not come:\n%s", logs);
	}
	arrival.since_ms = clock_mono_ms(clock_real());
	assert_true(
		comes_true(is_over, &arrival, 2 * LOOKED_MS)); /* every source has looked since */
}
