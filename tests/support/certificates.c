/* SPDX-License-Identifier: MIT */
#include "tests/support/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/attr.h"
#include "core/base/mem.h"

enum { DAY_S = 24 * 3600 };

struct wish {
	const char *name, *hosts; /* NULL: an authority */
	long from_s, until_s;     /* from now */
	bool is_alone;            /* signed by itself */
};

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *make(const struct wish *wish, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial = 1;
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(certificate), wish->from_s);
	X509_gmtime_adj(X509_getm_notAfter(certificate), wish->until_s);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)wish->name, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer : certificate));
	X509_set_pubkey(certificate, key);
	X509 *by = issuer ? issuer : certificate;
	add_extension(certificate, by, NID_basic_constraints,
		wish->hosts ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (wish->hosts)
		add_extension(certificate, by, NID_subject_alt_name, wish->hosts);
	assert_true(X509_sign(certificate, issuer_key ? issuer_key : key, EVP_sha256()) > 0);
	return certificate;
}

static FILE *open_file(const char *folder, const char *name, const char *end)
{
	autofree char *path = xasprintf("%s/%s.%s", folder, name, end);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	return file;
}

static void save(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key)
{
	FILE *file = open_file(folder, name, "pem");
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
	file = open_file(folder, name, "key");
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
}

void make_certificates(const char *folder)
{
	static const struct wish authority = {"ca", NULL, -2 * DAY_S, DAY_S, true};
	static const struct wish wishes[] = {
		{"good", "IP:127.0.0.1,DNS:localhost,DNS:bot-api.faults.test", -2 * DAY_S, DAY_S,
			false},
		{"other", "DNS:example.org", -2 * DAY_S, DAY_S, false},
		{"old", "IP:127.0.0.1,DNS:localhost", -2 * DAY_S, -DAY_S, false},
		{"alone", "IP:127.0.0.1,DNS:localhost", -2 * DAY_S, DAY_S, true},
	};
	EVP_PKEY *ca_key = EVP_EC_gen("P-256");
	X509 *ca = make(&authority, ca_key, NULL, NULL);
	save(folder, "ca", ca, ca_key);
	for (size_t i = 0; i < COUNT_OF(wishes); i++) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		bool is_alone = wishes[i].is_alone;
		X509 *certificate =
			make(&wishes[i], key, is_alone ? NULL : ca, is_alone ? NULL : ca_key);
		save(folder, wishes[i].name, certificate, key);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
	X509_free(ca);
	EVP_PKEY_free(ca_key);
}
