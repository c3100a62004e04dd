/* SPDX-License-Identifier: MIT */
#include "tests/faults/crowd.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/leaks.h"
#include "tests/support/vt.h"

enum {
	FINE = 4000,   /* quarters of a millisecond up to 1 s */
	COARSE = 4000, /* then milliseconds */
	ASK_MS = 500,
	LOOK_MS = 20,
	LOST_AFTER_MS = 5000, /* a key that nobody answers */
	SCREEN_ROWS = 24,
	SCREEN_COLUMNS = 80,
};

/* One writer each. */
struct tally {
	atomic_uint bucket[FINE + COARSE];
};

enum { TALLY_ANSWERS, TALLY_ROWS, TALLY_TURNS, TALLY_KEYS, TALLY_LATE, TALLIES };

struct crowd {
	struct crowd_size size;
	struct tally tally[TALLIES];
	atomic_uint clients, screens, lost;
	atomic_size_t searched, leaked;
	atomic_uint asked, looked; /* rounds: what the counts above say is as old as the last */
	atomic_uint epoch;         /* grows with each mark: what began before is not counted */
	pid_t asking, looking;
};

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Quarters of a millisecond up to 1 s, milliseconds up to 5 s. */
static void count(struct crowd *crowd, unsigned which, double ms)
{
	double at = ms < 1000 ? ms * 4 : 3000 + ms;
	unsigned last = COUNT_OF(crowd->tally[which].bucket) - 1;
	unsigned index = at < 0 ? 0 : at > last ? last : (unsigned)at;
	atomic_fetch_add(&crowd->tally[which].bucket[index], 1);
}

static double value_of(unsigned index)
{
	return index < 4000 ? (double)(index + 1) / 4 : (double)index - 3000 + 1;
}

static struct crowd_times times_of(const struct tally *tally)
{
	struct crowd_times times = {0};
	unsigned seen = 0;
	for (unsigned i = 0; i < COUNT_OF(tally->bucket); i++)
		times.count += atomic_load(&tally->bucket[i]);
	for (unsigned i = 0; i < COUNT_OF(tally->bucket); i++) {
		unsigned here = atomic_load(&tally->bucket[i]);
		if (!here)
			continue;
		if (seen < (times.count + 1) / 2)
			times.p50_ms = value_of(i);
		if (seen < times.count - times.count / 100)
			times.p99_ms = value_of(i);
		times.worst_ms = value_of(i);
		seen += here;
	}
	return times;
}

/* ---- those who ask ---- */

struct asker {
	struct crowd *crowd;
	struct client *client;
	struct model *model;
	double asked_ms, next_ms, turn_ms;
	uint64_t waits_for; /* 0: nothing; else the request, or the generation of the window */
	bool by_window;
	uint64_t generation;
	unsigned epoch;
};

static void take(void *context, enum msg_kind kind, const void *body)
{
	struct asker *asker = context;
	const struct msg_answer *answer = body;
	const struct msg_win_rows *rows = body;
	bool mine = asker->by_window ? kind == MSG_win_rows &&
					       rows->generation == asker->waits_for && rows->done
				     : kind == MSG_answer && answer->req == asker->waits_for;
	if (!mine || !asker->waits_for)
		return;
	if (asker->epoch == atomic_load(&asker->crowd->epoch))
		count(asker->crowd, asker->by_window ? TALLY_ROWS : TALLY_ANSWERS,
			now_ms() - asker->asked_ms);
	asker->waits_for = 0;
}

/* In turn a question to the engine's own thread, and one to its pool of queries. */
static void ask(struct asker *asker)
{
	char store[] = "events", none[] = "";
	struct msg_cancel_req cancel = {.operation = UINT64_C(1) << 60};
	struct msg_win_open window = {
		.window = 1, .store = store, .filter = none, .anchor = none, .before = 40};
	asker->by_window = !asker->by_window;
	asker->epoch = atomic_load(&asker->crowd->epoch);
	asker->asked_ms = now_ms();
	if (asker->by_window) {
		asker->waits_for = window.generation = ++asker->generation;
		client_send(asker->client, MSG_win_open, &window);
	} else {
		asker->waits_for = cancel.req = client_next_request(asker->client);
		client_send(asker->client, MSG_cancel_req, &cancel);
	}
}

static void lose(struct asker *asker)
{
	client_free(asker->client);
	asker->client = NULL;
	asker->waits_for = 0;
	asker->turn_ms = 0;
	asker->next_ms = now_ms() + 200;
	atomic_fetch_add(&asker->crowd->lost, 1);
}

static void come_in(struct asker *asker, const struct settings *settings)
{
	struct err err;
	asker->next_ms = now_ms() + 200;
	asker->generation = 0;
	if (!client_connect(settings->socket_path, settings->state_dir, "screen", true,
		    &asker->client, &err))
		asker->client = NULL;
}

/* An answer that is still to come counts when it comes; one that never does is a connection lost. */
static void step(struct asker *asker, const struct settings *settings)
{
	double now = now_ms();
	if (!asker->client && now >= asker->next_ms)
		come_in(asker, settings);
	if (!asker->client)
		return;
	if (client_state(asker->client) == CLIENT_ATTACHED && !asker->waits_for &&
		now >= asker->next_ms) {
		asker->next_ms = now + ASK_MS;
		ask(asker);
	}
	unsigned turns = client_pump(asker->client, asker->model, fault_now_ms(), take, asker);
	if (turns) {
		now = now_ms();
		if (asker->turn_ms > 0 && asker->epoch == atomic_load(&asker->crowd->epoch))
			count(asker->crowd, TALLY_TURNS, now - asker->turn_ms);
		asker->turn_ms = now;
	}
	if (client_state(asker->client) == CLIENT_LOST)
		lose(asker);
}

static void wait_for_news(struct asker *askers, struct crowd *crowd)
{
	struct pollfd fds[CROWD_CLIENTS_MAX];
	unsigned clients = crowd->size.clients;
	for (unsigned i = 0; i < clients; i++) {
		const struct client *client = askers[i].client;
		fds[i] = (struct pollfd){.fd = client ? client_fd(client) : -1,
			.events = (short)(client && client_wants_write(client) ? POLLIN | POLLOUT
									       : POLLIN)};
	}
	double before = now_ms();
	if (poll(fds, clients, LOOK_MS) == 0)
		count(crowd, TALLY_LATE, now_ms() - before - LOOK_MS);
}

static NORETURN void ask_for_ever(struct crowd *crowd, const struct settings *settings)
{
	struct asker askers[CROWD_CLIENTS_MAX] = {0};
	unsigned clients = crowd->size.clients;
	for (unsigned i = 0; i < clients; i++)
		askers[i] = (struct asker){.crowd = crowd,
			.model = model_new(),
			.next_ms = now_ms() + i * (double)ASK_MS / clients};
	for (;;) {
		unsigned attached = 0;
		for (unsigned i = 0; i < clients; i++) {
			step(&askers[i], settings);
			attached += askers[i].client && askers[i].turn_ms > 0;
		}
		atomic_store(&crowd->clients, attached);
		atomic_fetch_add(&crowd->asked, 1);
		wait_for_news(askers, crowd);
	}
}

/* ---- those who look ---- */

static bool is_dead(struct vt *vt, int *ret_status)
{
	return vt_wait_exit(vt, true, 0, ret_status);
}

/* What it has written since the last time. */
static void search_screen(struct crowd *crowd, const struct faults *run, struct vt *vt)
{
	const struct str *bytes = vt_recorded(vt);
	atomic_fetch_add(&crowd->searched, bytes->length);
	if (run->leaks && leaks_holds(run->leaks, bytes->text, bytes->length))
		atomic_fetch_add(&crowd->leaked, 1);
	vt_record(vt);
}

static void open_help(struct crowd *crowd, struct vt *vt)
{
	unsigned epoch = atomic_load(&crowd->epoch);
	(void)vt_wait_quiet(vt, 1, 20);
	double before = now_ms();
	vt_press(vt, "?");
	bool came = vt_wait_text(vt, "Esc Close", LOST_AFTER_MS);
	if (epoch == atomic_load(&crowd->epoch))
		count(crowd, TALLY_KEYS, now_ms() - before);
	vt_press(vt, "Esc");
	if (!came || !vt_wait_no_text(vt, "Esc Close", LOST_AFTER_MS))
		atomic_fetch_add(&crowd->lost, 1);
}

/* A screen that sees its engine; else it waits for it, and says so. */
static bool sees_the_fleet(struct vt *vt)
{
	return vt_shows(vt, "1 Bots") && !vt_shows(vt, "silent since") &&
	       !vt_shows(vt, "no engine");
}

static NORETURN void look_for_ever(struct crowd *crowd, const struct faults *run)
{
	struct vt *screens[CROWD_SCREENS_MAX] = {NULL};
	const char *const words[] = {run->screen, "-c", run->config, NULL};
	for (;;) {
		unsigned good = 0;
		for (unsigned i = 0; i < crowd->size.screens; i++) {
			int status;
			if (screens[i] && is_dead(screens[i], &status)) {
				atomic_fetch_add(&crowd->lost, 1);
				vt_free(screens[i]);
				screens[i] = NULL;
			}
			if (!screens[i]) {
				screens[i] = vt_spawn(SCREEN_ROWS, SCREEN_COLUMNS, words, NULL);
				vt_record(screens[i]);
				(void)vt_wait_text(screens[i], "orders", 5000);
			}
			open_help(crowd, screens[i]);
			good += sees_the_fleet(screens[i]);
			(void)vt_wait_quiet(screens[i], 100, 100);
			search_screen(crowd, run, screens[i]);
		}
		atomic_store(&crowd->screens, good);
		atomic_fetch_add(&crowd->looked, 1);
	}
}

/* ---- from outside ---- */

static pid_t start(struct crowd *crowd, const struct faults *run, bool asks)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (asks)
		ask_for_ever(crowd, run->settings);
	look_for_ever(crowd, run);
}

struct crowd *crowd_start(const struct faults *run, struct crowd_size size)
{
	struct crowd *crowd = mmap(
		NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crowd == MAP_FAILED)
		abort();
	crowd->size = size;
	crowd->asking = start(crowd, run, true);
	crowd->looking = start(crowd, run, false);
	return crowd;
}

struct crowd_size crowd_size(const struct crowd *crowd)
{
	return crowd->size;
}

void crowd_stop(struct crowd *crowd)
{
	if (!crowd)
		return;
	kill(crowd->asking, SIGKILL);
	kill(crowd->looking, SIGKILL);
	waitpid(crowd->asking, NULL, 0);
	waitpid(crowd->looking, NULL, 0);
	munmap(crowd, sizeof(*crowd));
}

void crowd_mark(struct crowd *crowd)
{
	atomic_fetch_add(&crowd->epoch, 1);
	for (unsigned which = 0; which < TALLIES; which++)
		for (unsigned i = 0; i < COUNT_OF(crowd->tally[which].bucket); i++)
			atomic_store(&crowd->tally[which].bucket[i], 0);
	atomic_store(&crowd->lost, 0);
}

struct crowd_report crowd_report(const struct crowd *crowd)
{
	return (struct crowd_report){.clients = atomic_load(&crowd->clients),
		.screens = atomic_load(&crowd->screens),
		.lost = atomic_load(&crowd->lost),
		.answers = times_of(&crowd->tally[TALLY_ANSWERS]),
		.rows = times_of(&crowd->tally[TALLY_ROWS]),
		.turns = times_of(&crowd->tally[TALLY_TURNS]),
		.keys = times_of(&crowd->tally[TALLY_KEYS]),
		.searched = atomic_load(&crowd->searched),
		.leaked = atomic_load(&crowd->leaked),
		.late = times_of(&crowd->tally[TALLY_LATE])};
}

bool crowd_wait(struct faults *run, int64_t limit_ms)
{
	int64_t until_ms = fault_now_ms() + limit_ms;
	unsigned asked = atomic_load(&run->crowd->asked), looked = atomic_load(&run->crowd->looked);
	for (;;) {
		struct crowd_report report = crowd_report(run->crowd);
		bool is_new = atomic_load(&run->crowd->asked) - asked >= 2 &&
			      atomic_load(&run->crowd->looked) - looked >= 2;
		if (is_new && report.clients == run->crowd->size.clients &&
			report.screens == run->crowd->size.screens)
			return true;
		if (fault_now_ms() > until_ms)
			return false;
		engine_look(run, 50);
	}
}
