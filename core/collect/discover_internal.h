/* SPDX-License-Identifier: MIT */
/* What the files of `discover` share. */
#ifndef BOTSWAIN_COLLECT_DISCOVER_INTERNAL_H
#define BOTSWAIN_COLLECT_DISCOVER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/discover.h"
#include "core/collect/procs.h"
#include "core/collect/programs.h"

struct conf_redis;
struct net_limit;
struct redis_conn;

/* How a process is found that no supervisor runs. */
struct found_match {
	char *pattern;   /* "": none finds it alone */
	char *directory; /* "": the pattern does without */
	char *step;      /* what to do when none does, "" */
};

/* Of a bot of the settings: what its `match` finds. */
struct configured {
	struct pattern *pattern; /* NULL: it has none */
	pid_t found;             /* 0 nothing */
};

/* A bot before it has a name: a program of a supervisor, or a process. */
struct candidate {
	size_t supervisor; /* index + 1; 0 none */
	char *program;
	const struct program *as;        /* as the supervisor told; NULL: none runs it */
	const struct proc_seen *process; /* NULL: none runs */
	struct clues clues;
	struct found_match match; /* NULLs: a supervisor runs it */
};

/* In which of the found servers, a bit each by its index, a bot's keys are that expire. */
struct bot_keys {
	uint64_t plain; /* hb:NAME of the name that it has here */
	uint64_t own;   /* of the name that it calls itself by */
};

struct scene {
	const struct discover_question *question;
	struct discovery *discovery;
	struct procs procs;
	struct programs *programs; /* of each supervisor */
	struct candidate *candidates;
	size_t candidate_count, candidate_capacity;
	struct configured *configured; /* of each bot of the settings */
	struct bot_keys *keys;         /* of each found bot */
};

/* discover_places.c: which supervisors there are, and what they say. */
void discover_ask(struct scene *scene);
/* discover_owners.c: which program a process belongs to, and which are bots. */
void discover_candidates(struct scene *scene);
void discover_release_candidate(struct candidate *candidate);
/* discover_match.c: patterns for those that no supervisor runs, and what those of the settings find. */
void discover_matches(struct scene *scene);
void discover_configured(struct scene *scene);
void discover_forget_configured(struct scene *scene);
/* A bot of the settings whose `match` would find this process, too; NULL: none. */
const char *discover_claims(const struct scene *scene, const struct proc_seen *seen);
/* It is that process, or one that it started. */
bool discover_is_within(const struct scene *scene, const struct proc_seen *seen, pid_t ancestor);
/* discover_bots.c: names, token places; those that the settings have are left out. */
void discover_bots(struct scene *scene);
/* discover_services.c: their Redis and Postgres, as far as they answer. */
void discover_services(struct scene *scene);
bool discover_is_same(const struct clue_service *one, const struct clue_service *other);
bool discover_is_redis_of(const struct conf_redis *conf, const struct clue_service *service);
/* discover_beats.c: which keys of the bots the Redis `found` has, which becomes the next service; and,
 * once every one was asked, in which of them the heartbeat of each bot is. */
void discover_keys(struct scene *scene, struct redis_conn *conn, const struct net_limit *limit,
	struct found_service *found);
void discover_beats(struct scene *scene);

/* A name for `bots:` and its like made from any text; the caller frees it. */
char *discover_slug(const char *text);

#endif
