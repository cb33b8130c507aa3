# SPDX-License-Identifier: Apache-2.0
# Tests and checks; read by the Makefile.

.PHONY: test unit conformance integration lint fuzz fuzzers replay coverage \
	exhaustive

FORMATTED := $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h' 2>/dev/null)

# Seconds for each target of "make fuzz".
FUZZ_TIME ?= 60
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TARGETS := $(FUZZ_SOURCES:tests/fuzz/%.c=%)
FUZZERS := $(FUZZ_TARGETS:%=$(B)/fuzz/%)
REPLAYS := $(FUZZ_TARGETS:%=$(B)/replay/%)
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

EXHAUSTIVE := test_exhaustive test_exhaustive_numbers

TAP_RUN := sh tests/tools/tap-run.sh

test: ## everything that has to pass; the last line is the sum
	@sh tests/tools/test-all.sh $(B)

unit: $(UNITS) ## the unit tests
	@$(TAP_RUN) $(UNITS)

conformance: $(PROGRAMS) $(B)/tests/safety ## what policies mean, against a second implementation
	@B=$(B) $(TAP_RUN) tests/conformance/test_oracle.py \
		"tests/conformance/run-cases.py $(B)/truesrcctl" \
		"tests/conformance/random_policies.py $(B)/truesrcctl" \
		$(B)/tests/safety

integration: $(PROGRAMS) ## with real HAProxys of several versions
	@/usr/bin/python3 tests/tools/haproxies.py
	@B=$(B) TAP_WITH="$$(/usr/bin/python3 tests/tools/haproxies.py --closing)" \
		$(TAP_RUN) $(sort $(wildcard tests/integration/[0-9]*.py))

exhaustive: ## every prefix, cut, changed byte, length and varint of frames
	@$(MAKE) --no-print-directory B=build/release VARIANT=release \
		$(EXHAUSTIVE:%=build/release/tests/%)
	@$(MAKE) --no-print-directory B=build/asan VARIANT=asan \
		$(EXHAUSTIVE:%=build/asan/tests/%)
	@TRUESRC_EXHAUSTIVE=1 TAP_COMMENTS=1 TAP_TIMEOUT=7200 $(TAP_RUN) \
		$(EXHAUSTIVE:%=build/release/tests/%) \
		$(EXHAUSTIVE:%=build/asan/tests/%)

lint: ## layers, sizes, format, warnings, cppcheck, shellcheck
	@$(TAP_RUN) tests/lint/run.sh

# ---- the functional tests where a stray access shows ----

.PHONY: sanitize valgrind

sanitize: ## the functional tests in sanitized builds (VARIANT=asan|tsan, or both)
ifeq ($(filter asan tsan,$(VARIANT)),)
	@$(MAKE) --no-print-directory B=build/asan VARIANT=asan sanitize
	@$(MAKE) --no-print-directory B=build/tsan VARIANT=tsan sanitize
else
	@$(MAKE) --no-print-directory all units tools replay
	@sh tests/tools/functional.sh $(B)
endif

valgrind: ## a share of the functional tests under valgrind
	@$(MAKE) --no-print-directory all units tools replay
	@sh tests/tools/under-valgrind.sh $(B) build/valgrind
	@sh tests/tools/functional.sh build/valgrind

# ---- fuzzing ----

fuzz: ## run the fuzzers, FUZZ_TIME=60 seconds each
	@$(MAKE) --no-print-directory B=build/fuzz VARIANT=fuzz CC=clang \
		FLAGS_fuzz='$(FUZZ_FLAGS)' LDFLAGS_fuzz=-fsanitize=address,undefined \
		fuzzers
	@for target in $(FUZZ_TARGETS); do \
		sh tests/tools/fuzz-run.sh build/fuzz $$target $(FUZZ_TIME) || \
		exit 1; \
	done

fuzzers: $(FUZZERS)
replay: $(REPLAYS)

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS_ALL) $(PARTS) -o $@ $^ $(LIBS)

$(B)/replay/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(PARTS) -o $@ $^ $(LIBS)

include tests/faults/faults.mk

# ---- coverage ----

coverage: ## lines and branches that tests reach; fails when these are too few
	@$(MAKE) --no-print-directory B=build/cov VARIANT=cov all units tools replay
	@sh tests/tools/coverage.sh build/cov

# ---- tests that stand in for the calls they make fail: shortage.h ----

comma := ,
$(B)/tests/test_memory: LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc free arena_alloc arena_text read fstat)
$(B)/tests/test_dynamic: LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc)
$(B)/tests/test_store_faults: LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc openat read write pwrite fsync fdatasync \
	ftruncate renameat unlinkat close)
$(B)/tests/test_table_memory: LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc aligned_alloc)
$(B)/tests/test_start: LDFLAGS_ALL += $(addprefix -Wl$(comma)--wrap=, \
	calloc aligned_alloc strdup mmap ev_loop_new pthread_create \
	pthread_sigmask signalfd eventfd getrlimit sched_getaffinity socket \
	setsockopt bind listen getsockname lstat unlink fchmod chmod)

# ---- tools of more than one file: NAME.c and what is in NAME/ ----

define TOOL_PARTS
$(B)/tests/$(1): $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/tools/$(1)/*.c)))
endef
$(foreach tool,$(TOOL_SOURCES:tests/tools/%.c=%),$(eval $(call TOOL_PARTS,$(tool))))

# Counted as the programs are built.
$(B)/tests/instructions: PARTS :=
$(B)/tests/instructions: $(patsubst %.c,$(B)/%.o,$(filter-out %/run.c %/peer.c %/judge.c %/latency.c,$(sort $(wildcard tests/tools/load/*.c))))
