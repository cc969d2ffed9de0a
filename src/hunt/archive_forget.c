/* archive_forget: what lies under a key goes, then the key. In that order: segments that are live under a key that the archive does not have are the sign of an
 * exchanged file of keys (vault_unlock), and what is removed first needs no key when it is begun again. */
#include "hunt/archive_rewrite.h"

struct forgetting {
    const struct archive_care *care;
    struct forget_result *result;
    struct archive_rewriting *r;
    uint8_t name[SEAL_NAME];
    uint64_t *all, *live; /* numbers of segments under it: of files that are there, and live ones */
    size_t all_count, live_count;
};

static struct vault *vault_of(const struct forgetting *x) {
    return archive_rewriting_vault(x->r);
}

/* In memory, until it is written at the end. What was opened by it stays open until then. */
static bool key_take(struct forgetting *x, uint32_t number, struct err *e) {
    struct keyring *const k = vault_keyring(vault_of(x));

    if (!k)
        return err_set(e, ERR_USAGE, 0, "%s is not encrypted: whoever can read its files can read all of it",
                       x->care->archive);
    if (!keyring_forget(k, number, e))
        return false;
    struct key_generation const g = keyring_generation(k, number - 1);

    memcpy(x->name, g.name, sizeof x->name);
    return true;
}

/* *under: it lies under the key. An ended one that is damaged, and that nobody keeps, says nothing and matters to nobody. */
static bool lies_under(struct forgetting *x, const struct manifest_segment *s, bool *under, struct err *e) {
    const struct manifest *const m = vault_manifest(vault_of(x));
    uint8_t name[SEAL_NAME];
    struct err why = {0};

    *under = false;
    if (vault_segment_key(vault_of(x), s, name, &why)) {
        *under = memcmp(name, x->name, sizeof name) == 0;
        return !*under || archive_allows(m, s, "lies under this key", "forgotten", e);
    }
    if (why.code == ERR_CORRUPT && !manifest_live(s) && !manifest_held(m, s) && !manifest_kept(m, s)) {
        /* Removed by whoever broke off before that was recorded: so it is now. */
        *under = !vault_segment_there(vault_of(x), s);
        return true;
    }
    *e = why;
    return err_wrap(e, "nobody can say under which key segment %llu lies, so nothing was forgotten",
                    (unsigned long long)s->number);
}

static bool choose(struct forgetting *x, struct err *e) {
    size_t count;
    const struct manifest_segment *const s = manifest_segments(vault_manifest(vault_of(x)), &count);

    if (!(x->all = calloc(count + 1, sizeof *x->all)) || !(x->live = calloc(count + 1, sizeof *x->live)))
        return err_set(e, ERR_MEMORY, 0, "no memory to forget a key");
    for (size_t i = 0; i < count; i++) {
        bool under;

        if (s[i].gone)
            continue;
        if (!lies_under(x, &s[i], &under, e))
            return false;
        if (!under)
            continue;
        x->all[x->all_count++] = s[i].number;
        if (!manifest_live(&s[i]))
            continue;
        x->live[x->live_count++] = s[i].number;
        x->result->segments++;
        x->result->rows += s[i].rows;
        x->result->bytes += s[i].length;
    }
    return true;
}

/* One record: that it is done, and what goes. */
static bool record(struct forgetting *x, uint32_t number, struct err *e) {
    struct buf words = {0};

    buf_format(&words, "key %lu was forgotten: ", (unsigned long)number);
    buf_add(&words, x->care->why);
    struct manifest_operation const end = {.what = DO_END,
                                           .end = {.why = END_WITHDRAWN,
                                                   .olds = {x->live, x->live_count},
                                                   .news = {NULL, 0},
                                                   .who = x->care->who,
                                                   .note = buf_str(&words),
                                                   .policy = {"", 0}}};
    struct manifest_operation const note = {
        .what = DO_NOTE, .lift = {.name = S("custodians"), .who = x->care->who, .why = buf_str(&words)}};
    bool const ok = (!words.failed || err_set(e, ERR_MEMORY, 0, "no memory to forget a key")) &&
                    (!x->live_count || archive_do(x->r, &end, e)) && archive_do(x->r, &note, e) &&
                    (x->care->dry || vault_commit(vault_of(x), x->care->now, e));

    buf_free(&words);
    return ok;
}

static bool under_it(void *ctx, const struct manifest_segment *s) {
    const struct forgetting *const x = ctx;

    for (size_t i = 0; i < x->all_count; i++)
        if (x->all[i] == s->number)
            return true;
    return false;
}

bool archive_forget(const struct archive_care *care, uint32_t number, struct forget_result *result, struct err *e) {
    struct forgetting x = {.care = care, .result = result};
    bool ok;

    *result = (struct forget_result){0};
    ok = archive_rewriting_new(&x.r, care, e) && key_take(&x, number, e) && choose(&x, e);
    if (ok)
        result->snapshot = manifest_sequence(vault_manifest(vault_of(&x))); /* of a dry run: what it speaks of */
    ok = ok && record(&x, number, e) && (care->dry || archive_rewriting_index(x.r, true, e)) &&
         archive_remove(x.r, 0, true, under_it, &x, &result->removed, e) &&
         (care->dry || vault_keyring_write(vault_of(&x), e));
    if (ok && !care->dry)
        result->snapshot = manifest_sequence(vault_manifest(vault_of(&x)));
    archive_rewriting_free(x.r);
    free(x.all);
    free(x.live);
    return ok;
}
