/* SPDX-License-Identifier: MIT */
/* How updates reach the bot: long polls, a webhook, or another worker. */
#ifndef BOTSWAIN_FLEET_INTAKE_H
#define BOTSWAIN_FLEET_INTAKE_H

struct agent;
struct request;

/* Begins to take updates in the way of the bot's kind. */
void intake_start(struct agent *agent);
/* Once a second: takes what other workers handed over, keeps the webhook set. */
void intake_tick(struct agent *agent);
/* A delivery on the bot's own listener. */
void intake_webhook(struct agent *agent, struct request *request);
/* The path of the webhook on the bot's own listener; the caller frees it. */
char *intake_webhook_path(const struct agent *agent);

#endif
