# SPDX-License-Identifier: Apache-2.0
# Programs whose calls fail on demand; read by tests.mk.
#
#   $(B)/faults/truesrc      its own calls, by --wrap
#   $(B)/faults/truesrcctl
#   $(B)/faults/preload.so   everybody's calls, by LD_PRELOAD

FAULTS_CALLS := $(shell sed -n 's/^CALL.\([a-z0-9_]*\),.*/\1/p' \
	tests/faults/calls.def)
FAULTS_WRAP := $(FAULTS_CALLS:%=-Wl,--wrap=%)
FAULTS_OBJECTS := $(B)/tests/faults/wrap.o $(B)/tests/faults/engine.o
FAULTS_PROGRAMS := $(B)/faults/truesrc $(B)/faults/truesrcctl \
	$(B)/faults/preload.so

.PHONY: faults faults-programs crowd

faults-programs: $(PROGRAMS) $(FAULTS_PROGRAMS)

$(B)/faults/truesrc: $(B)/agent/main.o $(FAULTS_OBJECTS) $(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(FAULTS_WRAP) -o $@ $^ $(LIBS)

$(B)/faults/truesrcctl: $(B)/agent/control/truesrcctl.o $(FAULTS_OBJECTS) \
		$(B)/libtruesrc.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(FAULTS_WRAP) -o $@ $^ $(LIBS)

# Not instrumented: it runs before a sanitizer has begun.
$(B)/faults/preload.so: tests/faults/wrap.c tests/faults/engine.c \
		tests/faults/faults.h tests/faults/calls.def
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) -I. -D_GNU_SOURCE -DFAULTS_PRELOAD -std=gnu11 $(WARNINGS) \
		-O2 -g -fPIC -shared -fno-builtin -pthread -o $@ \
		$(filter %.c,$^)

faults: ## every allocation and system call fails in turn, and the clock steps
	@$(MAKE) --no-print-directory B=build/release VARIANT=release \
		faults-programs
	@$(MAKE) --no-print-directory B=build/asan VARIANT=asan faults-programs
	@B=build/asan $(TAP_RUN) tests/faults/found.py
	@B=build/release $(TAP_RUN) tests/faults/clock.py
	@B=build/asan /usr/bin/python3 tests/faults/run.py --all

crowd: all tools ## slow and dead peers by the thousand, storms of connections
	@B=$(B) /usr/bin/python3 tests/faults/siege.py
