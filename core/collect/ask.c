/* SPDX-License-Identifier: MIT */
#include "core/collect/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { WAIT_MS = 500 };

struct asking {
	const struct ask *ask;
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	struct str *body;
	bool is_too_long, is_stopped;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct asking *asking = context;
	size_t length = size * count;
	if (asking->body->length + length > asking->ask->max_bytes) {
		asking->is_too_long = true;
		return 0;
	}
	str_add(asking->body, bytes, length);
	return length;
}

#define SET(option, value) curl_easy_setopt(asking->easy, CURLOPT_##option, value)

static void set_up(struct asking *asking)
{
	const struct ask *ask = asking->ask;
	SET(NOSIGNAL, 1L);
	SET(PROXY, "");
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(FOLLOWLOCATION, 0L);
	SET(PROTOCOLS_STR, "http,https");
	SET(USERAGENT, "botswain/" BOTSWAIN_VERSION);
	SET(URL, ask->url);
	SET(TIMEOUT_MS, (long)ask->timeout_ms);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, asking);
	SET(QUICK_EXIT, 1L);
	if (ask->socket)
		SET(UNIX_SOCKET_PATH, ask->socket);
	if (ask->user && *ask->user) {
		SET(HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(USERNAME, ask->user);
		SET(PASSWORD, ask->password ? ask->password : "");
	}
	if (ask->body)
		SET(POSTFIELDS, ask->body);
	if (asking->headers)
		SET(HTTPHEADER, asking->headers);
}

static void add_header(struct asking *asking, const char *name, const char *value)
{
	autostr struct str line = STR_INIT;
	str_addf(&line, "%s: %s", name, value);
	asking->headers = curl_slist_append(asking->headers, line.text);
}

/* The result of the transfer, or what ended the wait for it. */
static CURLcode wait_for_it(struct asking *asking)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + asking->ask->timeout_ms + WAIT_MS;
	int running = 1, left;
	while (running && clock_mono_ms(clock_real()) < until_ms) {
		struct curl_waitfd stop = {.fd = asking->ask->stop_fd, .events = CURL_WAIT_POLLIN};
		unsigned extra = asking->ask->stop_fd >= 0;
		if (curl_multi_perform(asking->multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (running)
			curl_multi_poll(asking->multi, &stop, extra, WAIT_MS, NULL);
		asking->is_stopped = stop.revents != 0;
		if (asking->is_stopped)
			return CURLE_ABORTED_BY_CALLBACK;
	}
	const CURLMsg *message = curl_multi_info_read(asking->multi, &left);
	return message ? message->data.result : CURLE_OPERATION_TIMEDOUT;
}

/* ---- how it ended ---- */

static bool say_connect(const struct asking *asking, struct err *err)
{
	long errnum = 0;
	curl_easy_getinfo(asking->easy, CURLINFO_OS_ERRNO, &errnum);
	enum err_code code = errnum == EACCES || errnum == EPERM ? ERR_DENIED
			     : asking->ask->socket && (errnum == ENOENT || errnum == ECONNREFUSED)
				     ? ERR_NOT_FOUND
				     : ERR_UNREACHABLE;
	return err_set(err, code, "%s", errnum ? strerror((int)errnum) : "no connection");
}

static bool say_failure(const struct asking *asking, CURLcode code, struct err *err)
{
	if (asking->is_stopped)
		return err_set(err, ERR_CANCELLED, "told to stop");
	if (asking->is_too_long)
		return err_set(err, ERR_LIMIT, "an answer of more than %zu MiB",
			asking->ask->max_bytes >> 20);
	if (code == CURLE_COULDNT_CONNECT)
		return say_connect(asking, err);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return err_set(err, ERR_TIMEOUT, "no answer in %.3g s",
			(double)asking->ask->timeout_ms / 1000.0);
	return err_set(err, ERR_UNREACHABLE, "%s", curl_easy_strerror(code));
}

static bool judge_status(const struct asking *asking, struct err *err)
{
	long status = 0;
	curl_easy_getinfo(asking->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return true;
	enum err_code code = status == 401 ? ERR_AUTH : status == 403 ? ERR_DENIED : ERR_PROTOCOL;
	return err_set(
		err, code, status == 401 ? "it wants a login (HTTP %ld)" : "HTTP %ld", status);
}

bool ask_http(const struct ask *ask, struct str *ret, struct err *err)
{
	struct asking asking = {.ask = ask, .body = ret};
	asking.easy = curl_easy_init();
	asking.multi = curl_multi_init();
	if (!asking.easy || !asking.multi)
		out_of_memory();
	str_clear(ret);
	if (ask->content_type)
		add_header(&asking, "Content-Type", ask->content_type);
	set_up(&asking);
	curl_multi_add_handle(asking.multi, asking.easy);
	CURLcode code = wait_for_it(&asking);
	bool is_well =
		code == CURLE_OK ? judge_status(&asking, err) : say_failure(&asking, code, err);
	curl_multi_remove_handle(asking.multi, asking.easy);
	curl_easy_cleanup(asking.easy);
	curl_multi_cleanup(asking.multi);
	curl_slist_free_all(asking.headers);
	return is_well;
}
