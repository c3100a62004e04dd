/* SPDX-License-Identifier: MIT */
/* FNV-1a, of 32 and of 64 bits, byte after byte: from HASH..._BEGIN on, or from what was hashed before. Pure. */
#ifndef BOTSWAIN_BASE_HASH_H
#define BOTSWAIN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

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

#endif
