/* SPDX-License-Identifier: MIT */
/*
 * What a supervisor says of the programs that it runs: read only, one question at a time, for the
 * process source and for `discover`. One file a supervisor, one line in supervisors.def.
 * Any thread; every call may block until its deadline, and ends early when `stop_fd` is readable.
 */
#ifndef BOTSWAIN_COLLECT_PROGRAMS_H
#define BOTSWAIN_COLLECT_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;

/*
 * One program. Texts are sanitised and redacted, never NULL, empty when unknown. No value of an
 * environment variable is kept but a path; of a token only where it stands and the public id before
 * its colon (the rest is wiped as soon as it was seen).
 */
struct program {
	char *name; /* as its supervisor calls it: orders.service, group:name, a container's name */
	char *state; /* a word of bot.proc_state: running, paused, absent, stopped, backoff, fatal, unknown */
	char *words; /* the supervisor's own: "failed (Result: exit-code)", "Exited (1) 3 minutes ago" */
	pid_t pid;        /* 0 unknown; in the host's PID namespace */
	int64_t start_ms; /* wall, 0 unknown */
	int64_t ended_ms; /* wall, of its last end, 0 unknown */
	int64_t restarts; /* as the supervisor counts them; -1 unknown */
	int exit_status; /* of its last end: 0-255; 128 + n for a signal; -1 unknown or never ended */
	bool is_oom;     /* its last end was the kernel's or the cgroup's out-of-memory killer */
	char *log, *error_log; /* files; or journal:UNIT, docker:NAME */
	char *command;         /* argv, printed */
	char *directory;       /* working directory */
	char *env_file; /* a file of KEY=value lines that it reads (EnvironmentFile=, --env-file) */
	char *token_key; /* environment variable that holds a Bot API token */
	int64_t tg_id;   /* the number before that token's colon, 0 unknown */
};

struct programs {
	struct program *items;
	size_t count;
};

/* A new one, all unknown, owned by the list until programs_release(). */
struct program *programs_add(struct programs *programs);
void programs_release(struct programs *programs);
/* Removes those of which nobody said a state: they went while they were asked about. */
void programs_drop_stateless(struct programs *programs);
/* Puts a text from outside into a field: redacted by shape, sanitised, cut at PROGRAM_TEXT_BYTES. */
enum { PROGRAM_TEXT_BYTES = 2048 };
void program_text(char **field, const char *text, size_t length);
/* A variable of its environment, KEY=value: of the first that holds a Bot API token its key and id
 * are kept, of all others nothing. True for a token. The caller wipes the text. */
bool program_env(struct program *program, const char *variable, size_t length);
/* By name; NULL when it is not there. A name that ends in * is several: of those that begin so, the
 * one that is worst off, so that a bot of several processes is well only when all are. */
const struct program *programs_find(const struct programs *programs, const char *name);
/* It is the one, or one of those, that this name means. */
bool program_is(const struct program *program, const char *name);

/* As program_text(). */
void program_set(char **field, const char *text);
void program_setf(char **field, const char *format, ...) PRINTF_LIKE(2, 3);

/* How to ask. `address`: a socket's path, a URL, a folder: what the kind's help says; "": where that
 * kind usually is. `only`: the names that are wanted, NULL with count 0 for all. */
struct programs_question {
	const char *address;
	/* A program asked for by its name, or by a shorter one that its supervisor takes for it
	 * (orders for orders.service), has the name that was asked for. One that there is not is
	 * left out. */
	const char *const *only;
	size_t only_count;
	const char *user, *password; /* NULL: no login */
	int64_t timeout_ms;
	int stop_fd; /* -1: none */
};

/* Drops what is not wanted: for supervisors that always tell all. */
void programs_keep_wanted(struct programs *programs, const struct programs_question *question);

struct supervisor_kind {
	const char *name; /* systemd, docker, supervisord, pm2 */
	const char *help; /* what its address is, and where it is looked for when that is empty */
	/* False and *err: ERR_NOT_FOUND when there is none here, ERR_DENIED when it may not be
	 * asked, ERR_AUTH when it wants another login, ERR_CANCELLED when told to stop,
	 * ERR_UNREACHABLE or ERR_TIMEOUT otherwise; the text says what to do. */
	bool (*list)(
		const struct programs_question *question, struct programs *ret, struct err *err);
};

#define SUPERVISOR(name) extern const struct supervisor_kind supervisor_##name;
#include "core/collect/supervisors.def"
#undef SUPERVISOR

/* In the order of supervisors.def; NULL at the end. */
extern const struct supervisor_kind *const supervisor_kinds[];
const struct supervisor_kind *supervisor_find(const char *name); /* NULL: no such kind */

#endif
