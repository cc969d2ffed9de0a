/* advisory_known: names that stand in advisories and are no indicators: files of every system, hosts of those who write about it, services that
 * serve everybody, names kept for examples. */
#include "intel/advisory_own.h"

static bool is_among(str s, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_ascii(s, str_of(names[i])))
            return true;
    return false;
}

/* Files that every system has, or that are mentioned everywhere. */
bool advisory_common_file(str name) {
    static const char *const names[] = {
        "cmd.exe",           "powershell.exe",    "pwsh.exe",     "rundll32.exe",   "regsvr32.exe",
        "svchost.exe",       "lsass.exe",         "services.exe", "explorer.exe",   "mshta.exe",
        "wscript.exe",       "cscript.exe",       "certutil.exe", "bitsadmin.exe",  "schtasks.exe",
        "wmic.exe",          "wmiprvse.exe",      "net.exe",      "net1.exe",       "netsh.exe",
        "nltest.exe",        "whoami.exe",        "ipconfig.exe", "tasklist.exe",   "taskkill.exe",
        "taskhost.exe",      "taskhostw.exe",     "reg.exe",      "regedit.exe",    "sc.exe",
        "ntdsutil.exe",      "vssadmin.exe",      "wevtutil.exe", "msiexec.exe",    "conhost.exe",
        "csrss.exe",         "winlogon.exe",      "wininit.exe",  "smss.exe",       "spoolsv.exe",
        "dllhost.exe",       "notepad.exe",       "calc.exe",     "mspaint.exe",    "control.exe",
        "msbuild.exe",       "installutil.exe",   "regasm.exe",   "regsvcs.exe",    "cmstp.exe",
        "odbcconf.exe",      "forfiles.exe",      "curl.exe",     "tar.exe",        "ssh.exe",
        "ftp.exe",           "ping.exe",          "nslookup.exe", "systeminfo.exe", "netstat.exe",
        "quser.exe",         "arp.exe",           "route.exe",    "at.exe",         "icacls.exe",
        "attrib.exe",        "xcopy.exe",         "robocopy.exe", "findstr.exe",    "expand.exe",
        "makecab.exe",       "werfault.exe",      "sethc.exe",    "utilman.exe",    "osk.exe",
        "userinit.exe",      "fodhelper.exe",     "eventvwr.exe", "mmc.exe",        "mstsc.exe",
        "onedrive.exe",      "teams.exe",         "outlook.exe",  "winword.exe",    "excel.exe",
        "powerpnt.exe",      "acrord32.exe",      "chrome.exe",   "firefox.exe",    "msedge.exe",
        "iexplore.exe",      "java.exe",          "javaw.exe",    "python.exe",     "node.exe",
        "w3wp.exe",          "httpd.exe",         "nginx.exe",    "sqlservr.exe",   "vmtoolsd.exe",
        "msmpeng.exe",       "searchindexer.exe", "sihost.exe",   "ctfmon.exe",     "dwm.exe",
        "runtimebroker.exe", "kernel32.dll",      "ntdll.dll",    "user32.dll",     "advapi32.dll",
        "ws2_32.dll",        "wininet.dll",       "winhttp.dll",  "shell32.dll",    "ole32.dll",
        "comsvcs.dll",       "kernelbase.dll",    "msvcrt.dll",   "gdi32.dll",      "crypt32.dll",
        "mscoree.dll",       "clr.dll",           "amsi.dll",     "urlmon.dll",     "dbghelp.dll",
        "samlib.dll",        "secur32.dll",       "netapi32.dll", "psapi.dll",      "shlwapi.dll",
        "oleaut32.dll",      "rpcrt4.dll",        "iphlpapi.dll", "libc.so",        "ld.so",
        "ntoskrnl.exe",      "hal.dll",           "win32k.sys",   "ntds.dit",       "index.html",
        "index.php",         "readme.txt",        "readme.md",    "desktop.ini",    "config.json",
        "package.json",      "setup.exe",         "install.exe",  "web.config",     "settings.json",
        "manifest.xml",      "app.config",        "hosts.txt",    "robots.txt",     "node.js",
        "main.py",           "setup.py",          "install.sh",   "log.txt",        "license.txt"};

    return is_among(name, names, COUNT(names));
}

/* Programs, scripts, archives, documents that run something: what is named in prose must be one. */
bool advisory_hard_ending(str e) {
    static const char *const endings[] = {"exe",  "dll", "sys",  "scr",  "bat",   "cmd", "ps1", "vbs",   "vbe",  "jse",
                                          "wsf",  "hta", "lnk",  "msi",  "jar",   "py",  "sh",  "elf",   "so",   "bin",
                                          "iso",  "img", "vhd",  "vhdx", "zip",   "rar", "7z",  "cab",   "docm", "doc",
                                          "docx", "xls", "xlsm", "xlsx", "xll",   "rtf", "pdf", "php",   "asp",  "aspx",
                                          "ashx", "jsp", "jspx", "war",  "class", "apk", "dmg", "cpl",   "ocx",  "drv",
                                          "dat",  "tmp", "js",   "pl",   "one",   "chm", "ko",  "dylib", "msc"};

    return is_among(e, endings, COUNT(endings));
}

static bool below(str host, const char *const *domains, size_t count) {
    for (size_t i = 0; i < count; i++) {
        str const d = str_of(domains[i]);

        if (host.len >= d.len && str_eq_ascii(str_from(host, host.len - d.len), d) &&
            (host.len == d.len || host.ptr[host.len - d.len - 1] == '.'))
            return true;
    }
    return false;
}

/* Who writes of such things: what they are linked for is reading. */
bool advisory_report_host(str host) {
    static const char *const domains[] = {"virustotal.com",
                                          "mitre.org",
                                          "cisa.gov",
                                          "us-cert.gov",
                                          "nist.gov",
                                          "cve.org",
                                          "any.run",
                                          "urlscan.io",
                                          "hybrid-analysis.com",
                                          "joesandbox.com",
                                          "abuse.ch",
                                          "alienvault.com",
                                          "shodan.io",
                                          "censys.io",
                                          "tria.ge",
                                          "intezer.com",
                                          "mandiant.com",
                                          "fireeye.com",
                                          "crowdstrike.com",
                                          "welivesecurity.com",
                                          "eset.com",
                                          "securelist.com",
                                          "kaspersky.com",
                                          "symantec.com",
                                          "talosintelligence.com",
                                          "cisco.com",
                                          "paloaltonetworks.com",
                                          "trendmicro.com",
                                          "sentinelone.com",
                                          "proofpoint.com",
                                          "secureworks.com",
                                          "recordedfuture.com",
                                          "checkpoint.com",
                                          "sophos.com",
                                          "volexity.com",
                                          "dragos.com",
                                          "sekoia.io",
                                          "group-ib.com",
                                          "elastic.co",
                                          "huntress.com",
                                          "rapid7.com",
                                          "fortinet.com",
                                          "f-secure.com",
                                          "withsecure.com",
                                          "bitdefender.com",
                                          "mcafee.com",
                                          "trellix.com",
                                          "zscaler.com",
                                          "cybereason.com",
                                          "ptsecurity.com",
                                          "redcanary.com",
                                          "malwarebytes.com",
                                          "attackiq.com",
                                          "exploit-db.com",
                                          "first.org",
                                          "sans.org",
                                          "sans.edu",
                                          "owasp.org",
                                          "ietf.org",
                                          "rfc-editor.org",
                                          "iana.org",
                                          "wikipedia.org",
                                          "ncsc.gov.uk",
                                          "gov.uk",
                                          "gouv.fr",
                                          "bund.de",
                                          "cyber.gov.au",
                                          "gov.au",
                                          "gc.ca",
                                          "govt.nz",
                                          "fbi.gov",
                                          "nsa.gov",
                                          "ic3.gov",
                                          "justice.gov",
                                          "defense.gov",
                                          "europa.eu",
                                          "jpcert.or.jp",
                                          "ncsc.nl",
                                          "ncsc.ch",
                                          "admin.ch",
                                          "cert.at",
                                          "cert.pl",
                                          "cert.se",
                                          "cert.be",
                                          "bbc.co.uk",
                                          "bbc.com",
                                          "reuters.com",
                                          "nytimes.com",
                                          "washingtonpost.com",
                                          "theguardian.com",
                                          "bleepingcomputer.com",
                                          "krebsonsecurity.com",
                                          "thehackernews.com",
                                          "theregister.com",
                                          "wired.com",
                                          "zdnet.com",
                                          "heise.de",
                                          "lemonde.fr",
                                          "spiegel.de",
                                          "arstechnica.com",
                                          "therecord.media",
                                          "darkreading.com"};

    return below(host, domains, COUNT(domains));
}

/* Serves everybody: by itself, without a path, it is no indicator. */
bool advisory_shared_host(str host) {
    static const char *const domains[] = {"github.com",
                                          "githubusercontent.com",
                                          "gitlab.com",
                                          "bitbucket.org",
                                          "pastebin.com",
                                          "dropbox.com",
                                          "dropboxapi.com",
                                          "dropboxusercontent.com",
                                          "google.com",
                                          "googleapis.com",
                                          "gstatic.com",
                                          "live.com",
                                          "microsoft.com",
                                          "microsoftonline.com",
                                          "windowsupdate.com",
                                          "windows.com",
                                          "windows.net",
                                          "office.com",
                                          "office365.com",
                                          "outlook.com",
                                          "sharepoint.com",
                                          "telegram.org",
                                          "t.me",
                                          "discord.com",
                                          "discordapp.com",
                                          "slack.com",
                                          "facebook.com",
                                          "twitter.com",
                                          "x.com",
                                          "youtube.com",
                                          "linkedin.com",
                                          "instagram.com",
                                          "amazonaws.com",
                                          "cloudflare.com",
                                          "cloudfront.net",
                                          "akamai.net",
                                          "icanhazip.com",
                                          "ipify.org",
                                          "ipinfo.io",
                                          "ip-api.com",
                                          "ifconfig.me",
                                          "ifconfig.co",
                                          "checkip.dyndns.org",
                                          "gmail.com",
                                          "yahoo.com",
                                          "protonmail.com",
                                          "proton.me",
                                          "apple.com",
                                          "icloud.com",
                                          "adobe.com",
                                          "mozilla.org",
                                          "debian.org",
                                          "ubuntu.com",
                                          "python.org",
                                          "npmjs.com",
                                          "pypi.org",
                                          "docker.com",
                                          "wordpress.org",
                                          "mega.nz",
                                          "wetransfer.com",
                                          "bing.com",
                                          "yandex.ru",
                                          "baidu.com",
                                          "trello.com",
                                          "notion.so",
                                          "zoom.us"};
    static const char *const firsts[] = {"www",   "api",      "graph",   "content", "docs",     "drive",
                                         "raw",   "cdn",      "mail",    "login",   "download", "update",
                                         "web",   "accounts", "storage", "m",       "app",      "cloud",
                                         "oauth", "onedrive", "outlook", "time",    "ctldl",    "checkip"};
    size_t const dot = str_find_byte(host, '.');

    for (size_t i = 0; i < COUNT(domains); i++) {
        str const d = str_of(domains[i]);

        if (str_eq_ascii(host, d))
            return true;
        if (host.len > d.len && str_eq_ascii(str_from(host, host.len - d.len), d) && dot != SIZE_MAX &&
            host.len - d.len - 1 == dot && is_among(str_first(host, dot), firsts, COUNT(firsts)))
            return true;
    }
    return false;
}

bool advisory_mail_service(str host) {
    static const char *const hosts[] = {
        "gmail.com",       "googlemail.com", "outlook.com",   "hotmail.com",   "live.com",       "yahoo.com",
        "aol.com",         "icloud.com",     "gmx.com",       "gmx.de",        "gmx.net",        "web.de",
        "mail.com",        "mail.ru",        "bk.ru",         "inbox.ru",      "list.ru",        "rambler.ru",
        "yandex.ru",       "yandex.com",     "qq.com",        "163.com",       "126.com",        "sina.com",
        "naver.com",       "daum.net",       "hanmail.net",   "proton.me",     "protonmail.com", "pm.me",
        "tutanota.com",    "tutanota.de",    "tutamail.com",  "tuta.io",       "tuta.com",       "keemail.me",
        "cock.li",         "airmail.cc",     "onionmail.org", "onionmail.com", "cyberfear.com",  "mailfence.com",
        "msgsafe.io",      "firemail.cc",    "dnmx.org",      "morke.org",     "mail2tor.com",   "skiff.com",
        "zohomail.com",    "zohomail.eu",    "posteo.net",    "disroot.org",   "riseup.net",     "elude.in",
        "swisscows.email", "xmpp.jp"};

    return is_among(host, hosts, COUNT(hosts));
}

bool advisory_resolver(str address) {
    static const char *const addresses[] = {"8.8.8.8",
                                            "8.8.4.4",
                                            "1.1.1.1",
                                            "1.0.0.1",
                                            "9.9.9.9",
                                            "149.112.112.112",
                                            "208.67.222.222",
                                            "208.67.220.220",
                                            "4.2.2.1",
                                            "4.2.2.2",
                                            "114.114.114.114",
                                            "223.5.5.5",
                                            "223.6.6.6",
                                            "76.76.2.0",
                                            "94.140.14.14",
                                            "2001:4860:4860::8888",
                                            "2001:4860:4860::8844",
                                            "2606:4700:4700::1111",
                                            "2606:4700:4700::1001",
                                            "2620:fe::fe"};

    return is_among(address, addresses, COUNT(addresses));
}

/* Why a host is nobody's on the Internet; NULL: it is. */
const char *advisory_reserved_name(str host) {
    static const char *const examples[] = {"example",     "test",        "invalid",     "localhost",
                                           "example.com", "example.net", "example.org", "example.edu"};
    static const char *const own[] = {"local",    "lan",         "internal", "corp",    "home",
                                      "intranet", "localdomain", "arpa",     "private", "domain"};

    if (below(host, examples, COUNT(examples)))
        return "a name kept for examples (RFC 2606)";
    return below(host, own, COUNT(own)) ? "a name within somebody's own network" : NULL;
}
