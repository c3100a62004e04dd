/* SPDX-License-Identifier: MIT */
#include "core/engine/remote_ask.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/collect/collect.h"
#include "core/collect/http.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/window_job.h"

enum { TEXT_CELLS = 2000 };

/* ---- its life ---- */

static char *bare_url(const char *url)
{
	size_t length = strlen(url);
	while (length && url[length - 1] == '/')
		length--;
	return xstrndup(url, length);
}

struct remote *remote_new(
	const struct engine *engine, struct window_job *job, size_t count, size_t bytes_max)
{
	struct remote *remote = xcalloc(1, sizeof(*remote));
	remote->url = bare_url(engine->settings->prometheus.url);
	remote->job = job;
	remote->collect = engine->collect;
	remote->parts = xcalloc(count, sizeof(*remote->parts));
	remote->count = count;
	remote->bytes_max = bytes_max;
	for (size_t i = 0; i < count; i++) {
		remote->parts[i].remote = remote;
		str_init(&remote->parts[i].form);
		str_init(&remote->parts[i].body);
	}
	return remote;
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	for (size_t i = 0; i < remote->count; i++) {
		free(remote->parts[i].label);
		str_release(&remote->parts[i].form);
		str_release(&remote->parts[i].body);
	}
	redactor_unref(remote->redactor);
	free(remote->parts);
	free(remote->url);
	free(remote);
}

/* ---- asking ---- */

void remote_add_field(struct str *form, const char *name, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	str_addf(form, "%s%s=", form->length ? "&" : "", name);
	for (const char *at = text; *at; at++) {
		if (strchr(plain, *at))
			str_addch(form, *at);
		else
			str_addf(form, "%%%02X", (unsigned char)*at);
	}
}

static bool is_wanted(const void *context)
{
	const struct remote_part *part = context;
	const struct remote *remote = part->remote;
	return !query_cancelled(&remote->job->query) &&
	       !atomic_load_explicit(&remote->has_failed, memory_order_relaxed);
}

static void keep(struct remote_part *part, const struct http_reply *reply)
{
	struct remote *remote = part->remote;
	size_t bytes = atomic_fetch_add(&remote->bytes, reply->length) + reply->length;
	part->err = reply->err;
	part->status = reply->status;
	if (part->err.code == ERR_NONE && bytes > remote->bytes_max) {
		bool ignored UNUSED = err_set(&part->err, ERR_LIMIT,
			"answers of more than %zu KiB together", remote->bytes_max >> 10);
	}
	if (part->err.code == ERR_NONE)
		str_add(&part->body, reply->body, reply->length);
	if (part->err.code != ERR_NONE || part->status != 200)
		atomic_store(&remote->has_failed, true);
}

/* The worker's thread; the job, of which each part holds a reference, goes on with the last. */
static void on_reply(void *context, const struct http_reply *reply)
{
	struct remote_part *part = context;
	struct remote *remote = part->remote;
	struct window_job *job = remote->job;
	keep(part, reply);
	if (atomic_fetch_sub(&remote->pending, 1) == 1) {
		remote->redactor = collect_redactor(remote->collect);
		window_post_pause(job);
	}
	query_unref(&job->query);
}

static bool send_part(struct remote_part *part)
{
	const struct remote *remote = part->remote;
	struct prometheus_ask *ask = xcalloc(1, sizeof(*ask));
	*ask = (struct prometheus_ask){.question = part->question,
		.label = part->label ? xstrdup(part->label) : NULL,
		.form = str_detach(&part->form),
		.is_get = part->is_get,
		.body_max = remote->bytes_max,
		.owner = remote->job,
		.is_wanted = is_wanted,
		.done = on_reply,
		.context = part};
	query_ref(&remote->job->query);
	if (collect_ask(remote->collect, ask))
		return true;
	query_unref(&remote->job->query);
	free(ask->label);
	free(ask->form);
	free(ask);
	return false;
}

bool remote_send(struct remote *remote, const struct engine *engine, struct err *err)
{
	if (!engine->collect)
		return err_set(
			err, ERR_UNSUPPORTED, "nobody asks '%s' here" REMOTE_OWN, remote->url);
	atomic_store(&remote->pending, remote->count);
	remote->job->is_waiting = true;
	for (size_t i = 0; i < remote->count; i++) {
		if (send_part(&remote->parts[i]))
			continue;
		query_cancel(&remote->job->query); /* those that were sent are for nobody */
		return err_set(err, ERR_UNREACHABLE,
			"the thread that asks '%s' does not run: reload the settings" REMOTE_OWN,
			remote->url);
	}
	return true;
}

/* ---- what came ---- */

size_t remote_failed(const struct remote *remote)
{
	size_t failed = remote->count;
	for (size_t i = remote->count; i-- > 0;) {
		const struct remote_part *part = &remote->parts[i];
		if (part->err.code == ERR_NONE && part->status == 200)
			continue;
		if (part->err.code != ERR_CANCELLED || failed == remote->count)
			failed = i;
	}
	return failed;
}

bool remote_say_status(const struct remote_part *part, struct err *err)
{
	autofree char *path = prometheus_path(part->question, part->label);
	return prometheus_say_status(part->status, path, err);
}

char *remote_whole(const struct remote *remote, const char *text)
{
	autostr struct str redacted = STR_INIT;
	struct str safe = STR_INIT;
	redact(remote->redactor, &redacted, text, strlen(text), 0);
	sanitize(&safe, redacted.text, redacted.length);
	return str_detach(&safe);
}

char *remote_safe(const struct remote *remote, const char *text)
{
	autostr struct str redacted = STR_INIT;
	struct str safe = STR_INIT;
	redact(remote->redactor, &redacted, text, strlen(text), 0);
	sanitize_clip(&safe, redacted.text, redacted.length, TEXT_CELLS);
	return str_detach(&safe);
}

char *remote_sentence(const struct remote *remote, const struct err *err)
{
	return xasprintf("Prometheus %s: %s" REMOTE_OWN, remote->url, err->text);
}

/* What the expression is wrong in, its own words say; else who else can be asked is the next step. */
char *remote_refusal(const struct remote *remote, const char *type, const char *text)
{
	autofree char *safe = remote_safe(remote, text);
	autofree char *word = remote_safe(remote, type);
	bool is_ours = strcmp(word, "bad_data") == 0;
	return xasprintf("%s says%s%s: %s%s", remote->url, *word ? " " : "", word, safe,
		is_ours ? "" : REMOTE_OWN);
}
