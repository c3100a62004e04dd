/* SPDX-License-Identifier: MIT */
/*
 * What must never happen: a request other than getMe and getWebhookInfo on a fleet token, and a token anywhere that
 * we write. The fleet's own tokens are the canaries; two of its bots leak theirs on purpose (a log that prints
 * request URLs, a webhook whose path is the token).
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/accept/accept.h"
#include "tests/support/memory.h"
#include "tests/accept/observe.h"
#include "tests/support/vt.h"

enum { SECRETS_MAX = 64 };

/* nftw() has no context: the search of one run. */
static struct {
	char *secrets[SECRETS_MAX];
	size_t count, places, bytes, found, unread;
	char first[256], closed[256]; /* where one was found; what could not be read */
} search;

static bool read_file(const char *path, struct str *to)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	char chunk[65536];
	for (size_t got; (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(to, chunk, got);
	bool whole = !ferror(file);
	fclose(file);
	return whole;
}

static void search_bytes(const char *place, const char *bytes, size_t length)
{
	search.places++;
	search.bytes += length;
	for (size_t i = 0; i < search.count; i++)
		if (memmem(bytes, length, search.secrets[i], strlen(search.secrets[i])) &&
			!search.found++)
			snprintf(search.first, sizeof(search.first), "in %s", place);
}

/* A place that cannot be looked into was not searched, and the search is not good. */
static void note_unread(const char *place, const char *why)
{
	if (!search.unread++)
		snprintf(search.closed, sizeof(search.closed), "; not read: %s: %s", place, why);
}

static void search_file(const char *path)
{
	autostr struct str text = STR_INIT;
	if (read_file(path, &text))
		search_bytes(path, text.text, text.length);
	else
		note_unread(path, strerror(errno));
}

static int visit(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_F && S_ISREG(info->st_mode))
		search_file(path);
	else if (type == FTW_DNR || type == FTW_NS)
		note_unread(path, "closed to us");
	return 0;
}

static void load_secrets(const char *dir)
{
	autofree char *tokens = xasprintf("%s/tokens", dir);
	DIR *list = opendir(tokens);
	for (struct dirent *entry; list && (entry = readdir(list)) && search.count < SECRETS_MAX;) {
		autofree char *path = xasprintf("%s/%s", tokens, entry->d_name);
		autostr struct str text = STR_INIT;
		char *secret = entry->d_name[0] != '.' && read_file(path, &text)
				       ? strchr(text.text, ':')
				       : NULL;
		if (secret)
			search.secrets[search.count++] =
				xstrndup(secret + 1, strcspn(secret + 1, "\r\n"));
	}
	if (list)
		closedir(list);
}

/* The kernel shows the environment of a process that leaves no core to root alone: nobody else can find a token there,
 * and we can't look. */
static void search_process(pid_t pid)
{
	autofree char *arguments = xasprintf("/proc/%d/cmdline", (int)pid);
	autofree char *environment = xasprintf("/proc/%d/environ", (int)pid);
	search_file(arguments);
	if (geteuid() == 0 || access(environment, R_OK) == 0)
		search_file(environment);
}

/* A screen is two processes, its guard and itself; who can read their memory, root alone, finds this. The engine must know
 * the tokens. No core is written of either: tests/integration/test_engine_process, tests/tty/test_tui_guard. */
static void search_screen(struct vt *screen, const char *name)
{
	const struct str *bytes = vt_recorded(screen);
	search_bytes(name, bytes->text, bytes->length);
	const pid_t pids[] = {vt_pid(screen), memory_child(vt_pid(screen))};
	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		autostr struct str memory = STR_INIT;
		autofree char *place = xasprintf("the memory of %s", name);
		search_process(pids[i]);
		if (geteuid() != 0)
			continue;
		if (memory_read(pids[i], &memory))
			search_bytes(place, memory.text, memory.length);
		else
			note_unread(place, "cannot be read");
	}
}

static pid_t engine_pid(struct observer *observer)
{
	autostr struct str output = STR_INIT;
	const char *const arguments[] = {"sources", "--json", NULL};
	observer_ask(observer, arguments, &output);
	json_t *root = json_loadb(output.text, output.length, 0, NULL);
	json_int_t pid =
		json_integer_value(json_object_get(json_object_get(root, "engine"), "pid"));
	json_decref(root);
	return (pid_t)pid;
}

static void search_commands(struct observer *observer)
{
	static const char *const commands[][4] = {{"bots", "--json"}, {"services", "--json"},
		{"sources", "--json"}, {"alerts", "--json"}, {"ops", "--json"}, {"logs", "--json"},
		{"logs"}, {"bots"}, {"check-config"}};
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		autostr struct str output = STR_INIT;
		observer_ask(observer, commands[i], &output);
		search_bytes(commands[i][0], output.text, output.length);
	}
}

/* Puts a token wherever one can come in, and shows every place where it could come out. */
static bool plant(struct accept *run)
{
	const char *const arguments[] = {run->dir, NULL};
	bool planted = accept_run("tests/accept/plant", arguments);
	for (int place = PLACE_SMALL; place < PLACES; place++) {
		vt_press(observer_screen(run->observer, place), "5");
		vt_wait_text(observer_screen(run->observer, place), "redacted", 10000);
	}
	autofree char *bad = xasprintf("%s/bad.yaml", run->dir);
	autostr struct str output = STR_INIT;
	const char *const check[] = {"check-config", bad, NULL};
	observer_ask(run->observer, check, &output);
	search_bytes("check-config of a file with a token", output.text, output.length);
	return planted;
}

struct requests {
	unsigned good, bad, lost;
	char first[64]; /* method of the first bad one */
};

/* What cannot be understood counts as bad: it is not known to be allowed. */
static void count_request(struct requests *requests, const char *line)
{
	json_t *item = json_loads(line, 0, NULL);
	const char *peer = json_string_value(json_object_get(item, "peer"));
	const char *method = json_string_value(json_object_get(item, "method"));
	if (json_object_get(item, "lost")) {
		requests->lost++;
	} else if (!peer || strcmp(peer, "bot") != 0) {
		bool allowed = method && (strcasecmp(method, "getMe") == 0 ||
						 strcasecmp(method, "getWebhookInfo") == 0);
		*(allowed ? &requests->good : &requests->bad) += 1;
		if (!allowed && requests->bad == 1)
			copy_text(requests->first, sizeof(requests->first), method ? method : "?");
	}
	json_decref(item);
}

static void count_requests(struct requests *requests, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	while (file && fgets(line, sizeof(line), file))
		count_request(requests, line);
	if (file)
		fclose(file);
}

/* Both parts of it: what was turned over, too. */
static void check_transcript(struct accept *run)
{
	autofree char *path = xasprintf("%s/transcript.jsonl", run->dir);
	autofree char *before = xasprintf("%s.1", path);
	struct requests requests = {.good = 0};
	count_requests(&requests, before);
	count_requests(&requests, path);
	autofree char *text = xasprintf("%u requests of getMe and getWebhookInfo, %u others %s%s",
		requests.good, requests.bad, requests.first,
		requests.lost ? "; an older part of it is gone" : "");
	accept_line(run, requests.good > 0 && !requests.bad && !requests.lost, "transcript", text);
}

void accept_secrets(struct accept *run)
{
	check_transcript(run);
	load_secrets(run->dir);
	bool planted = plant(run);
	const char *const trees[] = {"state", "backups"};
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		autofree char *path = xasprintf("%s/%s", run->dir, trees[i]);
		nftw(path, visit, 16, FTW_PHYS);
	}
	search_screen(observer_screen(run->observer, PLACE_SMALL), "the 80x24 screen");
	search_screen(observer_screen(run->observer, PLACE_LARGE), "the 160x45 screen");
	search_process(engine_pid(run->observer));
	search_commands(run->observer);
	autofree char *text = xasprintf(
		"%zu tokens looked for in %zu places, %zu bytes: %zu found %s%s", search.count,
		search.places, search.bytes, search.found, search.first, search.closed);
	bool looked = planted && search.count > 0 && search.places > 10 && search.unread == 0;
	accept_line(run, looked && search.found == 0, "canary tokens", text);
	for (size_t i = 0; i < search.count; i++)
		free(search.secrets[i]);
}
