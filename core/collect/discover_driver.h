/* SPDX-License-Identifier: MIT */
/* What operators may do to the bots that were found: the driver of their supervisor. Pure; any thread. */
#ifndef BOTSWAIN_COLLECT_DISCOVER_DRIVER_H
#define BOTSWAIN_COLLECT_DISCOVER_DRIVER_H

struct discovery;
struct settings;
struct str;

/*
 * Appends `driver:` for the supervisor that runs most of the bots, and as a comment that of each other one: a configuration has
 * one. Nothing when `settings` have a driver. It does nothing by itself: `write` stays read-only.
 */
void discovery_driver(
	const struct discovery *discovery, const struct settings *settings, struct str *to);

#endif
