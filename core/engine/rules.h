/* SPDX-License-Identifier: MIT */
/*
 * Rule files of Prometheus in the engine: when each group is evaluated, and what comes of it. A group is evaluated on the query pool,
 * never in a turn, every interval of its own: just after a page arrived that most of its series are of, where it reads one, else at
 * a moment that its name gives. A group that still runs when its time comes again leaves that one out, and it is counted. What
 * changed comes back as observations (obs_rules) and becomes alerts of the model. Engine thread, but for rules_read().
 */
#ifndef BOTSWAIN_ENGINE_RULES_H
#define BOTSWAIN_ENGINE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/msg/mailbox.h"

struct engine;
struct msg_alert;
struct msg_engine;
struct msg_obs_samples;
struct msg_obs_scrape;
struct msg_sample;
struct rule_book;
struct rules;
struct settings;

/* Reads the files that the settings name; the caller releases the book and frees it. Any thread that may wait for a disk. */
struct rule_book *rules_read(const struct settings *settings) MUST_CHECK;
void rules_book_free(struct rule_book *book); /* NULL is legal */

struct rules *rules_new(struct engine *engine) MUST_CHECK;
/* The query pool has ended before. NULL is legal. */
void rules_free(struct rules *rules);
/* From now on; takes ownership of the book. Alerts of rules that stay go on. */
void rules_adopt(struct rules *rules, struct rule_book *book);
/* An alert that fired before this start, of a rule file; takes ownership. False: it is of none, and still the caller's. */
bool rules_recall(struct rules *rules, struct msg_alert *alert) MUST_CHECK;

/* Begins what is due. */
void rules_turn(struct rules *rules);
/* When rules_turn() has something to do (mono ms); INT64_MAX: never. */
int64_t rules_due_ms(const struct rules *rules);
/* A page of this bot (or ""), or with these samples of its own, was looked at; so often it is. */
void rules_see_scrape(struct rules *rules, const struct msg_obs_scrape *seen);
/* What a source tells of itself, labels complete. */
void rules_see_figures(struct rules *rules, const struct msg_sample *figures, size_t count);
/* What came of an evaluation. */
void rules_deliver(struct engine *engine, struct parcel *parcel);
/* Fills what the engine's entity says of them. */
void rules_show(const struct rules *rules, struct msg_engine *entity);

#endif
