/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { IDLE_MS = 1000 };

static int64_t ahead_ms;

int64_t loop_now_ms(void)
{
	return clock_mono_ms(clock_real()) + ahead_ms;
}

int64_t loop_wall_ms(void)
{
	return clock_wall_ms(clock_real()) + ahead_ms;
}

void loop_advance(int64_t ms)
{
	ahead_ms += ms;
}

bool loop_init(struct loop *loop, struct err *err)
{
	*loop = (struct loop){.signals = -1};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signals < 0)
		return err_errno(err, errno, "cannot make a signalfd");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	loop->multi = curl_multi_init();
	return loop->multi || err_set(err, ERR_INTERNAL, "cannot make a curl multi handle");
}

void loop_release(struct loop *loop)
{
	if (loop->multi)
		curl_multi_cleanup(loop->multi);
	if (loop->signals >= 0)
		close(loop->signals);
	timers_release(&loop->timers);
}

void loop_watch(struct loop *loop, struct watch *watch)
{
	for (size_t i = 0; i < LOOP_WATCHES; i++)
		if (!loop->watches[i]) {
			loop->watches[i] = watch;
			return;
		}
}

void loop_fetch(struct loop *loop, struct fetch *fetch)
{
	curl_easy_setopt(fetch->curl, CURLOPT_PRIVATE, fetch);
	curl_multi_add_handle(loop->multi, fetch->curl);
}

void loop_unfetch(struct loop *loop, struct fetch *fetch)
{
	curl_multi_remove_handle(loop->multi, fetch->curl);
}

void loop_after(struct loop *loop, struct timer *timer, int64_t delay_ms)
{
	timers_set(&loop->timers, timer, loop_now_ms() + delay_ms);
}

static void finish_fetches(struct loop *loop)
{
	int running, left;
	curl_multi_perform(loop->multi, &running);
	for (CURLMsg *msg; (msg = curl_multi_info_read(loop->multi, &left));) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		CURLcode result = msg->data.result;
		CURL *curl = msg->easy_handle;
		struct fetch *fetch;
		curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&fetch);
		curl_multi_remove_handle(loop->multi, curl);
		fetch->done(fetch, result);
	}
}

/* Runs everything that has a turn; returns how long the loop may sleep. */
static int64_t take_turns(struct loop *loop)
{
	finish_fetches(loop);
	timers_run(&loop->timers, loop_now_ms());
	int64_t sleep_ms = IDLE_MS;
	for (size_t i = 0; i < LOOP_WATCHES && loop->watches[i]; i++) {
		struct watch *watch = loop->watches[i];
		int64_t wanted = watch->turn ? watch->turn(watch->data) : -1;
		if (wanted >= 0 && wanted < sleep_ms)
			sleep_ms = wanted;
	}
	finish_fetches(loop); /* what the turns started */
	int64_t due = timers_next_ms(&loop->timers);
	int64_t until = due == INT64_MAX ? sleep_ms : due - loop_now_ms();
	if (until < sleep_ms)
		sleep_ms = until;
	return sleep_ms < 0 ? 0 : sleep_ms;
}

static void wait_and_dispatch(struct loop *loop, int sleep_ms)
{
	struct curl_waitfd fds[LOOP_WATCHES + 1] = {
		{.fd = loop->signals, .events = CURL_WAIT_POLLIN}};
	struct watch *owners[LOOP_WATCHES + 1] = {NULL};
	unsigned count = 1;
	for (size_t i = 0; i < LOOP_WATCHES && loop->watches[i]; i++) {
		if (loop->watches[i]->fd < 0)
			continue;
		owners[count] = loop->watches[i];
		fds[count++] = (struct curl_waitfd){
			.fd = loop->watches[i]->fd, .events = loop->watches[i]->events};
	}
	curl_multi_poll(loop->multi, fds, count, sleep_ms, NULL);
	if (fds[0].revents)
		loop->stop = true;
	for (unsigned i = 1; i < count; i++)
		if (fds[i].revents && owners[i]->ready)
			owners[i]->ready(owners[i]->data, fds[i].revents);
}

void loop_run(struct loop *loop)
{
	while (!loop->stop)
		wait_and_dispatch(loop, (int)take_turns(loop));
}
