/* SPDX-License-Identifier: MIT */
#include "core/engine/indexer.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"

enum { NICE = 10 };

struct indexer {
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t news;
	/* under the lock: */
	struct file_stream **files; /* a reference each; the last is the next */
	size_t count;
	unsigned round; /* of lists */
	bool stops;
};

/* The next one that may have something to read, with a reference; NULL: it is to end. */
static struct file_stream *take(struct indexer *indexer, unsigned *ret_round)
{
	struct file_stream *file = NULL;
	pthread_mutex_lock(&indexer->lock);
	while (!indexer->count && !indexer->stops)
		pthread_cond_wait(&indexer->news, &indexer->lock);
	if (!indexer->stops)
		file = indexer->files[--indexer->count];
	*ret_round = indexer->round;
	pthread_mutex_unlock(&indexer->lock);
	return file;
}

/* It goes on with this one, unless there is another list by then. */
static void give_back(struct indexer *indexer, struct file_stream *file, unsigned round)
{
	pthread_mutex_lock(&indexer->lock);
	if (indexer->round == round && !indexer->stops) {
		indexer->files[indexer->count++] = file; /* where it was taken from */
		file = NULL;
	}
	pthread_mutex_unlock(&indexer->lock);
	file_stream_unref(file);
}

static void *run(void *context)
{
	struct indexer *indexer = context;
	pthread_setname_np(pthread_self(), "indexer");
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	unsigned round;
	for (struct file_stream *file; (file = take(indexer, &round));) {
		size_t segment;
		if (file_index_next(file->index, &segment) && file_index_read(file->index, segment))
			give_back(indexer, file, round);
		else
			file_stream_unref(file); /* done, or it cannot be read now */
	}
	return NULL;
}

struct indexer *indexer_new(void)
{
	struct indexer *indexer = xcalloc(1, sizeof(*indexer));
	pthread_mutex_init(&indexer->lock, NULL);
	pthread_cond_init(&indexer->news, NULL);
	return indexer;
}

/* Under the lock. */
static void forget(struct indexer *indexer)
{
	for (size_t i = 0; i < indexer->count; i++)
		file_stream_unref(indexer->files[i]);
	free(indexer->files);
	indexer->files = NULL;
	indexer->count = 0;
	indexer->round++;
}

void indexer_free(struct indexer *indexer)
{
	if (!indexer)
		return;
	pthread_mutex_lock(&indexer->lock);
	indexer->stops = true;
	forget(indexer);
	pthread_cond_signal(&indexer->news);
	pthread_mutex_unlock(&indexer->lock);
	if (indexer->has_thread)
		pthread_join(indexer->thread, NULL);
	pthread_cond_destroy(&indexer->news);
	pthread_mutex_destroy(&indexer->lock);
	free(indexer);
}

static int compare(const void *left, const void *right)
{
	const struct file_stream *a = *(struct file_stream *const *)left,
				 *b = *(struct file_stream *const *)right;
	int64_t a_ms = a->options.received_ms, b_ms = b->options.received_ms;
	return (a_ms > b_ms) - (a_ms < b_ms);
}

static bool is_unread(const struct file_stream *file)
{
	struct file_progress progress = file_index_progress(file->index);
	return !file->is_growing && progress.done < progress.segments;
}

/* Those of the directory that are not indexed whole, the newest last. */
static struct file_stream **list_unread(const struct event_directory *directory, size_t *ret_count)
{
	size_t count;
	struct file_stream *const *all = event_directory_files(directory, &count);
	struct file_stream **files = xcalloc(count + 1, sizeof(*files));
	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (is_unread(all[i]))
			files[(*ret_count)++] = file_stream_ref(all[i]);
	qsort(files, *ret_count, sizeof(struct file_stream *), compare);
	return files;
}

void indexer_look(
	struct indexer *indexer, const struct event_directory *directory, bool is_looked_at)
{
	size_t count = 0;
	struct file_stream **files = NULL;
	if (is_looked_at && event_directory_has_room(directory))
		files = list_unread(directory, &count);
	if (count && !indexer->has_thread)
		indexer->has_thread = pthread_create(&indexer->thread, NULL, run, indexer) == 0;
	pthread_mutex_lock(&indexer->lock);
	forget(indexer);
	indexer->files = files;
	indexer->count = count;
	pthread_cond_signal(&indexer->news);
	pthread_mutex_unlock(&indexer->lock);
}

struct indexer_progress indexer_progress(const struct event_directory *directory)
{
	struct indexer_progress all = {0};
	size_t count;
	struct file_stream *const *files = event_directory_files(directory, &count);
	for (size_t i = 0; i < count; i++) {
		struct file_progress one = file_index_progress(files[i]->index);
		all.segments += one.segments;
		all.done += one.done;
	}
	return all;
}
