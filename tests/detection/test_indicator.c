/* test_indicator: what a text holds of what is known: a table of texts in which an indicator stands, or nearly stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detection/indicator.h"

#include "../intel/key_check.h"

#define T(x) OBSERVABLE_##x
#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define LURE "invitation to the annual meeting of delegates.docx"

static const struct {
    enum observable type;
    const char *value, *text;
    bool held;
} cases[] = {
    /* Addresses */
    {T(ADDRESS), "192.0.2.6", "192.0.2.6", true},
    {T(ADDRESS), "192.0.2.6", "from 192.0.2.6 port 22", true},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6:443", true},
    {T(ADDRESS), "192.0.2.6", "([192.0.2.6])", true},
    {T(ADDRESS), "192.0.2.6", "It was 192.0.2.6.", true},
    {T(ADDRESS), "192.0.2.6", "http://192.0.2.6/a", true},
    {T(ADDRESS), "192.0.2.6", "jo@192.0.2.6", true},
    {T(ADDRESS), "192.0.2.6", "src_192.0.2.6_443", true},
    {T(ADDRESS), "192.0.2.6",
     "\xc2\xab"
     "192.0.2.6\xc2\xbb",
     true},
    {T(ADDRESS), "192.0.2.6", "a\\n192.0.2.6", true},
    {T(ADDRESS), "192.0.2.6", "u=http%3A%2F%2F192.0.2.6%2Fa", true},
    {T(ADDRESS), "192.0.2.6", "::ffff:192.0.2.6", true},
    {T(ADDRESS), "192.0.2.6", "[::FFFF:c000:206]:22", true},
    {T(ADDRESS), "192.0.2.6", "::ffff:192.0.2.6;type: 5 x.example;", true},
    {T(ADDRESS), "192.0.2.6", "192.0.2.66", false},
    {T(ADDRESS), "192.0.2.6", "1192.0.2.6", false},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6.5", false},
    {T(ADDRESS), "192.0.2.6", "7.192.0.2.6", false},
    {T(ADDRESS), "192.0.2.6", "v192.0.2.6", false},
    {T(ADDRESS), "192.0.2.6", "tool v192.0.2.6 (x)", false},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6a", false},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6beta", false},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6.x.example", false},
    {T(ADDRESS), "192.0.2.6", "192-0-2-6", false},
    {T(ADDRESS), "192.0.2.6", "System, Version=192.0.2.6, Culture=neutral", false},
    {T(ADDRESS), "192.0.2.6", "FileVersion: \"192.0.2.6\"", false},
    {T(ADDRESS), "192.0.2.6", "192.000.002.006", true},
    {T(ADDRESS), "192.0.2.6", "192.0.2.1-192.0.2.6", true},
    {T(ADDRESS), "192.0.2.6", "192.0.2.6-192.0.2.9", true},
    {T(ADDRESS), "192.0.2.6", "192.0.2.0006", false},
    {T(ADDRESS), "192.0.2.6", "x.192.0.2.6", false},
    {T(ADDRESS), "192.0.2.6", "192..0.2.6", false},
    {T(ADDRESS), "192.0.2.6", "file-192.0.2.6.zip", false},
    {T(ADDRESS), "2001:db8::6", "2001:db8::6", true},
    {T(ADDRESS), "2001:db8::6", "2001:DB8:0:0:0:0:0:6", true},
    {T(ADDRESS), "2001:db8::6", "2001:0db8:0000:0000:0000:0000:0000:0006", true},
    {T(ADDRESS), "2001:db8::6", "[2001:db8::6]:443", true},
    {T(ADDRESS), "2001:db8::6", "http://[2001:db8::6]/a", true},
    {T(ADDRESS), "2001:db8::6", "2001:db8::6%eth0", true},
    {T(ADDRESS), "2001:db8::6", "addr=2001:db8::6, x", true},
    {T(ADDRESS), "2001:db8::6", "addr:2001:db8::6", true},
    {T(ADDRESS), "2001:db8::6", "([IPv6:2001:db8::6])", true},
    {T(ADDRESS), "2001:db8::6", "from 2001:db8::6.", true},
    {T(ADDRESS), "2001:db8::6", "from 2001:db8::6: no", true},
    {T(ADDRESS), "2001:db8::6", "%5B2001%3Adb8%3A%3A6%5D", true},
    {T(ADDRESS), "2001:db8::6", "2001:db8::66", false},
    {T(ADDRESS), "2001:db8::6", "2001:db8::6:1", false},
    {T(ADDRESS), "2001:db8::6", "12001:db8::6", false},
    {T(ADDRESS), "2001:db8::6", "2001:db8::6g", false},
    {T(ADDRESS), "2001:db8::6", "x2001:db8::6", false},
    {T(NETWORK), "198.51.100.0/25", "198.51.100.127", true},
    {T(NETWORK), "198.51.100.0/25", "::ffff:198.51.100.1", true},
    {T(NETWORK), "198.51.100.0/25", "198.51.100.128", false},
    {T(NETWORK), "2001:db8:5::/48", "[2001:db8:5:ffff::1]:22", true},
    {T(NETWORK), "2001:db8:5::/48", "2001:db8:6::1", false},
    /* Domains */
    {T(DOMAIN), "evil.example", "evil.example", true},
    {T(DOMAIN), "evil.example", "a.b.EVIL.example.", true},
    {T(DOMAIN), "evil.example", "https://www.evil.example:8443/x", true},
    {T(DOMAIN), "evil.example", "jo@evil.example", true},
    {T(DOMAIN), "evil.example", "ping -n 1 evil.example&&exit", true},
    {T(DOMAIN), "evil.example", "--host=evil.example", true},
    {T(DOMAIN), "evil.example", "\\\\evil.example\\share", true},
    {T(DOMAIN), "evil.example", "u=http%3A%2F%2Fevil.example%2Fx", true},
    {T(DOMAIN), "evil.example", "u=http%253A%252F%252Fevil.example%252Fx", true},
    {T(DOMAIN), "evil.example", "jo%40evil.example", true},
    {T(DOMAIN), "evil.example", "http://x.test/?u=//evil%2Eexample", true},
    {T(DOMAIN), "evil.example",
     "\xe2\x80\x9e"
     "evil.example\xe2\x80\x9c",
     true},
    {T(DOMAIN), "evil.example", "see\\nevil.example\\n", true},
    {T(DOMAIN), "evil.example",
     "evil\xe3\x80\x82"
     "example",
     true},
    {T(DOMAIN), "evil.example", "evil.example%E2%80", true}, /* signs beyond ASCII that are cut short */
    {T(DOMAIN), "evil.example", "%E2%80", false},
    {T(DOMAIN), "evil.example", "evil.example%E3", true},
    {T(DOMAIN), "evil.example", "%EF%BC%8", false},
    {T(DOMAIN), "evil.example", "notevil.example", false},
    {T(DOMAIN), "evil.example", "not-evil.example", false},
    {T(DOMAIN), "evil.example", "evil.example.org", false},
    {T(DOMAIN), "evil.example", "evil.examplex", false},
    {T(DOMAIN), "evil.example", "evil.example-x", false},
    {T(DOMAIN), "evil.example", "evil.example_x", false},
    {T(DOMAIN), "evil.example", "x_evil.example", false},
    {T(DOMAIN), "evil.example", "evil-example", false},
    {T(DOMAIN), "evil.example", "evil", false},
    {T(DOMAIN), "evil.example", "evil.example%2Eorg", false},
    {T(DOMAIN), "evil.example", "%2F%2Fnotevil.example%2F", false},
    {T(DOMAIN), "evil.example",
     "\xc3\xa9"
     "evil.example",
     false},
    {T(DOMAIN), "evil.example", "evil..example", false},
    {T(DOMAIN), "xn--bcher-kva.example",
     "www.b\xc3\xbc"
     "cher.example",
     true},
    {T(DOMAIN), "xn--bcher-kva.example",
     "https://B\xc3\x9c"
     "CHER.example/x",
     true},
    {T(DOMAIN), "xn--bcher-kva.example", "u=b%C3%BCcher.example%2Fx", true},
    {T(DOMAIN),
     "b\xc3\xbc"
     "cher.test",
     "XN--BCHER-KVA.test", true},
    {T(DOMAIN), "xn--bcher-kva.example", "bucher.example", false},
    {T(DOMAIN), "xn--bcher-kva.example",
     "xb\xc3\xbc"
     "cher.example",
     false},
    {T(DOMAIN), "co.uk", "co.uk", true},
    {T(DOMAIN), "co.uk", "http://www.evil.co.uk/", false},
    {T(DOMAIN), "duckdns.org", "evil.duckdns.org", true},
    /* URLs */
    {T(URL), "http://bad.example/gate.php", "http://bad.example/gate.php", true},
    {T(URL), "http://bad.example/gate.php", "https://BAD.example:443/gate.php#x", true},
    {T(URL), "http://bad.example/gate.php", "bad.example/gate.php", true},
    {T(URL), "http://bad.example/gate.php", "GET http://bad.example/gate.php?id=7&x=y HTTP/1.1", true},
    {T(URL), "http://bad.example/gate.php", "(see http://bad.example/gate.php).", true},
    {T(URL), "http://bad.example/gate.php", "<a href='http://bad.example/gate.php'>", true},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/%67ate.php", true},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/x/../gate.php", true},
    {T(URL), "http://bad.example/gate.php", "http://bad.example:8080/gate.php", true},
    {T(URL), "http://bad.example/gate.php", "http://x.test/go?u=http%3A%2F%2Fbad.example%2Fgate.php%3Fid%3D7", true},
    {T(URL), "http://bad.example/gate.php", "http://x.test/http://bad.example/gate.php", true},
    {T(URL), "http://bad.example/gate.php", "http://user:pw@bad.example/gate.php", true},
    {T(URL), "http://bad.example/gate.php", "http://bad.example@x.test/gate.php", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/gate.php...", true}, /* the end of a sentence */
    {T(URL), "http://bad.example/gate.php", "http://bad.example/gate.php%2", false}, /* cut short */
    {T(URL), "http://bad.example/gate.php", "http://bad.example/gate.phpx", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/gate.php/x", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/x/gate.php", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/GATE.php", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example/", false},
    {T(URL), "http://bad.example/gate.php", "http://xbad.example/gate.php", false},
    {T(URL), "http://bad.example/gate.php", "http://www.bad.example/gate.php", false},
    {T(URL), "http://bad.example/gate.php", "http://bad.example.test/gate.php", false},
    {T(URL), "http://ask.example/a?id=7", "http://ask.example/a?id=7", true},
    {T(URL), "http://ask.example/a?id=7", "x ask.example/a/?id=7", false},
    {T(URL), "http://ask.example/a/?id=7", "http://ask.example/a/?id=7", true},
    {T(URL), "http://ask.example/a/?id=7", "u=ask.example%2Fa%2F%3Fid%3D7", true},
    {T(URL), "http://ask.example/a?id=7", "http://ask.example/a?id=77", false},
    {T(URL), "http://ask.example/a?id=7", "http://ask.example/a", false},
    {T(URL), "http://port.example:8080/a", "http://port.example:8080/a?x", true},
    {T(URL), "http://port.example:8080/a", "http%3A%2F%2Fport.example%3A8080%2Fa", true},
    {T(URL), "http://port.example:8080/a", "http://port.example/a", false},
    {T(URL), "http://port.example:8080/a", "http://port.example:8081/a", false},
    {T(URL), "http://192.0.2.80/t/", "(https://192.0.2.80:443/t/)", true},
    {T(URL), "http://192.0.2.80/t/", "http://192.0.2.80/%74/?x=1", true},
    {T(URL), "http://192.0.2.80:81/t.php?q=1", "a http://192.0.2.80:81/t.php?q=1 b", true},
    {T(URL), "http://192.0.2.80/t/", "http://192.0.2.80/u/", false},
    {T(URL), "http://192.0.2.80/t/", "http://1192.0.2.80/t/", false},
    {T(URL), "http://[2001:db8::80]/t", "http://[2001:DB8:0::80]/t", true},
    {T(URL), "http://xn--caf-dma.example/t", "http://caf\xc3\xa9.example/t", true},
    {T(URL), "http://xn--caf-dma.example/t", "u=caf%C3%A9.example%2Ft", true},
    {T(URL), "http://caf\xc3\xa9.test/t", "http://xn--caf-dma.test:80/t", true},
    {T(URL), "http://xn--caf-dma.example/t", "http://cafe.example/t", false},
    /* Hashes */
    {T(MD5), MD5, MD5, true},
    {T(MD5), MD5, "SHA1=00,MD5=D41D8CD98F00B204E9800998ECF8427E,X=1", true},
    {T(MD5), MD5, "/cache/" MD5 ".exe", true},
    {T(MD5), MD5, "0x" MD5, true},
    {T(MD5), MD5, "of thirty-one bytes before it: " MD5 ".bin", true},
    {T(MD5), MD5, "of thirty bytes before the it: " MD5, true},
    {T(MD5), MD5, "%2F" MD5 "%2F", true},
    {T(MD5), MD5, "md5_" MD5 "_x", true},
    {T(MD5), MD5, MD5 "0", false},
    {T(MD5), MD5, "a" MD5, false},
    {T(MD5), MD5, "z" MD5, false},
    {T(MD5), MD5, MD5 "g", false},
    {T(MD5), MD5, "d41d8cd98f00b204-e9800998ecf8427e", false},
    {T(SHA1), SHA1, "sha1:" SHA1, true},
    {T(SHA1), SHA1, SHA1 "1", false},
    {T(SHA256), SHA256, "{\"sha256\":\"" SHA256 "\"}", true},
    {T(SHA256), SHA256, SHA1 "852b855991b7852b85500000", false},
    /* Mail */
    {T(MAIL), "jo@mail.example", "Jo <JO@Mail.example>", true},
    {T(MAIL), "jo@mail.example", "mailto:jo@mail.example?x", true},
    {T(MAIL), "jo@mail.example", "'jo@mail.example'", true},
    {T(MAIL), "jo@mail.example", "to=jo@mail.example,", true},
    {T(MAIL), "jo@mail.example", "/u/jo@mail.example", true},
    {T(MAIL), "jo@mail.example", "u=jo%40mail.example&x=1", true},
    {T(MAIL), "jo@mail.example", "%3Cjo@mail.example%3E", true},
    {T(MAIL), "jo@mail.example", "a@x.test;jo@mail.example", true},
    {T(MAIL), "o'neil@mail.example", "<o'neil@mail.example>", true},
    {T(MAIL), "jo@mail.example", "xjo@mail.example", false},
    {T(MAIL), "jo@mail.example", "x.jo@mail.example", false},
    {T(MAIL), "jo@mail.example", "x-jo@mail.example", false},
    {T(MAIL), "jo@mail.example", "jo+tag@mail.example", false},
    {T(MAIL), "jo@mail.example", "jo@mail.example.org", false},
    {T(MAIL), "jo@mail.example", "jo@mx.mail.example", false},
    {T(MAIL), "jo@mail.example", "jo @ mail.example", false},
    /* Names of files */
    {T(FILE_NAME), "dropper.exe", "Dropper.EXE", true},
    {T(FILE_NAME), "dropper.exe", "C:\\Users\\x\\dropper.exe /q", true},
    {T(FILE_NAME), "dropper.exe", "cmd /c \"dropper.exe\"&&x", true},
    {T(FILE_NAME), "dropper.exe", "cmd /c dropper.exe&&x", true},
    {T(FILE_NAME), "dropper.exe", "GET /a/dropper.exe?x=1 HTTP/1.1", true},
    {T(FILE_NAME), "dropper.exe", "C:\\x\\dropper.exe:Zone.Identifier", true},
    {T(FILE_NAME), "dropper.exe", "file=dropper.exe;", true},
    {T(FILE_NAME), "dropper.exe", "It was dropper.exe.", true},
    {T(FILE_NAME), "dropper.exe", "a%5Cdropper.exe%22", true},
    {T(FILE_NAME), "dropper.exe",
     "\xe2\x80\x9e"
     "dropper.exe\xe2\x80\x9c",
     true},
    {T(FILE_NAME), "dropper.exe", "notdropper.exe", false},
    {T(FILE_NAME), "dropper.exe", "C:\\x\\not-dropper.exe", false},
    {T(FILE_NAME), "dropper.exe", "x_dropper.exe", false},
    {T(FILE_NAME), "dropper.exe", "dropper.exe.config", false},
    {T(FILE_NAME), "dropper.exe", "dropper.exe_", false},
    {T(FILE_NAME), "dropper.exe", "dropper.exex", false},
    {T(FILE_NAME), "dropper.exe", "dropper.x.exe", false},
    {T(FILE_NAME), "dropper.exe", "dropper", false},
    {T(FILE_NAME), LURE, "C:\\x\\Invitation to the annual meeting of delegates.docx", true},
    {T(FILE_NAME), LURE, "winword.exe /n \"C:\\x\\Invitation to the annual meeting of delegates.docx\"", true},
    {T(FILE_NAME), LURE, "attached: Invitation to the annual meeting of delegates.docx, 12 kB", true},
    {T(FILE_NAME), LURE, "/dl/Invitation%20to%20the%20annual%20meeting%20of%20delegates.docx", true},
    {T(FILE_NAME), LURE, "Invitation to the annual meeting.docx", false},
    {T(FILE_NAME), "a1b.7z", "/x/a1b.7z", true},
    {T(FILE_NAME), "a1b.7z", "/x/xa1b.7z", false},
    /* Paths */
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "rundll32 C:\\Windows\\Debug\\bad.dll,Run", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "\"c:\\\\windows\\\\debug\\\\BAD.dll\"", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "\\Device\\HarddiskVolume2\\Windows\\Debug\\bad.dll", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "C:/Windows/Debug/bad.dll", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "\\\\srv\\c$\\windows\\debug\\bad.dll", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "C:%5CWindows%5CDebug%5Cbad.dll", true},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "C:\\Windows\\Debug\\x\\bad.dll", false},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "C:\\NotWindows\\Debug\\bad.dll", false},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "bad.dll", false},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "C:\\Windows\\Debug\\bad.dll.bak", false},
    {T(FILE_PATH), "C:\\Windows\\Debug\\bad.dll", "Debug\\bad.dll", false},
    {T(FILE_PATH), "C:\\Program Files\\Odd Tool\\odd one.dll", "\"C:\\Program Files\\Odd Tool\\odd one.dll\" /x", true},
    {T(FILE_PATH), "C:\\Program Files\\Odd Tool\\odd one.dll", "regsvr32 C:\\Program Files\\Odd Tool\\odd one.dll",
     true},
    {T(FILE_PATH), "%APPDATA%\\odd.exe", "C:\\Users\\jo\\AppData\\Roaming\\odd.exe", true},
    {T(FILE_PATH), "%APPDATA%\\odd.exe", "cmd /c %AppData%\\odd.exe", true},
    {T(FILE_PATH), "%APPDATA%\\odd.exe", "start $env:APPDATA\\odd.exe", true},
    {T(FILE_PATH), "%APPDATA%\\odd.exe", "C:\\Program Files\\Odd\\odd.exe", false},
    {T(FILE_PATH), "%APPDATA%\\odd.exe", "odd.exe", false},
    {T(FILE_PATH), "C:\\Users\\jo\\AppData\\Roaming\\odd1.exe", "%APPDATA%\\odd1.exe", false}, /* whose? */
    {T(FILE_PATH), "C:\\Windows\\System32\\odd.sys", "\\SystemRoot\\System32\\odd.sys", true},
    {T(FILE_PATH), "C:\\Windows\\System32\\odd.sys", "%windir%\\system32\\odd.sys", true},
    {T(FILE_PATH), "C:\\svchost2.exe", "c:\\svchost2.exe", true},
    {T(FILE_PATH), "C:\\svchost2.exe", "\\\\srv\\c$\\svchost2.exe", true},
    {T(FILE_PATH), "C:\\svchost2.exe", "C:\\Windows\\System32\\Odd\\svchost2.exe", false},
    {T(FILE_PATH), "C:\\svchost2.exe", "svchost2.exe -k netsvcs", false},
    {T(FILE_PATH), "%USERPROFILE%\\odd3.exe", "C:\\Users\\jo\\odd3.exe", true},
    {T(FILE_PATH), "%USERPROFILE%\\odd3.exe", "C:\\Users\\jo\\Downloads\\odd3.exe", false},
    {T(FILE_PATH), "/tmp/.x/agent.elf", "chmod +x /tmp/.x/agent.elf;", true},
    {T(FILE_PATH), "/tmp/.x/agent.elf", "/mnt/tmp/.x/agent.elf", true},
    {T(FILE_PATH), "/tmp/.x/agent.elf", "/tmp/x/agent.elf", false},
    {T(FILE_PATH), "/var/tmp/implant", "sh /var/tmp/implant -d", true},
    {T(FILE_PATH), "/var/tmp/implant", "/var/tmp/implants", false},
    {T(FILE_PATH), "/var/tmp/implant", "/xvar/tmp/implant", false},
    /* Whole values */
    {T(USER_AGENT), "Odd Agent/1.0 (x)", "Odd Agent/1.0 (x)", true},
    {T(USER_AGENT), "Odd Agent/1.0 (x)", "Odd Agent/1.0 (x) y", false},
    {T(USER_AGENT), "Odd Agent/1.0 (x)", "x\\Odd Agent/1.0 (x)", false},
    {T(MUTEX), "Global\\OddMutex7", "\\Sessions\\1\\BaseNamedObjects\\oddmutex7", true},
    {T(MUTEX), "Global\\OddMutex7", "OddMutex7", true},
    {T(MUTEX), "Global\\OddMutex7", "Local\\OddMutex7", true},
    {T(MUTEX), "Global\\OddMutex7", "\\\\.\\pipe\\OddMutex7", true},
    {T(MUTEX), "Global\\OddMutex7", "\\OddMutex7", true},
    {T(MUTEX), "Global\\OddMutex7", "C:\\x\\OddMutex7", false},
    {T(MUTEX), "Global\\OddMutex7", "xGlobal\\OddMutex7", false},
    {T(MUTEX), "Global\\OddMutex7", "OddMutex77", false},
    {T(MUTEX), "Global\\OddMutex7", "a\n\\\\.\\pipe\\OddMutex7", false},
    {T(REGISTRY), "HKLM\\Software\\Odd\\Run", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Odd\\Run", true},
    {T(REGISTRY), "HKLM\\Software\\Odd\\Run", "\\REGISTRY\\MACHINE\\SOFTWARE\\Odd\\Run", true},
    {T(REGISTRY), "HKLM\\Software\\Odd\\Run", "HKLM\\Software\\Odd\\Run\\value", true},
    {T(REGISTRY), "HKLM\\Software\\Odd\\Run", "HKLM\\Software\\Odd\\Runx", false},
    {T(REGISTRY), "HKLM\\Software\\Odd\\Run", "HKCU\\Software\\Odd\\Run", false},
    {T(REGISTRY), "HKCU\\Software\\Odd2", "HKU\\S-1-5-21-1-2-3-1001\\Software\\Odd2", true},
    {T(REGISTRY), "HKCU\\Software\\Odd2", "HKU\\.DEFAULT\\Software\\Odd2", false},
    {T(SERVICE), "OddSvc", "oddsvc", true},
    {T(SERVICE), "OddSvc", "HKLM\\System\\CurrentControlSet\\Services\\OddSvc", true},
    {T(SERVICE), "OddSvc", "\\OddSvc", true},
    {T(SERVICE), "OddSvc", "C:\\Users\\OddSvc", false},
    {T(SERVICE), "OddSvc", "the OddSvc service", false},
    {T(ACCOUNT), "acme\\kim77", "ACME\\Kim77", true},
    {T(ACCOUNT), "kim78", "ACME\\Kim78", true},
    {T(ACCOUNT), "kim78", "C:\\Users\\Kim78", false},
    {T(ACCOUNT), "acme\\kim77", "kim77", false},
    {T(PHONE), "+4930123456", "+4930123456", true},
    {T(PHONE), "+4930123456", "0049 30 123456", true},
    {T(PHONE), "+4930123456", "+49 (0)30 / 123-456", true},
    {T(PHONE), "+4930123456", "tel:+4930123456", true},
    {T(PHONE), "+4930123456", "sip:+4930123456@pbx.example;user=phone", true},
    {T(PHONE), "+4930123456", "+49301234567", false},
    {T(PHONE), "+4930123456", "call +4930123456 now", false},
    {T(CERTIFICATE), "00A1B2C3D4E5F60718", "a1:b2:c3:d4:e5:f6:07:18", true},
    {T(CERTIFICATE), "00A1B2C3D4E5F60718", "A1B2C3D4E5F60718", true},
    {T(CERTIFICATE), "00A1B2C3D4E5F60718", "00A1B2C3D4E5F60718", true},
    {T(CERTIFICATE), "00A1B2C3D4E5F60718", "A1B2C3D4E5F6071800", false},
    {T(CERTIFICATE), "00A1B2C3D4E5F60718", "x a1b2c3d4e5f60718", false},
    {T(MAC), "00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", true},
    {T(MAC), "00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7", true},
    {T(MAC), "00:1b:44:11:3a:b7", "001b.4411.3ab7", true},
    {T(MAC), "00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7:00", false},
    {T(JA3), "6734f37431670b3ab4292b8f60f29984", "6734f37431670b3ab4292b8f60f29984", true},
    {T(JA4), "t13d1516h2_8daaf6152771_02713d6af862", "T13D1516H2_8daaf6152771_02713d6af862", true},
    {T(JA4), "t13d1516h2_8daaf6152771_02713d6af862", "t13d1516h2_8daaf6152771_02713d6af863", false},
    {T(SUBJECT), "Odd  News", "odd news", true},
    {T(SUBJECT), "Odd  News", "Re: odd news", false},
    {T(COMMAND), "whoami  /all /odd", "WHOAMI /all  /odd", true},
    {T(COMMAND), "whoami  /all /odd", "whoami /all /odd /x", false},
};

struct known_all {
    struct buf bytes;
    struct intel_set *set;
    struct indicator_marks *marks;
    struct fields *fields;
    struct indicators *x;
};

static int begin(void **state) {
    static struct known_all all;
    struct intel_builder *b;
    struct err e = {0};

    assert_true(intel_builder_new(&b, &e));
    assert_true(intel_builder_source(b, S("a list"), S(""), &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_item const item = {.form = ITEM_VALUE,
                                        .type = cases[i].type,
                                        .value = str_of(cases[i].value),
                                        .raw = S(""),
                                        .where = S("line 1"),
                                        .id = S(""),
                                        .title = S(""),
                                        .comment = S(""),
                                        .created = INSTANT_NONE,
                                        .modified = INSTANT_NONE,
                                        .valid_from = INSTANT_NONE,
                                        .valid_until = INSTANT_NONE,
                                        .first_seen = INSTANT_NONE,
                                        .last_seen = INSTANT_NONE,
                                        .confidence = ITEM_CONFIDENCE_UNSAID};

        if (!intel_builder_item(b, &item, &e))
            fail_msg("%s: %s", cases[i].value, e.text);
    }
    assert_true(intel_builder_end(b, &all.bytes, &e));
    intel_builder_free(b);
    assert_true(intel_set_of(&all.set, buf_str(&all.bytes), &e));
    assert_true(indicator_marks_new(&all.marks, all.set, &e));
    assert_non_null(all.fields = fields_new());
    assert_true(indicators_new(&all.x, all.marks, all.fields, &e));
    *state = &all;
    return 0;
}

static int end(void **state) {
    struct known_all *const all = *state;

    indicators_free(all->x);
    indicator_marks_free(all->marks);
    fields_free(all->fields);
    intel_set_free(all->set);
    buf_free(&all->bytes);
    return 0;
}

static uint32_t entry_of(const struct intel_set *set, enum observable type, const char *value) {
    struct buf canonical = {0};
    const char *why;

    assert_true(observable_canonical(type, str_of(value), &canonical, &why));
    uint32_t const entry = intel_set_find(set, type, buf_str(&canonical));

    buf_free(&canonical);
    assert_true(entry != INTEL_NONE);
    return entry;
}

static void texts(void **state) {
    struct known_all *const all = *state;
    struct key_check keys;
    uint32_t found[64];
    unsigned failed = 0;

    key_check_begin(&keys);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t const entry = entry_of(all->set, cases[i].type, cases[i].value);
        size_t const count = indicators_of_text(all->x, str_of(cases[i].text), found, COUNT(found));
        bool held = false;

        for (size_t k = 0; k < count; k++)
            held |= found[k] == entry;
        if (held != cases[i].held) {
            print_error("%s %s: %s in \"%s\"\n", observable_name(cases[i].type).ptr, cases[i].value,
                        held ? "found, and does not stand" : "not found", cases[i].text);
            failed++;
        }
        /* What is found of a whole value must not be sifted away before. */
        struct raw const raw = {.type = RAW_TEXT, .ptr = cases[i].text, .len = (uint32_t)strlen(cases[i].text)};

        if (count && !indicators_sift(all->x, &raw)) {
            print_error("sifted away: \"%s\"\n", cases[i].text);
            failed++;
        }
        /* Nor may an index of its keys say that it is not there. */
        struct intel_entry const n = intel_set_entry(all->set, entry);

        key_check_text(&keys, str_of(cases[i].text));
        if (held && !key_check_asks(&keys, n.type, n.value)) {
            print_error("ruled out by an index: %s in \"%s\"\n", cases[i].value, cases[i].text);
            failed++;
        }
    }
    key_check_end(&keys);
    assert_int_equal(failed, 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
