"""pst_writer: Outlook data files ([MS-PST], the Unicode layout, not encoded) of a few folders and messages, for tests. Only what a reader has
to look at: a header, one page of each tree, and a heap of properties for each node."""

import struct

STORE, TOP = 0x21, 0x8022
TEXT, NUMBER, BINARY = 0x1F, 0x03, 0x102


def heap(properties):
    """A heap (2.3.1) with a tree (2.3.2) of properties (2.3.3): {id: (type, value)}."""
    items, records = [], b""
    for number, (kind, value) in sorted(properties.items()):
        if kind == NUMBER:
            records += struct.pack("<HHI", number, kind, value)
            continue
        items.append(value.encode("utf-16-le") if kind == TEXT else value)
        records += struct.pack("<HHI", number, kind, (len(items) + 2) << 5)
    items = [struct.pack("<BBBBI", 0xB5, 2, 6, 0, 2 << 5), records] + items
    body, offsets = b"", []
    for item in items:
        offsets.append(12 + len(body))
        body += item
    offsets.append(12 + len(body))
    body += b"\0" * (len(body) % 2)
    table = struct.pack("<HH", len(items), 0) + struct.pack(f"<{len(offsets)}H", *offsets)
    return struct.pack("<HBBIBBBB", 12 + len(body), 0xEC, 0xBC, 1 << 5, 0, 0, 0, 0) + body + table


def page(entries, size, back):
    """The one leaf of a tree (2.2.2.7.7)."""
    data = b"".join(entries)
    assert len(data) <= 0x1E8
    return data.ljust(0x1E8, b"\0") + struct.pack("<BBBB", len(entries), 0x1E8 // size, size, 0) + bytes(12) + struct.pack("<Q", back)


def write(folders):
    """folders: {name: [message]}; a message is {property: (type, value)}."""
    entry = struct.pack("<I16sI", 0, b"\1" * 16, TOP)
    nodes = [(STORE, 0, {0x3001: (TEXT, "mail"), 0x35E0: (BINARY, entry)}), (TOP, 0, {0x3001: (TEXT, "top"), 0x3602: (NUMBER, 0)})]
    for f, (name, messages) in enumerate(folders.items()):
        folder = TOP + 0x20 * (f + 1)
        nodes.append((folder, TOP, {0x3001: (TEXT, name), 0x3602: (NUMBER, len(messages))}))
        for m, message in enumerate(messages):
            nodes.append((0x200024 + 0x2000 * f + 0x20 * m, folder, message))
    nodes.sort(key=lambda node: node[0])
    at, blocks, nbt, bbt = 0x600, b"", [], []
    for i, (number, parent, properties) in enumerate(nodes):
        data, block = heap(properties), 4 * (i + 1)
        bbt.append(struct.pack("<QQHHI", block, at + len(blocks), len(data), 2, 0))
        nbt.append(struct.pack("<QQQII", number, block, 0, parent, 0))
        blocks += data.ljust((len(data) + 16 + 63) // 64 * 64, b"\0")
    head = bytearray(0x200)
    head[0:4] = b"!BDN"
    head[8:12] = b"SM\x17\0"
    struct.pack_into("<Q", head, 0xB8, at + len(blocks))
    struct.pack_into("<QQQQ", head, 0xD8, 7, 0x200, 11, 0x400)
    return bytes(head) + page(nbt, 32, 7) + page(bbt, 24, 11) + blocks
