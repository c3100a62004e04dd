/* SPDX-License-Identifier: MIT */
/*
 * What a screen can do, once: commands.def. Keys, key lines, help, the menu, the palette and the
 * printed key page all come from it. A key has one meaning in a scope, whatever the size of the
 * screen; scopes are the panes and what lies over them. Screen thread only; the table is constant.
 */
#ifndef BOTSWAIN_TUI_COMMAND_H
#define BOTSWAIN_TUI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "tui/layout.h"

struct app;
struct err;
struct str;

enum scope {
	/* first the panes, by enum pane_id */
	SCOPE_HELP = PANE_COUNT,
	SCOPE_MENU,
	SCOPE_DIALOG,
	SCOPE_PROMPT,
	SCOPE_LINE, /* the view of one line of a log */
	SCOPE_COUNT,
};

/* Sets of scopes. */
/* clang-format off */
enum {
#define PANE(id, ID, shape) IN_##ID = 1 << PANE_##id,
#include "tui/panes.def"
#undef PANE
	IN_HELP = 1 << SCOPE_HELP,
	IN_MENU = 1 << SCOPE_MENU,
	IN_DIALOG = 1 << SCOPE_DIALOG,
	IN_PROMPT = 1 << SCOPE_PROMPT,
	IN_LINE = 1 << SCOPE_LINE,
#define IF_TABLE(bit) bit
#define IF_LIST(bit)  0
#define IF_PLAIN(bit) 0
#define PANE(id, ID, shape) | IF_##shape(IN_##ID)
	IN_TABLES = 0
#include "tui/panes.def"
	,
#undef IF_LIST
#define IF_LIST(bit) bit
	IN_LISTS = 0
#include "tui/panes.def"
	,
	IN_PANES = (1 << PANE_COUNT) - 1,
#undef PANE
#undef IF_TABLE
#undef IF_LIST
#undef IF_PLAIN
};
/* clang-format on */

enum command_flags {
	CMD_ACTION = 1 << 0,  /* the menu lists it, also when it is locked */
	CMD_CHANGES = 1 << 1, /* locked while read-only */
	CMD_LIVE = 1 << 2,    /* locked without an engine */
	CMD_BOTS = 1 << 3,    /* acts on the marked bots, else on the one at hand; locked without */
	CMD_ROW = 1 << 4,     /* needs a row under the cursor */
	CMD_FOOT = 1 << 5,    /* first key line: what can be done here */
	CMD_BASE = 1 << 6,    /* second key line: works everywhere */
	CMD_HIDDEN = 1 << 7,  /* not offered by the palette: it makes sense as a key only */
	CMD_RUNS = 1 << 9,    /* needs an operation that can be cancelled: app_cancels() */
	CMD_ARMS = 1 << 10,   /* of no use unless the configuration says `write: armed` */
	CMD_OVER = 1 << 8,    /* key line while a prompt, menu or dialog is open */
	CMD_PAST = 1 << 11,   /* first on the second key line while what is shown is not now */
	CMD_OPENS = 1 << 12,  /* of no use in a pane without `open`, or without a row to open */
	CMD_AIMS = 1 << 13,   /* is about the row under the cursor, and does without one */
};

struct command {
	const char *name; /* for the palette and the configuration: "restart" */
	bool (*run)(
		struct app *app, const struct command *command, const char *args, struct err *err);
	int param;         /* for functions that serve several commands */
	unsigned scopes;   /* where its keys work: IN_* */
	const char *keys;  /* defaults, blank between; "" none */
	const char *args;  /* what may follow the name: "[BOT...]" */
	const char *label; /* word of the key lines */
	unsigned flags;
	const char *help; /* one line */
};

/* command_at(0 .. until NULL), in the order of help. */
const struct command *command_at(size_t index);
const struct command *command_find(const char *name);
/* The one of that name, else the only one offered whose name begins so; NULL: none, or several, whose names are added to
 * `ret_several`. */
const struct command *command_meant(const char *name, struct str *ret_several);

/* True when it would run now; otherwise `ret_why` says what to do, in a few words. */
bool command_ready(const struct app *app, const struct command *command, struct str *ret_why);
/* False, with the reason, for a verb on bots that no driver carries out on those at hand. */
bool command_driven(const struct app *app, const struct command *command, struct str *ret_why);
/* Runs it when it is ready; a failure or lock is shown as a toast. */
void command_run(struct app *app, const struct command *command, const char *args);
/* Runs a line of the palette: a name and its arguments. */
void command_line(struct app *app, const char *line);

/* Which word stands for a scope: "bots", "dialog". */
const char *scope_name(enum scope scope);

#define COMMAND(id, function, parameter, where, keys_, args_, label_, flags_, help_)               \
	bool command_##function(struct app *app, const struct command *command, const char *args,  \
		struct err *err);
#include "tui/commands.def"
#undef COMMAND

#endif
