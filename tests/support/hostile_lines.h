/* SPDX-License-Identifier: MIT */
/*
 * What the command line prints of text of others: into a pipe, and on a terminal. Every line stays a line, as wide as with
 * the harmless twin, and holds nothing but text.
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_LINES_H
#define BOTSWAIN_TESTS_HOSTILE_LINES_H

#include <stddef.h>

struct hostile_lines {
	const char *program; /* build/botswain */
	size_t every;        /* of the payloads, one in so many; 1: all */
	/* what came of it */
	size_t outputs, bytes, faults;
	char first[512];
	void (*tell)(const char *sentence); /* each fault; NULL: only counted */
};

/* Needs a folder (folder.h). */
void hostile_lines(struct hostile_lines *lines);

#endif
