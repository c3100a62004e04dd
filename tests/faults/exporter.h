/* SPDX-License-Identifier: MIT */
/* A target of scrapes that can be hostile: a process of ours on a port of loopback, with a page for each manner. */
#ifndef BOTSWAIN_TESTS_FAULTS_EXPORTER_H
#define BOTSWAIN_TESTS_FAULTS_EXPORTER_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct exporter {
	pid_t pid; /* 0: it does not run */
	int port;  /* 0: a free one is taken at the first start */
};

/*
 * /good     three series
 * /counter  grows by 100 a second, from 0 at each start
 * /million  one good series, then a million others
 * /endless  one good series, then others without an end
 * /types    one good series among types that contradict each other and values that are none
 * /twice    each series twice, the second time with another value
 */
bool exporter_start(struct exporter *exporter) MUST_CHECK;
void exporter_end(struct exporter *exporter); /* SIGKILL; legal when it does not run */

#endif
