/* SPDX-License-Identifier: MIT */
#include "tests/bench/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

#define PAGE  "docs/performance.md"
#define BEGIN "<!-- figures -->\n"
#define END   "<!-- end of figures -->\n"

enum { LINES = 128, PAGE_BYTES = 1 << 18 };

static struct {
	char *name, *line;
} lines[LINES];
static size_t count;

/* "2026-11-29, 2 processors": when, and on what in general words. */
static char *when_and_where(void)
{
	char day[16];
	time_t now = time(NULL);
	struct tm date;
	gmtime_r(&now, &date);
	strftime(day, sizeof(day), "%Y-%m-%d", &date);
	return xasprintf("%s, %ld processors", day, sysconf(_SC_NPROCESSORS_ONLN));
}

void page_add(const struct bench *bench, const struct figures *figures, enum bench_word word,
	const char *ours, const char *peer, const char *value)
{
	const char *wish = getenv("BENCH_WRITE");
	if (!wish || strcmp(wish, "1") != 0 || word == BENCH_SKIP || count == LINES)
		return;
	autofree char *when = when_and_where();
	bool is_ratio = bench->kind == BENCH_RATIO, is_shown = bench->kind == BENCH_SHOWN;
	autofree char *goal = is_shown ? xstrdup("")
				       : xasprintf("%g%s%s", bench->goal, is_ratio ? "x" : " ",
						 is_ratio ? "" : bench->unit);
	autofree char *beside =
		bench->peer ? xasprintf("%s %s %s", bench->peer, peer, bench->unit) : xstrdup("");
	lines[count].name = xstrdup(bench->name);
	lines[count++].line = xasprintf("| %s | %s | %s %s | %s | %s | %s | %s | %s | %s |\n",
		bench->name, bench->what, ours, bench->unit, beside, is_ratio ? value : "", goal,
		bench_word(word), when, figures->note);
}

/* The old table has a line of it. */
static bool is_old(const char *table, const char *name)
{
	autofree char *head = xasprintf("\n| %s |", name);
	return starts_with(table, head + 1) || strstr(table, head);
}

static bool is_new(const char *line, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *head = xasprintf("| %s |", lines[i].name);
		if (length > strlen(head) && strncmp(line, head, strlen(head)) == 0)
			return true;
	}
	return false;
}

/* Old lines in their order, each renewed where there is a new figure; then those that are new. */
static void merge(const char *table, struct str *to)
{
	for (const char *at = table; *at;) {
		size_t length = strcspn(at, "\n") + 1;
		for (size_t i = 0; i < count && is_new(at, length); i++) {
			autofree char *head = xasprintf("| %s |", lines[i].name);
			if (starts_with(at, head))
				str_adds(to, lines[i].line);
		}
		if (!is_new(at, length))
			str_add(to, at, length);
		at += length;
	}
	for (size_t i = 0; i < count; i++)
		if (!is_old(table, lines[i].name))
			str_adds(to, lines[i].line);
}

static bool read_page(struct str *ret)
{
	char *text = xcalloc(1, PAGE_BYTES);
	FILE *file = fopen(PAGE, "re");
	size_t length = file ? fread(text, 1, PAGE_BYTES - 1, file) : 0;
	if (file)
		fclose(file);
	str_add(ret, text, length);
	free(text);
	return length > 0;
}

void page_write(void)
{
	autostr struct str page = STR_INIT, made = STR_INIT;
	if (!count)
		return;
	const char *begin = read_page(&page) ? strstr(page.text, BEGIN) : NULL;
	const char *end = begin ? strstr(begin, END) : NULL;
	if (!end) {
		fprintf(stderr,
			"bench: " PAGE " has no place for the figures: it is not written\n");
		return;
	}
	begin += strlen(BEGIN);
	autofree char *table = xstrndup(begin, (size_t)(end - begin));
	str_add(&made, page.text, (size_t)(begin - page.text));
	merge(table, &made);
	str_adds(&made, end);
	FILE *file = fopen(PAGE, "we");
	if (file)
		fputs(made.text, file);
	if (!file || fclose(file) != 0)
		fprintf(stderr, "bench: cannot write " PAGE "\n");
}
