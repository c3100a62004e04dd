/* SPDX-License-Identifier: MIT */
#include "tests/support/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/sockets.h"

enum { DRIP_MS = 50, TRICKLE_MS = 1000, BLOCK = 16 << 10 };

static struct page *find(struct pages *pages, const char *path)
{
	for (size_t i = 0; i < pages->count; i++)
		if (strcmp(pages->pages[i].path, path) == 0)
			return &pages->pages[i];
	return NULL;
}

static bool is_stopping(struct pages *pages)
{
	pthread_mutex_lock(&pages->lock);
	bool stopping = pages->is_stopping;
	pthread_mutex_unlock(&pages->lock);
	return stopping;
}

/* ---- answers that take their time ---- */

static ssize_t hang(void *context, uint64_t at, char *to, size_t room)
{
	(void)at, (void)to, (void)room;
	while (!is_stopping(context))
		poll(NULL, 0, DRIP_MS);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t drip(void *context, uint64_t at, char *to, size_t room)
{
	(void)at, (void)room;
	poll(NULL, 0, DRIP_MS);
	*to = 'x';
	return is_stopping(context) ? MHD_CONTENT_READER_END_WITH_ERROR : 1;
}

static ssize_t trickle(void *context, uint64_t at, char *to, size_t room)
{
	for (int ms = DRIP_MS; ms < TRICKLE_MS && !is_stopping(context); ms += DRIP_MS)
		poll(NULL, 0, DRIP_MS);
	return drip(context, at, to, room);
}

struct source {
	struct pages *pages;
	size_t length;
	char text[];
};

static ssize_t flood(void *context, uint64_t at, char *to, size_t room)
{
	const struct source *source = context;
	for (size_t i = 0; i < room; i++)
		to[i] = source->text[(at + i) % source->length];
	return is_stopping(source->pages) ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)room;
}

static struct MHD_Response *endless(struct pages *pages, const char *body)
{
	const char *text = *body ? body : "\n";
	size_t length = strlen(text);
	struct source *source = xcalloc(1, sizeof(*source) + length);
	*source = (struct source){.pages = pages, .length = length};
	memcpy(source->text, text, length);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, flood, source, free);
}

struct half {
	size_t length;
	char text[];
};

static ssize_t give_half(void *context, uint64_t at, char *to, size_t room)
{
	struct half *half = context;
	size_t left = half->length - (size_t)at;
	if (!left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(to, half->text + at, left < room ? left : room);
	return (ssize_t)(left < room ? left : room);
}

static struct MHD_Response *truncated(const char *body)
{
	size_t length = strlen(body);
	struct half *half = xcalloc(1, sizeof(*half) + length);
	half->length = length;
	memcpy(half->text, body, length);
	return MHD_create_response_from_callback(2 * length + 1, BLOCK, give_half, half, free);
}

static uint32_t crc_of(const char *bytes, size_t length)
{
	uint32_t crc = ~UINT32_C(0);
	for (size_t i = 0; i < length; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static void add_number(struct str *to, uint32_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		str_addch(to, (char)(number >> 8 * i));
}

/* gzip without a compressor: one stored block (RFC 1951, 3.2.4), so at most 65,535 bytes. */
static struct MHD_Response *packed(const char *body)
{
	static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1};
	autostr struct str bytes = STR_INIT;
	uint32_t length = (uint32_t)strlen(body);
	assert_true(length <= UINT16_MAX);
	str_add(&bytes, head, sizeof(head));
	add_number(&bytes, length, 2);
	add_number(&bytes, ~length, 2);
	str_add(&bytes, body, length);
	add_number(&bytes, crc_of(body, length), 4);
	add_number(&bytes, length, 4);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(bytes.length, bytes.text, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(response, "Content-Encoding", "gzip");
	return response;
}

static struct MHD_Response *bomb(const struct page *page)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		page->packed.length, page->packed.text, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(response, "Content-Encoding", "gzip");
	return response;
}

static struct MHD_Response *make_response(struct pages *pages, const struct page *page)
{
	switch (page->how) {
	case PAGE_HANGS:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, hang, pages, NULL);
	case PAGE_DRIPS:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, drip, pages, NULL);
	case PAGE_TRICKLES:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, trickle, pages, NULL);
	case PAGE_ENDLESS:
		return endless(pages, page->body);
	case PAGE_TRUNCATED:
		return truncated(page->body);
	case PAGE_PACKED:
		return packed(page->body);
	case PAGE_BOMB:
		return bomb(page);
	case PAGE_WHOLE:
		break;
	}
	return MHD_create_response_from_buffer(
		strlen(page->body), page->body, MHD_RESPMEM_MUST_COPY);
}

static void note_request(struct page *page, struct MHD_Connection *connection)
{
	const char *given =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	const char *id = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "id");
	const char *match =
		MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "match[]");
	page->asked++;
	copy_text(page->match, sizeof(page->match), match ? match : "");
	copy_text(page->authorization, sizeof(page->authorization), given ? given : "");
	copy_text(page->query, sizeof(page->query), id ? id : "");
}

/* A GET with a query= has a page of its own: PATH?query=TEXT. */
static struct page *page_of(struct pages *pages, struct MHD_Connection *connection, const char *url)
{
	const char *query = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "query");
	autofree char *path = xasprintf("%s%s%s", url, query ? "?query=" : "", query ? query : "");
	return find(pages, path);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **memory)
{
	struct pages *pages = context;
	(void)method, (void)version, (void)data;
	if (!*memory) { /* it closes the connection of a request that is answered before all of it was read */
		*memory = pages;
		return MHD_YES;
	}
	if (*size) { /* what is posted */
		*size = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&pages->lock);
	struct page *page = page_of(pages, connection, url);
	if (page)
		note_request(page, connection);
	struct MHD_Response *response =
		page ? make_response(pages, page)
		     : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	unsigned status = page ? page->status : 404;
	if (page && page->content_type)
		MHD_add_response_header(response, "Content-Type", page->content_type);
	if (page && page->location)
		MHD_add_response_header(response, "Location", page->location);
	pthread_mutex_unlock(&pages->lock);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- life ---- */

void pages_open(struct pages *pages)
{
	enum { FLAGS = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION };
	*pages = (struct pages){0};
	pthread_mutex_init(&pages->lock, NULL);
	snprintf(pages->socket, sizeof(pages->socket), "/tmp/botswain-pages.%d", (int)getpid());
	unlink(pages->socket);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	pages->daemon = MHD_start_daemon(FLAGS, 0, NULL, NULL, handle, pages, MHD_OPTION_SOCK_ADDR,
		&address, MHD_OPTION_END);
	assert_non_null(pages->daemon);
	pages->port = MHD_get_daemon_info(pages->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	pages->socket_daemon = MHD_start_daemon(FLAGS, 0, NULL, NULL, handle, pages,
		MHD_OPTION_LISTEN_SOCKET, socket_listen(pages->socket), MHD_OPTION_END);
	assert_non_null(pages->socket_daemon);
}

void pages_close(struct pages *pages)
{
	if (!pages->daemon)
		return;
	pthread_mutex_lock(&pages->lock);
	pages->is_stopping = true;
	pthread_mutex_unlock(&pages->lock);
	MHD_stop_daemon(pages->daemon);
	MHD_stop_daemon(pages->socket_daemon);
	unlink(pages->socket);
	for (size_t i = 0; i < pages->count; i++) {
		free(pages->pages[i].body);
		str_release(&pages->pages[i].packed);
	}
	pthread_mutex_destroy(&pages->lock);
	*pages = (struct pages){0};
}

/* Once, since it takes its time. */
static void pack_bomb(const char *body, struct str *to)
{
	enum { TIMES = 1024, GZIP = 16 };
	z_stream stream = {0};
	unsigned char piece[BLOCK];
	assert_int_equal(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP + MAX_WBITS,
				 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY),
		Z_OK);
	str_clear(to);
	for (int i = 0; i <= TIMES; i++) {
		stream.next_in = (unsigned char *)(uintptr_t)body;
		stream.avail_in = i < TIMES ? (unsigned)strlen(body) : 0;
		do {
			stream.next_out = piece;
			stream.avail_out = sizeof(piece);
			(void)deflate(&stream, i < TIMES ? Z_NO_FLUSH : Z_FINISH);
			str_add(to, piece, sizeof(piece) - stream.avail_out);
		} while (stream.avail_out == 0);
	}
	(void)deflateEnd(&stream);
}

void pages_set(
	struct pages *pages, const char *path, unsigned status, enum page_how how, const char *body)
{
	pthread_mutex_lock(&pages->lock);
	struct page *page = find(pages, path);
	if (!page) {
		assert_true(pages->count < PAGES_MAX);
		page = &pages->pages[pages->count++];
		copy_text(page->path, sizeof(page->path), path);
		str_init(&page->packed);
	}
	free(page->body);
	page->body = xstrdup(body);
	if (how == PAGE_BOMB)
		pack_bomb(body, &page->packed);
	page->status = status;
	page->how = how;
	pthread_mutex_unlock(&pages->lock);
}

void pages_set_header(
	struct pages *pages, const char *path, const char *content_type, const char *location)
{
	pthread_mutex_lock(&pages->lock);
	struct page *page = find(pages, path);
	if (!page)
		abort(); /* not set before */
	page->content_type = content_type;
	page->location = location;
	pthread_mutex_unlock(&pages->lock);
}

unsigned pages_asked(struct pages *pages, const char *path)
{
	pthread_mutex_lock(&pages->lock);
	struct page *page = find(pages, path);
	unsigned asked = page ? page->asked : 0;
	pthread_mutex_unlock(&pages->lock);
	return asked;
}

char *pages_match(struct pages *pages, const char *path)
{
	pthread_mutex_lock(&pages->lock);
	struct page *page = find(pages, path);
	char *given = xstrdup(page ? page->match : "");
	pthread_mutex_unlock(&pages->lock);
	return given;
}

char *pages_authorization(struct pages *pages, const char *path)
{
	pthread_mutex_lock(&pages->lock);
	struct page *page = find(pages, path);
	char *given = xstrdup(page ? page->authorization : "");
	pthread_mutex_unlock(&pages->lock);
	return given;
}
