/* SPDX-License-Identifier: MIT */
#include "core/collect/post.h"

#include <math.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/schedule.h"
#include "core/collect/vault.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

const char *source_state_word(const struct err *err)
{
	if (!err || err->code == ERR_NONE)
		return "ok";
	if (err->code == ERR_TIMEOUT || err->code == ERR_UNREACHABLE)
		return "unreachable";
	if (err->code == ERR_AUTH || err->code == ERR_DENIED)
		return "not_permitted";
	if (err->code == ERR_SECRET)
		return "no_secret";
	return "error";
}

void set_text(struct hub *hub, char **field, const char *text, size_t length, size_t cells)
{
	autostr struct str redacted = STR_INIT, safe = STR_INIT;
	struct redactor *redactor = vault_redactor(hub->vault);
	redact(redactor, &redacted, text, length, 0);
	redactor_unref(redactor);
	sanitize_clip(&safe, redacted.text, redacted.length, cells);
	msg_set(field, safe.text);
}

static bool is_there(const struct err *err)
{
	return err && err->code != ERR_NONE;
}

void post_source(struct hub *hub, const struct attempt *attempt)
{
	struct msg_obs_source *obs = msg_new(MSG_obs_source);
	const struct schedule *schedule = attempt->schedule;
	int64_t next_in_ms = schedule_next_ms(schedule) - clock_mono_ms(hub->clock);
	msg_set(&obs->kind, attempt->kind);
	msg_set(&obs->name, attempt->name);
	const struct err *said = is_there(attempt->err) ? attempt->err : attempt->warning;
	bool is_warned = said == attempt->warning && is_there(said);
	msg_set(&obs->state, is_warned ? "degraded" : source_state_word(attempt->err));
	if (is_there(said))
		set_text(hub, &obs->error, said->text, strlen(said->text), POST_ERROR_CELLS);
	obs->latency_ms = attempt->latency_ms;
	obs->next_in_ms = next_in_ms > 0 ? next_in_ms : 0;
	obs->fails = schedule->fails;
	msg_set(&obs->circuit, circuit_word(schedule->circuit));
	obs->interval_ms = schedule->interval_ms;
	obs->dropped = attempt->dropped;
	mailbox_post(hub->to_engine, MSG_obs_source, obs);
}

void post_source_gone(struct hub *hub, const char *kind, const char *name)
{
	struct msg_obs_source *obs = msg_new(MSG_obs_source);
	msg_set(&obs->kind, kind);
	msg_set(&obs->name, name);
	msg_set(&obs->state, "ok");
	obs->gone = true;
	obs->latency_ms = NAN;
	mailbox_post(hub->to_engine, MSG_obs_source, obs);
}
