/* SPDX-License-Identifier: MIT */
/* Prometheus text: the bots' own pages and those of the list `scrape`, as a kind of page (web.h). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/conf/targets.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
#include "core/collect/scrape_series.h"
#include "core/collect/scrape_store.h"
#include "core/collect/vault.h"
#include "core/collect/web.h"

enum { BODY_MAX = 4 << 20, LIMIT = 20000, LABEL_CELLS = 120 };

struct scrape {
	struct scrape_series *series;
	struct scrape_store *store;
	struct secret secret; /* bearer or password; read again for each look */
	char *owner;          /* in the vault; NULL: nothing was put there */
};

static const struct conf_scrape *conf_of(const struct web_page *page)
{
	return page->place.conf;
}

/* A bot that is not to run has no page. */
static void list(const struct roster *roster, struct web_list *list)
{
	const struct settings *settings = roster->settings;
	for (size_t i = 0; i < settings->scrape_count; i++) {
		const struct conf_scrape *scrape = &settings->scrapes[i];
		const struct web_place place = {.name = scrape->name,
			.bot = scrape->bot,
			.url = scrape->url,
			.socket = scrape->socket,
			.ca_file = scrape->ca_file,
			.interval_ms = scrape->interval_ms,
			.timeout_ms = scrape->timeout_ms,
			.conf = scrape};
		if (*scrape->targets)
			web_add_targets(list, scrape, &place);
		else
			web_add(list, &place);
	}
	for (size_t i = 0; i < roster->count; i++) {
		const struct conf_bot *bot = roster->bots[i];
		if (!bot->metrics[0] || !bot->enabled)
			continue;
		web_add(list, &(struct web_place){.name = bot->name,
				      .bot = bot->name,
				      .url = bot->metrics,
				      .socket = "",
				      .ca_file = "",
				      .interval_ms = settings->metrics_interval_ms,
				      .timeout_ms = settings->pages_timeout_ms});
	}
}

/* ---- asking ---- */

static struct scrape *memory_of(struct web_page *page)
{
	if (!page->memory) {
		struct scrape *scrape = xcalloc(1, sizeof(*scrape));
		scrape->series = scrape_series_new();
		page->memory = scrape;
	}
	return page->memory;
}

/* A file is read for each look, so that a secret that was replaced is found at once. */
static bool read_secret(struct web_page *page, struct hub *hub, const struct secret_ref *ref,
	const char *what, struct err *err)
{
	struct scrape *scrape = memory_of(page);
	struct str text = STR_INIT;
	struct err why = {0};
	bool is_read = settings_secret(ref, -1, &text, &why);
	if (is_read) {
		secret_set(&scrape->secret, text.text, text.length);
		if (!scrape->owner)
			scrape->owner = xasprintf("scrape/%s", page->place.name);
		vault_put(hub->vault, scrape->owner, &scrape->secret);
		vault_publish(hub->vault);
	} else {
		err_set(err, ERR_SECRET, "its %s cannot be read: %.180s", what, why.text);
	}
	str_wipe(&text);
	str_release(&text);
	return is_read;
}

static bool prepare(
	struct web_page *page, struct hub *hub, struct http_request *request, struct err *err)
{
	const struct conf_scrape *conf = conf_of(page);
	struct scrape *scrape = memory_of(page);
	request->accept =
		"text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5";
	request->may_pack = request->may_cut = true;
	request->body_max = BODY_MAX;
	if (!conf || (!conf->bearer.given && !conf->password.given))
		return true;
	bool is_bearer = conf->bearer.given;
	if (!read_secret(page, hub, is_bearer ? &conf->bearer : &conf->password,
		    is_bearer ? "bearer token" : "password", err))
		return false;
	request->bearer = is_bearer ? secret_reveal(&scrape->secret) : NULL;
	request->user = is_bearer ? NULL : conf->user;
	request->password = is_bearer ? NULL : secret_reveal(&scrape->secret);
	return true;
}

/* ---- reading ---- */

static bool is_text(const struct http_reply *reply, struct err *err)
{
	static const char *const others[] = {"text/html", "application/json", "image/"};
	if (reply->status == 401 || reply->status == 403)
		return err_set(err, ERR_DENIED, "%ld: it does not let us in", reply->status);
	if (reply->status >= 300 && reply->status < 400)
		return err_set(
			err, ERR_PROTOCOL, "%ld, a redirect, which is not followed", reply->status);
	if (reply->status != 200)
		return err_set(err, ERR_PROTOCOL, "%ld in place of the figures", reply->status);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (starts_with(reply->content_type, others[i]))
			return err_set(err, ERR_PROTOCOL, "%s is no Prometheus text", others[i]);
	return true;
}

/* Labels come from outside: into a screen, and into files. */
static void clean(void *context, const char *text, char *ret, size_t size)
{
	autostr struct str redacted = STR_INIT, safe = STR_INIT;
	redact(context, &redacted, text, strlen(text), 0);
	sanitize_clip(&safe, redacted.text, redacted.length, LABEL_CELLS);
	copy_text(ret, size, safe.text);
}

/* Of a page that was cut the lines that are whole. */
static size_t whole_length(const struct http_reply *reply)
{
	const char *end = reply->is_cut ? memrchr(reply->body, '\n', reply->length) : NULL;
	return end ? (size_t)(end + 1 - reply->body) : reply->length;
}

/* ---- the labels of its series ---- */

struct own_labels {
	const char *instance;
	const char *list[SCRAPE_OWN_MAX - 1]; /* name=value */
	size_t count;
	char job[80];
};

static bool has_name(const struct own_labels *own, const char *label)
{
	size_t length = strcspn(label, "=") + 1;
	for (size_t i = 0; i < own->count; i++)
		if (strncmp(own->list[i], label, length) == 0)
			return true;
	return false;
}

/* The first of a name counts. */
static void add_label(struct own_labels *own, const char *label)
{
	if (own->count < COUNT_OF(own->list) && !has_name(own, label))
		own->list[own->count++] = label;
}

/* Of a target those of its list, and job, which is the entry. */
static void list_labels(const struct web_page *page, struct own_labels *own)
{
	const struct conf_scrape *conf = conf_of(page);
	const struct target *target = page->place.target;
	static const char instance[] = "instance=";
	own->instance = target ? target->address : page->place.name;
	own->count = 0;
	for (size_t i = 0; target && i < target->label_count; i++) {
		if (starts_with(target->labels[i], instance))
			own->instance = target->labels[i] + sizeof(instance) - 1;
		else
			add_label(own, target->labels[i]);
	}
	for (size_t i = 0; conf && i < conf->label_count; i++)
		if (!target || !starts_with(conf->labels[i], instance))
			add_label(own, conf->labels[i]);
	if (!target || !conf)
		return;
	print_text(own->job, sizeof(own->job), "job=%s", conf->name);
	add_label(own, own->job);
}

/* They point to `own`. */
static struct scrape_rules rules_of(
	const struct web_page *page, struct own_labels *own, struct redactor *redactor)
{
	const struct conf_scrape *conf = conf_of(page);
	bool is_bot = page->place.bot[0];
	list_labels(page, own);
	return (struct scrape_rules){.own = is_bot ? "bot" : "instance",
		.own_value = is_bot ? page->place.bot : own->instance,
		.labels = own->list,
		.label_count = own->count,
		.names = conf ? conf->series : NULL,
		.name_count = conf ? conf->series_count : 0,
		.limit = conf ? (size_t)conf->limit : LIMIT,
		.clean = clean,
		.context = redactor};
}

/* It is believed, and this is wrong with it. */
static void warn(struct err *ret_warning, const struct http_reply *reply,
	const struct scrape_look *look, const struct scrape_rules *rules)
{
	char beyond[100] = "";
	if (look->beyond)
		print_text(beyond, sizeof(beyond),
			"; %" PRIu64 " series of what was read are beyond the %zu that are kept",
			look->beyond, rules->limit);
	if (reply->is_cut)
		err_set(ret_warning, ERR_LIMIT,
			"the page is longer than %d MiB: what follows is not read; ask for less of "
			"it%s",
			BODY_MAX >> 20, beyond);
	else if (look->has_more)
		err_set(ret_warning, ERR_LIMIT,
			"more than %d samples: what follows is not read; ask for less of them%s",
			SCRAPE_SAMPLES_MAX, beyond);
	else if (look->beyond)
		err_set(ret_warning, ERR_LIMIT,
			"%" PRIu64 " series beyond the %zu that are kept: name those that you want "
			"(scrape: series), or raise its limit",
			look->beyond, rules->limit);
	else if (look->refused)
		err_set(ret_warning, ERR_LIMIT,
			"%" PRIu64 " samples that the store of metrics does not take: %.120s",
			look->refused, look->why);
	else if (look->twice)
		err_set(ret_warning, ERR_PROTOCOL,
			"lines that tell of a series again: %zu; the first of each counts",
			look->twice);
}

static bool read_page(struct web_page *page, struct hub *hub, const struct http_reply *reply,
	const struct scrape_rules *rules, struct msg_obs_scrape *obs, struct scrape_look *look,
	struct err *ret_warning, struct err *err)
{
	struct scrape *scrape = memory_of(page);
	struct err at = {0};
	const struct scrape_page text = {
		reply->body, whole_length(reply), reply->content_type, reply->is_cut};
	bool is_read = scrape_series_read(scrape->series, scrape->store, rules, &text,
		clock_mono_ms(hub->clock), obs, look, &at);
	if (is_read)
		warn(ret_warning, reply, look, rules);
	if (!is_read && at.code == ERR_SYNTAX)
		return err_set(err, ERR_PROTOCOL, "%s:%.200s", page->place.name, at.text);
	if (!is_read)
		*err = at;
	return is_read;
}

/* ---- reporting ---- */

static void add_own(struct msg_obs_scrape *obs, const char *labels, const char *name, double value)
{
	struct msg_sample *sample = msg_add(obs->samples, &obs->samples_count);
	msg_set(&sample->name, name);
	msg_set(&sample->labels, labels);
	sample->value = value;
}

static struct msg_obs_scrape *begin_post(const struct web_page *page)
{
	struct msg_obs_scrape *obs = msg_new(MSG_obs_scrape);
	msg_set(&obs->name, page->place.name);
	msg_set(&obs->bot, page->place.bot);
	obs->interval_ms = page->place.interval_ms;
	obs->updates_per_s = obs->p95_ms = obs->errors_per_min = NAN;
	return obs;
}

static void begin_store(struct web_page *page, const struct hub *hub)
{
	struct scrape *scrape = memory_of(page);
	if (!scrape->store)
		scrape->store = scrape_store_new(hub->metrics);
}

/* Of a page that did not come nothing goes on; that it was asked for is a figure all the same. */
static void end_look(struct scrape *scrape, const struct scrape_rules *rules,
	const struct scrape_look *look, struct msg_obs_scrape *obs)
{
	if (!look->is_up)
		scrape_series_end(scrape->series, obs);
	if (!look->is_up)
		scrape_store_end(scrape->store, look->wall_ms);
	scrape_store_look(scrape->store, rules, look);
}

/* Those of `up`: of a target all that its series have. The caller frees them. */
static char *labels_of_up(const struct web_page *page, const struct scrape_rules *rules)
{
	bool is_bot = page->place.bot[0];
	char *labels = page->place.target ? scrape_series_own(rules) : NULL;
	return labels ? labels
		      : xasprintf("%s=%s", is_bot ? "bot" : "instance",
				is_bot ? page->place.bot : page->place.name);
}

static bool take(struct web_page *page, struct hub *hub, const struct http_reply *reply)
{
	struct msg_obs_scrape *obs = begin_post(page);
	struct err err = reply->err, warning = {.code = ERR_NONE};
	struct redactor *redactor = vault_redactor(hub->vault);
	struct own_labels own;
	const struct scrape_rules rules = rules_of(page, &own, redactor);
	autofree char *labels = labels_of_up(page, &rules);
	struct scrape_look look = {
		.wall_ms = clock_wall_ms(hub->clock), .duration_s = reply->latency_ms / 1000};
	begin_store(page, hub);
	look.is_up = err.code == ERR_NONE && is_text(reply, &err) &&
		     read_page(page, hub, reply, &rules, obs, &look, &warning, &err);
	obs->code = (uint64_t)err.code;
	end_look(memory_of(page), &rules, &look, obs);
	redactor_unref(redactor);
	add_own(obs, labels, "up", look.is_up);
	add_own(obs, labels, "scrape_duration_seconds", look.is_up ? look.duration_s : (double)NAN);
	web_report(page, hub, "scrape", &err, &warning, reply->latency_ms);
	mailbox_post(hub->to_engine, MSG_obs_scrape, obs);
	return look.is_up;
}

static void forget(struct web_page *page, struct hub *hub)
{
	struct scrape *scrape = memory_of(page);
	if (hub) {
		struct msg_obs_scrape *obs = begin_post(page);
		obs->code = (uint64_t)ERR_CANCELLED;
		scrape_series_end(scrape->series, obs);
		mailbox_post(hub->to_engine, MSG_obs_scrape, obs);
	}
	web_leave(page, hub, "scrape");
	secret_release(&scrape->secret);
	if (hub && scrape->owner)
		vault_put(hub->vault, scrape->owner, &scrape->secret);
	scrape_series_free(scrape->series);
	int64_t now_ms = hub ? clock_wall_ms(hub->clock) : 0;
	scrape_store_free(scrape->store, hub ? &now_ms : NULL);
	free(scrape->owner);
	free(scrape);
	page->memory = NULL;
}

const struct web_kind web_scrape = {
	.name = "scrape",
	.list = list,
	.prepare = prepare,
	.take = take,
	.forget = forget,
};
