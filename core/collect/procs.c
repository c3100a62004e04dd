/* SPDX-License-Identifier: MIT */
#include "core/collect/procs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/pid.h"
#include "core/collect/outside.h"
#include "core/collect/proc.h"
#include "core/collect/command_words.h"
#include "core/collect/telegram_nets.h"

/* Those that are connected to Telegram and are no bots. */
static const char *const no_bots[] = {
	"botswaind", "telegram-bot-ap", "telegram-deskto", "Telegram", "tg_cli"};

struct walk {
	struct procs *procs;
	struct peer_address own;
	bool has_own;
	struct socket_inodes inodes;
	uint64_t *nets; /* network namespaces whose tables were read */
	size_t net_count, net_capacity;
};

/* ---- sockets ---- */

static bool read_link(pid_t pid, const char *name, char *to, size_t size)
{
	char path[300];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	ssize_t length = readlink(path, to, size - 1);
	to[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* The tables of a container are others than ours. */
static void read_tables(struct walk *walk, pid_t pid)
{
	static const char *const tables[] = {"tcp", "tcp6"};
	char text[64], path[64];
	uint64_t net;
	if (!read_link(pid, "ns/net", text, sizeof(text)) ||
		sscanf(text, "net:[%" SCNu64 "]", &net) != 1)
		return;
	for (size_t i = 0; i < walk->net_count; i++)
		if (walk->nets[i] == net)
			return;
	walk->nets = grow(walk->nets, walk->net_count, &walk->net_capacity, sizeof(*walk->nets));
	walk->nets[walk->net_count++] = net;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, tables[i]);
		socket_inodes_add(&walk->inodes, path, walk->has_own ? &walk->own : NULL);
	}
}

static bool talks(const struct walk *walk, pid_t pid)
{
	char path[64], target[64];
	bool is_found = false;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *directory = walk->inodes.count ? opendir(path) : NULL;
	if (!directory)
		return false;
	for (const struct dirent *entry; !is_found && (entry = readdir(directory));) {
		uint64_t inode;
		autofree char *name = xasprintf("fd/%s", entry->d_name);
		if (read_link(pid, name, target, sizeof(target)) &&
			sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
			is_found = socket_inodes_have(&walk->inodes, inode);
	}
	closedir(directory);
	return is_found;
}

/* ---- one process ---- */

static bool read_stat(struct proc_seen *seen)
{
	char path[64], line[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)seen->pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t length = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[length] = '\0';
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	int parent = 0;
	char state = '?';
	if (!open || !close || sscanf(close + 1, " %c %d", &state, &parent) != 2)
		return false;
	*close = '\0';
	copy_text(seen->comm, sizeof(seen->comm), open + 1);
	seen->parent = parent;
	return state != 'Z' && state != 'X';
}

static char *read_unit(pid_t pid)
{
	char path[64];
	autofree char *line = NULL;
	char *unit = NULL;
	size_t size = 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	FILE *file = fopen(path, "re");
	while (file && !unit && getline(&line, &size, file) > 0) {
		char *name = strrchr(line, '/');
		char *end = name ? strstr(name, ".service") : NULL;
		if (end && end[strlen(".service")] == '\n')
			unit = xstrndup(name + 1, (size_t)(end - name - 1) + strlen(".service"));
	}
	if (file)
		fclose(file);
	return unit ? unit : xstrdup("");
}

static char *read_command(const struct proc_seen *seen)
{
	autostr struct str line = STR_INIT;
	struct str clean = STR_INIT;
	proc_arguments(seen->pid, &line);
	command_words(&clean, line.text, line.length, seen->folder);
	return str_detach(&clean);
}

static bool is_no_bot(const struct proc_seen *seen)
{
	for (size_t i = 0; i < COUNT_OF(no_bots); i++)
		if (strcmp(seen->comm, no_bots[i]) == 0)
			return true;
	return seen->pid == getpid() || !seen->command[0];
}

static void look(struct walk *walk, pid_t pid)
{
	struct procs *procs = walk->procs;
	struct proc_seen seen = {.pid = pid};
	char folder[PATH_MAX];
	if (!read_stat(&seen))
		return;
	seen.folder = xstrdup(read_link(pid, "cwd", folder, sizeof(folder)) ? folder : "");
	seen.command = read_command(&seen);
	seen.unit = read_unit(pid);
	if (!is_no_bot(&seen)) {
		read_tables(walk, pid);
		seen.clues.mounts_of = outside_is_other(pid, "mnt") ? pid : 0;
		seen.clues.has_net = outside_is_other(pid, "net");
		if (!clues_add_environment(&seen.clues, pid))
			procs->hidden += errno == EACCES || errno == EPERM;
		seen.clues.talks = talks(walk, pid);
	}
	procs->items = grow(procs->items, procs->count, &procs->capacity, sizeof(*procs->items));
	procs->items[procs->count++] = seen;
}

/* ---- all ---- */

static int by_pid(const void *one, const void *other)
{
	const struct proc_seen *a = one, *b = other;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

void procs_read(struct procs *procs, const char *api)
{
	struct walk walk = {.procs = procs};
	DIR *directory = opendir("/proc");
	int32_t pid;
	walk.has_own = peer_address_of_url(api, &walk.own);
	if (!directory)
		return;
	for (const struct dirent *entry; (entry = readdir(directory));)
		if (pid_read(entry->d_name, strlen(entry->d_name), &pid, NULL))
			look(&walk, pid);
	closedir(directory);
	socket_inodes_release(&walk.inodes);
	free(walk.nets);
	if (procs->count)
		qsort(procs->items, procs->count, sizeof(*procs->items), by_pid);
}

void procs_release(struct procs *procs)
{
	for (size_t i = 0; i < procs->count; i++) {
		free(procs->items[i].command);
		free(procs->items[i].folder);
		free(procs->items[i].unit);
	}
	free(procs->items);
	*procs = (struct procs){0};
}

const struct proc_seen *procs_find(const struct procs *procs, pid_t pid)
{
	const struct proc_seen key = {.pid = pid};
	return procs->count ? bsearch(&key, procs->items, procs->count, sizeof(key), by_pid) : NULL;
}
