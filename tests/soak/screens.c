/* SPDX-License-Identifier: MIT */
/*
 * screens BOTSWAIN CONFIG OUT SECONDS: two consoles on terminals. The first stays for the whole time, walks through its panes,
 * looks back, and is judged: every two seconds it is asked for its help, and has to see its engine. The second follows the log,
 * and is opened again whenever somebody kills it. OUT/first and OUT/second hold the pids of their screens; OUT/keys.tsv one line
 * a question: seconds since the start, milliseconds until the answer (-1: none), 1 when it sees its engine. The last line of
 * OUT/screens says how both ended.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum {
	ASK_MS = 2000,
	ANSWER_MS = 10000,
	OPEN_MS = 15000,
	WALK = 15,
	BACK = 150,
	END_MS = 10000,
	ALONE_MS = 200,
	VIEWS = 4
};

struct place {
	const char *name, *out;
	const char *program, *config;
	int rows, columns;
	struct vt *vt;
	unsigned opened;
};

static volatile sig_atomic_t over;

static void stop(int number)
{
	(void)number;
	over = 1;
}

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static void write_pid(const struct place *place)
{
	autofree char *path = xasprintf("%s/%s", place->out, place->name);
	FILE *file = fopen(path, "we");
	if (!file)
		return;
	fprintf(file, "%d %d\n", (int)child_of_process(vt_pid(place->vt)), (int)vt_pid(place->vt));
	fclose(file);
}

static void open_screen(struct place *place)
{
	const char *const words[] = {place->program, "-c", place->config, NULL};
	place->vt = vt_spawn(place->rows, place->columns, words, NULL);
	(void)vt_wait_text(place->vt, "orders", OPEN_MS);
	place->opened++;
	write_pid(place);
}

static bool sees_its_engine(struct vt *vt)
{
	return vt_shows(vt, "1 Bots") && !vt_shows(vt, "silent since") &&
	       !vt_shows(vt, "no engine") && !vt_shows(vt, "engine lost");
}

/* Milliseconds until the help is there; -1: it does not come. */
static int ask(struct vt *vt)
{
	(void)vt_wait_quiet(vt, 1, 20);
	int64_t begun_ms = now_ms();
	vt_press(vt, "?");
	bool came = vt_wait_text(vt, "Esc Close", ANSWER_MS);
	int took_ms = (int)(now_ms() - begun_ms);
	vt_press(vt, "Esc");
	bool went = vt_wait_no_text(vt, "Esc Close", ANSWER_MS);
	return came && went ? took_ms : -1;
}

/* One pane after the other; now and then a look at what was. */
static void walk(struct vt *vt, unsigned step)
{
	static const char *const panes[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
	vt_press(vt, "Esc");
	if (step % BACK == BACK - 1) {
		vt_press(vt, "<");
		(void)vt_wait_text(vt, "REWIND", 5000);
		vt_press(vt, "Esc");
		(void)vt_wait_no_text(vt, "REWIND", 5000);
	} else if (step % WALK == 0) {
		vt_press(vt, panes[step / WALK % COUNT_OF(panes)]);
	}
	vt_press(vt, step % 2 ? "Down" : "Up");
}

static bool leave(struct place *place, FILE *report)
{
	int status = -1;
	bool ended = false;
	vt_press(place->vt, "Esc");
	(void)vt_wait_quiet(
		place->vt, ALONE_MS, END_MS); /* with q at once behind it, it would be Alt-q */
	for (int view = 0; view < VIEWS && !ended; view++) {
		vt_press(place->vt, "q"); /* back, or out */
		ended = vt_wait_exit(place->vt, true, END_MS / VIEWS, &status);
	}
	struct termios modes = vt_modes(place->vt);
	bool right =
		(modes.c_lflag & ICANON) && (modes.c_lflag & ECHO) && !vt_alt_screen(place->vt);
	bool good = ended && status == 0 && right;
	fprintf(report, "%s %s screen: opened %u times, %s with status %#x, the terminal is %s\n",
		good ? "ok" : "FAILED", place->name, place->opened,
		ended ? "left" : "did not leave", (unsigned)status, right ? "right" : "not right");
	vt_free(place->vt);
	return good;
}

/* The second: whoever killed it, another one comes. */
static void look_after(struct place *place)
{
	int status;
	if (place->vt && vt_wait_exit(place->vt, true, 0, &status)) {
		vt_free(place->vt);
		place->vt = NULL;
	}
	if (place->vt)
		return;
	open_screen(place);
	vt_press(place->vt, "5");
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: screens BOTSWAIN CONFIG OUT SECONDS\n");
		return 2;
	}
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	struct place first = {"first", argv[3], argv[1], argv[2], 45, 160, NULL, 0};
	struct place second = {"second", argv[3], argv[1], argv[2], 24, 80, NULL, 0};
	autofree char *keys_path = xasprintf("%s/keys.tsv", argv[3]);
	autofree char *report_path = xasprintf("%s/screens", argv[3]);
	FILE *keys = fopen(keys_path, "we"), *report = fopen(report_path, "we");
	int64_t begun_ms = now_ms(), until_ms = begun_ms + strtol(argv[4], NULL, 10) * 1000;
	if (!keys || !report)
		return 1;
	open_screen(&first);
	for (unsigned step = 0; !over && now_ms() < until_ms; step++) {
		int64_t next_ms = now_ms() + ASK_MS;
		look_after(&second);
		walk(first.vt, step);
		int took_ms = ask(first.vt);
		fprintf(keys, "%.1f\t%d\t%d\n", (double)(now_ms() - begun_ms) / 1e3, took_ms,
			sees_its_engine(first.vt));
		fflush(keys);
		while (!over && now_ms() < next_ms) {
			(void)vt_wait_quiet(first.vt, 100, 100);
			(void)vt_wait_quiet(second.vt, 100, 100);
		}
	}
	bool good = leave(&first, report);
	good &= leave(&second, report);
	fclose(report);
	fclose(keys);
	return good ? 0 : 1;
}
