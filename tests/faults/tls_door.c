/* SPDX-License-Identifier: MIT */
#include "tests/faults/tls_door.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "core/base/mem.h"
#include "tests/faults/faults.h"
#include "tests/faults/liar.h"
#include "tests/support/certificates.h"

struct tls_door_counts {
	atomic_uint handshakes;
};

static char *folder_of(const struct faults *run)
{
	return xasprintf("%s/certificates", run->dir);
}

static bool append(const char *path, const char *text)
{
	FILE *file = fopen(path, "ae");
	bool good = file && fputs(text, file) >= 0;
	if (file)
		good &= fclose(file) == 0;
	return good;
}

bool tls_trust(const struct faults *run)
{
	const char *trusted = getenv("FAULTS_CERTIFICATES");
	autofree char *folder = folder_of(run);
	if (!trusted || (mkdir(folder, 0700) != 0 && access(folder, W_OK) != 0))
		return false;
	make_certificates(folder);
	autofree char *path = xasprintf("%s/ca.pem", folder);
	autofree char *authority = fault_read_text(path);
	return append(trusted, authority);
}

/* ---- in processes of their own ---- */

static SSL_CTX *make_context(const struct tls_door *door, const char *name, bool is_old)
{
	autofree char *certificate = xasprintf("%s/%s.pem", door->folder, name);
	autofree char *key = xasprintf("%s/%s.key", door->folder, name);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (is_old) {
		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
	}
	bool good = SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) == 1 &&
		    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
	if (!good)
		_exit(1);
	return context;
}

static int reach(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		_exit(1);
	return fd;
}

static bool send_all(int fd, const char *bytes, int length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, (size_t)length, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (int)sent;
	}
	return true;
}

/* Until one of them is gone; blocking, for one connection. */
static void pump(SSL *tls, int client, int server)
{
	char bytes[16384];
	for (;;) {
		struct pollfd slots[] = {
			{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
		bool has_more = SSL_pending(tls) > 0;
		if (!has_more && poll(slots, 2, -1) < 0)
			return;
		if (has_more || slots[0].revents) {
			int got = SSL_read(tls, bytes, sizeof(bytes));
			if (got <= 0 || !send_all(server, bytes, got))
				return;
		}
		if (slots[1].revents) {
			ssize_t got = read(server, bytes, sizeof(bytes));
			if (got <= 0 || SSL_write(tls, bytes, (int)got) <= 0)
				return;
		}
	}
}

static NORETURN void let_in(const struct tls_door *door, SSL_CTX *context, int client)
{
	SSL *tls = SSL_new(context);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!tls || SSL_set_fd(tls, client) != 1 || SSL_accept(tls) != 1)
		_exit(1);
	/* With TLS 1.3 the server is ready before the client has looked at its certificate: who has is he who sends. */
	char byte;
	if (SSL_peek(tls, &byte, 1) != 1)
		_exit(1);
	atomic_fetch_add(&door->counts->handshakes, 1);
	pump(tls, client, reach(door->server));
	_exit(0);
}

static NORETURN void stand(const struct tls_door *door, int listener, const char *name, bool is_old)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	SSL_CTX *context = make_context(door, name, is_old);
	for (int fd;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener); /* else the place would be taken for as long as it takes to die */
			let_in(door, context, fd);
		}
		close(fd);
	}
}

/* ---- from outside ---- */

bool tls_door_make(
	const struct faults *run, uint16_t server, struct sight *sight, struct tls_door *ret)
{
	*ret = (struct tls_door){.server = server, .folder = folder_of(run)};
	int fd = listen_at(&ret->port);
	if (fd >= 0)
		close(fd);
	ret->counts = mmap(NULL, sizeof(*ret->counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ret->counts == MAP_FAILED)
		abort();
	bool good = fd >= 0 && getenv("FAULTS_CERTIFICATES") && access(ret->folder, R_OK) == 0;
	if (!good)
		see(sight, false, -1, "root, and certificates to trust of the run's own");
	return good;
}

static void close_door(struct tls_door *door)
{
	if (door->pid <= 0)
		return;
	kill(door->pid, SIGKILL);
	waitpid(door->pid, NULL, 0);
	door->pid = 0;
}

bool tls_door_open(struct tls_door *door, const char *certificate, bool is_old)
{
	close_door(door);
	int listener = listen_at(&door->port);
	if (listener < 0)
		return false;
	door->pid = fork();
	if (door->pid == 0)
		stand(door, listener, certificate, is_old);
	close(listener);
	return door->pid > 0;
}

unsigned tls_door_handshakes(const struct tls_door *door)
{
	return atomic_load(&door->counts->handshakes);
}

void tls_door_release(struct tls_door *door)
{
	close_door(door);
	munmap(door->counts, sizeof(*door->counts));
	free(door->folder);
}
