/* SPDX-License-Identifier: MIT */
/*
 * What runs on this machine that looks like a bot: asks every supervisor, looks at every process,
 * and puts both together, so that each bot is there once, with how its process is found, where its
 * token stands and where its log is. Reads only. No token is in the result, nor a password.
 * Blocks for seconds; one thread.
 */
#ifndef BOTSWAIN_COLLECT_DISCOVER_H
#define BOTSWAIN_COLLECT_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/clues.h"

struct settings;
struct str;

/* A supervisor that was asked. */
struct found_supervisor {
	char *name, *kind, *address; /* address "": where that kind usually is */
	bool is_configured;          /* the settings have it: its name is theirs */
	bool is_absent;              /* there is none here, which is no trouble */
	size_t programs, bots;
	char *error; /* why it could not be asked, and what to do; "" */
};

struct found_bot {
	char *name;        /* fit for `bots:`, and no other's */
	size_t supervisor; /* index + 1; 0: none runs it */
	char *program;     /* as that calls it */
	/* When no supervisor runs it: */
	char *match;        /* a pattern on its command line; "": none finds it alone */
	char *directory;    /* with that, its working directory; "" */
	char *process_step; /* when none finds it alone: what to do */
	char *claimed_by;   /* a bot of the settings whose `match` finds this process, too; "" */
	char *state;        /* of its process, a word of bot.proc_state */
	char *evidence;     /* why it is taken for a bot, in a few words */
	char *log;          /* where its supervisor puts its log, "" unknown */
	char *token_file, *env_file, *key; /* where its token can be read; "" */
	char *next_step;                   /* when it can't: what to do */
	char transport[16];                /* as its settings say; "" */
	char own_name[64];                 /* what it calls itself, "" unknown */
	char *heartbeat;  /* the key of its heartbeat, where that is not made of its name; "" */
	char *redis;      /* the Redis of its heartbeat, where that is not the usual one; "" */
	char *beat_step;  /* when nobody can tell which Redis that is: why, and what to do; "" */
	size_t candidate; /* for discover_*.c alone: where it was found */
	int64_t tg_id;    /* 0 unknown */
	int pid;          /* 0 unknown */
};

struct found_service {
	struct clue_service service;
	char *bot;    /* the first that names it */
	bool is_open; /* it answers without a password */
	size_t heartbeats,
		streams; /* a Redis: how many of its bots have a key hb:NAME, events:NAME */
	char *next_step; /* when it does not */
	char *name;      /* fit for `redis:` or `postgres:` */
};

struct discovery {
	struct found_supervisor *supervisors;
	size_t supervisor_count;
	struct found_bot *bots; /* sorted by name */
	size_t bot_count;
	struct found_service *services;
	size_t service_count;
	bool is_root;   /* it looked with all rights */
	bool is_podman; /* no Docker listens where it usually does: the containers are Podman's */
	size_t processes, hidden, known; /* looked at; not permitted; bots that the settings have */
};

struct discover_question {
	const struct settings *settings; /* what is there already; NULL: nothing */
	const char *const *supervisors;  /* further ones, as KIND=ADDRESS */
	size_t supervisor_count;
	const char *api; /* the Bot API's base URL */
	int64_t timeout_ms;
};

void discover(const struct discover_question *question, struct discovery *ret);
void discovery_release(struct discovery *discovery);

/* Appends the configuration that watches what was found (with settings: what those lack), as YAML
 * that check-config takes, and JSON. */
void discovery_yaml(
	const struct discovery *discovery, const struct settings *settings, struct str *ret);
void discovery_json(const struct discovery *discovery, struct str *ret);
/* What was asked and found, what could not be asked and why, and the next step: a line each. */
void discovery_words(
	const struct discovery *discovery, const struct settings *settings, struct str *ret);

#endif
