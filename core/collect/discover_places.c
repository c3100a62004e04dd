/* SPDX-License-Identifier: MIT */
#include "core/collect/discover_internal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

/* sd_booted(3) */
#define SYSTEMD_RUNS "/run/systemd/system"

/* ---- the list ---- */

static const char *real_path(const char *path, char room[static PATH_MAX])
{
	return *path == '/' && realpath(path, room) ? room : path;
}

static bool same_place(const char *one, const char *other)
{
	char a[PATH_MAX], b[PATH_MAX];
	return strcmp(real_path(one, a), real_path(other, b)) == 0;
}

static bool has_kind(const struct discovery *discovery, const char *kind)
{
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		if (strcmp(discovery->supervisors[i].kind, kind) == 0)
			return true;
	return false;
}

static bool has_name(const struct discovery *discovery, const char *name)
{
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		if (strcmp(discovery->supervisors[i].name, name) == 0)
			return true;
	return false;
}

/* `name` NULL: its kind's, with a number when that is taken. */
static void add(struct scene *scene, const char *name, const char *kind, const char *address)
{
	struct discovery *discovery = scene->discovery;
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		if (strcmp(discovery->supervisors[i].kind, kind) == 0 &&
			same_place(discovery->supervisors[i].address, address))
			return;
	char *own = xstrdup(name ? name : kind);
	for (int number = 2; !name && has_name(discovery, own); number++) {
		free(own);
		own = xasprintf("%s-%d", kind, number);
	}
	discovery->supervisors = xreallocarray(discovery->supervisors,
		discovery->supervisor_count + 1, sizeof(*discovery->supervisors));
	discovery->supervisors[discovery->supervisor_count++] =
		(struct found_supervisor){.name = own,
			.kind = xstrdup(kind),
			.address = xstrdup(address),
			.is_configured = name != NULL,
			.error = xstrdup("")};
}

/* ---- what a supervisor listens on ---- */

/* The path of a listening socket of /proc/PID/net/unix; supervisord makes it as PATH.PID and gives it
 * its name afterwards. */
static bool listening_path(const char *line, uint64_t *ret_inode, char path[static 512], pid_t pid)
{
	unsigned flags;
	char end[32];
	if (sscanf(line, "%*s %*s %*s %x %*s %*s %" SCNu64 " %511s", &flags, ret_inode, path) !=
			3 ||
		!(flags & 0x10000))
		return false;
	snprintf(end, sizeof(end), ".%d", (int)pid);
	size_t length = strlen(path), end_length = strlen(end);
	if (length > end_length && strcmp(path + length - end_length, end) == 0)
		path[length - end_length] = '\0';
	return *path == '/';
}

static bool owns_socket(pid_t pid, uint64_t inode)
{
	char path[64], wanted[64], target[64];
	bool is_found = false;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	DIR *directory = opendir(path);
	if (!directory)
		return false;
	for (const struct dirent *entry; !is_found && (entry = readdir(directory));) {
		ssize_t length =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		is_found = strcmp(target, wanted) == 0;
	}
	closedir(directory);
	return is_found;
}

typedef void found_socket(struct scene *scene, const char *path);

static void find_sockets(struct scene *scene, const struct proc_seen *seen, found_socket *found)
{
	char table[64], path[512];
	autofree char *line = NULL;
	size_t size = 0;
	uint64_t inode;
	struct stat status;
	snprintf(table, sizeof(table), "/proc/%d/net/unix", (int)seen->pid);
	FILE *file = fopen(table, "re");
	while (file && getline(&line, &size, file) > 0)
		if (listening_path(line, &inode, path, seen->pid) &&
			owns_socket(seen->pid, inode) && stat(path, &status) == 0 &&
			S_ISSOCK(status.st_mode))
			found(scene, path);
	if (file)
		fclose(file);
}

static void found_supervisord(struct scene *scene, const char *path)
{
	static const char *const usual[] = {"/run/supervisor.sock", "/var/run/supervisor.sock"};
	bool is_usual = same_place(path, usual[0]) || same_place(path, usual[1]);
	add(scene, NULL, "supervisord", is_usual ? "" : path);
}

/* Its folder is in its title, too, but cut where that has no room. */
static void found_pm2(struct scene *scene, const char *path)
{
	const char *home = getenv("HOME"), *end = strstr(path, "/rpc.sock");
	if (!end)
		return;
	autofree char *folder = xstrndup(path, (size_t)(end - path));
	autofree char *usual = xasprintf("%s/.pm2", home ? home : "");
	add(scene, NULL, "pm2", same_place(folder, usual) ? "" : folder);
}

static bool is_supervisord(const struct proc_seen *seen)
{
	return strcmp(seen->comm, "supervisord") == 0;
}

static bool is_pm2(const struct proc_seen *seen)
{
	return starts_with(seen->command, "PM2 v");
}

/* Those whose process says where they listen; of others only the usual place is known. */
static const struct running {
	const char *kind;
	bool (*is_it)(const struct proc_seen *seen);
	found_socket *found;
	const char *address; /* what its address is */
} running[] = {
	{"supervisord", is_supervisord, found_supervisord, "SOCKET"},
	{"pm2", is_pm2, found_pm2, "FOLDER"},
};

static void find_running(struct scene *scene)
{
	for (size_t i = 0; i < scene->procs.count; i++)
		for (size_t j = 0; j < COUNT_OF(running); j++)
			if (running[j].is_it(&scene->procs.items[i]))
				find_sockets(scene, &scene->procs.items[i], running[j].found);
}

static bool may_look_into(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return access(path, R_OK) == 0 || errno == ENOENT;
}

/* "None here" would be wrong of one that runs and may not be asked where it listens. */
static void say_hidden(const struct scene *scene, struct found_supervisor *found)
{
	for (size_t i = 0; i < scene->procs.count; i++)
		for (size_t j = 0; j < COUNT_OF(running); j++) {
			const struct proc_seen *seen = &scene->procs.items[i];
			if (strcmp(running[j].kind, found->kind) != 0 || !running[j].is_it(seen) ||
				may_look_into(seen->pid))
				continue;
			free(found->error);
			found->error = xasprintf(
				"one runs as process %d of another user, and where it listens may "
				"not be seen: run this as root or as that user, or say it: "
				"--supervisor %s=%s",
				(int)seen->pid, found->kind, running[j].address);
			found->is_absent = false;
			return;
		}
}

static void add_given(struct scene *scene)
{
	const struct discover_question *question = scene->question;
	for (size_t i = 0; i < question->supervisor_count; i++) {
		const char *equals = strchr(question->supervisors[i], '=');
		if (!equals)
			continue;
		autofree char *kind = xstrndup(
			question->supervisors[i], (size_t)(equals - question->supervisors[i]));
		add(scene, NULL, kind, equals + 1);
	}
}

/* ---- asking ---- */

/* A server may say the password that it was given. */
static void hide(const struct str *password, struct err *err)
{
	struct redactor *redactor = redactor_new();
	autostr struct str clean = STR_INIT;
	(void)redactor_add(redactor, password->text, password->length);
	redactor_seal(redactor);
	redact(redactor, &clean, err->text, strlen(err->text), REDACT_CUT);
	(void)copy_text(err->text, sizeof(err->text), clean.text);
	redactor_unref(redactor);
}

static bool ask(struct scene *scene, size_t index, struct err *err)
{
	const struct found_supervisor *found = &scene->discovery->supervisors[index];
	const struct supervisor_kind *kind = supervisor_find(found->kind);
	const struct conf_supervisor *conf =
		found->is_configured ? settings_supervisor(scene->question->settings, found->name)
				     : NULL;
	struct str password = STR_INIT;
	if (!kind)
		return err_set(err, ERR_UNSUPPORTED, "this build cannot ask %s", found->kind);
	bool is_well = !conf || !conf->password.given ||
		       settings_secret(&conf->password, -1, &password, err);
	const struct programs_question question = {.address = found->address,
		.user = conf && *conf->user ? conf->user : NULL,
		.password = password.length ? password.text : NULL,
		.timeout_ms = scene->question->timeout_ms,
		.stop_fd = -1};
	if (is_well)
		is_well = kind->list(&question, &scene->programs[index], err);
	if (!is_well && password.length)
		hide(&password, err);
	str_wipe(&password);
	return is_well;
}

/* Where nothing used the bus yet, our question started it, and systemd comes to it a moment later. */
static void say_no_bus(struct found_supervisor *found)
{
	if (strcmp(found->kind, "systemd") != 0 || access(SYSTEMD_RUNS, F_OK) != 0)
		return;
	free(found->error);
	found->error =
		xstrdup("systemd runs here, and nobody answers for it on the system bus: ask "
			"once more; if that does not help, install dbus and start dbus.socket");
	found->is_absent = false;
}

void discover_ask(struct scene *scene)
{
	const struct settings *settings = scene->question->settings;
	struct discovery *discovery = scene->discovery;
	for (size_t i = 0; settings && i < settings->supervisor_count; i++)
		add(scene, settings->supervisors[i].name, settings->supervisors[i].kind,
			settings->supervisors[i].address);
	add_given(scene);
	find_running(scene);
	for (size_t i = 0; supervisor_kinds[i]; i++)
		if (!has_kind(discovery, supervisor_kinds[i]->name))
			add(scene, NULL, supervisor_kinds[i]->name, "");
	scene->programs = xcalloc(discovery->supervisor_count + 1, sizeof(struct programs));
	for (size_t i = 0; i < discovery->supervisor_count; i++) {
		struct found_supervisor *found = &discovery->supervisors[i];
		struct err err = {0};
		bool is_well = ask(scene, i, &err);
		found->programs = scene->programs[i].count;
		found->is_absent = !is_well && err.code == ERR_NOT_FOUND && !*found->address &&
				   !found->is_configured;
		if (is_well)
			continue;
		free(found->error);
		found->error = xstrdup(err.text);
		if (found->is_absent)
			say_no_bus(found);
		if (found->is_absent)
			say_hidden(scene, found);
	}
}
