/* SPDX-License-Identifier: MIT */
/*
 * Values that a server tells of itself, named, typed and labelled as the Prometheus exporter for such a server does, so that
 * public rules and dashboards work on them as they are. What makes them gives them to a sink one by one; a batch is the sink
 * that makes one observation of them. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_METRIC_H
#define BOTSWAIN_COLLECT_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/str.h"

struct hub;
struct msg_obs_samples;
struct msg_sample;

enum metric_type { METRIC_UNTYPED, METRIC_COUNTER, METRIC_GAUGE, METRIC_SUMMARY };

enum { METRIC_LABELS_MAX = 12, METRIC_LABEL_BYTES = 160, METRIC_TEXT_BYTES = 420 };

struct metric_label {
	const char *name, *value; /* "": it has no such label */
	size_t length;            /* of the value; 0: up to its NUL */
};

struct metric {
	const char *name;
	enum metric_type type;
	struct metric_label labels[METRIC_LABELS_MAX];
	size_t label_count;
	double value; /* one that is not finite is none, and left out */
};

typedef void metric_sink(void *context, const struct metric *metric);

/* What is known of one before any server was asked: its table's line. */
struct metric_word {
	const char *name, *labels; /* names of labels beside instance and job, a blank between */
	enum metric_type type;
	const char *from, *help;
};

typedef void metric_visitor(void *context, const struct metric_word *word);

/* Every metric that is ours. In a name, NAME stands for what a server or a bot says. */
void metrics_words(metric_visitor *visit, void *context);
/* docs/metrics.md. */
void metrics_print(struct str *page);

const char *metric_type_word(enum metric_type type); /* as in a TYPE line */

/* ---- a batch ---- */

struct metric_batch {
	struct hub *hub;
	const char *instance, *job, *server; /* labels of all; server NULL: none has it */
	struct msg_obs_samples *obs;         /* NULL: nothing was added */
};

/* A metric_sink. Texts from outside become harmless. */
void metric_batch_add(void *batch, const struct metric *metric);
/* The same with no more labels than instance and job. */
void metric_batch_bare(struct metric_batch *batch, const char *name, double value);
/* Fills a sample as metric_batch_add() would. False: its labels are too long to be kept apart. */
bool metric_sample(const struct metric_batch *batch, const struct metric *metric,
	struct msg_sample *ret_sample);
/* The series of that name with those labels ends here. */
void metric_batch_end(struct metric_batch *batch, const char *name);
void metric_batch_release(struct metric_batch *batch); /* what was not posted */

/* The series of the post before, so that one that is gone ends there. Zeroed at first. */
struct metric_past {
	char **keys; /* in order */
	size_t count;
};

/* Adds a NaN for each series that was there the last time and is not now: it ends. */
void metric_past_take(struct metric_past *past, struct msg_obs_samples *obs);
/* Posts what was added; a series that was there the last time and is not now gets a NaN: it ends. */
void metric_batch_post(struct metric_batch *batch, struct metric_past *past, const char *source);
void metric_past_release(struct metric_past *past);

#endif
