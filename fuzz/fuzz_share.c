/* fuzz_share: any JSON as a finding out of a stranger's case. What stays under a marking may be handed on under it, and staying is for good; under
 * pseudonyms there is no member that is not known to be harmless, and no text of those that are hidden. */
#include <assert.h>
#include <stdlib.h>

#include "codec/json_tree.h"
#include "report/share.h"

static bool known(const char *name) {
    static const char *const names[] = {"type",   "finding",  "yara",        "rule",    "rule_id",       "rule_title",
                                        "level",  "tags",     "description", "author",  "date",          "reference",
                                        "tlp",    "malware",  "group",       "score",   "time",          "time_zone",
                                        "kind",   "host",     "account",     "client",  "evidence_path", "record",
                                        "offset", "salvaged", "seen_as",     "matched", "indicator",     "first",
                                        "last",   "count",    "value",       "events"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void marked(str json, enum tlp ceiling) {
    struct err e = {0};
    json_t *const tree = json_tree(json, &e), *rest, *again;

    if (!tree)
        return;
    if (!share_marked(tree, ceiling, NULL, NULL, &rest, &e))
        abort();
    const json_t *const claims = json_object_get(json_object_get(rest, "indicator"), "claims");

    for (size_t i = 0; i < json_array_size(claims); i++)
        assert(share_allows(ceiling, share_tlp(json_text_at(json_array_get(claims, i), "tlp"))));
    if (rest) {
        char *const once = json_dumps(rest, JSON_COMPACT | JSON_ENCODE_ANY);

        if (!share_marked(rest, ceiling, NULL, NULL, &again, &e))
            abort();
        assert(again);
        char *const twice = json_dumps(again, JSON_COMPACT | JSON_ENCODE_ANY);

        assert(once && twice && strcmp(once, twice) == 0);
        free(once);
        free(twice);
    }
    json_decref(tree);
}

static void hidden(const struct pseudonyms *p, str json) {
    struct err e = {0};
    json_t *const tree = json_tree(json, &e), *out;
    const char *name;
    json_t *value;

    if (!tree)
        return;
    if (!(out = share_pseudonymous(p, tree)))
        abort();
    json_object_foreach(out, name, value) assert(known(name));
    str const account = json_text_at(out, "account");

    assert(!account.len || str_starts(account, S("account-")) || str_starts(account, S("address-")) ||
           str_starts(account, S("mail-")) || json_object_get(tree, "indicator"));
    json_decref(out);
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const json = {size ? (const char *)data : "", size};
    struct pseudonyms *p;
    struct err e;

    if (!pseudonyms_new(&p, S("0123456789abcdef0123456789abcdef"), &e))
        abort();
    for (enum tlp t = TLP_CLEAR; t <= TLP_RED; t++)
        marked(json, t);
    hidden(p, json);
    pseudonyms_free(p);
    return 0;
}
