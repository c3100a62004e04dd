/* SPDX-License-Identifier: MIT */
/* What a pm2 daemon says of its apps: the answer to getMonitorData over its axon socket (the fields are those of
 * `pm2 jlist`). Pure; any thread. */
#ifndef BOTSWAIN_COLLECT_SUPERVISOR_PM2_H
#define BOTSWAIN_COLLECT_SUPERVISOR_PM2_H

#include <stdbool.h>
#include "core/base/attr.h"

struct amp_frame;
struct err;
struct programs;

/* Adds the apps of an answer. False: it is none; what was added before stays. */
MUST_CHECK bool pm2_read_answer(
	const struct amp_frame *frame, struct programs *programs, struct err *err);

#endif
