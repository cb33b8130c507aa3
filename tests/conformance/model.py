# SPDX-License-Identifier: Apache-2.0
"""A policy as the oracle reads it, every default filled in."""

from grammar import Set

FLAGS = (
    "headers-from-untrusted-peer", "entries-left-of-client", "invalid-entry",
    "empty-entry", "all-trusted", "incomplete", "short-chain",
    "several-lines", "conflict", "private-behind-external",
    "proxy-from-untrusted-peer", "leftmost-is-spoofable", "unexpected-hop",
    "hop-limit", "answer-is-a-proxy",
)

# Flags that say nothing against the address.
HARMLESS = {
    "entries-left-of-client", "several-lines", "headers-from-untrusted-peer",
    "proxy-from-untrusted-peer",
}

# Where each field of "forward" takes its own value from.
OWN = {
    "x-forwarded-proto": "scheme",
    "x-forwarded-host": "host",
    "x-forwarded-port": "port",
    "x-forwarded-path": "path",
    "x-forwarded-prefix": "prefix",
}

SINGLE_HEADERS = {
    "x-real-ip", "cf-connecting-ip", "cf-connecting-ipv6", "true-client-ip",
    "fastly-client-ip", "x-azure-clientip", "x-azure-socketip", "x-client-ip",
    "client-ip", "x-cluster-client-ip", "x-envoy-external-address",
    "x-appengine-user-ip", "fly-client-ip", "do-connecting-ip",
}

FORMATS = {
    "forwarded": "forwarded",
    "cloudfront-viewer-address": "addr-port",
}


def source_form(keys):
    """The format a source has, spelt out or not."""
    header = keys.get("header", "").lower()
    default = "single" if header in SINGLE_HEADERS else "list"
    return keys.get("format", FORMATS.get(header, default))


class Source:
    def __init__(self, keys, lists):
        self.header = keys.get("header", "").lower()
        self.argument = keys.get("argument", "").lower()
        self.name = self.header or self.argument
        self.form = source_form(keys)
        one = self.form in ("single", "addr-port")
        self.lines = keys.get("lines", "one" if one else "join")
        self.pick = keys.get("pick", "walk")
        self.hops = keys.get("hops", 1)
        self.limit = keys.get("limit", 32)
        self.on_invalid = keys.get("on-invalid", "stop")
        self.on_empty = keys.get("on-empty", "stop")
        self.all_trusted = keys.get("all-trusted", "leftmost")
        self.short = keys.get("short", "next")
        self.origin = Set(keys.get("from"), lists)
        self.trust = Set(keys.get("trust"), lists)
        self.external = Set(keys.get("external"), lists)
        self.verify = Set(keys.get("verify"), lists)
        self.skip = Set(keys.get("skip"), lists)


class Rule:
    def __init__(self, keys, number, lists):
        self.verdict = keys.get("verdict")
        words = keys.get("lists")
        for kind in ("allow", "deny"):
            if kind in keys:
                self.verdict, words = kind, keys[kind]
        self.name = keys.get("name", "%s-%d" % (self.verdict, number))
        self.set = Set(words, lists)
        self.status = keys.get("status")
        self.message = keys.get("message")
        self.even_proxies = keys.get("even-proxies", False)


class Policy:
    def __init__(self, keys, lists):
        proxy = keys.get("proxy", {})
        if isinstance(proxy, str):
            proxy = {"mode": proxy}
        self.keys = keys
        self.ip = keys.get("ip", {})
        self.trust = Set(keys.get("trust", []), lists)
        self.proxy_mode = proxy.get("mode", "peer")
        self.proxy_unknown = proxy.get("unknown", "peer")
        self.proxy_trust = self.trust
        if "trust" in proxy:
            self.proxy_trust = Set(proxy["trust"], lists)
        self.sources = [Source(s, lists) for s in keys.get("sources", [])]
        self.conflicts = [
            (Source(c["a"], lists), Source(c["b"], lists), c["rule"])
            for c in keys.get("conflict", [])]
        self.rules = [Rule(r, i + 1, lists)
                      for i, r in enumerate(keys.get("rules", []))]
        # "from" looks at this walk, whatever the policy's sources are.
        self.common = Source({"header": "X-Forwarded-For"}, lists)
