/* SPDX-License-Identifier: MIT */
#include "tui/parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "tui/app.h"
#include "tui/parts_counts.h"

/* ---- keys ---- */

/* The source of an event is an entity, too. The first and the last position are nobody's. */
static char *translate(const char *key, size_t link, int64_t shift_ms, bool tag)
{
	struct event_key read;
	struct err ignored;
	if (!key[0] || !event_key_read(key, &read, &ignored))
		return xstrdup(key);
	if (read.time_ms > 0 && read.time_ms < INT64_MAX)
		read.time_ms += shift_ms;
	read.source = tag ? links_id(link, read.source) : links_raw(read.source);
	return xstrdup(event_key_print(read).text);
}

/* Of lines of one time those of an engine stand before those of the next: where another's begin, or behind its own. */
static char *beside(struct event_key key, size_t of, size_t link, int64_t shift_ms)
{
	if (key.time_ms > 0 && key.time_ms < INT64_MAX)
		key.time_ms += shift_ms;
	key.source = key.seq = of < link ? 0 : UINT64_MAX;
	return xstrdup(event_key_print(key).text);
}

char *parts_key_to(const struct app *app, size_t link, const char *key)
{
	struct event_key read;
	struct err ignored;
	int64_t skew_ms = app->engines[link].skew_ms;
	bool is_key = key[0] && event_key_read(key, &read, &ignored);
	if (is_key && app_is_many(app) && links_of(read.source) != link)
		return beside(read, links_of(read.source), link, skew_ms);
	return translate(key, link, skew_ms, false);
}

char *parts_key_from(const struct app *app, size_t link, const char *key)
{
	return translate(key, link, -app->engines[link].skew_ms, true);
}

size_t parts_link_of(const char *key)
{
	struct event_key read;
	struct err ignored;
	return event_key_read(key, &read, &ignored) && read.source != UINT64_MAX
		       ? links_of(read.source)
		       : 0;
}

uint32_t parts_engines(const struct app *app, enum window_id id)
{
	return app_is_many(app) ? app->window_engines[id] : 1;
}

/* What holds points of series. */
static bool is_chart(enum window_id id)
{
	return id == WINDOW_CHART || (id >= WINDOW_PANEL && id <= WINDOW_PANEL_LAST);
}

/* ---- asking ---- */

/* The wish in the words of one engine. */
static struct msg_win_open *for_engine(
	const struct app *app, size_t link, enum window_id id, const struct msg_win_open *wish)
{
	struct msg_win_open *own = msg_copy(MSG_win_open, wish);
	size_t kept = 0;
	for (size_t i = 0; i < own->bots_count; i++) {
		if (links_of(own->bots[i].id) != link) {
			msg_release(MSG_target, &own->bots[i]);
			continue;
		}
		own->bots[kept] = own->bots[i];
		own->bots[kept].id = links_raw(own->bots[kept].id);
		kept++;
	}
	own->bots_count = kept;
	own->operation = links_raw(own->operation);
	/* A chart's is near enough. */
	if (own->from_ms > 0 && id != WINDOW_CHART)
		own->from_ms += app->engines[link].skew_ms;
	if (own->to_ms > 0 && id != WINDOW_CHART)
		own->to_ms += app->engines[link].skew_ms;
	if (own->anchor) {
		autofree char *anchor = parts_key_to(app, link, own->anchor);
		msg_set(&own->anchor, anchor);
	}
	return own;
}

static uint32_t owners(const struct msg_win_open *wish, uint32_t engines)
{
	uint32_t owning = 0;
	for (size_t i = 0; i < wish->bots_count; i++)
		owning |= UINT32_C(1) << links_of(wish->bots[i].id);
	return wish->bots_count ? owning : engines;
}

static void merge(struct app *app, enum window_id id);

/* True when the part is of this wish, asked now or before its engine went. */
static bool ask_part(struct app *app, size_t link, enum window_id id,
	const struct msg_win_open *wish, bool *again)
{
	struct window *part = &app->parts[link][id];
	uint64_t generation = part->wish.generation;
	struct msg_win_open *own = for_engine(app, link, id, wish);
	window_ask(part, links_at(app->links, link), own);
	*again |= generation != part->wish.generation;
	bool is_of = window_is_of(part, own);
	msg_free(MSG_win_open, own);
	return is_of;
}

void parts_ask(
	struct app *app, enum window_id id, uint32_t engines, const struct msg_win_open *wish)
{
	struct window *whole = &app->windows[id];
	uint32_t used = 0;
	bool again = false;
	if (!app_is_many(app)) {
		window_ask(whole, links_at(app->links, 0), wish);
		return;
	}
	engines = owners(wish, engines);
	for (size_t i = 0; i < links_count(app->links); i++) {
		if (!(engines >> i & 1)) {
			if (app->parts[i][id].asked)
				window_close(&app->parts[i][id], links_at(app->links, i));
		} else if (ask_part(app, i, id, wish, &again)) {
			used |= UINT32_C(1) << i;
		}
	}
	if (again || used != app->window_parts[id]) {
		whole->wish.generation++;
		whole->answered = whole->done = false;
	}
	app->window_engines[id] = engines;
	app->window_parts[id] = used;
	whole->asked = used != 0;
	if (whole->asked && !whole->answered)
		merge(app, id);
}

void parts_close(struct app *app, enum window_id id)
{
	window_close(&app->windows[id], links_at(app->links, 0));
	for (size_t i = 0; app_is_many(app) && i < links_count(app->links); i++)
		if (app->parts[i][id].asked)
			window_close(&app->parts[i][id], links_at(app->links, i));
	app->window_engines[id] = app->window_parts[id] = 0;
}

void parts_forget(struct app *app)
{
	for (int id = 1; id < WINDOW_COUNT; id++) {
		window_forget(&app->windows[id]);
		for (size_t i = 0; app_is_many(app) && i < links_count(app->links); i++)
			window_forget(&app->parts[i][id]);
	}
}

/* ---- merging ---- */

/* The parts that have something to say; 0 while one that will soon is missing. */
static uint32_t ready_parts(const struct app *app, enum window_id id)
{
	uint32_t ready = 0;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct window *part = &app->parts[i][id];
		bool comes = link_welcome(links_at(app->links, i)) && !app->engines[i].silent;
		if (!(app->window_parts[id] >> i & 1))
			continue;
		if (!part->answered && comes)
			return 0;
		ready |= (uint32_t)part->answered << i;
	}
	return ready;
}

/* Between these keys every part has all its rows. From its anchor on it has, when none before that were asked for; and the
 * other way round. */
struct reach {
	char *from, *to; /* NULL: to the end */
};

static void narrow(struct reach *reach, const struct window *part, char *first, char *last)
{
	bool later = !reach->from || event_key_compare_texts(first, reach->from) > 0;
	bool sooner = !reach->to || event_key_compare_texts(last, reach->to) < 0;
	if (part->more_before && part->wish.before && later) {
		free(reach->from);
		reach->from = xstrdup(first);
	}
	if (part->more_after && part->wish.after && sooner) {
		free(reach->to);
		reach->to = xstrdup(last);
	}
}

static struct reach find_reach(const struct app *app, enum window_id id, uint32_t ready)
{
	struct reach reach = {NULL, NULL};
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct window *part = &app->parts[i][id];
		if (!(ready >> i & 1) || !part->count)
			continue;
		autofree char *first = parts_key_from(app, i, part->rows[0].key);
		autofree char *last = parts_key_from(app, i, part->rows[part->count - 1].key);
		narrow(&reach, part, first, last);
	}
	return reach;
}

static void add_row(const struct app *app, size_t link, const struct msg_row *row,
	const struct reach *reach, struct msg_win_rows *to)
{
	char *key = parts_key_from(app, link, row->key);
	bool before = reach->from && event_key_compare_texts(key, reach->from) < 0;
	bool after = reach->to && event_key_compare_texts(key, reach->to) > 0;
	to->more_before += before;
	to->more_after += after;
	if (before || after) {
		free(key);
		return;
	}
	struct msg_row *copy = msg_copy(MSG_row, row);
	msg_set(&copy->key, key);
	free(key);
	copy->time_ms -= app->engines[link].skew_ms;
	*msg_add(to->rows, &to->rows_count) = *copy;
	free(copy);
}

static int compare_rows(const void *a, const void *b)
{
	const struct msg_row *left = a, *right = b;
	return event_key_compare_texts(left->key, right->key);
}

/* How far all are: the one that is least far. */
static void add_progress(const struct window *part, int64_t skew_ms, struct msg_win_rows *to)
{
	int64_t from_ms = part->scanned_from_ms - skew_ms, to_ms = part->scanned_to_ms - skew_ms;
	if (!part->done && from_ms > to->scanned_from_ms)
		to->scanned_from_ms = from_ms;
	if (!part->done && (!to->scanned_to_ms || to_ms < to->scanned_to_ms))
		to->scanned_to_ms = to_ms;
	to->hits += part->hits;
	to->hidden += part->hidden;
	to->costly += part->costly;
	to->dropped += part->dropped;
	to->more_before += part->more_before;
	to->more_after += part->more_after;
	to->done &= part->done;
	if (part->error[0] && !to->error)
		to->error = xstrdup(part->error);
}

static void merge_rows(struct app *app, enum window_id id, uint32_t ready)
{
	struct window *whole = &app->windows[id];
	struct reach reach = find_reach(app, id, ready);
	struct msg_win_rows all = {.window = (uint64_t)id,
		.generation = whole->wish.generation,
		.replace = true,
		.done = true};
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct window *part = &app->parts[i][id];
		if (!(ready >> i & 1))
			continue;
		add_progress(part, app->engines[i].skew_ms, &all);
		for (size_t row = 0; row < part->count; row++)
			add_row(app, i, &part->rows[row], &reach, &all);
	}
	if (all.rows_count)
		qsort(all.rows, all.rows_count, sizeof(*all.rows), compare_rows);
	(void)window_take(whole, MSG_win_rows, &all);
	msg_release(MSG_win_rows, &all);
	free(reach.from);
	free(reach.to);
}

/* The series of one engine are as they are; of several each carries its engine's name in front, and as its first label. */
static void add_series(struct msg_win_points *to, const struct msg_points *series, const char *host)
{
	struct msg_points *copy = msg_copy(MSG_points, series);
	if (host) {
		autofree char *name = xasprintf("%s %s", host, copy->name);
		msg_set(&copy->name, name);
		struct msg_label *label = msg_add(copy->labels, &copy->labels_count);
		struct msg_label last = *label;
		memmove(copy->labels + 1, copy->labels,
			(copy->labels_count - 1) * sizeof(*copy->labels));
		copy->labels[0] = last;
		msg_set(&copy->labels[0].name, PARTS_HOST_LABEL);
		msg_set(&copy->labels[0].value, host);
	}
	*msg_add(to->series, &to->series_count) = *copy;
	free(copy);
}

static bool has_note(const struct msg_win_points *points, const char *note)
{
	for (size_t i = 0; i < points->notes_count; i++)
		if (strcmp(points->notes[i], note) == 0)
			return true;
	return false;
}

/* What is said of the whole answer: of the first that says it. */
static void add_facts(struct msg_win_points *to, const struct window *part, int64_t skew_ms)
{
	const struct msg_win_points *points = &part->points;
	if (!to->to_ms) {
		to->from_ms = points->from_ms - skew_ms;
		to->to_ms = points->to_ms - skew_ms;
		to->step_ms = points->step_ms;
	}
	if (!to->type && points->type)
		to->type = xstrdup(points->type);
	if (!(to->source && to->source[0]) && points->source)
		msg_set(&to->source, points->source);
	to->left += points->left;
	if (points->oldest_ms && (!to->oldest_ms || points->oldest_ms - skew_ms < to->oldest_ms))
		to->oldest_ms = points->oldest_ms - skew_ms;
	for (size_t i = 0; i < points->notes_count; i++)
		if (!has_note(to, points->notes[i]))
			msg_add_str(&to->notes, &to->notes_count, points->notes[i]);
	if (part->error[0] && !to->error) {
		to->error = xstrdup(part->error);
		to->place_from = points->place_from;
		to->place_to = points->place_to;
		to->query = points->query;
	}
}

/* Names of several engines are one list, with the sums of their series. */
static void add_name(struct msg_win_points *to, const struct msg_points *name)
{
	for (size_t i = 0; i < to->series_count; i++) {
		if (strcmp(to->series[i].name, name->name) != 0)
			continue;
		to->series[i].last += name->last;
		return;
	}
	add_series(to, name, NULL);
}

static void merge_points(struct app *app, enum window_id id, uint32_t ready)
{
	struct window *whole = &app->windows[id];
	struct msg_win_points all = {
		.window = (uint64_t)id, .generation = whole->wish.generation, .done = true};
	bool single = (ready & (ready - 1)) == 0;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct window *part = &app->parts[i][id];
		if (!(ready >> i & 1))
			continue;
		add_facts(&all, part, app->engines[i].skew_ms);
		for (size_t s = 0; s < part->points.series_count; s++)
			if (id == WINDOW_NAMES && !single)
				add_name(&all, &part->points.series[s]);
			else
				add_series(&all, &part->points.series[s],
					single ? NULL : links_name(app->links, i));
	}
	(void)window_take(whole, MSG_win_points, &all);
	msg_release(MSG_win_points, &all);
}

static void merge(struct app *app, enum window_id id)
{
	uint32_t ready = ready_parts(app, id);
	if (!ready)
		return;
	if (is_chart(id) || id == WINDOW_NAMES)
		merge_points(app, id, ready);
	else if (id == WINDOW_BARS || id == WINDOW_NEWS)
		parts_merge_counts(app, id, ready);
	else
		merge_rows(app, id, ready);
	if (is_chart(id) || id == WINDOW_BARS || id == WINDOW_NAMES)
		app->dirty_data = true;
	else
		app->dirty_news = true;
}

/* ---- taking ---- */

bool parts_take(struct app *app, size_t link, enum msg_kind kind, const void *body)
{
	bool taken = false;
	for (int id = 1; id < WINDOW_COUNT; id++) {
		struct window *whole = &app->windows[id];
		if (app->frozen && whole->answered && whole->done)
			continue; /* asked for again when the pause ends */
		if (!app_is_many(app)) {
			taken |= window_take(whole, kind, body);
		} else if (window_take(&app->parts[link][id], kind, body)) {
			merge(app, (enum window_id)id);
			taken = true;
		}
	}
	return taken;
}
