/* SPDX-License-Identifier: MIT */
#include "tests/support/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { EVENTS = 64, CHUNK = 16384, BACKLOG = 128 };

enum order_kind { ORDER_SET, ORDER_CUT, ORDER_DOOR, ORDER_SERVER, ORDER_COUNTS };

struct order {
	enum order_kind kind;
	enum proxy_way way;
	struct toxics toxics;
	bool is_open;
	uint16_t port;
};

struct proxy {
	pid_t pid;
	int control;
	uint16_t port;
};

/* ---- in its own process ---- */

enum side { CLIENT, SERVER };

struct link;

/* One end of a connection; what epoll knows of it. */
struct end {
	struct link *link;
	int fd;
	uint32_t wanted; /* 0: epoll does not know it */
	bool has_ended;  /* nothing more comes from it */
	bool is_full;    /* it took no byte at the last try */
};

struct link {
	struct link *next;
	struct end end[2];    /* by enum side */
	struct lane *lane[2]; /* by enum proxy_way: from end[way] to the other */
	bool is_told[2];      /* the end was passed on */
	bool is_over;
};

struct loop {
	struct proxy_place listen, server;
	int epoll_fd, control, door;
	struct toxics toxics[2];
	struct link *links;
	struct proxy_counts counts;
	uint64_t seed;
};

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static socklen_t address_of(const struct proxy_place *place, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (place->path) {
		struct sockaddr_un *to = (struct sockaddr_un *)ret;
		to->sun_family = AF_UNIX;
		(void)copy_text(to->sun_path, sizeof(to->sun_path), place->path);
		return sizeof(*to);
	}
	struct sockaddr_in *to = (struct sockaddr_in *)ret;
	to->sin_family = AF_INET;
	to->sin_port = htons(place->port);
	to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*to);
}

static int open_socket(const struct proxy_place *place)
{
	int fd = socket(
		place->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd >= 0 && !place->path)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Also sets the port that was taken. */
static int open_door(struct proxy_place *place)
{
	struct sockaddr_storage address;
	socklen_t length = address_of(place, &address);
	int fd = open_socket(place), on = 1;
	if (place->path)
		(void)unlink(place->path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, BACKLOG) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!place->path && getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		place->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	return fd;
}

static void watch(struct loop *loop, int fd, uint32_t events, void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = what};
	if (fd >= 0)
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* One that nothing is wanted of must go: epoll would tell of its end without end. */
static void want(struct loop *loop, struct end *end, uint32_t wanted)
{
	struct epoll_event event = {.events = wanted, .data.ptr = end};
	if (wanted == end->wanted)
		return;
	int how = !end->wanted ? EPOLL_CTL_ADD : wanted ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
	(void)epoll_ctl(loop->epoll_fd, how, end->fd, &event);
	end->wanted = wanted;
}

static void end_link(struct link *link, bool by_reset)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	if (link->is_over)
		return;
	link->is_over = true;
	for (int side = CLIENT; side <= SERVER; side++) {
		if (by_reset)
			(void)setsockopt(link->end[side].fd, SOL_SOCKET, SO_LINGER, &at_once,
				sizeof(at_once));
		close(link->end[side].fd);
	}
}

static void sweep(struct loop *loop)
{
	for (struct link **at = &loop->links; *at;) {
		struct link *link = *at;
		if (!link->is_over) {
			at = &link->next;
			continue;
		}
		*at = link->next;
		lane_free(link->lane[PROXY_UP]);
		lane_free(link->lane[PROXY_DOWN]);
		free(link);
		loop->counts.open--;
	}
}

static void cut_all(struct loop *loop)
{
	for (struct link *link = loop->links; link; link = link->next)
		end_link(link, true);
	sweep(loop);
}

static void add_link(struct loop *loop, int client)
{
	struct sockaddr_storage address;
	socklen_t length = address_of(&loop->server, &address);
	struct link *link = xcalloc(1, sizeof(*link));
	int server = open_socket(&loop->server);
	link->end[CLIENT] = (struct end){.link = link, .fd = client};
	link->end[SERVER] = (struct end){.link = link, .fd = server};
	for (int way = PROXY_UP; way <= PROXY_DOWN; way++) {
		link->lane[way] = lane_new(++loop->seed);
		lane_set(link->lane[way], &loop->toxics[way]);
	}
	link->next = loop->links;
	loop->links = link;
	loop->counts.accepted++;
	loop->counts.open++;
	if (connect(server, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS)
		end_link(link, true);
}

static void accept_all(struct loop *loop)
{
	for (int fd; (fd = accept4(loop->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
		int on = 1;
		if (!loop->listen.path)
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		add_link(loop, fd);
	}
}

/* ---- what passes ---- */

static void read_end(struct link *link, enum proxy_way way)
{
	struct end *from = &link->end[way];
	char bytes[CHUNK];
	size_t room = lane_room(link->lane[way]);
	while (!from->has_ended && room) {
		ssize_t got = read(from->fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
		if (got > 0) {
			lane_put(link->lane[way], bytes, (size_t)got, now_ms());
		} else if (got == 0) {
			from->has_ended = true;
			lane_finish(link->lane[way], now_ms());
		} else if (errno != EAGAIN && errno != EINTR) {
			end_link(link, true);
			return;
		} else {
			return;
		}
		room = lane_room(link->lane[way]);
	}
}

static void write_end(struct loop *loop, struct link *link, enum proxy_way way)
{
	struct end *to = &link->end[!way];
	to->is_full = false;
	for (struct lane_step step; !link->is_over;) {
		step = lane_peek(link->lane[way], now_ms());
		if (step.end != LANE_OPEN || !step.length)
			return;
		ssize_t sent = send(to->fd, step.bytes, step.length, MSG_NOSIGNAL);
		if (sent > 0) {
			lane_passed(link->lane[way], (size_t)sent, now_ms());
			loop->counts.bytes[way] += (uint64_t)sent;
		} else if (errno == EAGAIN || errno == EINTR) {
			to->is_full = true;
			return;
		} else {
			end_link(link, true);
		}
	}
}

static void pass_on_end(struct link *link, enum proxy_way way)
{
	struct lane_step step = lane_peek(link->lane[way], now_ms());
	if (link->is_over || step.end == LANE_OPEN || link->is_told[way])
		return;
	if (step.end == LANE_RESET || !link->end[way].has_ended) {
		end_link(link, step.end == LANE_RESET);
		return;
	}
	link->is_told[way] = true;
	(void)shutdown(link->end[!way].fd, SHUT_WR);
	if (link->is_told[!way])
		end_link(link, false);
}

static void serve_link(struct loop *loop, struct link *link)
{
	for (int way = PROXY_UP; way <= PROXY_DOWN && !link->is_over; way++) {
		read_end(link, (enum proxy_way)way);
		if (!link->is_over)
			write_end(loop, link, (enum proxy_way)way);
		pass_on_end(link, (enum proxy_way)way);
	}
	for (int side = CLIENT; side <= SERVER && !link->is_over; side++) {
		struct end *end = &link->end[side];
		bool reads = !end->has_ended && lane_room(link->lane[side]);
		want(loop, end, (reads ? EPOLLIN : 0) | (end->is_full ? EPOLLOUT : 0));
	}
}

static int wait_ms(const struct loop *loop)
{
	int64_t now = now_ms(), due_ms = INT64_MAX;
	for (const struct link *link = loop->links; link; link = link->next)
		for (int way = PROXY_UP; way <= PROXY_DOWN; way++) {
			int64_t at_ms = lane_due_ms(link->lane[way], now);
			due_ms = at_ms < due_ms ? at_ms : due_ms;
		}
	return due_ms == INT64_MAX ? -1 : (int)(due_ms - now);
}

/* ---- orders ---- */

static void take_order(struct loop *loop, const struct order *order)
{
	if (order->kind == ORDER_SET) {
		loop->toxics[order->way] = order->toxics;
		for (struct link *link = loop->links; link; link = link->next)
			lane_set(link->lane[order->way], &order->toxics);
	} else if (order->kind == ORDER_CUT) {
		cut_all(loop);
	} else if (order->kind == ORDER_SERVER) {
		loop->server = (struct proxy_place){.port = order->port};
		cut_all(loop);
	} else if (order->kind == ORDER_DOOR && !order->is_open && loop->door >= 0) {
		close(loop->door);
		loop->door = -1;
		cut_all(loop);
	} else if (order->kind == ORDER_DOOR && order->is_open && loop->door < 0) {
		loop->door = open_door(&loop->listen);
		watch(loop, loop->door, EPOLLIN, &loop->door);
	}
}

static void take_orders(struct loop *loop)
{
	struct order order;
	ssize_t got;
	while ((got = recv(loop->control, &order, sizeof(order), MSG_DONTWAIT)) ==
		(ssize_t)sizeof(order)) {
		take_order(loop, &order);
		(void)send(loop->control, &loop->counts, sizeof(loop->counts), MSG_NOSIGNAL);
	}
	if (got == 0)
		_exit(0);
}

static NORETURN void run(struct loop *loop)
{
	struct epoll_event events[EVENTS];
	watch(loop, loop->control, EPOLLIN, &loop->control);
	watch(loop, loop->door, EPOLLIN, &loop->door);
	for (;;) {
		(void)epoll_wait(loop->epoll_fd, events, EVENTS, wait_ms(loop));
		take_orders(loop);
		if (loop->door >= 0)
			accept_all(loop);
		for (struct link *link = loop->links; link; link = link->next)
			serve_link(loop, link);
		sweep(loop);
	}
}

/* ---- from outside ---- */

/* A terminal of the test that stayed open here would never be hung up. */
static void close_others(int one, int other)
{
	unsigned low = (unsigned)(one < other ? one : other),
		 high = (unsigned)(one < other ? other : one);
	(void)close_range(STDERR_FILENO + 1, low - 1, 0);
	(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
}

static NORETURN void become(struct loop *loop)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_others(loop->control, loop->door);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		_exit(1);
	run(loop);
}

struct proxy *proxy_start(struct proxy_place listen, struct proxy_place server)
{
	int control[2];
	struct loop loop = {.listen = listen, .server = server};
	loop.door = open_door(&loop.listen);
	if (loop.door < 0)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) {
		close(loop.door);
		return NULL;
	}
	loop.control = control[1];
	pid_t pid = fork();
	if (pid == 0)
		become(&loop);
	close(loop.door);
	close(control[1]);
	struct proxy *proxy = xcalloc(1, sizeof(*proxy));
	*proxy = (struct proxy){pid, control[0], loop.listen.port};
	if (pid > 0)
		return proxy;
	proxy_stop(proxy);
	return NULL;
}

void proxy_stop(struct proxy *proxy)
{
	if (!proxy)
		return;
	close(proxy->control);
	if (proxy->pid > 0) {
		kill(proxy->pid, SIGKILL);
		waitpid(proxy->pid, NULL, 0);
	}
	free(proxy);
}

uint16_t proxy_port(const struct proxy *proxy)
{
	return proxy->port;
}

pid_t proxy_pid(const struct proxy *proxy)
{
	return proxy->pid;
}

static struct proxy_counts order(struct proxy *proxy, const struct order *order)
{
	struct proxy_counts counts = {0};
	if (send(proxy->control, order, sizeof(*order), MSG_NOSIGNAL) != (ssize_t)sizeof(*order) ||
		recv(proxy->control, &counts, sizeof(counts), 0) != (ssize_t)sizeof(counts))
		abort();
	return counts;
}

void proxy_set(struct proxy *proxy, enum proxy_way way, const struct toxics *toxics)
{
	(void)order(proxy, &(struct order){.kind = ORDER_SET, .way = way, .toxics = *toxics});
}

void proxy_cut(struct proxy *proxy)
{
	(void)order(proxy, &(struct order){.kind = ORDER_CUT});
}

void proxy_door(struct proxy *proxy, bool is_open)
{
	(void)order(proxy, &(struct order){.kind = ORDER_DOOR, .is_open = is_open});
}

void proxy_lead_to(struct proxy *proxy, uint16_t port)
{
	(void)order(proxy, &(struct order){.kind = ORDER_SERVER, .port = port});
}

struct proxy_counts proxy_counts(struct proxy *proxy)
{
	return order(proxy, &(struct order){.kind = ORDER_COUNTS});
}
