/* SPDX-License-Identifier: MIT */
/* A server of HTTP that gives everybody the same bytes, whatever they are: a process of its own on a port of 127.0.0.1. */
#ifndef BOTSWAIN_TESTS_FAULTS_LIAR_H
#define BOTSWAIN_TESTS_FAULTS_LIAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct liar {
	pid_t pid;
	uint16_t port;
};

bool liar_start(const char *bytes, size_t length, struct liar *ret) MUST_CHECK;
void liar_stop(struct liar *liar);

/* A socket that listens on 127.0.0.1 at the port (0: a free one, which is set); -1: it cannot. */
int listen_at(uint16_t *port) MUST_CHECK;

#endif
