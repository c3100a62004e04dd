/* SPDX-License-Identifier: MIT */
/*
 * A service's own /tmp and /var/tmp (PrivateTmp=yes of systemd.exec(5)): what others put there, a
 * socket, a pid file or a log, is not to be seen from it. That such a path is missing says nothing.
 * Any thread.
 */
#ifndef BOTSWAIN_COLLECT_PRIVATE_TMP_H
#define BOTSWAIN_COLLECT_PRIVATE_TMP_H

#include <stdbool.h>

/* What to do about it, as the end of a sentence. */
#define PRIVATE_TMP_STEP                                                                           \
	"this service has a /tmp of its own: put it elsewhere, or set PrivateTmp=no with "         \
	"`systemctl edit botswain`"

/* There is nothing at `path`, and it would be in a /tmp that is ours alone. */
bool private_tmp_hides(const char *path);
/* The same of one line of /proc/self/mountinfo (proc(5)): `path` is below that mount, and systemd made it
 * for one service. Pure. */
bool private_tmp_has(const char *line, const char *path);

#endif
