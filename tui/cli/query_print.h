/* SPDX-License-Identifier: MIT */
/* What a query yielded, for people and for scripts. */
#ifndef BOTSWAIN_TUI_CLI_QUERY_PRINT_H
#define BOTSWAIN_TUI_CLI_QUERY_PRINT_H

#include "core/base/str.h"
#include "core/msg/msg.h"

/* A line a series, `host` (may be "") before it; over a span a line a point, "time value", under the series' own. */
void query_print_text(const struct msg_win_points *points, const char *host, struct str *out);
/* One object: {"v":1,"type":"vector","source":"botswain","result":[{"labels":{...},"time":"...","value":1.5}]}; over a span
 * "values":[["time",1.5],...]. NaN and the infinities are strings, which JSON has no numbers for. */
void query_print_json(const struct msg_win_points *points, const char *host, struct str *out);
/* What is told of metrics, of an answer about their names: "NAME TYPE HELP" a line; functions are left out. */
void query_metadata_text(const struct msg_win_points *points, const char *host, struct str *out);
/* {"v":1,"left":0,"metadata":[{"metric":"...","type":"counter","unit":"","help":"...","series":2}]} */
void query_metadata_json(const struct msg_win_points *points, const char *host, struct str *out);
/* Says what is wrong, with the query and a mark under the place; CLI_USAGE, or CLI_FAILURE where the query is good. */
int query_print_error(const char *query, const char *error, const struct msg_win_points *points);

#endif
