/* SPDX-License-Identifier: MIT */
/* The sockets of libcurl on an epoll descriptor, with datagram sockets that send to themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/collect/http_watch.h"

enum { READY_MAX = 8 };

static struct http_watch watch;

static int setup(void **state)
{
	(void)state;
	http_watch_init(&watch);
	return watch.epoll_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	http_watch_release(&watch);
	return 0;
}

static int bound(int fd)
{
	const struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	return fd;
}

static int opened(void)
{
	return bound(http_watch_open(&watch, AF_INET, SOCK_DGRAM, 0));
}

/* As libcurl's resolver makes one, without a word to us. */
static int opened_behind_our_back(void)
{
	return bound(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static void make_readable(int fd)
{
	struct sockaddr_in self;
	socklen_t length = sizeof(self);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&self, &length), 0);
	assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&self, length), 1);
}

/* The one that is ready; -1 none. */
static int ready(void)
{
	struct epoll_event events[READY_MAX];
	size_t count = http_watch_ready(&watch, events, READY_MAX);
	assert_in_range(count, 0, 1);
	return count ? events[0].data.fd : -1;
}

static void a_socket_is_ready_when_it_is_waited_for(void **state)
{
	int fd = opened();
	(void)state;
	make_readable(fd);
	assert_int_equal(ready(), -1);
	http_watch_want(&watch, fd, EPOLLIN);
	assert_int_equal(ready(), fd);
	http_watch_want(&watch, fd, EPOLLIN | EPOLLOUT);
	assert_int_equal(ready(), fd);
	assert_int_equal(http_watch_close(&watch, fd), 0);
	assert_int_equal(ready(), -1);
}

static void between_two_calls_it_stays_watched(void **state)
{
	int fd = opened();
	(void)state;
	for (int i = 0; i < 3; i++) {
		http_watch_want(&watch, fd, EPOLLIN);
		http_watch_want(&watch, fd, 0);
		assert_int_equal(ready(), -1);
		assert_int_equal(watch.sockets[fd].watched, EPOLLIN);
	}
	http_watch_close(&watch, fd);
}

static void what_nobody_waits_for_is_reported_to_nobody_and_wakes_once(void **state)
{
	int fd = opened();
	(void)state;
	http_watch_want(&watch, fd, EPOLLIN);
	http_watch_want(&watch, fd, 0);
	make_readable(fd);
	assert_int_equal(ready(), -1);
	assert_int_equal(watch.sockets[fd].watched, 0);
	http_watch_want(&watch, fd, EPOLLIN);
	assert_int_equal(ready(), fd);
	http_watch_close(&watch, fd);
}

static void a_number_that_comes_back_is_another_socket(void **state)
{
	int first = opened();
	(void)state;
	http_watch_want(&watch, first, EPOLLIN);
	http_watch_want(&watch, first, 0);
	http_watch_close(&watch, first);
	int second = opened();
	assert_int_equal(second, first);
	http_watch_want(&watch, second, EPOLLIN);
	make_readable(second);
	assert_int_equal(ready(), second);
	http_watch_close(&watch, second);
}

static void one_that_others_opened_may_be_closed_behind_our_back(void **state)
{
	int first = opened_behind_our_back();
	(void)state;
	http_watch_want(&watch, first, EPOLLIN);
	close(first);
	int second = opened_behind_our_back();
	assert_int_equal(second, first);
	http_watch_want(&watch, second, EPOLLIN);
	make_readable(second);
	assert_int_equal(ready(), second);
	http_watch_want(&watch, second, 0);
	assert_int_equal(watch.sockets[second].watched, 0);
	close(second);
}

static void no_child_inherits_one(void **state)
{
	int fd = opened();
	(void)state;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	http_watch_close(&watch, fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_socket_is_ready_when_it_is_waited_for),
		TEST(between_two_calls_it_stays_watched),
		TEST(what_nobody_waits_for_is_reported_to_nobody_and_wakes_once),
		TEST(a_number_that_comes_back_is_another_socket),
		TEST(one_that_others_opened_may_be_closed_behind_our_back),
		TEST(no_child_inherits_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
