/* SPDX-License-Identifier: MIT */
/* What the engine's turns take, as /metrics says it: two histograms and a sum by stage; and what its store of metrics refused. Pure; the thread that owns the
 * model. */
#ifndef BOTSWAIN_ENGINE_EXPOSITION_TURNS_H
#define BOTSWAIN_ENGINE_EXPOSITION_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct msg_engine;
struct str;

/* Adds the family at `index` (0, 1, ...); false: there are no more. `labels` (`environment="..."`) come first in each
 * sample. Nothing was measured yet, or by another engine with other bounds: the family has no samples. */
MUST_CHECK bool exposition_turns(
	const struct msg_engine *engine, const char *labels, size_t index, struct str *to);

#endif
