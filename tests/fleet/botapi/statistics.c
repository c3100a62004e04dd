/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/fleet/botapi/api.h"

enum { CUT_BYTES = 16 << 10, BOTS_SHOWN = 50, LOOK_MS = 1000, ACTIVE_MS = 24 * 3600 * 1000 };

static int64_t us_of(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void look_at_cpu(void *data)
{
	struct api *api = data;
	struct figures *figures = &api->figures;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	int64_t user = us_of(usage.ru_utime), system = us_of(usage.ru_stime);
	rates_add(&figures->user_us, loop_now_ms(), (uint64_t)(user - figures->user_seen_us));
	rates_add(&figures->system_us, loop_now_ms(), (uint64_t)(system - figures->system_seen_us));
	figures->user_seen_us = user;
	figures->system_seen_us = system;
	loop_after(api->loop, &figures->timer, LOOK_MS);
}

void statistics_begin(struct api *api)
{
	api->figures.timer = (struct timer){.fire = look_at_cpu, .data = api};
	look_at_cpu(api);
}

static void add_values(
	struct str *to, const char *name, const double values[RATES], const char *unit)
{
	str_adds(to, name);
	for (int i = 0; i < RATES; i++)
		str_addf(to, "\t%.6g%s", values[i], unit);
	str_addch(to, '\n');
}

static void add_rate(struct str *to, const char *name, const struct rates *rates, int64_t since_ms)
{
	double values[RATES];
	rates_per_second(rates, loop_now_ms(), since_ms, values);
	add_values(to, name, values, "");
}

/* The real server writes sizes for people. */
static void add_size(struct str *to, const char *name, double bytes)
{
	static const char *const units[] = {"B", "KB", "MB", "GB"};
	size_t unit = 0;
	for (; bytes >= 10240 && unit + 1 < COUNT_OF(units); unit++)
		bytes /= 1024;
	str_addf(to, "%s\t%.1f%s\n", name, bytes, units[unit]);
}

/* A line of /proc/self/status in bytes; 0: it has none of that name. */
static double status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	double kilobytes = 0;
	while (file && fgets(line, sizeof(line), file))
		if (starts_with(line, name))
			kilobytes = strtod(line + strlen(name), NULL);
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

static void add_memory(struct str *to)
{
	static const struct {
		const char *name, *status;
	} sizes[] = {{"rss", "VmRSS:"}, {"vm", "VmSize:"}, {"rss_peak", "VmHWM:"},
		{"vm_peak", "VmPeak:"}};
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		add_size(to, sizes[i].name, status_of(sizes[i].status));
}

/* A share of one processor in percent. */
static void add_cpu(const struct api *api, struct str *to)
{
	double user[RATES], system[RATES], total[RATES];
	const struct figures *figures = &api->figures;
	if (loop_now_ms() - api->started_ms < LOOK_MS) { /* nobody has looked yet */
		str_adds(to, "total_cpu\tUNKNOWN\nuser_cpu\tUNKNOWN\nsystem_cpu\tUNKNOWN\n");
		return;
	}
	rates_per_second(&figures->user_us, loop_now_ms(), api->started_ms, user);
	rates_per_second(&figures->system_us, loop_now_ms(), api->started_ms, system);
	for (int i = 0; i < RATES; i++) {
		user[i] /= 10000;
		system[i] /= 10000;
		total[i] = user[i] + system[i];
	}
	add_values(to, "total_cpu", total, "%");
	add_values(to, "user_cpu", user, "%");
	add_values(to, "system_cpu", system, "%");
}

static size_t held_requests(const struct api *api, size_t *ret_bytes)
{
	size_t count = 0;
	*ret_bytes = 0;
	for (const struct request *request = api->server.first; request; request = request->next) {
		count += !request->replied;
		*ret_bytes += request->body.length + request->reply.body.length;
	}
	return count;
}

static void add_counts(const struct api *api, struct str *to)
{
	size_t known = 0, active = 0, hooks = 0, bytes;
	int64_t since_ms = loop_now_ms() - ACTIVE_MS;
	for (size_t i = 0; i < api->bots.count; i++) {
		const struct bot *bot = api->bots.items[i];
		known += bot->session_ms > 0;
		active += bot->session_ms > 0 && bot->last_request_ms > since_ms;
		hooks += (size_t)bot->webhook.in_flight;
	}
	size_t held = held_requests(api, &bytes);
	str_addf(to, "DURATION\tinf\t5sec\t1min\t1hour\nuptime\t%.3f\nbot_count\t%zu\n",
		(double)(loop_now_ms() - api->started_ms) / 1000, known);
	str_addf(to, "active_bot_count\t%zu\n", active);
	add_memory(to);
	add_cpu(api, to);
	add_size(to, "buffer_memory", (double)bytes);
	str_addf(to, "active_webhook_connections\t%zu\nactive_requests\t%zu\n", hooks, held);
	str_adds(to, "active_network_queries\t0\n");
}

static void add_server(const struct api *api, struct str *to)
{
	const struct figures *figures = &api->figures;
	int64_t since_ms = api->started_ms;
	double largest[RATES];
	add_counts(api, to);
	add_rate(to, "request_count", &figures->requests, since_ms);
	add_rate(to, "request_bytes", &figures->request_bytes, since_ms);
	add_rate(to, "request_file_count", &figures->files, since_ms);
	add_rate(to, "request_files_bytes", &figures->file_bytes, since_ms);
	rates_largest(&figures->largest_request, loop_now_ms(), largest);
	add_values(to, "request_max_bytes", largest, "");
	add_rate(to, "response_count", &figures->responses, since_ms);
	add_rate(to, "response_count_ok", &figures->responses_ok, since_ms);
	add_rate(to, "response_count_error", &figures->responses_error, since_ms);
	add_rate(to, "response_bytes", &figures->response_bytes, since_ms);
	add_rate(to, "update_count", &figures->updates, since_ms);
}

static void add_webhook(const struct webhook *webhook, struct str *to)
{
	str_addf(to, "webhook\t%s\n", webhook->url);
	if (webhook->certificate)
		str_adds(to, "has_custom_certificate\t1\n");
	str_addf(to, "webhook_max_connections\t%d\n", webhook->max_connections);
}

static void add_bot(const struct bot *bot, struct str *to)
{
	str_addf(to, "\nid\t%" PRId64 "\nuptime\t%.3f\ntoken\t%s\nusername\t%s\n", bot->id,
		(double)(loop_now_ms() - bot->session_ms) / 1000, bot->token, bot->username);
	if (bot->poll.request)
		str_adds(to, "active_request_count\t1\n");
	if (bot->webhook.url)
		add_webhook(&bot->webhook, to);
	str_addf(to, "head_update_id\t%" PRId64 "\n",
		bot->first ? bot->first->id : bot->next_update_id);
	if (bot->pending)
		str_addf(to, "tail_update_id\t%" PRId64 "\npending_update_count\t%zu\n",
			bot->next_update_id, bot->pending);
	add_rate(to, "update_count/sec", &bot->updates, bot->session_ms);
	add_rate(to, "request_count/sec", &bot->requests, bot->session_ms);
}

struct scored {
	const struct bot *bot;
	double score; /* what it had to do in the last minute */
};

static double score_of(const struct bot *bot)
{
	double requests[RATES], updates[RATES];
	rates_per_second(&bot->requests, loop_now_ms(), bot->session_ms, requests);
	rates_per_second(&bot->updates, loop_now_ms(), bot->session_ms, updates);
	return requests[2] + updates[2];
}

static int by_score(const void *a, const void *b)
{
	const struct scored *left = a, *right = b;
	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return left->bot->id < right->bot->id ? -1 : 1;
}

static void add_bots(const struct api *api, const char *prefix, struct str *to)
{
	autofree struct scored *list = xcalloc(api->bots.count + 1, sizeof(*list));
	size_t count = 0;
	for (size_t i = 0; i < api->bots.count; i++) {
		const struct bot *bot = api->bots.items[i];
		if (bot->session_ms && (!prefix || starts_with(bot->token, prefix)))
			list[count++] = (struct scored){bot, score_of(bot)};
	}
	qsort(list, count, sizeof(*list), by_score);
	for (size_t i = 0; i < count && i < BOTS_SHOWN; i++)
		add_bot(list[i].bot, to);
}

void statistics_handle(void *context, struct request *request)
{
	struct api *api = context;
	struct reply page = {.status = 200, .content_type = "text/plain"};
	json_t *args = request_args(request);
	api->verbosity = arg_number(args, "v", api->verbosity);
	str_init(&page.body);
	if (api->is_closing) {
		str_adds(&page.body, "Closing");
	} else {
		add_server(api, &page.body);
		add_bots(api, arg_text(args, "id"), &page.body);
	}
	if (page.body.length > CUT_BYTES)
		str_truncate(&page.body, CUT_BYTES);
	json_decref(args);
	request_reply(request, &page);
}
