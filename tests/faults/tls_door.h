/* SPDX-License-Identifier: MIT */
/* A door of TLS before the fleet's server, with the certificate that is wished (certificates.h). A process of its own, and
 * one for each that comes in. */
#ifndef BOTSWAIN_TESTS_FAULTS_TLS_DOOR_H
#define BOTSWAIN_TESTS_FAULTS_TLS_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct faults;
struct sight;

struct tls_door {
	pid_t pid;
	uint16_t port, server;
	char *folder; /* of the certificates */
	struct tls_door_counts *counts;
};

/* Makes the certificates of the run in its fleet's folder, and has the programs of the run trust their authority; before
 * any of them starts. False: the run has no certificates of its own to trust (it is not root's), or they cannot be made. */
bool tls_trust(const struct faults *run);

/* At a free port, before 127.0.0.1:`server`; closed. False: `sight` has why. */
bool tls_door_make(const struct faults *run, uint16_t server, struct sight *sight,
	struct tls_door *ret) MUST_CHECK;
/* Open with that certificate; `is_old`: TLS 1.1 at most. Who is inside is thrown out. */
bool tls_door_open(struct tls_door *door, const char *certificate, bool is_old);
/* Handshakes that came to their end, of all. */
unsigned tls_door_handshakes(const struct tls_door *door);
void tls_door_release(struct tls_door *door);

#endif
