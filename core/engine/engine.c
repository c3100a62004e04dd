/* SPDX-License-Identifier: MIT */
#include "core/engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/redact_memo.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/alert/alert.h"
#include "core/act/act.h"
#include "core/act/journal.h"
#include "core/store/ledger.h"
#include "core/collect/collect.h"
#include "core/engine/beat.h"
#include "core/engine/black_box.h"
#include "core/engine/digest.h"
#include "core/engine/event_history.h"
#include "core/engine/exporter.h"
#include "core/engine/folder.h"
#include "core/engine/halt.h"
#include "core/engine/internal.h"
#include "core/engine/indexer.h"
#include "core/engine/journal.h"
#include "core/engine/judge.h"
#include "core/engine/last_view.h"
#include "core/engine/leave.h"
#include "core/engine/lock.h"
#include "core/engine/memory.h"
#include "core/engine/metrics.h"
#include "core/engine/name_cache.h"
#include "core/engine/query_pool.h"
#include "core/engine/recall.h"
#include "core/engine/recorder.h"
#include "core/engine/reload.h"
#include "core/engine/requests.h"
#include "core/engine/roster.h"
#include "core/engine/rules.h"
#include "core/engine/server.h"
#include "core/engine/tell.h"
#include "core/engine/windows.h"

enum {
	RUN_WAIT_MS = 1000,
	SHORT_TURN_US = 1000,
	CPU_SLACK_US = 500,
};

bool engine_export(struct engine *engine, struct err *err)
{
	const struct settings *settings = engine->settings;
	int fd = -1;
	exporter_free(engine->exporter);
	engine->exporter = NULL;
	if (!engine->options.listen || !*settings->http_listen)
		return true;
	if (!exporter_start(
		    settings->http_listen, settings->state_dir, &fd, &engine->exporter, err))
		return false;
	exporter_judge_by(engine->exporter, &engine->limits);
	server_adopt_inner(engine->server, fd);
	return true;
}

static bool take_lock(struct engine *engine, struct err *err)
{
	const char *state_dir = engine->settings->state_dir;
	if (engine->lock)
		return true;
	if (engine->options.own)
		return lock_take_own(state_dir, engine->clock, &engine->lock, err);
	return lock_take(state_dir, engine->clock, &engine->lock, err);
}

static bool open_doors(struct engine *engine, struct err *err)
{
	if (!engine->options.listen)
		return true;
	return take_lock(engine, err) &&
	       server_listen(engine->server, engine->settings->socket_path,
		       engine->settings->socket_group, err) &&
	       engine_export(engine, err);
}

/* Without a ledger the engine watches, and says why it records nothing. */
static void open_ledger(struct engine *engine)
{
	struct err err = {.code = ERR_NONE};
	if (engine->lock && !ledger_open(engine->settings->state_dir, engine->clock,
				    engine->mailbox, &engine->ledger, &err))
		copy_text(engine->ledger_error, sizeof(engine->ledger_error), err.text);
	engine->memory = memory_new(engine->ledger, now_wall(engine));
}

static void begin_act(struct engine *engine)
{
	bool may_act = engine->ledger && !engine->options.read_only;
	if (may_act)
		engine->journal = ledger_journal(engine->ledger);
	engine->act = act_new(engine->settings, engine->clock, engine->model,
		may_act ? &engine->journal : NULL, engine->mailbox);
	if (may_act && !act_can_run(engine->act))
		copy_text(engine->ledger_error, sizeof(engine->ledger_error),
			"cannot start the thread that runs commands: let it have one, and restart "
			"the engine");
	act_on_accepted(engine->act, requests_accepted, engine);
	act_on_halt(engine->act, halt_take, engine);
	act_on_busy(engine->act, judge_busy, engine);
}

/* As with the recording: on the disk only that of a service, whose state directory is its own. */
static void begin_metrics(struct engine *engine)
{
	struct err err = {.code = ERR_NONE};
	bool is_kept = engine->lock && engine->options.listen && !engine->options.own;
	autofree char *path = xasprintf("%s/metrics", engine->settings->state_dir);
	const char *folder = is_kept && folder_make_private(path, &err) ? path : NULL;
	engine->metrics = metrics_new(engine->settings, engine->clock, folder, &err);
	if (err.code != ERR_NONE)
		journal_say(engine->book, LOG_LEVEL_WARN, "metrics are kept in memory alone: %s",
			err.text);
}

/* Without all of its threads it watches what it can, and says what it cannot. */
static void begin_collect(struct engine *engine)
{
	struct err err = {.code = ERR_NONE};
	engine->collect = collect_start(engine->settings, engine->clock, engine->mailbox,
		&(struct collect_with){.metrics = metrics_store(engine->metrics),
			.known = memory_knows_token,
			.context = engine->memory},
		&err);
	if (err.code != ERR_NONE)
		reload_incomplete(engine, &err);
}

/* Who looks for what happened at night is told that it was not all seen. */
static void say_crash(struct engine *engine)
{
	const char *before = engine->lock ? lock_left_by(engine->lock) : "";
	if (*before)
		journal_say(engine->book, LOG_LEVEL_WARN,
			"the engine before this one (%.90s) crashed or was killed: what happened "
			"until this one began was not seen",
			before);
}

static bool begin_live(struct engine *engine, struct err *err)
{
	judge_configure(engine);
	if (!open_doors(engine, err) || !black_box_begin(engine, err))
		return false;
	begin_metrics(engine);
	open_ledger(engine);
	recall_begin(engine);
	roster_apply(engine);
	engine->rules = rules_new(engine);
	recall_alerts(engine);
	rules_adopt(engine->rules, rules_read(engine->settings));
	engine->last_view = last_view_new(engine);
	beat_begin(engine);
	begin_act(engine);
	engine->tell = tell_new(engine);
	journal_begin(engine->book);
	say_crash(engine);
	event_history_begin(engine);
	if (engine->options.workers)
		begin_collect(engine);
	return true;
}

/* Nothing is polled, judged, written or done: the recording says what was. */
static bool begin_replay(struct engine *engine, struct err *err)
{
	engine->metrics = metrics_new_past(
		engine->options.small ? REPLAY_SMALL_SERIES_BYTES : REPLAY_SERIES_BYTES);
	const struct replay_stores stores = {.model = engine->model,
		.events = engine->events,
		.metrics = engine->metrics,
		.line_bytes = engine->options.small ? REPLAY_SMALL_LINE_BYTES : REPLAY_LINE_BYTES};
	engine->memory = memory_new(NULL, 0);
	engine->act =
		act_new(engine->settings, engine->clock, engine->model, NULL, engine->mailbox);
	return replay_open(engine->options.replay, engine->clock, &stores, &engine->replay, err);
}

bool engine_new(struct settings *settings, const struct clock *clock,
	const struct engine_options *options, struct engine **ret, struct err *err)
{
	struct mailbox *mailbox = mailbox_new(MAILBOX_LIMIT);
	if (!mailbox) {
		lock_free(options->lock);
		return err_errno(err, errno, "cannot make the engine's mailbox");
	}
	struct engine *engine = xcalloc(1, sizeof(*engine));
	*engine = (struct engine){.settings = settings_ref(settings),
		.clock = clock,
		.options = *options,
		.lock = options->lock,
		.mailbox = mailbox,
		.model = model_new(),
		.facts = facts_new(),
		.pool = query_pool_new(),
		.name_cache = name_cache_new(),
		.events = event_directory_new(options->replay ? SIZE_MAX : settings->event_bytes),
		.indexer = indexer_new()};
	engine->started_ms = clock_wall_ms(clock);
	engine->started_mono_ms = engine->beat_mono_ms = now_mono(engine);
	engine->redact_memo = redact_memo_new();
	engine->server = server_new(engine);
	if (!engine->pool) {
		engine_free(engine);
		return err_errno(err, EAGAIN, "cannot start a thread for queries");
	}
	engine->book = journal_new(clock, engine->model, engine->mailbox);
	engine->alerts = alerts_new(settings, clock, engine->model);
	if (options->replay ? !begin_replay(engine, err) : !begin_live(engine, err)) {
		engine_free(engine);
		return false;
	}
	*ret = engine;
	return true;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	server_leave(engine->server);
	exporter_free(engine->exporter);
	collect_stop(engine->collect);
	recall_keep(engine);
	last_view_keep(engine);
	recorder_close(engine->recorder);
	pasts_release(&engine->pasts);
	act_free(engine->act);
	tell_free(engine->tell);
	server_free(engine->server);
	query_pool_free(engine->pool);
	name_cache_free(engine->name_cache);
	rules_free(engine->rules);
	alerts_free(engine->alerts);
	journal_free(engine->book);
	replay_free(engine->replay);
	indexer_free(engine->indexer);
	event_history_end(engine);
	event_directory_free(engine->events);
	redactor_unref(engine->redactor);
	redact_memo_free(engine->redact_memo);
	ledger_close(engine->ledger);
	memory_free(engine->memory);
	recall_free(engine->recall);
	last_view_free(engine->last_view);
	drafts_release(&engine->drafts);
	free(engine->sources.list);
	facts_free(engine->facts);
	metrics_free(engine->metrics);
	model_free(engine->model);
	mailbox_free(engine->mailbox);
	settings_unref(engine->settings);
	lock_free(engine->lock);
	free(engine);
}

const char *engine_displaced(const struct engine *engine)
{
	return engine->displaced[0] ? engine->displaced : NULL;
}

void engine_abandon(struct engine *engine)
{
	server_leave(engine->server);
	act_free(engine->act);
	engine->act = NULL;
}

static void describe_recording(const struct engine *engine, struct str *to)
{
	if (engine->recorder)
		str_addf(to, ", records to '%s'", recorder_path(engine->recorder));
	else if (engine->record_error[0])
		str_addf(to, ", records nothing (%s)", engine->record_error);
	else
		str_adds(to, ", records nothing");
}

void engine_describe(const struct engine *engine, struct str *to)
{
	const struct settings *settings = engine->settings;
	size_t bots;
	(void)model_bots(engine->model, &bots);
	str_addf(to, "serves '%s'", settings->socket_path);
	if (*settings->socket_group)
		str_addf(to, " (group %s)", settings->socket_group);
	if (engine->exporter)
		str_addf(to, ", /metrics on '%s'", settings->http_listen);
	describe_recording(engine, to);
	str_addf(to, ", watches %s", format_many(bots, "bot").text);
}

void engine_stop(struct engine *engine)
{
	atomic_fetch_add(&engine->stop, 1);
	mailbox_ring(engine->mailbox);
}

void engine_reload_soon(struct engine *engine)
{
	atomic_store(&engine->reload, true);
	mailbox_ring(engine->mailbox);
}

void engine_feed(struct engine *engine, struct parcel parcel)
{
	mailbox_post_with(engine->mailbox, parcel);
}

void engine_adopt(struct engine *engine, int fd)
{
	server_adopt(engine->server, fd);
}

void engine_adopt_known(struct engine *engine, int fd)
{
	server_adopt_known(engine->server, fd);
}

const struct model *engine_model(const struct engine *engine)
{
	return engine->model;
}

struct mailbox *engine_mailbox(struct engine *engine)
{
	return engine->mailbox;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int replay_patience_ms(const struct engine *engine, int wait_ms)
{
	int64_t now = now_mono(engine);
	int64_t due = sooner(server_due_ms(engine->server), windows_due_ms(engine));
	due = sooner(due, replay_due_ms(engine->replay));
	return due <= now ? 0 : (int)sooner(due - now, wait_ms);
}

/* How long nothing is due, at most `wait_ms`. A virtual clock does not move while we wait. */
static int patience_ms(const struct engine *engine, int wait_ms)
{
	if (engine->replay)
		return replay_patience_ms(engine, wait_ms);
	int64_t now = now_mono(engine), news_ms = journal_due_ms(engine->book);
	int64_t due = sooner(server_due_ms(engine->server), windows_due_ms(engine));
	due = sooner(due, sooner(act_due_ms(engine->act), engine->beat_mono_ms));
	due = sooner(due, sooner(leave_due_ms(engine), rules_due_ms(engine->rules)));
	if (engine->recorder)
		due = sooner(due, recorder_wake_ms(engine->recorder, engine->model));
	if (engine->to_judge || engine->keeps || due <= now)
		return 0;
	if (news_ms >= 0)
		due = sooner(due, now + news_ms);
	return (int)sooner(due - now, wait_ms);
}

static void wait_for_input(
	struct engine *engine, int wait_ms, struct pollfd *fds, size_t *ret_count)
{
	*ret_count = server_polls(engine->server, fds);
	fds[*ret_count] = (struct pollfd){.fd = mailbox_fd(engine->mailbox), .events = POLLIN};
	if (poll(fds, *ret_count + 1, patience_ms(engine, wait_ms)) < 0)
		for (size_t i = 0; i <= *ret_count; i++)
			fds[i].revents = 0;
}

static size_t digest_slice(struct engine *engine)
{
	struct parcel parcels[SLICE_PARCELS];
	size_t count = mailbox_take(engine->mailbox, parcels, COUNT_OF(parcels));
	for (size_t i = 0; i < count; i++)
		digest_parcel(engine, &parcels[i]);
	drafts_commit(engine);
	return count;
}

/* Bounded by number and time: what is left goes on ringing. */
static void digest_some(struct engine *engine)
{
	int64_t begun_us = clock_cost_us();
	for (size_t taken = 0; taken < TURN_PARCELS; taken += SLICE_PARCELS)
		if (digest_slice(engine) < SLICE_PARCELS || clock_cost_us() - begun_us > SLICE_US)
			return;
}

static void reload_if_asked(struct engine *engine)
{
	if (atomic_exchange(&engine->reload, false))
		reload_begin(engine);
}

static void mark(struct engine *engine, enum turn_stage stage)
{
	cost_stage(&engine->cost, stage, clock_cost_us());
}

/* Of a replay: what the recording says, and answers of the query pool. */
static void take_recording(struct engine *engine)
{
	(void)digest_slice(engine);
	if (replay_turn(engine->replay))
		engine->event_changes++;
	requests_tell_notes(engine);
	mark(engine, STAGE_digest);
}

static void take_world(struct engine *engine)
{
	reload_if_asked(engine);
	digest_some(engine);
	rules_turn(engine->rules);
	mark(engine, STAGE_digest);
	beat(engine);
	mark(engine, STAGE_beat);
	judge_some(engine);
	mark(engine, STAGE_judge);
	engine->keeps = recall_turn(engine);
	engine->keeps |= last_view_turn(engine);
	mark(engine, STAGE_keep);
}

static void act_on_world(struct engine *engine)
{
	act_turn(engine->act);
	drafts_commit(engine); /* bots that it began or ceased to work on */
	tell_turn(engine);
	mark(engine, STAGE_act);
	journal_turn(engine->book);
	mark(engine, STAGE_journal);
	black_box_turn(engine);
	mark(engine, STAGE_record);
}

/*
 * The clock of a thread is a call of the system. What a short turn took of the processor is no more than what it took, and
 * some of those that were not looked at (CPU_SLACK_US together) may count with the long one that follows.
 */
static void begin_cost(struct engine *engine)
{
	if (engine->cpu_slack_us > CPU_SLACK_US) {
		engine->cpu_us = clock_thread_us();
		engine->cpu_slack_us = 0;
	}
	cost_begin(&engine->cost, clock_cost_us(), engine->cpu_us);
}

static void end_cost(struct engine *engine)
{
	int64_t watch_us = clock_cost_us(), took_us = watch_us - engine->cost.begun_us;
	int64_t spent_us = took_us;
	if (took_us > SHORT_TURN_US) {
		int64_t before_us = engine->cpu_us;
		engine->cpu_us = clock_thread_us();
		engine->cpu_slack_us = 0;
		spent_us = sooner(took_us, engine->cpu_us - before_us);
	} else {
		engine->cpu_slack_us += took_us;
	}
	cost_end(&engine->cost, watch_us, engine->cost.begun_cpu_us + spent_us);
}

bool engine_turn(struct engine *engine, int wait_ms)
{
	struct pollfd fds[SERVER_POLLS + 1];
	size_t count;
	wait_for_input(engine, wait_ms, fds, &count);
	begin_cost(engine);
	if (engine->replay)
		take_recording(engine);
	else
		take_world(engine);
	server_handle(engine->server, fds, count);
	mark(engine, STAGE_requests);
	if (!engine->replay)
		act_on_world(engine);
	windows_turn(engine);
	mark(engine, STAGE_windows);
	server_flush(engine->server);
	mark(engine, STAGE_send);
	end_cost(engine);
	return !leave_now(engine);
}

void engine_run(struct engine *engine)
{
	systemd_begin(engine);
	while (engine_turn(engine, RUN_WAIT_MS))
		;
	systemd_stopping(engine, "leaving");
}
