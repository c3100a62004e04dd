/* SPDX-License-Identifier: MIT */
/* A systemd that lies, under its name on a real message bus; see peers.h. */
#ifndef BOTSWAIN_TESTS_HOSTILE_BUS_H
#define BOTSWAIN_TESTS_HOSTILE_BUS_H

/* At the socket `bus` of the test's folder. It has each service that it is asked for, says a SubState of `one`, an ActiveState
 * of `two` and a Result of all others, refuses who asks for `refused` first, and lists another one to who wants all. */
void bus_open(void);
void bus_close(void);

#endif
