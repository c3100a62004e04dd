/* SPDX-License-Identifier: MIT */
#include "core/engine/exporter.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/engine/exposition.h"
#include "core/engine/http_door.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "core/msg/mailbox.h"

enum {
	CONNECTIONS_MAX = 32,
	/* More that were hung up on and are not closed yet. */
	CONNECTIONS_ENDING = 32,
	/* Whoever comes has so long to ask, however many come after: they wait at the door. A round trip over a line. */
	NEWCOMER_MS = 100,
	/* For a request and its answer, however they trickle, and between two of them. */
	REQUEST_MS = 5000,
	BLOCK_BYTES = 64 << 10,
	WAIT_MS = 1000,
	CROWDED_MS = 10,
	SHUT_MS = 200,
	SILENT_MS = 5000, /* an engine that has not marked a turn for so long is not healthy */
};

struct seat {
	int fd;
	bool is_over;     /* hung up on */
	int64_t since_ms; /* mono: it came, or its last request was answered */
};

struct exporter {
	pthread_t thread;
	struct seat *seats[CONNECTIONS_MAX + CONNECTIONS_ENDING];
	size_t seat_count;
	int64_t shut_until_ms; /* mono: no descriptor was left for whoever comes */
	char *address;
	int listener, stop_fd;
	struct mailbox *orders; /* new limits, each a struct verdict_limits */
	struct verdict_limits limits;
	struct client *client;
	struct model *model;
	struct MHD_Daemon *daemon;
};

/* ---- /metrics: a page that is written as it is read ---- */

struct page {
	struct exposition exposition;
	size_t next; /* family */
	struct str text;
	size_t at;
};

static ssize_t read_page(void *context, uint64_t position, char *to, size_t size)
{
	(void)position;
	struct page *page = context;
	while (page->at == page->text.length) {
		str_clear(&page->text);
		page->at = 0;
		if (!exposition_family(&page->exposition, page->next++, &page->text))
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	size_t length = page->text.length - page->at;
	length = length < size ? length : size;
	memcpy(to, page->text.text + page->at, length);
	page->at += length;
	return (ssize_t)length;
}

static void free_page(void *context)
{
	struct page *page = context;
	str_release(&page->text);
	free(page);
}

static int64_t engine_now_ms(const struct exporter *exporter)
{
	return client_turn_wall_ms(exporter->client) +
	       client_turn_age_ms(exporter->client, clock_mono_ms(clock_real()));
}

static struct MHD_Response *metrics(const struct exporter *exporter, unsigned *ret_status)
{
	struct page *page = xcalloc(1, sizeof(*page));
	*page = (struct page){.exposition = {.model = exporter->model,
				      .limits = &exporter->limits,
				      .now_ms = engine_now_ms(exporter)},
		.text = STR_INIT};
	*ret_status = MHD_HTTP_OK;
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_page, page, free_page);
	if (!response)
		free_page(page);
	return response;
}

/* ---- /healthz ---- */

static struct MHD_Response *sentence(const char *text)
{
	return MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
}

/* The engine turns, and can record what it does. */
static struct MHD_Response *health(const struct exporter *exporter, unsigned *ret_status)
{
	int64_t age_ms = client_turn_age_ms(exporter->client, clock_mono_ms(clock_real()));
	const struct msg_engine *engine = model_engine(exporter->model);
	*ret_status = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (!engine || client_state(exporter->client) != CLIENT_ATTACHED)
		return sentence("the engine is starting or leaving\n");
	if (age_ms > SILENT_MS)
		return sentence("the engine does not turn\n");
	if (engine->ledger_error[0])
		return sentence("the ledger cannot record: actions are refused\n");
	*ret_status = MHD_HTTP_OK;
	return sentence("ok\n");
}

static struct MHD_Response *not_found(const struct exporter *exporter, unsigned *ret_status)
{
	(void)exporter;
	*ret_status = MHD_HTTP_NOT_FOUND;
	return sentence("there are /metrics and /healthz\n");
}

static const struct route {
	const char *path, *type;
	struct MHD_Response *(*answer)(const struct exporter *exporter, unsigned *ret_status);
} routes[] = {
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics},
	{"/healthz", "text/plain; charset=utf-8", health},
	{NULL, "text/plain; charset=utf-8", not_found},
};

static const struct route *find_route(const char *path)
{
	const struct route *route = routes;
	while (route->path && strcmp(route->path, path) != 0)
		route++;
	return route;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	(void)version, (void)data, (void)size, (void)state;
	unsigned status = MHD_HTTP_METHOD_NOT_ALLOWED;
	const struct route *route = find_route(url);
	bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	struct MHD_Response *response =
		reads ? route->answer(context, &status) : sentence("only GET is answered\n");
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, route->type);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- who is connected ---- */

/* The server sees the end of it, and closes. */
static void hang_up(struct seat *seat)
{
	seat->is_over = true;
	(void)shutdown(seat->fd, SHUT_RDWR);
}

/* Who goes when somebody comes: it has not been answered for longest. NULL: there is a place. */
static struct seat *first_to_go(const struct exporter *exporter)
{
	struct seat *oldest = NULL;
	size_t count = 0;
	for (size_t i = 0; i < exporter->seat_count; i++) {
		struct seat *seat = exporter->seats[i];
		count += !seat->is_over;
		if (!seat->is_over && (!oldest || seat->since_ms < oldest->since_ms))
			oldest = seat;
	}
	return count >= CONNECTIONS_MAX ? oldest : NULL;
}

/* How long until somebody may come in; 0: now. */
static int door_ms(const struct exporter *exporter)
{
	const struct seat *oldest = first_to_go(exporter);
	int64_t open_ms = exporter->shut_until_ms;
	if (exporter->seat_count == COUNT_OF(exporter->seats))
		return CROWDED_MS;
	if (oldest && oldest->since_ms + NEWCOMER_MS > open_ms)
		open_ms = oldest->since_ms + NEWCOMER_MS;
	int64_t left_ms = open_ms - clock_mono_ms(clock_real());
	return left_ms > 0 ? (int)left_ms : 0;
}

static void seat(struct exporter *exporter, struct MHD_Connection *connection, void **context)
{
	struct seat *seat = xcalloc(1, sizeof(*seat));
	seat->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	seat->since_ms = clock_mono_ms(clock_real());
	exporter->seats[exporter->seat_count++] = seat;
	*context = seat;
}

static void unseat(struct exporter *exporter, struct seat *seat)
{
	for (size_t i = 0; i < exporter->seat_count; i++)
		if (exporter->seats[i] == seat)
			exporter->seats[i] = exporter->seats[--exporter->seat_count];
	free(seat);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **seat_of,
	enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		seat(context, connection, seat_of);
	else
		unseat(context, *seat_of);
}

static void on_answered(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode how)
{
	(void)context, (void)state, (void)how;
	struct seat *seat = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
				    ->socket_context;
	seat->since_ms = clock_mono_ms(clock_real());
}

static void end_late_requests(const struct exporter *exporter)
{
	int64_t now_ms = clock_mono_ms(clock_real());
	for (size_t i = 0; i < exporter->seat_count; i++)
		if (!exporter->seats[i]->is_over &&
			now_ms - exporter->seats[i]->since_ms > REQUEST_MS)
			hang_up(exporter->seats[i]);
}

static void make_place(const struct exporter *exporter)
{
	struct seat *oldest = first_to_go(exporter);
	if (oldest)
		hang_up(oldest);
}

static void let_in(struct exporter *exporter)
{
	while (door_ms(exporter) == 0) {
		struct sockaddr_storage from = {0};
		socklen_t size = sizeof(from);
		int fd = accept4(exporter->listener, (struct sockaddr *)&from, &size,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN)
			exporter->shut_until_ms = clock_mono_ms(clock_real()) + SHUT_MS;
		if (fd < 0)
			return;
		make_place(exporter);
		(void)MHD_add_connection(exporter->daemon, fd, (struct sockaddr *)&from, size);
		MHD_run(exporter->daemon); /* it has its seat */
	}
}

/* ---- the thread ---- */

static int wait_ms(const struct exporter *exporter)
{
	MHD_UNSIGNED_LONG_LONG due = WAIT_MS;
	int door = door_ms(exporter), most = door ? door : WAIT_MS;
	return MHD_get_timeout(exporter->daemon, &due) == MHD_YES &&
			       due < (MHD_UNSIGNED_LONG_LONG)most
		       ? (int)due
		       : most;
}

static void take_orders(struct exporter *exporter)
{
	struct parcel parcel;
	while (mailbox_take(exporter->orders, &parcel, 1)) {
		exporter->limits = *(const struct verdict_limits *)parcel.attachment;
		parcel_release(&parcel);
	}
}

static void *run(void *context)
{
	struct exporter *exporter = context;
	pthread_setname_np(pthread_self(), "exporter");
	int http_fd = MHD_get_daemon_info(exporter->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	struct pollfd fds[] = {{.fd = exporter->stop_fd, .events = POLLIN},
		{.fd = http_fd, .events = POLLIN}, {.fd = client_fd(exporter->client)},
		{.fd = mailbox_fd(exporter->orders), .events = POLLIN}, {.events = POLLIN}};
	while (!(fds[0].revents & POLLIN)) {
		bool lost = client_state(exporter->client) == CLIENT_LOST;
		fds[2].fd = lost ? -1 : client_fd(exporter->client);
		fds[2].events = client_wants_write(exporter->client) ? POLLIN | POLLOUT : POLLIN;
		fds[4].fd = door_ms(exporter) ? -1 : exporter->listener;
		if (poll(fds, COUNT_OF(fds), wait_ms(exporter)) < 0)
			fds[0].revents = 0;
		take_orders(exporter);
		client_pump(
			exporter->client, exporter->model, clock_mono_ms(clock_real()), NULL, NULL);
		end_late_requests(exporter);
		let_in(exporter);
		MHD_run(exporter->daemon);
	}
	return NULL;
}

/* The first reason stands; whatever was made is released. */
static bool fail(struct exporter *exporter, struct err *err, const char *what)
{
	err_errno(err, errno, "cannot serve /metrics: %s", what);
	exporter_free(exporter);
	return false;
}

static bool start_daemon(struct exporter *exporter)
{
	exporter->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
		answer, exporter, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(CONNECTIONS_MAX + CONNECTIONS_ENDING), MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, exporter, MHD_OPTION_NOTIFY_COMPLETED, on_answered, exporter,
		MHD_OPTION_END);
	return exporter->daemon != NULL;
}

bool exporter_start(const char *address, const char *identity, int *ret_fd, struct exporter **ret,
	struct err *err)
{
	int pair[2];
	struct exporter *exporter = xcalloc(1, sizeof(*exporter));
	exporter->listener = exporter->stop_fd = -1;
	if (!http_door_open(address, &exporter->listener, err)) {
		exporter_free(exporter);
		return false;
	}
	exporter->address = xstrdup(address);
	exporter->model = model_new();
	exporter->limits = *verdict_defaults();
	exporter->orders = mailbox_new(1);
	exporter->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!exporter->orders || exporter->stop_fd < 0 || !start_daemon(exporter))
		return fail(exporter, err, "no server could be started");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return fail(exporter, err, "no socket could be made");
	exporter->client = client_over(pair[0], identity, "exporter", true);
	if (pthread_create(&exporter->thread, NULL, run, exporter) != 0) {
		close(pair[1]);
		exporter->thread = 0;
		return fail(exporter, err, "no thread could be started");
	}
	*ret_fd = pair[1];
	*ret = exporter;
	return true;
}

static bool is_same(const void *waiting UNUSED, const void *limits UNUSED)
{
	return true;
}

void exporter_judge_by(struct exporter *exporter, const struct verdict_limits *limits)
{
	mailbox_post_latest(exporter->orders,
		(struct parcel){.attachment = xmemdup(limits, sizeof(*limits)), .release = free},
		is_same);
}

void exporter_free(struct exporter *exporter)
{
	if (!exporter)
		return;
	if (exporter->thread) {
		eventfd_write(exporter->stop_fd, 1);
		pthread_join(exporter->thread, NULL);
	}
	if (exporter->daemon)
		MHD_stop_daemon(exporter->daemon);
	if (exporter->listener >= 0)
		close(exporter->listener);
	if (exporter->address && *exporter->address == '/')
		unlink(exporter->address);
	if (exporter->stop_fd >= 0)
		close(exporter->stop_fd);
	client_free(exporter->client);
	mailbox_free(exporter->orders);
	model_free(exporter->model);
	free(exporter->address);
	free(exporter);
}
