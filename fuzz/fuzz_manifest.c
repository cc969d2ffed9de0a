/* fuzz_manifest: any bytes as the records of a manifest, with sums and a chain that are right, or as they came: opened or refused, never a crash; what
 * is opened can be asked, restated and restored to the same state, and every record of it decodes. The input: one byte that says which; then either
 * a whole file, or operations, a length before each record. */
#include <assert.h>
#include <stdlib.h>

#include "archive/manifest_record.h"
#include "base/cursor.h"
#include "base/instant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All questions. */
static void ask(struct manifest *m) {
    size_t count, runs, holds, policies, labels;
    const struct manifest_segment *const s = manifest_segments(m, &count), *found;
    const struct manifest_run *const r = manifest_runs(m, &runs);
    uint64_t live = 0, rows = 0;
    struct err e;

    (void)manifest_holds(m, &holds);
    (void)manifest_policies(m, &policies);
    (void)manifest_labels(m, &labels);
    assert(holds <= MANIFEST_NAMED_MAX && policies <= MANIFEST_NAMED_MAX && labels <= MANIFEST_NAMED_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(manifest_segment(m, s[i].number) == &s[i]);
        assert(i == 0 || s[i - 1].number < s[i].number);
        assert((s[i].first == INSTANT_NONE) == (s[i].month == MANIFEST_UNDATED) && s[i].first <= s[i].last);
        assert(!s[i].gone || s[i].ended);
        (void)manifest_family(m, s[i].family);
        (void)manifest_held(m, &s[i]);
        (void)manifest_kept(m, &s[i]);
        live += manifest_live(&s[i]);
        rows += manifest_live(&s[i]) ? s[i].rows : 0;
        if (!manifest_of_bytes(m, s[i].sha256, &found, &e))
            abort();
        assert(!found || manifest_live(found));
    }
    for (size_t i = 0; i < runs; i++)
        assert(manifest_run(m, r[i].number) == &r[i] && r[i].ranges.count % 2 == 0);
    assert(live == manifest_live_count(m) && rows == manifest_live_rows(m));
}

static void restate(const struct manifest *m) {
    struct manifest *const other = manifest_new();
    struct buf b = {0}, again = {0};
    uint64_t count, count2;
    struct err e;

    if (!other || !manifest_restate(m, &b, &count, &e))
        abort();
    if (!manifest_restore(other, buf_str(&b), count, &e) || !manifest_restate(other, &again, &count2, &e))
        abort();
    assert(str_eq(buf_str(&b), buf_str(&again)) && count == count2);
    assert(manifest_live_count(m) == manifest_live_count(other) && manifest_live_rows(m) == manifest_live_rows(other) &&
           manifest_live_bytes(m) == manifest_live_bytes(other));
    manifest_free(other);
    buf_free(&b);
    buf_free(&again);
}

/* Operations of one record. False: refused; then nothing of that operation is left. */
static bool record(struct manifest *m, str operations, uint64_t sequence) {
    struct manifest_operation o;
    struct buf b = {0};
    struct err e;
    bool ok = true;

    while (ok && operations.len) {
        str const before = operations;

        if (!(ok = manifest_decode(&operations, &o, &e)))
            break;
        b.len = 0; /* one way to write it */
        if (!manifest_encode(&o, &b, &e))
            abort();
        assert(str_eq(buf_str(&b), str_first(before, before.len - operations.len)));
        ok = manifest_apply(m, &o, sequence, &e);
        assert(ok || (e.code != ERR_NONE && e.code != ERR_MEMORY && e.code != ERR_IO && e.text[0]));
    }
    manifest_record_end(m, sequence, (int64_t)sequence);
    buf_free(&b);
    return ok;
}

/* Records of the operations that the input gives. */
static void made(str in) {
    struct manifest *const m = manifest_new();
    struct cursor c = cursor_of(in);
    uint64_t sequence = 0;
    uint16_t length;
    str operations;

    if (!m)
        abort();
    while (read_u16le(&c, &length)) {
        if (length > cursor_left(&c))
            length = (uint16_t)cursor_left(&c);
        if (!read_view(&c, length, &operations))
            break;
        (void)record(m, operations, ++sequence);
    }
    ask(m);
    if (manifest_sequence(m) && manifest_segment(m, 1))
        restate(m);
    manifest_free(m);
}

/* A file as it came. */
static void file(str in) {
    struct sha256 *const h = sha256_new();
    struct manifest *m = manifest_new();
    struct generation_head head;
    struct manifest_record r;
    struct err e;
    size_t work = 1 << 20, found;
    uint64_t sequence = 0;

    if (!h || !m)
        abort();
    if (generation_head_read(in, &head, &e)) {
        size_t at = generation_records(&head);

        if (head.state_size && !manifest_restore(m, generation_state(in, &head), head.state_items, &e)) {
            assert(e.code == ERR_CORRUPT);
            manifest_free(m);
            m = NULL;
        }
        while (manifest_record_read(in, at, h, &r)) {
            assert(r.bytes.len <= in.len - at && r.operations.len % 8 == 0);
            assert(r.operations.ptr >= r.bytes.ptr && r.operations.len + r.signature.len < r.bytes.len);
            if (m)
                (void)record(m, r.operations, r.sequence);
            at += r.bytes.len;
        }
        if (manifest_record_behind(in, at, 0, &work, &sequence, &found))
            assert(found > at && found < in.len);
        if (m)
            ask(m);
    } else {
        assert(e.code == ERR_CORRUPT || e.code == ERR_TRUNCATED || e.code == ERR_UNSUPPORTED);
    }
    manifest_free(m);
    sha256_free(h);
}

/* The same with its sums made right, so that what is behind them is looked at. */
static void summed(str in) {
    struct buf b = {0};
    uint64_t sum;
    uint32_t length, state;

    buf_add(&b, in);
    if (b.len >= GENERATION_HEAD_SIZE) {
        sum = hash_sum(str_first(buf_str(&b), GENERATION_HEAD_SIZE - 8));
        memcpy(b.ptr + GENERATION_HEAD_SIZE - 8, &sum, sizeof sum);
        memcpy(&state, b.ptr + 48, sizeof state);
        for (size_t at = GENERATION_HEAD_SIZE + (size_t)state / 8 * 8; at < b.len && b.len - at >= RECORD_HEAD_SIZE + 8;
             at += length) {
            memcpy(&length, b.ptr + at + 4, sizeof length);
            length = length / 8 * 8;
            if (length < RECORD_HEAD_SIZE + 8 || length > b.len - at)
                break;
            sum = hash_sum(str_first(str_from(buf_str(&b), at), length - 8));
            memcpy(b.ptr + at + length - 8, &sum, sizeof sum);
        }
    }
    file(buf_str(&b));
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    str const in = {(const char *)data + 1, size - 1};

    switch (data[0] % 3) {
    case 0:
        file(in);
        break;
    case 1:
        summed(in);
        break;
    default:
        made(in);
        break;
    }
    return 0;
}
