/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_JUDGE_H
#define TESTS_TOOLS_LOAD_JUDGE_H

#include "tests/tools/load/peer.h"

/*
 * An ACK came in on that connection: whose answer it is, and whether it is
 * right. Counts what it finds.
 */
void judge_ack(struct run *run, struct peer *peer, uint64_t stream,
    uint64_t frame, struct wire payload);

#endif
