/* SPDX-License-Identifier: MIT */
/*
 * A resolver of the run's own at 127.0.0.53, in its network namespace, and the /etc/resolv.conf of the run that names it.
 * It knows every name as 127.0.0.1, and is told at run time how to answer. A process of its own.
 */
#ifndef BOTSWAIN_TESTS_FAULTS_DNS_H
#define BOTSWAIN_TESTS_FAULTS_DNS_H

#include <stdbool.h>
#include "core/base/attr.h"

struct dns;
struct sight;

enum dns_manner {
	DNS_GOOD,
	DNS_FAILS,  /* SERVFAIL */
	DNS_SILENT, /* it takes the question and never answers */
	DNS_SLOW,   /* the answer comes after DNS_SLOW_MS */
};

enum { DNS_SLOW_MS = 2000 };

/* NULL: not in a namespace of ours, which `sight` has as what is not so. */
struct dns *dns_start(struct sight *sight) MUST_CHECK;
void dns_set(struct dns *dns, enum dns_manner manner);
/* Questions so far. */
unsigned dns_questions(const struct dns *dns);
/* /etc/resolv.conf is as it was. NULL is legal. */
void dns_stop(struct dns *dns);

#endif
