/* SPDX-License-Identifier: MIT */
/*
 * The terminal given to another program for a while: a pager. It gets its own process group, which owns the terminal
 * meanwhile, so that its keys and signals are its own; this screen goes on hearing its engine and draws nothing. Screen
 * thread only.
 */
#ifndef BOTSWAIN_TUI_HAND_OVER_H
#define BOTSWAIN_TUI_HAND_OVER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct app;
struct err;
struct hand_over;
struct str;

/* $PAGER or a pager that is here; lnav. */
struct hand_over *hand_over_new(bool is_lnav) MUST_CHECK;
/* An out_file_find() of such a one, which looks into folders: its file can lie in the operator's own runtime folder, else in
 * the temporary one; the word is where the program lies. ENOEXEC: nowhere. */
int hand_over_find(const void *it, char *path, char *program);
/* What was found, and the line that it is to stand at. */
void hand_over_found(struct hand_over *it, const char *path, const char *program, uint64_t line);
/* The loop starts it when it comes to it, and has its file taken away after it. Takes ownership. */
void hand_over_ask(struct app *app, struct hand_over *it);
void hand_over_free(struct hand_over *it); /* has its file taken away, too; NULL is legal */

/* ---- for the loop ---- */

/* Starts the program in place of the screen, whose terminal it has from then on; false with an error. */
bool hand_over_start(struct hand_over *it, struct err *err);
/* True: it has ended, and the terminal is ours. One that was stopped has given the terminal back as well
 * (`ret_stopped`); hand_over_continue() lets it go on. */
bool hand_over_step(struct hand_over *it, bool *ret_stopped);
void hand_over_continue(struct hand_over *it);
/* It is to end; at once. */
void hand_over_kill(struct hand_over *it, bool at_once);
const char *hand_over_name(const struct hand_over *it);
bool hand_over_is_lnav(const struct hand_over *it);
const char *hand_over_file(const struct hand_over *it);
/* The program and its words. */
void hand_over_say(const struct hand_over *it, struct str *to);

#endif
