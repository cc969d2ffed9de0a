/* observed: what an analyst observed or knows, out of text (docs/formats/observed.md). */
#include "attribution/observed.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/instant.h"
#include "base/utf.h"
#include "codec/yaml.h"

#define TEXT_MAX 4096u /* bytes of one text */
#define LINKS_MAX 256u /* of one item */

/* A link's, or an item's, grade: letter and digit of the Admiralty. */
struct grade {
    char reliability;
    uint8_t credibility; /* 0: as the class has it */
};

struct reading {
    struct evidence *out;
    const struct profiles *profiles;
    struct arena *a;
    struct evidence_item *items;
    uint32_t *lines; /* of each item */
    size_t count;
    struct grade grade; /* of what the analyst says, where he says none of it */
    struct err *e;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what was observed");
}

static bool wrong(const struct reading *r, uint32_t line, const char *what, str value, const char *instead) {
    return err_set(r->e, ERR_USAGE, 0, "line %u: %s`%.*s`%s%s", line, what, STR_ARG(utf8_first(value, 60)),
                   *instead ? " " : "", instead);
}

static struct evidence_item *item_new(struct reading *r, enum evidence_class class, str value, uint32_t line) {
    struct evidence_item *const i = &r->items[r->count];

    if (!value.len || value.len > TEXT_MAX) {
        err_set(r->e, ERR_USAGE, 0, "line %u: there is no value, or one of more than %u bytes", line, TEXT_MAX);
        return NULL;
    }
    if (r->count == EVIDENCE_ITEMS_MAX) {
        err_set(r->e, ERR_LIMIT, 0, "line %u: more than %u observations", line, EVIDENCE_ITEMS_MAX);
        return NULL;
    }
    *i = (struct evidence_item){.class = class,
                                .words = STR(""),
                                .first = INSTANT_NONE,
                                .last = INSTANT_NONE,
                                .count = 1,
                                .place = STR(""),
                                .path = STR(""),
                                .sha256 = "",
                                .given = true,
                                .reliability = r->grade.reliability,
                                .credibility = r->grade.credibility};
    if (!arena_copy(r->a, value, &i->value)) {
        no_memory(r->e);
        return NULL;
    }
    r->lines[r->count++] = line;
    return i;
}

/* ---- techniques and software ---- */

static struct evidence_item *numbered(struct reading *r, token t, str word, uint32_t line) {
    bool const tool = token_software(t) && r->profiles && profiles_tool(r->profiles, t);
    str const name = token_software(t) && r->profiles ? profiles_token_name(r->profiles, t) : S("");
    struct evidence_item *const i = item_new(r,
                                             !token_software(t) ? EVIDENCE_TECHNIQUE
                                             : tool             ? EVIDENCE_TOOL
                                                                : EVIDENCE_MALWARE,
                                             name.len ? name : word, line);

    if (i)
        i->token = t;
    return i;
}

static bool technique(struct reading *r, str word, uint32_t line, struct evidence_item **out) {
    token const t = token_parse(word);

    if (!t || token_software(t))
        return wrong(r, line, "", word, "is no technique, as T1059.003");
    return (*out = numbered(r, t, word, line)) != NULL;
}

/* By number or name. What nobody has published was seen all the same. */
static bool software(struct reading *r, str word, uint32_t line, struct evidence_item **out) {
    token t = token_parse(word);

    if (t && !token_software(t))
        return wrong(r, line, "", word, "is a technique, and no software: it belongs below techniques");
    if (!t && r->profiles)
        t = profiles_software(r->profiles, word);
    *out = t ? numbered(r, t, word, line) : item_new(r, EVIDENCE_MALWARE, word, line);
    return *out != NULL;
}

static bool parts(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

static bool plain(struct reading *r, str text) {
    uint32_t line = 1;

    for (size_t i = 0; i < text.len;) {
        if (text.ptr[i] == '#') {
            while (i < text.len && text.ptr[i] != '\n')
                i++;
        } else if (parts(text.ptr[i])) {
            line += text.ptr[i++] == '\n';
        } else {
            size_t const from = i;

            while (i < text.len && !parts(text.ptr[i]) && text.ptr[i] != '#')
                i++;
            str const word = {text.ptr + from, i - from};
            token const t = token_parse(word);

            if (!t)
                return wrong(r, line, "", word, "is no technique (T1059.003) and no software (S0002)");
            if (!numbered(r, t, word, line))
                return false;
        }
    }
    return true;
}

/* ---- values ---- */

static bool scalar(const struct reading *r, const struct yaml_node *n, const char *what, str *out) {
    if (n->type != YAML_SCALAR || !n->text.len || n->scalar == YAML_IS_NULL)
        return err_set(r->e, ERR_USAGE, 0, "line %u: %s must be one text", n->line, what);
    if (n->text.len > TEXT_MAX)
        return err_set(r->e, ERR_USAGE, 0, "line %u: %s has more than %u bytes", n->line, what, TEXT_MAX);
    *out = n->text;
    return true;
}

/* 2021, 2021-03, 2021-03-18, 2021-03-18T07:12:03Z; end: its last moment. */
static bool moment(const struct reading *r, const struct yaml_node *n, const char *what, bool end, int64_t *out) {
    static const int64_t day_ns = INT64_C(86400000000000);
    uint64_t year = 0, month = 1;
    int64_t day = 0;
    str text;

    if (!scalar(r, n, what, &text))
        return false;
    if ((text.len == 4 || (text.len == 7 && text.ptr[4] == '-' && str_u64(str_from(text, 5), 12, &month))) &&
        str_u64(str_first(text, 4), 2261, &year) && year >= 1678 && month) {
        uint64_t const next = !end ? month : text.len == 4 ? 13 : month + 1;

        if (instant_day((unsigned)(next > 12 ? year + 1 : year), (unsigned)(next > 12 ? 1 : next), 1, &day)) {
            *out = day * day_ns - end;
            return true;
        }
    } else if (text.len >= 10 && text.ptr[4] == '-' && (*out = instant_parse(text)) != INSTANT_NONE) {
        if (end && text.len == 10)
            *out = instant_moved(*out, day_ns - 1);
        return true;
    }
    return err_set(r->e, ERR_USAGE, 0,
                   "line %u: %s: `%.*s` is no time, as 2021, 2021-03, 2021-03-18 or with T07:12:03Z", n->line, what,
                   STR_ARG(utf8_first(text, 40)));
}

/* 2021-03-18, or [2021-03-18, 2021-04-02]. */
static bool span(const struct reading *r, const struct yaml_node *n, const char *what, int64_t *from, int64_t *to) {
    if (n->type == YAML_LIST && n->count == 2) {
        if (!moment(r, n->items[0], what, false, from) || !moment(r, n->items[1], what, true, to))
            return false;
    } else if (!moment(r, n, what, false, from) || !moment(r, n, what, true, to)) {
        return false;
    }
    return *from <= *to || err_set(r->e, ERR_USAGE, 0, "line %u: %s ends before it begins", n->line, what);
}

static bool grade(const struct reading *r, const struct yaml_node *n, struct grade *out) {
    str text;

    if (!scalar(r, n, "grade", &text))
        return false;
    if (text.len != 2 || text.ptr[0] < 'A' || text.ptr[0] > 'F' || text.ptr[1] < '1' || text.ptr[1] > '6')
        return wrong(r, n->line, "grade: ", text, "is no grade, as B2: the source A to F, what it says 1 to 6");
    *out = (struct grade){text.ptr[0], (uint8_t)(text.ptr[1] - '0')};
    return true;
}

/* ---- maps ---- */

enum type { TEXT, TIME, TIME_END, SPAN, GRADE, CLASS, CONFIDENCE, CLAIMS, STANCE, SUPPLIER };
struct key {
    const char *name;
    enum type type;
    bool must;
};
/* What was read of a map: each value in its place among the keys. */
#define KEYS_MAX 12u
struct values {
    str text[KEYS_MAX];
    int64_t from[KEYS_MAX], to[KEYS_MAX];
    struct grade grade;
    uint8_t confidence; /* as a digit of a grade */
    enum evidence_class class;
    const struct yaml_node *claims;
    bool denies, supplier;
    bool there[KEYS_MAX];
};

static bool unknown_key(const struct reading *r, uint32_t line, str key, const char *where, const struct key *keys,
                        size_t count) {
    char names[200] = "";

    for (size_t i = 0; i < count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", keys[i].name);
    return err_set(r->e, ERR_USAGE, 0, "line %u: %s has no `%.*s`: %s", line, where, STR_ARG(utf8_first(key, 40)),
                   names);
}

static bool class_value(const struct reading *r, const struct yaml_node *n, enum evidence_class *out) {
    static const struct {
        str name;
        enum evidence_class class;
    } classes[] = {{STR("relay"), EVIDENCE_RELAY},   {STR("address"), EVIDENCE_ADDRESS},
                   {STR("hosted"), EVIDENCE_HOSTED}, {STR("domain"), EVIDENCE_DOMAIN},
                   {STR("code"), EVIDENCE_CODE},     {STR("identifier"), EVIDENCE_IDENTIFIER},
                   {STR("name"), EVIDENCE_NAME}};
    str text;

    if (!scalar(r, n, "class", &text))
        return false;
    for (size_t i = 0; i < COUNT(classes); i++)
        if (str_eq(classes[i].name, text)) {
            *out = classes[i].class;
            return true;
        }
    return wrong(r, n->line, "class: ", text, "is none: relay, address, hosted, domain, identifier, code or name");
}

static bool stance(const struct reading *r, const struct yaml_node *n, bool *denies) {
    str text;

    if (!scalar(r, n, "stance", &text))
        return false;
    *denies = str_eq(text, S("denies"));
    return *denies || str_eq(text, S("attributes")) ||
           wrong(r, n->line, "stance: ", text, "is none: attributes or denies");
}

/* Does a supplier, builder or relay network explain it as well? */
static bool supplier(const struct reading *r, const struct yaml_node *n, bool *out) {
    str text;

    if (!scalar(r, n, "supplier", &text))
        return false;
    *out = str_eq(text, S("yes"));
    return *out || str_eq(text, S("no")) || wrong(r, n->line, "supplier: ", text, "is none: yes or no");
}

/* How sure others are of what they attributed, as a grade of what they say. */
static bool confidence(const struct reading *r, const struct yaml_node *n, uint8_t *out) {
    str text;

    if (!scalar(r, n, "confidence", &text))
        return false;
    if (str_eq(text, S("high")))
        *out = 2;
    else if (str_eq(text, S("moderate")))
        *out = 3;
    else if (str_eq(text, S("low")))
        *out = 4;
    else
        return wrong(r, n->line, "confidence: ", text, "is none: low, moderate or high");
    return true;
}

static bool value(const struct reading *r, const struct yaml_node *n, const struct key *k, size_t at,
                  struct values *out) {
    switch (k->type) {
    case TEXT:
        return scalar(r, n, k->name, &out->text[at]);
    case TIME:
        return moment(r, n, k->name, false, &out->from[at]);
    case TIME_END:
        return moment(r, n, k->name, true, &out->from[at]);
    case SPAN:
        return span(r, n, k->name, &out->from[at], &out->to[at]);
    case GRADE:
        return grade(r, n, &out->grade);
    case CLASS:
        return class_value(r, n, &out->class);
    case CONFIDENCE:
        return confidence(r, n, &out->confidence);
    case STANCE:
        return stance(r, n, &out->denies);
    case SUPPLIER:
        return supplier(r, n, &out->supplier);
    case CLAIMS:
        out->claims = n;
        return n->type == YAML_LIST || err_set(r->e, ERR_USAGE, 0, "line %u: claims must be a list", n->line);
    }
    return false;
}

static bool map(const struct reading *r, const struct yaml_node *n, const char *where, const struct key *keys,
                size_t count, struct values *out) {
    *out = (struct values){.grade = {'F', 0}, .class = EVIDENCE_CLASSES};
    for (size_t i = 0; i < KEYS_MAX; i++) {
        out->text[i] = S("");
        out->from[i] = out->to[i] = INSTANT_NONE;
    }
    if (n->type != YAML_MAP)
        return err_set(r->e, ERR_USAGE, 0, "line %u: %s must have keys: %s: ...", n->line, where, keys[0].name);
    for (size_t i = 0; i < n->count; i++) {
        size_t k = 0;

        while (k < count && !str_eq(n->keys[i], str_of(keys[k].name)))
            k++;
        if (k == count)
            return unknown_key(r, n->key_lines[i], n->keys[i], where, keys, count);
        out->there[k] = true;
        if (!value(r, n->items[i], &keys[k], k, out))
            return false;
    }
    for (size_t k = 0; k < count; k++)
        if (keys[k].must && !out->there[k])
            return err_set(r->e, ERR_USAGE, 0, "line %u: %s says no %s", n->line, where, keys[k].name);
    return true;
}

/* A scalar is a list of one. */
static size_t list_of(const struct yaml_node *n, const struct yaml_node *const **items,
                      const struct yaml_node *const *self) {
    *items = n->type == YAML_LIST ? (const struct yaml_node *const *)n->items : self;
    return n->type == YAML_LIST ? n->count : 1;
}

/* ---- what stands in a file ---- */

static bool link_add(const struct reading *r, struct evidence_item *to, uint32_t line, struct evidence_link link) {
    struct evidence_link *const links = (struct evidence_link *)(uintptr_t)to->links;
    str *const texts[] = {&link.group, &link.source, &link.origin};

    if (to->link_count == LINKS_MAX)
        return err_set(r->e, ERR_LIMIT, 0, "line %u: more than %u claims", line, LINKS_MAX);
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!arena_copy(r->a, *texts[i], texts[i]))
            return no_memory(r->e);
    links[to->link_count++] = link;
    return true;
}

static bool links_room(const struct reading *r, struct evidence_item *to, size_t count) {
    to->links = arena_alloc(r->a, (count < LINKS_MAX ? count : LINKS_MAX) * sizeof *to->links);
    return to->links || no_memory(r->e);
}

/* - T1059.003, or - {technique: T1059.003, seen: 2021-03}. */
static bool tokens(struct reading *r, const struct yaml_node *n, bool programs) {
    static const struct key keys[2][4] = {
        {{"technique", TEXT, true}, {"seen", SPAN, false}, {"grade", GRADE, false}},
        {{"software", TEXT, true}, {"seen", SPAN, false}, {"grade", GRADE, false}, {"supplier", SUPPLIER, false}}};
    const struct yaml_node *const *items;
    size_t const count = list_of(n, &items, &n);

    for (size_t i = 0; i < count; i++) {
        struct evidence_item *item = NULL;
        struct values v = {.from = {0}};
        str word;

        if (items[i]->type == YAML_MAP) {
            if (!map(r, items[i], keys[programs][0].name, keys[programs], programs ? 4 : 3, &v))
                return false;
            word = v.text[0];
        } else if (!scalar(r, items[i], keys[programs][0].name, &word)) {
            return false;
        }
        if (!(programs ? software(r, word, items[i]->line, &item) : technique(r, word, items[i]->line, &item)))
            return false;
        if (v.there[1]) {
            item->first = v.from[1];
            item->last = v.to[1];
        }
        if (v.there[2]) {
            item->reliability = v.grade.reliability;
            item->credibility = v.grade.credibility;
        }
        item->supplier = item->supplier || v.supplier;
    }
    return true;
}
static bool techniques(struct reading *r, const struct yaml_node *n) {
    return tokens(r, n, false);
}
static bool programs(struct reading *r, const struct yaml_node *n) {
    return tokens(r, n, true);
}

/* country: GB; sector: [government]; persons: [members of a committee]. */
static bool victim(struct reading *r, const struct yaml_node *n) {
    static const char *const names[] = {"country", "sector", "persons"};
    static const struct key keys[] = {{"country", TEXT, false}, {"sector", TEXT, false}, {"persons", TEXT, false}};

    if (n->type != YAML_MAP)
        return err_set(r->e, ERR_USAGE, 0, "line %u: victim must have keys: country, sector, persons", n->line);
    for (size_t i = 0; i < n->count; i++) {
        const struct yaml_node *const *items;
        size_t const count = list_of(n->items[i], &items, (const struct yaml_node *const *)&n->items[i]);
        size_t k = 0;

        while (k < COUNT(names) && !str_eq(n->keys[i], str_of(names[k])))
            k++;
        if (k == COUNT(names))
            return unknown_key(r, n->key_lines[i], n->keys[i], "victim", keys, COUNT(keys));
        for (size_t j = 0; j < count; j++) {
            struct evidence_item *item;
            str text;
            char words[32];

            if (!scalar(r, items[j], names[k], &text))
                return false;
            str const known = !r->profiles ? S("")
                              : k == 0     ? profiles_country(r->profiles, text)
                              : k == 1     ? profiles_sector(r->profiles, text)
                                           : S("");

            text = known.len ? known : text;
            bool const code =
                text.len == 2 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' && text.ptr[1] <= 'Z';

            if (!k && !code)
                return wrong(r, items[j]->line, "country: ", text, "is no country, as GB (ISO 3166)");
            /* It would be looked for among countries and sectors. */
            if (k == 2 && (code || (r->profiles && profiles_sector(r->profiles, text).len)))
                return wrong(r, items[j]->line, "persons: ", text, "is a country or a sector: country: or sector:");
            if (!(item = item_new(r, EVIDENCE_VICTIM, text, items[j]->line)))
                return false;
            snprintf(words, sizeof words, "the victim's %s", names[k]);
            if (!arena_copy(r->a, str_of(words), &item->words))
                return no_memory(r->e);
        }
    }
    return true;
}

enum { C_GROUP, C_SOURCE, C_ORIGIN, C_SAID, C_FROM, C_UNTIL, C_GRADE, CLAIM_KEYS };
#define CLAIM_ROWS(must)                                                                                               \
    {"group", TEXT, must}, {"source", TEXT, must}, {"origin", TEXT, false}, {"said", TIME, false},                     \
        {"from", TIME, false}, {"until", TIME_END, false}, {                                                           \
        "grade", GRADE, false                                                                                          \
    }

static bool claim(const struct reading *r, struct evidence_item *to, const struct values *v, uint32_t line) {
    if (!v->text[C_SOURCE].len)
        return err_set(r->e, ERR_USAGE, 0, "line %u: a group is named, and no source that says so", line);
    if (v->from[C_FROM] != INSTANT_NONE && v->from[C_UNTIL] != INSTANT_NONE && v->from[C_FROM] > v->from[C_UNTIL])
        return err_set(r->e, ERR_USAGE, 0, "line %u: it ends before it begins", line);
    return link_add(r, to, line,
                    (struct evidence_link){.group = v->text[C_GROUP],
                                           .source = v->text[C_SOURCE],
                                           .origin = v->text[C_ORIGIN],
                                           .said = v->from[C_SAID],
                                           .from = v->from[C_FROM],
                                           .until = v->from[C_UNTIL],
                                           .reliability = v->grade.reliability,
                                           .credibility = v->grade.credibility});
}

static bool infrastructure(struct reading *r, const struct yaml_node *n) {
    static const struct key claim_keys[] = {CLAIM_ROWS(true)};
    static const struct key keys[] = {CLAIM_ROWS(false),     {"class", CLASS, true},    {"value", TEXT, true},
                                      {"seen", SPAN, false}, {"claims", CLAIMS, false}, {"supplier", SUPPLIER, false}};
    enum { I_CLASS = CLAIM_KEYS, I_VALUE, I_SEEN };
    const struct yaml_node *const *items;
    size_t const count = list_of(n, &items, &n);

    for (size_t i = 0; i < count; i++) {
        struct evidence_item *item;
        struct values v, c;

        if (!map(r, items[i], "infrastructure", keys, COUNT(keys), &v) ||
            !(item = item_new(r, v.class, v.text[I_VALUE], items[i]->line)) ||
            !links_room(r, item, 1 + (v.claims ? v.claims->count : 0)))
            return false;
        item->first = v.from[I_SEEN];
        item->last = v.to[I_SEEN];
        item->supplier = v.supplier;
        if (v.text[C_GROUP].len && !claim(r, item, &v, items[i]->line))
            return false;
        if (!v.text[C_GROUP].len && (v.there[C_SOURCE] || v.there[C_ORIGIN] || v.there[C_SAID] || v.there[C_FROM] ||
                                     v.there[C_UNTIL] || v.there[C_GRADE]))
            return err_set(r->e, ERR_USAGE, 0, "line %u: it says what a source says, and of no group: group: NAME",
                           items[i]->line);
        for (size_t k = 0; v.claims && k < v.claims->count; k++)
            if (!map(r, v.claims->items[k], "a claim", claim_keys, COUNT(claim_keys), &c) ||
                !claim(r, item, &c, v.claims->items[k]->line))
                return false;
    }
    return true;
}

static bool texts(struct reading *r, const struct yaml_node *n, enum evidence_class class, const char *what) {
    const struct yaml_node *const *items;
    size_t const count = list_of(n, &items, &n);
    str text;

    for (size_t i = 0; i < count; i++)
        if (!scalar(r, items[i], what, &text) || !item_new(r, class, text, items[i]->line))
            return false;
    return true;
}
static bool hours(struct reading *r, const struct yaml_node *n) {
    return texts(r, n, EVIDENCE_HOURS, "hours");
}
static bool language(struct reading *r, const struct yaml_node *n) {
    return texts(r, n, EVIDENCE_LANGUAGE, "language");
}
static bool mail(struct reading *r, const struct yaml_node *n) {
    return texts(r, n, EVIDENCE_MAIL, "mail");
}

/* Of whom it speaks is the value, its exact words are the words, who says so is the source. One that names no group is quoted all the same, and speaks for
 * nobody. */
static bool statements(struct reading *r, const struct yaml_node *n) {
    enum { BY, ON, GROUP, ABOUT, QUOTE, SOURCE, GRADED, STANDS };
    static const struct key keys[] = {{"by", TEXT, true},      {"on", TIME, true},       {"group", TEXT, false},
                                      {"about", TEXT, true},   {"quote", TEXT, false},   {"source", TEXT, false},
                                      {"grade", GRADE, false}, {"stance", STANCE, false}};
    const struct yaml_node *const *items;
    size_t const count = list_of(n, &items, &n);

    for (size_t i = 0; i < count; i++) {
        struct evidence_item *item;
        struct values v;

        if (!map(r, items[i], "a statement", keys, COUNT(keys), &v) ||
            !(item = item_new(r, EVIDENCE_STATEMENT, v.text[ABOUT], items[i]->line)) || !links_room(r, item, 1))
            return false;
        if (!arena_copy(r->a, v.text[QUOTE], &item->words))
            return no_memory(r->e);
        if (!link_add(r, item, items[i]->line,
                      (struct evidence_link){.group = v.text[GROUP],
                                             .source = v.text[BY],
                                             .origin = v.text[SOURCE],
                                             .said = v.from[ON],
                                             .from = INSTANT_NONE,
                                             .until = INSTANT_NONE,
                                             .reliability = v.grade.reliability,
                                             .credibility = v.grade.credibility,
                                             .denies = v.denies}))
            return false;
    }
    return true;
}

/* What ties it to an incident that others attributed. The grade is the source's; what it says is no surer than its own attribution. */
static bool ties(struct reading *r, const struct yaml_node *n) {
    enum { TO, GROUP, SOURCE, CONFIDENT, SAID, SEEN, GRADED };
    static const struct key keys[] = {
        {"to", TEXT, true},    {"group", TEXT, true}, {"source", TEXT, true}, {"confidence", CONFIDENCE, true},
        {"said", TIME, false}, {"seen", SPAN, false}, {"grade", GRADE, false}};
    const struct yaml_node *const *items;
    size_t const count = list_of(n, &items, &n);

    for (size_t i = 0; i < count; i++) {
        struct evidence_item *item;
        struct values v;

        if (!map(r, items[i], "a link", keys, COUNT(keys), &v) ||
            !(item = item_new(r, EVIDENCE_FORENSIC, v.text[TO], items[i]->line)) || !links_room(r, item, 1))
            return false;
        item->first = v.from[SEEN];
        item->last = v.to[SEEN];
        if (v.confidence > v.grade.credibility || !v.there[GRADED])
            v.grade.credibility = v.confidence;
        if (!link_add(r, item, items[i]->line,
                      (struct evidence_link){.group = v.text[GROUP],
                                             .source = v.text[SOURCE],
                                             .origin = STR(""),
                                             .said = v.from[SAID],
                                             .from = INSTANT_NONE,
                                             .until = INSTANT_NONE,
                                             .reliability = v.grade.reliability,
                                             .credibility = v.grade.credibility}))
            return false;
    }
    return true;
}

static bool incident(struct reading *r, const struct yaml_node *n) {
    enum { TITLE, FIRST, LAST };
    static const struct key keys[] = {{"title", TEXT, false}, {"first", TIME, false}, {"last", TIME_END, false}};
    struct values v;

    if (!map(r, n, "incident", keys, COUNT(keys), &v))
        return false;
    r->out->first = v.from[FIRST];
    r->out->last = v.from[LAST];
    if (r->out->first != INSTANT_NONE && r->out->last != INSTANT_NONE && r->out->first > r->out->last)
        return err_set(r->e, ERR_USAGE, 0, "line %u: the incident ends before it begins", n->line);
    return arena_copy(r->a, v.text[TITLE], &r->out->title) || no_memory(r->e);
}

static bool of_all(struct reading *r, const struct yaml_node *n) {
    return grade(r, n, &r->grade);
}

/* In this order, so that the grade of all is known before the rest. */
static const struct {
    const char *name;
    bool (*read)(struct reading *r, const struct yaml_node *n);
} sections[] = {{"grade", of_all},
                {"incident", incident},
                {"techniques", techniques},
                {"software", programs},
                {"victim", victim},
                {"infrastructure", infrastructure},
                {"mail", mail},
                {"hours", hours},
                {"language", language},
                {"statements", statements},
                {"links", ties}};

static bool document(struct reading *r, str text) {
    struct yaml_node **documents;
    size_t count;

    if (!yaml_read(text, r->a, &documents, &count, r->e))
        return false;
    if (count != 1)
        return err_set(r->e, ERR_USAGE, 0, "line 1: one document, and not %zu", count);
    const struct yaml_node *const root = documents[0];

    if (root->type != YAML_MAP)
        return err_set(r->e, ERR_USAGE, 0, "line %u: a list of numbers, or keys as techniques: [T1059.003]",
                       root->line);
    for (size_t i = 0; i < root->count; i++) {
        size_t s = 0;

        while (s < COUNT(sections) && !str_eq(root->keys[i], str_of(sections[s].name)))
            s++;
        if (s == COUNT(sections))
            return wrong(r, root->key_lines[i], "", root->keys[i],
                         "is nothing that is read here: grade, incident, techniques, software, victim, infrastructure, "
                         "mail, hours, language, statements, links");
    }
    for (size_t s = 0; s < COUNT(sections); s++) {
        const struct yaml_node *const n = yaml_get(root, sections[s].name);

        if (n && n->type == YAML_SCALAR && n->scalar == YAML_IS_NULL)
            return err_set(r->e, ERR_USAGE, 0, "line %u: %s says nothing", n->line, sections[s].name);
        if (n && !sections[s].read(r, n))
            return false;
    }
    return true;
}

/* Keys, or numbers in a row? By the first word that is no comment: a key has a colon, and no number has. */
static bool has_keys(str text) {
    size_t i = 0;

    while (i < text.len && (parts(text.ptr[i]) || text.ptr[i] == '#'))
        if (text.ptr[i] == '#')
            while (i < text.len && text.ptr[i] != '\n')
                i++;
        else
            i++;
    for (; i < text.len && text.ptr[i] != '\n' && text.ptr[i] != '#'; i++)
        if (text.ptr[i] == ':' || text.ptr[i] == '{' || text.ptr[i] == '[' || text.ptr[i] == '%')
            return true;
    return str_find(text, S("\n---")) != SIZE_MAX || str_starts(text, S("---"));
}

struct placed {
    struct evidence_item item;
    uint32_t line;
};
static int by_class(const void *a, const void *b) {
    const struct placed *const x = a, *const y = b;
    int order = (x->item.class > y->item.class) - (x->item.class < y->item.class);

    order = order ? order : str_cmp(x->item.value, y->item.value);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool tells_more(const struct evidence_item *a, const struct evidence_item *b) {
    return a->first != b->first || a->last != b->last || a->reliability != b->reliability ||
           a->credibility != b->credibility || a->supplier != b->supplier;
}

/* Each once: a technique that is named twice was seen once; anything else that is there twice, or says two things of one, is somebody's mistake. */
static bool sorted(struct reading *r) {
    struct placed *const list = arena_alloc(r->a, (r->count + 1) * sizeof *list);
    size_t kept = 0;

    if (!list)
        return no_memory(r->e);
    for (size_t i = 0; i < r->count; i++)
        list[i] = (struct placed){r->items[i], r->lines[i]};
    if (r->count)
        qsort(list, r->count, sizeof *list, by_class);
    for (size_t i = 0; i < r->count; i++) {
        enum evidence_class const c = list[i].item.class;

        if (kept && r->items[kept - 1].class == c && str_eq(r->items[kept - 1].value, list[i].item.value)) {
            if (c != EVIDENCE_TECHNIQUE && c != EVIDENCE_TOOL && c != EVIDENCE_MALWARE && c != EVIDENCE_STATEMENT)
                return wrong(r, list[i].line, "", list[i].item.value, "stands there already: one entry, with claims:");
            if (c != EVIDENCE_STATEMENT && tells_more(&r->items[kept - 1], &list[i].item))
                return wrong(r, list[i].line, "", list[i].item.value,
                             "stands there already, with another time or grade: one entry");
            if (c != EVIDENCE_STATEMENT)
                continue;
        }
        r->items[kept++] = list[i].item;
    }
    r->count = kept;
    return true;
}

bool observed_evidence(struct evidence *out, str text, const struct profiles *profiles, struct arena *a,
                       struct err *e) {
    struct reading r = {.out = out,
                        .profiles = profiles,
                        .a = a,
                        .items = arena_alloc(a, EVIDENCE_ITEMS_MAX * sizeof(struct evidence_item)),
                        .lines = arena_alloc(a, EVIDENCE_ITEMS_MAX * sizeof(uint32_t)),
                        .grade = {'F', 0},
                        .e = e};

    *out = (struct evidence){.title = STR(""), .first = INSTANT_NONE, .last = INSTANT_NONE};
    if (!r.items || !r.lines)
        return no_memory(e);
    if (text.len > OBSERVED_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %zu bytes", OBSERVED_BYTES_MAX);
    text = str_from(text, str_starts(text, S("\xef\xbb\xbf")) ? 3 : 0); /* the mark of an editor */
    if (!(has_keys(text) ? document(&r, text) : plain(&r, text)) || !sorted(&r))
        return false;
    out->items = r.items;
    out->item_count = r.count;
    return true;
}
