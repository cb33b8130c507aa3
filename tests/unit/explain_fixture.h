/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EXPLAIN_FIXTURE_H
#define TESTS_UNIT_EXPLAIN_FIXTURE_H

/* Policies to be explained. */

#include "agent/control/explain.h"
#include "tests/unit/policy_rows.h"

static const char yaml[] =
    "lists:\n"
    "  lb: [10.0.0.0/24]\n"
    "  cdn: [192.0.2.0/24]\n"
    "  office: [198.51.100.0/24]\n"
    "  bad: [203.0.113.66]\n"
    "policies:\n"
    "  default:\n"
    "    trust: [unix, lb, cdn]\n"
    "    sources: [{header: X-Forwarded-For}]\n"
    "    rules: [{allow: office},"
    " {deny: bad, name: blocked, status: 451, message: go away}]\n"
    "  everybody: {trust: any}\n"
    "  farthest: {trust: lb, fallback: farthest, sources:"
    " [{header: X-Forwarded-For, all-trusted: next}, {header: Other}]}\n"
    "  next: {trust: lb, sources: [{header: X-Forwarded-For,"
    " all-trusted: next}, {header: Other}]}\n"
    "  external: {trust: lb, sources: [{header: X-Forwarded-For,"
    " external: cdn}]}\n"
    "  hops: {trust: lb, sources: [{header: X-Forwarded-For, pick: hops,"
    " hops: 2, verify: lb}]}\n"
    "  require: {trust: lb, proxy: require}\n"
    "  shadow: {trust: lb, mode: shadow, scope: sess, default: deny}\n"
    "  nobody: {untrusted-peer: none, scope: req}\n"
    "  argument: {trust: lb, sources: [{argument: ip}]}\n"
    "  forward: {trust: lb, forward: {X-Forwarded-Proto:"
    " {trusted: own, untrusted: own}, X-Forwarded-Port:"
    " {trusted: own, untrusted: own}}}\n";

static struct generation *generation;
static struct explain *explain;

static inline void
setup(void)
{
	generation = generation_of(yaml);
	explain = explain_new(generation);
	ck_assert_ptr_nonnull(explain);
}

static inline void
teardown(void)
{
	explain_free(explain);
	generation_free(generation);
}

#endif
