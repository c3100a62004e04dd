/* SPDX-License-Identifier: MIT */
/* A stream that goes on: who adds to it, and who reads it live. */
#include "tests/xread/xread.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/collect.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "tests/support/stream_feed.h"

enum { BATCH_MS = 1, KEPT = 200000, MAILBOX = 4096, PARCELS = 64, WALKED_MS = 500 };

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

/* The command is put together once: to add is not what is measured. */
struct command {
	char *text;
	int size;
};

static void append(void *context, redisContext *redis, uint64_t number)
{
	const struct command *command = context;
	(void)number;
	redisAppendFormattedCommand(redis, command->text, (size_t)command->size);
}

bool xread_feed(const char *socket, size_t rate, int64_t for_ms)
{
	struct command command = {0};
	command.size = redisFormatCommand(&command.text,
		"XADD " XREAD_STREAM " MAXLEN ~ %d * bot orders level info type update ms 12 "
		"chat 411249317 msg took-update-10000000",
		KEPT);
	bool good = stream_feed_run(&(struct stream_feed){.socket = socket,
		.rate = rate,
		.batch_ms = BATCH_MS,
		.for_ms = for_ms,
		.append = append,
		.context = &command});
	redisFreeCommand(command.text);
	return good;
}

/* The plain loop: waits for what comes, looks at all of it, asks again. */
bool xread_live_hiredis(const char *socket, int64_t for_ms, size_t *ret_entries)
{
	char id[48] = "$";
	size_t bytes = 0;
	redisContext *redis = redisConnectUnix(socket);
	bool good = redis && !redis->err;
	for (int64_t until_ms = now_ms() + for_ms; good && now_ms() < until_ms;) {
		redisReply *reply = redisCommand(redis,
			"XREAD COUNT %d BLOCK 1000 STREAMS " XREAD_STREAM " %s", XREAD_COUNT, id);
		const redisReply *all = reply && reply->type == REDIS_REPLY_ARRAY
						? reply->element[0]->element[1]
						: NULL;
		for (size_t i = 0; all && i < all->elements; i++)
			for (size_t j = 0; j < all->element[i]->element[1]->elements; j++)
				bytes += all->element[i]->element[1]->element[j]->len;
		if (all && all->elements)
			snprintf(id, sizeof(id), "%s",
				all->element[all->elements - 1]->element[0]->str);
		*ret_entries += all ? all->elements : 0;
		good = reply != NULL;
		freeReplyObject(reply);
	}
	redisFree(redis);
	return good && bytes > 0;
}

/* As the engine takes them, and counts. */
static void take_notes(struct mailbox *mailbox, size_t *entries)
{
	struct parcel parcels[PARCELS];
	size_t count = mailbox_take(mailbox, parcels, PARCELS);
	for (size_t i = 0; i < count; i++) {
		if (parcels[i].message.kind == MSG_obs_notes)
			*entries += ((const struct msg_obs_notes *)parcels[i].message.body)->lines;
		parcel_release(&parcels[i]);
	}
}

/* The worker of the console, with all that it does besides. */
bool xread_live_ours(const char *socket, int64_t for_ms, size_t *ret_entries)
{
	autofree char *yaml = xasprintf("redis: {main: {socket: \"%s\", streams: [\"" XREAD_STREAM
					"\"]}}\nevents: {read_back: 0s}\n"
					"bots: [{name: orders, transport: none}]\n",
		socket);
	autostr struct str report = STR_INIT;
	struct settings *settings;
	struct err err = {0};
	if (!settings_parse(
		    yaml, strlen(yaml), "/nowhere/botswain.yaml", &settings, &report, &err)) {
		fprintf(stderr, "xread: %s\n", report.text);
		return false;
	}
	struct mailbox *mailbox = mailbox_new(MAILBOX);
	struct collect *collect = collect_start(
		settings, clock_real(), mailbox, &(struct collect_with){.known = NULL}, &err);
	for (int64_t until_ms = now_ms() + for_ms; now_ms() < until_ms;) {
		struct pollfd wait = {.fd = mailbox_fd(mailbox), .events = POLLIN};
		(void)poll(&wait, 1, WALKED_MS);
		take_notes(mailbox, ret_entries);
	}
	collect_stop(collect);
	mailbox_free(mailbox);
	settings_unref(settings);
	return *ret_entries > 0;
}
