/* correlation_window: windows over a group.
 *
 * Where a larger window can only hold more surely (9.2.8), a window slides: events of one instant come in together,
 * those that are older than the time span go out, and windows that hold and share an event are one hit. All others are
 * anchored (9.2.9): an event opens a window, which is judged once, when it is over; the next event opens the next. */
#include "detection/correlation_own.h"

#include <assert.h>

/* What is in a window, and three readers along the group: what comes in, what goes out, what is told. */
struct window {
    struct group *g;
    struct items head, tail, told;
    struct links entering, leaving; /* value_count */
    uint64_t first;                 /* number of its first item; its last is the one before head */
    uint64_t *counts;               /* temporal: of each place */
    uint64_t different;             /* places or values that are in it */
    uint64_t numbers;
    BIGNUM *sum;  /* scaled */
    BIGNUM *part; /* of it, while it is changed */
    struct chain *chain;
    uint64_t longest; /* of the chain */
    struct gathering gathered;
    struct buf text;
};

static uint64_t events(const struct window *w) {
    return w->head.number - w->first;
}

static bool ranks_numbers(const struct sigma_correlation *c) {
    return needs_numbers(c) && c->type >= CORRELATE_VALUE_PERCENTILE;
}

static bool window_open(struct window *w, struct group *g, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;

    *w = (struct window){.g = g};
    if (!(w->counts = calloc(c->rule_count + 1, sizeof *w->counts)))
        return correlation_no_memory(e);
    if (needs_numbers(c) && (!(w->sum = BN_new()) || !(w->part = BN_new())))
        return correlation_no_memory(e);
    if (c->type == CORRELATE_TEMPORAL_ORDERED && !chain_new(&w->chain, c->rule_count, e))
        return false;
    return items_first(&w->head, g, e) && items_first(&w->tail, g, e) && items_first(&w->told, g, e) &&
           links_first(&w->entering, g, e) && links_first(&w->leaving, g, e);
}

static void window_close(struct window *w) {
    items_free(&w->head);
    items_free(&w->tail);
    items_free(&w->told);
    tape_reader_free(&w->entering.tape);
    tape_reader_free(&w->leaving.tape);
    free(w->counts);
    BN_free(w->sum);
    BN_free(w->part);
    chain_free(w->chain);
    gather_free(&w->gathered);
    buf_free(&w->text);
}

/* ---- what comes in and goes out ---- */

static bool sum_change(struct window *w, str values, bool in, struct err *e) {
    struct cursor c = cursor_of(values);
    str number;

    while (get_sized(&c, &number)) {
        if (!decimal_read(number, w->g->scale, &w->part) ||
            !(in ? BN_add(w->sum, w->sum, w->part) : BN_sub(w->sum, w->sum, w->part)))
            return correlation_no_memory(e);
        w->numbers++;
    }
    return true;
}

static bool numbers_rank(struct window *w, str values, struct err *e) {
    struct correlator *const c = w->g->c;
    struct cursor left = cursor_of(values);
    str number;

    while (get_sized(&left, &number)) {
        c->key.len = c->value.len = 0;
        decimal_key(number, &c->key);
        put_sized(&c->value, number);
        if (c->key.failed || c->value.failed)
            return correlation_no_memory(e);
        if (!sorter_add(w->g->ranks, buf_str(&c->key), buf_str(&c->value), e))
            return false;
        w->numbers++;
    }
    return true;
}

/* Key: the value, folded, and the item. Value: the time, the value as spelled, the item's events. */
static bool rarity_rank(struct window *w, const struct item *item, struct err *e) {
    struct correlator *const c = w->g->c;
    struct cursor values = cursor_of(item->values);
    str folded, shown;

    while (get_sized(&values, &folded) && get_sized(&values, &shown)) {
        c->key.len = c->value.len = 0;
        buf_add(&c->key, folded);
        put_be(&c->key, w->head.number, 8);
        put_be(&c->value, biased(item->when), 8);
        put_sized(&c->value, shown);
        item_parts(&c->value, item);
        if (c->key.failed || c->value.failed)
            return correlation_no_memory(e);
        if (!sorter_add(w->g->ranks, buf_str(&c->key), buf_str(&c->value), e))
            return false;
    }
    return true;
}

static void places_change(struct window *w, str positions, bool in) {
    for (size_t i = 0; i < positions.len; i += sizeof(uint32_t)) {
        uint32_t at;

        memcpy(&at, positions.ptr + i, sizeof at);
        if (in)
            w->different += w->counts[at]++ == 0;
        else
            w->different -= --w->counts[at] == 0;
    }
}

/* The item at the head comes in. */
static bool enter(struct window *w, struct err *e) {
    const struct sigma_correlation *const c = w->g->one->c;
    const struct item *const item = &w->head.now;
    bool ok = true;

    if (c->type == CORRELATE_VALUE_COUNT) /* of values that no item of the window has */
        for (; ok && w->entering.there && w->entering.now.item == w->head.number; ok = links_next(&w->entering, e))
            w->different += w->entering.now.before == NO_ITEM || w->entering.now.before < w->first;
    else if (is_rarity(c))
        ok = rarity_rank(w, item, e);
    else if (ranks_numbers(c))
        ok = numbers_rank(w, item->values, e);
    else if (w->sum)
        ok = sum_change(w, item->values, true, e);
    else
        places_change(w, item->positions, true);
    if (w->chain)
        ok = ok && chain_add(w->chain, item->positions, e);
    return ok && items_next(&w->head, e);
}

/* The item at the tail goes out. */
static bool leave(struct window *w, struct err *e) {
    const struct sigma_correlation *const c = w->g->one->c;
    const struct item *const item = &w->tail.now;
    bool ok = true;

    if (c->type == CORRELATE_VALUE_COUNT) /* of values that no other item of the window has */
        for (; ok && w->leaving.there && w->leaving.now.item == w->tail.number; ok = links_next(&w->leaving, e))
            w->different -= w->leaving.now.after == NO_ITEM || w->leaving.now.after >= w->head.number;
    else if (w->sum)
        ok = sum_change(w, item->values, false, e);
    else
        places_change(w, item->positions, false);
    w->first++;
    return ok && items_next(&w->tail, e);
}

/* All items of the instant that the head stands at come in. */
static bool instant_enter(struct window *w, struct err *e) {
    int64_t const when = w->head.now.when;

    while (w->head.there && w->head.now.when == when)
        if (!enter(w, e))
            return false;
    return true;
}

static uint64_t count_of(const struct window *w) {
    switch (w->g->one->c->type) {
    case CORRELATE_EVENT_COUNT:
        return events(w);
    case CORRELATE_TEMPORAL_ORDERED:
        return w->longest;
    default:
        return w->different;
    }
}

/* By its count. */
static bool count_holds(const struct window *w) {
    const struct sigma_correlation *const c = w->g->one->c;

    if (c->expr)
        return bounds_expression(c->expr, w->counts);
    return c->bound_count ? bounds_count(c, count_of(w)) : count_of(w) >= c->rule_count; /* temporal: all of them */
}

/* ---- hits ---- */

/* The items up to the head that were not told yet. */
static bool tell(struct window *w, struct err *e) {
    while (w->told.there && w->told.number < w->head.number && !w->gathered.full) {
        gather_add(&w->gathered, w->g, &w->told.now);
        if (!items_next(&w->told, e))
            return false;
    }
    return true;
}

static bool tell_from(struct window *w, uint64_t number, uint64_t place, struct err *e) {
    gather_begin(&w->gathered);
    return items_seek(&w->told, number, place, e) && tell(w, e);
}

/* ---- sliding ---- */

/* Windows that hold and share events. */
struct merged {
    bool open;
    uint64_t from, to; /* items, `to` not included */
    struct found found;
    uint64_t peak;
    BIGNUM *peak_sum; /* NULL: none yet */
};

static bool merged_out(struct window *w, struct merged *m, struct err *e) {
    w->text.len = 0;
    if (w->sum)
        decimal_quotient(m->peak_sum, w->g->scale, 1, &w->text);
    else if (!w->g->one->c->expr)
        buf_u64(&w->text, m->peak);
    m->open = false;
    m->found.count = m->to - m->from;
    m->found.value = buf_str(&w->text);
    BN_free(m->peak_sum);
    m->peak_sum = NULL;
    return w->text.failed ? correlation_no_memory(e) : hit_put(w->g, &m->found, &w->gathered, e);
}

/* The window holds, at the instant `when`. */
static bool merged_add(struct window *w, struct merged *m, int64_t when, struct err *e) {
    uint64_t const n = count_of(w);

    if (m->open && w->first >= m->to && !merged_out(w, m, e)) /* no event in common */
        return false;
    if (!m->open) {
        *m = (struct merged){.open = true, .from = w->first};
        m->found = (struct found){.when = when, .first = w->tail.now.when, .rare_key = S(""), .rare = S("")};
        if (!tell_from(w, w->first, w->tail.place, e))
            return false;
    } else if (!tell(w, e)) {
        return false;
    }
    m->to = w->head.number;
    m->found.last = when;
    m->peak = n > m->peak ? n : m->peak;
    if (w->sum && (!m->peak_sum || BN_cmp(w->sum, m->peak_sum) > 0)) {
        BN_free(m->peak_sum);
        if (!(m->peak_sum = BN_dup(w->sum)))
            return correlation_no_memory(e);
    }
    return true;
}

static bool sliding(struct window *w, struct err *e) {
    const struct sigma_correlation *const c = w->g->one->c;
    struct merged m = {0};
    bool ok = true;

    while (ok && w->head.there) {
        int64_t const when = w->head.now.when;

        while (ok && (uint64_t)when - (uint64_t)w->tail.now.when > (uint64_t)c->timespan_ns)
            ok = leave(w, e);
        ok = ok && instant_enter(w, e);
        if (ok && w->chain)
            w->longest = chain_instant(w->chain, when, w->tail.now.when);
        if (!ok)
            break;
        bool const holds = w->sum ? bounds_quotient(c, w->sum, w->g->scale, 1, &ok) : count_holds(w);

        if (!ok)
            correlation_no_memory(e);
        else if (holds)
            ok = merged_add(w, &m, when, e);
    }
    if (ok && m.open)
        ok = merged_out(w, &m, e);
    BN_free(m.peak_sum);
    return ok;
}

/* ---- anchored ---- */

struct ranking {
    struct window *w;
    uint64_t low, high, at; /* ranks, from 1 */
    uint64_t count;         /* added to the sum */
};

static bool on_number(void *ctx, str key, str number, struct err *e) {
    struct ranking *const r = ctx;

    (void)key;
    r->at++;
    if (r->at != r->low && r->at != r->high)
        return true;
    r->count++;
    return sum_change(r->w, number, true, e);
}

/* median, percentile: one or two of the numbers in order; their sum becomes the window's. */
static bool ranked(struct window *w, uint64_t *count, struct err *e) {
    const struct sigma_correlation *const c = w->g->one->c;
    uint64_t const n = w->numbers;
    struct ranking r = {.w = w};

    if (c->type == CORRELATE_VALUE_MEDIAN) {
        r.low = (n + 1) / 2;
        r.high = n / 2 + 1;
    } else {
        r.low = r.high = bounds_rank(c->percentile, n);
    }
    if (!r.low)
        return correlation_no_memory(e);
    if (!sorter_run(w->g->ranks, on_number, &r, e))
        return false;
    *count = r.count;
    return true;
}

/* Values of a rarity test as they come out of the sorter; those of one value are gathered. */
struct rarity {
    struct window *w;
    struct found found; /* count 0: none yet */
    uint64_t item;      /* the last */
    struct buf key, shown;
};

static bool rare_out(struct rarity *r, struct err *e) {
    struct window *const w = r->w;
    BIGNUM *const share = BN_new();
    bool ok = share && BN_set_word(share, r->found.count) && BN_mul_word(share, 100), holds;

    holds = ok && bounds_quotient(w->g->one->c, share, 0, events(w), &ok);
    w->text.len = 0;
    if (ok && holds)
        decimal_quotient(share, 0, events(w), &w->text);
    BN_free(share);
    if (!ok || w->text.failed)
        return correlation_no_memory(e);
    r->found.value = buf_str(&w->text);
    r->found.rare_key = buf_str(&r->key);
    r->found.rare = buf_str(&r->shown);
    return !holds || hit_put(w->g, &r->found, &w->gathered, e);
}

static bool on_rare(void *ctx, str key, str value, struct err *e) {
    struct rarity *const r = ctx;
    str const folded = str_first(key, key.len - 8);
    uint64_t const item = get_be(key.ptr + folded.len, 8);
    bool const again = r->found.count && str_eq(folded, buf_str(&r->key));
    int64_t const when = unbiased(get_be(value.ptr, 8));
    struct cursor c = cursor_of(str_from(value, 8));
    str shown;

    if (again && item == r->item) /* several values of one event that are one */
        return true;
    if (!get_sized(&c, &shown))
        assert(false);
    if (!again) {
        if (r->found.count && !rare_out(r, e))
            return false;
        gather_begin(&r->w->gathered);
        r->key.len = r->shown.len = 0;
        buf_add(&r->key, folded);
        buf_add(&r->shown, shown);
        r->found.first = when;
        r->found.count = 0;
    }
    r->item = item;
    r->found.last = when;
    r->found.count++;
    if (!r->w->gathered.full)
        gather_bytes(&r->w->gathered, r->w->g, (str){c.pos, cursor_left(&c)});
    return (!r->key.failed && !r->shown.failed) || correlation_no_memory(e);
}

static bool rare_values(struct window *w, int64_t when, struct err *e) {
    struct rarity r = {.w = w, .found = {.when = when}};
    bool const ok = sorter_run(w->g->ranks, on_rare, &r, e) && rare_out(&r, e);

    buf_free(&r.key);
    buf_free(&r.shown);
    return ok;
}

/* The window is over. place: where its first item begins. */
static bool judge(struct window *w, uint64_t place, int64_t first, int64_t last, struct err *e) {
    const struct sigma_correlation *const c = w->g->one->c;
    struct found f = {.when = last, .first = first, .last = last, .count = events(w), .rare_key = S(""), .rare = S("")};
    bool holds, ok = true;

    w->text.len = 0;
    if (is_rarity(c))
        return rare_values(w, last, e);
    if (w->sum) {
        uint64_t count = c->type == CORRELATE_VALUE_SUM ? 1 : w->numbers;

        if (ranks_numbers(c) && !ranked(w, &count, e))
            return false;
        holds = bounds_quotient(c, w->sum, w->g->scale, count, &ok);
        if (ok && holds)
            decimal_quotient(w->sum, w->g->scale, count, &w->text);
    } else {
        holds = count_holds(w);
        if (!c->expr)
            buf_u64(&w->text, count_of(w));
    }
    if (!ok || w->text.failed)
        return correlation_no_memory(e);
    f.value = buf_str(&w->text);
    return !holds || (tell_from(w, w->first, place, e) && hit_put(w->g, &f, &w->gathered, e));
}

static void window_empty(struct window *w) {
    w->first = w->head.number;
    memset(w->counts, 0, w->g->one->c->rule_count * sizeof *w->counts);
    w->different = w->numbers = w->longest = 0;
    if (w->sum)
        BN_zero(w->sum);
    if (w->chain)
        chain_reset(w->chain);
    sorter_clear(w->g->ranks);
}

static bool anchored(struct window *w, struct err *e) {
    uint64_t const span = (uint64_t)w->g->one->c->timespan_ns;
    bool ok = true;

    while (ok && w->head.there) {
        int64_t const first = w->head.now.when;
        uint64_t const place = w->head.place;
        int64_t last = first;

        window_empty(w);
        while (ok && w->head.there && (uint64_t)w->head.now.when - (uint64_t)first <= span) {
            last = w->head.now.when;
            ok = instant_enter(w, e);
            if (ok && w->chain)
                w->longest = chain_instant(w->chain, last, first);
        }
        ok = ok && judge(w, place, first, last, e);
    }
    sorter_clear(w->g->ranks);
    return ok;
}

bool windows_walk(struct group *g, struct err *e) {
    struct window w;
    bool const ok =
        window_open(&w, g, e) && (bounds_monotone(g->one->c, g->negative) ? sliding(&w, e) : anchored(&w, e));

    window_close(&w);
    return ok;
}
