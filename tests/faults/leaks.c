/* SPDX-License-Identifier: MIT */
#include "tests/faults/leaks.h"

#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_lock.h"
#include "core/msg/msg.h"
#include "tests/faults/crowd.h"
#include "tests/faults/faults.h"
#include "tests/faults/stores.h"

enum {
	SECRETS_MAX = 32,
	SECRET_MIN = 16, /* bytes: what is shorter is in a text by chance */
	NAMES_MAX = 64,
	ANSWER_MS = 3000,
	QUIET_MS = 300,
	GONE_MS = 8000,
	FDS_SLACK = 8,
};

/* What somebody has that belongs to the engine and its clients. */
struct belongings {
	unsigned processes, fds;
};

struct leaks {
	char *secrets[SECRETS_MAX];
	size_t count;
	struct belongings before;
	char *names[NAMES_MAX]; /* in the state directory */
	size_t name_count;
	bool same_engine;
};

/* nftw() has no context: the search of one row. */
static struct {
	const struct leaks *leaks;
	size_t places, bytes;
	char found[256];
} search;

/* ---- the secrets ---- */

static void add_secret(struct leaks *leaks, const char *text)
{
	size_t length = strcspn(text, "\r\n");
	if (length >= SECRET_MIN && leaks->count < SECRETS_MAX)
		leaks->secrets[leaks->count++] = xstrndup(text, length);
}

/* Behind the last colon: of a token, and of a line of a passfile. */
static void add_of_folder(struct leaks *leaks, const char *folder, const char *ending)
{
	DIR *list = opendir(folder);
	for (struct dirent *entry; list && (entry = readdir(list));) {
		autofree char *path = xasprintf("%s/%s", folder, entry->d_name);
		const char *end = strstr(entry->d_name, ending);
		if (entry->d_name[0] == '.' || !end)
			continue;
		autofree char *text = fault_read_text(path);
		const char *colon = strrchr(text, ':');
		if (colon)
			add_secret(leaks, colon + 1);
	}
	if (list)
		closedir(list);
}

struct leaks *leaks_new(const struct faults *run)
{
	struct leaks *leaks = xcalloc(1, sizeof(*leaks));
	autofree char *tokens = xasprintf("%s/tokens", run->dir);
	autofree char *secrets = xasprintf("%s/secrets", run->dir);
	add_of_folder(leaks, tokens, "");
	add_of_folder(leaks, secrets, ".pgpass");
	return leaks;
}

static void forget_names(struct leaks *leaks)
{
	while (leaks->name_count)
		free(leaks->names[--leaks->name_count]);
}

void leaks_free(struct leaks *leaks)
{
	if (!leaks)
		return;
	for (size_t i = 0; i < leaks->count; i++)
		free(leaks->secrets[i]);
	forget_names(leaks);
	free(leaks);
}

bool leaks_holds(const struct leaks *leaks, const char *bytes, size_t length)
{
	for (size_t i = 0; i < leaks->count; i++)
		if (memmem(bytes, length, leaks->secrets[i], strlen(leaks->secrets[i])))
			return true;
	return false;
}

/* As calm lines: what is recognised as trouble would be an alert. */
static void plant(const struct faults *run)
{
	autofree char *path = xasprintf("%s/tokens/weather", run->dir);
	autofree char *log = xasprintf("%s/log/weather.log", run->dir);
	autofree char *text = fault_read_text(path);
	autofree char *token = xstrndup(text, strcspn(text, "\r\n"));
	autofree char *notify = xasprintf("select pg_notify('fleet', 'rotated to %s')", token);
	struct redis_server redis = store_redis(run);
	free(redis_server_do(&redis,
		"XADD events:weather MAXLEN ~ 1000 * bot weather level info msg GET+/bot%s/getMe "
		"token %s",
		token, token));
	free(store_sql(run, notify));
	FILE *file = fopen(log, "ae");
	if (file) {
		fprintf(file, "{\"level\":\"info\",\"bot\":\"weather\",\"msg\":\"token=%s\"}\n%s\n",
			token, token);
		fclose(file);
	}
}

/* ---- where they could be ---- */

static void look_through(const char *place, const char *bytes, size_t length)
{
	search.places++;
	search.bytes += length;
	if (!search.found[0] && leaks_holds(search.leaks, bytes, length))
		snprintf(search.found, sizeof(search.found), "%s", place);
}

static void look_into(const char *path)
{
	FILE *file = fopen(path, "re");
	autostr struct str text = STR_INIT;
	char chunk[65536];
	for (size_t got; file && (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(&text, chunk, got);
	if (file)
		fclose(file);
	look_through(path, text.text, text.length);
}

static int visit(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_F && S_ISREG(info->st_mode))
		look_into(path);
	return 0;
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && copy_text(address.sun_path, sizeof(address.sun_path), path) &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Who asks for the whole model and the newest events. */
static void ask_for_everything(int fd)
{
	static char build[] = "0", engine[] = "", client[] = "screen", claims[] = "";
	static char store[] = "events", none[] = "";
	struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.build = build,
		.engine = engine,
		.client = client,
		.claims = claims,
		.want_state = true};
	struct msg_win_open open = {.window = 1,
		.generation = 1,
		.store = store,
		.filter = none,
		.anchor = none,
		.before = 1000};
	autostr struct str bytes = STR_INIT;
	msg_encode(MSG_hello, &hello, &bytes);
	msg_encode(MSG_win_open, &open, &bytes);
	ssize_t ignored UNUSED = write(fd, bytes.text, bytes.length);
}

/* As they come over the socket, before anybody decodes them. */
static void look_at_socket(const char *path)
{
	autostr struct str bytes = STR_INIT;
	char chunk[65536];
	int fd = open_socket(path);
	int64_t until_ms = fault_now_ms() + ANSWER_MS;
	if (fd < 0)
		return;
	ask_for_everything(fd);
	struct pollfd slot = {.fd = fd, .events = POLLIN};
	while (fault_now_ms() < until_ms &&
		poll(&slot, 1, bytes.length ? QUIET_MS : ANSWER_MS) > 0) {
		ssize_t got = read(fd, chunk, sizeof(chunk));
		if (got <= 0)
			break;
		str_add(&bytes, chunk, (size_t)got);
	}
	close(fd);
	look_through("what the engine says on its socket", bytes.text, bytes.length);
}

static void look_everywhere(struct leaks *leaks, struct faults *run)
{
	autofree char *arguments = xasprintf("/proc/%d/cmdline", (int)run->engine);
	autofree char *environment = xasprintf("/proc/%d/environ", (int)run->engine);
	memset(&search, 0, sizeof(search));
	search.leaks = leaks;
	nftw(run->settings->state_dir, visit, 16, FTW_PHYS);
	look_into(run->log);
	look_into(arguments);
	look_into(environment);
	look_at_socket(run->settings->socket_path);
	struct crowd_report crowd = crowd_report(run->crowd);
	search.places++;
	search.bytes += crowd.searched;
	if (crowd.leaked)
		snprintf(
			search.found, sizeof(search.found), "what a screen writes to its terminal");
}

/* ---- what is left over ---- */

static unsigned count_entries(const char *path)
{
	unsigned count = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

/* An engine or a client of this configuration; its guard and its children that have not become another program too. */
static bool is_ours(const struct faults *run, const char *pid)
{
	autofree char *path = xasprintf("/proc/%s/cmdline", pid);
	autostr struct str line = STR_INIT;
	char words[1024];
	FILE *file = fopen(path, "re");
	size_t got = file ? fread(words, 1, sizeof(words), file) : 0;
	if (file)
		fclose(file);
	return got && strstr(words, "/botswain") &&
	       memmem(words, got, run->config, strlen(run->config));
}

static struct belongings count_belongings(const struct faults *run)
{
	struct belongings found = {0};
	DIR *processes = opendir("/proc");
	for (struct dirent *entry; processes && (entry = readdir(processes));) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
			!is_ours(run, entry->d_name))
			continue;
		autofree char *fds = xasprintf("/proc/%s/fd", entry->d_name);
		found.processes++;
		found.fds += count_entries(fds);
	}
	if (processes)
		closedir(processes);
	return found;
}

static bool nothing_is_left(const struct faults *run, const void *context)
{
	const struct leaks *leaks = context;
	struct belongings now = count_belongings(run);
	return now.processes <= leaks->before.processes &&
	       (!leaks->same_engine || now.fds <= leaks->before.fds + FDS_SLACK);
}

/* Rolled by the recording, and by SQLite; and what the first service that has to wait makes, which stays as the lock
 * does. */
static bool comes_and_goes(const char *name)
{
	return starts_with(name, "state.db") || strcmp(name, "recording") == 0 ||
	       strcmp(name, LOCK_CLAIM_FILE) == 0;
}

static bool was_there(const struct leaks *leaks, const char *name)
{
	for (size_t i = 0; i < leaks->name_count; i++)
		if (strcmp(leaks->names[i], name) == 0)
			return true;
	return false;
}

/* The first file in the state directory that was not there before; "": none. */
static char *find_new_file(const struct leaks *leaks, const struct faults *run)
{
	char *found = NULL;
	DIR *folder = opendir(run->settings->state_dir);
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && !comes_and_goes(entry->d_name) &&
			!was_there(leaks, entry->d_name))
			found = xstrdup(entry->d_name);
	if (folder)
		closedir(folder);
	return found ? found : xstrdup("");
}

void leaks_mark(struct leaks *leaks, struct faults *run)
{
	DIR *folder = opendir(run->settings->state_dir);
	plant(run);
	leaks->before = count_belongings(run);
	forget_names(leaks);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && leaks->name_count < NAMES_MAX)
			leaks->names[leaks->name_count++] = xstrdup(entry->d_name);
	if (folder)
		closedir(folder);
}

void leaks_see(struct leaks *leaks, struct faults *run, bool same_engine, struct sight *sight)
{
	leaks->same_engine = same_engine;
	bool gone = engine_wait(run, nothing_is_left, leaks, GONE_MS) >= 0;
	struct belongings now = count_belongings(run);
	if (!gone)
		see(sight, false, -1,
			"nothing is left over: %u processes with %u descriptors, %u with %u before",
			now.processes, now.fds, leaks->before.processes, leaks->before.fds);
	autofree char *file = find_new_file(leaks, run);
	if (*file)
		see(sight, false, -1, "no file is left over: '%s'", file);
	look_everywhere(leaks, run);
	see(sight, !search.found[0] && leaks->count > 0 && search.bytes > 0, -1,
		"%zu secrets in none of %zu places%s%s, %zu kB", leaks->count, search.places,
		search.found[0] ? " but " : "", search.found, search.bytes >> 10);
}
