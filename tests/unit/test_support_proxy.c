/* SPDX-License-Identifier: MIT */
/* The proxy that makes bad lines: each toxic by itself, in times of a clock that is an argument; then real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/lane.h"
#include "tests/support/proxy.h"

/* ---- a lane ---- */

static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
enum { LENGTH = sizeof(text) - 1, START_MS = 1000 };

static int setup(void **state)
{
	*state = lane_new(7);
	return 0;
}

static int teardown(void **state)
{
	lane_free(*state);
	return 0;
}

static void put(struct lane *lane, const struct toxics *toxics)
{
	lane_set(lane, toxics);
	lane_put(lane, text, LENGTH, START_MS);
}

/* What passes at that time is taken. */
static size_t pass(struct lane *lane, int64_t ms)
{
	struct lane_step step = lane_peek(lane, ms);
	lane_passed(lane, step.length, ms);
	return step.length;
}

static void a_good_line_passes_all_at_once_and_then_its_end(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){0});
	struct lane_step step = lane_peek(lane, START_MS);
	assert_int_equal(step.length, LENGTH);
	assert_memory_equal(step.bytes, text, LENGTH);
	lane_finish(lane, START_MS);
	assert_int_equal(lane_peek(lane, START_MS).end, LANE_OPEN);
	lane_passed(lane, LENGTH, START_MS);
	assert_int_equal(lane_peek(lane, START_MS).end, LANE_CLOSE);
}

static void latency_makes_every_byte_later(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.latency_ms = 250});
	assert_int_equal(pass(lane, START_MS + 249), 0);
	assert_int_equal(lane_due_ms(lane, START_MS), START_MS + 250);
	assert_int_equal(pass(lane, START_MS + 250), LENGTH);
}

static void jitter_is_by_chance_within_its_span_and_never_out_of_order(void **state)
{
	struct lane *lane = *state;
	bool early = false, late = false;
	lane_set(lane, &(struct toxics){.latency_ms = 100, .jitter_ms = 50});
	for (int64_t i = 0; i < 200; i++) {
		int64_t ms = START_MS + i * 1000;
		char byte = (char)i;
		lane_put(lane, &byte, 1, ms);
		int64_t later_ms = lane_due_ms(lane, ms) - ms;
		assert_in_range(later_ms, 100, 150);
		early |= later_ms < 110;
		late |= later_ms > 140;
		struct lane_step step = lane_peek(lane, ms + later_ms);
		assert_int_equal(step.bytes[0], byte);
		lane_passed(lane, 1, ms + later_ms);
	}
	assert_true(early && late);
}

static void a_drip_is_so_many_bytes_an_interval(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.drip_bytes = 1, .drip_ms = 1000});
	assert_int_equal(pass(lane, START_MS), 1);
	assert_int_equal(pass(lane, START_MS + 999), 0);
	assert_int_equal(lane_due_ms(lane, START_MS + 999), START_MS + 1000);
	assert_int_equal(pass(lane, START_MS + 1000), 1);
	assert_int_equal(pass(lane, START_MS + 1000), 0);
}

static void a_slicer_cuts_into_pieces_with_a_pause_between(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.slice_bytes = 10, .slice_ms = 5});
	assert_int_equal(pass(lane, START_MS), 10);
	assert_int_equal(pass(lane, START_MS + 4), 0);
	assert_int_equal(pass(lane, START_MS + 5), 10);
	assert_int_equal(pass(lane, START_MS + 10), 10);
	assert_int_equal(pass(lane, START_MS + 15), LENGTH - 30);
}

static void bandwidth_is_bytes_a_second(void **state)
{
	struct lane *lane = *state;
	size_t passed = 0;
	char bytes[4096] = {0};
	lane_set(lane, &(struct toxics){.bytes_a_second = 2000});
	lane_put(lane, bytes, sizeof(bytes), START_MS);
	for (int64_t ms = START_MS; ms < START_MS + 1000; ms++)
		passed += pass(lane, ms);
	assert_in_range(passed, 1900, 2100);
}

static void a_limit_closes_after_so_many_bytes(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.limit_bytes = 15});
	assert_int_equal(pass(lane, START_MS), 15);
	assert_int_equal(lane_peek(lane, START_MS).length, 0);
	assert_int_equal(lane_peek(lane, START_MS).end, LANE_CLOSE);
}

static void a_reset_comes_after_so_many_bytes_counted_from_when_it_was_told(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){0});
	assert_int_equal(pass(lane, START_MS), LENGTH);
	put(lane, &(struct toxics){.reset_bytes = 20, .limit_bytes = 30});
	assert_int_equal(pass(lane, START_MS), 20);
	assert_int_equal(lane_peek(lane, START_MS).end, LANE_RESET);
}

static void what_is_swallowed_never_passes_and_neither_does_the_end(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.swallow = true});
	lane_finish(lane, START_MS);
	assert_int_equal(lane_peek(lane, START_MS + 1000000).length, 0);
	assert_int_equal(lane_peek(lane, START_MS + 1000000).end, LANE_OPEN);
	assert_true(lane_due_ms(lane, START_MS) == INT64_MAX);
	lane_set(lane, &(struct toxics){0});
	assert_int_equal(lane_peek(lane, START_MS + 1000000).end, LANE_CLOSE);
}

static void a_slow_close_lets_the_bytes_pass_and_keeps_the_end(void **state)
{
	struct lane *lane = *state;
	put(lane, &(struct toxics){.slow_close_ms = 3000});
	lane_finish(lane, START_MS);
	assert_int_equal(pass(lane, START_MS), LENGTH);
	assert_int_equal(lane_peek(lane, START_MS + 2999).end, LANE_OPEN);
	assert_int_equal(lane_due_ms(lane, START_MS), START_MS + 3000);
	assert_int_equal(lane_peek(lane, START_MS + 3000).end, LANE_CLOSE);
}

static void a_lane_that_is_full_takes_no_more_and_empties_to_take_it_again(void **state)
{
	struct lane *lane = *state;
	static char bytes[1 << 16];
	lane_set(lane, &(struct toxics){.slice_bytes = 100000});
	for (int round = 0; round < 40; round++) {
		while (lane_room(lane))
			lane_put(lane, bytes, sizeof(bytes), START_MS);
		assert_int_equal(pass(lane, START_MS), 100000);
	}
	size_t left = 0;
	for (size_t passed; (passed = pass(lane, START_MS)); left += passed)
		;
	assert_in_range(left, (1 << 20) - 100000, (1 << 20) + sizeof(bytes));
	assert_in_range(lane_room(lane), 1 << 20, SIZE_MAX);
}

/* ---- the proxy, on real sockets ---- */

enum { LIMIT_S = 10 };

struct line {
	struct proxy *proxy;
	int listener, client, server;
};

static void set_patience(int fd)
{
	const struct timeval limit = {.tv_sec = LIMIT_S};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	set_patience(fd);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int knock(const struct line *line)
{
	struct sockaddr_in address = loopback(proxy_port(line->proxy));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		set_patience(fd);
		return fd;
	}
	int failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

static void meet(struct line *line)
{
	line->client = knock(line);
	line->server = accept(line->listener, NULL, NULL);
	assert_true(line->client >= 0 && line->server >= 0);
	set_patience(line->server);
}

static void part(struct line *line)
{
	close(line->client);
	close(line->server);
}

static int line_setup(void **state)
{
	struct line *line = xcalloc(1, sizeof(*line));
	uint16_t port;
	line->listener = listen_somewhere(&port);
	line->proxy = proxy_start((struct proxy_place){NULL, 0}, (struct proxy_place){NULL, port});
	assert_non_null(line->proxy);
	meet(line);
	*state = line;
	return 0;
}

static int line_teardown(void **state)
{
	struct line *line = *state;
	part(line);
	close(line->listener);
	proxy_stop(line->proxy);
	free(line);
	return 0;
}

static void send_text(int fd)
{
	assert_int_equal(send(fd, text, LENGTH, MSG_NOSIGNAL), LENGTH);
}

/* All until the end: how many bytes, and how it ended (0 or an errno). */
static size_t read_to_end(int fd, int *ret_error)
{
	char bytes[256];
	size_t length = 0;
	ssize_t got;
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		length += (size_t)got;
	*ret_error = got < 0 ? errno : 0;
	return length;
}

static void expect_text(int fd)
{
	char bytes[LENGTH];
	assert_int_equal(recv(fd, bytes, LENGTH, MSG_WAITALL), LENGTH);
	assert_memory_equal(bytes, text, LENGTH);
}

static void bytes_and_ends_pass_both_ways(void **state)
{
	struct line *line = *state;
	int error;
	send_text(line->client);
	expect_text(line->server);
	shutdown(line->client, SHUT_WR);
	assert_int_equal(read_to_end(line->server, &error), 0);
	assert_int_equal(error, 0);
	send_text(line->server);
	close(line->server);
	line->server = -1;
	assert_int_equal(read_to_end(line->client, &error), LENGTH);
	assert_int_equal(error, 0);
	struct proxy_counts counts = proxy_counts(line->proxy);
	assert_int_equal(counts.accepted, 1);
	assert_int_equal(counts.bytes[PROXY_UP], LENGTH);
	assert_int_equal(counts.bytes[PROXY_DOWN], LENGTH);
}

static void a_reset_in_the_middle_is_a_reset_for_the_client(void **state)
{
	struct line *line = *state;
	int error;
	proxy_set(line->proxy, PROXY_DOWN, &(struct toxics){.reset_bytes = 12});
	send_text(line->server);
	assert_in_range(read_to_end(line->client, &error), 0, 12);
	assert_int_equal(error, ECONNRESET);
}

static void a_limit_is_an_end_in_order_for_the_client(void **state)
{
	struct line *line = *state;
	int error;
	proxy_set(line->proxy, PROXY_DOWN, &(struct toxics){.limit_bytes = 12});
	send_text(line->server);
	assert_int_equal(read_to_end(line->client, &error), 12);
	assert_int_equal(error, 0);
}

static void pieces_arrive_as_pieces(void **state)
{
	struct line *line = *state;
	char bytes[LENGTH];
	proxy_set(line->proxy, PROXY_UP, &(struct toxics){.slice_bytes = 5, .slice_ms = 60});
	send_text(line->client);
	assert_int_equal(read(line->server, bytes, LENGTH), 5);
	assert_int_equal(read(line->server, bytes, LENGTH), 5);
}

static void a_closed_door_refuses_and_opens_again_at_its_place(void **state)
{
	struct line *line = *state;
	uint16_t port = proxy_port(line->proxy);
	int error;
	proxy_door(line->proxy, false);
	assert_int_equal(read_to_end(line->client, &error), 0);
	assert_int_equal(error, ECONNRESET);
	assert_int_equal(knock(line), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(proxy_counts(line->proxy).open, 0);
	proxy_door(line->proxy, true);
	assert_int_equal(proxy_port(line->proxy), port);
	part(line);
	meet(line);
	send_text(line->client);
	expect_text(line->server);
}

static void all_connections_are_cut_at_once_and_new_ones_are_good(void **state)
{
	struct line *line = *state;
	int error;
	send_text(line->client);
	expect_text(line->server);
	proxy_cut(line->proxy);
	assert_int_equal(read_to_end(line->client, &error), 0);
	assert_int_equal(error, ECONNRESET);
	part(line);
	meet(line);
	send_text(line->server);
	expect_text(line->client);
}

static void who_comes_can_be_led_to_another_server(void **state)
{
	struct line *line = *state;
	int error, old = line->listener;
	uint16_t port;
	line->listener = listen_somewhere(&port);
	close(old);
	proxy_lead_to(line->proxy, port);
	assert_int_equal(read_to_end(line->client, &error), 0);
	assert_int_equal(error, ECONNRESET);
	part(line);
	meet(line);
	send_text(line->server);
	expect_text(line->client);
}

static void a_server_that_is_away_resets_who_comes(void **state)
{
	struct line *line = *state;
	char byte;
	close(line->listener);
	line->listener = -1;
	int fd = knock(line);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
}

static void unix_sockets_are_lines_as_well(void **state)
{
	struct line *line = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)folder_setup(NULL);
	autofree char *path = folder_path("s");
	(void)copy_text(address.sun_path, sizeof(address.sun_path), path);
	struct sockaddr_in there;
	socklen_t length = sizeof(there);
	assert_int_equal(getsockname(line->listener, (struct sockaddr *)&there, &length), 0);
	struct proxy *proxy = proxy_start(
		(struct proxy_place){path, 0}, (struct proxy_place){NULL, ntohs(there.sin_port)});
	assert_non_null(proxy);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	int server = accept(line->listener, NULL, NULL);
	send_text(client);
	expect_text(server);
	close(client);
	close(server);
	proxy_stop(proxy);
	(void)folder_teardown(NULL);
}

int main(void)
{
#define LANE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define LINE(name) cmocka_unit_test_setup_teardown(name, line_setup, line_teardown)
	const struct CMUnitTest tests[] = {
		LANE(a_good_line_passes_all_at_once_and_then_its_end),
		LANE(latency_makes_every_byte_later),
		LANE(jitter_is_by_chance_within_its_span_and_never_out_of_order),
		LANE(a_drip_is_so_many_bytes_an_interval),
		LANE(a_slicer_cuts_into_pieces_with_a_pause_between),
		LANE(bandwidth_is_bytes_a_second),
		LANE(a_limit_closes_after_so_many_bytes),
		LANE(a_reset_comes_after_so_many_bytes_counted_from_when_it_was_told),
		LANE(what_is_swallowed_never_passes_and_neither_does_the_end),
		LANE(a_slow_close_lets_the_bytes_pass_and_keeps_the_end),
		LANE(a_lane_that_is_full_takes_no_more_and_empties_to_take_it_again),
		LINE(bytes_and_ends_pass_both_ways),
		LINE(a_reset_in_the_middle_is_a_reset_for_the_client),
		LINE(a_limit_is_an_end_in_order_for_the_client),
		LINE(pieces_arrive_as_pieces),
		LINE(a_closed_door_refuses_and_opens_again_at_its_place),
		LINE(all_connections_are_cut_at_once_and_new_ones_are_good),
		LINE(who_comes_can_be_led_to_another_server),
		LINE(a_server_that_is_away_resets_who_comes),
		LINE(unix_sockets_are_lines_as_well),
	};
	return cmocka_run_group_tests_name("support_proxy", tests, NULL, NULL);
}
