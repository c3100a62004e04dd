/* SPDX-License-Identifier: MIT */
#include "core/engine/remote_names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/engine/internal.h"
#include "core/engine/name_cache.h"
#include "core/engine/remote_ask.h"
#include "core/engine/window_job.h"
#include "core/parse/prom_api.h"
#include "core/series/labels.h"

enum {
	NAMES_MOST = 50000,
	BODY_MAX = 8 << 20,
	FILTER_BYTES = 2048, /* it goes into a URL */
	SPAN_MS = 86400 * 1000,
};

struct remote_names {
	struct remote *remote;
	struct name_cache *cache;
	char *key;
	int64_t asked_mono_ms;
	struct name_list *list; /* NULL: not yet */
};

const char *names_label(const struct msg_win_open *request)
{
	return request->names_count ? request->names[0] : "";
}

const char *names_part(const struct msg_win_open *request)
{
	return request->names_count > 1 ? request->names[1] : "";
}

/* ---- what is asked ---- */

static bool is_plain_byte(char byte, bool is_first)
{
	bool is_letter =
		(byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
	return is_letter || (!is_first && byte >= '0' && byte <= '9');
}

static bool is_plain(const char *label)
{
	for (const char *at = label; *at; at++)
		if (!is_plain_byte(*at, at == label))
			return false;
	return *label != '\0';
}

/* Names that are not of the old letters only are written as Prometheus 3 reads them: U__, __ for _, _HEX_ for others. */
static void add_label(struct str *to, const char *label)
{
	if (!*label || is_plain(label)) {
		str_adds(to, label);
		return;
	}
	str_adds(to, "U__");
	for (const char *at = label; *at;) {
		struct utf8_char next = utf8_next(at, strlen(at));
		uint32_t code = next.code;
		at += next.size;
		if (code == '_')
			str_adds(to, "__");
		else if (code < 128 && is_plain_byte((char)code, false))
			str_addch(to, (char)code);
		else
			str_addf(to, "_%" PRIX32 "_", code);
	}
}

/* A pattern, in the quotes of PromQL. */
static void add_part(struct str *selector, const char *part)
{
	str_adds(selector, "(?i:.*");
	for (const char *at = part; *at; at++) {
		if (strchr("\\.+*?()|[]{}^$", *at))
			str_adds(selector, "\\\\");
		if (*at == '\\' || *at == '"')
			str_addch(selector, '\\');
		if (*at == '\n')
			str_adds(selector, "\\n");
		else
			str_addch(selector, *at);
	}
	str_adds(selector, ".*)");
}

/* The series whose names are wanted; "": all. */
static void add_selector(struct str *selector, const struct msg_win_open *request, bool with_part)
{
	const char *label = names_label(request);
	str_adds(selector, request->filter ? request->filter : "");
	if (!with_part || !*label || !is_plain(label) || strchr(selector->text, '{'))
		return;
	str_addf(selector, "{%s=~\"", label);
	add_part(selector, names_part(request));
	str_adds(selector, "\"}");
}

static void set_form(struct remote_part *part, const char *selector, int64_t now_ms)
{
	autofree char *from = xasprintf("%" PRId64, (now_ms - SPAN_MS) / 1000);
	autofree char *to = xasprintf("%" PRId64, now_ms / 1000 + 1);
	autofree char *limit = xasprintf("%d", NAMES_MOST + 1);
	part->is_get = true;
	if (*selector)
		remote_add_field(&part->form, "match[]", selector);
	remote_add_field(&part->form, "start", from);
	remote_add_field(&part->form, "end", to);
	remote_add_field(&part->form, "limit", limit);
}

/* ---- asking ---- */

static struct name_list *find(struct remote_names *names, const struct msg_win_open *request,
	const char *url, bool with_part)
{
	autostr struct str selector = STR_INIT;
	add_selector(&selector, request, with_part);
	free(names->key);
	names->key = xasprintf("%s %s %s", url, names_label(request), selector.text);
	return name_cache_find(names->cache, names->key, names->asked_mono_ms);
}

static bool send(
	struct remote_names *names, struct engine *engine, struct window_job *job, struct err *err)
{
	const char *label = names_label(job->request);
	struct remote_part *part = &names->remote->parts[0];
	autostr struct str wanted = STR_INIT, selector = STR_INIT;
	add_label(&wanted, label);
	add_selector(&selector, job->request, *names_part(job->request));
	if (selector.length > FILTER_BYTES)
		return err_set(err, ERR_LIMIT, "a selector of more than %d bytes", FILTER_BYTES);
	part->question = *label ? PROMETHEUS_VALUES : PROMETHEUS_LABELS;
	part->label = str_detach(&wanted);
	set_form(part, selector.text, job->now_ms);
	return remote_send(names->remote, engine, err);
}

bool remote_names_begin(struct engine *engine, struct window_job *job, struct err *err)
{
	const struct msg_win_open *request = job->request;
	struct remote_names *names = xcalloc(1, sizeof(*names));
	job->owned = names;
	names->remote = remote_new(engine, job, 1, BODY_MAX);
	names->cache = engine->name_cache;
	names->asked_mono_ms = now_mono(engine);
	names->list = find(names, request, names->remote->url, false);
	if (!names->list && *names_part(request))
		names->list = find(names, request, names->remote->url, true);
	return names->list || send(names, engine, job, err);
}

void remote_names_release(struct window_job *job)
{
	struct remote_names *names = job->owned;
	if (!names)
		return;
	remote_free(names->remote);
	name_list_unref(names->list);
	free(names->key);
	free(names);
}

/* ---- what came ---- */

static void keep(struct remote_names *names, struct prom_api_answer *answer)
{
	for (size_t i = 0; i < answer->name_count; i++) {
		char *safe = remote_whole(names->remote, answer->names[i]);
		free(answer->names[i]);
		answer->names[i] = safe;
	}
	names->list = name_list_new(answer->names, answer->name_count);
	answer->names = NULL;
	answer->name_count = 0;
	name_cache_put(names->cache, names->key, names->list, names->asked_mono_ms);
}

/* A list that is too long has a part that is not. */
static char *sentence(const struct window_job *job, const struct err *err)
{
	const struct remote_names *names = job->owned;
	if (err->code != ERR_LIMIT || *names_part(job->request))
		return remote_sentence(names->remote, err);
	return xasprintf("Prometheus %s: %s: type a part of the one that is meant",
		names->remote->url, err->text);
}

static void read_list(struct window_job *job, char **ret_error)
{
	struct remote_names *names = job->owned;
	struct remote_part *part = &names->remote->parts[0];
	struct prom_api_answer answer = {.error = NULL};
	struct err err = part->err;
	bool is_well = part->status == 200 && err.code == ERR_NONE;
	bool is_read =
		err.code == ERR_NONE &&
		prom_api_read_names(part->body.text, part->body.length, NAMES_MOST, &answer, &err);
	str_release(&part->body);
	if (is_read && answer.error) {
		*ret_error = remote_refusal(names->remote, answer.error_type, answer.error);
	} else if (is_read && is_well) {
		keep(names, &answer);
	} else {
		bool ignored UNUSED = (part->err.code == ERR_NONE && part->status != 200) &&
				      remote_say_status(part, &err);
		*ret_error = sentence(job, &err);
	}
	prom_api_release(&answer);
}

const struct name_list *remote_names_read(
	struct window_job *job, const char **ret_source, char **ret_error)
{
	struct remote_names *names = job->owned;
	*ret_source = names->remote->url;
	if (!names->list)
		read_list(job, ret_error);
	return names->list;
}
