/* SPDX-License-Identifier: MIT */
/*
 * A new critical alert is told to whoever does not look: the terminal's bell, a message to the desktop through the
 * terminal (OSC 9, OSC 777), and a line across the status lines for a moment. One signal a turn and one in
 * ALARM_GAP_MS, however many begin; what fired before this screen looked, and what an engine finds in its first
 * ALARM_START_MS, is not new. Bytes leave with a frame, by the way that frames take. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_ALARM_H
#define BOTSWAIN_TUI_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/conf/settings.h"

struct app;
struct str;

enum {
	ALARM_GAP_MS = 10000,     /* between two signals */
	ALARM_FLASH_MS = 4000,    /* the line stays so long */
	ALARM_START_MS = 10000,   /* an engine that just started finds what was wrong already */
	ALARM_ORPHAN_MS = 300000, /* an alert that went with its engine is known so long */
};

/* What can be switched. */
enum alarm_part { ALARM_BELL, ALARM_NOTIFY, ALARM_FLASH };

/* A critical alert that fires, as this screen knows it. */
struct alarm_known {
	uint64_t id;
	int64_t fired_ms;     /* engine's wall clock */
	int64_t gone_mono_ms; /* since when the model has it no more; 0: it has it */
	bool told;
};

struct alarm {
	bool bell, flash; /* what this screen does */
	enum notify_way notify;
	struct alarm_known *known; /* ordered by id */
	size_t count;
	uint32_t primed; /* bit n: it has looked once at engine n */
	bool due;        /* a signal goes out with the next frame */
	int64_t told_mono_ms;
	size_t firing;          /* alerts of any severity, */
	int64_t newest_ms;      /* and when the newest of them began to */
	int64_t flash_until_ms; /* monotonic; 0: nothing is shown */
	char *text;             /* of the last signal, safe for a cell; NULL: none yet */
};

void alarm_init(struct alarm *alarm, const struct settings *settings);
void alarm_release(struct alarm *alarm);
/* Switches every part of it off: what is shown is a replay. */
void alarm_mute(struct alarm *alarm);

/* Looks at what is now, also while the past is shown, when turns were applied to it (bit n: of link n); then what time alone
 * changes. */
void alarm_step(struct app *app, uint32_t turned);
/* Sends what is due; after a frame was presented. */
void alarm_sound(struct app *app);
/* Milliseconds until alarm_step() has something to do by itself, -1: never. */
int64_t alarm_left_ms(const struct app *app);
/* What is shown across the status lines now, NULL: nothing. */
const char *alarm_banner(const struct app *app);
/* "bell on, notifications auto, flash off": for the help. */
void alarm_say(const struct alarm *alarm, struct str *text);

#endif
