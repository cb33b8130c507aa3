/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_PUBLICATION_H
#define AGENT_LISTS_PUBLICATION_H

/*
 * How an edition reaches its readers and how its writer knows that they have
 * let it go (quiescent-state reclamation). A reader enters when its loop
 * awakes, reads the pointer once, and leaves before it waits. Nobody ever
 * waits for anybody.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct edition;

/* Written by its reader alone; a cache line of its own. */
struct reader {
	_Alignas(64) _Atomic uint64_t seen; /* the epoch it entered in, or 0 */
};

struct publication {
	_Atomic(struct edition *) current;
	_Atomic uint64_t epoch; /* from 1; one more with each change */
	struct reader *readers;
	unsigned count;
};

/* Nothing is published yet. False when memory ran out. */
bool publication_init(struct publication *publication, unsigned readers);
void publication_fini(struct publication *publication);

/* A reader: the edition to use until it leaves. */
struct edition *publication_enter(
    struct publication *publication, unsigned reader);
void publication_leave(struct publication *publication, unsigned reader);

/*
 * The writer: replaces the edition, gives the epoch that every reader must
 * have seen before the one that was replaced may go.
 */
uint64_t publication_replace(
    struct publication *publication, struct edition *edition);
bool publication_passed(const struct publication *publication, uint64_t epoch);

/*
 * The writer: begins an epoch without another edition, for what it changed
 * inside this one. Gives what publication_replace() gives.
 */
uint64_t publication_advance(struct publication *publication);

/* The writer: the last epoch that has passed. */
uint64_t publication_oldest(const struct publication *publication);

#endif
