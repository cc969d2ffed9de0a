/* arc: chains of seals (RFC 8617 5.2). Each who passed a message on adds a set of three fields with its number: what it saw
 * (ARC-Authentication-Results), a signature as DKIM's (ARC-Message-Signature), and a seal over all sets so far (ARC-Seal).
 *
 * All seals are verified, each over the sets up to its own; what lies above is hashed once and the state copied, so that
 * fifty seals cost no more than their fields. Of the message signatures the last must hold; the others only tell since when
 * nothing has been changed. */
#include "codec/dkim_own.h"

#define SETS_MAX COUNT(((struct arc_chain *)0)->sealers)

enum part { RESULTS, SIGNATURE, SEAL, PARTS };
static const str part_names[PARTS] = {
    STR("arc-authentication-results"),
    STR("arc-message-signature"),
    STR("arc-seal"),
};

struct sets {
    uint32_t count;
    const struct dkim_field *of[SETS_MAX][PARTS];
};

/* 1 to SETS_MAX, or 0: it is none. */
static uint32_t instance_of(str s) {
    uint64_t n;

    return str_u64(s, SETS_MAX, &n) ? (uint32_t)n : 0;
}

static uint32_t field_instance(const struct dkim_field *f, enum part part) {
    const struct dkim_tag *tag;
    struct dkim_tags tags;

    if (part == RESULTS) { /* i=1; and then no tags but results */
        size_t const end = str_find_byte(f->value, ';');
        size_t const equals = str_find_byte(f->value, '=');

        if (end == SIZE_MAX || equals > end || !str_eq(str_trim(str_first(f->value, equals)), S("i")))
            return 0;
        return instance_of(str_trim((str){f->value.ptr + equals + 1, end - equals - 1}));
    }
    tag = dkim_tags_read(f->value, &tags) ? dkim_tag(&tags, "i") : NULL;
    return tag ? instance_of(tag->value) : 0;
}

/* NULL, or why they are no chain. */
static const char *sets_read(const struct dkim_message *m, struct sets *s) {
    memset(s, 0, sizeof *s);
    for (enum part part = RESULTS; part < PARTS; part++) {
        uint32_t const of = dkim_group(m, part_names[part]);

        for (uint32_t at = of == DKIM_NONE ? DKIM_NONE : m->lowest[of]; at != DKIM_NONE; at = m->fields[at].above) {
            uint32_t const i = field_instance(&m->fields[at], part);

            if (!i)
                return "a field without a number from 1 to 50";
            if (s->of[i - 1][part])
                return "two fields of one number";
            s->of[i - 1][part] = &m->fields[at];
            s->count = i > s->count ? i : s->count;
        }
    }
    for (uint32_t i = 0; i < s->count; i++)
        for (enum part part = RESULTS; part < PARTS; part++)
            if (!s->of[i][part])
                return "a set is not whole";
    return NULL;
}

/* What seals say must be what such a chain can say. claims: their heads. */
static const char *seals_read(const struct sets *s, struct dkim_claim *claims, struct arc_chain *out) {
    const char *wrong = NULL;

    for (uint32_t i = 0; i < s->count; i++) {
        struct dkim_tags tags;
        const struct dkim_tag *cv;
        const char *reason;
        bool const last = i + 1 == s->count;

        (void)dkim_tags_read(s->of[i][SEAL]->value, &tags); /* it had a number, so it can be read */
        reason = dkim_claim_read(s->of[i][SEAL], DKIM_ARC_SEAL, &tags, &claims[i]);
        out->sealers[i] = claims[i].domain;
        cv = dkim_tag(&tags, "cv");
        if (!reason && !cv)
            reason = "cv= is missing";
        if (!reason && !str_eq_ascii(cv->value, i ? S("pass") : S("none")))
            reason =
                last && str_eq_ascii(cv->value, S("fail")) ? "broken when it was sealed" : "cv= is not what it must be";
        if (reason && !wrong) {
            wrong = reason;
            out->at = i + 1;
        }
    }
    return wrong;
}

/* The worse of what is known so far and one more; true: nothing worse can come. */
static bool worse(struct arc_chain *out, const struct dkim_verdict *v, uint32_t i) {
    bool const fails = v->result == DKIM_FAIL || v->result == DKIM_PERMERROR;

    if (fails || (v->result == DKIM_NO_KEY && out->result == ARC_PASS)) {
        out->result = fails ? ARC_FAIL : ARC_NO_KEY;
        out->reason = v->reason;
        out->at = i;
    }
    return fails;
}

static bool message_signature(struct dkim_message *m, const struct sets *s, uint32_t i, const struct dkim_keys *keys,
                              struct dkim_verdict *v, struct err *e) {
    const struct dkim_field *const f = s->of[i][SIGNATURE];
    struct dkim_tags tags;
    struct dkim_claim c;

    (void)dkim_tags_read(f->value, &tags);
    *v = (struct dkim_verdict){DKIM_PERMERROR, dkim_claim_read(f, DKIM_ARC_SIGNATURE, &tags, &c), false};
    return v->reason || dkim_claim_verify(m, keys, &c, v, e);
}

static void add(SHA256_CTX *to, const struct dkim_field *f) {
    dkim_field_hash(to, f, true, S(""));
    SHA256_Update(to, "\r\n", 2);
}

static bool seals_verify(const struct sets *s, const struct dkim_claim *claims, const struct dkim_keys *keys,
                         struct arc_chain *out, struct err *e) {
    SHA256_CTX above;

    SHA256_Init(&above);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct dkim_claim *const c = &claims[i];
        uint8_t digest[SHA256_DIGEST_LENGTH];
        struct dkim_verdict v;
        SHA256_CTX own;

        add(&above, s->of[i][RESULTS]);
        add(&above, s->of[i][SIGNATURE]);
        own = above;
        dkim_field_hash(&own, c->field, true, c->cut);
        SHA256_Final(digest, &own);
        if (dkim_keys_fit(keys, c, &v) && !dkim_digest_verify(keys, c, digest, &v, e))
            return false;
        if (worse(out, &v, i + 1))
            return true;
        add(&above, s->of[i][SEAL]);
    }
    return true;
}

static bool chain_verify(struct dkim_message *m, const struct sets *s, const struct dkim_claim *claims,
                         const struct dkim_keys *keys, struct arc_chain *out, struct err *e) {
    struct dkim_verdict v;

    out->result = ARC_PASS;
    if (!message_signature(m, s, s->count - 1, keys, &v, e))
        return false;
    if (worse(out, &v, s->count))
        return true;
    if (!seals_verify(s, claims, keys, out, e))
        return false;
    if (out->result != ARC_PASS)
        return true;
    for (uint32_t i = s->count - 1; i > 0; i--) {
        if (!message_signature(m, s, i - 1, keys, &v, e))
            return false;
        if (v.result != DKIM_PASS) {
            out->oldest_pass = i + 1;
            break;
        }
    }
    return true;
}

bool arc_verify(str message, const struct dkim_keys *keys, struct arena *a, struct arc_chain *out, struct err *e) {
    struct dkim_claim *claims;
    struct dkim_message m;
    struct sets s;
    const char *wrong;

    memset(out, 0, sizeof *out);
    out->reason = "";
    for (size_t i = 0; i < SETS_MAX; i++)
        out->sealers[i] = S("");
    if (!dkim_message_read(message, &m, a))
        return err_set(e, ERR_MEMORY, 0, "header of a message");
    wrong = m.cut ? "header too large" : sets_read(&m, &s);
    if (!wrong && !s.count)
        return true;
    if (!wrong) {
        out->instances = s.count;
        if (!(claims = arena_alloc(a, s.count * sizeof *claims)))
            return err_set(e, ERR_MEMORY, 0, "seals of a message");
        wrong = seals_read(&s, claims, out);
        if (!wrong)
            return chain_verify(&m, &s, claims, keys, out, e);
    }
    out->result = ARC_FAIL;
    out->reason = wrong;
    return true;
}
