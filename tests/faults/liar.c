/* SPDX-License-Identifier: MIT */
#include "tests/faults/liar.h"

#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 128 };

int listen_at(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0 &&
		getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
		*port = ntohs(address.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Reads until the end of the request's head. */
static bool take_request(int fd)
{
	char head[8192];
	size_t length = 0;
	ssize_t got;
	while (length < sizeof(head) - 1 &&
		(got = read(fd, head + length, sizeof(head) - 1 - length)) > 0) {
		length += (size_t)got;
		head[length] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return true;
	}
	return false;
}

static NORETURN void lie(int listener, const char *bytes, size_t length)
{
	const struct timeval patience = {.tv_sec = 1};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (take_request(fd))
			(void)send(fd, bytes, length, MSG_NOSIGNAL);
		close(fd);
	}
}

bool liar_start(const char *bytes, size_t length, struct liar *ret)
{
	*ret = (struct liar){0};
	int listener = listen_at(&ret->port);
	if (listener < 0)
		return false;
	ret->pid = fork();
	if (ret->pid == 0)
		lie(listener, bytes, length);
	close(listener);
	return ret->pid > 0;
}

void liar_stop(struct liar *liar)
{
	if (liar->pid <= 0)
		return;
	kill(liar->pid, SIGKILL);
	waitpid(liar->pid, NULL, 0);
	liar->pid = 0;
}
