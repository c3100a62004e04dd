/* SPDX-License-Identifier: MIT */
/* `botswaind --discover`: looks once, prints what it found, and leaves. Main thread. */
#ifndef BOTSWAIN_ENGINE_DISCOVER_RUN_H
#define BOTSWAIN_ENGINE_DISCOVER_RUN_H

struct options;

/* The exit status: 0, 1 when it could not be printed, 2 when the configuration is wrong, 4 when
 * nothing was found. */
int discover_run(const struct options *options);

#endif
