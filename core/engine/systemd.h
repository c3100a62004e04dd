/* SPDX-License-Identifier: MIT */
/*
 * What a service manager hears of an engine: ready, reloading, stopping, a line of status, and that it still turns
 * (sd_notify(3), Type=notify-reload and WatchdogSec= of systemd.service(5)). Without NOTIFY_SOCKET, and for the engine
 * of one screen, nothing is sent. The engine's thread.
 */
#ifndef BOTSWAIN_ENGINE_SYSTEMD_H
#define BOTSWAIN_ENGINE_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

struct systemd {
	bool on;
	int64_t due_mono_ms; /* next word to the watchdog */
	int64_t every_ms;    /* half of what it waits for; 0: there is none */
	char status[160];    /* as last said */
};

/* Finds out whether there is anybody to tell; says that we are ready. */
void systemd_begin(struct engine *engine);
/* Every beat: the watchdog, and the status where it changed. */
void systemd_beat(struct engine *engine);
/* A reload begins; it has ended, well or not. */
void systemd_reloading(struct engine *engine);
void systemd_reloaded(struct engine *engine);
/* The engine leaves; `status` says what it still waits for, and may be said again. */
void systemd_stopping(struct engine *engine, const char *status);

#endif
