/* SPDX-License-Identifier: MIT */
/*
 * The engine that runs, for somebody who only wants to ask. Its lock says whether there is one; that it cannot be spoken to
 * at the first try (its door is full, it starts, it leaves) is no proof that there is none, and a second engine would say
 * other things than the first.
 */
#include "core/engine/client.h"

#include <poll.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_lock.h"

enum {
	LOOK_MS = 50,
	AGAIN_MS = 200,
	ANSWER_MS = 1000, /* who has not said a word by then is silent */
};

struct find {
	const struct settings *settings;
	const char *kind;
	bool want_state;
	struct client *client; /* has not said welcome yet; NULL: to be connected */
	int64_t again_ms;      /* mono: not before; then it was connected about then */
	char holder[128];      /* of the lock, "": nobody, or not to be seen */
	char why[200];         /* of the last try, with the next step */
};

static enum client_search_state again(struct find *find, int64_t now_ms, const char *why)
{
	copy_text(find->why, sizeof(find->why), why);
	client_free(find->client);
	find->client = NULL;
	find->again_ms = now_ms + AGAIN_MS;
	return CLIENT_SEARCHING;
}

static bool look_who_has_it(struct find *find)
{
	return client_lock_holder(
		find->settings->state_dir, LOCK_FILE, find->holder, sizeof(find->holder));
}

/* Not let in to the socket; where it is not there, and nobody has the lock, there is no engine. */
static enum client_search_state is_kept_out(
	struct find *find, int64_t now_ms, const struct err *failed, struct err *err)
{
	if (failed->code == ERR_TIMEOUT)
		return again(find, now_ms, "lets in too many others: try again");
	if (failed->code != ERR_UNREACHABLE) {
		*err = *failed;
		return CLIENT_NOT_FOUND;
	}
	if (look_who_has_it(find))
		return again(find, now_ms, "has no open socket, so it starts or leaves: try again");
	(void)err_set(err, ERR_NOT_FOUND, "no engine runs for '%.200s'", find->settings->state_dir);
	return CLIENT_NOT_FOUND;
}

/* It hung up, or said why it lets nobody in: places become free, other reasons stay. */
static enum client_search_state is_turned_away(struct find *find, int64_t now_ms, struct err *err)
{
	char why[200];
	if (client_hung_up(find->client))
		return again(find, now_ms, "hangs up, so it leaves: try again");
	snprintf(why, sizeof(why), "lets nobody in: %.160s", client_why(find->client));
	if (client_refusal(find->client) == ERR_LIMIT)
		return again(find, now_ms, why);
	(void)err_set(err, ERR_UNREACHABLE, "%s", client_why(find->client));
	return CLIENT_NOT_FOUND;
}

static enum client_search_state step(struct find *find, int64_t now_ms, struct err *err)
{
	const struct settings *settings = find->settings;
	struct err failed = {.code = ERR_NONE};
	if (now_ms < find->again_ms)
		return CLIENT_SEARCHING;
	if (!find->client && !client_connect(settings->socket_path, settings->state_dir, find->kind,
				     find->want_state, &find->client, &failed))
		return is_kept_out(find, now_ms, &failed, err);
	client_meet(find->client);
	if (client_state(find->client) == CLIENT_LOST)
		return is_turned_away(find, now_ms, err);
	if (now_ms - find->again_ms >= ANSWER_MS)
		copy_text(find->why, sizeof(find->why),
			"does not answer: try again, and restart it when it stays silent");
	return client_state(find->client) == CLIENT_ATTACHED ? CLIENT_FOUND : CLIENT_SEARCHING;
}

static void wait_for_news(const struct find *find)
{
	struct pollfd slot = {.fd = find->client ? client_fd(find->client) : -1, .events = POLLIN};
	if (find->client && client_wants_write(find->client))
		slot.events |= POLLOUT;
	(void)poll(&slot, 1, LOOK_MS);
}

static enum client_search_state out_of_time(struct find *find, struct err *err)
{
	bool known = look_who_has_it(find);
	(void)err_set(err, ERR_TIMEOUT, "the engine of '%.60s'%s%.60s%s %s",
		find->settings->state_dir, known ? " (" : "", known ? find->holder : "",
		known ? ")" : "", find->why);
	return CLIENT_NOT_FOUND;
}

bool client_find(const struct settings *settings, const char *kind, bool want_state,
	int64_t timeout_ms, struct client **ret, struct err *err)
{
	struct find find = {.settings = settings, .kind = kind, .want_state = want_state};
	int64_t now_ms = clock_mono_ms(clock_real()), until_ms = now_ms + timeout_ms;
	find.again_ms = now_ms;
	enum client_search_state state;
	while ((state = step(&find, now_ms, err)) == CLIENT_SEARCHING && now_ms < until_ms) {
		wait_for_news(&find);
		now_ms = clock_mono_ms(clock_real());
	}
	if (state == CLIENT_SEARCHING)
		state = out_of_time(&find, err);
	if (state == CLIENT_FOUND)
		*ret = find.client;
	else
		client_free(find.client);
	return state == CLIENT_FOUND;
}
