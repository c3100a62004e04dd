/* SPDX-License-Identifier: MIT */
/* Health checks of the model, and the service that is all of them together. Engine thread. */
#ifndef BOTSWAIN_ENGINE_CHECKS_H
#define BOTSWAIN_ENGINE_CHECKS_H

struct engine;
struct msg_check;
struct msg_service;

enum { CHECK_SLACK_MS = 5000 /* an answer may take as long as its timeout */ };

/* Drafts every check of the configuration that is not known yet: `checking`. */
void checks_begin(struct engine *engine);
/* Sets the verdict of a drafted check. */
void checks_judge(struct engine *engine, struct msg_check *check);
/* Drafts the service of all checks; there are none: it goes. */
void checks_sum(struct engine *engine);
/* Sets the verdict of that service. */
void checks_judge_sum(struct engine *engine, struct msg_service *sum);
/* Judges every check again, by time. */
void checks_look(struct engine *engine);

#endif
