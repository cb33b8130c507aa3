/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

/*
 * Calls that fail when a test says so. The test and the program share a page
 * of memory: a file that TRUESRC_FAULTS names. Without it nothing fails.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum faults_call {
#define CALL(name, errors) FAULTS_##name,
#include "tests/faults/calls.def"
#undef CALL
	FAULTS_CALLS
};

enum { FAULTS_CALLS_MAX = 64, FAULTS_PORTS = 65536 };

/* All words of 64 bits, then the map of ports: page.py reads it so, too. */
struct faults_page {
	_Atomic uint64_t armed; /* a bit for each call that may fail */
	_Atomic uint64_t first; /* of the armed calls; from 1 */
	_Atomic uint64_t last;
	_Atomic uint64_t error;
	_Atomic uint64_t cut;     /* a bit for each: one byte a call */
	_Atomic int64_t step;     /* of the wall clock, nanoseconds */
	_Atomic int64_t leap;     /* of the monotonic clock */
	_Atomic uint64_t foreign; /* only calls from outside the program */
	_Atomic uint64_t seen;    /* armed calls so far */
	_Atomic uint64_t strikes; /* of them made to fail */
	_Atomic uint64_t counts[FAULTS_CALLS_MAX];
	/* Bits: the peers' ports of the sockets whose calls failed. */
	_Atomic uint8_t ports[FAULTS_PORTS / 8];
};

/*
 * Counts the call; true: it is to fail, and errno is set. descriptor: what it
 * is about, or -1; caller: where it came from.
 */
bool faults_strike(enum faults_call call, int descriptor, const void *caller);

/* Is it to take one byte only? */
bool faults_cut(enum faults_call call);

/* Nanoseconds that the wall clock is off, or the monotonic one. */
int64_t faults_step(void);
int64_t faults_leap(void);

#endif
