/* SPDX-License-Identifier: MIT */
/*
 * The command line: every view and action of the screen as a subcommand, for people and scripts. Data goes to
 * standard output, words to standard error; exit statuses as below. One file a subcommand, one line in clis.def.
 * A view attaches to the engine that runs, or has one started for itself alone that writes nothing; an action
 * attaches or starts the real one. One thread; ends cleanly when its reader goes away.
 */
#ifndef BOTSWAIN_TUI_CLI_H
#define BOTSWAIN_TUI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/engine/client.h"
#include "core/engine/client_tunnel.h"
#include "core/model/model.h"

struct settings;
struct str;

enum { CLI_FILES_MAX = 256 };

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILURE = 1,
	CLI_USAGE = 2,
	CLI_UNHEALTHY = 3,
	CLI_UNKNOWN = 4, /* unreachable, or not answered in time */
	CLI_REFUSED = 5,
};

/* One engine of a command line. */
struct cli_engine {
	char name[WAY_NAME_MAX + 16]; /* "" where it is the only one */
	struct client *client;        /* NULL: not reached */
	struct model *model;
	char why[256]; /* it was not reached, or left */
};

struct cli {
	const char *config;  /* -c FILE, or NULL */
	struct ways connect; /* --connect WAY */
	struct settings *settings;
	const char *files[CLI_FILES_MAX]; /* that it is about */
	size_t file_count;
	int input;        /* ... and this descriptor, or what comes out of it; 0: none */
	bool input_ends;  /* it is no file that grows: its source leaves at its end */
	const char *host; /* --host NAME: that of several alone; or NULL */
	struct cli_engine engines[WAYS_MAX];
	size_t engine_count;
	size_t current, speaker; /* the one that is spoken to; the one whose reply `take` hears */
	struct client *client;   /* of the current one */
	struct model *model;
	client_take *take; /* hears the replies, with the struct cli as its context; may be NULL */
	void *context;     /* the command's own */
	bool json, jsonl;
	bool yes;
	const char *reason;
	int64_t wait_ms;
	bool wants_checks; /* not only the sources are waited for, but the health checks, too */
};

struct cli_command {
	const char *name, *args, *help;
	bool checks; /* tells of health checks: waits for them, too */
	bool engine; /* needs the model: attached, and every source has answered or --wait has passed */
	/* Takes the files that its words name into cli->files and cli->input: they are asked for in place of an engine's. False:
	 * why not was said. NULL: it takes none. */
	bool (*files)(struct cli *cli, int argc, char **argv);
	bool acts; /* needs an engine that may act; its exit status is that of its outcome alone */
	/* argv[0] is the name; options common to all are already taken out. */
	int (*run)(struct cli *cli, int argc, char **argv);
};

/* True when `word` is a subcommand. */
bool cli_knows(const char *word);
/* Says that there is none of that name, and which there are; the exit status. */
int cli_no_such(const char *word);
/* The subcommand of that name; the one at a place, in the order of the help. NULL: there is none. */
const struct cli_command *cli_find(const char *word);
const struct cli_command *cli_at(size_t index);
/* Runs `argv[0]`, a subcommand; `config` is -c FILE, or NULL. Returns the exit status. */
int cli_main(const char *config, const struct ways *connect, int argc, char **argv);
/* The options common to all: whether one takes a value; those that a subcommand does not name itself, "WORD\tMEANING\n". */
bool cli_takes_value(const char *option);
void cli_words(const struct cli_command *command, struct str *to);
/* Adds a line a subcommand to a help text. */
void cli_help(struct str *to);

/* ---- for the subcommands ---- */

/* Reads the sockets until `done` says so or `limit_ms` has passed. False: the limit, or the current engine is lost. */
bool cli_until(struct cli *cli, bool (*done)(struct cli *cli), int64_t limit_ms);
/* The same for what several have to say. False: the limit, or none is left; one that is lost was named. */
bool cli_until_any(struct cli *cli, bool (*done)(struct cli *cli), int64_t limit_ms);
/* ---- several engines (engines.c); those of one --connect or of none are one ---- */

/* From now on `client` and `model` are those of that engine. */
void cli_use(struct cli *cli, size_t engine);
bool cli_is_many(const struct cli *cli);
/* It was reached, and --host does not shut it out. */
bool cli_takes(const struct cli *cli, size_t engine);
/* Reaches all that --connect names, at the same time; says why one was not. CLI_OK: at least one was. */
int cli_reach_all(struct cli *cli, int64_t limit_ms);
bool cli_all_reached(const struct cli *cli);
/* At least one was reached and is not lost. */
bool cli_any_left(const struct cli *cli);
void cli_leave_all(struct cli *cli);
/* It is about files, and no engine's. */
bool cli_has_files(const struct cli *cli);
/* One of them has a bot of that name; false: none, which was said. */
bool cli_has_bot(const struct cli *cli, const char *name);
/* Appends "host":"NAME", of an engine. */
void cli_add_host(const struct cli *cli, size_t engine, struct str *to);
/* The engine that has an entity of that name, NAME or HOST/NAME; *ret_name is NAME. engine_count: none has, or
 * several have, which was said. */
size_t cli_owner(
	const struct cli *cli, enum msg_kind kind, const char *name, const char **ret_name);

/* How long to watch an operation: what the engine says that it may take, and a margin. */
int64_t cli_patience_ms(const struct msg_operation *operation);
/* The clock of an engine: ages are measured against it. */
int64_t cli_now_ms(const struct cli *cli, size_t engine);
/* Says a sentence on standard error ("botswain: ...") and returns `status`. */
int cli_say(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Why there are no settings; CLI_USAGE. Where none were `given`: also what needs none. */
int cli_say_no_settings(const char *given, const struct err *err);
/* Says what is not known now, that the engine left when it did, and returns CLI_UNKNOWN. */
int cli_unknown(const struct cli *cli, const char *what);
/* Says that a word is no option of `command`, and returns CLI_USAGE. */
int cli_refuse(const char *command, const char *word);
/*
 * Finds and reads the configuration. `elsewhere`: the engines are others', ours is only about the screen: where there is
 * none, the defaults stand.
 */
MUST_CHECK bool cli_read_settings(const char *config, bool elsewhere, struct settings **ret,
	struct str *report, struct err *err);
/* Finds and reads the configuration (`config`: -c FILE, or NULL) into cli->settings. False: every error was said on
 * standard error, and what to do about it. `warnings`: a good one's warnings are said, too. */
bool cli_load(struct cli *cli, const char *config, bool warnings);
/* The same, of cli->config, without a word. */
bool cli_load_quietly(struct cli *cli);
/* Writes all of `text` to standard output, and waits for one that is full; false when it takes no more: cli_finish() says it. */
bool cli_put(const struct str *text);
/* The exit status of the program: `status`, but a success of which not everything could be printed is a failure, with the
 * reason. That nobody reads any more (`| head`) is none. At the end of main(). */
int cli_finish(int status);

#endif
