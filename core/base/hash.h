/* SPDX-License-Identifier: MIT */
/*
 * FNV-1a, of 32 and of 64 bits, byte after byte: from HASH..._BEGIN on, or from what was hashed before; and one that takes 16
 * bytes at a time, for the many: it may change with the version, so it is never stored. Pure.
 */
#ifndef BOTSWAIN_BASE_HASH_H
#define BOTSWAIN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH32_BEGIN UINT32_C(2166136261)
#define HASH64_BEGIN UINT64_C(14695981039346656037)

static inline uint32_t hash32_byte(uint32_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT32_C(16777619);
}

static inline uint64_t hash64_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64_C(1099511628211);
}

static inline uint32_t hash32_bytes(uint32_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = hash32_byte(hash, (unsigned char)bytes[i]);
	return hash;
}

static inline uint64_t hash64_bytes(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = hash64_byte(hash, (unsigned char)bytes[i]);
	return hash;
}

static inline uint32_t hash32_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = hash32_byte(hash, (unsigned char)*text);
	return hash;
}

static inline uint64_t hash64_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = hash64_byte(hash, (unsigned char)*text);
	return hash;
}

/* Both halves of the product. */
static inline uint64_t hash_fold(uint64_t one, uint64_t other)
{
	unsigned __int128 product = (unsigned __int128)one * other;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load(const char *bytes, size_t length)
{
	uint64_t word = 0;
	memcpy(&word, bytes, length);
	return word;
}

/* Of 8 bytes, or of the few that there are. */
static inline uint64_t hash_word(const char *bytes, size_t length)
{
	if (length >= 8)
		return hash_load(bytes, 8);
	if (length >= 4)
		return hash_load(bytes, 4) | hash_load(bytes + length - 4, 4) << 32;
	if (length >= 2)
		return hash_load(bytes, 2) | hash_load(bytes + length - 2, 2) << 16;
	return length ? (unsigned char)*bytes : 0;
}

static inline uint64_t hash64_wide(const char *bytes, size_t length)
{
	static const uint64_t odd[] = {UINT64_C(0x9e6c63d0876a9b27), UINT64_C(0xc5a1f3d8e94b2d6b),
		UINT64_C(0x8f14e45fceea167b)};
	uint64_t hash = odd[2] ^ length;
	for (; length > 16; bytes += 16, length -= 16)
		hash = hash_fold(
			hash_load(bytes, 8) ^ hash ^ odd[0], hash_load(bytes + 8, 8) ^ odd[1]);
	uint64_t first = hash_word(bytes, length);
	uint64_t last = length > 8 ? hash_load(bytes + length - 8, 8) : 0;
	return hash_fold(hash_fold(first ^ hash ^ odd[0], last ^ odd[1]) ^ odd[2], odd[0]);
}

#endif
