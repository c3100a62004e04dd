/* SPDX-License-Identifier: MIT */
/*
 * H1 to H3: what asking the Bot API costs beside libcurl's simplest loop, both against the same nginx over TLS 1.3 with an
 * answer of 192 bytes. Each measurement is a process of its own (tests/poll). nginx listens on loopback, as our own child,
 * with a certificate of our own authority.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/support/botapi.h"
#include "tests/support/certificates.h"
#include "tests/support/folder.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum {
	PAIRS = 5,
	REQUESTS = 20000,
	MANY = 500,
	MANY_REQUESTS = 20000,
	NEAR_REQUESTS = 10000,
	FAR_REQUESTS = 2000,
	COLD = 100
};
enum { START_MS = 10000, RUN_MS = 300000 };
static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt";

struct nginx {
	pid_t pid;
	int port;
	char *url, *ca_file, *bundle; /* the bundle: the system's authorities and ours */
};

#define ANSWER                                                                                     \
	"'{\"ok\":true,\"result\":{\"url\":\"\",\"has_custom_certificate\":false,"                 \
	"\"pending_update_count\":0,\"max_connections\":40,\"ip_address\":\"203.0.113.7\","        \
	"\"last_error_date\":1700000000,\"last_error_message\":\"none\"}}'"

/* Under /near/ it answers after 0 to 0.5 s and under /far/ after 0.5 to 1.5 s, by digits of an id that it draws for each
 * request: calls of many bots do not begin at the same time, and their answers do not come all at once. */
static const char settings[] =
	"load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;\n"
	"worker_processes 1;\npid %1$s/nginx.pid;\nerror_log %1$s/error.log crit;\n"
	"events { worker_connections 2048; }\n"
	"http {\n access_log off; keepalive_requests 100000000; keepalive_timeout 600s;\n"
	" client_body_temp_path %1$s/t; proxy_temp_path %1$s/t; fastcgi_temp_path %1$s/t;\n"
	" uwsgi_temp_path %1$s/t; scgi_temp_path %1$s/t;\n"
	" map $request_id $near {\n"
	"  ~(?<n1>[0-4]).*?(?<n2>\\d).*?(?<n3>[1-9]) 0.$n1$n2$n3;\n  default 0.25;\n }\n"
	" map $request_id $far {\n"
	"  ~(?<f1>\\d).*?(?<f2>\\d).*?(?<f3>[1-9]) 0.$f1$f2$f3;\n  default 0.5;\n }\n"
	" server {\n  listen 127.0.0.1:%2$d ssl backlog=1024; ssl_protocols TLSv1.3;\n"
	"  ssl_certificate %1$s/good.pem; ssl_certificate_key %1$s/good.key;\n"
	"  default_type application/json;\n"
	"  location / { return 200 " ANSWER "; }\n"
	"  location /near/ { echo_sleep $near; echo " ANSWER "; }\n"
	"  location /far/ { echo_sleep 0.5; echo_sleep $far; echo " ANSWER "; }\n }\n}\n";

static void write_bundle(const struct nginx *nginx)
{
	FILE *to = folder_open("bundle.pem", "we");
	const char *const from[] = {system_bundle, nginx->ca_file};
	for (size_t i = 0; i < COUNT_OF(from); i++) {
		char bytes[65536];
		FILE *file = fopen(from[i], "re");
		for (size_t got; file && (got = fread(bytes, 1, sizeof(bytes), file));)
			(void)fwrite(bytes, 1, got, to);
		if (file)
			fclose(file);
	}
	fclose(to);
}

static bool answers(const void *context)
{
	const struct nginx *nginx = context;
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)nginx->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return good;
}

static bool start(struct nginx *nginx)
{
	folder_setup(NULL);
	make_certificates(folder);
	nginx->port = free_port();
	nginx->url = xasprintf("https://127.0.0.1:%d", nginx->port);
	nginx->ca_file = folder_path("ca.pem");
	nginx->bundle = folder_path("bundle.pem");
	write_bundle(nginx);
	folder_write("nginx.conf", 0600, settings, folder, nginx->port);
	autofree char *file = folder_path("nginx.conf");
	autofree char *log = folder_path("nginx.log");
	nginx->pid = spawn_start(WORDS("nginx", "-c", file, "-p", folder, "-g", "daemon off;"),
		&(struct spawn){.log = log});
	return comes_true(answers, nginx, START_MS);
}

static void end(struct nginx *nginx)
{
	(void)spawn_end(&nginx->pid, SIGTERM);
	free(nginx->url);
	free(nginx->ca_file);
	free(nginx->bundle);
	folder_teardown(NULL);
}

/* What one run printed. */
struct cost {
	double watch_us, cpu_us, peak_kib;
};

struct wish {
	const char *who, *how, *ca_file; /* ours, bare or default; warm or cold */
	int connections, requests;
	const char *path; /* "", "/near" or "/far" */
};

static bool run(const struct nginx *nginx, const struct wish *wish, struct cost *ret)
{
	autofree char *program = build_program("tests/poll"), *said = NULL;
	autofree char *connections = xasprintf("%d", wish->connections);
	autofree char *requests = xasprintf("%d", wish->requests);
	autofree char *url = xasprintf("%s%s", nginx->url, wish->path ? wish->path : "");
	int status = spawn_run(
		WORDS(program, wish->who, wish->how, url, wish->ca_file, connections, requests),
		&(struct spawn){0}, RUN_MS, &said);
	return status == 0 && said &&
	       sscanf(said, "%lf %lf %lf", &ret->watch_us, &ret->cpu_us, &ret->peak_kib) == 3;
}

static double watch_of(const struct cost *cost)
{
	return cost->watch_us;
}

static double cpu_of(const struct cost *cost)
{
	return cost->cpu_us;
}

static double peak_of(const struct cost *cost)
{
	return cost->peak_kib * 1024;
}

/* Ours and the peer's way in turn; `per`: of so many requests is one value, in the unit of the figure. */
static bool measure(struct wish wish, const char *peer, double (*value)(const struct cost *),
	double scale, struct figures *ret)
{
	struct nginx nginx = {0};
	int pairs = bench_number("BENCH_PAIRS", PAIRS);
	bool good = start(&nginx);
	const char *who[] = {"ours", peer};
	wish.ca_file = wish.ca_file ? nginx.bundle : nginx.ca_file;
	for (int i = 0; good && i < pairs; i++)
		for (size_t side = 0; good && side < 2; side++) {
			struct cost cost;
			wish.who = who[side];
			good = run(&nginx, &wish, &cost);
			if (good)
				samples_add(side ? &ret->peer : &ret->ours, value(&cost) * scale);
		}
	if (!good)
		snprintf(ret->note, sizeof(ret->note), "nginx did not answer all: see %s", folder);
	end(&nginx);
	return good;
}

bool bench_http_time(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {.how = "warm", .connections = 10, .requests = REQUESTS};
	return measure(wish, "bare", watch_of, 1.0 / REQUESTS, ret);
}

bool bench_http_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {.how = "warm", .connections = 10, .requests = REQUESTS};
	return measure(wish, "bare", cpu_of, 1.0 / REQUESTS, ret);
}

/* Of 500 calls under way few have an answer at a time: what is paid is to find them. */
bool bench_http_many(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {
		.how = "warm", .connections = MANY, .requests = NEAR_REQUESTS, .path = "/near"};
	return measure(wish, "bare", cpu_of, 1.0 / NEAR_REQUESTS, ret);
}

/* Fewer at a time: 10,000 bots, each asked every 45 s, have 500 calls under way when an answer takes 2.25 s. */
bool bench_http_many_far(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {
		.how = "warm", .connections = MANY, .requests = FAR_REQUESTS, .path = "/far"};
	return measure(wish, "bare", cpu_of, 1.0 / FAR_REQUESTS, ret);
}

/* All of them have one, and there is nothing to find: both pay for TLS, the kernel and what libcurl does for a call. */
bool bench_http_many_busy(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {.how = "warm", .connections = MANY, .requests = MANY_REQUESTS};
	return measure(wish, "bare", cpu_of, 1.0 / MANY_REQUESTS, ret);
}

bool bench_http_cold(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {
		.how = "cold", .ca_file = system_bundle, .connections = COLD, .requests = COLD};
	return measure(wish, "default", cpu_of, 1.0 / 1000, ret);
}

bool bench_http_cold_memory(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct wish wish = {
		.how = "cold", .ca_file = system_bundle, .connections = COLD, .requests = COLD};
	return measure(wish, "default", peak_of, 1.0 / (1 << 20), ret);
}
