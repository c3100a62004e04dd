/* SPDX-License-Identifier: MIT */
/*
 * P1: a page of 125,000 samples, read strictly, every series found or made in a table and its value put there, by a program
 * of its own (metrics_page.c), beside `promtool check metrics` of the same page, by turns; and the same page read again, as a
 * target that is scraped again is, beside a bare loop that checks nothing.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/collect/scrape_store.h"
#include "core/parse/prom_text.h"
#include "core/series/tsdb.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/support/botapi.h"

enum { SAMPLES = 125000, BOT_ROWS = 25, PARTS = 5 };

/* ---- the page ---- */

static bool write_page(FILE *file)
{
	static const char *const methods[] = {
		"sendMessage", "getUpdates", "sendPhoto", "answerCallbackQuery", "editMessageText"};
	struct rng rng;
	rng_init(&rng, 1);
	fputs("# HELP bot_requests_total Requests to the Bot API.\n"
	      "# TYPE bot_requests_total counter\n",
		file);
	for (unsigned i = 0; i < SAMPLES; i++)
		fprintf(file,
			"bot_requests_total{bot=\"bot-%05u\",method=\"%s\",code=\"%u\"} %llu\n",
			i / BOT_ROWS, methods[i / 5 % COUNT_OF(methods)], 200 + i % 5 * 50,
			(unsigned long long)rng_below(&rng, 10000000));
	return fflush(file) == 0;
}

/* A file without a name; -1: no room for it. The caller closes it. */
static int make_page(void)
{
	FILE *file = tmpfile();
	int fd = -1;
	if (file && write_page(file))
		fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	if (file)
		fclose(file);
	return fd;
}

static struct prom_span map_page(int fd)
{
	struct stat of = {0};
	void *text = fstat(fd, &of) == 0 ? mmap(NULL, (size_t)of.st_size, PROT_READ,
						   MAP_PRIVATE | MAP_POPULATE, fd, 0)
					 : MAP_FAILED;
	return text == MAP_FAILED ? (struct prom_span){NULL, 0}
				  : (struct prom_span){text, (size_t)of.st_size};
}

/* ---- beside promtool ---- */

/* From its start to its exit, in ms; *ret_status is its own. Not by fork(), after which each page that we write to is copied. */
static double run_on(const char *const *words, int page, int *ret_status)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int status = 1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, page, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)lseek(page, 0, SEEK_SET);
	double begun_us = probe_now_us();
	bool good = posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)(uintptr_t)words,
			    environ) == 0 &&
		    waitpid(pid, &status, 0) == pid && WIFEXITED(status);
	posix_spawn_file_actions_destroy(&actions);
	*ret_status = good ? WEXITSTATUS(status) : -1;
	return (probe_now_us() - begun_us) / 1000;
}

bool bench_metrics_parse(const struct bench *bench, struct figures *ret)
{
	enum { LINTED = 3 }; /* it was read, and promtool would have written it otherwise */
	autofree char *program = build_program("tests/metrics-page");
	int page = make_page(), ours, peer;
	bool good = page >= 0;
	(void)bench;
	for (int i = 0; good && i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		samples_add(&ret->ours, run_on((const char *const[]){program, NULL}, page, &ours));
		samples_add(&ret->peer,
			run_on((const char *const[]){"promtool", "check", "metrics", NULL}, page,
				&peer));
		good = ours == 0 && (peer == 0 || peer == LINTED);
	}
	snprintf(ret->note, sizeof(ret->note), "%d samples, whole process %.0f ns a sample",
		SAMPLES, samples_median(&ret->ours) * 1e6 / SAMPLES);
	if (page >= 0)
		close(page);
	return good;
}

/* ---- into the store ---- */

/* Of this thread on a processor: a pass is so short that who else runs counts for more than we do. */
static double cpu_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void copy(void *context, const char *text, char *ret, size_t size)
{
	(void)context;
	(void)copy_text(ret, size, text);
}

/* The same page in parts, as of several targets, since of one no more is read; processor time of all of them. */
struct stores {
	struct tsdb *tsdb;
	struct scrape_store *list[PARTS];
	struct prom_span parts[PARTS];
};

static bool begin_stores(struct stores *stores, struct prom_span page)
{
	const struct tsdb_limits limits = {.memory_bytes = 256U << 20};
	const char *at = page.text, *end = page.text + page.length;
	struct err err;
	for (size_t i = 0; i < PARTS; i++) {
		size_t left = (size_t)(end - at);
		const char *line_end =
			i + 1 < PARTS ? memchr(at + left / (PARTS - i), '\n', left) : end - 1;
		stores->parts[i] = (struct prom_span){at, (size_t)(line_end + 1 - at)};
		at = line_end + 1;
	}
	if (!tsdb_open(NULL, &limits, &stores->tsdb, &err))
		return false;
	for (size_t i = 0; i < PARTS; i++)
		stores->list[i] = scrape_store_new(stores->tsdb);
	return true;
}

static void end_stores(struct stores *stores)
{
	for (size_t i = 0; i < PARTS; i++)
		scrape_store_free(stores->list[i], NULL);
	tsdb_close(stores->tsdb);
}

/* ms of the processor; below 0: not all of it was taken. */
static double take_all(struct stores *stores, int64_t wall_ms)
{
	const struct scrape_rules rules = {
		.own = "job", .own_value = "bench", .limit = SAMPLES, .clean = copy};
	double begun_us = cpu_us();
	size_t taken = 0;
	struct err err;
	for (size_t i = 0; i < PARTS; i++) {
		const struct scrape_page page = {
			stores->parts[i].text, stores->parts[i].length, "text/plain", false};
		struct scrape_look look = {.wall_ms = wall_ms};
		if (scrape_store_page(stores->list[i], &rules, &page, &look, NULL, &err) &&
			!look.refused && !look.beyond)
			taken += look.samples;
	}
	return taken == SAMPLES ? (cpu_us() - begun_us) / 1000 : -1;
}

bool bench_metrics_store(const struct bench *bench, struct figures *ret)
{
	int fd = make_page(), status;
	struct prom_span page = fd >= 0 ? map_page(fd) : (struct prom_span){NULL, 0};
	struct stores stores = {0};
	bool good = page.text && begin_stores(&stores, page);
	double first_ms = good ? take_all(&stores, 1000) : -1;
	(void)bench;
	for (int i = 0; first_ms > 0 && i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		samples_add(&ret->ours, take_all(&stores, 2000 + i * 1000));
		samples_add(&ret->peer,
			run_on((const char *const[]){"promtool", "check", "metrics", NULL}, fd,
				&status));
	}
	snprintf(ret->note, sizeof(ret->note),
		"%.0f ns a sample; %.0f where all of its series are new",
		samples_median(&ret->ours) * 1e6 / SAMPLES, first_ms * 1e6 / SAMPLES);
	if (good)
		end_stores(&stores);
	if (page.text)
		(void)munmap((void *)(uintptr_t)page.text, page.length);
	if (fd >= 0)
		close(fd);
	return good && first_ms > 0;
}

/* ---- beside a bare loop ---- */

/* It takes each line to be NAME{LABELS} DIGITS. */
static double read_bare(struct prom_span page, uint64_t *keys)
{
	const char *at = page.text, *end = at + page.length;
	double sum = 0;
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const char *value = memrchr(at, ' ', (size_t)(line_end - at));
		uint64_t number = 0;
		if (*at != '#') {
			*keys ^= hash64_wide(at, (size_t)(value - at));
			for (value++; value < line_end; value++)
				number = number * 10 + (uint64_t)(*value - '0');
			sum += (double)number;
		}
		at = line_end + 1;
	}
	return sum;
}

static double read_ours(struct prom_span page, uint64_t *keys)
{
	struct prom_reader reader;
	struct prom_sample sample;
	struct err err;
	double sum = 0;
	prom_begin(&reader, page.text, page.length, PROM_TEXT);
	while (prom_next(&reader, &sample, &err) == PROM_SAMPLE) {
		*keys ^= sample.key;
		sum += sample.value;
	}
	prom_end(&reader);
	return sum;
}

bool bench_metrics_again(const struct bench *bench, struct figures *ret)
{
	int fd = make_page();
	struct prom_span page = fd >= 0 ? map_page(fd) : (struct prom_span){NULL, 0};
	bool good = page.text != NULL;
	(void)bench;
	for (int i = 0; good && i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		uint64_t ours = 0, bare = 0;
		double begun_us = cpu_us(), sum = read_ours(page, &ours);
		double middle_us = cpu_us();
		good = read_bare(page, &bare) == sum && ours == bare;
		samples_add(&ret->ours, (middle_us - begun_us) * 1000 / SAMPLES);
		samples_add(&ret->peer, (cpu_us() - middle_us) * 1000 / SAMPLES);
	}
	snprintf(ret->note, sizeof(ret->note), "%.1f MB, %.2f GB/s", (double)page.length / 1e6,
		(double)page.length / (samples_median(&ret->ours) * SAMPLES));
	if (good)
		(void)munmap((void *)(uintptr_t)page.text, page.length);
	if (fd >= 0)
		close(fd);
	return good;
}
