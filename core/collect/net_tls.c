/* SPDX-License-Identifier: MIT */
#include "core/collect/net_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct net_tls {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

static bool failed(const struct net_tls *tls, const char *what, struct err *err)
{
	long verified = tls->ssl ? SSL_get_verify_result(tls->ssl) : X509_V_OK;
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (verified != X509_V_OK)
		reason = X509_verify_cert_error_string(verified);
	ERR_clear_error();
	return err_set(err, ERR_TLS, "%s: %s", what, reason ? reason : "no reason given");
}

/* Waits for what OpenSSL wants before the same call is made again; false when it wants nothing. */
static bool wait_again(const struct net_tls *tls, int result, const struct net_limit *limit,
	const char *what, struct err *err)
{
	int errnum = errno;
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return net_wait(tls->fd, POLLIN, limit, what, err);
	case SSL_ERROR_WANT_WRITE:
		return net_wait(tls->fd, POLLOUT, limit, what, err);
	case SSL_ERROR_ZERO_RETURN:
		return err_set(err, ERR_UNREACHABLE, "the server closed the connection");
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		if (errnum)
			return err_set(err, ERR_UNREACHABLE, "%s", strerror(errnum));
		return err_set(err, ERR_UNREACHABLE, "the server closed the connection");
	default:
		return failed(tls, "TLS failed", err);
	}
}

static bool set_authority(struct net_tls *tls, const char *ca_file, struct err *err)
{
	static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt";
	const char *file = ca_file[0] ? ca_file : system_bundle;
	if (SSL_CTX_load_verify_file(tls->context, file) == 1)
		return true;
	ERR_clear_error();
	return err_set(err, ERR_TLS, "cannot read the certificates in '%s'", file);
}

/* A certificate names hosts or addresses; which one is checked depends on what we were given. */
static bool set_peer(struct net_tls *tls, const char *host)
{
	struct in6_addr binary;
	bool is_address =
		inet_pton(AF_INET, host, &binary) == 1 || inet_pton(AF_INET6, host, &binary) == 1;
	if (is_address)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host) == 1;
	return SSL_set1_host(tls->ssl, host) == 1 && SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

static bool prepare(struct net_tls *tls, const struct net_address *address, struct err *err)
{
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context)
		return failed(tls, "cannot start TLS", err);
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE);
	if (!set_authority(tls, address->ca_file, err))
		return false;
	tls->ssl = SSL_new(tls->context);
	if (!tls->ssl || SSL_set_fd(tls->ssl, tls->fd) != 1 ||
		!set_peer(tls, address->host[0] ? address->host : "localhost"))
		return failed(tls, "cannot start TLS", err);
	return true;
}

static bool shake_hands(struct net_tls *tls, const struct net_limit *limit, struct err *err)
{
	for (;;) {
		ERR_clear_error();
		errno = 0;
		int result = SSL_connect(tls->ssl);
		if (result == 1)
			return true;
		if (!wait_again(tls, result, limit, "no TLS handshake", err))
			return false;
	}
}

bool net_tls_open(int fd, const struct net_address *address, const struct net_limit *limit,
	struct net_tls **ret, struct err *err)
{
	struct net_tls *tls = xcalloc(1, sizeof(*tls));
	tls->fd = fd;
	if (!prepare(tls, address, err) || !shake_hands(tls, limit, err)) {
		net_tls_close(tls);
		return false;
	}
	*ret = tls;
	return true;
}

void net_tls_close(struct net_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	free(tls);
}

bool net_tls_send(struct net_tls *tls, const void *bytes, size_t length,
	const struct net_limit *limit, struct err *err)
{
	const char *from = bytes;
	while (length) {
		size_t sent = 0;
		ERR_clear_error();
		errno = 0;
		int result = SSL_write_ex(tls->ssl, from, length, &sent);
		if (result != 1 && !wait_again(tls, result, limit, "could not send", err))
			return false;
		from += sent;
		length -= sent;
	}
	return true;
}

bool net_tls_receive(struct net_tls *tls, void *bytes, size_t size, const struct net_limit *limit,
	size_t *ret_length, struct err *err)
{
	for (;;) {
		ERR_clear_error();
		errno = 0;
		int result = SSL_read_ex(tls->ssl, bytes, size, ret_length);
		if (result == 1)
			return true;
		if (!wait_again(tls, result, limit, "no answer", err))
			return false;
	}
}
