/* SPDX-License-Identifier: MIT */
/*
 * A dashboard of Grafana, its JSON model as it is exported, as one of ours (dashboard.h). What has no place in ours is left
 * out, and each of that is said in a line. Pure.
 */
#ifndef BOTSWAIN_CONF_GRAFANA_H
#define BOTSWAIN_CONF_GRAFANA_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct str;

enum { GRAFANA_BYTES_MAX = 8 << 20 };

/* Appends YAML to `ret`, and lines of what was left out to `ret_left`. False: the text is no dashboard. */
MUST_CHECK bool grafana_import(
	const char *text, size_t length, struct str *ret, struct str *ret_left, struct err *err);
/* Reads such a file. */
MUST_CHECK bool grafana_read(const char *path, struct str *ret, struct err *err);

#endif
