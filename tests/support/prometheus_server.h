/* SPDX-License-Identifier: MIT */
/* A Prometheus of Debian as a process of a test on loopback, with samples that are given to it. */
#ifndef BOTSWAIN_TESTS_PROMETHEUS_SERVER_H
#define BOTSWAIN_TESTS_PROMETHEUS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct prometheus_server {
	pid_t pid;
	int port;
};

/* Of all of them. */
#define PROMETHEUS_USER     "op"
#define PROMETHEUS_PASSWORD "right-password"

/* Is it installed? */
bool has_prometheus(void);
/* Starts one in the folder of the test (folder.h), with what OpenMetrics text says, and waits until it answers. */
void prometheus_start(struct prometheus_server *server, const char *samples);
void prometheus_end(struct prometheus_server *server);

#endif
