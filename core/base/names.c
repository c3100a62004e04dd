/* SPDX-License-Identifier: MIT */
#include "core/base/names.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"

enum { SLOTS = NAMES_MOST * 2 };

struct names {
	pthread_mutex_t lock;
	size_t users, count;
	char *texts[NAMES_MOST];
	uint16_t slots[SLOTS]; /* an open hash of numbers; 0: free */
};

struct names *names_new(void)
{
	struct names *names = xcalloc(1, sizeof(*names));
	pthread_mutex_init(&names->lock, NULL);
	names->users = 1;
	return names;
}

struct names *names_ref(struct names *names)
{
	pthread_mutex_lock(&names->lock);
	names->users++;
	pthread_mutex_unlock(&names->lock);
	return names;
}

void names_unref(struct names *names)
{
	if (!names)
		return;
	pthread_mutex_lock(&names->lock);
	bool is_last = --names->users == 0;
	pthread_mutex_unlock(&names->lock);
	if (!is_last)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->texts[i]);
	pthread_mutex_destroy(&names->lock);
	free(names);
}

static bool is(const char *text, const char *name, size_t length)
{
	return strncmp(text, name, length) == 0 && text[length] == '\0';
}

/* Under the lock. 0: it is not there, and would stand at *ret_slot. */
static uint16_t look_up(
	const struct names *names, const char *name, size_t length, size_t *ret_slot)
{
	size_t slot = hash32_bytes(HASH32_BEGIN, name, length) % SLOTS;
	for (; names->slots[slot]; slot = (slot + 1) % SLOTS)
		if (is(names->texts[names->slots[slot] - 1], name, length))
			return names->slots[slot];
	*ret_slot = slot;
	return 0;
}

static uint16_t take(struct names *names, const char *name, size_t length, bool makes)
{
	size_t slot = 0;
	pthread_mutex_lock(&names->lock);
	uint16_t number = look_up(names, name, length, &slot);
	if (!number && makes && names->count < NAMES_MOST) {
		names->texts[names->count] = xstrndup(name, length);
		number = names->slots[slot] = (uint16_t)++names->count;
	}
	pthread_mutex_unlock(&names->lock);
	return number;
}

uint16_t names_number(struct names *names, const char *name, size_t length)
{
	return length && !memchr(name, '\0', length) ? take(names, name, length, true) : 0;
}

uint16_t names_find(struct names *names, const char *name, size_t length)
{
	return length ? take(names, name, length, false) : 0;
}

const char *names_text(struct names *names, uint16_t number)
{
	pthread_mutex_lock(&names->lock);
	const char *text = number && number <= names->count ? names->texts[number - 1] : "";
	pthread_mutex_unlock(&names->lock);
	return text;
}
