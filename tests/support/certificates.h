/* SPDX-License-Identifier: MIT */
/*
 * Certificates for tests of TLS, made on the spot in a folder: ca.pem; NAME.pem and NAME.key of
 * `good` (127.0.0.1, localhost and bot-api.faults.test), `other` (example.org) and `old` (good, but
 * expired yesterday), all of that authority; `alone`, good but for being signed by itself.
 */
#ifndef BOTSWAIN_TESTS_CERTIFICATES_H
#define BOTSWAIN_TESTS_CERTIFICATES_H

void make_certificates(const char *folder);

#endif
