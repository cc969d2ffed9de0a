/* test_stix_watch: events as STIX objects by the built-in kinds; patterns watched for, by texts and by asking, find in events just what asking
 * everything of every event finds; several events put together; what cannot match says so; refused memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/utf.h"
#include "codec/yaml_pack.h"
#include "detection/detect.h"
#include "detection/stix_watch.h"
#include "event/ingest.h"
#include "reader/reader.h"

#include "../refuse.h"

#define CELLS_MAX 14u
#define SYSMON(id)                                                                                                     \
    {"Channel", "Microsoft-Windows-Sysmon/Operational"}, {                                                             \
        "EventID", id                                                                                                  \
    }
#define AT(second)                                                                                                     \
    { "UtcTime", "2024-03-25 07:12:" second }

struct cell {
    const char *field, *value;
};
enum { CREATED, CONNECTED, WRITTEN, SET, ASKED, MAIL, HTTP, FLOW, PIPE, LATER, AUDITED, EVENTS };
static const struct cell events[EVENTS][CELLS_MAX] = {
    [CREATED] =
        {SYSMON("1"),
         AT("00.000"),
         {"Image", "C:\\Users\\bob\\AppData\\Local\\Temp\\Update.EXE"},
         {"CommandLine", "\"C:\\Users\\bob\\AppData\\Local\\Temp\\Update.EXE\"  -k   netsvcs"},
         {"CurrentDirectory", "C:\\Windows\\System32\\"},
         {"User", "CORP\\bob"},
         {"ProcessId", "4242"},
         {"ParentImage", "C:\\Program Files\\Office\\WINWORD.EXE"},
         {"ParentCommandLine", "WINWORD.EXE /n report.docx"},
         {"Hashes",
          "MD5=ABABABABABABABABABABABABABABABAB,SHA256="
          "CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD,IMPHASH=EFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEF"}},
    [CONNECTED] = {SYSMON("3"),
                   AT("05.000"),
                   {"Image", "C:\\Users\\bob\\AppData\\Local\\Temp\\Update.EXE"},
                   {"User", "CORP\\bob"},
                   {"ProcessId", "4242"},
                   {"Protocol", "tcp"},
                   {"SourceIp", "10.1.2.3"},
                   {"SourcePort", "50123"},
                   {"DestinationIp", "198.51.100.7"},
                   {"DestinationPort", "443"},
                   {"DestinationHostname", "relay.evil.example"}},
    [WRITTEN] = {SYSMON("11"),
                 AT("06.000"),
                 {"Image", "C:\\Windows\\explorer.exe"},
                 {"TargetFilename", "C:\\ProgramData\\drop\\key.dat"}},
    [SET] = {SYSMON("13"),
             AT("07.000"),
             {"EventType", "SetValue"},
             {"Image", "C:\\Windows\\reg.exe"},
             {"TargetObject", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater"},
             {"Details", "C:\\Users\\Public\\u.exe"},
             {"User", "CORP\\bob"}},
    [ASKED] = {SYSMON("22"),
               AT("08.000"),
               {"Image", "C:\\Windows\\explorer.exe"},
               {"QueryName", "Relay.Evil.Example"},
               {"QueryResults", "::ffff:198.51.100.7;"}},
    [MAIL] = {{"html.images", "3"},
              {"html.remote", "1"},
              {"received.time", "2024-03-25T08:00:00Z"},
              {"from", "news@press.example"},
              {"from.name", "Press Office"},
              {"to", "anna@parliament.example"},
              {"to", "ben@parliament.example"},
              {"subject", "Invitation to the  hearing"},
              {"url", "https://track.press.example/p.gif?u=1"},
              {"url.host", "track.press.example"},
              {"attachment.name", "Agenda.pdf"},
              {"reply_to", "desk@elsewhere.example"}},
    [HTTP] = {{"_path", "http"},
              {"ts", "1711354260.5"},
              {"id.orig_h", "10.1.2.4"},
              {"id.resp_h", "203.0.113.9"},
              {"host", "cdn.evil.example"},
              {"uri", "/gate.php?id=7"},
              {"method", "POST"},
              {"user_agent", "Mozilla/4.0 (compatible; Agent-X)"},
              {"uid", "C1"}},
    [FLOW] = {{"_path", "conn"},
              {"ts", "1711354261"},
              {"id.orig_h", "10.1.2.5"},
              {"id.resp_h", "2001:db8::1"},
              {"uid", "C2"},
              {"proto", "udp"}},
    [PIPE] = {SYSMON("17"), AT("09.000"), {"Image", "C:\\x.exe"}, {"PipeName", "\\msagent_7f"}},
    [AUDITED] = {{"Channel", "Security"},
                 {"EventID", "4688"},
                 {"TimeCreated_SystemTime", "2024-03-25T07:20:00Z"},
                 {"NewProcessName", "C:\\Windows\\tool.exe"},
                 {"NewProcessId", "0x1092"},
                 {"TargetUserName", "-"},
                 {"SubjectUserName", "bob"},
                 {"SubjectDomainName", "CORP"},
                 {"CommandLine", "tool --go"},
                 {"MandatoryLabel", "S-1-16-12288"}},
    [LATER] = {SYSMON("3"),
               AT("59.000"),
               {"Image", "C:\\Users\\bob\\AppData\\Local\\Temp\\Update.EXE"},
               {"SourceIp", "10.1.2.3"},
               {"DestinationIp", "198.51.100.7"},
               {"DestinationPort", "443"}},
};

#define B(e) (1u << (e))
static const struct {
    const char *pattern;
    unsigned hits; /* a bit for each event of which its only bracket is true */
} cases[] = {
    /* processes */
    {"[process:name = 'update.exe' AND process:command_line LIKE '%netsvcs']", B(CREATED)},
    {"[process:command_line MATCHES '-k\\\\s+netsvcs$']", B(CREATED)},
    {"[process:command_line MATCHES 'NETSVCS']", B(CREATED)}, /* hunting: letters have no case */
    {"[process:parent_ref.name = 'winword.exe' AND process:name = 'update.exe']", B(CREATED)},
    {"[process:parent_ref.name = 'excel.exe' AND process:name = 'update.exe']", 0},
    {"[process:name = 'winword.exe' AND process:command_line MATCHES 'report']",
     B(CREATED)}, /* the parent is a process as well */
    {"[process:image_ref.hashes.'SHA-256' = 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd' AND "
     "process:pid = 4242]",
     B(CREATED)},
    {"[process:pid = 4242]", B(CREATED) | B(CONNECTED) | B(AUDITED)},
    {"[process:pid = '4242']", B(CREATED) | B(CONNECTED) | B(AUDITED)},
    {"[process:pid > 4242]", 0},
    {"[process:cwd = 'c:\\\\windows\\\\system32\\\\' AND process:creator_user_ref.account_login = 'corp\\\\BOB']",
     B(CREATED)},
    {"[process:opened_connection_refs[*].dst_ref.value = '198.51.100.7' AND process:name LIKE 'upd%']",
     B(CONNECTED) | B(LATER)},
    /* said in two ways: either may be meant, neither is denied while the other is said */
    {"[process:creator_user_ref.account_login = 'bob' AND process:name = 'tool.exe']", B(AUDITED)},
    {"[process:creator_user_ref.account_login = 'corp\\\\bob' AND process:name = 'tool.exe']", B(AUDITED)},
    {"[process:creator_user_ref.account_login != 'corp\\\\bob' AND process:name = 'tool.exe']", 0},
    {"[process:creator_user_ref.account_login NOT IN ('bob', 'x') AND process:name = 'tool.exe']", 0},
    {"[process:creator_user_ref.account_login NOT = 'ann' AND process:name = 'tool.exe']", B(AUDITED)},
    {"[process:creator_user_ref.account_login NOT != 'bob' AND process:name = 'tool.exe']", B(AUDITED)},
    {"[process:x_integrity_level = 'High']", B(AUDITED)}, /* by a table: the event has S-1-16-12288 */
    /* files */
    {"[file:name = 'UPDATE.exe' AND file:hashes.MD5 = 'abababababababababababababababab']", B(CREATED)},
    {"[file:name = 'update.exe' AND file:hashes.md5 = '00000000000000000000000000000000']", 0},
    {"[file:hashes.sha256 = 'CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD' AND file:name != 'x']",
     B(CREATED)},
    {"[file:hashes[*] = 'abababababababababababababababab' AND EXISTS file:name]", B(CREATED)},
    {"[file:name = 'key.dat' AND file:parent_directory_ref.path = 'C:/ProgramData/DROP']", B(WRITTEN)},
    {"[directory:path LIKE 'c:\\\\programdata\\\\%']", B(WRITTEN)},
    {"[file:name MATCHES '^[a-z]{3}\\\\.dat$']", B(WRITTEN)},
    {"[file:name NOT MATCHES '.' AND EXISTS file:name]", 0},
    {"[file:extensions.'windows-pebinary-ext'.imphash = 'efefefefefefefefefefefefefefefef' AND file:name = "
     "'update.exe']",
     B(CREATED)},
    /* registry */
    {"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run' "
     "AND "
     "windows-registry-key:values[*].name = 'updater']",
     B(SET)},
    {"[windows-registry-key:values[*].data LIKE '%u.exe' AND windows-registry-key:values[*].name = 'Updater']", B(SET)},
    {"[windows-registry-key:values[*].name = 'other']", 0},
    /* networks */
    {"[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24' AND network-traffic:dst_port = 443]",
     B(CONNECTED) | B(LATER)},
    {"[network-traffic:dst_ref.value = '198.51.100.0/24' AND network-traffic:dst_port IN (80, 443)]",
     B(CONNECTED) | B(LATER)},
    {"[network-traffic:src_ref.value ISSUBSET '198.51.100.0/24']", 0},
    {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7' AND "
     "network-traffic:dst_port = 443]",
     B(CONNECTED) | B(LATER)},
    {"[network-traffic:protocols[*] = 'tcp' AND network-traffic:src_port = 50123]", B(CONNECTED)},
    {"[domain-name:value = 'relay.evil.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.7']",
     B(CONNECTED)},
    {"[domain-name:value = 'RELAY.evil.example.' AND EXISTS domain-name:value]", B(CONNECTED) | B(ASKED)},
    {"[ipv6-addr:value ISSUBSET '2001:db8::/32']", B(FLOW)},
    {"[ipv6-addr:value = '2001:0DB8:0::1' AND ipv6-addr:value NOT = 'x']", B(FLOW)},
    {"[ipv4-addr:value ISSUBSET '10.1.2.0/29' AND ipv4-addr:value != '10.1.2.3']", B(HTTP) | B(FLOW)},
    {"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' LIKE '%Agent-X%' AND "
     "network-traffic:extensions.'http-request-ext'.request_method = 'POST']",
     B(HTTP)},
    {"[url:value = 'http://CDN.evil.example/gate.php?id=7' AND EXISTS url:value]", B(HTTP)},
    {"[url:value LIKE '%evil.example/gate%']", B(HTTP)},
    {"[url:value MATCHES 'evil\\\\.example/gate\\\\.php']", B(HTTP)},
    {"[mutex:name LIKE '%msagent_%']", B(PIPE)},
    /* mail */
    {"[email-message:from_ref.value = 'News@PRESS.example' AND email-message:subject = 'invitation to the hearing']",
     B(MAIL)},
    {"[email-message:to_refs[*].value = 'ben@parliament.example' AND email-message:from_ref.value LIKE "
     "'%@press.example']",
     B(MAIL)},
    {"[email-message:to_refs[*].value = 'carl@parliament.example']", 0},
    {"[email-message:body_multipart[*].body_raw_ref.name MATCHES '\\\\.pdf$']", B(MAIL)},
    {"[email-message:from_ref.display_name LIKE 'Press%']", B(MAIL)},
    {"[email-message:x_misp_reply_to = 'desk@elsewhere.example' AND EXISTS email-message:subject]", B(MAIL)},
    {"[NOT EXISTS email-message:cc_refs AND email-message:subject LIKE 'Inv%']", B(MAIL)},
    /* any */
    {"[user-account:account_login = 'corp\\\\bob' AND user-account:user_id LIKE '%bob']",
     B(CREATED) | B(CONNECTED) | B(SET) | B(AUDITED)},
    {"[file:name = 'nosuch.bin' OR email-message:subject LIKE '%hearing' OR file:atime > t'2020-01-01T00:00:00Z']",
     B(MAIL)},
    {"[process:pid = 4242] START t'2024-03-25T07:12:05Z' STOP t'2024-03-25T07:12:06Z'", B(CONNECTED)},
    {"[process:pid = 4242] START t'2024-03-25T07:12:06Z' STOP t'2024-03-25T07:12:09Z'", 0},
};

/* All events in blocks of the built-in kinds, and patterns that are watched for. */
struct house {
    struct fields *fields;
    struct kinds *kinds;
    struct ingest *in;
    struct stix_watch *watch;
    struct sigma_set rules;
    struct block *const *blocks;
    size_t block_count;
    unsigned hits[COUNT(cases) + 8];
    unsigned given_up;
    struct stix_collect *collect;
    uint8_t *found; /* by pattern and row, of the samples */
};

static struct ingest_wish wants(void *ctx, const struct block *b, field_id field) {
    const struct house *const h = ctx;

    return (struct ingest_wish){stix_watch_wants(h->watch, b->kind, field) ? RAW_ANY : 0, 0};
}

static bool full(void *ctx, struct err *e) {
    (void)ctx;
    return err_set(e, ERR_LIMIT, 0, "full");
}

static void damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size;
    fail_msg("%s", why);
}

static void house_open(struct house *h) {
    struct err e = {0};

    *h = (struct house){.fields = fields_new()};
    assert_non_null(h->fields);
    assert_true(kinds_new(&h->kinds, h->fields, &e) && kinds_load_builtin(h->kinds, &e) && kinds_seal(h->kinds, &e));
    if (!stix_watch_new(&h->watch, h->fields, &e))
        fail_msg("%s", e.text);
}

static uint32_t house_add(struct house *h, const char *pattern) {
    enum stix_watch_said said;
    uint32_t number = UINT32_MAX;
    struct err e = {0};
    str why;

    if (!stix_watch_add(h->watch, str_of(pattern), &number, &said, &why, &e))
        fail_msg("%s: %s", pattern, e.text);
    if (said != STIX_WATCHED)
        fail_msg("%s: %.*s", pattern, STR_ARG(why));
    return number;
}

/* Only what the watch wants is kept. */
static void house_fill(struct house *h) {
    struct ingest_options const options = {.fields = h->fields,
                                           .kinds = h->kinds,
                                           .wants = wants,
                                           .full = full,
                                           .damage = damage,
                                           .ctx = h,
                                           .rows_max = 1000,
                                           .bytes_max = (size_t)64 << 20};
    struct err e = {0};

    assert_true(stix_watch_seal(h->watch, &h->rules, &e));
    assert_true(ingest_new(&h->in, &options, &e));
    for (unsigned i = 0; i < EVENTS; i++) {
        struct raw values[CELLS_MAX];
        struct record r = {.values = values, .when = INSTANT_NONE, .time_text = S(""), .bytes = S(""), .number = i + 1};

        ingest_part(h->in, i, events[i][0].field[0] == 'C' ? S("evtx") : S("json"));
        for (; r.count < CELLS_MAX && events[i][r.count].field; r.count++) {
            const struct cell *const c = &events[i][r.count];

            values[r.count] = (struct raw){.field = field_intern(h->fields, str_of(c->field)),
                                           .type = RAW_TEXT,
                                           .len = (uint32_t)strlen(c->value),
                                           .ptr = c->value};
        }
        if (!ingest_sink(h->in)->record(ingest_sink(h->in), &r, &e))
            fail_msg("event %u: %s", i, e.text);
    }
    h->blocks = ingest_blocks(h->in, &h->block_count);
}

static void house_close(struct house *h) {
    stix_collect_free(h->collect);
    ingest_free(h->in);
    stix_watch_free(h->watch);
    kinds_free(h->kinds);
    fields_free(h->fields);
}

/* Rows of all blocks, one behind the other. */
static size_t place_of(const struct house *h, const struct block *b, uint32_t row) {
    size_t before = 0;

    for (size_t i = 0; h->blocks[i] != b; i++)
        before += h->blocks[i]->row_count;
    return before + row;
}

static size_t rows_of(const struct house *h) {
    size_t rows = 0;

    for (size_t i = 0; i < h->block_count; i++)
        rows += h->blocks[i]->row_count;
    return rows;
}

static bool on_hit(void *ctx, const struct stix_watch_hit *hit, struct err *e) {
    struct house *const h = ctx;
    unsigned const event = hit->block->rows[hit->row].part;

    if (h->found) {
        h->found[hit->pattern * rows_of(h) + place_of(h, hit->block, hit->row)] = 1;
        return true;
    }

    h->hits[hit->pattern] |= B(event);
    assert_int_equal(hit->alone, stix_watch_alone(h->watch, hit->pattern));
    return hit->alone || !h->collect || stix_collect_add(h->collect, hit->pattern, hit->bracket, hit->when, event, e);
}

static bool on_given_up(void *ctx, const struct stix_watch_hit *at, const char *why, struct err *e) {
    struct house *const h = ctx;
    (void)why, (void)e;

    h->given_up++;
    if (h->collect)
        stix_collect_unsure(h->collect, at->pattern);
    return true;
}

struct asked {
    struct house *h;
    struct block *last;
    uint32_t row, rules[64];
    size_t count;
};

static bool asked_end(struct asked *a, struct err *e) {
    struct stix_watch_sink const sink = {a->h, on_hit, on_given_up};

    return !a->count || stix_watch_row(a->h->watch, a->last, a->row, a->rules, a->count, false, &sink, e);
}

static bool on_rule(void *ctx, const struct detect_hit *hit, struct err *e) {
    struct asked *const a = ctx;

    if (hit->block != a->last || hit->row != a->row) {
        if (!asked_end(a, e))
            return false;
        a->count = 0;
    }
    a->last = (struct block *)(uintptr_t)hit->block;
    a->row = hit->row;
    a->rules[a->count++] = hit->rule;
    return true;
}

/* As a hunt does it: rules of keywords by the detector, then kinds of which every event is asked. */
static void hunt(struct house *h) {
    struct plan *plan;
    struct detector *d;
    struct asked a = {.h = h};
    struct err e = {0};
    struct stix_watch_sink const sink = {h, on_hit, on_given_up};

    assert_true(plan_new(&plan, &h->rules, h->fields, &e));
    struct detect_options const options = {.plan = plan, .fields = h->fields, .hit = on_rule, .ctx = &a};

    assert_true(detector_new(&d, &options, &e));
    assert_true(detector_run(d, h->blocks, h->block_count, &e));
    assert_true(asked_end(&a, &e));
    for (size_t i = 0; i < h->block_count; i++)
        if (stix_watch_asks(h->watch, h->blocks[i]->kind))
            for (uint32_t row = 0; row < h->blocks[i]->row_count; row++)
                assert_true(stix_watch_row(h->watch, h->blocks[i], row, NULL, 0, true, &sink, &e));
    detector_free(d);
    plan_free(plan);
}

/* What is asked of an event directly, without any rule. */
static unsigned direct(struct house *h, uint32_t number) {
    struct arena *const a = arena_new((size_t)64 << 20);
    const struct stix_pattern *const p = stix_watch_pattern(h->watch, number);
    struct stix_events *s;
    struct stix_matcher *m;
    struct err e = {0};
    unsigned hits = 0;

    assert_true(stix_events_new(&s, h->fields, &e));
    assert_true(stix_matcher_new(&m, p, true, &e));
    for (size_t i = 0; i < h->block_count; i++)
        for (uint32_t row = 0; row < h->blocks[i]->row_count; row++) {
            struct stix_observation o;
            bool cut, yes;

            arena_reset(a);
            assert_true(stix_events_make(s, h->blocks[i], row, a, &o, &cut, &e));
            assert_false(cut);
            assert_int_equal(o.first, h->blocks[i]->rows[row].when);
            assert_true(stix_matcher_all(m, &o, 1, &yes, &e));
            if (yes)
                hits |= B(h->blocks[i]->rows[row].part);
        }
    stix_matcher_free(m);
    stix_events_free(s);
    arena_free(a);
    return hits;
}

static void events_are_found(void **state) {
    struct house h;
    size_t wrong = 0;
    (void)state;

    house_open(&h);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(house_add(&h, cases[i].pattern), i);
    house_fill(&h);
    hunt(&h);
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        unsigned const asked = direct(&h, i);

        if (asked != cases[i].hits || h.hits[i] != cases[i].hits) {
            print_error("%s: asked of every event %x, found %x, expected %x\n", cases[i].pattern, asked, h.hits[i],
                        cases[i].hits);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(h.given_up, 0);
    assert_int_equal(stix_watch_cut(h.watch), 0);
    house_close(&h);
}

/* ---- what cannot match ---- */

static void what_cannot_match_says_so(void **state) {
    static const struct {
        const char *pattern, *why; /* NULL: refused */
    } never[] = {
        {"[file:atime > t'2020-01-01T00:00:00Z']", "file:atime: no event has such a property"},
        {"[x-usb-device:usbdrive.serial_number = '1']",
         "x-usb-device:usbdrive.serial_number: no event is such an object"},
        {"[file:name = 'a' AND file:atime > t'2020-01-01T00:00:00Z']", "file:atime: no event has such a property"},
        {"[file:size = 10 AND ipv4-addr:value = 'x']", "file:size: no event has such a property"},
        {"[file:name = 'a' AND ipv4-addr:value = 'x']",
         "ipv4-addr:value: no object has two types: AND joins what is said of one"},
        {"[file:name = 'a'] AND [app:id = 'b']", "app:id: no event is such an object"},
        {"[app:id = 'b'] REPEATS 2 TIMES", "app:id: no event is such an object"},
        {"[email-message:to_refs.value = 'a@x.org']", "email-message:to_refs.value: no event has such a property"},
        {"[process:image_ref.parent_directory_ref.contains_refs[*].name = 'a']",
         "process:image_ref.parent_directory_ref.contains_refs[*].name: no event has such a property"},
        {"[file:name = ", NULL},
        {"[file:name MATCHES '(']", NULL},
    };
    struct house h;
    (void)state;

    house_open(&h);
    for (size_t i = 0; i < COUNT(never); i++) {
        enum stix_watch_said said = STIX_WATCHED;
        struct err e = {0};
        uint32_t number;
        str why;

        if (!stix_watch_add(h.watch, str_of(never[i].pattern), &number, &said, &why, &e)) {
            assert_null(never[i].why);
            assert_int_equal(e.code, ERR_USAGE);
            continue;
        }
        assert_non_null(never[i].why);
        assert_int_equal(said, STIX_WATCH_NEVER);
        if (!str_eq(why, str_of(never[i].why)))
            fail_msg("%.*s", STR_ARG(why));
        assert_null(stix_watch_pattern(h.watch, number));
    }
    assert_int_equal(stix_watch_count(h.watch), COUNT(never) - 2);
    /* Or a part that can. */
    house_add(&h, "[file:name = 'key.dat'] OR [app:id = 'b']");
    house_add(&h, "[file:name = 'key.dat' OR file:atime > t'2020-01-01T00:00:00Z']");
    house_fill(&h);
    assert_int_equal(h.rules.rule_count, 1);
    hunt(&h);
    assert_int_equal(h.hits[COUNT(never) - 2], B(WRITTEN));
    assert_int_equal(h.hits[COUNT(never) - 1], B(WRITTEN));
    house_close(&h);
}

/* ---- several events ---- */

static const struct {
    const char *pattern;
    unsigned events; /* that make it true; 0: it is not */
} together[] = {
    {"[file:hashes.MD5 = 'abababababababababababababababab'] FOLLOWEDBY [network-traffic:dst_ref.value = "
     "'198.51.100.7']",
     B(CREATED) | B(CONNECTED)},
    {"[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:src_port = 50123] FOLLOWEDBY "
     "[file:hashes.MD5 = 'abababababababababababababababab']",
     0},
    {"([file:hashes.MD5 = 'abababababababababababababababab'] AND [windows-registry-key:values[*].name = 'updater']) "
     "WITHIN 8 SECONDS",
     B(CREATED) | B(SET)},
    {"([file:hashes.MD5 = 'abababababababababababababababab'] AND [windows-registry-key:values[*].name = 'updater']) "
     "WITHIN 7 SECONDS",
     0},
    {"[network-traffic:dst_ref.value = '198.51.100.7'] REPEATS 2 TIMES WITHIN 60 SECONDS", B(CONNECTED) | B(LATER)},
    {"[network-traffic:dst_ref.value = '198.51.100.7'] REPEATS 2 TIMES WITHIN 54 SECONDS", 0},
    {"[network-traffic:dst_ref.value = '198.51.100.7'] REPEATS 3 TIMES", 0},
    {"[process:pid = 4242] AND [email-message:subject LIKE '%hearing%']", B(CREATED) | B(MAIL)},
};

static unsigned answers[COUNT(together)];
static size_t answer_count, given_up_count;

static bool on_answer(void *ctx, const struct stix_collect_answer *a, struct err *e) {
    (void)ctx, (void)e;
    if (a->what == STIX_COLLECT_GIVEN_UP) {
        given_up_count++;
        return true;
    }
    answer_count++;
    for (size_t i = 0; i < a->count; i++)
        answers[a->pattern] |= B(a->events[i]);
    return true;
}

static void events_are_put_together(void **state) {
    struct house h;
    struct err e = {0};
    size_t expected = 0;
    (void)state;

    house_open(&h);
    for (size_t i = 0; i < COUNT(together); i++)
        house_add(&h, together[i].pattern);
    house_fill(&h);
    assert_true(stix_collect_new(&h.collect, h.watch, &e));
    hunt(&h);
    memset(answers, 0, sizeof answers);
    answer_count = given_up_count = 0;
    assert_true(stix_collect_end(h.collect, on_answer, NULL, &e));
    for (size_t i = 0; i < COUNT(together); i++) {
        expected += together[i].events != 0;
        if (answers[i] != together[i].events)
            fail_msg("%s: %x, expected %x", together[i].pattern, answers[i], together[i].events);
    }
    assert_int_equal(answer_count, expected);
    assert_int_equal(given_up_count, 0);
    house_close(&h);
}

/* The same in whatever order hits come, told once or twice; and what could not be told is no "no". */
static void order_does_not_matter(void **state) {
    static const struct {
        uint32_t bracket;
        int64_t when;
        uint64_t event;
    } hits[] = {{0, 5, 50}, {0, 1, 10}, {1, 3, 30}, {1, 1, 10}, {0, 3, 30}, {1, 9, 90}, {1, 9, 91}};
    struct house h;
    struct err e = {0};
    unsigned first = 0;
    (void)state;

    house_open(&h);
    house_add(&h, "([process:pid = 1] FOLLOWEDBY [process:pid = 2]) REPEATS 2 TIMES");
    house_add(&h, "([process:pid = 1] FOLLOWEDBY [process:pid = 2]) REPEATS 3 TIMES"); /* there are five events */
    assert_true(stix_watch_seal(h.watch, &h.rules, &e));
    for (size_t turn = 0; turn < COUNT(hits); turn++) {
        assert_true(stix_collect_new(&h.collect, h.watch, &e));
        for (size_t i = 0; i < 2 * COUNT(hits); i++) {
            size_t const at = (i * 3 + turn) % COUNT(hits);

            for (uint32_t pattern = 0; pattern < 2; pattern++)
                assert_true(
                    stix_collect_add(h.collect, pattern, hits[at].bracket, hits[at].when, hits[at].event % 32, &e));
        }
        memset(answers, 0, sizeof answers);
        answer_count = 0;
        assert_true(stix_collect_end(h.collect, on_answer, NULL, &e));
        assert_int_equal(answer_count, 1);
        if (turn == 0)
            first = answers[0];
        assert_int_equal(answers[0], first);
        stix_collect_free(h.collect);
    }
    assert_true(stix_collect_new(&h.collect, h.watch, &e));
    assert_true(stix_collect_add(h.collect, 0, 0, 1, 1, &e));
    answer_count = given_up_count = 0;
    assert_true(stix_collect_end(h.collect, on_answer, NULL, &e));
    assert_int_equal(answer_count + given_up_count, 0);
    stix_collect_unsure(h.collect, 0);
    assert_true(stix_collect_end(h.collect, on_answer, NULL, &e));
    assert_int_equal(answer_count, 0);
    assert_int_equal(given_up_count, 1);
    house_close(&h);
}

static void more_than_is_kept_is_given_up(void **state) {
    struct house h;
    struct err e = {0};
    (void)state;

    house_open(&h);
    house_add(&h, "[process:pid = 1] AND [process:pid = 2]");
    assert_true(stix_watch_seal(h.watch, &h.rules, &e));
    assert_true(stix_collect_new(&h.collect, h.watch, &e));
    for (uint64_t i = 0; i <= STIX_COLLECT_MAX; i++)
        assert_true(stix_collect_add(h.collect, 0, i & 1, (int64_t)i, i, &e));
    answer_count = given_up_count = 0;
    assert_true(stix_collect_end(h.collect, on_answer, NULL, &e));
    assert_int_equal(answer_count, 0);
    assert_int_equal(given_up_count, 1);
    house_close(&h);
}

/* A regular expression that takes too long is told, and not a "no". */
static void what_is_given_up_is_told(void **state) {
    struct house h;
    (void)state;

    house_open(&h);
    house_add(&h, "[process:command_line MATCHES '^(.+)+e$']");
    house_fill(&h);
    hunt(&h);
    assert_int_equal(h.hits[0], 0);
    assert_int_not_equal(h.given_up, 0);
    house_close(&h);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (long n = 0;; n++) {
        struct fields *const fields = fields_new();
        struct stix_watch *w = NULL;
        struct sigma_set rules;
        enum stix_watch_said said;
        struct err e = {0};
        uint32_t number;
        str why;
        bool ok;

        memory_left = n;
        ok = stix_watch_new(&w, fields, &e) &&
             stix_watch_add(
                 w, S("[file:name = 'caf\xc3\xa9.exe' AND file:name LIKE 'a\xcc\x81%'] AND [file:name MATCHES 'abcd']"),
                 &number, &said, &why, &e) &&
             stix_watch_seal(w, &rules, &e);
        memory_left = -1;
        stix_watch_free(ok || w ? w : NULL);
        fields_free(fields);
        if (ok)
            break;
        assert_int_equal(e.code, ERR_MEMORY);
        assert_true(n < 100000);
    }
}

/* ---- the samples ---- */

#define SAMPLE_PATTERNS 900u

static void sample_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size, (void)why;
}

static void house_read(struct house *h, const char *path, const char *reader) {
    struct ingest_options const options = {.fields = h->fields,
                                           .kinds = h->kinds,
                                           .wants = wants,
                                           .full = full,
                                           .damage = sample_damage,
                                           .ctx = h,
                                           .rows_max = 100000,
                                           .bytes_max = (size_t)512 << 20};
    struct file_input in = {0};
    struct err e = {0};

    assert_true(stix_watch_seal(h->watch, &h->rules, &e));
    assert_true(ingest_new(&h->in, &options, &e));
    ingest_part(h->in, 0, str_of(reader));
    assert_true(file_input_open(&in, path, &e));
    if (!reader_named(str_of(reader))->read(&in.input, (struct part){0, UINT64_MAX}, ingest_sink(h->in), &e))
        fail_msg("%s: %s", path, e.text);
    file_input_close(&in);
    h->blocks = ingest_blocks(h->in, &h->block_count);
}

static void quote(struct buf *b, str text) {
    buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            buf_byte(b, '\\');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '\'');
}

struct made {
    struct buf patterns[SAMPLE_PATTERNS];
    size_t count;
    uint64_t turn;
};

static void make_pattern(struct made *m, str type, const struct buf *path, const struct stix_value *v) {
    struct buf b = {0};
    str piece = v->text;

    if (m->count == SAMPLE_PATTERNS || !v->text.len || v->text.len > 500)
        return;
    buf_format(&b, "[%.*s:%.*s ", STR_ARG(type), STR_ARG(buf_str(path)));
    if (v->type == STIX_VALUE_NUMBER) {
        buf_format(&b, "= %.*s", STR_ARG(v->text));
    } else if (m->turn++ % 3) {
        buf_add(&b, S("= "));
        quote(&b, piece);
    } else { /* a piece of it */
        piece = utf8_first(piece, piece.len - piece.len / 3);
        buf_add(&b, S("LIKE "));

        quote(&b, piece);
        b.len--;
        buf_add(&b, S("%'"));
    }
    buf_byte(&b, ']');
    buf_byte(&b, '\0');
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(buf_str(&m->patterns[i]), buf_str(&b))) {
            buf_free(&b);
            return;
        }
    m->patterns[m->count++] = b;
}

static void make_patterns(struct made *m, str type, struct buf *path, const struct stix_value *v) {
    size_t const len = path->len;

    if (v->type == STIX_VALUE_OBJECT) {
        for (size_t i = 0; i < v->count; i++) {
            if (len)
                buf_byte(path, '.');
            quote(path, v->members[i].name);
            if (!str_ends(v->members[i].name, S("_ref")) && !str_ends(v->members[i].name, S("_refs")))
                make_patterns(m, type, path, &v->members[i].value);
            path->len = len;
        }
    } else if (v->type == STIX_VALUE_LIST || v->type == STIX_VALUE_EITHER) {
        if (v->type == STIX_VALUE_LIST)
            buf_add(path, S("[*]"));
        for (size_t i = 0; i < v->count; i++)
            make_patterns(m, type, path, &v->items[i]);
        path->len = len;
    } else {
        make_pattern(m, type, path, v);
    }
}

/* Out of what events of the samples say patterns are made, and with all of them watched for, each is found just where asking every event finds
 * it, and somewhere. */
static void the_samples_find_themselves(void **state) {
    static const struct {
        const char *path, *reader;
    } samples[] = {
        {"data/samples/intrusion.jsonl", "json"},
        {"data/samples/mailbox.jsonl", "json"},
        {"data/samples/proxy.log", "text"},
        {"data/samples/post.mbox", "mbox"},
    };
    (void)state;

    for (size_t s = 0; s < COUNT(samples); s++) {
        struct arena *const a = arena_new((size_t)64 << 20);
        struct made *const m = calloc(1, sizeof *m);
        struct buf path = {0};
        struct stix_events *events_of;
        struct house h;
        struct err e = {0};
        size_t rows, found = 0;

        assert_non_null(m);
        house_open(&h);
        house_add(&h, "[file:name = 'nothing.at.all']");
        house_read(&h, samples[s].path, samples[s].reader);
        rows = rows_of(&h);
        assert_true(rows > 0);
        assert_true(stix_events_new(&events_of, h.fields, &e));
        for (size_t i = 0; i < h.block_count; i++)
            for (uint32_t row = 0; row < h.blocks[i]->row_count; row += 1 + h.blocks[i]->row_count / 16) {
                struct stix_observation o;
                bool cut;

                arena_reset(a);
                assert_true(stix_events_make(events_of, h.blocks[i], row, a, &o, &cut, &e));
                for (size_t k = 0; k < o.object_count; k++) {
                    path.len = 0;
                    make_patterns(m, o.objects[k].type, &path, &o.objects[k].properties);
                }
            }
        stix_events_free(events_of);
        house_close(&h);
        assert_true(m->count > 10);

        house_open(&h);
        for (size_t i = 0; i < m->count; i++)
            house_add(&h, m->patterns[i].ptr);
        house_read(&h, samples[s].path, samples[s].reader);
        assert_int_equal(rows_of(&h), rows);
        h.found = calloc(m->count, rows);
        assert_non_null(h.found);
        hunt(&h);
        assert_int_equal(h.given_up, 0);
        assert_true(stix_events_new(&events_of, h.fields, &e));
        for (uint32_t p = 0; p < m->count; p++) {
            struct stix_matcher *matcher;
            bool any = false;

            assert_true(stix_matcher_new(&matcher, stix_watch_pattern(h.watch, p), true, &e));
            for (size_t i = 0; i < h.block_count; i++)
                for (uint32_t row = 0; row < h.blocks[i]->row_count; row++) {
                    struct stix_observation o;
                    bool cut, yes;
                    bool const told = h.found[p * rows + place_of(&h, h.blocks[i], row)];

                    arena_reset(a);
                    assert_true(stix_events_make(events_of, h.blocks[i], row, a, &o, &cut, &e));
                    assert_true(stix_matcher_all(matcher, &o, 1, &yes, &e));
                    if (yes != told)
                        fail_msg("%s: %s, row %u of %.*s: %s", samples[s].path, m->patterns[p].ptr, row,
                                 STR_ARG(h.blocks[i]->name), yes ? "lost" : "invented");
                }
            for (size_t row = 0; row < rows; row++) {
                any = any || h.found[p * rows + row];
                found += h.found[p * rows + row];
            }
            if (!any)
                fail_msg("%s: %s is found nowhere", samples[s].path, m->patterns[p].ptr);
            stix_matcher_free(matcher);
        }
        print_message("%s: %zu patterns, %zu events, %zu hits\n", samples[s].path, m->count, rows, found);
        stix_events_free(events_of);
        free(h.found);
        house_close(&h);
        for (size_t i = 0; i < m->count; i++)
            buf_free(&m->patterns[i]);
        free(m);
        buf_free(&path);
        arena_free(a);
    }
}

/* Categories and kinds that the table names are there; whoever renames one learns of it here. */
static void the_table_names_what_there_is(void **state) {
    struct arena *const a = arena_new((size_t)8 << 20);
    struct yaml_node **documents;
    struct house h;
    struct err e = {0};
    size_t count, named = 0;
    (void)state;

    house_open(&h);
    assert_int_equal(stix_paths_builtin_count, 1);
    assert_true(yaml_unpack(stix_paths_builtin[0].trees, a, &documents, &count, &e));
    for (size_t d = 0; d < count; d++)
        for (int which = 0; which < 3; which++) {
            static const char *const keys[] = {"categories", "kinds", "except"};
            const struct yaml_node *const list = yaml_get(documents[d], keys[which]);

            for (size_t i = 0; list && i < list->count; i++, named++) {
                str const name = list->items[i]->text;
                bool found = false;

                for (size_t k = 0; k < kinds_count(h.kinds); k++) {
                    const struct kind *const kind = kinds_at(h.kinds, k);

                    if (which > 0)
                        found = found || str_eq(kind->name, name);
                    for (size_t l = 0; which == 0 && l < kind->logsource_count; l++)
                        found = found || str_eq(kind->logsources[l].category, name);
                }
                if (!found)
                    fail_msg("%s: there is no %.*s", keys[which], STR_ARG(name));
            }
        }
    assert_true(named > 30);
    assert_true(stix_watch_seal(h.watch, &h.rules, &e));
    arena_free(a);
    house_close(&h);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_found),
        cmocka_unit_test(what_cannot_match_says_so),
        cmocka_unit_test(events_are_put_together),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(more_than_is_kept_is_given_up),
        cmocka_unit_test(what_is_given_up_is_told),
        cmocka_unit_test(the_samples_find_themselves),
        cmocka_unit_test(the_table_names_what_there_is),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
