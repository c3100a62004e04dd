/* SPDX-License-Identifier: MIT */
/* A passing message: the newest wins, each stays as long as it takes to read. Screen thread only. */
#ifndef BOTSWAIN_WIDGETS_TOAST_H
#define BOTSWAIN_WIDGETS_TOAST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "widgets/canvas.h"

enum { TOAST_BYTES = 256, TOAST_MS = 4000, TOAST_ERROR_MS = 10000, TOAST_LEAST_MS = 1500 };

struct toast {
	char text[TOAST_BYTES]; /* sanitised */
	bool error;
	int64_t said_ms;  /* monotonic */
	int64_t until_ms; /* monotonic; 0: nothing to say */
};

/* Says something from `now_ms` on. */
void toast_say(struct toast *toast, int64_t now_ms, bool error, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* When it must be drawn anew because it ends; -1: never. Ends it when the time has come. */
int64_t toast_due_ms(struct toast *toast, int64_t now_ms);
/* What it was about is over: it ends TOAST_LEAST_MS after it was said, if it has not ended before. */
void toast_hasten(struct toast *toast);
/* Takes it away (Esc). False when there was none. */
bool toast_dismiss(struct toast *toast);
/* Draws it into the last row of the canvas, at the right, apart from what stands there. */
void toast_draw(const struct toast *toast, const struct canvas *canvas);

#endif
