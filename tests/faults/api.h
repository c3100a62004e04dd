/* SPDX-License-Identifier: MIT */
/*
 * The Bot API as the engine of the run sees it: where its configuration says it is, what is known of it, and a real screen
 * beside it. Times "within" count from one poll interval after the injection (API_POLL_MS), as the engine may just have
 * asked.
 */
#ifndef BOTSWAIN_TESTS_FAULTS_API_H
#define BOTSWAIN_TESTS_FAULTS_API_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct faults;
struct msg_bot;
struct sight;
struct vt;

enum {
	API_POLL_MS = 2000,    /* of a configuration towards loopback */
	API_TIMEOUT_MS = 5000, /* that api_begin() sets */
	API_BACK_MS = 15000,   /* all is well again */
	API_PATIENCE_MS = 30000,
};

struct api {
	struct faults *run;
	struct sight *sight;
	struct vt *screen;               /* 160 columns, 45 rows */
	char *config;                    /* as it was */
	uint16_t port;                   /* of the fleet's own server */
	int64_t begun_ms, begun_wall_ms; /* of the injection */
};

/* The configuration with a time-out of 5 s and `url` (NULL: the fleet's server) is taken, every bot is answered, the screen
 * is up. False: something of it is not so, which `sight` has. */
bool api_begin(
	struct faults *run, struct sight *sight, const char *url, struct api *ret) MUST_CHECK;
/* The configuration as it was; every bot is answered again. Also after an api_begin() that failed. */
void api_end(struct api *api);

/* The fault begins now. */
void api_mark(struct api *api);
/* Since api_mark(), less one poll interval. */
int64_t api_within_ms(const struct api *api);
/* Waits until the text stands on the screen; sees it, with its time when `counts`. */
void api_see_text(struct api *api, const char *text, bool counts);
/* One alert of this rule fires, with these words, and none that began since api_mark() beside it. */
void api_see_one_alert(struct api *api, const char *rule, const char *words);
/* Redis, Postgres and the processes of the bots are known as ever. */
void api_see_the_others_live(struct api *api);
/* The fault is over: all bots answered, no alert of `rule`, within API_BACK_MS. */
void api_see_recovery(struct api *api, const char *rule);

const struct msg_bot *api_bot(const struct faults *run, const char *name);
/* The server's process; 0: none. */
pid_t api_pid(const struct faults *run);
/* Asks the control endpoint of the fleet's server; its answer when `ret` is not NULL. */
bool api_control(struct api *api, const char *route, const char *json);

#endif
