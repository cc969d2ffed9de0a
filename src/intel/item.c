/* item: names of markings, as feeds write them and as we do. */
#include "intel/item.h"

/* FIRST's TLP 2.0, and TLP 1.0's white. */
static const struct {
    str word;
    enum tlp tlp;
} tlp_words[] = {
    {STR("clear"), TLP_CLEAR},
    {STR("white"), TLP_CLEAR},
    {STR("green"), TLP_GREEN},
    {STR("amber"), TLP_AMBER},
    {STR("amber+strict"), TLP_AMBER_STRICT},
    {STR("amber-strict"), TLP_AMBER_STRICT},
    {STR("amber_strict"), TLP_AMBER_STRICT},
    {STR("amber strict"), TLP_AMBER_STRICT},
    {STR("red"), TLP_RED},
};

/* STIX 2.1 4.14 (TLP 1.0), and FIRST's extension for TLP 2.0. */
static const struct {
    str id;
    enum tlp tlp;
} markings[] = {
    {STR("613f2e26-407d-48c7-9eca-b8e91df99dc9"), TLP_CLEAR},
    {STR("34098fce-860f-48ae-8e50-ebd3cc5e41da"), TLP_GREEN},
    {STR("f88d31f6-486f-44da-b317-01333bde0b82"), TLP_AMBER},
    {STR("5e57c739-391a-4eb3-b6be-7d15ca92d5ed"), TLP_RED},
    {STR("94868c89-83c2-464b-929b-a1a8aa3c8487"), TLP_CLEAR},
    {STR("bab4a63c-aed9-4cf5-a766-dfca5abac2bb"), TLP_GREEN},
    {STR("55d920b0-5e8b-4f79-9ee9-91f868d9b421"), TLP_AMBER},
    {STR("939a9414-2ddd-4d32-a0cd-375ea402b003"), TLP_AMBER_STRICT},
    {STR("e828b379-4e03-4974-9ac4-e53a884c97c1"), TLP_RED},
};

str tlp_name(enum tlp t) {
    static const str names[TLPS] = {
        [TLP_NONE] = STR(""),           [TLP_CLEAR] = STR("TLP:CLEAR"), [TLP_GREEN] = STR("TLP:GREEN"),
        [TLP_AMBER] = STR("TLP:AMBER"), [TLP_RED] = STR("TLP:RED"),     [TLP_AMBER_STRICT] = STR("TLP:AMBER+STRICT"),
        [TLP_UNKNOWN] = STR("unknown"),
    };

    return t < TLPS ? names[t] : S("");
}

str pap_name(enum pap p) {
    static const str names[PAPS] = {
        [PAP_NONE] = STR(""),           [PAP_CLEAR] = STR("PAP:CLEAR"), [PAP_GREEN] = STR("PAP:GREEN"),
        [PAP_AMBER] = STR("PAP:AMBER"), [PAP_RED] = STR("PAP:RED"),
    };

    return p < PAPS ? names[p] : S("");
}

str nature_name(enum item_nature n) {
    static const str names[NATURES] = {
        [NATURE_UNSAID] = STR(""),         [NATURE_RELAY] = STR("relay"),
        [NATURE_SCANNER] = STR("scanner"), [NATURE_OPERATION] = STR("operation"),
        [NATURE_MALWARE] = STR("malware"), [NATURE_TOOL] = STR("tool"),
        [NATURE_VICTIM] = STR("victim"),
    };

    return n < NATURES ? names[n] : S("");
}

/* Takes `tlp:` and its kin off the front, with the quotes of a machine tag around what is behind it (tlp="white"). */
static bool take_prefix(str *s, str prefix) {
    str const v = str_trim(*s);

    if (v.len <= prefix.len || !str_eq_ascii(str_first(v, prefix.len), prefix) ||
        !memchr(":=-_ ", v.ptr[prefix.len], 5))
        return false;
    *s = str_trim(str_from(v, prefix.len + 1));
    if (s->len > 1 && s->ptr[0] == '"' && s->ptr[s->len - 1] == '"')
        *s = str_trim((str){s->ptr + 1, s->len - 2});
    return true;
}

enum tlp tlp_named(str s) {
    bool const said = take_prefix(&s, S("tlp"));

    s = str_trim(s);
    for (size_t i = 0; i < COUNT(tlp_words); i++)
        if (str_eq_ascii(s, tlp_words[i].word))
            return tlp_words[i].tlp;
    return said ? TLP_UNKNOWN : TLP_NONE;
}

enum pap pap_named(str s) {
    static const struct {
        str word;
        enum pap pap;
    } words[] = {{STR("clear"), PAP_CLEAR},
                 {STR("white"), PAP_CLEAR},
                 {STR("green"), PAP_GREEN},
                 {STR("amber"), PAP_AMBER},
                 {STR("red"), PAP_RED}};
    bool const said = take_prefix(&s, S("pap"));

    s = str_trim(s);
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_ascii(s, words[i].word))
            return words[i].pap;
    return said ? PAP_RED : PAP_NONE; /* not understood: nothing that could be seen */
}

enum tlp tlp_of_marking(str id) {
    str const prefix = S("marking-definition--");

    id = str_trim(id);
    if (str_starts(id, prefix))
        id = str_from(id, prefix.len);
    for (size_t i = 0; i < COUNT(markings); i++)
        if (str_eq_ascii(id, markings[i].id))
            return markings[i].tlp;
    return TLP_UNKNOWN;
}

enum tlp tlp_stricter(enum tlp a, enum tlp b) {
    /* In the order of the enumeration, and UNKNOWN with RED; of these two RED is the one that says something. */
    if ((a == TLP_RED && b == TLP_UNKNOWN) || (a == TLP_UNKNOWN && b == TLP_RED))
        return TLP_RED;
    return a > b ? a : b;
}
