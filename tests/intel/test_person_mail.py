#!/usr/bin/env python3
"""test_person_mail: false alarms: every display name and address of real mailboxes against a list of thousands of made-up persons with typical names; and
that names of that list, planted among them in other spellings, are all found. Prints the numbers."""

import csv
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LONGWATCH_BINARY", str(SOURCE / "build/longwatch"))
SHARED = pathlib.Path(os.environ.get("LONGWATCH_SHARED", SOURCE.parent / "shared"))
FALSE_MAX = 1  # of all names and addresses

CHINESE = (
    "Wang Li Zhang Liu Chen Yang Zhao Huang Zhou Wu Xu Sun Hu Zhu Gao Lin He Guo Ma Luo Ni Cheng Weng Peng Xiong Ouyang".split(),
    "Gaobin Wei Fang Na Guangzong Feng Xiaohui Mingzhe Jianguo Xiaoming Yan Jing Lei Qiang Weiming Zhiyong Jun Ying Haifeng Guoqiang".split(),
)
RUSSIAN = (
    "Ivanov Smirnov Kuznetsov Popov Sokolov Lebedev Kozlov Novikov Morozov Petrov Volkov Solovyov Zaytsev Shcherbakov Zhukov Yevdokimov".split(),
    "Aleksandr Sergey Dmitriy Andrey Aleksey Maksim Yevgeniy Ivan Mikhail Yuriy Vladimir Nikolay Olga Natalya Anna".split(),
    "Aleksandrovich Sergeevich Ivanovich Petrovich Nikolaevich Yurievich".split(),
)
ARABIC = (
    "Muhammad Ahmad Ali Hassan Hussein Abdullah Mahmoud Khalid Omar Ibrahim Yusuf Mustafa Abd al-Rahman Saleh".split(),
    "al-Masri al-Baghdadi al-Zubayri Hamdan al-Tamimi Khan Rahimi Karimi al-Najjar Haddad al-Shami".split(),
)
WESTERN = (
    "John David Michael James Maria Jose Carlos Anna Peter Thomas Paul Mark Daniel Robert Richard Martin Juan Luis".split(),
    "Smith Brown Jones Miller Garcia Martinez Rodriguez Lopez Schmidt Martin Johnson Taylor Lee Kim Park Nguyen".split(),
)
COMPANIES = [
    "Global Trading Company LLC", "Sunrise Technology Co., Ltd.", "First National Bank", "Golden Star Shipping Limited", "Science and Technology Company",
    "International Business Group", "Open Systems Research", "Apple Trading FZE", "Support Services Ltd", "Wuhan Bluewhale Information Technology Co., Ltd.",
]  # fmt: skip


def persons():
    for family, given in itertools.product(*CHINESE):
        yield [family, given], "Individual"
    for family, given, father in itertools.product(*RUSSIAN):
        yield [family, given, father], "Individual"
    for one, two, family in itertools.product(ARABIC[0], ARABIC[0], ARABIC[1]):
        if one != two:
            yield [family, one, two], "Individual"
    for given, family in itertools.product(*WESTERN):
        yield [family, given], "Individual"
    for company in COMPANIES:
        yield [company], "Entity"


def write_list(path):
    count = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Report Date: 25-Mar-2024"])
        out.writerow(["Unique ID", "Name 6", "Name 1", "Name 2", "Name type", "Regime Name", "Designation Type"])
        for count, (names, kind) in enumerate(persons(), 1):
            out.writerow(["CYB%05d" % count, *(names + ["", ""])[:3], "Primary Name", "Cyber", kind])
    return count


def of_mail():
    """Display names and addresses, each once."""
    done = subprocess.run([BINARY, "events", SHARED / "data/mail", "--json"], capture_output=True, text=True, check=False)
    found = set()
    for line in done.stdout.splitlines():
        for name, value in json.loads(line).get("fields", {}).items():
            for text in value if isinstance(value, list) else [value]:
                if not isinstance(text, str):
                    continue
                if name in ("from.name", "to.name", "cc.name", "expected.List.name", "parts.headers.value.Address.List.name"):
                    found.update(part.strip() for part in text.splitlines())
                found.update(re.findall(r"[\w.+-]+@[\w.-]+\w", text))
    return sorted(name for name in found if name and "\n" not in name)


def ask(listed, names, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(names) + "\n")
        file.flush()
        done = subprocess.run([BINARY, "persons", "--list", listed, "--names", file.name, "--json", "--quiet", *options],
                              capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


PLANTED = {
    "Ni Gaobin": "NI Gaobin", "NI, Gao-Bin": "NI Gaobin", "倪高彬": "NI Gaobin", "gaobin.ni@mail.example": "NI Gaobin", "Nǐ Gāobīn": "NI Gaobin",
    "Щербаков Юрий Юрьевич": "Shcherbakov Yuriy Yurievich", "Jurij Jurjevič Ščerbakov": "Shcherbakov Yuriy Yurievich", "Evgeny Ivanovich Evdokimov": "Yevdokimov Yevgeniy Ivanovich",
    "Yusuf Mahmud Al Zubairi": "al-Zubayri Yusuf Mahmoud", "محمود يوسف الزبيري": "al-Zubayri Mahmoud Yusuf",
    "Wuhan Bluewhale Information Technology": "Wuhan Bluewhale Information Technology Co., Ltd.",
}  # fmt: skip


def main():
    if not (SHARED / "data/mail").is_dir():
        print("SKIP: no shared data at", SHARED)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        listed = os.path.join(folder, "list.csv")
        count = write_list(listed)
        names = of_mail()
        told = ask(listed, names)
        low = ask(listed, names, "--least", "1")
        for match in told:
            print("told:", match["value"], match["quality"], match["name"], match["reason"])
        for match in low:
            if match["quality"] < 75:
                print("below what is told:", match["value"], match["quality"], match["name"], match["reason"])
        print(f"{len(names)} names and addresses against {count} persons: {len(told)} told, {len(low)} of any quality")
        found = ask(listed, list(PLANTED))
        missed = set(PLANTED) - {match["value"] for match in found}
        for value, who in PLANTED.items():
            families = {w for w in re.findall(r"[a-z]+", who.lower())}
            for match in found:
                if match["value"] == value and not families <= set(re.findall(r"[a-z]+", match["main"].lower())):
                    missed.add(f"{value} is no {match['main']}")
        print(f"{len(PLANTED)} planted, {len(missed)} missed {missed or ''}")
        many = names * (200000 // max(len(names), 1))
        begin = time.monotonic()
        ask(listed, ["nobody"])
        load = time.monotonic() - begin
        begin = time.monotonic()
        ask(listed, many)
        took = time.monotonic() - begin - load
        print(f"{len(many)} names asked in {took:.2f} s, {took / len(many) * 1e6:.1f} us each; the list loads in {load:.2f} s")
        right = len(names) > 1500 and len(told) <= FALSE_MAX and not missed
        print(f"{3 if right else 2} passed, {0 if right else 1} failed")
        return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
