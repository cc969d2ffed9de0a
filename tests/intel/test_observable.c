/* test_observable: one spelling for each value, what has none, what a bare value is, and how harmless indicators are armed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../refuse.h"
#include "intel/observable.h"

#define HEX_32 "0123456789abcdef0123456789abcdef"
#define HEX_64 HEX_32 HEX_32

/* canonical: NULL: none, and why begins so. */
static const struct {
    enum observable type;
    str value, canonical;
    const char *why;
} forms[] = {
    {OBSERVABLE_ADDRESS, STR("192.0.2.1"), STR("192.0.2.1"), NULL},
    {OBSERVABLE_ADDRESS, STR(" 192.0.2.1\r\n"), STR("192.0.2.1"), NULL},
    {OBSERVABLE_ADDRESS, STR("192.0.2.1/32"), STR("192.0.2.1"), NULL},
    {OBSERVABLE_ADDRESS, STR("::ffff:192.0.2.1"), STR("192.0.2.1"), NULL},
    {OBSERVABLE_ADDRESS, STR("::FFFF:C000:0201"), STR("192.0.2.1"), NULL},
    {OBSERVABLE_ADDRESS, STR("2001:DB8:0:0:0:0:0:1"), STR("2001:db8::1"), NULL},
    {OBSERVABLE_ADDRESS, STR("[2001:db8::1]"), STR("2001:db8::1"), NULL},
    {OBSERVABLE_ADDRESS, STR("2001:db8::1/128"), STR("2001:db8::1"), NULL},
    {OBSERVABLE_ADDRESS, STR("fe80::1%eth0"), STR("fe80::1"), NULL},
    {OBSERVABLE_ADDRESS, STR(""), STR(""), "empty"},
    {OBSERVABLE_ADDRESS, STR("192.0.2"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("192.0.2.256"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("192.0.2.01"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("192.0.2.1:443"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("192.0.2.0/24"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("2001:db8::1/32"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("192[.]0.2.1"), STR(""), "not an address"},
    {OBSERVABLE_ADDRESS, STR("example.org"), STR(""), "not an address"},

    {OBSERVABLE_NETWORK, STR("192.0.2.0/24"), STR("192.0.2.0/24"), NULL},
    {OBSERVABLE_NETWORK, STR("192.0.2.77/24"), STR("192.0.2.0/24"), NULL},
    {OBSERVABLE_NETWORK, STR("192.0.2.255/25"), STR("192.0.2.128/25"), NULL},
    {OBSERVABLE_NETWORK, STR("255.255.255.255/1"), STR("128.0.0.0/1"), NULL},
    {OBSERVABLE_NETWORK, STR("192.0.2.1/32"), STR("192.0.2.1/32"), NULL},
    {OBSERVABLE_NETWORK, STR("192.0.2.1"), STR("192.0.2.1/32"), NULL},
    {OBSERVABLE_NETWORK, STR("2001:DB8:1:2::1/33"), STR("2001:db8::/33"), NULL},
    {OBSERVABLE_NETWORK, STR("2001:db8::1"), STR("2001:db8::1/128"), NULL},
    {OBSERVABLE_NETWORK, STR("::ffff:192.0.2.9/120"), STR("192.0.2.0/24"), NULL},
    {OBSERVABLE_NETWORK, STR("::ffff:192.0.2.9/95"), STR("::fffe:0:0/95"), NULL},
    {OBSERVABLE_NETWORK, STR("0.0.0.0/0"), STR(""), "a network of all addresses"},
    {OBSERVABLE_NETWORK, STR("::/0"), STR(""), "a network of all addresses"},
    {OBSERVABLE_NETWORK, STR("::ffff:0:0/96"), STR(""), "a network of all addresses"},
    {OBSERVABLE_NETWORK, STR("192.0.2.0/33"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("192.0.2.0/"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("192.0.2.0/-1"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("192.0.2/24"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("192.0.2.0/255.255.255.0"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("fe80::%eth0/64"), STR(""), "not a network"},
    {OBSERVABLE_NETWORK, STR("2001:db8::/129"), STR(""), "not a network"},

    {OBSERVABLE_DOMAIN, STR("Login.EXAMPLE.org"), STR("login.example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR("example.org."), STR("example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR("*.example.org"), STR("example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR(".example.org"), STR("example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR("_dmarc.example.org"), STR("_dmarc.example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR("r3---sn-4g5e6nze.example.org"), STR("r3---sn-4g5e6nze.example.org"), NULL},
    {OBSERVABLE_DOMAIN,
     STR("b\xc3\xbc"
         "cher.example"),
     STR("xn--bcher-kva.example"), NULL},
    {OBSERVABLE_DOMAIN,
     STR("B\xc3\x9c"
         "CHER.Example"),
     STR("xn--bcher-kva.example"), NULL},
    {OBSERVABLE_DOMAIN,
     STR("bu\xcc\x88"
         "cher.example"),
     STR("xn--bcher-kva.example"), NULL}, /* decomposed */
    {OBSERVABLE_DOMAIN, STR("XN--BCHER-KVA.example"), STR("xn--bcher-kva.example"), NULL},
    {OBSERVABLE_DOMAIN,
     STR("stra\xc3\x9f"
         "e.example"),
     STR("xn--strae-oqa.example"), NULL}, /* UTS 46, not transitional */
    {OBSERVABLE_DOMAIN, STR("\xef\xbd\x85\xef\xbd\x98\xef\xbc\x8eorg"), STR("ex.org"), NULL}, /* full width */
    {OBSERVABLE_DOMAIN, STR("example\xe3\x80\x82org"), STR("example.org"), NULL},
    {OBSERVABLE_DOMAIN, STR("\xd1\x80\xd1\x84.\xd1\x80\xd1\x84"), STR("xn--p1ai.xn--p1ai"), NULL},
    {OBSERVABLE_DOMAIN, STR("a.b"), STR("a.b"), NULL},
    {OBSERVABLE_DOMAIN, STR("192.0.2.1"), STR(""), "an address"},
    {OBSERVABLE_DOMAIN, STR("2001:db8::1"), STR(""), "an address"},
    {OBSERVABLE_DOMAIN, STR("[2001:db8::1]"), STR(""), "an address"},
    {OBSERVABLE_DOMAIN, STR("localhost"), STR(""), "one word is no domain"},
    {OBSERVABLE_DOMAIN, STR("*.org"), STR(""), "one word is no domain"},
    {OBSERVABLE_DOMAIN, STR("1.2.3"), STR(""), "not a host name: it ends in a number"},
    {OBSERVABLE_DOMAIN, STR("1.2.3.4.5"), STR(""), "not a host name: it ends in a number"},
    {OBSERVABLE_DOMAIN, STR("example..org"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("example.org.."), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("-example.org"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("exa mple.org"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("example.org/x"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("http://example.org"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("example.org:8080"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("jo@example.org"), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN, STR("ex\xff.org"), STR(""), "not UTF-8"},
    {OBSERVABLE_DOMAIN, STR("ex\0.org"), STR(""), "it holds control characters"},
    {OBSERVABLE_DOMAIN, STR("*."), STR(""), "not a host name"},
    {OBSERVABLE_DOMAIN,
     STR("a123456789012345678901234567890123456789012345678901234567890123.example"), /* a label of 64 */
     STR(""), "not a host name"},

    {OBSERVABLE_URL, STR("https://Example.org/a/B?c=D#e"), STR("example.org/a/B?c=D"), NULL},
    {OBSERVABLE_URL, STR("example.org/a/B?c=D"), STR("example.org/a/B?c=D"), NULL},
    {OBSERVABLE_URL, STR("http://example.org"), STR("example.org/"), NULL},
    {OBSERVABLE_URL, STR("http://example.org:80/"), STR("example.org/"), NULL},
    {OBSERVABLE_URL, STR("https://example.org:443/x"), STR("example.org/x"), NULL},
    {OBSERVABLE_URL, STR("https://example.org:8443/x"), STR("example.org:8443/x"), NULL},
    {OBSERVABLE_URL, STR("http://192.0.2.1:8080/x.exe"), STR("192.0.2.1:8080/x.exe"), NULL},
    {OBSERVABLE_URL, STR("http://[2001:DB8:0::1]/x"), STR("[2001:db8::1]/x"), NULL},
    {OBSERVABLE_URL, STR("http://[::ffff:192.0.2.1]:8080/x"), STR("192.0.2.1:8080/x"), NULL},
    {OBSERVABLE_URL, STR("http://user:word@example.org/x"), STR("example.org/x"), NULL},
    {OBSERVABLE_URL,
     STR("http://b\xc3\xbc"
         "cher.example/\xc3\xbc"),
     STR("xn--bcher-kva.example/%C3%BC"), NULL},
    {OBSERVABLE_URL, STR("http://example.org/a/../b/./c"), STR("example.org/b/c"), NULL},
    {OBSERVABLE_URL, STR("http://example.org?q"), STR("example.org/?q"), NULL},
    {OBSERVABLE_URL, STR("http://intranet/x"), STR("intranet/x"), NULL},
    {OBSERVABLE_URL, STR("ldap://example.org/x"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http://"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http:///x"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http://exa mple.org/"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http://example.org:99999/"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http://[2001:db8:::1]/"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("hxxp://example.org/"), STR(""), "not an address of the web"},
    {OBSERVABLE_URL, STR("http://example.org/abc..."), STR(""), "cut short"},
    {OBSERVABLE_URL, STR("http://example.org/abc\xe2\x80\xa6"), STR(""), "cut short"},
    {OBSERVABLE_URL, STR("/gate.php"), STR(""), "not an address of the web"},

    {OBSERVABLE_MD5, STR("0123456789ABCDEF0123456789abcdef"), STR(HEX_32), NULL},
    {OBSERVABLE_SHA1, STR(HEX_32 "01234567"), STR(HEX_32 "01234567"), NULL},
    {OBSERVABLE_SHA256, STR(HEX_64), STR(HEX_64), NULL},
    {OBSERVABLE_SHA512, STR(HEX_64 HEX_64), STR(HEX_64 HEX_64), NULL},
    {OBSERVABLE_IMPHASH, STR(HEX_32), STR(HEX_32), NULL},
    {OBSERVABLE_JA3, STR(HEX_32), STR(HEX_32), NULL},
    {OBSERVABLE_MD5, STR("0123456789abcdef0123456789abcde"), STR(""), "not 32"},
    {OBSERVABLE_MD5, STR(HEX_32 "0"), STR(""), "not 32"},
    {OBSERVABLE_MD5, STR("g123456789abcdef0123456789abcdef"), STR(""), "not 32"},
    {OBSERVABLE_SHA1, STR(HEX_32), STR(""), "not 40"},
    {OBSERVABLE_SHA256, STR(HEX_32), STR(""), "not 64"},
    {OBSERVABLE_SHA512, STR(HEX_64), STR(""), "not 128"},
    {OBSERVABLE_IMPHASH, STR(HEX_64), STR(""), "not 32"},
    {OBSERVABLE_JA3, STR("769,47-53-5-10"), STR(""), "not 32"},

    {OBSERVABLE_JA4, STR("T13D1516H2_8DAAF6152771_02713d6af862"), STR("t13d1516h2_8daaf6152771_02713d6af862"), NULL},
    {OBSERVABLE_JA4, STR("t130200_1301_234ea6891581"), STR("t130200_1301_234ea6891581"), NULL}, /* JA4S */
    {OBSERVABLE_JA4, STR("t13d1516h2_8daaf6152771"), STR("t13d1516h2_8daaf6152771"), NULL},
    {OBSERVABLE_JA4, STR("8daaf6152771"), STR(""), "not a JA4"},
    {OBSERVABLE_JA4, STR("t13d1516h2_8daaf6152771_02713d6af86"), STR(""), "not a JA4"},
    {OBSERVABLE_JA4, STR("t13d1516h2__02713d6af862"), STR(""), "not a JA4"},
    {OBSERVABLE_JA4, STR("t13d1516h2_8daaf6152771_x2713d6af862"), STR(""), "not a JA4"},
    {OBSERVABLE_JA4, STR(HEX_32), STR(""), "not a JA4"},

    {OBSERVABLE_CERTIFICATE, STR("00:A1:B2:C3"), STR("a1b2c3"), NULL},
    {OBSERVABLE_CERTIFICATE, STR("0xA1B2C3"), STR("a1b2c3"), NULL},
    {OBSERVABLE_CERTIFICATE, STR("a1 b2 c3"), STR("a1b2c3"), NULL},
    {OBSERVABLE_CERTIFICATE, STR("00"), STR("0"), NULL},
    {OBSERVABLE_CERTIFICATE, STR("CN=example"), STR(""), "not a serial"},
    {OBSERVABLE_CERTIFICATE, STR(":a1"), STR(""), "not a serial"},
    {OBSERVABLE_CERTIFICATE, STR(HEX_64), STR(""), "too long"},

    {OBSERVABLE_MAIL, STR("Jo.Doe@Example.ORG"), STR("jo.doe@example.org"), NULL},
    {OBSERVABLE_MAIL, STR("<jo@example.org>"), STR("jo@example.org"), NULL},
    {OBSERVABLE_MAIL, STR("MailTo:jo@example.org"), STR("jo@example.org"), NULL},
    {OBSERVABLE_MAIL,
     STR("jo+tag@b\xc3\xbc"
         "cher.example"),
     STR("jo+tag@xn--bcher-kva.example"), NULL},
    {OBSERVABLE_MAIL, STR("\xc3\x9c@example.org"), STR("\xc3\xbc@example.org"), NULL},
    {OBSERVABLE_MAIL, STR("example.org"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("@example.org"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("jo@"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("jo@192.0.2.1"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("jo@host"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("jo@a@example.org"), STR(""), "not a mail address"},
    {OBSERVABLE_MAIL, STR("Jo Doe <jo@example.org>"), STR(""), "not a mail address"},

    {OBSERVABLE_SUBJECT, STR("  Your\r\n  Invoice \t 7 "), STR("your invoice 7"), NULL},
    {OBSERVABLE_SUBJECT, STR("\xc3\x84nderung"), STR("\xc3\xa4nderung"), NULL},
    {OBSERVABLE_SUBJECT, STR(" \t"), STR(""), "empty"},
    {OBSERVABLE_SUBJECT, STR("a\x01z"), STR(""), "it holds control"},

    {OBSERVABLE_FILE_NAME, STR("MSUpdate.EXE"), STR("msupdate.exe"), NULL},
    {OBSERVABLE_FILE_NAME, STR("passwd"), STR("passwd"), NULL},
    {OBSERVABLE_FILE_NAME, STR("Fax \xc3\x96.docx"), STR("fax \xc3\xb6.docx"), NULL},
    {OBSERVABLE_FILE_NAME, STR("temp\\x.exe"), STR(""), "a path"},
    {OBSERVABLE_FILE_NAME, STR("/tmp/x"), STR(""), "a path"},
    {OBSERVABLE_FILE_NAME, STR("*.exe"), STR(""), "a pattern"},
    {OBSERVABLE_FILE_NAME, STR(".."), STR(""), "names no file"},

    {OBSERVABLE_FILE_PATH, STR("C:\\Windows\\Debug\\X.dll"), STR("windows/debug/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("c:/windows/debug/x.dll"), STR("windows/debug/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\\\Windows\\\\Debug\\\\X.dll"), STR("windows/debug/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\?\\C:\\Windows\\x.dll"), STR("windows/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\??\\C:\\Windows\\x.dll"), STR("windows/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\Device\\HarddiskVolume3\\Windows\\x.dll"), STR("windows/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("/device/harddiskvolume3/windows/x.dll"), STR("windows/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\Device\\\\HarddiskVolume3\\\\x.dll"), STR("x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\x.dll"), STR("x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\?\\Volume{4c1b02c1-d990-11dc-99ae-806e6f6e6963}\\x.dll"), STR("x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\SystemRoot\\System32\\x.sys"), STR("windows/system32/x.sys"), NULL},
    {OBSERVABLE_FILE_PATH, STR("%APPDATA%\\Acme\\x.exe"), STR("appdata/roaming/acme/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\Users\\%USERNAME%\\AppData\\x.exe"), STR("appdata/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\Users\\<user>\\AppData\\x.exe"), STR("appdata/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\Users\\*\\AppData\\x.exe"), STR("appdata/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("$env:TEMP\\x.ps1"), STR("temp/x.ps1"), NULL},
    {OBSERVABLE_FILE_PATH, STR("${HOME}/x"), STR("x"), NULL},
    {OBSERVABLE_FILE_PATH, STR("CSIDL_SYSTEM\\x.dll"), STR("windows/system32/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("%UserProfile%\\x.dll"), STR("x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\x\\%Temp%\\x.dll"), STR("temp/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\x\\systemroot\\x.dll"), STR("x/systemroot/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\?\\GLOBALROOT\\SystemRoot\\x.dll"), STR("windows/x.dll"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\Users\\Jo\\x.exe"), STR("users/jo/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("~/.cache/x"), STR(".cache/x"), NULL},
    {OBSERVABLE_FILE_PATH, STR("/home/jo/.cache/x"), STR("home/jo/.cache/x"), NULL},
    {OBSERVABLE_FILE_PATH, STR("/tmp//./x"), STR("tmp/x"), NULL},
    {OBSERVABLE_FILE_PATH, STR("\\\\server\\share\\x.exe"), STR("server/share/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("file:///C:/x/y.hta"), STR("x/y.hta"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\Perflogs\\"), STR("perflogs"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\$Recycle.Bin\\x.exe"), STR("$recycle.bin/x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("x.exe"), STR("x.exe"), NULL},
    {OBSERVABLE_FILE_PATH, STR("C:\\"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("/"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("%TEMP%"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("%TEMP%\\"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("C:\\x\\%APPDATA%\\"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("C:\\Temp\\*"), STR(""), "names no file"},
    {OBSERVABLE_FILE_PATH, STR("C:\\Temp\\*.exe"), STR(""), "a pattern"},
    {OBSERVABLE_FILE_PATH, STR("C:\\Temp\\a?.exe"), STR(""), "a pattern"},
    {OBSERVABLE_FILE_PATH, STR("\\Device\\HarddiskVolume3"), STR(""), "names no file"},

    {OBSERVABLE_USER_AGENT, STR(" Mozilla/5.0 (X) "), STR("Mozilla/5.0 (X)"), NULL},
    {OBSERVABLE_USER_AGENT, STR("a\0b"), STR(""), "it holds control"},
    {OBSERVABLE_COMMAND, STR("CMD  /c\twhoami"), STR("cmd /c whoami"), NULL},
    {OBSERVABLE_COMMAND, STR(""), STR(""), "empty"},

    {OBSERVABLE_MUTEX, STR("Global\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("Local\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("\\Sessions\\1\\BaseNamedObjects\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("\\BaseNamedObjects\\Global\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("\\\\.\\pipe\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("\\Evil"), STR("evil"), NULL},
    {OBSERVABLE_MUTEX, STR("\\\\server\\pipe\\Evil"), STR("server\\pipe\\evil"), NULL},
    {OBSERVABLE_MUTEX, STR("sessions\\x\\Evil"), STR("sessions\\x\\evil"), NULL},
    {OBSERVABLE_MUTEX, STR("Global\\"), STR(""), "names nothing"},
    {OBSERVABLE_MUTEX, STR("\\\\.\\pipe\\"), STR(""), "names nothing"},

    {OBSERVABLE_REGISTRY, STR("HKEY_LOCAL_MACHINE\\SOFTWARE\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\SOFTWARE\\Acme\\"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM:\\SOFTWARE\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\\\SOFTWARE\\\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM/SOFTWARE/Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\a/b"), STR("hklm\\a/b"), NULL},
    {OBSERVABLE_REGISTRY, STR("\\REGISTRY\\MACHINE\\SOFTWARE\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("Computer\\HKEY_LOCAL_MACHINE\\SOFTWARE\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\Acme"), STR("hklm\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\SYSTEM\\ControlSet001\\Services\\x"),
     STR("hklm\\system\\currentcontrolset\\services\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\SYSTEM\\CurrentControlSet\\Services\\x"),
     STR("hklm\\system\\currentcontrolset\\services\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM\\SYSTEM\\ControlSet0019\\x"), STR("hklm\\system\\controlset0019\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKEY_CURRENT_USER\\Software\\Acme"), STR("hkcu\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKU\\S-1-5-21-1-2-3-1001\\Software\\Acme"), STR("hkcu\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKU\\S-1-12-1-1-2-3-4\\Software\\Acme"), STR("hkcu\\software\\acme"), NULL},
    {OBSERVABLE_REGISTRY, STR("\\REGISTRY\\USER\\S-1-5-21-1-2-3-1001\\Software\\Acme"), STR("hkcu\\software\\acme"),
     NULL},
    {OBSERVABLE_REGISTRY, STR("HKU\\S-1-5-21-1-2-3-1001_Classes\\x"), STR("hkcu\\software\\classes\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKEY_USERS\\.DEFAULT\\x"), STR("hku\\.default\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKU\\S-1-5-18\\x"), STR("hku\\s-1-5-18\\x"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKCR\\.txt"), STR("hklm\\software\\classes\\.txt"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKEY_CLASSES_ROOT\\.txt"), STR("hklm\\software\\classes\\.txt"), NULL},
    {OBSERVABLE_REGISTRY, STR("HKLM"), STR(""), "no hive"},
    {OBSERVABLE_REGISTRY, STR("HKLM\\"), STR(""), "no hive"},
    {OBSERVABLE_REGISTRY, STR("HKLMX\\a"), STR(""), "no hive"},
    {OBSERVABLE_REGISTRY, STR("SOFTWARE\\Acme"), STR(""), "no hive"},
    {OBSERVABLE_REGISTRY, STR("HKU\\S-1-5-21-1-2-3-1001"), STR(""), "no hive"},
    {OBSERVABLE_REGISTRY, STR("C:\\Windows"), STR(""), "no hive"},

    {OBSERVABLE_SERVICE, STR("EvilSvc"), STR("evilsvc"), NULL},
    {OBSERVABLE_SERVICE, STR("\\Microsoft\\Evil Task"), STR("microsoft\\evil task"), NULL},
    {OBSERVABLE_SERVICE, STR("\\"), STR(""), "names nothing"},
    {OBSERVABLE_ACCOUNT, STR("ACME\\Jo"), STR("acme\\jo"), NULL},
    {OBSERVABLE_ACCOUNT, STR(".\\Support"), STR("support"), NULL},
    {OBSERVABLE_ACCOUNT, STR(".\\"), STR(""), "names nothing"},

    {OBSERVABLE_PHONE, STR("+49 (30) 123-456"), STR("+4930123456"), NULL},
    {OBSERVABLE_PHONE, STR("0049 30 123456"), STR("+4930123456"), NULL},
    {OBSERVABLE_PHONE, STR("030 / 123456"), STR("030123456"), NULL},
    {OBSERVABLE_PHONE, STR("tel:+49-30-123456"), STR("+4930123456"), NULL},
    {OBSERVABLE_PHONE, STR("110"), STR(""), "too short"},
    {OBSERVABLE_PHONE, STR("+49301234***"), STR(""), "not a telephone number"},
    {OBSERVABLE_PHONE, STR("anonymous"), STR(""), "not a telephone number"},
    {OBSERVABLE_PHONE, STR("123456789012345678901"), STR(""), "too long"},

    {OBSERVABLE_MAC, STR("00-1B-44-11-3A-B7"), STR("00:1b:44:11:3a:b7"), NULL},
    {OBSERVABLE_MAC, STR("00:1b:44:11:3a:b7"), STR("00:1b:44:11:3a:b7"), NULL},
    {OBSERVABLE_MAC, STR("001b.4411.3ab7"), STR("00:1b:44:11:3a:b7"), NULL},
    {OBSERVABLE_MAC, STR("001b44113ab7"), STR("00:1b:44:11:3a:b7"), NULL},
    {OBSERVABLE_MAC, STR("00:1b:44:11:3a"), STR(""), "not a MAC"},
    {OBSERVABLE_MAC, STR("00:1b:44-11:3a:b7"), STR(""), "not a MAC"},
    {OBSERVABLE_MAC, STR("001b:4411:3ab7"), STR(""), "not a MAC"},
    {OBSERVABLE_MAC, STR("00:1b:44:11:3a:bg"), STR(""), "not a MAC"},

    {OBSERVABLE_AS, STR("AS8075"), STR("as8075"), NULL},
    {OBSERVABLE_AS, STR("ASN 08075"), STR("as8075"), NULL},
    {OBSERVABLE_AS, STR("8075"), STR("as8075"), NULL},
    {OBSERVABLE_AS, STR("AS4294967296"), STR(""), "not a number"},
    {OBSERVABLE_AS, STR("AS"), STR(""), "not a number"},
    {OBSERVABLE_AS, STR("Microsoft"), STR(""), "not a number"},

    {OBSERVABLE_TEXT, STR("Sekurlsa::LogonPasswords"), STR("sekurlsa::logonpasswords"), NULL},
    {OBSERVABLE_TEXT, STR("abcde"), STR("abcde"), NULL},
    {OBSERVABLE_TEXT, STR("abcd"), STR(""), "too short"},

    {OBSERVABLE_NONE, STR("x"), STR(""), "of no type"},
    {OBSERVABLES, STR("x"), STR(""), "of no type"},
};

/* A copy of just its size, so that a read past the end is seen. */
static str exact(str s) {
    char *const copy = malloc(s.len ? s.len : 1);

    assert_non_null(copy);
    memcpy(copy, s.ptr, s.len);
    return (str){copy, s.len};
}

static void canonical_forms(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct buf out = {0};
        const char *why = NULL;
        str const value = exact(forms[i].value);

        buf_add(&out, S("before "));
        bool const good = observable_canonical(forms[i].type, value, &out, &why);
        str const is = str_from(buf_str(&out), 7);

        if (good != !forms[i].why || !str_eq(is, forms[i].canonical) || !str_starts(buf_str(&out), S("before ")) ||
            (forms[i].why && !str_starts(str_of(why), str_of(forms[i].why))))
            fail_msg("%s '%.*s': '%.*s' (%s)", observable_name(forms[i].type).ptr, STR_ARG(value), STR_ARG(is),
                     good ? "good" : why);
        if (good) { /* it is its own canonical form */
            struct buf again = {0};

            if (!observable_canonical(forms[i].type, is, &again, &why) || !str_eq(buf_str(&again), is))
                fail_msg("%s '%.*s' again: '%.*s'", observable_name(forms[i].type).ptr, STR_ARG(is),
                         STR_ARG(buf_str(&again)));
            buf_free(&again);
        }
        free((void *)(uintptr_t)value.ptr);
        buf_free(&out);
    }
}

static void bounds(void **state) {
    static char much[OBSERVABLE_BYTES_MAX + 1];
    struct buf out = {0};
    const char *why;
    (void)state;

    memset(much, 'a', sizeof much);
    assert_true(observable_canonical(OBSERVABLE_TEXT, (str){much, OBSERVABLE_BYTES_MAX}, &out, &why));
    out.len = 0;
    assert_false(observable_canonical(OBSERVABLE_TEXT, (str){much, OBSERVABLE_BYTES_MAX + 1}, &out, &why));
    assert_string_equal(why, "too long");
    for (size_t i = 0; i + 1 < OBSERVABLE_BYTES_MAX; i += 2)
        memcpy(much + i, "\xc8\xba", 2); /* U+023A grows when it is folded */
    assert_false(observable_canonical(OBSERVABLE_TEXT, (str){much, OBSERVABLE_BYTES_MAX}, &out, &why));
    assert_string_equal(why, "too long");
    memset(much, '/', sizeof much);
    assert_false(observable_canonical(OBSERVABLE_FILE_PATH, (str){much, OBSERVABLE_BYTES_MAX}, &out, &why));
    memset(much, '\\', sizeof much);
    assert_false(observable_canonical(OBSERVABLE_MUTEX, (str){much, OBSERVABLE_BYTES_MAX}, &out, &why));
    assert_false(observable_canonical(OBSERVABLE_REGISTRY, (str){much, OBSERVABLE_BYTES_MAX}, &out, &why));
    /* Names of 253 bytes are as long as they may be. */
    for (size_t i = 0; i < 260; i++)
        much[i] = i % 2 ? '.' : 'a';
    assert_true(observable_canonical(OBSERVABLE_DOMAIN, (str){much, 253}, &out, &why));
    assert_false(observable_canonical(OBSERVABLE_DOMAIN, (str){much, 255}, &out, &why));
    buf_free(&out);
}

static void names(void **state) {
    (void)state;
    for (unsigned i = OBSERVABLE_NONE + 1; i < OBSERVABLES; i++) {
        str const name = observable_name((enum observable)i);

        assert_true(name.len > 0);
        assert_int_equal(observable_named(name), i);
    }
    assert_int_equal(observable_named(S("File-Path")), OBSERVABLE_FILE_PATH);
    assert_int_equal(observable_named(S("")), OBSERVABLE_NONE);
    assert_int_equal(observable_named(S("ip")), OBSERVABLE_NONE);
    assert_int_equal(observable_name(OBSERVABLE_NONE).len, 0);
    assert_int_equal(observable_name(OBSERVABLES).len, 0);
}

/* is: the value without its port; NULL: the value. */
static const struct {
    str value;
    enum observable type;
    const char *is;
} guesses[] = {
    {STR("192.0.2.1"), OBSERVABLE_ADDRESS, NULL},
    {STR("2001:db8::1"), OBSERVABLE_ADDRESS, NULL},
    {STR("[2001:db8::1]:443"), OBSERVABLE_ADDRESS, "[2001:db8::1]"},
    {STR("192.0.2.1:443"), OBSERVABLE_ADDRESS, "192.0.2.1"},
    {STR(" 192.0.2.1 "), OBSERVABLE_ADDRESS, "192.0.2.1"},
    {STR("192.0.2.0/24"), OBSERVABLE_NETWORK, NULL},
    {STR("2001:db8::/32"), OBSERVABLE_NETWORK, NULL},
    {STR("192.0.2.1/gate.php"), OBSERVABLE_URL, NULL},
    {STR("192.0.2.1/64"), OBSERVABLE_URL, NULL},
    {STR("192.0.2.1:8080/gate.php"), OBSERVABLE_URL, NULL},
    {STR("http://192.0.2.1"), OBSERVABLE_URL, NULL},
    {STR("https://login.example.org/"), OBSERVABLE_URL, NULL},
    {STR("login.example.org/a?b"), OBSERVABLE_URL, NULL},
    {STR("login.example.org:8080"), OBSERVABLE_DOMAIN, "login.example.org"},
    {STR("example.com"), OBSERVABLE_DOMAIN, NULL},
    {STR("EXAMPLE.CO.UK"), OBSERVABLE_DOMAIN, NULL},
    {STR("b\xc3\xbc"
         "cher.de"),
     OBSERVABLE_DOMAIN, NULL},
    {STR("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84"), OBSERVABLE_DOMAIN, NULL},
    {STR("*.example.com"), OBSERVABLE_DOMAIN, NULL},
    {STR("evil.py"), OBSERVABLE_DOMAIN, NULL},
    {STR("expyuzz4wqqyqhjn.onion"), OBSERVABLE_DOMAIN, NULL},
    {STR("xn--bcher-kva.example"), OBSERVABLE_DOMAIN, NULL},
    {STR("www.evil.zip"), OBSERVABLE_DOMAIN, NULL},
    {STR("invoice.zip"), OBSERVABLE_FILE_NAME, NULL},
    {STR("svchost.exe"), OBSERVABLE_FILE_NAME, NULL},
    {STR("Invoice.PDF.exe"), OBSERVABLE_FILE_NAME, NULL},
    {STR(HEX_32), OBSERVABLE_MD5, NULL},
    {STR(HEX_32 "01234567"), OBSERVABLE_SHA1, NULL},
    {STR(HEX_64), OBSERVABLE_SHA256, NULL},
    {STR(HEX_64 HEX_64), OBSERVABLE_SHA512, NULL},
    {STR("jo@example.org"), OBSERVABLE_MAIL, NULL},
    {STR("HKLM\\Software\\Acme"), OBSERVABLE_REGISTRY, NULL},
    {STR("HKEY_CURRENT_USER\\Software\\A b"), OBSERVABLE_REGISTRY, NULL},
    {STR("\\Registry\\Machine\\x"), OBSERVABLE_REGISTRY, NULL},
    {STR("C:\\Program Files\\x.exe"), OBSERVABLE_FILE_PATH, NULL},
    {STR("%TEMP%\\x.exe"), OBSERVABLE_FILE_PATH, NULL},
    {STR("\\\\server\\share\\x.exe"), OBSERVABLE_FILE_PATH, NULL},
    {STR("/tmp/x"), OBSERVABLE_FILE_PATH, NULL},
    {STR("~/.ssh/x"), OBSERVABLE_FILE_PATH, NULL},
    {STR("00:1b:44:11:3a:b7"), OBSERVABLE_MAC, NULL},
    {STR("t13d1516h2_8daaf6152771_02713d6af862"), OBSERVABLE_JA4, NULL},
    {STR("+49 30 123456"), OBSERVABLE_NONE, NULL},
    {STR("+4930123456"), OBSERVABLE_PHONE, NULL},

    {STR(""), OBSERVABLE_NONE, NULL},
    {STR("word"), OBSERVABLE_NONE, NULL},
    {STR("1.2.3"), OBSERVABLE_NONE, NULL},
    {STR("1.2.3.4.5"), OBSERVABLE_NONE, NULL},
    {STR("2021-07-20"), OBSERVABLE_NONE, NULL},
    {STR("wscript.shell"), OBSERVABLE_DOMAIN, NULL}, /* .shell exists */
    {STR("system.management.automation"), OBSERVABLE_NONE, NULL},
    {STR("host.internal"), OBSERVABLE_NONE, NULL},
    {STR("192.0.2.1:0"), OBSERVABLE_NONE, NULL},
    {STR("192.0.2.1:65536"), OBSERVABLE_NONE, NULL},
    {STR("192.0.2.0/24 "
         "x"),
     OBSERVABLE_NONE, NULL},
    {STR("example.org is bad"), OBSERVABLE_NONE, NULL},
    {STR("ftp://example.org/x"), OBSERVABLE_NONE, NULL},
    {STR("http://"), OBSERVABLE_NONE, NULL},
    {STR("/gate.php"), OBSERVABLE_NONE, NULL},
    {STR("folder/file.txt"), OBSERVABLE_NONE, NULL},
    {STR("jo@host"), OBSERVABLE_NONE, NULL},
    {STR("@example.org"), OBSERVABLE_NONE, NULL},
    {STR(".exe"), OBSERVABLE_NONE, NULL},
    {STR("%TEMP%"), OBSERVABLE_NONE, NULL},
    {STR("C:\\"), OBSERVABLE_NONE, NULL},
    {STR("C:\\Temp\\*.exe"), OBSERVABLE_NONE, NULL},
    {STR("HKLM"), OBSERVABLE_NONE, NULL},
    {STR("0123456789abcdef0123456789abcde"), OBSERVABLE_NONE, NULL},
    {STR("CVE-2021-26084"), OBSERVABLE_NONE, NULL},
    {STR("001b44113ab7"), OBSERVABLE_NONE, NULL},
    {STR("\xff.org"), OBSERVABLE_NONE, NULL},
};

static void what_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(guesses); i++) {
        str const copy = exact(guesses[i].value);
        str value = copy;
        enum observable const type = observable_guess(&value);

        if (type != guesses[i].type || !str_eq(value, guesses[i].is ? str_of(guesses[i].is) : guesses[i].value))
            fail_msg("'%.*s' is %s '%.*s'", STR_ARG(guesses[i].value), observable_name(type).ptr, STR_ARG(value));
        free((void *)(uintptr_t)copy.ptr);
    }
}

/* armed: NULL: stays as it is. */
static const struct {
    str text;
    const char *armed;
} fangs[] = {
    {STR("hxxp://evil.example/x"), "http://evil.example/x"},
    {STR("hXXps://evil[.]example/x"), "https://evil.example/x"},
    {STR("h**p://evil.example"), "http://evil.example"},
    {STR("htxps://evil.example"), "https://evil.example"},
    {STR("h[tt]p://evil.example"), "http://evil.example"},
    {STR("meow://evil.example"), "http://evil.example"},
    {STR("hxxp[:]//evil.example"), "http://evil.example"},
    {STR("http[:]//evil.example"), "http://evil.example"},
    {STR("hxxps[://]evil.example"), "https://evil.example"},
    {STR("http[:][//]evil.example"), "http://evil.example"},
    {STR("192[.]0[.]2[.]1"), "192.0.2.1"},
    {STR("192(.)0{.}2[.]1"), "192.0.2.1"},
    {STR("192.0.2[.1"), "192.0.2.1"},
    {STR("192.0.2.]1"), "192.0.2.1"},
    {STR("192[,]0.2.1"), "192.0.2.1"},
    {STR("evil[dot]example"), "evil.example"},
    {STR("evil (DOT) example"), "evil.example"},
    {STR("evil[[.]]example"), "evil.example"},
    {STR("evil[ . ]example"), "evil.example"},
    {STR("jo[@]evil[.]example"), "jo@evil.example"},
    {STR("jo [at] evil [dot] example"), "jo@evil.example"},
    {STR("jo(at)evil.example"), "jo@evil.example"},
    {STR("evil dot example"), "evil.example"},
    {STR("jo at evil dot example"), "jo@evil.example"},
    {STR("192.0.2.1[:]8080"), "192.0.2.1:8080"},
    {STR("evil.example[/]x"), "evil.example/x"},
    {STR("ev\xe2\x80\x8bil.ex\xc2\xad"
         "ample"),
     "evil.example"},
    {STR("\xef\xbb\xbf"
         "evil.example"),
     "evil.example"},
    {STR("evil\xef\xbc\x8e"
         "example"),
     "evil.example"},
    {STR("http\xef\xbc\x9a//evil\xe3\x80\x82"
         "example\xef\xbc\x8fx"),
     "http://evil.example/x"},
    {STR("see hxxp://a[.]example, hxxp://b[.]example and 192[.]0.2.1."),
     "see http://a.example, http://b.example and 192.0.2.1."},

    {STR(""), NULL},
    {STR("evil.example"), NULL},
    {STR("http://evil.example/x?y=[1]"), NULL},
    {STR("the dot product of both"), NULL},
    {STR("look at the dot"), NULL},
    {STR("meet at noon"), NULL},
    {STR("hxxp is how people write it"), NULL},
    {STR("array[0].next"), NULL},
    {STR("f(x).y"), NULL},
    {STR("C:\\.ssh\\x"), NULL},
    {STR("[link](http://evil.example)"), NULL},
    {STR("see [1]."), NULL},
    {STR("(see above.)"), NULL},
    {STR("[...]"), NULL},
    {STR("homeowner: x"), NULL},
    {STR("\xe5\x8f\xa5\xe5\xad\x90\xe3\x80\x82 "), NULL}, /* a sentence */
    {STR("[at"), NULL},
    {STR("\xff[\xff"), NULL},
};

static void armed_again(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(fangs); i++) {
        str const text = exact(fangs[i].text);
        str const armed = fangs[i].armed ? str_of(fangs[i].armed) : text;
        struct buf out = {0};

        buf_add(&out, S("|"));
        if (observable_refang(text, &out) != (fangs[i].armed != NULL) || !str_eq(str_from(buf_str(&out), 1), armed) ||
            out.ptr[0] != '|')
            fail_msg("'%.*s' is '%.*s'", STR_ARG(text), STR_ARG(buf_str(&out)));
        out.len = 0;
        if (observable_refang(armed, &out) || !str_eq(buf_str(&out), armed))
            fail_msg("'%.*s' again is '%.*s'", STR_ARG(armed), STR_ARG(buf_str(&out)));
        free((void *)(uintptr_t)text.ptr);
        buf_free(&out);
    }
}

/* Without memory there is no form, and the buffer says so; never half of one. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(forms); i++) {
        if (forms[i].why)
            continue;
        for (long left = 0;; left++) {
            struct buf out = {0};
            const char *why = NULL;

            memory_refused = false;
            memory_left = left;
            memory_gone_for_good = true;
            bool const good = observable_canonical(forms[i].type, forms[i].value, &out, &why);
            bool const refused = memory_refused;

            memory_left = -1;
            if (good ? !str_eq(buf_str(&out), forms[i].canonical) : !(refused && out.failed && why))
                fail_msg("%s '%.*s' with %ld allocations", observable_name(forms[i].type).ptr, STR_ARG(forms[i].value),
                         left);
            buf_free(&out);
            if (!refused)
                break;
        }
    }
    for (long left = 0;; left++) {
        struct buf out = {0};

        memory_refused = false;
        memory_left = left;
        memory_gone_for_good = true;
        bool const any = observable_refang(S("hxxp://evil[.]example/"), &out);
        bool const refused = memory_refused;

        memory_left = -1;
        assert_true(refused ? out.failed : any && str_eq(buf_str(&out), S("http://evil.example/")));
        buf_free(&out);
        if (!refused)
            break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_forms), cmocka_unit_test(bounds),      cmocka_unit_test(names),
        cmocka_unit_test(what_it_is),      cmocka_unit_test(armed_again), cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("observable", tests, NULL, NULL);
}
