/* SPDX-License-Identifier: MIT */
#include "tests/hostile/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/amp.h"
#include "tests/hostile/bus.h"
#include "tests/hostile/places.h"
#include "tests/support/folder.h"
#include "tests/support/sockets.h"

enum { LOOK_MS = 100, PATIENCE_S = 2, DAY_S = 24 * 3600, SLOTS = PEER_PORTS + 1 };

static struct {
	int listeners[SLOTS]; /* the ports, and pm2's */
	X509 *authority;
	EVP_PKEY *authority_key, *key;
	atomic_bool ends;
	pthread_t thread;
} peers;

/* ---- certificates ---- */

static const enum place_id subjects[PEER_PORTS] = {[PEER_HTTPS] = PLACE_https_subject,
	[PEER_POSTGRES] = PLACE_postgres_subject,
	[PEER_REDIS] = PLACE_redis_subject,
	[PEER_UNTRUSTED] = PLACE_https_issuer};

static void read_authority(void)
{
	FILE *file = folder_open("ca.pem", "re");
	peers.authority = PEM_read_X509(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	file = folder_open("ca.key", "re");
	peers.authority_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	peers.key = EVP_EC_gen("P-256");
	assert_true(peers.authority && peers.authority_key && peers.key);
}

/* Its subject is what is planted; it is valid for nobody, so that a client says who it is. */
static X509 *make_certificate(enum peer_port port)
{
	static long serial = 1000;
	bool is_alone = port == PEER_UNTRUSTED;
	autofree char *subject = place_bytes(subjects[port]);
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S);
	X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, (const unsigned char *)subject,
		(int)strlen(subject), -1, 0);
	X509_set_issuer_name(certificate, is_alone ? name : X509_get_subject_name(peers.authority));
	X509_set_pubkey(certificate, peers.key);
	(void)X509_sign(certificate, is_alone ? peers.key : peers.authority_key, EVP_sha256());
	return certificate;
}

/* ---- TLS ---- */

/* libpq asks in the clear whether there is TLS. */
static bool begin_postgres(int fd)
{
	char request[8];
	return recv(fd, request, sizeof(request), MSG_WAITALL) == sizeof(request) &&
	       send(fd, "S", 1, MSG_NOSIGNAL) == 1;
}

static void show_certificate(int fd, enum peer_port port)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *certificate = make_certificate(port);
	char byte;
	if (SSL_CTX_use_certificate(context, certificate) == 1 &&
		SSL_CTX_use_PrivateKey(context, peers.key) == 1 &&
		(port != PEER_POSTGRES || begin_postgres(fd))) {
		SSL *ssl = SSL_new(context);
		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1)
			(void)SSL_read(ssl, &byte, 1);
		SSL_free(ssl);
	}
	X509_free(certificate);
	SSL_CTX_free(context);
}

/* ---- pm2 ---- */

static char *list_apps(void)
{
	autofree char *status = place_json(PLACE_pm2_status), *log = place_json(PLACE_pm2_log),
		      *name = place_json(PLACE_pm2_name), *command = place_json(PLACE_pm2_command),
		      *variable = place_variable(PLACE_pm2_variable, 3);
	autofree char *path = xasprintf("\"/%s", log + 1);
	char *value = strrchr(variable, '=');
	*value++ = '\0';
	json_t *environment = json_object();
	json_object_set_new(environment, variable, json_string(value));
	autofree char *variables = json_dumps(environment, 0);
	json_decref(environment);
	return xasprintf("j:{\"args\":[["
			 "{\"name\":\"one\",\"pid\":0,\"pm2_env\":{\"status\":%s,"
			 "\"pm_out_log_path\":%s}},"
			 "{\"name\":%s,\"pid\":0,\"pm2_env\":{\"status\":\"stopped\","
			 "\"pm_exec_path\":%s,\"args\":[%s],\"env\":%s}}]]}",
		status, path, name, command, command, variables);
}

static void answer_pm2(int fd)
{
	char request[4096];
	autofree char *apps = list_apps();
	const char *const arguments[] = {apps, "s:botswain:0"};
	autostr struct str frame = STR_INIT;
	amp_write(&frame, arguments, COUNT_OF(arguments));
	(void)recv(fd, request, sizeof(request), 0);
	(void)send(fd, frame.text, frame.length, MSG_NOSIGNAL);
	(void)recv(fd, request, sizeof(request), 0); /* it closes when it has read */
}

/* ---- their life ---- */

static void serve(size_t slot)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	autoclose int fd = accept4(peers.listeners[slot], NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (slot == PEER_PORTS)
		answer_pm2(fd);
	else
		show_certificate(fd, (enum peer_port)slot);
}

static void *run(void *nothing)
{
	while (!peers.ends) {
		struct pollfd slots[SLOTS];
		for (size_t i = 0; i < SLOTS; i++)
			slots[i] = (struct pollfd){.fd = peers.listeners[i], .events = POLLIN};
		if (poll(slots, SLOTS, LOOK_MS) <= 0)
			continue;
		for (size_t i = 0; i < SLOTS; i++)
			if (slots[i].revents)
				serve(i);
	}
	return nothing;
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

void peers_open(int ports[PEER_PORTS])
{
	autofree char *pm2 = folder_path("pm2"), *socket = folder_path("pm2/rpc.sock");
	(void)signal(SIGPIPE, SIG_IGN);
	read_authority();
	for (size_t i = 0; i < PEER_PORTS; i++)
		peers.listeners[i] = listen_on_loopback(&ports[i]);
	assert_int_equal(mkdir(pm2, 0700), 0);
	peers.listeners[PEER_PORTS] = socket_listen(socket);
	peers.ends = false;
	assert_int_equal(pthread_create(&peers.thread, NULL, run, NULL), 0);
	bus_open();
}

void peers_close(void)
{
	bus_close();
	peers.ends = true;
	pthread_join(peers.thread, NULL);
	for (size_t i = 0; i < SLOTS; i++)
		close(peers.listeners[i]);
	X509_free(peers.authority);
	EVP_PKEY_free(peers.authority_key);
	EVP_PKEY_free(peers.key);
}
