/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/replies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "tests/fleet/common/serve.h"

enum { PIECE_BYTES = 4096 };

/* A body that leaves in pieces with pauses between them, or whose end is late. */
struct pacing {
	struct timer timer;
	struct request *request;
	size_t allowed; /* bytes that may have left; past the body: its end */
	bool waits;
};

static size_t total_of(const struct request *request)
{
	size_t length = request->reply.body.length;
	return request->reply.how == REPLY_TRUNCATED ? length / 2 : length;
}

static ssize_t copy_piece(
	const struct request *request, size_t position, size_t end, char *to, size_t size)
{
	size_t left = end - position;
	if (size > left)
		size = left;
	memcpy(to, request->reply.body.text + position, size);
	return (ssize_t)size;
}

/* Half of the body, then an error: the client sees a body shorter than its Content-Length. */
static ssize_t read_half(void *data, uint64_t position, char *to, size_t size)
{
	const struct request *request = data;
	size_t half = total_of(request);
	return position >= half ? MHD_CONTENT_READER_END_WITH_ERROR
				: copy_piece(request, (size_t)position, half, to, size);
}

static void go_on(void *data)
{
	struct pacing *pacing = data;
	pacing->allowed += pacing->request->reply.pace_bytes;
	pacing->waits = false;
	MHD_resume_connection(pacing->request->connection);
}

/* Called again when the connection is resumed. */
static ssize_t read_paced(void *data, uint64_t position, char *to, size_t size)
{
	struct request *request = data;
	struct pacing *pacing = request->pacing;
	size_t total = request->reply.body.length, end = pacing->allowed;
	if (position >= total && end > total)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (position < end && position < total)
		return copy_piece(request, (size_t)position, end < total ? end : total, to, size);
	pacing->waits = true;
	MHD_suspend_connection(request->connection);
	loop_after(request->server->loop, &pacing->timer, request->reply.pace_ms);
	return 0;
}

static struct MHD_Response *paced_response(struct request *request)
{
	struct pacing *pacing = xcalloc(1, sizeof(*pacing));
	size_t total = request->reply.body.length;
	bool drips = request->reply.how == REPLY_DRIP;
	pacing->request = request;
	pacing->timer = (struct timer){.fire = go_on, .data = pacing};
	pacing->allowed = drips ? request->reply.pace_bytes : total;
	if (!drips)
		request->reply.pace_bytes = 1; /* the end comes one pause late */
	request->pacing = pacing;
	struct MHD_Response *response = MHD_create_response_from_callback(
		drips ? total : MHD_SIZE_UNKNOWN, PIECE_BYTES, read_paced, request, NULL);
	if (!drips)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

static struct MHD_Response *make_response(struct request *request)
{
	switch (request->reply.how) {
	case REPLY_TRUNCATED:
		return MHD_create_response_from_callback(
			request->reply.body.length, PIECE_BYTES, read_half, request, NULL);
	case REPLY_DRIP:
	case REPLY_SLOW_END:
		return paced_response(request);
	case REPLY_WHOLE:
	case REPLY_WRONG_LENGTH:
	case REPLY_RESET:
	default:
		return MHD_create_response_from_buffer(request->reply.body.length,
			request->reply.body.text, MHD_RESPMEM_MUST_COPY);
	}
}

static void add_headers(struct MHD_Response *response, const struct reply *reply)
{
	MHD_add_response_header(response, "Content-Type",
		reply->content_type ? reply->content_type : "application/json");
	if (reply->encoding)
		MHD_add_response_header(response, "Content-Encoding", reply->encoding);
	if (reply->retry_after_s > 0) {
		char text[16];
		snprintf(text, sizeof(text), "%d", reply->retry_after_s);
		MHD_add_response_header(response, "Retry-After", text);
	}
}

static int socket_of(const struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info ? info->connect_fd : -1;
}

/* Disconnecting the socket sends a reset; closing it would send an end of file. */
static enum MHD_Result reset(const struct request *request)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	connect(socket_of(request), &nobody, sizeof(nobody));
	return MHD_NO;
}

/* libmicrohttpd lets nobody lie about the length: what fits into the socket at once is written past it. */
static enum MHD_Result send_wrong_length(const struct request *request)
{
	const struct reply *reply = &request->reply;
	autostr struct str whole = STR_INIT;
	str_addf(&whole,
		"HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %" PRId64
		"\r\nConnection: close\r\n\r\n",
		reply->status, reply->status == 200 ? "OK" : "Error",
		(int64_t)reply->body.length + reply->length_error);
	str_add(&whole, reply->body.text, reply->body.length);
	(void)!send(socket_of(request), whole.text, whole.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(socket_of(request), SHUT_WR);
	return MHD_NO;
}

enum MHD_Result reply_send(struct request *request)
{
	if (request->reply.how == REPLY_RESET)
		return reset(request);
	if (request->reply.how == REPLY_WRONG_LENGTH)
		return send_wrong_length(request);
	struct MHD_Response *response = make_response(request);
	add_headers(response, &request->reply);
	enum MHD_Result result =
		MHD_queue_response(request->connection, request->reply.status, response);
	MHD_destroy_response(response);
	return result;
}

void reply_hurry(struct request *request)
{
	struct pacing *pacing = request->pacing;
	if (!pacing)
		return;
	timers_cancel(&request->server->loop->timers, &pacing->timer);
	pacing->allowed = request->reply.body.length + 1;
	if (pacing->waits)
		MHD_resume_connection(request->connection);
	pacing->waits = false;
}

void reply_forget(struct request *request)
{
	if (!request->pacing)
		return;
	timers_cancel(&request->server->loop->timers, &request->pacing->timer);
	free(request->pacing);
	request->pacing = NULL;
}
