/* test_archive_look: an index rules out nothing that a hunt finds. Evidence is added to an archive; indicators are drawn out of its values, in every way in which
 * intelligence might name them; and each hit of a hunt over each segment must be among what the index says of that segment. The samples of the repository, lines
 * that were made for this, and the shared data where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "codec/web_address.h"
#include "detection/indicator.h"
#include "event/ingest.h"
#include "hunt/archive_add.h"
#include "hunt/archive_look.h"
#include "hunt/keep.h"

#include "../folder.h"

#define NOW INT64_C(1790000000000000000)
/* Values of a segment that are drawn from. */
#define SAMPLES (getenv("LONGWATCH_CHECKED") ? 1000u : 20000u)

/* ---- an archive ---- */

struct world {
    struct fields *fields;
    struct kinds *kinds;
    struct intel_builder *builder;
    struct arena *texts;
    struct buf bytes;
    struct intel_set *set;
    uint64_t draw; /* the state of the numbers that are drawn: the same each time */
    size_t items, hits, told, ruled_out, rows;
};

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    (void)ctx;
    (void)c;
    (void)e;
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx;
    (void)d;
    (void)e;
    return true;
}

static void world_begin(struct world *w) {
    struct err e = {0};

    *w = (struct world){.draw = 1};
    assert_non_null(w->fields = fields_new());
    assert_non_null(w->texts = arena_new((size_t)1 << 30));
    assert_true(kinds_new(&w->kinds, w->fields, &e));
    assert_true(kinds_load_builtin(w->kinds, &e));
    assert_true(kinds_seal(w->kinds, &e));
    assert_true(intel_builder_new(&w->builder, &e));
    assert_true(intel_builder_source(w->builder, S("drawn"), S(""), &e));
}

static void world_end(struct world *w) {
    intel_set_free(w->set);
    intel_builder_free(w->builder);
    buf_free(&w->bytes);
    arena_free(w->texts);
    kinds_free(w->kinds);
    fields_free(w->fields);
}

static void add(struct world *w, const char *archive, const char *path) {
    struct archive_add_options const o = {.archive = archive,
                                          .paths = &path,
                                          .path_count = 1,
                                          .family = S("evidence"),
                                          .fields = w->fields,
                                          .kinds = w->kinds,
                                          .latest = INSTANT_NONE,
                                          .zone = S(""),
                                          .workers = 1, /* the same segments each time */
                                          .now = NOW,
                                          .custody = on_custody,
                                          .damage = on_damage};
    struct archive_add_result result;
    struct err e = {0};

    if (!archive_add(&o, &result, &e))
        fail_msg("%s", e.text);
}

/* ---- segments, as a hunt reads them ---- */

struct reading {
    struct world *w;
    struct segment *segment;
    struct ingest *ingest;
    void (*rows)(struct reading *r, struct block *const *blocks, size_t count);
    struct indicators *indicators; /* of those that look */
    const struct archive_look_segment *said;
    size_t drawn;
};

static bool on_full(void *ctx, struct err *e) {
    struct reading *const r = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(r->ingest, &count);

    (void)e;
    r->rows(r, blocks, count);
    ingest_clear(r->ingest, false);
    return true;
}

static void no_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)offset;
    (void)size;
    (void)why;
}

static bool on_source(void *ctx, uint32_t index, struct err *e) {
    struct reading *const r = ctx;
    struct segment_source source;
    char name[64];

    if (!on_full(ctx, e) || !segment_source(r->segment, index, &source, e))
        return false;
    snprintf(name, sizeof name, "%.*s", STR_ARG(source.reader));
    str kept;

    assert_true(arena_copy(r->w->texts, source.reader, &kept));
    ingest_part(r->ingest, 0, kept);
    ingest_latest(r->ingest, source.modified);
    return true;
}

static void segment_each(struct reading *r, const struct vault *v, const struct manifest_segment *s) {
    struct ingest_options const o = {.fields = r->w->fields,
                                     .kinds = r->w->kinds,
                                     .full = on_full,
                                     .damage = no_damage,
                                     .ctx = r,
                                     .rows_max = 4096,
                                     .bytes_max = (size_t)64 << 20,
                                     .unclaimed = true};
    struct segment_reading reading = {.source = on_source, .ctx = r};
    struct err e = {0};
    int fd;

    assert_true(vault_segment_open(v, s, &fd, &e));
    void *const bytes = mmap(NULL, s->length, PROT_READ, MAP_PRIVATE, fd, 0);

    assert_ptr_not_equal(bytes, MAP_FAILED);
    close(fd);
    if (!segment_open(&r->segment, (str){bytes, s->length}, S("s"), 0, &e) || !ingest_new(&r->ingest, &o, &e))
        fail_msg("%s", e.text);
    reading.sink = ingest_sink(r->ingest);
    if (!segment_read(r->segment, &reading, &e) || !on_full(r, &e))
        fail_msg("%s", e.text);
    ingest_free(r->ingest);
    segment_close(r->segment);
    munmap(bytes, s->length);
}

/* ---- indicators out of values ---- */

static uint32_t draw(struct world *w, uint32_t below) {
    w->draw = w->draw * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((w->draw >> 33) % below);
}

static void item(struct world *w, enum observable type, str value) {
    struct intel_item const one = {.form = ITEM_VALUE,
                                   .type = type,
                                   .value = value,
                                   .raw = S(""),
                                   .where = S(""),
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
    struct err e = {0};

    if (intel_builder_item(w->builder, &one, &e))
        w->items++;
    else
        assert_int_equal(e.code, ERR_USAGE); /* it is none of that type */
}

static const enum observable wholes[] = {OBSERVABLE_SUBJECT,     OBSERVABLE_USER_AGENT, OBSERVABLE_COMMAND,
                                         OBSERVABLE_MUTEX,       OBSERVABLE_SERVICE,    OBSERVABLE_ACCOUNT,
                                         OBSERVABLE_CERTIFICATE, OBSERVABLE_PHONE,      OBSERVABLE_REGISTRY,
                                         OBSERVABLE_MAC,         OBSERVABLE_AS,         OBSERVABLE_JA4};
static const enum observable pieces[] = {
    OBSERVABLE_ADDRESS, OBSERVABLE_DOMAIN,   OBSERVABLE_URL,    OBSERVABLE_MD5,       OBSERVABLE_SHA1,
    OBSERVABLE_SHA256,  OBSERVABLE_SHA512,   OBSERVABLE_MAIL,   OBSERVABLE_FILE_NAME, OBSERVABLE_FILE_PATH,
    OBSERVABLE_PHONE,   OBSERVABLE_REGISTRY, OBSERVABLE_IMPHASH};

static void network(struct world *w, str address) {
    struct address a;
    char text[NETWORK_TEXT];

    if (address_parse(address, &a))
        item(w, OBSERVABLE_NETWORK, address_network_text(&a, text));
}

/* The value itself, as each type; and words of it, cut where a reader of reports would. */
static void value_draw(struct world *w, str text) {
    static const char cuts[] = " \t\r\n\"'<>()[]{},;|=";
    size_t from = 0;

    if (text.len > OBSERVABLE_BYTES_MAX || draw(w, 4))
        return;
    for (size_t i = 0; i < COUNT(wholes); i++)
        item(w, wholes[i], text);
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && (!text.ptr[i] || !strchr(cuts, text.ptr[i])))
            continue;
        str word = str_first(str_from(text, from), i - from);

        from = i + 1;
        if (word.len < 3 || (text.len > 200 && draw(w, 8)))
            continue;
        for (size_t k = 0; k < COUNT(pieces); k++)
            item(w, pieces[k], word);
        network(w, word);
        item(w, OBSERVABLE_FILE_NAME, intel_file_name(word));
        while (word.len && strchr(".:;?!", word.ptr[word.len - 1]))
            word.len--;
        enum observable const guessed = observable_guess(&word);

        if (guessed != OBSERVABLE_NONE)
            item(w, guessed, word);
    }
    item(w, OBSERVABLE_FILE_PATH, text);
    item(w, OBSERVABLE_FILE_NAME, intel_file_name(text));
}

static str text_of(const struct column *c, uint32_t row) {
    const struct value *const v = c->codes[row] ? dictionary_value(&c->dict, c->codes[row]) : NULL;

    return v && v->type == VALUE_TEXT ? value_text(v) : S("");
}

/* Host and path of a row, each of which stands in a field of its own. */
static void pair_draw(struct world *w, const struct block *b, uint32_t row) {
    for (uint32_t p = 0; p < b->column_count; p++) {
        str const path = text_of(b->columns[p], row);

        if (!path.len || *path.ptr != '/' || path.len > 1000)
            continue;
        for (uint32_t h = 0; h < b->column_count; h++) {
            str const host = text_of(b->columns[h], row);
            char url[2048];

            if (h == p || !host.len || host.len > 255 || draw(w, 4))
                continue;
            int const n = snprintf(url, sizeof url, "http://%.*s%.*s", STR_ARG(host), STR_ARG(path));

            item(w, OBSERVABLE_URL, (str){url, (size_t)n});
        }
    }
}

static void rows_draw(struct reading *r, struct block *const *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct block *const b = blocks[i];

        for (uint32_t row = 0; row < b->row_count; row++) {
            r->w->rows++;
            for (uint32_t c = 0; c < b->column_count; c++) {
                uint32_t const code = b->columns[c]->codes[row];
                const struct value *v = code ? dictionary_value(&b->columns[c]->dict, code) : NULL;

                if (v && v->type == VALUE_LIST && v->len && value_items(v)[draw(r->w, v->len)])
                    v = dictionary_value(&b->columns[c]->dict, value_items(v)[draw(r->w, v->len)]);
                if (v && v->type == VALUE_TEXT && r->drawn < SAMPLES &&
                    (b->row_count < 64 || !draw(r->w, 1 + b->row_count / 64))) {
                    r->drawn++;
                    value_draw(r->w, value_text(v));
                }
            }
            if (b->row_count < 64 || !draw(r->w, 1 + b->row_count / 16))
                pair_draw(r->w, b, row);
        }
    }
}

/* ---- what is found, and what was said ---- */

static bool holds(const uint32_t *entries, size_t count, uint32_t entry) {
    size_t from = 0, to = count;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (entries[middle] < entry)
            from = middle + 1;
        else
            to = middle;
    }
    return from < count && entries[from] == entry;
}

static const struct archive_look *said_of; /* no callback of a test has room for it */

static void rows_look(struct reading *r, struct block *const *blocks, size_t count) {
    struct err e = {0};
    size_t hits;

    assert_true(indicators_run(r->indicators, blocks, count, &e));
    const struct indicator_hit *const h = indicators_hits(r->indicators, &hits);

    for (size_t i = 0; i < hits; i++) {
        struct intel_entry const n = intel_set_entry(r->w->set, h[i].entry);

        r->w->hits++;
        if (!r->said->any && !holds(r->said->entries, r->said->count, h[i].entry) &&
            !holds(said_of->scan, said_of->scan_count, h[i].entry))
            fail_msg("segment %lu: %.*s %.*s is found in %.*s (%.*s), and the index rules it out",
                     (unsigned long)r->said->number, STR_ARG(observable_name(n.type)), STR_ARG(n.value),
                     STR_ARG(h[i].matches[0].field), STR_ARG(h[i].matches[0].value));
    }
}

static const struct manifest_segment *segment_of(const struct vault *v, const struct archive_look_segment *s) {
    const struct manifest_segment *const m = manifest_segment(vault_manifest(v), s->number);

    assert_non_null(m);
    return m;
}

/* least: of hits that there must be, or nothing was tested. */
static void check(struct world *w, const char *archive, size_t least) {
    struct archive_look look;
    struct indicator_marks *marks;
    struct vault *v;
    struct err e = {0};
    size_t count;

    assert_true(vault_open(&v, archive, 0, NULL, NULL, &e));
    const struct manifest_segment *const s = manifest_segments(vault_manifest(v), &count);

    for (size_t i = 0; i < count; i++) {
        struct reading r = {.w = w, .rows = rows_draw};

        if (!str_eq(manifest_family(vault_manifest(v), s[i].family), S("ledger")))
            segment_each(&r, v, &s[i]);
    }
    assert_true(intel_builder_end(w->builder, &w->bytes, &e));
    assert_true(intel_set_of(&w->set, buf_str(&w->bytes), &e));
    assert_true(indicator_marks_new(&marks, w->set, &e));
    struct archive_look_options const o = {.v = v, .kinds = w->kinds, .set = w->set};

    if (!archive_look(&o, &look, &e))
        fail_msg("%s", e.text);
    assert_int_equal(look.damaged, 0);
    said_of = &look;
    for (size_t i = 0; i < look.count; i++) {
        struct reading r = {.w = w, .rows = rows_look, .said = &look.segments[i]};

        if (look.segments[i].state == ARCHIVE_LEDGERS)
            continue;
        assert_int_equal(look.segments[i].state, ARCHIVE_INDEXED);
        assert_false(look.segments[i].any);
        w->told += look.segments[i].count;
        w->ruled_out += look.asked - look.segments[i].count;
        assert_true(indicators_new(&r.indicators, marks, w->fields, &e));
        segment_each(&r, v, segment_of(v, &look.segments[i]));
        indicators_free(r.indicators);
    }
    print_message("%zu rows in %zu segments, %zu items (%zu entries, %zu of them for every segment): %zu hits, all of "
                  "them told; %zu "
                  "told, %zu ruled out\n",
                  w->rows, look.count, w->items, intel_set_entries(w->set), look.scan_count, w->hits, w->told,
                  w->ruled_out);
    assert_true(w->hits >= least);
    assert_true(look.count < 3 || w->ruled_out > w->told); /* an index that never says no is none */
    archive_look_free(&look);
    indicator_marks_free(marks);
    vault_close(v);
}

static void everything_in(const char *path, size_t least) {
    struct world w;

    world_begin(&w);
    add(&w, "archive", path);
    check(&w, "archive", least);
    world_end(&w);
}

static void samples(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    char path[4096];

    (void)state;
    snprintf(path, sizeof path, "%s/data/samples", source ? source : ".");
    everything_in(path, 1000);
}

/* What formats and shapes make of lines stands in no column: an account as a whole value, the text that is a list of numbers, a command line out of words,
 * elements of XML in a text. */
static void made_values(void **state) {
    static const struct {
        const char *name, *text;
    } files[] = {
        {"auth.log",
         "Mar  3 09:14:02 srv1 sshd[811]: Accepted password for zebra.quagga from 198.51.100.23 port 50022 ssh2\n"
         "Mar  3 09:14:09 srv1 sshd[812]: Failed password for invalid user okapi from 2001:db8::17 port 50023 ssh2\n"
         "Mar  3 09:15:00 srv1 sudo:    jo : TTY=pts/0 ; PWD=/home/jo ; USER=root ; COMMAND=/usr/bin/odd --way out\n"},
        {"x.json", "{\"EventID\":1,\"Channel\":\"Microsoft-Windows-Sysmon/"
                   "Operational\",\"Provider_Name\":\"Microsoft-Windows-Sysmon\","
                   "\"Image\":\"C:\\\\odd\\\\x.exe\",\"TimeCreated_SystemTime\":\"2024-03-04T10:00:00Z\"}\n"},
    };
    struct world w;
    (void)state;

    assert_int_equal(mkdir("in", 0700), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[64];

        snprintf(path, sizeof path, "in/%s", files[i].name);
        FILE *const f = fopen(path, "w");

        assert_non_null(f);
        fputs(files[i].text, f);
        assert_int_equal(fclose(f), 0);
    }
    world_begin(&w);
    for (size_t i = 0; i < 40; i++) { /* beside what is drawn */
        item(&w, OBSERVABLE_ACCOUNT, S("zebra.quagga"));
        item(&w, OBSERVABLE_ACCOUNT, S("okapi"));
        item(&w, OBSERVABLE_COMMAND, S("/usr/bin/odd --way out"));
    }
    add(&w, "archive", "in");
    check(&w, "archive", 20);
    world_end(&w);
}

static void shared_data(void **state) {
    static const char *const folders[] = {"evtx",  "m365", "windows-json", "cloud",       "cdr",
                                          "linux", "web",  "zeek",         "vendor-logs", "mail"};
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");
    char path[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(folders); i++) {
        (void)snprintf(path, sizeof path, "%s%s/data/%s",
                       named    ? named
                       : source ? source
                                : ".",
                       named ? "" : "/../shared", folders[i]);
        if (access(path, R_OK) != 0) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
            skip();
        }
        print_message("%s: ", folders[i]);
        everything_in(path, 100);
        assert_int_equal(system("rm -rf archive"), 0);
    }
}

/* ---- URLs, in all the ways in which logs have them ---- */

/* As Zeek's JSON has it, with more fields than it has: whole, or in parts. host NULL: none. */
static void url_write(FILE *f, size_t month, const char *const names[2], str host, str path, str query) {
    str const texts[] = {host, path, query};
    const char *const fields[] = {names[0], names[1], "query"};

    fprintf(f, "{\"_path\":\"http\",\"ts\":\"%zu-%02zu-05T10:00:00Z\"", 2001 + month / 12, month % 12 + 1);
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (!texts[i].len)
            continue;
        fprintf(f, ",\"%s\":\"", fields[i]);
        for (size_t k = 0; k < texts[i].len; k++)
            if (strchr("\"\\\t", texts[i].ptr[k]))
                fprintf(f, "\\u%04x", (unsigned char)texts[i].ptr[k]);
            else
                fputc(texts[i].ptr[k], f);
        fputc('"', f);
    }
    fputs("}\n", f);
}

/* What intelligence would name: all of it, without query, without port. */
static void url_items(struct world *w, str host, str path, str query) {
    struct web_address of;
    struct buf url = {0};

    if (!web_address_join(host, path, query, w->texts, &of))
        return;
    for (unsigned how = 0; how < 4; how++) {
        str behind = str_from(of.key, of.host.len);

        if (how & 1 && behind.len && *behind.ptr == ':')
            behind = str_from(behind, str_find_byte(behind, '/'));
        if (how & 2)
            behind = str_first(behind, str_find_byte(behind, '?'));
        url.len = 0;
        buf_format(&url, "http://%.*s%.*s", STR_ARG(of.host), STR_ARG(behind));
        item(w, OBSERVABLE_URL, buf_str(&url));
    }
    buf_free(&url);
}

/* Each path and way in a month, and so a segment, of its own, and no two rows of one host: nothing but the row itself may say that it is there. */
static void urls_in_parts(void **state) {
    static const char *const hosts[] = {
        "h*.example",      "H*.Example",           "h*.example:80", "h*.example:443",     "h*.example:8080",
        "h*.example:0081", "h*.example.",          "h*%2Eexample",  "b\xc3\xbc*.example", "xn--b-xka*.example",
        "10.2.3.*",        "[2001:db8::*]:8080",   "2001:db8::*",   "h_*.sub.example",    "10.2.3.*:81",
        "h*.example:",     "\xc3\x84*.example:81",
    };
    static const char *const paths[] = {
        "/",
        "//",
        "/.",
        "/..",
        "/./",
        "/%2e",
        "/%2E%2E/",
        "/a/..",
        "/#top",
        "/?",
        "/?id=5",
        "/?id=5#top",
        "/a",
        "/a/",
        "//a//b",
        "/A",
        "/%61",
        "/%7Ea",
        "/a%2Fb",
        "/a%2fb",
        "/a..",
        "/a...",
        "/...",
        "/a\xe2\x80\xa6",
        "/a%",
        "/a%4",
        "/%",
        "/%4",
        "/a%4...",
        "/a b",
        "/a+b",
        "/a%20b",
        "/\xc3\xa4",
        "/%C3%A4",
        "/%c3%a4",
        "/a&amp;b",
        "/a&",
        "/a?x=1&amp;y=2",
        "/a?b?c",
        "/a;s=1",
        "/a\\b",
        "/a\tb",
        "/a/ ",
        "/a'b",
        "/a\"b",
        "/a{b}",
        "/a|b",
        "/1",
        "/1234567",
        "/2021-03-14T07:12:03Z",
        "/go?u=http://x.example/y",
        "/go?u=http%3A%2F%2Fx.example%2Fy",
        "/http://x.example/y",
        "/a/../b/./c",
        "/a=b",
        "/a,b",
        "/a)",
        "/a.",
        "/.a",
        "/aspnet_client/system_web/x.aspx",
        "/{8f6f0ac4-b9a1-45fd-a8cf-72f04e6bde8f}",
        "/d41d8cd98f00b204e9800998ecf8427e",
    };
    static const char *const queries[] = {"",      "-",       "id=5",  "?id=5",    "x",  "5",   "?",     "a...", "a%",
                                          "q#top", "a&amp;b", "q=%41", "\xc3\xa4", "/x", " q ", "q=a b", "%3Fx"};
    static const char *const fields[][2] = {{"host", "uri"}, {"server_name", "uri_path"}, {"uri", "host"}};
    struct buf host = {0}, whole = {0};
    unsigned rows = 0;
    struct world w;
    FILE *f;
    (void)state;

    world_begin(&w);
    assert_non_null(f = fopen("log.json", "w"));
    for (size_t p = 0; p < COUNT(paths); p++)
        for (size_t h = 0; h < COUNT(hosts); h++)
            for (size_t q = 0; q < COUNT(queries); q++, rows++) {
                str const path = str_of(paths[p]), query = str_of(queries[q]);
                const char *const star = strchr(hosts[h], '*');

                host.len = whole.len = 0;
                buf_format(&host, "%.*s%u%s", (int)(star - hosts[h]), hosts[h], (unsigned)(h * COUNT(queries) + q),
                           star + 1);
                url_items(&w, buf_str(&host), path, query);
                url_write(f, p, fields[rows % COUNT(fields)], buf_str(&host), path, query);
                buf_format(&whole, "%s%.*s%s%s", q % 2 ? "https://" : "", STR_ARG(buf_str(&host)), paths[p],
                           queries[q]);
                url_items(&w, S(""), buf_str(&whole), S(""));
                url_write(f, COUNT(paths) + p, (const char *const[]){"referrer", "uri"}, buf_str(&whole), S(""), S(""));
            }
    assert_int_equal(fclose(f), 0);
    buf_free(&host);
    buf_free(&whole);
    add(&w, "archive", "log.json");
    check(&w, "archive", rows);
    world_end(&w);
}

/* ---- what an index does not know ---- */

static const char *const logs[] = {
    "{\"CreationTime\":\"2024-01-05T10:00:00\",\"Workload\":\"Exchange\",\"Operation\":\"odd\",\"x\":\"one.example\"}"
    "\n",
    "{\"CreationTime\":\"2024-02-05T10:00:00\",\"Workload\":\"Exchange\",\"Operation\":\"odd\",\"x\":\"two.example\"}"
    "\n",
    "{\"CreationTime\":\"2024-03-05T10:00:00\",\"Workload\":\"Exchange\",\"Operation\":\"odd\",\"x\":\"one.example "
    "two.example\"}\n",
};

static void write_text(const char *path, const char *text) {
    FILE *const f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* An archive of three runs, and a set of four. */
static void three_begin(struct world *w) {
    struct err e = {0};

    world_begin(w);
    assert_int_equal(mkdir("in", 0700), 0);
    for (size_t i = 0; i < COUNT(logs); i++) {
        char path[32];

        snprintf(path, sizeof path, "in/%zu.json", i);
        write_text(path, logs[i]);
        add(w, "archive", path);
    }
    item(w, OBSERVABLE_DOMAIN, S("one.example"));
    item(w, OBSERVABLE_DOMAIN, S("two.example"));
    item(w, OBSERVABLE_DOMAIN, S("three.example"));
    item(w, OBSERVABLE_TEXT, S("any text at all"));
    assert_true(intel_builder_end(w->builder, &w->bytes, &e));
    assert_true(intel_set_of(&w->set, buf_str(&w->bytes), &e));
}

static struct archive_look_options asking(const struct world *w, const struct vault *v) {
    return (struct archive_look_options){.v = v, .kinds = w->kinds, .set = w->set};
}

/* The live segments that are no ledgers, as told. */
static size_t evidence_of(const struct archive_look *l, const struct archive_look_segment *out[8]) {
    size_t count = 0;

    for (size_t i = 0; i < l->count; i++)
        if (l->segments[i].state != ARCHIVE_LEDGERS)
            out[count++] = &l->segments[i];
    return count;
}

static void told_apart(void **state) {
    const struct archive_look_segment *s[8];
    struct archive_look l;
    struct vault *v;
    struct world w;
    struct err e = {0};
    (void)state;

    three_begin(&w);
    assert_true(vault_open(&v, "archive", 0, NULL, NULL, &e));
    struct archive_look_options o = asking(&w, v);
    uint32_t const one = intel_set_find(w.set, OBSERVABLE_DOMAIN, S("one.example")),
                   two = intel_set_find(w.set, OBSERVABLE_DOMAIN, S("two.example"));

    assert_true(archive_look(&o, &l, &e));
    assert_int_equal(l.asked, 3);
    assert_int_equal(l.scan_count, 1);
    assert_int_equal(intel_set_entry(w.set, l.scan[0]).type, OBSERVABLE_TEXT);
    assert_int_equal(evidence_of(&l, s), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s[i]->state, ARCHIVE_INDEXED);
        assert_false(s[i]->any);
        assert_int_equal(s[i]->count, i == 2 ? 2 : 1);
        assert_int_equal(holds(s[i]->entries, s[i]->count, one), i != 1);
        assert_int_equal(holds(s[i]->entries, s[i]->count, two), i != 0);
    }
    uint64_t const third = s[2]->number, wrong[] = {third + 100};

    archive_look_free(&l);

    /* Of one segment alone. */
    o.segments = &third;
    o.segment_count = 1;
    assert_true(archive_look(&o, &l, &e));
    assert_int_equal(l.count, 1);
    assert_int_equal(l.segments[0].count, 2);
    archive_look_free(&l);

    o.segments = wrong;
    assert_false(archive_look(&o, &l, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    archive_look_free(&l);

    /* Four answers and room for two: the segment that has most is told as one that may hold anything. */
    o.segments = NULL;
    o.answers_max = 2;
    assert_true(archive_look(&o, &l, &e));
    size_t told = 0, any = 0;

    evidence_of(&l, s);
    for (size_t i = 0; i < 3; i++) {
        told += s[i]->count;
        any += s[i]->any;
        assert_int_equal(s[i]->any, s[i]->many);
        assert_true(s[i]->any || (holds(s[i]->entries, s[i]->count, one) == (i != 1) &&
                                  holds(s[i]->entries, s[i]->count, two) == (i != 0)));
        assert_true(!s[i]->any || s[i]->count == 0);
    }
    assert_true(told <= 2 && any >= 1 && any < 3);
    archive_look_free(&l);

    static volatile sig_atomic_t const yes = 1;

    o.stop = &yes;
    assert_false(archive_look(&o, &l, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    archive_look_free(&l);
    vault_close(v);
    world_end(&w);
}

/* Kinds of one's own, a run that is gone, one that is damaged, a secret that is gone. */
static void not_known(void **state) {
    static const char kinds_text[] = "kind: t/note\nwhen: {note: {present: true}}\nlogsources: [{product: t}]\n";
    const struct archive_look_segment *s[8];
    struct archive_look l;
    struct kinds *own;
    struct vault *v;
    struct world w;
    struct err e = {0};
    size_t count;
    char name[VAULT_NAME_MAX], path[VAULT_NAME_MAX + 16];
    (void)state;

    three_begin(&w);
    assert_true(kinds_new(&own, w.fields, &e));
    assert_true(kinds_load_builtin(own, &e));
    assert_true(kinds_load_text(own, S("own"), str_of(kinds_text), false, &e));
    assert_true(kinds_seal(own, &e));
    assert_true(vault_open(&v, "archive", 0, NULL, NULL, &e));
    struct archive_look_options o = asking(&w, v);

    o.kinds = own;
    assert_true(archive_look(&o, &l, &e));
    assert_int_equal(evidence_of(&l, s), 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(s[i]->state == ARCHIVE_OTHER && s[i]->any && !s[i]->many && !s[i]->count);
    assert_int_equal(l.runs, 0);
    assert_int_equal(l.damaged, 0);
    assert_int_equal(l.scan_count, 1);
    archive_look_free(&l);
    kinds_free(own);
    o.kinds = w.kinds;

    const struct manifest_run *const runs = manifest_runs(vault_manifest(v), &count);

    assert_int_equal(count, 3);
    vault_run_name(&runs[0], name);
    snprintf(path, sizeof path, "archive/%s", name);
    assert_int_equal(unlink(path), 0);
    assert_true(archive_look(&o, &l, &e));
    evidence_of(&l, s);
    assert_true(s[0]->state == ARCHIVE_DAMAGED && s[0]->any);
    assert_true(s[1]->state == ARCHIVE_INDEXED && s[2]->state == ARCHIVE_INDEXED && !s[1]->any && s[2]->count == 2);
    assert_int_equal(l.damaged, 1);
    assert_int_equal(l.damage.code, ERR_CORRUPT);
    archive_look_free(&l);

    /* A page that is damaged: what it would have known is everywhere in its run. */
    vault_run_name(&runs[1], name);
    snprintf(path, sizeof path, "archive/%s", name);
    FILE *const f = fopen(path, "r+");

    assert_non_null(f);
    for (long at = 0; at < 8192; at += 512) { /* blocks and the page; not the end */
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        int const c = fgetc(f);

        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_true(fputc(c ^ 1, f) != EOF);
    }
    assert_int_equal(fclose(f), 0);
    assert_true(archive_look(&o, &l, &e));
    evidence_of(&l, s);
    assert_true(s[1]->any || s[1]->count == 3);
    assert_true(l.damaged >= 2);
    archive_look_free(&l);

    assert_int_equal(unlink("archive/secret"), 0);
    assert_true(archive_look(&o, &l, &e));
    evidence_of(&l, s);
    for (size_t i = 0; i < 3; i++)
        assert_true(s[i]->any);
    assert_true(l.damaged > 0);
    archive_look_free(&l);
    vault_close(v);
    world_end(&w);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(made_values, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(urls_in_parts, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(told_apart, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(not_known, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(shared_data, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
