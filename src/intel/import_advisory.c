/* import_advisory: indicators out of advisories as people write them: text, HTML, the text of a PDF (pages divided by form feeds).
 *
 * First everything in the text that has the form of an indicator is gathered (advisory_find.c), then each is judged by what stands around
 * it: heading, column, label, sentence, row. What is defanged is an indicator unless something says that it is not; what is not, is none
 * unless something says that it is. Of a value that is mentioned often the best mention is told, with the dates of all. What is not
 * taken is told with its reason. docs/formats/advisories.md has the rules. */
#include "base/address.h"
#include "base/hash.h"
#include "base/utf.h"
#include "intel/advisory_own.h"
#include "intel/import_own.h"
#include "intel/network.h"

#define BEFORE_BYTES 320u /* of a sentence in front of a value, and behind it */
#define AFTER_BYTES 160u
#define COMMENT_BYTES 240u
#define ROW_BACK 24u /* cells of a row that are looked at, to either side */

struct value {
    struct advisory_found f;
    str canonical;
    const char *why; /* not taken for this */
    bool taken;
    uint8_t confidence, nature;
    uint32_t next; /* of the same row, for techniques; unused */
};

/* An item as it goes out: the best mention, and what others add. */
struct answer {
    const struct value *best;
    int64_t first_seen, last_seen;
    struct item_names techniques;
};

struct judge {
    struct advisory d;
    struct advisory_about about;
    struct value *values;
    size_t count, room;
    uint8_t *sections; /* of each heading, with what it inherits */
    /* how often each class of value is defanged */
    uint32_t dotted_hosts, dotted_addresses, defanged_urls, dotted_mails;
    const struct intel_sink *sink;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read it");
}

static bool is_in(char c, const char *set) {
    return c && strchr(set, c) != NULL;
}

static bool is_hex(char c) {
    return is_in(c, "0123456789abcdefABCDEF");
}

static bool is_among(str s, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_ascii(s, str_of(names[i])))
            return true;
    return false;
}

/* ---- sections ---- */

static bool sections_set(struct judge *j) {
    const struct advisory *const d = &j->d;
    uint8_t by_level[8] = {0};
    uint8_t last = SECTION_NONE, last_level = 0;

    if (!(j->sections = calloc(d->unit_count + 1, 1)))
        return false;
    for (size_t i = 0; i < d->unit_count; i++) {
        const struct advisory_unit *const u = &d->units[i];
        uint8_t section = u->section, level = u->level > 6 ? 6 : u->level, above = SECTION_NONE;

        if (u->kind != ADVISORY_HEADING)
            continue;
        if (level) {
            for (unsigned l = level; l-- > 1;)
                if (by_level[l] != SECTION_NONE) {
                    above = by_level[l];
                    break;
                }
            if (section == SECTION_NONE || above == SECTION_HARMLESS)
                section = above;
        } else if (section == SECTION_NONE && (last == SECTION_INDICATOR || (last_level && last != SECTION_HARMLESS))) {
            section = last;
        }
        if (level) {
            by_level[level] = section;
            for (unsigned l = level + 1u; l < COUNT(by_level); l++)
                by_level[l] = SECTION_NONE;
        }
        last = section;
        last_level = level;
        j->sections[i] = section;
    }
    return true;
}

static enum advisory_section section_of(const struct judge *j, const struct advisory_unit *u) {
    return u->heading ? (enum advisory_section)j->sections[u->heading - 1] : SECTION_NONE;
}

/* ---- hosts and addresses ---- */

static str host_of_url(str url) {
    size_t at = str_find(url, S("://")), end = 0;

    url = at == SIZE_MAX ? url : str_from(url, at + 3);
    if (url.len && *url.ptr == '[') {
        end = str_find_byte(url, ']');
        return end == SIZE_MAX ? url : (str){url.ptr + 1, end - 1};
    }
    while (end < url.len && !is_in(url.ptr[end], "/?#:"))
        end++;
    return str_first(url, end);
}

static const char *special_address(str address) {
    struct network_about about;

    address = str_first(address, str_find_byte(address, '/'));
    if (!network_about_text(NULL, address, &about) || !about.range.len)
        return NULL;
    return str_eq(about.range, S("documentation")) ? "an address kept for documentation (RFC 5737, RFC 3849)"
           : str_eq(about.range, S("private"))     ? "a private address (RFC 1918)"
           : str_eq(about.range, S("loopback"))    ? "an address of the machine itself"
                                                   : "an address of a special range, nobody's on the Internet";
}

/* ---- the words around a value ---- */

struct around {
    char before_room[BEFORE_BYTES], after_room[AFTER_BYTES];
    str before, after; /* folded, of its sentence only */
};

/* Where the sentence ends that goes on at the start of s: . with a blank behind, and ; . */
static size_t sentence_end(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((is_in(s.ptr[i], ".!?") &&
             (i + 1 == s.len || (s.ptr[i + 1] == ' ' && i + 2 < s.len &&
                                 ((s.ptr[i + 2] >= 'A' && s.ptr[i + 2] <= 'Z') || (uint8_t)s.ptr[i + 2] >= 0x80)))) ||
            (s.ptr[i] == ';' && i + 1 < s.len && s.ptr[i + 1] == ' '))
            return i;
    return s.len;
}

static void cut_clause_end(str *s) {
    static const char *const words[] = {" but ",     " while ", " whereas ",    " although ", " aber ",
                                        " wahrend ", " mais ",  " tandis que ", " alors que "};

    for (size_t i = 0; i < COUNT(words); i++)
        *s = str_first(*s, str_find(*s, str_of(words[i])));
}

static void around_of(const struct advisory_unit *u, const struct advisory_found *f, struct around *a) {
    static const char *const words[] = {" but ",     " while ", " whereas ",    " although ", " aber ",
                                        " wahrend ", " mais ",  " tandis que ", " alors que "};
    size_t from = f->at > BEFORE_BYTES ? f->at - BEFORE_BYTES : 0;
    str before, after = str_first(str_from(u->text, f->at + f->len), AFTER_BYTES);

    for (size_t i = f->at; i-- > from;)
        if ((is_in(u->text.ptr[i], ".!?") && i + 1 < f->at && u->text.ptr[i + 1] == ' ' && i + 2 < u->text.len &&
             ((u->text.ptr[i + 2] >= 'A' && u->text.ptr[i + 2] <= 'Z') || i + 2 >= f->at)) ||
            (u->text.ptr[i] == ';' && i + 1 < f->at && u->text.ptr[i + 1] == ' ')) {
            from = i + 1;
            break;
        }
    before = (str){u->text.ptr + from, f->at - from};
    a->before = advisory_fold(before, a->before_room, sizeof a->before_room);
    for (size_t i = 0; i < COUNT(words); i++) {
        size_t at;

        while ((at = str_find(a->before, str_of(words[i]))) != SIZE_MAX)
            a->before = str_from(a->before, at + 4);
    }
    a->after = advisory_fold(str_first(after, sentence_end(after)), a->after_room, sizeof a->after_room);
    cut_clause_end(&a->after);
}

static bool has(str s, enum advisory_words words) {
    return advisory_first(s, words, NULL) != SIZE_MAX;
}

/* Words between two places of a folded text, values apart; evil or a preposition among them: SIZE_MAX. */
static size_t words_between(str s) {
    size_t words = 0;
    size_t const such = str_find(s, S("such as"));

    if (has(s, WORDS_EVIL))
        return SIZE_MAX;
    if (has(such == SIZE_MAX ? s : str_first(s, such), WORDS_BETWEEN))
        return SIZE_MAX;
    for (size_t i = 0; i < s.len;) {
        size_t end = i;

        while (end < s.len && s.ptr[end] != ' ')
            end++;
        str const w = {s.ptr + i, end - i};

        if (w.len && !memchr(w.ptr, '.', w.len) && !memchr(w.ptr, '/', w.len) && !str_eq(w, S("and")) &&
            !str_eq(w, S("or")) && !str_eq(w, S("und")) && !str_eq(w, S("et")))
            words++;
        i = end + 1;
    }
    return words;
}

/* Does its sentence say that the value is harmless? */
static bool sentence_harmless(const struct around *a) {
    size_t behind = 0, at = advisory_last(a->before, WORDS_HARMLESS, &behind);
    str after = a->after;

    if (has(a->before, WORDS_HARMLESS_ALL))
        return true;
    if ((at != SIZE_MAX)) {
        str const front = str_first(a->before, at + 40 < a->before.len ? at + 40 : a->before.len);
        size_t pretend_end = 0;
        size_t const pretend = advisory_last(front, WORDS_PRETENDED, &pretend_end);
        str const near = str_from(a->before, at > 28 ? at - 28 : 0);

        while (behind < a->before.len && a->before.ptr[behind] != ' ')
            behind++;
        if (!(pretend != SIZE_MAX && (pretend_end + 40 > at)) && !has(near, WORDS_COMPROMISED) &&
            words_between(str_from(a->before, behind)) <= 6)
            return true;
    }
    /* Behind: other values of the same list, and then what they are. */
    for (;;) {
        size_t end = 0;

        while (after.len && is_in(*after.ptr, " ,()\"'`-:*>"))
            after = str_from(after, 1);
        while (end < after.len && after.ptr[end] != ' ')
            end++;
        str const w = str_first(after, end);

        if (w.len == 0)
            break;
        if (!memchr(w.ptr, '[', w.len) && !(memchr(w.ptr, '.', w.len) && w.ptr[w.len - 1] != '.') &&
            !str_eq(w, S("and")) && !str_eq(w, S("or")) && !str_eq(w, S("und")) && !str_eq(w, S("et")))
            break;
        after = str_from(after, end);
    }
    if (advisory_first(after, WORDS_HARMLESS_AFTER, NULL) == 0 && !str_starts(after, S("legitimate-")) &&
        !str_starts(after, S("legitimate looking")))
        return true;
    size_t const all = advisory_first(a->after, WORDS_HARMLESS_ALL, NULL);

    return all != SIZE_MAX && !has(str_first(a->after, all), WORDS_EVIL);
}

/* Is one of its words the name of a file? */
static bool names_a_file(str s) {
    while (s.len) {
        size_t const end = str_find_byte(s, ' ');
        str word = str_first(s, end);

        while (word.len && is_in(word.ptr[word.len - 1], ".,;:)\"'`"))
            word.len--;
        if (advisory_file_ending(word).len)
            return true;
        s = end == SIZE_MAX ? S("") : str_from(s, end + 1);
    }
    return false;
}

/* Does what introduces a list say that all in it is harmless? */
static bool intro_harmless(str text) {
    static const char *const lists[] = {"following",   "below", "these",   "listed",     "folgende", "nachstehend",
                                        "nachfolgend", "diese", "suivant", "ci-dessous", "ces ",     "table"};
    char room[600];
    str const s = advisory_fold(str_from(text, text.len > 600 ? text.len - 600 : 0), room, sizeof room);
    bool lists_them = str_ends(s, S(":"));

    for (size_t i = 0; i < COUNT(lists); i++)
        lists_them = lists_them || str_find(s, str_of(lists[i])) != SIZE_MAX;
    if (!lists_them)
        return false;
    if (has(s, WORDS_HARMLESS_ALL))
        return true;
    /* "by the legitimate x.exe:" speaks of that one. */
    size_t behind = 0;

    if (advisory_last(s, WORDS_HARMLESS, &behind) != SIZE_MAX && names_a_file(str_from(s, behind)))
        return false;
    return has(s, WORDS_HARMLESS) && !has(s, WORDS_PRETENDED) && !has(s, WORDS_COMPROMISED) && !has(s, WORDS_EVIL);
}

static bool same_row(const struct advisory_unit *a, const struct advisory_unit *b) {
    return a->row && a->row == b->row && a->table == b->table;
}

/* Calls visit for the other cells of the row. */
static void row_visit(const struct advisory *d, uint32_t unit,
                      void (*visit)(void *ctx, const struct advisory_unit *cell), void *ctx) {
    const struct advisory_unit *const u = &d->units[unit];

    if (!u->row)
        return;
    uint32_t from = unit, to = unit + 1;

    while (from > 0 && unit - from < ROW_BACK &&
           (same_row(u, &d->units[from - 1]) || d->units[from - 1].kind == ADVISORY_HREF))
        from--;
    while (to < d->unit_count && to - unit < ROW_BACK &&
           (same_row(u, &d->units[to]) || d->units[to].kind == ADVISORY_HREF))
        to++;
    for (uint32_t i = from; i < to; i++)
        if (i != unit && d->units[i].kind != ADVISORY_HREF)
            visit(ctx, &d->units[i]);
}

/* A cell that says of its row that it is harmless: it begins so. */
static void cell_harmless(void *ctx, const struct advisory_unit *cell) {
    static const char *const brackets[] = {"(clean",         "(benign",  "(legit",   "(harmless",
                                           "(not malicious", "(harmlos", "(gutartig"};
    bool *const harmless = ctx;
    char room[160], head_room[64];
    str const s = advisory_fold(cell->text, room, sizeof room),
              head = advisory_fold(cell->header, head_room, sizeof head_room);
    size_t const at = advisory_first(s, WORDS_HARMLESS, NULL), evil = advisory_first(s, WORDS_EVIL, NULL);

    if (cell->header_label == LABEL_ANY || advisory_has_value(cell->text))
        return;
    if (has(s, WORDS_HARMLESS_ALL))
        *harmless = true;
    for (size_t i = 0; i < COUNT(brackets); i++)
        *harmless = *harmless || str_find(s, str_of(brackets[i])) != SIZE_MAX;
    if (at != SIZE_MAX && at <= 16 && evil > at && !has(s, WORDS_PRETENDED) && !has(s, WORDS_COMPROMISED))
        *harmless = true;
    if (str_find(head, S("malicious")) != SIZE_MAX &&
        (str_eq(s, S("no")) || str_eq(s, S("nein")) || str_eq(s, S("non"))))
        *harmless = true;
}

static bool is_technique(str s) {
    if ((s.len != 5 && s.len != 9) || s.ptr[0] != 'T')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (i == 5 ? s.ptr[i] != '.' : s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

/* ---- judgement ---- */

/* Reasons that say only that nothing spoke for the value: what was taken elsewhere may (agree_all). */
static const char why_link[] = "not defanged, in a text that defangs such values: a link",
                  why_plain[] = "not defanged, and nothing says that it is an indicator",
                  why_reference[] = "a reference", why_file[] = "a file that is only mentioned",
                  why_key[] = "a key that is only mentioned";

/* The words that lead to what stands first in its line or entry: the end of what introduces it. */
static str lead_of(const struct judge *j, const struct advisory_unit *u, const struct advisory_found *f, char *out,
                   size_t max) {
    str text;

    if (f->at > 3 || !u->intro || u->kind == ADVISORY_CELL)
        return S("");
    text = j->d.units[u->intro - 1].text;
    return advisory_fold(str_from(text, text.len > max ? text.len - max : 0), out, max);
}

/* What a query leaves out: not(x has "v"), x !in ("v"). */
static bool is_left_out_by_query(const struct advisory_unit *u, const struct advisory_found *f) {
    static const char *const words[] = {"not(",      "not (",       "!in", "!has", "!contains",
                                        "!endswith", "!startswith", "!=",  "!~",   "not in ("};
    str const before = {u->text.ptr + (f->at > 240 ? f->at - 240 : 0), f->at > 240 ? 240 : f->at};
    size_t last = SIZE_MAX;

    for (size_t at = before.len; at-- > 0 && last == SIZE_MAX;)
        for (size_t i = 0; i < COUNT(words); i++)
            if (str_starts(str_from(before, at), str_of(words[i])))
                last = at;
    if (last == SIZE_MAX)
        return false;
    str const between = str_from(before, last);
    size_t opens = 0, closes = 0;

    for (size_t i = 0; i < between.len; i++) {
        opens += between.ptr[i] == '(';
        closes += between.ptr[i] == ')';
    }
    return closes <= opens && !memchr(between.ptr, '|', between.len) && str_find(between, S(" and ")) == SIZE_MAX &&
           (memchr(between.ptr, '"', between.len) || memchr(between.ptr, '\'', between.len));
}

/* Somebody is asked to write there. "They send mails from ...", "the note gives the contact ..." do not ask. */
static bool is_asked_to_write(const struct around *a, str near) {
    static const char *const froms[] = {" from", " from the address", " from the addresses",
                                        " von",  " depuis",           " de l'adresse"};
    size_t behind;
    size_t const at = advisory_last(near, WORDS_CONTACT, &behind);
    str const before = str_trim(a->before);

    if (at == SIZE_MAX)
        return false;
    for (size_t i = 0; i < COUNT(froms); i++)
        if (str_ends(before, str_of(froms[i])))
            return false;
    str const front = str_trim(str_first(near, at));

    return !((str_ends(front, S(" the")) || str_ends(front, S(" a")) || str_ends(front, S(" as")) ||
              str_ends(front, S(" their"))) &&
             has(a->before, WORDS_EVIL));
}

static str host_of_value(const struct value *v) {
    switch (v->f.type) {
    case OBSERVABLE_URL:
        return host_of_url(v->f.value);
    case OBSERVABLE_DOMAIN:
        return v->f.value;
    case OBSERVABLE_MAIL:
        return str_from(v->f.value, str_find_byte(v->f.value, '@') + 1);
    default:
        return S("");
    }
}

static bool is_publishers(const struct judge *j, str host) {
    for (size_t i = 0; i < j->about.publisher_count; i++) {
        str const d = j->about.publishers[i];

        if (host.len >= d.len && str_eq_ascii(str_from(host, host.len - d.len), d) &&
            (host.len == d.len || host.ptr[host.len - d.len - 1] == '.'))
            return true;
    }
    return false;
}

static bool label_fits(enum advisory_label label, enum observable type) {
    switch (label) {
    case LABEL_ANY:
        return true;
    case LABEL_ADDRESS:
        return type == OBSERVABLE_ADDRESS || type == OBSERVABLE_NETWORK;
    case LABEL_DOMAIN:
    case LABEL_URL:
        return type == OBSERVABLE_DOMAIN || type == OBSERVABLE_URL || type == OBSERVABLE_ADDRESS;
    case LABEL_MAIL:
        return type == OBSERVABLE_MAIL;
    case LABEL_NAME:
        return type == OBSERVABLE_FILE_NAME;
    case LABEL_FILE:
        return type == OBSERVABLE_FILE_NAME || type == OBSERVABLE_FILE_PATH;
    case LABEL_PATH:
        return type == OBSERVABLE_FILE_PATH || type == OBSERVABLE_FILE_NAME;
    case LABEL_REGISTRY:
        return type == OBSERVABLE_REGISTRY;
    default:
        return false;
    }
}

static bool take(struct value *v, uint8_t confidence) {
    v->confidence = confidence;
    return true;
}

static bool leave(struct value *v, const char *why) {
    v->why = why;
    return false;
}

/* 1.2.3.4 that is a version: of a product, a section, a range of versions. */
static bool is_version(const struct around *a, const struct advisory_unit *u, const struct advisory_found *f) {
    static const char *const words[] = {"version", "versions", "release",  "build",  "firmware", "update",      "patch",
                                        "ver.",    " v",       "prior to", "before", "through",  "earlier than"};
    static const char *const behind[] = {" or later",  " and later", " and earlier", " or earlier", " and below",
                                         " and above", " or newer",  " et ant",      " und alter",  " oder neuer"};
    str const near = str_from(a->before, a->before.len > 28 ? a->before.len - 28 : 0);

    if (f->at &&
        (is_in(u->text.ptr[f->at - 1], "vV/-_") || (u->text.ptr[f->at - 1] >= 'A' && u->text.ptr[f->at - 1] <= 'Z')))
        return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_find(near, str_of(words[i])) != SIZE_MAX)
            return true;
    for (size_t i = 0; i < COUNT(behind); i++)
        if (str_starts(a->after, str_of(behind[i])))
            return true;
    return false;
}

static void cell_of_version(void *ctx, const struct advisory_unit *cell) {
    bool *const version = ctx;
    size_t words = 1;

    for (size_t i = 0; i < cell->text.len; i++)
        words += cell->text.ptr[i] == ' ';
    *version =
        *version || (words <= 3 && !advisory_has_value(cell->text) && advisory_label_of(cell->text) == LABEL_VERSION);
}

static bool row_is_of_version(const struct judge *j, uint32_t unit) {
    bool version = false;

    row_visit(&j->d, unit, cell_of_version, &version);
    return version;
}

/* What nobody has defanged: only where something says that it is an indicator. */
static bool judge_plain(struct judge *j, struct value *v, const struct advisory_unit *u, const struct around *a,
                        enum advisory_section section) {
    struct advisory_found *const f = &v->f;
    enum observable const type = (enum observable)f->type;
    enum advisory_label const label = (enum advisory_label)f->label;
    str const host = host_of_value(v);
    bool const address = type == OBSERVABLE_ADDRESS || type == OBSERVABLE_NETWORK;
    bool const column = u->kind == ADVISORY_CELL && label_fits(label, type);
    bool const listed = u->kind == ADVISORY_CELL || u->kind == ADVISORY_ENTRY || u->kind == ADVISORY_CODE;
    bool const beginning = f->at <= 3 || f->whole;
    str const near = str_from(a->before, a->before.len > 90 ? a->before.len - 90 : 0);
    uint32_t const others = address                     ? j->dotted_addresses
                            : type == OBSERVABLE_MAIL   ? j->dotted_mails
                            : type == OBSERVABLE_DOMAIN ? j->dotted_hosts
                                                        : j->defanged_urls + j->dotted_hosts;
    if (label == LABEL_LINK)
        return leave(v, why_reference);
    if (label == LABEL_VERSION || (address && row_is_of_version(j, f->unit)) ||
        (address && is_version(a, u, f) && !column))
        return leave(v, "a version number");
    if (others) {
        /* An address is no link: in a list of them somebody forgot it. */
        if ((column && beginning && f->whole) || (address && section == SECTION_INDICATOR && listed && beginning) ||
            (address && f->port && has(near, WORDS_EVIL)))
            return take(v, 55);
        /* No link and no version has a length of a prefix. */
        if (type == OBSERVABLE_NETWORK && (has(near, WORDS_EVIL) || has(near, WORDS_SCANNER)))
            return take(v, 50);
        return leave(v, why_link);
    }
    if (type == OBSERVABLE_MAIL && u->kind != ADVISORY_HEADING && section != SECTION_ADVICE &&
        (advisory_mail_service(host) || has(near, WORDS_MAIL_EVIL)) && str_find(near, S("message-id")) == SIZE_MAX)
        return take(v, 50);
    if (advisory_shared_host(host) && !column)
        return leave(v, "a service that everybody uses");
    if (u->kind == ADVISORY_HEADING)
        return leave(v, why_plain);
    if (column && (section != SECTION_ADVICE || f->whole))
        return take(v, 65);
    if (label != LABEL_NOTE && section == SECTION_INDICATOR && listed && beginning)
        return take(v, 65);
    if (label_fits(label, type) && section == SECTION_INDICATOR)
        return take(v, 65);
    if (section == SECTION_INDICATOR && !has(near, WORDS_LINK) && (address || has(near, WORDS_EVIL)))
        return take(v, 55);
    if (u->intro && beginning) {
        char room[400];
        str const text = j->d.units[u->intro - 1].text;
        str const s = advisory_fold(str_from(text, text.len > 400 ? text.len - 400 : 0), room, sizeof room);

        if ((listed ? str_ends(s, S(":")) : str_ends(s, S("?"))) && !has(s, WORDS_LINK) &&
            (has(s, WORDS_EVIL) || str_find(s, S("indicator")) != SIZE_MAX))
            return take(v, 60);
    }
    if (section == SECTION_ADVICE || u->kind == ADVISORY_CODE)
        return leave(v, why_plain);
    if (has(near, WORDS_EVIL) && !has(near, WORDS_LINK) && !has(near, WORDS_CONTACT) &&
        (address || type != OBSERVABLE_URL || str_find(near, S("http")) == SIZE_MAX))
        return take(v, 50);
    return leave(v, why_plain);
}

static bool judge_network(struct judge *j, struct value *v, const struct advisory_unit *u, const struct around *a,
                          enum advisory_section section) {
    enum observable const type = (enum observable)v->f.type;
    str const host = host_of_value(v);
    bool const address = type == OBSERVABLE_ADDRESS || type == OBSERVABLE_NETWORK;
    bool const listed =
        section == SECTION_INDICATOR || (u->kind == ADVISORY_CELL && label_fits((enum advisory_label)v->f.label, type));
    const char *why = special_address(address ? v->f.value : host);
    str const near = str_from(a->before, a->before.len > 60 ? a->before.len - 60 : 0);

    if (why || (!address && (why = advisory_reserved_name(host)) != NULL))
        return leave(v, why);
    if (advisory_resolver(address ? v->f.value : host))
        return leave(v, "a public resolver");
    if (!address && is_publishers(j, host))
        return leave(v, "the publisher's own");
    if (!address && type != OBSERVABLE_MAIL && advisory_report_host(host))
        return leave(v, "a link to a report, a vendor, an authority or the press");
    if (type == OBSERVABLE_MAIL && (is_asked_to_write(a, near) || advisory_report_host(host)))
        return leave(v, "somebody to write to");
    if (address &&
        str_find(str_from(a->before, a->before.len > 40 ? a->before.len - 40 : 0), S("sinkhole")) != SIZE_MAX)
        return leave(v, "a sinkhole");
    if (!v->f.defanged)
        return judge_plain(j, v, u, a, section);
    if (u->header_label == LABEL_LINK)
        return leave(v, "a reference");
    if (type == OBSERVABLE_DOMAIN && advisory_shared_host(host) && !listed)
        return leave(v, "a service that everybody uses");
    return take(v, u->kind == ADVISORY_CELL || section == SECTION_INDICATOR ? 90 : 75);
}

static bool judge_hash(const struct judge *j, struct value *v, const struct advisory_unit *u, const struct around *a,
                       enum advisory_section section) {
    static const char *const empty[] = {"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
    static const char *const others[] = {"commit",
                                         "this document",
                                         "this report",
                                         "this advisory",
                                         "this pdf",
                                         "this file's",
                                         "encryption key",
                                         "xor key",
                                         "aes key",
                                         "rc4 key",
                                         "public key",
                                         "private key",
                                         "pgp",
                                         "gpg",
                                         "openpgp",
                                         "token",
                                         "session id",
                                         "campaign id",
                                         "bot id",
                                         "tracking id",
                                         "dieses dokument",
                                         "dieser meldung",
                                         "ce document",
                                         "cet avis",
                                         "ce rapport",
                                         "password",
                                         "ntlm",
                                         "salt",
                                         "nonce",
                                         "checksum of the",
                                         "key is",
                                         "of the string",
                                         "schlussel ist",
                                         "schlussel lautet",
                                         "la cle est"};
    str const near = str_from(a->before, a->before.len > 70 ? a->before.len - 70 : 0);
    /* Behind it, in brackets. */
    str const aside = str_starts(a->after, S(" (")) ? str_first(a->after, str_find_byte(a->after, ')')) : S("");
    bool same = true;

    for (size_t i = 1; i < v->f.value.len; i++)
        same = same && v->f.value.ptr[i] == v->f.value.ptr[0];
    if (same)
        return leave(v, "no hash of anything");
    if (is_among(v->f.value, empty, COUNT(empty)))
        return leave(v, "the hash of an empty file");
    if (v->f.at && str_ends(str_first(u->text, v->f.at), S("@sha256:")))
        return leave(v, "the digest of an image of a container");
    if (u->heading && section == SECTION_ADVICE && advisory_is_remedy(j->d.units[u->heading - 1].text))
        return leave(v, "of what is to be installed, or to be done");
    if (v->f.label == LABEL_NO_HASH || v->f.label == LABEL_SERIAL)
        return leave(v, "digits that are no hash of a file");
    if (v->f.label != LABEL_JA3 && v->f.label != LABEL_IMPHASH)
        for (size_t i = 0; i < COUNT(others); i++)
            if (str_find(near, str_of(others[i])) != SIZE_MAX || str_find(aside, str_of(others[i])) != SIZE_MAX)
                return leave(v, "digits that are no hash of a file");
    return take(v, section == SECTION_INDICATOR || u->kind == ADVISORY_CELL ? 90 : 80);
}

static str last_name(str path) {
    size_t at = path.len;

    while (at && !is_in(path.ptr[at - 1], "\\/"))
        at--;
    return str_from(path, at);
}

static bool in_system_folder(str path) {
    static const char *const folders[] = {":\\windows\\system32\\",
                                          ":\\windows\\syswow64\\",
                                          "%windir%\\",
                                          "%systemroot%\\",
                                          ":\\windows\\explorer",
                                          ":\\program files",
                                          "/bin/",
                                          "/sbin/",
                                          "/usr/bin/",
                                          "/usr/sbin/",
                                          "/etc/passwd",
                                          "/etc/shadow",
                                          "/etc/hosts",
                                          "/etc/group",
                                          "/etc/ssh",
                                          "/etc/crontab",
                                          "/var/log/",
                                          "/proc/",
                                          "/etc/os-release",
                                          "/etc/resolv",
                                          "/dev/null",
                                          "/dev/tcp",
                                          "\\windows\\system32\\",
                                          ":\\windows\\microsoft.net",
                                          ":\\windows\\ntds"};
    char room[128];
    str const s = advisory_fold(path, room, sizeof room);

    for (size_t i = 0; i < COUNT(folders); i++) {
        size_t const at = str_find(s, str_of(folders[i]));

        if (at != SIZE_MAX && at <= 2)
            return true;
    }
    return false;
}

static bool in_open_folder(str path) {
    static const char *const folders[] = {
        "\\users\\public\\", "\\programdata\\", "%programdata%", "\\temp\\",     "%temp%",       "%tmp%", "\\appdata\\",
        "%appdata%",         "%localappdata%",  "%public%",      "\\perflogs\\", "$recycle.bin", "/tmp/", "/dev/shm/",
        "/var/tmp/",         "$env:temp",       "$env:appdata"};
    char room[160];
    str const s = advisory_fold(path, room, sizeof room);

    for (size_t i = 0; i < COUNT(folders); i++)
        if (str_find(s, str_of(folders[i])) != SIZE_MAX)
            return true;
    return false;
}

/* Is the value all of the text, quotation marks apart? */
static bool is_all_of(str text, size_t at, size_t len) {
    for (size_t i = 0; i < text.len; i++)
        if ((i < at || i >= at + len) && !is_in(text.ptr[i], " \"'`().") && (uint8_t)text.ptr[i] < 0x80)
            return false;
    return true;
}

/* Digits of a hash beside the name, with nothing between but what says so: "x.exe (SHA-256: ...)". */
static bool is_beside_hash(const struct advisory_unit *u, const struct advisory_found *f) {
    str behind = str_first(str_from(u->text, f->at + f->len), 160), before = str_first(u->text, f->at);
    size_t at = 0, words = 0, digits = 0;

    while (at < behind.len && at < 28 && words <= 3) {
        size_t n = 0;

        while (at + n < behind.len && is_hex(behind.ptr[at + n]))
            n++;
        if (n >= 32)
            return true;
        words += behind.ptr[at] == ' ';
        if (is_in(behind.ptr[at], ".;|"))
            break;
        at += n ? n : 1;
    }
    while (before.len && is_in(before.ptr[before.len - 1], " (\"'`*-=:,|"))
        before.len--;
    while (digits < before.len && is_hex(before.ptr[before.len - 1 - digits]))
        digits++;
    return digits >= 32;
}

static void cell_of_hash(void *ctx, const struct advisory_unit *cell) {
    bool *const hash = ctx;
    size_t n = 0;

    for (size_t i = 0; i < cell->text.len && n < 32; i++)
        n = is_hex(cell->text.ptr[i]) ? n + 1 : 0;
    *hash = *hash || n >= 32;
}

static bool row_has_hash(const struct judge *j, uint32_t unit) {
    bool hash = false;

    row_visit(&j->d, unit, cell_of_hash, &hash);
    return hash;
}

static bool judge_file(const struct judge *j, struct value *v, const struct advisory_unit *u, const struct around *a,
                       enum advisory_section section) {
    enum advisory_label const label = (enum advisory_label)v->f.label;
    enum observable const type = (enum observable)v->f.type;
    bool const path = type == OBSERVABLE_FILE_PATH;
    str const name = path ? last_name(v->f.value) : v->f.value;
    str const near = str_from(a->before, a->before.len > 110 ? a->before.len - 110 : 0);
    bool const labelled = label_fits(label, type) &&
                          (u->kind == ADVISORY_CELL || u->kind == ADVISORY_ENTRY || v->f.whole || v->f.at <= 48);
    bool const listed = section == SECTION_INDICATOR &&
                        (u->kind == ADVISORY_CELL || u->kind == ADVISORY_ENTRY || u->kind == ADVISORY_CODE) &&
                        label != LABEL_NOTE && (v->f.at <= 3 || v->f.whole);

    if (u->header_label == LABEL_LINK)
        return leave(v, "a reference");
    if (!path && advisory_common_file(name))
        return leave(v, "a name that files of every system have");
    if (path && in_system_folder(v->f.value) && (advisory_common_file(name) || v->f.value.ptr[0] == '/') && !labelled)
        return leave(v, "a file that every system has");
    if (path && in_system_folder(v->f.value) && advisory_common_file(name))
        return leave(v, "a file that every system has");
    if (section == SECTION_ADVICE && !(u->kind == ADVISORY_CELL && labelled))
        return leave(v, "named in advice");
    if (labelled && u->kind != ADVISORY_PROSE && label != LABEL_NOTE)
        return take(v, 65);
    if (labelled && v->f.whole)
        return take(v, 65);
    if (listed)
        return take(v, 65);
    if (label != LABEL_NOTE && section != SECTION_ADVICE &&
        (is_beside_hash(u, &v->f) || (section == SECTION_INDICATOR && u->kind == ADVISORY_CELL && !u->header.len &&
                                      v->f.at + v->f.len == u->text.len && row_has_hash(j, v->f.unit))))
        return take(v, 60);
    /* Beside its hash, in the list or the row. */
    if (section == SECTION_INDICATOR && u->kind != ADVISORY_PROSE && u->kind != ADVISORY_CODE &&
        (advisory_begins_value(u->text) || (u->kind == ADVISORY_CELL && is_all_of(u->text, v->f.at, v->f.len))))
        return take(v, 55);
    char room[110];
    str const lead = lead_of(j, u, &v->f, room, sizeof room);
    str const said = near.len || !lead.len ? near : lead;
    size_t const evil = advisory_last(said, WORDS_FILE_EVIL, NULL),
                 harmless = advisory_last(said, WORDS_HARMLESS, NULL),
                 taken = advisory_last(said, WORDS_FILE_TAKEN, NULL);

    if (taken != SIZE_MAX && (evil == SIZE_MAX || evil < taken))
        return leave(v, "what is taken from victims, or what it was before");

    if (evil != SIZE_MAX && (harmless == SIZE_MAX || harmless < evil) &&
        (path || advisory_hard_ending(advisory_file_ending(name)) ||
         has(str_from(a->before, a->before.len > 60 ? a->before.len - 60 : 0), WORDS_FILE_LURE)))
        return take(v, section == SECTION_INDICATOR ? 55 : 45);
    if (path && in_open_folder(v->f.value) &&
        (*v->f.value.ptr == '/' || advisory_hard_ending(advisory_file_ending(name))))
        return take(v, 50);
    return leave(v, why_file);
}

static bool judge_key(const struct judge *j, struct value *v, const struct advisory_unit *u, const struct around *a,
                      enum advisory_section section) {
    static const char *const lasts[] = {"run",
                                        "runonce",
                                        "runservices",
                                        "winlogon",
                                        "services",
                                        "image file execution options",
                                        "currentversion",
                                        "lsa",
                                        "policies",
                                        "system",
                                        "parameters",
                                        "explorer",
                                        "control",
                                        "software",
                                        "microsoft",
                                        "windows",
                                        "classes",
                                        "environment",
                                        "windows defender",
                                        "wdigest",
                                        "terminal server",
                                        "sam",
                                        "security",
                                        "uselogoncredential",
                                        "runasppl",
                                        "lmcompatibilitylevel",
                                        "enablelua",
                                        "smb1"};
    size_t const depth_mark = str_find_byte(v->f.value, '\\');
    bool const labelled = v->f.label == LABEL_REGISTRY || v->f.label == LABEL_ANY || v->f.label == LABEL_PATH;
    str const near = str_from(a->before, a->before.len > 140 ? a->before.len - 140 : 0);

    if (depth_mark == SIZE_MAX || is_among(last_name(v->f.value), lasts, COUNT(lasts)))
        return leave(v, "a key that every Windows has");
    if (section == SECTION_ADVICE && !(u->kind == ADVISORY_CELL && labelled))
        return leave(v, "named in advice");
    if (labelled || (section == SECTION_INDICATOR && u->kind != ADVISORY_PROSE && v->f.label != LABEL_NOTE))
        return take(v, 65);
    char room[140];
    str const lead = lead_of(j, u, &v->f, room, sizeof room);

    if (has(near, WORDS_KEY_EVIL) && advisory_last(near, WORDS_HARMLESS, NULL) == SIZE_MAX)
        return take(v, 50);
    if (has(lead, WORDS_KEY_EVIL) && advisory_last(lead, WORDS_HARMLESS, NULL) == SIZE_MAX)
        return take(v, 50);
    return leave(v, why_key);
}

static void cell_of_technique(void *ctx, const struct advisory_unit *cell) {
    bool *const technique = ctx;

    *technique = *technique || is_technique(cell->text);
}

static bool judge_named(const struct judge *j, struct value *v, const struct advisory_unit *u,
                        enum advisory_section section) {
    bool const cell = u->kind == ADVISORY_CELL, indicator = section == SECTION_INDICATOR;

    bool technique = is_technique(v->f.value);

    row_visit(&j->d, v->f.unit, cell_of_technique, &technique);
    if (technique)
        return leave(v, "a row of a technique");
    if (section == SECTION_ADVICE && !cell)
        return leave(v, "named in advice");
    if (v->f.type == OBSERVABLE_SUBJECT && !cell && !indicator)
        return leave(v, "the subject of a mail that is no indicator here");
    if (v->f.type == OBSERVABLE_SERVICE && !cell && !indicator)
        return take(v, 50);
    return take(v, v->f.whole ? 70 : 60);
}

/* [1] http...: a source. */
static bool is_footnote(const struct advisory_unit *u) {
    size_t at = 1;

    if (u->text.len < 8 || (*u->text.ptr != '[' && *u->text.ptr != '^'))
        return false;
    if (at < u->text.len && u->text.ptr[at] == '^')
        at++;
    size_t const from = at;

    while (at < u->text.len && u->text.ptr[at] >= '0' && u->text.ptr[at] <= '9')
        at++;
    return at > from && at - from <= 3 && (is_in(u->text.ptr[at], "]: "));
}

/* False: it is left out, and v->why says why. */
static bool judge_value(struct judge *j, struct value *v) {
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    enum advisory_section const section = section_of(j, u);
    struct around a;
    bool harmless = false;

    if (v->f.type == OBSERVABLE_NONE)
        return leave(v, v->f.why);
    around_of(u, &v->f, &a);
    if (section == SECTION_REFERENCE)
        return leave(v, "under a heading of references, contacts or notices");
    if (section == SECTION_HARMLESS)
        return leave(v, "under a heading that says it is harmless or a victim's");
    if (section != SECTION_INDICATOR && is_footnote(u))
        return leave(v, "a footnote");
    if (u->intro && u->kind != ADVISORY_PROSE && intro_harmless(j->d.units[u->intro - 1].text))
        return leave(v, "in a list that is said to be harmless or victims'");
    row_visit(&j->d, v->f.unit, cell_harmless, &harmless);
    if (harmless)
        return leave(v, "its row says that it is harmless or a victim's");
    if (sentence_harmless(&a))
        return leave(v, "its sentence says that it is harmless or a victim's");
    if (is_left_out_by_query(u, &v->f))
        return leave(v, "what a query leaves out");
    switch (v->f.type) {
    case OBSERVABLE_ADDRESS:
    case OBSERVABLE_NETWORK:
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_URL:
    case OBSERVABLE_MAIL:
        return judge_network(j, v, u, &a, section);
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
    case OBSERVABLE_SHA256:
    case OBSERVABLE_SHA512:
    case OBSERVABLE_IMPHASH:
    case OBSERVABLE_JA3:
    case OBSERVABLE_JA4:
        return judge_hash(j, v, u, &a, section);
    case OBSERVABLE_FILE_NAME:
    case OBSERVABLE_FILE_PATH:
        return judge_file(j, v, u, &a, section);
    case OBSERVABLE_REGISTRY:
        return judge_key(j, v, u, &a, section);
    default:
        return judge_named(j, v, u, section);
    }
}

/* ---- what else is said of it ---- */

struct words_in_row {
    enum advisory_words words;
    bool any;
};

static bool text_has(str text, enum advisory_words words) {
    char room[400];

    return has(advisory_fold(text, room, sizeof room), words);
}

static void cell_has(void *ctx, const struct advisory_unit *cell) {
    struct words_in_row *const w = ctx;

    w->any = w->any || text_has(cell->text, w->words) || (cell->header.len && text_has(cell->header, w->words));
}

/* Is the word in the sentence, the row, the column, the introduction or the heading? */
static bool said_around(const struct judge *j, const struct value *v, enum advisory_words words) {
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    struct words_in_row w = {.words = words};
    struct around a;

    around_of(u, &v->f, &a);
    if (has(a.before, words) || has(a.after, words) || (u->header.len && text_has(u->header, words)))
        return true;
    row_visit(&j->d, v->f.unit, cell_has, &w);
    if (w.any)
        return true;
    return (u->kind != ADVISORY_PROSE && u->intro && text_has(j->d.units[u->intro - 1].text, words)) ||
           (u->heading && text_has(j->d.units[u->heading - 1].text, words));
}

static enum item_nature nature_of(const struct judge *j, const struct value *v) {
    switch (v->f.type) {
    case OBSERVABLE_ADDRESS:
    case OBSERVABLE_NETWORK:
        return said_around(j, v, WORDS_RELAY)     ? NATURE_RELAY
               : said_around(j, v, WORDS_SCANNER) ? NATURE_SCANNER
               : said_around(j, v, WORDS_EVIL)    ? NATURE_OPERATION
                                                  : NATURE_UNSAID;
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_URL:
    case OBSERVABLE_MAIL:
        return said_around(j, v, WORDS_COMPROMISED) ? NATURE_VICTIM
               : said_around(j, v, WORDS_EVIL)      ? NATURE_OPERATION
                                                    : NATURE_UNSAID;
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
    case OBSERVABLE_SHA256:
    case OBSERVABLE_SHA512:
        return said_around(j, v, WORDS_FILE_EVIL) ? NATURE_MALWARE : NATURE_UNSAID;
    default:
        return NATURE_UNSAID;
    }
}

/* "14 March 2021", "March 14, 2021", "Mar 2021" is none: a day must be said. */
static int64_t date_of(str text) {
    static const char *const months[] = {
        "jan",     "feb",     "mar",  "apr",   "may", "jun",  "jul",  "aug",    "sep",       "oct",   "nov",   "dec",
        "janvier", "fev",     "mars", "avr",   "mai", "juin", "juil", "aou",    "sept",      "octob", "novem", "decem",
        "januar",  "februar", "marz", "april", "mai", "juni", "juli", "august", "september", "okt",   "novem", "dez"};
    char room[64], iso[16];
    str const s = advisory_fold(str_trim(text), room, sizeof room);
    unsigned day = 0, month = 0, year = 0;
    int64_t const plain = instant_parse(str_trim(text));

    /* A mere number is no date here, and 3/4/2021 is two. */
    if (plain != INSTANT_NONE && memchr(s.ptr, '/', s.len) == NULL &&
        (memchr(s.ptr, '-', s.len) || memchr(s.ptr, '.', s.len)))
        return plain;
    if (plain != INSTANT_NONE && s.len >= 8 && s.ptr[4] == '/')
        return plain;
    for (size_t i = 0; i < s.len;) {
        size_t end = i;

        while (end < s.len && !is_in(s.ptr[end], " ,."))
            end++;
        str w = {s.ptr + i, end - i};
        uint64_t n;

        if (w.len > 2 &&
            (str_ends(w, S("st")) || str_ends(w, S("nd")) || str_ends(w, S("rd")) || str_ends(w, S("th"))) &&
            w.ptr[0] <= '9')
            w.len -= 2;
        if (str_eq(w, S("1er")))
            w.len = 1;
        if (str_u64(w, 9999, &n)) {
            if (n >= 1990 && !year)
                year = (unsigned)n;
            else if (n >= 1 && n <= 31 && !day)
                day = (unsigned)n;
            else
                return INSTANT_NONE;
        } else if (w.len) {
            unsigned found = 0;

            for (unsigned m = 0; m < COUNT(months); m++)
                if (str_starts(w, str_of(months[m])))
                    found = m % 12 + 1;
            if (!found || month)
                return INSTANT_NONE;
            month = found;
        }
        i = end + 1;
    }
    if (!day || !month || !year)
        return INSTANT_NONE;
    int const n = snprintf(iso, sizeof iso, "%04u-%02u-%02u", year, month, day);

    return n == 10 ? instant_parse((str){iso, 10}) : INSTANT_NONE;
}

struct row_facts {
    int64_t first_seen, last_seen;
    struct item_names techniques;
    struct buf *comment;
};

static void techniques_add(struct item_names *to, str text) {
    for (size_t i = 0; i + 5 <= text.len; i++) {
        size_t end = i;

        if (text.ptr[i] != 'T' || (i && !is_in(text.ptr[i - 1], " ([,;/|")))
            continue;
        while (end < text.len && ((text.ptr[end] >= '0' && text.ptr[end] <= '9') || text.ptr[end] == 'T' ||
                                  (text.ptr[end] == '.' && end == i + 5)))
            end++;
        if (end == i + 6)
            end--;
        if (is_technique((str){text.ptr + i, end - i}))
            item_name_add(to, (str){text.ptr + i, end - i});
    }
}

/* Those of the same sentence. */
static void techniques_near(struct item_names *to, const struct advisory_unit *u, const struct advisory_found *f) {
    size_t from = f->at;
    str const behind = str_first(str_from(u->text, f->at + f->len), AFTER_BYTES);

    while (from > 0 && f->at - from < AFTER_BYTES && !(u->text.ptr[from - 1] == '.' && u->text.ptr[from] == ' '))
        from--;
    techniques_add(to, (str){u->text.ptr + from, f->at - from});
    techniques_add(to, str_first(behind, sentence_end(behind)));
}

static void cell_facts(void *ctx, const struct advisory_unit *cell) {
    struct row_facts *const r = ctx;

    if (cell->header_label == LABEL_FIRST_SEEN && r->first_seen == INSTANT_NONE)
        r->first_seen = date_of(cell->text);
    else if (cell->header_label == LABEL_LAST_SEEN && r->last_seen == INSTANT_NONE)
        r->last_seen = date_of(cell->text);
    techniques_add(&r->techniques, cell->text);
    if (r->comment && r->comment->len < COMMENT_BYTES) {
        if (r->comment->len)
            buf_add(r->comment, S(" | "));
        buf_add(r->comment, utf8_first(cell->text, COMMENT_BYTES / 2));
    }
}

/* The few words around it: its row, or its line as far as it goes. */
static void comment_of(const struct judge *j, const struct value *v, struct buf *out) {
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    struct row_facts r = {.comment = out, .first_seen = INSTANT_NONE, .last_seen = INSTANT_NONE};
    size_t from = v->f.at > COMMENT_BYTES / 2 ? v->f.at - COMMENT_BYTES / 2 : 0,
           to = v->f.at + v->f.len + COMMENT_BYTES / 2;

    if (v->f.len > COMMENT_BYTES)
        to = v->f.at + COMMENT_BYTES;
    while (from > 0 && from < v->f.at && u->text.ptr[from] != ' ')
        from++;
    to = to > u->text.len ? u->text.len : to;
    while (to < u->text.len && to > v->f.at + 1 && ((uint8_t)u->text.ptr[to] & 0xc0) == 0x80)
        to--;
    str const words = str_trim((str){u->text.ptr + from, to - from});

    if (words.len > v->f.len + 2)
        buf_add(out, words);
    row_visit(&j->d, v->f.unit, cell_facts, &r);
}

/* ---- gathering ---- */

static bool gather(void *ctx, const struct advisory_found *f) {
    struct judge *const j = ctx;
    struct buf canonical = {0};
    const char *why;
    struct value *v;

    if (j->count == j->room) {
        size_t const room = j->room * 2 + 256;
        void *const more = reallocarray(j->values, room, sizeof *j->values);

        if (!more)
            return false;
        j->values = more;
        j->room = room;
    }
    v = &j->values[j->count];
    *v = (struct value){.f = *f, .canonical = f->value};
    if (f->type != OBSERVABLE_NONE) {
        if (!observable_canonical((enum observable)f->type, f->value, &canonical, &why)) {
            bool const memory = canonical.failed;

            buf_free(&canonical);
            return !memory; /* it was one a moment ago */
        }
        bool const good = arena_copy(j->d.a, buf_str(&canonical), &v->canonical);

        buf_free(&canonical);
        if (!good)
            return false;
    }
    j->count++;
    return true;
}

/* Which kinds of values the text defangs; what is the publisher's or is written to says nothing of that. */
static void count_defanged(struct judge *j) {
    for (size_t i = 0; i < j->count; i++) {
        const struct advisory_found *const f = &j->values[i].f;
        bool const url = f->type == OBSERVABLE_URL;
        struct network_about about;
        struct around a;

        if (!f->defanged || f->type == OBSERVABLE_NONE)
            continue;
        if (f->type == OBSERVABLE_DOMAIN ||
            (url && f->dotted && !network_about_text(NULL, host_of_url(f->value), &about)))
            j->dotted_hosts++;
        if (f->type == OBSERVABLE_ADDRESS || f->type == OBSERVABLE_NETWORK ||
            (url && f->dotted && network_about_text(NULL, host_of_url(f->value), &about)))
            j->dotted_addresses++;
        j->defanged_urls += url;
        if (f->type == OBSERVABLE_MAIL && !is_publishers(j, host_of_value(&j->values[i]))) {
            around_of(&j->d.units[f->unit], f, &a);
            j->dotted_mails += !has(str_from(a.before, a.before.len > 60 ? a.before.len - 60 : 0), WORDS_CONTACT);
        }
    }
}

/* ---- telling ---- */

static str where_of(const struct judge *j, const struct value *v, char out[64]) {
    struct advisory_place const p = advisory_place_of(&j->d, &j->d.units[v->f.unit], v->f.at);
    int const n =
        j->d.paged ? snprintf(out, 64, "page %u, line %u", p.page, p.line) : snprintf(out, 64, "line %u", p.line);

    return (str){out, n > 0 ? (size_t)n : 0};
}

/* Was it put together over the end of a line? */
static bool is_rejoined(const struct judge *j, const struct value *v) {
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    struct advisory_place const from = advisory_place_of(&j->d, u, v->f.at),
                                to = advisory_place_of(&j->d, u, v->f.at + v->f.len - (v->f.len > 0));

    return from.at != to.at;
}

static bool tell_item(const struct judge *j, const struct answer *answer, struct err *e) {
    const struct value *const v = answer->best;
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    struct buf comment = {0};
    char where[64];
    struct intel_item item = item_new((enum observable)v->f.type, v->f.value, where_of(j, v, where));
    bool good;

    item.raw = (str){u->text.ptr + v->f.at, v->f.len};
    if (str_eq(item.raw, item.value))
        item.raw = S("");
    if (u->heading)
        item.title = j->d.units[u->heading - 1].text;
    comment_of(j, v, &comment);
    item.comment = utf8_first(buf_str(&comment), COMMENT_BYTES);
    item.confidence = (uint8_t)(v->confidence - (is_rejoined(j, v) ? 10 : 0));
    item.proposed = true;
    item.port = v->f.port;
    item.first_seen = answer->first_seen;
    item.last_seen = answer->last_seen;
    item.tlp = j->about.tlp;
    item.nature = (enum item_nature)v->nature;
    item.techniques = answer->techniques;
    item.groups = j->about.groups;
    item.malware = j->about.malware;
    item.origins = j->about.origins;
    good = comment.failed ? no_memory(e) : j->sink->item(j->sink->ctx, &item, e);
    buf_free(&comment);
    return good;
}

/* ---- what was taken speaks for what was not ---- */

/* Values that were taken: hosts, addresses' networks of 20 bits, names of files and their stems. */
struct agreed {
    uint64_t *slots;
    size_t mask;
    uint64_t seed;
};

enum agreed_of { AGREED_HOST = 1, AGREED_NEAR, AGREED_NAME, AGREED_STEM };

static bool agreed_has(const struct agreed *t, enum agreed_of of, str value, bool add) {
    uint64_t const h = hash_bytes(value, t->seed + of) | 1;

    for (size_t i = h >> 1;; i++) {
        uint64_t *const slot = &t->slots[i & t->mask];

        if (*slot == h)
            return true;
        if (!*slot) {
            if (add)
                *slot = h;
            return false;
        }
    }
}

/* The first 20 bits of an IPv4 address, as text of no other use. */
static str near_of(str address, char out[8]) {
    struct address a;

    if (!address_parse(address, &a) || a.family != 4)
        return S("");
    int const n = snprintf(out, 8, "%02x%02x%x", a.bytes[0], a.bytes[1], a.bytes[2] >> 4);

    return (str){out, n > 0 ? (size_t)n : 0};
}

static str stem_of(str name) {
    str const ending = advisory_file_ending(name);

    return ending.len ? str_first(name, name.len - ending.len - 1) : name;
}

static void agreed_add(const struct agreed *t, const struct value *v) {
    char room[8];
    str host = S(""), name = S("");

    switch (v->f.type) {
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_ADDRESS:
        host = v->canonical;
        break;
    case OBSERVABLE_URL:
        host = host_of_url(v->canonical);
        if (advisory_shared_host(host))
            host = S("");
        break;
    case OBSERVABLE_FILE_NAME:
        name = v->canonical;
        break;
    case OBSERVABLE_FILE_PATH:
        name = last_name(v->canonical);
        break;
    default:
        break;
    }
    if (host.len) {
        str const near = near_of(host, room);

        agreed_has(t, AGREED_HOST, host, true);
        if (near.len)
            agreed_has(t, AGREED_NEAR, near, true);
    }
    if (name.len && !advisory_common_file(name)) {
        agreed_has(t, AGREED_NAME, name, true);
        if (advisory_file_ending(name).len && stem_of(name).len >= 5)
            agreed_has(t, AGREED_STEM, stem_of(name), true);
    }
}

/* The host, or one that it is below. */
static bool agreed_host(const struct agreed *t, str host) {
    struct address a;

    if (address_parse(host, &a))
        return agreed_has(t, AGREED_HOST, host, false);
    while (memchr(host.ptr, '.', host.len)) {
        if (agreed_has(t, AGREED_HOST, host, false))
            return true;
        host = str_from(host, str_find_byte(host, '.') + 1);
    }
    return false;
}

static bool agreed_with(const struct judge *j, const struct agreed *t, const struct value *v) {
    const struct advisory_unit *const u = &j->d.units[v->f.unit];
    char room[8];
    struct around a;

    switch (v->f.type) {
    case OBSERVABLE_URL:
        return agreed_host(t, host_of_url(v->canonical));
    case OBSERVABLE_DOMAIN:
        return agreed_host(t, v->canonical);
    case OBSERVABLE_MAIL:
        around_of(u, &v->f, &a);
        return str_find(a.before, S("message-id")) == SIZE_MAX && !advisory_mail_service(host_of_value(v)) &&
               agreed_host(t, str_from(v->canonical, str_find_byte(v->canonical, '@') + 1));
    case OBSERVABLE_ADDRESS:
        return near_of(v->canonical, room).len ? agreed_has(t, AGREED_NEAR, near_of(v->canonical, room), false)
                                               : agreed_host(t, v->canonical);
    case OBSERVABLE_FILE_NAME:
        return agreed_has(t, AGREED_NAME, v->canonical, false);
    case OBSERVABLE_FILE_PATH:
        return agreed_has(t, AGREED_NAME, last_name(v->canonical), false);
    case OBSERVABLE_REGISTRY:
        return agreed_has(t, AGREED_STEM, last_name(v->canonical), false);
    default:
        return false;
    }
}

/* Judges all. What nothing spoke against is taken if its host, its name, its neighbourhood was. */
static bool agree_all(struct judge *j) {
    struct agreed t = {.mask = 15, .seed = hash_seed()};

    while (t.mask < 8 * j->count)
        t.mask = t.mask * 2 + 1;
    if (!(t.slots = calloc(t.mask + 1, sizeof *t.slots)))
        return false;
    for (size_t i = 0; i < j->count; i++) {
        j->values[i].taken = judge_value(j, &j->values[i]);
        if (j->values[i].taken)
            agreed_add(&t, &j->values[i]);
    }
    for (size_t i = 0; i < j->count; i++) {
        struct value *const v = &j->values[i];
        bool const open = v->why == why_link || v->why == why_plain || v->why == why_reference || v->why == why_file ||
                          v->why == why_key;

        if (!v->taken && open && j->d.units[v->f.unit].kind != ADVISORY_HEADING && agreed_with(j, &t, v)) {
            v->why = NULL;
            v->taken = take(v, 50);
        }
    }
    free(t.slots);
    return true;
}

/* An open table of what was told, by type, value and reason. */
struct told {
    uint32_t *slots; /* + 1 */
    size_t mask;
    uint64_t seed;
};

static uint32_t *slot_of(const struct told *t, const struct judge *j, const struct value *v, bool left) {
    uint64_t h = hash_bytes(v->canonical, t->seed + v->f.type);

    if (left)
        h = hash_bytes((str){(const char *)&v->why, sizeof v->why}, h);
    for (;; h++) {
        uint32_t *const slot = &t->slots[h & t->mask];
        const struct value *const o = *slot ? &j->values[*slot - 1] : NULL;

        if (!o || (o->f.type == v->f.type && str_eq(o->canonical, v->canonical) && (left ? o->why == v->why : !o->why)))
            return slot;
    }
}

static bool tell_all(struct judge *j, struct err *e) {
    struct told t = {.mask = 15, .seed = hash_seed()};
    struct answer *answers = NULL;
    uint32_t *which = NULL; /* of each value: its answer */
    size_t answer_count = 0;
    bool good = true;

    while (t.mask < 2 * j->count)
        t.mask = t.mask * 2 + 1;
    t.slots = calloc(t.mask + 1, sizeof *t.slots);
    answers = calloc(j->count + 1, sizeof *answers);
    which = calloc(j->count + 1, sizeof *which);
    if (!t.slots || !answers || !which || !agree_all(j))
        good = no_memory(e);
    for (size_t i = 0; good && i < j->count; i++) {
        struct value *const v = &j->values[i];
        bool const taken = v->taken;
        uint32_t *const slot = slot_of(&t, j, v, !taken);
        struct row_facts r = {.first_seen = INSTANT_NONE, .last_seen = INSTANT_NONE};
        struct answer *a;

        if (!taken) {
            if (*slot == 0) {
                char where[64];

                *slot = (uint32_t)i + 1;
                str const what = v->f.len ? (str){j->d.units[v->f.unit].text.ptr + v->f.at, v->f.len} : v->f.value;

                good = j->sink->left_out(j->sink->ctx, where_of(j, v, where), utf8_first(what, 512), str_of(v->why), e);
            }
            continue;
        }
        if (*slot == 0) {
            *slot = (uint32_t)i + 1;
            which[i] = (uint32_t)answer_count;
            answers[answer_count++] = (struct answer){.best = v, .first_seen = INSTANT_NONE, .last_seen = INSTANT_NONE};
        }
        a = &answers[which[*slot - 1]];
        if (v->confidence > a->best->confidence) {
            uint16_t const port = a->best->f.port;

            a->best = v;
            if (!v->f.port)
                v->f.port = port;
        }
        techniques_near(&a->techniques, &j->d.units[v->f.unit], &v->f);
        row_visit(&j->d, v->f.unit, cell_facts, &r);
        for (unsigned k = 0; k < r.techniques.count; k++)
            item_name_add(&a->techniques, r.techniques.names[k]);
        if (r.first_seen != INSTANT_NONE && (a->first_seen == INSTANT_NONE || r.first_seen < a->first_seen))
            a->first_seen = r.first_seen;
        if (r.last_seen != INSTANT_NONE && r.last_seen > a->last_seen)
            a->last_seen = r.last_seen;
        v->nature = (uint8_t)nature_of(j, v);
    }
    for (size_t i = 0; good && i < answer_count; i++)
        good = tell_item(j, &answers[i], e);
    free(t.slots);
    free(answers);
    free(which);
    return good;
}

static bool read_advisory(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct judge *const j = calloc(1, sizeof *j);
    bool good = true;

    if (!j)
        return no_memory(e);
    j->sink = sink;
    good = advisory_begin(&j->d, bytes, e);
    for (uint32_t i = 0; good && i < j->d.unit_count; i++)
        if (j->d.units[i].text.len && !advisory_find(&j->d, i, gather, j))
            good = no_memory(e);
    if (good && !sections_set(j))
        good = no_memory(e);
    if (good) {
        advisory_about_of(&j->d, about ? about->origin : S(""), &j->about);
        count_defanged(j);
        good = tell_all(j, e);
    }
    advisory_end(&j->d);
    free(j->values);
    free(j->sections);
    free(j);
    return good;
}

/* ---- is it one? ---- */

/* Text of a person: lines of several words. A list or a table has as many commas in each line. */
static int looks(str head) {
    size_t lines = 0, prose = 0, binary = 0, commas = SIZE_MAX, even = 0;
    static const str words[] = {STR("indicators of compromise"),
                                STR("tlp:"),
                                STR("iocs"),
                                STR("indicateurs de compromission"),
                                STR("indikatoren"),
                                STR("threat actor"),
                                STR("advisory")};
    bool words_too = false;

    if (advisory_is_html(head))
        return 3;
    if (str_starts(head, S("%PDF")) || str_starts(head, S("{")) || str_starts(head, S("<?xml")) ||
        (head.len && (*head.ptr == '[') && head.len > 1 && is_in(head.ptr[1], "{\"\n ")))
        return 0;
    for (size_t i = 0; i < head.len; i++)
        binary += (uint8_t)head.ptr[i] < 0x20 && !is_in(head.ptr[i], "\t\n\r\f");
    if (binary * 100 > head.len || head.len == 0)
        return str_starts(head, S("\xff\xfe")) ? 1 : 0;
    for (str rest = head; rest.len;) {
        size_t const end = str_find_byte(rest, '\n');
        str const line = str_trim(str_first(rest, end));
        size_t n = 0, separators = 0, letters = 0;

        for (size_t i = 0; i < line.len; i++) {
            bool const letter = (line.ptr[i] >= 'a' && line.ptr[i] <= 'z') ||
                                (line.ptr[i] >= 'A' && line.ptr[i] <= 'Z') || (uint8_t)line.ptr[i] >= 0x80;

            letters += letter;
            n += letter && letters >= 2 && (i + 1 == line.len || line.ptr[i + 1] == ' ');
            separators += line.ptr[i] == ',' || line.ptr[i] == ';';
        }
        if (line.len && *line.ptr != '#') {
            lines++;
            prose += n >= 5;
            even += separators >= 2 && separators == commas;
            commas = separators;
        }
        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
    }
    for (str rest = head; rest.len && !words_too;) {
        char room[512];
        str const piece = advisory_fold(str_first(rest, sizeof room), room, sizeof room);

        for (size_t i = 0; i < COUNT(words); i++)
            words_too = words_too || str_find(piece, words[i]) != SIZE_MAX;
        rest = str_from(rest, sizeof room - 32); /* a phrase that is cut is whole in the next */
    }
    if (lines > 3 && even * 10 >= lines * 8)
        return 0;
    /* Lists and tables come before in the order of importers: of two that are as sure, they are it. */
    return prose >= 1 || words_too ? 2 : 0;
}

const struct importer import_advisory = {"advisory", looks, read_advisory};
