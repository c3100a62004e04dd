/* SPDX-License-Identifier: MIT */
/* Lines of a log as the command line prints them: as text, a JSON object a line, or one document. One thread. */
#ifndef BOTSWAIN_TUI_CLI_LOG_PRINT_H
#define BOTSWAIN_TUI_CLI_LOG_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/str.h"

struct cli;
struct msg_row;

struct log_print {
	struct str out; /* not written yet */
	bool has_begun, has_rows;
	bool is_gone; /* who reads it is */
};

void log_print_release(struct log_print *print);
/* Appends one line to `to`. */
void log_print_line(
	const struct cli *cli, size_t engine, const struct msg_row *row, struct str *to);
/* Prints one, which may wait for more of them. */
void log_print_row(
	struct log_print *print, const struct cli *cli, size_t engine, const struct msg_row *row);
/* Writes all that waits. */
void log_print_flush(struct log_print *print);
/* The end of the document, where it is one. */
void log_print_end(struct log_print *print, const struct cli *cli);

#endif
