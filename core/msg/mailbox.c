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

void mailbox_ring(struct mailbox *mailbox)
{
	uint64_t one = 1;
	ssize_t ignored UNUSED = write(mailbox->bell, &one, sizeof(one));
}

static struct letter *new_letter(struct parcel parcel)
{
	struct letter *letter = xcalloc(1, sizeof(*letter));
	letter->parcel = parcel;
	return letter;
}

/* Locked. True: the taker may be asleep. */
static bool append(struct mailbox *mailbox, struct letter *letter)
{
	*mailbox->last = letter;
	mailbox->last = &letter->next;
	return mailbox->count++ == 0;
}

bool mailbox_post_with(struct mailbox *mailbox, struct parcel parcel)
{
	struct letter *letter = new_letter(parcel);
	pthread_mutex_lock(&mailbox->lock);
	bool fits = mailbox->count < mailbox->limit;
	bool was_empty = fits && append(mailbox, letter);
	pthread_mutex_unlock(&mailbox->lock);
	if (!fits) {
		atomic_fetch_add(&mailbox->dropped, 1);
		parcel_release(&letter->parcel);
		free(letter);
	} else if (was_empty) {
		mailbox_ring(mailbox);
	}
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
	bool was_empty = append(mailbox, letter);
	pthread_mutex_unlock(&mailbox->lock);
	if (was_empty)
		mailbox_ring(mailbox);
}

void mailbox_post_latest(struct mailbox *mailbox, struct parcel parcel,
	bool (*same)(const void *waiting, const void *attachment))
{
	struct letter *letter = new_letter(parcel);
	struct parcel replaced = {.message = {.kind = MSG_none}};
	bool was_empty = false;
	pthread_mutex_lock(&mailbox->lock);
	struct letter *at = mailbox->first;
	while (at && !same(at->parcel.attachment, parcel.attachment))
		at = at->next;
	if (at) {
		replaced = at->parcel;
		at->parcel = parcel;
	} else {
		was_empty = append(mailbox, letter);
	}
	pthread_mutex_unlock(&mailbox->lock);
	if (at)
		free(letter);
	parcel_release(&replaced);
	if (was_empty)
		mailbox_ring(mailbox);
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

size_t mailbox_take(struct mailbox *mailbox, struct parcel *ret, size_t max)
{
	uint64_t rung;
	struct letter *list = NULL;
	size_t count = 0;
	ssize_t ignored UNUSED = read(mailbox->bell, &rung, sizeof(rung));
	pthread_mutex_lock(&mailbox->lock);
	if (mailbox->count)
		unlink_letters(mailbox, &list, max, &count);
	bool more = mailbox->count > 0;
	pthread_mutex_unlock(&mailbox->lock);
	if (more)
		mailbox_ring(mailbox);
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
