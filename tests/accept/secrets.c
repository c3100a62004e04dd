/* SPDX-License-Identifier: MIT */
/*
 * What must never happen: a request other than getMe and getWebhookInfo on a fleet token, and a token anywhere that
 * we write. The fleet's own tokens are the canaries; two of its bots leak theirs on purpose (a log that prints
 * request URLs, a webhook whose path is the token).
 */
#include <dirent.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/accept/accept.h"
#include "tests/accept/memory.h"
#include "tests/accept/observe.h"
#include "tests/support/vt.h"

enum { SECRETS_MAX = 64 };

/* nftw() has no context: the search of one run. */
static struct {
	char *secrets[SECRETS_MAX];
	size_t count, places, bytes, found, unread;
	char first[256];
} search;

static bool read_file(const char *path, struct str *to)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	char chunk[65536];
	for (size_t got; (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(to, chunk, got);
	fclose(file);
	return true;
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

static void search_file(const char *path)
{
	autostr struct str text = STR_INIT;
	if (read_file(path, &text))
		search_bytes(path, text.text, text.length);
}

static int visit(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info, (void)at;
	if (type == FTW_F)
		search_file(path);
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

static void search_process(pid_t pid)
{
	const char *const files[] = {"cmdline", "environ"};
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autofree char *path = xasprintf("/proc/%d/%s", (int)pid, files[i]);
		search_file(path);
	}
}

/* A screen is two processes, its guard and itself; a core of either would hold this. The engine, which must know
 * the tokens, writes none: tests/integration/test_engine_process. */
static void search_screen(struct vt *screen, const char *name)
{
	const struct str *bytes = vt_recorded(screen);
	search_bytes(name, bytes->text, bytes->length);
	const pid_t pids[] = {vt_pid(screen), memory_child(vt_pid(screen))};
	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		autostr struct str memory = STR_INIT;
		autofree char *place = xasprintf("the memory of %s", name);
		search_process(pids[i]);
		search.unread += !memory_read(pids[i], &memory);
		search_bytes(place, memory.text, memory.length);
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

static void check_transcript(struct accept *run)
{
	autofree char *path = xasprintf("%s/transcript.jsonl", run->dir);
	FILE *file = fopen(path, "re");
	unsigned good = 0, bad = 0;
	char line[4096], first[64] = "";
	while (file && fgets(line, sizeof(line), file)) {
		json_t *item = json_loads(line, 0, NULL);
		const char *peer = json_string_value(json_object_get(item, "peer"));
		const char *method = json_string_value(json_object_get(item, "method"));
		bool allowed = method && (strcasecmp(method, "getMe") == 0 ||
						 strcasecmp(method, "getWebhookInfo") == 0);
		if (peer && strcmp(peer, "bot") != 0) {
			*(allowed ? &good : &bad) += 1;
			if (!allowed)
				copy_text(first, sizeof(first), method ? method : "?");
		}
		json_decref(item);
	}
	if (file)
		fclose(file);
	autofree char *text = xasprintf(
		"%u requests of getMe and getWebhookInfo, %u others %s", good, bad, first);
	accept_line(run, good > 0 && bad == 0, "transcript", text);
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
	autofree char *text =
		xasprintf("%zu tokens looked for in %zu places, %zu bytes: %zu found %s",
			search.count, search.places, search.bytes, search.found, search.first);
	bool looked = planted && search.count > 0 && search.places > 10 && search.unread == 0;
	accept_line(run, looked && search.found == 0, "canary tokens", text);
	for (size_t i = 0; i < search.count; i++)
		free(search.secrets[i]);
}
