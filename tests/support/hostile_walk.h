/* SPDX-License-Identifier: MIT */
/*
 * Every text of every message that a screen gets, times the payloads, on every pane and dialog that shows it, at three
 * sizes. Each picture is compared with that of the payload's harmless twin and sent through the real back end to an
 * emulator (curses_line.h). What is wrong is told; nothing stops.
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_WALK_H
#define BOTSWAIN_TESTS_HOSTILE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct hostile_walk {
	/* how much of it */
	size_t every; /* of the payloads, each text gets one in so many, the next text others; 1: all */
	size_t one_view; /* 1: a text is seen in one of its views and sizes only, another each time */
	FILE *capture; /* what a second emulator must agree on: for each frame a line "rows columns bytes cells", with
			  the sizes of the two that follow it; NULL: nothing */
	bool is_whole; /* a field that no view draws is a fault, unless tests/hostile/unshown.def says why: then one that is
			  drawn is */
	/* what came of it */
	size_t texts, pictures, cells, faults;
	size_t fields, unshown;             /* of a whole one */
	char first[512];                    /* of the faults */
	void (*tell)(const char *sentence); /* each fault; NULL: only counted */
};

/* Needs a terminal of its own for the time (curses_line.h). */
void hostile_walk(struct hostile_walk *walk);

#endif
