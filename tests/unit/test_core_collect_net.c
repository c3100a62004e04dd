/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/collect/net.h"
#include "core/collect/resolve.h"

static int listener, port, stop_fd;

static int setup(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	(void)state;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (listener >= 0)
		close(listener);
	close(stop_fd);
	return 0;
}

static struct net_limit within(int64_t ms)
{
	return (struct net_limit){.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + ms,
		.stop_fd = stop_fd};
}

static void stop(void)
{
	uint64_t one = 1;
	assert_int_equal(write(stop_fd, &one, sizeof(one)), (int)sizeof(one));
}

static bool open_port(struct net **ret, int64_t ms, struct err *err)
{
	const struct net_address address = {
		.host = "127.0.0.1", .socket = "", .port = port, .ca_file = ""};
	const struct net_limit limit = within(ms);
	return net_open(&address, &limit, ret, err);
}

static struct net *connected(int *ret_peer)
{
	struct net *net = NULL;
	struct err err = {0};
	if (!open_port(&net, 2000, &err))
		fail_msg("%s", err.text);
	*ret_peer = accept(listener, NULL, NULL);
	return net;
}

static void what_is_sent_arrives_and_what_comes_is_taken(void **state)
{
	(void)state;
	char bytes[16];
	size_t length;
	int peer;
	struct net *net = connected(&peer);
	const struct net_limit limit = within(2000);
	assert_true(net_send(net, "hello", 5, &limit, NULL));
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 5);
	assert_int_equal(write(peer, "abc", 3), 3);
	assert_true(net_receive(net, bytes, sizeof(bytes), &limit, &length, NULL));
	assert_int_equal(length, 3);
	close(peer);
	struct err err = {0};
	assert_false(net_receive(net, bytes, sizeof(bytes), &limit, &length, &err));
	assert_int_equal(err.code, ERR_UNREACHABLE);
	net_close(net);
}

static void a_closed_port_is_refused_at_once(void **state)
{
	(void)state;
	struct net *net = NULL;
	struct err err = {0};
	close(listener);
	listener = -1;
	assert_false(open_port(&net, 2000, &err));
	assert_int_equal(err.code, ERR_UNREACHABLE);
	assert_string_equal(err.text, "Connection refused");
}

/* The queue of a listener that accepts nobody is full after a few. */
static void a_peer_that_does_not_answer_is_left_at_the_deadline(void **state)
{
	(void)state;
	struct net *nets[8] = {0};
	struct err err = {0};
	size_t count = 0;
	while (count < COUNT_OF(nets) && open_port(&nets[count], 150, &err))
		count++;
	assert_true(count < COUNT_OF(nets));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.text, "no connection in time");
	while (count)
		net_close(nets[--count]);
}

static void a_silent_peer_and_one_that_does_not_read_are_left_at_the_deadline(void **state)
{
	(void)state;
	static char much[1 << 20];
	char bytes[16];
	size_t length;
	int peer;
	struct net *net = connected(&peer);
	struct err err = {0};
	struct net_limit limit = within(50);
	assert_false(net_receive(net, bytes, sizeof(bytes), &limit, &length, &err));
	assert_string_equal(err.text, "no answer in time");
	limit = within(100);
	bool is_sent = true;
	for (int i = 0; i < 64 && is_sent; i++)
		is_sent = net_send(net, much, sizeof(much), &limit, &err);
	assert_false(is_sent);
	assert_string_equal(err.text, "could not send in time");
	net_close(net);
	close(peer);
}

static void stopping_ends_every_wait_at_once(void **state)
{
	(void)state;
	char bytes[16];
	size_t length;
	int peer;
	struct net *net = connected(&peer);
	struct err err = {0};
	int64_t start_ms = clock_mono_ms(clock_real());
	const struct net_limit limit = within(5000);
	stop();
	assert_false(net_receive(net, bytes, sizeof(bytes), &limit, &length, &err));
	assert_int_equal(err.code, ERR_CANCELLED);
	assert_false(net_wait(peer, POLLIN, &limit, "nothing", &err));
	assert_true(clock_mono_ms(clock_real()) - start_ms < 1000);
	net_close(net);
	close(peer);
}

static void a_socket_path_that_is_too_long_is_named_as_such(void **state)
{
	(void)state;
	char path[200];
	struct net *net = NULL;
	struct err err = {0};
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	const struct net_address address = {.host = "", .socket = path, .ca_file = ""};
	const struct net_limit limit = within(100);
	assert_false(net_open(&address, &limit, &net, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

static void a_number_is_no_lookup_and_a_name_is_one_that_can_be_given_up(void **state)
{
	(void)state;
	struct addrinfo *found = NULL;
	struct err err = {0};
	struct net_limit limit = within(0);
	assert_true(resolve("127.0.0.1", 80, &limit, &found, &err));
	freeaddrinfo(found);
	limit = within(5000);
	assert_true(resolve("localhost", 80, &limit, &found, &err));
	freeaddrinfo(found);
	stop();
	int64_t start_ms = clock_mono_ms(clock_real());
	assert_false(resolve("no-such-name.invalid", 80, &limit, &found, &err));
	assert_true(err.code == ERR_CANCELLED || err.code == ERR_UNREACHABLE);
	assert_true(clock_mono_ms(clock_real()) - start_ms < 1000);
}

/* Without a descriptor nobody could tell of the answer, and there is nothing to wait for. */
static void a_name_that_gets_no_descriptor_is_refused_at_once(void **state)
{
	(void)state;
	const struct net_limit limit = within(5000);
	struct addrinfo *found = NULL;
	struct rlimit old, few;
	struct err err = {0};
	int next = dup(STDIN_FILENO);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){(rlim_t)next, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	bool is_found = resolve("localhost", 80, &limit, &found, &err);
	bool is_number = resolve("127.0.0.1", 80, &limit, &found, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_false(is_found);
	assert_string_equal(err.text, "cannot look up 'localhost': Too many open files");
	assert_true(is_number); /* it needs none */
	freeaddrinfo(found);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		/* First: a lookup that another test gave up closes its descriptor when it likes. */
		TEST(a_name_that_gets_no_descriptor_is_refused_at_once),
		TEST(what_is_sent_arrives_and_what_comes_is_taken),
		TEST(a_closed_port_is_refused_at_once),
		TEST(a_peer_that_does_not_answer_is_left_at_the_deadline),
		TEST(a_silent_peer_and_one_that_does_not_read_are_left_at_the_deadline),
		TEST(stopping_ends_every_wait_at_once),
		TEST(a_socket_path_that_is_too_long_is_named_as_such),
		TEST(a_number_is_no_lookup_and_a_name_is_one_that_can_be_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
