#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hand-made expectations for the oracle; writes TAP.

The letters stand for: C the client 1.2.3.4, S the invented 9.9.9.9, H the
near proxy 10.0.0.1, L the entry 10.0.0.5, P the peer.
"""

import sys

from oracle import Oracle

LETTERS = {"C": "1.2.3.4", "S": "9.9.9.9", "H": "10.0.0.1",
           "L": "10.0.0.5", "-": None}
V6 = "2001:db8::1"
PEER = "127.0.0.1"
STRANGER = "127.0.0.9"
TRUST = ["127.0.0.1", "10.0.0.0/8"]

# X-Forwarded-For under the default source: lines, answer.
LISTS = [
    (["9.9.9.9, 1.2.3.4, 10.0.0.1"], "C"),
    (["10.0.0.7, 1.2.3.4, 10.0.0.1"], "C"),
    (["10.0.0.5, 10.0.0.1"], "L"),
    (["9.9.9.9, unknown, 10.0.0.1"], "H"),
    (["1.2.3.4, unknown"], "P"),
    (["_hidden, 10.0.0.1"], "H"),
    ([""], "P"),
    (["1.2.3.4, , 10.0.0.1"], "H"),
    (["1.2.3.4,"], "P"),
    ([",1.2.3.4"], "C"),
    (["1.2.3.4:80"], "C"),
    (["1.2.3.4, 10.0.0.1:8080"], "C"),
    (["[2001:db8::1]"], V6),
    (["[2001:db8::1]:80"], V6),
    (["fe80::1%eth0"], "P"),
    (["::ffff:1.2.3.4"], "C"),
    (["1.2.3.4, ::ffff:10.0.0.1"], "C"),
    (["1.2.3.4, 010.0.0.1"], "P"),
    (["1.2.3.4, 012.0.0.1"], "P"),
    (["9.9.9.9, 0x0a.0.0.1"], "P"),
    (["9.9.9.9, 127.1"], "P"),
    (['"1.2.3.4"'], "P"),
    (["9.9.9.9 1.2.3.4"], "P"),
    (["1.2.3.4,\t10.0.0.1"], "C"),
    (["localhost"], "P"),
    (["1.2.3.4/24"], "P"),
    (["9.9.9.9", "1.2.3.4"], "C"),
    (["1.2.3.4", "10.0.0.1"], "C"),
    (["9.9.9.9, 10.0.0.9", "1.2.3.4, 10.0.0.1"], "C"),
    (["1.2.3.4", ""], "P"),
    (["1.2.3.4", "unknown"], "P"),
    (["9.9.9.9", "1.2.3.4", "10.0.0.1"], "C"),
    ([], "P"),
]

FORWARDED = [
    (["for=9.9.9.9, for=1.2.3.4, for=10.0.0.1"], "C"),
    (["for=9.9.9.9", "for=1.2.3.4, for=10.0.0.1"], "C"),
    (['for="1.2.3.4:4711"'], "C"),
    (["for=1.2.3.4:4711"], "C"),
    (['for="[2001:db8::1]:4711"'], V6),
    (["for=[2001:db8::1]"], V6),
    (["for=2001:db8::1"], V6),
    (["for=1.2.3.4; proto=https"], "C"),
    (["for=1.2.3.4;secret=abc"], "C"),
    (["for=9.9.9.9, for=unknown, for=10.0.0.1"], "H"),
    (["for=9.9.9.9, for=_SEVKISEK, for=10.0.0.1"], "H"),
    (['for="1.2.3.4:_p1"'], "C"),
    (["for=1.2.3.4, proto=https"], "P"),
    (["for=1.2.3.4, , for=10.0.0.1"], "H"),
    (["for=1.2.3.4,"], "P"),
    (["for=9.9.9.9;for=1.2.3.4"], "P"),
    (["for = 1.2.3.4"], "P"),
    (['for=9.9.9.9;by=", for=1.2.3.4'], "C"),
    (['for="9.9.9.9, for=1.2.3.4'], "C"),
    (['for=9.9.9.9;by=", for=1.2.3.4, for=10.0.0.1'], "C"),
    (['by="x, for=9.9.9.9";for=1.2.3.4'], "C"),
    (['for=1.2.3.4;host="evil, for=9.9.9.9"'], "C"),
    (['for="1.2.3.\\4"'], "C"),
    (['for="[::ffff:1.2.3.4]"'], "C"),
    (['for=1.2.3.4, for="[::ffff:10.0.0.1]"'], "C"),
    (["1.2.3.4"], "P"),
    (["9.9.9.9, 1.2.3.4"], "P"),
    (["for=010.0.0.1"], "P"),
    (["for=10.0.0.5, for=10.0.0.1"], "L"),
    # Not of that table: bounds, quotes and what a proxy appends to them.
    (['host="a\\", for=9.9.9.9;x=\\"";for=1.2.3.4'], "C"),
    (['for=1.2.3.4;host="' + "a" * 5000 + '"'], "P"),
    (['for=1.2.3.4;host="' + "," * 40 + '"'], "P"),
    (['for=1.2.3.4;host="' + "," * 20 + '"'], "C"),
    (["For=1.2.3.4;;BY=x"], "C"),
    (['for=""'], "P"),
    (['for=" 1.2.3.4"'], "P"),
    (["for=1.2.3.4;proto=a;PROTO=b"], "P"),
    (["for=1.2.3.4;x=\u00e9"], "P"),
    (['for=1.2.3.4;x="\u00e9"'], "C"),
    (['x\\=1, for=1.2.3.4'], "C"),
]

XFF = {"header": "X-Forwarded-For"}
THREE = "9.9.9.9, 1.2.3.4, 10.0.0.1"


def xff(**keys):
    return {"sources": [dict(XFF, **{
        key.replace("_", "-"): value for key, value in keys.items()})]}


def lines(*values):
    return {"headers": [["X-Forwarded-For", value] for value in values]}


# semantics, row by row: name, policy keys beside trust, request, expected.
ROWS = [
    # part 1: an entry's address
    ("port invalid", dict(xff(), ip={"port": "invalid"}),
     lines("1.2.3.4:80"), {"client_ip": PEER, "flags": [
         "invalid-entry", "answer-is-a-proxy"]}),
    ("brackets refuse ports", dict(xff(), ip={"port": "brackets"}),
     lines("[2001:db8::1]:80"), {"client_ip": PEER}),
    ("brackets take brackets", dict(xff(), ip={"port": "brackets"}),
     lines("[2001:db8::1]"), {"client_ip": V6, "proven": True}),
    ("untrusted: never a hop", dict(xff(), ip={"port": "untrusted"}),
     lines("1.2.3.4, 10.0.0.1:80"), {"client_ip": "10.0.0.1", "flags": [
         "entries-left-of-client", "answer-is-a-proxy"], "proven": False}),
    ("port 65535", xff(), lines("1.2.3.4:65535"), {"client_ip": "1.2.3.4"}),
    ("port 65536", xff(), lines("1.2.3.4:65536"), {"client_ip": PEER}),
    ("port of six digits", xff(), lines("1.2.3.4:000080"),
     {"client_ip": PEER}),
    ("port empty", xff(), lines("1.2.3.4:"), {"client_ip": PEER}),
    ("zone strip", dict(xff(), ip={"zone": "strip"}),
     lines("2001:db8::1%eth0"), {"client_ip": V6}),
    ("zone empty", dict(xff(), ip={"zone": "strip"}),
     lines("2001:db8::1%"), {"client_ip": PEER}),
    ("zone on IPv4", dict(xff(), ip={"zone": "strip"}),
     lines("1.2.3.4%eth0"), {"client_ip": PEER}),
    ("mapped keep", dict(xff(), ip={"mapped": "keep"}),
     lines("1.2.3.4, ::ffff:10.0.0.1"),
     {"client_ip": "::ffff:10.0.0.1", "proven": True}),
    ("unspecified accept", xff(), lines("0.0.0.0"),
     {"client_ip": "0.0.0.0", "proven": True}),
    ("unspecified reject", dict(xff(), ip={"unspecified": "reject"}),
     lines("::"), {"client_ip": PEER, "flags": [
         "invalid-entry", "answer-is-a-proxy"]}),
    ("NAT64 stays", xff(), lines("64:ff9b::a00:1"),
     {"client_ip": "64:ff9b::a00:1"}),
    ("61 bytes", dict(xff(), ip={"zone": "strip"}),
     lines("2001:db8::1%" + "z" * 49), {"client_ip": PEER}),
    ("60 bytes", dict(xff(), ip={"zone": "strip"}),
     lines("2001:db8::1%" + "z" * 48), {"client_ip": V6}),
    ("other digits", xff(), lines("\uff11.2.3.4"), {"client_ip": PEER}),
    # part 2: the peer
    ("peer mapped", xff(), dict(lines("1.2.3.4"), peer="::ffff:10.0.0.1"),
     {"client_ip": "1.2.3.4", "trusted": True}),
    ("peer with zone", {"trust": ["linklocal"], **xff()},
     dict(lines("1.2.3.4"), peer="fe80::1%eth0"), {"client_ip": "1.2.3.4"}),
    ("peer unspecified", {"ip": {"unspecified": "reject"}},
     {"peer": "0.0.0.0"},
     {"ok": False, "allowed": False, "error": "no-peer"}),
    ("no peer", {}, {"peer": None},
     {"ok": False, "allowed": False, "error": "no-peer"}),
    ("no policy", {}, {"policy": "other"},
     {"ok": False, "allowed": False, "error": "no-policy"}),
    ("unix trusted", {"trust": ["unix"], **xff()},
     dict(lines("1.2.3.4"), peer="unix"),
     {"client_ip": "1.2.3.4", "proven": True, "trusted": True}),
    ("unix untrusted", xff(), dict(lines("1.2.3.4"), peer="unix"),
     {"client_ip": None, "verdict": "deny", "rule": "unknown",
      "source": "peer", "trusted": False}),
    ("any holds unix", {"trust": "any", **xff()},
     dict(lines("1.2.3.4"), peer="unix"),
     {"trusted": True, "client_ip": "1.2.3.4", "proven": False}),
    ("[any] does not", {"trust": ["any"], **xff()},
     dict(lines("1.2.3.4"), peer="unix"), {"trusted": False}),
    ("PROXY replaces", {}, {"proxy": {"src": "9.9.9.9"}},
     {"client_ip": "9.9.9.9", "source": "proxy", "proven": True,
      "trusted": False, "flags": [], "walk": []}),
    ("PROXY of strangers", {}, {"peer": STRANGER,
                                "proxy": {"src": "9.9.9.9"}},
     {"client_ip": STRANGER, "source": "peer", "proven": True,
      "flags": ["proxy-from-untrusted-peer"]}),
    ("PROXY ignored", {"proxy": "ignore"}, {"proxy": {"src": "9.9.9.9"}},
     {"client_ip": PEER, "flags": ["answer-is-a-proxy"]}),
    ("PROXY unknown keeps", {}, {"proxy": {"src": None}},
     {"client_ip": PEER, "source": "peer"}),
    ("PROXY unknown rejects", {"proxy": {"unknown": "reject"}},
     {"proxy": {"src": PEER}}, {"verdict": "reject", "client_ip": None}),
    ("PROXY unspecified is unknown",
     {"proxy": {"unknown": "reject"}, "ip": {"unspecified": "reject"}},
     {"proxy": {"src": "::"}}, {"verdict": "reject"}),
    ("PROXY required", {"proxy": "require"}, {}, {"verdict": "reject"}),
    ("PROXY not required of others", {"proxy": "require"},
     {"peer": STRANGER}, {"client_ip": STRANGER, "verdict": "allow"}),
    ("PROXY from anybody", {"proxy": {"trust": "any"}},
     {"peer": STRANGER, "proxy": {"src": "9.9.9.9"}},
     {"client_ip": "9.9.9.9", "proven": False}),
    ("PROXY and a walk", xff(), dict(
        lines("1.2.3.4"), proxy={"src": "10.0.0.1"}),
     {"client_ip": "1.2.3.4", "source": "x-forwarded-for", "hops": 0,
      "walk": [{"address": "10.0.0.1", "list": "10.0.0.0/8"}]}),
    ("stranger with header", xff(), dict(lines("1.2.3.4"), peer=STRANGER),
     {"client_ip": STRANGER, "proven": True, "trusted": False,
      "flags": ["headers-from-untrusted-peer"]}),
    ("stranger: none", {"untrusted-peer": "none"}, {"peer": STRANGER},
     {"client_ip": None, "verdict": "deny", "source": None}),
    ("stranger: reject", {"untrusted-peer": "reject"}, {"peer": STRANGER},
     {"client_ip": None, "verdict": "reject", "rule": None}),
    # part 3: conflicts and sources
    ("same: hit", dict(xff(), conflict=[
        {"a": XFF, "b": {"header": "Forwarded"}, "rule": "same"}]),
     {"headers": [["X-Forwarded-For", "1.2.3.4"],
                  ["Forwarded", "for=9.9.9.9"]]},
     {"verdict": "reject", "flags": ["conflict"], "client_ip": None}),
    ("same: order counts", dict(xff(), conflict=[
        {"a": XFF, "b": {"header": "Forwarded"}, "rule": "same"}]),
     {"headers": [["X-Forwarded-For", "1.2.3.4, 9.9.9.9"],
                  ["Forwarded", "for=9.9.9.9, for=1.2.3.4"]]},
     {"verdict": "reject"}),
    ("same: one empty", dict(xff(), conflict=[
        {"a": XFF, "b": {"header": "Forwarded"}, "rule": "same"}]),
     lines("1.2.3.4"), {"client_ip": "1.2.3.4"}),
    ("leftmost-in: held", dict(xff(), conflict=[
        {"a": {"header": "Client-IP"}, "b": XFF, "rule": "leftmost-in"}]),
     {"headers": [["X-Forwarded-For", "1.2.3.4"], ["Client-IP", "1.2.3.4"]]},
     {"client_ip": "1.2.3.4"}),
    ("leftmost-in: nowhere", dict(xff(), conflict=[
        {"a": {"header": "Client-IP"}, "b": XFF, "rule": "leftmost-in"}]),
     {"headers": [["Client-IP", "1.2.3.4"]]}, {"verdict": "reject"}),
    ("second source", {"sources": [{"header": "Forwarded"}, XFF]},
     lines("1.2.3.4"), {"source": "x-forwarded-for"}),
    ("other spelling is another field", xff(),
     {"headers": [["X_Forwarded_For", "1.2.3.4"]]}, {"client_ip": PEER}),
    ("case-blind", xff(), {"headers": [["x-FORWARDED-for", "1.2.3.4"]]},
     {"client_ip": "1.2.3.4"}),
    ("from: the peer", {"sources": [
        {"header": "X-Real-IP", "from": ["127.0.0.1"]}]},
     {"headers": [["X-Real-IP", "1.2.3.4"]]},
     {"client_ip": "1.2.3.4", "proven": True, "source": "x-real-ip"}),
    ("from: a hop", {"sources": [
        {"header": "X-Real-IP", "from": ["10.0.0.1"]}]},
     {"headers": [["X-Real-IP", "1.2.3.4"], ["X-Forwarded-For", "10.0.0.1"]]},
     {"client_ip": "1.2.3.4", "proven": True, "hops": 0,
      "walk": [{"address": PEER, "list": PEER}]}),
    ("from: not met", {"sources": [
        {"header": "X-Real-IP", "from": ["10.0.0.1"]}]},
     {"headers": [["X-Real-IP", "1.2.3.4"], ["X-Forwarded-For", "9.9.9.9"]]},
     {"client_ip": PEER}),
    ("from: any is nobody", {"sources": [
        {"header": "X-Real-IP", "from": "any"}]},
     {"headers": [["X-Real-IP", "1.2.3.4"]]},
     {"client_ip": "1.2.3.4", "proven": False}),
    ("single without from", {"sources": [{"header": "X-Real-IP"}]},
     {"headers": [["X-Real-IP", "1.2.3.4"]]},
     {"client_ip": "1.2.3.4", "proven": False, "flags": []}),
    ("single: comma", {"sources": [{"header": "X-Real-IP"}]},
     {"headers": [["X-Real-IP", "1.2.3.4, 10.0.0.1"]]}, {"client_ip": PEER}),
    ("one: two lines", {"sources": [{"header": "X-Real-IP"}]},
     {"headers": [["X-Real-IP", "1.2.3.4"], ["X-Real-IP", "1.2.3.4"]]},
     {"client_ip": PEER, "flags": [
         "invalid-entry", "several-lines", "answer-is-a-proxy"]}),
    ("first line", xff(lines="first"), lines("1.2.3.4", "9.9.9.9"),
     {"client_ip": "1.2.3.4", "proven": False, "flags": ["several-lines"]}),
    ("last line", xff(lines="last"), lines("1.2.3.4", "9.9.9.9"),
     {"client_ip": "9.9.9.9", "proven": False}),
    ("last line alone", xff(lines="last"), lines("1.2.3.4"),
     {"client_ip": "1.2.3.4", "proven": True}),
    ("joined lines", xff(), lines("1.2.3.4", "10.0.0.1"),
     {"client_ip": "1.2.3.4", "proven": True, "flags": ["several-lines"]}),
    ("addr-port", {"sources": [{"header": "CloudFront-Viewer-Address"}]},
     {"headers": [["CloudFront-Viewer-Address", "2001:db8::1:9985"]]},
     {"client_ip": V6}),
    ("addr-port without port",
     {"sources": [{"header": "CloudFront-Viewer-Address"}]},
     {"headers": [["CloudFront-Viewer-Address", "1.2.3.4"]]},
     {"client_ip": PEER}),
    ("addr-port in brackets",
     {"sources": [{"header": "CloudFront-Viewer-Address"}]},
     {"headers": [["CloudFront-Viewer-Address", "[2001:db8::1]:80"]]},
     {"client_ip": PEER}),
    ("addr-port under port invalid",
     {"ip": {"port": "invalid"},
      "sources": [{"header": "CloudFront-Viewer-Address"}]},
     {"headers": [["CloudFront-Viewer-Address", "1.2.3.4:80"]]},
     {"client_ip": "1.2.3.4"}),
    ("argument", {"sources": [{"argument": "realip"}]},
     {"arguments": {"RealIP": " 1.2.3.4"}},
     {"client_ip": "1.2.3.4", "source": "realip"}),
    ("proxy as source", {"proxy": "ignore", "sources": [{"format": "proxy"}]},
     {"proxy": {"src": "1.2.3.4"}},
     {"client_ip": "1.2.3.4", "source": "proxy", "proven": True}),
    ("empty skipped: none left", xff(on_empty="skip"), lines(" , ,"),
     {"client_ip": PEER, "flags": ["answer-is-a-proxy"]}),
    # part 4: picking
    ("walk: the answer", xff(), lines(THREE),
     {"client_ip": "1.2.3.4", "client_net": "1.2.3.4", "proven": True,
      "verdict": "allow", "allowed": True, "rule": "default", "hops": 1,
      "flags": ["entries-left-of-client"], "walk": [
          {"address": PEER, "list": PEER},
          {"address": "10.0.0.1", "list": "10.0.0.0/8"}]}),
    ("walk: invalid skip", xff(on_invalid="skip"),
     lines("1.2.3.4, x, 10.0.0.1"),
     {"client_ip": "1.2.3.4", "proven": False, "flags": ["invalid-entry"]}),
    ("walk: invalid next", xff(on_invalid="next"),
     lines("1.2.3.4, x, 10.0.0.1"), {"client_ip": PEER, "hops": 0}),
    ("walk: invalid peer", xff(on_invalid="peer"),
     lines("1.2.3.4, x, 10.0.0.1"), {"client_ip": PEER, "source": "peer"}),
    ("walk: invalid none", xff(on_invalid="none"),
     lines("1.2.3.4, x, 10.0.0.1"), {"client_ip": None, "rule": "unknown"}),
    ("walk: invalid reject", xff(on_invalid="reject"),
     lines("1.2.3.4, x, 10.0.0.1"), {"verdict": "reject"}),
    ("walk: empty words", xff(on_empty="none"), lines("1.2.3.4,"),
     {"client_ip": None, "flags": ["empty-entry"]}),
    ("walk: all trusted", xff(), lines("10.0.0.5, 10.0.0.1"),
     {"client_ip": "10.0.0.5", "hops": 2,
      "flags": ["all-trusted", "answer-is-a-proxy"], "proven": False}),
    ("walk: all trusted none", xff(all_trusted="none"), lines("10.0.0.1"),
     {"client_ip": None, "flags": ["all-trusted"]}),
    ("walk: all trusted next", xff(all_trusted="next"), lines("10.0.0.1"),
     {"client_ip": PEER, "flags": ["all-trusted", "answer-is-a-proxy"]}),
    ("walk: nothing found", xff(on_invalid="skip"), lines("x"),
     {"client_ip": PEER, "flags": ["invalid-entry", "answer-is-a-proxy"]}),
    ("walk: limit", xff(limit=1), lines("1.2.3.4, 10.0.0.2, 10.0.0.1"),
     {"client_ip": "10.0.0.1",
      "flags": ["hop-limit", "answer-is-a-proxy"]}),
    ("walk: limit not reached", xff(limit=2), lines("1.2.3.4, 10.0.0.1"),
     {"client_ip": "1.2.3.4", "flags": []}),
    ("walk: limit counts skipped", xff(limit=1, on_invalid="skip"),
     lines("1.2.3.4, x"), {"client_ip": PEER, "flags": [
         "invalid-entry", "hop-limit", "answer-is-a-proxy"]}),
    ("walk: own trust", xff(trust=["192.0.2.0/24"]),
     lines("1.2.3.4, 192.0.2.1"), {"client_ip": "1.2.3.4", "proven": True}),
    ("walk: own trust ends early", xff(trust=["192.0.2.0/24"]),
     lines("1.2.3.4, 10.0.0.1"),
     {"client_ip": "10.0.0.1", "proven": False}),
    ("external peer, private", xff(external=["127.0.0.1"]),
     lines("192.168.1.1"), {"client_ip": PEER, "flags": [
         "private-behind-external", "answer-is-a-proxy"]}),
    ("external, public", xff(external=["127.0.0.1"]), lines("1.2.3.4"),
     {"client_ip": "1.2.3.4", "proven": True}),
    ("external is trusted", xff(external=["198.51.100.1"]),
     lines("1.2.3.4, 198.51.100.1"), {"client_ip": "1.2.3.4", "hops": 1}),
    ("external, never undone", xff(external=["198.51.100.1"]),
     lines("1.2.3.4, 10.0.0.1, 198.51.100.1"),
     {"client_ip": "198.51.100.1", "flags": ["private-behind-external"]}),
    ("external, IPv6 private", xff(external=["127.0.0.1"]),
     lines("64:ff9b::1"), {"client_ip": PEER}),
    ("hops 1", xff(pick="hops"), lines(THREE),
     {"client_ip": "10.0.0.1", "proven": False, "hops": 0}),
    ("hops 2", xff(pick="hops", hops=2), lines(THREE),
     {"client_ip": "1.2.3.4", "proven": False,
      "flags": ["entries-left-of-client"]}),
    ("hops 2 verified", xff(pick="hops", hops=2, verify=["10.0.0.1"]),
     lines(THREE), {"client_ip": "1.2.3.4", "proven": True, "hops": 1}),
    ("hops 2 unexpected", xff(pick="hops", hops=2, verify=["10.0.0.2"]),
     lines(THREE), {"client_ip": PEER, "flags": [
         "unexpected-hop", "answer-is-a-proxy"]}),
    ("hops 2 verified by any", xff(pick="hops", hops=2, verify="any"),
     lines(THREE), {"client_ip": "1.2.3.4", "proven": False}),
    ("hops 0", xff(pick="hops", hops=0), lines(THREE),
     {"client_ip": PEER, "source": "peer"}),
    ("hops short", xff(pick="hops", hops=4), lines(THREE),
     {"client_ip": PEER, "flags": ["short-chain", "answer-is-a-proxy"]}),
    ("hops short leftmost", xff(pick="hops", hops=4, short="leftmost"),
     lines(THREE), {"client_ip": "9.9.9.9", "flags": ["short-chain"],
                    "proven": False}),
    ("hops short none", xff(pick="hops", hops=4, short="none"),
     lines(THREE), {"client_ip": None}),
    ("hops on garbage", xff(pick="hops", on_invalid="skip"),
     lines("1.2.3.4, x"), {"client_ip": PEER, "source": "peer"}),
    ("hops, empties gone", xff(pick="hops", hops=2, on_empty="skip"),
     lines("1.2.3.4,,10.0.0.1,"), {"client_ip": "1.2.3.4"}),
    ("leftmost", xff(pick="leftmost"), lines(THREE),
     {"client_ip": "9.9.9.9", "proven": False,
      "flags": ["leftmost-is-spoofable"]}),
    ("leftmost skip", xff(pick="leftmost", skip=["private"]),
     lines("10.0.0.5, 9.9.9.9"), {"client_ip": "9.9.9.9"}),
    ("leftmost, none left", xff(pick="leftmost", skip=["private"]),
     lines("10.0.0.5"), {"client_ip": PEER}),
    ("leftmost on garbage", xff(pick="leftmost"), lines("x, 1.2.3.4"),
     {"client_ip": PEER}),
    ("leftmost skips garbage", xff(pick="leftmost", on_invalid="skip"),
     lines("x, 1.2.3.4"), {"client_ip": "1.2.3.4"}),
    # part 6: the answer
    ("fallback none", {"fallback": "none"}, {},
     {"client_ip": None, "verdict": "deny", "source": None}),
    ("fallback reject", {"fallback": "reject"}, {}, {"verdict": "reject"}),
    ("fallback farthest", dict(xff(all_trusted="next"), fallback="farthest"),
     lines("10.0.0.5, 10.0.0.1"),
     {"client_ip": "10.0.0.5", "source": "x-forwarded-for",
      "proven": False}),
    ("farthest, peer not in the source's trust",
     dict(xff(trust=["10.0.0.0/8"], all_trusted="next"),
          fallback="farthest"), lines("10.0.0.5"),
     {"client_ip": PEER, "source": "peer"}),
    # part 7: rules
    ("deny", {"rules": [{"deny": ["1.2.3.0/24"]}], **xff()},
     lines("1.2.3.4"), {"verdict": "deny", "allowed": False,
                        "rule": "deny-1", "list": "1.2.3.0/24"}),
    ("first match", {"rules": [
        {"allow": ["9.9.9.9"]}, {"verdict": "captcha", "lists": ["bad"]},
        {"deny": "any", "name": "rest", "status": 429, "message": "Slow."}],
        **xff()}, lines("1.2.3.4"),
     {"verdict": "captcha", "rule": "captcha-2", "list": "bad"}),
    ("status and message", {"rules": [
        {"deny": "any", "name": "rest", "status": 429, "message": "Slow."}]},
     {}, {"verdict": "deny", "rule": "rest", "list": "any", "status": 429,
          "message": "Slow."}),
    ("allow not for proxies", {"rules": [{"allow": "loopback"}],
                               "default": "deny"}, {},
     {"verdict": "deny", "rule": "default", "list": None}),
    ("even-proxies", {"rules": [{"allow": "loopback", "even-proxies": True}],
                      "default": "deny"}, {},
     {"verdict": "allow", "rule": "allow-1", "list": "loopback"}),
    ("allow for the unproven", {"rules": [{"allow": ["9.9.9.9"]}],
                                "default": "deny", **xff(pick="leftmost")},
     lines(THREE), {"verdict": "allow"}),
    ("unknown word", {"fallback": "none", "unknown": "captcha"}, {},
     {"verdict": "captcha", "rule": "unknown", "allowed": False}),
    ("shadow", {"mode": "shadow", "default": "deny"}, {},
     {"verdict": "allow", "allowed": True, "would_verdict": "deny",
      "rule": "default"}),
    ("bypass", {"mode": "bypass", "default": "deny"}, {},
     {"verdict": "allow", "allowed": True, "would_verdict": None}),
    ("prefixes", {"v4-prefix": 24, **xff()}, lines("1.2.3.4"),
     {"client_ip": "1.2.3.4", "client_net": "1.2.3.0"}),
    ("IPv6 prefix", xff(), lines("2001:db8:1:2:3:4:5:6"),
     {"client_net": "2001:db8:1:2::"}),
    # part 8: forward
    ("forward, trusted", {"forward": {
        "X-Forwarded-For": {"trusted": "append", "untrusted": "peer"},
        "X-Forwarded-Proto": {"trusted": "pass", "untrusted": "own"},
        "X-Forwarded-Host": {"trusted": "keep", "untrusted": "strip"},
        "X-Real-IP": {"trusted": "own", "untrusted": "own"}}},
     {"headers": [["X-Forwarded-For", "1.2.3.4"], ["X-Forwarded-For", "x"],
                  ["X-Forwarded-Proto", "https"]],
      "request": {"scheme": "http", "host": "a.example"}},
     {"forward": {"x-forwarded-for": "1.2.3.4, x, " + PEER,
                  "x-forwarded-proto": "https", "x-real-ip": PEER}}),
    ("forward, untrusted", {"forward": {
        "X-Forwarded-For": {"trusted": "append", "untrusted": "peer"},
        "X-Forwarded-Proto": {"trusted": "pass", "untrusted": "own"},
        "X-Forwarded-Host": {"trusted": "keep", "untrusted": "strip"},
        "X-Forwarded-Port": {"trusted": "pass", "untrusted": "pass"}}},
     {"peer": STRANGER,
      "headers": [["X-Forwarded-For", "1.2.3.4"],
                  ["X-Forwarded-Proto", "https"]],
      "request": {"scheme": "http", "host": "a.example", "port": "443"}},
     {"forward": {"x-forwarded-for": STRANGER, "x-forwarded-proto": "http",
                  "x-forwarded-port": "443"}}),
]


def table(header, rows):
    """The rows of one header as complete test rows."""
    for values, answer in rows:
        expected = PEER if answer == "P" else LETTERS.get(answer, answer)
        yield (" | ".join(values)[:70] or "absent",
               {"sources": [{"header": header}]},
               {"headers": [[header, value] for value in values]},
               {"client_ip": expected})
    for values in (["1.2.3.4"], ["9.9.9.9, 10.0.0.1"]):
        yield ("stranger: " + values[0], {"sources": [{"header": header}]},
               {"peer": STRANGER, "headers": [[header, values[0]]]},
               {"client_ip": STRANGER})


def main():
    rows = list(table("X-Forwarded-For", LISTS))
    rows += list(table("Forwarded", FORWARDED)) + ROWS
    failed = 0
    print("1..%d" % len(rows))
    for number, (name, keys, request, expected) in enumerate(rows, 1):
        policy = dict({"trust": TRUST}, **keys)
        oracle = Oracle({"default": policy}, {"bad": ["1.2.3.4"]})
        answer = oracle.answer(dict({"peer": PEER}, **request))
        wrong = {key: answer.get(key) for key in expected
                 if answer.get(key) != expected[key]}
        failed += bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", number,
                              name.replace("#", "")))
        if wrong:
            print("# expected %r" % expected)
            print("# got      %r" % wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
