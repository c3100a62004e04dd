/* SPDX-License-Identifier: MIT */
/*
 * Every bot of the Bot API server: who it is, its queue of updates, its webhook, its long poll, its
 * faults. Found by the whole token or by its name (a hash each, so that 10,000 bots are cheap), by its
 * id one by one. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_BOTS_H
#define BOTSWAIN_BOTAPI_BOTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/rng.h"
#include "tests/fleet/botapi/chats.h"
#include "tests/fleet/botapi/flood.h"
#include "tests/fleet/botapi/kinds.h"
#include "tests/fleet/botapi/rates.h"
#include "tests/fleet/common/timers.h"

enum {
	BOTS_MAX = 20000,
	QUEUE_MAX = 50000, /* updates a bot; the oldest goes first */
	TOKEN_MAX = 80,    /* as the real server */
	SECRET_MIN = 24,
};

struct api;
struct request;
struct fault;
struct player;
struct kept;
struct callback;

struct update {
	struct update *previous, *next;
	int64_t id;
	int64_t expires_ms;       /* monotonic */
	int64_t chat, message_id; /* of the message in it; 0: there is none */
	char *json;               /* the whole Update object */
	size_t length;
	/* webhook deliveries */
	unsigned attempts;
	int64_t retry_ms; /* monotonic; not before */
	bool in_flight;
};

struct webhook {
	char *url;                  /* NULL: none */
	unsigned generation;        /* counts setWebhook and deleteWebhook */
	char *secret, *certificate; /* PEM; NULL: none */
	int64_t first_410_ms;       /* monotonic; 0: the last answer was no 410 */
	int max_connections;
	int in_flight;
	int64_t set_ms;        /* monotonic, of the last setWebhook or deleteWebhook */
	int64_t last_error_at; /* unix seconds, 0: never */
	char last_error[256];
	struct timer timer; /* the next try */
};

/* A getUpdates that waits for an update. */
struct poll {
	struct request *request; /* NULL: none */
	int64_t offset, limit;
	struct timer timer;
	/* the flow control of the real server */
	uint64_t count; /* of all calls */
	int64_t last_offset, last_ms, next_conflict_ms;
};

struct bot {
	struct bot *next_of_token, *next_of_name; /* hash chain */
	struct api *api;
	int64_t id;
	char *token, *name, *username, *first_name;
	bool revoked;
	struct update *first, *last;
	size_t pending;
	uint64_t expired;
	int64_t next_update_id, next_message_id;
	uint32_t allowed; /* kinds of updates that it gets */
	int64_t last_sync_error_at;
	struct webhook webhook;
	struct poll poll;
	struct fault *faults;
	struct player *player;
	struct chats chats;
	struct kept *kept; /* a ring; NULL: nothing yet */
	uint64_t kept_count, sent_count;
	struct callback *callbacks; /* a ring; NULL: nothing yet */
	uint64_t callback_count;
	json_t *profile; /* commands by scope and language, names, descriptions; NULL: none */
	struct rates requests, updates;
	/* the session */
	int64_t session_ms, last_request_ms,
		logged_out_until_ms; /* monotonic; session_ms 0: none yet */
	bool is_closed;
	struct flood_rule flood;
	int64_t flood_free_ms, flood_until_ms; /* monotonic */
};

struct bots {
	struct bot **items;
	size_t count, capacity;
	struct bot **hash, **names;
	size_t hash_size;
};

/* True when `token` looks like one: length, a number first, a secret of base64url. */
bool token_is_well_formed(const char *token);

void bots_init(struct bots *bots);
void bots_release(struct bots *bots);
/*
 * Adds a bot; `name` is how the control endpoint and the fleet call it. The bot belongs to `bots`.
 * Fails on a malformed or known token, a known name and past BOTS_MAX.
 */
MUST_CHECK bool bots_add(struct bots *bots, struct api *api, const char *token, const char *name,
	const char *first_name, struct bot **ret_bot, struct err *err);
struct bot *bots_by_token(const struct bots *bots, const char *token);
/* By name, or by id when `key` is a number. */
struct bot *bots_find(const struct bots *bots, const char *key);

/* Puts an update at the end of the queue; takes `payload`. False: the bot has not asked for this kind, and gets none.
 * The caller wakes whoever waits. */
bool bot_enqueue(struct bot *bot, enum update_kind kind, json_t *payload);
void bot_drop_update(struct bot *bot, struct update *update);
/* Drops an update that the bot has taken; its message stays known. */
void bot_take_update(struct bot *bot, struct update *update);
void bot_drop_all(struct bot *bot);
/* Drops what has outlived its kind. */
void bot_expire(struct bot *bot);

#endif
