/* SPDX-License-Identifier: MIT */
/* A search for one text in everything that a program writes and is. What cannot be read was not searched, and is told. */
#ifndef BOTSWAIN_TESTS_SEARCH_H
#define BOTSWAIN_TESTS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct search {
	const char *needle;
	size_t places, bytes, found, unread;
	void (*tell)(const char *sentence); /* each find, each place that could not be read */
};

void search_bytes(struct search *search, const char *place, const char *bytes, size_t length);
void search_file(struct search *search, const char *path);
/* Every file below it. */
void search_tree(struct search *search, const char *path);
/* Its command line and its environment. */
void search_process(struct search *search, pid_t pid);
/* Every file that it holds open and that has no name any more. */
void search_unnamed(struct search *search, pid_t pid);
/* What a core of it would hold. */
void search_memory(struct search *search, pid_t pid, const char *name);

#endif
