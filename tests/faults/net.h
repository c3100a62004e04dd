/* SPDX-License-Identifier: MIT */
/*
 * Faults of the network, by rules of nftables. The whole run is in a network namespace of its own (tests/faults/run), so a
 * rule touches nothing but the run; without that none is added. A port has one rule at a time, in a table of its own, so
 * that it is taken away exactly; the runner takes away what a row left behind, and says so.
 */
#ifndef BOTSWAIN_TESTS_FAULTS_NET_H
#define BOTSWAIN_TESTS_FAULTS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct sight;

enum net_rule {
	NET_DROP,   /* what is sent to the port is lost, also on open connections: half-open */
	NET_REJECT, /* it is answered by a reset */
	NET_LOSE,   /* what is sent to or from the port is lost by chance */
};

/* We are root in a network that the rest of the machine has no part in. */
bool net_is_ours(void);
/* A TCP or UDP port of loopback; `percent` counts for NET_LOSE alone. False: there is no such rule now, and `sight` has
 * the reason as what is not so. */
bool net_break(uint16_t port, enum net_rule rule, unsigned percent, struct sight *sight) MUST_CHECK;
/* Takes the rule of the port away; none is legal. */
void net_heal(uint16_t port);
/* Takes away what is left; how many. */
size_t net_heal_all(void);
/* Sockets of the process that are, or try to be, connected to the port (IPv4). */
unsigned net_connections(pid_t pid, uint16_t port);

#endif
