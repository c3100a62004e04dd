/* SPDX-License-Identifier: MIT */
#include "tests/faults/dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/faults/faults.h"
#include "tests/faults/net.h"
#include "tests/support/engine_process.h"

enum {
	PORT = 53,
	HEADER = 12,
	PACKET = 512,
	WAITING = 64,
	TYPE_A = 1,
	FLAG_ANSWER = 0x80,   /* RFC 1035 4.1.1: QR, in the third byte */
	FLAG_RECURSES = 0x80, /* RA, in the fourth */
	SERVFAIL = 2,
};

static const char address[] = "127.0.0.53";

/* Shared with the process that answers. */
struct dns {
	atomic_int manner;
	atomic_uint questions;
	pid_t pid;
	char *resolv; /* as it was */
};

/* An answer that is not due yet. */
struct waiting {
	unsigned char packet[PACKET];
	size_t length; /* 0: free */
	int64_t due_ms;
	struct sockaddr_in to;
};

/* Where the one question ends; 0: it is none. */
static size_t question_end(const unsigned char *packet, size_t length)
{
	size_t at = HEADER;
	while (at < length && packet[at])
		at += (size_t)packet[at] + 1;
	return at + 5 <= length ? at + 5 : 0;
}

/* Makes the answer of the question in its place: 127.0.0.1 for A, nothing for anything else. */
static size_t answer(unsigned char *packet, size_t length, bool fails)
{
	static const unsigned char record[] = {
		0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1};
	size_t end = length > HEADER ? question_end(packet, length) : 0;
	if (!end || end + sizeof(record) > PACKET)
		return 0;
	bool is_known = !fails && packet[end - 3] == TYPE_A && packet[end - 4] == 0;
	packet[2] |= FLAG_ANSWER;
	packet[3] = (unsigned char)(FLAG_RECURSES | (fails ? SERVFAIL : 0));
	memset(packet + 6, 0, 6); /* answers, authorities, additional */
	packet[7] = is_known;
	if (!is_known)
		return end;
	memcpy(packet + end, record, sizeof(record));
	return end + sizeof(record);
}

static void take_question(struct dns *dns, int fd, struct waiting *waiting)
{
	struct waiting it = {.length = 0};
	socklen_t size = sizeof(it.to);
	ssize_t got = recvfrom(fd, it.packet, PACKET, 0, (struct sockaddr *)&it.to, &size);
	int manner = atomic_load(&dns->manner);
	if (got <= 0)
		return;
	atomic_fetch_add(&dns->questions, 1);
	if (manner == DNS_SILENT)
		return;
	it.length = answer(it.packet, (size_t)got, manner == DNS_FAILS);
	it.due_ms = fault_now_ms() + (manner == DNS_SLOW ? DNS_SLOW_MS : 0);
	for (size_t i = 0; i < WAITING; i++)
		if (!waiting[i].length) {
			waiting[i] = it;
			return;
		}
}

static void send_due(int fd, struct waiting *waiting)
{
	for (size_t i = 0; i < WAITING; i++) {
		if (!waiting[i].length || waiting[i].due_ms > fault_now_ms())
			continue;
		(void)sendto(fd, waiting[i].packet, waiting[i].length, 0,
			(struct sockaddr *)&waiting[i].to, sizeof(waiting[i].to));
		waiting[i].length = 0;
	}
}

static NORETURN void serve(struct dns *dns, int fd)
{
	static struct waiting waiting[WAITING];
	struct pollfd slot = {.fd = fd, .events = POLLIN};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (poll(&slot, 1, 20) > 0)
			take_question(dns, fd, waiting);
		send_due(fd, waiting);
	}
}

static int open_socket(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, address, &at.sin_addr);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct dns *dns_start(struct sight *sight)
{
	const char *path = getenv("FAULTS_RESOLV");
	int fd = net_is_ours() && path ? open_socket() : -1;
	if (fd < 0) {
		see(sight, false, -1, "a resolver in a network and a resolv.conf of the run's own");
		return NULL;
	}
	struct dns *dns =
		mmap(NULL, sizeof(*dns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (dns == MAP_FAILED)
		abort();
	dns->resolv = fault_read_text(path);
	autofree char *text = xasprintf("nameserver %s\n", address);
	write_file(path, text);
	pid_t pid = fork();
	if (pid == 0)
		serve(dns, fd);
	dns->pid = pid; /* the child has no word in it: its own would be 0 */
	close(fd);
	return dns;
}

void dns_set(struct dns *dns, enum dns_manner manner)
{
	atomic_store(&dns->manner, (int)manner);
}

unsigned dns_questions(const struct dns *dns)
{
	return atomic_load(&dns->questions);
}

void dns_stop(struct dns *dns)
{
	if (!dns)
		return;
	if (dns->pid > 0) {
		kill(dns->pid, SIGKILL);
		waitpid(dns->pid, NULL, 0);
	}
	write_file(getenv("FAULTS_RESOLV"), dns->resolv);
	free(dns->resolv);
	munmap(dns, sizeof(*dns));
}
