/* SPDX-License-Identifier: MIT */
#include "core/engine/pasts.h"

#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/engine/peer.h"

static bool has_ended(const struct past *past)
{
	struct pollfd end = {.fd = past->pidfd, .events = POLLIN};
	return poll(&end, 1, 0) > 0;
}

static void sweep(struct pasts *pasts)
{
	size_t kept = 0;
	for (size_t i = 0; i < pasts->count; i++) {
		if (has_ended(&pasts->list[i]))
			close(pasts->list[i].pidfd);
		else
			pasts->list[kept++] = pasts->list[i];
	}
	pasts->count = kept;
}

struct counts {
	size_t guests, of_user;
};

static struct counts count(const struct pasts *pasts, uid_t uid)
{
	struct counts counts = {0};
	for (size_t i = 0; i < pasts->count; i++) {
		counts.guests += pasts->list[i].guest;
		counts.of_user += pasts->list[i].guest && pasts->list[i].uid == uid;
	}
	return counts;
}

static bool is_recent(const struct past_start *start, int64_t now_mono_ms)
{
	return start->mono_ms && now_mono_ms - start->mono_ms < PASTS_PAUSE_MS;
}

static bool must_pause(const struct pasts *pasts, uid_t uid, int64_t now_mono_ms)
{
	size_t recent = 0;
	for (size_t i = 0; i < PASTS_STARTS; i++) {
		if (!is_recent(&pasts->starts[i], now_mono_ms))
			continue;
		recent++;
		if (pasts->starts[i].uid == uid)
			return true;
	}
	return recent == PASTS_STARTS;
}

static bool permit_guest(
	const struct pasts *pasts, const struct peer *peer, int64_t now_mono_ms, struct err *err)
{
	const struct counts counts = count(pasts, peer->who.uid);
	if (counts.of_user >= PASTS_GUEST_EACH)
		return err_set(err, ERR_LIMIT,
			"%d screens of %s look into the past already: leave one of them",
			PASTS_GUEST_EACH, peer->who.name);
	if (counts.guests >= PASTS_GUESTS)
		return err_set(err, ERR_LIMIT,
			"%d screens that may only look are in the past already: wait until one of "
			"them comes back",
			PASTS_GUESTS);
	if (must_pause(pasts, peer->who.uid, now_mono_ms))
		return err_set(err, ERR_LIMIT,
			"a screen of %s went into the past a moment ago: try again in %d s",
			peer->who.name, PASTS_PAUSE_MS / 1000);
	return true;
}

bool pasts_permit(
	struct pasts *pasts, const struct peer *peer, int64_t now_mono_ms, struct err *err)
{
	sweep(pasts);
	if (!peer->may_act && !permit_guest(pasts, peer, now_mono_ms, err))
		return false;
	if (pasts->count >= PASTS_MAX)
		return err_set(err, ERR_LIMIT,
			"%d screens look into the past already: wait until one of them comes back",
			PASTS_MAX);
	return true;
}

void pasts_add(struct pasts *pasts, const struct peer *peer, int pidfd, int64_t now_mono_ms)
{
	pasts->list[pasts->count++] =
		(struct past){.pidfd = pidfd, .uid = peer->who.uid, .guest = !peer->may_act};
	if (peer->may_act)
		return;
	pasts->starts[pasts->next_start] =
		(struct past_start){.uid = peer->who.uid, .mono_ms = now_mono_ms};
	pasts->next_start = (pasts->next_start + 1) % PASTS_STARTS;
}

void pasts_end_guests(const struct pasts *pasts)
{
	for (size_t i = 0; i < pasts->count; i++)
		if (pasts->list[i].guest)
			(void)pidfd_send_signal(pasts->list[i].pidfd, SIGTERM, NULL, 0);
}

void pasts_release(struct pasts *pasts)
{
	for (size_t i = 0; i < pasts->count; i++)
		close(pasts->list[i].pidfd);
	pasts->count = 0;
}
