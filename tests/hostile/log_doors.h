/* SPDX-License-Identifier: MIT */
/*
 * The doors of places.def through which lines come, each of them real but the container's engine, which is a page: a journal, a
 * Redis with streams, a Postgres with a table. Needs a folder.
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_LOG_DOORS_H
#define BOTSWAIN_TESTS_HOSTILE_LOG_DOORS_H

#include <stddef.h>
#include "tests/support/journal_remote.h"
#include "tests/support/servers.h"

struct attack;
struct pages;

struct log_doors {
	struct journal_remote journal;
	struct redis_server redis;
	struct pg_server pg;
};

void log_doors_open(struct log_doors *doors);
void log_doors_close(struct log_doors *doors);
/* What is planted now comes as new lines; `pages`: of the container "talker". */
void log_doors_plant(struct log_doors *doors, struct pages *pages);

/* Judges what `botswain logs` prints of a file and of standard input. */
void log_doors_read_files(struct attack *attack, const char *program);
/* Judges screens that take up a view which somebody else wrote down. */
void log_doors_recall(struct attack *attack, const char *program);
/* Judges what a screen saves, gives to a pager and asks meanwhile. */
void log_doors_save(struct attack *attack, const char *program);

#endif
