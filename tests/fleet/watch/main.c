/* SPDX-License-Identifier: MIT */
/*
 * The watcher of `make run`: `watch PID... -- COMMAND...`. It lives in a session of its own, deaf to the terminal, waits
 * until one of the processes ends or the terminal on its standard input hangs up, and becomes the command.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WATCHED_MAX = 8, TERMINAL_FD = 3 };

/* Keeps the terminal, if there is one, as TERMINAL_FD alone: nothing of make's pipes may stay open here. */
static bool leave_the_terminal(void)
{
	static const int deaf_to[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGPIPE};
	for (size_t i = 0; i < sizeof(deaf_to) / sizeof(deaf_to[0]); i++)
		signal(deaf_to[i], SIG_IGN);
	bool terminal = isatty(0) && dup3(0, TERMINAL_FD, O_CLOEXEC) == TERMINAL_FD;
	close_range(terminal ? TERMINAL_FD + 1 : TERMINAL_FD, ~0U, 0);
	setsid();
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(nowhere, fd);
	return terminal;
}

static void become(char **command)
{
	signal(SIGPIPE, SIG_DFL);
	execv(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct pollfd watched[WATCHED_MAX];
	nfds_t count = 0;
	int i = 1;
	bool terminal = leave_the_terminal();
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		int process = (int)syscall(SYS_pidfd_open, atoi(argv[i]), 0);
		if (process < 0)
			break; /* gone already */
		if (count < WATCHED_MAX - 1)
			watched[count++] = (struct pollfd){.fd = process, .events = POLLIN};
	}
	bool gone = i < argc && strcmp(argv[i], "--") != 0;
	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i + 1 >= argc)
		return 2;
	if (terminal)
		watched[count++] = (struct pollfd){.fd = TERMINAL_FD}; /* POLLHUP comes unasked */
	while (!gone)
		gone = poll(watched, count, -1) > 0;
	become(argv + i + 1);
}
