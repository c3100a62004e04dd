/* SPDX-License-Identifier: MIT */
/* How panes say what is known: words, letters and roles, ages, and when a value is too old to be
 * shown. Pure. */
#ifndef BOTSWAIN_TUI_SHOW_H
#define BOTSWAIN_TUI_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/format.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "themes/theme.h"

struct str;

enum role severity_role(uint64_t severity);
/* The role of an operation's or step's state word. */
enum role outcome_role(const char *state);

/* The kinds of sources in the order they are shown: source_kind_at(0 .. until NULL). */
const char *source_kind_at(size_t index);
/* "redis main", or its first letters where columns are few. */
void source_name(const struct msg_source *source, bool brief, char *ret_text, size_t size);
/* "redis main"; `health 24/25` is one row for all checks, `recording` that of the engine. */
void service_name(const struct msg_service *service, char *ret_text, size_t size);
/* Whom an alert is about, with the kind where the name alone says too little. */
void alert_target(
	const struct model *model, const struct msg_alert *alert, char *ret_text, size_t size);
/* How far an alert has come: it fires, waits to fire, or is over. */
enum alert_stage { ALERT_FIRES, ALERT_WAITS, ALERT_OVER };
enum alert_stage alert_stage(const struct msg_alert *alert);
/* Since when it has been at that: wall ms of its engine. */
int64_t alert_since(const struct msg_alert *alert);
/* The order of every list of alerts, < 0: `one` stands first. What fires, then what waits, then what is over; worst first,
 * then causes before what follows from them, then the oldest; of what is over the newest. The times are those of the alerts'
 * engines. */
int alert_order(const struct msg_alert *one, int64_t one_now_ms, const struct msg_alert *other,
	int64_t other_now_ms);
/* A state word with blanks for its underscores; a constant for words that we know. */
const char *state_word(const char *state);

/* "webhook 502 x38": the reason; the state word when there is none and it is not ok. */
void bot_why(const struct msg_bot *bot, char *ret_text, size_t size);
/* "6m": its age; empty when nobody knows it. */
void bot_why_age(const struct msg_bot *bot, int64_t now_ms, char *ret_text, size_t size);

/* A figure from before the engine's start that was not observed since, by its field's name; NaN: none. */
double bot_last(const struct msg_bot *bot, const char *figure);
/* The service as it was before its engine's start, as long as it has not answered since; NULL: it has,
 * or nobody knows. */
const struct msg_service *service_last(
	const struct model *model, const struct msg_service *service);

/* Which part of what is known of a bot is too old to be shown: three intervals of its source. Its rate and p95 are not
 * of these: the engine takes them from whoever tells them, and takes them out when nobody does. */
struct bot_age {
	bool process, heartbeat, telegram;
};
struct bot_age bot_age(const struct model *model, const struct msg_bot *bot, int64_t now_ms);
/* How long it runs, the age of its last beat (ms), and its backlog, as every view says them; NaN: not known, or too
 * old to be shown. `now_ms`: the wall time of the engine that the bot is of. */
double bot_up_ms(const struct model *model, const struct msg_bot *bot, int64_t now_ms);
double bot_beat_ms(const struct model *model, const struct msg_bot *bot, int64_t now_ms);
double bot_pending(const struct model *model, const struct msg_bot *bot, int64_t now_ms);

/* What PromQL remarked on an answer, in a line: of several how many, and the first. Appends. */
void show_notes(const struct msg_win_points *points, struct str *to);
/* As format_number(), but a whole number from 10 on has no decimals, and nothing is 0. */
struct shown show_figure(double value);

/* Of a source kind, its longest poll interval at the engine that `id` came from; 0 when there is none. */
int64_t source_interval_ms(const struct model *model, const char *kind, uint64_t id);

#endif
