/* SPDX-License-Identifier: MIT */
#include "core/engine/take_over.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/engine/lock.h"
#include "core/model/model.h"

enum {
	LOOK_MS = 50,
	ASK_MS = 1000,     /* from one question to the next */
	ANSWER_MS = 10000, /* who says nothing for so long does not give way */
	EXTEND_S = 30,     /* what systemd is asked for with every word */
};

struct take_over {
	const struct settings *settings;
	const struct clock *clock;
	struct lock *claim;
	struct client *client;     /* of who has the place; NULL: not reached */
	struct model *nothing;     /* a client wants one; no state is sent to this */
	int64_t ask_ms, silent_ms; /* mono: next question; when it has been silent for too long */
	char said[256];            /* last */
	struct err refusal;        /* its answer, or ERR_NONE */
};

/* To the journal and to whoever waits for the service, once. */
static void say(struct take_over *place, const char *words)
{
	if (getenv("NOTIFY_SOCKET"))
		sd_notifyf(0,
			"EXTEND_TIMEOUT_USEC=%d000000\nSTATUS=the engine of a screen has the "
			"place: %s",
			EXTEND_S, words);
	if (strcmp(place->said, words) == 0)
		return;
	copy_text(place->said, sizeof(place->said), words);
	fprintf(stderr, "botswaind: the engine of a screen (pid %llu) has the place: %s\n",
		(unsigned long long)client_welcome(place->client)->pid, words);
}

static void hear(void *context, enum msg_kind kind, const void *body)
{
	struct take_over *place = context;
	const struct msg_answer *answer = body;
	if (kind != MSG_answer)
		return;
	place->silent_ms = clock_mono_ms(place->clock) + ANSWER_MS;
	if (answer->code)
		(void)err_set(&place->refusal, ERR_REFUSED, "%s", answer->text);
	else
		say(place, answer->text[0] ? answer->text : "it leaves");
}

static void forget(struct take_over *place)
{
	client_free(place->client);
	place->client = NULL;
}

static void ask(struct take_over *place, int64_t now_ms)
{
	struct msg_yield_req request = {.req = client_next_request(place->client)};
	if (now_ms < place->ask_ms)
		return;
	client_send(place->client, MSG_yield_req, &request);
	place->ask_ms = now_ms + ASK_MS;
}

/* False: it is a service, or refuses. One that hangs up is leaving, or was asked too early. */
static bool talk(struct take_over *place, int64_t now_ms)
{
	struct err ignored;
	const struct settings *settings = place->settings;
	if (!place->client && !client_connect(settings->socket_path, settings->state_dir, "service",
				      false, &place->client, &ignored))
		return true;
	(void)client_pump(place->client, place->nothing, now_ms, hear, place);
	if (client_state(place->client) == CLIENT_LOST)
		forget(place);
	else if (client_state(place->client) == CLIENT_ATTACHED &&
		 !client_welcome(place->client)->own)
		return false;
	else if (client_state(place->client) == CLIENT_ATTACHED)
		ask(place, now_ms);
	return place->refusal.code == ERR_NONE;
}

/* Also the pause between two looks. */
static bool is_told_to_stop(const struct take_over *place)
{
	static const struct timespec at_once = {0, 0};
	struct pollfd slot = {.fd = -1, .events = POLLIN};
	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGQUIT);
	if (place->client)
		slot.fd = client_fd(place->client);
	(void)poll(&slot, 1, LOOK_MS);
	return sigtimedwait(&stops, NULL, &at_once) > 0;
}

/* `err` says who has the lock. */
static bool wait_for_it(struct take_over *place, struct lock **ret, struct err *err)
{
	const char *state_dir = place->settings->state_dir;
	struct err taken = *err;
	place->silent_ms = clock_mono_ms(place->clock) + ANSWER_MS;
	while (!lock_take(state_dir, place->clock, ret, &taken)) {
		int64_t now_ms = clock_mono_ms(place->clock);
		*err = taken;
		if (taken.code != ERR_REFUSED || !talk(place, now_ms))
			return false;
		if (now_ms >= place->silent_ms)
			return err_set(err, ERR_REFUSED, "%.180s, and does not answer", taken.text);
		if (is_told_to_stop(place))
			return err_set(err, ERR_CANCELLED, "told to stop");
	}
	return true;
}

bool take_over(const struct settings *settings, const struct clock *clock, struct lock **ret,
	struct err *err)
{
	struct take_over place = {.settings = settings, .clock = clock};
	if (lock_take(settings->state_dir, clock, ret, err))
		return true;
	if (err->code != ERR_REFUSED || !lock_claim(settings->state_dir, clock, &place.claim, err))
		return false;
	place.nothing = model_new();
	bool good = wait_for_it(&place, ret, err);
	forget(&place);
	model_free(place.nothing);
	lock_free(place.claim);
	return good;
}
