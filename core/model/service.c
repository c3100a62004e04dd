/* SPDX-License-Identifier: MIT */
/* The verdict on a Redis or Postgres: what its source says first, then its own figures. */
#include <inttypes.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/model/internal.h"

static bool source_is(const struct service_view *view, const char *state)
{
	return is_word(view->source->state, state);
}

static bool says(const struct service_view *view, const char *const parts[])
{
	const char *error = view->source->error ? view->source->error : "";
	for (size_t i = 0; parts[i]; i++)
		if (strcasestr(error, parts[i]))
			return true;
	return false;
}

static void say_error(const struct service_view *view, struct str *text)
{
	shorten_error(text, error_cause(view->source));
}

static bool is_failing(const struct service_view *view)
{
	return view->source->fails > 0 || source_is(view, "error") ||
	       source_is(view, "unreachable") || source_is(view, "not_permitted");
}

/* ---- it was not asked ---- */

enum { SECRET_WORDS_MAX = 120 };

static bool when_no_secret(const struct service_view *view)
{
	return source_is(view, "no_secret");
}
/* The error says which file or command, and what to do. */
static void say_no_secret(const struct service_view *view, struct str *text)
{
	static const char words[] = "cannot be read: ";
	const char *error = view->source->error ? view->source->error : "";
	const char *why = strstr(error, words);
	why = why ? why + strlen(words) : error;
	str_adds(text, "no password: ");
	str_add(text, why, utf8_cut(why, strlen(why), SECRET_WORDS_MAX));
}

/* ---- it answered, and said why not ---- */

static bool when_loading(const struct service_view *view)
{
	static const char *const parts[] = {
		"LOADING", "starting up", "57P03", "recovery mode", NULL};
	return is_failing(view) && says(view, parts);
}
static void say_loading(const struct service_view *view, struct str *text)
{
	bool redis = is_word(view->service->kind, "redis");
	str_adds(text, redis ? "reading its data" : "starting up");
}

static bool when_login_refused(const struct service_view *view)
{
	static const char *const parts[] = {"NOAUTH", "WRONGPASS", "invalid password",
		"authentication failed", "no password supplied", "28P01", "28000", NULL};
	return is_failing(view) && says(view, parts);
}
static void say_login_refused(const struct service_view *view, struct str *text)
{
	(void)view;
	str_adds(text, "user or password refused");
}

static bool when_full(const struct service_view *view)
{
	static const char *const parts[] = {"max number of clients", "too many clients",
		"too many connections", "connection slots", "53300", NULL};
	return is_failing(view) && says(view, parts);
}
static void say_full(const struct service_view *view, struct str *text)
{
	(void)view;
	str_adds(text, "no connection left");
}

static bool when_read_only(const struct service_view *view)
{
	static const char *const parts[] = {"READONLY", "MISCONF", "read-only transaction", NULL};
	if (is_failing(view))
		return says(view, parts);
	return view->service->refuses && *view->service->refuses;
}
/* Its own error, or one that it gave to somebody else. */
static void say_read_only(const struct service_view *view, struct str *text)
{
	static const struct {
		const char *error, *why;
	} causes[] = {{"MISCONF", "it cannot save to disk"},
		{"READONLY", "it is a replica (READONLY)"}, {"OOM", "its memory is full (OOM)"},
		{"NOREPLICAS", "too few of its replicas answer (NOREPLICAS)"}};
	str_adds(text, "refuses writes");
	for (size_t i = 0; i < COUNT_OF(causes); i++) {
		const char *error[] = {causes[i].error, NULL};
		if (!says(view, error) && !is_word(view->service->refuses, causes[i].error))
			continue;
		str_addf(text, ": %s", causes[i].why);
		return;
	}
}

static bool when_not_permitted(const struct service_view *view)
{
	static const char *const parts[] = {"NOPERM", "permission denied", "42501", NULL};
	return source_is(view, "not_permitted") || (is_failing(view) && says(view, parts));
}
static void say_not_permitted(const struct service_view *view, struct str *text)
{
	str_adds(text, "not permitted: ");
	say_error(view, text);
}

/* ---- it did not answer ---- */

static uint64_t fails_limit(const struct service_view *view)
{
	bool redis = is_word(view->service->kind, "redis");
	return redis ? view->limits->redis_fails : view->limits->postgres_fails;
}

static bool when_unreachable(const struct service_view *view)
{
	return source_is(view, "unreachable") && view->source->fails >= fails_limit(view);
}

static bool when_failing(const struct service_view *view)
{
	return source_is(view, "error") && view->source->fails >= fails_limit(view);
}

static bool when_late(const struct service_view *view)
{
	return source_is(view, "late") ||
	       ((source_is(view, "unreachable") || source_is(view, "error")) &&
		       view->source->fails < fails_limit(view));
}
static void say_late(const struct service_view *view, struct str *text)
{
	if (view->source->error && *view->source->error)
		say_error(view, text);
	else
		str_adds(text, "no answer yet");
}

static bool when_checking(const struct service_view *view)
{
	return source_is(view, "checking") || !view->source->state || !*view->source->state;
}
static void say_checking(const struct service_view *view, struct str *text)
{
	(void)view;
	str_adds(text, "checking");
}

static bool when_stale(const struct service_view *view)
{
	int64_t at_ms = view->service->at_ms;
	return source_is(view, "stale") ||
	       (at_ms > 0 && view->now_ms - at_ms > view->limits->service_stale_ms);
}
static void say_stale(const struct service_view *view, struct str *text)
{
	(void)view;
	str_adds(text, "not looked at");
}

/* ---- it answers, and its figures tell ---- */

static bool is_near(double used, double limit)
{
	return limit > 0 && used >= 0.95 * limit;
}

static bool when_nearly_full(const struct service_view *view)
{
	return is_near((double)view->service->clients, (double)view->service->max_clients);
}
static void say_nearly_full(const struct service_view *view, struct str *text)
{
	str_addf(text, "%" PRId64 " of %" PRId64 " connections", view->service->clients,
		view->service->max_clients);
}

static bool when_memory_high(const struct service_view *view)
{
	return is_near((double)view->service->used_bytes, (double)view->service->max_bytes);
}
static void say_memory_high(const struct service_view *view, struct str *text)
{
	double share = (double)view->service->used_bytes / (double)view->service->max_bytes;
	str_addf(text, "memory %s of its limit", format_percent(share).text);
}

static bool when_link_down(const struct service_view *view)
{
	return is_word(view->service->link, "down");
}
static void say_link_down(const struct service_view *view, struct str *text)
{
	(void)view;
	str_adds(text, "a replica without its master: what it holds grows old");
}

static bool when_slow(const struct service_view *view)
{
	return view->service->latency_ms > view->limits->slow_ms; /* false for NaN */
}
static void say_slow(const struct service_view *view, struct str *text)
{
	str_addf(text, "answers in %s", format_duration((int64_t)view->service->latency_ms).text);
}

/* clang-format off */
#define ROW(name, s, st, words, text) \
	{.id = #name, .severity = SEVERITY_##s, .state = STATE_##st, .holds = when_##name, .say = (words), .help = (text)}
static const struct service_row rows[] = {
	ROW(no_secret,     WARN,    no_secret,     say_no_secret,     "its password cannot be read where the configuration says it is: nobody asked it"),
	ROW(loading,       WARN,    loading,       say_loading,       "it says that it is loading or starting up"),
	ROW(login_refused, WARN,    login_refused, say_login_refused, "it refuses our user or password: it runs, we see nothing of it"),
	ROW(full,          CRIT,    full,          say_full,          "it has no connection left: bots are refused too"),
	ROW(read_only,     WARN,    read_only,     say_read_only,     "it refuses writes"),
	ROW(not_permitted, WARN,    not_permitted, say_not_permitted, "our user may not ask this"),
	ROW(unreachable,   CRIT,    unreachable,   say_error,         "it did not answer, as often in a row as its alert allows"),
	ROW(failing,       CRIT,    failing,       say_error,         "it answered with an error, as often in a row as its alert allows"),
	ROW(late,          WARN,    late,          say_late,          "it did not answer the last time"),
	ROW(checking,      UNKNOWN, checking,      say_checking,      "it was not answered for yet"),
	ROW(stale,         UNKNOWN, stale,         say_stale,         "it was not looked at for three intervals"),
	ROW(link_down,     WARN,    degraded,      say_link_down,     "a replica that does not reach its master"),
	ROW(nearly_full,   WARN,    degraded,      say_nearly_full,   "95% of its connections are in use"),
	ROW(memory_high,   WARN,    degraded,      say_memory_high,   "95% of the memory that it may use is in use"),
	ROW(slow,          WARN,    slow,          say_slow,          "PING or SELECT 1 takes longer than half a second"),
};
/* clang-format on */

const struct service_row *service_row_at(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

static const struct service_row *first_row(const struct service_view *view)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].holds(view))
			return &rows[i];
	return NULL;
}

void verdict_service(struct msg_service *service, const struct msg_source *source,
	const struct verdict_limits *limits, int64_t now_ms)
{
	static const struct msg_source never = {0};
	struct service_view view = {service, source ? source : &never, limits, now_ms};
	const struct service_row *row = first_row(&view);
	struct str why autostr = STR_INIT;
	if (row)
		row->say(&view, &why);
	service->severity = row ? row->severity : SEVERITY_OK;
	msg_set(&service->why, why.text);
	if (msg_set(&service->state, state_of(row ? row->state : STATE_ok)->word) ||
		!service->since_ms)
		service->since_ms = now_ms;
}
