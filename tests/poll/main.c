/* SPDX-License-Identifier: MIT */
/*
 * poll ours|bare|default warm|cold URL CA-FILE CONNECTIONS REQUESTS: asks an HTTPS server so many times over so many kept
 * connections and prints microseconds by the watch, microseconds of the processor, and the most resident memory in KiB.
 * warm: the connections are there before it is measured; cold: from nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <curl/curl.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "tests/poll/poll.h"

static const struct {
	const char *name;
	const struct poller *poller;
} pollers[] = {{"ours", &poller_ours}, {"bare", &poller_bare}, {"default", &poller_default}};

static const struct poller *find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(pollers); i++)
		if (strcmp(pollers[i].name, name) == 0)
			return pollers[i].poller;
	return NULL;
}

static int64_t cpu_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Each connection is made, and the server knows it. */
static bool warm_up(const struct poller *poller, void *state, size_t connections)
{
	size_t requests = 4 * connections;
	return poller->ask(state, requests) == requests;
}

int main(int argc, char **argv)
{
	const struct poller *poller = argc == 7 ? find(argv[1]) : NULL;
	if (!poller) {
		fprintf(stderr, "usage: poll ours|bare|default warm|cold URL CA-FILE "
				"CONNECTIONS REQUESTS\n");
		return 2;
	}
	const struct poll_wish wish = {
		.base = argv[3], .ca_file = argv[4], .connections = (size_t)atol(argv[5])};
	size_t requests = (size_t)atol(argv[6]);
	struct rusage usage;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int64_t watch = clock_cost_us(), cpu = cpu_us();
	void *state = poller->open(&wish);
	if (strcmp(argv[2], "warm") == 0 && !warm_up(poller, state, wish.connections)) {
		fprintf(stderr, "poll: the server does not answer well\n");
		return 1;
	}
	if (strcmp(argv[2], "warm") == 0) {
		watch = clock_cost_us();
		cpu = cpu_us();
	}
	size_t well = poller->ask(state, requests);
	watch = clock_cost_us() - watch;
	cpu = cpu_us() - cpu;
	getrusage(RUSAGE_SELF, &usage);
	poller->close(state);
	printf("%lld %lld %ld\n", (long long)watch, (long long)cpu, usage.ru_maxrss);
	if (well < requests)
		fprintf(stderr, "poll: %zu of %zu were answered well\n", well, requests);
	return well < requests;
}
