/* SPDX-License-Identifier: MIT */
#include "core/msg/mailbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/mem.h"

struct letter {
	struct letter *next;
	struct parcel parcel;
};

struct mailbox {
	pthread_mutex_t lock;
	struct letter *first, **last;
	size_t count, limit;
	bool is_rung;   /* since it was empty */
	uint64_t rings; /* that were not heard yet; some may still be on their way to the bell */
	int bell;
	_Atomic uint64_t dropped;
};

struct mailbox *mailbox_new(size_t limit)
{
	int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (bell < 0)
		return NULL;
	struct mailbox *mailbox = xcalloc(1, sizeof(*mailbox));
	pthread_mutex_init(&mailbox->lock, NULL);
	mailbox->last = &mailbox->first;
	mailbox->limit = limit;
	mailbox->bell = bell;
	return mailbox;
}

void parcel_release(struct parcel *parcel)
{
	msg_any_release(&parcel->message);
	if (parcel->attachment && parcel->release)
		parcel->release(parcel->attachment);
	*parcel = (struct parcel){.message = {.kind = MSG_none}};
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	while (mailbox->first) {
		struct letter *letter = mailbox->first;
		mailbox->first = letter->next;
		parcel_release(&letter->parcel);
		free(letter);
	}
	close(mailbox->bell);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->bell;
}

static void ring(struct mailbox *mailbox)
{
	uint64_t one = 1;
	ssize_t ignored UNUSED = write(mailbox->bell, &one, sizeof(one));
}

void mailbox_ring(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->rings++;
	pthread_mutex_unlock(&mailbox->lock);
	ring(mailbox);
}

static struct letter *new_letter(struct parcel parcel)
{
	struct letter *letter = xcalloc(1, sizeof(*letter));
	letter->parcel = parcel;
	return letter;
}

static void append(struct mailbox *mailbox, struct letter *letter)
{
	*mailbox->last = letter;
	mailbox->last = &letter->next;
	mailbox->count++;
}

/* Locked. True: the taker may be asleep, and the caller rings. */
static bool append_and_wake(struct mailbox *mailbox, struct letter *letter)
{
	bool was_rung = mailbox->is_rung;
	append(mailbox, letter);
	mailbox->is_rung = true;
	mailbox->rings += !was_rung;
	return !was_rung;
}

static void refuse(struct mailbox *mailbox, struct letter *letter)
{
	atomic_fetch_add(&mailbox->dropped, 1);
	parcel_release(&letter->parcel);
	free(letter);
}

bool mailbox_post_with(struct mailbox *mailbox, struct parcel parcel)
{
	struct letter *letter = new_letter(parcel);
	pthread_mutex_lock(&mailbox->lock);
	bool fits = mailbox->count < mailbox->limit;
	bool wakes = fits && append_and_wake(mailbox, letter);
	pthread_mutex_unlock(&mailbox->lock);
	if (!fits)
		refuse(mailbox, letter);
	else if (wakes)
		ring(mailbox);
	return fits;
}

bool mailbox_post_ahead(struct mailbox *mailbox, enum msg_kind kind, void *body)
{
	struct letter *letter =
		new_letter((struct parcel){.message = {.kind = kind, .body = body}});
	pthread_mutex_lock(&mailbox->lock);
	bool fits = mailbox->count < mailbox->limit;
	if (fits)
		append(mailbox, letter);
	pthread_mutex_unlock(&mailbox->lock);
	if (!fits)
		refuse(mailbox, letter);
	return fits;
}

bool mailbox_post(struct mailbox *mailbox, enum msg_kind kind, void *body)
{
	return mailbox_post_with(mailbox, (struct parcel){.message = {.kind = kind, .body = body}});
}

void mailbox_post_due(struct mailbox *mailbox, struct parcel parcel)
{
	struct letter *letter = new_letter(parcel);
	pthread_mutex_lock(&mailbox->lock);
	bool wakes = append_and_wake(mailbox, letter);
	pthread_mutex_unlock(&mailbox->lock);
	if (wakes)
		ring(mailbox);
}

void mailbox_post_latest(struct mailbox *mailbox, struct parcel parcel,
	bool (*same)(const void *waiting, const void *attachment))
{
	struct letter *letter = new_letter(parcel);
	struct parcel replaced = {.message = {.kind = MSG_none}};
	bool wakes = false;
	pthread_mutex_lock(&mailbox->lock);
	struct letter *at = mailbox->first;
	while (at && !same(at->parcel.attachment, parcel.attachment))
		at = at->next;
	if (at) {
		replaced = at->parcel;
		at->parcel = parcel;
	} else {
		wakes = append_and_wake(mailbox, letter);
	}
	pthread_mutex_unlock(&mailbox->lock);
	if (at)
		free(letter);
	parcel_release(&replaced);
	if (wakes)
		ring(mailbox);
}

static void unlink_letters(
	struct mailbox *mailbox, struct letter **ret_list, size_t max, size_t *ret_count)
{
	struct letter **end = &mailbox->first;
	size_t count = 0;
	while (*end && count < max) {
		end = &(*end)->next;
		count++;
	}
	*ret_list = mailbox->first;
	mailbox->first = *end;
	*end = NULL;
	if (!mailbox->first)
		mailbox->last = &mailbox->first;
	mailbox->count -= count;
	*ret_count = count;
}

/* Locked, so that nobody rings for a letter that would wait behind this. */
static void silence(struct mailbox *mailbox)
{
	uint64_t heard;
	if (mailbox->rings && read(mailbox->bell, &heard, sizeof(heard)) == sizeof(heard))
		mailbox->rings -= heard;
	mailbox->is_rung = false;
}

size_t mailbox_take(struct mailbox *mailbox, struct parcel *ret, size_t max)
{
	struct letter *list = NULL;
	size_t count = 0;
	pthread_mutex_lock(&mailbox->lock);
	if (mailbox->count)
		unlink_letters(mailbox, &list, max, &count);
	if (!mailbox->count)
		silence(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
	for (size_t i = 0; i < count; i++) {
		struct letter *letter = list;
		list = letter->next;
		ret[i] = letter->parcel;
		free(letter);
	}
	return count;
}

uint64_t mailbox_dropped(const struct mailbox *mailbox)
{
	return atomic_load(&mailbox->dropped);
}
