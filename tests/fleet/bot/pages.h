/* SPDX-License-Identifier: MIT */
/* The bot's listener on loopback: /metrics, /healthz and its webhook. */
#ifndef BOTSWAIN_FLEET_PAGES_H
#define BOTSWAIN_FLEET_PAGES_H

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct agent;

/*
 * Listens on the port that run_dir/<instance>.port names, so that a restart finds its scrapers and
 * its webhook again; the first time it takes a free port below the ephemeral ones and writes the
 * file.
 */
MUST_CHECK bool pages_start(struct agent *agent, struct err *err);

#endif
