/* advisory_find: what stands in a unit that may be an indicator, as it is written and as it is meant. Nothing is judged here but form.
 *
 * A unit is read once from left to right: at each beginning of a word a path or key, else a word up to a blank or a delimiter. Words that
 * are defanged with blanks around (evil [.] com) are one. A value that was found is passed over, so that nothing is torn out of it. */
#include "intel/advisory_own.h"

#include <libpsl.h>

#include "base/address.h"

#define TOKEN_BYTES_MAX 4096u
#define HOST_BYTES_MAX 253u /* RFC 1035 2.3.4: what is longer is no host */
#define AHEAD_BYTES 160u    /* of what stands behind a delimiter, to tell whether a value begins there */
#define LABEL_BYTES_MAX 48u
#define ROWS_BACK 64u /* units that are looked through for the type of a row */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_hex(char c) {
    return is_digit(c) || (small(c) >= 'a' && small(c) <= 'f');
}

static bool is_letter(char c) {
    return small(c) >= 'a' && small(c) <= 'z';
}

static bool is_alnum(char c) {
    return is_digit(c) || is_letter(c);
}

static bool is_in(char c, const char *set) {
    return c && strchr(set, c) != NULL;
}

static bool starts(str s, const char *with) {
    str const w = str_of(with);

    return s.len >= w.len && str_eq_ascii(str_first(s, w.len), w);
}

static size_t words_of(str s) {
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] != ' ' && (i == 0 || s.ptr[i - 1] == ' ');
    return n;
}

/* ---- defanging ---- */

/* evil\.com: the backslash of an expression that was taken for a value, or of somebody's own invention. */
static bool escaped_point(str all, size_t at) {
    return all.ptr[at] == '\\' && at && is_alnum(all.ptr[at - 1]) && at + 2 < all.len && all.ptr[at + 1] == '.' &&
           is_alnum(all.ptr[at + 2]);
}

/* [.], (dot), { @ }, [://]: its bytes, or 0. Also [.com, if it is behind a word. */
static size_t fang(str all, size_t at) {
    static const char *const signs[] = {"://", "//", ".", ":", "/", "@", "dot", "d0t", "punkt", "point", "at"};
    char const open = all.ptr[at], close = open == '[' ? ']' : open == '(' ? ')' : open == '{' ? '}' : 0;
    size_t i = at + 1;

    if (!close)
        return 0;
    while (i < all.len && (all.ptr[i] == ' ' || all.ptr[i] == open) && i - at < 4)
        i++;
    for (size_t k = 0; k < COUNT(signs); k++) {
        if (!starts(str_from(all, i), signs[k]))
            continue;
        size_t end = i + strlen(signs[k]);

        while (end < all.len && all.ptr[end] == ' ' && end - i < 8)
            end++;
        if (end < all.len && all.ptr[end] == close) {
            end++;
            while (end < all.len && all.ptr[end] == close && all.ptr[at + 1] == open)
                end++;
            return end - at;
        }
        if (open == '[' && *signs[k] == '.' && i == at + 1 && at > 0 && is_alnum(all.ptr[at - 1]) && i + 1 < all.len &&
            is_alnum(all.ptr[i + 1]))
            return 2;
    }
    return 0;
}

static bool is_fanged_scheme(str s) {
    static const char *const schemes[] = {"hxxp",   "hxtp",   "htxp", "h**p", "h__p", "h++p",
                                          "h[tt]p", "h[xx]p", "meow", "fxp",  "fxxp"};

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (starts(s, schemes[i])) {
            str rest = str_from(s, strlen(schemes[i]));

            if (rest.len && small(*rest.ptr) == 's')
                rest = str_from(rest, 1);
            return starts(rest, ":") || starts(rest, "[:") || starts(rest, "(:");
        }
    return false;
}

static bool has_fang(str token) {
    for (size_t i = 0; i < token.len; i++) {
        if ((is_in(token.ptr[i], "[({") && fang(token, i)) || escaped_point(token, i))
            return true;
        if (token.ptr[i] == '.' && i && i + 2 < token.len && token.ptr[i + 1] == ']' && is_alnum(token.ptr[i - 1]) &&
            is_alnum(token.ptr[i + 2]))
            return true;
        if ((uint8_t)token.ptr[i] == 0xef && i && i + 3 < token.len && memcmp(token.ptr + i, "\xef\xbc\x8e", 3) == 0 &&
            is_alnum(token.ptr[i - 1]))
            return true;
    }
    return false;
}

bool advisory_is_defanged(str token) {
    for (size_t i = 0; i < token.len; i++)
        if (is_in(token.ptr[i], "hHmMfF") && (i == 0 || !is_alnum(token.ptr[i - 1])) &&
            is_fanged_scheme(str_from(token, i)))
            return true;
    return has_fang(token);
}

/* ---- forms ---- */

static size_t hex_run(str s) {
    size_t n = 0;

    while (n < s.len && is_hex(s.ptr[n]))
        n++;
    return n;
}

/* d.d.d.d at the beginning: its bytes. */
static size_t quad(str s) {
    size_t at = 0;

    for (unsigned part = 0; part < 4; part++) {
        size_t n = 0;

        while (at + n < s.len && is_digit(s.ptr[at + n]))
            n++;
        if (n == 0 || n > 3)
            return 0;
        at += n;
        if (part < 3) {
            if (at >= s.len || s.ptr[at] != '.')
                return 0;
            at++;
        }
    }
    return at < s.len && (is_alnum(s.ptr[at]) || (s.ptr[at] == '.' && at + 1 < s.len && is_digit(s.ptr[at + 1]))) ? 0
                                                                                                                  : at;
}

static bool begins_path(str s) {
    static const char *const begins[] = {
        "HKLM\\",      "HKCU\\",          "HKCR\\",       "HKU\\",         "HKEY_", "HKLM:", "HKCU:",
        "Registry::",  "Computer\\HK",    "\\Registry\\", "\\\\.\\pipe\\", "%",     "$env:", "\\Users\\",
        "\\Windows\\", "\\ProgramData\\", "\\AppData\\",  "\\Temp\\",      "~/"};
    /* At the top of Unix machines. */
    static const char *const tops[] = {"tmp/",  "var/",  "etc/",     "usr/",     "bin/",          "sbin/",
                                       "opt/",  "home/", "root/",    "dev/shm/", "lib/",          "lib64/",
                                       "mnt/",  "srv/",  "Library/", "Users/",   "Applications/", "private/",
                                       "data/", "run/",  "flash/",   "storage/"};

    for (size_t i = 0; s.len && *s.ptr == '/' && i < COUNT(tops); i++)
        if (str_starts(str_from(s, 1), str_of(tops[i])))
            return true;
    if (s.len > 3 && is_letter(s.ptr[0]) && s.ptr[1] == ':' && (s.ptr[2] == '\\' || s.ptr[2] == '/') && s.ptr[3] != '/')
        return true;
    for (size_t i = 0; i < COUNT(begins); i++)
        if (starts(s, begins[i])) {
            if (*begins[i] == '%') { /* %name%\ */
                size_t const end = str_find_byte(str_from(s, 1), '%');

                return end != SIZE_MAX && end > 1 && end < 32 && end + 2 < s.len && is_in(s.ptr[end + 2], "\\/");
            }
            return true;
        }
    return false;
}

bool advisory_begins_value(str text) {
    while (text.len && is_in(*text.ptr, "(\"'`<[{*"))
        text = str_from(text, 1);
    if (!text.len)
        return false;
    str const token = str_first(text, str_find_byte(text, ' '));

    return starts(text, "http://") || starts(text, "https://") || advisory_is_defanged(token) || quad(token) ||
           (hex_run(token) >= 16 && (hex_run(token) == token.len ||
                                     (!is_alnum(token.ptr[hex_run(token)]) && token.ptr[hex_run(token)] != '_'))) ||
           begins_path(text);
}

bool advisory_has_value(str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((i == 0 || is_in(text.ptr[i - 1], " \"'`(<=:,;|\t")) && text.ptr[i] != ' ' &&
            advisory_begins_value(str_first(str_from(text, i), AHEAD_BYTES)))
            return true;
    return false;
}

str advisory_registered(str host, bool *known) {
    char room[256];
    const char *registered;
    size_t top = host.len;

    *known = false;
    if (host.len == 0 || host.len >= sizeof room)
        return S("");
    for (size_t i = 0; i < host.len; i++)
        room[i] = small(host.ptr[i]);
    room[host.len] = '\0';
    while (top && room[top - 1] != '.')
        top--;
    *known = psl_is_public_suffix2(psl_builtin(), room + top, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
    registered = psl_registrable_domain(psl_builtin(), room);
    return registered ? str_from(host, (size_t)(registered - room)) : S("");
}

/* Endings that files of programs, scripts, documents and archives have. */
str advisory_file_ending(str name) {
    static const char endings[] =
        " exe dll sys scr bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk msi msp jar py pyc pyd sh elf so bin dat tmp "
        "iso img vhd vhdx zip rar "
        "7z cab gz tgz tar xz doc docx docm dot dotm xls xlsx xlsm xlsb xll ppt pptx pptm rtf pdf php asp aspx ashx "
        "jsp jspx war class apk dmg pkg plist conf "
        "cfg ini txt log db sqlite pl rb lua ko o out cpl ocx drv efi chm xml json yml yaml html htm hwp hwpx eml msg "
        "ics one csv swf inf job "
        "url svg png jpg jpeg gif bmp ico mui ax tlb mof wasm bash dylib app scpt command key pem ";
    static const size_t longest = 8;
    size_t at = name.len;
    char key[16] = " ";

    while (at && name.ptr[at - 1] != '.')
        at--;
    if (at < 2 || name.len == at || name.len - at > longest)
        return S("");
    for (size_t i = at; i < name.len; i++)
        key[1 + i - at] = small(name.ptr[i]);
    key[1 + name.len - at] = ' ';
    const char *const found = strstr(endings, key);

    return found ? (str){found + 1, name.len - at} : S("");
}

/* ---- labels of a unit ---- */

static bool same_row(const struct advisory_unit *a, const struct advisory_unit *b) {
    return a->row && a->row == b->row && a->table == b->table;
}

/* "The following mutexes were created:", or a heading that is a label. */
static enum advisory_label label_over(const struct advisory *d, const struct advisory_unit *u) {
    str const intro = u->intro ? d->units[u->intro - 1].text : S(""),
              heading = u->heading ? d->units[u->heading - 1].text : S("");
    enum advisory_label label = LABEL_NONE;

    if (u->kind != ADVISORY_ENTRY && u->kind != ADVISORY_CODE &&
        !(u->kind == ADVISORY_PROSE && u->text.len && is_in(*u->text.ptr, "\"`")))
        return LABEL_NONE;
    if (intro.len && intro.len <= 96 && str_ends(intro, S(":")))
        label = advisory_label_of(intro);
    if (label == LABEL_NONE && advisory_is_label(heading))
        label = advisory_label_of(heading);
    switch (label) {
    case LABEL_MUTEX:
    case LABEL_USER_AGENT:
    case LABEL_REGISTRY:
    case LABEL_FILE:
    case LABEL_PATH:
    case LABEL_MAIL:
    case LABEL_JA3:
    case LABEL_IMPHASH:
        return label;
    default:
        return LABEL_NONE;
    }
}

/* What the column, the row, the line above say. */
static enum advisory_label label_around(const struct advisory *d, uint32_t unit) {
    const struct advisory_unit *const u = &d->units[unit];
    enum advisory_label const label = (enum advisory_label)u->header_label;

    if (u->kind != ADVISORY_CELL)
        return u->above != LABEL_NONE ? (enum advisory_label)u->above : label_over(d, u);
    if (label != LABEL_NONE && label != LABEL_ANY && label != LABEL_FILE && label != LABEL_HASH)
        return label;
    /* Of the row, to either side; else of a row above that reaches down. */
    uint32_t from = unit, to = unit;

    while (from > 0 && unit - from < ROWS_BACK && same_row(u, &d->units[from - 1]))
        from--;
    while (to + 1 < d->unit_count && to - unit < ROWS_BACK && same_row(u, &d->units[to + 1]))
        to++;
    for (uint32_t i = from; i <= to; i++)
        if (i != unit && d->units[i].header_label == LABEL_TYPE) {
            enum advisory_label const of = advisory_label_of(d->units[i].text);

            return of != LABEL_NONE ? of : label;
        }
    for (uint32_t i = from; i < unit; i++)
        if (d->units[i].column < u->column && !d->units[i].header.len && advisory_is_label(d->units[i].text))
            return advisory_label_of(d->units[i].text);
    for (uint32_t i = from; i-- > 0 && unit - i < ROWS_BACK && d->units[i].table == u->table;)
        if (d->units[i].header_label == LABEL_TYPE) {
            enum advisory_label const of = advisory_label_of(d->units[i].text);

            return of != LABEL_NONE ? of : label;
        }
    return label;
}

/* "SHA-256: ..." at the beginning: where the value begins, or 0. */
static size_t label_in_front(str text, enum advisory_label *label) {
    size_t at = str_find_byte(str_first(text, LABEL_BYTES_MAX), ':');

    if (at == SIZE_MAX) {
        at = str_find(str_first(text, LABEL_BYTES_MAX), S(" = "));
        at = at == SIZE_MAX ? at : at + 1;
    }
    if (at == SIZE_MAX || at + 1 >= text.len || !advisory_is_label(str_first(text, at)))
        return 0;
    if (text.ptr[at + 1] != ' ' && text.ptr[at] == ':' && is_in(text.ptr[at + 1], "/\\"))
        return 0;
    *label = advisory_label_of(str_first(text, at));
    at++;
    while (at < text.len && text.ptr[at] == ' ')
        at++;
    return at;
}

/* The words right in front of a value that say what it is: "the MD5 hash ", "JA3: ". */
static enum advisory_label label_before(str text, size_t at) {
    size_t from = at, words = 0;

    while (from && at - from < 40 && words < 5) {
        char const c = text.ptr[from - 1];

        if (is_in(c, ".;,)]|") || (c == ' ' && from < at && text.ptr[from] != ' ' && ++words == 5))
            break;
        from--;
    }
    return advisory_label_of((str){text.ptr + from, at - from});
}

/* ---- reading a unit ---- */

struct reading {
    struct advisory *d;
    const struct advisory_unit *u;
    uint32_t unit;
    str text;
    enum advisory_label label; /* of the whole unit, from at `label_from` on */
    size_t label_from;
    bool (*found)(void *ctx, const struct advisory_found *f);
    void *ctx;
    bool going;
};

static void tell(struct reading *r, const struct advisory_found *f) {
    struct advisory_found g = *f;

    g.unit = r->unit;
    if (!r->going)
        return;
    if (g.value.len && (g.value.ptr < r->text.ptr || g.value.ptr > r->text.ptr + r->text.len) &&
        !arena_copy(r->d->a, g.value, &g.value))
        r->going = false;
    else
        r->going = r->found(r->ctx, &g);
}

static bool canonical(enum observable type, str value) {
    struct buf out = {0};
    const char *why;
    bool const good = observable_canonical(type, value, &out, &why);

    buf_free(&out);
    return good;
}

/* Without quotation marks and the like around. */
static str bare(str s) {
    static const str marks[] = {STR("\""),
                                STR("'"),
                                STR("`"),
                                STR("\xe2\x80\x9c"),
                                STR("\xe2\x80\x9d"),
                                STR("\xe2\x80\x9e"),
                                STR("\xe2\x80\x98"),
                                STR("\xe2\x80\x99"),
                                STR("\xc2\xab"),
                                STR("\xc2\xbb"),
                                STR(" ")};

    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < COUNT(marks); i++) {
            if (str_starts(s, marks[i])) {
                s = str_from(s, marks[i].len);
                more = true;
            }
            if (str_ends(s, marks[i]) && s.len) {
                s = str_first(s, s.len - marks[i].len);
                more = true;
            }
        }
    }
    return s;
}

/* n/a, -, none, unknown. */
static bool is_nothing(str s) {
    static const char *const words[] = {
        "-",    "--",    "n/a",       "na",    "none",    "unknown", "not available", "not applicable",
        "k.a.", "keine", "unbekannt", "aucun", "inconnu", "various", "tbd",           "s.o.",
        "n.a."};
    char room[32];
    str const f = advisory_fold(str_trim(s), room, sizeof room);

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(f, str_of(words[i])))
            return true;
    return f.len < 2;
}

/* `creates the mutex Global\x`. */
static bool named_object(str text, size_t at) {
    return starts(str_from(text, at), "Global\\") || starts(str_from(text, at), "Local\\");
}

static bool is_technique(str s) {
    if (s.len != 5 && s.len != 9)
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (i == 5 ? s.ptr[i] != '.' : !is_digit(s.ptr[i]))
            return false;
    return s.ptr[0] == 'T';
}

/* Values that are known by their label alone: all of what stands behind it. True: there is nothing else in the unit. */
static bool whole_value(struct reading *r) {
    static const struct {
        uint8_t label, type, words;
    } types[] = {{LABEL_MUTEX, OBSERVABLE_MUTEX, 6},
                 {LABEL_USER_AGENT, OBSERVABLE_USER_AGENT, 60},
                 {LABEL_SERIAL, OBSERVABLE_CERTIFICATE, 40},
                 {LABEL_SERVICE, OBSERVABLE_SERVICE, 8},
                 {LABEL_SUBJECT, OBSERVABLE_SUBJECT, 30}};
    str rest = str_trim(str_from(r->text, r->label_from));

    if (rest.len > 2 && is_in(rest.ptr[rest.len - 1], ",;") && is_in(rest.ptr[rest.len - 2], "\"'")) /* of JSON */
        rest = str_first(rest, rest.len - 1);
    str const value = bare(rest);

    for (size_t i = 0; i < COUNT(types); i++) {
        if (types[i].label != r->label)
            continue;
        if (types[i].label != LABEL_SERIAL && types[i].label != LABEL_USER_AGENT && advisory_has_value(value) &&
            !named_object(value, 0) && str_find(value, S("\\\\.\\pipe\\")) != 0)
            return false;
        if (is_nothing(value) || words_of(value) > types[i].words || advisory_is_label(value) || is_technique(value))
            return true;
        if (types[i].type == OBSERVABLE_CERTIFICATE) {
            size_t digits = 0;

            for (size_t k = 0; k < value.len; k++)
                digits += is_hex(value.ptr[k]);
            if (digits < 8)
                return true;
        }
        if (types[i].type == OBSERVABLE_MUTEX && str_find(value, S(". ")) != SIZE_MAX)
            return true;
        if (canonical((enum observable)types[i].type, value))
            tell(r, &(struct advisory_found){.at = (uint32_t)(value.ptr - r->text.ptr),
                                             .len = (uint32_t)value.len,
                                             .type = types[i].type,
                                             .label = (uint8_t)r->label,
                                             .whole = true,
                                             .value = value});
        return true;
    }
    return false;
}

static enum observable hash_type(size_t digits) {
    return digits == 32    ? OBSERVABLE_MD5
           : digits == 40  ? OBSERVABLE_SHA1
           : digits == 64  ? OBSERVABLE_SHA256
           : digits == 128 ? OBSERVABLE_SHA512
                           : OBSERVABLE_NONE;
}

/* ---- paths and keys ---- */

/* The place behind the closing mark of what was opened in front of `at`, or SIZE_MAX. */
static size_t closing(str text, size_t at) {
    static const struct {
        str open, close;
    } marks[] = {{STR("\""), STR("\"")},
                 {STR("`"), STR("`")},
                 {STR("\xe2\x80\x9c"), STR("\xe2\x80\x9d")},
                 {STR("\xe2\x80\x9e"), STR("\xe2\x80\x9c")},
                 {STR("\xe2\x80\x98"), STR("\xe2\x80\x99")},
                 {STR("\xc2\xab"), STR("\xc2\xbb")},
                 {STR("'"), STR("'")}};

    for (size_t i = 0; i < COUNT(marks); i++)
        if (str_ends(str_first(text, at), marks[i].open)) {
            size_t const end = str_find(str_first(str_from(text, at), 400), marks[i].close);

            return end == SIZE_MAX ? SIZE_MAX : at + end;
        }
    return SIZE_MAX;
}

static size_t path_end(const struct reading *r, size_t at, bool key) {
    str const text = r->text;
    size_t end = closing(text, at), i = at;
    bool const labelled =
        (r->label == LABEL_PATH || r->label == LABEL_REGISTRY || r->label == LABEL_FILE || r->label == LABEL_ANY);
    bool const unix_like = text.ptr[at] == '/' || text.ptr[at] == '~';

    if (end != SIZE_MAX)
        return end;
    for (;;) {
        while (i < text.len && !is_in(text.ptr[i], " \"`<>|\t,;") && !(text.ptr[i] == ',' || text.ptr[i] == ';'))
            i++;
        /* <user> and the like within. */
        if (i < text.len && text.ptr[i] == '<' && i > at && is_in(text.ptr[i - 1], "\\/")) {
            size_t const close = str_find_byte(str_first(str_from(text, i), 40), '>');

            if (close != SIZE_MAX) {
                i += close + 1;
                continue;
            }
        }
        if (i >= text.len || text.ptr[i] != ' ' || unix_like || is_in(text.ptr[i - 1], ".,;:)\"'"))
            break;
        /* A blank within a name: a backslash follows before the path could have ended, or an ending of a file. */
        size_t next = i, words = 0;
        bool more = false;
        size_t component = i;

        while (component > at && text.ptr[component - 1] != '\\')
            component--;
        bool const ended = !key && advisory_file_ending((str){text.ptr + component, i - component}).len > 0;

        while (!ended && next < text.len && words < 4 && !more) {
            size_t stop = next + 1;

            while (stop < text.len && text.ptr[stop] != ' ')
                stop++;
            str const word = {text.ptr + next + 1, stop - next - 1};

            if (begins_path(word) || advisory_is_defanged(word) || is_in(word.len ? *word.ptr : ' ', "/-=") ||
                (is_in(word.len ? *word.ptr : ' ', "(") && !starts(word, "(x86)")))
                break;
            size_t const slash = str_find_byte(word, '\\');

            if (slash != SIZE_MAX && slash > 0) {
                more = true;
            } else if (!key && labelled && words < 3 && advisory_file_ending(word).len) {
                i = stop;
                return i;
            }
            words++;
            next = stop;
            if (!more && word.len && is_in(word.ptr[word.len - 1], ".,;:"))
                break;
        }
        if (more) {
            i = next;
            /* Up to the end of the word with the backslash. */
            continue;
        }
        if (key && r->label == LABEL_REGISTRY && i > at) { /* names of values have blanks */
            str const rest = str_from(text, i);

            if (words_of(rest) <= 3 && !memchr(rest.ptr, '=', rest.len) && !memchr(rest.ptr, '(', rest.len) &&
                !memchr(rest.ptr, ':', rest.len) && !memchr(rest.ptr, '"', rest.len))
                return text.len;
        }
        break;
    }
    return i;
}

/* A path or key that begins at `at`: how many bytes it takes. */
static size_t path_read(struct reading *r, size_t at) {
    str const all = str_from(r->text, at);
    bool const pipe = starts(all, "\\\\.\\pipe\\"), key = starts(all, "HK") || starts(all, "Registry::") ||
                                                          starts(all, "Computer\\HK") || starts(all, "\\Registry\\");
    size_t const end = path_end(r, at, key);
    struct buf clean = {0};
    str raw = {r->text.ptr + at, end - at}, value;
    struct advisory_found f = {.at = (uint32_t)at,
                               .label = (uint8_t)r->label,
                               .type = pipe  ? OBSERVABLE_MUTEX
                                       : key ? OBSERVABLE_REGISTRY
                                             : OBSERVABLE_FILE_PATH};

    if (raw.len > TOKEN_BYTES_MAX)
        return raw.len;
    while (raw.len && (is_in(raw.ptr[raw.len - 1], ".,;:)]}'\"`>* ") || (key && raw.ptr[raw.len - 1] == '\\'))) {
        /* A bracket that was opened in it belongs to it. */
        if (raw.ptr[raw.len - 1] == ')' && memchr(raw.ptr, '(', raw.len))
            break;
        if (raw.ptr[raw.len - 1] == '}' && memchr(raw.ptr, '{', raw.len))
            break;
        if (raw.ptr[raw.len - 1] == '>' && memchr(raw.ptr, '<', raw.len))
            break;
        raw.len--;
    }
    f.len = (uint32_t)raw.len;
    f.whole = end == r->text.len && at == r->label_from;
    f.defanged = observable_refang(raw, &clean);
    value = f.defanged ? buf_str(&clean) : raw;
    f.value = value;
    if (!key && !pipe && value.len) {
        size_t name = value.len;

        while (name && !is_in(value.ptr[name - 1], "\\/"))
            name--;
        str const last = str_from(value, name);
        bool const windows = memchr(value.ptr, '\\', value.len) != NULL;

        if (last.len == 0 ||
            (windows && str_find_byte(last, '.') == SIZE_MAX && !(f.whole && r->label == LABEL_FILE))) {
            f.type = OBSERVABLE_NONE;
            f.why = "a folder, not a file";
        } else if (memchr(last.ptr, '*', last.len) || memchr(last.ptr, '?', last.len)) {
            f.type = OBSERVABLE_NONE;
            f.why = "a pattern of names, not a name";
        }
    }
    if (raw.len >= 4 && (f.type == OBSERVABLE_NONE || canonical((enum observable)f.type, value)))
        tell(r, &f);
    buf_free(&clean);
    return end - at ? end - at : 1;
}

/* ---- words ---- */

static bool is_cve(str s) {
    return s.len >= 13 && starts(s, "CVE-") && is_digit(s.ptr[4]) && s.ptr[8] == '-' && is_digit(s.ptr[9]);
}

/* Host and port of `s`, up to a slash; *behind: what follows. */
static str host_part(str s, uint16_t *port, str *behind) {
    size_t at = 0, colon;
    uint64_t number;

    if (s.len && *s.ptr == '[') {
        at = str_find_byte(s, ']');
        at = at == SIZE_MAX ? s.len : at + 1;
    }
    while (at < s.len && !is_in(s.ptr[at], "/?#"))
        at++;
    *behind = str_from(s, at);
    s = str_first(s, at);
    *port = 0;
    colon = s.len;
    while (colon && is_digit(s.ptr[colon - 1]))
        colon--;
    if (colon > 1 && s.ptr[colon - 1] == ':' && colon < s.len &&
        (s.ptr[colon - 2] == ']' || str_find_byte(s, ':') == colon - 1) &&
        str_u64(str_from(s, colon), 65535, &number) && number) {
        *port = (uint16_t)number;
        s = str_first(s, colon - 1);
    }
    if (s.len > 2 && *s.ptr == '[' && s.ptr[s.len - 1] == ']')
        s = (str){s.ptr + 1, s.len - 2};
    return s;
}

static bool has_capital(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
            return true;
    return false;
}

/* Names of classes and packages begin so. */
static bool is_package(str s) {
    static const char *const begins[] = {"com.",    "org.",         "net.",    "io.",        "java.",
                                         "javax.",  "android.",     "system.", "microsoft.", "windows.",
                                         "kernel.", "process.",     "file.",   "event.",     "user.",
                                         "source.", "destination.", "winlog.", "http.",      "dns."};

    for (size_t i = 0; i < COUNT(begins); i++)
        if (starts(s, begins[i]))
            return true;
    return false;
}

/* A host that is no address: may it be one? defanged: somebody said so. */
static bool is_host(str host, bool defanged) {
    bool known;
    size_t top = host.len;

    if (!canonical(OBSERVABLE_DOMAIN, host))
        return false;
    while (top && host.ptr[top - 1] != '.')
        top--;
    str const last = str_from(host, top);

    (void)advisory_registered(host, &known);
    if (known || str_eq_ascii(last, S("onion")) || str_eq_ascii(last, S("i2p")) || str_eq_ascii(last, S("bit")))
        return true;
    for (size_t i = 0; i < last.len; i++)
        if ((uint8_t)last.ptr[i] >= 0x80)
            return true;
    /* An ending that there is not, in a name that somebody took the trouble to defang: in-house, or for examples. */
    return starts(last, "xn--") ||
           (defanged && advisory_file_ending(host).len == 0 && last.len >= 2 && is_letter(*last.ptr));
}

/* A file's name as one word. */
static bool is_file_word(str s) {
    if (s.len > 200 || !advisory_file_ending(s).len || *s.ptr == '.')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !is_in(s.ptr[i], "._-+~()$@![]{}%&#'") && (uint8_t)s.ptr[i] < 0x80)
            return false;
    /* cache_[0-9]{4}.aspx is an expression. */
    for (size_t i = 0; i + 2 < s.len; i++)
        if ((s.ptr[i] == '[' && s.ptr[i + 2] == '-') || (s.ptr[i] == '{' && is_digit(s.ptr[i + 1])))
            return false;
    /* 1.2.exe may be, 3.14 not: an ending has a letter, which is what the list has. */
    return true;
}

/* The word: what it is. value: without defanging. */
static void word_read(struct reading *r, size_t at, str raw, str value, bool defanged) {
    enum advisory_label label = r->label != LABEL_NONE && at >= r->label_from ? r->label : label_before(r->text, at);
    struct advisory_found f = {
        .at = (uint32_t)at, .len = (uint32_t)raw.len, .label = (uint8_t)label, .defanged = defanged, .value = value};
    size_t scheme = str_find(str_first(value, 16), S("://"));
    str host, behind;
    struct address a;
    bool known;

    f.whole = at <= r->label_from && at + raw.len + 1 >= r->text.len;
    f.dotted = has_fang(
        scheme == SIZE_MAX || str_find(raw, S("//")) == SIZE_MAX ? raw : str_from(raw, str_find(raw, S("//"))));
    if (scheme != SIZE_MAX) {
        for (size_t i = 0; i < scheme; i++)
            if (!is_letter(value.ptr[i]))
                return;
        str inner = str_from(value, scheme + 3);
        size_t const user = str_find_byte(inner, '@'), slash = str_find_byte(inner, '/');

        if (user != SIZE_MAX && (slash == SIZE_MAX || user < slash)) /* user:password@host */
            inner = str_from(inner, user + 1);
        host = host_part(inner, &f.port, &behind);
        if (!host.len)
            return;
        if ((starts(value, "tcp:") || starts(value, "udp:") || starts(value, "tls:") || starts(value, "ssl:")) &&
            behind.len <= 1) {
            value = str_first(inner, inner.len - behind.len);
        } else {
            f.type = OBSERVABLE_URL;
            f.port = 0;
            if (!address_parse(host, &a) && !is_host(host, defanged)) {
                if (defanged) {
                    f.type = OBSERVABLE_NONE;
                    f.why = "its host is no name that there can be";
                    tell(r, &f);
                }
                return;
            }
            if (!canonical(OBSERVABLE_URL, value)) {
                f.type = OBSERVABLE_NONE;
                f.why = starts(value, "http") ? "cut short, or no address of the web" : "not an address of the web";
                if (defanged)
                    tell(r, &f);
                return;
            }
            tell(r, &f);
            return;
        }
    }
    f.value = value;
    if (str_find_byte(value, '@') != SIZE_MAX) {
        size_t const sign = str_find_byte(value, '@');
        str mail = value;

        if (starts(mail, "mailto:"))
            mail = str_from(mail, 7);
        (void)advisory_registered(str_from(value, sign + 1), &known);
        if ((known || f.dotted) && canonical(OBSERVABLE_MAIL, mail)) {
            f.type = OBSERVABLE_MAIL;
            f.value = mail;
            tell(r, &f);
        }
        return;
    }
    host = host_part(value, &f.port, &behind);
    if (address_parse(host, &a) &&
        (a.family == 4 || (str_find_byte(host, ':') != SIZE_MAX && (defanged || host.len >= 8)))) {
        uint64_t bits;

        f.value = host;
        if (a.family == 4 && quad(host) != host.len)
            return;
        if (behind.len == 0) {
            f.type = OBSERVABLE_ADDRESS;
        } else if (str_u64(str_from(behind, 1), a.family == 4 ? 32 : 128, &bits) && *behind.ptr == '/') {
            f.value = (str){host.ptr, (size_t)(behind.ptr + behind.len - host.ptr)};
            f.type = OBSERVABLE_NETWORK;
            if (bits == (a.family == 4 ? 32 : 128)) {
                f.value = host;
                f.type = OBSERVABLE_ADDRESS;
            }
            if (f.type == OBSERVABLE_NETWORK && !canonical(OBSERVABLE_NETWORK, f.value))
                return;
        } else {
            f.value = value;
            f.type = OBSERVABLE_URL;
            f.port = 0;
            if (!canonical(OBSERVABLE_URL, value))
                return;
        }
        tell(r, &f);
        return;
    }
    if (is_host(host, defanged) && str_find_byte(host, '.') != SIZE_MAX) {
        bool const path = behind.len > 0, file = !path && !f.port && advisory_file_ending(host).len > 0;
        bool const said = label == LABEL_DOMAIN || label == LABEL_URL;

        if (defanged && (!file || label != LABEL_FILE || f.whole)) {
            if (!(file && label == LABEL_FILE)) {
                f.type = path && behind.len >= 1 ? OBSERVABLE_URL : OBSERVABLE_DOMAIN;
                f.value = path ? value : host;
                if (f.type == OBSERVABLE_URL)
                    f.port = 0;
                if (canonical((enum observable)f.type, f.value))
                    tell(r, &f);
                return;
            }
        } else if (!defanged && (!file || said) && !is_package(host) && (said || !has_capital(host))) {
            f.type = path ? OBSERVABLE_URL : OBSERVABLE_DOMAIN;
            f.value = path ? value : host;
            if (path)
                f.port = 0;
            if (canonical((enum observable)f.type, f.value))
                tell(r, &f);
            return;
        }
    }
    f.port = 0;
    if (is_file_word(value) && canonical(OBSERVABLE_FILE_NAME, value)) {
        f.type = OBSERVABLE_FILE_NAME;
        f.value = value;
        tell(r, &f);
    }
}

/* A serial number, which the words in front say it is. */
static bool serial_read(struct reading *r, size_t at, str raw) {
    size_t digits = 0;

    for (size_t i = 0; i < raw.len; i++)
        if (is_hex(raw.ptr[i]))
            digits++;
        else if (raw.ptr[i] != ':')
            return false;
    if (digits < 8 || digits > 40 || label_before(r->text, at) != LABEL_SERIAL ||
        !canonical(OBSERVABLE_CERTIFICATE, raw))
        return false;
    tell(r, &(struct advisory_found){.at = (uint32_t)at,
                                     .len = (uint32_t)raw.len,
                                     .type = OBSERVABLE_CERTIFICATE,
                                     .label = LABEL_SERIAL,
                                     .value = raw});
    return true;
}

/* "serial 6f 1c 90 22 ...", in pairs as Windows shows it: its bytes, or 0. */
static size_t spaced_serial_read(struct reading *r, size_t at) {
    str const text = r->text;
    size_t end = at, pairs = 0;

    while (end + 1 < text.len && is_hex(text.ptr[end]) && is_hex(text.ptr[end + 1]) &&
           (end + 2 == text.len || !is_alnum(text.ptr[end + 2]))) {
        pairs++;
        end += 2;
        if (end + 2 >= text.len || text.ptr[end] != ' ' || !is_hex(text.ptr[end + 1]))
            break;
        end++;
    }
    str const raw = str_trim((str){text.ptr + at, end - at});

    if (pairs < 4 || pairs > 20 || label_before(text, at) != LABEL_SERIAL || !canonical(OBSERVABLE_CERTIFICATE, raw))
        return 0;
    tell(r, &(struct advisory_found){.at = (uint32_t)at,
                                     .len = (uint32_t)raw.len,
                                     .type = OBSERVABLE_CERTIFICATE,
                                     .label = LABEL_SERIAL,
                                     .value = raw});
    return end - at;
}

/* Digits of hashes in a word that is no address: each run of a hash's length. True: there was one. */
static bool hashes_read(struct reading *r, size_t at, str raw) {
    bool any = false;
    size_t pairs = 0;

    /* AB:CD:...: fingerprints of certificates are hashes. */
    for (size_t i = 0; i + 1 < raw.len && is_hex(raw.ptr[i]) && is_hex(raw.ptr[i + 1]); i += 3) {
        pairs++;
        if (i + 2 == raw.len && hash_type(2 * pairs)) {
            enum advisory_label const label = r->label != LABEL_NONE ? r->label : label_before(r->text, at);
            char digits[128];
            size_t len = 0;

            for (size_t k = 0; k < raw.len && len < sizeof digits; k++)
                if (raw.ptr[k] != ':')
                    digits[len++] = raw.ptr[k];
            tell(r, &(struct advisory_found){.at = (uint32_t)at,
                                             .len = (uint32_t)raw.len,
                                             .type = (uint8_t)hash_type(len),
                                             .label = (uint8_t)label,
                                             .value = {digits, len},
                                             .whole = raw.len == r->text.len});
            return true;
        }
        if (i + 2 < raw.len && raw.ptr[i + 2] != ':')
            break;
    }
    for (size_t i = 0; i < raw.len;) {
        size_t const n = hex_run(str_from(raw, i));

        if (n == 0) {
            i++;
            continue;
        }
        bool const begins = i == 0 || !is_alnum(raw.ptr[i - 1]), ends = i + n == raw.len || !is_alnum(raw.ptr[i + n]);

        if (begins && ends && hash_type(n)) {
            enum advisory_label label = label_before(r->text, at + i);
            enum observable type = hash_type(n);
            struct advisory_found f = {.at = (uint32_t)(at + i), .len = (uint32_t)n, .value = {raw.ptr + i, n}};

            if (label == LABEL_NONE || label == LABEL_HASH || label == LABEL_ANY || label == LABEL_FILE)
                label = r->label != LABEL_NONE ? r->label : label;
            if (type == OBSERVABLE_MD5 && label == LABEL_JA3)
                type = OBSERVABLE_JA3;
            if (type == OBSERVABLE_MD5 && label == LABEL_IMPHASH)
                type = OBSERVABLE_IMPHASH;
            f.type = (uint8_t)type;
            f.label = (uint8_t)label;
            f.whole = n == r->text.len - r->label_from;
            /* A file that is called after its hash. */
            if (i + n < raw.len && raw.ptr[i + n] == '.' && advisory_file_ending(raw).len) {
                f.len = (uint32_t)(raw.len - i);
                f.value = str_from(raw, i);
                f.type = OBSERVABLE_FILE_NAME;
                i = raw.len - n;
            }
            tell(r, &f);
            any = true;
        } else if (begins && ends && n == 96) {
            tell(r, &(struct advisory_found){.at = (uint32_t)(at + i),
                                             .len = (uint32_t)n,
                                             .value = {raw.ptr + i, n},
                                             .why = "SHA-384, which logs do not hold"});
            any = true;
        }
        i += n;
    }
    return any;
}

/* JA4: t13d1516h2_8daaf6152771_02713d6af862. */
static bool is_ja4(str s) {
    return s.len == 36 && s.ptr[10] == '_' && s.ptr[23] == '_' && is_in(s.ptr[0], "tqd") &&
           canonical(OBSERVABLE_JA4, s);
}

static str footnote_off(str s) {
    size_t at = s.len;

    if (s.len > 3 && s.ptr[s.len - 1] == ']') {
        at--;
        while (at && is_digit(s.ptr[at - 1]))
            at--;
        if (at > 1 && s.ptr[at - 1] == '[' && at < s.len - 1)
            return str_first(s, at - 1);
    }
    return s;
}

static str trimmed(str s) {
    for (bool more = true; more && s.len;) {
        char const first = *s.ptr, last = s.ptr[s.len - 1];

        more = false;
        if (is_in(last, ".,;:!?'\"*`~") || (uint8_t)last >= 0x80) {
            /* A name may end in a letter of any script; signs of other sorts are no part of a value. */
            if ((uint8_t)last < 0x80) {
                s = str_first(s, s.len - 1);
                more = true;
            } else {
                static const str marks[] = {STR("\xe2\x80\x9c"), STR("\xe2\x80\x9d"), STR("\xe2\x80\x9e"),
                                            STR("\xe2\x80\x98"), STR("\xe2\x80\x99"), STR("\xc2\xab"),
                                            STR("\xc2\xbb"),     STR("\xe2\x80\xa6"), STR("\xe2\x80\xa0"),
                                            STR("\xc2\xb9"),     STR("\xc2\xb2"),     STR("\xc2\xb3"),
                                            STR("\xe2\x80\xa1")};

                for (size_t i = 0; i < COUNT(marks) && !more; i++)
                    if (str_ends(s, marks[i])) {
                        s = str_first(s, s.len - marks[i].len);
                        more = true;
                    }
            }
            if (more)
                continue;
        }
        if (is_in(last, ")]}")) {
            char const open = last == ')' ? '(' : last == ']' ? '[' : '{';
            size_t opens = 0, closes = 0;

            for (size_t i = 0; i < s.len; i++) {
                opens += s.ptr[i] == open;
                closes += s.ptr[i] == last;
            }
            if (closes > opens) {
                s = str_first(s, s.len - 1);
                more = true;
            } else if (first == open && !fang(s, 0)) {
                s = (str){s.ptr + 1, s.len - 2};
                more = true;
            }
        }
        str const noted = footnote_off(s);

        if (noted.len < s.len) {
            s = noted;
            more = true;
        }
    }
    while (s.len && (is_in(*s.ptr, "'\"*`.,;:!?=-/") || (is_in(*s.ptr, "([{") && !fang(s, 0)))) {
        if (*s.ptr == '[' && memchr(s.ptr, ']', s.len) && memchr(s.ptr, ':', s.len)) /* [2001:db8::1]:443 */
            break;
        s = str_from(s, 1);
    }
    return s;
}

static bool is_mark(str s, size_t *len) {
    static const str marks[] = {STR("\xe2\x80\x9c"), STR("\xe2\x80\x9d"), STR("\xe2\x80\x9e"), STR("\xe2\x80\x98"),
                                STR("\xe2\x80\x99"), STR("\xc2\xab"),     STR("\xc2\xbb"),     STR("\xe2\x80\xa2"),
                                STR("\xe2\x86\x92"), STR("\xe2\x80\x93"), STR("\xe2\x80\x94")};

    for (size_t i = 0; i < COUNT(marks); i++)
        if (str_starts(s, marks[i])) {
            *len = marks[i].len;
            return true;
        }
    return false;
}

static bool is_common_top(str s) {
    static const char tops[] =
        " com net org info biz io ru cn de fr uk eu xyz top site online club cc tv kr jp br nl pl ch ";
    char key[16] = " ";

    if (s.len < 2 || s.len > 8)
        return false;
    for (size_t i = 0; i < s.len; i++)
        key[i + 1] = small(s.ptr[i]);
    key[s.len + 1] = ' ';
    return strstr(tops, key) != NULL;
}

/* A label of a host at `at`: its bytes. */
static size_t host_label(str text, size_t at) {
    size_t n = 0;

    while (at + n < text.len && (is_alnum(text.ptr[at + n]) || text.ptr[at + n] == '-'))
        n++;
    return n;
}

static bool is_article(str s) {
    static const char *const words[] = {"the", "a",   "an",  "this", "that", "each", "every", "of", "no",
                                        "one", "der", "die", "das",  "le",   "la",   "un",    "ein"};
    char room[16];

    s = advisory_fold(s, room, sizeof room);
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(s, str_of(words[i])))
            return true;
    return false;
}

/* Do the words in front speak of mail? "pages at example dot org" are none. */
static bool spelt_mail(str text, size_t at) {
    char room[48];
    size_t const from = at > 40 ? at - 40 : 0;

    return str_find(advisory_fold((str){text.ptr + from, at - from}, room, sizeof room), S("mail")) != SIZE_MAX;
}

/* " dot com", " at host dot com" behind a word that ended at `at`: the place behind, or `at`. */
static size_t spelt_end(str text, size_t from, size_t at) {
    size_t end = at, host = 0; /* the bytes of the host */
    str const first = {text.ptr + from, at - from};

    if (first.len < 2 || host_label(text, from) != first.len || is_article(first))
        return at;
    if (starts(str_from(text, end), " at ") && spelt_mail(text, from)) {
        size_t const n = host_label(text, end + 4);

        if (!n || !starts(str_from(text, end + 4 + n), " dot "))
            return at;
        end += 4 + n;
    }
    while (starts(str_from(text, end), " dot ")) {
        size_t const n = host_label(text, end + 5);

        host += 1 + n;
        if (!n || host > HOST_BYTES_MAX)
            return at;
        if (!starts(str_from(text, end + 5 + n), " dot "))
            return is_common_top((str){text.ptr + end + 5, n}) ? end + 5 + n : at;
        end += 5 + n;
    }
    return at;
}

static bool str_find_scheme(str s) {
    return str_find(str_first(s, 16), S("//")) != SIZE_MAX;
}

/* An address of four numbers, defanged or not. */
static bool begins_quad(str s) {
    size_t at = 0;

    for (unsigned part = 0; part < 4; part++) {
        size_t n = 0;

        while (n < 3 && at + n < s.len && is_digit(s.ptr[at + n]))
            n++;
        at += n;
        if (n == 0)
            return false;
        if (part == 3)
            return true;
        if (at < s.len && s.ptr[at] == '.')
            at++;
        else if (at < s.len && is_in(s.ptr[at], "[({") && fang(s, at))
            at += fang(s, at);
        else
            return false;
    }
    return false;
}

/* The end of the word that begins at `at`. */
static size_t word_end(str text, size_t at) {
    size_t end = at, mark;

    while (end < text.len && end - at < TOKEN_BYTES_MAX) {
        char const c = text.ptr[end];

        if (c == ' ' || c == '\t') {
            /* evil [.] com */
            if (end + 2 < text.len && is_in(text.ptr[end + 1], "[({")) {
                size_t const n = fang(text, end + 1);

                if (n > 2 && end > at && is_alnum(text.ptr[end - 1])) {
                    end += 1 + n;
                    if (end + 1 < text.len && text.ptr[end] == ' ' && is_alnum(text.ptr[end + 1]))
                        end++;
                    continue;
                }
            }
            size_t const spelt = spelt_end(text, at, end);

            return spelt;
        }
        if (is_in(c, "[({")) {
            size_t const n = fang(text, end);

            if (n) {
                end += n;
                if (n > 2 && end + 1 < text.len && text.ptr[end] == ' ' && is_alnum(text.ptr[end + 1]) &&
                    text.ptr[end - n + 1] != ':' && memchr(text.ptr + at, ' ', end - at))
                    end++;
                continue;
            }
        }
        /* a[.]com/b[.]com, 1.2.3[.]4-1.2.3[.]9: two values; a path begins like none. */
        if (end > at && (c == '/' || c == '-') && end + 1 < text.len && text.ptr[end - 1] != '/' &&
            text.ptr[end + 1] != '/' && !str_find_scheme((str){text.ptr + at, end - at}) &&
            (c == '/' ? advisory_begins_value(str_first(str_from(text, end + 1), AHEAD_BYTES))
                      : begins_quad(str_from(text, end + 1))))
            break;
        if (escaped_point(text, end)) {
            end += 2;
            continue;
        }
        if (is_in(c, "\"`<>|\\") || (is_mark(str_from(text, end), &mark)))
            break;
        if (c == ']' && end + 1 < text.len && text.ptr[end + 1] == '(') /* Markdown */
            break;
        if ((c == ',' || c == ';') && end > at) {
            str const behind = str_first(str_from(text, end + 1), AHEAD_BYTES);

            if (behind.len == 0 || *behind.ptr == ' ' || advisory_begins_value(behind) ||
                str_find_byte(str_first((str){text.ptr + at, end - at}, 16), '/') == SIZE_MAX)
                break;
        }
        end++;
    }
    return end;
}

/* Names in quotes behind a word that says what they are: a mutex named "x". */
static size_t quoted_read(struct reading *r, size_t at) {
    size_t mark = 1;
    char room[64];
    size_t end;

    if (!is_in(r->text.ptr[at], "\"`'") && !is_mark(str_from(r->text, at), &mark))
        return 0;
    if (r->text.ptr[at] == '\'' && at && is_alnum(r->text.ptr[at - 1]))
        return 0;
    end = closing(r->text, at + mark);
    if (end == SIZE_MAX)
        return 0;
    str const inner = str_trim((str){r->text.ptr + at + mark, end - at - mark});
    str const before =
        advisory_fold(str_first(str_from(r->text, at > 56 ? at - 56 : 0), at > 56 ? 56 : at), room, sizeof room);
    struct advisory_found f = {.at = (uint32_t)(inner.ptr - r->text.ptr), .len = (uint32_t)inner.len, .value = inner};

    if (inner.len < 3 || inner.len > 300)
        return 0;
    static const char *const agents[] = {"user agent", "user-agent", "agent utilisateur", "agent-utilisateur"};
    size_t agent = SIZE_MAX;

    for (size_t i = 0; i < COUNT(agents) && agent == SIZE_MAX; i++)
        agent = str_find(before, str_of(agents[i]));
    size_t const mutex =
        str_find(before, S("mutex")) != SIZE_MAX ? str_find(before, S("mutex")) : str_find(before, S("named pipe"));

    if (agent != SIZE_MAX && before.len - agent < 40 && inner.len >= 6) {
        f.type = OBSERVABLE_USER_AGENT;
        f.label = LABEL_USER_AGENT;
    } else if (mutex != SIZE_MAX && before.len - mutex < 32 && words_of(inner) <= 4) {
        f.type = OBSERVABLE_MUTEX;
        f.label = LABEL_MUTEX;
    } else if (str_find_byte(inner, ' ') != SIZE_MAX && words_of(inner) <= 8 && advisory_file_ending(inner).len &&
               str_find_byte(inner, '\\') == SIZE_MAX && str_find_byte(inner, '/') == SIZE_MAX && inner.len < 120) {
        /* A name with blanks; a command line begins with a program. */
        if (advisory_file_ending(str_first(inner, str_find_byte(inner, ' '))).len)
            return 0;
        f.type = OBSERVABLE_FILE_NAME;
    } else {
        return 0;
    }
    if (!canonical((enum observable)f.type, inner))
        return 0;
    tell(r, &f);
    return end - at;
}

/* evil\.com without its backslashes. */
static str without_escapes(struct arena *a, str raw) {
    char *to;
    size_t len = 0;

    if (!memchr(raw.ptr, '\\', raw.len) || !(to = arena_bytes(a, raw.len)))
        return raw;
    for (size_t i = 0; i < raw.len; i++)
        if (!escaped_point(raw, i))
            to[len++] = raw.ptr[i];
    return (str){to, len};
}

/* login [.] example: without the blanks around brackets. */
static str without_blanks(struct arena *a, str raw) {
    char *to;
    size_t len = 0;

    if (!memchr(raw.ptr, ' ', raw.len) || !has_fang(raw) || !(to = arena_bytes(a, raw.len)))
        return raw;
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] != ' ' ||
            (i && i + 1 < raw.len && !is_in(raw.ptr[i + 1], "[({])}") && !is_in(raw.ptr[i - 1], "])}[({")))
            to[len++] = raw.ptr[i];
    return (str){to, len};
}

bool advisory_find(struct advisory *d, uint32_t unit, bool (*found)(void *ctx, const struct advisory_found *f),
                   void *ctx) {
    const struct advisory_unit *const u = &d->units[unit];
    struct reading r = {.d = d, .u = u, .unit = unit, .text = u->text, .found = found, .ctx = ctx, .going = true};
    enum advisory_label inner;
    size_t mark;

    if (u->kind == ADVISORY_RULE) {
        tell(&r, &(struct advisory_found){.len = (uint32_t)u->text.len,
                                          .value = u->text,
                                          .why = "a detection rule: it is to be added as such"});
        return r.going;
    }
    r.label = label_around(d, unit);
    if (u->kind != ADVISORY_CELL || r.label == LABEL_NONE || r.label == LABEL_ANY || r.label == LABEL_NOTE) {
        size_t const at = label_in_front(u->text, &inner);

        if (at) {
            r.label = inner;
            r.label_from = at;
        }
    }
    if ((u->kind == ADVISORY_CELL || u->kind == ADVISORY_ENTRY || r.label_from ||
         (u->kind == ADVISORY_PROSE && r.label == LABEL_USER_AGENT)) &&
        whole_value(&r))
        return r.going;
    if (r.label == LABEL_FILE && words_of(str_from(r.text, r.label_from)) > 1) { /* a name with blanks */
        str const rest = bare(str_from(r.text, r.label_from));

        if (words_of(rest) <= 8 && advisory_file_ending(rest).len && !memchr(rest.ptr, '\\', rest.len) &&
            !memchr(rest.ptr, '/', rest.len) && !memchr(rest.ptr, ',', rest.len) && !memchr(rest.ptr, ';', rest.len) &&
            !memchr(rest.ptr, '(', rest.len) && !advisory_is_defanged(rest) &&
            !advisory_file_ending(str_first(rest, str_find_byte(rest, ' '))).len) {
            tell(&r, &(struct advisory_found){.at = (uint32_t)(rest.ptr - r.text.ptr),
                                              .len = (uint32_t)rest.len,
                                              .type = OBSERVABLE_FILE_NAME,
                                              .label = LABEL_FILE,
                                              .whole = true,
                                              .value = rest});
            return r.going;
        }
    }
    for (size_t i = r.label_from; i < r.text.len && r.going;) {
        char const c = r.text.ptr[i];
        size_t took;

        if (c == ' ' || c == '\t') {
            i++;
            continue;
        }
        if ((took = quoted_read(&r, i)) > 0 || (took = spaced_serial_read(&r, i)) > 0) {
            i += took;
            continue;
        }
        if (is_in(c, "\"`'<>|") || (c == '(' && !fang(r.text, i)) ||
            (c == '[' && !fang(r.text, i) && begins_path(str_from(r.text, i + 1)))) {
            i++;
            continue;
        }
        if (is_mark(str_from(r.text, i), &mark)) {
            i += mark;
            continue;
        }
        if (begins_path(str_from(r.text, i))) {
            i += path_read(&r, i);
            continue;
        }
        if (named_object(r.text, i)) {
            size_t end = i;

            while (end < r.text.len && !is_in(r.text.ptr[end], " \"`,;<>|)"))
                end++;
            str value = trimmed((str){r.text.ptr + i, end - i});

            if (value.len > 8 && canonical(OBSERVABLE_MUTEX, value))
                tell(&r, &(struct advisory_found){.at = (uint32_t)i,
                                                  .len = (uint32_t)value.len,
                                                  .type = OBSERVABLE_MUTEX,
                                                  .label = LABEL_MUTEX,
                                                  .value = value});
            i = end;
            continue;
        }
        size_t const end = word_end(r.text, i);
        str const raw = trimmed((str){r.text.ptr + i, end - i});
        size_t const at = raw.len ? (size_t)(raw.ptr - r.text.ptr) : i;
        bool interesting = raw.len >= 4;

        if (interesting && begins_path(raw)) { /* (C:\x, path=/tmp/x */
            i = at + path_read(&r, at);
            continue;
        }
        if (interesting) {
            struct buf clean = {0};
            str const closed = without_escapes(r.d->a, without_blanks(r.d->a, raw));
            bool const fanged =
                (advisory_is_defanged(raw) || memchr(raw.ptr, ' ', raw.len)) && observable_refang(closed, &clean);
            bool const defanged = fanged || (closed.len < raw.len && memchr(raw.ptr, '\\', raw.len));
            str value = fanged ? buf_str(&clean) : defanged ? closed : raw;

            if (clean.failed) {
                buf_free(&clean);
                return false;
            }
            if (is_cve(raw)) {
                tell(&r, &(struct advisory_found){.at = (uint32_t)at,
                                                  .len = (uint32_t)raw.len,
                                                  .value = raw,
                                                  .why = "a vulnerability, not an indicator"});
            } else if (is_technique(raw)) {
                tell(&r, &(struct advisory_found){.at = (uint32_t)at,
                                                  .len = (uint32_t)raw.len,
                                                  .value = raw,
                                                  .label = LABEL_TYPE,
                                                  .why = "an ATT&CK technique, kept with what stands beside it"});
            } else if (serial_read(&r, at, raw)) {
                ; /* told */
            } else if (is_ja4(raw)) {
                tell(&r, &(struct advisory_found){.at = (uint32_t)at,
                                                  .len = (uint32_t)raw.len,
                                                  .type = OBSERVABLE_JA4,
                                                  .label = LABEL_JA4,
                                                  .value = raw});
            } else {
                bool const addressy = defanged || str_find(str_first(raw, 16), S("://")) != SIZE_MAX;

                if (raw.len < 32 || addressy || str_find_byte(raw, '/') != SIZE_MAX || !hashes_read(&r, at, raw)) {
                    /* url=http://..., C2:evil[.]com */
                    size_t skip = 0;

                    if (defanged && str_find(str_first(value, 8), S("://")) == SIZE_MAX) {
                        size_t const inside = str_find(value, S("http"));

                        if (inside != SIZE_MAX && inside > 0 && is_in(value.ptr[inside - 1], "=:(\"'") && inside < 64)
                            skip = inside;
                    }
                    if (str_find_byte(value, '.') != SIZE_MAX || str_find_byte(value, ':') != SIZE_MAX ||
                        str_find_byte(value, '@') != SIZE_MAX)
                        word_read(&r, at, raw, str_from(value, skip), defanged);
                }
            }
            buf_free(&clean);
        }
        i = end > i ? end : i + 1;
    }
    return r.going;
}
