/* test_evtx: event logs made up here, whole and broken: the fields, the damage and the XML that come out, exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "evtx_expect.h"
#include "evtx_writer.h"

#define SYSTEM "Provider_Name=Test|EventID=7|TimeCreated_SystemTime=2024-01-02T03:04:05.0000000Z|Computer=HOST|"

/* The definition of an event up to what follows System; slots 0 and 1 are taken. */
static void event_definition(struct chunk_writer *w, uint32_t id) {
    instance_begin(w, id, 0);
    open_tag(w, "Event", true, NO_SLOT);
    attribute(w, "xmlns");
    put_value(w, "urn:events");
    tag_done(w);
    element(w, "System");
    open_tag(w, "Provider", true, NO_SLOT);
    attribute(w, "Name");
    put_value(w, "Test");
    tag_empty(w);
    slot_element(w, "EventID", 0);
    open_tag(w, "TimeCreated", true, NO_SLOT);
    attribute(w, "SystemTime");
    put_slot(w, true, 1);
    tag_empty(w);
    text_element(w, "Computer", "HOST");
    close_tag(w);
}

static size_t event_end(struct chunk_writer *w) {
    close_tag(w);
    return definition_end(w);
}

/* The values of an event: its two own, then those given. */
static void event_values(struct chunk_writer *w, const struct log_value *more, size_t count) {
    static const uint64_t when = LOG_TIME;
    struct log_value v[16] = {{0x06, STR("\x07\x00")}, {0x11, {(const char *)&when, 8}}};

    assert_true(count + 2 <= COUNT(v));
    if (count)
        memcpy(v + 2, more, count * sizeof *more);
    values(w, v, count + 2);
}

static void fields_text(const struct seen_record *r, struct buf *out) {
    for (size_t i = 0; i < r->count; i++) {
        buf_add(out, pair_name(r, i));
        buf_byte(out, '=');
        buf_add(out, pair_value(r, i));
        buf_byte(out, '|');
    }
}

static void read_log(struct seen_file *f, str log) {
    struct bytes_input in = bytes_input(log);
    struct err e;

    seen_file_begin(f);
    assert_true(evtx_reader.read(&in.input, (struct part){0, UINT64_MAX}, &f->sink, &e));
}

static void expect_text(const char *name, str is, const char *should) {
    if (!str_eq(is, str_of(should)))
        fail_msg("%s:\n  is     %.*s\n  should %s", name, STR_ARG(is), should);
}

/* ---- values ---- */

static const struct {
    const char *name;
    uint8_t type;
    str bytes;
    const char *text;
} value_cases[] = {
    {"string", 0x01, STR("a\0b\0"), "V=ab|"},
    {"string with its NUL", 0x01, STR("a\0\0\0"), "V=a|"},
    {"string, empty", 0x01, STR(""), "V=|"},
    {"string, lone surrogate", 0x01, STR("\x00\xd8z\0"), "V=\xef\xbf\xbdz|"},
    {"string, odd byte at the end", 0x01, STR("a\0b"), "V=a|"},
    {"ansi", 0x02, STR("caf\xe9 \x80\0"), "V=caf\xc3\xa9 \xe2\x82\xac|"},
    {"signed byte", 0x03, STR("\xff"), "V=-1|"},
    {"unsigned byte", 0x04, STR("\xff"), "V=255|"},
    {"signed 16", 0x05, STR("\xfe\xff"), "V=-2|"},
    {"unsigned 16", 0x06, STR("\xfe\xff"), "V=65534|"},
    {"signed 32", 0x07, STR("\x00\x00\x00\x80"), "V=-2147483648|"},
    {"unsigned 32", 0x08, STR("\x00\x00\x00\x80"), "V=2147483648|"},
    {"signed 64", 0x09, STR("\x00\x00\x00\x00\x00\x00\x00\x80"), "V=-9223372036854775808|"},
    {"unsigned 64", 0x0a, STR("\xff\xff\xff\xff\xff\xff\xff\xff"), "V=18446744073709551615|"},
    {"number of three bytes", 0x08, STR("\x01\x02\x03"), "V=010203|"},
    {"float", 0x0b, STR("\x00\x00\xc0\x3f"), "V=1.5|"},
    {"double", 0x0c, STR("\x00\x00\x00\x00\x00\x00\xf8\x3f"), "V=1.5|"},
    {"double of five bytes", 0x0c, STR("\x00\x00\x00\x00\x01"), "V=0000000001|"},
    {"boolean", 0x0d, STR("\x01\x00\x00\x00"), "V=true|"},
    {"boolean, false", 0x0d, STR("\x00\x00\x00\x00"), "V=false|"},
    {"boolean of one byte", 0x0d, STR("\x01"), "V=true|"},
    {"boolean, none of 0 and 1", 0x0d, STR("\x00\x00\x00\x80"), "V=true|"},
    {"boolean too long", 0x0d, STR("\0\0\0\0\0\0\0\0\x01"), "V=000000000000000001|"},
    {"binary", 0x0e, STR("\x00\xab"), "V=00AB|"},
    {"GUID", 0x0f, STR("\x03\x02\x01\x00\x05\x04\x07\x06\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
     "V={00010203-0405-0607-0809-0A0B0C0D0E0F}|"},
    {"GUID too short", 0x0f, STR("\x01\x02"), "V=0102|"},
    {"size of 32 bits", 0x10, STR("\x10\x00\x00\x00"), "V=0x10|"},
    {"size of 64 bits", 0x10, STR("\x10\x00\x00\x00\x00\x00\x00\x00"), "V=0x10|"},
    {"FILETIME", 0x11, STR("\x80\xc0\x48\x58\x28\x3d\xda\x01"), "V=2024-01-02T03:04:05.0000000Z|"},
    {"FILETIME cut", 0x11, STR("\x01\x02\x03"), "V=010203|"},
    {"SYSTEMTIME", 0x12, STR("\xe8\x07\x01\x00\x02\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00"),
     "V=2024-01-02T03:04:05.006Z|"},
    {"SID", 0x13, STR("\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"), "V=S-1-5-18|"},
    {"SID cut", 0x13, STR("\x01\x02\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"), "V=010200000000000512000000|"},
    {"hex 32", 0x14, STR("\xe7\x03\x00\x00"), "V=0x3e7|"},
    {"hex 64", 0x15, STR("\xe7\x03\x00\x00\x00\x00\x00\x00"), "V=0x3e7|"},
    {"XML as text", 0x23, STR("<\0a\0/\0>\0"), "V=<a/>|"},
    {"unknown type", 0x7e, STR("\x01\x02"), "V=0102|"},
    {"null", 0x00, STR(""), "V=|"},
    {"array of strings", 0x81, STR("a\0\0\0\0\0b\0\0\0"), "V=a|V=|V=b|"},
    {"array of strings, last without NUL", 0x81, STR("a\0\0\0b\0"), "V=a|V=b|"},
    {"array of strings, empty", 0x81, STR(""), "V=|"},
    {"array of ansi", 0x82, STR("a\0b\0"), "V=a|V=b|"},
    {"array of 16 bits", 0x86, STR("\x01\x00\x02\x00"), "V=1|V=2|"},
    {"array of 16 bits, cut", 0x86, STR("\x01\x00\x02"), "V=1|V=2|"},
    {"array of SIDs", 0x93, STR("\x01\x01\0\0\0\0\0\x05\x12\0\0\0\x01\x01\0\0\0\0\0\x05\x13\0\0\0"),
     "V=S-1-5-18|V=S-1-5-19|"},
    {"array of 32-bit sizes", 0x90, STR("\x10\0\0\0\x20\0\0\0\x30\0\0\0"), "V=0x10|V=0x20|V=0x30|"},
};

/* Every record as it was read, and again out of its own XML. */
static void expect_fields(const char *name, str log, const char *should) {
    struct bytes_input in = bytes_input(log);
    struct seen_record shown = {0};
    struct buf text = {0}, xml = {0}, again = {0};
    struct seen_file f;
    struct err e;

    read_log(&f, log);
    for (size_t i = 0; i < f.damage_count; i++)
        fail_msg("%s: damage: %s", name, f.damages[i].why);
    assert_int_equal(f.count, 1);
    fields_text(&f.records[0], &text);
    expect_text(name, buf_str(&text), should);
    assert_true(evtx_reader.show(&in.input, f.records[0].offset, &xml, &e));
    assert_true(xml_fields(buf_str(&xml), &shown));
    fields_text(&shown, &again);
    expect_text(name, buf_str(&again), should);
    seen_record_clear(&shown);
    buf_free(&text);
    buf_free(&xml);
    buf_free(&again);
    seen_file_end(&f);
}

static void every_value(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(value_cases); i++) {
        struct log_value const v = {value_cases[i].type, value_cases[i].bytes};
        struct chunk_writer w;
        struct buf log;
        char should[512];

        log_begin(&log, 1, 0);
        chunk_begin(&w);
        record_begin(&w, 1);
        event_definition(&w, 9);
        element(&w, "EventData");
        data_element(&w, "V", false, 2);
        close_tag(&w);
        event_end(&w);
        event_values(&w, &v, 1);
        record_end(&w);
        chunk_end(&w, &log);
        snprintf(should, sizeof should, SYSTEM "%s", value_cases[i].text);
        expect_fields(value_cases[i].name, buf_str(&log), should);
        buf_free(&log);
    }
}

/* ---- shapes ---- */

static const struct log_value text_a = {0x01, STR("A\0")}, null = {0x00, STR("")};

static void shape_several(struct chunk_writer *w) { /* repeated, unnamed, with blanks, clashing with System */
    element(w, "EventData");
    data_element(w, "X", false, 2);
    data_element(w, "X", false, 2);
    data_element(w, NULL, false, 2);
    data_element(w, NULL, false, 2);
    data_element(w, "Two Words", false, 2);
    data_element(w, "Computer", false, 2);
    close_tag(w);
    event_end(w);
    event_values(w, &text_a, 1);
}

static void shape_nulls(struct chunk_writer *w) {
    element(w, "EventData");
    data_element(w, "Kept", false, 3);
    data_element(w, "Gone", true, 3);
    open_tag(w, "Data", true, 3); /* depends on a null */
    attribute(w, "Name");
    put_value(w, "Depends");
    tag_done(w);
    put_value(w, "never");
    close_tag(w);
    data_element(w, "Beyond", false, 9); /* more slots than values */
    data_element(w, "Last", true, 2);
    close_tag(w);
    event_end(w);
    struct log_value const v[] = {text_a, null};
    event_values(w, v, 2);
}

static void shape_user_data(struct chunk_writer *w) {
    element(w, "UserData");
    open_tag(w, "p:Change", true, NO_SLOT);
    attribute(w, "xmlns:p");
    put_value(w, "urn:p");
    attribute(w, "Kind");
    put_value(w, "k");
    tag_done(w);
    slot_element(w, "p:Who", 2);
    element(w, "Deep");
    text_element(w, "Level", "5");
    close_tag(w);
    element(w, "Nothing");
    close_tag(w);
    close_tag(w);
    close_tag(w);
    event_end(w);
    event_values(w, &text_a, 1);
}

static void
shape_joined(struct chunk_writer *w) { /* text of pieces, entities and characters; a name of the record's own */
    element(w, "EventData");
    open_tag(w, "Data", true, NO_SLOT);
    attribute(w, "Name");
    put_slot(w, false, 2);
    put_value(w, " x");
    tag_done(w);
    put_value(w, "<");
    put_slot(w, false, 2);
    put(w, 0x09, 1);
    put_name(w, "amp");
    put(w, 0x08, 1);
    put(w, 0x1b, 2);
    put(w, 0x07, 1); /* CDATA */
    put(w, 1, 2);
    put_text(w, "]");
    put_slot(w, true, 3);
    close_tag(w);
    close_tag(w);
    event_end(w);
    struct log_value const v[] = {text_a, {0x86, STR("\x01\0\x02\0")}};
    event_values(w, v, 2);
}

/* A value that is binary XML: a template within, and a template within that. Its own offsets are the chunk's, so the value
 * is written in place, and its size afterwards. */
static void shape_nested(struct chunk_writer *w) {
    element(w, "UserData");
    put_slot(w, true, 2);
    close_tag(w);
    event_end(w);
    struct log_value const v = {0x21, STR("")};
    event_values(w, &v, 1);
    size_t const from = w->bytes.len, size_at = from - 10 - 4; /* behind it: 2 and 8 bytes, and the descriptor itself */

    fragment(w);
    instance_begin(w, 10, 0);
    element(w, "Inner");
    slot_element(w, "A", 0);
    close_tag(w);
    definition_end(w);
    values(w, &text_a, 1);
    put(w, 0, 1);
    put_at(&w->bytes, size_at, w->bytes.len - from, 2);
}

static void shape_plain(struct chunk_writer *w) { /* nothing but a template for the head, a plain element behind it */
    event_end(w);
    event_values(w, NULL, 0);
    open_tag(w, "Extra", true, NO_SLOT);
    attribute(w, "Kind");
    put_value(w, "plain");
    tag_done(w);
    put_value(w, "text");
    close_tag(w);
}

static const struct {
    const char *name;
    void (*write)(struct chunk_writer *w);
    const char *text;
} shapes[] = {
    {"repeated and unnamed", shape_several, "X=A|X=A|Data=A|Data=A|TwoWords=A|EventData.Computer=A|"},
    {"nulls and dependencies", shape_nulls, "Kept=|Beyond=|Last=A|"},
    {"UserData", shape_user_data, "Change_Kind=k|Who=A|UserData.Level=5|Nothing=|"},
    {"text of pieces", shape_joined, "Ax=<A&\x1b]1, 2|"},
    {"nested binary XML", shape_nested, "A=A|"},
    {"plain element", shape_plain, "Extra_Kind=plain|Extra=text|"},
};

static void shape_log(struct buf *log, void (*write)(struct chunk_writer *w)) {
    struct chunk_writer w;

    log_begin(log, 1, 0);
    chunk_begin(&w);
    record_begin(&w, 1);
    event_definition(&w, 9);
    write(&w);
    record_end(&w);
    chunk_end(&w, log);
}

static void every_shape(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct buf log;
        char should[512];

        shape_log(&log, shapes[i].write);
        snprintf(should, sizeof should, SYSTEM "%s", shapes[i].text);
        expect_fields(shapes[i].name, buf_str(&log), should);
        buf_free(&log);
    }
}

static void xml_is_exact(void **state) {
    static const char should[] = "<Event xmlns=\"urn:events\">\n"
                                 "  <System>\n"
                                 "    <Provider Name=\"Test\" />\n"
                                 "    <EventID>7</EventID>\n"
                                 "    <TimeCreated SystemTime=\"2024-01-02T03:04:05.0000000Z\" />\n"
                                 "    <Computer>HOST</Computer>\n"
                                 "  </System>\n"
                                 "  <EventData>\n"
                                 "    <Data Name=\"A x\">&lt;A&amp;&#x1B;]1, 2</Data>\n"
                                 "  </EventData>\n"
                                 "</Event>\n";
    struct buf log, xml = {0};
    struct err e;

    (void)state;
    shape_log(&log, shape_joined);
    assert_true(evtx_render(str_from(buf_str(&log), LOG_HEAD), CHUNK_HEAD, &xml, &e));
    expect_text("joined", buf_str(&xml), should);
    /* No record there: what was in the buffer stays, and no more. */
    assert_false(evtx_render(str_from(buf_str(&log), LOG_HEAD), CHUNK_HEAD + 1, &xml, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    expect_text("joined", buf_str(&xml), should);
    buf_free(&log);
    buf_free(&xml);
}

/* ---- damage ---- */

/* Three records of one template in one chunk; at[3]: the end of the last. */
static void log_of_three(struct buf *log, size_t at[4]) {
    struct chunk_writer w;
    size_t definition = 0;

    log_begin(log, 1, 0);
    chunk_begin(&w);
    for (uint64_t i = 0; i < 3; i++) {
        at[i] = LOG_HEAD + w.bytes.len;
        record_begin(&w, i + 1);
        if (i == 0) {
            event_definition(&w, 9);
            element(&w, "EventData");
            data_element(&w, "V", false, 2);
            close_tag(&w);
            definition = event_end(&w);
        } else {
            instance_begin(&w, 9, definition);
        }
        event_values(&w, &text_a, 1);
        record_end(&w);
    }
    at[3] = LOG_HEAD + w.bytes.len;
    chunk_end(&w, log);
}

static void break_nothing(struct buf *log, const size_t at[4]) {
    (void)log, (void)at;
}
static void break_file_magic(struct buf *log, const size_t at[4]) {
    (void)at;
    log->ptr[0] = 'X';
}
static void break_file_sum(struct buf *log, const size_t at[4]) {
    (void)at;
    log->ptr[16] = 1;
}
static void break_chunk_count(struct buf *log, const size_t at[4]) { /* of no matter, dirty or not */
    (void)at;
    put_at(log, 42, 77, 2);
    put_at(log, 120, 1, 4);
    put_at(log, 124, crc32_add(0, (str){log->ptr, 120}), 4);
}
static void break_chunk_head_sum(struct buf *log, const size_t at[4]) {
    (void)at;
    log->ptr[LOG_HEAD + 8] = 1;
}
static void break_records_sum(struct buf *log, const size_t at[4]) {
    log->ptr[at[2] + 8] = 9; /* the number of the last */
}
static void break_no_sums(struct buf *log, const size_t at[4]) {
    break_records_sum(log, at);
    put_at(log, LOG_HEAD + 120, 4, 4);
}
static void break_chunk_magic(struct buf *log, const size_t at[4]) {
    (void)at;
    log->ptr[LOG_HEAD] = 'X';
}
static void break_free_space(struct buf *log, const size_t at[4]) {
    (void)at;
    put_at(log, LOG_HEAD + 48, 0x7fffffff, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_size_zero(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 4, 0, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_size_small(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 4, 31, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_size_huge(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 4, 0xffffffff, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_size_copy(struct buf *log, const size_t at[4]) {
    put_at(log, at[2] - 4, 1, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_record_magic(struct buf *log, const size_t at[4]) {
    put_at(log, at[1], 0, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_template_id(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 24 + 4 + 2, 10, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_template_offset(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 24 + 4 + 6, 0xfffffff0, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_value_count(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 24 + 4 + 10, 0xffffffff, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_value_size(struct buf *log, const size_t at[4]) {
    put_at(log, at[1] + 24 + 4 + 14, 0xffff, 2);
    chunk_sums(log, LOG_HEAD);
}
static void break_token(struct buf *log, const size_t at[4]) {
    log->ptr[at[1] + 28] = 0x3f;
    chunk_sums(log, LOG_HEAD);
}
static void break_name(struct buf *log, const size_t at[4]) { /* the first name of the template that all use */
    put_at(log, at[0] + 24 + 4 + 10 + 24 + 4 + 1 + 2 + 4, 0xffff, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_slack(struct buf *log, const size_t at[4]) { /* the last record is no longer live, but whole */
    put_at(log, LOG_HEAD + 48, at[2] - LOG_HEAD, 4);
    chunk_sums(log, LOG_HEAD);
}
static void break_slack_record(struct buf *log, const size_t at[4]) { /* the same, and not whole */
    break_slack(log, at);
    put_at(log, at[2] + 24 + 4 + 14, 0xffff, 2);
}
static void break_slack_time(struct buf *log, const size_t at[4]) {
    break_slack(log, at);
    put_at(log, at[2] + 16, 0, 8);
}
static void break_empty_chunk(struct buf *log, const size_t at[4]) { /* one more, never used */
    (void)at;
    assert_non_null(buf_reserve(log, LOG_CHUNK));
    memset(log->ptr + log->len, 0, LOG_CHUNK);
    log->len += LOG_CHUNK;
}

/* Records: their numbers, those salvaged in brackets. Damage: what was said and, where they are, a record's and the bytes
 * skipped. @n: at the n-th record. */
static const struct {
    const char *name;
    void (*spoil)(struct buf *log, const size_t at[4]);
    const char *records, *damage;
} breaks[] = {
    {"nothing", break_nothing, "1 2 3 ", ""},
    {"chunk count and dirty flag", break_chunk_count, "1 2 3 ", ""},
    {"chunk never used", break_empty_chunk, "1 2 3 ", ""},
    {"no checksums wanted", break_no_sums, "1 2 9 ", ""},
    {"salvaged from slack", break_slack, "1 2 [3] ", ""},
    {"slack, half written over", break_slack_record, "1 2 ", ""},
    {"slack, impossible time", break_slack_time, "1 2 ", ""},
    {"file magic", break_file_magic, "1 2 3 ", "0+4096 file header magic differs; "},
    {"file checksum", break_file_sum, "1 2 3 ", "0+0 file header checksum differs; "},
    {"chunk checksum", break_chunk_head_sum, "1 2 3 ", "4096+0 chunk header checksum differs; "},
    {"records checksum", break_records_sum, "1 2 9 ", "4608+0 records checksum differs; "},
    {"chunk magic", break_chunk_magic, "[1] [2] [3] ", "4096+65536 chunk magic differs; "},
    {"free space", break_free_space, "1 2 3 ",
     "4144+0 free space offset is not within the chunk; @3+64... record magic is missing; "},
    {"size zero", break_size_zero, "1 3 ", "@1+ record size is zero; "},
    {"size too small", break_size_small, "1 3 ", "@1+ record size is too small; "},
    {"size too large", break_size_huge, "1 3 ", "@1+ record passes the end of its chunk; "},
    {"size copy", break_size_copy, "1 3 ", "@1+ record size differs from its copy; "},
    {"record magic", break_record_magic, "1 3 ", "@1+ record magic is missing; "},
    {"template id", break_template_id, "1 3 ", "@1+ template is another than the record names; "},
    {"template offset", break_template_offset, "1 3 ", "@1+ template offset leads to no definition; "},
    {"more values than bytes", break_value_count, "1 3 ", "@1+ more template values than bytes; "},
    {"value too long", break_value_size, "1 3 ", "@1+ template value passes the end of its record; "},
    {"token", break_token, "1 3 ", "@1+ unknown binary XML token; "},
    {"name of the template", break_name, "",
     "@0+ name offset leads to no name; @1+ name offset leads to no name; "
     "@2+ name offset leads to no name; "},
};

static void damage_text(const struct seen_file *f, const size_t at[4], size_t end, struct buf *out) {
    for (size_t i = 0; i < f->damage_count; i++) {
        const struct seen_damage *const d = &f->damages[i];
        size_t record = 4;

        for (size_t j = 0; j < 4; j++)
            if (d->offset == at[j])
                record = j;
        if (record == 3 && d->offset + d->size == end)
            buf_add(out, S("@3+64... "));
        else if (record < 3 && d->offset + d->size == at[record + 1])
            buf_format(out, "@%zu+ ", record);
        else
            buf_format(out, "%lu+%lu ", (unsigned long)d->offset, (unsigned long)d->size);
        buf_format(out, "%s; ", d->why);
    }
}

static void every_break(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(breaks); i++) {
        struct buf log, records = {0}, damages = {0};
        struct seen_file f;
        size_t at[4];

        log_of_three(&log, at);
        breaks[i].spoil(&log, at);
        read_log(&f, buf_str(&log));
        for (size_t j = 0; j < f.count; j++)
            buf_format(&records, f.records[j].salvaged ? "[%lu] " : "%lu ", (unsigned long)f.records[j].number);
        damage_text(&f, at, LOG_HEAD + LOG_CHUNK, &damages);
        expect_text(breaks[i].name, buf_str(&records), breaks[i].records);
        expect_text(breaks[i].name, buf_str(&damages), breaks[i].damage);
        seen_file_end(&f);
        buf_free(&log);
        buf_free(&records);
        buf_free(&damages);
    }
}

/* Whatever is left of a log: exactly the records that are whole, and never silence about the rest. */
static void cut_at_every_byte(void **state) {
    struct buf log;
    size_t at[4];

    (void)state;
    log_of_three(&log, at);
    for (size_t size = 0; size < at[3] + 64; size++) {
        char *const exact = malloc(size ? size : 1); /* so that a sanitizer sees the first byte read past it */
        size_t whole = 0;
        struct seen_file f;

        assert_non_null(exact);
        memcpy(exact, log.ptr, size);
        read_log(&f, (str){exact, size});
        while (whole < 3 && at[whole + 1] <= size)
            whole++;
        if (size < LOG_HEAD + CHUNK_HEAD)
            whole = 0;
        assert_int_equal(f.count, whole);
        for (size_t i = 0; i < f.count; i++) {
            assert_int_equal(f.records[i].offset, at[i]);
            assert_false(f.records[i].salvaged);
        }
        for (size_t i = 0; i < f.damage_count; i++)
            assert_true(f.damages[i].offset <= size && f.damages[i].size <= size - f.damages[i].offset);
        /* Only a header without any chunk is a whole log. */
        assert_true(f.damage_count > 0 || size == LOG_HEAD);
        seen_file_end(&f);
        free(exact);
    }
    buf_free(&log);
}

/* ---- loops and bombs ---- */

/* A value that holds an instance of the template whose slot it fills: it would go round for ever. */
static void template_loop(void **state) {
    struct chunk_writer w;
    struct buf log;
    struct seen_file f;

    (void)state;
    log_begin(&log, 1, 0);
    chunk_begin(&w);
    record_begin(&w, 1);
    instance_begin(&w, 9, 0);
    element(&w, "Event");
    put_slot(&w, true, 0);
    close_tag(&w);
    size_t const definition = definition_end(&w);
    for (int depth = 0; depth < 40; depth++) { /* each value holds the next */
        size_t const left = (size_t)(39 - depth) * (4 + 1 + 1 + 4 + 4 + 4 + 4);
        struct log_value const v = {0x21, {"", 0}};

        values(&w, &v, 1);
        put_at(&w.bytes, w.bytes.len - 4, left, 2);
        if (depth == 39)
            break;
        fragment(&w);
        instance_begin(&w, 9, definition);
    }
    record_end(&w);
    chunk_end(&w, &log);
    read_log(&f, buf_str(&log));
    assert_int_equal(f.count, 0);
    assert_int_equal(f.damage_count, 1);
    expect_text("loop", str_of(f.damages[0].why), "fragments are nested too deep");
    seen_file_end(&f);
    buf_free(&log);
}

static void elements_too_deep(void **state) {
    struct chunk_writer w;
    struct buf log;
    struct seen_file f;

    (void)state;
    log_begin(&log, 1, 0);
    chunk_begin(&w);
    record_begin(&w, 1);
    for (int i = 0; i < 100; i++)
        element(&w, "a");
    for (int i = 0; i < 100; i++)
        close_tag(&w);
    record_end(&w);
    chunk_end(&w, &log);
    read_log(&f, buf_str(&log));
    assert_int_equal(f.count, 0);
    assert_int_equal(f.damage_count, 1);
    expect_text("deep", str_of(f.damages[0].why), "elements are nested too deep");
    seen_file_end(&f);
    buf_free(&log);
}

/* Read in parts of whole chunks, of any number of them and at any boundary, a log gives what it gives as a whole. */
static void parts_are_the_whole(void **state) {
    static const uint64_t cuts[] = {1,         LOG_HEAD - 1,         LOG_HEAD,     LOG_HEAD + 1,
                                    LOG_CHUNK, LOG_HEAD + LOG_CHUNK, 2 * LOG_CHUNK};
    struct buf log, one;
    struct seen_file whole;
    size_t at[4];
    struct err e;

    (void)state;
    log_of_three(&log, at);
    for (int i = 0; i < 3; i++) {
        log_of_three(&one, at);
        if (i == 1)
            break_size_copy(&one, at);
        buf_add(&log, str_from(buf_str(&one), LOG_HEAD));
        buf_free(&one);
    }
    read_log(&whole, buf_str(&log));
    assert_int_equal(whole.count, 11);
    for (size_t c = 0; c < COUNT(cuts); c++) {
        struct bytes_input in = bytes_input(buf_str(&log));
        struct seen_file parts;

        seen_file_begin(&parts);
        assert_true(evtx_reader.read(&in.input, (struct part){0, cuts[c]}, &parts.sink, &e));
        assert_true(evtx_reader.read(&in.input, (struct part){cuts[c], UINT64_MAX}, &parts.sink, &e));
        assert_int_equal(parts.count, whole.count);
        for (size_t i = 0; i < whole.count; i++)
            assert_int_equal(parts.records[i].offset, whole.records[i].offset);
        assert_int_equal(parts.damage_count, whole.damage_count);
        seen_file_end(&parts);
    }
    seen_file_end(&whole);
    buf_free(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value),       cmocka_unit_test(every_shape),         cmocka_unit_test(xml_is_exact),
        cmocka_unit_test(every_break),       cmocka_unit_test(cut_at_every_byte),   cmocka_unit_test(template_loop),
        cmocka_unit_test(elements_too_deep), cmocka_unit_test(parts_are_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
