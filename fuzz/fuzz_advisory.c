/* fuzz_advisory: any bytes as an advisory, text or HTML. Every item has a canonical form, is proposed, stands somewhere, and each value is told
 * once; what is left out has a reason; all texts are well-formed; the same again tells the same; a sink that stops it stops it. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf.h"
#include "intel/import_own.h"

struct heard {
    uint64_t hash, calls, stop_at;
    struct buf keys; /* of items: type and canonical value, each between line ends */
};

static void well_formed(str s) {
    assert(utf8_valid(s) == s.len);
}

static bool goes_on(struct heard *h, struct err *e) {
    return ++h->calls != h->stop_at || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static bool on_item(void *ctx, const struct intel_item *i, struct err *e) {
    struct heard *const h = ctx;
    struct buf key = {0};
    const char *why;

    assert(i->form == ITEM_VALUE && i->proposed && i->where.len && i->confidence <= 100 && i->value.len);
    well_formed(i->value);
    well_formed(i->raw);
    well_formed(i->title);
    well_formed(i->comment);
    for (unsigned k = 0; k < i->origins.count; k++)
        well_formed(i->origins.names[k]);
    for (unsigned k = 0; k < i->groups.count; k++)
        well_formed(i->groups.names[k]);
    buf_format(&key, "\n%u ", (unsigned)i->type);
    if (!observable_canonical(i->type, i->value, &key, &why))
        abort();
    buf_byte(&key, '\n');
    if (h->keys.len < 4096)
        assert(str_find(buf_str(&h->keys), buf_str(&key)) == SIZE_MAX);
    buf_add(&h->keys, buf_str(&key));
    h->hash =
        h->hash * 31 + hash_sum(buf_str(&key)) + hash_sum(i->where) + hash_sum(i->comment) + i->confidence + i->nature;
    buf_free(&key);
    return goes_on(h, e);
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct heard *const h = ctx;

    assert(where.len && why.len);
    well_formed(what);
    h->hash = h->hash * 31 + hash_sum(where) + hash_sum(what) + hash_sum(why);
    return goes_on(h, e);
}

static void hear(struct heard *h, str text, bool stops) {
    struct import_about const about = {
        .name = S("fuzz"), .group = S(""), .origin = S("https://reports.test/1"), .confidence = ITEM_CONFIDENCE_UNSAID};
    struct intel_sink const sink = {.ctx = h, .item = on_item, .left_out = on_left_out};
    struct err e = {0};
    bool const good = import_advisory.read(text, &about, &sink, &e);

    assert(good != stops && (good || e.code == ERR_INTERRUPTED));
    buf_free(&h->keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct heard first = {0}, again = {0}, stopped = {0};
    char *copy;

    if (size > 1 << 16 || !(copy = malloc(size ? size : 1)))
        return 0;
    memcpy(copy, data, size);
    assert(import_advisory.looks((str){copy, size}) <= 3);
    hear(&first, (str){copy, size}, false);
    hear(&again, (str){copy, size}, false);
    assert(first.hash == again.hash && first.calls == again.calls);
    if (first.calls) {
        stopped.stop_at = 1 + (size + data[0]) % first.calls;
        hear(&stopped, (str){copy, size}, true);
        assert(stopped.calls == stopped.stop_at);
    }
    free(copy);
    return 0;
}
