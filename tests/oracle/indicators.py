"""indicators: which indicators a text and an event hold, said slowly: one indicator against one text at a time, no index, no memory.

Written from src/intel/observable.h and src/detection/indicator.h, and from what somebody who reads logs would say, without
knowledge of how the engine does it. What the two do not promise alike is not decided here: `test_indicators.py` does not ask for it.

An indicator is (type, value), types as observable_name() has them. An event is an object of `longwatch events --json`.
"""

import functools
import ipaddress
import re
import unicodedata
import urllib.parse

HEX_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "imphash": 32, "ja3": 32}
STOPS = ".\u3002\uff0e\uff61"  # UTS 46 2.3
FOLDERS = {"%appdata%": "appdata\\roaming", "%temp%": "temp", "%localappdata%": "appdata\\local", "%windir%": "windows", "%programdata%": "programdata"}
# What may stand in front of and behind the name of a file where names stand in a text.
NAME_EDGES = "\\/\\\\\\s\"'=:,;|<>()&\\[\\]{}`?#*\u00ab\u00bb\u201c\u201d\u201e"


# --- one spelling each ----------------------------------------------------------------------------


def address(text):
    """An address, a mapped one as IPv4; None: it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def domain(text):
    """Its labels, small and ASCII, as a tuple; None: it is no name."""
    for stop in STOPS[1:]:
        text = text.replace(stop, ".")
    labels = []
    for label in text.rstrip(".").split("."):
        if not label.isascii():
            label = unicodedata.normalize("NFKC", label).lower()
            label = unicodedata.normalize("NFC", label)
            if not label.isascii():
                label = "xn--" + label.encode("punycode").decode()
        if not label or len(label) > 63:
            return None
        labels.append(label.lower())
    return tuple(labels)


def _path_of_web(path):
    """Percent-encoding of signs that need none undone, that of others in capitals; dots resolved."""

    def undone(match):
        sign = chr(int(match[1], 16))
        return sign if sign.isascii() and (sign.isalnum() or sign in "-._~") else match[0].upper()

    path, question, query = path.replace("&amp;", "&").partition("?")
    path, query = (re.sub("%([0-9A-Fa-f]{2})", undone, part) for part in (path, query))
    kept = []
    for piece in path.split("/")[1:]:
        if piece == "..":
            kept[-1:] = []
        elif piece != ".":
            kept.append(piece)
    return "/" + "/".join(kept), query if question else None


def web_address(text):
    """(host, port or None, path, query or None) of an address with or without scheme; None: it is none."""
    text = re.sub("^[a-z]+://", "", text, flags=re.I).partition("#")[0]
    match = re.fullmatch(r"(?:[^/?@\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?:\s\[\]]+)(?::(\d+))?([/?].*)?", text, re.S)
    if not match:
        return None
    literal = address(match[1].strip("[]"))
    host = str(literal) if literal else domain(match[1])
    port = None if match[2] in (None, "80", "443") else match[2]
    rest = match[3] or "/"
    return (host, port, *_path_of_web(rest if rest[0] == "/" else "/" + rest)) if host else None


def path(text):
    """Names from the first to the last, small, without drive, variable, home, device."""
    variable = re.match(r"(%[^%]+%)[\\/]", text)
    if variable and variable[1].lower() in FOLDERS:
        text = FOLDERS[variable[1].lower()] + text[variable.end() - 1 :]
    text = re.sub(r"^(\\\\[?.]\\|\\\?\?\\)?([a-z]:|%[^%\\/]+%|~|\\device\\harddiskvolume\d+(?=\\))?", "", text, flags=re.I)
    return tuple(name.lower() for name in re.split(r"[\\/]+", text) if name)


def registry(text):
    """HKLM\\a\\b, whatever the hive is called; None: it has none."""
    text = text.lower().strip()
    for name, short in (("hkey_local_machine", "hklm"), ("\\registry\\machine", "hklm"), ("hkey_current_user", "hkcu"), ("hkey_users", "hku"), ("\\registry\\user", "hku"), ("hkey_classes_root", "hklm\\software\\classes"), ("hkcr", "hklm\\software\\classes")):
        if text.startswith(name + "\\"):
            text = short + text[len(name) :]
    text = re.sub(r"^hku\\s-1-5-21-[-\d]+_classes(?=\\)", r"hkcu\\software\\classes", text)
    text = re.sub(r"^hku\\s-1-5-21-[-\d]+(?=\\)", "hkcu", text)
    text = re.sub(r"^hklm\\system\\controlset\d\d\d(?=\\)", r"hklm\\system\\currentcontrolset", text)
    return text if re.match(r"hk(lm|cu|u)\\.", text) else None


def phone(text):
    """+ and digits, or the digits alone; None: too few."""
    text = re.sub(r"^(tel|sip|sips):", "", text.strip(), flags=re.I)
    text = re.sub(r"[@;].*$", "", text)
    if re.search(r"[^-+\d\s./()]", text):
        return None
    digits = re.sub(r"\(0\)" if text.startswith(("+", "00")) else "$^", "", text)
    digits = re.sub(r"[^\d+]", "", digits)
    digits = re.sub("^00", "+", digits)
    return digits if re.fullmatch(r"\+?\d{5,20}", digits) else None


def certificate(text):
    digits = re.sub("^0x", "", text.strip().lower())
    if not re.fullmatch(r"[0-9a-f]+([: -][0-9a-f]+)*", digits):
        return None
    digits = re.sub("[: -]", "", digits).lstrip("0")
    return digits if len(digits) <= 40 else None


def mac(text):
    digits = re.sub("[-:.]", "", text.strip().lower())
    return digits if re.fullmatch("[0-9a-f]{12}", digits) and re.search("[-:.]", text) else None


def mutex(text):
    text = text.strip().lower()
    while stripped := re.fullmatch(r"(global\\|local\\|\\\\\.\\pipe\\|\\basenamedobjects\\)(.+)", text, re.S):
        text = stripped[2]
    return text


def words(text):
    return re.sub(r"\s+", " ", text.strip()).lower()


WHOLE = {
    "certificate": certificate,
    "subject": words,
    "user-agent": str.strip,
    "command": words,
    "mutex": mutex,
    "registry": registry,
    "service": lambda text: text.strip().lower().lstrip("\\"),
    "phone": phone,
    "mac": mac,
    "as": lambda text: text.strip().lower(),
    "ja4": lambda text: text.strip().lower(),
}


# --- one indicator in one text ---------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def spellings(text):
    """The text as it stands, and without its percent-encoding, which programs may have done twice."""
    out = [text]
    while len(out) < 4 and re.search("%[0-9A-Fa-f]{2}", out[-1]):
        decoded = urllib.parse.unquote(out[-1], errors="replace")
        if decoded == out[-1]:
            break
        out.append(decoded)
    return out


@functools.lru_cache(maxsize=4096)
def addresses_in(text):
    out = set()
    for found in re.finditer(r"(?<![^\W_])(?<!\.)\d{1,3}(?:\.\d{1,3}){3}(?![^\W_])(?!\.\w)", text):
        out.add(address(found[0]))
    for found in re.finditer(r"(?<![\w.])[0-9A-Fa-f:.]+", text):
        run = found[0].rstrip(".")
        if run.count(":") >= 2 and not re.match(r"\w", text[found.end() :]):
            out.update(address(each) for each in (run, run.rstrip(":"), run.lstrip(":"), run.strip(":")))
    return out - {None}


def _hosts(text):
    """Names of hosts that stand in a text: all that label signs and stops between them make."""
    for found in re.finditer(rf"[\w\-{STOPS}]+", text):
        for piece in re.split(rf"[{STOPS}]{{2,}}", found[0]):
            name = domain(piece.strip(STOPS))
            if name and len(name) > 1:
                yield name


@functools.lru_cache(maxsize=4096)
def hosts_in(text):
    return set(_hosts(text))


def same_address(wanted, found):
    """One that says no port is meant at any, one that says no query with any."""
    return wanted[0] == found[0] and wanted[2] == found[2] and wanted[1] in (None, found[1]) and wanted[3] in (None, found[3])


def _url_at(text, wanted):
    """Does an address of the web that begins here, and ends somewhere, have the wanted one's parts?"""
    rest = re.match(r"[^\s\"<>{}|^`\u00ab\u00bb\u201c\u201d]*", text)[0]
    for cut in (0, 1, 2, 3):  # what stands behind it in a sentence, in brackets, in quotes
        if cut and not (len(rest) > cut and set(rest[-cut:]) <= set(".,;:!?)]'*")):
            break
        found = web_address(rest[: len(rest) - cut])
        if found and same_address(wanted, found):
            return True
    return False


def _holds_url(value, text):
    wanted = web_address(value)
    for found in re.finditer(r"(?<![\w.\-])(?=[\w\[])", text):
        if _url_at(text[found.start() :], wanted):
            return True
    return False


def _holds_hash(value, text):
    return re.search(f"(?<![0-9A-Za-z]){value}(?![0-9A-Za-z])", text, re.I) is not None


def _holds_mail(value, text):
    local, _, name = value.partition("@")
    for found in re.finditer(rf"(?<![\w.+\-]){re.escape(local)}@([\w\-{STOPS}]+)", text, re.I):
        if domain(found[1].strip(STOPS)) == domain(name):
            return True
    return False


def _name_ends(text, at):
    """Nothing behind a name, or a sign that ends it, or the point of a sentence."""
    return re.match(rf"$|[{NAME_EDGES}]|\.(\s|$)|[.!](?=[\"')\]])", text[at:]) is not None


def _holds_name(value, text):
    for found in re.finditer(rf"(?<![^{NAME_EDGES}]){re.escape(value.lower())}", text.lower()):
        if _name_ends(text, found.end()):
            return True
    return False


def _holds_path(value, text):
    wanted = r"[\\/]+".join(re.escape(name) for name in path(value))
    text = text.lower()
    for variable, folder in FOLDERS.items():
        text = re.sub(rf"(?<![^{NAME_EDGES}]){re.escape(variable)}(?=[\\/])", lambda _, folder=folder: folder, text)
    for found in re.finditer(rf"(?<![^{NAME_EDGES}]){wanted}", text):
        if _name_ends(text, found.end()):
            return True
    return False


@functools.lru_cache(maxsize=1 << 20)
def holds(kind, value, text):
    """Does the text hold the indicator, wherever such things may stand?"""
    written = spellings(text)
    # Of `a.example%2Eorg` only what it means counts; signs of a path may be encoded in the indicator as well.
    if kind in ("address", "network", "domain", "mail"):
        # Line ends of a text in a text: `\\nhost`.
        written = [written[-1], re.sub(r"\\[ntr]", "\n", written[-1])]
    for each in written:
        if kind == "address":
            found = address(value) in addresses_in(each)
        elif kind == "network":
            network = ipaddress.ip_network(value, strict=False)
            found = any(one.version == network.version and one in network for one in addresses_in(each))
        elif kind == "domain":
            name = domain(value)
            found = any(one[-len(name) :] == name for one in hosts_in(each))
        elif kind == "url":
            found = _holds_url(value, each)
        elif kind in HEX_DIGITS:
            found = _holds_hash(value, each)
        elif kind == "mail":
            found = _holds_mail(value, each)
        elif kind == "file-name":
            found = _holds_name(value, each)
        elif kind == "file-path":
            found = _holds_path(value, each)
        elif kind in WHOLE:
            found = each is text and WHOLE[kind](value) is not None and WHOLE[kind](value) == WHOLE[kind](text)
        else:
            found = False
        if found:
            return True
    return False


# --- one indicator in one event -------------------------------------------------------------------

# Logs that hold an address of the web in parts: host, path, query.
PARTS = [("host", "uri", None), ("cs-host", "cs-uri-stem", "cs-uri-query"), ("cs-host", "cs-uri-path", "cs-uri-query")]


def _values(fields, name):
    value = fields.get(name)
    return [one for one in (value if isinstance(value, list) else [value]) if one is not None]


def _meant(kind, text, name, event):
    """Numbers are numbers of many things: of telephones in calls, and where they say so; of certificates if they are long."""
    if kind == "phone":
        return (event["kind"] or "").startswith("call") or re.match(r"\s*((tel|sips?):)?\+", text, re.I) is not None
    if kind == "certificate":
        return len(certificate(text)) >= 16 or re.search("serial|cert", name, re.I) is not None
    return True


def account_held(value, role):
    """jdoe is ACME\\jdoe, and the other way about only with the domain."""
    value, role = value.lower(), role.lower()
    return value == role or ("\\" not in value and "@" not in value and role.rpartition("\\")[2] == value)


def event_holds(kind, value, event):
    """The names of the fields in which the event holds the indicator; for an account {"role"}."""
    fields = event["fields"]
    if kind == "account":
        roles = (event["roles"].get(role, "") for role in ("account", "target_account"))
        return {"role"} if any(role and account_held(value, role) for role in roles) else set()
    if kind == "subject" and not (event["kind"] or "").startswith(("mail", "m365")):
        return set()
    out = {name for name in fields if any(holds(kind, value, one) and _meant(kind, one, name, event) for one in _values(fields, name))}
    if kind == "url":
        for host, stem, query in PARTS:
            for one in _values(fields, host):
                for other in _values(fields, stem):
                    for third in [None, *(_values(fields, query) if query else [])]:
                        behind = "" if third in (None, "-", "") else "?" + third.lstrip("?")
                        if other.startswith("/") and web_address(one + other + behind) and _joined(value, one + other + behind):
                            out |= {host, stem}
    return out - {"message"} or out  # the whole line says nothing more than its parts


def _joined(value, address_text):
    return same_address(web_address(value), web_address(address_text))
