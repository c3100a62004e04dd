/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/common/multipart.h"
#include "tests/fleet/common/replies.h"

enum { CONNECTIONS = 16384, IDLE_S = 120, CONNECTION_MEMORY = 16384 };

static struct request *request_new(struct server *server, struct MHD_Connection *connection,
	const char *method, const char *path)
{
	struct request *request = xcalloc(1, sizeof(*request));
	request->connection = connection;
	request->server = server;
	request->method = xstrdup(method);
	request->path = xstrdup(path);
	request->at_ms = loop_now_ms();
	str_init(&request->body);
	request->next = server->first;
	if (server->first)
		server->first->previous = request;
	server->first = request;
	return request;
}

static void tell(struct request *request, const struct reply *reply)
{
	if (request->server && request->server->listen)
		request->server->listen(request->server->listener, request, reply);
}

static void uploads_free(struct upload *upload)
{
	while (upload) {
		struct upload *next = upload->next;
		str_release(&upload->data);
		free(upload->field);
		free(upload->name);
		free(upload->type);
		free(upload);
		upload = next;
	}
}

static void request_free(struct request *request)
{
	if (!request->replied)
		tell(request, NULL);
	if (request->previous)
		request->previous->next = request->next;
	else if (request->server)
		request->server->first = request->next;
	if (request->next)
		request->next->previous = request->previous;
	if (request->held && request->release)
		request->release(request);
	str_release(&request->body);
	str_release(&request->reply.body);
	reply_forget(request);
	uploads_free(request->uploads);
	json_decref(request->args);
	free(request->method);
	free(request->path);
	free(request);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	(void)version;
	struct server *server = context;
	struct request *request = *state;
	if (!request) {
		*state = request_new(server, connection, method, url);
		return MHD_YES;
	}
	if (*size) {
		if (request->body.length + *size > server->body_max)
			request->too_large = true;
		else
			str_add(&request->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (!request->replied && request->too_large)
		request_reply_json(request, 413,
			json_pack("{s:b,s:i,s:s}", "ok", 0, "error_code", 413, "description",
				"Request Entity Too Large"));
	else if (!request->replied)
		server->handle(server->context, request);
	if (request->replied)
		return reply_send(request);
	request->suspended = true;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	(void)context, (void)connection, (void)code;
	if (*state)
		request_free(*state);
	*state = NULL;
}

static int64_t take_turn(void *data)
{
	struct server *server = data;
	MHD_run(server->daemon);
	MHD_UNSIGNED_LONG_LONG timeout;
	return MHD_get_timeout(server->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}

bool server_start(struct server *server, struct loop *loop, uint16_t port, serve_handler *handle,
	void *context, struct err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	*server = (struct server){
		.handle = handle, .context = context, .body_max = REQUEST_MAX_BYTES, .loop = loop};
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL,
		NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
	if (!server->daemon)
		return err_errno(err, errno, "cannot listen on 127.0.0.1:%u", port);
	server->watch = (struct watch){
		.fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		.events = POLLIN,
		.turn = take_turn,
		.data = server};
	loop_watch(loop, &server->watch);
	return true;
}

uint16_t server_port(const struct server *server)
{
	return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void server_stop(struct server *server)
{
	if (!server->daemon)
		return;
	for (struct request *request = server->first; request; request = request->next)
		if (!request->replied)
			request_reply_text(request, 503, "Service Unavailable");
		else
			reply_hurry(request);
	MHD_run(server->daemon);
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}

static void overrule(struct request *request)
{
	struct reply *reply = &request->reply;
	reply->how = request->how;
	reply->pace_bytes = request->pace_bytes;
	reply->pace_ms = request->pace_ms;
	reply->length_error = request->length_error;
}

struct request *request_of_nobody(json_t *args)
{
	struct request *request = xcalloc(1, sizeof(*request));
	request->method = xstrdup("POST");
	request->path = xstrdup("");
	request->args = args;
	str_init(&request->body);
	return request;
}

void request_reply(struct request *request, struct reply *reply)
{
	request->reply = *reply;
	if (request->how != REPLY_WHOLE)
		overrule(request);
	str_init(&reply->body);
	request->replied = true;
	tell(request, &request->reply);
	if (!request->connection) {
		request_free(request);
		return;
	}
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

void request_reply_text(struct request *request, unsigned status, const char *text)
{
	struct reply reply = {.status = status, .content_type = "text/plain"};
	str_init(&reply.body);
	str_adds(&reply.body, text);
	request_reply(request, &reply);
}

void request_reply_json(struct request *request, unsigned status, json_t *json)
{
	struct reply reply = {.status = status};
	str_init(&reply.body);
	autofree char *text = json_dumps(json, JSON_COMPACT);
	str_adds(&reply.body, text ? text : "null");
	json_decref(json);
	request_reply(request, &reply);
}

const char *request_header(const struct request *request, const char *name)
{
	return request->connection
		       ? MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name)
		       : NULL;
}

static enum MHD_Result add_query(
	void *data, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	json_t *text = json_string(value ? value : "");
	json_object_set_new(data, key, text ? text : json_null());
	return MHD_YES;
}

/* A form while it is read. A value may come in several pieces, which may cut a character in two. */
struct form {
	json_t *args;
	struct str field, value; /* of the field that is read; "" field: none */
	bool is_open;
};

static void end_field(struct form *form)
{
	json_t *text = json_stringn(form->value.text, form->value.length);
	if (form->is_open)
		json_object_set_new(form->args, form->field.text, text ? text : json_null());
	else
		json_decref(text);
	form->is_open = false;
}

static enum MHD_Result add_field(void *data, enum MHD_ValueKind kind, const char *key,
	const char *filename, const char *type, const char *encoding, const char *value,
	uint64_t offset, size_t size)
{
	(void)kind, (void)filename, (void)type, (void)encoding;
	struct form *form = data;
	if (!key)
		return MHD_YES;
	if (!offset) {
		end_field(form);
		str_clear(&form->field);
		str_clear(&form->value);
		str_adds(&form->field, key);
		form->is_open = true;
	}
	str_add(&form->value, value, size);
	return MHD_YES;
}

static void add_form(struct request *request, json_t *args)
{
	struct form form = {.args = args};
	str_init(&form.field);
	str_init(&form.value);
	struct MHD_PostProcessor *reader =
		MHD_create_post_processor(request->connection, 4096, add_field, &form);
	if (reader) {
		MHD_post_process(reader, request->body.text, request->body.length);
		MHD_destroy_post_processor(reader);
	}
	end_field(&form);
	str_release(&form.field);
	str_release(&form.value);
}

static void add_part(void *data, const struct part *part)
{
	struct request *request = data;
	if (!part->filename) {
		json_t *text = json_stringn(part->data, part->length);
		json_object_set_new(request->args, part->name, text ? text : json_null());
		return;
	}
	struct upload *upload = xcalloc(1, sizeof(*upload));
	upload->field = xstrdup(part->name);
	upload->name = xstrdup(part->filename);
	upload->type = xstrdup(part->type);
	str_init(&upload->data);
	str_add(&upload->data, part->data, part->length);
	upload->next = request->uploads;
	request->uploads = upload;
}

const struct upload *request_upload(const struct request *request, const char *field)
{
	const struct upload *upload = request->uploads;
	while (upload && strcmp(upload->field, field) != 0)
		upload = upload->next;
	return upload;
}

json_t *args_of_json(const json_t *document)
{
	json_t *args = json_object();
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)document, key, value)
	{
		if (json_is_null(value))
			continue;
		if (json_is_string(value)) {
			json_object_set(args, key, value);
			continue;
		}
		autofree char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		json_object_set_new(args, key, json_string(text));
	}
	return args;
}

static void add_json(struct request *request, json_t *args)
{
	json_t *document = json_loadb(request->body.text, request->body.length, 0, NULL);
	json_t *members = args_of_json(document);
	json_object_update(args, members);
	json_decref(members);
	json_decref(document);
}

static void read_args(struct request *request)
{
	json_t *args = request->args = json_object();
	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_query, args);
	const char *type = request_header(request, "Content-Type");
	if (!request->body.length)
		return;
	if (type && starts_with(type, "application/json"))
		add_json(request, args);
	else if (type && starts_with(type, "multipart/"))
		multipart_read(type, request->body.text, request->body.length, add_part, request);
	else
		add_form(request, args);
}

json_t *request_args(struct request *request)
{
	if (!request->args)
		read_args(request);
	return json_copy(request->args);
}
