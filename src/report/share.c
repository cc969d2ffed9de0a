/* share: see share.h. */
#include "report/share.h"

#include <sodium.h>
#include <stdlib.h>

#include "codec/json_tree.h"
#include "intel/observable.h"

/* ---- markings ---- */

enum tlp share_tlp(str marking) {
    struct buf b = {0};
    enum tlp t;

    if (!str_trim(marking).len)
        return TLP_NONE;
    if ((t = tlp_named(marking)) != TLP_NONE)
        return t;
    buf_add(&b, S("tlp:")); /* a word that is none of them is then unknown */
    buf_add(&b, str_trim(marking));
    t = b.failed ? TLP_UNKNOWN : tlp_named(buf_str(&b));
    buf_free(&b);
    return t == TLP_NONE ? TLP_UNKNOWN : t;
}

bool share_allows(enum tlp ceiling, enum tlp marking) {
    return marking == TLP_NONE || (marking == TLP_UNKNOWN ? TLP_RED : marking) <= ceiling;
}

/* Sigma's tag: tlp.red, tlp.amber-strict. */
static enum tlp tags_tlp(const json_t *finding) {
    const json_t *const tags = json_object_get(finding, "tags");
    enum tlp strictest = TLP_NONE;

    for (size_t i = 0; i < json_array_size(tags); i++) {
        str const tag = json_text(json_array_get(tags, i));

        if (tag.len > 4 && str_eq_ascii(str_first(tag, 4), S("tlp.")))
            strictest = tlp_stricter(strictest, share_tlp(str_from(tag, 4)));
    }
    return strictest;
}

/* Put together out of all claims: whoever may not know one of them must not read it here. */
static const char *const of_all_claims[] = {
    "class",      "weight_bans",  "weight_now_bans", "window",    "window_days_off",
    "witnesses",  "not_reviewed", "groups",          "campaigns", "malware",
    "techniques", "warninglists", "claim_count",     "more_tlp",  "more_pap",
};

/* The groups that the claims which are left name. */
static bool groups_again(json_t *indicator, const json_t *claims) {
    json_t *const names = json_array();
    bool ok = names != NULL;

    for (size_t i = 0; ok && i < json_array_size(claims); i++) {
        const json_t *const groups = json_object_get(json_array_get(claims, i), "groups");

        for (size_t k = 0; ok && k < json_array_size(groups); k++) {
            json_t *const name = json_array_get(groups, k);
            size_t at = 0;

            while (at < json_array_size(names) && !json_equal(json_array_get(names, at), name))
                at++;
            ok = at < json_array_size(names) || json_array_append(names, name) == 0;
        }
    }
    if (ok && json_array_size(names) > 0)
        return json_object_set_new(indicator, "groups", names) == 0;
    json_decref(names);
    return ok;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a finding");
}

bool share_marked(json_t *finding, enum tlp ceiling, void (*refused)(void *ctx, const struct share_refused *r),
                  void *ctx, json_t **rest, struct err *e) {
    json_t *const indicator = json_object_get(finding, "indicator");
    json_t *const claims = json_object_get(indicator, "claims");
    bool const yara = str_eq(json_text_at(finding, "type"), S("yara"));
    enum tlp const own = tlp_stricter(tags_tlp(finding), yara ? share_tlp(json_text_at(finding, "tlp")) : TLP_NONE);
    size_t gone = 0;

    *rest = finding;
    if (!share_allows(ceiling, own)) {
        if (refused)
            refused(ctx, &(struct share_refused){own, json_text_at(finding, yara ? "rule" : "rule_title")});
        *rest = NULL;
        return true;
    }
    if (!indicator)
        return true;
    json_int_t const all = json_integer_value(json_object_get(indicator, "claim_count"));

    /* Those that the finding does not tell one by one: how the strictest is marked stands there, or nobody knows. */
    if (all < 0 || (json_int_t)json_array_size(claims) < all) {
        const json_t *const more = json_object_get(indicator, "more_tlp");
        enum tlp const tlp = more ? share_tlp(json_text(more)) : TLP_UNKNOWN;

        if (!share_allows(ceiling, tlp)) {
            if (refused)
                refused(ctx, &(struct share_refused){tlp, S("claims that the finding does not tell one by one")});
            gone++;
        }
    }
    for (size_t i = 0; i < json_array_size(claims);) {
        const json_t *const claim = json_array_get(claims, i);
        enum tlp const tlp = share_tlp(json_text_at(claim, "tlp"));

        if (share_allows(ceiling, tlp)) {
            i++;
            continue;
        }
        if (refused)
            refused(ctx, &(struct share_refused){tlp, json_text_at(claim, "source")});
        if (json_array_remove(claims, i) != 0)
            return no_memory(e);
        gone++;
    }
    if (!gone)
        return true;
    if (json_array_size(claims) == 0) {
        *rest = NULL;
        return true;
    }
    for (size_t i = 0; i < COUNT(of_all_claims); i++)
        (void)json_object_del(indicator, of_all_claims[i]);
    return groups_again(indicator, claims) || no_memory(e);
}

enum pap share_pap(const json_t *finding) {
    const json_t *const indicator = json_object_get(finding, "indicator");
    const json_t *const claims = json_object_get(indicator, "claims");
    enum pap strictest = pap_named(json_text_at(indicator, "more_pap"));

    for (size_t i = 0; i < json_array_size(claims); i++) {
        enum pap const p = pap_named(json_text_at(json_array_get(claims, i), "pap"));

        strictest = p > strictest ? p : strictest;
    }
    return strictest;
}

/* ---- pseudonyms ---- */

struct pseudonyms {
    size_t len;
    unsigned char key[];
};

bool pseudonyms_new(struct pseudonyms **out, str key, struct err *e) {
    struct pseudonyms *p;

    if (key.len < PSEUDONYM_KEY_LEAST || key.len > PSEUDONYM_KEY_MOST)
        return err_set(e, ERR_USAGE, 0, "a recipient's key is a file of %u to %u bytes that nobody can guess",
                       PSEUDONYM_KEY_LEAST, PSEUDONYM_KEY_MOST);
    if (sodium_init() < 0 || !(p = malloc(sizeof *p + key.len)))
        return err_set(e, ERR_MEMORY, 0, "no memory for a key");
    p->len = key.len;
    memcpy(p->key, key.ptr, key.len);
    *out = p;
    return true;
}

void pseudonyms_free(struct pseudonyms *p) {
    if (!p)
        return;
    sodium_memzero(p->key, p->len);
    free(p);
}

/* The value in the spelling in which two mentions of it are the same bytes; *kind: what it is, where that can be told. */
static void one_spelling(const char **kind, str value, struct buf *out) {
    static const struct {
        enum observable type;
        const char *kind;
    } told[] = {{OBSERVABLE_ADDRESS, "address"}, {OBSERVABLE_MAIL, "mail"}};
    const char *why;

    for (size_t i = 0; i < COUNT(told); i++)
        if (observable_canonical(told[i].type, value, out, &why)) {
            *kind = told[i].kind;
            return;
        }
    if (observable_canonical(OBSERVABLE_ACCOUNT, value, out,
                             &why)) /* small letters, as names of accounts and hosts have */
        return;
    buf_add(out, value);
}

void pseudonym(const struct pseudonyms *p, const char *kind, str value, struct buf *out) {
    crypto_auth_hmacsha256_state state;
    unsigned char hash[crypto_auth_hmacsha256_BYTES];
    struct buf spelled = {0};

    if (!value.len)
        return;
    one_spelling(&kind, value, &spelled);
    out->failed |= spelled.failed;
    crypto_auth_hmacsha256_init(&state, p->key, p->len);
    const char *const sort =
        strcmp(kind, "account") == 0 || strcmp(kind, "host") == 0 || strcmp(kind, "value") == 0 ? "name" : kind;

    crypto_auth_hmacsha256_update(&state, (const unsigned char *)sort, strlen(sort) + 1);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)buf_str(&spelled).ptr, spelled.len);
    crypto_auth_hmacsha256_final(&state, hash);
    sodium_memzero(&state, sizeof state);
    buf_format(out, "%s-", kind);
    for (size_t i = 0; i < 16; i++)
        buf_format(out, "%02x", hash[i]);
    buf_free(&spelled);
}

static json_t *named(const struct pseudonyms *p, const char *kind, str value) {
    struct buf b = {0};
    json_t *out = NULL;

    pseudonym(p, kind, value, &b);
    if (!b.failed)
        out = json_stringn(buf_str(&b).ptr, b.len);
    buf_free(&b);
    return out;
}

/* Says the value nothing that the recipient was not told by intelligence? Then it is the indicator's, in any spelling. */
static bool is_indicator(const json_t *finding, str value) {
    const json_t *const indicator = json_object_get(finding, "indicator");
    enum observable const type = observable_named(json_text_at(indicator, "type"));
    struct buf b = {0};
    const char *why;
    bool const is = type != OBSERVABLE_NONE && observable_canonical(type, value, &b, &why) && !b.failed &&
                    str_eq(buf_str(&b), json_text_at(indicator, "value"));

    buf_free(&b);
    return is;
}

static json_t *value_of(const struct pseudonyms *p, const json_t *finding, const json_t *value) {
    str const text = json_text(value);

    if (is_indicator(finding, text))
        return json_incref((json_t *)(uintptr_t)value);
    if (str_eq_ascii(text, json_text_at(finding, "account")))
        return named(p, "account", text);
    return named(p, str_eq_ascii(text, json_text_at(finding, "host")) ? "host" : "value", text);
}

/* Names of fields stay; values, and lists of them, do not. */
static json_t *values_of(const struct pseudonyms *p, const json_t *finding, const json_t *fields) {
    json_t *const out = json_object();
    const char *name;
    json_t *value;
    bool ok = out != NULL;

    json_object_foreach((json_t *)(uintptr_t)fields, name, value) {
        json_t *hidden = NULL;

        if (json_is_array(value)) {
            hidden = json_array();
            for (size_t i = 0; hidden && ok && i < json_array_size(value); i++)
                ok = json_array_append_new(hidden, value_of(p, finding, json_array_get(value, i))) == 0;
        } else {
            hidden = value_of(p, finding, value);
        }
        ok = ok && json_object_set_new(out, name, hidden) == 0;
        if (!ok)
            break;
    }
    if (!ok)
        json_decref(out);
    return ok ? out : NULL;
}

static json_t *client_of(const struct pseudonyms *p, const json_t *finding, const json_t *client) {
    json_t *const out = json_is_object(client) ? json_copy((json_t *)(uintptr_t)client) : json_object();
    str const address = json_text_at(client, "address");

    if (out && !is_indicator(finding, address) &&
        json_object_set_new(out, "address", named(p, "address", address)) != 0) {
        json_decref(out);
        return NULL;
    }
    return out;
}

/* A correlation's events: where each lies, without the hash, which would tell whoever has the file which it is. */
static json_t *events_of(const struct pseudonyms *p, const json_t *events) {
    static const char *const kept[] = {"rule_id", "time", "record", "offset"};
    json_t *const out = json_array();
    bool ok = out != NULL;

    for (size_t i = 0; ok && i < json_array_size(events); i++) {
        const json_t *const event = json_array_get(events, i);
        json_t *const hidden = json_object();

        for (size_t k = 0; k < COUNT(kept); k++)
            if (json_object_get(event, kept[k]))
                ok = ok && json_object_set(hidden, kept[k], json_object_get(event, kept[k])) == 0;
        ok = ok &&
             json_object_set_new(hidden, "evidence_path", named(p, "file", json_text_at(event, "evidence_path"))) == 0;
        ok = json_array_append_new(out, hidden) == 0 && ok;
    }
    if (!ok)
        json_decref(out);
    return ok ? out : NULL;
}

json_t *share_pseudonymous(const struct pseudonyms *p, const json_t *finding) {
    enum how { KEEP, ACCOUNT, HOST, FILE_NAME, CLIENT, VALUES, EVENTS };
    static const struct {
        const char *name;
        enum how how;
    } members[] = {
        {"type", KEEP},
        {"finding", KEEP},
        {"yara", KEEP},
        {"rule", KEEP},
        {"rule_id", KEEP},
        {"rule_title", KEEP},
        {"level", KEEP},
        {"tags", KEEP},
        {"description", KEEP},
        {"author", KEEP},
        {"date", KEEP},
        {"reference", KEEP},
        {"tlp", KEEP},
        {"malware", KEEP},
        {"group", KEEP},
        {"score", KEEP},
        {"time", KEEP},
        {"time_zone", KEEP},
        {"kind", KEEP},
        {"host", HOST},
        {"account", ACCOUNT},
        {"client", CLIENT},
        {"evidence_path", FILE_NAME},
        {"record", KEEP},
        {"offset", KEEP},
        {"salvaged", KEEP},
        {"seen_as", KEEP},
        {"matched", VALUES},
        {"indicator", KEEP},
        {"first", KEEP},
        {"last", KEEP},
        {"count", KEEP},
        {"value", KEEP},
        {"events", EVENTS},
    };
    bool const yara = str_eq(json_text_at(finding, "type"), S("yara"));
    json_t *const out = json_object();
    bool ok = out != NULL;

    for (size_t i = 0; ok && i < COUNT(members); i++) {
        const char *const name = members[i].name;
        json_t *const value = json_object_get(finding, name);
        json_t *said = NULL;

        if (!value)
            continue;
        switch (members[i].how) {
        case KEEP: /* a case of a stranger may have anything in the place of a word */
            if (strcmp(name, "group") == 0 &&
                !yara) /* what a correlation counted by; of a YARA rule it is a name that the rule gives */
                said = json_is_object(value) ? values_of(p, finding, value) : json_object();
            else
                said = json_is_object(value) && strcmp(name, "indicator") != 0 ? json_object() : json_incref(value);
            break;
        case ACCOUNT:
        case HOST:
        case FILE_NAME:
            said = members[i].how != FILE_NAME && is_indicator(finding, json_text(value))
                       ? json_incref(value)
                       : named(p,
                               members[i].how == ACCOUNT ? "account"
                               : members[i].how == HOST  ? "host"
                                                         : "file",
                               json_text(value));
            break;
        case CLIENT:
            said = client_of(p, finding, value);
            break;
        case VALUES: /* of YARA rules places and bytes of a file, which are not told */
            said = json_is_object(value) ? values_of(p, finding, value) : json_array();
            break;
        case EVENTS:
            said = events_of(p, value);
            break;
        }
        ok = json_object_set_new(out, name, said) == 0;
    }
    if (!ok)
        json_decref(out);
    return ok ? out : NULL;
}
