/* SPDX-License-Identifier: MIT */
#include "core/engine/windows.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/peer.h"
#include "core/engine/seek.h"
#include "core/engine/server.h"
#include "core/engine/window_job.h"

static const struct window_store *const stores[] = {&window_events, &window_output, &window_audit,
	&window_counts, &window_query, &window_metrics};

static const struct window_store *store_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(stores); i++)
		if (strcmp(stores[i]->name, name) == 0)
			return stores[i];
	return NULL;
}

/* ---- jobs ---- */

static void release_job(struct query *head)
{
	struct window_job *job = (struct window_job *)head;
	if (job->store->release)
		job->store->release(job);
	msg_free(MSG_win_open, job->request);
	free(job->position);
	free(job);
}

static void work_job(struct query *head)
{
	struct window_job *job = (struct window_job *)head;
	job->store->work(job);
}

static void drop_job(struct window *window)
{
	if (!window->job)
		return;
	query_cancel(&window->job->query);
	query_unref(&window->job->query);
	window->job = NULL;
}

static void drop_carried(struct window *window)
{
	if (window->carried)
		window->store->drop(window->carried);
	window->carried = NULL;
}

static void clear_window(struct window *window)
{
	drop_job(window);
	drop_carried(window);
	msg_free(MSG_win_open, window->request);
	free(window->position);
	*window = (struct window){0};
}

static void answer_error(struct peer *peer, const struct msg_win_open *request, const char *text)
{
	autofree char *error = xstrdup(text);
	struct msg_win_rows rows = {.window = request->window,
		.generation = request->generation,
		.replace = true,
		.done = true,
		.error = error};
	struct msg_win_points points = {.window = request->window,
		.generation = request->generation,
		.done = true,
		.error = error};
	const struct window_store *store = store_of(request->store);
	if (store && store->is_of_points)
		peer_send(peer, MSG_win_points, &points);
	else
		peer_send(peer, MSG_win_rows, &rows);
}

static struct window_job *new_job(
	struct engine *engine, const struct peer *peer, struct window *window)
{
	struct window_job *job = xcalloc(1, sizeof(*job));
	query_init(&job->query, work_job, release_job);
	job->store = window->store;
	job->query.owner = peer->who.client;
	job->to_engine = engine->mailbox;
	job->request = msg_copy(MSG_win_open, window->request);
	job->client = peer->who.client;
	job->opened_ms = window->opened_ms;
	job->now_ms = now_wall(engine);
	job->is_first = !window->has_answered;
	job->position = window->position ? xstrdup(window->position) : NULL;
	job->carried = window->carried;
	window->carried = NULL; /* the job's until it ends */
	return job;
}

/* The next slice: now, or later when the pool has no room or the end was found too soon after the
 * last part. */
static void go_on(struct engine *engine, const struct peer *peer, struct window *window,
	struct window_job *job)
{
	int64_t now = now_mono(engine), due = window->told_mono_ms + WINDOW_GAP_MS;
	job->end_due = now >= due;
	job->part_due = now >= due && now - window->asked_mono_ms >= WINDOW_GAP_MS &&
			peer_backlog(peer) == 0;
	job->is_pause = false;
	window->resume_mono_ms = 0;
	if (job->has_ended && !job->end_due)
		window->resume_mono_ms = due;
	else if (!query_pool_add(engine->pool, &job->query))
		window->resume_mono_ms = now + WINDOW_GAP_MS;
}

static void ask(struct engine *engine, struct peer *peer, struct window *window)
{
	const struct window_store *store = window->store;
	struct window_job *job = new_job(engine, peer, window);
	struct err err = {.code = ERR_NONE};
	window->asked_mono_ms = now_mono(engine);
	window->again_mono_ms = window->asked_mono_ms +
				(store->pace_ms > WINDOW_GAP_MS ? store->pace_ms : WINDOW_GAP_MS);
	window->seen = store->news(engine, window);
	window->turn = peer->turn;
	if (!store->begin(engine, window, job, &err)) {
		answer_error(peer, window->request, err.text);
		query_unref(&job->query);
		clear_window(window);
		return;
	}
	window->job = job;
	if (!job->is_waiting)
		go_on(engine, peer, window, job);
}

/* ---- requests ---- */

/* With times of there no sum of times overflows. */
static bool is_far(int64_t time_ms)
{
	return time_ms < -WINDOW_TIME_MS || time_ms > WINDOW_TIME_MS;
}

static bool is_refused(struct peer *peer, const struct msg_win_open *request)
{
	const char *why = NULL;
	if (request->window < 1 || request->window > WINDOWS_MAX)
		why = "a window's number is 1 to 32";
	else if (!store_of(request->store))
		why = "the stores are events, output, audit, counts, query and metrics";
	else if (request->columns > WINDOW_ROWS && store_of(request->store) != &window_query)
		why = "a window has at most 1000 columns";
	else if (is_far(request->from_ms) || is_far(request->to_ms))
		why = "a window's times lie within 30 000 years of 1970";
	if (why)
		answer_error(peer, request, why);
	return why != NULL;
}

/* Some pages either side, so that moving the cursor needs no round trip; WINDOW_ROWS in all. */
static void bound_rows(struct msg_win_open *request)
{
	uint64_t before = request->before, after = request->after;
	before = before > WINDOW_ROWS ? WINDOW_ROWS : before;
	after = after > WINDOW_ROWS - before ? WINDOW_ROWS - before : after;
	uint64_t pages = !request->whole && (before + after) * WINDOW_PAGES <= WINDOW_ROWS
				 ? WINDOW_PAGES
				 : 1;
	request->before = before * pages;
	request->after = after * pages;
}

/* A window that only moved shows rows of the same kind. */
static bool has_same_filter(const struct msg_win_open *a, const struct msg_win_open *b)
{
	if (strcmp(a->filter, b->filter) != 0 || a->bots_count != b->bots_count)
		return false;
	for (size_t i = 0; i < a->bots_count; i++)
		if (strcmp(a->bots[i].name, b->bots[i].name) != 0)
			return false;
	return true;
}

void windows_open(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_win_open *request = body;
	if (is_refused(peer, request))
		return;
	if (!peer->windows)
		peer->windows = xcalloc(1, sizeof(*peer->windows));
	struct window *window = &peer->windows->windows[request->window - 1];
	if (window->request && request->generation <= window->request->generation)
		return; /* a repeat, or overtaken */
	if (window->request && !has_same_filter(window->request, request))
		seek_window_changed(peer, request->window);
	clear_window(window);
	window->request = msg_copy(MSG_win_open, request);
	window->store = store_of(request->store);
	bound_rows(window->request);
	window->opened_ms = now_wall(engine);
	window->told_mono_ms = now_mono(engine) - WINDOW_GAP_MS;
	ask(engine, peer, window);
}

void windows_close(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_win_close *request = body;
	(void)engine;
	if (!peer->windows || request->window < 1 || request->window > WINDOWS_MAX)
		return;
	seek_window_changed(peer, request->window);
	clear_window(&peer->windows->windows[request->window - 1]);
}

const struct msg_win_open *windows_request(const struct peer *peer, uint64_t number)
{
	bool valid = peer->windows && number >= 1 && number <= WINDOWS_MAX;
	return valid ? peer->windows->windows[number - 1].request : NULL;
}

void windows_release(struct peer *peer)
{
	if (!peer->windows)
		return;
	for (size_t i = 0; i < WINDOWS_MAX; i++)
		clear_window(&peer->windows->windows[i]);
	free(peer->windows);
	peer->windows = NULL;
}

/* ---- answers ---- */

static void note_position(struct window *window, const struct msg_win_rows *rows)
{
	if (rows->rows_count)
		msg_set(&window->position, rows->rows[rows->rows_count - 1].key);
	else if (!window->position)
		window->position = xstrdup("");
}

/* The job's last parcel: the window is idle until there is news. */
static bool is_last(const struct parcel *parcel)
{
	return parcel->message.kind == MSG_win_rows
		       ? ((const struct msg_win_rows *)parcel->message.body)->done
		       : ((const struct msg_win_points *)parcel->message.body)->done;
}

static void send_part(struct engine *engine, struct peer *peer, struct window *window,
	const struct parcel *parcel)
{
	peer_send(peer, parcel->message.kind, parcel->message.body);
	window->told_mono_ms = now_mono(engine);
	window->has_answered |= is_last(parcel);
	if (parcel->message.kind == MSG_win_rows)
		note_position(window, parcel->message.body);
}

static void finish(const struct engine *engine, struct window *window)
{
	int64_t now = now_mono(engine), rest_ms = WINDOW_REST * (now - window->asked_mono_ms);
	if (now + rest_ms > window->again_mono_ms)
		window->again_mono_ms = now + rest_ms;
	window->carried = window->job->carried;
	window->job->carried = NULL;
	drop_job(window);
}

void windows_deliver(struct engine *engine, struct parcel *parcel)
{
	struct window_job *job = parcel->attachment;
	struct peer *peer = job ? server_peer(engine->server, job->client) : NULL;
	if (!peer || !peer->windows || query_cancelled(&job->query))
		return;
	struct window *window = &peer->windows->windows[job->request->window - 1];
	if (window->job != job)
		return;
	if (!job->is_pause)
		send_part(engine, peer, window, parcel);
	if (!job->is_pause && is_last(parcel))
		finish(engine, window);
	else
		go_on(engine, peer, window, job);
}

/* ---- following ---- */

/* Who still has to read what was sent gets one more answer a window and turn: neither does its
 * backlog grow, nor do windows and state keep each other from a slow line. */
static bool may_have_more(const struct peer *peer, const struct window *window)
{
	return peer_backlog(peer) == 0 ||
	       (window->turn != peer->turn && peer_backlog(peer) < PEER_OUT_BYTES);
}

/* It has no job, and its store has something for it. */
static bool is_waiting(
	const struct engine *engine, const struct peer *peer, const struct window *window)
{
	if (!window->request || window->job || !may_have_more(peer, window))
		return false;
	return window->store->news(engine, window) != window->seen;
}

static void turn_window(struct engine *engine, struct peer *peer, struct window *window)
{
	if (window->job && window->resume_mono_ms && now_mono(engine) >= window->resume_mono_ms)
		go_on(engine, peer, window, window->job);
	if (is_waiting(engine, peer, window) && now_mono(engine) >= window->again_mono_ms)
		ask(engine, peer, window);
}

void windows_turn(struct engine *engine)
{
	struct peer *peer;
	for (size_t i = 0; (peer = server_peer_at(engine->server, i)); i++)
		for (size_t w = 0; peer->windows && w < WINDOWS_MAX; w++)
			turn_window(engine, peer, &peer->windows->windows[w]);
}

int64_t windows_due_ms(const struct engine *engine)
{
	int64_t due = INT64_MAX;
	const struct peer *peer;
	for (size_t i = 0; (peer = server_peer_at(engine->server, i)); i++)
		for (size_t w = 0; peer->windows && w < WINDOWS_MAX; w++) {
			const struct window *window = &peer->windows->windows[w];
			if (window->job && window->resume_mono_ms && window->resume_mono_ms < due)
				due = window->resume_mono_ms;
			if (window->again_mono_ms < due && is_waiting(engine, peer, window))
				due = window->again_mono_ms;
		}
	return due;
}

void window_post_rows(struct window_job *job, struct msg_win_rows *rows)
{
	rows->window = job->request->window;
	rows->generation = job->request->generation;
	query_post(&job->query, job->to_engine, MSG_win_rows, rows);
}

/* Also when somebody else has what the job waited for. */
void window_post_pause(struct window_job *job)
{
	job->is_pause = true;
	query_post(&job->query, job->to_engine, MSG_win_rows, msg_new(MSG_win_rows));
}

void window_post_points(struct window_job *job, struct msg_win_points *points)
{
	points->window = job->request->window;
	points->generation = job->request->generation;
	query_post(&job->query, job->to_engine, MSG_win_points, points);
}
