/* SPDX-License-Identifier: MIT */
/*
 * xread raw|hiredis|ours SOCKET ENTRIES: reads a stream that was there before.
 * xread live-hiredis|live-ours SOCKET MS: reads what comes.
 * xread feed SOCKET RATE MS: adds to it.
 * Prints microseconds by the watch, microseconds of the processor, and entries.
 */
#include "tests/xread/xread.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/attr.h"
#include "core/base/clock.h"

static const struct {
	const char *name;
	xread_function *read;
	xread_live_function *live;
} ways[] = {{"raw", .read = xread_raw}, {"hiredis", .read = xread_hiredis},
	{"ours", .read = xread_ours}, {"live-hiredis", .live = xread_live_hiredis},
	{"live-ours", .live = xread_live_ours}};

static int64_t cpu_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int run(size_t way, const char *socket, long number)
{
	size_t entries = (size_t)number;
	int64_t watch = clock_cost_us(), cpu = cpu_us();
	bool good = ways[way].read ? ways[way].read(socket, entries)
				   : ways[way].live(socket, number, (entries = 0, &entries));
	printf("%lld %lld %zu\n", (long long)(clock_cost_us() - watch), (long long)(cpu_us() - cpu),
		entries);
	return !good;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "feed") == 0)
		return !xread_feed(argv[2], (size_t)atol(argv[3]), atol(argv[4]));
	for (size_t i = 0; argc == 4 && i < COUNT_OF(ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return run(i, argv[2], atol(argv[3]));
	fprintf(stderr, "usage: xread raw|hiredis|ours SOCKET ENTRIES\n"
			"       xread live-hiredis|live-ours SOCKET MS\n"
			"       xread feed SOCKET RATE MS\n");
	return 2;
}
