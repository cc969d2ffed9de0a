/* archive_erase: looks through all that is there, asks what forbids it, and only then writes anew. */
#include <dirent.h>
#include <errno.h>

#include "hunt/archive_original.h"
#include "hunt/archive_rewrite.h"
#include "hunt/archive_stage.h"
#include "hunt/memo.h"
#include "hunt/erasing.h"

#define COMMIT_SEGMENTS 64u

struct hit {
    uint64_t number;
    bool live, whole; /* whole: all of it goes: bytes of files */
    struct erasing_found found;
};

struct erase {
    const struct archive_care *care;
    const struct erase_options *o;
    struct erase_result *result;
    struct archive_rewriting *r;
    struct hit *hits;
    size_t count, room;
    uint64_t bytes, total;
};

static const struct manifest *manifest_of(const struct erase *x) {
    return vault_manifest(archive_rewriting_vault(x->r));
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to erase");
}

/* ---- words ---- */

static bool holds(struct erase *x, str text, bool *yes, struct err *e) {
    bool changed;
    str out;

    if (!erasing_text(x->o->erasing, text, &changed, &out, NULL, e))
        return false;
    *yes |= changed;
    return true;
}

/* What is recorded stays for ever. */
static bool words_clean(struct erase *x, struct err *e) {
    bool yes = false;

    return holds(x, x->care->who, &yes, e) && holds(x, x->care->why, &yes, e) && holds(x, x->o->basis, &yes, e) &&
           (!yes || err_set(e, ERR_USAGE, 0,
                            "who, why or basis hold a value that is to be erased: what is recorded stays for ever"));
}

static str operation_name(enum manifest_do what) {
    static const char *const names[DO_COUNT] = {[DO_BEGIN] = "the making of the archive",
                                                [DO_ADD] = "the family of a segment",
                                                [DO_END] = "the end of segments",
                                                [DO_HOLD] = "a hold",
                                                [DO_LIFT] = "the lifting of a hold",
                                                [DO_POLICY] = "a policy",
                                                [DO_POLICY_END] = "the end of a policy",
                                                [DO_ERASURE] = "an erasure",
                                                [DO_LABEL] = "a label",
                                                [DO_LABEL_END] = "the end of a label",
                                                [DO_NOTE] = "a note"};

    return str_of(names[what] ? names[what] : "a record");
}

static bool operation_holds(struct erase *x, const struct manifest_operation *o, bool *yes, struct err *e) {
    switch (o->what) {
    case DO_BEGIN:
        return holds(x, o->begin.who, yes, e) && holds(x, o->begin.note, yes, e);
    case DO_ADD:
        return holds(x, o->add.family, yes, e);
    case DO_END:
        return holds(x, o->end.who, yes, e) && holds(x, o->end.note, yes, e) && holds(x, o->end.policy, yes, e);
    case DO_HOLD:
        return holds(x, o->hold.name, yes, e) && holds(x, o->hold.who, yes, e) && holds(x, o->hold.basis, yes, e) &&
               holds(x, o->hold.why, yes, e) && holds(x, o->hold.family, yes, e);
    case DO_POLICY:
        return holds(x, o->policy.name, yes, e) && holds(x, o->policy.family, yes, e) &&
               holds(x, o->policy.who, yes, e) && holds(x, o->policy.why, yes, e);
    case DO_LABEL:
        return holds(x, o->label.name, yes, e) && holds(x, o->label.who, yes, e) && holds(x, o->label.why, yes, e);
    case DO_LIFT:
    case DO_POLICY_END:
    case DO_LABEL_END:
    case DO_NOTE:
        return holds(x, o->lift.name, yes, e) && holds(x, o->lift.who, yes, e) && holds(x, o->lift.why, yes, e);
    case DO_ERASURE:
        return holds(x, o->erasure.who, yes, e) && holds(x, o->erasure.basis, yes, e) &&
               holds(x, o->erasure.why, yes, e);
    default:
        return true; /* no words */
    }
}

static bool remains(struct erase *x, uint64_t sequence, str name, struct err *e) {
    x->result->remains++;
    return x->o->remains(x->care->ctx, sequence, name, e);
}

static bool on_record(void *ctx, const struct vault_record *record, struct err *e) {
    struct erase *const x = ctx;
    str left = record->operations;
    struct manifest_operation o;

    for (uint32_t i = 0; i < record->count; i++) {
        bool yes = false;

        if (!manifest_decode(&left, &o, e) || !operation_holds(x, &o, &yes, e) ||
            (yes && !remains(x, record->sequence, operation_name(o.what), e)))
            return false;
    }
    return true;
}

/* What a crash left is no part of the archive, and may hold anything. */
static bool aside(struct erase *x, struct err *e) {
    char path[4096], name[512];
    struct dirent *d;
    bool ok = true;
    DIR *dir;

    if ((size_t)snprintf(path, sizeof path, "%s/quarantine", x->care->archive) >= sizeof path ||
        (!(dir = opendir(path)) && errno != ENOENT))
        return err_system(e, "%s/quarantine", x->care->archive);
    while (dir && ok && (d = readdir(dir)))
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0) {
            snprintf(name, sizeof name, "quarantine/%s", d->d_name);
            ok = remains(x, 0, str_of(name), e);
        }
    if (dir)
        closedir(dir);
    return ok;
}

/* ---- looking ---- */

static bool is_original(const struct erase *x, const struct manifest_segment *s) {
    return str_eq(manifest_family(manifest_of(x), s->family), ARCHIVE_ORIGINALS);
}

/* whole: it is not written anew, but goes. */
static bool hit_add(struct erase *x, const struct manifest_segment *s, bool whole, const struct erasing_found *found,
                    struct err *e) {
    if (x->count == x->room) {
        struct hit *const bigger = reallocarray(x->hits, x->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        x->hits = bigger;
        x->room = x->room * 2 + 64;
    }
    x->hits[x->count++] = (struct hit){s->number, manifest_live(s), whole, *found};
    return true;
}

struct scan {
    struct erase *x;
    struct erasing_found found;
};

static bool scan_use(void *ctx, struct segment *s, struct err *e) {
    struct scan *const c = ctx;

    return erasing_segment(c->x->o->erasing, s, &c->found, e);
}

static void progress(struct erase *x, uint64_t bytes) {
    x->bytes += bytes;
    if (x->care->progress)
        x->care->progress(x->care->ctx, x->bytes, x->total);
}

/* Whoever removed its file broke off before that was recorded: it holds nothing, and nobody needs it. */
static bool broken_off(const struct erase *x, const struct manifest_segment *s) {
    const struct manifest *const m = manifest_of(x);

    return !manifest_live(s) && !manifest_held(m, s) && !manifest_kept(m, s) &&
           !vault_segment_there(archive_rewriting_vault(x->r), s);
}

static bool scan(struct erase *x, struct err *e) {
    size_t count;
    const struct manifest_segment *const all = manifest_segments(manifest_of(x), &count);

    for (size_t i = 0; i < count; i++)
        x->total += all[i].gone ? 0 : all[i].length;
    for (size_t i = 0; i < count; i++) {
        bool const original = is_original(x, &all[i]);
        struct scan c = {.x = x};
        bool damaged = false;

        if (all[i].gone || broken_off(x, &all[i]))
            continue;
        if (!archive_goes_on(x->care, e))
            return false;
        if (original) {
            if (!x->o->originals)
                return err_set(e, ERR_REFUSED, 0,
                               "%s keeps bytes of files (archive add --originals), in which a value may stand packed: "
                               "nothing was erased; with --originals all of them go as well",
                               x->care->archive);
            c.found.values = c.found.places = all[i].rows; /* pieces */
        } else if (!archive_with_segment(archive_rewriting_vault(x->r), &all[i], scan_use, &c, e)) {
            if (e->code == ERR_TRUNCATED)
                e->code = ERR_CORRUPT;
            damaged = e->code == ERR_CORRUPT && x->o->damaged;
            if (!damaged)
                return err_wrap(
                    e, "%s: nobody can say what is in it, so nothing was erased%s", x->care->archive,
                    e->code == ERR_CORRUPT ? "; put it back from a copy, or let it go as a whole with --damaged" : "");
            c.found = (struct erasing_found){0};
        }
        x->result->scanned++;
        progress(x, all[i].length);
        if (!c.found.values && !damaged)
            continue;
        if (!hit_add(x, &all[i], original || damaged, &c.found, e))
            return false;
        if (!manifest_live(&all[i]))
            continue;
        x->result->damaged += damaged;
        if (damaged)
            continue;
        x->result->segments++;
        x->result->values += c.found.values;
        x->result->places += c.found.places;
        x->result->inside += c.found.inside;
    }
    return true;
}

/* ---- may it be? ---- */

static bool allowed(struct erase *x, struct err *e) {
    const struct manifest *const m = manifest_of(x);

    for (size_t i = 0; i < x->count; i++)
        if (!archive_allows(m, manifest_segment(m, x->hits[i].number),
                            x->hits[i].found.values ? "holds a value" : "is damaged", "erased", e))
            return false;
    return true;
}

static bool tell(struct erase *x, struct err *e) {
    const struct manifest *const m = manifest_of(x);

    for (size_t i = 0; i < x->count; i++) {
        const struct hit *const h = &x->hits[i];

        if (x->o->segment && !x->o->segment(x->care->ctx, m, manifest_segment(m, h->number), h->found.values,
                                            h->found.places, h->found.inside, e))
            return false;
    }
    return true;
}

/* ---- doing ---- */

static bool record(struct erase *x, const struct hit *h, const struct archive_rewritten *done, struct err *e) {
    struct vault *const v = archive_rewriting_vault(x->r);
    struct manifest_operation o = {.what = DO_ERASURE,
                                   .erasure = {.old = h->number,
                                               .values = h->found.values,
                                               .who = x->care->who,
                                               .basis = x->o->basis,
                                               .why = x->care->why}};

    if (!done->old_count)
        return err_set(e, ERR_CORRUPT, 0, "segment %llu came out as it was: nothing more was erased",
                       (unsigned long long)h->number);
    memcpy(o.erasure.old_sha256, manifest_segment(vault_manifest(v), h->number)->sha256, SHA256_SIZE);
    for (size_t i = 0; i < done->new_count; i++) { /* kinds of today may find its records in several months */
        const struct manifest_segment *const s = manifest_segment(vault_manifest(v), done->news[i]);

        o.erasure.new = s->number;
        memcpy(o.erasure.new_sha256, s->sha256, SHA256_SIZE);
        if (!vault_do(v, &o, e))
            return false;
    }
    return true;
}

/* Nothing is left of it. */
static bool whole_goes(struct erase *x, const struct hit *h, struct err *e) {
    struct vault *const v = archive_rewriting_vault(x->r);
    struct manifest_operation const end = {
        .what = DO_END,
        .end = {
            .why = END_ERASED, .olds = {&h->number, 1}, .news = {NULL, 0}, .who = x->care->who, .note = x->care->why}};
    struct manifest_operation o = {.what = DO_ERASURE,
                                   .erasure = {.old = h->number,
                                               .values = h->found.values,
                                               .who = x->care->who,
                                               .basis = x->o->basis,
                                               .why = x->care->why}};

    memcpy(o.erasure.old_sha256, manifest_segment(vault_manifest(v), h->number)->sha256, SHA256_SIZE);
    return vault_do(v, &end, e) && vault_do(v, &o, e);
}

/* What would be over, as far as files go. */
static bool suppose(struct erase *x, struct err *e) {
    for (size_t i = 0; i < x->count; i++) {
        struct manifest_operation const end = {.what = DO_END,
                                               .end = {.why = END_WITHDRAWN,
                                                       .olds = {&x->hits[i].number, 1},
                                                       .news = {NULL, 0},
                                                       .who = x->care->who,
                                                       .note = x->care->why,
                                                       .policy = {"", 0}}};

        if (x->hits[i].live && !archive_do(x->r, &end, e))
            return false;
    }
    return true;
}

static bool write_anew(struct erase *x, struct err *e) {
    unsigned staged = 0;

    for (size_t i = 0; i < x->count; i++) {
        struct archive_rewritten done;

        if (!x->hits[i].live)
            continue;
        if (x->hits[i].whole) {
            if (!whole_goes(x, &x->hits[i], e))
                return false;
            staged++;
            continue;
        }
        if (!archive_goes_on(x->care, e) ||
            !archive_rewrite(x->r, &x->hits[i].number, 1, END_ERASED, x->o->erasing, &done, e) ||
            !record(x, &x->hits[i], &done, e))
            return false;
        if (++staged % COMMIT_SEGMENTS == 0 && !archive_rewriting_commit(x->r, e))
            return false;
    }
    return archive_rewriting_commit(x->r, e);
}

static bool erased(void *ctx, const struct manifest_segment *s) {
    const struct erase *const x = ctx;

    if (s->end == END_ERASED || broken_off(x, s))
        return true;
    for (size_t i = 0; i < x->count; i++)
        if (x->hits[i].number == s->number)
            return true;
    return false;
}

bool archive_erase(const struct archive_care *care, const struct erase_options *options, struct erase_result *result,
                   struct err *e) {
    struct erase x = {.care = care, .o = options, .result = result};
    bool ok;

    *result = (struct erase_result){0};
    ok = words_clean(&x, e) && archive_rewriting_new(&x.r, care, e) && scan(&x, e) && allowed(&x, e) &&
         vault_history(archive_rewriting_vault(x.r), on_record, &x, e) && aside(&x, e) && tell(&x, e);
    if (ok)
        result->snapshot = manifest_sequence(manifest_of(&x)); /* of a dry run: what it speaks of */
    ok = ok && (care->dry ? suppose(&x, e) : write_anew(&x, e) && archive_rewriting_index(x.r, true, e)) &&
         archive_remove(x.r, 0, true, erased, &x, &result->removed, e) &&
         (care->dry || !options->memo || memo_remove(options->memo, manifest_id(manifest_of(&x)), e));
    if (ok && !care->dry)
        result->snapshot = manifest_sequence(manifest_of(&x));
    archive_rewriting_free(x.r);
    free(x.hits);
    return ok;
}
