/* SPDX-License-Identifier: MIT */
/*
 * The status lines: where am I, may I change things, is it on fire, how fresh is what I see. The
 * second line is the sources, or a banner when the picture is not what it seems: paused, engine
 * silent or gone.
 */
#include "tui/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/conf/settings.h"
#include "tui/app.h"
#include "tui/banner.h"
#include "tui/past.h"
#include "tui/show.h"
#include "widgets/canvas.h"
#include "widgets/frame.h"

enum {
	SEGMENTS_MAX = 40,
	SEGMENT_BYTES = 160,
	SHORT_COLUMNS = 64,
	NAMED_MAX = 4,
	DAY_MS = 86400000
};

struct line {
	struct segment segments[SEGMENTS_MAX];
	char texts[SEGMENTS_MAX][SEGMENT_BYTES];
	size_t count;
	bool brief; /* few columns: letters instead of words */
};

static void add(struct line *line, enum role role, int priority, bool right, const char *format,
	...) PRINTF_LIKE(5, 6);
static void add(
	struct line *line, enum role role, int priority, bool right, const char *format, ...)
{
	if (line->count == SEGMENTS_MAX)
		return;
	va_list args;
	va_start(args, format);
	(void)vprint_text(line->texts[line->count], SEGMENT_BYTES, format, args);
	va_end(args);
	line->segments[line->count] = (struct segment){.text = line->texts[line->count],
		.role = role,
		.priority = priority,
		.right = right};
	line->count++;
}

static void draw_line(const struct canvas *canvas, int row, const struct line *line)
{
	segments_draw(canvas, row, line->segments, line->count, line->brief ? 1 : 2);
}

/* ---- first line ---- */

/* `name`: of one engine among several, whose word it is; "": of all. */
static void add_write_word(const struct app *app, struct line *line, size_t link, const char *name)
{
	int64_t until_ms = app_armed_until(app, link);
	const char *gap = name[0] ? " " : "";
	if (until_ms == INT64_MAX)
		add(line, ROLE_WARN, 0, false, "%s%s%s", name, gap,
			line->brief ? "RW" : "WRITE ALWAYS");
	else if (until_ms)
		add(line, ROLE_ARMED, 0, false, "%s%sARMED %s", name, gap,
			format_duration(until_ms - app->engines[link].now_ms).text);
	else
		add(line, ROLE_READ_ONLY, 0, false, "%s%s%s", name, gap,
			line->brief ? "RO" : "READ-ONLY");
}

/* 0 read-only, 1 armed, 2 always. */
static int write_mode_of(const struct app *app, size_t link)
{
	int64_t until_ms = app_armed_until(app, link);
	return until_ms == INT64_MAX ? 2 : until_ms ? 1 : 0;
}

static bool are_alike(const struct app *app)
{
	for (size_t i = 1; i < links_count(app->links); i++)
		if (write_mode_of(app, i) != write_mode_of(app, 0))
			return false;
	return true;
}

/* In one word where all are alike; of many engines those are named that can be changed. */
static void add_write_mode(const struct app *app, struct line *line)
{
	bool named = links_count(app->links) <= NAMED_MAX;
	if (are_alike(app))
		add_write_word(app, line, 0, "");
	for (size_t i = 0; !named && !are_alike(app) && i < links_count(app->links); i++)
		if (write_mode_of(app, i))
			add_write_word(app, line, i, links_name(app->links, i));
}

static void add_totals(const struct app *app, struct line *line)
{
	static const struct {
		enum severity severity;
		const char *word;
	} parts[] = {{SEVERITY_CRIT, "crit"}, {SEVERITY_WARN, "warn"},
		{SEVERITY_UNKNOWN, "unknown"}, {SEVERITY_STOPPED, "stopped"}, {SEVERITY_OK, "ok"}};
	unsigned by_severity[SEVERITY_CRIT + 1] = {0};
	size_t count;
	const struct msg_bot *const *bots = model_bots(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		by_severity[app_severity(app, bots[i])]++;
	if (line->brief)
		add(line, ROLE_STRONG, 1, false, "%zu:", count);
	else
		add(line, ROLE_STRONG, 1, false, "%s", format_many(count, "bot").text);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		unsigned here = by_severity[parts[i].severity];
		if (!here)
			continue;
		enum role role = app->silent ? ROLE_DIM : severity_role(parts[i].severity);
		if (line->brief)
			add(line, role, parts[i].severity == SEVERITY_OK ? 2 : 0, false, "%u%c",
				here, severity_letter(parts[i].severity));
		else
			add(line, role, parts[i].severity == SEVERITY_OK ? 2 : 0, false, "%u %s",
				here, parts[i].word);
	}
}

static void add_engine(const struct app *app, struct line *line)
{
	const struct msg_welcome *welcome = link_welcome(links_at(app->links, 0));
	if (!welcome)
		add(line, ROLE_BANNER_CRIT, 0, false, line->brief ? "no eng" : "no engine");
	else if (line->brief)
		return;
	else if (welcome->past)
		add(line, ROLE_DIM, 6, false, "recording");
	else if (welcome->own)
		add(line, ROLE_DIM, 6, false, "own engine");
	else if (app->anonymous)
		add(line, ROLE_DIM, 6, false, "attached");
	else
		add(line, ROLE_DIM, 6, false, "attached to pid %llu, up %s",
			(unsigned long long)welcome->pid,
			format_age(app->now_ms - welcome->started_ms).text);
}

/* What becomes of one engine among several: "" while it is there. */
static void say_gone(const struct app *app, size_t link, char *ret, size_t size)
{
	const struct app_engine *engine = &app->engines[link];
	const struct link *it = links_at(app->links, link);
	if (engine->silent)
		(void)print_text(ret, size, "%s %s ago",
			engine->link_state == LINK_ATTACHED ? "silent since" : "lost",
			format_age(engine->silent_s * 1000).text);
	else if (link_turn_wall_ms(it))
		ret[0] = '\0';
	else
		(void)print_text(ret, size, "%s",
			engine->link_state != LINK_WAITING ? "connecting"
			: past_is_shown(app)               ? "no recording"
							   : "not reached");
}

/* Its recording begins later than the time that is shown, say. */
static bool stands_elsewhere(const struct app *app, size_t link)
{
	const struct app_engine *engine = &app->engines[link];
	int64_t apart_ms = engine->now_ms - engine->skew_ms - app->now_ms;
	return past_is_shown(app) && !past_waits(app) && llabs(apart_ms) >= PAST_APART_MS;
}

/* Each by its name; one that is gone says since when, and where they differ what may be done there. */
static void add_engines(const struct app *app, struct line *line)
{
	size_t count = links_count(app->links), fine = 0;
	for (size_t i = 0; i < count; i++) {
		char gone[64];
		say_gone(app, i, gone, sizeof(gone));
		fine += !gone[0];
		if (gone[0])
			add(line, ROLE_BANNER_CRIT, 0, false, "%s %s", links_name(app->links, i),
				gone);
		else if (stands_elsewhere(app, i))
			add(line, ROLE_BANNER_CRIT, 0, false, "%s at %sZ",
				links_name(app->links, i),
				format_clock(
					app->engines[i].now_ms - app->engines[i].skew_ms, false)
					.text);
		else if (count <= NAMED_MAX && !are_alike(app) && !past_is_shown(app))
			add_write_word(app, line, i, links_name(app->links, i));
		else if (count <= NAMED_MAX)
			add(line, ROLE_ENV, 0, false, "%s", links_name(app->links, i));
	}
	if (count > NAMED_MAX)
		add(line, ROLE_ENV, 0, false, "%zu of %zu engines", fine, count);
}

static void add_cost(const struct app *app, struct line *line)
{
	const struct msg_engine *engine = app_engine(app, 0);
	if (app->anonymous)
		return;
	if (engine && engine->rss_bytes && !app_is_many(app))
		add(line, ROLE_DIM, 7, true, "engine %s %s",
			format_percent(engine->cpu_percent / 100).text,
			format_bytes((int64_t)engine->rss_bytes).text);
	if (app->own_rss)
		add(line, ROLE_DIM, 8, true, "screen %s %s",
			format_percent(app->own_cpu / 100).text,
			format_bytes((int64_t)app->own_rss).text);
}

/* Nothing is lost in silence. */
static void add_dropped(const struct app *app, struct line *line)
{
	uint64_t dropped = 0;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_engine *engine = app_engine(app, i);
		dropped += engine ? engine->dropped : 0;
	}
	if (dropped)
		add(line, ROLE_WARN, 2, false, line->brief ? "-%s" : "%s dropped",
			format_count((int64_t)dropped).text);
}

static bool knows_any(const struct app *app)
{
	for (size_t i = 0; i < links_count(app->links); i++)
		if (app_engine(app, i))
			return true;
	return false;
}

/* The whole line is of one colour that it never has now; only what is lost keeps its own. */
static void make_past(const struct canvas *canvas, struct line *line)
{
	canvas_fill(canvas, (struct rect){0, 0, 1, canvas->columns}, ROLE_PAST);
	for (size_t i = 0; i < line->count; i++)
		if (line->segments[i].role != ROLE_BANNER_CRIT)
			line->segments[i].role = ROLE_PAST;
}

static void add_now(const struct app *app, struct line *line)
{
	autostr struct str text = STR_INIT;
	bool is_lost = past_say_now(app, line->brief, &text);
	if (text.length)
		add(line, is_lost ? ROLE_BANNER_CRIT : ROLE_PAST, 0, false, "%s", text.text);
}

static void draw_first(const struct app *app, const struct canvas *canvas)
{
	const struct msg_engine *engine = app_engine(app, 0);
	struct line line = {.brief = canvas->columns < SHORT_COLUMNS};
	autostr struct str when = STR_INIT;
	const char *environment = engine ? engine->environment : app->settings->environment;
	bool is_now = !past_say(app, line.brief, &when);
	if (!is_now)
		add(&line, ROLE_PAST, 0, false, "%s", when.text);
	add_now(app, &line);
	if (app_is_many(app))
		add_engines(app, &line);
	else
		add(&line, ROLE_ENV, 0, false, "%s", environment);
	if (is_now)
		add_write_mode(app, &line);
	if (knows_any(app))
		add_totals(app, &line);
	add_dropped(app, &line);
	if (!app_is_many(app))
		add_engine(app, &line);
	add_cost(app, &line);
	add(&line, ROLE_DIM, 3, true, "%.*sZ", line.brief ? 5 : 8,
		format_clock(app->now_ms, false).text);
	if (past_is_shown(app))
		make_past(canvas, &line);
	draw_line(canvas, 0, &line);
}

/* ---- second line: how fresh is what I see ---- */

static bool is_fine(const struct msg_source *source)
{
	return source->severity == SEVERITY_OK && source->done >= source->total;
}

/* "0.4s": the age of the last good answer, or of the state that is not one. */
static struct shown age_of(const struct app *app, const struct msg_source *source)
{
	int64_t at_ms = is_fine(source) || !source->since_ms ? source->ok_ms : source->since_ms;
	return at_ms ? format_duration(app_now(app, source->id) - at_ms) : (struct shown){"--"};
}

static int64_t answer_age(const struct app *app, const struct msg_source *source)
{
	return app_now(app, source->id) - source->ok_ms;
}

/* A fine one of an engine that is there: what others last said is no news. */
static bool counts(const struct app *app, const struct msg_source *source)
{
	return is_fine(source) && !app_is_gone(app, source->id);
}

/* With its engine in front, where that is not the only one. */
static void name_source(
	const struct app *app, const struct msg_source *source, bool brief, char *ret, size_t size)
{
	const char *host = app_host(app, source->id);
	char name[64];
	source_name(source, brief, name, sizeof(name));
	(void)print_text(ret, size, "%s%s%s", host, host[0] ? " " : "", name);
}

/* Of some kinds there is one a bot: those that fail are counted, not named. */
static bool is_many(const char *kind)
{
	return strcmp(kind, "scrape") == 0;
}

/* Well, as far as it was asked: that it is down is more than how far it got. */
static bool is_checking(const struct msg_source *source)
{
	bool waits = source->severity == SEVERITY_OK || strcmp(source->state, "checking") == 0;
	return waits && source->total > source->done;
}

/* One that is not as it should be: name, state, since when, and why. */
static void add_trouble(const struct app *app, struct line *line, const struct msg_source *source)
{
	enum role role = severity_role(source->severity);
	char name[96];
	autostr struct str why = STR_INIT;
	name_source(app, source, line->brief, name, sizeof(name));
	if (is_checking(source)) {
		add(line, ROLE_STRONG, 1, false, "%s checking %llu/%llu", name,
			(unsigned long long)source->done, (unsigned long long)source->total);
		return;
	}
	if (source->error[0])
		shorten_error(&why, error_cause(source));
	add(line, role, 1, false, "%s %s %s%s%s", name, state_word(source->state),
		age_of(app, source).text, why.length && !line->brief ? ": " : "",
		line->brief ? "" : why.text);
}

/* The oldest of the fine ones stands for its kind. */
static void add_kind(const struct app *app, struct line *line, const char *kind)
{
	const struct msg_source *oldest = NULL;
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i]->kind, kind) == 0 && counts(app, sources[i]) &&
			(!oldest || answer_age(app, sources[i]) > answer_age(app, oldest)))
			oldest = sources[i];
	char name[64];
	if (!oldest)
		return;
	source_name(oldest, line->brief, name, sizeof(name));
	add(line, ROLE_DIM, 4, false, "%s%s%s", line->brief ? name : kind, line->brief ? "" : " ",
		age_of(app, oldest).text);
}

static void add_each(const struct app *app, struct line *line, const char *kind)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		char name[96];
		if (strcmp(sources[i]->kind, kind) != 0 || !counts(app, sources[i]))
			continue;
		name_source(app, sources[i], false, name, sizeof(name));
		add(line, ROLE_DIM, 4, false, "%s %s", name, age_of(app, sources[i]).text);
	}
}

/* Why one of several is not there. */
static void add_lost_engines(const struct app *app, struct line *line)
{
	for (size_t i = 0; app_is_many(app) && i < links_count(app->links); i++) {
		const struct app_engine *engine = &app->engines[i];
		const struct msg_engine *it = app_engine(app, i);
		const char *name = links_name(app->links, i);
		if (engine->link_state == LINK_WAITING)
			add(line, ROLE_CRIT, 0, false, "%s: %s", name,
				app->anonymous ? "not reached" : engine->link_why);
		else if (it && it->leaving[0])
			add(line, ROLE_WARN, 0, false, "%s is leaving: %s", name, it->leaving);
		else if (it && it->ledger_error[0])
			add(line, ROLE_WARN, 0, false, "%s refuses actions: %s", name,
				it->ledger_error);
		else if (it && it->config_error[0])
			add(line, ROLE_WARN, 0, false, "%s did not reload: %s", name,
				it->config_error);
		else if (it && it->tell_error[0])
			add(line, ROLE_WARN, 0, false, "%s does not tell alerts: %s", name,
				it->tell_error);
	}
}

static void add_unscraped(const struct app *app, struct line *line)
{
	size_t count, all = 0, fine = 0;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		if (!is_many(sources[i]->kind))
			continue;
		all++;
		fine += sources[i]->severity < SEVERITY_WARN;
	}
	if (fine < all)
		add(line, ROLE_WARN, 1, false, "%s %zu/%zu", line->brief ? "sc" : "scrape", fine,
			all);
}

/* What is shown is partly from before the engine's start, until each source has answered. */
static void add_recalled(const struct app *app, struct line *line, size_t link)
{
	const struct msg_engine *engine = model_find(app_model(app), MSG_engine, links_id(link, 1));
	size_t count, total = 0, done = 0;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	if (!engine || !engine->last_ms || app->engines[link].silent)
		return;
	for (size_t i = 0; i < count; i++) {
		bool is_its = links_of(sources[i]->id) == link;
		total += is_its;
		done += is_its && strcmp(sources[i]->state, "checking") != 0;
	}
	if (done == total)
		return; /* what no source tells stands grey where it belongs */
	bool is_old = app_now(app, engine->id) - engine->last_ms > DAY_MS;
	struct shown when = is_old ? format_day_clock(engine->last_ms, false)
				   : format_clock(engine->last_ms, false);
	add(line, ROLE_STRONG, 0, false,
		line->brief ? "last %sZ %zu/%zu" : "last known state of %sZ, checking %zu/%zu",
		when.text, done, total);
}

/* `postgres main` of its side connection `postgres main:listen`; NULL: it is none. */
static const struct msg_source *main_of(const struct app *app, const struct msg_source *side)
{
	const char *colon = strchr(side->name, ':');
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; colon && i < count; i++)
		if (strcmp(sources[i]->kind, side->kind) == 0 &&
			links_of(sources[i]->id) == links_of(side->id) &&
			strlen(sources[i]->name) == (size_t)(colon - side->name) &&
			starts_with(side->name, sources[i]->name))
			return sources[i];
	return NULL;
}

/* The trouble of the server itself comes first, and is not said again of its side connections. */
static void add_troubles(const struct app *app, struct line *line, bool sides)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_source *its_main = main_of(app, sources[i]);
		if (is_fine(sources[i]) || is_many(sources[i]->kind) ||
			sides != (its_main != NULL) || app_is_gone(app, sources[i]->id))
			continue;
		if (!its_main || is_fine(its_main) ||
			strcmp(its_main->state, sources[i]->state) != 0)
			add_trouble(app, line, sources[i]);
	}
}

/* Trouble first: it stays when the columns get few. */
static void fill_sources(const struct app *app, struct line *line, bool each)
{
	add_lost_engines(app, line);
	for (size_t i = 0; i < links_count(app->links); i++)
		add_recalled(app, line, i);
	add_troubles(app, line, false);
	add_troubles(app, line, true);
	add_unscraped(app, line);
	const char *kind;
	for (size_t i = 0; (kind = source_kind_at(i)); i++) {
		if (each && !is_many(kind))
			add_each(app, line, kind);
		else
			add_kind(app, line, kind);
	}
}

static bool is_wider(const struct line *line, int columns)
{
	int sum = 2;
	for (size_t i = 0; i < line->count; i++)
		sum += (int)text_width(line->texts[i], strlen(line->texts[i])) + (i ? 2 : 0);
	return sum > columns;
}

/* Every source by its name, or every kind when they are too many for the columns. */
static void draw_sources(const struct app *app, const struct canvas *canvas, int row)
{
	struct line line = {.brief = canvas->columns < SHORT_COLUMNS};
	fill_sources(app, &line, true);
	if (line.brief || is_wider(&line, canvas->columns)) {
		line.count = 0;
		fill_sources(app, &line, false);
	}
	draw_line(canvas, row, &line);
}

void status_draw(const struct app *app, const struct canvas *canvas)
{
	char text[320];
	enum role role;
	canvas_surface(canvas, canvas_rect(canvas), SURFACE_STATUS);
	if (canvas->rows == 0)
		return;
	draw_first(app, canvas);
	int row = canvas->rows - 1;
	if (banner_say(app, text, sizeof(text), &role)) {
		canvas_fill(canvas, (struct rect){row, 0, 1, canvas->columns}, role);
		canvas_field(canvas, row, 1, canvas->columns - 1, ALIGN_LEFT, role, text);
	} else if (row > 0) {
		draw_sources(app, canvas, row);
	}
}
