/* SPDX-License-Identifier: MIT */
/*
 * Peers that say what places.def plants, on sockets of their own, each a thread of this process: TLS servers that have a
 * certificate to show and nothing else, the daemon of a pm2, and a systemd on a real message bus. In the test's folder
 * (folder.h), which holds certificates (certificates.h). A failure to start fails the test.
 */
#ifndef BOTSWAIN_TESTS_HOSTILE_PEERS_H
#define BOTSWAIN_TESTS_HOSTILE_PEERS_H

enum peer_port { PEER_HTTPS, PEER_POSTGRES, PEER_REDIS, PEER_UNTRUSTED, PEER_PORTS };

/* TLS on these ports of loopback; pm2 in the folder `pm2`; systemd on the bus at the socket `bus`. */
void peers_open(int ports[PEER_PORTS]);
void peers_close(void);

#endif
