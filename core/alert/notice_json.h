/* SPDX-License-Identifier: MIT */
/* The one line of JSON that `on_alert` is told: its form is docs/operating.md's, and only grows. Pure. */
#ifndef BOTSWAIN_ALERT_NOTICE_JSON_H
#define BOTSWAIN_ALERT_NOTICE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct model;
struct msg_alert;

/* What is told of alerts that nobody was told of one by one. */
struct notice_summary {
	size_t firing, resolved;
	unsigned severity; /* of the worst that fires */
};

struct notice_scene {
	const struct model *model;
	const char *environment, *host;
};

/* `event`: firing or resolved. A line with its break; on the heap. */
char *notice_line(const struct notice_scene *scene, const char *event,
	const struct msg_alert *alert) MUST_CHECK;
char *notice_summary_line(const struct notice_scene *scene, const struct notice_summary *summary,
	int64_t wall_ms) MUST_CHECK;

#endif
