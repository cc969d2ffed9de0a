/* advisory_about: what an advisory says of itself: its title, its number, its marking, who publishes it, whom it is about. */
#include "intel/advisory_own.h"

#include "intel/import_own.h"

#define TITLE_UNITS 12u
#define FOOT_UNITS 3u
#define HEAD_UNITS 40u   /* in which it says so */
#define HEAD_BYTES 3000u /* of their text */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c) {
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static size_t word_len(str s) {
    size_t n = 0;

    while (n < s.len && (is_alnum(s.ptr[n]) || s.ptr[n] == '-' || s.ptr[n] == '_' || (uint8_t)s.ptr[n] >= 0x80))
        n++;
    while (n && s.ptr[n - 1] == '-')
        n--;
    return n;
}

/* ---- the marking ---- */

/* "TLP:AMBER+STRICT" and how else people write it; *len: bytes behind TLP that say it. */
static enum tlp marking_at(str s) {
    static const str words[] = {STR("AMBER+STRICT"), STR("AMBER-STRICT"), STR("AMBER STRICT"), STR("CLEAR"),
                                STR("WHITE"),        STR("GREEN"),        STR("AMBER"),        STR("RED")};
    size_t at = 3;

    while (at < s.len && at < 8 && memchr(": -=_", s.ptr[at], 5))
        at++;
    if (at == 3)
        return TLP_NONE;
    for (size_t i = 0; i < COUNT(words); i++)
        if (s.len - at >= words[i].len && str_eq_ascii(str_first(str_from(s, at), words[i].len), words[i]) &&
            (at + words[i].len == s.len || !is_alnum(s.ptr[at + words[i].len])))
            return tlp_named(words[i]);
    return TLP_NONE;
}

static enum tlp marking_in(str text) {
    enum tlp most = TLP_NONE;

    for (size_t i = 0; i + 6 < text.len; i++)
        if ((text.ptr[i] == 'T' || text.ptr[i] == 't') && (i == 0 || !is_alnum(text.ptr[i - 1])) &&
            str_eq_ascii(str_first(str_from(text, i), 3), S("TLP")))
            most = tlp_stricter(most, marking_at(str_from(text, i)));
    return most;
}

/* A line of its own, or the running head of pages, marks the document; in sentences the first is meant, because what follows explains. */
static enum tlp marking_of(const struct advisory *d) {
    enum tlp most = marking_in(str_first(d->furniture, 1 << 16)), first = TLP_NONE;

    for (size_t i = 0; i < d->unit_count && i < HEAD_UNITS; i++) {
        str const text = str_first(d->units[i].text, HEAD_BYTES);
        enum tlp const here = marking_in(text);

        if (here == TLP_NONE)
            continue;
        if (text.len <= 64)
            most = tlp_stricter(most, here);
        else if (first == TLP_NONE)
            for (size_t at = 0; at + 6 < text.len && first == TLP_NONE; at++)
                if (str_eq_ascii(str_first(str_from(text, at), 3), S("TLP")))
                    first = marking_at(str_from(text, at));
    }
    return most != TLP_NONE ? most : first;
}

/* ---- its number ---- */

/* AA24-190A, CERTFR-2021-CTI-013, ICSA-21-..., NCSC-2024-001, CSW-2024-123456-1032: the bytes of one at the beginning of s. */
static size_t number_at(str s) {
    size_t const n = word_len(s);
    str const w = str_first(s, n);
    size_t letters = 0, dash;
    unsigned groups = 0;

    while (letters < w.len && is_upper(w.ptr[letters]))
        letters++;
    if (letters < 2 || letters == w.len)
        return 0;
    /* AA24-190A: two letters, the year, the day of the year. */
    if (letters == 2 && w.len >= 8 && w.len <= 9 && is_digit(w.ptr[2]) && is_digit(w.ptr[3]) && w.ptr[4] == '-' &&
        is_digit(w.ptr[5]) && is_digit(w.ptr[6]) && is_digit(w.ptr[7]))
        return w.len;
    dash = str_find_byte(w, '-');
    if (dash != letters || w.len > 40 || str_starts(w, S("CVE-")) || str_starts(w, S("CWE-")) ||
        str_starts(w, S("TLP-")) || str_starts(w, S("SHA-")) || str_starts(w, S("MD-")) || str_starts(w, S("RFC-")) ||
        str_starts(w, S("ISO-")) || str_starts(w, S("APT-")) || str_starts(w, S("UTF-")) || str_starts(w, S("GHSA-")))
        return 0;
    bool year = false;

    for (size_t from = dash + 1; from <= w.len; groups++) {
        size_t to = from;

        while (to < w.len && w.ptr[to] != '-')
            to++;
        str const part = {w.ptr + from, to - from};
        bool digits = part.len > 0;

        for (size_t i = 0; i < part.len; i++) {
            digits = digits && is_digit(part.ptr[i]);
            if (!is_digit(part.ptr[i]) && !is_upper(part.ptr[i]))
                return 0;
        }
        year = year ||
               (digits && (part.len == 2 || part.len == 4) &&
                (part.len == 2 || part.ptr[0] == '2' || part.ptr[0] == '1')) ||
               (digits && part.len == 8);
        from = to + 1;
    }
    return year && groups >= 2 ? w.len : 0;
}

static void numbers_of(struct advisory_about *about, str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (i && (is_alnum(text.ptr[i - 1]) || text.ptr[i - 1] == '-' || text.ptr[i - 1] == '/'))
            continue;
        size_t const n = number_at(str_from(text, i));

        if (n && about->origins.count < 2)
            item_name_add(&about->origins, (str){text.ptr + i, n});
    }
}

/* ---- whom it is about ---- */

/* Names that are names by their form. The whole of a name that two words make is told. */
static bool is_group(str first, str second, str *name) {
    static const char *const numbered[] = {"APT",  "UNC",  "UTA",    "UAC-",   "TA",   "FIN",
                                           "TAG-", "DEV-", "Storm-", "APT-C-", "UAT-", "CL-STA-"};
    static const char *const seconds[] = {"Typhoon", "Blizzard", "Sandstorm", "Sleet",   "Tempest", "Hail", "Rain",
                                          "Tsunami", "Flood",    "Cyclone",   "Squall",  "Panda",   "Bear", "Kitten",
                                          "Spider",  "Chollima", "Buffalo",   "Leopard", "Jackal",  "Wolf", "Tiger",
                                          "Saiga",   "Hawk",     "Ocelot",    "Lynx"};
    static const char *const before[] = {"BRONZE", "COBALT", "GOLD", "IRON", "NICKEL", "TIN", "ZINC", "CURIUM"};

    for (size_t i = 0; i < COUNT(numbered); i++) {
        str const p = str_of(numbered[i]);
        size_t digits = p.len;

        while (digits < first.len && is_digit(first.ptr[digits]))
            digits++;
        if (str_starts(first, p) && digits == first.len && digits > p.len && digits - p.len <= 5) {
            *name = first;
            return true;
        }
    }
    if (!second.len || !is_upper(*first.ptr) || first.len < 3 || second.ptr != first.ptr + first.len + 1)
        return false;
    *name = (str){first.ptr, (size_t)(second.ptr + second.len - first.ptr)};
    for (size_t i = 0; i < COUNT(seconds); i++)
        if (is_upper(*second.ptr) && str_eq_ascii(second, str_of(seconds[i])))
            return true;
    for (size_t i = 0; i < COUNT(before); i++)
        if (str_eq(first, str_of(before[i])) && second.len > 2 && is_upper(second.ptr[1]))
            return true;
    return false;
}

/* "Xyz ransomware": the name in front of what it is. */
static bool is_malware(str name, str what) {
    static const char *const kinds[] = {"ransomware", "malware", "backdoor", "stealer", "infostealer", "loader",
                                        "rat",        "botnet",  "trojan",   "wiper",   "rootkit",     "implant",
                                        "worm",       "dropper", "webshell", "spyware"};
    static const char *const no_names[] = {
        "the",     "a",         "an",        "new",      "novel",     "custom",         "linux",
        "windows", "android",   "macos",     "mobile",   "malicious", "stopransomware", "unknown",
        "this",    "that",      "these",     "advanced", "banking",   "remote",         "access",
        "modular", "commodity", "of",        "and",      "by",        "with",           "using",
        "deploy",  "deploys",   "deploying", "uses",     "php",       "python",         "fileless",
        "router",  "iot",       "stage",     "multi",    "analysis",  "report",         "against",
        "via",     "in",        "for",       "alert",    "targeting", "credential",     "information",
        "fake",    "eine",      "neue",      "die",      "der",       "nouveau",        "un",
        "le",      "rust",      "golang",    "go",       "net",       "java",           "powershell"};
    bool kind = false;

    for (size_t i = 0; i < COUNT(kinds); i++)
        kind = kind || str_eq_ascii(what, str_of(kinds[i]));
    if (!kind || name.len < 3 || (!is_upper(*name.ptr) && !is_digit(*name.ptr)))
        return false;
    for (size_t i = 0; i < COUNT(no_names); i++)
        if (str_eq_ascii(name, str_of(no_names[i])))
            return false;
    return true;
}

static void names_of(struct advisory_about *about, str title) {
    str before = S("");

    for (size_t i = 0; i < title.len;) {
        size_t const n = word_len(str_from(title, i));
        str const word = {title.ptr + i, n};
        str second = S(""), name;

        if (!n) {
            i++;
            continue;
        }
        if (i + n < title.len && title.ptr[i + n] == ' ')
            second = str_first(str_from(title, i + n + 1), word_len(str_from(title, i + n + 1)));
        if (is_group(word, second, &name))
            item_name_add(&about->groups, name);
        else if (before.len && before.ptr + before.len + 1 == word.ptr && is_malware(before, word))
            item_name_add(&about->malware, before);
        before = word;
        i += n;
    }
}

/* ---- who publishes it ---- */

static void publisher_add(struct advisory_about *about, str host) {
    bool known;
    str const domain = advisory_registered(host, &known);

    if (!domain.len || !known || advisory_shared_host(domain) || about->publisher_count == ADVISORY_PUBLISHERS_MAX)
        return;
    for (size_t i = 0; i < about->publisher_count; i++)
        if (str_eq_ascii(about->publishers[i], domain))
            return;
    about->publishers[about->publisher_count++] = domain;
}

static str host_of(str s) {
    size_t at = str_find(s, S("://")), end = 0;

    if (at != SIZE_MAX)
        s = str_from(s, at + 3);
    at = str_find_byte(s, '@');
    if (at != SIZE_MAX)
        s = str_from(s, at + 1);
    while (end < s.len && (is_alnum(s.ptr[end]) || s.ptr[end] == '-' || s.ptr[end] == '.'))
        end++;
    while (end && s.ptr[end - 1] == '.')
        end--;
    return str_first(s, end);
}

/* Hosts that are written as links in a text: http://host, www.host, name@host. */
static void hosts_of(struct advisory_about *about, str text) {
    for (size_t i = 0; i < text.len;) {
        size_t end = i;

        while (end < text.len && !memchr(" \t\n<>()\"|,", text.ptr[end], 10))
            end++;
        str const word = {text.ptr + i, end - i};

        if (!advisory_is_defanged(word) && (str_find(word, S("://")) != SIZE_MAX || str_starts(word, S("www.")) ||
                                            (str_find_byte(word, '@') != SIZE_MAX && str_find_byte(word, '@') > 0)))
            publisher_add(about, host_of(word));
        i = end + 1;
    }
}

/* What stands before a colon in the head of a document: its number, its date. "Subject" is the title of a mail. */
static bool is_head_line(str s) {
    static const char *const words[] = {"id",
                                        "date",
                                        "number",
                                        "reference",
                                        "version",
                                        "tlp",
                                        "from",
                                        "to",
                                        "cc",
                                        "sent",
                                        "distribution",
                                        "status",
                                        "product id",
                                        "alert code",
                                        "classification",
                                        "objet",
                                        "datum",
                                        "von",
                                        "an",
                                        "nummer",
                                        "stand",
                                        "published",
                                        "updated",
                                        "author",
                                        "authors",
                                        "reading time",
                                        "gestion",
                                        "original release date",
                                        "last revised",
                                        "contact",
                                        "document number",
                                        "report number"};
    char room[48];
    str const f = advisory_fold(str_trim(s), room, sizeof room);

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(f, str_of(words[i])))
            return true;
    return false;
}

/* Lines of its head that may be its title: no sentences, no "Number: ...", up to the first heading that only says what part it is. */
static void titles_of(const struct advisory *d, struct advisory_about *about) {
    bool any = false;

    for (size_t i = 0; i < d->unit_count && i < TITLE_UNITS; i++) {
        const struct advisory_unit *const u = &d->units[i];
        size_t const colon = str_find_byte(u->text, ':');
        size_t words = u->text.len > 0;

        for (size_t k = 0; k < u->text.len; k++)
            words += u->text.ptr[k] == ' ';
        if (u->kind == ADVISORY_HEADING && u->section != SECTION_NONE && any)
            break;
        if (u->text.len > 200 || words < 3 || str_ends(u->text, S(".")) || u->kind == ADVISORY_RULE ||
            u->kind == ADVISORY_HREF || advisory_is_defanged(u->text) ||
            (colon != SIZE_MAX && is_head_line(str_first(u->text, colon))))
            continue;
        names_of(about, u->text);
        any = true;
    }
}

/* A line that says who writes, not one that links: few words, or those that ask to be written to. */
static bool is_imprint(str text) {
    char room[304];
    size_t words = 1;

    for (size_t i = 0; i < text.len; i++)
        words += text.ptr[i] == ' ';
    str const f = advisory_fold(text, room, sizeof room);

    return words <= 3 || str_starts(f, S("from:")) || str_starts(f, S("von:")) || str_starts(f, S("de :")) ||
           advisory_first(f, WORDS_CONTACT, NULL) != SIZE_MAX;
}

/* The last lines: whom to write to, whose it is. */
static bool is_foot(str text) {
    char room[304];

    return str_find(text, S("\xc2\xa9")) != SIZE_MAX || str_find(text, S("opyright")) != SIZE_MAX ||
           advisory_first(advisory_fold(text, room, sizeof room), WORDS_CONTACT, NULL) != SIZE_MAX;
}

/* A heading over what publishers say of themselves. */
static bool is_own(str text) {
    static const char *const begins[] = {"about ", "contact", "kontakt", "impressum", "imprint", "a propos", "uber "};
    char room[32];
    str const f = advisory_fold(text, room, sizeof room);

    for (size_t i = 0; i < COUNT(begins); i++)
        if (str_starts(f, str_of(begins[i])))
            return true;
    return false;
}

void advisory_about_of(const struct advisory *d, str origin, struct advisory_about *about) {
    size_t most = 0, seen = 0, bytes = 0;

    memset(about, 0, sizeof *about);
    about->tlp = marking_of(d);
    numbers_of(about, str_first(d->furniture, 1 << 16));
    for (size_t i = 0; i < d->unit_count && bytes < HEAD_BYTES && seen < 15; i++) {
        str const text = str_first(d->units[i].text, 300);

        if (d->units[i].kind == ADVISORY_RULE || d->units[i].kind == ADVISORY_HREF || !text.len)
            continue;
        bytes += d->units[i].text.len;
        numbers_of(about, text);
        if (seen++ < 8 && is_imprint(text))
            hosts_of(about, text);
    }
    titles_of(d, about);
    hosts_of(about, str_first(d->furniture, 1 << 16));
    for (size_t i = 0; i < d->unit_count; i++) {
        const struct advisory_unit *const u = &d->units[i];

        if (u->kind != ADVISORY_HEADING && u->kind != ADVISORY_RULE && u->kind != ADVISORY_HREF && u->text.len <= 300 &&
            ((u->heading && is_own(d->units[u->heading - 1].text)) ||
             (i + FOOT_UNITS >= d->unit_count && is_foot(u->text) && !advisory_is_defanged(u->text))))
            hosts_of(about, u->text);
    }
    if (origin.len) {
        item_name_add(&about->origins, origin);
        if (str_find(origin, S("://")) != SIZE_MAX)
            publisher_add(about, host_of(origin));
    }
    /* Most links of a page lead to its own site. */
    for (size_t i = 0; i < d->link_count; i++)
        if (d->links[i].count > d->links[most].count)
            most = i;
    if (d->link_count && d->links[most].count >= 3)
        publisher_add(about, d->links[most].domain);
}
