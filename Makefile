# SPDX-License-Identifier: MIT
# botswain: one plain GNU Makefile. `make help` lists the targets.
# MODE=release|debug|asan|tsan|fuzz builds into its own folder; release is build/ itself.

MODE ?= release
ifeq ($(MODE),release)
O ?= build
else
O ?= build/$(MODE)
endif
V ?= 0
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
CC := $(if $(filter default undefined,$(origin CC)),$(if $(shell command -v ccache),ccache gcc,gcc),$(CC))
CLANG ?= clang
WERROR ?= -Werror

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) '$(2)')

# The order of the rooms: a lower room that names a higher one does not link.
CORE := base parse msg model verbs conf events series alert act store collect engine
ROOMS := $(addprefix core/,$(CORE))
SCREEN_ROOMS := core/base core/parse core/msg core/model core/verbs core/conf

PACKAGES := expat libcurl jansson hiredis libpq libmicrohttpd libfyaml sqlite3 libsystemd libpcre2-8 zlib libzstd ncursesw cmocka vterm
pkg = $(shell pkg-config --$(1) $(2) 2>/dev/null)
WARN := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wconversion \
	-Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug := -O0 -g3
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
VERSION := $(shell cat VERSION)
CPPFLAGS := -I. -I$(O)/gen -D_GNU_SOURCE -DBOTSWAIN_VERSION='"$(VERSION)"'
CFLAGS = -std=gnu17 $(OPT_$(MODE)) $(WARN) -fstack-protector-strong -fno-common -fPIE -pthread
LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now $(filter -fsanitize=%,$(OPT_$(MODE)))

LIBS_SCREEN := -ljansson -lfyaml -lpcre2-8 -lncursesw -lm
LIBS_ENGINE := -lcurl -ljansson -lhiredis -lpq -lssl -lcrypto -lmicrohttpd -lfyaml -lsqlite3 -lsystemd -lexpat -lpcre2-8 -lz -lzstd -lm
ifneq ($(shell pkg-config --exists libpq 2>/dev/null && echo y),)
CPPFLAGS += $(filter -I%,$(call pkg,cflags,libpq hiredis))
endif

# ---- sources -> objects -> one archive a room ------------------------------------------------------------
sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$(O)/obj/%.o,$(1))
archive = $(O)/lib/$(subst /,-,$(1)).a
rooms_archives = $(foreach room,$(1),$(call archive,$(room)))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))

SRC_client := $(wildcard core/engine/client*.c)
SRC_main := tui/main.c core/engine/main.c
define room_rules
OBJ_$(1) := $(call objects,$(filter-out $(SRC_client) $(SRC_main),$(call sources,$(1))))
$(call archive,$(1)): $$(OBJ_$(1))
endef
$(foreach room,$(ROOMS) themes widgets tui,$(eval $(call room_rules,$(room))))
$(O)/lib/client.a: $(call objects,$(SRC_client))

$(O)/lib/%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$(Q)ar rcs $@ $^

$(O)/obj/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A change of flags rebuilds everything.
FLAGS_NOW = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
.PHONY: FORCE
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@

SCREEN_LIBS := $(call rooms_archives,tui widgets themes) $(O)/lib/client.a \
	$(call rooms_archives,$(call reverse,$(SCREEN_ROOMS)))
ENGINE_LIBS := $(call archive,core/engine) $(O)/lib/client.a \
	$(call rooms_archives,$(filter-out core/engine,$(call reverse,$(ROOMS))))

all: $(O)/botswain $(O)/botswaind ## build build/botswain and build/botswaind

$(O)/botswain: $(call objects,tui/main.c) $(SCREEN_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SCREEN)

$(O)/botswaind: $(call objects,core/engine/main.c) $(ENGINE_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_ENGINE)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
include mk/themes.mk
include mk/embed.mk
include mk/docs.mk
include mk/tests.mk
include mk/torture.mk
include mk/fuzz.mk
include mk/fleet.mk
include mk/install.mk
include mk/accept.mk
include mk/faults.mk
include mk/foreign.mk
include mk/line.mk
include mk/bench.mk
include mk/hostile.mk
include mk/load.mk
include mk/xread.mk
include mk/mutants.mk

clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile mk/*.mk

.PHONY: all clean help
