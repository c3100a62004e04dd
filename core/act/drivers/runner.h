/* SPDX-License-Identifier: MIT */
/*
 * The thread that runs children. It takes jobs, watches pipes and ends in one poll loop, and posts
 * obs_child to the engine: started, output (at most 60 a second), verifying, ended; every line of
 * output goes to an event chunk of the source "op:<operation>". It decides nothing: limits and
 * outcomes are the engine's. A job with a file writes the child's standard output there, has it
 * verified by a second child, and only then gives it its name. Files are written by threads of
 * their own (part_writer.h): this one waits for no disk, and one that does not answer is told of as
 * output; a job that is ended meanwhile ends with ERR_UNREACHABLE.
 */
#ifndef BOTSWAIN_ACT_DRIVERS_RUNNER_H
#define BOTSWAIN_ACT_DRIVERS_RUNNER_H

#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct mailbox;
struct redactor;
struct runner;

struct job {
	uint64_t operation;
	unsigned step;
	char *label; /* stands before each line of its output; NULL: none */
	char **argv;
	char *file;    /* NULL, or the final name of what the child prints */
	char **verify; /* with a file: must exit 0 on it; NULL: not verified */
};
void job_free(struct job *job); /* NULL is legal */

enum runner_order {
	RUNNER_TERMINATE, /* SIGTERM to the group: cancelled */
	RUNNER_EXPIRE,    /* the same: its time is over */
	RUNNER_KILL,      /* SIGKILL */
};

/* `environment` is borrowed: what children see. Starts the thread; NULL: it cannot be started. */
struct runner *runner_new(
	const struct clock *clock, struct mailbox *to_engine, char *const *environment) MUST_CHECK;
/* Ends every child (SIGTERM, SIGKILL after 3 s) and removes half files, joins. A disk that does not
 * answer holds it for half a second. NULL is legal. */
void runner_free(struct runner *runner);

/* Any thread. Takes ownership of the job. */
void runner_start(struct runner *runner, struct job *job);
void runner_order(
	struct runner *runner, uint64_t operation, unsigned step, enum runner_order order);
/* Known secrets are kept out of what children started from now on say. Takes a reference. */
void runner_redact_with(struct runner *runner, const struct redactor *redactor);

#endif
