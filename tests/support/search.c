/* SPDX-License-Identifier: MIT */
#include "tests/support/search.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/memory.h"

enum { AROUND = 48 };

static void tell_find(
	const struct search *search, const char *place, const char *bytes, size_t at, size_t length)
{
	size_t from = at > AROUND ? at - AROUND : 0,
	       to = at + AROUND < length ? at + AROUND : length;
	autostr struct str sentence = STR_INIT;
	str_addf(&sentence, "in %s: ...", place);
	for (; from < to; from++)
		str_addch(&sentence, bytes[from] >= ' ' && bytes[from] <= '~' ? bytes[from] : '.');
	str_adds(&sentence, "...");
	if (search->tell)
		search->tell(sentence.text);
}

void search_bytes(struct search *search, const char *place, const char *bytes, size_t length)
{
	size_t size = strlen(search->needle);
	search->places++;
	search->bytes += length;
	const char *found = memmem(bytes, length, search->needle, size);
	if (!found)
		return;
	search->found++;
	tell_find(search, place, bytes, (size_t)(found - bytes), length);
}

static void note_unread(struct search *search, const char *place, const char *why)
{
	autofree char *sentence = xasprintf("not read: %s: %s", place, why);
	search->unread++;
	if (search->tell)
		search->tell(sentence);
}

static bool read_file(const char *path, struct str *to)
{
	FILE *file = fopen(path, "re");
	char chunk[65536];
	if (!file)
		return false;
	for (size_t got; (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(to, chunk, got);
	bool whole = !ferror(file);
	fclose(file);
	return whole;
}

void search_file(struct search *search, const char *path)
{
	autostr struct str text = STR_INIT;
	if (read_file(path, &text))
		search_bytes(search, path, text.text, text.length);
	else
		note_unread(search, path, strerror(errno));
}

static struct search *searching; /* nftw() has no context */

static int visit(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_F && S_ISREG(info->st_mode))
		search_file(searching, path);
	else if (type == FTW_DNR || type == FTW_NS)
		note_unread(searching, path, "closed to us");
	return 0;
}

void search_tree(struct search *search, const char *path)
{
	searching = search;
	if (nftw(path, visit, 16, FTW_PHYS) != 0)
		note_unread(search, path, strerror(errno));
}

void search_process(struct search *search, pid_t pid)
{
	static const char *const names[] = {"cmdline", "environ"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		autofree char *path = xasprintf("/proc/%d/%s", (int)pid, names[i]);
		search_file(search, path);
	}
}

void search_unnamed(struct search *search, pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/fd", (int)pid);
	DIR *list = opendir(path);
	if (!list)
		note_unread(search, path, strerror(errno));
	for (struct dirent *entry; list && (entry = readdir(list));) {
		autofree char *file = xasprintf("%s/%s", path, entry->d_name);
		struct stat found;
		if (stat(file, &found) == 0 && S_ISREG(found.st_mode) && !found.st_nlink)
			search_file(search, file);
	}
	if (list)
		closedir(list);
}

void search_memory(struct search *search, pid_t pid, const char *name)
{
	autostr struct str memory = STR_INIT;
	if (memory_read(pid, &memory))
		search_bytes(search, name, memory.text, memory.length);
	else
		note_unread(search, name, "its memory cannot be read");
}
