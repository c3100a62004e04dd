/* SPDX-License-Identifier: MIT */
/*
 * Which bots there are to watch: those of the settings and those that the databases of the fleet
 * named, which are given the same form. Constant from roster_new() on, reference counted, any
 * thread: each worker keeps the one it works from and lets go when the next comes.
 */
#ifndef BOTSWAIN_COLLECT_ROSTER_H
#define BOTSWAIN_COLLECT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

struct conf_bot;
struct conf_bots_from;
struct msg_fleet_bot;
struct msg_obs_fleet;
struct settings;

/* A log file that nobody configured: its supervisor says that it is this bot's. */
struct bot_log {
	char *bot, *path;
};

struct roster {
	struct settings *settings;
	const struct conf_bot **bots; /* in the settings' order, then the fleets' */
	size_t count;
	struct bot_log *logs; /* sorted by bot */
	size_t log_count;
	/* private */
	struct conf_bot *made;
	size_t made_count;
	_Atomic unsigned references;
};

/* The rows of one bots_from entry: `from` is its index in settings->bots_from. */
struct fleet_rows {
	size_t from;
	const struct msg_obs_fleet *rows;
};

/* Takes a reference on the settings. A row whose name is no bot name, or that the settings or an
 * earlier row have, makes no bot. */
struct roster *roster_new(
	struct settings *settings, const struct fleet_rows *fleets, size_t fleet_count);
/* Copies them. Before anybody else has the roster. */
void roster_set_logs(struct roster *roster, const struct bot_log *logs, size_t count);
/* The first of a bot's, of `ret_count`. */
const struct bot_log *roster_logs(const struct roster *roster, const char *bot, size_t *ret_count);
struct roster *roster_ref(struct roster *roster);
void roster_unref(struct roster *roster); /* NULL is legal */
const struct conf_bot *roster_bot(const struct roster *roster, const char *name);
/* [a-z0-9][a-z0-9_-]{0,62}: safe as a part of paths and keys. */
bool is_bot_name(const char *name);

#endif
