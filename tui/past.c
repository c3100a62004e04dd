/* SPDX-License-Identifier: MIT */
#include "tui/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/show.h"
#include "tui/when.h"

enum { DAY_MS = 86400000, SECOND_MS = 1000 };

struct past {
	struct links *
		other; /* to now while the past is shown, else to the past on their way; NULL: a file, which has no now */
	struct app_engine engines[LINKS_MAX]; /* theirs */
	bool shown;
	int64_t wanted_ms; /* by the clock of the screen */
	uint64_t speed;
	struct {
		bool told, answered; /* where to stand */
		uint64_t req;        /* the one that told it */
		int64_t now_ms;      /* where it says that it stands, by its own clock */
		int64_t skew_ms;     /* so far that goes before the clock of the screen */
		unsigned epoch;      /* over which attachment */
	} at[LINKS_MAX];
	size_t lead;           /* the engine that stands nearest to what was wanted */
	int64_t first_mono_ms; /* when the first of several was there; 0: none yet */
	int direction;         /* of the last key, and how often in a row */
	unsigned run;
	int64_t key_mono_ms;
	uint32_t lost; /* engines whose now nobody knows: bit n of link n */
	char note[256];
};

struct links *past_present(const struct app *app)
{
	if (!past_is_shown(app))
		return app->links;
	return app->past ? app->past->other : NULL;
}

static struct links *links_of_past(const struct app *app)
{
	return app->past->shown ? app->links : app->past->other;
}

/* ---- opening ---- */

static void reset_engines(struct app_engine *engines, int64_t now_ms)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		engines[i] = (struct app_engine){.now_ms = now_ms, .link_mono_ms = INT64_MIN / 2};
}

/* False, with the reason: there is no way to a recording. */
static bool open_past(struct app *app)
{
	struct past *past = xcalloc(1, sizeof(*past));
	past->shown = app_is_past(app); /* of a file, which has no now */
	app->past = past;
	if (!past->shown)
		past->other = app->open_past ? app->open_past(app->links) : links_past(app->links);
	reset_engines(past->engines, app->now_ms);
	for (size_t i = 0; past->other && i < links_count(app->links); i++)
		past->at[i].skew_ms = past->engines[i].skew_ms = app->engines[i].skew_ms;
	if (past->shown || past->other)
		return true;
	past_free(app);
	app_toast(app, true, "cannot go back: there is no way to a recording of this engine");
	return false;
}

void past_go(struct app *app, int64_t time_ms, uint64_t speed)
{
	if (!app->past && !open_past(app))
		return;
	app->past->wanted_ms = time_ms;
	app->past->speed = speed;
	for (size_t i = 0; i < LINKS_MAX; i++)
		app->past->at[i].told = app->past->at[i].answered = false;
	app->dirty = true;
}

/* The wall clock of now: of the links to it. 0: there is no now. */
static int64_t present_ms(const struct app *app)
{
	const struct past *past = app->past;
	if (!past)
		return app_is_past(app) ? 0 : app->now_ms;
	if (!past->other)
		return 0;
	const struct links *links = past->shown ? past->other : app->links;
	const struct link *link = links_at(links, 0);
	int64_t age_ms = link_turn_age_ms(link, app_mono_ms(app));
	return link_turn_wall_ms(link) ? link_turn_wall_ms(link) + age_ms : app->now_ms;
}

/* Where it stands, or is about to. */
static int64_t place_ms(const struct app *app)
{
	const struct past *past = app->past;
	return past && (!past->speed || !past->shown) ? past->wanted_ms : app->now_ms;
}

static int64_t step_ms(struct past *past, int direction, int64_t mono_ms)
{
	static const int64_t factors[] = {1, 1, 1, 3, 3, 6, 6, 6, 18, 18, 30, 30, 90};
	bool again = past->direction == direction && mono_ms - past->key_mono_ms < PAST_AGAIN_MS;
	past->run = again ? past->run + 1 : 0;
	past->direction = direction;
	past->key_mono_ms = mono_ms;
	size_t at = past->run < COUNT_OF(factors) ? past->run : COUNT_OF(factors) - 1;
	return PAST_STEP_MS * factors[at];
}

void past_step(struct app *app, int direction)
{
	int64_t now_ms = present_ms(app), from_ms = place_ms(app);
	bool is_now = !app->past && !app_is_past(app);
	if (is_now && direction > 0) {
		app_toast(app, false, "this is now; < goes back");
		return;
	}
	if (!app->past && !open_past(app))
		return;
	int64_t to_ms = from_ms + direction * step_ms(app->past, direction, app_mono_ms(app));
	if (now_ms && to_ms >= now_ms - SECOND_MS)
		(void)past_leave(app);
	else
		past_go(app, to_ms, 0);
}

bool past_go_to(struct app *app, const char *text, struct err *err)
{
	int64_t now_ms = present_ms(app), time_ms;
	if (strcmp(text, "now") == 0)
		return past_leave(app) || err_set(err, ERR_INVALID, "a recording has no now");
	if (!when_read(text, now_ms ? now_ms : app->now_ms,
		    now_ms ? now_ms : app->now_ms + DAY_MS / 2, &time_ms, err))
		return false;
	past_go(app, time_ms, 0);
	return true;
}

bool past_set_speed(struct app *app, uint64_t speed, struct err *err)
{
	if (!app->past && !app_is_past(app))
		return err_set(err, ERR_INVALID, "now has no speed: < goes back first");
	past_go(app, place_ms(app), speed);
	return true;
}

/* ---- changing places ---- */

static void change_places(struct app *app)
{
	struct past *past = app->past;
	while (app->overlay)
		app_pop(app);
	model_free(app->frozen);
	app->frozen = NULL;
	app_fail_requests(app);
	struct links *links = app->links;
	app->links = past->other;
	past->other = links;
	for (size_t i = 0; i < LINKS_MAX; i++) {
		struct app_engine engine = app->engines[i];
		app->engines[i] = past->engines[i];
		past->engines[i] = engine;
	}
	past->shown = !past->shown;
	app->live = links_model_edit(app->links);
	parts_forget(app);
	app_read_clocks(app);
	app->dirty = true;
}

bool past_leave(struct app *app)
{
	struct past *past = app->past;
	if (!past || !past->other)
		return false;
	if (past->shown)
		change_places(app);
	past_free(app);
	app->dirty = true;
	return true;
}

void past_free(struct app *app)
{
	if (!app->past)
		return;
	links_free(app->past->other);
	free(app->past);
	app->past = NULL;
}

/* ---- the turn ---- */

/* Says where to stand, once over each attachment and for each move. */
static void tell(struct app *app)
{
	struct past *past = app->past;
	struct links *links = links_of_past(app);
	for (size_t i = 0; i < links_count(links); i++) {
		struct link *link = links_at(links, i);
		if (!link_welcome(link) ||
			(past->at[i].told && past->at[i].epoch == link_epoch(link)))
			continue;
		struct msg_past_req request = {.req = ++app->last_request,
			.time_ms = past->wanted_ms + past->at[i].skew_ms,
			.speed = past->speed};
		if (!link_send(link, MSG_past_req, &request))
			continue;
		past->at[i].req = request.req;
		past->at[i].told = true;
		past->at[i].answered = false;
		past->at[i].epoch = link_epoch(link);
	}
}

static void hear_on_the_way(void *context, size_t link, enum msg_kind kind, const void *body)
{
	if (kind == MSG_past)
		past_hear(context, link, body);
}

static void hear_nothing(void *context, size_t link, enum msg_kind kind, const void *body)
{
	(void)context, (void)link, (void)kind, (void)body;
}

/* It has sent the state of then. */
static bool stands(const struct past *past, size_t index)
{
	int64_t turn_ms = link_turn_wall_ms(links_at(past->other, index));
	int64_t at_ms = past->at[index].now_ms;
	return past->at[index].answered && (past->speed ? turn_ms >= at_ms : turn_ms == at_ms);
}

/* Its answer may still come. Of several nobody waits for the recording of an engine that is not there itself. */
static bool is_awaited(const struct app *app, size_t index)
{
	const struct link *link = links_at(app->past->other, index);
	bool is_gone = link_state(links_at(app->links, index)) != LINK_ATTACHED ||
		       app->engines[index].silent;
	bool said_no = link_state(link) == LINK_WAITING && link_why(link)[0];
	return !said_no && !(app_is_many(app) && is_gone);
}

/* The rest may come later, when somebody has waited long enough for it. */
static bool is_late(const struct app *app)
{
	int64_t first_ms = app->past->first_mono_ms;
	return first_ms && app_mono_ms(app) - first_ms >= PAST_PATIENCE_MS;
}

enum arrival { ARRIVAL_DUE, ARRIVAL_THERE, ARRIVAL_NEVER };

static enum arrival look_for_arrival(struct app *app)
{
	struct past *past = app->past;
	bool any = false, all = true;
	for (size_t i = 0; i < links_count(past->other); i++) {
		bool there = stands(past, i);
		any |= there;
		all &= there || !is_awaited(app, i);
	}
	if (any && !past->first_mono_ms)
		past->first_mono_ms = app_mono_ms(app);
	if (any && (all || is_late(app)))
		return ARRIVAL_THERE;
	return !any && all ? ARRIVAL_NEVER : ARRIVAL_DUE;
}

static void say_why_not(struct app *app)
{
	const struct links *links = app->past->other;
	const char *why = "no engine is there", *name = "";
	for (size_t i = links_count(links); i-- > 0;) {
		const char *here = link_why(links_at(links, i));
		why = here[0] ? here : why;
		name = here[0] ? links_name(app->links, i) : name;
	}
	app_toast(app, true, "cannot go back: %s%s%s", name, name[0] ? ": " : "", why);
}

static void come_nearer(struct app *app)
{
	struct past *past = app->past;
	(void)links_step(past->other, app_mono_ms(app), hear_on_the_way, app);
	tell(app);
	enum arrival arrival = look_for_arrival(app);
	if (arrival == ARRIVAL_THERE) {
		change_places(app);
	} else if (arrival == ARRIVAL_NEVER) {
		say_why_not(app);
		past_free(app);
	}
}

static bool is_lost(const struct app *app, const struct link *link)
{
	return link_state(link) != LINK_ATTACHED ||
	       (link_turn_wall_ms(link) &&
		       link_turn_age_ms(link, app_mono_ms(app)) > LINK_SILENT_MS);
}

static uint32_t lost_engines(const struct app *app)
{
	uint32_t lost = 0;
	for (size_t i = 0; i < links_count(app->past->other); i++)
		lost |= (uint32_t)is_lost(app, links_at(app->past->other, i)) << i;
	return lost;
}

/* Who is not read is dropped; and what is now is told of. */
static uint32_t follow_now(struct app *app)
{
	struct past *past = app->past;
	uint32_t turned = links_step(past->other, app_mono_ms(app), hear_nothing, app);
	uint32_t lost = lost_engines(app);
	app->dirty_data |= turned != 0;
	app->dirty |= lost != past->lost;
	past->lost = lost;
	return turned;
}

uint32_t past_turn(struct app *app)
{
	if (!app->past)
		return 0;
	if (!app->past->shown) {
		come_nearer(app);
		return 0;
	}
	tell(app);
	return app->past->other ? follow_now(app) : 0;
}

/* It was told where to stand, and can still say so. */
static bool owes(const struct app *app, size_t index)
{
	const struct past *past = app->past;
	const struct link *link = links_at(links_of_past(app), index);
	return past->at[index].told && !past->at[index].answered && link_welcome(link) &&
	       past->at[index].epoch == link_epoch(link);
}

static bool any_owes(const struct app *app)
{
	for (size_t i = 0; i < links_count(links_of_past(app)); i++)
		if (owes(app, i))
			return true;
	return false;
}

static int64_t off_ms(const struct past *past, size_t index)
{
	return llabs(past->at[index].now_ms - past->at[index].skew_ms - past->wanted_ms);
}

/* Once all have answered: a recording has an end and a beginning, and where none of them has what was wanted the nearest
 * that there is stands for it. */
static void settle(struct app *app)
{
	struct past *past = app->past;
	size_t count = links_count(links_of_past(app)), lead = count;
	for (size_t i = 0; i < count; i++)
		if (past->at[i].answered && (lead == count || off_ms(past, i) < off_ms(past, lead)))
			lead = i;
	if (any_owes(app) || lead == count)
		return;
	past->lead = lead;
	if (past->speed == 0)
		past->wanted_ms = past->at[lead].now_ms - past->at[lead].skew_ms;
}

static void say_note(struct app *app, size_t link, const char *note)
{
	struct past *past = app->past;
	const char *name = links_name(app->links, link);
	if (strcmp(past->note, note) == 0)
		return;
	(void)copy_text(past->note, sizeof(past->note), note);
	if (note[0])
		app_toast(app, true, "%s%s%s", name, name[0] ? ": " : "", note);
}

void past_hear(struct app *app, size_t link, const struct msg_past *told)
{
	struct past *past = app->past;
	if (!past || told->req != past->at[link].req)
		return; /* it was told to move on since */
	past->at[link].answered = past->at[link].told;
	past->at[link].now_ms = told->now_ms;
	settle(app);
	say_note(app, link, told->note);
	if (past->shown)
		parts_forget(app);
	app->dirty = true;
}

bool past_waits(const struct app *app)
{
	return app->past && (!app->past->shown || any_owes(app));
}

bool past_is_shown(const struct app *app)
{
	return app->past ? app->past->shown : app_is_past(app);
}

bool past_has_now(const struct app *app)
{
	return app->past && app->past->other;
}

size_t past_lead(const struct app *app)
{
	return app->past && app->past->shown ? app->past->lead : 0;
}

static void lower(int *timeout_ms, int to_ms)
{
	if (to_ms >= 0 && (*timeout_ms < 0 || to_ms < *timeout_ms))
		*timeout_ms = to_ms;
}

size_t past_poll(const struct app *app, struct pollfd *slots, int *timeout_ms)
{
	const struct past *past = app->past;
	if (!past || !past->other)
		return 0;
	if (past->shown) {
		lower(timeout_ms, PAST_READ_MS);
		return 0;
	}
	size_t count = links_count(past->other);
	if (past->first_mono_ms)
		lower(timeout_ms, PAST_LOOK_MS);
	for (size_t i = 0; i < count; i++) {
		slots[i] = link_poll(links_at(past->other, i));
		lower(timeout_ms, link_timeout_ms(links_at(past->other, i), app_mono_ms(app)));
	}
	return count;
}

/* ---- what is said ---- */

static void say_when(const struct app *app, int64_t time_ms, bool brief, struct str *text)
{
	int64_t now_ms = present_ms(app);
	bool is_old = !now_ms || now_ms - time_ms >= DAY_MS;
	if (is_old && !brief)
		str_addf(text, "%.10s ", format_rfc3339(time_ms).text);
	str_addf(text, "%s%s", format_clock(time_ms, false).text, brief ? "" : "Z");
	if (now_ms && !brief)
		str_addf(text, " (%s ago)", format_duration(now_ms - time_ms).text);
}

bool past_say(const struct app *app, bool brief, struct str *text)
{
	const struct past *past = app->past;
	bool is_file = past ? !past->other : app_is_past(app);
	if (!past && !is_file)
		return false;
	bool moves = past && past_waits(app);
	str_adds(text, is_file ? "REPLAY " : brief ? "REW " : "REWIND ");
	say_when(app, moves ? past->wanted_ms : app->now_ms, brief, text);
	if (past && past->speed > 0)
		str_addf(text, " x%llu", (unsigned long long)past->speed);
	if (moves && !past->shown)
		str_adds(text, " ...");
	return true;
}

static size_t count_critical(const struct model *model)
{
	size_t count, critical = 0;
	const struct msg_bot *const *bots = model_bots(model, &count);
	for (size_t i = 0; i < count; i++)
		critical += bots[i]->severity == SEVERITY_CRIT;
	return critical;
}

/* By name where there are several: the first, and that there are more. */
static void say_lost(const struct links *now, uint32_t lost, struct str *text)
{
	size_t first = 0;
	while (!(lost >> first & 1))
		first++;
	const char *name = links_name(now, first);
	str_addf(text, " %s%s lost", name[0] ? name : "engine", lost >> first > 1 ? ".." : "");
}

bool past_say_now(const struct app *app, bool brief, struct str *text)
{
	const struct links *now = past_is_shown(app) ? past_present(app) : NULL;
	uint32_t lost = now ? lost_engines(app) : 0;
	size_t critical = now ? count_critical(links_model(now)) : 0;
	if (now && (!brief || lost || critical))
		str_adds(text, brief ? "now" : "now:");
	if (lost)
		say_lost(now, lost, text);
	else if (text->length && brief)
		str_addf(text, " %zu%c", critical, severity_letter(SEVERITY_CRIT));
	else if (text->length)
		str_addf(text, " %zu crit", critical);
	return lost != 0;
}
