/* SPDX-License-Identifier: MIT */
#include "tests/faults/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/faults/faults.h"

enum { LINES = 64 };

static const char head[] =
	"# Faults that botswain survives\n"
	"\n"
	"Printed by `make faults` (tests/faults/): each fault is injected into a\n"
	"real botswaind on a real fleet, in a network of the run's own. During\n"
	"every row keys are answered within 100 ms at the 99th percentile, on real\n"
	"screens in terminals, and so are the clients' questions; turn marks come\n"
	"within their interval and 100 ms, nobody is lost and the ledger is whole,\n"
	"but where the row says that the engine itself dies or stands still. Up to\n"
	"row 22 a screen and nine clients are attached, the engine takes at most 20\n"
	"% of a core and its memory grows by at most 16 MiB; above, 20 clients are\n"
	"attached, one of them hostile. Rows 1 to 12 count from one poll interval\n"
	"(2 s) after the injection, the Bot API's time-out is 5 s, and every bot is\n"
	"answered again within 15 s of the end of the fault.\n"
	"\n"
	"| fault | injected | seen within | limit | last passed |\n"
	"|---|---|---|---|---|\n";

static struct {
	char number[8];
	char *line;
} known[LINES];
static size_t known_count;

static char **line_of(const char *number)
{
	for (size_t i = 0; i < known_count; i++)
		if (strcmp(known[i].number, number) == 0)
			return &known[i].line;
	if (known_count == LINES)
		return NULL;
	copy_text(known[known_count].number, sizeof(known[0].number), number);
	return &known[known_count++].line;
}

void page_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char text[1024], number[8];
	while (file && fgets(text, sizeof(text), file)) {
		if (sscanf(text, "| %7[0-9A-Z] |", number) != 1)
			continue;
		char **line = line_of(number);
		if (line && !*line)
			*line = xstrdup(text);
	}
	if (file)
		fclose(file);
}

/* The last cell of a line that is known. */
static const char *last_passed(const char *line)
{
	static char day[64];
	const char *cell = line ? strrchr(line, '|') : NULL;
	while (cell && cell > line && cell[-1] != '|')
		cell--;
	return cell && sscanf(cell, " %63[^|]", day) == 1 ? day : "never ";
}

void page_note(const struct fault *fault, bool passed, const struct sight *sight)
{
	char today[32], seen[32] = "", limit[32] = "";
	time_t now = time(NULL);
	struct tm parts;
	char **line = line_of(fault->number);
	if (!line)
		return;
	strftime(today, sizeof(today), "%Y-%m-%d ", gmtime_r(&now, &parts));
	if (fault->limit_ms >= 0) {
		snprintf(seen, sizeof(seen), "%.2f s", (double)sight->ms / 1e3);
		snprintf(limit, sizeof(limit), "%.1f s", (double)fault->limit_ms / 1e3);
	}
	char *text = xasprintf("| %s | %s | %s | %s | %s|\n", fault->number, fault->injected,
		passed ? seen : "failed", limit, passed ? today : last_passed(*line));
	free(*line);
	*line = text;
}

void page_write(const char *path, const struct fault *table, size_t count)
{
	FILE *file = fopen(path, "we");
	if (!file) {
		fprintf(stderr, "faults: cannot write '%s'\n", path);
		return;
	}
	fputs(head, file);
	for (size_t i = 0; i < count; i++) {
		char **line = line_of(table[i].number);
		if (line && *line)
			fputs(*line, file);
		else
			fprintf(file, "| %s | %s | | | never |\n", table[i].number,
				table[i].injected);
	}
	if (fclose(file) != 0)
		fprintf(stderr, "faults: cannot write '%s'\n", path);
}
