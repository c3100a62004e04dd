/* SPDX-License-Identifier: MIT */
/* One job on its way: its child, its output, its file. Runner's thread only. */
#ifndef BOTSWAIN_ACT_DRIVERS_RUN_H
#define BOTSWAIN_ACT_DRIVERS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/act/drivers/child.h"
#include "core/act/drivers/runner.h"
#include "core/base/err.h"
#include "core/base/str.h"

struct clock;
struct event_writer;
struct mailbox;
struct part_writer;
struct redactor;

enum {
	RUN_FDS = 4,
	RUN_OUTPUT_MS = 17,
	RUN_GRACE_MS = 500,
	RUN_KILL_MS = 3000,
	RUN_SILENT_MS = 5000, /* a disk that has not answered for so long is not waited for */
};

/* A job without a file is only produced. */
enum run_stage {
	RUN_OPENING,
	RUN_PRODUCING, /* the child runs */
	RUN_SYNCING,
	RUN_CHECKING, /* the second child runs */
	RUN_NAMING,
	RUN_REMOVING, /* it failed: the half file goes */
	RUN_OVER,     /* nothing left to do */
};

/* Bytes of one pipe that are no whole line yet. */
struct line_buffer {
	struct str bytes;
	bool clipped; /* the rest of an overlong line is being skipped */
};

struct run {
	struct job *job;
	const struct clock *clock;
	struct mailbox *to_engine;
	char *const *environment;
	struct child child;
	struct part_writer *part;
	struct event_writer *writer;
	struct redactor *redactor;
	struct line_buffer out, err;
	enum run_stage stage;
	bool ended;      /* the child */
	bool is_leaving; /* the engine ends: no grace for what holds the pipes */
	bool is_silent;  /* it was told that the disk does not answer */
	int status, signal;
	int64_t ended_ms, posted_ms;    /* mono */
	int64_t answered_ms, silent_ms; /* the disk, last; when its silence is told next */
	uint64_t calls;                 /* that the disk has answered */
	uint64_t lines, posted_lines, bytes, posted_bytes;
	struct str last;   /* last line of output, safe */
	struct err failed; /* why it is not the exit status that counts */
	char *name;        /* of the finished file */
};

/* Takes ownership of the job, a reference to the redactor (may be NULL); borrows the rest. */
struct run *run_new(struct job *job, const struct clock *clock, struct mailbox *to_engine,
	char *const *environment, const struct redactor *redactor) MUST_CHECK;
/* Kills what is left of its group, reaps it; an unfinished file is removed as soon as its disk lets
 * us, which is not waited for. */
void run_free(struct run *run);

/* What to poll: child, output, error, file; -1 where there is nothing to wait for. */
void run_fds(const struct run *run, int ret[RUN_FDS]);
/* Reads what is there and goes on as far as it can without waiting. */
void run_step(struct run *run);
void run_order(struct run *run, enum runner_order order);
/* The engine ends: terminates it. */
void run_leave(struct run *run);
/* A child of it runs. */
bool run_has_child(const struct run *run);
/* Posts what is due; true when the run is over and that is posted. */
bool run_report(struct run *run);
/* Mono time of the next thing to do without input, or INT64_MAX. */
int64_t run_due_ms(const struct run *run);

#endif
