/* SPDX-License-Identifier: MIT */
#include "core/engine/greet.h"

#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/black_box.h"
#include "core/engine/feed.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/peer.h"

void greet_refuse(struct engine *engine, struct peer *peer, enum err_code code, const char *text)
{
	(void)engine;
	autostr struct str safe = STR_INIT;
	sanitize(&safe, text, strlen(text)); /* it may quote what the client said */
	struct msg_refuse refuse = {.code = code, .text = safe.text};
	peer_send(peer, MSG_refuse, &refuse);
	peer->stage = PEER_LEAVING;
}

static void welcome(struct engine *engine, struct peer *peer)
{
	autofree char *build = xstrdup(BOTSWAIN_VERSION);
	struct msg_welcome welcome = {.protocol = MSG_PROTOCOL,
		.build = build,
		.engine = engine->settings->state_dir,
		.environment = engine->settings->environment,
		.pid = (uint64_t)getpid(),
		.started_ms = engine->started_ms,
		.own = engine->options.own,
		.past = engine->replay != NULL,
		.from_ms = engine->replay ? replay_from_ms(engine->replay) : 0,
		.operator= peer->who.name };
	peer_send(peer, MSG_welcome, &welcome);
	peer->stage = PEER_KNOWN;
	if (peer->inner)
		return;
	engine->was_attached = true;
	engine->leave_mono_ms = 0; /* decided anew: it may be gone before this turn ends */
}

/* What a client says of its user is recorded; the socket's credentials decide. */
static void record_claims(
	const struct engine *engine, struct peer *peer, const struct msg_hello *hello)
{
	copy_text(peer->who.claims, sizeof(peer->who.claims), hello->claims);
	if (strcmp(hello->client, "screen") == 0 && !engine->options.only_logs)
		journal_say(engine->book, LOG_LEVEL_INFO, "a screen of %s attached%s%.200s",
			peer->who.name, hello->claims[0] ? "; it claims " : "", hello->claims);
}

/* The connection goes on elsewhere: here it is closed without a word. */
static void open_past(struct engine *engine, struct peer *peer)
{
	struct err err = {.code = ERR_NONE};
	if (black_box_open_past(engine, peer, &err))
		peer_drop(peer, "");
	else
		greet_refuse(engine, peer, err.code, err.text);
}

void greet_hello(struct engine *engine, struct peer *peer, const struct msg_any *message)
{
	const struct msg_hello *hello = message->body;
	if (message->kind != MSG_hello) {
		greet_refuse(engine, peer, ERR_PROTOCOL, "the first message must be a hello");
		return;
	}
	const char *identity = engine->settings->state_dir;
	bool is_elsewhere = hello->engine[0] && strcmp(hello->engine, identity) != 0;
	if (hello->protocol != MSG_PROTOCOL) {
		autofree char *text = xasprintf("the engine speaks protocol %d (%s), the client "
						"%llu (%.40s): restart the older one",
			MSG_PROTOCOL, BOTSWAIN_VERSION, (unsigned long long)hello->protocol,
			hello->build);
		greet_refuse(engine, peer, ERR_PROTOCOL, text);
	} else if (is_elsewhere && !engine->replay) { /* none: by a tunnel */
		autofree char *text = xasprintf(
			"this is the engine of '%s', but the client is configured for '%.200s'",
			identity, hello->engine);
		greet_refuse(engine, peer, ERR_CONFLICT, text);
	} else if (hello->past && !engine->replay) {
		open_past(engine, peer);
	} else {
		peer->want_state = hello->want_state;
		peer->takes_pulses = hello->takes_pulses;
		peer->is_brief = strcmp(hello->client, "cli") == 0;
		peer->pulse_gap_ms = engine->replay ? 0 : FEED_PULSE_MS; /* what was, as it was */
		welcome(engine, peer);
		record_claims(engine, peer, hello);
	}
}

void greet_farewell(struct engine *engine, const struct peer *peer)
{
	if (!peer->why[0])
		return;
	engine->dropped++;
	journal_say(engine->book, LOG_LEVEL_WARN, "dropped the client of %s: %s", peer->who.name,
		peer->why);
}
