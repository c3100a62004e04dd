/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_queries.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/metric.h"
#include "core/collect/pg_session.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/worker.h"
#include "core/series/label_pairs.h"

enum {
	ROWS_MAX = 1000,   /* of one query: series */
	FLEET_MAX = 20000, /* bots of one entry */
	LABEL_BYTES_MAX = 128,
	LABELS_MAX = 8,
};

struct pg_queries {
	const struct conf_postgres *conf;
	int64_t *due_ms; /* of conf->queries, as the following */
	struct metric_past *pasts;
	struct roster *roster;
	int64_t *fleet_due_ms; /* of the settings' bots_from */
};

struct pg_queries *pg_queries_new(const struct conf_postgres *conf)
{
	struct pg_queries *queries = xcalloc(1, sizeof(*queries));
	queries->conf = conf;
	queries->due_ms = xcalloc(conf->query_count + 1, sizeof(*queries->due_ms));
	queries->pasts = xcalloc(conf->query_count + 1, sizeof(*queries->pasts));
	return queries;
}

void pg_queries_free(struct pg_queries *queries)
{
	if (!queries)
		return;
	roster_unref(queries->roster);
	for (size_t i = 0; i < queries->conf->query_count; i++)
		metric_past_release(&queries->pasts[i]);
	free(queries->pasts);
	free(queries->fleet_due_ms);
	free(queries->due_ms);
	free(queries);
}

/* A fleet that changed makes a new roster and comes back here: what was due when stays, as long as
 * the settings do. */
void pg_queries_set_roster(struct pg_queries *queries, struct roster *roster)
{
	bool is_new = !queries->roster || queries->roster->settings != roster->settings;
	roster_unref(queries->roster);
	queries->roster = roster_ref(roster);
	if (!is_new)
		return;
	free(queries->fleet_due_ms);
	queries->fleet_due_ms =
		xcalloc(roster->settings->bots_from_count + 1, sizeof(*queries->fleet_due_ms));
}

void pg_queries_hurry_fleet(struct pg_queries *queries)
{
	for (size_t i = 0; queries->roster && i < queries->roster->settings->bots_from_count; i++)
		queries->fleet_due_ms[i] = 0;
}

/* ---- figures ---- */

void pg_series_name(const char *query, const char *own, struct str *ret)
{
	size_t from = ret->length;
	bool is_whole = own[0] && starts_with(own, query);
	str_adds(ret, is_whole ? own : query);
	if (own[0] && !is_whole)
		str_addf(ret, "_%s", own);
	for (size_t i = from; i < ret->length; i++)
		if (!isalnum((unsigned char)ret->text[i]) && ret->text[i] != ':')
			ret->text[i] = '_';
}

struct figures {
	struct hub *hub;
	const struct conf_query *query;
	struct msg_obs_samples *obs;
};

/* Which column is the name (-1: none) and which the value: by their names, else by place. */
static bool find_columns(const PGresult *result, int *ret_name, int *ret_value)
{
	int count = PQnfields(result);
	*ret_value = PQfnumber(result, "value");
	*ret_name = PQfnumber(result, "name");
	if (*ret_value >= 0)
		return true;
	*ret_name = count > 1 ? 0 : -1;
	*ret_value = count > 1 ? 1 : 0;
	return count > 0;
}

static int by_text(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static char *make_label(struct hub *hub, const char *name, const char *value, size_t length)
{
	autofree char *safe = NULL;
	set_text(hub, &safe, value, length < LABEL_BYTES_MAX ? length : LABEL_BYTES_MAX,
		LABEL_BYTES_MAX);
	struct str label = STR_INIT;
	label_pairs_add(&label, name, safe);
	return str_detach(&label);
}

static void set_labels(struct hub *hub, struct msg_sample *sample, const PGresult *result, int row,
	int name, int value)
{
	char *labels[LABELS_MAX];
	size_t count = 0;
	autostr struct str text = STR_INIT;
	for (int i = 0; i < PQnfields(result) && count < LABELS_MAX; i++)
		if (i != name && i != value && !PQgetisnull(result, row, i))
			labels[count++] = make_label(hub, PQfname(result, i),
				PQgetvalue(result, row, i), (size_t)PQgetlength(result, row, i));
	if (count)
		qsort(labels, count, sizeof(labels[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		str_addf(&text, "%s%s", i ? "," : "", labels[i]);
		free(labels[i]);
	}
	msg_set(&sample->labels, text.text);
}

static bool take_figure(void *context, const PGresult *result, int row, struct err *err)
{
	struct figures *figures = context;
	autostr struct str series = STR_INIT;
	int name, value;
	char *end;
	if (!find_columns(result, &name, &value))
		return err_set(err, ERR_INVALID, "it yields no column: select [name,] value");
	if (PQgetisnull(result, row, value))
		return true;
	const char *text = PQgetvalue(result, row, value);
	double number = strtod(text, &end);
	if (end == text)
		return err_set(
			err, ERR_INVALID, "its column '%s' is no number", PQfname(result, value));
	struct msg_sample *sample = msg_add(figures->obs->samples, &figures->obs->samples_count);
	pg_series_name(
		figures->query->name, name >= 0 ? PQgetvalue(result, row, name) : "", &series);
	msg_set(&sample->name, series.text);
	set_labels(figures->hub, sample, result, row, name, value);
	sample->value = number;
	return true;
}

/* A row that is gone, and all of a query that failed, end. */
static bool run_figures(struct pg_session *session, const struct conf_query *query,
	struct metric_past *past, struct err *err)
{
	struct figures figures = {
		.hub = session->worker->hub, .query = query, .obs = msg_new(MSG_obs_samples)};
	const struct pg_query statement = {
		.sql = query->sql, .rows_max = ROWS_MAX, .row = take_figure, .context = &figures};
	autofree char *source = xasprintf("postgres/%s", session->conf->name);
	msg_set(&figures.obs->source, source);
	bool is_well = pg_session_run(session, &statement, err);
	for (size_t i = 0; i < figures.obs->samples_count && !is_well; i++)
		msg_release(MSG_sample, &figures.obs->samples[i]);
	figures.obs->samples_count = is_well ? figures.obs->samples_count : 0;
	metric_past_take(past, figures.obs);
	mailbox_post(session->worker->hub->to_engine, MSG_obs_samples, figures.obs);
	return is_well;
}

/* ---- the fleet ---- */

bool pg_is_true(const char *text)
{
	static const char *const words[] = {"t", "true", "yes", "y", "on", "1"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return true;
	return false;
}

/* name, enabled[, transport[, token_file]] */
static bool take_bot(void *context, const PGresult *result, int row, struct err *err)
{
	struct msg_obs_fleet *fleet = context;
	int count = PQnfields(result);
	if (count < 2)
		return err_set(err, ERR_INVALID,
			"it yields %d column%s: select name, enabled[, transport[, token_file]]",
			count, count == 1 ? "" : "s");
	const char *name = PQgetvalue(result, row, 0);
	if (!is_bot_name(name))
		return true;
	struct msg_fleet_bot *bot = msg_add(fleet->bots, &fleet->bots_count);
	msg_set(&bot->name, name);
	bot->enabled = pg_is_true(PQgetvalue(result, row, 1));
	msg_set(&bot->transport, count > 2 ? PQgetvalue(result, row, 2) : "");
	msg_set(&bot->token_ref, count > 3 ? PQgetvalue(result, row, 3) : "");
	return true;
}

static bool run_fleet(
	struct pg_session *session, const struct conf_bots_from *from, struct err *err)
{
	struct hub *hub = session->worker->hub;
	struct msg_obs_fleet *fleet = msg_new(MSG_obs_fleet);
	const struct pg_query statement = {
		.sql = from->query, .rows_max = FLEET_MAX, .row = take_bot, .context = fleet};
	msg_set(&fleet->source, session->conf->name);
	if (!pg_session_run(session, &statement, err)) {
		msg_free(MSG_obs_fleet, fleet);
		return false;
	}
	hub_fleet(hub, from->postgres, from->query, fleet);
	mailbox_post(hub->to_engine, MSG_obs_fleet, fleet);
	return true;
}

/* ---- what is due ---- */

static bool survives(struct pg_session *session, const char *what, const char *name,
	struct err *ret_refused, const struct err *err)
{
	if (pg_session_is_broken(session))
		return false;
	if (ret_refused->code == ERR_NONE)
		err_set(ret_refused, err->code, "%s '%s': %s", what, name, err->text);
	return true;
}

static bool run_all_figures(struct pg_queries *queries, struct pg_session *session,
	struct err *ret_refused, struct err *err)
{
	for (size_t i = 0; i < queries->conf->query_count; i++) {
		const struct conf_query *query = &queries->conf->queries[i];
		int64_t now_ms = worker_now_ms(session->worker);
		if (queries->due_ms[i] > now_ms)
			continue;
		queries->due_ms[i] = now_ms + query->interval_ms;
		if (!run_figures(session, query, &queries->pasts[i], err) &&
			!survives(session, "query", query->name, ret_refused, err))
			return false;
	}
	return true;
}

static bool run_all_fleets(struct pg_queries *queries, struct pg_session *session,
	struct err *ret_refused, struct err *err)
{
	const struct settings *settings = queries->roster->settings;
	for (size_t i = 0; i < settings->bots_from_count; i++) {
		const struct conf_bots_from *from = &settings->bots_from[i];
		int64_t now_ms = worker_now_ms(session->worker);
		if (strcmp(from->postgres, queries->conf->name) != 0 ||
			queries->fleet_due_ms[i] > now_ms)
			continue;
		queries->fleet_due_ms[i] = now_ms + from->interval_ms;
		if (!run_fleet(session, from, err) &&
			!survives(session, "bots_from", from->postgres, ret_refused, err))
			return false;
	}
	return true;
}

bool pg_queries_run(struct pg_queries *queries, struct pg_session *session, struct err *ret_refused,
	struct err *err)
{
	return run_all_figures(queries, session, ret_refused, err) &&
	       (!queries->roster || run_all_fleets(queries, session, ret_refused, err));
}
