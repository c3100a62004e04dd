/* SPDX-License-Identifier: MIT */
/* Moments as operators type them. Pure. */
#ifndef BOTSWAIN_TUI_WHEN_H
#define BOTSWAIN_TUI_WHEN_H

#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

/* 12:04 and 12:04:30 (the last ones up to `clock_ms`), -15m (before `now_ms`), 2026-11-28 12:04, 2026-11-28T12:04:00Z;
 * UTC where no zone is named, as times are shown. */
MUST_CHECK bool when_read(
	const char *text, int64_t now_ms, int64_t clock_ms, int64_t *ret_ms, struct err *err);

#endif
