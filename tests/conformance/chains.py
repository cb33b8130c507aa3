# SPDX-License-Identifier: Apache-2.0
"""Random policies, and random requests that fit them.

Everything is drawn from the Random that is passed in, so a seed and the
number of a policy say all about it. The choices are bent so that each word
of the policy language has something to do: chains are written for the
sources that will read them, out of the sets that they trust.
"""

from grammar import format_address, parse_address
from model import source_form

LISTS = {
    "balancers": ["10.0.0.1", "10.0.0.2", "2001:db8:1::/64"],
    "nodes": ["10.0.0.0/16", "10.0.0.0/24"],
    "cdn": ["192.0.2.0/24", "2001:db8:cd::/48"],
    "edge": ["198.51.100.0/25", "2001:db8:ed::/48", "192.0.2.128/25"],
    "mapped": ["::ffff:10.9.0.0/112"],
    "office": ["203.0.113.0/26", "2001:db8:ff::/48", "1.2.3.4"],
    "drop": ["9.9.0.0/16", "203.0.113.32/27", "2606:4700::/32"],
    "crawlers": ["66.249.64.0/19", "2001:db8:bad::/48", "9.9.9.9"],
}

# Addresses of each word that sets are made of.
INSIDE = {
    "balancers": ["10.0.0.1", "10.0.0.2", "2001:db8:1::7"],
    "nodes": ["10.0.0.9", "10.0.200.1", "10.0.0.1"],
    "cdn": ["192.0.2.10", "2001:db8:cd::1", "192.0.2.200"],
    "edge": ["198.51.100.7", "2001:db8:ed:1::1", "192.0.2.129"],
    "mapped": ["10.9.1.1", "10.9.2.2"],
    "office": ["203.0.113.9", "2001:db8:ff::9", "1.2.3.4"],
    "drop": ["9.9.9.9", "203.0.113.40", "2606:4700::99"],
    "crawlers": ["66.249.66.1", "2001:db8:bad::1"],
    "loopback": ["127.0.0.1", "::1"],
    "linklocal": ["169.254.1.1", "fe80::1"],
    "uniquelocal": ["10.0.0.1", "172.16.0.9", "192.168.7.7", "fd00::7"],
    "private": ["127.0.0.1", "10.0.0.2", "fe80::2", "192.168.1.1"],
    "10.0.0.0/8": ["10.0.0.1", "10.200.0.1"],
    "192.0.2.10": ["192.0.2.10"],
    "2001:db8:cd::/64": ["2001:db8:cd::1", "2001:db8:cd::2"],
    "198.51.100.7": ["198.51.100.7"],
    "any": ["10.0.0.1", "192.0.2.77", "2001:db8:cd::9"],
    "unix": [],
}

TRUST = ["balancers", "nodes", "cdn", "edge", "mapped", "loopback",
         "linklocal", "uniquelocal", "private", "10.0.0.0/8", "192.0.2.10",
         "2001:db8:cd::/64", "198.51.100.7"]
CLIENTS = ["1.2.3.4", "9.9.9.9", "203.0.113.9", "203.0.113.40",
           "2001:db8:ff::9", "2606:4700::99", "66.249.66.1", "8.8.8.8",
           "2001:db8:bad::1", "100.64.0.1"]
ODD = ["0.0.0.0", "::", "255.255.255.255", "64:ff9b::a00:1", "2002:a00:1::1",
       "::10.0.0.1", "::ffff:0.0.0.0", "::ffff:8.8.8.8", "::ffff:10.0.0.1",
       "192.168.7.7", "fe80::9", "127.0.0.1"]
PRIVATE = ["192.168.7.7", "10.77.0.1", "127.0.0.1", "169.254.3.3", "fe80::9",
           "fd00::9", "64:ff9b::1", "::1"]
GARBAGE = ["unknown", "_hidden", "010.0.0.1", "10.0.0.1.", "10.0.1",
           "0xa.0.0.1", "167772161", "1.2.3.4/32", "256.0.0.1", "localhost",
           "1:2:3", ":::",
           "[10.0.0.1]", "[10.0.0.1]:80", "[::1", "::1]", "::1:80:", "1.2.3.4:",
           "1.2.3.4:65536", "1.2.3.4:123456", "10.0.0.1:-1", "1.2.3.4%eth0",
           "10.0.0.1 10.0.0.2", "\"10.0.0.1\"", "10.0.0.1;x", "::ffff:10.0.0",
           "fe80::1%", "12345::", "\uff11.2.3.4", "10.0.0.1\u00a0", "a" * 61,
           "1:2:3:4:5:6:7:8:9", "1::2::3", "::ffff:010.0.0.1", "00.0.0.1",
           "[2001:db8::1]x", "[2001:db8::1]:", "[]", "[::1%]", "=", "-"]

LETTERS = "0123456789abcfxF::..[]%;,=\"\\ \t_-/\u00e9\x7f"

HEADERS = ["X-Forwarded-For", "X-Forwarded-For", "X-Forwarded-For",
           "Forwarded", "Forwarded", "X-Real-IP", "CF-Connecting-IP",
           "CloudFront-Viewer-Address", "X-Chain", "Client-IP"]
ARGUMENTS = ["realip", "tlv", "Cookie-IP"]
FORMATS = ["list", "single", "forwarded", "addr-port"]
WORDS = ["stop", "next", "peer", "none", "reject", "skip"]
FIELDS = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
          "X-Forwarded-Port", "X-Forwarded-Path", "X-Forwarded-Prefix",
          "X-Real-IP"]


def chance(r, share):
    return r.random() < share


def some(r, words, least=1, most=3):
    return r.sample(words, r.randint(least, min(most, len(words))))


def make_set(r, words=TRUST, most=3, anyway=0.04):
    """A set as the YAML file has it: a word or a list of them."""
    if chance(r, anyway):
        return r.choice(["any", ["any"], ["any"] + some(r, words)])
    chosen = some(r, words, 1, most)
    if len(chosen) == 1 and chance(r, 0.3):
        return chosen[0]
    return chosen


def words_of(value):
    return [value] if isinstance(value, str) else value or []


# ---- policies ----


def make_where(r):
    """What a source reads: its header, argument or PROXY, and its format."""
    dice = r.random()
    if dice < 0.13:
        return {"format": "proxy"}
    where = {"header": r.choice(HEADERS)}
    if dice < 0.27:
        where = {"argument": r.choice(ARGUMENTS)}
    if chance(r, 0.35):
        where["format"] = r.choice(FORMATS)
    return where


def make_source(r):
    source = make_where(r)
    if source.get("format") != "proxy" and chance(r, 0.5):
        source["lines"] = r.choice(
            ["join", "first", "first", "last", "last", "one"])
    pick = r.choice(["walk"] * 6 + ["hops"] * 6 + ["leftmost"] * 3)
    if pick != "walk" or chance(r, 0.3):
        source["pick"] = pick
    for key in ("on-invalid", "on-empty"):
        if chance(r, 0.85):
            source[key] = r.choice(WORDS)
    if chance(r, 0.25):
        source["from"] = make_set(r)
    if pick == "walk":
        if chance(r, 0.2):
            source["trust"] = make_set(r, anyway=0.2)
        if chance(r, 0.5):
            source["external"] = make_set(r)
        if chance(r, 0.75):
            source["limit"] = r.choice([1, 1, 1, 2, 2, 3])
        if chance(r, 0.9):
            source["all-trusted"] = r.choice(
                ["leftmost", "next", "next", "peer", "peer", "none", "none"])
    if pick == "hops":
        source["hops"] = r.choice([0, 1, 2, 2, 2, 3, 3, 4])
        if chance(r, 0.8):
            source["verify"] = make_set(r)
        if chance(r, 0.8):
            source["short"] = r.choice(["next", "peer", "none", "leftmost"])
    if pick == "leftmost" and chance(r, 0.9):
        source["skip"] = make_set(r)
    return source


def make_rule(r, number, trust):
    words = list(LISTS) + ["private", "10.0.0.0/8"]
    sets = make_set(r, words, 2, 0.1)
    kind = r.choice(["allow", "allow", "deny", "verdict"])
    if kind == "allow" and chance(r, 0.6):
        # Only a rule that holds proxies can tell them from clients.
        sets = [word for word in words_of(trust) if word != "unix"] or sets
    rule = {kind: sets}
    if kind == "verdict":
        rule = {"verdict": r.choice(["captcha", "slow_1"]), "lists": sets}
    if chance(r, 0.4):
        rule["name"] = "rule_%d" % number
    if chance(r, 0.2):
        rule["status"] = r.choice([100, 403, 429, 599])
    if chance(r, 0.2):
        rule["message"] = r.choice(["No.", "a: \"b\" # c", "\u00e9\\"])
    if kind == "allow" and chance(r, 0.6):
        rule["even-proxies"] = chance(r, 0.8)
    return rule


def make_forward(r):
    forward = {}
    for field in FIELDS:
        words = ["pass", "own", "strip", "keep"]
        if field == "X-Forwarded-For":
            words = ["append", "append", "peer", "peer"] + words
        elif chance(r, 0.5):
            continue
        forward[field] = {"trusted": r.choice(words),
                          "untrusted": r.choice(words)}
    return forward


def make_proxy(r):
    if chance(r, 0.2):
        return r.choice(["peer", "require", "ignore"])
    proxy = {"mode": r.choice(["peer", "require", "ignore"]),
             "unknown": r.choice(["peer", "reject", "reject"])}
    if chance(r, 0.4):
        proxy["trust"] = make_set(r, TRUST + ["unix"], 3, 0.3)
    return proxy


def make_conflicts(r, sources):
    """One side is mostly X-Check, which few requests have."""
    sides = [{key: source[key] for key in ("header", "argument", "format",
                                           "lines") if key in source}
             for source in sources]
    sides += [{"header": "X-Forwarded-For"}, {"header": "Forwarded"}]
    rows = []
    for rule in r.choice([["same"], ["same"], ["leftmost-in"],
                          ["same", "leftmost-in"]]):
        row = {"a": {"header": "X-Check"}, "b": r.choice(sides), "rule": rule}
        if chance(r, 0.3):
            row["a"]["lines"] = r.choice(["join", "first", "last", "one"])
        if rule == "same" and chance(r, 0.3):
            row["a"], row["b"] = row["b"], row["a"]
        if chance(r, 0.1):
            row["a"] = r.choice(sides)
        rows.append(row)
    return rows


def make_policy(r):
    policy = {"trust": make_set(r, TRUST + ["unix", "unix"], 4, 0.06)}
    if chance(r, 0.03):
        del policy["trust"]
    policy["sources"] = [make_source(r)
                         for _ in range(r.choice([0, 1, 3, 4, 5, 6, 8, 10]))]
    policy["untrusted-peer"] = r.choice(["peer", "none", "reject"])
    policy["fallback"] = r.choice(["peer", "none", "reject", "farthest"])
    policy["mode"] = r.choice(["enforce", "shadow", "bypass"])
    policy["default"] = r.choice(["allow", "deny", "captcha"])
    policy["unknown"] = r.choice(["allow", "deny", "captcha"])
    for key in ("untrusted-peer", "mode", "default", "unknown"):
        if chance(r, 0.15):
            del policy[key]
    if chance(r, 0.85):
        policy["proxy"] = make_proxy(r)
    if chance(r, 0.7):
        policy["conflict"] = make_conflicts(r, policy["sources"])
    policy["ip"] = {"port": r.choice(["strip", "strip"] + 3 * [
                        "brackets", "invalid", "untrusted"]),
                    "zone": r.choice(["reject", "strip"]),
                    "mapped": r.choice(["unmap", "unmap", "keep"]),
                    "unspecified": r.choice(["accept", "reject"])}
    for key in list(policy["ip"]):
        if chance(r, 0.1):
            del policy["ip"][key]
    policy["rules"] = [make_rule(r, number, policy.get("trust", []))
                       for number in range(r.choice([0, 2, 3, 4]))]
    if chance(r, 0.9):
        policy["forward"] = make_forward(r)
    if chance(r, 0.3):
        policy["v4-prefix"] = r.choice([0, 8, 24, 31, 32])
        policy["v6-prefix"] = r.choice([0, 32, 48, 63, 128])
    return {key: value for key, value in policy.items() if value != {}}


# ---- requests ----


def member(r, sets):
    """An address in one of the sets, now and then beside them."""
    words = [word for value in sets for word in words_of(value)]
    inside = INSIDE[r.choice(words)] if words else []
    return r.choice(inside or CLIENTS)


def spell(r, address, tidy):
    """One of the ways to write the address."""
    parsed = parse_address(address)
    if tidy or chance(r, 0.4) or parsed is None:
        return address
    if parsed[0] == 4:
        mapped = format_address((6, 0xffff << 32 | parsed[1]))
        return r.choice([address + ":4711", address + ":0", mapped,
                         "[%s]" % mapped, "::FFFF:%x:%x" % (
                             parsed[1] >> 16, parsed[1] & 0xffff)])
    return r.choice(["[%s]" % address, "[%s]:80" % address, address.upper(),
                     "[%s%%eth0]:65535" % address, address + "%eth0"])


def mutate(r, text):
    """The text with a character or two gone, added or changed."""
    for _ in range(r.randint(1, 2)):
        at = r.randint(0, len(text))
        text = (text[:at] + r.choice(["", r.choice(LETTERS)])
                + text[at + r.randint(0, 1):])
    return text


class Chains:
    """Requests that a policy has something to say about."""

    def __init__(self, policy):
        self.policy = policy
        self.trust = policy.get("trust", [])
        self.sources = policy.get("sources", [])
        self.conflicts = policy.get("conflict", [])

    def sets(self, r, source):
        """The sets that the hops of a chain for this source are drawn from."""
        own = [source[key] for key in ("external", "verify", "skip")
               if key in source]
        if own and chance(r, 0.5):
            return own
        if "trust" in source or chance(r, 0.1):
            return own + [source.get("trust", "any")] * 2
        return own + [self.trust] * 2

    def chain(self, r, source):
        """Entries, left to right."""
        noise = r.choice([0, 0, 0.2, 0.6])
        tidy = chance(r, 0.6)
        sets = self.sets(r, source)
        entries = [member(r, sets) for _ in range(r.choice([1, 1, 2, 3, 4]))]
        shape = r.random()
        if shape < 0.5:
            entries.insert(0, r.choice(CLIENTS))
        if "external" in source and chance(r, 0.3):
            entries = [r.choice(PRIVATE), member(r, [source["external"]])]
        if shape < 0.25:
            entries.insert(0, r.choice(CLIENTS + GARBAGE + [""]))
        if 0.45 < shape < 0.5:
            entries = entries[:1]
        entries = [spell(r, entry, tidy) for entry in entries]
        for at in range(len(entries)):
            if chance(r, noise):
                entries[at] = r.choice(["", "", "", r.choice(ODD),
                                        r.choice(GARBAGE), r.choice(GARBAGE),
                                        mutate(r, entries[at])])
        return entries

    def element(self, r, entry):
        """An element of Forwarded around the entry."""
        if not entry:
            return r.choice(["", "proto=https", ";", "by=_x", 'for=""'])
        tokens = all(c.isascii() and (c.isalnum() or c in "._:[]-%")
                     for c in entry)
        node = entry if tokens and chance(r, 0.5) else '"%s"' % (
            entry.replace("\\", "\\\\").replace('"', '\\"'))
        if chance(r, 0.1) and node[0] == '"' and len(node) > 3:
            at = r.randrange(1, len(node) - 2)
            if node[at - 1] != "\\" and node[at] not in '\\"':
                node = node[:at] + "\\" + node[at:]
        if chance(r, 0.1) and node[-1] != '"':
            node += ":_obf"
        pairs = ["%s=%s" % (r.choice(["for", "For", "FOR"]), node)]
        if chance(r, 0.3):
            pairs += some(r, ["proto=https", 'host="a, for=9.9.9.9"', "by=_p",
                              'ext="\\", for=9.9.9.9;x=\\""', ""], 1, 2)
            r.shuffle(pairs)
        text = r.choice([";", ";", "; ", " ;\t"]).join(pairs)
        if chance(r, 0.03):
            text = mutate(r, text)
        elif chance(r, 0.06):
            text = r.choice([
                text + ";by=\"", "for=9.9.9.9;by=\", " + text, text + "x\"",
                text + ";for=8.8.8.8", "for = 1.2.3.4", text + ";\\",
                "for=\"" + text, text + ";a=\"" + "," * r.choice([5, 50])
                + "\"", text + ";a=\"" + "b" * 5000 + "\"", "\"", ","])
        return text

    def line(self, r, entries, form):
        if form == "addr-port":
            return ",".join(entry + r.choice([":80", ":80", ":0", ":65535",
                                              ":65536", ":", ""])
                            for entry in entries[:1])
        if form == "single":
            return ",".join(entries[:1 if chance(r, 0.9) else 2])
        if form == "forwarded":
            entries = [self.element(r, entry) for entry in entries]
        comma = r.choice([",", ", ", ", ", " ,\t", ",\t"])
        return comma.join(entries)

    def lines(self, r, source, form):
        lines = []
        for _ in range(r.choice([1, 1, 1, 1, 2, 2, 3])):
            line = self.line(r, self.chain(r, source), form)
            lines.append(r.choice(["", "", "", " ", "\t "]) + line
                         + r.choice(["", "", "", " "]))
        return lines

    def peer(self, r):
        dice = r.random()
        if dice < 0.004:
            return None
        if dice < 0.03:
            return r.choice(ODD)
        if dice < 0.05 or (dice < 0.3 and "unix" in words_of(self.trust)):
            return "unix"
        if dice < 0.15:
            return r.choice(CLIENTS)
        address = member(r, [self.trust] * 4 + [
            source["external"] for source in self.sources
            if "external" in source])
        proxy = self.policy.get("proxy", {})
        if "trust" in proxy and chance(r, 0.3):
            address = member(r, [proxy["trust"]])
        if chance(r, 0.05):
            if ":" not in address:
                return "::ffff:" + address
            return address + "%eth0"
        return address

    def proxied(self, r, peer):
        proxy = self.policy.get("proxy", {})
        needed = proxy == "require" or (
            isinstance(proxy, dict) and proxy.get("mode") == "require")
        source = any(s.get("format") == "proxy" for s in self.sources)
        if not chance(r, 0.85 if needed else 0.5 if source else 0.25):
            return None
        dice = r.random()
        if dice < 0.06:
            return {"src": None}
        if dice < 0.12 and peer is not None:
            return {"src": peer} if peer != "unix" else {"src": None}
        if dice < 0.15:
            return {"src": r.choice(ODD)}
        if dice < 0.8:
            return {"src": member(r, [self.trust])}
        return {"src": r.choice(CLIENTS)}

    def target(self, r):
        """The sources that this request has something for."""
        if not self.sources or chance(r, 0.08):
            return []
        wanted = [r.choice(self.sources)]
        if chance(r, 0.3):
            wanted += some(r, self.sources, 1, 3)
        if chance(r, 0.15) or ("from" in wanted[0] and chance(r, 0.6)):
            wanted.append({"header": "X-Forwarded-For"})
        if self.conflicts and chance(r, 0.15):
            row = r.choice(self.conflicts)
            wanted += [row["a"], row["b"]]
        return wanted

    def fields(self, r):
        """Header lines and arguments."""
        headers, arguments = [], {}
        names = set()
        for source in self.target(r):
            lines = self.lines(r, source, source_form(source))
            if "argument" in source:
                arguments[source["argument"].lower()] = lines[0]
            name = source.get("header")
            if name is None or name.lower() in names:
                continue
            names.add(name.lower())
            name = r.choice([name, name, name.lower(), name.upper()])
            headers += [[name, line] for line in lines]
        if chance(r, 0.03):
            headers.append(["X_Forwarded_For", "9.9.9.9"])
        for field in FIELDS[1:]:
            if field in self.policy.get("forward", {}) and chance(r, 0.3):
                if field == "X-Real-IP" and self.sources:
                    continue
                headers += [[field, text] for text in r.choice(
                    [["https"], ["a.example", "b"], [" x "], [""]])]
        if chance(r, 0.2):
            r.shuffle(headers)
        return headers, arguments

    def request(self, r):
        peer = self.peer(r)
        headers, arguments = self.fields(r)
        request = {"peer": peer, "headers": headers, "arguments": arguments,
                   "proxy": self.proxied(r, peer)}
        if peer is None:
            del request["peer"]
        given = {"scheme": "https", "host": "a.example", "port": "443",
                 "path": "/a?b", "prefix": "/p"}
        if chance(r, 0.6):
            request["request"] = {key: given[key] for key in given
                                  if chance(r, 0.8)}
        return request
