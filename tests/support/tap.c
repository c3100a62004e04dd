/* SPDX-License-Identifier: MIT */
#include "tests/support/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/str.h"

enum { LINES = 16, CHUNK = 65536 };

/* Two ends; what comes from one goes to the other. */
struct line {
	int ends[2];
};

static int open_socket(const char *path, bool listens)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || !copy_text(address.sun_path, sizeof(address.sun_path), path))
		return -1;
	struct sockaddr *at = (struct sockaddr *)(void *)&address;
	if (listens ? bind(fd, at, sizeof(address)) < 0 || listen(fd, LINES) < 0
		    : connect(fd, at, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool pass(int from, int to, int record)
{
	char bytes[CHUNK];
	ssize_t got = recv(from, bytes, sizeof(bytes), 0);
	if (got <= 0)
		return false;
	if (write(record, bytes, (size_t)got) != got)
		_exit(1);
	for (ssize_t sent = 0, now; sent < got; sent += now) {
		now = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);
		if (now <= 0)
			return false;
	}
	return true;
}

static void hang_up(struct line *line)
{
	close(line->ends[0]);
	close(line->ends[1]);
	*line = (struct line){{-1, -1}};
}

static NORETURN void tap(int door, const char *to, int record)
{
	struct line lines[LINES];
	for (size_t i = 0; i < LINES; i++)
		lines[i] = (struct line){{-1, -1}};
	for (;;) {
		struct pollfd slots[2 * LINES + 1] = {{.fd = door, .events = POLLIN}};
		for (size_t i = 0; i < 2 * LINES; i++)
			slots[i + 1] =
				(struct pollfd){.fd = lines[i / 2].ends[i % 2], .events = POLLIN};
		(void)poll(slots, COUNT_OF(slots), -1);
		for (size_t i = 0; i < 2 * LINES; i++) {
			struct line *line = &lines[i / 2];
			if (slots[i + 1].revents && line->ends[0] >= 0 &&
				!pass(line->ends[i % 2], line->ends[1 - i % 2], record))
				hang_up(line);
		}
		for (size_t i = 0; i < LINES && slots[0].revents; i++) {
			if (lines[i].ends[0] >= 0)
				continue;
			lines[i].ends[0] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
			lines[i].ends[1] = open_socket(to, false);
			if (lines[i].ends[0] < 0 || lines[i].ends[1] < 0)
				hang_up(&lines[i]);
			break;
		}
	}
}

pid_t tap_start(const char *path, const char *to, const char *record)
{
	int door = open_socket(path, true),
	    file = open(record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(door >= 0 && file >= 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		tap(door, to, file);
	}
	close(door);
	close(file);
	return pid;
}
