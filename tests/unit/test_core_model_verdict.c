/* SPDX-License-Identifier: MIT */
/*
 * One row a combination of what can be observed of a bot: the facts as the text form of a message
 * (~12s is a wall time 12 s ago), and the verdict that they must have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "core/model/verdict.h"

#define NOW INT64_C(1790000000000)

/* Facts that many rows share. */
#define RUNS    " proc_state=\"running\" pid=7 proc_start_ms=~1h proc_at_ms=~1s"
#define BEATS   " hb_state=\"ok\" hb_at_ms=~2s hb_seen_ms=~1s"
#define ANSWERS " tg_state=\"ok\" tg_at_ms=~5s tg_attempt_ms=~5s pending=0"
#define QUIET   " proc_state=\"not_configured\" hb_state=\"not_configured\""
#define POLLS   " transport=\"polling\""
#define HOOK    " transport=\"webhook\" webhook_url=\"https://x/\""
#define HALTED  " halted_ms=~12s halted_by=\"ann\" halted_why=\"moves house\""
#define LOST    " redis=\"main\" redis_why=\"no answer in time\""
#define SICK    " health_state=\"failing\" health_why=\"503, says \\\"degraded\\\"\" health_at_ms=~1s"
#define MUTE    " health_state=\"unreachable\" health_why=\"no answer in time\" health_at_ms=~1s"
#define HEALTHY POLLS RUNS BEATS ANSWERS
#define FAILING_HOOK                                                                               \
	" webhook_error=\"Wrong response from the webhook: 502 Bad Gateway\" webhook_errors=38"    \
	" webhook_error_at_ms=~10s webhook_errors_since_ms=~6m"

struct row {
	const char *facts, *state;
	char letter;
	const char *why;
	const char *since; /* age of the reason; "": none is shown */
};

/* clang-format off */
static const struct row rows[] = {
	/* everything is well */
	{HEALTHY, "ok", '.', "", ""},
	{POLLS RUNS ANSWERS " hb_state=\"not_configured\"", "ok", '.', "", ""},
	{POLLS BEATS ANSWERS " proc_state=\"not_configured\"", "ok", '.', "", ""},
	{HOOK RUNS BEATS ANSWERS, "ok", '.', "", ""},
	{POLLS QUIET ANSWERS " log_at_ms=~20s logs=[\"a\"]", "ok", '.', "", ""},
	{POLLS QUIET ANSWERS " event_at_ms=~20s logs=[\"a\"]", "ok", '.', "", ""},
	{" transport=\"none\" tg_state=\"not_polled\"" RUNS " hb_state=\"not_configured\"", "ok", '.', "", ""},
	/* the process */
	{POLLS BEATS ANSWERS " proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s", "down", '!', "process gone", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"absent\" proc_fails=1 proc_at_ms=~1s", "late", 'w', "process not seen", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"fatal\" proc_fails=1 proc_at_ms=~1s", "down", '!', "supervisor gave up on it", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"backoff\" proc_fails=1 proc_at_ms=~1s", "down", '!', "dies at every start", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"stopped\" proc_fails=9 proc_at_ms=~1s", "stopped", '!', "stopped, though enabled", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"paused\" pid=7 proc_at_ms=~1s", "paused", 'w', "paused by its supervisor", "0s"},
	{POLLS ANSWERS " proc_state=\"paused\" pid=7 proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~50s hb_seen_ms=~1s", "down", '!', "paused, no heartbeat", "50s"},
	{POLLS BEATS ANSWERS " enabled=false enabled_by=\"config\" proc_state=\"paused\" pid=7 proc_at_ms=~1s", "disabled", 'x', "disabled in config", ""},
	{POLLS BEATS ANSWERS " proc_state=\"running\" proc_at_ms=~14s", "stale", '?', "process not looked at", "14s"},
	{POLLS BEATS ANSWERS " proc_state=\"absent\" proc_fails=9 proc_at_ms=~14s", "stale", '?', "process not looked at", "14s"},
	{POLLS BEATS ANSWERS " proc_state=\"unknown\" proc_at_ms=~1s", "unknown", '?', "process unknown", "0s"},
	{POLLS BEATS ANSWERS " proc_state=\"unknown\"", "unknown", '?', "process unknown", "0s"},
	{HEALTHY " restarts=3", "looping", '!', "restarts x3 in 10m", "0s"},
	{HEALTHY " restarts=2", "ok", '.', "", ""},
	{POLLS BEATS ANSWERS " restarts=9 proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s", "looping", '!', "restarts x9 in 10m", "0s"},
	/* the heartbeat */
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~41s hb_seen_ms=~1s", "hung", '!', "no heartbeat", "41s"},
	{POLLS RUNS ANSWERS " proc_held=true hb_state=\"missing\" hb_at_ms=~41s hb_seen_ms=~1s", "hung", '!', "no heartbeat: it is stopped (SIGSTOP)", "41s"},
	{HEALTHY " proc_held=true", "paused", 'w', "stopped by a signal (SIGSTOP)", "0s"},
	{POLLS RUNS ANSWERS " hb_state=\"late\" hb_at_ms=~41s hb_seen_ms=~1s", "hung", '!', "no heartbeat", "41s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~14s hb_seen_ms=~1s", "late", 'w', "heartbeat late", "14s"},
	{POLLS RUNS ANSWERS " hb_state=\"ok\" hb_at_ms=~29s hb_seen_ms=~1s", "ok", '.', "", ""},
	{POLLS ANSWERS " proc_state=\"not_configured\" hb_state=\"missing\" hb_at_ms=~32s hb_seen_ms=~1s", "down", '!', "no heartbeat", "32s"},
	{POLLS ANSWERS " proc_state=\"not_configured\" hb_state=\"missing\" hb_at_ms=~14s hb_seen_ms=~1s", "late", 'w', "heartbeat late", "14s"},
	{POLLS RUNS ANSWERS " hb_state=\"ok\" hb_at_ms=~39s hb_seen_ms=~14s", "ok", '.', "", ""}, /* 25 s old at the last look */
	{POLLS RUNS ANSWERS " hb_state=\"ok\" hb_at_ms=~20s hb_seen_ms=~19s", "stale", '?', "heartbeat not looked at", "19s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~90s hb_seen_ms=~19s", "stale", '?', "heartbeat not looked at", "19s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_seen_ms=~1s added_ms=~50s proc_start_ms=~50s", "hung", '!', "no heartbeat seen", "50s"},
	{POLLS RUNS ANSWERS " hb_state=\"unknown\" hb_seen_ms=~1s", "ok", '.', "", ""},
	{POLLS ANSWERS " proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~50s hb_seen_ms=~1s", "down", '!', "process gone", "0s"},
	{POLLS ANSWERS " proc_state=\"running\" proc_start_ms=~3s proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~50s hb_seen_ms=~1s", "ok", '.', "", ""},
	{POLLS ANSWERS " proc_state=\"running\" proc_start_ms=~33s proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~50s hb_seen_ms=~1s", "hung", '!', "no heartbeat", "50s"},
	/* Redis was silent: what was missed meanwhile counts from its return */
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~41s hb_watch_ms=~1s hb_seen_ms=~1s", "unknown", '?', "heartbeat awaited again", "1s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~14s hb_watch_ms=~3s hb_seen_ms=~1s", "unknown", '?', "heartbeat awaited again", "3s"},
	{POLLS RUNS ANSWERS " hb_state=\"late\" hb_at_ms=~41s hb_watch_ms=~29s hb_seen_ms=~1s", "unknown", '?', "heartbeat awaited again", "29s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~90s hb_watch_ms=~32s hb_seen_ms=~1s", "hung", '!', "no heartbeat", "1m"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_at_ms=~14s hb_watch_ms=~20s hb_seen_ms=~1s", "late", 'w', "heartbeat late", "14s"},
	{POLLS RUNS ANSWERS " hb_state=\"ok\" hb_at_ms=~2s hb_watch_ms=~1s hb_seen_ms=~1s", "ok", '.', "", ""},
	{POLLS ANSWERS " proc_state=\"not_configured\" hb_state=\"missing\" hb_at_ms=~41s hb_watch_ms=~1s hb_seen_ms=~1s", "unknown", '?', "heartbeat awaited again", "1s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_watch_ms=~2s hb_seen_ms=~1s", "unknown", '?', "heartbeat awaited again", "2s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_watch_ms=~2s hb_seen_ms=~1s added_ms=~9s proc_start_ms=~9s", "checking", '?', "heartbeat not seen yet", "2s"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_watch_ms=~30s hb_seen_ms=~1s added_ms=~30s", "checking", '?', "heartbeat not seen yet", "30s"},
	{POLLS ANSWERS " proc_state=\"not_configured\" hb_state=\"missing\" hb_watch_ms=~9s hb_seen_ms=~1s added_ms=~9s", "checking", '?', "heartbeat not seen yet", "9s"},
	{POLLS ANSWERS " proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s hb_state=\"missing\" hb_watch_ms=~9s hb_seen_ms=~1s added_ms=~9s", "down", '!', "process gone", "0s"},
	{POLLS RUNS ANSWERS " enabled=false hb_state=\"missing\" hb_watch_ms=~9s hb_seen_ms=~1s added_ms=~9s", "unwanted", 'w', "runs, but is disabled", "1h"},
	{POLLS RUNS ANSWERS " hb_state=\"missing\" hb_watch_ms=~40s hb_seen_ms=~1s", "hung", '!', "no heartbeat seen", "40s"},
	{HEALTHY " hb_watch_ms=~9s workers=[{id=\"1\" seen_ms=~4s} {id=\"2\" seen_ms=~6m}]", "unknown", '?', "heartbeat awaited again", "9s"},
	{HEALTHY " hb_watch_ms=~40s workers=[{id=\"1\" seen_ms=~4s} {id=\"2\" seen_ms=~6m}]", "degraded", 'w', "worker 2 silent", "6m"},
	{HEALTHY " workers=[{id=\"1\" seen_ms=~4s} {id=\"2\" seen_ms=~6m}]", "degraded", 'w', "worker 2 silent", "6m"},
	{HEALTHY " workers=[{id=\"1\" seen_ms=~4s} {id=\"2\" seen_ms=~4m}]", "ok", '.', "", ""},
	{POLLS RUNS ANSWERS " hb_state=\"ok\" hb_at_ms=~7m hb_seen_ms=~6m workers=[{id=\"1\" seen_ms=~6m} {id=\"2\" seen_ms=~7m}]", "stale", '?', "heartbeat not looked at", "6m"},
	/* the token, and Telegram itself */
	{POLLS RUNS BEATS " tg_state=\"rejected\" tg_error=\"Unauthorized\" tg_fails=1", "rejected", '!', "token rejected (401)", "0s"},
	{POLLS RUNS BEATS " tg_state=\"rejected\" tg_error=\"Not Found\" tg_fails=1", "rejected", '!', "token rejected: Not Found", "0s"},
	{POLLS QUIET " tg_state=\"rejected\" tg_error=\"Unauthorized\"", "rejected", '!', "token rejected (401)", "0s"},
	{HEALTHY " retry_until_ms=+11s", "limited", 'w', "429, asked again in 11s", ""},
	{HEALTHY " retry_until_ms=+90s", "limited", 'w', "429, asked again in 1m30", ""},
	{POLLS RUNS BEATS " tg_state=\"no_token\" tg_error=\"others can read this secret: chmod 600 /t\" tg_fails=1", "degraded", 'w', "no token: others can read this secret: chmod 600 /t", "0s"},
	{POLLS QUIET " tg_state=\"no_token\" tg_error=\"x\"", "degraded", 'w', "no token: x", "0s"},
	{HEALTHY " retry_until_ms=~1s", "ok", '.', "", ""},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"Failed to connect: Connection refused\" tg_fails=2 tg_at_ms=~20s", "unknown", '?', "API unreachable: connection refused", "20s"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"Connection refused\" tg_fails=1 tg_at_ms=~20s", "ok", '.', "", ""},
	{POLLS BEATS " tg_state=\"unreachable\" tg_error=\"timed out\" tg_fails=5 tg_at_ms=~20s proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s", "down", '!', "process gone", "0s"},
	{POLLS RUNS BEATS " tg_state=\"error\" tg_error=\"502 Bad Gateway\" tg_fails=3 tg_at_ms=~20s", "unknown", '?', "API error: 502 Bad Gateway", "20s"},
	{POLLS RUNS BEATS " tg_state=\"ok\" tg_at_ms=~3m pending=-1", "stale", '?', "no answer from Telegram", "3m"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"x\" tg_fails=1 tg_at_ms=~3m pending=-1", "stale", '?', "no answer from Telegram", "3m"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"cannot reach h:1: no answer in 5 s\" tg_fails=2 tg_at_ms=~3m pending=-1", "unknown", '?', "API unreachable: no answer in 5 s", "3m"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"cannot reach h: SSL certificate problem: certificate has expired\" tg_fails=2 tg_at_ms=~3m pending=-1", "unknown", '?', "API unreachable: certificate expired", "3m"},
	{POLLS RUNS BEATS " tg_state=\"error\" tg_error=\"invalid answer (byte 512): no JSON: 'certificate has expired, connection refused'\" tg_fails=2 tg_at_ms=~3m pending=-1", "unknown", '?', "API error: invalid answer (byte 512)", "3m"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"502, but not from the Bot API: invalid answer (byte 1): no JSON: '<html>timeout'\" tg_fails=2 tg_at_ms=~3m pending=-1", "unknown", '?', "API unreachable: 502, but not from the Bot API", "3m"},
	{POLLS RUNS BEATS " tg_state=\"checking\" pending=-1", "ok", '.', "", ""},
	{HEALTHY " sync_error_ms=~1m", "degraded", 'w', "Telegram lost its own connection", "1m"},
	{HEALTHY " sync_error_ms=~6m", "ok", '.', "", ""},
	/* a good token alone says nothing of the bot */
	{POLLS QUIET ANSWERS, "unknown", '?', "only its token is checked", ""},
	{POLLS QUIET ANSWERS " added_ms=~3s", "unknown", '?', "only its token is checked", ""},
	{POLLS QUIET ANSWERS " added_ms=~3s event_at_ms=~1s", "ok", '.', "", ""},
	{POLLS QUIET ANSWERS " added_ms=~3s logs=[\"a\"]", "checking", '?', "checking", ""},
	{POLLS QUIET " tg_state=\"checking\" added_ms=~3s", "checking", '?', "checking", ""},
	{POLLS QUIET ANSWERS " log_at_ms=~6m logs=[\"a\"]", "unknown", '?', "only its token is checked", ""},
	{" transport=\"none\" tg_state=\"not_polled\"" QUIET " log_at_ms=~6m logs=[\"a\"]", "unknown", '?', "no log line", "6m"},
	{" transport=\"none\" tg_state=\"not_polled\"" QUIET " logs=[\"a\"]", "unknown", '?', "nothing says that it runs", ""},
	{" transport=\"none\" tg_state=\"not_polled\"" QUIET, "not configured", '?', "nothing to look at is configured", ""},
	{POLLS " proc_state=\"unknown\" hb_state=\"unknown\" tg_state=\"checking\" added_ms=~3s", "checking", '?', "checking", ""},
	/* the webhook */
	{HOOK RUNS BEATS ANSWERS FAILING_HOOK, "degraded", 'w', "webhook 502 x38", "6m"},
	{HOOK RUNS BEATS ANSWERS FAILING_HOOK " pending=1204", "failing", '!', "webhook 502 x38", "6m"},
	{HOOK RUNS BEATS ANSWERS " webhook_error=\"Connection timed out\" webhook_errors=1 webhook_error_at_ms=~9s", "degraded", 'w', "webhook no answer in time", "9s"},
	{HOOK RUNS BEATS ANSWERS " webhook_error=\"Connection timed out\" webhook_error_at_ms=~9s", "ok", '.', "", ""},
	{HOOK RUNS BEATS ANSWERS " webhook_error=\"x\" webhook_errors=1 webhook_error_at_ms=~6m", "ok", '.', "", ""},
	{" transport=\"webhook\"" RUNS BEATS ANSWERS, "failing", '!', "no webhook is set", "0s"},
	{HEALTHY " webhook_url=\"https://x/\"", "degraded", 'w', "polls, but a webhook is set", "0s"},
	{HOOK RUNS BEATS ANSWERS " url_changed_ms=~2m", "degraded", 'w', "webhook URL changed", "2m"},
	{HOOK RUNS BEATS ANSWERS " url_changed_ms=~11m", "ok", '.', "", ""},
	/* the backlog */
	{HEALTHY " pending=1204 pending_rises=3 pending_slope=60", "behind", 'w', "1204 pending, rising", "0s"},
	{HEALTHY " pending=1204 pending_rises=2 pending_slope=60", "behind", 'w', "1204 pending", "0s"},
	{HEALTHY " pending=1204 pending_slope=-30", "ok", '.', "", ""},
	{HEALTHY " pending=199 pending_rises=9 pending_slope=60", "ok", '.', "", ""},
	{POLLS QUIET " tg_state=\"ok\" tg_at_ms=~5s pending=900 pending_rises=4", "behind", 'w', "900 pending, rising", "0s"},
	/* MTProto: the backlog of the Bot API is nobody's */
	{" transport=\"mtproto\"" RUNS ANSWERS " hb_state=\"not_configured\" pending=90000 pending_rises=50", "ok", '.', "", ""},
	{" transport=\"mtproto\"" RUNS ANSWERS " hb_state=\"not_configured\" tg_at_ms=~9m", "ok", '.', "", ""},
	{" transport=\"mtproto\"" QUIET ANSWERS " pending=90000", "unknown", '?', "only its token is checked", ""},
	{" transport=\"mtproto\" tg_state=\"not_polled\" proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s hb_state=\"not_configured\"", "down", '!', "process gone", "0s"},
	/* its handlers */
	{HEALTHY " p95_ms=2316 slow_reports=3", "slow", 'w', "slow: p95 2.3s", "0s"},
	{HEALTHY " p95_ms=2316 slow_reports=2", "ok", '.', "", ""},
	{HEALTHY " p95_ms=nan slow_reports=3", "ok", '.', "", ""},
	{HEALTHY " p95_ms=2316 slow_reports=3 hb_seen_ms=~19s", "stale", '?', "heartbeat not looked at", "19s"},
	/* its Redis: the cause before what follows from it, and of a bot that is well nothing */
	{HEALTHY LOST, "ok", '.', "", ""},
	{HEALTHY LOST SICK " health_fails=2", "degraded", 'w', "redis main: no answer in time", "0s"},
	{HEALTHY LOST SICK " health_fails=1", "degraded", 'w', "redis main: no answer in time", "0s"},
	{HEALTHY LOST MUTE " health_fails=2", "failing", '!', "redis main: no answer in time", "0s"},
	{HEALTHY LOST MUTE " health_fails=1", "degraded", 'w', "redis main: no answer in time", "0s"},
	{HEALTHY " redis=\"main\"" SICK " health_fails=2", "degraded", 'w', "health: 503, says \"degraded\"", "0s"},
	{HEALTHY " redis=\"main\"" MUTE " health_fails=2", "failing", '!', "health: no answer in time", "0s"},
	{POLLS RUNS ANSWERS LOST " hb_state=\"ok\" hb_at_ms=~20s hb_seen_ms=~19s", "stale", '?', "redis main: no answer in time, heartbeat not looked at", "19s"},
	{POLLS ANSWERS LOST SICK " health_fails=2 proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s hb_state=\"ok\" hb_at_ms=~20s hb_seen_ms=~19s", "down", '!', "process gone", "0s"},
	/* its log */
	{HEALTHY " conflicts=2 conflict_ms=~8s", "conflict", '!', "another poller takes its updates (409)", "0s"},
	{HEALTHY " conflicts=2 conflict_ms=~3m", "ok", '.', "", ""},
	{HEALTHY " floods=6 flood_ms=~8s", "limited", 'w', "429 x6 in its log", "0s"},
	{HEALTHY " floods=6 flood_ms=~2m", "ok", '.', "", ""},
	{HEALTHY " errors_per_min=12", "ok", '.', "", ""},
	/* disabled on purpose */
	{POLLS ANSWERS " enabled=false enabled_by=\"config\" proc_state=\"absent\" proc_fails=99 proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~1h hb_seen_ms=~1s", "disabled", 'x', "disabled in config", ""},
	{POLLS QUIET " enabled=false enabled_by=\"main\" tg_state=\"rejected\"", "disabled", 'x', "disabled in main", ""},
	{POLLS " enabled=false enabled_by=\"config\" proc_state=\"stopped\" proc_at_ms=~1s" BEATS, "disabled", 'x', "disabled in config", ""},
	{HEALTHY " enabled=false enabled_by=\"config\"", "unwanted", 'w', "runs, but is disabled", "1h"},
	{POLLS BEATS ANSWERS " proc_state=\"not_configured\" enabled=false", "unwanted", 'w', "runs, but is disabled", "0s"},
	{HEALTHY " enabled=false pending=5000 pending_rises=9 conflicts=1 conflict_ms=~1s", "unwanted", 'w', "runs, but is disabled", "1h"},
	/* an operation works on it */
	{POLLS ANSWERS BEATS " busy_op=12 proc_state=\"absent\" proc_fails=4 proc_at_ms=~1s", "busy", '?', "operation 12 works on it", "0s"},
	{POLLS ANSWERS RUNS " busy_op=12 hb_state=\"missing\" hb_at_ms=~2m hb_seen_ms=~1s", "busy", '?', "operation 12 works on it", "0s"},
	{POLLS ANSWERS BEATS " busy_op=12 busy_by=\"being restarted by root\" proc_state=\"absent\" proc_fails=4 proc_at_ms=~1s", "busy", '?', "being restarted by root", "0s"},
	{HEALTHY " busy_op=12", "ok", '.', "", ""},
	{POLLS BEATS " busy_op=12 proc_state=\"absent\" proc_at_ms=~1s tg_state=\"rejected\"", "rejected", '!', "token rejected (401)", "0s"},
	/* an operation stopped it: its silence is wanted, until it runs again */
	{POLLS BEATS ANSWERS HALTED " proc_state=\"absent\" proc_fails=9 proc_at_ms=~1s", "halted", 'x', "stopped by ann: moves house", "12s"},
	{POLLS BEATS ANSWERS HALTED " proc_state=\"stopped\" proc_fails=9 proc_at_ms=~1s", "halted", 'x', "stopped by ann: moves house", "12s"},
	{POLLS ANSWERS HALTED " proc_state=\"not_configured\" hb_state=\"missing\" hb_at_ms=~2m hb_seen_ms=~1s pending=900 pending_rises=4", "halted", 'x', "stopped by ann: moves house", "12s"},
	{HOOK ANSWERS FAILING_HOOK HALTED " pending=900 restarts=5 proc_state=\"absent\" proc_fails=9 proc_at_ms=~1s hb_state=\"missing\" hb_at_ms=~2m hb_seen_ms=~1s", "halted", 'x', "stopped by ann: moves house", "12s"},
	{POLLS QUIET ANSWERS HALTED " log_at_ms=~9s logs=[\"a\"]", "halted", 'x', "stopped by ann: moves house", "12s"},
	{POLLS QUIET ANSWERS " halted_ms=~5m halted_by=\"ann\" log_at_ms=~9s logs=[\"a\"]", "ok", '.', "", ""},
	{POLLS BEATS HALTED " proc_state=\"absent\" proc_fails=9 proc_at_ms=~1s tg_state=\"rejected\"", "rejected", '!', "token rejected (401)", "0s"},
	{POLLS BEATS ANSWERS HALTED " busy_op=13 proc_state=\"absent\" proc_fails=9 proc_at_ms=~1s", "busy", '?', "operation 13 works on it", "0s"},
	{HEALTHY HALTED, "ok", '.', "", ""},
	/* several at once: the worst first, the weight decides among equals */
	{HOOK RUNS ANSWERS FAILING_HOOK " hb_state=\"missing\" hb_at_ms=~41s hb_seen_ms=~1s pending=900", "hung", '!', "no heartbeat", "41s"},
	{HEALTHY " floods=2 flood_ms=~8s pending=400 pending_rises=3", "behind", 'w', "400 pending, rising", "0s"},
	{HEALTHY " conflicts=1 conflict_ms=~1s pending=400 pending_rises=3", "conflict", '!', "another poller takes its updates (409)", "0s"},
	{POLLS " tg_state=\"rejected\" proc_state=\"absent\" proc_fails=3 proc_at_ms=~1s" BEATS, "rejected", '!', "token rejected (401)", "0s"},
	{POLLS RUNS " hb_state=\"ok\" hb_at_ms=~40s hb_seen_ms=~39s tg_state=\"unreachable\" tg_error=\"timed out\" tg_fails=2 tg_at_ms=~50s", "unknown", '?', "API unreachable: no answer in time", "50s"},
	{POLLS RUNS BEATS " tg_state=\"unreachable\" tg_error=\"502, but not from the Bot API\" tg_fails=2 tg_at_ms=~50s", "unknown", '?', "API unreachable: 502, but not from the Bot API", "50s"},
};
/* clang-format on */

/* ~12s: 12 s ago; +11s: in 11 s. */
static char *with_times(const char *facts)
{
	struct str text = STR_INIT;
	for (const char *at = facts; *at; at++) {
		bool is_time = (*at == '~' || *at == '+') && at > facts && at[-1] == '=';
		if (!is_time) {
			str_addch(&text, *at);
			continue;
		}
		char duration[16];
		size_t length = strspn(at + 1, "0123456789smh");
		int64_t ms;
		struct err err = {0};
		snprintf(duration, sizeof(duration), "%.*s", (int)length, at + 1);
		assert_true(parse_duration(duration, &ms, &err));
		str_addf(&text, "%lld", (long long)(NOW + (*at == '~' ? -ms : ms)));
		at += length;
	}
	return str_detach(&text);
}

static struct msg_bot *bot_of(const char *facts)
{
	char *times autofree = with_times(facts), *line autofree = NULL;
	line = xasprintf("bot id=1 name=\"b\"%s%s%s%s", times,
		strstr(facts, "enabled=") ? "" : " enabled=true",
		strstr(facts, "added_ms=") ? "" : " added_ms=1780000000000",
		strstr(facts, "errors_per_min=") ? "" : " errors_per_min=nan");
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s: %s", line, err.text);
	struct msg_bot *bot = any.body;
	if (!strstr(facts, "pending="))
		bot->pending = -1;
	if (!strstr(facts, "pending_slope="))
		bot->pending_slope = (double)NAN;
	return bot;
}

static void check_row(const struct row *row)
{
	struct msg_bot *bot = bot_of(row->facts);
	verdict_bot(bot, verdict_defaults(), NOW);
	const char *age = bot->why_since_ms ? format_age(NOW - bot->why_since_ms).text : "";
	if (strcmp(bot->state, row->state) != 0 ||
		severity_letter((unsigned)bot->severity) != row->letter ||
		strcmp(bot->why, row->why) != 0 || strcmp(age, row->since) != 0)
		fail_msg("%s\nis %c %s '%s' %s, not %c %s '%s' %s", row->facts,
			severity_letter((unsigned)bot->severity), bot->state, bot->why, age,
			row->letter, row->state, row->why, row->since);
	msg_free(MSG_bot, bot);
}

static void every_combination_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
}

static void getme_alone_never_paints_a_bot_green(void **state)
{
	(void)state;
	static const char *const transports[] = {POLLS, HOOK, " transport=\"mtproto\""};
	for (size_t i = 0; i < COUNT_OF(transports); i++) {
		char *facts autofree =
			xasprintf("%s" QUIET ANSWERS " tg_id=7 username=\"b\"", transports[i]);
		struct msg_bot *bot = bot_of(facts);
		verdict_bot(bot, verdict_defaults(), NOW);
		assert_int_equal(bot->severity, SEVERITY_UNKNOWN);
		msg_free(MSG_bot, bot);
	}
}

static void all_reasons_are_listed_worst_first(void **state)
{
	(void)state;
	struct msg_bot *bot = bot_of(
		HOOK RUNS ANSWERS FAILING_HOOK " hb_state=\"missing\" hb_at_ms=~41s hb_seen_ms=~1s "
					       "pending=900 floods=1 flood_ms=~1s"
					       " errors_per_min=3 retry_until_ms=+9s");
	verdict_bot(bot, verdict_defaults(), NOW);
	static const char *const ids[] = {"heartbeat_lost", "webhook_failing", "backlog_high",
		"limited", "flood", "log_errors"};
	assert_int_equal(bot->reasons_count, COUNT_OF(ids));
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		assert_string_equal(bot->reasons[i].id, ids[i]);
	assert_string_equal(bot->reasons[1].source, "telegram");
	for (size_t i = 1; i < bot->reasons_count; i++)
		assert_true(bot->reasons[i].severity <= bot->reasons[i - 1].severity);
	msg_free(MSG_bot, bot);
}

static void what_a_lost_redis_explains_is_listed_behind_it(void **state)
{
	(void)state;
	struct msg_bot *bot = bot_of(POLLS RUNS ANSWERS LOST SICK
		" health_fails=2 hb_state=\"ok\" hb_at_ms=~20s hb_seen_ms=~19s");
	verdict_bot(bot, verdict_defaults(), NOW);
	static const char *const ids[] = {"redis_degraded", "health_degraded", "heartbeat_stale"};
	assert_int_equal(bot->reasons_count, COUNT_OF(ids));
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		assert_string_equal(bot->reasons[i].id, ids[i]);
	assert_string_equal(bot->reasons[0].source, "redis");
	assert_string_equal(bot->reasons[2].text, "heartbeat not looked at");
	msg_free(MSG_bot, bot);
}

static void a_reason_keeps_its_time_and_a_state_its_own(void **state)
{
	(void)state;
	struct msg_bot *bot =
		bot_of(POLLS BEATS ANSWERS " proc_state=\"absent\" proc_fails=1 proc_at_ms=~1s");
	verdict_bot(bot, verdict_defaults(), NOW);
	assert_int_equal(bot->state_since_ms, NOW);
	bot->proc_fails = 2;
	verdict_bot(bot, verdict_defaults(), NOW + 2000);
	assert_int_equal(bot->why_since_ms, NOW + 2000);
	bot->proc_at_ms = bot->hb_at_ms = bot->hb_seen_ms = NOW + 8000;
	verdict_bot(bot, verdict_defaults(), NOW + 9000);
	assert_int_equal(bot->why_since_ms, NOW + 2000);
	assert_int_equal(bot->state_since_ms, NOW + 2000);
	msg_free(MSG_bot, bot);
}

static void the_score_is_the_sum_of_its_parts(void **state)
{
	(void)state;
	static const struct {
		const char *facts;
		int64_t score;
		size_t parts;
	} scores[] = {
		{HEALTHY " errors_per_min=0", 100, 5},
		{HEALTHY, 100, 4},
		{POLLS RUNS ANSWERS
			" hb_state=\"missing\" hb_at_ms=~41s hb_seen_ms=~1s errors_per_min=0",
			40, 6},
		/* a beat that was never looked for in vain long enough earns nothing, and costs nothing */
		{POLLS RUNS ANSWERS
			" hb_state=\"missing\" hb_watch_ms=~9s hb_seen_ms=~1s added_ms=~9s",
			-1, 0},
		{HOOK RUNS ANSWERS FAILING_HOOK
			" hb_state=\"missing\" hb_watch_ms=~9s hb_seen_ms=~1s"
			" added_ms=~9s",
			80, 4},
		{HEALTHY " errors_per_min=4", 97, 5},
		{POLLS QUIET ANSWERS, -1, 0},
		{HEALTHY " restarts=3 errors_per_min=0", 40, 6},
		{HEALTHY " restarts=3 errors_per_min=0 hb_state=\"missing\" hb_at_ms=~41s"
			 " webhook_url=\"https://x/\" floods=1 flood_ms=~1s",
			30, 5},
		{HOOK RUNS BEATS ANSWERS FAILING_HOOK " pending=900", 40, 5},
		{HEALTHY " sync_error_ms=~1m errors_per_min=0", 80, 6},
		{HEALTHY " pending=900 pending_rises=4 floods=1 flood_ms=~1s errors_per_min=0", 80,
			6},
		{HEALTHY " busy_op=3", -1, 0},
		{POLLS BEATS ANSWERS " busy_op=3 proc_state=\"absent\" proc_fails=4 proc_at_ms=~1s",
			-1, 0},
		{POLLS BEATS ANSWERS HALTED " proc_state=\"absent\" proc_fails=4 proc_at_ms=~1s",
			-1, 0},
		{HEALTHY " enabled=false", -1, 0},
		{POLLS QUIET " tg_state=\"checking\"", -1, 0},
		{POLLS " proc_state=\"absent\" proc_fails=2 proc_at_ms=~1s hb_state=\"missing\" "
		       "hb_at_ms=~60s"
		       " hb_seen_ms=~1s" ANSWERS,
			38, 4},
	};
	for (size_t i = 0; i < COUNT_OF(scores); i++) {
		struct msg_bot *bot = bot_of(scores[i].facts);
		verdict_bot(bot, verdict_defaults(), NOW);
		int64_t points = 0, of = 0;
		for (size_t p = 0; p < bot->score_parts_count; p++) {
			points += bot->score_parts[p].points;
			of += bot->score_parts[p].of;
		}
		if (bot->score != scores[i].score || bot->score_parts_count != scores[i].parts)
			fail_msg("%s: %lld of %zu parts", scores[i].facts, (long long)bot->score,
				bot->score_parts_count);
		assert_true(!of || bot->score == points * 100 / of);
		msg_free(MSG_bot, bot);
	}
}

static void a_bare_struct_with_null_strings_is_judged(void **state)
{
	(void)state;
	struct msg_bot *bot = msg_new(MSG_bot);
	verdict_bot(bot, verdict_defaults(), NOW);
	assert_string_equal(bot->state, "disabled");
	bot->enabled = true;
	verdict_bot(bot, verdict_defaults(), NOW);
	assert_string_equal(bot->state, "not configured");
	msg_free(MSG_bot, bot);
}

static void thresholds_move_the_verdict(void **state)
{
	(void)state;
	struct verdict_limits limits = *verdict_defaults();
	struct msg_bot *bot =
		bot_of(POLLS RUNS ANSWERS " hb_state=\"late\" hb_at_ms=~8s hb_seen_ms=~1s"
					  " pending=60 pending_rises=1");
	verdict_bot(bot, &limits, NOW);
	assert_string_equal(bot->state, "ok");
	limits.heartbeat_late_ms = 6000;
	verdict_bot(bot, &limits, NOW);
	assert_string_equal(bot->state, "hung");
	limits.heartbeat_late_ms = 30000;
	limits.pending_limit = 50;
	limits.pending_rises = 1;
	verdict_bot(bot, &limits, NOW);
	assert_string_equal(bot->why, "60 pending, rising");
	msg_free(MSG_bot, bot);
}

/* ---- services ---- */

struct service_row {
	const char *service, *source, *state;
	char letter;
	const char *why;
};

#define FRESH " at_ms=~1s latency_ms=0.4"

/* clang-format off */
static const struct service_row service_rows[] = {
	{"kind=\"redis\"" FRESH, "state=\"ok\"", "ok", '.', ""},
	{"kind=\"redis\"", "state=\"checking\"", "checking", '?', "checking"},
	{"kind=\"redis\"" FRESH, "state=\"unreachable\" fails=1 error=\"connect: Connection refused\"", "late", 'w', "connection refused"},
	{"kind=\"redis\"" FRESH, "state=\"unreachable\" fails=2 error=\"connect: Connection refused\"", "unreachable", '!', "connection refused"},
	{"kind=\"postgres\" name=\"main\"" FRESH, "kind=\"postgres\" name=\"main\" state=\"unreachable\" fails=3 error=\"cannot reach postgres 'main': no connection in time\"", "unreachable", '!', "no connection in time"},
	{"kind=\"redis\"" FRESH, "state=\"unreachable\" fails=3 error=\"cannot reach redis 'main' at /var/run/a/very/long/path/to/redis.sock: it is on fire\"", "unreachable", '!', "it is on fire"},
	{"kind=\"redis\"" FRESH, "state=\"unreachable\" fails=3 error=\"no reply in 3000 ms\"", "unreachable", '!', "no answer in time"},
	{"kind=\"redis\"" FRESH, "state=\"error\" fails=1 error=\"LOADING Redis is loading the dataset in memory\"", "loading", 'w', "reading its data"},
	{"kind=\"postgres\"" FRESH, "state=\"error\" fails=2 error=\"FATAL: the database system is starting up\"", "loading", 'w', "starting up"},
	{"kind=\"redis\"" FRESH, "state=\"error\" fails=4 error=\"NOAUTH Authentication required.\"", "login refused", 'w', "user or password refused"},
	{"kind=\"postgres\"" FRESH, "state=\"error\" fails=4 error=\"password authentication failed for user\"", "login refused", 'w', "user or password refused"},
	{"kind=\"redis\"" FRESH, "state=\"not_permitted\" error=\"NOPERM this user has no permissions\"", "not permitted", 'w', "not permitted: NOPERM this user has no permissions"},
	{"kind=\"postgres\"" FRESH, "state=\"no_secret\" fails=9 error=\"postgres 'main': its password cannot be read: 'pass' did not end within 5 s: run it by hand to see why\"", "no secret", 'w', "no password: 'pass' did not end within 5 s: run it by hand to see why"},
	{"kind=\"redis\"", "state=\"no_secret\" fails=3 error=\"redis 'main': its password cannot be read: others can read this secret: chmod 600 /LOADING\"", "no secret", 'w', "no password: others can read this secret: chmod 600 /LOADING"},
	{"kind=\"redis\"" FRESH, "state=\"error\" fails=1 error=\"READONLY You can't write\"", "read-only", 'w', "refuses writes: it is a replica (READONLY)"},
	{"kind=\"redis\" refuses=\"READONLY\"" FRESH, "state=\"ok\"", "read-only", 'w', "refuses writes: it is a replica (READONLY)"},
	{"kind=\"redis\" refuses=\"OOM\"" FRESH, "state=\"ok\"", "read-only", 'w', "refuses writes: its memory is full (OOM)"},
	{"kind=\"redis\" refuses=\"OOM\"" FRESH, "state=\"unreachable\" fails=2 error=\"connect: Connection refused\"", "unreachable", '!', "connection refused"},
	{"kind=\"postgres\"" FRESH, "state=\"error\" fails=1 error=\"cannot execute LISTEN in a read-only transaction\"", "read-only", 'w', "refuses writes"},
	{"kind=\"redis\" link=\"down\"" FRESH, "state=\"ok\"", "degraded", 'w', "a replica without its master: what it holds grows old"},
	{"kind=\"redis\" link=\"up\"" FRESH, "state=\"ok\"", "ok", '.', ""},
	{"kind=\"redis\"" FRESH, "state=\"error\" fails=1 error=\"MISCONF Redis is configured to save\"", "read-only", 'w', "refuses writes: it cannot save to disk"},
	{"kind=\"postgres\"" FRESH, "state=\"error\" fails=1 error=\"sorry, too many clients already\"", "full", '!', "no connection left"},
	{"kind=\"redis\"" FRESH, "state=\"error\" fails=1 error=\"ERR max number of clients reached\"", "full", '!', "no connection left"},
	{"kind=\"postgres\"" FRESH, "state=\"error\" fails=2 error=\"out of shared memory\"", "failing", '!', "out of shared memory"},
	{"kind=\"postgres\"" FRESH, "state=\"late\"", "late", 'w', "no answer yet"},
	{"kind=\"postgres\" at_ms=~40s latency_ms=0.4", "state=\"ok\"", "stale", '?', "not looked at"},
	{"kind=\"postgres\" at_ms=~1s latency_ms=812", "state=\"ok\"", "slow", 'w', "answers in 0.8s"},
	{"kind=\"postgres\" at_ms=~1s latency_ms=nan", "state=\"ok\"", "ok", '.', ""},
	{"kind=\"postgres\"" FRESH " clients=98 max_clients=100", "state=\"ok\"", "degraded", 'w', "98 of 100 connections"},
	{"kind=\"redis\"" FRESH " used_bytes=97 max_bytes=100", "state=\"ok\"", "degraded", 'w', "memory 97% of its limit"},
	{"kind=\"redis\"" FRESH " used_bytes=97", "state=\"ok\"", "ok", '.', ""},
};
/* clang-format on */

static void *parsed(const char *kind, const char *facts)
{
	char *times autofree = with_times(facts), *line autofree = xasprintf("%s %s", kind, times);
	struct msg_any any;
	struct err err = {0};
	if (!msg_parse(line, &any, &err))
		fail_msg("%s: %s", line, err.text);
	return any.body;
}

static void every_trouble_of_a_service_has_its_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(service_rows); i++) {
		const struct service_row *row = &service_rows[i];
		struct msg_service *service = parsed("service", row->service);
		struct msg_source *source = parsed("source", row->source);
		verdict_service(service, source, verdict_defaults(), NOW);
		if (strcmp(service->state, row->state) != 0 ||
			strcmp(service->why, row->why) != 0 ||
			severity_letter((unsigned)service->severity) != row->letter)
			fail_msg("%s, %s: %c %s '%s'", row->service, row->source,
				severity_letter((unsigned)service->severity), service->state,
				service->why);
		assert_int_equal(service->since_ms, NOW);
		msg_free(MSG_service, service);
		msg_free(MSG_source, source);
	}
}

static void a_service_without_a_source_is_being_checked(void **state)
{
	(void)state;
	struct msg_service *service = msg_new(MSG_service);
	verdict_service(service, NULL, verdict_defaults(), NOW);
	assert_string_equal(service->state, "checking");
	msg_free(MSG_service, service);
}

static void words_have_their_severity_with_a_blank_or_without(void **state)
{
	(void)state;
	assert_int_equal(state_severity("ok"), SEVERITY_OK);
	assert_int_equal(state_severity("not permitted"), SEVERITY_WARN);
	assert_int_equal(state_severity("not_permitted"), SEVERITY_WARN);
	assert_int_equal(state_severity("down"), SEVERITY_CRIT);
	assert_int_equal(state_severity("nonsense"), SEVERITY_UNKNOWN);
	assert_int_equal(severity_letter(99), '?');
	assert_string_equal(severity_word(SEVERITY_CRIT), "crit");
}

static void the_printed_page_names_every_word(void **state)
{
	(void)state;
	struct str page autostr = STR_INIT;
	states_print(&page);
	static const char *const words[] = {"| not permitted | `w` |", "| looping | `!` |",
		"| webhook_failing | `!` | failing | telegram |", "| heartbeat | 25 |",
		"heartbeat_lost 100%", "| login_refused | `w` | login refused |"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strstr(page.text, words[i]))
			fail_msg("'%s' is not in the page", words[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_has_its_verdict),
		cmocka_unit_test(getme_alone_never_paints_a_bot_green),
		cmocka_unit_test(all_reasons_are_listed_worst_first),
		cmocka_unit_test(what_a_lost_redis_explains_is_listed_behind_it),
		cmocka_unit_test(a_reason_keeps_its_time_and_a_state_its_own),
		cmocka_unit_test(the_score_is_the_sum_of_its_parts),
		cmocka_unit_test(a_bare_struct_with_null_strings_is_judged),
		cmocka_unit_test(thresholds_move_the_verdict),
		cmocka_unit_test(every_trouble_of_a_service_has_its_word),
		cmocka_unit_test(a_service_without_a_source_is_being_checked),
		cmocka_unit_test(words_have_their_severity_with_a_blank_or_without),
		cmocka_unit_test(the_printed_page_names_every_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
