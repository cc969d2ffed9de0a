#!/usr/bin/env python3
"""oracle: reads an archive a second time: folder, manifest, segments, ledgers, index runs. Written from docs/formats/{archive,segment,archive-index}.md
alone, sharing no code with the program; slow and plain. Whatever is not as the documents say is a Wrong, with where it lies.

Beside Python's own library it asks two libraries that the program is built with as well, through ctypes: libzstd and libxxhash.

    oracle.py ARCHIVE              what is in it, and whether all of it is as the documents say
    oracle.py ARCHIVE --records    every record, one JSON object a line
"""

import argparse
import ctypes
import ctypes.util
import datetime
import hashlib
import json
import pathlib
import struct
import sys


class Wrong(Exception):
    """Not as the documents say."""


def expect(yes, what):
    if not yes:
        raise Wrong(what)


# ---- what both files are made of ----

ZSTD = ctypes.CDLL(ctypes.util.find_library("zstd"))
ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
ZSTD.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
ZSTD.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
ZSTD.ZSTD_findFrameCompressedSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
XXH = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
XXH.XXH3_64bits.restype = ctypes.c_uint64
XXH.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
MASK = (1 << 64) - 1


def xxh3(data):
    return XXH.XXH3_64bits(bytes(data), len(data))


def sha256(data):
    return hashlib.sha256(data).digest()


def unzstd(data, size):
    expect(ZSTD.ZSTD_findFrameCompressedSize(data, len(data)) == len(data), "not one frame of zstd")
    expect(data[4] & 0xC4 == 0 and data[4] & 0x20 == 0, "a frame with content size or checksum")
    room = ctypes.create_string_buffer(size or 1)
    got = ZSTD.ZSTD_decompress(room, size, data, len(data))
    expect(got == size, f"a frame does not unpack to {size} bytes")
    return room.raw[:size]


def unzigzag(n):
    return n >> 1 ^ -(n & 1)


def signed64(n):
    return n - (1 << 64) if n >> 63 else n


class Bytes:
    """A cursor."""

    def __init__(self, data, where):
        self.data, self.at, self.where = bytes(data), 0, where

    def take(self, n):
        expect(n <= len(self.data) - self.at, f"{self.where}: ends too soon")
        self.at += n
        return self.data[self.at - n : self.at]

    def byte(self):
        return self.take(1)[0]

    def number(self):
        n = shift = 0
        while True:
            one = self.byte()
            n |= (one & 127) << shift
            expect(n <= MASK, f"{self.where}: a number of more than 64 bits")
            if one < 128:
                return n
            shift += 7

    def signed(self):
        return unzigzag(self.number())

    def text(self):
        return self.take(self.number())

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def end(self):
        expect(self.at == len(self.data), f"{self.where}: {len(self.data) - self.at} bytes are left over")

    # Streams, docs/formats/segment.md.

    def stream(self, size):
        if size == 0:
            return b""
        how = self.byte()
        if how == 0:
            return self.take(size)
        if how == 1:
            return unzstd(self.text(), size)
        expect(how == 2, f"{self.where}: a stream that is kept in way {how}")
        return self.take(1) * size

    def planes(self, n, width):
        total = [0] * n
        for which in range(width):
            for i, byte in enumerate(self.stream(n)):
                total[i] |= byte << 8 * which
        return total

    def codes(self, n):
        width = self.byte()
        expect(width <= 4, f"{self.where}: codes of {width} bytes")
        return self.planes(n, width)

    def numbers(self, n):
        if n == 0:
            return []
        how, base, unit, width = self.byte(), self.number(), self.number(), self.byte()
        expect(how <= 1 and width <= 8, f"{self.where}: numbers in way {how}, {width} bytes")
        if how == 0:
            return [(base + unit * each) & MASK for each in self.planes(n, width)]
        total = [base]
        for each in self.planes(n - 1, width):
            total.append((total[-1] + unit * unzigzag(each)) & MASK)
        return total


# ---- segments: docs/formats/segment.md ----

RAW = ["null", "text", "number", "bool", "utf16", "i64", "u64", "f64", "win_bool", "guid", "filetime", "systemtime", "sid", "hex32", "hex64", "binary"]  # fmt: skip
TEXTS = {"text", "number", "utf16"}
EPOCH = datetime.datetime(1970, 1, 1)


def time_text(when, zone):
    """Form 6."""
    seconds, rest = divmod(when, 10**9)
    text = (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    text = text.rjust(19, "0")
    decimals = zone & 15
    expect(decimals <= 9 and zone < 128 and zone >> 5 < 3, f"a zone {zone:#x}")
    if decimals:
        text += "." + f"{rest:09}"[:decimals]
    expect(rest % 10 ** (9 - decimals) == 0, "a time with more decimals than it shows")
    if zone & 16:
        text = text.replace("T", " ")
    return (text + ("", "Z", "+00:00")[zone >> 5]).encode()


def values(c, n):
    forms = c.stream(n)
    kinds, how = [each & 15 for each in forms], [each >> 4 for each in forms]
    count = lambda *of: sum(each in of for each in how)  # noqa: E731
    looks, zones = iter(c.stream(count(5))), iter(c.stream(count(6)))
    lengths = c.codes(count(0, 1)) if count(0, 1) else []
    numbers, times = iter(c.numbers(count(2, 3, 4))), iter(c.numbers(count(6)))
    guids = zip(*[c.stream(count(5, 7)) for _ in range(16)]) if count(5, 7) else iter(())
    texts, at, sizes = c.stream(sum(lengths)), 0, iter(lengths)
    out = []
    for kind, form in zip(kinds, how):
        name = RAW[kind]
        if form in (0, 1):
            size = next(sizes)
            data, at = texts[at : at + size], at + size
            expect(form == 0 or name == "utf16", f"form 1 of {name}")
            if form == 1:
                data = b"".join(bytes((byte, 0)) for byte in data)
            out.append((name, data))
            continue
        if form == 2:
            expect(name in ("i64", "u64", "filetime", "hex64", "hex32"), f"form 2 of {name}")
            out.append((name, struct.pack("<Q", next(numbers))[: 4 if name == "hex32" else 8]))
            continue
        if form == 7:
            expect(name in ("guid", "systemtime"), f"form 7 of {name}")
            out.append((name, bytes(next(guids))))
            continue
        expect(name in TEXTS and form < 7, f"form {form} of {name}")
        if form == 3:
            text = b"%d" % next(numbers)
        elif form == 4:
            text = b"0x%x" % next(numbers)
        elif form == 5:
            digits, look = bytes(next(guids)).hex(), next(looks)
            expect(look < 4, f"a look {look}")
            text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            text = (text.upper() if look & 1 else text).encode()
            text = b"{" + text + b"}" if look & 2 else text
        else:
            text = time_text(signed64(next(times)), next(zones))
        out.append((name, b"".join(bytes((byte, 0)) for byte in text) if name == "utf16" else text))
    return out


class Segment:
    def __init__(self, data, where="segment"):
        self.data, self.where = data, where
        size = len(data)
        expect(size >= 4096 + 64, f"{where}: {size} bytes")
        head, end = data[:4096], data[-64:]
        magic, version, flags, self.name = struct.unpack_from("<8sII16s", head)
        expect((magic, version, flags) == (b"LWSEGMT\0", 1, 0), f"{where}: head")
        expect(not any(head[32:-8]), f"{where}: the head is not zero where it must be")
        expect(struct.unpack("<Q", head[-8:])[0] == xxh3(head[:-8]), f"{where}: the sum of the head")
        magic, version, flags, packed, unpacked, self.hash = struct.unpack("<8sIIQQ32s", end)
        expect((magic, version, flags) == (b"LWSEGEN\0", 1, 0), f"{where}: end")
        self.body = size - 64 - packed
        expect(self.body >= 4096, f"{where}: the directory is too large")
        directory = data[self.body : size - 64]
        expect(sha256(directory) == self.hash, f"{where}: the hash of the directory")
        stream = Bytes(directory, f"{where}: directory")
        self.directory(Bytes(stream.stream(unpacked), f"{where}: directory"))
        stream.end()

    def directory(self, c):
        expect(c.take(16) == self.name, f"{self.where}: two names")
        self.rows, self.shape_count, self.source_count, chunks = (c.number() for _ in range(4))
        named = [c.number(), c.number()]
        sizes = [c.number() for _ in range(chunks)]
        sums = [c.u64() for _ in range(chunks)]
        self.chunks, at = [], 4096
        for size, total in zip(sizes, sums):
            self.chunks.append((at, size, total))
            at += size
        expect(at == self.body, f"{self.where}: chunks do not fill the file")
        self.columns = []
        for _ in range(c.number()):
            column = {"name": c.text(), "repeats": c.byte(), "types": c.number(), "pages": []}
            expect(column["repeats"] <= 1, f"{self.where}: a column repeats {column['repeats']}")
            for _ in range(c.number()):
                column["pages"].append((c.number(), c.number()))
                expect(0 < column["pages"][-1][0] <= 65536, f"{self.where}: a page of no or too many values")
                named.append(column["pages"][-1][1])
            self.columns.append(column)
        expect(self.columns[0]["name"] == self.columns[1]["name"] == b"", f"{self.where}: columns 0 and 1 have names")
        self.blocks = []
        for _ in range(c.number()):
            block = {"rows": c.number(), "timed": c.number(), "cells": []}
            if block["timed"]:
                block["first"] = c.signed()
                block["last"] = block["first"] + c.number()
            block["chunk"] = c.number()
            named.append(block["chunk"])
            for _ in range(c.number()):
                column, cells, new, chunk = (c.number() for _ in range(4))
                block["cells"].append((column, cells, new, chunk - 1))
                expect(chunk > 0 or cells == new, f"{self.where}: cells without a chunk are not all new")
                if chunk:
                    named.append(chunk - 1)
            expect(0 < block["rows"] <= 65536, f"{self.where}: a block of {block['rows']} rows")
            expect(sum(cells for _, cells, _, _ in block["cells"]) <= 1 << 24, f"{self.where}: too many cells")
            self.blocks.append(block)
        hashes = [c.take(32) for _ in range(-(-self.body // (1 << 20)))]
        c.end()
        for i, each in enumerate(hashes):
            expect(sha256(self.data[i << 20 : min((i + 1) << 20, self.body)]) == each, f"{self.where}: the hash of MiB {i}")
        expect(sorted(named) == list(range(chunks)), f"{self.where}: each chunk is named once")
        expect(sum(block["rows"] for block in self.blocks) == self.rows, f"{self.where}: rows of blocks")
        self.shapes_chunk, self.sources_chunk = named[:2]

    def chunk(self, number):
        at, size, total = self.chunks[number]
        data = self.data[at : at + size]
        expect(xxh3(data) == total, f"{self.where}: at {at}: the sum of chunk {number}")
        return Bytes(data, f"{self.where}: chunk {number} at {at}")

    def packed(self, number):
        """A chunk of one stream with its size in front."""
        c = self.chunk(number)
        inner = Bytes(c.stream(c.number()), c.where)
        c.end()
        return inner

    def shapes(self):
        c, out = self.packed(self.shapes_chunk), []
        for _ in range(self.shape_count):
            places = []
            for _ in range(c.number()):
                n = c.number()
                inner, element = n >> 1 & 3, c.number() if n & 1 else 0
                expect((element or not n & 1) and element < 65536, f"{c.where}: a place {n}, {element}")
                expect(n >> 3 < len(self.columns), f"{c.where}: a column that is not there")
                places.append((n >> 3, inner, element))
            expect(places and places[0] == (0, 0, 0), f"{c.where}: the first place is not the kind's")
            expect(all(column != 0 and (column != 1 or i == 1) for i, (column, _, _) in enumerate(places) if i), c.where)
            out.append(places)
        c.end()
        return out

    def sources(self):
        c, out = self.packed(self.sources_chunk), []
        for _ in range(self.source_count):
            source = {"path": c.text(), "reader": c.text(), "sha256": c.take(32), "size": c.number(), "modified": c.signed(), "before": c.number(), "rows": c.number()}  # fmt: skip
            source["counts"] = {}
            for _ in range(c.number()):
                which = c.number()
                source["counts"][which] = c.number()
            out.append(source)
        c.end()
        return out

    def column_values(self):
        """All values, by column and code."""
        out = []
        for column in self.columns:
            mine = []
            for count, chunk in column["pages"]:
                c = self.chunk(chunk)
                mine += values(c, count)
                c.end()
            types = sum(1 << RAW.index(name) for name in {name for name, _ in mine})
            expect(types == column["types"], f"{self.where}: {column['name']}: types")
            out.append(mine)
        return out

    def records(self):
        """Every row, in order, as a dict; fields: (name, raw type, bytes, inner, element)."""
        shapes, sources, all_values = self.shapes(), self.sources(), self.column_values()
        given, of_source, out = [0] * len(self.columns), [0] * len(sources), []
        for block in self.blocks:
            n, c = block["rows"], self.chunk(block["chunk"])
            shape, source, flags = c.codes(n), c.codes(n), c.stream(n)
            expect(all(each < 32 and each & 24 != 24 for each in flags), f"{c.where}: flags")
            timed = [i for i in range(n) if flags[i] & 4]
            told = [i for i in range(n) if flags[i] & 28]
            owned = [i for i in range(n) if flags[i] & 16]
            when = dict(zip(timed, map(signed64, c.numbers(len(timed)))))
            zones, precisions = self.zones(c, n, told)
            own = dict(zip(owned, map(signed64, c.numbers(len(owned)))))
            numbers, sizes, gaps = c.numbers(n), c.numbers(n), c.numbers(n)
            c.end()
            expect(len(timed) == block["timed"], f"{c.where}: rows with a time")
            if timed:
                expect((min(when.values()), max(when.values())) == (block["first"], block["last"]), f"{c.where}: times")
            rows, end = [], 0
            for i in range(n):
                expect(shape[i] < len(shapes) and source[i] < len(sources), f"{c.where}: row {i}")
                offset = (end + gaps[i]) & MASK
                end = offset + sizes[i]
                of_source[source[i]] += 1
                rows.append({
                    "source": source[i], "salvaged": bool(flags[i] & 1), "unordered": bool(flags[i] & 2),
                    "when": when.get(i), "own": when.get(i) if flags[i] & 8 else own.get(i), "zone": zones.get(i),
                    "precision": precisions.get(i), "number": numbers[i], "size": sizes[i], "offset": offset,
                    "fields": [None] * len(shapes[shape[i]]),
                })  # fmt: skip
            self.cells(block, shapes, shape, rows, given, all_values)
            out += rows
        expect(given == [len(each) for each in all_values], f"{self.where}: values that no row has")
        expect(of_source == [each["rows"] for each in sources], f"{self.where}: rows of sources")
        for row in out:
            row["source"] = sources[row["source"]]
            row["number"] = (row["number"] + row["source"]["before"]) & MASK
            row["kind"], row["time_text"] = row["fields"].pop(0)[1][1], b""
            if row["fields"] and row["fields"][0][0] == 1:
                row["time_text"] = row["fields"].pop(0)[1][1]
            row["fields"] = [
                (self.columns[column]["name"].decode("utf-8", "surrogateescape"), *value, inner, element)
                for column, value, inner, element in row["fields"]
            ]
            if any(inner == 3 for _, _, _, inner, _ in row["fields"]):
                row["fields"] = [self.unfolded(row["fields"], i) for i in range(len(row["fields"]))]
        return out

    def unfolded(self, fields, i):
        """Folded texts: what members hold is put into the text."""
        name, raw, text, inner, element = fields[i]
        if inner != 3:
            return fields[i]
        first = i
        while first and (fields[first - 1][3] or fields[first - 1][0] == name or fields[first - 1][0].startswith(name + ".")):
            first -= 1
        members = iter([value for _, _, value, is_inner, _ in fields[first:i] if not is_inner])
        out, put = [], 0
        for byte in text:
            if byte in (1, 2):
                value = next(members, None)
                expect(value is not None, f"{self.where}: a folded text names more members than there are")
                put += byte == 1
            expect(byte != 0, f"{self.where}: a zero in a folded text")
            out.append(value if byte == 1 else b"" if byte == 2 else bytes((byte,)))
        expect(put, f"{self.where}: a folded text without a member")
        return name, raw, b"".join(out), 2, element

    @staticmethod
    def zones(c, n, told):
        zones, precisions = c.stream(n), c.stream(n)
        expect(all(each < 4 for each in zones) and all(each < 12 for each in precisions), f"{c.where}: zones, precisions")
        return {i: zones[i] for i in told}, {i: precisions[i] for i in told}

    def cells(self, block, shapes, shape, rows, given, all_values):
        met, order = {}, {}
        for i, which in enumerate(shape):
            met.setdefault(which, []).append(i)
        for which, mine in met.items():
            for place, (column, _, _) in enumerate(shapes[which]):
                order.setdefault(column, []).extend((i, place) for i in mine)
        expect(sorted(order) == sorted(column for column, _, _, _ in block["cells"]), f"{self.where}: columns of a block")
        for column, count, new, chunk in block["cells"]:
            expect(count == len(order[column]), f"{self.where}: cells of column {column}")
            codes = [0] * count
            if chunk >= 0:
                c = self.chunk(chunk)
                codes = c.codes(count)
                c.end()
            before = given[column]
            for code, (i, place) in zip(codes, order[column]):
                if code == 0:
                    code, given[column] = given[column], given[column] + 1
                else:
                    code -= 1
                    expect(code < given[column], f"{self.where}: a code that was not given yet")
                expect(code < len(all_values[column]), f"{self.where}: a code without a value")
                _, inner, element = shapes[shape[i]][place]
                rows[i]["fields"][place] = (column, all_values[column][code], inner, element)
            expect(given[column] - before == new, f"{self.where}: new codes of column {column}")


# ---- index runs: docs/formats/archive-index.md ----


def siphash(key, data):
    """SipHash-2-4."""
    k0, k1 = struct.unpack("<QQ", key)
    v0, v1, v2, v3 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rotated(x, n):
        return (x << n | x >> 64 - n) & MASK

    def rounds(n):
        nonlocal v0, v1, v2, v3
        for _ in range(n):
            v0, v2 = (v0 + v1) & MASK, (v2 + v3) & MASK
            v1, v3 = rotated(v1, 13) ^ v0, rotated(v3, 16) ^ v2
            v0, v2 = (rotated(v0, 32) + v3) & MASK, (v2 + v1) & MASK
            v1, v3 = rotated(v1, 17) ^ v2, rotated(v3, 21) ^ v0
            v2 = rotated(v2, 32)

    padded = data + bytes(7 - len(data) % 8) + bytes((len(data) & 255,))
    for (word,) in struct.iter_unpack("<Q", padded):
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 255
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3


class Keys:
    """Keys of values in their one spelling."""

    CLASSES = {"address": 0, "host": 2, "url": 3, "hash": 4, "mail": 5, "file": 6, "whole": 7}
    VERSION = 2

    def __init__(self, secret, zeros):
        self.secret, self.zeros = secret, zeros

    def of(self, which, data):
        what = b"longwatch observable key\0" + bytes((self.VERSION, self.CLASSES[which]))
        key = hashlib.blake2b(what, digest_size=16, key=self.secret).digest()
        return siphash(key, data) >> self.zeros << self.zeros


class Run:
    """An index run, all of it: keys and addresses, each with the numbers of its segments."""

    PARTS = ("blocks", "presence", "directory", "long", "addresses", "address directory", "segments")

    def __init__(self, data, where="run"):
        self.data, self.where = data, where
        tail = data[-272:]
        expect(len(tail) == 272, f"{where}: {len(data)} bytes")
        fixed = struct.unpack_from("<9Q4I", tail)
        total, self.made, size, self.key_count, self.address_count, self.pages, self.pages_behind, self.blocks, self.address_blocks, count, self.flags, self.key_bytes, self.zeros = fixed  # fmt: skip
        self.parts = {name: struct.unpack_from("<QQQ", tail, 88 + 24 * i) for i, name in enumerate(self.PARTS)}
        expect(tail[264:] == b"LWINDEX\0" and struct.unpack_from("<II", tail, 256) == (1, 0), f"{where}: version or end")
        expect(total == xxh3(tail[8:]) and size == len(data), f"{where}: sum or size of the end")
        end = 0
        for name in self.PARTS:
            at, length, _ = self.parts[name]
            step = 4096 if name == "presence" else 8
            expect(at == -(-end // step) * step and not any(data[end:at]), f"{where}: {name} begins at {at}, behind {end}")
            end = at + length
        expect(-(-end // 8) * 8 == len(data) - 272 and not any(data[end:-272]), f"{where}: what lies before the end")
        for name in ("address directory", "segments"):
            expect(self.parts[name][2] == xxh3(self.part(name)), f"{where}: the hash of {name}")
        c = Bytes(self.part("segments"), f"{where}: segments")
        self.segments = [c.number()]
        for _ in range(count - 1):
            self.segments.append(self.segments[-1] + c.number())
        c.end()
        expect(len(set(self.segments)) == len(self.segments), f"{where}: segments ascend")
        expect(bool(self.flags & 2) == (count == 1) or not self.flags & 2, f"{where}: flags")
        self.keys = self.read_keys() if self.flags & 1 else None
        self.addresses = self.read_addresses()
        expect(len(self.addresses) == self.address_count, f"{where}: addresses")
        self.presence()

    def part(self, name):
        at, size, _ = self.parts[name]
        return self.data[at : at + size]

    def checked(self, data, number, what):
        (total,) = struct.unpack_from("<I", data)
        expect(total == (xxh3(data[4:]) + number * 0x9E3779B97F4A7C15) & 0xFFFFFFFF, f"{self.where}: the sum of {what} {number}")

    def posting(self, c):
        if self.flags & 2:
            return tuple(self.segments)
        x = c.number()
        if x & 1:
            places = [x // 2]
        elif x == 0:
            return tuple(self.segments)
        elif x == 2:
            return self.long(c.number())
        else:
            places = self.rising(c, x // 2)
        expect(places == sorted(set(places)) and places[-1] < len(self.segments), f"{self.where}: places of a key")
        return tuple(self.segments[place] for place in places)

    @staticmethod
    def rising(c, n):
        places = [c.number()]
        for _ in range(n - 1):
            places.append(places[-1] + 1 + c.number())
        return places

    def long(self, at):
        data = self.part("long")
        (size,) = struct.unpack_from("<I", data, at + 4)
        data = data[at : at + 8 + size]
        self.checked(data, at, "a list at")
        c = Bytes(data[8:], f"{self.where}: list at {at}")
        if c.byte() == 0:
            places = self.rising(c, c.number())
            c.end()
        else:
            first, bits = c.number(), c.data[c.at :]
            places = [first + i for i in range(8 * len(bits)) if bits[i // 8] >> i % 8 & 1]
        expect(places and places[-1] < len(self.segments), f"{self.where}: a list at {at}")
        return tuple(self.segments[place] for place in places)

    def read_keys(self):
        directory, blocks = struct.unpack(f"<{self.blocks + 1}Q", self.part("directory")), self.part("blocks")
        expect(directory[0] == 0 and directory[-1] == len(blocks), f"{self.where}: the directory")
        keys, mask = {}, (1 << self.zeros) - 1
        for number in range(self.blocks):
            data = blocks[directory[number] : directory[number + 1]]
            self.checked(data, number, "block")
            c = Bytes(data[4:], f"{self.where}: block {number}")
            (count,) = struct.unpack("<I", c.take(4))
            first = (-(-(number << 64) // self.blocks) + mask) & ~mask
            mine = [(int.from_bytes(c.take(self.key_bytes), "little") << self.zeros) + first for _ in range(count)]
            expect(mine == sorted(set(mine)) and all(key * self.blocks >> 64 == number for key in mine), f"{c.where}: keys")
            keys.update((key, self.posting(c)) for key in mine)
            c.end()
        expect(len(keys) == self.key_count, f"{self.where}: {len(keys)} keys")
        return keys

    def read_addresses(self):
        directory, blocks = self.part("address directory"), self.part("addresses")
        entries = [(int.from_bytes(directory[i : i + 16], "big"), struct.unpack_from("<Q", directory, i + 16)[0]) for i in range(0, len(directory), 24)]
        if not self.address_count:
            return {}
        expect(len(entries) == self.address_blocks + 1 and entries[-1] == ((1 << 128) - 1, len(blocks)), f"{self.where}: address directory")
        found = {}
        for number, ((first, at), (_, end)) in enumerate(zip(entries, entries[1:])):
            data = blocks[at:end]
            self.checked(data, number, "block of addresses")
            c = Bytes(data[4:], f"{self.where}: addresses {number}")
            (count,) = struct.unpack("<I", c.take(4))
            expect(count == 128 or number == self.address_blocks - 1, f"{c.where}: {count} addresses")
            # Differences first, or each followed by its segments.
            address = first
            for i in range(count):
                if i:
                    n = shift = 0
                    while True:
                        byte = c.byte()
                        n |= (byte & 127) << shift
                        shift += 7
                        if byte < 128:
                            break
                    address += n + 1
                expect(address not in found and (not found or address > max(found)), f"{c.where}: addresses rise")
                found[address] = self.posting(c)
            c.end()
        return found

    def page(self, number):
        data = self.part("presence")[4096 * number : 4096 * (number + 1)]
        self.checked(data, number, "page")
        more, zero = struct.unpack_from("<IQ", data, 4)
        ends = struct.unpack_from("<128H", data, 16)
        remainders = struct.unpack_from("<1912H", data, 272)
        expect(zero == 0 and list(ends) == sorted(ends) and ends[-1] <= 1912, f"{self.where}: page {number}")
        parts = [set(remainders[begin:end]) for begin, end in zip((0, *ends), ends)]
        expect(more == 0 or more > number or number < self.pages, f"{self.where}: page {number}: pages behind")
        return parts, more

    def presence(self):
        """Every key is on its page, or on those behind it."""
        expect(len(self.part("presence")) == 4096 * (self.pages + self.pages_behind), f"{self.where}: pages")
        pages = [self.page(number) for number in range(self.pages + self.pages_behind)]
        for key in self.keys or ():
            place = key * self.pages
            number, rest = place >> 64, place & MASK
            part, remainder = rest >> 57, rest >> 41 & 0xFFFF
            while remainder not in pages[number][0][part]:
                number = pages[number][1] - 1
                expect(number >= 0, f"{self.where}: key {key:016x} is not on its page")


# ---- the manifest and the folder: docs/formats/archive.md ----

NONE = -(1 << 63)
UNDATED = -(1 << 31)


class Operation:
    """One operation, taken apart. What it means is State's business."""

    # kind: name, fixed numbers, lists (the name of the count: the name of the list), texts
    FORMS = {
        1: ("begin", "id:16s", {}, "program who note"),
        2: ("add", "number:Q length:Q rows:Q first:q last:q hash:32s month:i", {}, "family"),
        3: ("end", "why:I n:I k:I zeros:I", {"old": "n", "new": "k"}, "who note policy"),
        4: ("removed", "n:Q k:Q", {"segments": "n", "runs": "k"}, ""),
        5: ("hold", "from:q to:q n:Q", {"segments": "n"}, "name who basis why family"),
        6: ("lift", "", {}, "name who why"),
        7: ("policy", "days:I from_adding:I", {}, "name family who why"),
        8: ("end_policy", "", {}, "name who why"),
        9: ("erasure", "old:Q new:Q old_hash:32s new_hash:32s values:Q", {}, "who basis why"),
        10: ("add_run", "number:Q length:Q hash:32s tier:I first_month:i last_month:i n:I", {"pairs": "2n"}, "about"),
        11: ("end_runs", "n:Q", {"runs": "n"}, ""),
        12: ("label", "sequence:Q kept:Q", {}, "name who why"),
        13: ("end_label", "", {}, "name who why"),
        14: ("generation", "number:Q hash:32s", {}, ""),
        15: ("note", "", {}, "name who why"),
        16: ("counters", "next_segment:Q next_run:Q erasures:Q latest:q", {}, ""),
    }

    def __init__(self, c):
        at = c.at
        kind, zeros, length = struct.unpack("<HHI", c.take(8))
        where = f"{c.where}: operation at {at}"
        expect(kind in self.FORMS and zeros == 0 and length % 8 == 0 and 8 <= length <= 8388608, f"{where}: kind {kind}, {length} bytes")
        inner = Bytes(c.take(length - 8), where)
        self.name, fixed, lists, texts = self.FORMS[kind]
        self.of = {}
        for each in fixed.split():
            name, form = each.split(":")
            (self.of[name],) = struct.unpack("<" + form, inner.take(struct.calcsize("<" + form)))
        expect(self.of.get("zeros", 0) == 0, f"{where}: zeros")
        for name, count in lists.items():
            n = self.of[count.strip("2")] * (2 if count[0] == "2" else 1)
            self.of[name] = list(struct.unpack(f"<{n}Q", inner.take(8 * n)))
        for name in texts.split():
            (size,) = struct.unpack("<H", inner.take(2))
            expect(size <= 4096, f"{where}: a text of {size} bytes")
            self.of[name] = inner.take(size).decode()
        rest = inner.take(len(inner.data) - inner.at)
        expect(len(rest) < 8 and not any(rest), f"{where}: what follows the texts")

    def __getitem__(self, name):
        return self.of[name]


class State:
    """What is true behind a record."""

    def __init__(self):
        self.id, self.segments, self.runs = None, {}, {}
        self.holds, self.policies, self.labels = {}, {}, {}
        self.next_segment = self.next_run = 1
        self.erasures = 0

    def live(self):
        return {number: each for number, each in self.segments.items() if each["ended"] is None}

    def live_runs(self):
        return {number: each for number, each in self.runs.items() if each["ended"] is None}

    def do(self, op, sequence, when, added):
        name = op.name
        if name == "begin":
            expect(self.id is None, "a second begin")
            self.id = op["id"]
        elif name == "add":
            expect(op["number"] >= self.next_segment, f"segment {op['number']} is not a new number")
            timed = op["first"] != NONE
            expect(timed == (op["last"] != NONE) == (op["month"] != UNDATED) and op["first"] <= op["last"], "times of a segment")
            self.segments[op["number"]] = {**op.of, "sequence": sequence, "added": when, "ended": None}
            self.next_segment = op["number"] + 1
            added.add(op["number"])
        elif name == "end":
            expect(op["old"] == sorted(set(op["old"])) and op["old"], "old segments ascend")
            expect(all(each in self.live() and each not in added for each in op["old"]), "an old segment is not live")
            expect(all(each in added for each in op["new"]), "a new segment was not added by this record")
            expect(op["why"] in (1, 2) or not op["new"], "only what is compacted or erased has new segments")
            expect(op["why"] != 1 or op["new"], "compacted into nothing")
            if op["new"] and op["why"] == 1:
                rows = lambda them: sum(self.segments[each]["rows"] for each in them)  # noqa: E731
                expect(rows(op["old"]) == rows(op["new"]), "compaction loses rows")
            for each in op["old"]:
                self.segments[each]["ended"], self.segments[each]["why"] = sequence, op["why"]
        elif name == "removed":
            for each in op["segments"]:
                expect(self.segments[each]["ended"] is not None, "a live segment is removed")
                del self.segments[each]
            for each in op["runs"]:
                expect(self.runs[each]["ended"] is not None, "a live run is removed")
                del self.runs[each]
        elif name == "add_run":
            expect(op["number"] >= self.next_run, f"run {op['number']} is not a new number")
            ranges = list(zip(op["pairs"][::2], op["pairs"][1::2]))
            expect(all(a <= b for a, b in ranges) and all(x[1] < y[0] for x, y in zip(ranges, ranges[1:])), "ranges of a run")
            self.runs[op["number"]] = {**op.of, "ranges": ranges, "ended": None}
            self.next_run = op["number"] + 1
        elif name == "end_runs":
            for each in op["runs"]:
                expect(self.runs[each]["ended"] is None, "a run ends twice")
                self.runs[each]["ended"] = sequence
        elif name in ("hold", "policy", "label"):
            named = {"hold": self.holds, "policy": self.policies, "label": self.labels}[name]
            expect(op["name"] not in named, f"a second {name} {op['name']}")
            named[op["name"]] = op.of
        elif name in ("lift", "end_policy", "end_label"):
            named = {"lift": self.holds, "end_policy": self.policies, "end_label": self.labels}[name]
            expect(op["name"] in named, f"{name} of nothing")
            del named[op["name"]]
        elif name == "erasure":
            self.erasures += 1
        elif name == "counters":
            self.next_segment, self.next_run, self.erasures = op["next_segment"], op["next_run"], op["erasures"]


def small_file(path, lines, summed=True):
    """Its lines, each as a regular pattern would have it: a prefix."""
    data = path.read_bytes()
    if summed:
        text, total = data[:-21], data[-21:]
        expect(total == b"sum %016x\n" % xxh3(text), f"{path.name}: sum")
        data = text
    got = data.decode().split("\n")
    expect(got[-1] == "" and len(got) == len(lines) + 1, f"{path.name}: {len(got) - 1} lines")
    for line, prefix in zip(got, lines):
        expect(line.startswith(prefix), f"{path.name}: {line!r}")
    return [line[len(prefix) :] for line, prefix in zip(got, lines)]


class Record:
    def __init__(self, data, where):
        c = Bytes(data, where)
        magic, length, self.sequence, self.time, self.behind, count, signature = struct.unpack("<4sIQq32sII", c.take(64))
        expect(magic == b"LWRE" and length == len(data) and length % 8 == 0 and length <= 16777216, f"{where}: no record")
        expect(struct.unpack("<Q", data[-8:])[0] == xxh3(data[:-8]), f"{where}: sum")
        self.hash = sha256(data)
        self.operations = [Operation(c) for _ in range(count)]
        self.signature = c.take(signature)
        rest = data[c.at : -8]
        expect(len(rest) < 8 and not any(rest), f"{where}: what follows the signature")


class Archive:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for at in (self.folder, *self.folder.rglob("*")):
            expect(at.stat().st_mode & 0o7777 == (0o700 if at.is_dir() else 0o600), f"{at.name}: mode")
        expect((self.folder / "FORMAT").read_bytes() == b"longwatch archive, format 1\n", "FORMAT")
        _, (current,) = (None, small_file(self.folder / "CURRENT", ["longwatch archive, current manifest", ""])[1:])
        _, archive, sequence, record = small_file(self.folder / "HEAD", ["longwatch archive, last commit", "archive ", "sequence ", "record "])
        _, secret = small_file(self.folder / "secret", ["longwatch archive, secret key of the index", ""])
        self.secret = bytes.fromhex(secret)
        expect(len(self.secret) == 32 and len(sequence) == 20, "HEAD, secret")
        generations = sorted(each.name for each in self.folder.glob("MANIFEST-??????"))
        expect(current == generations[-1], f"CURRENT names {current}")
        self.state, self.records, self.states = State(), [], {}
        for number, name in enumerate(generations, 1):
            self.generation(number, self.folder / name)
        expect(self.state.id.hex() == archive, "the id in HEAD")
        head = [each for each in self.records if each.sequence == int(sequence)]
        expect(head and head[0].hash.hex() == record, "the record in HEAD")

    def generation(self, number, path):
        data = path.read_bytes()
        where = path.name
        magic, version, size, archive, own, base, state, items, behind = struct.unpack_from("<8sII16sQQQQ32s", data)
        expect((magic, version, size, own) == (b"LWMANIF1", 1, 128, number), f"{where}: head")
        expect(not any(data[96:120]) and struct.unpack_from("<Q", data, 120)[0] == xxh3(data[:120]), f"{where}: sum of the head")
        expect(behind == (self.records[-1].hash if self.records else bytes(32)), f"{where}: the chain between generations")
        expect(base == len(self.records) and (state != 0) == (number > 1), f"{where}: base")
        if state:
            self.restated(Bytes(data[128 : 128 + state], f"{where}: state"), items)
        at = 128 + state
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at + 4)
            one = Record(data[at : at + length], f"{where}: record at {at}")
            expect(one.sequence == len(self.records) + 1, f"{where}: sequence {one.sequence}")
            expect(one.behind == (self.records[-1].hash if self.records else bytes(32)), f"{where}: at {at}: the chain")
            added = set()
            for op in one.operations:
                self.state.do(op, one.sequence, one.time, added)
                if op.name == "generation":
                    expect(op["hash"] == sha256(data[: 128 + state]) and op["number"] == number, f"{where}: the hash of the state")
            expect(self.state.id == archive, f"{where}: the id")
            self.records.append(one)
            self.states[one.sequence] = {each: (at["family"], at["month"]) for each, at in self.state.live().items()}
            at += length
        expect(at == len(data), f"{where}: more bytes than records")

    def restated(self, c, items):
        """The state says what the records before say."""
        again = State()
        for _ in range(items):
            sequence, when = struct.unpack("<Qq", c.take(16))
            op = Operation(c)
            if op.name == "add":
                again.segments[op["number"]] = {**op.of, "sequence": sequence, "added": when, "ended": None}
            elif op.name == "end":
                again.segments[op["old"][0]]["ended"], again.segments[op["old"][0]]["why"] = sequence, op["why"]
            else:
                again.do(op, sequence, when, set())
        c.end()
        expect(again.segments == self.state.segments, f"{c.where}: segments")
        expect((again.holds, again.policies, again.labels) == (self.state.holds, self.state.policies, self.state.labels), f"{c.where}: names")
        mine = self.state
        expect((again.next_segment, again.next_run, again.erasures) == (mine.next_segment, mine.next_run, mine.erasures), f"{c.where}: counters")
        expect({n: each["ended"] for n, each in again.runs.items()} == {n: each["ended"] for n, each in mine.runs.items()}, f"{c.where}: runs")

    def segment_path(self, number):
        of = self.state.segments[number]
        month = "undated" if of["month"] == UNDATED else f"{of['month'] // 12:04}-{of['month'] % 12 + 1:02}"
        return self.folder / "segments" / month / f"{number:08}-{of['hash'][:8].hex()}.lws"

    def run_path(self, number):
        return self.folder / "index" / f"{number:08}-{self.state.runs[number]['hash'][:8].hex()}.lwi"

    def segment(self, number):
        """Opened, and compared with what the manifest says of it."""
        of, path = self.state.segments[number], self.segment_path(number)
        data = path.read_bytes()
        segment = Segment(data, path.name)
        expect(len(data) == of["length"] and segment.rows == of["rows"], f"{path.name}: length or rows")
        expect(sha256(data) == of["hash"], f"{path.name}: hash")
        timed = [block for block in segment.blocks if block["timed"]]
        times = (min(each["first"] for each in timed), max(each["last"] for each in timed)) if timed else (NONE, NONE)
        expect(times == (of["first"], of["last"]), f"{path.name}: times")
        return segment

    def run(self, number):
        of, path = self.state.runs[number], self.run_path(number)
        data = path.read_bytes()
        run = Run(data, path.name)
        expect(len(data) == of["length"] and sha256(data) == of["hash"], f"{path.name}: length or hash")
        within = {each for first, last in of["ranges"] for each in range(first, last + 1)}
        expect(set(run.segments) <= within, f"{path.name}: segments that the manifest does not name")
        return run

    def strays(self):
        """Files of segments and runs that no record names."""
        named = {self.segment_path(each) for each in self.state.segments} | {self.run_path(each) for each in self.state.runs}
        there = {*self.folder.glob("segments/*/*"), *self.folder.glob("index/*"), *self.folder.glob("tmp/*"), *self.folder.glob("quarantine/*")}
        return sorted(map(str, there ^ named))

    def evidence(self):
        """All records of live segments but those of ledgers."""
        for number, of in sorted(self.state.live().items()):
            if of["family"] != "ledger":
                for record in self.segment(number).records():
                    yield of, record

    def ledger(self):
        """Lines of the ledgers, in order: dicts of texts and numbers."""
        for number, of in sorted(self.state.live().items()):
            if of["family"] == "ledger":
                segment = self.segment(number)
                expect([each["reader"] for each in segment.sources()] == [b"ledger"], "the source of a ledger")
                for record in segment.records():
                    expect(record["when"] is None and record["kind"] == b"", "a line of a ledger with a time or kind")
                    line = {}
                    for name, raw, data, _, _ in record["fields"]:
                        expect(raw in ("text", "u64", "binary") and name not in line, f"a ledger's {name}: {raw}")
                        line[name] = struct.unpack("<Q", data)[0] if raw == "u64" else data.decode("utf-8", "surrogateescape")
                    yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--records", action="store_true")
    options = parser.parse_args()
    archive = Archive(options.archive)
    if options.records:
        for _, record in archive.evidence():
            record["source"] = {name: str(value) for name, value in record["source"].items()}
            print(json.dumps(record, default=lambda data: data.decode("utf-8", "backslashreplace")))
        return
    live = archive.state.live()
    rows = sum(len(archive.segment(each).records()) for each in live)
    print(f"{archive.state.id.hex()}: {len(archive.records)} records of the manifest, {len(live)} live segments, {rows} rows")
    for each in archive.state.live_runs():
        run = archive.run(each)
        print(f"run {each}: {run.key_count} keys, {run.address_count} addresses, of segments {', '.join(map(str, run.segments))}")
    for stray in archive.strays():
        print(f"no record names {stray}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"oracle: {wrong}")
