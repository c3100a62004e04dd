/* SPDX-License-Identifier: MIT */
/* The loop that everybody writes first. */
#include "tests/poll/poll.h"

#include <stdbool.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "core/base/mem.h"

struct bare {
	CURLM *multi;
	CURL **handles;
	size_t count;
};

static size_t throw_away(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes, (void)context;
	return size * count;
}

static CURL *new_handle(const struct poll_wish *wish, bool is_default)
{
	CURL *handle = curl_easy_init();
	autofree char *url = xasprintf(
		"%s/bot123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi/getWebhookInfo", wish->base);
	curl_easy_setopt(handle, CURLOPT_URL, url);
	curl_easy_setopt(handle, CURLOPT_CAINFO, wish->ca_file);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, throw_away);
	curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(handle, CURLOPT_PROXY, "");
	if (!is_default)
		curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
	return handle;
}

static void *open_with(const struct poll_wish *wish, bool is_default)
{
	struct bare *bare = xcalloc(1, sizeof(*bare));
	bare->multi = curl_multi_init();
	bare->count = wish->connections;
	bare->handles = xcalloc(bare->count, sizeof(CURL *));
	curl_multi_setopt(bare->multi, CURLMOPT_MAXCONNECTS, (long)bare->count);
	for (size_t i = 0; i < bare->count; i++)
		bare->handles[i] = new_handle(wish, is_default);
	return bare;
}

static void *open_bare(const struct poll_wish *wish)
{
	return open_with(wish, false);
}

static void *open_default(const struct poll_wish *wish)
{
	return open_with(wish, true);
}

static bool is_well(const CURLMsg *message)
{
	long status = 0;
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	return message->data.result == CURLE_OK && status == 200;
}

static size_t take(struct bare *bare, size_t *asked, size_t requests, size_t *well)
{
	size_t done = 0;
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(bare->multi, &left)); done++) {
		CURL *handle = message->easy_handle;
		*well += is_well(message);
		curl_multi_remove_handle(bare->multi, handle);
		if (*asked < requests) {
			++*asked;
			curl_multi_add_handle(bare->multi, handle);
		}
	}
	return done;
}

static size_t ask(void *state, size_t requests)
{
	struct bare *bare = state;
	size_t asked = 0, done = 0, well = 0;
	int running;
	for (; asked < bare->count && asked < requests; asked++)
		curl_multi_add_handle(bare->multi, bare->handles[asked]);
	while (done < requests) {
		curl_multi_perform(bare->multi, &running);
		done += take(bare, &asked, requests, &well);
		if (done < requests)
			curl_multi_poll(bare->multi, NULL, 0, 1000, NULL);
	}
	return well;
}

static void close_all(void *state)
{
	struct bare *bare = state;
	for (size_t i = 0; i < bare->count; i++)
		curl_easy_cleanup(bare->handles[i]);
	curl_multi_cleanup(bare->multi);
	free(bare->handles);
	free(bare);
}

const struct poller poller_bare = {open_bare, ask, close_all};
const struct poller poller_default = {open_default, ask, close_all};
