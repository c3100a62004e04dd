/* SPDX-License-Identifier: MIT */
/*
 * The black box: what the engine hears and what it makes of it, as it happens, redacted, into files. A
 * recording holds observations and the requests that were accepted (the bug report), and every state of
 * every entity, every stored line and every value of a series (what a replay shows: it judges nothing
 * anew, so it shows what was shown, whichever version and configuration replays it), with a keyframe of all
 * entities each minute. Encoding and writing are another thread's: a slow disk costs entries, which are
 * counted, never a turn. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_RECORDER_H
#define BOTSWAIN_ENGINE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct chunk_list;
struct err;
struct model;
struct record_figures;
struct recorder;
struct redactor;

enum {
	RECORD_GAP_MS = 250,   /* from a batch to the next, */
	RECORD_SLACK_MS = 100, /* and so much more until somebody has to wake for it alone */
};

struct record_options {
	const char *path; /* a folder of files that roll, or one file, which must not be there */
	bool rolls;
	uint64_t budget; /* bytes: the oldest files go; one file ends there */
	const char *environment;
	int64_t started_ms; /* of the engine */
};

MUST_CHECK bool recorder_open(
	const struct record_options *options, struct recorder **ret, struct err *err);
/* Writes what waits, a few seconds at most; NULL is legal. */
void recorder_close(struct recorder *recorder);

/* The same, without waiting: what waits is written by a thread that then leaves. NULL is legal. */
void recorder_leave(struct recorder *recorder);
/* So many bytes from now on: the oldest files go. */
void recorder_set_budget(struct recorder *recorder, uint64_t bytes);

/* An observation or an accepted request (borrowed). */
void recorder_message(struct recorder *recorder, enum msg_kind kind, const void *body);
/* Chunks that a writer has begun (borrowed): what is published in them is recorded from now on. */
void recorder_chunks(struct recorder *recorder, const struct chunk_list *list);
/* A value of a series. `id`: metrics_id() of name and labels. */
void recorder_value(struct recorder *recorder, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value);
/* Once a turn: what changed goes on its way, RECORD_GAP_MS after the last time at the soonest. */
void recorder_turn(struct recorder *recorder, const struct model *model,
	const struct redactor *redactor, int64_t wall_ms, int64_t mono_ms);
/* When recorder_turn() has something to do (mono ms). */
int64_t recorder_due_ms(const struct recorder *recorder, const struct model *model);
/* When that is worth a turn of its own. */
int64_t recorder_wake_ms(const struct recorder *recorder, const struct model *model);
/* Entries that were not recorded since start. */
uint64_t recorder_dropped(const struct recorder *recorder);
void recorder_figures(struct recorder *recorder, struct record_figures *ret);
const char *recorder_path(const struct recorder *recorder);
/* Waits until the disk has it. For tests. */
void recorder_drain(struct recorder *recorder);

#endif
