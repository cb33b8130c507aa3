# SPDX-License-Identifier: Apache-2.0
# Tests, checks and benchmarks; read by the Makefile.

.PHONY: test unit

FORMATTED := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

unit: $(UNITS)
	@for test in $(UNITS); do $$test || exit 1; done

test: unit ## everything that has to pass
