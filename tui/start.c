/* SPDX-License-Identifier: MIT */
/*
 * Starting a screen. The guard forks before anything else; the first frame is out before the engine
 * is looked for, and nothing here waits for it.
 */
#include "tui/start.h"

#include <locale.h>
#include <signal.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_lock.h"
#include "tui/app.h"
#include "tui/saved.h"
#include "tui/cli/cli.h"
#include "tui/guard.h"
#include "tui/loop.h"
#include "tui/options.h"
#include "tui/past.h"
#include "tui/script.h"
#include "tui/start_logs.h"

enum { INTERRUPTED = 130, REPLAY_WAIT_MS = 15000, REPLAY_LOOK_MS = 100 };

/* An engine that runs knows its bots, and has checked them. */
static struct settings *read_beside_engine(const char *config)
{
	autofree char *path = NULL;
	struct err err = {.code = ERR_NONE};
	struct settings *settings = NULL;
	char holder[128];
	if (!settings_find(config, &path, &err) ||
		!settings_load_without_bots(path, &settings, &err))
		return NULL;
	if (client_lock_holder(settings->state_dir, LOCK_FILE, holder, sizeof(holder)))
		return settings;
	settings_unref(settings);
	return NULL;
}

/* NULL after all errors were printed. `elsewhere`: ours is only about the screen, and need not be there. */
static struct settings *read_settings(const char *config, bool elsewhere, bool *ret_alone)
{
	struct settings *beside = read_beside_engine(config);
	*ret_alone = !beside;
	if (beside)
		return beside;
	autostr struct str report = STR_INIT;
	struct err err = {.code = ERR_NONE};
	struct settings *settings = NULL;
	if (cli_read_settings(config, elsewhere, &settings, &report, &err))
		return settings;
	if (report.length)
		fputs(report.text, stderr);
	else
		cli_say_no_settings(config, &err);
	return NULL;
}

static bool read_theme(const struct settings *settings, struct theme *ret, struct err *err)
{
	const char *name = settings->theme;
	if (strcmp(name, "default") == 0)
		name = theme_builtin_names()[0];
	return strchr(name, '/') ? theme_read(name, ret, err) : theme_builtin(name, ret, err);
}

bool start_check(const struct settings *settings, struct err *err)
{
	struct theme theme;
	struct keymap keymap;
	struct ways ways = {.count = 0};
	if (!read_theme(settings, &theme, err) ||
		!ways_add_all(&ways, settings->connect, settings->connect_count, err))
		return false;
	keymap_init(&keymap);
	bool good = keymap_configure(&keymap, settings, err);
	keymap_release(&keymap);
	return good;
}

static bool no_colour(const struct options *options)
{
	const char *wish = getenv("NO_COLOR");
	return options->no_colour || (wish && wish[0]);
}

/* What one of our screens is made of; released in order. */
struct stage {
	struct settings *settings;
	bool is_alone; /* no engine of theirs runs */
	struct theme theme;
	struct term_options term_options;
	struct term *term;
	struct links *links; /* the app's once it is there */
	struct saved *saved; /* likewise */
	struct app *app;
	int input; /* of log files: what standard input gives; 0: nothing */
	struct client *
		replay; /* of the recording or the log files that are to be shown; NULL: engines are; the app's once it is there */
};

/* It is about files, and no engine of a configuration. */
static bool is_of_files(const struct options *options)
{
	return options->replay || options->file_count;
}

/* Before anything is on the screen: a file that cannot be shown is worth a sentence, not a screen. */
static bool open_files(struct stage *stage, const struct options *options, struct err *err)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + REPLAY_WAIT_MS;
	if (!is_of_files(options))
		return true;
	if (options->replay ? !client_start_replay(options->replay, "screen", &stage->replay, err)
			    : !start_logs_open(options, stage->input, &stage->replay, err))
		return false;
	client_meet(stage->replay); /* it waits for our hello */
	while (client_state(stage->replay) == CLIENT_CONNECTING &&
		clock_mono_ms(clock_real()) < until_ms) {
		struct pollfd slot = {.fd = client_fd(stage->replay), .events = POLLIN};
		(void)poll(&slot, 1, REPLAY_LOOK_MS);
		client_meet(stage->replay);
	}
	if (client_state(stage->replay) == CLIENT_ATTACHED)
		return true;
	return err_set(err, ERR_INVALID, "%s",
		client_state(stage->replay) == CLIENT_LOST ? client_why(stage->replay)
							   : "it does not begin");
}

static bool set_stage(struct stage *stage, const struct options *options, struct err *err)
{
	if (!read_theme(stage->settings, &stage->theme, err))
		return false;
	stage->term_options.clock = clock_real();
	stage->term_options.theme = &stage->theme;
	stage->term_options.ascii = options->ascii;
	stage->term_options.no_colour = no_colour(options);
	return true;
}

/* What is long past neither rings nor is a view to come back to. */
static void show_replay(struct app *app, int64_t from_ms, unsigned speed)
{
	past_go(app, from_ms, speed);
	alarm_mute(&app->alarm);
}

/*
 * Engines are looked for, and one starts where there is none, and the last view is read, while the terminal is being opened:
 * these take longer.
 */
static bool begin_links(
	struct stage *stage, const struct options *options, const char *kind, struct err *err)
{
	struct ways ways = options->connect;
	if (!ways_add_all(&ways, stage->settings->connect, stage->settings->connect_count, err))
		return false;
	if (stage->replay) {
		stage->links = links_over(link_over(stage->replay));
		return true;
	}
	stage->links = links_new(stage->settings, &ways, kind);
	(void)links_step(stage->links, clock_mono_ms(clock_real()), NULL, NULL);
	return true;
}

/* An engine that begins needs longer than the eye: until then there is what the last one knew. */
static void recall(const struct stage *stage)
{
	const struct clock *clock = clock_real();
	if (stage->is_alone)
		links_recall(stage->links, clock_wall_ms(clock), clock_mono_ms(clock));
}

static bool enter(struct stage *stage, const struct options *options, struct err *err)
{
	stage->app = app_new(clock_real(), stage->settings, stage->term, stage->links);
	stage->links = NULL;
	if (options->file_count)
		views_settle(&stage->app->views,
			(struct place){.focus = PANE_logs, .lower = PANE_logs, .zoom = ZOOM_FULL});
	if (stage->replay && options->replay)
		show_replay(stage->app, client_welcome(stage->replay)->from_ms, options->speed);
	stage->replay = NULL;
	return keymap_configure(&stage->app->keymap, stage->settings, err);
}

static void leave(struct stage *stage)
{
	app_free(stage->app);
	links_free(stage->links);
	client_free(stage->links ? NULL : stage->replay);
	term_free(stage->term);
	settings_unref(stage->settings);
}

static int run_screen(struct stage *stage, const struct options *options)
{
	struct err err = {.code = ERR_NONE};
	int signal_ = 0;
	bool fine = set_stage(stage, options, &err) && open_files(stage, options, &err) &&
		    begin_links(stage, options, "screen", &err);
	if (fine && !is_of_files(options)) {
		recall(stage);
		stage->saved = saved_look(stage->settings, &options->connect);
	}
	fine = fine && (stage->term = term_curses_new(&stage->term_options, &err)) != NULL &&
	       enter(stage, options, &err);
	if (fine) {
		term_title(stage->term, stage->settings->environment);
		saved_begin(stage->app, stage->saved);
		stage->saved = NULL;
		fine = loop_run(stage->app, &signal_, &err);
	}
	saved_free(stage->saved);
	saved_end(stage->app);
	leave(stage);
	if (!fine)
		return cli_say(CLI_FAILURE, "%s", err.text);
	return signal_ == SIGINT ? INTERRUPTED : CLI_OK;
}

int start_screen(const struct options *options)
{
	struct stage stage = {.term = NULL};
	atomic_bool *entered = NULL;
	int status = CLI_OK;
	struct err err = {.code = ERR_NONE};
	if (!start_logs_input(options, true, &stage.input, &err))
		return cli_say(CLI_USAGE, "%s", err.text);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_say(CLI_USAGE,
			"the full screen needs a terminal; try `botswain bots`, or --help");
	if (!guard_start(&entered, &status))
		return status;
	loop_block_signals();
	setlocale(LC_ALL, "");
	tzset();
	stage.term_options.entered = entered;
	stage.settings = read_settings(options->config,
		options->connect.count > 0 || is_of_files(options), &stage.is_alone);
	if (stage.settings)
		stage.settings->record_file = options->record;
	return stage.settings ? run_screen(&stage, options) : CLI_USAGE;
}

int start_script(const struct options *options)
{
	struct stage stage = {.term = NULL};
	struct err err = {.code = ERR_NONE};
	setlocale(LC_ALL, "C.UTF-8");
	(void)signal(SIGPIPE, SIG_IGN);
	stage.settings = read_settings(options->config,
		options->connect.count > 0 || is_of_files(options), &stage.is_alone);
	if (!stage.settings)
		return CLI_USAGE;
	stage.settings->record_file = options->record;
	bool fine = set_stage(&stage, options, &err) &&
		    start_logs_input(options, false, &stage.input, &err) &&
		    open_files(&stage, options, &err);
	if (fine) {
		stage.term =
			term_headless_new(options->rows, options->columns, &stage.term_options);
		fine = begin_links(&stage, options, "script", &err) &&
		       enter(&stage, options, &err) && script_run(stage.app, options->script, &err);
	}
	leave(&stage);
	return fine ? CLI_OK : cli_say(CLI_FAILURE, "%s", err.text);
}
