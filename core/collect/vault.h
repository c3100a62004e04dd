/* SPDX-License-Identifier: MIT */
/*
 * Every secret that a worker uses, so that all of them are redacted from whatever any worker reads:
 * one copy each, wiped when it goes, never given out. From them it builds the redactor, which is
 * constant and counted; vault_redactor() gives the newest. Any thread.
 */
#ifndef BOTSWAIN_COLLECT_VAULT_H
#define BOTSWAIN_COLLECT_VAULT_H

#include "core/base/attr.h"

struct redactor;
struct secret;
struct vault;

struct vault *vault_new(void) MUST_CHECK;
void vault_free(struct vault *vault); /* NULL is legal */
/* Puts or replaces the secret of `owner` ("bot/orders", "redis/main"); known to redactors from the
 * next vault_publish() on. An empty secret removes it. */
void vault_put(struct vault *vault, const char *owner, const struct secret *secret);
/* Builds the redactor of all secrets put so far. Costs time with thousands of them: once a batch.
 * Where no secret changed, the redactor stays the one that it was: each new one makes every event
 * writer begin a new chunk. */
void vault_publish(struct vault *vault);
/* A reference on the newest redactor; the caller lets go with redactor_unref(). */
struct redactor *vault_redactor(struct vault *vault) MUST_CHECK;

#endif
