/* SPDX-License-Identifier: MIT */
/*
 * One look at a bot's process: how it is found, whether it is the one that was known, and what is
 * reported of it. When to look is process.c's affair. Process thread.
 */
#ifndef BOTSWAIN_COLLECT_PROCESS_LOOK_H
#define BOTSWAIN_COLLECT_PROCESS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/rng.h"
#include "core/collect/command.h"
#include "core/collect/deaths.h"
#include "core/collect/process_find.h"
#include "core/collect/timers.h"

struct conf_bot;
struct roster;
struct worker;

enum { PROCESS_COMMANDS_MAX = 4 /* running at a time */, PROCESS_COMMAND_MS = 2000 };

struct bot_process {
	const struct conf_bot *conf; /* of the roster that `processes` holds */
	struct timer timer;
	struct pattern *pattern;
	struct command command;
	int64_t command_until_ms;
	bool wants_command; /* but all were taken */
	/* the process that is known; pid 0: none */
	pid_t pid;
	uint64_t start_ticks, cpu_ticks;
	int64_t start_ms, looked_ms;
	struct pidfile_mark mark;
	int pidfd;
	pid_t found, hidden; /* by the last walk, as of struct search */
	/* while the roster changes */
	const struct conf_bot *next_conf;
	bool is_kept;
};

struct processes {
	struct deaths deaths; /* and ends of commands; data.ptr is the bot */
	struct worker *worker;
	struct roster *roster;
	struct bot_process **bots; /* those with a process reference, sorted by name */
	size_t count;
	struct timers timers;
	struct timer beat; /* of the source itself */
	unsigned commands;
	int64_t searched_ms; /* last walk through /proc */
	int search_error;    /* what it could not look at for want of our own, 0: nothing */
	struct rng rng;
};

/* Looks and reports; a command that it needs is started, and reported on when it ends. */
void process_look(struct processes *processes, struct bot_process *bot);
/* Its command ended, or ran out of time: takes the pid and reports. */
void process_end_command(struct processes *processes, struct bot_process *bot);
/* The process that was known is not its any more. */
void process_forget(struct bot_process *bot);

#endif
