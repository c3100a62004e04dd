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
struct proxy;
struct sight;
struct vt;

enum {
	API_POLL_MS = 2000,    /* of a configuration towards loopback */
	API_TIMEOUT_MS = 5000, /* that api_begin() sets */
	API_BACK_MS = 15000,   /* all is well again */
	API_KEEP_MS = 6000,    /* for so long at most an alert waits whether it stays so */
	API_PATIENCE_MS = 30000,
};

struct api {
	struct faults *run;
	struct sight *sight;
	struct vt *screen;   /* 160 columns, 45 rows */
	struct proxy *proxy; /* before the fleet's server, of api_begin_proxied(); else NULL */
	char *config;        /* as it was */
	uint16_t port;       /* of the fleet's own server */
	int64_t begun_ms, begun_wall_ms; /* of the injection */
};

/* The configuration with a time-out of 5 s and `url` (NULL: the fleet's server) is taken, every bot is answered, the screen
 * is up. False: something of it is not so, which `sight` has. */
bool api_begin(
	struct faults *run, struct sight *sight, const char *url, struct api *ret) MUST_CHECK;
/* The same through a proxy. */
bool api_begin_proxied(struct faults *run, struct sight *sight, struct api *ret) MUST_CHECK;
/* The configuration with another URL is taken; nobody waits for what comes of it. */
void api_move(struct api *api, const char *url);
/* The configuration as it was; every bot is answered again. Also after an api_begin() that failed. */
void api_end(struct api *api);

/* The fault begins now. */
void api_mark(struct api *api);
/* Since api_mark(), less one poll interval. */
int64_t api_within_ms(const struct api *api);
/* Waits until the text stands on the screen; sees it, with its time when `counts`. */
void api_see_text(struct api *api, const char *text, bool counts);
/* An alert of this rule fires, with these words. */
void api_see_alert(struct api *api, const char *rule, const char *words);
/* One alert of this rule fires, with these words, and none that began since api_mark() beside it. */
void api_see_one_alert(struct api *api, const char *rule, const char *words);
/* No bot was answered since api_mark() and one poll interval. */
void api_see_nothing_believed(struct api *api);
/* Alerts of this rule that fire. */
size_t api_firing(const struct faults *run, const char *rule);
/* Redis, Postgres and the processes of the bots are known as ever. */
void api_see_the_others_live(struct api *api);
/* The fault is over: all bots are answered within API_BACK_MS, and the alert of `rule` (NULL: of none) ends. */
void api_see_recovery(struct api *api, const char *rule);

const struct msg_bot *api_bot(const struct faults *run, const char *name);
/* The server's process; 0: none. */
pid_t api_pid(const struct faults *run);
/* What the fleet's server wrote down of requests since api_mark(), by peer "console" or "bot": how many of a bot (NULL: all)
 * for a method (NULL: all), and when the last and the first came (wall ms, 0: none). */
struct api_asked {
	unsigned count;
	int64_t first_ms, last_ms;
};
struct api_asked api_asked(
	const struct api *api, const char *peer, const char *bot, const char *method);
/* Asks the control endpoint of the fleet's server; false: `sight` has why not. */
bool api_control(struct api *api, const char *route, const char *json);

#endif
