/* SPDX-License-Identifier: MIT */
#include "tui/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "tui/tty.h"

/* How long a stuck line may hold up the last bytes. */
enum { RESTORE_LIMIT_MS = 200 };

/* End of whatever sequence was cut short; DEC 2026 off; whole-screen margins; main screen;
 * bracketed paste, mouse and focus reports off; cursor keys and keypad normal; automatic wrap;
 * plain letters; cursor on. */
static const char reset_text[] =
	"\033\\\033[?2026l\0337\033[r\0338\033[?1049l\033[?2004l\033[?1000l\033[?1002l\033[?1003l"
	"\033[?1006l\033[?1004l\033[?1l\033>\033[?7h\033[8h\033[0m\033(B\033[?25h";

/* What child and guard both see. */
struct page {
	atomic_bool entered; /* the terminal is in our mode */
	atomic_bool starved; /* the child ends for want of memory */
};

struct guard {
	pid_t child;
	struct tty tty;
	struct page *page;
	int64_t kill_at_us; /* 0: the child may live */
	int status;         /* of waitpid() */
	bool ended;
};

static const int passed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

static void guarded_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGCHLD);
	for (size_t i = 0; i < COUNT_OF(passed_on); i++)
		sigaddset(ret_set, passed_on[i]);
}

/* ---- the terminal ---- */

static void put_right(struct guard *guard)
{
	if (!atomic_load(&guard->page->entered))
		return;
	tcflow(guard->tty.fd, TCOON);
	tty_adds(&guard->tty, reset_text);
	tty_flush_wait(&guard->tty, RESTORE_LIMIT_MS);
	tty_restore(&guard->tty);
	atomic_store(&guard->page->entered, false);
}

static void tell_death(struct guard *guard, int signal)
{
	char text[160];
	if (signal == SIGHUP || signal == SIGTERM || signal == SIGINT)
		return;
	if (atomic_load(&guard->page->starved))
		snprintf(text, sizeof(text),
			"\r\033[Kbotswain: the screen was out of memory: free some, and start it "
			"again\r\n");
	else
		snprintf(text, sizeof(text),
			"\r\033[Kbotswain: the screen was ended by signal %d (%s)\r\n", signal,
			strsignal(signal));
	tty_adds(&guard->tty, text);
	tty_flush_wait(&guard->tty, RESTORE_LIMIT_MS);
}

/* ---- stopping ---- */

/* Takes the default action of `signal` on this process. */
static void suffer(int signal)
{
	struct sigaction before, ours = {.sa_handler = SIG_DFL};
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigaction(signal, &ours, &before);
	sigprocmask(SIG_BLOCK, &set, &old);
	kill(getpid(), signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigaction(signal, &before, NULL);
}

void guard_stop_self(void)
{
	suffer(SIGTSTP);
}

/*
 * Stops as the child did. A child that went on by itself (fg wakes the whole group) gets no SIGCONT
 * of ours: it could undo the next stop before anybody has seen that.
 */
static void child_stopped(struct guard *guard, int signal)
{
	siginfo_t news = {.si_pid = 0};
	put_right(guard);
	suffer(signal);
	waitid(P_PID, (id_t)guard->child, &news,
		WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT);
	if (!news.si_pid)
		kill(guard->child, SIGCONT);
}

/* ---- watching ---- */

static void look_at_child(struct guard *guard)
{
	int status;
	while (waitpid(guard->child, &status, WNOHANG | WUNTRACED) == guard->child) {
		if (WIFSTOPPED(status)) {
			child_stopped(guard, WSTOPSIG(status));
			continue;
		}
		guard->status = status;
		guard->ended = true;
		return;
	}
}

/* Stopped, and not seen yet by look_at_child(). */
static bool child_just_stopped(const struct guard *guard)
{
	siginfo_t news = {.si_pid = 0};
	waitid(P_PID, (id_t)guard->child, &news, WSTOPPED | WNOHANG | WNOWAIT);
	return news.si_pid != 0;
}

static void pass_on(struct guard *guard, int signal)
{
	kill(guard->child, signal);
	if ((signal == SIGHUP || signal == SIGTERM) && !guard->kill_at_us) {
		guard->kill_at_us = clock_cost_us() + GUARD_GRACE_MS * 1000;
		if (child_just_stopped(guard))
			kill(guard->child, SIGCONT);
	}
}

static void watch(struct guard *guard, const sigset_t *signals)
{
	siginfo_t info;
	while (!guard->ended) {
		int64_t left_us = guard->kill_at_us - clock_cost_us();
		if (guard->kill_at_us && left_us <= 0)
			kill(guard->child, SIGKILL);
		left_us = left_us < 1000 ? 100000 : left_us;
		struct timespec wait = {
			.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
		int signal = guard->kill_at_us ? sigtimedwait(signals, &info, &wait)
					       : sigwaitinfo(signals, &info);
		if (signal == SIGCHLD || signal == SIGCONT || signal < 0)
			look_at_child(guard);
		else
			pass_on(guard, signal);
	}
}

/* Ends as the child did, so that the shell sees what happened. */
static int end_like(int status)
{
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	suffer(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static int guard_child(struct guard *guard, const sigset_t *signals)
{
	watch(guard, signals);
	put_right(guard);
	if (WIFSIGNALED(guard->status))
		tell_death(guard, WTERMSIG(guard->status));
	tty_release(&guard->tty);
	return end_like(guard->status);
}

static void become_child(pid_t parent, const sigset_t *mask)
{
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (getppid() != parent)
		kill(getpid(), SIGHUP);
}

bool guard_start(atomic_bool **ret_entered, int *ret_status)
{
	struct guard guard = {.child = -1};
	sigset_t signals, mask;
	*ret_entered = NULL;
	if (!tty_open(&guard.tty, NULL))
		return true;
	void *page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	guarded_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	pid_t self = getpid();
	guard.page = page == MAP_FAILED ? NULL : page;
	guard.child = guard.page ? fork() : -1;
	if (guard.child > 0) {
		*ret_status = guard_child(&guard, &signals);
		return false;
	}
	tty_release(&guard.tty);
	if (guard.child != 0) {
		sigprocmask(SIG_SETMASK, &mask, NULL);
		return true;
	}
	become_child(self, &mask);
	mem_leave_note(&guard.page->starved);
	*ret_entered = &guard.page->entered;
	return true;
}
