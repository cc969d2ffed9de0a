/* index_check: every byte of a run that means something, and all that is damaged of it. */
#include "archive/index_own.h"

struct checking {
    struct index_run *r;
    void (*each)(void *ctx, const struct err *damage);
    void *ctx;
    struct err *e;
    struct index_hits h; /* places of long postings */
    uint64_t keys, addresses, damaged;
    address_key last; /* address of the block before */
    bool out_of;
};

static void damage(struct checking *c, const struct err *e) {
    if (!c->damaged++)
        *c->e = *e;
    if (c->each)
        c->each(c->ctx, e);
}

/* False: not good; damage has been told. */
static bool posting_check(struct checking *c, const struct posting_view *v, struct err *e) {
    c->h.place_count = 0;
    return !v->is_long || index_long_get(c->r, v->at, &c->h, &c->out_of, e);
}

static bool block_check(struct checking *c, uint64_t n, struct err *e) {
    struct index_run *const r = c->r;
    uint32_t const bytes = r->tail.key_bytes;
    struct block_view b;
    struct posting_view v;
    uint64_t last = 0, rest;

    if (!index_block_get(r, n, &b, e))
        return false;
    c->keys += b.count;
    for (uint32_t i = 0; i < b.count; i++) {
        uint64_t const rel = key_get(b.keys + (size_t)i * bytes, bytes);

        if ((i && rel <= last) || index_place(b.first + (rel << r->tail.zeros), r->tail.blocks, &rest) != n ||
            (!(r->tail.flags & INDEX_ONE) && !index_posting_take(&b.postings, r->tail.segments, &v)))
            return index_damaged(r, b.keys, e, "a block contradicts itself");
        if (!(r->tail.flags & INDEX_ONE) && !posting_check(c, &v, e))
            return false;
        last = rel;
    }
    return !b.postings.len || index_damaged(r, b.keys, e, "a block contradicts itself");
}

static bool address_check(struct checking *c, uint64_t n, struct err *e) {
    struct index_run *const r = c->r;
    struct packed_address_block b;
    struct posting_view v;
    uint32_t count;
    str body;

    if (!index_address_block(r, n, &count, &body, e))
        return false;
    const char *const at = body.ptr;

    memcpy(&b, run_section(r, SECTION_ADDRESS_DIRECTORY).ptr + n * sizeof b, sizeof b);
    address_key address = address_key_get(b.first);

    if (n && address <= c->last)
        return index_damaged(r, at, e, "a block of addresses contradicts itself");
    c->addresses += count;
    for (uint32_t i = 0; i < count; i++) {
        if (!index_address_take(&body, i == 0, r->tail.flags & INDEX_ONE, r->tail.segments, &address, &v))
            return index_damaged(r, at, e, "a block of addresses contradicts itself");
        if (!posting_check(c, &v, e))
            return false;
    }
    c->last = address;
    return !body.len || index_damaged(r, at, e, "a block of addresses contradicts itself");
}

bool index_run_check(struct index_run *r, void (*each)(void *ctx, const struct err *damage), void *ctx, struct err *e) {
    struct checking c = {.r = r, .each = each, .ctx = ctx, .e = e};
    uint64_t const pages = r->tail.pages + r->tail.more_pages;
    struct err now;

    for (uint64_t n = 0; n < pages; n++)
        if (index_page_check(r, n, &now) == PAGE_BAD)
            damage(&c, &now);
    for (uint64_t n = 0; n < r->tail.blocks && !c.out_of; n++)
        if (!block_check(&c, n, &now))
            damage(&c, &now);
    if (r->tail.flags & INDEX_EXACT && !c.out_of) {
        r->directory_good = false;
        if (!index_address_directory(r, &now))
            damage(&c, &now);
        for (uint64_t n = 0; r->directory_good && n < r->tail.address_blocks && !c.out_of; n++)
            if (!address_check(&c, n, &now))
                damage(&c, &now);
        if (!c.damaged && (c.keys != r->tail.keys || c.addresses != r->tail.addresses)) {
            index_damaged(r, r->bytes.ptr, &now, "keys or addresses are missing");
            damage(&c, &now);
        }
    }
    index_hits_free(&c.h);
    return !c.damaged;
}
