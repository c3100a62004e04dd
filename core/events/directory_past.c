/* SPDX-License-Identifier: MIT */
/* What the history has of earlier engines comes into the directory, and as much of it is shown as nobody tells again. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/directory_inside.h"
#include "core/events/file_stream.h"
#include "core/events/history.h"
#include "core/events/former.h"

enum {
	PAST_PATIENCE = 10, /* looks that a source has to begin in */
	FOUND_MOST = 1024,  /* chunks at a look, so that it does not take long */
	ASKED_MOST = 128,   /* sources */
};

/* One that nobody has decided on is still in somebody's hands. */
void directory_free_asked(struct event_directory *directory)
{
	for (struct former *former = directory->asked, *next; former; former = next) {
		next = former->next;
		if (atomic_load(&former->is_decided))
			former_free(former);
	}
}

static struct past_source *find_past(struct event_directory *directory, uint64_t source)
{
	size_t at;
	return id_map_find(&directory->past_places, source, &at) ? &directory->pasts[at] : NULL;
}

static void add_past(struct event_directory *directory, uint64_t source)
{
	if (!id_map_add(&directory->past_places, source, directory->past_count))
		return;
	directory->pasts = grow(directory->pasts, directory->past_count, &directory->past_room,
		sizeof(*directory->pasts));
	directory->pasts[directory->past_count++] = (struct past_source){.id = source};
}

/* Something else is told by it now. */
void directory_change_past(struct event_directory *directory, uint64_t source)
{
	struct past_source *past = find_past(directory, source);
	if (past)
		past->is_changed = true;
}

/* Nothing of it is shown before its source had time to begin, unless that is us: then nobody tells it again. */
static void add_found(struct event_directory *directory, struct chunk *cold)
{
	const struct stream *stream = chunk_stream(cold);
	struct shelf *shelf = directory_shelf(directory, stream);
	shelf->is_past |= !shelf->count;
	if (!shelf->is_past || (shelf->count && chunk_first_seq(shelf->chunks[shelf->count - 1]) >=
							chunk_first_seq(cold))) {
		chunk_unref(cold);
		return;
	}
	directory_put(directory, shelf, cold);
	shelf->cold++;
	directory->cold_bytes += chunk_bytes(cold);
	if (stream->is_own)
		return;
	chunk_show(cold, 0);
	add_past(directory, stream->source);
	directory_change_past(directory, stream->source);
}

static bool take_found(struct event_directory *directory)
{
	struct chunk *found[FOUND_MOST];
	size_t count = history_found(directory->history, found, FOUND_MOST);
	for (size_t i = 0; i < count; i++)
		add_found(directory, found[i]);
	return count;
}

static size_t lines_on(const struct shelf *shelf)
{
	size_t lines = 0;
	for (size_t i = 0; i < shelf->count; i++)
		lines += chunk_count(shelf->chunks[i]);
	return lines;
}

/* All that is known of a source. */
static struct former *past_of(struct event_directory *directory, uint64_t source)
{
	struct former *former = former_new(source);
	for (size_t i = directory_first(directory, source);
		i < directory->count && directory->shelves[i].source == source; i++) {
		const struct shelf *shelf = &directory->shelves[i];
		if (!shelf->is_past)
			former_add_live(former, shelf->chunks[0], lines_on(shelf));
		for (size_t j = 0; shelf->is_past && j < shelf->count; j++)
			former_add(former, shelf->chunks[j]);
	}
	for (size_t i = 0; i < directory->file_count; i++)
		if (directory->files[i]->stream.source == source)
			former_add_file(former, directory->files[i]);
	return former;
}

static void ask(struct event_directory *directory, struct past_source *source)
{
	struct former *former = past_of(directory, source->id);
	bool is_told = former->live_count + former->file_count;
	if (!is_told && ++source->looks < PAST_PATIENCE) {
		former_free(former);
		return;
	}
	source->is_changed = false;
	source->is_asked = true;
	former->next = directory->asked;
	directory->asked = former;
	history_run(directory->history, former_decide, former);
}

static void take_answer(struct past_source *source, const struct former *former)
{
	source->is_asked = false;
	source->is_changed |= former->is_young && source->again++ < PAST_PATIENCE;
}

static bool take_answers(struct event_directory *directory)
{
	bool is_other = false;
	for (struct former **at = &directory->asked; *at;) {
		struct former *former = *at;
		if (!atomic_load(&former->is_decided)) {
			at = &former->next;
			continue;
		}
		*at = former->next;
		is_other |= former_apply(former);
		struct past_source *source = find_past(directory, former->source);
		if (source)
			take_answer(source, former);
		former_free(former);
	}
	return is_other;
}

/* True: other lines are there than before. */
bool directory_look_at_past(struct event_directory *directory)
{
	if (!directory->history)
		return false;
	bool is_other = take_found(directory);
	is_other |= take_answers(directory);
	bool has_all = history_has_found_all(directory->history);
	size_t asked = 0;
	for (size_t i = 0; has_all && i < directory->past_count && asked < ASKED_MOST; i++) {
		struct past_source *source = &directory->pasts[i];
		if (!source->is_changed || source->is_asked)
			continue;
		ask(directory, source);
		asked++;
	}
	return is_other;
}
