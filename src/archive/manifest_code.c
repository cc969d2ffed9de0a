/* manifest_code: operations as bytes, and back: docs/formats/archive.md, "Operations". */
#include <assert.h>

#include "archive/manifest.h"
#include "base/cursor.h"

#define HEAD 8 /* kind, zero, length */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a record of the manifest");
}

/* ---- out ---- */

static void put(struct buf *b, const void *bytes, size_t size) {
    buf_add(b, (str){size ? bytes : "", size});
}

static void put_u32(struct buf *b, uint32_t n) {
    put(b, &n, sizeof n);
}

static void put_u64(struct buf *b, uint64_t n) {
    put(b, &n, sizeof n);
}

static void put_i64(struct buf *b, int64_t n) {
    put(b, &n, sizeof n);
}

static void put_numbers(struct buf *b, struct manifest_numbers n) {
    put(b, n.at, n.count * sizeof(uint64_t));
}

static void put_text(struct buf *b, str s) {
    uint16_t const len = (uint16_t)s.len;

    put(b, &len, sizeof len);
    buf_add(b, s);
}

static void put_texts(struct buf *b, const str *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        put_text(b, texts[i]);
}
#define PUT_TEXTS(b, ...) put_texts(b, (const str[]){__VA_ARGS__}, COUNT(((const str[]){__VA_ARGS__})))

static bool texts_fit(const str *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (texts[i].len > MANIFEST_TEXT_MAX)
            return false;
    return true;
}
#define FIT(...) texts_fit((const str[]){__VA_ARGS__}, COUNT(((const str[]){__VA_ARGS__})))

static bool few(struct manifest_numbers a, struct manifest_numbers b) {
    size_t const max = (MANIFEST_OPERATION_MAX - 65536) / sizeof(uint64_t); /* beside texts */

    return a.count <= max && b.count <= max - a.count;
}

/* Are texts and lists short enough? */
static bool fits(const struct manifest_operation *o) {
    struct manifest_numbers const none = {NULL, 0};

    switch (o->what) {
    case DO_BEGIN:
        return FIT(o->begin.program, o->begin.who, o->begin.note);
    case DO_ADD:
        return FIT(o->add.family);
    case DO_END:
        return few(o->end.olds, o->end.news) && FIT(o->end.who, o->end.note, o->end.policy);
    case DO_REMOVED:
        return few(o->removed.segments, o->removed.runs);
    case DO_HOLD:
        return few(o->hold.segments, none) &&
               FIT(o->hold.name, o->hold.family, o->hold.who, o->hold.basis, o->hold.why);
    case DO_POLICY:
        return FIT(o->policy.name, o->policy.family, o->policy.who, o->policy.why);
    case DO_LABEL:
        return FIT(o->label.name, o->label.who, o->label.why);
    case DO_LIFT:
    case DO_POLICY_END:
    case DO_LABEL_END:
    case DO_NOTE:
        return FIT(o->lift.name, o->lift.who, o->lift.why);
    case DO_ERASURE:
        return FIT(o->erasure.who, o->erasure.basis, o->erasure.why);
    case DO_RUN:
        return few(o->run.ranges, none) && FIT(o->run.about);
    case DO_RUN_END:
        return few(o->run_end, none);
    default:
        return true;
    }
}

static void put_add(struct buf *b, const struct manifest_segment *s, str family) {
    put_u64(b, s->number);
    put_u64(b, s->length);
    put_u64(b, s->rows);
    put_i64(b, s->first);
    put_i64(b, s->last);
    put(b, s->sha256, sizeof s->sha256);
    put(b, &s->month, sizeof s->month);
    put_text(b, family);
}

static void put_end(struct buf *b, const struct manifest_operation *o) {
    put_u32(b, o->end.why);
    put_u32(b, (uint32_t)o->end.olds.count);
    put_u32(b, (uint32_t)o->end.news.count);
    put_u32(b, 0);
    put_numbers(b, o->end.olds);
    put_numbers(b, o->end.news);
    PUT_TEXTS(b, o->end.who, o->end.note, o->end.policy);
}

static void put_hold(struct buf *b, const struct manifest_hold *h) {
    put_i64(b, h->from);
    put_i64(b, h->to);
    put_u64(b, h->segments.count);
    put_numbers(b, h->segments);
    PUT_TEXTS(b, h->name, h->who, h->basis, h->why, h->family);
}

static void put_run(struct buf *b, const struct manifest_run *r) {
    assert(r->ranges.count % 2 == 0);
    put_u64(b, r->number);
    put_u64(b, r->length);
    put(b, r->sha256, sizeof r->sha256);
    put_u32(b, r->tier);
    put(b, &r->first_month, sizeof r->first_month);
    put(b, &r->last_month, sizeof r->last_month);
    put_u32(b, (uint32_t)(r->ranges.count / 2));
    put_numbers(b, r->ranges);
    put_text(b, r->about);
}

static void put_payload(struct buf *b, const struct manifest_operation *o) {
    switch (o->what) {
    case DO_BEGIN:
        put(b, o->begin.id, ARCHIVE_ID_SIZE);
        PUT_TEXTS(b, o->begin.program, o->begin.who, o->begin.note);
        break;
    case DO_ADD:
        put_add(b, &o->add.segment, o->add.family);
        break;
    case DO_END:
        put_end(b, o);
        break;
    case DO_REMOVED:
        put_u64(b, o->removed.segments.count);
        put_u64(b, o->removed.runs.count);
        put_numbers(b, o->removed.segments);
        put_numbers(b, o->removed.runs);
        break;
    case DO_HOLD:
        put_hold(b, &o->hold);
        break;
    case DO_POLICY:
        put_u32(b, o->policy.days);
        put_u32(b, o->policy.from_added);
        PUT_TEXTS(b, o->policy.name, o->policy.family, o->policy.who, o->policy.why);
        break;
    case DO_LABEL:
        put_u64(b, o->label.sequence);
        put_u64(b, o->label.kept);
        PUT_TEXTS(b, o->label.name, o->label.who, o->label.why);
        break;
    case DO_LIFT:
    case DO_POLICY_END:
    case DO_LABEL_END:
    case DO_NOTE:
        PUT_TEXTS(b, o->lift.name, o->lift.who, o->lift.why);
        break;
    case DO_ERASURE:
        put_u64(b, o->erasure.old);
        put_u64(b, o->erasure.new);
        put(b, o->erasure.old_sha256, SHA256_SIZE);
        put(b, o->erasure.new_sha256, SHA256_SIZE);
        put_u64(b, o->erasure.values);
        PUT_TEXTS(b, o->erasure.who, o->erasure.basis, o->erasure.why);
        break;
    case DO_RUN:
        put_run(b, &o->run);
        break;
    case DO_RUN_END:
        put_u64(b, o->run_end.count);
        put_numbers(b, o->run_end);
        break;
    case DO_GENERATION:
        put_u64(b, o->generation.number);
        put(b, o->generation.sha256, SHA256_SIZE);
        break;
    case DO_COUNTERS:
        put_u64(b, o->counters.next_segment);
        put_u64(b, o->counters.next_run);
        put_u64(b, o->counters.erasures);
        put_i64(b, o->counters.latest);
        break;
    case DO_COUNT:
        break;
    }
}

bool manifest_encode(const struct manifest_operation *o, struct buf *out, struct err *e) {
    size_t const at = out->len;
    uint16_t const what = (uint16_t)o->what;
    uint32_t length = 0;

    assert(o->what >= DO_BEGIN && o->what < DO_COUNT);
    if (!fits(o))
        return err_set(e, ERR_LIMIT, 0, "a text of more than %u bytes, or a list too long for one record",
                       MANIFEST_TEXT_MAX);
    put(out, &what, sizeof what);
    put(out, "\0", 2);
    put_u32(out, 0); /* the length, when it is known */
    put_payload(out, o);
    while (!out->failed && (out->len - at) % 8 != 0)
        buf_byte(out, '\0');
    if (out->failed) {
        out->len = at;
        return no_memory(e);
    }
    length = (uint32_t)(out->len - at);
    assert(length <= MANIFEST_OPERATION_MAX);
    memcpy(out->ptr + at + 4, &length, sizeof length);
    return true;
}

/* ---- in ---- */

static bool get_i64(struct cursor *c, int64_t *out) {
    return read_bytes(c, out, sizeof *out);
}

static bool get_i32(struct cursor *c, int32_t *out) {
    return read_bytes(c, out, sizeof *out);
}

static bool get_numbers(struct cursor *c, uint64_t count, struct manifest_numbers *out) {
    str bytes;

    if (count > cursor_left(c) / sizeof(uint64_t) || !read_view(c, (size_t)count * sizeof(uint64_t), &bytes))
        return false;
    *out = (struct manifest_numbers){bytes.ptr, (size_t)count};
    return true;
}

static bool get_text(struct cursor *c, str *out) {
    uint16_t len;

    return read_u16le(c, &len) && len <= MANIFEST_TEXT_MAX && read_view(c, len, out);
}

static bool get_texts(struct cursor *c, str *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!get_text(c, texts[i]))
            return false;
    return true;
}
#define GET_TEXTS(c, ...) get_texts(c, (str *const[]){__VA_ARGS__}, COUNT(((str *const[]){__VA_ARGS__})))

static bool get_add(struct cursor *c, struct manifest_segment *s, str *family) {
    return read_u64le(c, &s->number) && read_u64le(c, &s->length) && read_u64le(c, &s->rows) && get_i64(c, &s->first) &&
           get_i64(c, &s->last) && read_bytes(c, s->sha256, sizeof s->sha256) && get_i32(c, &s->month) &&
           get_text(c, family);
}

static bool get_end(struct cursor *c, struct manifest_operation *o) {
    uint32_t why, olds, news, zero;

    if (!read_u32le(c, &why) || !read_u32le(c, &olds) || !read_u32le(c, &news) || !read_u32le(c, &zero) || zero != 0 ||
        why < END_COMPACTED || why > END_WITHDRAWN)
        return false;
    o->end.why = (enum manifest_end)why;
    return get_numbers(c, olds, &o->end.olds) && get_numbers(c, news, &o->end.news) &&
           GET_TEXTS(c, &o->end.who, &o->end.note, &o->end.policy);
}

static bool get_removed(struct cursor *c, struct manifest_operation *o) {
    uint64_t segments, runs;

    return read_u64le(c, &segments) && read_u64le(c, &runs) && get_numbers(c, segments, &o->removed.segments) &&
           get_numbers(c, runs, &o->removed.runs);
}

static bool get_hold(struct cursor *c, struct manifest_hold *h) {
    uint64_t count;

    return get_i64(c, &h->from) && get_i64(c, &h->to) && read_u64le(c, &count) && get_numbers(c, count, &h->segments) &&
           GET_TEXTS(c, &h->name, &h->who, &h->basis, &h->why, &h->family);
}

static bool get_policy(struct cursor *c, struct manifest_policy *p) {
    uint32_t from_added;

    if (!read_u32le(c, &p->days) || !read_u32le(c, &from_added) || from_added > 1)
        return false;
    p->from_added = from_added == 1;
    return GET_TEXTS(c, &p->name, &p->family, &p->who, &p->why);
}

static bool get_label(struct cursor *c, struct manifest_label *l) {
    uint64_t kept;

    if (!read_u64le(c, &l->sequence) || !read_u64le(c, &kept) || kept > 1)
        return false;
    l->kept = kept == 1;
    return GET_TEXTS(c, &l->name, &l->who, &l->why);
}

static bool get_erasure(struct cursor *c, struct manifest_operation *o) {
    return read_u64le(c, &o->erasure.old) && read_u64le(c, &o->erasure.new) &&
           read_bytes(c, o->erasure.old_sha256, SHA256_SIZE) && read_bytes(c, o->erasure.new_sha256, SHA256_SIZE) &&
           read_u64le(c, &o->erasure.values) && GET_TEXTS(c, &o->erasure.who, &o->erasure.basis, &o->erasure.why);
}

static bool get_run(struct cursor *c, struct manifest_run *r) {
    uint32_t pairs;

    return read_u64le(c, &r->number) && read_u64le(c, &r->length) && read_bytes(c, r->sha256, sizeof r->sha256) &&
           read_u32le(c, &r->tier) && get_i32(c, &r->first_month) && get_i32(c, &r->last_month) &&
           read_u32le(c, &pairs) && get_numbers(c, 2 * (uint64_t)pairs, &r->ranges) && get_text(c, &r->about);
}

static bool get_payload(struct cursor *c, struct manifest_operation *o) {
    uint64_t count;

    switch (o->what) {
    case DO_BEGIN:
        return read_bytes(c, o->begin.id, ARCHIVE_ID_SIZE) &&
               GET_TEXTS(c, &o->begin.program, &o->begin.who, &o->begin.note);
    case DO_ADD:
        return get_add(c, &o->add.segment, &o->add.family);
    case DO_END:
        return get_end(c, o);
    case DO_REMOVED:
        return get_removed(c, o);
    case DO_HOLD:
        return get_hold(c, &o->hold);
    case DO_POLICY:
        return get_policy(c, &o->policy);
    case DO_LABEL:
        return get_label(c, &o->label);
    case DO_LIFT:
    case DO_POLICY_END:
    case DO_LABEL_END:
    case DO_NOTE:
        return GET_TEXTS(c, &o->lift.name, &o->lift.who, &o->lift.why);
    case DO_ERASURE:
        return get_erasure(c, o);
    case DO_RUN:
        return get_run(c, &o->run);
    case DO_RUN_END:
        return read_u64le(c, &count) && get_numbers(c, count, &o->run_end);
    case DO_GENERATION:
        return read_u64le(c, &o->generation.number) && read_bytes(c, o->generation.sha256, SHA256_SIZE);
    case DO_COUNTERS:
        return read_u64le(c, &o->counters.next_segment) && read_u64le(c, &o->counters.next_run) &&
               read_u64le(c, &o->counters.erasures) && get_i64(c, &o->counters.latest);
    case DO_COUNT:
        break;
    }
    return false;
}

/* Fewer than eight zeros: one way to write a thing. */
static bool padding(struct cursor *c) {
    if (cursor_left(c) >= 8)
        return false;
    for (; c->pos < c->end; c->pos++)
        if (*c->pos)
            return false;
    return true;
}

bool manifest_decode(str *bytes, struct manifest_operation *o, struct err *e) {
    struct cursor c = cursor_of(*bytes);
    uint16_t what, zero;
    uint32_t length;

    memset(o, 0, sizeof *o);
    if (!read_u16le(&c, &what) || !read_u16le(&c, &zero) || !read_u32le(&c, &length) || zero != 0 || length < HEAD ||
        length % 8 != 0 || length > bytes->len || length > MANIFEST_OPERATION_MAX)
        return err_set(e, ERR_CORRUPT, 0, "an operation of impossible length");
    if (what < DO_BEGIN || what >= DO_COUNT)
        return err_set(e, ERR_CORRUPT, 0, "an operation of unknown kind %u", what);
    o->what = (enum manifest_do)what;
    c.end = c.start + length;
    if (!get_payload(&c, o) || !padding(&c))
        return err_set(e, ERR_CORRUPT, 0, "an operation of kind %u does not hold what such a one holds", what);
    *bytes = str_from(*bytes, length);
    return true;
}
