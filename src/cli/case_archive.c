/* case_archive: facts into the case and back; the manifest's records say what became of a segment. */
#include "cli/case_archive.h"

#include <stdlib.h>

#include "base/instant.h"
#include "cli/command.h"
#include "hunt/clock.h"
#include "report/case_read.h"
#include "report/finding_text.h"

#define GONE_TOLD 5u

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the archives of a case");
}

static void fact_name(size_t i, const char *what, char out[64]) {
    if (i)
        snprintf(out, 64, "archive_%zu%s", i + 1, what);
    else
        snprintf(out, 64, "archive%s", what);
}

bool case_archives_note(struct case_writer *c, const struct archives *archives, struct err *e) {
    for (size_t i = 0; i < archives->count; i++) {
        const struct archive_noted *const a = &archives->items[i];
        char name[64], number[24];

        snprintf(number, sizeof number, "%lu", (unsigned long)a->snapshot);
        fact_name(i, "", name);
        if (!case_writer_fact(c, name, str_of(a->path), e))
            return false;
        fact_name(i, "_id", name);
        if (!case_writer_fact(c, name, str_of(a->id), e))
            return false;
        fact_name(i, "_snapshot", name);
        if (!case_writer_fact(c, name, str_of(number), e))
            return false;
        fact_name(i, "_record", name);
        if (!case_writer_fact(c, name, str_of(a->record), e))
            return false;
        fact_name(i, "_gone", name);
        if (a->gone[0] && !case_writer_fact(c, name, str_of(a->gone), e))
            return false;
    }
    return true;
}

/* ---- read back ---- */

struct reading {
    struct arena *a;
    struct case_archive *items;
    size_t count;
    bool memory;
};

static bool keep(struct reading *r, str value, str *out) {
    char *const text = arena_bytes(r->a, value.len + 1);

    if (!text)
        return false;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    *out = (str){text, value.len};
    return true;
}

/* "archive", "archive_id", "archive_2_record": which one, and what of it. */
static bool which_of(str name, size_t *i, str *what) {
    uint64_t n = 1;

    if (!str_starts(name, S("archive")))
        return false;
    name = str_from(name, 7);
    *i = 0;
    *what = name;
    if (!name.len)
        return true;
    if (name.ptr[0] != '_')
        return false;
    size_t digits = 1;

    while (digits < name.len && name.ptr[digits] >= '0' && name.ptr[digits] <= '9')
        digits++;
    if (digits == 1)
        return true;
    if (!str_u64(str_first(str_from(name, 1), digits - 1), CASE_ARCHIVES_MAX, &n) || n < 2)
        return false;
    *i = (size_t)n - 1;
    *what = str_from(name, digits);
    return true;
}

static bool on_fact(void *ctx, str name, str value, struct err *e) {
    struct reading *const r = ctx;
    size_t i;
    str what;

    if (!which_of(name, &i, &what))
        return true;
    struct case_archive *const c = &r->items[i];

    r->count = i >= r->count ? i + 1 : r->count;
    if (!what.len)
        return keep(r, value, &c->path) || no_memory(e);
    if (str_eq(what, S("_id")))
        return keep(r, value, &c->id) || no_memory(e);
    if (str_eq(what, S("_record")))
        return keep(r, value, &c->record) || no_memory(e);
    if (str_eq(what, S("_snapshot")) && !str_u64(value, INT64_MAX, &c->snapshot))
        return err_set(e, ERR_CORRUPT, 0, "the case has no snapshot of its archive: '%.*s'",
                       STR_ARG(str_first(value, 40)));
    return true;
}

bool case_archives(const char *path, struct arena *a, struct case_archive **out, size_t *count, struct err *e) {
    struct reading r = {.a = a, .items = arena_zero(a, CASE_ARCHIVES_MAX, sizeof(struct case_archive))};

    if (!r.items)
        return no_memory(e);
    for (size_t i = 0; i < CASE_ARCHIVES_MAX; i++)
        r.items[i].path = r.items[i].id = r.items[i].record = S("");
    if (!case_facts(path, on_fact, &r, e))
        return false;
    *out = r.items;
    *count = r.count;
    return true;
}

/* ---- is it still the one? ---- */

bool case_archive_open(struct vault **out, const struct case_archive *c, const struct key_wish *key, struct err *e) {
    char id[2 * ARCHIVE_ID_SIZE + 1], record[2 * SHA256_SIZE + 1];
    uint8_t hash[SHA256_SIZE];
    struct vault *then = NULL;
    bool ok;

    if (!c->path.len || memchr(c->path.ptr, '\0', c->path.len))
        return err_set(e, ERR_CORRUPT, 0, "the case names no archive");
    if (!vault_open(out, c->path.ptr, 0, NULL, NULL, e))
        return false;
    archive_id_text(vault_manifest(*out), id);
    if (!str_eq(str_of(id), c->id)) {
        vault_close(*out);
        *out = NULL;
        return err_set(e, ERR_CORRUPT, 0, "%s: another archive lies there: its id is %s, and that of the case's %.*s",
                       c->path.ptr, id, STR_ARG(str_first(c->id, 40)));
    }
    ok = vault_open(&then, c->path.ptr, c->snapshot, NULL, NULL, e);
    if (ok) {
        vault_head(then, hash);
        sha256_hex(hash, record);
        ok = str_eq(str_of(record), c->record) ||
             err_set(e, ERR_CORRUPT, 0, "%s: its record %lu is not the one that the case was made of", c->path.ptr,
                     (unsigned long)c->snapshot);
    }
    vault_close(then);
    ok = ok && vault_unlock_wish(*out, key, e);
    if (!ok) {
        vault_close(*out);
        *out = NULL;
    }
    return ok;
}

/* ---- what has gone ---- */

struct was {
    int64_t first, last;
    uint64_t added;
};

struct ended {
    const struct case_archive *c;
    int64_t when;
    struct was *segments; /* by number - 1 */
    size_t count, room;
    struct buf *out;
    uint64_t gone;
};

static bool near_to(const struct was *w, int64_t when) {
    return w->first == INSTANT_NONE || when == INSTANT_NONE ||
           (instant_moved(when, CLOCK_MARGIN) >= w->first && instant_moved(when, -CLOCK_MARGIN) <= w->last);
}

static bool added(struct ended *x, const struct manifest_segment *s, uint64_t sequence, struct err *e) {
    if (s->number == 0 || s->number > x->count + 1)
        return true;
    if (x->count == x->room) {
        struct was *const bigger = reallocarray(x->segments, x->room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        x->segments = bigger;
        x->room = x->room * 2 + 256;
    }
    if (s->number == x->count + 1)
        x->segments[x->count++] = (struct was){s->first, s->last, sequence};
    return true;
}

static void end_tell(struct ended *x, const struct manifest_operation *o, const struct vault_record *r) {
    static const char *const words[] = {
        [END_ERASED] = "erased", [END_EXPIRED] = "expired", [END_WITHDRAWN] = "withdrawn"};
    char at[INSTANT_TEXT];

    if (o->end.why == END_COMPACTED || (size_t)o->end.why >= COUNT(words))
        return;
    for (size_t i = 0; i < o->end.olds.count; i++) {
        uint64_t const number = manifest_number(o->end.olds, i);
        const struct was *const w = number && number <= x->count ? &x->segments[number - 1] : NULL;

        if (!w || r->sequence <= x->c->snapshot || !near_to(w, x->when) || x->gone++ >= GONE_TOLD)
            continue;
        buf_format(x->out, "segment %lu %s %.*s by record %lu", (unsigned long)number, words[o->end.why],
                   STR_ARG(instant_format(r->at, at)), (unsigned long)r->sequence);
        if (o->end.policy.len) {
            buf_add(x->out, S(", policy "));
            finding_plain(x->out, o->end.policy, false);
        }
        if (o->end.note.len) {
            buf_add(x->out, S(": "));
            finding_plain(x->out, o->end.note, false);
        }
        buf_byte(x->out, '\n');
    }
}

static bool on_record(void *ctx, const struct vault_record *r, struct err *e) {
    struct ended *const x = ctx;
    str left = r->operations;

    while (left.len) {
        struct manifest_operation o;

        if (!manifest_decode(&left, &o, e))
            return false;
        if (o.what == DO_ADD && !added(x, &o.add.segment, r->sequence, e))
            return false;
        if (o.what == DO_END)
            end_tell(x, &o, r);
    }
    return true;
}

bool case_archive_gone(const struct vault *v, const struct case_archive *c, int64_t when, struct buf *out,
                       struct err *e) {
    struct ended x = {.c = c, .when = when, .out = out};
    bool const ok = vault_history(v, on_record, &x, e);

    free(x.segments);
    if (ok && x.gone > GONE_TOLD)
        buf_format(out, "and %lu more segments of that time\n", (unsigned long)(x.gone - GONE_TOLD));
    return ok && (!out->failed || no_memory(e));
}
