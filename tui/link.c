/* SPDX-License-Identifier: MIT */
#include "tui/link.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/engine/client_last.h"

enum { RETRY_FIRST_MS = 500, RETRY_MOST_MS = 8000, SEARCH_LOOK_MS = 100 };

struct link {
	const struct settings *settings; /* NULL: never searched */
	const char *way;                 /* NULL: the engine of `settings` */
	const char *kind;
	enum link_state state;
	struct client_search *search;
	struct client *client;
	struct err why;
	int64_t retry_at_ms, pause_ms;
	int64_t turn_wall_ms, turn_mono_ms; /* of the last mark; mono 0: none yet */
	uint64_t request;                   /* while no client is there to count them */
	unsigned epoch;
	bool is_recalled;       /* no turn came yet: the marks are those of an engine before */
	bool started;           /* by us */
	bool past;              /* to a replay of its recording */
	const struct link *now; /* of that engine, to what it is now; NULL: not of the past */
	bool is_refused; /* it has no recording, and is not asked again over the attachment */
	unsigned refused_epoch; /* that `now` had then */
	bool is_served;         /* the last engine was run by a service: it comes back by itself */
};

static void begin_search(struct link *link)
{
	link->search = client_search_new(link->settings, link->way, link->kind, true);
	if (link->past)
		client_search_past(link->search);
}

struct link *link_new(const struct settings *settings, const char *way, const char *kind)
{
	struct link *link = xcalloc(1, sizeof(*link));
	*link = (struct link){
		.settings = settings, .way = way, .kind = kind, .pause_ms = RETRY_FIRST_MS};
	begin_search(link);
	return link;
}

struct link *link_past(const struct link *link)
{
	if (!link->settings)
		return NULL;
	struct link *past = xcalloc(1, sizeof(*past));
	*past = (struct link){.settings = link->settings,
		.way = link->way,
		.kind = link->kind,
		.pause_ms = RETRY_FIRST_MS,
		.past = true,
		.now = link};
	begin_search(past);
	return past;
}

struct link *link_over(struct client *client)
{
	struct link *link = xcalloc(1, sizeof(*link));
	*link = (struct link){.client = client, .state = LINK_ATTACHED, .epoch = 1};
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	client_search_free(link->search);
	client_free(link->client);
	free(link);
}

const char *link_way(const struct link *link)
{
	return link->way ? link->way : "";
}

enum link_state link_state(const struct link *link)
{
	return link->state;
}

const char *link_why(const struct link *link)
{
	const char *now = link->search ? client_search_why(link->search) : "";
	return now[0] ? now : link->why.text;
}

bool link_recall(struct link *link, struct model *model, int64_t now_wall_ms, int64_t now_mono_ms)
{
	if (!link->settings || link->way ||
		!client_last_read(link->settings, model, now_wall_ms, &link->turn_wall_ms))
		return false;
	int64_t age_ms = now_wall_ms - link->turn_wall_ms;
	link->turn_mono_ms = now_mono_ms - (age_ms > LINK_SILENT_MS ? age_ms : LINK_SILENT_MS + 1);
	link->is_recalled = true;
	return true;
}

bool link_is_recalled(const struct link *link)
{
	return link->is_recalled;
}

unsigned link_epoch(const struct link *link)
{
	return link->epoch;
}

bool link_started(const struct link *link)
{
	return link->started;
}

const struct msg_welcome *link_welcome(const struct link *link)
{
	return link->client ? client_welcome(link->client) : NULL;
}

int64_t link_turn_wall_ms(const struct link *link)
{
	return link->turn_wall_ms;
}

int64_t link_turn_age_ms(const struct link *link, int64_t now_mono_ms)
{
	return link->turn_wall_ms ? now_mono_ms - link->turn_mono_ms : INT64_MAX;
}

struct pollfd link_poll(const struct link *link)
{
	struct pollfd slot = {.fd = -1, .events = POLLIN};
	if (link->client) {
		slot.fd = client_fd(link->client);
		if (client_wants_write(link->client))
			slot.events |= POLLOUT;
	} else if (link->search) {
		slot = client_search_poll(link->search);
	}
	return slot;
}

/* An engine that records nothing would have to start anew to do so; asking costs a process where the way is ssh. */
static bool is_refused(const struct link *link)
{
	return link->is_refused && link->now->epoch == link->refused_epoch;
}

int link_timeout_ms(const struct link *link, int64_t now_mono_ms)
{
	if (link->search)
		return SEARCH_LOOK_MS;
	if (link->state == LINK_ATTACHED || !link->settings || is_refused(link))
		return -1;
	return link->retry_at_ms > now_mono_ms ? (int)(link->retry_at_ms - now_mono_ms) : 0;
}

/* ---- finding ---- */

static void wait_before_retry(struct link *link, int64_t now_mono_ms)
{
	link->state = LINK_WAITING;
	link->retry_at_ms = now_mono_ms + link->pause_ms;
	link->pause_ms = link->pause_ms * 2 < RETRY_MOST_MS ? link->pause_ms * 2 : RETRY_MOST_MS;
}

static void stop_search(struct link *link)
{
	client_search_free(link->search);
	link->search = NULL;
}

/* The search goes on while it has something to say. */
static void show_search(struct link *link)
{
	if (client_search_why(link->search)[0])
		link->state = LINK_WAITING;
	else
		link->state = client_search_meets(link->search) ? LINK_MEETING : LINK_SEARCHING;
}

static void search(struct link *link, int64_t now_mono_ms)
{
	struct err err = {.code = ERR_NONE};
	enum client_search_state found =
		client_search_step(link->search, now_mono_ms, &link->client, &err);
	if (found == CLIENT_SEARCHING) {
		show_search(link);
		return;
	}
	link->started = client_search_started(link->search);
	stop_search(link);
	if (found == CLIENT_NOT_FOUND) {
		link->why = err;
		link->is_refused = link->past && err.code == ERR_NOT_FOUND;
		link->refused_epoch = link->past ? link->now->epoch : 0;
		wait_before_retry(link, now_mono_ms);
		return;
	}
	link->state = LINK_ATTACHED;
	link->is_served = !client_welcome(link->client)->own;
	link->epoch++;
}

/* ---- listening ---- */

static void lose(struct link *link, int64_t now_mono_ms)
{
	(void)err_set(&link->why, ERR_UNREACHABLE, "%s", client_why(link->client));
	client_free(link->client);
	link->client = NULL;
	wait_before_retry(link, now_mono_ms);
}

static unsigned listen_to(struct link *link, struct model *model, int64_t now_mono_ms,
	client_take *take, void *context)
{
	unsigned turns = client_pump(link->client, model, now_mono_ms, take, context);
	if (turns) {
		link->turn_wall_ms = client_turn_wall_ms(link->client);
		link->turn_mono_ms = now_mono_ms;
		link->pause_ms = RETRY_FIRST_MS;
		link->is_recalled = false;
	}
	if (client_state(link->client) == CLIENT_LOST)
		lose(link, now_mono_ms);
	return turns;
}

unsigned link_step(struct link *link, struct model *model, int64_t now_mono_ms, client_take *take,
	void *context)
{
	if (link->state == LINK_WAITING && !link->search && link->settings && !is_refused(link) &&
		now_mono_ms >= link->retry_at_ms) {
		begin_search(link);
		link->state = LINK_SEARCHING;
		if (link->is_served)
			client_search_only_look(link->search);
	}
	reap_left(); /* an engine that we started */
	if (link->search)
		search(link, now_mono_ms);
	return link->client ? listen_to(link, model, now_mono_ms, take, context) : 0;
}

/* ---- speaking ---- */

uint64_t link_next_request(struct link *link)
{
	return link->client ? client_next_request(link->client) : ++link->request;
}

bool link_send(struct link *link, enum msg_kind kind, const void *body)
{
	if (!link->client || client_state(link->client) != CLIENT_ATTACHED)
		return false;
	client_send(link->client, kind, body);
	return true;
}
