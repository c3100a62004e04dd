/* SPDX-License-Identifier: MIT */
#include "core/events/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/events/file_stream.h"
#include "core/events/part.h"

struct block {
	struct store_part part;
	struct scratch scratch;
	bool is_good, is_done;
};

struct ahead {
	atomic_uint
		users; /* its owner and the thread: the last one frees it, so that nobody waits for a disk */
	struct needle needle;
	struct block blocks[AHEAD_BLOCKS]; /* a ring */
	size_t begun, released;            /* of all so far; its owner's */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock, with what is said of blocks: */
	size_t wanted, taken; /* begun with, and being read or done */
	bool is_over;
};

/* Under the lock: the next block that nobody has begun to read; NULL: there is none. */
static struct block *next_block(struct ahead *ahead)
{
	return ahead->taken < ahead->wanted ? &ahead->blocks[ahead->taken++ % AHEAD_BLOCKS] : NULL;
}

/* Comes and goes with the lock, which it lets go of meanwhile. */
static void read_block(struct ahead *ahead, struct block *block)
{
	pthread_mutex_unlock(&ahead->lock);
	bool is_good = part_seek(&block->part, &ahead->needle, &block->scratch);
	pthread_mutex_lock(&ahead->lock);
	block->is_good = is_good;
	block->is_done = true;
	pthread_cond_broadcast(&ahead->changed);
}

static void release(struct ahead *ahead)
{
	if (atomic_fetch_sub(&ahead->users, 1) != 1)
		return;
	for (; ahead->released < ahead->begun; ahead->released++)
		file_stream_unref(ahead->blocks[ahead->released % AHEAD_BLOCKS].part.file);
	for (size_t i = 0; i < AHEAD_BLOCKS; i++)
		scratch_release(&ahead->blocks[i].scratch);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}

static void *read_on(void *of)
{
	struct ahead *ahead = of;
	pthread_mutex_lock(&ahead->lock);
	while (!ahead->is_over) {
		struct block *block = next_block(ahead);
		if (block)
			read_block(ahead, block);
		else
			pthread_cond_wait(&ahead->changed, &ahead->lock);
	}
	pthread_mutex_unlock(&ahead->lock);
	release(ahead);
	return NULL;
}

static bool start(struct ahead *ahead)
{
	pthread_t thread;
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	bool is_started = pthread_create(&thread, &detached, read_on, ahead) == 0;
	pthread_attr_destroy(&detached);
	return is_started;
}

struct ahead *ahead_new(const struct needle *needle)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return NULL;
	struct ahead *ahead = xcalloc(1, sizeof(*ahead));
	ahead->needle = *needle;
	ahead->needle.has_learnt = true; /* two threads look for it */
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	atomic_init(&ahead->users, 2);
	if (start(ahead))
		return ahead;
	atomic_init(&ahead->users, 1);
	release(ahead);
	return NULL;
}

void ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->is_over = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	release(ahead);
}

size_t ahead_count(const struct ahead *ahead)
{
	return ahead->begun - ahead->released;
}

void ahead_begin(struct ahead *ahead, const struct store_part *part)
{
	struct block *block = &ahead->blocks[ahead->begun++ % AHEAD_BLOCKS];
	block->part = *part;
	(void)file_stream_ref(part->file);
	pthread_mutex_lock(&ahead->lock);
	block->is_done = false;
	ahead->wanted = ahead->begun;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

const struct scratch *ahead_wait(struct ahead *ahead, const struct store_part **ret_part)
{
	struct block *block = &ahead->blocks[ahead->released % AHEAD_BLOCKS];
	pthread_mutex_lock(&ahead->lock);
	while (!block->is_done) {
		struct block *mine = next_block(ahead);
		if (mine)
			read_block(ahead, mine);
		else
			pthread_cond_wait(&ahead->changed, &ahead->lock);
	}
	pthread_mutex_unlock(&ahead->lock);
	*ret_part = &block->part;
	return block->is_good ? &block->scratch : NULL;
}

void ahead_release(struct ahead *ahead)
{
	file_stream_unref(ahead->blocks[ahead->released++ % AHEAD_BLOCKS].part.file);
}
