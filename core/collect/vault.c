/* SPDX-License-Identifier: MIT */
#include "core/collect/vault.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/secret.h"

struct held {
	char *owner;
	struct secret secret;
};

struct vault {
	pthread_mutex_t lock;
	void *tree;      /* of struct held, by owner: tsearch() */
	bool is_changed; /* the tree, since the redactor was built */
	struct redactor *redactor;
};

static int by_owner(const void *one, const void *other)
{
	const struct held *a = one, *b = other;
	return strcmp(a->owner, b->owner);
}

static void free_held(void *node)
{
	struct held *held = node;
	secret_release(&held->secret);
	free(held->owner);
	free(held);
}

struct vault *vault_new(void)
{
	struct vault *vault = xcalloc(1, sizeof(*vault));
	pthread_mutex_init(&vault->lock, NULL);
	vault->redactor = redactor_new();
	redactor_seal(vault->redactor);
	return vault;
}

void vault_free(struct vault *vault)
{
	if (!vault)
		return;
	tdestroy(vault->tree, free_held);
	redactor_unref(vault->redactor);
	pthread_mutex_destroy(&vault->lock);
	free(vault);
}

static struct held *find_or_add(struct vault *vault, const char *owner)
{
	struct held *fresh = xcalloc(1, sizeof(*fresh));
	fresh->owner = xstrdup(owner);
	struct held **node = tsearch(fresh, &vault->tree, by_owner);
	if (!node)
		out_of_memory();
	if (*node != fresh)
		free_held(fresh);
	return *node;
}

void vault_put(struct vault *vault, const char *owner, const struct secret *secret)
{
	pthread_mutex_lock(&vault->lock);
	struct held *held = find_or_add(vault, owner);
	if (!secret_equal(&held->secret, secret))
		vault->is_changed = true;
	if (secret_is_set(secret)) {
		secret_set(&held->secret, secret_reveal(secret), secret->length);
	} else {
		tdelete(held, &vault->tree, by_owner);
		free_held(held);
	}
	pthread_mutex_unlock(&vault->lock);
}

static void add_to_redactor(const void *node, VISIT visit, void *redactor)
{
	const struct held *held = *(const struct held *const *)node;
	if (visit == postorder || visit == leaf)
		redactor_add(redactor, secret_reveal(&held->secret), held->secret.length);
}

/* The redactor of what is in the tree; NULL when that is the one there is. Locked. */
static struct redactor *build(struct vault *vault)
{
	if (!vault->is_changed)
		return NULL;
	struct redactor *fresh = redactor_new();
	twalk_r(vault->tree, add_to_redactor, fresh);
	redactor_seal(fresh);
	vault->is_changed = false;
	if (!redactor_equal(fresh, vault->redactor))
		return fresh;
	redactor_unref(fresh);
	return NULL;
}

void vault_publish(struct vault *vault)
{
	struct redactor *old = NULL;
	pthread_mutex_lock(&vault->lock);
	struct redactor *fresh = build(vault);
	if (fresh) {
		old = vault->redactor;
		vault->redactor = fresh;
	}
	pthread_mutex_unlock(&vault->lock);
	redactor_unref(old);
}

struct redactor *vault_redactor(struct vault *vault)
{
	pthread_mutex_lock(&vault->lock);
	struct redactor *redactor = redactor_ref(vault->redactor);
	pthread_mutex_unlock(&vault->lock);
	return redactor;
}
