#!/usr/bin/env python3
"""Writes a PDF out of lines of text, each at its place, with nothing but the standard library: make_pdf.py TEXT PDF.

TEXT has one page after the other, divided by form feeds; a line's blanks are where they stand (Courier, 9 points). It is what an advisory
looks like that somebody has laid out, and pdftotext must find the columns again. The documents of this folder were made by it."""
import sys
import zlib

COLUMN, LINE, LEFT, TOP, WIDE, HIGH = 5.4, 11.0, 40.0, 790.0, 612, 842


def page_stream(text):
    """One text object; each run of words apart by two blanks or more is placed by itself, as word processors place cells."""
    out = ["BT /F1 9 Tf"]
    for number, line in enumerate(text.split("\n")):
        at = 0
        while at < len(line):
            if line[at] == " ":
                at += 1
                continue
            end = line.find("  ", at)
            end = len(line) if end < 0 else end
            words = line[at:end].encode("cp1252", "replace")
            escaped = words.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").decode("latin-1")
            out.append("1 0 0 1 %.1f %.1f Tm (%s) Tj" % (LEFT + at * COLUMN, TOP - number * LINE, escaped))
            at = end
    out.append("ET")
    return zlib.compress("\n".join(out).encode("latin-1"), 9)


def pdf(text):
    pages = text.rstrip("\f").split("\f")
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None,
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"]
    kids = []
    for page in pages:
        stream = page_stream(page.strip("\n"))
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(stream) + stream + b"\nendstream")
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
                       % (WIDE, HIGH, len(objects)))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as text, open(sys.argv[2], "wb") as out:
        out.write(pdf(text.read()))
