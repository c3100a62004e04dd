/* SPDX-License-Identifier: MIT */
/*
 * Backups of a real Postgres by pg_dump, read back by pg_restore: good ones restore, and whatever
 * goes wrong (a server that dies, a cancel, a full disk, a damaged archive, the engine killed) leaves
 * nothing that looks like one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/live_engine.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum { END_MS = 30000, RUN_MS = 15000 };

struct stage {
	struct pg_server pg;
	char dir[64];
	char *bin; /* where pg_dump and pg_restore are */
	struct live_engine *live;
	bool mounted;
};

static char self[4096];

static char *find_bin(void)
{
	glob_t found;
	assert_int_equal(glob("/usr/lib/postgresql/*/bin", 0, NULL, &found), 0);
	char *path = xstrdup(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return path;
}

/* good: the whole database. bad: a piece of an archive. slow: says something and never ends. */
static char *configuration(const char *dir, const char *bin, const char *dsn)
{
	return xasprintf("environment: test\nwrite: always\n"
			 "telegram: {api: \"http://127.0.0.1:9\"}\n"
			 "bots:\n  nobody: {transport: none}\n"
			 "backups:\n"
			 "  good:\n    command: [%2$s/pg_dump, -Fc, -d, \"%3$s\"]\n"
			 "    file: \"%1$s/backups/good-{time}.dump\"\n"
			 "    verify: [%2$s/pg_restore, --list, \"{file}\"]\n"
			 "  bad:\n    command: [head, -c, \"700\", %1$s/archive]\n"
			 "    file: \"%1$s/backups/bad-{time}.dump\"\n"
			 "    verify: [%2$s/pg_restore, --list, \"{file}\"]\n"
			 "  slow:\n    command: [tail, -c, \"+1\", -f, %1$s/archive]\n"
			 "    file: \"%1$s/backups/slow-{time}.dump\"\n"
			 "    verify: [test, -s, \"{file}\"]\n",
		dir, bin, dsn);
}

static void open_engine(struct stage *stage)
{
	autofree char *yaml = configuration(stage->dir, stage->bin, stage->pg.dsn);
	stage->live = live_engine_new(stage->dir, yaml);
}

static int setup(void **state)
{
	struct stage *stage = xcalloc(1, sizeof(*stage));
	*state = stage;
	stage->bin = find_bin();
	copy_text(stage->dir, sizeof(stage->dir), "/tmp/botswain-act-XXXXXX");
	assert_non_null(mkdtemp(stage->dir));
	pg_server_init(&stage->pg);
	free(pg_server_do(&stage->pg,
		"create table chats(id int primary key, secret text); insert into chats "
		"select i, md5(i::text) || md5((i * 7)::text) || md5((i * 13)::text) "
		"from generate_series(1, 30000) i; create table locked(id int)"));
	open_engine(stage);
	return 0;
}

static int teardown(void **state)
{
	struct stage *stage = *state;
	live_engine_free(stage->live);
	pg_server_release(&stage->pg);
	autofree char *path = xasprintf("%s/backups", stage->dir);
	umount2(path, MNT_DETACH); /* where a test failed */
	remove_folder(stage->dir);
	free(stage->bin);
	free(stage);
	return 0;
}

/* Files in the folder of backups, half-written ones among them. */
static unsigned count_files(const struct stage *stage)
{
	unsigned count = 0;
	autofree char *path = xasprintf("%s/backups", stage->dir);
	DIR *listing = opendir(path);
	for (struct dirent *entry; listing && (entry = readdir(listing));)
		count += entry->d_name[0] != '.';
	if (listing)
		closedir(listing);
	return count;
}

static void remove_files(const struct stage *stage)
{
	autofree char *path = xasprintf("%s/backups", stage->dir);
	remove_folder(path);
}

static const struct msg_backup *shown(const struct stage *stage, const char *name)
{
	return model_backup(live_model(stage->live), entity_id("backup", name));
}

static uint64_t begin(struct stage *stage, const char *name)
{
	return live_run(stage->live, "backup", "backup", name);
}

static bool runs(const struct live_engine *live, const void *context)
{
	const struct msg_operation *operation =
		model_operation(live_model(live), *(const uint64_t *)context);
	return operation && strcmp(operation->state, "running") == 0 &&
	       strcmp(operation->steps[0].state, "running") == 0;
}

static bool server_waits(const struct live_engine *live, const void *context)
{
	autofree char *count = pg_server_do(
		context, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'");
	(void)live;
	return strcmp(count, "0") != 0;
}

/* pg_dump waits for a table that somebody holds. */
static PGconn *hold_table(const struct stage *stage)
{
	PGconn *conn = PQconnectdb(stage->pg.dsn);
	PQclear(PQexec(conn, "begin"));
	PGresult *result = PQexec(conn, "lock table locked in access exclusive mode");
	assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
	return conn;
}

static void a_good_backup_restores_with_every_row(void **state)
{
	struct stage *stage = *state;
	const struct msg_operation *operation = live_end(stage->live, begin(stage, "good"), END_MS);
	if (strcmp(operation->state, "done") != 0)
		fail_msg("%s", operation->result);
	assert_non_null(strstr(operation->result, "reads back whole"));
	const struct msg_backup *backup = shown(stage, "good");
	struct stat info;
	assert_int_equal(stat(backup->file, &info), 0);
	assert_int_equal(info.st_size, backup->bytes);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(count_files(stage), 1);
	free(pg_server_do(&stage->pg, "create database scratch"));
	autofree char *scratch = xasprintf(
		"host=%s port=%d user=tester dbname=scratch", stage->pg.folder, stage->pg.port);
	autofree char *program = xasprintf("%s/pg_restore", stage->bin);
	spawn_well(WORDS(program, "-d", scratch, backup->file), &(struct spawn){0}, END_MS);
	struct pg_server restored = stage->pg;
	copy_text(restored.dsn, sizeof(restored.dsn), scratch);
	autofree char *rows = pg_server_do(&restored,
		"select count(*) from chats where secret = md5(id::text) || md5((id * 7)::text) "
		"|| md5((id * 13)::text)");
	assert_string_equal(rows, "30000");
	remove_files(stage);
}

static void a_cancelled_backup_leaves_nothing(void **state)
{
	struct stage *stage = *state;
	PGconn *holder = hold_table(stage);
	uint64_t id = begin(stage, "good");
	live_wait(stage->live, runs, &id, RUN_MS, "the dump runs");
	live_wait(stage->live, server_waits, &stage->pg, RUN_MS, "the dump waits for the table");
	live_cancel(stage->live, id);
	const struct msg_operation *operation = live_end(stage->live, id, END_MS);
	assert_string_equal(operation->state, "cancelled");
	assert_int_equal(count_files(stage), 0);
	assert_string_equal(shown(stage, "good")->state, "cancelled");
	assert_string_equal(shown(stage, "good")->error, "cancelled");
	PQfinish(holder);
}

static void a_server_that_dies_meanwhile_fails_the_backup_with_its_words(void **state)
{
	struct stage *stage = *state;
	PGconn *holder = hold_table(stage);
	uint64_t id = begin(stage, "good");
	live_wait(stage->live, server_waits, &stage->pg, RUN_MS, "the dump waits for the table");
	pg_server_stop(&stage->pg, "immediate");
	const struct msg_operation *operation = live_end(stage->live, id, END_MS);
	assert_string_equal(operation->state, "failed");
	assert_true(starts_with(operation->result, "exit 1: pg_dump: "));
	assert_int_equal(count_files(stage), 0);
	PQfinish(holder);
	pg_server_start(&stage->pg);
}

static void a_damaged_archive_is_not_called_a_backup(void **state)
{
	struct stage *stage = *state;
	autofree char *archive = xasprintf("%s/archive", stage->dir);
	const struct msg_operation *operation = live_end(stage->live, begin(stage, "good"), END_MS);
	assert_string_equal(operation->state, "done");
	assert_int_equal(rename(shown(stage, "good")->file, archive), 0);
	operation = live_end(stage->live, begin(stage, "bad"), END_MS);
	assert_string_equal(operation->state, "failed");
	assert_non_null(strstr(operation->result, "the file is not good: "));
	assert_non_null(strstr(operation->result, "pg_restore' exited with 1: pg_restore: "));
	assert_int_equal(count_files(stage), 0);
}

/* A real full disk where we may mount one, else a limit on the size of files. */
static void fill_disk(struct stage *stage, struct rlimit *before)
{
	autofree char *path = xasprintf("%s/backups", stage->dir);
	mkdir(path, 0700);
	stage->mounted = mount("tmpfs", path, "tmpfs", 0, "size=256k,mode=0700") == 0;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
	struct rlimit small = {.rlim_cur = 256 << 10, .rlim_max = before->rlim_max};
	if (!stage->mounted)
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

static void a_full_disk_fails_the_backup_and_the_last_good_one_stands(void **state)
{
	struct stage *stage = *state;
	struct rlimit before;
	int64_t last_ms = shown(stage, "good")->at_ms;
	assert_int_not_equal(last_ms, 0);
	fill_disk(stage, &before);
	const struct msg_operation *operation = live_end(stage->live, begin(stage, "good"), END_MS);
	assert_string_equal(operation->state, "failed");
	assert_true(starts_with(operation->result, "cannot write '"));
	assert_non_null(strstr(
		operation->result, stage->mounted ? "No space left on device" : "File too large"));
	assert_int_equal(count_files(stage), 0);
	assert_int_equal(shown(stage, "good")->at_ms, last_ms);
	setrlimit(RLIMIT_FSIZE, &before);
	autofree char *path = xasprintf("%s/backups", stage->dir);
	if (stage->mounted)
		assert_int_equal(umount(path), 0);
}

/* This program as an engine that is killed in the middle of a backup. */
static int run_engine(const char *dir)
{
	autofree char *bin = find_bin();
	autofree char *yaml = configuration(dir, bin, "host=/nowhere");
	struct live_engine *live = live_engine_new(dir, yaml);
	uint64_t id = live_run(live, "backup", "backup", "slow");
	live_wait(live, runs, &id, RUN_MS, "the backup runs");
	live_end(live, id, 60000); /* never */
	return 1;
}

static bool part_is_there(const struct live_engine *live, const void *context)
{
	glob_t found;
	struct stat info;
	(void)live;
	bool there = glob(context, 0, NULL, &found) == 0 && stat(found.gl_pathv[0], &info) == 0 &&
		     info.st_size > 0;
	globfree(&found);
	return there;
}

static bool part_is_gone(const struct live_engine *live, const void *context)
{
	return !part_is_there(live, context);
}

static bool has_operations(const struct live_engine *live, const void *context)
{
	size_t count;
	(void)context;
	model_operations(live_model(live), &count);
	return count > 0;
}

static void an_engine_killed_in_the_middle_leaves_nothing_after_its_next_start(void **state)
{
	struct stage *stage = *state;
	autofree char *other = xasprintf("%s/other", stage->dir);
	autofree char *archive = xasprintf("%s/archive", other);
	autofree char *parts = xasprintf("%s/backups/slow-*.dump.part", other);
	assert_int_equal(mkdir(other, 0700), 0);
	FILE *file = fopen(archive, "we");
	fputs("bytes of a backup\n", file);
	fclose(file);
	pid_t pid = spawn_start(WORDS(self, "--engine", other), &(struct spawn){0});
	live_wait(stage->live, part_is_there, parts, RUN_MS, "bytes of the backup");
	(void)spawn_end(&pid, SIGKILL);
	assert_true(part_is_there(NULL, parts));
	autofree char *yaml = configuration(other, stage->bin, "host=/nowhere");
	struct live_engine *next = live_engine_new(other, yaml);
	live_wait(next, part_is_gone, parts, RUN_MS, "the leftover goes");
	size_t count;
	live_wait(next, has_operations, NULL, RUN_MS, "its operations are known");
	const struct msg_operation *const *operations = model_operations(live_model(next), &count);
	assert_int_equal(count, 1);
	assert_string_equal(operations[0]->state, "unverified");
	assert_non_null(strstr(operations[0]->result, "the engine ended while it ran"));
	live_engine_free(next);
}

int main(int argc, char **argv)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length > 0 ? length : 0] = '\0';
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && strcmp(argv[1], "--engine") == 0)
		return run_engine(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_backup_restores_with_every_row),
		cmocka_unit_test(a_cancelled_backup_leaves_nothing),
		cmocka_unit_test(a_server_that_dies_meanwhile_fails_the_backup_with_its_words),
		cmocka_unit_test(a_damaged_archive_is_not_called_a_backup),
		cmocka_unit_test(a_full_disk_fails_the_backup_and_the_last_good_one_stands),
		cmocka_unit_test(
			an_engine_killed_in_the_middle_leaves_nothing_after_its_next_start),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
