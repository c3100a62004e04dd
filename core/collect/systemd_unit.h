/* SPDX-License-Identifier: MIT */
/* What systemd says of one service: the answer to GetAll, and its unit files where the bus is silent. */
#ifndef BOTSWAIN_COLLECT_SYSTEMD_UNIT_H
#define BOTSWAIN_COLLECT_SYSTEMD_UNIT_H

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include "core/collect/programs.h"

struct err;

/* Fills `program`, whose name is set, from `reply` (all interfaces of the unit `id`). False and
 * ERR_PROTOCOL when it does not read as one. Marks the reply as sensitive: its environment is wiped
 * with it. */
MUST_CHECK bool systemd_unit_read(sd_bus_message *reply, const char *id, bool is_user,
	struct program *program, struct err *err);

#endif
