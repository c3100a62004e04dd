/* SPDX-License-Identifier: MIT */
#include "tests/bench/metrics_peer.h"

#include <arpa/inet.h>
#include <limits.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/support/folder.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum { START_MS = 20000, CONNECTIONS = 16 };

/* ---- the page ---- */

struct counter counter_at(unsigned number)
{
	static const char *const methods[] = {
		"sendMessage", "getUpdates", "sendPhoto", "answerCallbackQuery", "editMessageText"};
	struct counter counter = {.method = methods[number / 5 % COUNT_OF(methods)]};
	print_text(
		counter.bot, sizeof(counter.bot), "bot-%05u", number / (COUNTERS / COUNTER_BOTS));
	print_text(counter.code, sizeof(counter.code), "%u", 200 + number % 5 * 50);
	return counter;
}

uint64_t counter_value(unsigned number, unsigned page)
{
	return number * UINT64_C(7919) % 1000000 + (uint64_t)page * (number % 17);
}

static void add_page(struct str *to, unsigned page)
{
	str_adds(to, "# TYPE " COUNTER_NAME " counter\n");
	for (unsigned i = 0; i < COUNTERS; i++) {
		struct counter counter = counter_at(i);
		str_addf(to, COUNTER_NAME "{bot=\"%s\",method=\"%s\",code=\"%s\"} %llu\n",
			counter.bot, counter.method, counter.code,
			(unsigned long long)counter_value(i, page));
	}
}

/* ---- the server ---- */

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

static void make_answers(struct str *answers)
{
	for (unsigned i = 0; i < PAGES; i++) {
		autostr struct str page = STR_INIT;
		add_page(&page, i);
		str_addf(&answers[i],
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
			"Content-Length: %zu\r\n\r\n",
			page.length);
		str_add(&answers[i], page.text, page.length);
	}
}

/* A request is short and comes whole. False: they have gone. */
static bool answer(int fd, const struct str *with)
{
	char request[8192];
	ssize_t got = recv(fd, request, sizeof(request), 0);
	return got > 0 && send_all(fd, with->text, with->length);
}

int serve_pages(int port)
{
	struct str answers[PAGES] = {0};
	struct sockaddr_in address = loopback(port);
	struct pollfd fds[CONNECTIONS] = {
		{.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN}};
	nfds_t count = 1;
	make_answers(answers);
	if (bind(fds[0].fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fds[0].fd, CONNECTIONS) != 0)
		return 1;
	for (unsigned page = 0; poll(fds, count, -1) > 0;) {
		for (nfds_t i = count - 1; i > 0; i--) {
			if (!fds[i].revents || answer(fds[i].fd, &answers[page++ % PAGES]))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--count];
		}
		if (fds[0].revents && count < CONNECTIONS)
			fds[count++] =
				(struct pollfd){.fd = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC),
					.events = POLLIN};
	}
	return 1;
}

static pid_t start_server(int port)
{
	char self[PATH_MAX], number[16];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length > 0 ? length : 0] = '\0';
	print_text(number, sizeof(number), "%d", port);
	return spawn_start(WORDS(self, "--pages", number), &(struct spawn){0});
}

/* ---- Prometheus ---- */

static bool answers(const void *port)
{
	struct sockaddr_in address = loopback(*(const int *)port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return good;
}

bool metrics_peer_start(struct metrics_peer *peer, const char *rules)
{
	folder_setup(NULL);
	if (!peer->page_port) {
		peer->page_port = free_port();
		peer->server = start_server(peer->page_port);
	}
	if (!comes_true(answers, &peer->page_port, START_MS))
		return false;
	if (peer->begins_held)
		(void)kill(peer->server, SIGSTOP);
	peer->port = free_port();
	folder_write("rules.yml", 0600, "%s", rules ? rules : "groups: []\n");
	folder_write("prometheus.yml", 0600,
		"global: {scrape_interval: 1s, evaluation_interval: %s}\n"
		"rule_files: ['%s/rules.yml']\n"
		"scrape_configs:\n"
		"- job_name: bench\n  static_configs: [{targets: ['127.0.0.1:%d']}]\n",
		peer->every ? peer->every : "5s", folder, peer->page_port);
	autofree char *config = xasprintf("--config.file=%s/prometheus.yml", folder);
	autofree char *data = xasprintf("--storage.tsdb.path=%s/data", folder);
	autofree char *listen = xasprintf("--web.listen-address=127.0.0.1:%d", peer->port);
	autofree char *log = folder_path("prometheus.log");
	peer->prometheus =
		spawn_start(WORDS("prometheus", config, data, listen), &(struct spawn){.log = log});
	return comes_true(answers, &peer->port, START_MS);
}

void metrics_peer_go(const struct metrics_peer *peer)
{
	(void)kill(peer->server, SIGCONT);
}

void metrics_peer_end(struct metrics_peer *peer)
{
	(void)spawn_end(&peer->prometheus, SIGTERM);
	(void)spawn_end(&peer->server, SIGKILL);
	folder_teardown(NULL);
}

void metrics_peer_get(const struct metrics_peer *peer, const char *path, struct str *to)
{
	autofree char *request = xasprintf("GET %s HTTP/1.0\r\n\r\n", path);
	struct sockaddr_in address = loopback(peer->port);
	char bytes[16384];
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		send_all(fd, request, strlen(request))) {
		while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0)
			str_add(to, bytes, (size_t)got);
	}
	close(fd);
}

double metrics_peer_figure(const struct metrics_peer *peer, const char *line_begin)
{
	autostr struct str page = STR_INIT;
	autofree char *begin = xasprintf("\n%s", line_begin);
	metrics_peer_get(peer, "/metrics", &page);
	const char *line = page.text ? strstr(page.text, begin) : NULL;
	size_t length = line ? strcspn(line + 1, "\n") : 0;
	const char *value = length ? memrchr(line + 1, ' ', length) : NULL;
	return value ? strtod(value, NULL) : NAN;
}
