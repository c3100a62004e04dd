/* SPDX-License-Identifier: MIT */
#include "tests/torture/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { FIRST = 60, FIRST_OF_ALL = 400, ERRORS = 5, SHORT = 0, NONE = -1 };

/* What a class fails with; SHORT: half is taken. A call that says `again` for ever is no fault of the machine, so only the others
 * are also tried for good. */
static const struct {
	int errors[ERRORS];
} ways[TORTURE_CLASSES] = {
	[TORTURE_MEMORY] = {{ENOMEM, NONE, NONE, NONE, NONE}},
	[TORTURE_FILE] = {{ENOSPC, EIO, EMFILE, EINTR, SHORT}},
	[TORTURE_SOCKET] = {{EIO, ENOBUFS, EAGAIN, EINTR, SHORT}},
	[TORTURE_TTY] = {{EIO, EAGAIN, EINTR, SHORT, NONE}},
	[TORTURE_PIPE] = {{EIO, EAGAIN, EINTR, SHORT, NONE}},
	[TORTURE_FD] = {{EMFILE, NONE, NONE, NONE, NONE}},
	[TORTURE_CHILD] = {{EAGAIN, NONE, NONE, NONE, NONE}},
};

/* Of a hundred runs. */
static const unsigned shares[] = {56, 12, 6, 10, 10, 6};

struct list {
	struct injection *items;
	size_t count, room;
};

static void put(struct list *list, const struct injection *injection)
{
	list->items = grow(list->items, list->count, &list->room, sizeof(*list->items));
	list->items[list->count++] = *injection;
}

static bool may_go_on(const struct injection *injection)
{
	enum torture_class class = injection->class;
	int error = injection->error;
	bool for_now =
		error == SHORT || error == EINTR || (error == EAGAIN && class != TORTURE_CHILD);
	return !for_now;
}

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* The first time there, another time there, and from the first time on for good. */
static void put_place(
	struct list *list, struct injection base, const struct torture_place *place, uint64_t *seed)
{
	unsigned times = atomic_load(&place->hits);
	base.place = atomic_load(&place->key);
	base.hit = 1;
	put(list, &base);
	if (may_go_on(&base)) {
		base.goes_on = true;
		put(list, &base);
		base.goes_on = false;
	}
	if (times > 1) {
		base.hit = 2 + (unsigned)(draw(seed) % (times - 1));
		put(list, &base);
	}
}

static void shuffle(struct list *list, uint64_t *seed)
{
	for (size_t i = list->count; i > 1; i--) {
		size_t j = draw(seed) % i;
		struct injection swap = list->items[i - 1];
		list->items[i - 1] = list->items[j];
		list->items[j] = swap;
	}
}

static size_t list_class(struct list *list, const struct injection *base,
	const struct torture *torture, bool all, uint64_t *seed)
{
	size_t places = 0;
	unsigned long calls = atomic_load(&torture->calls);
	unsigned long first = all ? FIRST_OF_ALL : FIRST;
	for (size_t i = 0; i < TORTURE_PLACES; i++) {
		const struct torture_place *place = &torture->places[i];
		if (atomic_load(&place->key) == 0)
			continue;
		places++;
		for (size_t e = 0; e < ERRORS && ways[base->class].errors[e] != NONE; e++) {
			struct injection one = *base;
			one.error = ways[base->class].errors[e];
			put_place(list, one, place, seed);
		}
	}
	for (unsigned long n = 1; n <= first && n <= calls; n++) {
		struct injection one = *base;
		one.at = n;
		one.error = ways[base->class].errors[0];
		put(list, &one);
	}
	shuffle(list, seed);
	return places;
}

/* In turn from each class, so that one with few places is tried as much as one with many. */
static void take(struct plan *plan, struct list lists[TORTURE_CLASSES], size_t wanted)
{
	size_t at = 0;
	for (bool more = true; more && wanted > 0; at++) {
		more = false;
		for (unsigned class = 0; class < TORTURE_CLASSES && wanted > 0; class ++) {
			if (at >= lists[class].count)
				continue;
			more = true;
			wanted--;
			plan->items =
				grow(plan->items, plan->count, &plan->room, sizeof(*plan->items));
			plan->items[plan->count++] = lists[class].items[at];
		}
	}
}

static void plan_scene(
	struct plan *plan, struct bench *bench, unsigned scene, unsigned runs, uint64_t *seed)
{
	struct list lists[TORTURE_CLASSES] = {0};
	const struct scene_kind *kind = &scene_kinds[scene];
	for (unsigned class = 0; class < TORTURE_CLASSES; class ++) {
		struct injection count = {.scene = scene, .class = (enum torture_class) class};
		struct outcome outcome = {0};
		if (!(kind->classes & 1u << class))
			continue;
		bench->runs++;
		bench_arm(bench);
		kind->play(bench, &count, &outcome);
		if (outcome.ending == ENDED_BAD)
			printf("FAILED %s, %s: with nothing that fails: %s\n", kind->name,
				torture_classes[class], outcome.text);
		plan->places[scene][class] =
			list_class(&lists[class], &count, bench->torture, runs == 0, seed);
	}
	take(plan, lists, runs ? (runs * shares[scene] + 99) / 100 : SIZE_MAX);
	for (unsigned class = 0; class < TORTURE_CLASSES; class ++)
		free(lists[class].items);
}

/* About as many calls as a life has: for samples that are drawn without counting first. */
static const unsigned spans[][TORTURE_CLASSES] = {
	{60000, 150, 400, 0, 0, 300, 14},
	{7000, 200, 8, 40, 2, 12, 1},
	{2, 0, 0, 0, 0, 2, 1},
	{1200, 0, 3, 0, 0, 3, 0},
	{1200, 0, 5, 0, 0, 3, 0},
	{30000, 0, 100, 0, 0, 100, 8},
};

/* As often from the first ten calls as from the last nine tenths: small numbers are the begin, where each is another place. */
static unsigned long draw_number(unsigned span, uint64_t *seed)
{
	unsigned long up_to = 1 + draw(seed) % span;
	return 1 + draw(seed) % up_to;
}

void plan_sample(struct plan *plan, unsigned runs, uint64_t seed)
{
	*plan = (struct plan){0};
	for (unsigned scene = 0; scene < scene_kind_count; scene++) {
		struct list lists[TORTURE_CLASSES] = {0};
		for (unsigned class = 0; class < TORTURE_CLASSES; class ++)
			for (unsigned i = 0; i < runs && spans[scene][class]; i++) {
				struct injection one = {.scene = scene,
					.class = (enum torture_class) class,
					.at = draw_number(spans[scene][class], &seed)};
				do {
					one.error = ways[class].errors[draw(&seed) % ERRORS];
				} while (one.error == NONE);
				one.goes_on = may_go_on(&one) && draw(&seed) % 2;
				put(&lists[class], &one);
			}
		take(plan, lists, (runs * shares[scene] + 99) / 100);
		for (unsigned class = 0; class < TORTURE_CLASSES; class ++)
			free(lists[class].items);
	}
}

void plan_make(struct plan *plan, struct bench *bench, unsigned runs, uint64_t seed)
{
	*plan = (struct plan){0};
	for (unsigned scene = 0; scene < scene_kind_count; scene++)
		plan_scene(plan, bench, scene, runs, &seed);
}

void plan_release(struct plan *plan)
{
	free(plan->items);
}

void plan_name(const struct injection *injection, char *ret, size_t size)
{
	char where[64];
	if (injection->at)
		snprintf(where, sizeof(where), "at=%lu", injection->at);
	else
		snprintf(where, sizeof(where), "place=%" PRIx64 " hit=%u", injection->place,
			injection->hit);
	snprintf(ret, size, "%s %s error=%d %s%s", scene_kinds[injection->scene].name,
		torture_classes[injection->class], injection->error, where,
		injection->goes_on ? " on" : "");
}

bool plan_one(struct plan *plan, const char *text)
{
	char scene[32], class[32];
	struct injection one = {.hit = 1};
	bool known = false;
	if (sscanf(text, "%31s %31s", scene, class) != 2)
		return false;
	for (unsigned s = 0; s < scene_kind_count; s++)
		for (unsigned c = 0; c < TORTURE_CLASSES; c++)
			if (strcmp(scene, scene_kinds[s].name) == 0 &&
				strcmp(class, torture_classes[c]) == 0) {
				one.scene = s;
				one.class = (enum torture_class)c;
				known = true;
			}
	if (!known)
		return false;
	const char *error = strstr(text, "error="), *at = strstr(text, " at=");
	const char *place = strstr(text, "place="), *hit = strstr(text, "hit=");
	one.error = error ? (int)strtol(error + 6, NULL, 10) : ways[one.class].errors[0];
	one.at = at ? strtoul(at + 4, NULL, 10) : 0;
	one.place = place ? strtoull(place + 6, NULL, 16) : 0;
	one.hit = hit ? (unsigned)strtoul(hit + 4, NULL, 10) : 1;
	one.goes_on = strstr(text, " on") != NULL;
	plan->items = grow(plan->items, plan->count, &plan->room, sizeof(*plan->items));
	plan->items[plan->count++] = one;
	return one.at || one.place;
}
