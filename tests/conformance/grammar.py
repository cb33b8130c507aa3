# SPDX-License-Identifier: Apache-2.0
"""Addresses, prefixes, sets and header grammars, the slow and plain way.

The second opinion of the conformance tests: it is written from the
documents alone and shares nothing with the C sources. An address is a pair
(family, number), family 4 or 6.
"""

import functools
import ipaddress
import re

ENTRY_MAX = 60
ELEMENT_MAX = 4096
COMMAS_MAX = 32
BLANKS = " \t"

RANGES = {
    "loopback": ["127.0.0.0/8", "::1"],
    "linklocal": ["169.254.0.0/16", "fe80::/10"],
    "uniquelocal": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                    "fc00::/7"],
}
RANGES["private"] = (RANGES["loopback"] + RANGES["linklocal"]
                     + RANGES["uniquelocal"])

# ---- addresses ----

QUAD = re.compile(r"(0|[1-9][0-9]{0,2})" + r"\.(0|[1-9][0-9]{0,2})" * 3)
COLONS = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
BRACKETED = re.compile(r"\[([^\[\]]*)\](:([0-9]{1,5}))?")
QUAD_PORT = re.compile(r"([0-9.]+):([0-9]{1,5})")
# Whatever an interface may be called, but not what stands around an entry.
ZONE = re.compile(r"[\x21\x23-\x2b\x2d-\x5a\x5c\x5e-\x7e]+")
VISIBLE = re.compile(r"[\x21-\x7e]+")


@functools.lru_cache(100000)
def parse_address(text):
    """A bare address or None; a mapped one stays IPv6."""
    match = QUAD.fullmatch(text)
    if match:
        numbers = [int(part) for part in match.groups()]
        if max(numbers) > 255:
            return None
        return (4, int.from_bytes(bytes(numbers), "big"))
    if not COLONS.fullmatch(text):
        return None
    if "." in text and not QUAD.fullmatch(text.rpartition(":")[2]):
        return None
    try:
        return (6, int(ipaddress.IPv6Address(text)))
    except ValueError:
        return None


def unmap(address):
    if address and address[0] == 6 and address[1] >> 32 == 0xffff:
        return (4, address[1] & 0xffffffff)
    return address


@functools.lru_cache(100000)
def format_address(address):
    if address is None:
        return None
    if address[0] == 4:
        return str(ipaddress.IPv4Address(address[1]))
    if address[1] >> 32 == 0xffff:
        return "::ffff:" + format_address(unmap(address))
    return str(ipaddress.IPv6Address(address[1]))


def cut(address, length):
    """The address with all bits behind the length cleared."""
    if address is None:
        return None
    spare = (32 if address[0] == 4 else 128) - length
    return (address[0], address[1] >> spare << spare)


def settle(address, ip):
    """What ip.mapped and ip.unspecified make of an address."""
    if ip.get("mapped", "unmap") == "unmap":
        address = unmap(address)
    if (address and address[1] == 0
            and ip.get("unspecified", "accept") == "reject"):
        return None
    return address


def parse_zoned(text, zone):
    """IPv6 that may carry a zone; zone is the word of ip.zone."""
    bare, percent, name = text.partition("%")
    if percent and (zone != "strip" or not ZONE.fullmatch(name)):
        return None
    if ":" not in bare:
        return None
    return parse_address(bare)


def parse_peer(text, ip):
    """The socket peer and the PROXY source: a zone is always cut."""
    if "%" in text:
        return settle(parse_zoned(text, "strip"), ip)
    return settle(parse_address(text), ip)


def parse_bare(text, ip):
    if ":" in text:
        return parse_zoned(text, ip.get("zone", "reject"))
    return parse_address(text)


def parse_entry(text, ip):
    """Gives (address or None, decorated)."""
    if len(text) > ENTRY_MAX or not VISIBLE.fullmatch(text):
        return None, False
    word = ip.get("port", "strip")
    match = BRACKETED.fullmatch(text)
    if match:
        address = parse_zoned(match[1], ip.get("zone", "reject"))
        port = match[3]
    else:
        match = QUAD_PORT.fullmatch(text)
        if not match:
            return settle(parse_bare(text, ip), ip), False
        address = parse_address(match[1])
        port = match[2]
    if port is not None and (int(port) > 65535 or word == "brackets"):
        return None, True
    if word == "invalid":
        return None, True
    return settle(address, ip), True


def parse_addr_port(text, ip):
    """CloudFront's "address:port"; the port is part of the format."""
    if len(text) > ENTRY_MAX or not VISIBLE.fullmatch(text):
        return None, False
    host, _, port = text.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        return None, False
    return settle(parse_bare(host, ip), ip), False


# ---- prefixes and sets ----


def parse_prefix(text):
    """(family, spare bits, number >> spare); mapped ones become IPv4."""
    base, slash, length = text.partition("/")
    family, number = parse_address(base)
    bits = 32 if family == 4 else 128
    length = int(length) if slash else bits
    if family == 6 and number >> 32 == 0xffff:
        family, number, length, bits = 4, number & 0xffffffff, length - 96, 32
    return (family, bits - length, number >> (bits - length))


def format_prefix(prefix):
    family, spare, number = prefix
    text = format_address((family, number << spare))
    return text if spare == 0 else "%s/%d" % (
        text, (32 if family == 4 else 128) - spare)


class Set:
    """List names, named ranges and CIDRs, in written order."""

    def __init__(self, words, lists):
        self.given = words is not None
        self.any_word = words == "any"
        self.items = []
        self.known = {}
        for word in [words] if isinstance(words, str) else words or []:
            if word in ("any", "unix"):
                self.items.append((word, None))
            elif word in RANGES or word in lists:
                held = RANGES.get(word) or lists[word]
                self.items.append((word, [parse_prefix(p) for p in held]))
            else:
                prefix = parse_prefix(word)
                self.items.append((format_prefix(prefix), [prefix]))
        self.has_any = any(name == "any" for name, _ in self.items)

    def match(self, address):
        """The name of the first item that holds it; None is the socket."""
        if address not in self.known:
            self.known[address] = self.search(address, True)
        return self.known[address]

    def vouches(self, address):
        """As match, but the word any vouches for nobody."""
        return self.search(address, False) is not None

    def search(self, address, any_counts):
        if self.any_word and any_counts:
            return "any"
        for name, prefixes in self.items:
            if name == "unix":
                if address is None:
                    return name
            elif address is None:
                continue
            elif name == "any":
                if any_counts:
                    return name
            elif any(p[0] == address[0] and address[1] >> p[1] == p[2]
                     for p in prefixes):
                return name
        return None


# ---- Forwarded ----

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
VALUE = r"[!#$%&'*+.^_`|~0-9A-Za-z:\[\]-]+"
# RFC 9110 section 5.6.4, but behind a backslash tab and printable ASCII alone.
QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e])*"'
PAIR = re.compile(r"(%s)=(%s|%s)" % (TOKEN, VALUE, QUOTED))
SKIP = re.compile(r"[ \t]*")


def parse_element(text):
    """The parameters of one element, or None when it is not valid."""
    pairs = {}
    at = 0
    while True:
        at = SKIP.match(text, at).end()
        pair = PAIR.match(text, at)
        if pair:
            name = pair[1].lower()
            if name in pairs:
                return None
            pairs[name] = pair[2]
            at = SKIP.match(text, pair.end()).end()
        if at == len(text):
            return pairs
        if text[at] != ";":
            return None
        at += 1


def unescape(value):
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value


def node_entry(pairs):
    """The entry an element stands for: its "for", empty when it has none."""
    node = unescape(pairs.get("for", ""))
    return re.sub(r":_[0-9A-Za-z._-]+\Z", "", node)


def forwarded_entries(line):
    """The nodes of one line, left to right; None for one that is invalid."""
    entries = []
    end = len(line)
    while True:
        begin = end
        for _ in range(COMMAS_MAX + 1):
            begin = line.rfind(",", 0, begin)
            if end - begin - 1 > ELEMENT_MAX:
                return [None] + entries
            pairs = parse_element(line[begin + 1:end])
            if pairs is not None or begin < 0:
                break
        if pairs is None:
            return [None] + entries
        entries.insert(0, node_entry(pairs))
        if begin < 0:
            return entries
        end = begin


def line_entries(line, form):
    """The entries of one trimmed line, left to right, as text."""
    if form == "forwarded":
        return forwarded_entries(line)
    if form == "list":
        return [entry.strip(BLANKS) for entry in line.split(",")]
    return [line]
