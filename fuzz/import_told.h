/* import_told: what any importer may say of any bytes: an item has its canonical form, texts are well-formed and within their bounds, a label
 * has its list; and all of it goes between processes and comes back as it was. For one .c of a target each. */
#ifndef FUZZ_IMPORT_TOLD_H
#define FUZZ_IMPORT_TOLD_H

#include <assert.h>

#include "base/utf.h"
#include "intel/import_own.h"
#include "intel/import_wire.h"

struct told {
    size_t count;
    bool list;
};

static void comes_back(const struct import_message *m) {
    struct buf b = {0}, again = {0};
    struct import_message second;

    import_wire_put(&b, m);
    str rest = buf_str(&b);

    assert(b.failed || (import_wire_take(&rest, &second) && !rest.len));
    import_wire_put(&again, &second);
    assert(b.failed || again.failed || str_eq(buf_str(&b), buf_str(&again)));
    buf_free(&b);
    buf_free(&again);
}

static bool told_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct import_message const m = {.type = TOLD_ITEM, .item = *item};
    struct buf canonical = {0};
    const char *why;
    (void)e;

    ((struct told *)ctx)->count++;
    assert(item->form != ITEM_VALUE || observable_canonical(item->type, item->value, &canonical, &why));
    assert(item->where.len);
    comes_back(&m);
    buf_free(&canonical);
    return true;
}

static bool told_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct import_message const m = {.type = TOLD_LEFT_OUT, .where = where, .what = what, .why = why};
    (void)e;

    ((struct told *)ctx)->count++;
    assert(why.len);
    comes_back(&m);
    return true;
}

static bool told_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    struct import_message const m = {.type = TOLD_LIST, .list = *list};
    (void)e;

    ((struct told *)ctx)->list = true;
    comes_back(&m);
    return true;
}

static bool told_label(void *ctx, str entry, struct err *e) {
    struct import_message const m = {.type = TOLD_LABEL, .what = entry};
    (void)e;

    assert(((struct told *)ctx)->list);
    comes_back(&m);
    return true;
}

static bool told_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct import_message const m = {.type = TOLD_GROUP, .group = *group};
    (void)e;

    ((struct told *)ctx)->count++;
    comes_back(&m);
    return true;
}

static bool told_known(void *ctx, const struct intel_known *known, struct err *e) {
    struct import_message const m = {.type = TOLD_KNOWN, .known = *known};
    (void)e;

    ((struct told *)ctx)->count++;
    assert(known->type < KNOWN_TYPES);
    comes_back(&m);
    return true;
}

/* The bytes, read by this importer strictly and not: what is lawful is understood as well. */
static void read_both_ways(const struct importer *importer, str bytes) {
    str const none = {"", 0};
    bool good[2];

    (void)importer->looks(str_first(bytes, IMPORT_HEAD));
    for (int strict = 0; strict <= 1; strict++) {
        struct told told = {.count = 0};
        struct import_about const about = {.name = none,
                                           .confidence = ITEM_CONFIDENCE_UNSAID,
                                           .group = none,
                                           .origin = none,
                                           .valid_from = INSTANT_NONE,
                                           .valid_until = INSTANT_NONE,
                                           .observed = bytes.len % 2,
                                           .strict = strict};
        struct intel_sink const sink = {.ctx = &told,
                                        .item = told_item,
                                        .left_out = told_left_out,
                                        .label_list = told_list,
                                        .label = told_label,
                                        .group = told_group,
                                        .known = told_known};
        const struct importer *used;
        struct err e = {0};

        good[strict] = import_bytes(bytes, importer, &about, &sink, &used, &e);
        assert(used == importer && (good[strict] || (e.code != ERR_NONE && e.text[0])));
        assert(good[strict] || e.code == ERR_CORRUPT || e.code == ERR_LIMIT || e.code == ERR_MEMORY);
    }
    assert(good[0] || !good[1]);
}

#endif
