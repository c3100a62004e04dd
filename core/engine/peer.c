/* SPDX-License-Identifier: MIT */
#include "core/engine/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* Who is at the other end: from the kernel, not from what it says. No look-up of foreign names here:
 * a directory service may be slow, and others than we and root only look. */
/* Who logged in: also behind sudo, where all operators are root. */
static void find_login(struct operator* who, const struct ucred *creds)
{
	char path[64], text[16];
	snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)creds->pid);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return;
	text[length] = '\0';
	who->login_uid = (unsigned)strtoul(text, NULL, 10);
	who->has_login = who->login_uid != (unsigned)-1;
}

static void identify(struct peer *peer, uint64_t number, const char *own_name)
{
	struct ucred creds = {.uid = (uid_t)-1};
	socklen_t size = sizeof(creds);
	bool known = getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &creds, &size) == 0;
	peer->who.client = number;
	peer->who.uid = creds.uid;
	if (known)
		find_login(&peer->who, &creds);
	peer->may_act = known && (creds.uid == geteuid() || creds.uid == 0);
	if (known && creds.uid == geteuid())
		copy_text(peer->who.name, sizeof(peer->who.name), own_name);
	else if (peer->may_act)
		copy_text(peer->who.name, sizeof(peer->who.name), "root");
	else
		snprintf(peer->who.name, sizeof(peer->who.name), "uid %u", (unsigned)creds.uid);
}

bool peer_is_in(const struct peer *peer, gid_t group)
{
	struct ucred creds;
	gid_t groups[256];
	socklen_t size = sizeof(creds);
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &creds, &size) == 0 && creds.gid == group)
		return true;
	size = sizeof(groups);
	if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

struct peer *peer_new(int fd, uint64_t number, const char *own_name, int64_t now_mono_ms)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));
	peer->fd = fd;
	peer->full = true;
	peer->joined_ms = peer->progress_ms = now_mono_ms;
	str_init(&peer->in);
	str_init(&peer->out);
	for (size_t i = 0; i < PEER_REPLIES; i++)
		str_init(&peer->replies[i].frames);
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	identify(peer, number, own_name);
	return peer;
}

void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	close(peer->fd);
	str_release(&peer->in);
	str_release(&peer->out);
	for (size_t i = 0; i < PEER_REPLIES; i++) {
		str_release(&peer->replies[i].frames);
		msg_any_release(&peer->replies[i].asked);
	}
	free(peer);
}

void peer_drop(struct peer *peer, const char *why)
{
	if (peer->stage == PEER_GONE)
		return;
	peer->stage = PEER_GONE;
	copy_text(peer->why, sizeof(peer->why), why);
}

size_t peer_backlog(const struct peer *peer)
{
	return peer->out.length - peer->out_at;
}

/* Moves what is left to the front once most of the buffer was used. */
static void compact(struct str *str, size_t *at)
{
	if (*at == str->length) {
		str_clear(str);
		*at = 0;
	} else if (*at > str->length / 2) {
		str_remove(str, 0, *at);
		*at = 0;
	}
}

void peer_fill(struct peer *peer)
{
	char bytes[16384];
	compact(&peer->in, &peer->in_at);
	for (size_t taken = 0; taken < PEER_READ_BYTES;) {
		ssize_t got = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			peer_drop(peer, "");
			return;
		}
		str_add(&peer->in, bytes, (size_t)got);
		taken += (size_t)got;
		if ((size_t)got < sizeof(bytes))
			return;
	}
}

bool peer_next(struct peer *peer, struct msg_any *ret)
{
	size_t max = peer->stage == PEER_NEW ? MSG_FRAME_MAX_UNKNOWN : MSG_FRAME_MAX;
	while (peer->stage == PEER_NEW || peer->stage == PEER_KNOWN) {
		struct msg_any any;
		struct err err;
		size_t used = 0;
		if (!msg_decode(peer->in.text + peer->in_at, peer->in.length - peer->in_at, max,
			    &any, &used, &err)) {
			peer_drop(peer, err.text);
			return false;
		}
		if (used == 0)
			return false;
		peer->in_at += used;
		if (any.kind == MSG_none)
			continue;
		*ret = any;
		return true;
	}
	return false;
}

void peer_send(struct peer *peer, enum msg_kind kind, const void *body)
{
	if (peer->stage == PEER_GONE)
		return;
	msg_encode(kind, body, &peer->out);
}

void peer_drain(struct peer *peer, int64_t now_mono_ms)
{
	if (peer_backlog(peer) == 0)
		peer->progress_ms = now_mono_ms;
	while (peer->stage != PEER_GONE && peer_backlog(peer)) {
		ssize_t sent = send(peer->fd, peer->out.text + peer->out_at, peer_backlog(peer),
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			peer_drop(peer, "");
			break;
		}
		peer->out_at += (size_t)sent;
		peer->sent_bytes += (uint64_t)sent;
		peer->progress_ms = now_mono_ms;
	}
	compact(&peer->out, &peer->out_at);
}

static struct peer_reply *reply_to(struct peer *peer, uint64_t req)
{
	for (size_t i = 0; i < PEER_REPLIES; i++)
		if (peer->replies[i].req == req)
			return &peer->replies[i];
	return NULL;
}

void peer_expect(struct peer *peer, uint64_t req)
{
	struct peer_reply *reply = &peer->replies[peer->next_reply];
	peer->next_reply = (peer->next_reply + 1) % PEER_REPLIES;
	reply->req = req;
	str_clear(&reply->frames);
	msg_any_release(&reply->asked);
	reply->asked = (struct msg_any){.kind = MSG_none};
}

void peer_keep(struct peer *peer, uint64_t req, enum msg_kind kind, const void *body)
{
	struct peer_reply *reply = req ? reply_to(peer, req) : NULL;
	if (reply)
		reply->asked = (struct msg_any){.kind = kind, .body = msg_copy(kind, body)};
}

bool peer_asked(struct peer *peer, uint64_t req, struct msg_any *ret)
{
	struct peer_reply *reply = req ? reply_to(peer, req) : NULL;
	if (!reply || reply->asked.kind == MSG_none)
		return false;
	*ret = reply->asked;
	reply->asked = (struct msg_any){.kind = MSG_none};
	return true;
}

void peer_remember(struct peer *peer, uint64_t req, size_t from)
{
	if (req == 0 || from > peer->out.length)
		return;
	if (!reply_to(peer, req))
		peer_expect(peer, req);
	struct peer_reply *reply = reply_to(peer, req);
	str_clear(&reply->frames);
	str_add(&reply->frames, peer->out.text + from, peer->out.length - from);
}

bool peer_repeat(struct peer *peer, uint64_t req)
{
	const struct peer_reply *reply = req ? reply_to(peer, req) : NULL;
	if (reply)
		str_add(&peer->out, reply->frames.text, reply->frames.length);
	return reply != NULL;
}
