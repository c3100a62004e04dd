/* SPDX-License-Identifier: MIT */
/* The console's own way from a question to the chunk that holds the entry, without the worker's other looks. */
#include "tests/xread/xread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/redis_session.h"
#include "core/collect/stream_read.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"

enum { MAILBOX = 4096, PARCELS = 64 };

struct ours {
	struct settings *settings;
	struct mailbox *mailbox;
	struct hub hub;
	struct worker worker;
	struct redis_session session;
	struct event_post post;
	struct stream_list list;
	struct stream_reader reader;
};

static void open_ours(struct ours *ours, const char *socket)
{
	autofree char *yaml =
		xasprintf("redis: {main: {socket: \"%s\", streams: [\"" XREAD_STREAM "\"]}}\n"
			  "bots: [{name: shop-orders, transport: none}]\n",
			socket);
	autostr struct str report = STR_INIT;
	struct err err;
	if (!settings_parse(
		    yaml, strlen(yaml), "/nowhere/botswain.yaml", &ours->settings, &report, &err)) {
		fprintf(stderr, "xread: %s\n", report.text);
		exit(1);
	}
	ours->mailbox = mailbox_new(MAILBOX);
	hub_init(&ours->hub, clock_real(), ours->mailbox, ours->settings);
	ours->worker = (struct worker){.hub = &ours->hub, .stop_fd = -1};
	ours->session =
		(struct redis_session){.worker = &ours->worker, .conf = &ours->settings->redis[0]};
	event_post_open(&ours->post, &ours->hub, "redis/main",
		&(struct event_source){.name = "redis/main"});
	stream_list_init(&ours->list, ours->session.conf);
	memcpy(ours->list.items[0].last_id, "0-0", 4);
	stream_reader_init(
		&ours->reader, &ours->list, &ours->session.conf->fields, ours->post.writer, 0);
}

static void close_ours(struct ours *ours)
{
	stream_reader_release(&ours->reader);
	stream_list_release(&ours->list);
	event_post_close(&ours->post);
	session_release(&ours->session);
	mailbox_free(ours->mailbox);
	hub_release(&ours->hub);
	settings_unref(ours->settings);
}

/* As the engine takes them. */
static void take_notes(struct mailbox *mailbox)
{
	struct parcel parcels[PARCELS];
	size_t count = mailbox_take(mailbox, parcels, PARCELS);
	for (size_t i = 0; i < count; i++)
		parcel_release(&parcels[i]);
}

bool xread_ours(const char *socket, size_t entries)
{
	struct ours ours = {0};
	struct err err = {0};
	size_t come = 0;
	open_ours(&ours, socket);
	bool good = session_open(&ours.session, &err);
	while (good && come < entries) {
		struct net_limit limit = session_limit(&ours.session, 0);
		event_post_renew(&ours.post);
		good = stream_reader_ask(&ours.reader, ours.session.conn, 0) &&
		       stream_reader_take(&ours.reader, ours.session.conn, &limit, &err) &&
		       ours.reader.entries;
		come += ours.reader.entries;
		event_post_flush(&ours.post);
		take_notes(ours.mailbox);
	}
	if (!good)
		fprintf(stderr, "xread: %s%s\n", err.text, ours.reader.refused.text);
	close_ours(&ours);
	return good;
}
