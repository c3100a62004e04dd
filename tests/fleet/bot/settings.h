/* SPDX-License-Identifier: MIT */
/* What a bot is told: a JSON file named on its command line, and WORKER_ID and TOTAL_WORKERS of its
 * environment. */
#ifndef BOTSWAIN_FLEET_SETTINGS_H
#define BOTSWAIN_FLEET_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

enum bot_kind { BOT_POLLING, BOT_WEBHOOK, BOT_MTPROTO };

struct settings {
	char *name;
	char *instance; /* the name, or name:N of a further worker */
	enum bot_kind kind;
	char *api;         /* http://127.0.0.1:PORT */
	char *token;       /* read from the file that the settings name */
	char *redis;       /* path of the socket */
	char *postgres;    /* a conninfo string */
	char *run_dir;     /* pid and port files */
	bool python;       /* logs like python's logging, with tracebacks */
	bool logs_urls;    /* logs whole request URLs, token and all, as many libraries do */
	bool token_in_url; /* its webhook's path is its token, as many guides advise */
	int64_t id;
	int worker, workers;
};

MUST_CHECK bool settings_read(struct settings *settings, const char *path, struct err *err);
void settings_release(struct settings *settings);

#endif
