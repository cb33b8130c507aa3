# SPDX-License-Identifier: Apache-2.0
# GNU make. `make help` lists the targets.

VERSION := 0.1.0
VARIANT ?= release
B := build/$(VARIANT)
PREFIX ?= /usr/local
DESTDIR ?=
PKG_CONFIG ?= pkg-config
CC ?= cc
ifeq ($(origin CC),default)
CC := gcc
endif
Q := $(if $(V),,@)

# ---- flags ----

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion \
	-Wsign-conversion -Wcast-align -Wcast-qual -Wwrite-strings \
	-Wpointer-arith -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wredundant-decls -Wnested-externs -Wvla \
	-Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference \
	-Wdouble-promotion
IS_CLANG := $(shell $(CC) --version 2>/dev/null | grep -c clang)
ifeq ($(IS_CLANG),0)
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
	-Wjump-misses-init
endif
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fPIE
ifeq ($(shell uname -m),x86_64)
HARDENING += -fcf-protection
endif
HARDENING_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed

FLAGS_release := -O2 -g $(HARDENING)
LDFLAGS_release := $(HARDENING_LD)
# The programs are optimised as a whole; tests are linked from the same objects
# without that, so that they can stand in for single functions.
ifeq ($(IS_CLANG)$(VARIANT),0release)
FLAGS_release += -flto=auto -ffat-lto-objects
PARTS := -fno-lto
AR := gcc-ar
endif
# Of those builds where a stray read is to fault.
POISON := -DTRUESRC_POISON
FLAGS_debug := -O0 -g3 $(POISON)
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(POISON)
LDFLAGS_asan := -fsanitize=address,undefined
FLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread $(POISON)
LDFLAGS_tsan := -fsanitize=thread
FLAGS_cov := -O0 -g --coverage
LDFLAGS_cov := --coverage

# libev has no .pc file on Debian.
LIBEV_CFLAGS := $(shell $(PKG_CONFIG) --cflags libev 2>/dev/null)
LIBEV_LIBS := $(or $(shell $(PKG_CONFIG) --libs libev 2>/dev/null),-lev)
LIBS := -lyaml -lcidr $(LIBEV_LIBS) -ljansson -lpthread
CHECK_LIBS := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

CPPFLAGS_ALL := -I. -I$(B)/gen -D_GNU_SOURCE -DEV_COMPAT3=0 \
	-DTRUESRC_VERSION='"$(VERSION)"' -DTRUESRC_VARIANT='"$(VARIANT)"' \
	$(LIBEV_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 -pthread $(WARNINGS) $(FLAGS_$(VARIANT)) \
	-fno-strict-aliasing -fno-delete-null-pointer-checks $(CFLAGS)
LDFLAGS_ALL := $(LDFLAGS_$(VARIANT)) -pthread $(LDFLAGS)

# ---- what is built from what ----

MAINS := agent/main.c agent/control/truesrcctl.c
SOURCES := $(filter-out $(MAINS),$(wildcard proto/*/*.c conf/*/*.c agent/*/*.c))
LIKES := $(sort $(wildcard conf/like/*.yaml))
PRESETS := $(sort $(wildcard conf/presets/*.txt))
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(B)/gen/like.o $(B)/gen/presets.o
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNITS := $(UNIT_SOURCES:tests/unit/%.c=$(B)/tests/%)
TOOL_SOURCES := $(sort $(wildcard tests/tools/*.c))
TOOLS := $(TOOL_SOURCES:tests/tools/%.c=$(B)/tests/%) $(B)/tests/tables
TABLES_SOURCES := tests/bench/tables.c $(sort $(wildcard tests/bench/tables/*.c))
PROGRAMS := $(B)/truesrc $(B)/truesrcctl

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tools units

all: $(PROGRAMS) ## build truesrc and truesrcctl (VARIANT=release|debug|asan|tsan|cov)
tools: $(TOOLS)
units: $(UNITS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The ready policies, as text inside the program.
$(B)/gen/like.c: $(LIKES) conf/load/embed.sh
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	$(Q)sh conf/load/embed.sh like $(LIKES) >$@

# The presets likewise.
$(B)/gen/presets.c: $(PRESETS) conf/load/embed.sh
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	$(Q)sh conf/load/embed.sh preset $(PRESETS) >$@

$(B)/gen/%.o: $(B)/gen/%.c
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/libtruesrc.a: $(OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $(OBJECTS)

$(B)/truesrc: $(B)/agent/main.o $(B)/libtruesrc.a
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/truesrcctl: $(B)/agent/control/truesrcctl.o $(B)/libtruesrc.a
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(PARTS) -o $@ $^ $(LIBS) $(CHECK_LIBS)

$(B)/tests/%: $(B)/tests/tools/%.o $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(PARTS) -o $@ $^ $(LIBS)

$(B)/tests/tables: $(TABLES_SOURCES:%.c=$(B)/%.o) $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- the rest ----

include tests/tests.mk

.PHONY: deps demo run bench soak install clean help format

deps: ## install the Debian packages that are missing
	@sh tests/tools/deps.sh

demo: ## build, start truesrc and HAProxy on loopback, show what requests get
	@sh tests/tools/deps.sh demo
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 tests/tools/demo.py $(B)

run: ## as demo, but leave both running
	@sh tests/tools/deps.sh demo
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 tests/tools/demo.py --stay $(B)

bench: all tools ## figures and their bounds; BENCH=quick takes minutes
	@B=$(B) sh tests/bench/run.sh $(BENCH)

soak: all tools ## ten minutes of load, reloads, changing lists
	@B=$(B) /usr/bin/python3 tests/tools/soak.py

format: ## reformat the C sources
	@clang-format -i $(FORMATTED)

install: all ## install into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin \
		$(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/share/doc/truesrc/examples \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(B)/truesrc $(DESTDIR)$(PREFIX)/sbin/truesrc
	install -m 755 $(B)/truesrcctl $(DESTDIR)$(PREFIX)/bin/truesrcctl
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 conf/completion/truesrcctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/truesrcctl
	cp -R conf/examples/. $(DESTDIR)$(PREFIX)/share/doc/truesrc/examples

clean: ## remove what was built
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile tests/tests.mk | \
		sort | expand -t 16
