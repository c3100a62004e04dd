/* SPDX-License-Identifier: MIT */
#include "core/collect/prometheus.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/password.h"
#include "core/collect/post.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"
#include "core/collect/sources.h"
#include "core/parse/prom_api.h"

enum {
	NOTICE_MS = 100, /* how late it is noticed that nobody waits any more */
	LOOK_BODY_MAX = 64 << 10,
};

static const char vault_name[] = "prometheus", source_name[] = "prometheus";

struct call {
	struct prometheus *prometheus;
	struct prometheus_ask *ask; /* NULL: free */
	struct http_call *http;
};

struct prometheus {
	struct worker *worker;
	const struct conf_prometheus *conf;
	struct http *http;
	struct password password; /* or the bearer token */
	struct call calls[PROMETHEUS_CALLS];
	struct call look; /* at the server itself */
	struct schedule schedule;
	struct rng rng;
	struct prometheus_ask *first, **last; /* in line */
};

static void end(struct prometheus_ask *ask, const struct http_reply *reply)
{
	ask->done(ask->context, reply);
	free(ask->label);
	free(ask->form);
	free(ask);
}

static void end_with(struct prometheus_ask *ask, const struct err *err)
{
	end(ask, &(struct http_reply){.err = *err, .body = "", .content_type = ""});
}

void prometheus_drop(void *ask)
{
	struct err err = {.code = ERR_NONE};
	err_set(&err, ERR_CANCELLED, "nobody asks it any more, its settings changed: ask again");
	end_with(ask, &err);
}

bool prometheus_say_status(long status, const char *path, struct err *err)
{
	if (status == 401)
		return err_set(err, ERR_AUTH,
			"it does not let us in (HTTP 401): look at bearer, user and password of "
			"metrics: prometheus");
	if (status == 403)
		return err_set(err, ERR_DENIED, "it does not let us in (HTTP 403)");
	if (status == 404)
		return err_set(err, ERR_NOT_FOUND,
			"it has no /api/v1/%s (HTTP 404): look at url of metrics: prometheus",
			path);
	if (status == 503)
		return err_set(err, ERR_PROTOCOL, "it is not ready to answer (HTTP 503)");
	if (status >= 300 && status < 400)
		return err_set(err, ERR_PROTOCOL,
			"a redirect (HTTP %ld), which is not followed: give the url that it leads "
			"to",
			status);
	return err_set(err, ERR_PROTOCOL, "HTTP %ld in place of an answer", status);
}

/* ---- asking ---- */

static void start_waiting(struct prometheus *prometheus);

/* A call was in vain: its state is another. */
static void look_soon(struct prometheus *prometheus)
{
	if (!prometheus->schedule.fails)
		schedule_hurry(&prometheus->schedule, worker_now_ms(prometheus->worker));
}

static void on_reply(void *context, const struct http_reply *reply)
{
	static const struct err refused = {.code = ERR_AUTH};
	struct call *call = context;
	struct prometheus_ask *ask = call->ask;
	call->ask = NULL;
	if (reply->status == 401)
		password_judge(&call->prometheus->password, &refused);
	if (reply->err.code == ERR_UNREACHABLE)
		look_soon(call->prometheus);
	end(ask, reply);
	start_waiting(call->prometheus);
}

static bool read_secret(
	struct prometheus *prometheus, struct http_request *request, struct err *err)
{
	const struct conf_prometheus *conf = prometheus->conf;
	bool is_bearer = conf->bearer.given;
	if (!password_read(&prometheus->password, prometheus->worker,
		    is_bearer ? &conf->bearer : &conf->password, vault_name, err))
		return false;
	if (!is_bearer && !conf->password.given)
		return true;
	const char *secret = secret_reveal(&prometheus->password.secret);
	request->bearer = is_bearer ? secret : NULL;
	request->user = is_bearer ? NULL : conf->user;
	request->password = is_bearer ? NULL : secret;
	return true;
}

char *prometheus_path(enum prometheus_question question, const char *label)
{
	static const struct {
		const char *before, *behind;
	} paths[] = {
		[PROMETHEUS_QUERY] = {"query", ""},
		[PROMETHEUS_RANGE] = {"query_range", ""},
		[PROMETHEUS_LABELS] = {"labels", ""},
		[PROMETHEUS_VALUES] = {"label/", "/values"},
	};
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	int length = label ? (int)strspn(label, plain) : 0;
	return xasprintf("%s%.*s%s", paths[question].before, length, label ? label : "",
		paths[question].behind);
}

static char *url_of(const struct conf_prometheus *conf, const struct prometheus_ask *ask)
{
	autofree char *path = prometheus_path(ask->question, ask->label);
	size_t length = strlen(conf->url);
	while (length && conf->url[length - 1] == '/')
		length--;
	bool has_query = ask->is_get && *ask->form;
	return xasprintf("%.*s/api/v1/%s%s%s", (int)length, conf->url, path, has_query ? "?" : "",
		has_query ? ask->form : "");
}

static void start(struct prometheus *prometheus, struct call *call, struct prometheus_ask *ask)
{
	const struct conf_prometheus *conf = prometheus->conf;
	autofree char *url = url_of(conf, ask);
	struct http_request request = {.url = url,
		.form = ask->is_get ? NULL : ask->form,
		.ca_file = *conf->ca_file ? conf->ca_file : NULL,
		.accept = "application/json",
		.allow_plain = true,
		.may_pack = true,
		.body_max = ask->body_max,
		.connect_ms = conf->timeout_ms,
		.total_ms = conf->timeout_ms,
		.done = on_reply,
		.context = call};
	struct err err = {.code = ERR_NONE};
	if (!read_secret(prometheus, &request, &err)) {
		end_with(ask, &err);
		return;
	}
	call->ask = ask;
	call->http = http_get(prometheus->http, &request);
}

static struct call *free_call(struct prometheus *prometheus)
{
	for (size_t i = 0; i < PROMETHEUS_CALLS; i++)
		if (!prometheus->calls[i].ask)
			return &prometheus->calls[i];
	return NULL;
}

static size_t calls_of(const struct prometheus *prometheus, const void *owner)
{
	size_t count = 0;
	for (size_t i = 0; i < PROMETHEUS_CALLS; i++)
		count += prometheus->calls[i].ask && prometheus->calls[i].ask->owner == owner;
	return count;
}

static struct prometheus_ask *take_out(struct prometheus *prometheus, struct prometheus_ask **place)
{
	struct prometheus_ask *ask = *place;
	*place = ask->next;
	if (!*place)
		prometheus->last = place;
	ask->next = NULL;
	return ask;
}

/* Of who has the fewest calls under way the one that waits for longest; NULL: all have what they may have. */
static struct prometheus_ask *take_next(struct prometheus *prometheus)
{
	struct prometheus_ask **best = NULL;
	size_t fewest = PROMETHEUS_OF_ONE;
	for (struct prometheus_ask **at = &prometheus->first; *at && fewest; at = &(*at)->next) {
		size_t calls = calls_of(prometheus, (*at)->owner);
		if (calls >= fewest)
			continue;
		fewest = calls;
		best = at;
	}
	return best ? take_out(prometheus, best) : NULL;
}

static void start_waiting(struct prometheus *prometheus)
{
	struct call *call;
	struct prometheus_ask *ask;
	while ((call = free_call(prometheus)) && (ask = take_next(prometheus))) {
		if (ask->is_wanted(ask->context))
			start(prometheus, call, ask);
		else
			prometheus_drop(ask);
	}
}

static void take_orders(struct prometheus *prometheus)
{
	struct worker *worker = prometheus->worker;
	for (struct order *order; (order = worker_next_order(worker)); order_free(order)) {
		if (order->kind == ORDER_HURRY && !order->bot[0])
			schedule_hurry(&prometheus->schedule, worker_now_ms(worker));
		if (order->kind != ORDER_ASK)
			continue;
		struct prometheus_ask *ask = order->ask;
		order->ask = NULL;
		ask->since_ms = worker_now_ms(worker);
		ask->next = NULL;
		*prometheus->last = ask;
		prometheus->last = &ask->next;
	}
}

/* ---- giving up ---- */

static bool is_over(
	const struct prometheus *prometheus, const struct prometheus_ask *ask, struct err *err)
{
	int64_t limit_ms = prometheus->conf->timeout_ms;
	if (!ask->is_wanted(ask->context))
		return !err_set(err, ERR_CANCELLED, "nobody waits for it any more");
	if (worker_now_ms(prometheus->worker) - ask->since_ms > limit_ms)
		return !err_set(err, ERR_TIMEOUT, "%d queries before this one took %.3g s",
			PROMETHEUS_CALLS, (double)limit_ms / 1000.0);
	return false;
}

static void leave_line(struct prometheus *prometheus)
{
	struct prometheus_ask *ask = prometheus->first;
	prometheus->first = NULL;
	prometheus->last = &prometheus->first;
	for (struct prometheus_ask *next; ask; ask = next) {
		struct err err = {.code = ERR_NONE};
		next = ask->next;
		ask->next = NULL;
		if (is_over(prometheus, ask, &err)) {
			end_with(ask, &err);
			continue;
		}
		*prometheus->last = ask;
		prometheus->last = &ask->next;
	}
}

static void end_call(struct call *call)
{
	struct prometheus_ask *ask = call->ask;
	call->ask = NULL;
	http_cancel(call->http);
	prometheus_drop(ask);
}

static void drop_cancelled(struct prometheus *prometheus)
{
	for (size_t i = 0; i < PROMETHEUS_CALLS; i++) {
		struct call *call = &prometheus->calls[i];
		if (call->ask && !call->ask->is_wanted(call->ask->context))
			end_call(call);
	}
	leave_line(prometheus);
}

/* ---- its state ---- */

/* What it says of 1. */
static bool is_answer(const struct http_reply *reply, struct err *err)
{
	static const struct prom_api_limits limits = {1, 1};
	struct prom_api_answer answer = {.error = NULL};
	*err = reply->err;
	if (err->code != ERR_NONE)
		return false;
	bool is_read = prom_api_read(reply->body, reply->length, &limits, &answer, err);
	bool is_well = is_read && reply->status == 200 && !answer.error;
	if (is_read && answer.error)
		err_set(err, ERR_PROTOCOL, "it says %s: %s", answer.error_type, answer.error);
	else if (!is_well && reply->status != 200)
		prometheus_say_status(reply->status, "query", err);
	prom_api_release(&answer);
	return is_well;
}

static void on_look(void *context, const struct http_reply *reply)
{
	struct prometheus *prometheus = context;
	struct worker *worker = prometheus->worker;
	struct err err = {.code = ERR_NONE};
	if (worker_stopping(worker))
		return;
	bool is_well = is_answer(reply, &err);
	if (is_well)
		schedule_ok(&prometheus->schedule, worker_now_ms(worker), &prometheus->rng);
	else
		schedule_fail(&prometheus->schedule, worker_now_ms(worker), &prometheus->rng);
	post_source(worker->hub, &(struct attempt){.kind = source_prometheus.name,
					 .name = source_name,
					 .schedule = &prometheus->schedule,
					 .err = &err,
					 .latency_ms = is_well ? reply->latency_ms : (double)NAN});
}

static bool always(const void *context)
{
	(void)context;
	return true;
}

static void look(struct prometheus *prometheus)
{
	if (prometheus->look.ask ||
		!schedule_is_due(&prometheus->schedule, worker_now_ms(prometheus->worker)))
		return;
	struct prometheus_ask *ask = xcalloc(1, sizeof(*ask));
	*ask = (struct prometheus_ask){.question = PROMETHEUS_QUERY,
		.form = xstrdup("query=1"),
		.is_get = true,
		.body_max = LOOK_BODY_MAX,
		.is_wanted = always,
		.done = on_look,
		.context = prometheus};
	schedule_begin(&prometheus->schedule);
	start(prometheus, &prometheus->look, ask);
}

/* ---- the thread ---- */

static int64_t next_ms(const struct prometheus *prometheus)
{
	int64_t due_ms = http_due_ms(prometheus->http);
	int64_t notice_ms = worker_now_ms(prometheus->worker) + NOTICE_MS;
	int64_t look_ms =
		prometheus->look.ask ? INT64_MAX : schedule_next_ms(&prometheus->schedule);
	if (http_under_way(prometheus->http) && notice_ms < due_ms)
		due_ms = notice_ms;
	return look_ms < due_ms ? look_ms : due_ms;
}

static void run(struct worker *worker)
{
	struct prometheus *prometheus = worker->context;
	prometheus->worker = worker;
	rng_init(&prometheus->rng, (uint64_t)clock_cost_us());
	schedule_init(&prometheus->schedule, PROMETHEUS_LOOK_MS, worker_now_ms(worker));
	while (worker_wait(worker, http_fd(prometheus->http), POLLIN, next_ms(prometheus)) !=
		WAIT_STOP) {
		take_orders(prometheus);
		drop_cancelled(prometheus);
		start_waiting(prometheus);
		look(prometheus);
		http_turn(prometheus->http);
	}
	for (size_t i = 0; i < PROMETHEUS_CALLS; i++)
		if (prometheus->calls[i].ask)
			end_call(&prometheus->calls[i]);
	if (prometheus->look.ask)
		end_call(&prometheus->look);
	while (prometheus->first)
		prometheus_drop(take_out(prometheus, &prometheus->first));
	http_free(prometheus->http);
	prometheus->http = NULL;
	password_release(&prometheus->password);
}

static bool prepare(void *context, struct err *err)
{
	struct prometheus *prometheus = context;
	return http_new(NULL, PROMETHEUS_CALLS + 1, &prometheus->http, err);
}

static void release(void *context)
{
	struct prometheus *prometheus = context;
	http_free(prometheus->http);
	free(prometheus);
}

static struct worker_spec make(const void *part)
{
	struct prometheus *prometheus = xcalloc(1, sizeof(*prometheus));
	prometheus->conf = part;
	prometheus->last = &prometheus->first;
	prometheus->look.prometheus = prometheus;
	for (size_t i = 0; i < PROMETHEUS_CALLS; i++)
		prometheus->calls[i].prometheus = prometheus;
	return (struct worker_spec){.name = "prometheus",
		.prepare = prepare,
		.run = run,
		.context = prometheus,
		.release = release};
}

static const void *part(const struct settings *settings, size_t index)
{
	(void)index;
	return *settings->prometheus.url ? &settings->prometheus : NULL;
}

static struct source_place place(const void *part_of_settings)
{
	(void)part_of_settings;
	return (struct source_place){.name = source_name, .interval_ms = PROMETHEUS_LOOK_MS};
}

static bool same(const void *one, const void *other)
{
	return same_prometheus(one, other);
}

const struct source_kind source_prometheus = {
	.name = "prometheus",
	.help = "a Prometheus server that answers PromQL",
	.listens = true,
	.count = source_one,
	.part = part,
	.place = place,
	.same = same,
	.make = make,
};
