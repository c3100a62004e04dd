/* SPDX-License-Identifier: MIT */
/*
 * A line that is far away: a TCP proxy on loopback that hands each byte on after a time, in order. What it holds is bounded
 * a connection and way; a sender that is faster waits. delay TARGET-PORT MS FIGURES-FILE: MS each way. The port it listens
 * on is the first line of its output; the file holds the bytes of both ways, and is written anew five times a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

enum { LINES = 64, HELD_MAX = 256 << 10, CHUNK = 16 << 10, FIGURES_MS = 200 };

/* What the line does to what passes. A chunk's due time never lies before that of the one ahead of it. */
struct manner {
	int64_t delay_ms;
};

struct chunk {
	struct chunk *next;
	int64_t due_ms;
	size_t length, at;
	char bytes[];
};

/* One way of a line. */
struct way {
	int from, to;
	struct chunk *first, *last;
	size_t held;
	bool is_over, is_shut; /* nothing more comes; said so to the other end */
	uint64_t *total;
};

struct line {
	struct way ways[2]; /* to the server, to the client */
	bool is_used;
};

static struct line lines[LINES];
static uint64_t totals[2];
static struct manner manner;

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static int64_t due_ms(const struct way *way)
{
	int64_t due = now_ms() + manner.delay_ms;
	return way->last && way->last->due_ms > due ? way->last->due_ms : due;
}

/* ---- one way ---- */

static void take(struct way *way)
{
	struct chunk *chunk = xmalloc(sizeof(*chunk) + CHUNK);
	ssize_t got = recv(way->from, chunk->bytes, CHUNK, MSG_DONTWAIT);
	if (got <= 0) {
		way->is_over |= got == 0 || (errno != EAGAIN && errno != EINTR);
		free(chunk);
		return;
	}
	chunk->next = NULL;
	chunk->due_ms = due_ms(way);
	chunk->length = (size_t)got;
	chunk->at = 0;
	*(way->first ? &way->last->next : &way->first) = chunk;
	way->last = chunk;
	way->held += chunk->length;
	*way->total += chunk->length;
}

static void drop_first(struct way *way)
{
	struct chunk *chunk = way->first;
	way->first = chunk->next;
	if (!way->first)
		way->last = NULL;
	way->held -= chunk->length;
	free(chunk);
}

static void hand_on(struct way *way)
{
	while (way->first && way->first->due_ms <= now_ms()) {
		struct chunk *chunk = way->first;
		ssize_t sent = send(way->to, chunk->bytes + chunk->at, chunk->length - chunk->at,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			return;
		chunk->at += sent > 0 ? (size_t)sent : chunk->length; /* nobody is there any more */
		if (chunk->at >= chunk->length)
			drop_first(way);
	}
	if (way->is_over && !way->first && !way->is_shut) {
		shutdown(way->to, SHUT_WR);
		way->is_shut = true;
	}
}

/* ---- lines ---- */

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void open_line(int listener, uint16_t port)
{
	int one = 1, client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int server = client >= 0 ? connect_to(port) : -1;
	for (size_t i = 0; server >= 0 && i < LINES; i++) {
		if (lines[i].is_used)
			continue;
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		lines[i] = (struct line){.is_used = true,
			.ways = {{.from = client, .to = server, .total = &totals[0]},
				{.from = server, .to = client, .total = &totals[1]}}};
		return;
	}
	if (client >= 0)
		close(client);
	if (server >= 0)
		close(server);
}

static void close_when_over(struct line *line)
{
	if (!line->ways[0].is_shut || !line->ways[1].is_shut)
		return;
	close(line->ways[0].from);
	close(line->ways[1].from);
	line->is_used = false;
}

/* What each way waits for, and until when all may wait. */
static int prepare(struct pollfd fds[1 + 2 * LINES], int64_t now)
{
	int64_t wait_ms = FIGURES_MS;
	for (size_t i = 0; i < 2 * (size_t)LINES; i++) {
		const struct way *way = &lines[i / 2].ways[i % 2];
		struct pollfd *slot = &fds[1 + i];
		*slot = (struct pollfd){.fd = -1};
		if (!lines[i / 2].is_used)
			continue;
		if (!way->is_over && way->held < HELD_MAX)
			*slot = (struct pollfd){.fd = way->from, .events = POLLIN};
		if (way->first && way->first->due_ms - now < wait_ms)
			wait_ms = way->first->due_ms - now;
	}
	return wait_ms < 1 ? 1 : (int)wait_ms;
}

static void serve(struct pollfd fds[1 + 2 * LINES])
{
	for (size_t i = 0; i < 2 * (size_t)LINES; i++) {
		struct way *way = &lines[i / 2].ways[i % 2];
		if (!lines[i / 2].is_used)
			continue;
		if (fds[1 + i].fd >= 0 && fds[1 + i].revents)
			take(way);
		hand_on(way);
		if (i % 2)
			close_when_over(&lines[i / 2]);
	}
}

static void write_figures(int fd)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%20llu %20llu\n", (unsigned long long)totals[0],
		(unsigned long long)totals[1]);
	if (pwrite(fd, text, (size_t)length, 0) != length)
		perror("delay");
}

static int listen_somewhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) != 0 ||
		listen(fd, LINES) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return -1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd fds[1 + 2 * LINES];
	if (argc != 4) {
		fprintf(stderr, "usage: delay TARGET-PORT MS FIGURES-FILE\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	manner.delay_ms = atoi(argv[2]);
	int figures = open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600),
	    listener = listen_somewhere();
	if (figures < 0 || listener < 0) {
		perror("delay");
		return 1;
	}
	for (int64_t next_ms = 0;;) {
		int wait_ms = prepare(fds, now_ms());
		fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
		if (poll(fds, 1 + 2 * LINES, wait_ms) < 0)
			continue;
		if (fds[0].revents)
			open_line(listener, (uint16_t)atoi(argv[1]));
		serve(fds);
		if (now_ms() < next_ms)
			continue;
		next_ms = now_ms() + FIGURES_MS;
		write_figures(figures);
	}
}
