/* SPDX-License-Identifier: MIT */
/*
 * The only way from a thread to another: messages are moved, never shared. A mailbox is a locked
 * list and an eventfd. Any number of threads post; one thread takes. Bounded: a post to a full box
 * frees the message, counts it, and returns false (the poster decides whether that is an event).
 * Two kinds of post always find a place, for their number is bounded otherwise: what somebody waits
 * for (no more than were asked for), and what replaces what was posted before it.
 * The bell is a bell, not a counter.
 */
#ifndef BOTSWAIN_MSG_MAILBOX_H
#define BOTSWAIN_MSG_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct mailbox;

/* What travels beside a message and is no message: a chunk, a result. Freed with `release` if
 * nobody takes it. */
struct parcel {
	struct msg_any message;
	void *attachment;
	void (*release)(void *attachment);
};

/* NULL, and errno: there is no descriptor for its bell. */
struct mailbox *mailbox_new(size_t limit) MUST_CHECK;
void mailbox_free(struct mailbox *mailbox); /* frees what was not taken; NULL is legal */
/* Readable while something waits. Poll it; mailbox_take() drains it. */
int mailbox_fd(const struct mailbox *mailbox);
/* Takes ownership of `body`. Any thread. */
bool mailbox_post(struct mailbox *mailbox, enum msg_kind kind, void *body);
/* As mailbox_post(), but rings no bell: the poster has more to say at once, and rings with that. Any thread. */
bool mailbox_post_ahead(struct mailbox *mailbox, enum msg_kind kind, void *body);
/* As mailbox_post(), with an attachment that moves too. Any thread. */
bool mailbox_post_with(struct mailbox *mailbox, struct parcel parcel);
/* Posts what somebody waits for, also to a full box: the poster bounds how many of them there can be
 * at once. Any thread. */
void mailbox_post_due(struct mailbox *mailbox, struct parcel parcel);
/* Posts a whole state, also to a full box: where one whose attachment is the `same` still waits, this
 * takes its place in the order and that is released. Any thread. */
void mailbox_post_latest(struct mailbox *mailbox, struct parcel parcel,
	bool (*same)(const void *waiting, const void *attachment));
/* Rings without a message: wakes the taker. Any thread. */
void mailbox_ring(struct mailbox *mailbox);
/* Moves up to `max` parcels into `ret`, oldest first; the caller owns them. Taker's thread. */
size_t mailbox_take(struct mailbox *mailbox, struct parcel *ret, size_t max);
/* Messages refused because the box was full, since start. Any thread. */
uint64_t mailbox_dropped(const struct mailbox *mailbox);
void parcel_release(struct parcel *parcel);

#endif
