/* SPDX-License-Identifier: MIT */
/*
 * botswaind. Signals are blocked before the first thread and read by one of their own, which turns
 * them into requests to the engine; nothing is done in a handler. The process can't be traced or
 * dumped by others of its user's programs: tokens are in its memory.
 */
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/own_limits.h"
#include "core/base/std_streams.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/discover_run.h"
#include "core/engine/engine.h"
#include "core/engine/log_files.h"
#include "core/engine/options.h"
#include "core/engine/promqltest_run.h"
#include "core/engine/rules_check.h"
#include "core/engine/take_over.h"
#include "core/msg/msg.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 5 };

static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGHUP);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGQUIT);
	sigaddset(ret, SIGPIPE);
	sigaddset(ret, SIGXFSZ); /* a file that may not grow any more is an error like others */
	sigaddset(ret, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
}

struct signals {
	sigset_t set;
	sem_t ready; /* `engine` is there, or there is none */
	struct engine *engine;
	bool had_terminal; /* it was started by hand: standard input was one */
	bool is_hung_up;   /* that is gone, and it leaves */
};

/*
 * A terminal that is closed sends SIGHUP, perhaps twice (the shell's and the kernel's, tty_io.c), and
 * nobody is left who could end us: only the first one counts, for a second engine_stop() would cancel
 * what runs.
 */
static void hang_up(struct signals *signals)
{
	if (signals->is_hung_up)
		return;
	signals->is_hung_up = signals->had_terminal && !isatty(STDIN_FILENO);
	if (signals->is_hung_up)
		engine_stop(signals->engine);
	else
		engine_reload_soon(signals->engine);
}

/* SIGUSR1 comes from main() itself: the engine has ended. */
static void *listen_for_signals(void *context)
{
	struct signals *signals = context;
	pthread_setname_np(pthread_self(), "signals");
	while (sem_wait(&signals->ready) != 0)
		;
	while (signals->engine) {
		int number = 0;
		if (sigwait(&signals->set, &number) != 0 || number == SIGUSR1)
			return NULL;
		if (number == SIGHUP)
			hang_up(signals);
		else if (number != SIGPIPE && number != SIGXFSZ)
			engine_stop(signals->engine);
	}
	return NULL;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "botswaind: %s\n", err->text);
	return err->code == ERR_REFUSED ? EXIT_REFUSED : EXIT_FAILED;
}

/* The one client of an engine that can't start hears why. */
static void refuse_client(int fd, const struct err *err)
{
	autostr struct str frame = STR_INIT;
	autofree char *text = xstrdup(err->text);
	struct msg_refuse refuse = {.code = err->code, .text = text};
	msg_encode(MSG_refuse, &refuse, &frame);
	if (fd >= 0)
		(void)!send(fd, frame.text, frame.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* For the journal, or who started it by hand. */
static void introduce(const struct engine *engine)
{
	autostr struct str words = STR_INIT;
	engine_describe(engine, &words);
	fprintf(stderr, "botswaind: %s\n", words.text);
}

static bool is_service(const struct options *options)
{
	return options->engine.listen && !options->engine.own;
}

/* False: there is none, and why was said; or it was told to stop before there was one. */
static bool take_place(const struct settings *settings, struct options *options, int *ret_status)
{
	struct err err = {.code = ERR_NONE};
	if (!is_service(options) || take_over(settings, clock_real(), &options->engine.lock, &err))
		return true;
	*ret_status = err.code == ERR_CANCELLED ? EXIT_OK : fail(&err);
	return false;
}

/* As if it were killed: by the names of its files it would write into those of the engine that has its place, and SQLite would take
 * that one's log away. */
static NORETURN void leave_all(struct engine *engine)
{
	fprintf(stderr, "botswaind: %s\n", engine_displaced(engine));
	engine_abandon(engine);
	_exit(EXIT_FAILED);
}

static int run(struct settings *settings, struct options *options, struct signals *signals)
{
	struct err err = {.code = ERR_NONE};
	pthread_t listener;
	int status = EXIT_OK;
	if (!take_place(settings, options, &status))
		return status;
	/* Its thread first: an engine that lacks another can still be told to leave. */
	sem_init(&signals->ready, 0, 0);
	int failed = pthread_create(&listener, NULL, listen_for_signals, signals);
	if (failed) {
		err_errno(&err, failed, "cannot start a thread for signals");
		return fail(&err);
	}
	bool good = engine_new(settings, clock_real(), &options->engine, &signals->engine, &err);
	sem_post(&signals->ready);
	if (!good) {
		pthread_join(listener, NULL);
		refuse_client(options->client_fd, &err);
		return fail(&err);
	}
	if (options->client_fd >= 0 && options->known)
		engine_adopt_known(signals->engine, options->client_fd);
	else if (options->client_fd >= 0)
		engine_adopt(signals->engine, options->client_fd);
	if (is_service(options))
		introduce(signals->engine);
	engine_run(signals->engine);
	if (engine_displaced(signals->engine))
		leave_all(signals->engine);
	pthread_kill(listener, SIGUSR1);
	pthread_join(listener, NULL);
	engine_free(signals->engine);
	return EXIT_OK;
}

/* A configuration that is in no file. */
static int start_with(const struct str *text, struct options *options, struct signals *signals)
{
	struct err err = {.code = ERR_NONE};
	struct settings *settings = NULL;
	autostr struct str report = STR_INIT;
	if (!settings_parse(text->text, text->length, "/nonexistent/botswain.yaml", &settings,
		    &report, &err)) {
		fprintf(stderr, "botswaind: %s\n", report.length ? report.text : err.text);
		return EXIT_FAILED;
	}
	settings->input_fd = log_files_is_stream(options->input_fd) ? options->input_fd : 0;
	int status = run(settings, options, signals);
	settings_unref(settings);
	return status;
}

/* Nothing of a configuration matters to what was. */
static int start_replay(struct options *options, struct signals *signals)
{
	autostr struct str nothing = STR_INIT;
	str_adds(&nothing, "environment: replay\nstate_dir: /nonexistent/botswain\n");
	return start_with(&nothing, options, signals);
}

static int start_logs(struct options *options, struct signals *signals)
{
	struct err err = {.code = ERR_NONE};
	autostr struct str text = STR_INIT;
	options->engine.only_logs = true;
	if (log_files_configure(options->logs, options->log_count, options->input_fd, &text, &err))
		return start_with(&text, options, signals);
	refuse_client(options->client_fd, &err);
	return fail(&err);
}

static int start(struct options *options, struct signals *signals)
{
	struct err err = {.code = ERR_NONE};
	struct settings *settings = NULL;
	autostr struct str report = STR_INIT;
	autofree char *path = NULL;
	if (options->engine.replay)
		return start_replay(options, signals);
	own_limits_raise();
	if (options->log_count || options->input_fd)
		return start_logs(options, signals);
	if (!settings_find(options->config, &path, &err)) {
		fprintf(stderr, "botswaind: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (!settings_load(path, &settings, &report, &err)) {
		fprintf(stderr, "%s", report.length ? report.text : err.text);
		fputs(report.length ? "" : "\n", stderr);
		return EXIT_USAGE;
	}
	int status = options->check_rules ? rules_check(settings) : run(settings, options, signals);
	settings_unref(settings);
	return status;
}

/* Each thread would have an arena of its own, and each arena keeps the most that any of its threads ever needed. The threads
 * here mostly wait: two arenas are enough for them. */
static void share_arenas(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
	struct options options;
	struct signals signals = {.had_terminal = isatty(STDIN_FILENO)};
	struct err err;
	std_streams_hold();
	share_arenas();
	bool is_good = options_read(argc, argv, &options, &err);
	if (is_good && options.engine.replay)
		own_limits_not_for(getpid()); /* while we still may */
	own_limits_no_core();
	if (!is_good) {
		fprintf(stderr, "botswaind: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (options.help || options.version) {
		fputs(options.help ? options_help() : "botswaind " BOTSWAIN_VERSION "\n", stdout);
		return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
	}
	if (options.discover)
		return discover_run(&options);
	if (options.promqltest)
		return promqltest_files(options.tests, options.test_count);
	block_signals(&signals.set);
	return start(&options, &signals);
}
