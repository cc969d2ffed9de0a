/* retrohunt: plans what is asked of each segment, hunts, and remembers what was learned. */
#include "hunt/retrohunt.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/vault.h"
#include "engine_fingerprint.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_look.h"
#include "hunt/keep.h"
#include "intel/sigma_digest.h"

/* A live segment that holds records, or a ledger. */
struct held {
    const struct manifest_segment *is;
    const char *path;
    bool ledger, gone;
    bool wanted, opened;
    bool none, scanned; /* as the index says: no indicator is in it; only patterns and rules may find something */
    struct memo_segment *known; /* NULL: nothing is */
};

struct retrohunt {
    const struct retrohunt_options *o;
    struct retrohunt_result *result;
    struct hunt_options hunt;
    struct vault *v;
    struct arena *a;
    struct held *held; /* by number */
    size_t count;
    struct held **by_path;
    const char **paths;
    size_t path_count;
    struct memo *memo;
    uint32_t items;    /* the user's rules, and one for all indicators */
    uint32_t *numbers; /* of items in the memo; UINT32_MAX: of what is not asked */
    uint64_t facts_of;
    uint8_t *unknown; /* of one segment */
    struct buf rows, sorted;
    bool *kinds; /* that occur somewhere */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to hunt through the archive");
}

/* ---- which segments ---- */

static int by_path(const void *a, const void *b) {
    return strcmp((*(struct held *const *)a)->path, (*(struct held *const *)b)->path);
}

/* Is its file there? Of an older snapshot it may be gone, which is right; else something is wrong. */
static bool there(struct retrohunt *r, struct held *h, struct err *gone, uint64_t *gone_count, struct err *e) {
    struct err why = {0};
    int fd;

    if (vault_segment_open(r->v, h->is, &fd, &why)) {
        close(fd);
        return true;
    }
    if (why.code == ERR_USAGE) {
        if ((*gone_count)++ == 0)
            *gone = why;
        return true;
    }
    if (access(h->path, F_OK) == 0) /* of another length: what can be read of it is */
        return true;
    h->gone = true;
    r->result->gone++;
    return r->hunt.damage(r->hunt.ctx, &(struct custody_damage){.path = str_of(h->path), .why = str_of(why.text)}, e);
}

static bool held_add(struct retrohunt *r, const struct manifest_segment *s, struct err *e) {
    struct held *const h = &r->held[r->count];
    size_t const folder = strlen(r->o->archive);
    char name[VAULT_NAME_MAX], *path;

    vault_segment_name(s, name);
    size_t const size = folder + strlen(name) + 2;

    if (!(path = arena_bytes(r->a, size)))
        return no_memory(e);
    snprintf(path, size, "%s/%s", r->o->archive, name);
    *h = (struct held){
        .is = s, .path = path, .ledger = str_eq(manifest_family(vault_manifest(r->v), s->family), ARCHIVE_LEDGER)};
    r->by_path[r->count++] = h;
    if (h->ledger)
        return true;
    r->result->segments++;
    r->result->rows += s->rows;
    r->result->bytes += s->length;
    return true;
}

static bool held_all(struct retrohunt *r, struct err *e) {
    size_t count;
    const struct manifest_segment *const s = manifest_segments(vault_manifest(r->v), &count);
    struct err gone = {0};
    uint64_t gone_count = 0;

    r->held = calloc(count + 1, sizeof *r->held);
    r->by_path = calloc(count + 1, sizeof(struct held *));
    r->paths = calloc(count + 1, sizeof *r->paths);
    if (!r->held || !r->by_path || !r->paths)
        return no_memory(e);
    for (size_t i = 0; i < count; i++)
        if (manifest_live(&s[i]) && s[i].added > r->o->after && !held_add(r, &s[i], e))
            return false;
    for (size_t i = 0; i < r->count; i++) {
        if (!there(r, &r->held[i], &gone, &gone_count, e))
            return false;
        if (!r->held[i].gone)
            r->paths[r->path_count++] = r->held[i].path;
    }
    qsort(r->by_path, r->count, sizeof(struct held *), by_path);
    if (gone_count)
        return err_set(e, ERR_USAGE, 0,
                       "%s: of snapshot %lu %lu file%s gone: %.120s; a later snapshot can be asked (--as-of)",
                       r->o->archive, (unsigned long)r->o->as_of, (unsigned long)gone_count,
                       gone_count == 1 ? " is" : "s are", gone.text);
    return true;
}

static struct held *held_at(struct retrohunt *r, str path) {
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        int const order = str_cmp(str_of(r->by_path[middle]->path), path);

        if (order == 0)
            return r->by_path[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- what is asked, as the memo knows it ---- */

static bool maker_of(const struct retrohunt *r, uint8_t out[SHA256_SIZE], struct err *e) {
    uint64_t const numbers[] = {kinds_fingerprint(r->hunt.kinds), KEEP_READERS};
    struct sha256 *const h = sha256_new();

    if (!h)
        return no_memory(e);
    sha256_add(h, S(ENGINE_FINGERPRINT));
    sha256_add(h, (str){(const char *)numbers, sizeof numbers});
    sha256_end(h, out);
    sha256_free(h);
    return true;
}

/* All that decides in which events an indicator is found: values that are hunted, and of which country telephone numbers without one are. */
static bool indicators_key(const struct retrohunt *r, uint8_t out[SHA256_SIZE], struct err *e) {
    const struct intel_set *const set = known_intel(r->hunt.known);
    const struct phone_country *const home = kinds_home(r->hunt.kinds);
    struct sha256 *const h = sha256_new();

    if (!h)
        return no_memory(e);
    sha256_add(h, S("indicators"));
    if (home)
        sha256_add(h, str_of(home->code));
    for (size_t i = 0; i < intel_set_entries(set); i++) {
        struct intel_entry const n = intel_set_entry(set, (uint32_t)i);
        uint64_t const numbers[] = {n.form, n.type, n.value.len};

        if (!n.active)
            continue;
        sha256_add(h, (str){(const char *)numbers, sizeof numbers});
        sha256_add(h, n.value);
    }
    sha256_end(h, out);
    sha256_free(h);
    return true;
}

static bool items_number(struct retrohunt *r, const bool *skip, struct err *e) {
    const struct sigma_set *const set = r->hunt.set;
    uint8_t key[SHA256_SIZE];

    for (uint32_t i = 0; i < r->items; i++) {
        bool const indicators = i == r->items - 1;

        r->numbers[i] = UINT32_MAX;
        if (indicators ? !r->hunt.known : skip[i] || set->rules[i]->type != SIGMA_DETECTION)
            continue;
        if (!(indicators ? indicators_key(r, key, e) : sigma_digest(set->rules[i], key, e)))
            return false;
        if ((r->numbers[i] = memo_item(r->memo, key)) == UINT32_MAX)
            return no_memory(e);
    }
    return true;
}

/* ---- what is asked of a segment ---- */

static bool clocks_good(const struct retrohunt *r, str clocks) {
    struct wire_known const known = {.set = r->hunt.set};
    struct arena *const a = arena_new((size_t)128 << 20);
    struct wire m;
    bool ok = a != NULL;

    while (ok && clocks.len) {
        arena_reset(a);
        ok = wire_take(&clocks, &known, a, &m) && (m.type == WIRE_CLOCK || m.type == WIRE_SOURCE);
    }
    arena_free(a);
    return ok;
}

/* What stands in the memo is asked again whenever it makes no sense. */
static bool facts_known(const struct retrohunt *r, const struct held *h, struct memo_facts *out) {
    return memo_facts(h->known, r->facts_of, out) && clocks_good(r, out->clocks);
}

static int by_row(const void *a, const void *b) {
    uint32_t const x = segment_row_at(a, 0), y = segment_row_at(b, 0);

    return (x > y) - (x < y);
}

static void rows_known_each(struct retrohunt *r, const struct held *h, bool *unknown) {
    for (uint32_t i = 0; i < r->items; i++) {
        const char *rows;
        uint32_t count;

        if (r->numbers[i] == UINT32_MAX)
            continue;
        if (i == r->items - 1 && h->none)
            continue;
        if (memo_knows(h->known, r->numbers[i], &rows, &count)) {
            buf_add(&r->rows, (str){count ? rows : "", (size_t)count * 4});
        } else {
            r->unknown[i / 8] |= (uint8_t)(1u << i % 8);
            *unknown = true;
        }
    }
}

/* Rows of known items in r->rows, and r->unknown. *unknown: something is. */
static bool rows_known(struct retrohunt *r, const struct held *h, bool *unknown, struct err *e) {
    size_t kept = 0;

    memset(r->unknown, 0, r->items / 8 + 1);
    r->rows.len = 0;
    *unknown = false;
    if (!memo_knows_all(r->memo, h->known, &r->rows))
        rows_known_each(r, h, unknown);
    if (r->rows.failed)
        return no_memory(e);
    if (r->rows.len)
        qsort(r->rows.ptr, r->rows.len / 4, 4, by_row);
    for (size_t i = 0; i < r->rows.len / 4; i++)
        if (!kept || segment_row_at(r->rows.ptr, i) != segment_row_at(r->rows.ptr, kept - 1))
            memmove(r->rows.ptr + kept++ * 4, r->rows.ptr + i * 4, 4);
    r->rows.len = kept * 4;
    return true;
}

static void kinds_note(struct retrohunt *r, const char *kinds, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (segment_row_at(kinds, i) < kinds_count(r->hunt.kinds))
            r->kinds[segment_row_at(kinds, i)] = true;
}

static bool indicators_known(const struct retrohunt *r, const struct held *h) {
    const char *rows;
    uint32_t count;

    return memo_knows(h->known, r->numbers[r->items - 1], &rows, &count);
}

/* Of segments of which the memo does not know where indicators are, the index may know that none is. */
static bool index_ask(struct retrohunt *r, struct err *e) {
    struct archive_look_options const options = {
        .v = r->v, .kinds = r->hunt.kinds, .set = known_intel(r->hunt.known), .stop = r->hunt.stop};
    struct archive_look look = {0};
    size_t at = 0;
    bool ask = false;

    for (size_t i = 0; i < r->count; i++)
        ask |= !r->held[i].ledger && !indicators_known(r, &r->held[i]);
    bool const ok = !ask || archive_look(&options, &look, e);

    for (size_t i = 0; ok && ask && i < r->count; i++) {
        struct held *const h = &r->held[i];

        while (at < look.count && look.segments[at].number < h->is->number)
            at++;
        if (at == look.count || look.segments[at].number != h->is->number || look.segments[at].any ||
            indicators_known(r, h))
            continue;
        h->scanned = !look.segments[at].count && !look.scan_values;
        h->none = !look.segments[at].count && !look.scan_count;
    }
    if (ok && look.damaged)
        r->result->index_damage = look.damage;
    archive_look_free(&look);
    return ok;
}

/* Nothing needs be read of a segment of which all is known, and which has no row in which something was found. */
static bool plan(struct retrohunt *r, struct held *h, struct err *e) {
    struct memo_facts facts;
    bool unknown;

    if (!rows_known(r, h, &unknown, e))
        return false;
    if (facts_known(r, h, &facts))
        kinds_note(r, facts.kinds, facts.kind_count);
    h->wanted = r->hunt.activity || unknown || r->rows.len;
    return true;
}

/* Where rows are read, and rules are asked, it must be known of all segments which kinds and clocks they have: for which rules there was no data,
 * and which times are to be put right. */
static void plan_facts(struct retrohunt *r) {
    struct memo_facts facts;
    bool any = false;

    for (uint32_t i = 0; i + 1 < r->items; i++)
        any |= r->numbers[i] != UINT32_MAX;
    for (size_t i = 0; i < r->count; i++)
        any |= r->held[i].wanted;
    for (size_t i = 0; i < r->count; i++) {
        struct held *const h = &r->held[i];

        if (h->ledger || h->gone) {
            h->wanted = !h->gone;
            continue;
        }
        h->wanted |= any && !facts_known(r, h, &facts);
        if (!h->wanted && h->none)
            r->result->by_index++;
        else if (!h->wanted)
            r->result->by_memo++;
    }
}

static bool on_begin(void *ctx, const bool *skip, struct err *e) {
    struct retrohunt *const r = ctx;

    if (!items_number(r, skip, e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!r->held[i].ledger)
            r->held[i].known = memo_segment(r->memo, r->held[i].is->sha256, (uint32_t)r->held[i].is->rows);
    if (!r->o->as_of && !r->o->after) /* what is not in the newest snapshot may have been erased */
        memo_forget_others(r->memo);
    if (r->hunt.known && !r->o->no_index && !index_ask(r, e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!r->held[i].ledger && !r->held[i].gone && !plan(r, &r->held[i], e))
            return false;
    plan_facts(r);
    return true;
}

static bool on_wanted(void *ctx, str path) {
    const struct held *const h = held_at(ctx, path);

    return h && h->wanted;
}

static bool on_ask(void *ctx, str path, struct buf *out, struct err *e) {
    struct retrohunt *const r = ctx;
    struct held *const h = held_at(r, path);
    struct memo_facts facts;
    bool unknown;

    if (!h || h->ledger)
        return true;
    if (!rows_known(r, h, &unknown, e))
        return false;
    bool const known = facts_known(r, h, &facts);

    h->opened = true;
    r->result->opened++;
    segment_ask_put(out, &(struct segment_ask){.whole = r->hunt.activity,
                                               .select = !r->o->no_select,
                                               .facts = !known,
                                               .indicators = !h->scanned,
                                               .items = r->items,
                                               .unknown = r->unknown,
                                               .row_count = (uint32_t)(r->rows.len / 4),
                                               .rows = r->rows.ptr});
    return true;
}

static bool on_learned(void *ctx, str path, str bytes, str *clocks, struct err *e) {
    struct retrohunt *const r = ctx;
    struct held *const h = held_at(r, path);
    struct segment_learned l;

    /* What is not as it should be is not remembered: a worker says it that was taken over. */
    if (!h || !h->opened || !segment_learned_take(bytes, r->items, (uint32_t)kinds_count(r->hunt.kinds), &l) ||
        l.rows != h->is->rows || !clocks_good(r, l.clocks))
        return true;
    h->opened = false; /* it is told once */
    *clocks = l.facts ? l.clocks : (str){"", 0};
    r->result->by_time += l.passed;
    r->result->read += l.read;
    kinds_note(r, l.kinds, l.kind_count);
    return memo_learn(r->memo, h->is->sha256, &l, r->numbers, r->items, r->facts_of, e);
}

static bool on_known(void *ctx, str path, str *clocks, struct err *e) {
    struct retrohunt *const r = ctx;
    const struct held *const h = held_at(r, path);
    struct memo_facts facts;

    (void)e;
    if (h && facts_known(r, h, &facts))
        *clocks = facts.clocks;
    return true;
}

/* ---- all of it ---- */

static void result_end(struct retrohunt *r) {
    for (uint32_t i = 0; i < kinds_count(r->hunt.kinds); i++)
        if (r->kinds[i])
            r->hunt.kind(r->hunt.ctx, kinds_at(r->hunt.kinds, i), 0);
}

static bool hunt(struct retrohunt *r, struct err *e) {
    struct hunt_asks const asks = {.begin = on_begin,
                                   .wanted = on_wanted,
                                   .ask = on_ask,
                                   .learned = on_learned,
                                   .known = on_known,
                                   .kinds_made = kinds_fingerprint(r->hunt.kinds),
                                   .times_made = keep_times(r->hunt.zone, r->hunt.latest),
                                   .ctx = r};

    r->hunt.paths = r->paths;
    r->hunt.path_count = r->path_count;
    r->hunt.as_named = true;
    r->hunt.own = NULL;
    r->hunt.own_count = 0;
    r->hunt.persons = NULL;
    r->hunt.house = NULL;
    r->hunt.event = r->hunt.collected = r->hunt.matched = NULL;
    r->hunt.kept = NULL;
    r->hunt.yara = NULL;
    r->hunt.coverage = NULL;
    r->hunt.duplicates = NULL;
    r->hunt.gap = NULL;
    r->hunt.asks = &asks;
    return hunt_run(&r->hunt, &r->result->hunt, e);
}

bool retrohunt_run(const struct retrohunt_options *options, struct retrohunt_result *result, struct err *e) {
    struct retrohunt r = {.o = options, .result = result, .hunt = *options->hunt};
    uint8_t maker[SHA256_SIZE], secret[VAULT_SECRET];
    bool ok, sealed = false;
    const char *memo = options->memo;

    *result = (struct retrohunt_result){0};
    r.items = (uint32_t)(r.hunt.known ? known_own_rules(r.hunt.known) : r.hunt.set->rule_count) + 1;
    r.facts_of = keep_times(r.hunt.zone, r.hunt.latest);
    r.a = arena_new((size_t)1 << 30);
    r.numbers = calloc(r.items, sizeof *r.numbers);
    r.unknown = calloc((size_t)r.items / 8 + 1, 1);
    r.kinds = calloc(kinds_count(r.hunt.kinds) + 1, sizeof *r.kinds);
    ok = (r.a && r.numbers && r.unknown && r.kinds) || no_memory(e);
    ok = ok && vault_open(&r.v, options->archive, options->as_of, NULL, NULL, e) &&
         vault_unlock(r.v, &options->unlock, e);
    r.hunt.keys = ok ? vault_keys(r.v) : NULL;
    /* What is remembered of an encrypted archive is encrypted too; who has no secret remembers nothing. */
    if (r.hunt.keys && !(sealed = vault_secret(r.v, secret, &(struct err){0})))
        memo = NULL;
    if (ok)
        result->snapshot = manifest_sequence(vault_manifest(r.v));
    if (ok && options->after > result->snapshot)
        ok = err_set(e, ERR_USAGE, 0, "%s: there is no snapshot %lu to ask what came after it: this one is %lu",
                     options->archive, (unsigned long)options->after, (unsigned long)result->snapshot);
    ok = ok && held_all(&r, e) && maker_of(&r, maker, e) &&
         memo_open(&r.memo, memo, manifest_id(vault_manifest(r.v)), sealed ? secret : NULL, maker, MEMO_MAX,
                   &result->memo, e) &&
         hunt(&r, e);
    if (ok)
        result_end(&r);
    /* What was learned before it was stopped is true. */
    if (ok || e->code == ERR_INTERRUPTED) {
        if (!memo_close(r.memo, &result->memo_failed) && !result->memo_failed.code)
            result->memo_failed.code = ERR_IO;
    } else {
        memo_drop(r.memo);
    }
    explicit_bzero(secret, sizeof secret);
    vault_close(r.v);
    arena_free(r.a);
    free(r.held);
    free(r.by_path);
    free(r.paths);
    free(r.numbers);
    free(r.unknown);
    free(r.kinds);
    buf_free(&r.rows);
    return ok;
}
