/* SPDX-License-Identifier: MIT */
#include "core/engine/systemd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "core/base/str.h"
#include "core/engine/internal.h"

/* "12 bots, 3 alerts firing": what `systemctl status` shows. */
static void write_status(const struct engine *engine, char *to, size_t size)
{
	size_t bots, alerts, firing = 0;
	(void)model_bots(engine->model, &bots);
	const struct msg_alert *const *list = model_alerts(engine->model, &alerts);
	for (size_t i = 0; i < alerts; i++)
		firing += strcmp(list[i]->state, "firing") == 0;
	if (engine->config_error[0])
		copy_text(to, size, "the changed configuration is refused: see the log");
	else
		snprintf(to, size, "%zu %s, %zu %s", bots, bots == 1 ? "bot" : "bots", firing,
			firing == 1 ? "alert fires" : "alerts fire");
}

void systemd_begin(struct engine *engine)
{
	struct systemd *systemd = &engine->systemd;
	uint64_t limit_us = 0;
	systemd->on = getenv("NOTIFY_SOCKET") && engine->options.listen && !engine->options.own;
	if (!systemd->on)
		return;
	if (sd_watchdog_enabled(0, &limit_us) > 0)
		systemd->every_ms = (int64_t)(limit_us / 2000);
	sd_notify(0, "READY=1");
	systemd_beat(engine);
}

void systemd_beat(struct engine *engine)
{
	struct systemd *systemd = &engine->systemd;
	char status[sizeof(systemd->status)];
	if (!systemd->on)
		return;
	if (systemd->every_ms && now_mono(engine) >= systemd->due_mono_ms) {
		systemd->due_mono_ms = now_mono(engine) + systemd->every_ms;
		sd_notify(0, "WATCHDOG=1");
	}
	write_status(engine, status, sizeof(status));
	if (strcmp(status, systemd->status) == 0)
		return;
	copy_text(systemd->status, sizeof(systemd->status), status);
	sd_notifyf(0, "STATUS=%s", status);
}

void systemd_reloading(struct engine *engine)
{
	if (engine->systemd.on)
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
			clock_mono_ms(clock_real()) * 1000);
}

void systemd_reloaded(struct engine *engine)
{
	if (engine->systemd.on)
		sd_notify(0, "READY=1");
}

void systemd_stopping(struct engine *engine, const char *status)
{
	if (engine->systemd.on)
		sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}
