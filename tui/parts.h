/* SPDX-License-Identifier: MIT */
/*
 * The windows of a screen (window.h) over any number of engines. On one engine a window is that engine's. On several each
 * engine that is asked has a part of it, and app->windows holds what the parts make together: rows merged by time, as far
 * as every part reaches; series side by side. An engine that is silent or gone keeps nobody waiting: what it said stays.
 * Ids, event keys and times of wishes and rows are those of the screen. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PARTS_H
#define BOTSWAIN_TUI_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"
#include "tui/window.h"

struct app;

#define ALL_ENGINES UINT32_MAX
/* Of series of several engines: whose it is. No label of PromQL has that name. */
#define PARTS_HOST_LABEL "@"

/* Asks these engines (bit n: link n; those that own wish->bots only, where bots are named), unless that was asked already.
 * Call it in every turn. */
void parts_ask(
	struct app *app, enum window_id id, uint32_t engines, const struct msg_win_open *wish);
void parts_close(struct app *app, enum window_id id);
/* All are asked for again, whatever they were. */
void parts_forget(struct app *app);
/* Takes a part of an answer; false: nobody waits for it. */
bool parts_take(struct app *app, size_t link, enum msg_kind kind, const void *body);
/* The engines that a window was asked of. */
uint32_t parts_engines(const struct app *app, enum window_id id);

/* An event key of the screen as link number `link` knows it, or the other way round; the caller frees it. What is no event
 * key is itself. */
char *parts_key_to(const struct app *app, size_t link, const char *key) MUST_CHECK;
char *parts_key_from(const struct app *app, size_t link, const char *key) MUST_CHECK;
/* Which link a key of the screen came over. */
size_t parts_link_of(const char *key);

#endif
