/* SPDX-License-Identifier: MIT */
#include "core/collect/bus_guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static __thread volatile sig_atomic_t is_guarded, has_taken;

/* Not ours: the read is done again, and what SIGBUS does is done. */
static void give_up(void)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigaction(SIGBUS, &usual, NULL);
}

static void take(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *page = (char *)info->si_addr - (uintptr_t)info->si_addr % size;
	if (!is_guarded || info->si_code != BUS_ADRERR ||
		mmap(page, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			-1, 0) != page)
		give_up();
	has_taken = 1;
}

static void install(void)
{
	struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO};
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

void bus_guard_begin(void)
{
	sigset_t bus;
	install();
	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	/* Blocked, it would end the process however it is handled. */
	pthread_sigmask(SIG_UNBLOCK, &bus, NULL);
	is_guarded = 1;
}

bool bus_guard_took(void)
{
	bool took = has_taken;
	has_taken = 0;
	return took;
}
