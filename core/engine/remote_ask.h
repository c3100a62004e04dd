/* SPDX-License-Identifier: MIT */
/*
 * What a window's job asks a Prometheus server: some requests, sent at once when the job begins; it waits for all of them without a
 * thread (core/collect/prometheus.h). The first failure ends the others: nobody waits for what cannot be shown.
 */
#ifndef BOTSWAIN_ENGINE_REMOTE_ASK_H
#define BOTSWAIN_ENGINE_REMOTE_ASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/collect/prometheus.h"

struct collect;
struct engine;
struct redactor;
struct remote;
struct window_job;

/* What people do about a server that does not answer. */
#define REMOTE_OWN "; `botswain query --own` asks the engine's own metrics"

/* One request, and what came; the worker's until the job goes on. */
struct remote_part {
	struct remote *remote;
	enum prometheus_question question;
	char *label; /* as prometheus_ask has it */
	struct str form;
	bool is_get;
	struct err err;
	long status;
	struct str body;
};

struct remote {
	char *url; /* without a slash at its end */
	struct window_job *job;
	struct remote_part *parts;
	size_t count;
	struct redactor *redactor; /* of then: it knows the secret that was just read */
	/* private */
	struct collect *collect; /* outlives its workers */
	size_t bytes_max;        /* of all answers together */
	atomic_size_t bytes;
	atomic_size_t pending;
	atomic_bool has_failed;
};

/* Engine thread. */
struct remote *remote_new(
	const struct engine *engine, struct window_job *job, size_t count, size_t bytes_max);
void remote_free(struct remote *remote); /* NULL is legal */
/* Form-encodes one more field. */
void remote_add_field(struct str *form, const char *name, const char *text);
/* Engine thread: sends all parts; the job, which owns `remote` already, waits from then on. */
bool remote_send(struct remote *remote, const struct engine *engine, struct err *err) MUST_CHECK;

/* ---- what came. Pool thread ---- */

/* The first part that failed by itself, not because another did; `count`: none. */
size_t remote_failed(const struct remote *remote);
/* What its HTTP status says where no answer of the API came. Returns false. */
bool remote_say_status(const struct remote_part *part, struct err *err);
/* Text of the server, fit to be shown; of remote_safe() a long one is clipped. The caller frees it. */
char *remote_whole(const struct remote *remote, const char *text) MUST_CHECK;
char *remote_safe(const struct remote *remote, const char *text) MUST_CHECK;
/* The sentence of a failure, with the server and who else can be asked. The caller frees it. */
char *remote_sentence(const struct remote *remote, const struct err *err) MUST_CHECK;
/* What it refuses, in its words. The caller frees it. */
char *remote_refusal(const struct remote *remote, const char *type, const char *text) MUST_CHECK;

#endif
