#!/usr/bin/env python3
"""test_auditd: every public Sigma rule for Linux auditing finds what it is for in an audit log, and not what is nearly that.

The events are written here as the kernel writes them: a command is SYSCALL, EXECVE, CWD, two PATH and PROCTITLE.
"""

import gzip
import itertools
import json
import pathlib
import tempfile

import yaml

from evidence import SHARED, hunt, run

NUMBER = itertools.count(1000)


def text(value):
    """As the kernel writes text that a user chose: in quotes, or hexadecimal when that would be ambiguous."""
    raw = value.encode()
    return raw.hex().upper() if any(byte <= 0x20 or byte == 0x22 or byte > 0x7E for byte in raw) else f'"{value}"'


def event(*records):
    """Lines of one event, of (type, pairs)."""
    stamp = f"17000{next(NUMBER):05}.123:{next(NUMBER)}"
    return "".join(f"type={kind} msg=audit({stamp}): {pairs}\n" for kind, pairs in records)


def syscall(number, *, a0="0", a1="0", exe="/usr/bin/x", comm=None, euid=1000, key="(null)", more=(), success="yes"):
    """A system call of x86-64, with records of other types behind."""
    comm = comm or exe.rsplit("/", 1)[-1]
    return event(
        ("SYSCALL", f"arch=c000003e syscall={number} success={success} exit=0 a0={a0} a1={a1} a2=0 a3=0 items=0 ppid=1 pid=2 auid=1000 "
                    f"uid={euid} gid=0 euid={euid} tty=pts0 ses=3 comm={text(comm)} exe={text(exe)} key={key}"),
        *more,
        ("PROCTITLE", f"proctitle={text(comm)}"),
    )  # fmt: skip


def command(*words, exe=None, euid=1000):
    arguments = " ".join(f"a{i}={text(word)}" for i, word in enumerate(words))
    exe = exe or (words[0] if "/" in words[0] else "/usr/bin/" + words[0])
    return syscall(
        59, a0="55d0c0ffee00", a1="55d0c0ffee10", exe=exe, euid=euid,
        more=[("EXECVE", f"argc={len(words)} {arguments}"), ("CWD", 'cwd="/home/u"'),
              ("PATH", f"item=0 name={text(exe)} inode=1 nametype=NORMAL"),
              ("PATH", 'item=1 name="/lib64/ld-linux-x86-64.so.2" inode=2 nametype=NORMAL')],
    )  # fmt: skip


def file(name, nametype="NORMAL"):
    return syscall(257, exe="/usr/bin/vim", more=[("CWD", 'cwd="/"'), ("PATH", f"item=0 name={text(name)} nametype={nametype}")])


def message(kind, pairs):
    return event((kind, f"pid=1 uid=0 auid=4294967295 ses=4294967295 msg='{pairs}'"))


# By rule: what it is for, and what it is not for.
RULES = {
    "lnx_auditd_exploit_cve_2026_31431_af_alg_socket_creation": (syscall(41, a0="26"), syscall(41, a0="2")),
    "lnx_auditd_binary_padding": (command("dd", "if=/dev/zero", "bs=1"), command("dd", "if=/dev/zero", "of=/x")),
    "lnx_auditd_bpfdoor_port_redirect": (
        command("/sbin/iptables", "-t", "nat", "-A", "PREROUTING", "-j", "REDIRECT", "--to-ports", "42392"),
        command("/sbin/iptables", "-t", "nat", "-A", "PREROUTING", "-j", "REDIRECT", "--to-ports", "8080"),
    ),
    "lnx_auditd_capabilities_discovery": (command("getcap", "-r", "/"), command("getcap", "-r", "/usr")),
    "lnx_auditd_change_file_time_attr": (command("touch", "-t", "202001010000", "x"), command("cat", "-t", "x")),
    "lnx_auditd_chattr_immutable_removal": (command("chattr", "-i", "/etc/x"), command("chattr", "+a", "/etc/x")),
    "lnx_auditd_clipboard_collection": (command("xclip", "-sel", "clip", "-o"), command("xclip", "-sel", "primary", "-o")),
    "lnx_auditd_clipboard_image_collection": (
        command("xclip", "-sel", "clip", "-t", "image/png", "-o"),
        command("xclip", "-sel", "clip", "-t", "text/html", "-o"),
    ),
    "lnx_auditd_coinminer": (command("./m", "-x", "--cpu-priority=5"), command("./m", "-x", "--cpu")),
    "lnx_auditd_data_compressed": (command("tar", "-czf", "x.tgz", "x"), command("tar", "xzf", "x.tgz")),
    "lnx_auditd_data_exfil_wget": (command("wget", "--post-file=/etc/shadow", "h"), command("wget", "h")),
    "lnx_auditd_dd_delete_file": (command("dd", "if=/dev/null", "of=/x"), command("dd", "of=/x")),
    "lnx_auditd_file_or_folder_permissions": (command("chmod", "600", "x"), command("ls", "x")),
    "lnx_auditd_find_cred_in_files": (command("grep", "-ri", "my password", "/"), command("grep", "-ri", "word", "/")),
    "lnx_auditd_hidden_files_directories": (command("mkdir", "/tmp/.hidden"), command("mkdir", "/tmp/shown")),
    "lnx_auditd_hidden_zip_files_steganography": (command("cat", "a.jpg", "b.zip"), command("cat", "a.jpg", "b.tar")),
    "lnx_auditd_masquerading_crond": (command("cp", "/bin/sh", "/tmp/crond"), command("cp", "/bin/sh", "/tmp/x")),
    "lnx_auditd_modify_system_firewall": (command("ufw", "delete", "allow"), command("ufw", "status")),
    "lnx_auditd_network_sniffing": (command("tcpdump", "-c", "5", "-i", "eth0"), command("tcpdump", "-i", "eth0")),
    "lnx_auditd_screencapture_import": (command("import", "-window", "root", "a.png"), command("import", "-window", "root")),
    "lnx_auditd_screencaputre_xwd": (command("xwd", "-root", "-out", "a.xwd"), command("xwd", "-root")),
    # Rules want `a2` and `a4` to be of one list: both places may hold either.
    "lnx_auditd_steghide_embed_steganography": (
        command("steghide", "embed", "-cf", "a.jpg", "-ef", "b.txt"),
        command("steghide", "embed", "-cf", "a.jpg"),
    ),
    "lnx_auditd_steghide_extract_steganography": (
        command("steghide", "extract", "-sf", "a.jpg"),
        command("steghide", "extract", "-sf", "a.bmp"),
    ),
    "lnx_auditd_susp_cmds": (command("chmod", "777", "x"), command("chmod", "0777", "x")),
    "lnx_auditd_susp_histfile_operations": (command("cat", "/home/u/.bash_history"), command("cat", "/home/u/x")),
    "lnx_auditd_susp_service_reload_or_restart": (command("systemctl", "restart", "x"), command("systemctl", "status", "x")),
    "lnx_auditd_system_shutdown_reboot": (command("shutdown", "-h", "now"), command("ls", "-h")),
    "lnx_auditd_unzip_hidden_zip_files_steganography": (command("unzip", "a.jpg"), command("unzip", "a.zip")),
    "lnx_auditd_user_discovery": (command("whoami"), command("whoareyou")),
    "lnx_auditd_audio_capture": (syscall(319, exe="/usr/bin/ecasound"), syscall(319, exe="/usr/bin/x")),
    "lnx_auditd_disable_aslr_protection": (syscall(135, a0="40000"), syscall(135, a0="ffffffff")),
    "lnx_auditd_keylogging_with_pam_d": (message("USER_TTY", "data=6C730D"), message("USER_AUTH", "op=x")),
    "lnx_auditd_password_policy_discovery": (command("chage", "-l", "u"), command("chage", "-M", "9", "u")),
    "lnx_auditd_susp_c2_commands": (syscall(59, key='"susp_activity"'), syscall(59, key='"other"')),
    "lnx_auditd_system_info_discovery": (file("/etc/lsb-release"), file("/etc/motd")),
    "lnx_auditd_auditing_config_change": (file("/etc/audit/audit.rules"), file("/etc/audi")),
    "lnx_auditd_bpfdoor_file_accessed": (file("/var/run/haldrund.pid"), file("/var/run/x.pid")),
    "lnx_auditd_hidden_binary_execution": (command("/tmp/.x/a b"), command("/home/u/.cache/a")),
    "lnx_auditd_ld_so_preload_mod": (file("/etc/ld.so.preload"), file("/etc/ld.so.conf")),
    "lnx_auditd_logging_config_change": (file("/etc/rsyslog.conf"), file("/etc/rsyslog.d/x")),
    "lnx_auditd_magic_system_request_key": (file("/proc/sysrq-trigger"), file("/proc/sys")),
    "lnx_auditd_system_info_discovery2": (file("/etc/debian_version"), file("/etc/debian")),
    "lnx_auditd_systemd_service_creation": (
        file("/etc/systemd/system/x.service", "CREATE"),
        file("/etc/systemd/system/x.service"),
    ),
    "lnx_auditd_unix_shell_configuration_modification": (file("/home/u/.bashrc"), file("/home/u/.vimrc")),
    "lnx_auditd_disable_system_firewall": (
        message("SERVICE_STOP", 'unit=firewalld comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success'),
        message("SERVICE_START", 'unit=firewalld comm="systemd" exe="/usr/lib/systemd/systemd" res=success'),
    ),
    "lnx_auditd_clean_disable_dmesg_logs_via_syslog": (syscall(103, a0="5"), syscall(103, a0="3")),
    "lnx_auditd_create_account": (
        message("ADD_USER", 'op=add-user acct="x" exe="/usr/sbin/useradd" res=success'),
        message("DEL_USER", 'op=delete-user acct="x" exe="/usr/sbin/userdel" res=success'),
    ),
    "lnx_auditd_load_module_insmod": (syscall(313, comm="insmod", exe="/usr/bin/kmod"), syscall(313, exe="/usr/bin/kmod")),
    "lnx_auditd_network_service_scanning": (
        syscall(42, exe="/usr/bin/nmap", key="6E6574776F726B5F636F6E6E6563745F3401786B6579"),
        syscall(42, exe="/usr/bin/nmap", key='"network"'),
    ),
    "lnx_auditd_split_file_into_pieces": (command("split", "-b", "9", "x"), command("sort", "x")),
    "lnx_auditd_susp_discovery_sysinfo_syscall": (syscall(99), syscall(99, exe="/opt/bin/splunkd")),
    "lnx_auditd_susp_exe_folders": (command("/tmp/a b"), command("/opt/a")),
    "lnx_auditd_susp_special_file_creation_via_mknod_syscall": (syscall(133), syscall(83)),
    "lnx_auditd_web_rce": (command("id", euid=33), command("id", euid=34)),
}  # fmt: skip


def public_rules():
    """By name of its file, the rules for auditd; nothing when they are not here."""
    paths = sorted((SHARED / "data/sigma").glob("rules*/**/*auditd*.yml"))
    found = {}
    for path in paths:
        rule = yaml.safe_load(path.read_text(encoding="utf-8"))
        if rule["logsource"].get("service") == "auditd":
            found[path.stem] = (path, rule["id"])
    return found


def every_rule_finds_what_it_is_for_and_nothing_else():
    rules = public_rules()
    if not rules:
        print("SKIP: every_rule_finds_what_it_is_for_and_nothing_else: no public rules (set LONGWATCH_SHARED)")
        return
    assert set(rules) == set(RULES), f"{set(rules) ^ set(RULES)}"
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "hit").mkdir()
        (root / "miss").mkdir()
        for name, (hit, miss) in RULES.items():
            (root / "hit" / name).write_text(hit, encoding="ascii")
            (root / "miss" / name).write_text(miss, encoding="ascii")
        options = [option for path, _ in rules.values() for option in ("--rules", path)]
        _, findings, errors = hunt(root, *options, "--level", "informational")
        found = {(finding["rule_id"], finding["evidence_path"]) for finding in findings}
        for name, (_, rule) in rules.items():
            if (rule, str(root / "hit" / name)) not in found:
                wrong.append(f"{name} finds nothing")
            if (rule, str(root / "miss" / name)) in found:
                wrong.append(f"{name} finds what it should not")
    assert not wrong, f"{len(wrong)}: {'; '.join(wrong)} {errors[-300:]}"


RULE = """
title: {title}
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a{number:02}
status: test
level: high
logsource: {{product: linux, {source}}}
detection:
  selection: {selection}
  condition: selection
"""
# Title, log source, what is looked for, an event that is it, one that is not.
CATEGORIES = [
    ("command", "category: process_creation", "{Image: /usr/bin/ls, CommandLine: 'ls -l a b', CurrentDirectory: /home/u, User: 'uid=1000'}",
     command("ls", "-l", "a b"), command("ls", "-l", "a", "c")),
    ("as whom it runs", "category: process_creation", "{User: root}", command("id", euid=0), command("id", euid=33)),
    ("failed call", "category: process_creation", "{Image|contains: /}", command("ls"), syscall(59, success="no")),
    ("file", "category: file_event", "{TargetFilename: /etc/cron.d/x, Image: /usr/bin/vim}", file("etc/cron.d/x", "CREATE"), file("/etc/cron.d/x")),
    ("connection", "category: network_connection", "{DestinationIp: 192.168.0.1, DestinationPort: 443, Initiated: 'true', Image|endswith: /x}",
     syscall(42, more=[("SOCKADDR", "saddr=020001BBC0A800010000000000000000")]), syscall(49, more=[("SOCKADDR", "saddr=020001BBC0A80001")])),
    ("call by name or number", "service: auditd", "{syscall|all: ['59', execve], SYSCALL: execve}", command("ls"), file("/x")),
    ("pointers are no arguments", "service: auditd", "{syscall_a0: 55d0c0ffee00, a0: ls}", command("ls"), syscall(59, a0="55d0c0ffee00")),
]  # fmt: skip


def categories():
    """The fields that rules of other log sources name."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "rules").mkdir()
        for number, (title, source, selection, hit, miss) in enumerate(CATEGORIES):
            rule = RULE.format(title=title, number=number, source=source, selection=selection)
            (root / "rules" / f"{number}.yml").write_text(rule, encoding="ascii")
            (root / f"{number}.hit").write_text(hit, encoding="ascii")
            (root / f"{number}.miss").write_text(miss, encoding="ascii")
        _, findings, errors = hunt(*sorted(root.glob("*.hit")), *sorted(root.glob("*.miss")), "--rules", root / "rules")
        found = {(finding["rule_title"], pathlib.Path(finding["evidence_path"]).name) for finding in findings}
        for number, (title, *_) in enumerate(CATEGORIES):
            if (title, f"{number}.hit") not in found or (title, f"{number}.miss") in found:
                wrong.append(title)
    assert not wrong, f"{wrong} {errors[-300:]}"


def laurel(*words, name="/bin/ls"):
    return json.dumps({
        "ID": "1700000000.123:7", "NODE": "srv1",
        "SYSCALL": {"arch": "0xc000003e", "syscall": 59, "success": "yes", "exit": 0, "a0": "0x55d0", "pid": 2, "ppid": 1, "auid": 1000, "uid": 0,
                    "comm": "x", "exe": "/usr/bin/x", "key": "susp_activity", "SYSCALL": "execve", "AUID": "alice", "UID": "root"},
        "EXECVE": {"argc": len(words), "ARGV": list(words)}, "CWD": {"cwd": "/home/u"},
        "PATH": [{"item": 0, "name": name, "nametype": "NORMAL"}, {"item": 1, "name": "/lib/ld.so", "nametype": "NORMAL"}],
        "PROCTITLE": {"ARGV": list(words)}, "PARENT_INFO": {"exe": "/usr/bin/bash", "comm": "bash", "ppid": 1},
    }) + "\n"  # fmt: skip


def auditbeat(*words, name="/bin/ls"):
    return json.dumps({
        "@timestamp": "2023-11-14T22:13:20.123Z", "agent": {"type": "auditbeat"}, "host": {"name": "srv1"},
        "event": {"module": "auditd", "action": "executed", "outcome": "success"}, "tags": ["susp_activity"],
        "auditd": {"message_type": "syscall", "sequence": 7, "result": "success", "session": "3", "summary": {"actor": {"primary": "alice"}},
                   "data": {"syscall": "execve", "arch": "x86_64", "a0": "55d0"},
                   "paths": [{"item": "0", "name": name, "nametype": "NORMAL"}, {"item": "1", "name": "/lib/ld.so", "nametype": "NORMAL"}]},
        "process": {"pid": 2, "ppid": 1, "executable": "/usr/bin/x", "name": "x", "working_directory": "/home/u", "args": list(words)},
        "user": {"id": "0", "name": "root", "audit": {"id": "1000", "name": "alice"}},
    }) + "\n"  # fmt: skip


def collectors_give_the_same_event():
    """What Laurel and Auditbeat make of a command satisfies the rules that the kernel's own records satisfy."""
    selections = {
        "arguments": ("service: auditd", "{type: EXECVE, a0: sh, a1: '-c', a2: id x}"),
        "path": ("service: auditd", "{type: PATH, name: /etc/shadow, nametype: NORMAL}"),
        "call": ("service: auditd", "{type: SYSCALL, SYSCALL: execve, syscall: execve, exe: /usr/bin/x, key: susp_activity}"),
        "process": ("category: process_creation", "{Image: /usr/bin/x, CommandLine: sh -c id x, CurrentDirectory: /home/u, User: alice}"),
    }
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "rules").mkdir()
        for number, (title, (source, selection)) in enumerate(selections.items()):
            rule = RULE.format(title=title, number=number, source=source, selection=selection)
            (root / "rules" / f"{number}.yml").write_text(rule, encoding="ascii")
        for name, make in (("laurel", laurel), ("auditbeat", auditbeat)):
            (root / name).write_text(make("sh", "-c", "id x", name="/etc/shadow") + make("ls"), encoding="ascii")
        _, findings, errors = hunt(root / "laurel", root / "auditbeat", "--rules", root / "rules")
        found = [(f["rule_title"], pathlib.Path(f["evidence_path"]).name, f["record"]) for f in findings if f["host"] == "srv1" and f["account"] == "alice" and f["time"] == "2023-11-14T22:13:20.123Z"]
        wanted = [(title, name, 1) for title in selections for name in ("laurel", "auditbeat")] + [("call", name, 2) for name in ("laurel", "auditbeat")]
        wrong = sorted(set(found) ^ set(wanted))
    assert not wrong, f"{wrong} {errors[-300:]}"


def public_auditbeat():
    """Every event of the samples has a time and a host, and those who logged in are known."""
    path = SHARED / "data/vendor-logs/auditbeat.ndjson.gz"
    if not path.is_file():
        print("SKIP: public_auditbeat: no samples (set LONGWATCH_SHARED)")
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        tests = [json.loads(line) for line in file]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "rule.yml").write_text(RULE.format(title="all", number=1, source="", selection="{event.module: '*'}").replace("linux, }", "linux}"), encoding="ascii")
        (root / "log").write_text("".join(json.dumps(json.loads(t["message"])) + "\n" for t in tests), encoding="utf-8")
        _, findings, errors = hunt(root / "log", "--rules", root / "rule.yml")
        found = {f["record"]: f for f in findings}
        wrong = []
        for number, test in enumerate(tests, 1):
            expected = test["expected"]
            user = expected.get("user", {})
            names = {"", user.get("name", ""), user.get("audit", {}).get("name", "")}
            finding = found.get(number, {"time": "", "host": "", "account": "?"})
            # "2021-01-01T00:01:01Z" and "2023-06-23T07:55:01.421000Z" as an instant is written here
            time = expected["@timestamp"].replace("000Z", "Z")
            if finding["time"] != time or finding["host"] != expected["host"]["name"] or (finding["account"] not in names and finding["account"] != f"uid={user.get('audit', {}).get('id')}"):
                wrong.append(f"{test['test']}: {finding['time']} {finding['host']} {finding['account']}")
    assert not wrong, f"{len(wrong)}: {wrong[:4]} {errors[-300:]}"


run([every_rule_finds_what_it_is_for_and_nothing_else, categories, collectors_give_the_same_event, public_auditbeat])
