#!/usr/bin/env python3
"""make_mmdb: small MaxMind DB files (format 2.0) with made-up facts, for tests. Usage: make_mmdb.py country|network|mixed FILE

What the facts are stands in FACTS; addresses are those of documentation and of nobody (240.0.0.0/4 is reserved).
"""

import ipaddress
import struct
import sys

FACTS = {
    "country": {"91.0.0.0/10": {"country": {"iso_code": "DE"}}, "2001:470::/32": {"country": {"iso_code": "US"}},
                "5.6.0.0/16": {"country_code": "FR"}, "5.7.0.0/16": {"country": {"iso_code": "not one"}},
                "10.0.0.0/8": {"country": {"iso_code": "XX"}}},
    "network": {"91.0.0.0/10": {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net AG"},
                "5.6.0.0/16": {"autonomous_system_number": 64501},
                "5.7.0.0/16": {"autonomous_system_organization": "Zwölf " + "x" * 200},
                "5.8.0.0/16": {"autonomous_system_organization": "evil\x1b[2Jname"}},
    "mixed": {"91.0.0.0/11": {"country_code": "AT", "autonomous_system_number": 64502}},
}  # fmt: skip


def encoded(value):
    """One value of the data section."""
    if isinstance(value, str):
        kind, data = 2, value.encode()
    elif isinstance(value, int):
        kind, data = 6, value.to_bytes((value.bit_length() + 7) // 8, "big")
    elif isinstance(value, dict):
        body = b"".join(encoded(key) + encoded(value[key]) for key in value)
        return bytes([7 << 5 | len(value)]) + body
    else:
        raise TypeError(value)
    if len(data) < 29:
        return bytes([kind << 5 | len(data)]) + data
    return bytes([kind << 5 | 29, len(data) - 29]) + data


def metadata(nodes):
    """The section at the file's end."""
    def number(kind, value, width):  # kinds from 8 on are extended: type 0 and a byte
        data = value.to_bytes(width, "big").lstrip(b"\0")
        return (bytes([kind << 5 | len(data)]) if kind < 8 else bytes([len(data), kind - 7])) + data

    pairs = [("node_count", number(6, nodes, 4)), ("record_size", number(5, 24, 2)), ("ip_version", number(5, 6, 2)),
             ("database_type", encoded("Test")), ("languages", bytes([0, 4])),
             ("binary_format_major_version", number(5, 2, 2)), ("binary_format_minor_version", number(5, 0, 2)),
             ("build_epoch", number(9, 1700000000, 8)), ("description", bytes([7 << 5]))]  # fmt: skip
    return b"\xab\xcd\xefMaxMind.com" + bytes([7 << 5 | len(pairs)]) + b"".join(encoded(k) + v for k, v in pairs)


def database(facts):
    """The bytes of a file."""
    tree = [[None, None]]  # of each node: a node's number, ("data", offset) or nothing
    data = b""
    for text, value in facts.items():
        network = ipaddress.ip_network(text)
        bits, width = int(network.network_address), network.prefixlen
        if network.version == 4:
            width += 96
        offset, data = len(data), data + encoded(value)
        at = 0
        for depth in range(width):
            side = bits >> (127 - depth) & 1
            if depth == width - 1:
                tree[at][side] = ("data", offset)
            else:
                if not isinstance(tree[at][side], int):
                    tree.append([None, None])
                    tree[at][side] = len(tree) - 1
                at = tree[at][side]
    out = b""
    for node in tree:
        for side in node:
            number = len(tree) if side is None else side if isinstance(side, int) else len(tree) + 16 + side[1]
            out += struct.pack(">I", number)[1:]
    return out + bytes(16) + data + metadata(len(tree))


def main():
    with open(sys.argv[2], "wb") as file:
        file.write(database(FACTS[sys.argv[1]]))


if __name__ == "__main__":
    main()
