/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_TRANSPORT_H
#define AGENT_SPOP_TRANSPORT_H

/*
 * How bytes get to the peer and back: the one seam between connections and
 * sockets. Nothing here waits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport {
	int descriptor; /* non-blocking */
};

enum transport_result {
	TRANSPORT_DONE,   /* at least one byte went */
	TRANSPORT_LATER,  /* none now */
	TRANSPORT_END,    /* the peer sends no more */
	TRANSPORT_BROKEN, /* gone; a reset is an ordinary end for HAProxy */
};

/* Takes the descriptor. */
void transport_init(struct transport *transport, int descriptor);

enum transport_result transport_receive(const struct transport *transport,
    uint8_t *bytes, size_t size, size_t *received);

/* *sent may be less than size. */
enum transport_result transport_send(const struct transport *transport,
    const uint8_t *bytes, size_t size, size_t *sent);

/* Says that nothing will follow; false when the peer is gone. */
bool transport_end(const struct transport *transport);

void transport_close(struct transport *transport);

#endif
