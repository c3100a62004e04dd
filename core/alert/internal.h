/* SPDX-License-Identifier: MIT */
/* What the files of this room share: rules with their conditions and sentences. */
#ifndef BOTSWAIN_ALERT_INTERNAL_H
#define BOTSWAIN_ALERT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "core/alert/alert.h"
#include "core/model/model.h"

struct str;

/* The last is when nobody can tell. */
enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNSURE };

/* One rule looked at for one target. */
struct scene {
	const struct model *model;
	const struct rule *rule;
	double limit, second;
	int64_t wall_ms;
	const struct msg_bot *bot; /* the one of the four that the rule is about */
	const struct msg_source *source;
	const struct msg_service *service;
	const struct msg_check *check;
	const struct msg_reason *reason; /* of a bot: the one that is the condition */
};

struct rule {
	struct alert_rule about;
	enum msg_kind target;
	enum severity severity;
	const char *holds, *unsure;                     /* words */
	enum truth (*judge)(const struct scene *scene); /* all but BOT */
	/* Gives the value that reached the limit; NaN: it is not by a limit that the alert fires. */
	double (*say)(const struct scene *scene, struct str *text);
};

/* "1 look", "3 looks". */
void say_count(struct str *text, uint64_t count, const char *noun);
/* "1 look (limit 1)", "3 looks in a row (limit 2)". */
void say_row(struct str *text, uint64_t count, const char *noun, double limit);

/* rules_check.c */
enum truth check_judge(const struct scene *scene);
enum truth scrape_judge(const struct scene *scene);
double scrape_say(const struct scene *scene, struct str *text);
double check_say(const struct scene *scene, struct str *text);

/* rule_at(0 .. until NULL) */
const struct rule *rule_at(size_t index);
/* Looks; fills scene->reason. */
enum truth rule_judge(struct scene *scene);
/* What the rule counts is shown beside the alert too, and is known not to be `told` any more: the sentence is due, also
 * where nobody can tell whether the condition still holds. */
bool rule_has_moved(const struct scene *scene, double told);

#endif
