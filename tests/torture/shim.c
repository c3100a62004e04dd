/* SPDX-License-Identifier: MIT */
/* LD_PRELOAD: lets calls fail as torture.h says. Allocates nothing, and calls the system directly. */
#include "tests/torture/torture.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void *__libc_stack_end;

enum { MODULES = 64, SCAN_BYTES = 6000, THREAD_TAIL = 1900 };

struct module {
	uintptr_t from, to;
	bool is_ours;
};

static struct torture *torture; /* NULL: nothing fails in this process */
static struct module modules[MODULES];
static unsigned module_count;
static uintptr_t lowest = UINTPTR_MAX, highest;
static enum torture_class wanted_class;
static int wanted_error;
static unsigned long wanted_at;
static uint64_t wanted_place;
static unsigned wanted_hit;
static bool goes_on, notes, only_child, only_parent;
static atomic_uint hits;
static atomic_bool fired;
static pthread_t main_thread;

/* ---- from where ---- */

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	for (int i = 0; i < info->dlpi_phnum && module_count < MODULES; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		struct module *module = &modules[module_count];
		module->from = info->dlpi_addr + part->p_vaddr;
		module->to = module->from + part->p_memsz;
		module->is_ours = strstr(info->dlpi_name, "torture.so") != NULL;
		lowest = module->from < lowest ? module->from : lowest;
		highest = module->to > highest ? module->to : highest;
		snprintf(torture->modules[module_count], sizeof(torture->modules[0]), "%zx %s",
			(size_t)part->p_vaddr, info->dlpi_name);
		module_count++;
	}
	return 0;
}

static bool is_behind_a_call(uintptr_t address)
{
	const unsigned char *code = (const unsigned char *)address;
	return code[-5] == 0xe8 || (code[-2] == 0xff && (code[-1] & 0x38) == 0x10) ||
	       (code[-3] == 0xff && (code[-2] & 0x38) == 0x10) ||
	       (code[-6] == 0xff && (code[-5] & 0x38) == 0x10) ||
	       (code[-7] == 0xff && (code[-6] & 0x38) == 0x10);
}

/* 0: points to no code of ours or a library. */
static uint64_t frame_of(uintptr_t address)
{
	if (address < lowest || address >= highest)
		return 0;
	for (unsigned i = 0; i < module_count; i++)
		if (address >= modules[i].from + 8 && address < modules[i].to)
			return modules[i].is_ours || !is_behind_a_call(address)
				       ? 0
				       : (uint64_t)(i + 1) << 40 | (address - modules[i].from);
	return 0;
}

/* Up to where the stack can be read: above it is the thread's own block, or what the kernel put there. */
static uintptr_t end_of_stack(void)
{
	pthread_t self = pthread_self();
	return pthread_equal(self, main_thread) ? (uintptr_t)__libc_stack_end
						: (uintptr_t)self + THREAD_TAIL;
}

__attribute__((noinline)) static unsigned walk(uint64_t *frames, unsigned max)
{
	unsigned count = 0;
	uintptr_t at = (uintptr_t)__builtin_frame_address(0), end = end_of_stack();
	if (end < at || end - at > SCAN_BYTES)
		end = at + SCAN_BYTES;
	for (; count < max && at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t)) {
		uint64_t frame = frame_of(*(const uintptr_t *)at);
		if (frame && (!count || frames[count - 1] != frame))
			frames[count++] = frame;
	}
	return count;
}

static uint64_t hash_of(const uint64_t *frames, unsigned count)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (unsigned i = 0; i < count; i++)
		hash = (hash ^ frames[i]) * UINT64_C(1099511628211), hash ^= hash >> 29;
	return hash ? hash : 1;
}

static void note(const char *call, uint64_t key, const uint64_t *frames, unsigned count)
{
	for (unsigned at = (unsigned)key, tries = 0; tries < TORTURE_PLACES; at++, tries++) {
		struct torture_place *place = &torture->places[at % TORTURE_PLACES];
		uint64_t empty = 0;
		if (atomic_compare_exchange_strong(&place->key, &empty, key)) {
			memcpy(place->frames, frames, count * sizeof(*frames));
			strncpy(place->call, call, sizeof(place->call) - 1);
		} else if (empty != key) {
			continue;
		}
		atomic_fetch_add(&place->hits, 1);
		return;
	}
}

/* ---- whether ---- */

static bool is_the_one(const char *call, unsigned long number)
{
	if (wanted_at)
		return number == wanted_at;
	if (!wanted_place && !notes)
		return false;
	uint64_t frames[TORTURE_KEY_FRAMES] = {0};
	unsigned count = walk(frames, TORTURE_KEY_FRAMES);
	uint64_t key = hash_of(frames, count);
	if (notes)
		note(call, key, frames, count);
	return key == wanted_place && atomic_fetch_add(&hits, 1) + 1 == wanted_hit;
}

static bool fails(enum torture_class class, const char *call)
{
	if (!torture || class != wanted_class)
		return false;
	unsigned long number = atomic_fetch_add(&torture->calls, 1) + 1;
	if (goes_on && atomic_load(&fired)) {
		atomic_fetch_add(&torture->failed, 1);
		return true;
	}
	if (!is_the_one(call, number) || atomic_exchange(&fired, true))
		return false;
	if (atomic_fetch_add(&torture->failed, 1) == 0) {
		strncpy(torture->call, call, sizeof(torture->call) - 1);
		(void)walk(torture->frames, TORTURE_FRAMES);
	}
	return true;
}

static int refuse(void)
{
	errno = wanted_error ? wanted_error : EIO;
	return -1;
}

/* ---- the beginning ---- */

static unsigned long number_of(const char *name, int base)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, base) : 0;
}

static void in_child(void)
{
	if (only_parent)
		torture = NULL;
	only_child = false;
}

static bool is_for_us(const char *who)
{
	size_t length = strlen(who);
	only_child = length && who[length - 1] == '+';
	only_parent = length && who[length - 1] == '-';
	if (only_child || only_parent)
		length--;
	return strlen(program_invocation_short_name) == length &&
	       strncmp(program_invocation_short_name, who, length) == 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *who = getenv("TORTURE_WHO"), *class = getenv("TORTURE_CLASS");
	const char *path = getenv("TORTURE_CONTROL");
	if (!who || !class || !path || !is_for_us(who))
		return;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	void *shared = (void *)syscall(
		SYS_mmap, NULL, sizeof(struct torture), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (shared == MAP_FAILED)
		return;
	for (unsigned i = 0; i < TORTURE_CLASSES; i++)
		if (strcmp(torture_classes[i], class) == 0)
			wanted_class = (enum torture_class)i;
	wanted_error = (int)number_of("TORTURE_ERROR", 10);
	wanted_at = number_of("TORTURE_AT", 10);
	wanted_place = number_of("TORTURE_PLACE", 16);
	wanted_hit = (unsigned)number_of("TORTURE_HIT", 10);
	goes_on = getenv("TORTURE_ON") != NULL;
	notes = getenv("TORTURE_NOTE") != NULL;
	main_thread = pthread_self();
	pthread_atfork(NULL, NULL, in_child);
	torture = shared;
	dl_iterate_phdr(add_module, NULL);
	atomic_fetch_add(&torture->processes, 1);
}

/* Before the fork the one that only the child is told of runs untouched. */
static bool is_off(void)
{
	return only_child;
}

/* ---- memory ---- */

#define MEMORY_FAILS(call) (!is_off() && fails(TORTURE_MEMORY, call) && (errno = ENOMEM))

void *malloc(size_t size)
{
	return MEMORY_FAILS("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return MEMORY_FAILS("calloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return MEMORY_FAILS("realloc") ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t product;
	if (__builtin_mul_overflow(count, size, &product)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, product);
}

void *memalign(size_t alignment, size_t size)
{
	return MEMORY_FAILS("memalign") ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *memory = memalign(alignment, size);
	if (!memory)
		return ENOMEM;
	*ret = memory;
	return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (MEMORY_FAILS("mmap"))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap(address, length, protection, flags, fd, offset);
}

/* ---- bytes ---- */

static enum torture_class class_of(int fd)
{
	struct stat about;
	if (fd == STDERR_FILENO || fstat(fd, &about) != 0)
		return TORTURE_CLASSES;
	if (S_ISREG(about.st_mode))
		return TORTURE_FILE;
	if (S_ISSOCK(about.st_mode))
		return TORTURE_SOCKET;
	if (S_ISFIFO(about.st_mode))
		return TORTURE_PIPE;
	return S_ISCHR(about.st_mode) && about.st_rdev != 0x103 ? TORTURE_TTY : TORTURE_CLASSES;
}

static bool fd_fails(int fd, const char *call)
{
	if (!torture || is_off() || wanted_class == TORTURE_MEMORY)
		return false;
	int saved = errno;
	bool answer = fails(class_of(fd), call);
	errno = saved;
	return answer;
}

/* How many of so many bytes are taken when it fails; all of them when it does not. 0: none, it is an error. */
static size_t taken(size_t count, bool does_fail)
{
	return !does_fail ? count : wanted_error || count < 2 ? 0 : count / 2;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	size_t part = taken(count, fd_fails(fd, "write"));
	return count && !part ? refuse() : syscall(SYS_write, fd, bytes, part);
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset)
{
	size_t part = taken(count, fd_fails(fd, "pwrite"));
	return count && !part ? refuse() : syscall(SYS_pwrite64, fd, bytes, part, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	return write_at(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
	return write_at(fd, bytes, count, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!fd_fails(fd, "writev"))
		return syscall(SYS_writev, fd, parts, count);
	if (wanted_error || count < 1 || parts[0].iov_len < 2)
		return refuse();
	return syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
}

ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to,
	socklen_t length)
{
	size_t part = taken(count, fd_fails(fd, "send"));
	return count && !part ? refuse() : syscall(SYS_sendto, fd, bytes, part, flags, to, length);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
	return sendto(fd, bytes, count, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return fd_fails(fd, "sendmsg") ? refuse() : syscall(SYS_sendmsg, fd, message, flags);
}

int fsync(int fd)
{
	return fd_fails(fd, "fsync") ? refuse() : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fd_fails(fd, "fdatasync") ? refuse() : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t length)
{
	return fd_fails(fd, "ftruncate") ? refuse() : (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off_t length)
{
	return ftruncate(fd, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	return fd_fails(fd, "fallocate") ? refuse()
					 : (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

/* ---- names ---- */

static bool name_fails(const char *call)
{
	return !is_off() && fails(TORTURE_FILE, call);
}

int rename(const char *from, const char *to)
{
	return name_fails("rename") ? refuse() : (int)syscall(SYS_rename, from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return name_fails("renameat") ? refuse()
				      : (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

int mkdir(const char *path, mode_t mode)
{
	return name_fails("mkdir") ? refuse() : (int)syscall(SYS_mkdir, path, mode);
}

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
	if ((flags & O_CREAT) && name_fails("open"))
		return refuse();
	if (!is_off() && fails(TORTURE_FD, "open"))
		return refuse();
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                       \
	mode_t mode = 0;                                                                           \
	if ((flags) & (O_CREAT | O_TMPFILE)) {                                                     \
		va_list rest;                                                                      \
		va_start(rest, flags);                                                             \
		mode = va_arg(rest, mode_t);                                                       \
		va_end(rest);                                                                      \
	}

int open(const char *path, int flags, ...)
{
	MODE_OF(flags, mode)
	return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	MODE_OF(flags, mode)
	return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	MODE_OF(flags, mode)
	return open_any(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	MODE_OF(flags, mode)
	return open_any(folder, path, flags | O_LARGEFILE, mode);
}

/* ---- descriptors ---- */

#define FD_FAILS(call) (!is_off() && fails(TORTURE_FD, call))

int socket(int domain, int type, int protocol)
{
	return FD_FAILS("socket") ? refuse() : (int)syscall(SYS_socket, domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int ret[2])
{
	return FD_FAILS("socketpair") ? refuse()
				      : (int)syscall(SYS_socketpair, domain, type, protocol, ret);
}

int accept4(int fd, struct sockaddr *from, socklen_t *length, int flags)
{
	return FD_FAILS("accept4") ? refuse() : (int)syscall(SYS_accept4, fd, from, length, flags);
}

int accept(int fd, struct sockaddr *from, socklen_t *length)
{
	return FD_FAILS("accept") ? refuse() : (int)syscall(SYS_accept4, fd, from, length, 0);
}

int pipe2(int ret[2], int flags)
{
	return FD_FAILS("pipe2") ? refuse() : (int)syscall(SYS_pipe2, ret, flags);
}

int pipe(int ret[2])
{
	return pipe2(ret, 0);
}

int eventfd(unsigned count, int flags)
{
	return FD_FAILS("eventfd") ? refuse() : (int)syscall(SYS_eventfd2, count, flags);
}

int epoll_create1(int flags)
{
	return FD_FAILS("epoll_create1") ? refuse() : (int)syscall(SYS_epoll_create1, flags);
}

int timerfd_create(clockid_t clock, int flags)
{
	return FD_FAILS("timerfd") ? refuse() : (int)syscall(SYS_timerfd_create, clock, flags);
}

int inotify_init1(int flags)
{
	return FD_FAILS("inotify") ? refuse() : (int)syscall(SYS_inotify_init1, flags);
}

int dup(int fd)
{
	return FD_FAILS("dup") ? refuse() : (int)syscall(SYS_dup, fd);
}

/* ---- threads and children ---- */

#define CHILD_FAILS(call) (!is_off() && fails(TORTURE_CHILD, call))

int pthread_create(
	pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	if (CHILD_FAILS("pthread_create"))
		return EAGAIN;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return real(ret, attributes, run, context);
}

pid_t fork(void)
{
	static pid_t (*real)(void);
	if (CHILD_FAILS("fork")) {
		errno = EAGAIN;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fork");
	return real();
}

#define SPAWN(name)                                                                                \
	int name(pid_t *ret, const char *path, const posix_spawn_file_actions_t *actions,          \
		const posix_spawnattr_t *attributes, char *const argv[],                           \
		char *const environment[])                                                         \
	{                                                                                          \
		static int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *,      \
			const posix_spawnattr_t *, char *const[], char *const[]);                  \
		if (CHILD_FAILS(#name))                                                            \
			return EAGAIN;                                                             \
		if (!real)                                                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                 \
		return real(ret, path, actions, attributes, argv, environment);                    \
	}
SPAWN(posix_spawn)
SPAWN(posix_spawnp)
