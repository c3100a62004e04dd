/* SPDX-License-Identifier: MIT */
#include "tui/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/guard.h"
#include "tui/hand_over.h"
#include "tui/saved.h"

enum {
	COST_SPAN_MS = 5000,
	BESIDE_MS = 30, /* between two looks at a program that has the terminal */
	KILL_MS = 500,  /* one that does not end when it is told to */
};

static const int taken[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGHUP, SIGINT, SIGTERM};

/* Our own cost, sampled when something is painted anyway. */
struct cost {
	int64_t at_us, cpu_us;
};

static void fill_taken(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (size_t i = 0; i < COUNT_OF(taken); i++)
		sigaddset(ret_set, taken[i]);
}

void loop_block_signals(void)
{
	sigset_t set;
	fill_taken(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* ---- cost ---- */

static uint64_t resident_bytes(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)(resident * (unsigned long long)sysconf(_SC_PAGESIZE)) >> 16 << 16;
}

static void sample_cost(struct app *app, struct cost *cost)
{
	struct rusage usage;
	int64_t now_us = clock_cost_us();
	if (cost->at_us && now_us - cost->at_us < COST_SPAN_MS * INT64_C(1000))
		return;
	getrusage(RUSAGE_SELF, &usage);
	int64_t cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
			 usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	if (cost->at_us)
		app->own_cpu =
			(double)(cpu_us - cost->cpu_us) * 100 / (double)(now_us - cost->at_us);
	app->own_rss = resident_bytes();
	*cost = (struct cost){now_us, cpu_us};
}

/* ---- signals ---- */

static void stop(struct app *app)
{
	app->suspend = false;
	term_suspend(app->term);
	guard_stop_self();
	term_resume(app->term);
	term_resized(app->term);
	app->dirty = true;
}

/* Another program has the terminal: nothing is drawn, and the engine's words are still heard. */
static void wait_beside(struct app *app, int signals, int *ret_signal)
{
	struct pollfd slots[1 + APP_SLOTS] = {{.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;
	int timeout = BESIDE_MS;
	size_t count = 1 + app_poll(app, slots + 1, &timeout);
	(void)poll(slots, count, timeout < BESIDE_MS ? timeout : BESIDE_MS);
	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int number = (int)info.ssi_signo;
		if (number != SIGHUP && number != SIGTERM)
			continue;
		*ret_signal = number;
		app->quit = true;
	}
	app_step(app);
}

static void run_beside(struct app *app, struct hand_over *it, int signals, int *ret_signal)
{
	bool stopped;
	int turns = 0; /* since it was told to end */
	while (!hand_over_step(it, &stopped)) {
		if (stopped) {
			guard_stop_self();
			hand_over_continue(it);
		}
		wait_beside(app, signals, ret_signal);
		if (app->quit)
			hand_over_kill(it, ++turns * BESIDE_MS > KILL_MS);
	}
}

static void hand_over(struct app *app, int signals, int *ret_signal)
{
	struct hand_over *it = app->hand_over;
	struct err err = {.code = ERR_NONE};
	app->hand_over = NULL;
	term_suspend(app->term);
	if (hand_over_start(it, &err))
		run_beside(app, it, signals, ret_signal);
	hand_over_free(it);
	term_resume(app->term);
	term_resized(app->term);
	if (err.code != ERR_NONE)
		app_toast(app, true, "%s", err.text);
	app->dirty = true;
}

static void handle_signal(struct app *app, int signal, int *ret_signal)
{
	switch (signal) {
	case SIGWINCH:
		term_resized(app->term);
		break;
	case SIGTSTP:
		stop(app);
		break;
	case SIGCONT:
		term_repaint(app->term);
		app->dirty = true;
		break;
	default:
		*ret_signal = signal;
		app->quit = true;
	}
}

static void read_signals(struct app *app, int fd, int *ret_signal)
{
	struct signalfd_siginfo info;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		handle_signal(app, (int)info.ssi_signo, ret_signal);
}

/* ---- the turn ---- */

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static bool wait_for_events(
	struct app *app, int signals, short *ret_terminal, short *ret_signals, struct err *err)
{
	struct pollfd slots[2 + APP_SLOTS] = {
		{.fd = term_fd(app->term), .events = term_poll_events(app->term)},
		{.fd = signals, .events = POLLIN}};
	bool is_due = app_frame_is_due(app);
	int timeout = sooner(app_timeout_ms(app), term_timeout_ms(app->term, is_due));
	timeout = sooner(timeout, saved_left_ms(app));
	size_t count = 2 + app_poll(app, slots + 2, &timeout);
	/* A frame that the terminal does not take yet is no reason to spin: it will say when. */
	if (is_due && !term_can_present(app->term))
		timeout = term_timeout_ms(app->term, true);
	*ret_terminal = *ret_signals = 0;
	if (poll(slots, count, timeout) < 0)
		return errno == EINTR || err_errno(err, errno, "cannot wait for events");
	*ret_terminal = slots[0].revents;
	*ret_signals = slots[1].revents;
	return true;
}

static void take_terminal(struct app *app, short revents)
{
	struct term_event event;
	term_handle(app->term, revents);
	while (!app->quit && term_next_event(app->term, &event))
		app_event(app, &event);
}

bool loop_run(struct app *app, int *ret_signal, struct err *err)
{
	sigset_t set;
	struct cost cost = {0};
	*ret_signal = 0;
	fill_taken(&set);
	autoclose int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return err_errno(err, errno, "cannot listen to signals");
	app_step(app);
	sample_cost(app, &cost);
	app_paint(app);
	while (!app->quit) {
		short terminal, signalled;
		if (!wait_for_events(app, signals, &terminal, &signalled, err))
			return false;
		if (signalled)
			read_signals(app, signals, ret_signal);
		take_terminal(app, terminal);
		app_step(app);
		if (app->suspend)
			stop(app);
		if (app->hand_over)
			hand_over(app, signals, ret_signal);
		saved_step(app);
		sample_cost(app, &cost);
		app_paint(app);
	}
	return true;
}
