/* SPDX-License-Identifier: MIT */
#include "core/engine/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/engine/frames.h"
#include "core/engine/record.h"
#include "core/engine/replay_stores.h"
#include "core/engine/tape.h"
#include "core/model/model.h"

enum {
	JUMP_MS = 90000, /* further than that a keyframe is nearer */
	GAP_MS = RECORD_KEY_MS +
		 RECORD_KEY_MS / 2, /* nobody recorded: there is a keyframe every minute */
	RESTART_MS = 1000, /* between the last entry of an engine and the first one of the next */
};

struct replay {
	const struct clock *clock;
	struct replay_stores stores;
	struct tape *tape;
	struct tape_head *head;
	struct replay_reader *reader;
	struct frames *frames;         /* the state of state_ms */
	struct msg_rec_change *change; /* of the frame that comes next; NULL: that is whole */
	int64_t state_ms;              /* of the last entry that was applied */
	int64_t next_ms;               /* of the entry behind that; 0: none is known */
	int64_t started_ms;            /* of the engine that recorded the last entry */
	bool is_next_run;              /* the entry behind that is of another engine */
	int64_t now_ms;
	int64_t wanted_ms; /* by the last move; 0: where it stood */
	uint64_t speed;
	int64_t from_now_ms, from_mono_ms;  /* it goes on from here */
	int64_t step_mono_ms, look_mono_ms; /* next move, next look for more */
	bool moved;                         /* what is shown must be looked at */
	bool damaged, left_out;             /* as far as it was said */
	unsigned notes;
	char note[1024];
};

/* ---- state ---- */

static void drop_change(struct replay *replay)
{
	msg_free(MSG_rec_change, replay->change);
	replay->change = NULL;
}

/* `message`: the decoded frame, whole or only what changed. */
static void take_entity(
	struct replay *replay, const struct tape_frame *tape, const struct msg_any *message)
{
	static const size_t head = 6;
	uint64_t id = replay->change ? replay->change->id : *(const uint64_t *)message->body;
	const char *fields = tape->bytes + head;
	size_t length = tape->length - head;
	struct frame *frame = NULL;
	if (!replay->change) {
		frame = frames_add(replay->frames, message->kind, id);
		if (frame) {
			str_clear(&frame->fields);
			str_add(&frame->fields, fields, length);
		}
	} else if (replay->change->kind == message->kind) {
		frame = frames_find(replay->frames, message->kind, id);
		if (frame && !frame_apply(frame, replay->change, fields, length))
			frame = NULL;
	}
	if (frame)
		frame->mark = 1;
	drop_change(replay);
}

static void take_frame(struct replay *replay, const struct tape_frame *frame)
{
	struct msg_any message = {.kind = MSG_none};
	struct err ignored;
	size_t used;
	bool wanted =
		is_entity(frame->kind) || frame->kind == MSG_gone || frame->kind == MSG_rec_change;
	if (!wanted)
		return;
	if (!msg_decode(frame->bytes, frame->length, MSG_FRAME_MAX, &message, &used, &ignored)) {
		tape_refuse(replay->head);
		return;
	}
	if (message.kind == MSG_rec_change) {
		drop_change(replay);
		replay->change = message.body;
		return;
	}
	if (message.kind == MSG_gone) {
		const struct msg_gone *gone = message.body;
		frames_remove(replay->frames, (enum msg_kind)gone->kind, gone->id);
	} else if (message.kind != MSG_none) {
		take_entity(replay, frame, &message);
	}
	msg_any_release(&message);
}

/* False: what follows is later than `until_ms`, or the clock was set back before it, so that it has times of its own; it was
 * not taken. */
static bool take_time(struct replay *replay, const struct tape_frame *frame, int64_t until_ms)
{
	struct msg_any message;
	struct err ignored;
	size_t used;
	if (!msg_decode(frame->bytes, frame->length, MSG_FRAME_MAX, &message, &used, &ignored))
		return true;
	const struct msg_rec_time *time = message.body;
	bool is_due =
		time->wall_ms <= until_ms && replay->state_ms - time->wall_ms < RECORD_BACK_MS;
	int64_t started_ms = tape_started_ms(replay->head);
	replay->next_ms = is_due ? 0 : time->wall_ms;
	replay->is_next_run = !is_due && started_ms != replay->started_ms;
	if (is_due)
		replay->started_ms = started_ms;
	if (is_due && time->wall_ms > replay->state_ms)
		replay->state_ms = time->wall_ms;
	if (is_due && time->key)
		frames_clear(replay->frames);
	msg_any_release(&message);
	return is_due;
}

static void play_until(struct replay *replay, int64_t until_ms)
{
	struct tape_frame frame;
	while (tape_next(replay->head, &frame)) {
		if (frame.kind != MSG_rec_time) {
			take_frame(replay, &frame);
		} else if (!take_time(replay, &frame, until_ms)) {
			tape_back(replay->head);
			return;
		}
	}
}

/* ---- into the model ---- */

static void clean_text(void *context, char **text)
{
	autostr struct str clean = STR_INIT;
	(void)context;
	sanitize(&clean, *text, strlen(*text));
	(void)msg_set(text, clean.text);
}

/* Severities choose colours and letters. */
static void bound_severities(enum msg_kind kind, void *body)
{
	const struct msg_info *info = msg_info(kind);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct msg_field *field = &info->fields[i];
		char *at = (char *)body + field->offset;
		if (field->type == MSG_T_U64 && strcmp(field->name, "severity") == 0) {
			uint64_t *severity = (uint64_t *)(void *)at;
			if (*severity > SEVERITY_CRIT)
				*severity = SEVERITY_UNKNOWN;
		} else if (field->type == MSG_T_LIST) {
			size_t count = *(size_t *)(void *)((char *)body + field->count_offset);
			for (size_t j = 0; j < count; j++)
				bound_severities(field->kind,
					*(char **)(void *)at + j * msg_info(field->kind)->size);
		}
	}
}

static void put_entity(struct replay *replay, const struct frame *frame)
{
	autostr struct str bytes = STR_INIT;
	struct msg_any message;
	struct err ignored;
	size_t used;
	frame_write(frame->kind, frame->fields.text, frame->fields.length, &bytes);
	if (!msg_decode(bytes.text, bytes.length, MSG_FRAME_MAX, &message, &used, &ignored))
		return;
	if (message.kind == MSG_none)
		return;
	*(uint64_t *)message.body = frame->id;
	msg_each_text(frame->kind, message.body, clean_text, NULL);
	bound_severities(frame->kind, message.body);
	(void)model_put_if_changed(replay->stores.model, frame->kind, message.body);
}

static void remove_others(struct replay *replay, enum msg_kind kind)
{
	size_t count, gone = 0;
	const void *const *bodies = model_list(replay->stores.model, kind, &count);
	autofree uint64_t *ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		if (!frames_find(replay->frames, kind, *(const uint64_t *)bodies[i]))
			ids[gone++] = *(const uint64_t *)bodies[i];
	for (size_t i = 0; i < gone; i++)
		(void)model_remove(replay->stores.model, kind, ids[i]);
}

static void show_state(struct replay *replay)
{
	for (size_t i = 0; i < frames_count(replay->frames); i++) {
		struct frame *frame = frames_at(replay->frames, i);
		if (frame->mark)
			put_entity(replay, frame);
		frame->mark = 0;
	}
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++)
		if (msg_info(kind))
			remove_others(replay, (enum msg_kind)kind);
}

/* ---- moving ---- */

static void stand_at(struct replay *replay, int64_t time_ms)
{
	bool back = time_ms < replay->state_ms;
	if (back || time_ms - replay->state_ms > JUMP_MS) {
		drop_change(replay);
		replay->state_ms = 0;
		if (tape_seek(replay->head, time_ms))
			frames_clear(replay->frames);
	}
	replay->now_ms = time_ms;
	play_until(replay, time_ms);
	show_state(replay);
	replay_reader_show(replay->reader, tape_place(replay->head));
	replay->moved = true;
}

static int64_t bounded(const struct replay *replay, int64_t time_ms)
{
	int64_t from_ms = replay_from_ms(replay), to_ms = replay_to_ms(replay);
	time_ms = time_ms > to_ms ? to_ms : time_ms;
	return time_ms < from_ms ? from_ms : time_ms;
}

void replay_move(struct replay *replay, int64_t time_ms, uint64_t speed)
{
	tape_look(replay->tape);
	replay->wanted_ms = time_ms;
	replay->speed = speed > REPLAY_SPEED_MAX ? REPLAY_SPEED_MAX : speed;
	stand_at(replay, bounded(replay, time_ms ? time_ms : replay->now_ms));
	replay->from_now_ms = replay->now_ms;
	replay->from_mono_ms = clock_mono_ms(replay->clock);
	replay->step_mono_ms = replay->from_mono_ms + REPLAY_STEP_MS;
	model_touch(replay->stores.model, MSG_engine, 1); /* who waits for it is told so */
}

static void go_on(struct replay *replay, int64_t mono_ms)
{
	int64_t past_ms = (mono_ms - replay->from_mono_ms) * (int64_t)replay->speed;
	int64_t time_ms = bounded(replay, replay->from_now_ms + past_ms);
	replay->step_mono_ms = mono_ms + REPLAY_STEP_MS;
	if (time_ms > replay->now_ms)
		stand_at(replay, time_ms);
}

/* Numbers that grow are no news. */
static void look_for_notes(struct replay *replay)
{
	const struct replay_left_out out = replay_reader_left_out(replay->reader);
	bool damaged = tape_note(replay->tape)[0] != '\0', left_out = out.lines || out.values;
	if (!replay_reader_is_done(replay->reader) ||
		(damaged == replay->damaged && left_out == replay->left_out))
		return;
	replay->damaged = damaged;
	replay->left_out = left_out;
	replay->notes++;
}

bool replay_turn(struct replay *replay)
{
	int64_t mono_ms = clock_mono_ms(replay->clock);
	if (mono_ms >= replay->look_mono_ms) {
		tape_look(replay->tape);
		replay->look_mono_ms = mono_ms + REPLAY_LOOK_MS;
	}
	if (replay->speed && mono_ms >= replay->step_mono_ms)
		go_on(replay, mono_ms);
	bool news = replay_reader_step(replay->reader, REPLAY_SLICE_US) || replay->moved;
	replay->moved = false;
	look_for_notes(replay);
	return news;
}

int64_t replay_due_ms(const struct replay *replay)
{
	if (!replay_reader_is_done(replay->reader) || replay->moved)
		return 0;
	bool steps = replay->speed && replay->step_mono_ms < replay->look_mono_ms;
	return steps ? replay->step_mono_ms : replay->look_mono_ms;
}

/* ---- its life ---- */

bool replay_open(const char *path, const struct clock *clock, const struct replay_stores *stores,
	struct replay **ret, struct err *err)
{
	struct tape *tape;
	if (!tape_open(path, &tape, err))
		return false;
	struct replay *replay = xcalloc(1, sizeof(*replay));
	*replay = (struct replay){.clock = clock,
		.stores = *stores,
		.tape = tape,
		.head = tape_head_new(tape),
		.reader = replay_reader_new(
			tape, stores->events, stores->metrics, stores->line_bytes),
		.frames = frames_new()};
	stand_at(replay, tape_last_ms(tape));
	*ret = replay;
	return true;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	drop_change(replay);
	frames_free(replay->frames);
	replay_reader_free(replay->reader);
	tape_head_free(replay->head);
	tape_free(replay->tape);
	free(replay);
}

int64_t replay_now_ms(const struct replay *replay)
{
	return replay->now_ms;
}

int64_t replay_from_ms(const struct replay *replay)
{
	return tape_from_ms(replay->tape);
}

int64_t replay_to_ms(const struct replay *replay)
{
	return tape_to_ms(replay->tape);
}

uint64_t replay_speed(const struct replay *replay)
{
	return replay->speed;
}

bool replay_is_reading(const struct replay *replay)
{
	return !replay_reader_is_done(replay->reader);
}

static void say_time(struct str *to, int64_t time_ms, int64_t near_ms)
{
	static const int64_t day_ms = 86400000;
	if (time_ms / day_ms != near_ms / day_ms)
		str_addf(to, "%.10s ", format_rfc3339(time_ms).text);
	str_addf(to, "%sZ", format_clock(time_ms, false).text);
}

/* Within the life of an engine a quiet fleet looks like a gap until a keyframe is missing; between two engines nobody
 * recorded, however short that was. */
static bool is_in_gap(const struct replay *replay)
{
	int64_t least_ms = replay->is_next_run ? RESTART_MS : GAP_MS;
	return replay->state_ms && replay->now_ms > replay->state_ms &&
	       replay->next_ms - replay->state_ms > least_ms;
}

/* What stands on the screen is not of the time that was asked for. */
static void say_unrecorded(const struct replay *replay, struct str *to)
{
	int64_t from_ms = replay_from_ms(replay), state_ms = replay->state_ms;
	if (replay->wanted_ms && replay->wanted_ms < from_ms) {
		str_adds(to, "the recording begins at ");
		say_time(to, from_ms, replay->wanted_ms);
	} else if (is_in_gap(replay)) {
		str_adds(to, "nothing recorded from ");
		say_time(to, state_ms, replay->now_ms);
		str_adds(to, " to ");
		say_time(to, replay->next_ms, replay->now_ms);
		str_adds(to, "; showing ");
		say_time(to, state_ms, replay->now_ms);
	}
}

const char *replay_note(struct replay *replay)
{
	autostr struct str text = STR_INIT;
	say_unrecorded(replay, &text);
	str_adds(&text, text.length && tape_note(replay->tape)[0] ? "; " : "");
	const struct replay_left_out out = replay_reader_left_out(replay->reader);
	str_adds(&text, tape_note(replay->tape));
	if (out.lines || out.values)
		str_addf(&text,
			"%s%s and %s are left out: a replay holds %s of lines, %d logs and %d "
			"series",
			text.length ? "; " : "", format_many(out.lines, "line").text,
			format_many(out.values, "value").text,
			format_bytes((int64_t)replay->stores.line_bytes).text, REPLAY_LOGS_MAX,
			REPLAY_SERIES_MAX);
	(void)copy_text(replay->note, sizeof(replay->note), text.text);
	return replay->note;
}

unsigned replay_notes(const struct replay *replay)
{
	return replay->notes;
}
