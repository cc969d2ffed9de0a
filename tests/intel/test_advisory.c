/* test_advisory: indicators out of advisories. The documents in advisories/ are our own, each with what a reader takes out of it (.expect:
 * type and value, a line each); everything else in them is a trap. Precision and recall over all are computed and printed, with what was
 * wrong in each. Then what is told besides values, and what must hold for any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "../refuse.h"
#include "advisory_measure.h"
#include "intel/import_own.h"

#define DOCUMENTS_MIN 14u
#define PRECISION_MIN 0.98
#define RECALL_MIN 0.95

/* ---- what was told, as lines ---- */

struct heard {
    struct buf items; /* type, canonical value */
    struct buf facts; /* one line an item, with what else was said */
    struct buf left;  /* what, and why */
    size_t count, left_count, stop_at;
};

static void add_names(struct buf *b, const char *label, const struct item_names *names) {
    for (unsigned i = 0; i < names->count; i++)
        buf_format(b, " %s=%.*s", label, STR_ARG(names->names[i]));
}

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct heard *const h = ctx;
    char when[INSTANT_TEXT];
    const char *why;

    assert_true(item->form == ITEM_VALUE && item->proposed && !item->revoked && !item->context);
    assert_true(item->confidence > 0 && item->confidence <= 100 && item->where.len > 0);
    buf_add(&h->items, observable_name(item->type));
    buf_byte(&h->items, ' ');
    if (!observable_canonical(item->type, item->value, &h->items, &why))
        assert_true(h->items.failed);
    buf_byte(&h->items, '\n');
    buf_format(&h->facts, "%.*s %.*s @ %.*s", STR_ARG(observable_name(item->type)), STR_ARG(item->value),
               STR_ARG(item->where));
    if (item->raw.len)
        buf_format(&h->facts, " raw=%.*s", STR_ARG(item->raw));
    if (item->port)
        buf_format(&h->facts, " port=%u", item->port);
    if (item->first_seen != INSTANT_NONE)
        buf_format(&h->facts, " first=%.*s", STR_ARG(str_first(instant_format(item->first_seen, when), 10)));
    if (item->last_seen != INSTANT_NONE)
        buf_format(&h->facts, " last=%.*s", STR_ARG(str_first(instant_format(item->last_seen, when), 10)));
    if (item->tlp)
        buf_format(&h->facts, " %.*s", STR_ARG(tlp_name(item->tlp)));
    if (item->title.len)
        buf_format(&h->facts, " under=%.*s", STR_ARG(item->title));
    add_names(&h->facts, "technique", &item->techniques);
    add_names(&h->facts, "group", &item->groups);
    add_names(&h->facts, "malware", &item->malware);
    add_names(&h->facts, "origin", &item->origins);
    buf_byte(&h->facts, '\n');
    if (++h->count == h->stop_at)
        return err_set(e, ERR_INTERRUPTED, 0, "enough");
    return true;
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct heard *const h = ctx;
    (void)e;

    assert_true(where.len > 0 && why.len > 0);
    buf_format(&h->left, "%.*s: %.*s\n", STR_ARG(what), STR_ARG(why));
    h->left_count++;
    return true;
}

static void heard_free(struct heard *h) {
    buf_free(&h->items);
    buf_free(&h->facts);
    buf_free(&h->left);
}

static bool read_with(str text, str origin, struct heard *h, struct err *e) {
    struct import_about const about = {.name = S("test"),
                                       .origin = origin,
                                       .group = S(""),
                                       .confidence = ITEM_CONFIDENCE_UNSAID,
                                       .valid_from = INSTANT_NONE,
                                       .valid_until = INSTANT_NONE};
    struct intel_sink const sink = {.ctx = h, .item = on_item, .left_out = on_left_out};

    return import_advisory.read(text, &about, &sink, e);
}

static void read_text(str text, struct heard *h) {
    struct err e = {0};

    if (!read_with(text, S(""), h, &e))
        fail_msg("%s", e.text);
}

/* ---- the documents ---- */

static void precision_and_recall(void **state) {
    (void)state;
    measure_folder("advisories", DOCUMENTS_MIN, PRECISION_MIN, RECALL_MIN);
}

/* ---- what else is told ---- */

#define H64 "5f2b7a0c9d1e3f4a6b8c0d2e4f6a8b0c1d3f5a7b9c0e2d4f6a8b1c3d5e7f9a0b"
#define H32 "5f2b7a0c9d1e3f4a6b8c0d2e4f6a8b0c"
#define H40 "5f2b7a0c9d1e3f4a6b8c0d2e4f6a8b0c1d3f5a7b"

/* Lines as on_item writes them, all of them. */
static const struct {
    const char *name, *text, *facts;
} fact_cases[] = {
    {"number, marking, group, malware of the title, and a technique beside it",
     "TLP:AMBER+STRICT\n\nAA25-101X: APT99 uses the Kettle backdoor\n\nIt loads hxxp://kettle-a[.]com/x [T1105].\n",
     "url http://kettle-a.com/x @ line 5 raw=hxxp://kettle-a[.]com/x TLP:AMBER+STRICT under=AA25-101X: APT99 uses the "
     "Kettle backdoor technique=T1105 group=APT99 malware=Kettle origin=AA25-101X\n"},
    {"groups that only the text names are not those of its values",
     "Notes on a campaign of last year\n\nUnlike APT99 they used kettle-b[.]com alone.\n",
     "domain kettle-b.com @ line 3 raw=kettle-b[.]com under=Notes on a campaign of last year\n"},
    {"pages, and a hash across two of them with running heads",
     "Report of a desk\n\nIndicators\n\nSHA-256: 5f2b7a0c9d1e3f4a6b8c0d2e4f6a8b0c\n\nPage 1\n\fReport of a desk\n\n"
     "1d3f5a7b9c0e2d4f6a8b1c3d5e7f9a0b\n\nPage 2\n",
     "sha256 " H64 " @ page 1, line 5 under=Indicators\n"},
    {"dates of columns, in three languages",
     "Indicators\n\nIndicator           First seen        Last seen\nkettle-c[.]com      4 March 2025      2025-04-01\n"
     "kettle-d[.]com      14. M\xc3\xa4rz 2025    1er avril 2025\nkettle-e[.]com      3/4/2025          unknown\n",
     "domain kettle-c.com @ line 4 raw=kettle-c[.]com first=2025-03-04 last=2025-04-01 under=Indicators\n"
     "domain kettle-d.com @ line 5 raw=kettle-d[.]com first=2025-03-14 last=2025-04-01 under=Indicators\n"
     "domain kettle-e.com @ line 6 raw=kettle-e[.]com under=Indicators\n"},
    {"one value, many mentions: the best of them, with the dates of the table and the port of the text",
     "It calls 30.1.2[.]3:8443 first.\n\nIndicators\n\nAddress        First seen\n30.1.2[.]3     2025-03-04\n",
     "address 30.1.2.3 @ line 6 raw=30.1.2[.]3 port=8443 first=2025-03-04 under=Indicators\n"},
    {"quoted mail: lines that were wrapped and quoted",
     "> see hxxp://kettle-f[.]com/a/long/way/of/folders/and/more/of/them/\n> index.php?x=1 please\n",
     "url http://kettle-f.com/a/long/way/of/folders/and/more/of/them/index.php?x=1 @ line 1 "
     "raw=hxxp://kettle-f[.]com/a/long/way/of/folders/and/more/of/them/index.php?x=1\n"},
    {"a soft hyphen, invisible signs, letters set as one",
     "The \xef\xac\x81le has the hash 5f2b7a0c9d1e\xc2\xad\n3f4a6b8c0d2e4f6a8b0c and calls "
     "kettle\xe2\x80\x8b-g[.]com.\n",
     "md5 " H32 " @ line 1\ndomain kettle-g.com @ line 2 raw=kettle-g[.]com\n"},
    {"two MD5s below each other are two", "MD5:\n" H32 "\n00000000000000000000000000000001\n",
     "md5 " H32 " @ line 2\nmd5 00000000000000000000000000000001 @ line 3\n"},
    {"HTML: what is hidden, scripts, styles and links are no text; a cell is one",
     "<html><script>a('kettle-h[.]com')</script><style>b{c:'kettle-i[.]com'}</style><p hidden>kettle-j[.]com</p>"
     "<p><a href='http://kettle-k.com/'>kettle-l[.]com</a></p><!-- kettle-m[.]com --></html>",
     "domain kettle-l.com @ line 1 raw=kettle-l[.]com\n"},
    {"what was taken speaks for what only mentions it: a page of its host, a mailbox there, a neighbour, a path of its "
     "name",
     "Notes of a desk on a case\n\nThe page https://kettle-o.com/login was sent by desk@kettle-o.com. Then 29.7.33.9 "
     "came.\n\n"
     "Later C:\\Lager\\kettle.exe was there.\n\nIndicators\n\nkettle-o.com\n29.7.40.1\nkettle.exe\n",
     "url https://kettle-o.com/login @ line 3 under=Notes of a desk on a case\n"
     "mail desk@kettle-o.com @ line 3 under=Notes of a desk on a case\n"
     "address 29.7.33.9 @ line 3 under=Notes of a desk on a case\n"
     "file-path C:\\Lager\\kettle.exe @ line 5 under=Notes of a desk on a case\n"
     "domain kettle-o.com @ line 9 under=Indicators\naddress 29.7.40.1 @ line 10 under=Indicators\n"
     "file-name kettle.exe @ line 11 under=Indicators\n"},
    {"points with a backslash", "It calls kettle-p\\.com and 30\\.1\\.2\\.3 then.",
     "domain kettle-p.com @ line 1 raw=kettle-p\\.com\naddress 30.1.2.3 @ line 1 raw=30\\.1\\.2\\.3\n"},
    {"a file beside its hash, whatever its ending", "The victim got note.html (MD5: " H32 ") then.",
     "file-name note.html @ line 1\nmd5 " H32 " @ line 1\n"},
    {"a label in a line of its own says how long the hash below it is", "The file\n\nSHA-512:\n" H64 "\n" H64 "\n",
     "sha512 " H64 H64 " @ line 4\n"},
    {"a mail address that was broken at its hyphen",
     "They wrote from an address that they have had since 2024, desk.kettle@kettle-\nq[.]com, to us.\n",
     "mail desk.kettle@kettle-q.com @ line 1 raw=desk.kettle@kettle-q[.]com\n"},
    {"somebody who sends is not whom to write to", "They send mails from desk[@]kettle-r[.]com to clerks.",
     "mail desk@kettle-r.com @ line 1 raw=desk[@]kettle-r[.]com\n"},
    {"the head of a mail is none of it",
     "From: desk@kettle-cert.org\nTo: all@kettle-cert.org\nDate: Tue, 4 Nov 2025 10:00:00 +0100\nUser-Agent: "
     "Kettle/1.0\n\n"
     "It calls kettle-s[.]com.\n",
     "domain kettle-s.com @ line 6 raw=kettle-s[.]com\n"},
    {"a serial number in pairs, a mutex of JSON, a lure of any ending, a network that attacks",
     "It is signed (serial 6f 1c 90 22 b4 0e) by nobody.\n\n\"mutex\": \"kettle_88\",\n\nThe attachment, bill.html, "
     "asks for "
     "a password. It was exploited from 30.1.2.0/24 too.\n",
     "certificate 6f 1c 90 22 b4 0e @ line 1\nmutex kettle_88 @ line 3\nfile-name bill.html @ line 5\n"
     "network 30.1.2.0/24 @ line 5\n"},
    {"a hash that goes on below its label, in a column",
     "Indicators\n\nC:\\Lager\\a.dll     SHA-256 5f2b7a0c9d1e3f4a6b8c0d2e4f6a8b0c\n"
     "                             1d3f5a7b9c0e2d4f6a8b1c3d5e7f9a0b\n",
     "file-path C:\\Lager\\a.dll @ line 3 under=Indicators\nsha256 " H64 " @ line 3 under=Indicators\n"},
    {"a number is no hash: it is an address's rest",
     "The dead drop is one of the profiles there, hxxps://kettle-t[.]com/profiles/\n"
     "76561199812345678) as before.\n",
     "url https://kettle-t.com/profiles/76561199812345678 @ line 1 "
     "raw=hxxps://kettle-t[.]com/profiles/76561199812345678\n"},
    {"HTML: a link that is defanged in its attribute", "<p>see <a href='hxxp://kettle-n[.]com/x'>this page</a></p>",
     "url http://kettle-n.com/x @ line 1 raw=hxxp://kettle-n[.]com/x\n"},
};

static void facts(void **state) {
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(fact_cases); i++) {
        struct heard h = {0};

        read_text(str_of(fact_cases[i].text), &h);
        if (!str_eq(buf_str(&h.facts), str_of(fact_cases[i].facts))) {
            print_message("%s:\n%.*swanted:\n%s", fact_cases[i].name, STR_ARG(buf_str(&h.facts)), fact_cases[i].facts);
            good = false;
        }
        heard_free(&h);
    }
    assert_true(good);
}

/* One thing each, in a text that has an indicator; it is left out, with these words. */
static const struct {
    const char *name, *text, *left;
} left_cases[] = {
    {"a link in a text that defangs", "Read https://www.kettle-news.com/a about kettle-a[.]com.",
     "https://www.kettle-news.com/a: not defanged, in a text that defangs such values: a link\n"},
    {"a version", "Version 29.2.3.4 is affected.", "29.2.3.4: a version number\n"},
    {"a private address", "It moved to 10.1.2[.]3 then.", "10.1.2[.]3: a private address (RFC 1918)\n"},
    {"an address for documentation", "It is 192.0.2[.]7 in the lab.",
     "192.0.2[.]7: an address kept for documentation (RFC 5737, RFC 3849)\n"},
    {"a name for examples", "It is kettle.example[.]com in the lab.",
     "kettle.example[.]com: a name kept for examples (RFC 2606)\n"},
    {"a resolver", "It asks 8.8.8[.]8 first.", "8.8.8[.]8: a public resolver\n"},
    {"a legitimate service", "It abuses the legitimate service kettle-files[.]com.",
     "kettle-files[.]com: its sentence says that it is harmless or a victim's\n"},
    {"said behind it", "The host kettle-files[.]com is not malicious.",
     "kettle-files[.]com: its sentence says that it is harmless or a victim's\n"},
    {"a legitimate program", "It starts the legitimate program hmtray.exe.",
     "hmtray.exe: its sentence says that it is harmless or a victim's\n"},
    {"a list of victims'", "The following hosts belong to victims:\n- kettle-a[.]com\n",
     "kettle-a[.]com: in a list that is said to be harmless or victims'\n"},
    {"references", "References\n\nhxxps://kettle-news[.]com/a\n",
     "hxxps://kettle-news[.]com/a: under a heading of references, contacts or notices\n"},
    {"a report", "Its report is hxxps://www.virustotal[.]com/gui/file/" H64 " there.",
     "hxxps://www.virustotal[.]com/gui/file/" H64 ": a link to a report, a vendor, an authority or the press\n"},
    {"what a query leaves out", "Hunt: x has \"kettle\" and not(Cmd has \"hmtray.exe\")",
     "hmtray.exe: what a query leaves out\n"},
    {"what it was before", "They uploaded a.exe, renamed from hmtool.exe, then.",
     "hmtool.exe: what is taken from victims, or what it was before\n"},
    {"what is stolen", "The script collects ~/.npmrc then.",
     "~/.npmrc: what is taken from victims, or what it was before\n"},
    {"the key, said behind it", "It is encrypted with " H32 " (the ID of the public key).",
     H32 ": digits that are no hash of a file\n"},
    {"an image of a container", "It is kettle@sha256:" H64 " there.", H64 ": the digest of an image of a container\n"},
    {"the remedy", "Mitigations\n\nVerify the image: SHA-256 " H64 "\n",
     H64 ": of what is to be installed, or to be done\n"},
    {"checksums of a release", "Checksums of the release\n\n" H64 "\n",
     H64 ": under a heading that says it is harmless or a victim's\n"},
    {"the key", "The key is the MD5 of a word, that is " H32 " then.", H32 ": digits that are no hash of a file\n"},
    {"a version in a table", "Offset   Meaning   Value\n0x04     version   29.4.0.11\n0x08     size      12\n",
     "29.4.0.11: a version number\n"},
    {"a column of versions", "Product       Fixed in\nKettle OS     29.1.0.22\nKettle NAS    29.1.0.23\n",
     "29.1.0.22: a version number\n29.1.0.23: a version number\n"},
    {"comments of readers", "3 comments\n\nkettle-a[.]com\n",
     "kettle-a[.]com: under a heading of references, contacts or notices\n"},
    {"the number of a mail, though the host is listed",
     "Analysis\n\nThe head of it has the Message-ID <a.b@kettle-a.com> there.\n\nIndicators\n\nkettle-a.com\n",
     "a.b@kettle-a.com: not defanged, and nothing says that it is an indicator\n"},
    {"a vulnerability", "It uses CVE-2025-12345 there.", "CVE-2025-12345: a vulnerability, not an indicator\n"},
    {"a commit", "See commit " H40 " there.", H40 ": digits that are no hash of a file\n"},
    {"a key", "Its AES key is " H32 " then.", H32 ": digits that are no hash of a file\n"},
    {"the hash of nothing", "MD5: d41d8cd98f00b204e9800998ecf8427e",
     "d41d8cd98f00b204e9800998ecf8427e: the hash of an empty file\n"},
    {"a folder", "It writes to C:\\Users\\Public\\Music\\ only.", "C:\\Users\\Public\\Music\\: a folder, not a file\n"},
    {"a key of every Windows", "It reads HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa then.",
     "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa: a key that every Windows has\n"},
    {"a rule, whole",
     "rule kettle {\n  strings:\n    $a = \"kettle[.]com\"\n    $b = { 6A 40 }\n  condition:\n    $a and $b\n}\n",
     "rule kettle {: a detection rule: it is to be added as such\n"},
    {"whom to write to", "Contact desk[@]kettle-cert[.]org with questions.",
     "desk[@]kettle-cert[.]org: somebody to write to\n"},
    {"a host that there cannot be", "It is hxxp://kettle_a/x in the log.",
     "hxxp://kettle_a/x: its host is no name that there can be\n"},
};

static void left_out(void **state) {
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(left_cases); i++) {
        struct heard h = {0};

        read_text(str_of(left_cases[i].text), &h);
        if (!str_eq(buf_str(&h.left), str_of(left_cases[i].left))) {
            print_message("%s:\n%.*swanted:\n%s", left_cases[i].name, STR_ARG(buf_str(&h.left)), left_cases[i].left);
            good = false;
        }
        heard_free(&h);
    }
    assert_true(good);
}

/* Words that are none: nothing is told, nothing left out. */
static void nothing(void **state) {
    static const char *const texts[] = {
        "",
        "\f\f\f",
        "A plain sentence, e.g. of no use, i.e. none. At 12:30:45 on 2025-03-14, std::string, x.y.z, 1.2.3, 3.14.",
        "OID 1.3.6.1.4.1.311.20.2.3 and section 4.1.2 of RFC 5322; see (a).(b) and [1].[2]",
        "The polka dot design, the dot product and a connect-the-dots puzzle.",
        "Files are called cache_[0-9]{4}.aspx there",
        "Ratio 10/20, date 3/4/2025, and/or, km/h, C++, a->b, user::name",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct heard h = {0};

        read_text(str_of(texts[i]), &h);
        if (h.count || h.left_count)
            fail_msg("%s:\n%.*s%.*s", texts[i], STR_ARG(buf_str(&h.facts)), STR_ARG(buf_str(&h.left)));
        heard_free(&h);
    }
}

static void origin_and_publisher(void **state) {
    struct heard h = {0};
    struct err e = {0};
    (void)state;

    assert_true(read_with(S("We at blog.kettle-labs[.]com saw kettle-x[.]com.\n"), S("https://www.kettle-labs.com/r/1"),
                          &h, &e));
    assert_true(str_eq(buf_str(&h.facts), S("domain kettle-x.com @ line 1 raw=kettle-x[.]com "
                                            "origin=https://www.kettle-labs.com/r/1\n")));
    assert_true(str_eq(buf_str(&h.left), S("blog.kettle-labs[.]com: the publisher's own\n")));
    heard_free(&h);
}

static void recognised(void **state) {
    static const struct {
        const char *head;
        int least, most;
    } heads[] = {
        {"<!DOCTYPE html><p>x", 3, 3},
        {"\n<HTML>", 3, 3},
        {"%PDF-1.7\n", 0, 0},
        {"{\"type\": \"bundle\"}", 0, 0},
        {"[{\"a\": 1}]", 0, 0},
        {"<?xml version=\"1.0\"?><ioc/>", 0, 0},
        {"\x7f"
         "ELF\x02\x01\x01\x00\x00\x01\x02\x03",
         0, 0},
        {"", 0, 0},
        {"a.com\nb.com\nc.com\n", 0, 1},
        {"date,domain,what it is\n2025,a.com,the first of these domains\n2025,b.com,the second of these domains\n"
         "2025,c.com,the third of these domains\n2025,d.com,the fourth of these domains\n",
         0, 1},
        {"TLP:CLEAR\n\nThe actors used a new loader against several agencies this year.\n\nThey also used an old one "
         "that was seen before in other places.\n",
         2, 2},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(heads); i++) {
        int const looks = import_advisory.looks(i == 6 ? (str){heads[i].head, 12} : str_of(heads[i].head));

        if (looks < heads[i].least || looks > heads[i].most)
            fail_msg("%s: %d", heads[i].head, looks);
    }
}

/* ---- bounds ---- */

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Pieces that are repeated: eight times as many may not cost more than some eight times as much. */
static void cost_is_linear(void **state) {
    static const char *const pieces[] = {
        "kettle-%u[.]com\n",
        "<tr><td>kettle-%u[.]com<td>Domain",
        "<td>%u.kettle[.]com ",
        "SHA256\nMD5 %u\n",
        "rule a%u {\n",
        "title: a%u\n",
        "[[[[[[[[[[[[[[[%u",
        "ab12cd34ab12cd34ab12cd%02u\n",
        "C:\\a b c\\%u d e f\\",
        "a%u  b  c  d  e\n",
        "\f%u\n",
        "kettle-%u dot kettle dot ",
        "\"a%u' `b ",
        "x%u.%u.",
        "hxxp://a[.]com/%u-\n",
        "> > > > %u\n\n",
        "a%u\\.b\\.",
        "not(\"%u.exe ",
        "Name%u: x\n",
        "1. Apply %u\n",
        "a/b%u,",
        "a=%u;b=",
        "http://a/,%u",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(pieces); i++) {
        double took[2];

        for (unsigned k = 0; k < 2; k++) {
            struct buf text = {0};
            struct heard h = {0};

            if (pieces[i][0] == '<')
                buf_add(&text, S("<html><table>"));
            for (unsigned n = 0; n < (k ? 2000u : 250u); n++)
                buf_format(&text, pieces[i], n, n);
            double const from = seconds();

            read_text(buf_str(&text), &h);
            took[k] = seconds() - from;
            heard_free(&h);
            buf_free(&text);
        }
        if (took[1] > 24 * took[0] + 0.05)
            fail_msg("%s: %f s, %f s", pieces[i], took[0], took[1]);
    }
}

/* A cell whose value comes in thousands of pieces takes no more memory than there is for a text of its size. */
static void cell_in_pieces(void **state) {
    struct buf text = {0};
    struct heard h = {0};
    (void)state;

    buf_add(&text, S("<html><table><tr><td>hxxp://a[.]com/"));
    for (unsigned n = 0; n < 8000; n++)
        buf_format(&text, "<br>/b%u", n);
    read_text(buf_str(&text), &h);
    assert_int_equal(h.count, 1);
    heard_free(&h);
    buf_free(&text);
}

static void too_large(void **state) {
    size_t const size = ((size_t)64 << 20) + 1;
    char *const text = malloc(size);
    struct heard h = {0};
    struct err e = {0};
    (void)state;

    assert_non_null(text);
    memset(text, ' ', size);
    assert_false(read_with((str){text, size}, S(""), &h, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    free(text);
}

static void sink_stops_it(void **state) {
    (void)state;

    for (size_t at = 1; at <= 3; at++) {
        struct heard h = {.stop_at = at};
        struct err e = {0};

        assert_false(read_with(S("a-kettle[.]com b-kettle[.]com c-kettle[.]com\n"), S(""), &h, &e));
        assert_true(e.code == ERR_INTERRUPTED && h.count == at);
        heard_free(&h);
    }
}

static void memory_runs_out(void **state) {
    static const char *const names[] = {"two-columns.txt", "french-table.html"};
    (void)state;

    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(names); i++) {
        struct buf text = {0}, whole = {0};
        char room[300], path[512];
        bool done = false;

        snprintf(path, sizeof path, "%s/%s", measure_path("advisories", room), names[i]);
        assert_true(measure_slurp(path, &text));
        for (long left = 0; !done; left++) {
            struct heard h = {0};
            struct err e = {0};

            memory_left = left;
            memory_gone_for_good = true;
            memory_refused = false;
            done = read_with(buf_str(&text), S(""), &h, &e);
            memory_left = -1;
            if (!done)
                assert_true(memory_refused && e.code == ERR_MEMORY);
            else if (!h.items.failed && !h.facts.failed && !h.left.failed && !memory_refused)
                buf_add(&whole, buf_str(&h.items));
            else
                done = false; /* the test's own buffers were refused */
            heard_free(&h);
        }
        assert_true(whole.len > 0);
        buf_free(&text);
        buf_free(&whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precision_and_recall),
        cmocka_unit_test(facts),
        cmocka_unit_test(left_out),
        cmocka_unit_test(nothing),
        cmocka_unit_test(origin_and_publisher),
        cmocka_unit_test(recognised),
        cmocka_unit_test(cost_is_linear),
        cmocka_unit_test(cell_in_pieces),
        cmocka_unit_test(too_large),
        cmocka_unit_test(sink_stops_it),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
