/* SPDX-License-Identifier: MIT */
/*
 * What a screen feels like at the end of a long line: line WAY FIGURES-FILE PROGRAM MS. Keys that the screen can answer by
 * itself are timed from the key to the cell, and must not take a round trip; then those that need one; then the bytes of
 * an idle minute, as the proxy counts them. Prints TAP with the figures in the titles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/vt.h"

enum {
	OPEN_MS = 60000,
	KEY_MS = 5000,
	KEYS = 40,
	LOCAL_MS = 60,
	MINUTE_MS = 60000,
	IDLE_BYTES = 1500000, /* a minute, both ways */
};

static unsigned number, failed;

static void check(bool good, const char *title)
{
	number++;
	failed += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", number, title);
	fflush(stdout);
}

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static int cursor_row(struct vt *vt)
{
	int row, column;
	return vt_find(vt, "▶", &row, &column) ? row : -1;
}

static bool cursor_left(struct vt *vt, const void *row)
{
	int now = cursor_row(vt);
	return now >= 0 && now != *(const int *)row;
}

/* Down and up again: the cursor stands in another row. */
static void time_cursor(struct vt *vt, double ret[KEYS])
{
	for (int i = 0; i < KEYS; i++) {
		int row = cursor_row(vt);
		double begun = now_ms();
		vt_press(vt, i % 2 ? "k" : "j");
		ret[i] = vt_wait(vt, cursor_left, &row, KEY_MS) ? now_ms() - begun : KEY_MS;
	}
}

static double time_text(struct vt *vt, const char *key, const char *text)
{
	double begun = now_ms();
	vt_press(vt, key);
	return vt_wait_text(vt, text, KEY_MS) ? now_ms() - begun : KEY_MS;
}

static void local_keys(struct vt *vt, double round_trip_ms)
{
	double times[KEYS];
	time_cursor(vt, times);
	qsort(times, KEYS, sizeof(times[0]), compare);
	autofree char *title =
		xasprintf("a cursor key moves its cell without a round trip of %.0f ms: "
			  "median %.1f ms, p95 %.1f, worst %.1f",
			round_trip_ms, times[KEYS / 2], times[KEYS * 95 / 100], times[KEYS - 1]);
	check(times[KEYS * 95 / 100] <= LOCAL_MS, title);
	double help = time_text(vt, "?", "Esc Close");
	vt_press(vt, "Esc");
	(void)vt_wait_no_text(vt, "Esc Close", KEY_MS);
	autofree char *second = xasprintf("the help opens after %.1f ms", help);
	check(help <= LOCAL_MS, second);
	vt_press(vt, "/");
	double typed = time_text(vt, "z", "/z");
	vt_press(vt, "Esc"); /* what follows it at once would be a key with Alt */
	(void)vt_wait_no_text(vt, "/z", KEY_MS);
	autofree char *third = xasprintf("what is typed is seen after %.1f ms", typed);
	check(typed <= LOCAL_MS, third);
}

/* What only the engine knows: one round trip, and what it takes there. */
static void asking_keys(struct vt *vt, double round_trip_ms)
{
	vt_type(vt, "/orders");
	vt_press(vt, "Enter");
	(void)vt_wait_text(vt, "▶ . orders", KEY_MS);
	double plan = time_text(vt, "r", "why, for the audit file"); /* not before the answer */
	vt_press(vt, "Esc");
	(void)vt_wait_no_text(vt, "Cancel", KEY_MS);
	autofree char *title =
		xasprintf("a plan of the engine comes after %.0f ms, a round trip and %.0f ms",
			plan, plan - round_trip_ms);
	check(plan >= round_trip_ms && plan < round_trip_ms + 500, title);
}

static void read_figures(const char *path, double ret[2])
{
	FILE *file = fopen(path, "re");
	ret[0] = ret[1] = 0;
	if (file && fscanf(file, "%lf %lf", &ret[0], &ret[1]) != 2)
		ret[0] = ret[1] = 0;
	if (file)
		fclose(file);
}

static bool never(struct vt *vt, const void *unused)
{
	(void)vt;
	(void)unused;
	return false;
}

static void idle_minute(struct vt *vt, const char *figures)
{
	double before[2], after[2];
	(void)vt_wait(vt, never, NULL, 3000);
	read_figures(figures, before);
	size_t drawn = vt_bytes(vt);
	(void)vt_wait(vt, never, NULL, MINUTE_MS);
	read_figures(figures, after);
	double up = after[0] - before[0], down = after[1] - before[1];
	autofree char *title =
		xasprintf("an idle minute of the overview: %.0f kB to the screen, %.0f kB "
			  "back, %.0f kB drawn on the terminal",
			down / 1e3, up / 1e3, (double)(vt_bytes(vt) - drawn) / 1e3);
	check(up + down <= IDLE_BYTES && down > 0, title);
}

int main(int argc, char **argv)
{
	int status;
	if (argc != 5) {
		fprintf(stderr, "usage: line WAY FIGURES-FILE PROGRAM ROUND-TRIP-MS\n");
		return 2;
	}
	double round_trip_ms = atof(argv[4]), begun = now_ms();
	struct vt *vt =
		vt_spawn(45, 160, (const char *const[]){argv[3], "--connect", argv[1], NULL}, NULL);
	bool came = vt_wait_text(vt, "200 bots", OPEN_MS) && vt_wait_text(vt, "▶", OPEN_MS);
	autofree char *title =
		xasprintf("200 bots are shown %.1f s after the start", (now_ms() - begun) / 1e3);
	check(came, title);
	(void)vt_wait_quiet(vt, 300, 5000);
	local_keys(vt, round_trip_ms);
	asking_keys(vt, round_trip_ms);
	idle_minute(vt, argv[2]);
	vt_press(vt, "q");
	check(vt_wait_exit(vt, true, KEY_MS, &status) && status == 0, "it is left with q");
	vt_free(vt);
	printf("1..%u\n", number);
	return failed ? 1 : 0;
}
