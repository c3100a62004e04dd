/* SPDX-License-Identifier: MIT */
/* The counts of several engines (the window store "counts") as those of one: summed up. Screen thread only. */
#ifndef BOTSWAIN_TUI_PARTS_COUNTS_H
#define BOTSWAIN_TUI_PARTS_COUNTS_H

#include <stdint.h>
#include "tui/window.h"

struct app;

/* `ready`: the parts that have something to say (bit n: link n). */
void parts_merge_counts(struct app *app, enum window_id id, uint32_t ready);

#endif
