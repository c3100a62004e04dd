/* SPDX-License-Identifier: MIT */
#include "tests/faults/exporter.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/faults/faults.h"

enum { PART = 64 << 10, MILLION = 1000000, ENDS_S = 60 };

/* ---- pages: each writes to one connection, which dies with its process ---- */

static bool put(int fd, const char *text, size_t length)
{
	for (ssize_t sent; length; text += sent, length -= (size_t)sent)
		if ((sent = write(fd, text, length)) <= 0)
			return false;
	return true;
}

static void puts_to(int fd, const char *text)
{
	(void)put(fd, text, strlen(text));
}

static void good(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	puts_to(fd, "# TYPE good gauge\ngood 42\ngood{of=\"two\"} 43\nother 1\n");
}

static void counter(int fd, int64_t begun_ms)
{
	autofree char *text = xasprintf("# TYPE steady_total counter\nsteady_total %lld\n",
		(long long)(fault_now_ms() - begun_ms) / 10);
	puts_to(fd, text);
}

static void flood(int fd, long count)
{
	autostr struct str part = STR_INIT;
	puts_to(fd, "good 42\n");
	for (long i = 0; count < 0 || i < count; i++) {
		str_addf(&part, "junk{id=\"%ld\",of=\"somebody\"} 1\n", i);
		if (part.length < PART)
			continue;
		if (!put(fd, part.text, part.length))
			return;
		str_clear(&part);
	}
	(void)put(fd, part.text, part.length);
}

static void million(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	flood(fd, MILLION);
}

static void endless(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	flood(fd, -1);
}

static void types(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	puts_to(fd,
		"# TYPE good gauge\ngood 42\n"
		"# TYPE banana untyped\nbanana 1\n# TYPE cherry counter\n# TYPE cherry gauge\n"
		"cherry 2\n"
		"# TYPE wide histogram\nwide 7\nwide_bucket 3\n# TYPE quick summary\nquick NaN\n"
		"far +Inf\nnear -Inf\ntiny_total -5\n# TYPE good counter\n");
}

static void fruit(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	puts_to(fd, "# TYPE good gauge\ngood 42\n# TYPE banana fruit\nbanana 1\n");
}

static void huge(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	puts_to(fd, "# TYPE good gauge\ngood 42\nhuge 1e400\n");
}

static void twice(int fd, int64_t begun_ms)
{
	(void)begun_ms;
	puts_to(fd, "good 42\ngood 99\n# TYPE steady_total counter\nsteady_total 100\n"
		    "steady_total 900000\n");
}

static const struct {
	const char *path;
	void (*give)(int fd, int64_t begun_ms);
} pages[] = {
	{"/good ", good},
	{"/counter ", counter},
	{"/million ", million},
	{"/endless ", endless},
	{"/types ", types},
	{"/fruit ", fruit},
	{"/huge ", huge},
	{"/twice ", twice},
};

/* ---- the process ---- */

static NORETURN void answer(int fd, int64_t begun_ms)
{
	char request[4096];
	ssize_t got = read(fd, request, sizeof(request) - 1);
	request[got > 0 ? got : 0] = '\0';
	alarm(ENDS_S);
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (starts_with(request, "GET ") && starts_with(request + 4, pages[i].path)) {
			puts_to(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
				    "Connection: close\r\n\r\n");
			pages[i].give(fd, begun_ms);
			_exit(0);
		}
	puts_to(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	_exit(0);
}

static NORETURN void serve(int listener)
{
	int64_t begun_ms = fault_now_ms();
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		pid_t pid = fork();
		if (pid == 0) {
			close(listener);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			answer(fd, begun_ms);
		}
		close(fd);
	}
}

/* On the same port as before: a target that is started again. */
static int listen_on(int *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		perror("faults: exporter");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

bool exporter_start(struct exporter *exporter)
{
	int listener = listen_on(&exporter->port);
	if (listener < 0)
		return false;
	exporter->pid = fork();
	if (exporter->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
	}
	close(listener);
	return exporter->pid > 0;
}

void exporter_end(struct exporter *exporter)
{
	if (exporter->pid > 0)
		(void)engine_end(exporter->pid, SIGKILL, FAULT_PATIENCE_MS);
	exporter->pid = 0;
}
