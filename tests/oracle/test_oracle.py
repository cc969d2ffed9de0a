"""test_oracle: the vectors of section 12 and the oracle's own parts, against the oracle. No engine needed."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import correlation_oracle
import sigma_oracle
import vectors


def folding():
    assert sigma_oracle.fold("ÉИſKßẞΣς") == "éиskßßσσ"
    assert sigma_oracle.fold("İıI") == "İıi"


def escapes():
    star, one = sigma_oracle.STAR, sigma_oracle.ONE
    table = [
        (r"a\b", list("a\\b")), (r"a\\b", list("a\\b")), (r"a\\*b", ["a", "\\", star, "b"]),
        (r"a\\\*b", list("a\\*b")), (r"a\\\\b", list("a\\\\b")), (r"a\\\b", list("a\\\\b")),
        ("\\", ["\\"]), ("a?", ["a", one]), (r"\?", ["?"]), (r"\%", ["\\", "%"]), ("", []),
    ]  # fmt: skip
    for text, tokens in table:
        assert sigma_oracle.tokens_of(text) == tokens, text
    assert sigma_oracle.tokens_of(r"\%", True) == ["%"]


def shifted_base64():
    table = [
        ("foobar", ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]), ("foo", ["Zm9v", "Zvb", "mb2"]),
        ("http://", ["aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"]), ("IEX", ["SUVY", "lFW", "JRV"]), ("é", ["w6", "Op", "Dq"]),
    ]  # fmt: skip
    for text, variants in table:
        assert sigma_oracle.base64_shifted(text.encode()) == variants, text
    assert sigma_oracle.base64_shifted("IEX".encode("utf-16-le")) == ["SQBFAFgA", "kARQBYA", "JAEUAWA"]
    assert all(sigma_oracle.base64_shifted(b"x"))


def undecodable_byte_is_one_character():
    rule = vectors.HEAD + "detection: {sel: {A: 'a?c'}, condition: sel}"
    assert sigma_oracle.matches(rule, sigma_oracle.parse_event(b'{"A": "a\xffc"}'))
    assert not sigma_oracle.matches(rule, sigma_oracle.parse_event(b'{"A": "a\xff\xfec"}'))


def times():
    read = correlation_oracle.nanoseconds
    assert read("1970-01-01T00:00:01Z") == 10**9
    assert read("1970-01-01T01:00:00.5+01:00") == 5 * 10**8
    assert read("1969-12-31T23:59:59.999999999Z") == -1
    assert read("2024-02-30T00:00:00Z") is None and read("x") is None and read(None) is None


def main():
    passed = failed = 0
    for test in (folding, escapes, shifted_base64, undecodable_byte_is_one_character, times):
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"{test.__name__}: {error}")
    for name, complaints in vectors.check_oracle():
        for complaint in complaints:
            print(f"{name}: {complaint}")
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
