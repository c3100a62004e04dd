/* SPDX-License-Identifier: MIT */
/*
 * What an operator does at the keyboard of the 160x45 screen: restart of two marked bots, a backup cancelled while it
 * runs; and from the command line a good backup and one on a full disk.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/accept/accept.h"
#include "tests/accept/observe.h"
#include "tests/support/vt.h"

enum { KEY_MS = 5000, END_MS = 60000 };

static json_t *ask(struct accept *run, const char *name)
{
	autostr struct str output = STR_INIT;
	const char *const arguments[] = {name, "--json", NULL};
	observer_ask(run->observer, arguments, &output);
	return json_loadb(output.text, output.length, 0, NULL);
}

static json_int_t pid_of(struct accept *run, const char *bot)
{
	json_t *root = ask(run, "bots"), *item;
	json_int_t pid = 0;
	size_t i;
	json_array_foreach(json_object_get(root, "bots"), i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		if (name && strcmp(name, bot) == 0)
			pid = json_integer_value(json_object_get(item, "pid"));
	}
	json_decref(root);
	return pid;
}

/* The state and result of the newest operation whose reason is `reason`; "" while there is none. */
static void operation_of(
	struct accept *run, const char *reason, char *ret_state, char *ret_result, size_t size)
{
	json_t *root = ask(run, "ops"), *item;
	size_t i;
	*ret_state = *ret_result = '\0';
	json_array_foreach(json_object_get(root, "ops"), i, item)
	{
		const char *why = json_string_value(json_object_get(item, "reason"));
		const char *state = json_string_value(json_object_get(item, "state"));
		const char *result = json_string_value(json_object_get(item, "result"));
		if (!why || strcmp(why, reason) != 0 || !state)
			continue;
		copy_text(ret_state, size, state);
		copy_text(ret_result, size, result ? result : "");
	}
	json_decref(root);
}

static bool wait_state(
	struct accept *run, const char *reason, const char *state, char *ret_result, size_t size)
{
	int64_t start = observer_now_ms();
	char now[160];
	do {
		vt_wait_quiet(observer_screen(run->observer, PLACE_LARGE), 100, 100);
		vt_wait_quiet(observer_screen(run->observer, PLACE_SMALL), 50, 50);
		operation_of(run, reason, now, ret_result, size);
		if (strcmp(now, state) == 0)
			return true;
	} while (observer_now_ms() - start < END_MS);
	return false;
}

static unsigned audit_lines(const struct accept *run, const char *reason)
{
	autofree char *path = xasprintf("%s/state/audit.jsonl", run->dir);
	FILE *file = fopen(path, "re");
	char line[4096];
	unsigned count = 0;
	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, reason) != NULL;
	if (file)
		fclose(file);
	return count;
}

static void mark(struct vt *vt, const char *bot)
{
	vt_press(vt, "1 /");
	vt_type(vt, bot);
	vt_press(vt, "Enter");
	vt_wait_quiet(vt, 300, KEY_MS);
	vt_press(vt, "Space");
	vt_wait_quiet(vt, 200, KEY_MS);
	vt_press(vt, "Esc");
	vt_wait_quiet(vt, 300, KEY_MS);
}

/* In an open dialog: into the reason, and on to the button that does it. */
static void confirm(struct vt *vt, const char *reason)
{
	vt_wait_quiet(vt, 300, KEY_MS);
	vt_press(vt, "S-Tab");
	vt_type(vt, reason);
	vt_wait_quiet(vt, 200, KEY_MS);
	vt_press(vt, "Tab Tab");
	vt_wait_quiet(vt, 200, KEY_MS);
	vt_press(vt, "Enter");
}

static void restart_two(struct accept *run)
{
	struct vt *vt = observer_screen(run->observer, PLACE_LARGE);
	const char *reason = "accept restart of two";
	json_int_t old_a = pid_of(run, "orders"), old_b = pid_of(run, "quiz");
	int64_t start = observer_now_ms();
	char result[160] = "";
	mark(vt, "orders");
	mark(vt, "quiz");
	vt_press(vt, "r");
	bool asked = vt_wait_text(vt, "Restart 2 bots", KEY_MS);
	confirm(vt, reason);
	bool done = asked && wait_state(run, reason, "done", result, sizeof(result));
	json_int_t new_a = pid_of(run, "orders"), new_b = pid_of(run, "quiz");
	unsigned lines = audit_lines(run, reason);
	vt_press(vt, "1 U");
	bool ok = done && new_a && new_b && new_a != old_a && new_b != old_b && lines >= 4;
	autofree char *text =
		xasprintf("orders %lld -> %lld, quiz %lld -> %lld, %u audit lines, %.1f s: %s",
			(long long)old_a, (long long)new_a, (long long)old_b, (long long)new_b,
			lines, (double)(observer_now_ms() - start) / 1e3, result);
	accept_line(run, ok, "restart two marked", text);
}

/* Files in the backup folder: whole ones, and parts that should not be there. */
static void count_files(const char *folder, unsigned *ret_whole, unsigned *ret_parts)
{
	*ret_whole = *ret_parts = 0;
	DIR *list = opendir(folder);
	for (struct dirent *entry; list && (entry = readdir(list));) {
		if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, "..")))
			continue;
		*(strstr(entry->d_name, "part") ? ret_parts : ret_whole) += 1;
	}
	if (list)
		closedir(list);
}

static int backup_by_command(struct accept *run, const char *reason)
{
	autostr struct str output = STR_INIT;
	const char *const arguments[] = {
		"backup", "run", "database", "--yes", "--reason", reason, NULL};
	return observer_ask(run->observer, arguments, &output);
}

static void backup_case(struct accept *run, const char *name, const char *folder, bool expect_file,
	bool ran, const char *wanted, const char *result)
{
	unsigned whole, parts;
	count_files(folder, &whole, &parts);
	bool ok = ran && !parts && (whole > 0) == expect_file && strstr(result, wanted);
	autofree char *text = xasprintf("%u files, %u half-written: %s", whole, parts, result);
	accept_line(run, ok, name, text);
}

static void empty_folder(const char *folder)
{
	DIR *list = opendir(folder);
	for (struct dirent *entry; list && (entry = readdir(list));)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(list), entry->d_name, 0);
	if (list)
		closedir(list);
}

static void backup_on_full_disk(struct accept *run, const char *folder)
{
	char state[160], result[160];
	if (mount("tmpfs", folder, "tmpfs", 0, "size=4k,mode=0700") != 0) {
		autofree char *text =
			xasprintf("not tried: a small disk cannot be mounted: %s; run "
				  "as root, or allow user namespaces",
				strerror(errno));
		accept_line(run, false, "backup, full disk", text);
		return;
	}
	int status = backup_by_command(run, "accept full disk");
	operation_of(run, "accept full disk", state, result, sizeof(result));
	backup_case(run, "backup, full disk", folder, false,
		status == 1 && !strcmp(state, "failed"), "space", result);
	umount(folder);
}

/* Postgres is frozen, so pg_dump waits; cancelled from the Operations pane. */
static void backup_cancelled(struct accept *run, const char *folder)
{
	struct vt *vt = observer_screen(run->observer, PLACE_LARGE);
	const char *reason = "accept cancel";
	char result[160] = "";
	accept_fault(run, "inject", "postgres_down");
	vt_press(vt, "1 b");
	bool asked = vt_wait_text(vt, "Backup database", KEY_MS);
	confirm(vt, reason);
	bool running = asked && wait_state(run, reason, "running", result, sizeof(result));
	vt_press(vt, "6 /");
	vt_type(vt, "running");
	vt_press(vt, "Enter");
	vt_wait_quiet(
		vt, 300, KEY_MS); /* new rows stand last until two seconds pass without a key */
	vt_press(vt, "g x");
	vt_wait_quiet(vt, 300, KEY_MS);
	vt_press(vt, "Tab Enter");
	bool ended = running && wait_state(run, reason, "cancelled", result, sizeof(result));
	if (!ended) {
		autostr struct str screen = STR_INIT;
		vt_screen(vt, &screen);
		fprintf(stderr, "asked %d, running %d; the screen:\n%s\n", asked, running,
			screen.text);
	}
	accept_fault(run, "cure", "postgres_down");
	vt_press(vt, "Esc");
	vt_wait_quiet(vt, 300, KEY_MS);
	vt_press(vt, "1");
	backup_case(run, "backup, cancelled", folder, false, ended, "cancel", result);
}

void accept_operations(struct accept *run)
{
	char first[160], state[160], result[160];
	autofree char *folder = xasprintf("%s/backups", run->dir);
	accept_quiet(run, END_MS, first, sizeof(first));
	restart_two(run);
	int status = backup_by_command(run, "accept good");
	operation_of(run, "accept good", state, result, sizeof(result));
	backup_case(run, "backup, good", folder, true, status == 0 && strcmp(state, "done") == 0,
		"reads back", result);
	empty_folder(folder);
	backup_on_full_disk(run, folder);
	backup_cancelled(run, folder);
	accept_quiet(run, END_MS, first, sizeof(first));
}
