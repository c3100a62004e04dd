/* SPDX-License-Identifier: MIT */
/* What the files of `discover` share. */
#ifndef BOTSWAIN_COLLECT_DISCOVER_INTERNAL_H
#define BOTSWAIN_COLLECT_DISCOVER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include "core/collect/discover.h"
#include "core/collect/procs.h"
#include "core/collect/programs.h"

/* A bot before it has a name: a program of a supervisor, or a process. */
struct candidate {
	size_t supervisor; /* index + 1; 0 none */
	char *program;
	const struct program *as;        /* as the supervisor told; NULL: none runs it */
	const struct proc_seen *process; /* NULL: none runs */
	struct clues clues;
};

struct scene {
	const struct discover_question *question;
	struct discovery *discovery;
	struct procs procs;
	struct programs *programs; /* of each supervisor */
	struct candidate *candidates;
	size_t candidate_count, candidate_capacity;
};

/* discover_places.c: which supervisors there are, and what they say. */
void discover_ask(struct scene *scene);
/* discover_owners.c: which program a process belongs to, and which are bots. */
void discover_candidates(struct scene *scene);
/* discover_bots.c: names, token places; those that the settings have are left out. */
void discover_bots(struct scene *scene);
/* discover_services.c: their Redis and Postgres, as far as they answer. */
void discover_services(struct scene *scene);

/* A name for `bots:` and its like made from any text; the caller frees it. */
char *discover_slug(const char *text);

#endif
