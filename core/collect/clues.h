/* SPDX-License-Identifier: MIT */
/*
 * What the environment and the files of a process tell of a bot: that it has a Bot API token, where
 * that stands (never the token: its bytes are wiped as soon as they were seen), and which Redis and
 * Postgres it uses (host, port, database; never a user's password). Any thread.
 */
#ifndef BOTSWAIN_COLLECT_CLUES_H
#define BOTSWAIN_COLLECT_CLUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CLUES_SERVICES = 8, CLUES_NO_PATHS = -1 };

/* A server that a process names. */
struct clue_service {
	char kind[16];      /* redis or postgres */
	char host[256];     /* name or address; "": none */
	char socket[256];   /* a path; of Postgres the folder; "": none */
	char port[8];       /* "": the usual one */
	char database[128]; /* "": the usual one */
	bool is_inside;     /* its host is named in a network that is not ours */
};

struct clues {
	int64_t tg_id;      /* the public id before the colon of a token; 0: none seen */
	char variable[128]; /* of its environment, holds a token or is called as if it did */
	char file[512];     /* holds the token alone */
	char env_file[512]; /* holds it in a line `key`=... */
	char key[128];
	char inside[512];   /* a file that holds it in a form that botswain cannot read */
	char name[64];      /* what it calls itself: letters, digits, _ . - : alone */
	char transport[16]; /* polling, webhook or mtproto, where its settings say so; "" */
	bool talks;         /* has a connection to Telegram */
	/* Paths are those of this process, which has mounts of its own (outside.h); files are named
	 * by the place where we find them. 0: they are ours; CLUES_NO_PATHS: nobody can say where. */
	pid_t mounts_of;
	bool has_net; /* it has a network of its own: hosts are named there */
	struct clue_service services[CLUES_SERVICES];
	size_t service_count;
};

/* Something says that it is a bot. */
bool clues_are_of_a_bot(const struct clues *clues);
/* One variable of an environment, as KEY and value. */
void clues_add_variable(struct clues *clues, const char *key, const char *value);
/* The environment of a process; false: errno says why it
 * cannot be read. */
bool clues_add_environment(struct clues *clues, pid_t pid);
/* A file that may be a token, lines of KEY=value, or settings in JSON; others are left alone. */
void clues_add_file(struct clues *clues, const char *path);
/* The words of a command line: those that are files of settings. `folder`: its working directory. */
void clues_add_command(struct clues *clues, const char *command, const char *folder);
/* What the one lacks is taken from the other. */
void clues_merge(struct clues *clues, const struct clues *more);

#endif
