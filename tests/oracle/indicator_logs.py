"""indicator_logs: random indicators, texts in which they stand in many spellings or nearly stand, and logs of many formats that hold
such texts. What is planted and what is a near miss is decided here; indicators.py must say the same, the program must find the same.
"""

import base64
import csv
import io
import ipaddress
import json
import random
import urllib.parse

WORDS = "amber basin cedar delta ember fjord grove harbor island juniper kestrel lagoon meadow nectar orchard pebble quartz raven saddle tundra".split()
IDN = [("bücher", "xn--bcher-kva"), ("straße", "xn--strae-oqa"), ("пример", "xn--e1afmkfd"), ("例え", "xn--r8jz45g"), ("café", "xn--caf-dma"), ("łódź", "xn--d-uga0v4h")]
TOPS = ["example", "test", "invalid", "com", "net", "org", "de", "co.uk"]
ENDINGS = ["exe", "dll", "ps1", "docx", "zip", "bat", "lnk", "js", "sh", "elf"]
HASHES = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "imphash": 32, "ja3": 32}


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.indicators = []
        self.number = 0

    # --- values ---

    def word(self):
        return self.rng.choice(WORDS) + self.rng.choice(["", "", str(self.rng.randint(2, 99))])

    def hex(self, digits):
        text = "".join(self.rng.choice("0123456789abcdef") for _ in range(digits - 1))
        return self.rng.choice("abcdef") + text

    def v4(self):
        return f"{self.rng.choice(['192.0.2', '198.51.100', '203.0.113', '10.1.1'])}.{self.rng.randint(1, 254)}"

    def v6(self):
        return str(ipaddress.ip_address((0x20010DB8 << 96) + self.rng.randrange(1, 1 << self.rng.choice([8, 24, 64]))))

    def domain(self):
        rng = self.rng
        labels = [self.word() for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.2:
            labels[0] += "-" + self.word()
        if rng.random() < 0.2:
            labels[-1] = rng.choice(IDN)[1]
        return ".".join(labels) + "." + rng.choice(TOPS)

    def file(self):
        rng = self.rng
        name = self.word() + rng.choice(["", "_" + self.word(), "-" + self.word(), " " + self.word(), "".join(" " + self.word() for _ in range(rng.randint(2, 8)))])
        return f"{name}.{rng.choice(ENDINGS)}"

    def path_of_web(self):
        return "/" + "/".join(self.word() for _ in range(self.rng.randint(1, 3))) + self.rng.choice(["", ".php", ".html", "/"])

    def value(self, kind):
        rng = self.rng
        if kind in HASHES:
            return self.hex(HASHES[kind])
        if kind == "address":
            return self.v4() if rng.random() < 0.65 else self.v6()
        if kind == "network":
            if rng.random() < 0.7:
                return str(ipaddress.ip_network(f"{self.v4()}/{rng.randint(25, 30)}", strict=False))
            return str(ipaddress.ip_network(f"{self.v6()}/{rng.randint(100, 126)}", strict=False))
        if kind == "domain":
            return self.domain()
        if kind == "url":
            host = self.domain() if rng.random() < 0.8 else self.v4()
            port = rng.choice(["", "", "", ":80", ":8080"])
            return f"{rng.choice(['http', 'https'])}://{host}{port}{self.path_of_web()}{rng.choice(['', '', '?id=' + self.word()])}"
        if kind == "mail":
            return f"{self.word()}{rng.choice(['', '.' + self.word(), '_x'])}@{self.domain()}"
        if kind == "file-name":
            return self.file()
        if kind == "file-path":
            names = [self.word() for _ in range(rng.randint(1, 3))] + [self.file()]
            if rng.random() < 0.7:
                return rng.choice(["C:\\", "C:\\", "%APPDATA%\\", "%TEMP%\\", "%WINDIR%\\"]) + "\\".join(names)
            return "/" + rng.choice(["tmp", "var/tmp", "opt"]) + "/" + "/".join(names)
        if kind == "user-agent":
            return f"Mozilla/5.0 ({self.word()}; {self.word()}) {self.word()}/{rng.randint(1, 9)}.{rng.randint(0, 9)}"
        if kind == "mutex":
            return rng.choice(["", "Global\\"]) + self.word() + self.hex(6)
        if kind == "registry":
            hive = rng.choice(["HKLM\\SYSTEM\\CurrentControlSet", "HKLM\\SOFTWARE", "HKCU\\Software"])
            return "\\".join([hive, self.word(), self.word().capitalize()])
        if kind == "account":
            return rng.choice([self.word() + self.hex(3), "ACME\\" + self.word() + self.hex(3)])
        if kind == "phone":
            return f"+49{rng.choice(['30', '89', '171'])}{rng.randint(1000000, 9999999)}"
        if kind == "certificate":
            return self.hex(rng.choice([16, 32, 38]))
        if kind == "ja4":
            return f"t13d{rng.randint(1000, 1999)}h2_{self.hex(12)}_{self.hex(12)}"
        if kind == "service":
            return self.word() + self.hex(4)
        if kind == "mac":
            return ":".join(self.hex(2) for _ in range(6))
        raise ValueError(kind)

    KINDS = ["address"] * 5 + ["network"] * 2 + ["domain"] * 6 + ["url"] * 5 + ["mail"] * 3 + ["file-name"] * 3 + ["file-path"] * 3 + [
        "md5", "sha1", "sha256", "sha512", "imphash", "ja3", "user-agent", "mutex", "registry", "account", "phone", "certificate", "service", "mac",
    ]  # fmt: skip

    def choose(self, count):
        """Indicators, now and then two that are each other's parent, network or part."""
        rng = self.rng
        for _ in range(count):
            kind = rng.choice(self.KINDS)
            value = self.value(kind)
            if self.indicators and rng.random() < 0.12:
                near = rng.choice(self.indicators)
                if near[0] == "domain":
                    kind, value = rng.choice([("domain", f"{self.word()}.{near[1]}"), ("url", f"http://{self.word()}.{near[1]}{self.path_of_web()}"), ("mail", f"{self.word()}@{near[1]}")])
                elif near[0] == "file-path":
                    kind, value = "file-name", near[1].replace("/", "\\").rpartition("\\")[2]
            self.indicators.append((kind, value))
        self.indicators = sorted(set(self.indicators))

    # --- in texts ---

    def _case(self, text):
        return self.rng.choice([text, text, text.upper(), text.capitalize(), text.swapcase()])

    def _host(self, name):
        """One spelling of a name of a host."""
        rng = self.rng
        for unicode_label, ascii_label in IDN:
            if ascii_label in name and rng.random() < 0.5:
                return name.replace(ascii_label, unicode_label)
        return self._case(name)

    def _below(self, name):
        return self.rng.choice(["", "", self.word() + ".", f"{self.word()}-x.{self.word()}."]) + self._host(name)

    def _v6(self, value):
        rng, found = self.rng, ipaddress.ip_address(value)
        return rng.choice([value, value.upper(), found.exploded, f"[{value}]", f"[{value}]:443", f"[IPv6:{value}]", f"addr:{value}", urllib.parse.quote(f"[{value}]:80", safe="")])

    def _url(self, value):
        rng = self.rng
        scheme, _, rest = value.partition("://")
        host, slash, behind = rest.partition("/")
        name, colon, port = host.partition(":")
        host = self._host(name) + (colon + port if port not in ("", "80") else rng.choice(["", "", ":80"]))
        if rng.random() < 0.25 and behind:
            at = rng.randrange(len(behind))
            if behind[at].isalnum():
                behind = f"{behind[:at]}%{ord(behind[at]):02{rng.choice('xX')}}{behind[at + 1:]}"
        if "?" not in behind:
            behind += rng.choice(["", "", "?x=1", "?id=77&y=z"])
        behind += rng.choice(["", "", "", "#top"])
        return rng.choice([scheme + "://", "https://", "", "HTTP://"]) + host + slash + behind

    def planted(self, kind, value):
        """A text in which it stands."""
        rng = self.rng
        if kind == "address":
            if ":" in value:
                return self._around(self._v6(value))
            spelled = rng.choice([value, value, f"{value}:{rng.randint(1, 65535)}", f"::ffff:{value}", f"[::ffff:{value}]:22", f"src_{value}_443", f"10.9.9.9-{value}", f"u=http%3A%2F%2F{value}%2F", f"\\n{value}\\n", f"http://{value}/{self.word()}", f"{value}."])
            return self._around(spelled)
        if kind == "network":
            network = ipaddress.ip_network(value)
            return self.planted("address", str(network[rng.randrange(network.num_addresses)]))
        if kind == "domain":
            host = self._below(value)
            url = f"{rng.choice(['http', 'https', 'ftp'])}://{host}{rng.choice(['', ':8443'])}/{self.word()}"
            return self._around(rng.choice([
                host, host, host + ".", url, url, urllib.parse.quote(url, safe=""), f"{self.word()}@{host}", f"/r?u={urllib.parse.quote(url, safe='')}&k=1",
                f"\\\\{host}\\share\\{self.word()}", f"//{host}/x", f"{host}:443", f"user:pw@{host}", f"{self.word()}%40{host}", f"http://{self.word()}.example/{url}",
                urllib.parse.quote(urllib.parse.quote(f"/r?u={url}", safe=""), safe=""), f"\u201e{host}\u201c", f"\u00ab{url}\u00bb", host.replace(".", "\u3002"),
            ]))  # fmt: skip
        if kind == "url":
            url = self._url(value)
            quoted = urllib.parse.quote(url, safe="")
            return self._around(rng.choice([url, url, url, f"u={quoted}", f"http://{self.word()}.example/go?to={quoted}", f"<a href='{url}'>", f"({url})"]))
        if kind in HASHES:
            spelled = rng.choice([value, value.upper()])
            return self._around(rng.choice([spelled, f"{kind.upper()}={spelled}", f"{kind}:{spelled}", f"/{spelled}.bin", f"SHA9=00,MD5={spelled},X=1", f"{spelled}."]))
        if kind == "mail":
            local, _, name = value.partition("@")
            spelled = f"{self._case(local)}@{self._host(name)}"
            return self._around(rng.choice([spelled, f"<{spelled}>", f"mailto:{spelled}", f"'{spelled}'", f"to={spelled},", f'"{spelled}"', f"u={spelled.replace('@', '%40')}&x=1", f"{spelled};b@c.example", f"%3C{spelled}%3E"]))
        if kind == "file-name":
            name = self._case(value)
            folder = rng.choice(["C:\\Users\\x\\", "\\\\srv\\share\\", "/tmp/", "/opt/a b/", "", "./"])
            return self._around(rng.choice([folder + name, f'"{folder}{name}"', f"'{folder}{name}' /q", f'cmd /c "{folder}{name}"&&x', f"({name})", f"file={name};"]))
        if kind == "file-path":
            return self._around(self._path(value))
        if kind == "user-agent":
            return value
        if kind == "mutex":
            bare = value.rpartition("\\")[2]
            return rng.choice(["", "Global\\", "Local\\", "\\\\.\\pipe\\"]) + self._case(bare)
        if kind == "registry":
            return self._registry(value)
        if kind == "phone":
            digits = value[1:]
            return rng.choice([value, f"00{digits}", f"+{digits[:2]} {digits[2:4]} {digits[4:]}", f"tel:{value}", f"+{digits[:2]} (0){digits[2:4]}-{digits[4:]}"])
        if kind == "certificate":
            pairs = value if len(value) % 2 == 0 else "0" + value
            return rng.choice([value, value.upper(), "00" + value, ":".join(pairs[i : i + 2] for i in range(0, len(pairs), 2))])
        if kind in ("ja4", "service", "account"):
            return value
        if kind == "mac":
            return rng.choice([value, value.upper(), value.replace(":", "-")])
        raise ValueError(kind)

    def _path(self, value):
        rng = self.rng
        if value[0] == "/":
            return rng.choice([value, value, f'"{value}"', f"'{value}'", f"/mnt/image{value}"])
        bare = value.partition("\\")[2]
        front = rng.choice(["C:\\", "c:\\", "D:\\", "\\\\?\\C:\\", "\\Device\\HarddiskVolume2\\", "\\\\srv\\c$\\", "%SystemDrive%\\"])
        if value[0] == "%":
            variable = value.partition("\\")[0]
            home = "C:\\Users\\me\\AppData\\"
            front = rng.choice({"%APPDATA%": [home + "Roaming\\"], "%TEMP%": ["C:\\Windows\\Temp\\", home + "Local\\Temp\\"], "%WINDIR%": ["C:\\Windows\\"]}[variable] + [variable + "\\"])
        spelled = self._case(front + bare) if rng.random() < 0.4 else front + bare
        spelled = rng.choice([spelled, spelled, spelled.replace("\\", "/"), spelled.replace("\\", "\\\\")])
        return rng.choice([spelled, f'"{spelled}" -x', f'rundll32 "{spelled}",Run', f"'{spelled}'"])

    def _registry(self, value):
        rng = self.rng
        hive, _, rest = value.partition("\\")
        longer = {"HKLM": ["HKLM\\", "HKEY_LOCAL_MACHINE\\", "\\REGISTRY\\MACHINE\\"], "HKCU": ["HKCU\\", "HKEY_CURRENT_USER\\", "HKU\\S-1-5-21-1-2-3-1001\\"]}[hive]
        return rng.choice(longer) + rng.choice([rest, rest.upper(), rest.replace("CurrentControlSet", "ControlSet001")])

    def near(self, kind, value):
        """A text in which it nearly stands. What remains may hold another indicator; only this one it does not hold."""
        rng = self.rng
        if kind == "address" and ":" not in value:
            first, _, last = value.rpartition(".")
            return self._around(rng.choice([value + rng.choice("0123456789"), "1" + value, f"{value}.5", f"7.{value}", f"{first}.{int(last) ^ 1}", f"v{value}", f"{value}a", f"{value}.{self.word()}.example", value.replace(".", "-"), value.replace(".", "..", 1)]))
        if kind == "address":
            return self._around(rng.choice([value + ":1:2:3:4", "f" + value, value[:-1] + ("1" if value[-1] != "1" else "2"), value + "g", value + "0", "x" + value]))
        if kind == "network":
            network = ipaddress.ip_network(value)
            return self.near_address(network)
        if kind == "domain":
            host = self._host(value)
            return self._around(rng.choice([
                "not" + host, "x-" + host, f"{host}.{rng.choice(['org', 'example', 'evil.test'])}", host + "x", host.replace(".", "-"), f"http://not{host}/a", f"http://{host}.example/a",
                f"{self.word()}@not{host}", f"%2F%2Fnot{host}%2F", f"{host}%2Eorg", f"{host}_x", f"x_{host}", f"{host}-{self.word()}", f"é{host}", host.rpartition(".")[0], host.replace(".", "/", 1),
            ]))  # fmt: skip
        if kind == "url":
            url = value.partition("://")[2]
            host, slash, behind = url.partition("/")
            stem, question, query = behind.partition("?")
            host = host.partition(":")[0]
            port = value.partition("://")[2].partition("/")[0].partition(":")[2]
            other = f"{host}:9090" if port not in ("", "80") else "1" + host
            return self._around(rng.choice([
                f"http://x{host}/{behind}", f"http://{other}/{behind}", f"http://{host}.example/{behind}", f"{self.word()}.{url}" if not host[0].isdigit() else f"http://1{url}", f"http://{host}/x{behind}",
                f"http://{host}/{stem}x{question}{query}", f"http://{host}/{stem}/x" if stem[-1:] != "/" else f"http://{host}/{stem}x", f"http://{host}/{stem.swapcase()}{question}{query}",
                f"http://{host}", f"http://{self.word()}.example/{host}" , f"http://{host}/{stem}?id=no" if question else f"http://{host}/no/{stem}",
            ]))  # fmt: skip
        if kind in HASHES:
            return self._around(rng.choice([value + "0", "0" + value, value[1:], value[:-1], value + "g", "z" + value, value[:8] + "-" + value[8:], value[::-1]]))
        if kind == "mail":
            return self._around(rng.choice(["x" + value, value + ".example", value.replace("@", "@mx."), "a." + value, value.replace("@", "+tag@"), value.replace("@", " @ "), value.partition("@")[0], value[:-1] + "zz", f"-{value}"]))
        if kind == "file-name":
            name = self._case(value)
            return self._around(rng.choice(["not" + name, name + ".config", name + "_", name + "x", "_" + name, name.rpartition(".")[0], f"C:\\x\\very-{name}", name + ".bak", f"{name.rpartition('.')[0]}.x.{name.rpartition('.')[2]}"]))
        if kind == "file-path":
            bare = value.partition("\\")[2] or value[1:]
            separator = "\\" if "\\" in value else "/"
            names = bare.split(separator)
            names[0] = "x" + names[0]
            return self._around(rng.choice([separator.join(names), separator + bare + "x", separator + bare + ".bak", separator + bare.replace(separator, separator + "in" + separator), separator + separator.join(bare.split(separator)[1:])]))
        if kind in ("user-agent", "mutex", "registry", "service", "account", "ja4"):
            return rng.choice([value + "x", "x" + value, "see " + value + " there", value[:-1]])
        if kind == "phone":
            return rng.choice([value + "0", value[:-1], "+1" + value[1:], "x" + value])
        if kind == "certificate":
            return rng.choice([value + "0", value[:-1], "1" + value, "x" + value])
        if kind == "mac":
            return rng.choice([value + ":00", value[:-1], "x" + value])
        raise ValueError(kind)

    def near_address(self, network):
        rng = self.rng
        beyond = int(network.broadcast_address) + 1 if rng.random() < 0.5 else int(network.network_address) - 1
        return self._around(str(type(network.network_address)(beyond)))

    def _around(self, spelled):
        rng = self.rng
        return rng.choice([
            spelled, spelled, f"{self.word()} {spelled} {self.word()}", f"{self.word()}: {spelled}, {self.word()}", f'x="{spelled}" y', f"({spelled})", f"[{spelled}]", f"a={spelled} b=2", f"{self.word()} {spelled}",
            f"{spelled} {self.word()}",
        ])  # fmt: skip

    def text(self, *kinds):
        """Anything: planted, near, or nothing of interest."""
        rng, dice = self.rng, self.rng.random()
        chosen = [each for each in self.indicators if not kinds or each[0] in kinds]
        if not chosen or dice < 0.15:
            return " ".join(self.word() for _ in range(rng.randint(1, 6)))
        kind, value = rng.choice(chosen)
        if dice < 0.6:
            return self.planted(kind, value)
        if dice < 0.95:
            return self.near(kind, value)
        return f"{self.planted(kind, value)} {self.text(*kinds)}"

    # --- logs ---

    def stamp(self):
        self.number += 1
        minute, second = divmod(self.number, 60)
        return f"2024-03-05T{8 + minute // 60 % 12:02}:{minute % 60:02}:{second:02}Z"

    def _address(self):
        chosen = [value for kind, value in self.indicators if kind == "address"]
        return self.rng.choice(chosen) if chosen and self.rng.random() < 0.5 else self.v4()

    def _host_only(self):
        rng = self.rng
        chosen = [value for kind, value in self.indicators if kind == "domain"]
        if not chosen or rng.random() < 0.3:
            return self.domain()
        name = rng.choice(chosen)
        return rng.choice([name, name.upper(), f"{self.word()}.{name}", "not" + name, name + ".org"])

    def _host_and_path(self):
        """A host and what stands behind it, apart."""
        rng = self.rng
        chosen = [value for kind, value in self.indicators if kind == "url"]
        if not chosen or rng.random() < 0.4:
            return self._host_only(), self.path_of_web()
        host, slash, behind = rng.choice(chosen).partition("://")[2].partition("/")
        if rng.random() < 0.4:
            behind = rng.choice([behind + "x", "x" + behind, behind + "/x", behind.partition("?")[0] + "?no=1"])
        elif "?" not in behind and rng.random() < 0.3:
            behind += "?x=1"
        return host.replace(":80", "") if host.endswith(":80") else host, slash + behind

    def access(self, count):
        out = []
        for _ in range(count):
            said = self.text().replace('"', "'").replace("\\", "/")
            path = urllib.parse.quote(self.text(), safe="/:?=&%.@~-_") if self.rng.random() < 0.5 else self.path_of_web()
            out.append(f'{self._address()} - - [05/Mar/2024:08:00:00 +0000] "GET /{path.lstrip("/")} HTTP/1.1" 200 512 "{self.text("url", "domain").replace(chr(34), "")}" "{said}"')
        return "access.log", "\n".join(out) + "\n"

    def syslog(self, count):
        out = []
        for number in range(count):
            program = self.rng.choice(["app[77]", "kernel", "sshd[812]", "postfix/smtpd[9]", "cron"])
            said = self.text()
            if program == "sshd[812]" and self.rng.random() < 0.5:
                said = f"Failed password for {self.word()} from {self._address()} port 4711 ssh2"
            out.append(f"Mar  5 08:{number // 60 % 60:02}:{number % 60:02} host1 {program}: {said}")
        return "messages", "\n".join(out) + "\n"

    def windows(self, count):
        out, rng = [], self.rng
        for number in range(count):
            system = {"EventRecordID": number + 1, "TimeCreated": {"SystemTime": self.stamp()}, "Computer": "WS1.acme.example", "Provider": {"Name": "Microsoft-Windows-Sysmon"}, "Channel": "Microsoft-Windows-Sysmon/Operational"}
            choice = rng.choice([1, 3, 11, 13, 17, 22, 7, 4624, 7045, 4104])
            hashes = f"MD5={self.hex(32)},SHA256={self.hex(64)}" if rng.random() < 0.5 else self.text("md5", "sha1", "sha256", "imphash")
            data = {
                1: {"Image": self.text("file-path", "file-name"), "CommandLine": self.text(), "Hashes": hashes, "User": self.text("account"), "ParentCommandLine": self.text()},
                3: {"DestinationIp": self._address(), "DestinationHostname": self._host_only(), "Image": self.text("file-path")},
                11: {"TargetFilename": self.text("file-path", "file-name"), "Image": "C:\\Windows\\explorer.exe"},
                13: {"TargetObject": self.text("registry"), "Details": self.text(), "Image": self.text("file-name")},
                17: {"PipeName": self.text("mutex"), "Image": self.text("file-name")},
                22: {"QueryName": self._host_only(), "QueryResults": f"::ffff:{self._address()};type: 5 {self._host_only()};{self._address()};" if rng.random() < 0.6 else self.text()},
                7: {"ImageLoaded": self.text("file-path"), "Hashes": hashes, "Signature": self.text()},
                4624: {"TargetUserName": self.text("account"), "IpAddress": self._address(), "WorkstationName": self.word(), "LogonType": "3"},
                7045: {"ServiceName": self.text("service"), "ImagePath": self.text("file-path"), "AccountName": self.text("account")},
                4104: {"ScriptBlockText": "\n".join(self.text() for _ in range(rng.randint(1, 4))), "Path": self.text("file-path")},
            }[choice]  # fmt: skip
            channel = {4624: ("Microsoft-Windows-Security-Auditing", "Security"), 7045: ("Service Control Manager", "System"), 4104: ("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational")}.get(choice)
            if channel:
                system["Provider"], system["Channel"] = {"Name": channel[0]}, channel[1]
            out.append(json.dumps({"Event": {"System": {**system, "EventID": choice}, "EventData": data}}, ensure_ascii=rng.random() < 0.5))
        return "windows.jsonl", "\n".join(out) + "\n"

    def zeek(self, count):
        """http, dns, conn, ssl, x509, files, each a file of its own lines."""
        rng, out = self.rng, {}
        shapes = {
            "http": ("id.orig_h id.resp_h method host uri referrer user_agent", lambda: (self.v4(), self._address(), "GET", *self._host_and_path(), self.text("url"), self.text("user-agent"))),
            "dns": ("id.orig_h id.resp_h query answers", lambda: (self.v4(), self.v4(), self._host_only(), f"{self._address()},{self._host_only()}")),
            "conn": ("id.orig_h id.resp_h proto service", lambda: (self.v4(), self._address(), "tcp", self.word())),
            "ssl": ("id.orig_h id.resp_h server_name ja3 ja3s", lambda: (self.v4(), self._address(), self._host_only(), self.text("ja3"), self.hex(32))),
            "x509": ("fingerprint certificate.serial certificate.subject san.dns", lambda: (self.text("sha1", "sha256"), self.text("certificate").upper(), f"CN={self._host_only()},O=x", f"{self._host_only()},{self._host_only()}")),
            "files": ("fuid md5 sha1 filename", lambda: ("F" + self.hex(9), self.text("md5", "imphash"), self.text("sha1"), self.text("file-name"))),
        }  # fmt: skip
        path = rng.choice(sorted(shapes))
        names, row = shapes[path]
        types = {"id.orig_h": "addr", "id.resp_h": "addr", "answers": "vector[string]", "san.dns": "vector[string]"}
        names = names.split()
        if rng.random() < 0.5:
            lines = []
            for _ in range(count):
                values = dict(zip(names, row()))
                values.update({name: values[name].split(",") for name in ("answers", "san.dns") if name in values})
                lines.append(json.dumps({"_path": path, "ts": 1709625600.5 + self.number, "uid": "C" + self.hex(8), **values}, ensure_ascii=False))
            return f"{path}.json", "\n".join(lines) + "\n"
        head = f"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#fields\tts\tuid\t" + "\t".join(names)
        head += "\n#types\ttime\tstring\t" + "\t".join(types.get(name, "string") for name in names) + "\n"
        lines = ["\t".join(["1709625600.5", "C" + self.hex(8), *(value.replace("\\", "\\\\").replace("\t", " ") or "-" for value in row())]) for _ in range(count)]
        return f"{path}.log", head + "\n".join(lines) + "\n"

    def proxy(self, count):
        """W3C extended log with host and path apart; or a table that nobody knows; or Squid."""
        rng = self.rng
        form = rng.choice(["w3c", "csv", "squid"])
        lines = []
        for _ in range(count):
            host, path = self._host_and_path()
            stem, question, query = path.partition("?")
            agent = self.text("user-agent")
            if form == "w3c":
                lines.append(" ".join(["2024-03-05", "08:00:01", self.v4(), "GET", "http", host, stem, question + query or "-", "200", '"' + agent.replace('"', "") + '"']))
            elif form == "squid":
                lines.append(f"1709625600.123    45 {self.v4()} TCP_MISS/200 512 GET http://{host}{path} - HIER_DIRECT/{self._address()} text/html")
            else:
                lines.append([self.stamp(), self.v4(), self._address(), f"http://{host}{path}", agent, self.text()])
        if form == "w3c":
            return "proxy.log", "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path cs-uri-query sc-status cs(User-Agent)\n" + "\n".join(lines) + "\n"
        if form == "squid":
            return "squid.log", "\n".join(lines) + "\n"
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([["When", "Client", "Server", "Address", "Agent", "Remark"], *lines])
        return "proxy.csv", text.getvalue()

    def m365(self, count):
        out = []
        for number in range(count):
            user = self.text("mail") if self.rng.random() < 0.5 else f"{self.word()}@acme.example"
            address = self._address()
            out.append(json.dumps({
                "CreationTime": self.stamp()[:-1], "Id": f"5eed0000-0000-0000-0000-{number:012}", "Operation": self.rng.choice(["UserLoggedIn", "FileDownloaded", "MailItemsAccessed"]), "OrganizationId": "0c5f7e0a-5a0e-4b0e-9d5b-000000000000",
                "RecordType": 15, "UserType": 0, "Version": 1, "Workload": "AzureActiveDirectory", "UserId": user, "ResultStatus": "Success", "ClientIP": f"[{address}]:443" if ":" in address else self.rng.choice([address, address + ":50017"]),
                "ObjectId": self.text("url", "file-name", "domain"), "SourceFileName": self.text("file-name"), "ExtendedProperties": [{"Name": "UserAgent", "Value": self.text("user-agent")}, {"Name": "Note", "Value": self.text()}],
            }, ensure_ascii=False))  # fmt: skip
        return "audit.jsonl", "\n".join(out) + "\n"

    def calls(self, count):
        lines = []
        for number in range(count):
            caller, called = self.text("phone"), self.text("phone")
            lines.append(f'"","{caller}","{called}","out","","SIP/a-{number}","SIP/b-2","Dial","SIP/b","2023-07-26 01:51:32","2023-07-26 01:51:50","2023-07-26 01:52:04",31,13,"ANSWERED","DOCUMENTATION","1690325492.{number}",""')
        return "Master.csv", "\n".join(lines) + "\n"

    def mails(self, count):
        out = []
        for number in range(count):
            body = "\n".join(self.text("domain", "url", "mail", "address", "file-name") for _ in range(self.rng.randint(1, 5)))
            sender, to = ((self.rng.choice([value for kind, value in self.indicators if kind == "mail"] or ["a@b.example"]) if self.rng.random() < 0.5 else f"{self.word()}@{self._host_only()}") for _ in range(2))
            attached = self.file().replace(" ", "_")
            content = base64.encodebytes(body.encode()).decode()
            out.append(
                f"From x@y.example Tue Mar  5 08:00:00 2024\nFrom: <{sender}>\nTo: <{to}>\nSubject: {self.word()} {number}\nDate: Tue, 5 Mar 2024 08:00:00 +0000\nMessage-ID: <{number}.{self.hex(8)}@acme.example>\n"
                f"Received: from {self._host_only()} ([{self._address()}]) by mx.acme.example; Tue, 5 Mar 2024 08:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=BB\n\n"
                f"--BB\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{content}\n--BB\nContent-Type: application/octet-stream; name={attached}\nContent-Disposition: attachment; filename={attached}\n\nx\n--BB--\n\n"
            )
        return "post.mbox", "".join(out)

    def plain(self, count):
        """JSON lines of no kind: nested, lists, numbers."""
        out = []
        for number in range(count):
            record = {"n": number, "remark": self.text(), "deep": {"list": [self.text() for _ in range(self.rng.randint(0, 3))], "who": self.text("account")}, "null": None, "flag": True}
            out.append(json.dumps(record, ensure_ascii=self.rng.random() < 0.5))
        return "plain.jsonl", "\n".join(out) + "\n"

    FORMATS = ["access", "syslog", "windows", "windows", "zeek", "zeek", "proxy", "m365", "calls", "mails", "plain", "plain"]


# --- the same as a MISP event ----------------------------------------------------------------------

FLAT = {
    "address": "ip-dst", "network": "ip-dst", "domain": "domain", "url": "url", "md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512", "imphash": "imphash", "ja3": "ja3-fingerprint-md5",
    "mail": "email-src", "subject": "email-subject", "file-name": "filename", "user-agent": "user-agent", "mutex": "mutex", "registry": "regkey", "service": "windows-service-name", "phone": "phone-number",
    "mac": "mac-address", "as": "AS",
}  # fmt: skip
OBJECTS = {"file-path": ("file", "path"), "command": ("process", "command-line"), "certificate": ("x509", "serial-number"), "account": ("user-account", "username")}


def misp(indicators):
    """A MISP event that says exactly these."""
    flat = [{"type": FLAT[kind], "category": "Other", "value": value, "to_ids": True} for kind, value in indicators if kind in FLAT]
    objects = [
        {"name": OBJECTS[kind][0], "Attribute": [{"type": "text", "object_relation": OBJECTS[kind][1], "value": value, "to_ids": True}]}
        for kind, value in indicators
        if kind in OBJECTS
    ]
    return json.dumps({"Event": {"info": "a list", "date": "2024-03-01", "uuid": "5eed0000-0000-4000-8000-000000000000", "Attribute": flat, "Object": objects}})
