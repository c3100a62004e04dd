/* SPDX-License-Identifier: MIT */
#include "core/collect/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/collect/http_watch.h"

static const char agent[] = "User-Agent: botswain/" BOTSWAIN_VERSION;

enum { EVENTS = 64, ROUNDS = 2, KEPT_BYTES = 256 << 10 /* of room for the next answer */ };

struct http_call {
	struct http *http;
	CURL *easy;
	struct http_request request; /* its URL is gone: curl has its copy */
	struct curl_slist *headers;  /* of this call alone */
	CURLU *parts;                /* of its URL, when that is plain */
	struct str origin;           /* of `parts` */
	struct str body;
	size_t given; /* bytes of the body, to whoever takes pieces */
	bool is_too_long, is_refused, is_under_way;
	bool is_special; /* the handle may have options that a usual call has not */
	char error[CURL_ERROR_SIZE];
	struct http_call *next_free;
};

struct http {
	CURLM *multi;
	struct http_watch watch;
	int64_t due_ms;
	char *ca_file;
	struct curl_slist *headers; /* of a call that has none of its own */
	struct http_call **calls;   /* all ever made, at most calls_max */
	size_t count, capacity, calls_max, under_way;
	struct http_call *free;
};

/* ---- what libcurl asks for ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct http *http = context;
	uint32_t events = 0;
	(void)easy, (void)known;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	http_watch_want(&http->watch, fd, events);
	return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http *http = context;
	(void)purpose;
	return http_watch_open(&http->watch, address->family, address->socktype, address->protocol);
}

static int on_close(void *context, curl_socket_t fd)
{
	struct http *http = context;
	return http_watch_close(&http->watch, fd);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http *http = context;
	(void)multi;
	http->due_ms = timeout_ms < 0 ? INT64_MAX : clock_mono_ms(clock_real()) + timeout_ms;
	return 0;
}

static bool is_status_ok(const struct http_call *call)
{
	long status = 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_call *call = context;
	size_t length = size * count;
	if (call->request.piece && is_status_ok(call)) {
		call->given += length;
		call->is_refused = !call->request.piece(call->request.context, bytes, length);
		return call->is_refused ? 0 : length;
	}
	size_t room = call->request.body_max - call->body.length;
	call->is_too_long = length > room;
	str_add(&call->body, bytes, call->is_too_long ? room : length);
	return call->is_too_long ? 0 : length;
}

/* ---- life ---- */

bool http_new(const char *ca_file, size_t calls_max, struct http **ret, struct err *err)
{
	struct http *http = xcalloc(1, sizeof(*http));
	http_watch_init(&http->watch);
	int failure = errno;
	http->multi = curl_multi_init();
	http->calls_max = calls_max;
	http->due_ms = INT64_MAX;
	http->ca_file = xstrdup(ca_file ? ca_file : "/etc/ssl/certs/ca-certificates.crt");
	http->headers = curl_slist_append(NULL, agent);
	if (http->watch.epoll_fd < 0 || !http->multi) {
		http_free(http);
		return err_errno(err, failure, "cannot start the HTTP client");
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	http_keep(http, calls_max);
	*ret = http;
	return true;
}

static void free_call(struct http_call *call)
{
	if (call->is_under_way)
		curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	curl_url_cleanup(call->parts);
	if (call->request.is_secret)
		wipe(call->body.text, call->body.length);
	str_release(&call->origin);
	str_release(&call->body);
	free(call);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < http->count; i++)
		free_call(http->calls[i]);
	free(http->calls);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	http_watch_release(&http->watch);
	curl_slist_free_all(http->headers);
	free(http->ca_file);
	free(http);
}

size_t http_under_way(const struct http *http)
{
	return http->under_way;
}

void http_keep(struct http *http, size_t connections)
{
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)connections);
}

bool http_has_room(const struct http *http)
{
	return http->under_way < http->calls_max;
}

int http_fd(const struct http *http)
{
	return http->watch.epoll_fd;
}

int64_t http_due_ms(const struct http *http)
{
	return http->due_ms;
}

/* ---- one call ---- */

#define SET(option, value) curl_easy_setopt(call->easy, CURLOPT_##option, value)

/* What never changes between the calls of one handle. */
static void set_up(struct http_call *call)
{
	SET(NOSIGNAL, 1L);
	SET(PROXY, "");
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(FOLLOWLOCATION, 0L);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* A CA directory, Debian's default, would turn off the cache of the parsed bundle. */
	SET(CAPATH, NULL);
	SET(CAINFO, call->http->ca_file);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(HTTPHEADER, call->http->headers);
	SET(TCP_KEEPALIVE, 1L);
	SET(QUICK_EXIT, 1L);
	SET(OPENSOCKETFUNCTION, on_open);
	SET(OPENSOCKETDATA, call->http);
	SET(CLOSESOCKETFUNCTION, on_close);
	SET(CLOSESOCKETDATA, call->http);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, call);
	SET(ERRORBUFFER, call->error);
	SET(PRIVATE, call);
}

static struct http_call *new_call(struct http *http)
{
	struct http_call *call = http->free;
	if (call) {
		http->free = call->next_free;
		return call;
	}
	call = xcalloc(1, sizeof(*call));
	call->http = http;
	call->is_special = true;
	call->easy = curl_easy_init();
	call->parts = curl_url();
	if (!call->easy || !call->parts)
		out_of_memory();
	str_init(&call->origin);
	str_init(&call->body);
	set_up(call);
	http->calls = grow(http->calls, http->count, &http->capacity, sizeof(struct http_call *));
	http->calls[http->count++] = call;
	return call;
}

/* ---- what differs from call to call: a handle that was used before must forget all of it ---- */

/* As libcurl parses a URL itself. */
enum { PARSE_FLAGS = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME };

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == ':';
}

/* How much of a plain URL is its origin: a host by name or IPv4 address, maybe a port, then a path without dots, escapes,
 * query and fragment, as the Bot API's are. 0: it is not plain. */
static size_t origin_length(const char *url)
{
	size_t at = starts_with(url, "https://") ? 8 : starts_with(url, "http://") ? 7 : 0;
	size_t begin = at;
	while (at && (is_plain(url[at]) || url[at] == '.'))
		at++;
	size_t origin = at;
	while (at && (is_plain(url[at]) || url[at] == '/' || url[at] == '_'))
		at++;
	return origin > begin && url[origin] == '/' && !url[at] ? origin : 0;
}

static bool set_parts(struct http_call *call, const char *url, size_t origin)
{
	if (call->origin.length == origin && memcmp(call->origin.text, url, origin) == 0)
		return curl_url_set(call->parts, CURLUPART_PATH, url + origin, 0) == CURLUE_OK;
	str_clear(&call->origin);
	if (curl_url_set(call->parts, CURLUPART_URL, url, PARSE_FLAGS) != CURLUE_OK)
		return false;
	str_add(&call->origin, url, origin);
	return true;
}

/* libcurl takes a URL apart and puts it together again for each call, letter by letter, which costs it more than the
 * answer; of a plain one it gets the parts, and of its own copy in the handle (an earlier bot's, with its token)
 * nothing is left. */
static void set_url(struct http_call *call, const char *url)
{
	size_t origin = origin_length(url);
	bool has_parts = origin && set_parts(call, url, origin);
	SET(CURLU, has_parts ? call->parts : NULL);
	SET(URL, has_parts ? "https://parts.invalid/" : url);
}

static void set_headers(struct http_call *call, const struct http_request *request)
{
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	if (request->accept) {
		autofree char *line = xasprintf("Accept: %s", request->accept);
		call->headers = curl_slist_append(curl_slist_append(NULL, agent), line);
	}
	SET(HTTPHEADER, call->headers ? call->headers : call->http->headers);
}

static void set_authorization(struct http_call *call, const struct http_request *request)
{
	SET(XOAUTH2_BEARER, request->bearer);
	SET(USERNAME, request->user);
	SET(PASSWORD, request->user ? request->password : NULL);
	SET(HTTPAUTH, request->bearer ? (long)CURLAUTH_BEARER : (long)CURLAUTH_BASIC);
}

static void set_form(struct http_call *call, const struct http_request *request)
{
	if (request->form) {
		SET(POSTFIELDSIZE, -1L);
		SET(COPYPOSTFIELDS, request->form);
	} else {
		SET(COPYPOSTFIELDS, NULL);
		SET(HTTPGET, 1L);
	}
}

static void set_peer(struct http_call *call, const struct http_request *request)
{
	SET(UNIX_SOCKET_PATH, request->socket);
	SET(CAINFO, request->ca_file ? request->ca_file : call->http->ca_file);
	SET(PROTOCOLS_STR, request->allow_plain ? "http,https" : "https");
	SET(FRESH_CONNECT, request->is_fresh ? 1L : 0L);
	SET(FORBID_REUSE, request->is_single ? 1L : 0L);
	SET(ACCEPT_ENCODING, request->may_pack ? "gzip" : NULL);
}

/* A usual call needs nothing of it, and mostly one usual call follows another. */
static void set_options(struct http_call *call, const struct http_request *request)
{
	bool is_special = request->accept || request->bearer || request->user || request->socket ||
			  request->ca_file || request->allow_plain || request->is_fresh ||
			  request->is_single || request->may_pack || request->form;
	if (is_special || call->is_special) {
		set_headers(call, request);
		set_peer(call, request);
		set_authorization(call, request);
		set_form(call, request);
	}
	call->is_special = is_special;
}

struct http_call *http_get(struct http *http, const struct http_request *request)
{
	struct http_call *call = new_call(http);
	call->request = *request;
	call->request.url = call->request.socket = call->request.ca_file = NULL;
	call->request.accept = call->request.bearer = call->request.form = NULL;
	call->request.user = call->request.password = NULL;
	if (!request->body_max)
		call->request.body_max = LIMIT_HTTP_BODY_BYTES;
	call->is_too_long = call->is_refused = false;
	call->given = 0;
	call->error[0] = '\0';
	str_clear(&call->body);
	set_url(call, request->url);
	set_options(call, request);
	SET(CONNECTTIMEOUT_MS, (long)request->connect_ms);
	SET(TIMEOUT_MS, (long)request->total_ms);
	call->is_under_way = true;
	http->under_way++;
	curl_multi_add_handle(http->multi, call->easy);
	return call;
}

static void put_away(struct http_call *call)
{
	curl_multi_remove_handle(call->http->multi, call->easy);
	call->is_under_way = false;
	call->http->under_way--;
}

/* One long answer must not keep its memory for the short ones that follow. */
static void make_free(struct http_call *call)
{
	if (call->body.capacity > KEPT_BYTES)
		str_release(&call->body);
	call->next_free = call->http->free;
	call->http->free = call;
}

void http_cancel(struct http_call *call)
{
	if (!call->is_under_way)
		return;
	put_away(call);
	if (call->request.is_secret)
		wipe(call->body.text, call->body.length);
	make_free(call);
}

/* ---- how it ended ---- */

static bool say_tls(const struct http_call *call, struct err *err)
{
	if (strstr(call->error, "wrong version number"))
		return err_set(err, ERR_TLS, "it speaks no TLS there: is it http?");
	return err_set(
		err, ERR_TLS, "%.160s", call->error[0] ? call->error : "the TLS handshake failed");
}

static bool say_connect(const struct http_call *call, struct err *err)
{
	long errnum = 0;
	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &errnum);
	return err_set(
		err, ERR_UNREACHABLE, "%s", errnum ? strerror((int)errnum) : "no connection");
}

/* A kept connection has no time of connecting: what was sent tells how far it came. */
static bool say_timeout(const struct http_call *call, struct err *err)
{
	long sent_bytes = 0;
	curl_off_t lookup_us = 0;
	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
	curl_easy_getinfo(call->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
	const struct http_request *request = &call->request;
	bool is_connect =
		!sent_bytes && (!request->total_ms || request->connect_ms < request->total_ms);
	int64_t limit_ms = is_connect ? request->connect_ms : request->total_ms;
	return err_set(err, ERR_TIMEOUT, "%s in %.3g s",
		sent_bytes   ? "no answer"
		: !lookup_us ? "name not resolved"
			     : "no connection",
		(double)limit_ms / 1000.0);
}

/* Our own words: libcurl's could hold a part of the URL one day. */
static bool translate(const struct http_call *call, CURLcode code, struct err *err)
{
	if (call->is_too_long)
		return err_set(err, ERR_LIMIT, "an answer of more than %zu KiB",
			call->request.body_max >> 10);
	if (call->is_refused)
		return err_set(err, ERR_PROTOCOL, "the answer is not what was asked for");
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return err_set(err, ERR_UNREACHABLE, "name not resolved");
	if (code == CURLE_COULDNT_CONNECT)
		return say_connect(call, err);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return say_timeout(call, err);
	if (code == CURLE_PARTIAL_FILE)
		return err_set(err, ERR_PROTOCOL, "the answer was cut off after %zu bytes",
			call->body.length + call->given);
	if (code == CURLE_GOT_NOTHING)
		return err_set(err, ERR_UNREACHABLE, "the connection was closed without an answer");
	if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
		return err_set(err, ERR_UNREACHABLE, "the connection was closed in mid-answer");
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
		code == CURLE_SSL_CACERT_BADFILE)
		return say_tls(call, err);
	if (code == CURLE_UNSUPPORTED_PROTOCOL)
		return err_set(
			err, ERR_INVALID, "only https is allowed, and http towards loopback");
	return err_set(err, ERR_PROTOCOL, "%s", curl_easy_strerror(code));
}

static void finish(struct http_call *call, CURLcode code)
{
	struct http_reply reply = {0};
	const char *content_type = NULL;
	curl_off_t retry_after_s = 0, total_us = 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &reply.status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	reply.retry_after_s = retry_after_s;
	reply.latency_ms = (double)total_us / 1000.0;
	reply.content_type = content_type ? content_type : "";
	reply.body = call->body.text;
	reply.length = call->body.length;
	reply.is_cut = call->is_too_long && call->request.may_cut;
	if (code != CURLE_OK && !reply.is_cut)
		translate(call, code, &reply.err);
	put_away(call);
	call->request.done(call->request.context, &reply);
	if (call->request.is_secret)
		wipe(call->body.text, call->body.length);
	make_free(call);
}

/* Whether there were any. */
static bool take_finished(struct http *http)
{
	bool any = false;
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));) {
		struct http_call *call = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		any = true;
		if (call)
			finish(call, code);
	}
	return any;
}

static void run_due(struct http *http)
{
	int running;
	if (http->due_ms > clock_mono_ms(clock_real()))
		return;
	http->due_ms = INT64_MAX;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int meaning(uint32_t events)
{
	int what = 0;
	if (events & (EPOLLIN | EPOLLHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	return what;
}

/* What the answers start goes out in the same turn: otherwise each call would cost its caller a second wake-up. */
void http_turn(struct http *http)
{
	struct epoll_event events[EVENTS];
	int running;
	size_t count = http_watch_ready(&http->watch, events, EVENTS);
	for (size_t i = 0; i < count; i++)
		curl_multi_socket_action(
			http->multi, events[i].data.fd, meaning(events[i].events), &running);
	for (int round = 0; round < ROUNDS; round++) {
		run_due(http);
		if (!take_finished(http))
			break;
	}
}
