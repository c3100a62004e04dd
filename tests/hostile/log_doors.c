/* SPDX-License-Identifier: MIT */
#include "tests/hostile/log_doors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/hostile/attack.h"
#include "tests/hostile/places.h"
#include "tests/support/folder.h"
#include "tests/support/pages.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

/* So much of a name: what is made visible of more is no name of a bot any more. */
enum { NAME_BYTES = 24, ID_BYTES = 60, LIMIT_MS = 20000 };

/* ---- the journal ---- */

static void add_field(
	struct journal_remote *journal, const char *name, enum place_id place, size_t bytes)
{
	autofree char *value = place_bytes(place);
	size_t length = strlen(value);
	journal_remote_field(journal, name, value, length < bytes ? length : bytes);
}

static void add_plain(struct journal_remote *journal)
{
	static const char message[] = "of the journal";
	journal_remote_field(journal, "MESSAGE", message, strlen(message));
}

static void plant_journal(struct journal_remote *journal)
{
	journal_remote_begin(journal);
	add_field(journal, "_SYSTEMD_UNIT", PLACE_journal_unit, NAME_BYTES);
	add_field(journal, "CORRELATION_ID", PLACE_journal_id, ID_BYTES);
	add_plain(journal);
	add_field(journal, "DETAIL", PLACE_journal_field, SIZE_MAX);
	journal_remote_done(journal);
	journal_remote_begin(journal);
	add_field(journal, "SYSLOG_IDENTIFIER", PLACE_journal_identifier, NAME_BYTES);
	add_plain(journal);
	journal_remote_done(journal);
	journal_remote_begin(journal);
	add_field(journal, "MESSAGE", PLACE_journal_message, SIZE_MAX);
	journal_remote_done(journal);
	journal_remote_flush(journal);
}

/* ---- streams ---- */

static void plant_streams(struct redis_server *redis)
{
	autofree char *message = place_bytes(PLACE_stream_message),
		      *bot = place_short(PLACE_stream_bot, NAME_BYTES),
		      *field = place_bytes(PLACE_stream_field),
		      *group = place_bytes(PLACE_stream_group),
		      *consumer = place_bytes(PLACE_stream_consumer),
		      *named = place_short(PLACE_stream_name, ID_BYTES);
	autofree char *stream = xasprintf("events:%s", named);
	char *said[] = {
		redis_server_do(redis, "FLUSHALL"),
		redis_server_do(redis, "XADD %s * bot sd1 level info msg of-a-stream", stream),
		redis_server_do(redis, "XADD events:all * bot %s level error msg %s", bot, message),
		redis_server_do(
			redis, "XADD events:all * bot sd1 level info msg fields %s x", field),
		redis_server_do(redis, "XGROUP CREATE events:all %s 0", group),
		redis_server_do(redis, "XREADGROUP GROUP %s %s COUNT 1 STREAMS events:all >", group,
			consumer),
	};
	for (size_t i = 0; i < COUNT_OF(said); i++)
		free(said[i]);
}

/* ---- a table ---- */

static void run_sql(const struct pg_server *pg, const char *sql)
{
	char *value = pg_server_do(pg, "%s", sql);
	free(value);
}

static void plant_table(const struct pg_server *pg)
{
	autofree char *message = place_sql(PLACE_table_message), *bot = place_sql(PLACE_table_bot),
		      *id = place_sql(PLACE_table_id), *value = place_sql(PLACE_table_value),
		      *column = place_sql(PLACE_table_column);
	autofree char *sql = xasprintf(
		"do $do$ begin execute format('alter table audit rename column %%I to %%I', "
		"(select attname from pg_attribute where attrelid = 'audit'::regclass and attnum = "
		"6), left(%s, 15)); exception when duplicate_column then null; end $do$;"
		"insert into audit values (default, %s, left(%s, 16), left(%s, 40), %s, 'x')",
		column, message, bot, id, value);
	run_sql(pg, sql);
}

/* ---- a container ---- */

/* Its log is asked for again when it was started again. */
static void plant_container(struct pages *pages)
{
	autofree char *name = place_json(PLACE_container_name),
		      *line = place_bytes(PLACE_container_line);
	struct shown now = format_rfc3339(clock_wall_ms(clock_real()));
	autofree char *about = xasprintf("{\"Name\":%s,\"State\":{\"Status\":\"exited\",\"Pid\":0,"
					 "\"StartedAt\":\"%s\"},\"Config\":{\"Tty\":true}}",
		name, now.text);
	autofree char *log = xasprintf("%s %s\n", now.text, line);
	pages_set(pages, "/containers/talker/logs", 200, PAGE_WHOLE, log);
	pages_set(pages, "/containers/talker/json", 200, PAGE_WHOLE, about);
}

/* ---- all of them ---- */

void log_doors_open(struct log_doors *doors)
{
	assert_true(journal_remote_is_here());
	journal_remote_start(&doors->journal);
	redis_server_init(&doors->redis);
	pg_server_init(&doors->pg);
	run_sql(&doors->pg, "create table audit (id bigserial primary key, body text, bot text, "
			    "trace text, note text, further text)");
}

void log_doors_close(struct log_doors *doors)
{
	journal_remote_end(&doors->journal);
	redis_server_release(&doors->redis);
	pg_server_release(&doors->pg);
}

void log_doors_plant(struct log_doors *doors, struct pages *pages)
{
	plant_journal(&doors->journal);
	plant_streams(&doors->redis);
	plant_table(&doors->pg);
	plant_container(pages);
}

/* ---- files on the command line ---- */

void log_doors_read_files(struct attack *attack, const char *program)
{
	autofree char *name = place_bytes(PLACE_input_name), *line = place_bytes(PLACE_input_line),
		      *file = xasprintf("input-%s", name), *path = folder_path(file);
	folder_write(file, 0600, "%s\n", line);
	(void)attack_run(attack, WORDS(program, "logs", path));
	(void)attack_run(attack, WORDS(program, "logs", "--json", path));
	(void)attack_run(attack, WORDS("sh", "-c", "exec \"$0\" logs - <\"$1\"", program, path));
	(void)attack_run(attack, WORDS(program, "logs", "--grep", line, path));
	(void)attack_run(attack, WORDS(program, "logs", "--where", line, path));
	(void)attack_run(attack, WORDS(program, "-c", attack->config, "logs", "--bot", line));
	(void)attack_run(attack, WORDS(program, "-c", attack->config, "streams", line));
	assert_int_equal(unlink(path), 0);
	(void)attack_run(attack, WORDS(program, "logs", path));
}

/* ---- what a screen takes up ---- */

/* As an expression: a text in quotes. */
static char *filter_of(enum place_id place)
{
	autofree char *text = place_text(place);
	struct str made = STR_INIT;
	str_addch(&made, '"');
	for (const char *at = text; *at; at++)
		str_addf(&made, strchr("\"\\", *at) ? "\\%c" : "%c", *at);
	str_addch(&made, '"');
	return str_detach(&made);
}

static void write_view(const char *identity)
{
	autofree char *filter = filter_of(PLACE_view_filter),
		      *name = place_short(PLACE_view_mark, NAME_BYTES),
		      *source = place_short(PLACE_view_source, ID_BYTES),
		      *line = place_text(PLACE_view_history);
	for (char *at = name; (at = strchr(at, '\t'));)
		*at = ' '; /* between the two */
	for (char *at = source; (at = strchr(at, '\t'));)
		*at = ' ';
	autofree char *mark = xasprintf("1772366398000 1 %s\t%s", source, name),
		      *file = xasprintf("home/botswain/screen-%016llx.json",
			      (unsigned long long)entity_id("screen", identity));
	json_t *view = json_pack("{si ss s{ss ss ss sb} s{s{ss ss}} s[s] s[s]}", "v", 1, "engines",
		identity, "place", "focus", "logs", "lower", "logs", "zoom", "full", "drilled", 0,
		"panes", "logs", "lines", filter, "mark1", mark, "commands", line, "filters", line);
	assert_non_null(view);
	autofree char *text = json_dumps(view, 0);
	json_decref(view);
	folder_write(file, 0600, "%s", text);
}

void log_doors_recall(struct attack *attack, const char *program)
{
	static const char *const keys[] = {"F", "Esc", "'", "Esc", "&", "Up", "Esc"};
	struct attack other = {.title = attack->title};
	autofree char *home = folder_path("home"), *below = folder_path("home/botswain"),
		      *identity = folder_path("state"),
		      *variable = xasprintf("XDG_STATE_HOME=%s", home);
	(void)mkdir(home, 0700);
	(void)mkdir(below, 0700);
	write_view(identity);
	attack_open_screens(
		&other, WORDS("env", variable, program, "-c", attack->config), "5 Logs");
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		attack_press(&other, keys[i]);
	attack_close_screens(&other);
	for (size_t i = 0; i < MARKS; i++)
		attack->seen[i] |= other.seen[i];
	attack->faults += other.faults;
}

/* ---- what a screen writes ---- */

static void judge_file(struct attack *attack, const char *name)
{
	autofree char *text = folder_read(name), *path = folder_path(name);
	assert_true(strlen(text) > 0);
	attack_judge(attack, name, text);
	assert_int_equal(unlink(path), 0);
}

static bool is_there(const void *path)
{
	return access(path, F_OK) == 0;
}

/* Files come to be when they are whole. */
static void await_file(const char *name)
{
	autofree char *path = folder_path(name);
	if (!comes_true(is_there, path, LIMIT_MS))
		fail_msg("no file '%s' was written", path);
}

static void save_as(struct vt *screen, const char *name, const char *shows)
{
	autofree char *path = folder_path(name);
	vt_type(screen, ":save ");
	vt_type(screen, path);
	vt_press(screen, "Enter");
	vt_must_show(screen, shows, LIMIT_MS);
}

void log_doors_save(struct attack *attack, const char *program)
{
	struct attack other = {.title = attack->title};
	autofree char *pager = folder_path("pager"), *paged = folder_path("paged"),
		      *variable = xasprintf("PAGER=%s", pager);
	folder_write("pager", 0700,
		"#!/bin/sh\nfor f; do :; done\ncat \"$f\" >'%1$s.part' && mv '%1$s.part' '%1$s'\n",
		paged);
	attack_open_screens(
		&other, WORDS("env", variable, program, "-c", attack->config), "1 Bots");
	for (size_t i = 0; i < ATTACK_SCREENS; i++)
		vt_press(other.screens[i], "5");
	save_as(other.screens[0], "saved.log", "saved: ");
	save_as(other.screens[0], "saved.log", "Replace the file?");
	save_as(other.screens[1], "saved.jsonl", "saved: ");
	vt_press(other.screens[2], "p");
	await_file("paged");
	vt_must_show(other.screens[2], "Logs", LIMIT_MS);
	attack_close_screens(&other);
	judge_file(attack, "saved.log");
	judge_file(attack, "saved.jsonl");
	judge_file(attack, "paged");
	attack->faults += other.faults;
}
