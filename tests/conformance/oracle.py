# SPDX-License-Identifier: Apache-2.0
"""What a policy answers, evaluated the slow and plain way.

A policy is a dict with the keys of the YAML file, a request the JSON object
that "truesrcctl explain --json" reads; the answer is what it writes.
"""

from grammar import (BLANKS, Set, cut, format_address, line_entries,
                     parse_addr_port, parse_entry, parse_peer)
from model import FLAGS, HARMLESS, OWN, Policy

PRIVATE = Set(["private"], {})
GLOBAL6 = Set(["2000::/3"], {})


def as_bytes(text):
    """The UTF-8 bytes of the text, a character each."""
    return text if text.isascii() else text.encode().decode("latin-1")


def as_text(text):
    """The way back."""
    return text.encode("latin-1").decode(errors="replace")


class Result:
    """What a source, or a word, said: an address, the peer, or neither."""

    def __init__(self, word, address=None, hops=(), sound=True):
        self.word = word          # address peer none reject next
        self.address = address
        self.hops = list(hops)    # [(address, list)]
        self.sound = sound        # how it was reached can be proven
        self.source = None


class Evaluation:
    """One request under one policy."""

    def __init__(self, policy, request, reached=None):
        self.policy = policy
        self.request = request
        self.flags = set()
        # Which verbs had an effect; only the test's own statistics ask.
        self.reached = reached if reached is not None else set()
        self.headers = {}
        for name, value in request.get("headers") or []:
            self.headers.setdefault(name.lower(), []).append(
                as_bytes(value).strip(BLANKS))
        self.arguments = {
            name.lower(): as_bytes(value).strip(BLANKS)
            for name, value in (request.get("arguments") or {}).items()
            if value is not None}
        self.peer = None          # None: a local socket
        self.peer_source = "peer"
        self.proxy_source = None  # what PROXY says, from a welcome sender
        self.any_sender = False   # it made up the peer, by the word any alone
        self.trusted = False
        self.farthest = None

    def use(self, key, word):
        self.reached.add("%s: %s" % (key, word))

    def flag(self, word):
        self.flags.add(word)
        self.reached.add("flag: " + word)

    # ---- part 2: the peer ----

    def read_peer(self):
        """The word of an error, or None."""
        text = self.request.get("peer")
        if text is None:
            return "no-peer"
        if text == "unix":
            return None
        self.peer = parse_peer(text, self.policy.ip)
        if self.peer is None:
            return "no-peer" if parse_peer(text, {}) else "bad-argument"
        return None

    def read_proxy(self):
        """Lets PROXY replace the peer; True when it has to be refused."""
        policy = self.policy
        proxy = self.request.get("proxy")
        mode = policy.proxy_mode
        self.use("proxy", mode)
        source = None
        if proxy is not None and proxy.get("src") is not None:
            source = parse_peer(proxy["src"], policy.ip)
        if source == self.peer:
            source = None
        if mode == "ignore":
            # For a source {format: proxy}: then the policy's trust decides.
            self.proxy_source = source
            return False
        if policy.proxy_trust.match(self.peer) is None:
            if proxy is not None:
                self.flag("proxy-from-untrusted-peer")
            return False
        if proxy is None:
            return mode == "require"
        if source is None:
            self.use("proxy unknown", policy.proxy_unknown)
            return policy.proxy_unknown == "reject"
        self.proxy_source = source
        self.any_sender = not policy.proxy_trust.vouches(self.peer)
        self.peer = source
        self.peer_source = "proxy"
        return False

    def client(self):
        """The result of parts 2 to 4."""
        policy = self.policy
        refused = self.read_proxy()
        self.trusted = policy.trust.match(self.peer) is not None
        if refused:
            return Result("reject")
        if not self.trusted:
            if any(s.header in self.headers for s in policy.sources):
                self.flag("headers-from-untrusted-peer")
            word = policy.keys.get("untrusted-peer", "peer")
            self.use("untrusted-peer", word)
            return Result(word)
        for a, b, rule in policy.conflicts:
            if self.conflict(a, b, rule):
                self.use("conflict", rule)
                self.flag("conflict")
                return Result("reject")
        return self.ask_sources()

    # ---- part 3: conflicts and sources ----

    def lines(self, source):
        """The lines of its field; empty when it is absent."""
        if source.header:
            return self.headers.get(source.header, [])
        value = self.arguments.get(source.argument)
        return [] if value is None else [value]

    def entries(self, source):
        """Left to right: text, a parsed address, or None for invalid."""
        if source.form == "proxy":
            return [self.proxy_source]
        lines = self.lines(source)
        if source.lines == "one" and len(lines) > 1:
            return [None]
        if source.lines == "first":
            lines = lines[:1]
        if source.lines == "last":
            lines = lines[-1:]
        entries = []
        for line in lines:
            entries += line_entries(line, source.form)
        return entries

    def present(self, source):
        if source.form == "proxy":
            return self.proxy_source is not None
        return bool(self.lines(source))

    def parse(self, source, entry):
        """(address or None, decorated)"""
        if entry is None or entry == "":
            return None, False
        if isinstance(entry, tuple):
            return entry, False
        if source.form in ("single", "addr-port") and "," in entry:
            return None, False
        if source.form == "addr-port":
            return parse_addr_port(entry, self.policy.ip)
        return parse_entry(entry, self.policy.ip)

    def valid(self, source):
        if not self.present(source):
            return []
        found = [self.parse(source, e)[0] for e in self.entries(source)]
        return [address for address in found if address]

    def conflict(self, a, b, rule):
        first, second = self.valid(a), self.valid(b)
        if rule == "same":
            return bool(first and second and first != second)
        return bool(first) and first[0] not in second

    def came_from(self, source):
        """(met, met by more than the word any)"""
        origin = source.origin
        places = [self.peer]
        common = self.policy.common
        if self.lines(common):
            flags, reached = self.flags, self.reached
            self.flags, self.reached = set(), set()
            walk = self.walk(common, self.entries(common))
            self.flags, self.reached = flags, reached
            places += [address for address, _ in walk.hops]
        met = any(origin.match(place) is not None for place in places)
        return met, any(origin.vouches(place) for place in places)

    def ask_sources(self):
        for source in self.policy.sources:
            if not self.present(source):
                continue
            vouched = False
            if source.origin.given:
                met, vouched = self.came_from(source)
                self.use("from", "met" if met else "not met")
                if not met:
                    continue
            result = self.ask(source)
            if result.word == "next":
                continue
            if source.form in ("single", "addr-port") and not vouched:
                result.sound = result.sound and result.word == "peer"
            if source.lines in ("first", "last") and len(
                    self.lines(source)) > 1 and result.word != "peer":
                result.sound = False
            result.source = source
            return result
        return self.fall_back()

    def fall_back(self):
        word = self.policy.keys.get("fallback", "peer")
        self.use("fallback", word)
        if word != "farthest":
            return Result(word)
        sources = self.policy.sources
        first = sources[0].trust if sources else self.policy.trust
        if sources and not first.given:
            first = self.policy.trust
        if self.farthest is None or first.match(self.peer) is None:
            return Result("peer")
        return self.farthest

    def ask(self, source):
        if source.form == "proxy":
            self.use("source", "proxy")
        else:
            if len(self.lines(source)) > 1:
                self.flag("several-lines")
                self.use("several lines", source.lines)
            self.use("source", "header" if source.header else "argument")
            self.use("lines", source.lines)
        self.use("format", source.form)
        entries = self.entries(source)
        if source.on_empty == "skip":
            if "" in entries:
                self.use("on-empty", "skip")
            entries = [entry for entry in entries if entry != ""]
        if not entries:
            return Result("next")
        self.use("pick", source.pick)
        result = getattr(self, source.pick)(source, entries)
        if source.pick == "walk" and result.hops:
            self.farthest = Result("address", result.hops[-1][0], result.hops,
                                   False)
            self.farthest.source = source
        return result

    # ---- part 4: picking ----

    def no_address(self, source, entry):
        """Flags an entry that is no address; gives the word for it."""
        if entry == "":
            self.flag("empty-entry")
            self.use("on-empty", source.on_empty)
            return source.on_empty
        self.flag("invalid-entry")
        self.use("on-invalid", source.on_invalid)
        return source.on_invalid

    def private(self, address):
        if address[0] == 4:
            return PRIVATE.match(address) is not None
        return GLOBAL6.match(address) is None

    def walk(self, source, entries):
        trust = source.trust if source.trust.given else self.policy.trust
        external = source.external
        outside = external.match(self.peer) is not None
        last = None
        hops = []
        sound = True

        def stop():
            if last is None:
                return Result("peer", None, hops)
            return Result("address", last, hops, sound)

        for looked, at in enumerate(reversed(range(len(entries)))):
            if looked == source.limit:
                self.flag("hop-limit")
                return stop()
            address, decorated = self.parse(source, entries[at])
            if address is None:
                word = self.no_address(source, entries[at])
                if word == "skip":
                    continue
                return stop() if word == "stop" else Result(word, None, hops)
            if outside and self.private(address):
                self.flag("private-behind-external")
                return stop()
            last = address
            name = trust.match(address) or external.match(address)
            if decorated and self.policy.ip.get("port") == "untrusted":
                self.use("ip port", "untrusted")
                name = None
            if name is None:
                if at > 0:
                    self.flag("entries-left-of-client")
                return stop()
            hops.append((address, name))
            if not (trust.vouches(address) or external.vouches(address)):
                sound = False
            outside = outside or external.match(address) is not None
        if last is None:
            return Result("next", None, hops)
        self.flag("all-trusted")
        self.use("all-trusted", source.all_trusted)
        if source.all_trusted == "leftmost":
            return stop()
        return Result(source.all_trusted, None, hops)

    def hops(self, source, entries):
        if source.hops == 0:
            return Result("peer")
        at = len(entries) - source.hops
        if at < 0:
            self.flag("short-chain")
            self.use("short", source.short)
            if source.short != "leftmost":
                return Result(source.short)
        hops = []
        if source.verify.given and at >= 0:
            for entry in reversed(entries[at + 1:]):
                address = self.parse(source, entry)[0]
                name = address and source.verify.match(address)
                if name is None:
                    self.flag("unexpected-hop")
                    return self.peer_or(source.on_invalid, hops)
                hops.append((address, name))
            self.use("verify", "passed")
        at = max(at, 0)
        address = self.parse(source, entries[at])[0]
        if address is None:
            return self.peer_or(self.no_address(source, entries[at]), hops)
        if at > 0:
            self.flag("entries-left-of-client")
        sound = source.verify.given and not source.verify.has_any
        sound = sound or source.form == "proxy"
        return Result("address", address, hops, sound)

    def peer_or(self, word, hops=()):
        word = "peer" if word in ("stop", "skip") else word
        return Result(word, None, hops)

    def leftmost(self, source, entries):
        self.flag("leftmost-is-spoofable")
        for entry in entries:
            address = self.parse(source, entry)[0]
            if address is None:
                word = self.no_address(source, entry)
                if word == "skip":
                    continue
                return self.peer_or(word)
            if source.skip.match(address) is None:
                return Result("address", address, sound=False)
            self.use("skip", "passed over")
        return Result("next")

    # ---- parts 6 to 8: the answer, the rules, what is forwarded ----

    def judge(self, result, address):
        """(verdict, rule, list, Rule or None)"""
        keys = self.policy.keys
        if result.word == "reject":
            return "reject", None, None, None
        if address is None:
            return keys.get("unknown", "deny"), "unknown", None, None
        for rule in self.policy.rules:
            name = rule.set.match(address)
            if name is None:
                continue
            own = self.flags & {"answer-is-a-proxy", "all-trusted"}
            if rule.verdict == "allow" and own:
                self.use("even-proxies", str(rule.even_proxies).lower())
                if not rule.even_proxies:
                    continue
            return rule.verdict, rule.name, name, rule
        return keys.get("default", "allow"), "default", None, None

    def forward(self):
        values = {}
        side = "trusted" if self.trusted else "untrusted"
        for field, words in self.policy.keys.get("forward", {}).items():
            field = field.lower()
            word = words[side]
            lines = self.headers.get(field, [])
            own = format_address(self.peer)
            if field in OWN:
                own = (self.request.get("request") or {}).get(OWN[field])
                own = own and as_bytes(own)
            value = None
            if word == "append":
                parts = lines + ([own] if own is not None else [])
                value = ", ".join(parts) if parts else None
            elif word in ("pass", "keep") and lines:
                value = lines[0]
            elif word in ("pass", "own", "peer"):
                value = own
            self.use("forward", word)
            if value is not None:
                values[field] = as_text(value)
        return values

    def answer(self):
        error = self.read_peer()
        if error:
            return {"ok": False, "allowed": False, "error": error}
        policy = self.policy
        result = self.client()
        address = result.address
        if result.word == "peer":
            address = self.peer
        if address and not policy.trust.has_any and policy.trust.match(address):
            self.flag("answer-is-a-proxy")
        source = None
        if result.word == "peer":
            source = self.peer_source
        elif result.source:
            source = result.source.name or "proxy"
        walk = [(self.peer, policy.trust.match(self.peer))]
        if not self.trusted:
            walk = []
        walk += result.hops
        verdict, rule, name, extra = self.judge(result, address)
        width = policy.keys.get("v4-prefix", 32)
        if address and address[0] == 6:
            width = policy.keys.get("v6-prefix", 64)
        answer = {
            "ok": True,
            "client_ip": format_address(address),
            "client_net": format_address(cut(address, width)),
            "proven": bool(
                address and result.sound and not policy.trust.has_any
                and not self.any_sender and not self.flags - HARMLESS),
            "trusted": self.trusted,
            "source": source,
            "hops": len(result.hops),
            "walk": [{"address": format_address(a) or "unix", "list": n}
                     for a, n in walk],
            "rule": rule,
            "list": name,
            "flags": [word for word in FLAGS if word in self.flags],
            "forward": self.forward(),
        }
        mode = policy.keys.get("mode", "enforce")
        self.use("mode", mode)
        self.use("verdict", verdict)
        if mode == "shadow":
            answer["would_verdict"] = verdict
        if mode != "enforce":
            verdict = "allow"
        answer["verdict"] = verdict
        answer["allowed"] = verdict == "allow"
        if extra and extra.status is not None:
            answer["status"] = extra.status
        if extra and extra.message is not None:
            answer["message"] = extra.message
        return answer


class Oracle:
    def __init__(self, policies, lists):
        self.policies = {name: Policy(keys, lists)
                         for name, keys in policies.items()}

    def answer(self, request, reached=None):
        policy = self.policies.get(request.get("policy") or "default")
        if policy is None:
            return {"ok": False, "allowed": False, "error": "no-policy"}
        return Evaluation(policy, request, reached).answer()
