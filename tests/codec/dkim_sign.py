#!/usr/bin/env python3
"""dkim_sign: signs made-up messages as RFC 6376 and 8617 say, sharing no code with what verifies them; `openssl` makes keys and signatures.

usage: dkim_sign.py FOLDER: writes keys.txt (records as a zone file has them), NAME.eml, and cases.tsv: name, kind (dkim or arc),
what must come of it, reason ("" any), l= ("" none).

Canonical forms are written from the RFC's text with regular expressions over the whole message, slow and plain.
"""
import base64
import hashlib
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1])
NOW = 1_700_000_000


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


class Key:
    def __init__(self, selector, *how):
        self.selector, self.path = selector, str(FOLDER / f"{selector}.pem")
        openssl("genpkey", *how, "-out", self.path)
        self.der = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        self.algorithm = "ed25519-sha256" if "ed25519" in how else "rsa-sha256"

    def record(self, extra=""):
        public = self.der[-32:] if self.algorithm[0] == "e" else self.der
        return f"v=DKIM1; {extra}k={self.algorithm.split('-')[0]}; p={base64.b64encode(public).decode()}"

    def sign(self, data, algorithm):
        at = FOLDER / "data"
        if algorithm == "ed25519-sha256":
            at.write_bytes(hashlib.sha256(data).digest())
            return openssl("pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", str(at))
        at.write_bytes(data)
        return openssl("dgst", "-sha1" if algorithm == "rsa-sha1" else "-sha256", "-sign", self.path, str(at))


def body_form(body, form):
    if form == "relaxed":
        body = re.sub(rb"[ \t]+", b" ", body)
        body = re.sub(rb" (?=\r\n|\Z)", b"", body)
    body = re.sub(rb"(\r\n)*\Z", b"", body)
    return body + b"\r\n" if body or form == "simple" else b""


def header_form(field, form):
    """field: bytes without the last line end."""
    if form == "simple":
        return field
    name, value = field.split(b":", 1)
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip().lower() + b":" + value


def fields_of(head):
    return re.findall(rb"[^\r\n][^\r]*(?:\r\n[ \t][^\r]*)*", head)


def chosen(fields, names):
    """From the bottom up, each field once."""
    left = list(fields)
    out = []
    for name in names:
        for at in range(len(left) - 1, -1, -1):
            if left[at].split(b":", 1)[0].strip().lower() == name.lower().encode():
                out.append(left.pop(at))
                break
    return out


def b64(data, width=None):
    text = base64.b64encode(data).decode()
    return "\r\n\t ".join(text[i : i + width] for i in range(0, len(text), width)) if width else text


def signature(key, fields, body, *, form="relaxed/relaxed", names="from to subject date".split(), header="DKIM-Signature",
              extra="", length=None, domain="example.org", algorithm=None, version="v=1; ", front=": ", end=""):
    head, _, tail = form.partition("/")
    whole = body_form(body, tail or "simple")
    cut = whole if length is None else whole[:length]
    algorithm = algorithm or key.algorithm
    field = (f"{header}{front}{version}a={algorithm}; c={form}; d={domain};\r\n\ts={key.selector}; {extra}"
             + (f"l={length}; " if length is not None else "")
             + f"h={' : '.join(names)};\r\n bh={b64(hashlib.sha256(cut).digest())};  b=").encode()
    data = b"".join(header_form(f, head) + b"\r\n" for f in chosen(fields, names)) + header_form(field + end.encode(), head)
    # What stands in b= may be folded and have blanks around it: all of it is left out.
    return field + ("\r\n  " + b64(key.sign(data, algorithm), 60) + " ").encode() + end.encode()


def seal(key, sets, number, cv="pass", domain="example.org"):
    """sets: (results, signature, seal) of all before, and (results, signature) of this one."""
    field = f"ARC-Seal: i={number}; a={key.algorithm}; cv={cv}; d={domain}; s={key.selector}; t={NOW};\r\n b=".encode()
    data = b"".join(header_form(f, "relaxed") + b"\r\n" for one in sets for f in one) + header_form(field, "relaxed")
    return field + b64(key.sign(data, key.algorithm), 64).encode()


HEAD = (b"Received: by one.example.org;\r\n\tTue, 14 Nov 2023 22:13:20 +0000\r\nFROM : Ada  \t Example <ada@example.org>\r\n"
        b"To: bob@example.net,\r\n  carol@example.net \r\nSubject: of  two\tblanks \r\nX-Twice: above\r\nX-Twice: below\r\n"
        b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.org>\r\n")
BODIES = {
    "plain": b"Hello,\r\n\r\n  two  blanks\t \tand more \r\n \t\r\nend\r\n",
    "many-empty": b"Hello\r\n\r\n \r\n\r\n\r\n",
    "no-end": b"Hello\r\nend of it ",
    "empty": b"",
    "only-lines": b"\r\n\r\n",
    "only-blank": b" \t",
    "long": b"".join(b"line %d of  many\t \r\n" % i for i in range(3000)),
    "lone-cr": b"a\rb \r c\r\nd\r\n",
}
cases = []


def case(name, message, result, reason="", kind="dkim", length=""):
    (FOLDER / f"{name}.eml").write_bytes(message)
    cases.append(f"{name}\t{kind}\t{result}\t{reason}\t{length}")


def joined(*parts, head=HEAD, body=BODIES["plain"]):
    return b"".join(p + b"\r\n" for p in parts) + head + b"\r\n" + body


def main():
    rsa = Key("rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    ed = Key("ed", "-algorithm", "ed25519")
    short = Key("short", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1023")
    least = Key("least", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    fields, body = fields_of(HEAD), BODIES["plain"]

    def one(name, result, reason="", key=rsa, length=None, **how):
        case(name, joined(signature(key, fields, body, length=length, **how)), result, reason, length="" if length is None else length)

    # Every form of every body, by both algorithms; as sent, and as an archive with LF keeps it.
    for key in (rsa, ed):
        for form in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "simple", "relaxed"):
            for name, text in BODIES.items():
                message = joined(signature(key, fields, text, form=form), body=text)
                where = f"{key.selector}-{form.replace('/', '-')}-{name}"
                case(where, message, "pass")
                if name != "lone-cr":
                    case(where + "-lf", message.replace(b"\r\n", b"\n"), "pass")

    # What a form forgives, and what not.
    def changed(name, form, old, new, result, reason=""):
        message = joined(signature(rsa, fields, body, form=form))
        assert message.count(old) == 1, (name, old)
        case("changed-" + name, message.replace(old, new), result, reason)

    changed("simple-header-blank", "simple/simple", b"of  two", b"of two", "fail", "signature differs")
    changed("relaxed-header-blank", "relaxed/simple", b"of  two", b"of two", "pass")
    changed("relaxed-header-fold", "relaxed/simple", b"of  two", b"of\r\n  two", "pass")
    changed("relaxed-header-case", "relaxed/simple", b"FROM : ", b"from: ", "pass")
    changed("simple-header-case", "simple/simple", b"FROM : ", b"from: ", "fail", "signature differs")
    changed("relaxed-header-letter", "relaxed/simple", b"of  two", b"oftwo", "fail", "signature differs")
    changed("relaxed-body-blank", "relaxed/relaxed", b"two  blanks", b"twoblanks", "fail", "body hash differs")
    changed("relaxed-body-run", "relaxed/relaxed", b"two  blanks", b"two \t blanks", "pass")
    changed("relaxed-body-end", "relaxed/relaxed", b"end\r\n", b"end \t\r\n \r\n\r\n", "pass")
    changed("simple-body-run", "relaxed/simple", b"two  blanks", b"two blanks", "fail", "body hash differs")
    changed("simple-body-end", "relaxed/simple", b"end\r\n", b"end\r\n\r\n\r\n", "pass")
    changed("simple-body-blank-end", "relaxed/simple", b"end\r\n", b"end\r\n ", "fail", "body hash differs")
    changed("leading-blank", "relaxed/relaxed", b"\r\n  two", b"\r\ntwo", "fail", "body hash differs")
    changed("unsigned-field", "relaxed/relaxed", b"X-Twice: above", b"X-Twice: other", "pass")
    changed("domain", "relaxed/relaxed", b"d=example.org", b"d=example.com", "no key", "key not given")

    # Repeated and oversigned fields.
    names = "from to subject date x-twice".split()
    signed = signature(rsa, fields, body, names=names)
    case("twice-lower", joined(signed), "pass")
    case("twice-above-changed", joined(signed).replace(b"above", b"ABOVE"), "pass")
    case("twice-below-changed", joined(signed).replace(b"below", b"BELOW"), "fail", "signature differs")
    case("twice-swapped", joined(signed).replace(b"X-Twice: above\r\nX-Twice: below", b"X-Twice: below\r\nX-Twice: above"),
         "fail", "signature differs")
    case("added-below", joined(signed).replace(b"Message-ID", b"X-Twice: new\r\nMessage-ID"), "fail", "signature differs")
    case("added-above", joined(b"X-Twice: new", signed), "pass")
    over = signature(rsa, fields, body, names=names + names + ["x-none", "x-none", ""])
    case("oversigned", joined(over), "pass")
    case("oversigned-added-from", joined(b"From: eve@example.com", over), "fail", "signature differs")
    case("oversigned-added-none", joined(b"X-None: 1", over), "fail", "signature differs")
    case("not-oversigned-added-from", joined(b"From: eve@example.com", signed), "pass")

    # Its own field, and another's.
    below = signature(ed, fields, body)
    both = signature(rsa, [below] + fields, body, names=["from", "dkim-signature"])
    case("signs-signature", joined(both, below), "pass")
    case("signs-signature-over", joined(signature(rsa, [below] + fields, body, names=["from", "dkim-signature", "dkim-signature"]), below),
         "pass")
    case("signs-signature-lost", joined(both), "fail", "signature differs")
    case("b-first", joined(signature(rsa, fields, body, form="simple/simple", end="; z=a=b:c=d; q=dns/txt")), "pass")
    case("no-blank", joined(signature(rsa, fields, body, front=":")), "pass")
    case("upper-name", joined(signature(rsa, fields, body, header="DKIM-SIGNATURE", form="simple/simple")), "pass")

    # l=: of the canonical body.
    whole = len(body_form(body, "relaxed"))
    one("length", "pass", length=whole)
    part = signature(rsa, fields, body, length=7)
    case("length-behind", joined(part, body=body + b"spam\r\n"), "pass", length=7)
    case("length-within", joined(part, body=body.replace(b"Hello", b"Hallo")), "fail", "body hash differs", length=7)
    case("length-short", joined(part, body=b"Hell"), "fail", "body shorter than l=", length=7)
    one("length-zero", "pass", length=0)
    long = signature(rsa, fields, body, length=whole).replace(b"l=%d" % whole, b"l=%d" % (whole + 1))
    case("length-beyond", joined(long), "fail", "body shorter than l=", length=whole + 1)
    one("length-word", "permerror", "l= is no number", extra="l=seven; ")

    # Time.
    one("expires", "pass", extra=f"t={NOW - 9}; x={NOW}; ")
    one("expired", "permerror", "expired", extra=f"t={NOW - 9}; x={NOW - 1}; ")
    one("expired-before", "permerror", "expired before it was signed", extra=f"t={NOW}; x={NOW}; ")
    one("clock-ahead", "pass", extra=f"t={NOW + 86400}; ")
    one("future", "permerror", "signed in the future", extra=f"t={NOW + 86401}; ")
    one("t-word", "permerror", "t= is no number", extra="t=1e9; ")
    one("x-empty", "permerror", "x= is no number", extra="x=; ")
    one("x-huge", "pass", extra="x=" + "9" * 76 + "; ")
    one("x-huger", "permerror", "x= is no number", extra="x=" + "9" * 77 + "; ")
    old = signature(rsa, fields, body, extra=f"x={NOW - 1}; ")
    case("expired-and-changed", joined(old, body=b"other\r\n"), "fail", "body hash differs")

    # i=, h=, a=, v=, c=, q=, tags.
    one("identity", "pass", extra="i=ada@example.org; ")
    one("identity-below", "pass", extra="i=ada@mail.Example.ORG; ")
    one("identity-other", "permerror", "i= is not within d=", extra="i=ada@example.com; ")
    one("identity-suffix", "permerror", "i= is not within d=", extra="i=ada@badexample.org; ")
    one("identity-empty", "permerror", "i= is not within d=", extra="i=; ")
    one("identity-no-domain", "permerror", "i= is not within d=", extra="i=ada@; ")
    one("domain-point-behind", "permerror", "d= is no domain", domain="example.org.")
    one("identity-above", "permerror", "i= is not within d=", extra="i=@org; ")
    one("no-from", "permerror", "From is not signed", names=["to", "subject"])
    one("sha1", "permerror", "rsa-sha1 proves nothing any more", algorithm="rsa-sha1")
    case("algorithm-unknown", joined(signature(rsa, fields, body).replace(b"a=rsa-sha256", b"a=rsa-sha512")), "permerror",
         "unknown algorithm")
    case("algorithm-of-other-key", joined(signature(rsa, fields, body).replace(b"a=rsa-sha256", b"a=ed25519-sha256")), "permerror",
         "key of another algorithm")
    one("version-2", "permerror", "unknown version", version="v=2; ")
    one("version-none", "permerror", "unknown version", version="")
    case("form-unknown", joined(signature(rsa, fields, body).replace(b"c=relaxed", b"c=nowsp")), "permerror",
         "unknown canonicalization")
    one("query", "pass", extra="q=dns/txt; ")
    one("query-list", "pass", extra="q=other : dns/txt; ")
    one("query-unknown", "permerror", "unknown way to the key", extra="q=http; ")
    one("tag-twice", "permerror", "signature cannot be read", extra="t=1; t=1; ")
    one("tag-empty", "permerror", "signature cannot be read", extra="; ")
    one("tag-no-name", "permerror", "signature cannot be read", extra="=1; ")
    one("tag-unknown", "pass", extra="new_1=; ")
    one("tag-control", "permerror", "signature cannot be read", extra="z=\x01; ")
    one("domain-none", "permerror", "d= is no domain", domain="")
    one("domain-points", "permerror", "d= is no domain", domain="example..org")
    case("selector-none", joined(signature(rsa, fields, body).replace(b"s=rsa", b"s=")), "permerror", "s= is no selector")
    case("bh-short", joined(re.sub(rb"bh=....", b"bh=", signature(rsa, fields, body))), "permerror", "bh= cannot be read")
    case("b-none", joined(re.sub(rb"b=\r\n.*", b"b=", signature(rsa, fields, body), flags=re.S)), "permerror", "b= cannot be read")
    case("b-star", joined(signature(rsa, fields, body).replace(b"b=\r\n ", b"b=\r\n *")), "permerror", "b= cannot be read")
    case("b-long", joined(re.sub(rb"b=\r\n.*", b"b=" + b"A" * 1368, signature(rsa, fields, body), flags=re.S)), "permerror",
         "b= cannot be read")
    case("b-short", joined(re.sub(rb"b=\r\n.*", b"b=AAAA", signature(rsa, fields, body), flags=re.S)), "fail", "signature differs")
    case("ed-b-short", joined(re.sub(rb"b=\r\n.*", b"b=AAAA", signature(ed, fields, body), flags=re.S)), "fail",
         "signature differs")

    # Keys.
    sign_with = lambda selector, key=rsa: Alias(selector, key)
    table = [
        ("k-bare", rsa, "p=" + b64(rsa.der), "pass", ""),
        ("k-pkcs1", rsa, "k=rsa; p=" + b64(openssl("rsa", "-in", rsa.path, "-RSAPublicKey_out", "-outform", "DER")), "pass", ""),
        ("k-test", rsa, rsa.record("t=y; "), "pass", ""),
        ("k-hash", rsa, rsa.record("h=sha1 : sha256; "), "pass", ""),
        ("k-hash-sha1", rsa, rsa.record("h=sha1; "), "permerror", "key is not for this hash"),
        ("k-mail", rsa, rsa.record("s=email; "), "pass", ""),
        ("k-all", rsa, rsa.record("s=tlsrpt:*; "), "pass", ""),
        ("k-other-service", rsa, rsa.record("s=tlsrpt; "), "permerror", "key is not for mail"),
        ("k-revoked", rsa, "v=DKIM1; p=", "permerror", "key revoked"),
        ("k-none", rsa, "v=DKIM1; k=rsa", "permerror", "key record without a key"),
        ("k-version", rsa, rsa.record().replace("DKIM1", "DKIM2"), "permerror", "key record of an unknown version"),
        ("k-version-late", rsa, "p=" + b64(rsa.der) + "; v=DKIM1", "permerror", "key record of an unknown version"),
        ("k-type", rsa, rsa.record().replace("k=rsa", "k=dsa"), "permerror", "key of an unknown type"),
        ("k-twice", rsa, rsa.record("k=rsa; "), "permerror", "key record cannot be read"),
        ("k-words", rsa, "v=DKIM1; nothing here", "permerror", "key record cannot be read"),
        ("k-cut", rsa, rsa.record()[:-40], "permerror", "key cannot be read"),
        ("k-behind", rsa, "p=" + b64(rsa.der + b"\0"), "permerror", "key cannot be read"),
        ("k-ed-as-rsa", rsa, "k=rsa; p=" + b64(ed.der), "permerror", "key cannot be read"),
        ("k-rsa-as-ed", ed, "k=ed25519; p=" + b64(rsa.der), "permerror", "key cannot be read"),
        ("k-ed-der", ed, "k=ed25519; p=" + b64(ed.der), "permerror", "key cannot be read"),
        ("k-other", rsa, Key("other", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048").record(), "fail", "signature differs"),
        ("k-mismatch", rsa, ed.record(), "permerror", "key of another algorithm"),
        ("k-blanks", rsa, " v = DKIM1 ;\tp = " + b64(rsa.der)[:50] + " \t" + b64(rsa.der)[50:] + " ; ", "pass", ""),
    ]  # fmt: skip
    records = [(key.selector, key.record()) for key in (rsa, ed, short, least)]
    for selector, key, record, result, reason in table:
        records.append((selector, record))
        one(selector, result, reason, key=sign_with(selector, key))
    one("key-1023", "permerror", "key too short", key=short)
    one("key-1024", "pass", key=least)
    records.append(("k-strict", rsa.record("t=s:y; ")))
    one("strict", "pass", key=sign_with("k-strict"), extra="i=ada@example.org; ")
    one("strict-none", "pass", key=sign_with("k-strict"))
    one("strict-below", "permerror", "i= is below d=, and the key forbids it", key=sign_with("k-strict"),
        extra="i=ada@mail.example.org; ")
    records += [("k-changed", "v=DKIM1; p="), ("k-changed", ed.record()), ("k-changed", rsa.record())]
    one("key-changed", "pass", key=sign_with("k-changed"))
    one("key-changed-ed", "pass", key=sign_with("k-changed", ed))

    # Chains.
    def chain(count, start=None, cvs=None, key=None):
        sets, inner = [], start or fields
        for i in range(1, count + 1):
            key = (rsa, ed)[i % 2]
            results = f"ARC-Authentication-Results: i={i}; relay{i}.example.org;\r\n spf=pass".encode()
            signed = signature(key, inner, body, header="ARC-Message-Signature", version="", extra=f"i={i}; ")
            sets.append([results, signed])
            sets[-1].append(seal(key, sets, i, (cvs or {}).get(i, "pass" if i > 1 else "none")))
            inner = sets[-1][::-1] + inner
        return sets

    def chained(sets, **how):
        return joined(*[f for one in reversed(sets) for f in reversed(one)], **how)

    for count in (1, 2, 3, 50):
        case(f"arc-{count}", chained(chain(count)), "pass", kind="arc")
    three = chain(3)
    case("arc-lf", chained(three).replace(b"\r\n", b"\n"), "pass", kind="arc")
    case("arc-shuffled", joined(*[f for one in three for f in one]), "pass", kind="arc")
    case("arc-none", joined(), "none", kind="arc")
    case("arc-51", chained(chain(51)), "fail", "a field without a number from 1 to 50", kind="arc")
    case("arc-gap", chained([three[0], three[2]]), "fail", "a set is not whole", kind="arc")
    case("arc-first-lost", chained(three[1:]), "fail", "a set is not whole", kind="arc")
    case("arc-twice", chained(three + [three[1]]), "fail", "two fields of one number", kind="arc")
    case("arc-body", chained(three, body=b"other\r\n"), "fail", "body hash differs", kind="arc")
    case("arc-header", chained(three).replace(b"ada@", b"eve@"), "fail", "signature differs", kind="arc")
    case("arc-results", chained(three).replace(b"relay1.example.org", b"relay9.example.org"), "fail", "signature differs", kind="arc")
    case("arc-broken", chained(chain(2, cvs={2: "fail"})), "fail", "broken when it was sealed", kind="arc")
    case("arc-cv-first", chained(chain(1, cvs={1: "pass"})), "fail", "cv= is not what it must be", kind="arc")
    case("arc-cv-within", chained(chain(3, cvs={2: "fail"})), "fail", "cv= is not what it must be", kind="arc")
    three[2][2] = seal(rsa, three[:2] + [three[2][:2]], 3, domain="example.com")
    case("arc-no-key", chained(three), "no key", "key not given", kind="arc")
    case("arc-no-key-and-changed", chained(three).replace(b"relay1.example.org", b"relay9.example.org"), "fail", "signature differs",
         kind="arc")
    # Changed on the way, then signed anew: the chain holds, and says since when.
    first = chain(1)
    other = [f.replace(b"of  two", b"[list] of  two") for f in fields]
    results = b"ARC-Authentication-Results: i=2; list.example.org; arc=pass"
    sets = first + [[results, signature(rsa, first[0][::-1] + other, body, header="ARC-Message-Signature", version="", extra="i=2; ")]]
    sets[-1].append(seal(rsa, sets, 2))
    case("arc-list", chained(sets, head=HEAD.replace(b"of  two", b"[list] of  two")), "pass", kind="arc", length=2)

    lines = ["# Keys of the made-up messages.", "$TTL 3600", ""]
    for at, (selector, record) in enumerate(records):
        name = f"{selector}._DomainKey.Example.ORG"
        pieces = [record[i : i + 200] for i in range(0, len(record), 200)]
        quoted = ['"%s"' % p.replace("\\", "\\\\").replace('"', '\\"') for p in pieces]
        lines.append([
            f"{name} {record}",
            f"{name}.\t3600\tIN\tTXT\t{' '.join(quoted)} ; a comment",
            f"{name}. IN 1h TXT ( {(chr(10) + '  ').join(quoted)}\n  ) ; brackets",
            f"{name} {' '.join(quoted)}",
        ][at % 4])  # fmt: skip
    (FOLDER / "keys.txt").write_text("\n".join(lines) + "\n")
    (FOLDER / "cases.tsv").write_text("\n".join(cases) + "\n")


class Alias:
    """A key under another selector."""

    def __init__(self, selector, key):
        self.selector, self.algorithm, self.sign = selector, key.algorithm, key.sign


main()
