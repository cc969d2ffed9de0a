/* person_list: published lists into persons: OFAC's XML and CSV, the two lists of the United Kingdom as CSV. docs/formats/persons.md. */
#include <assert.h>

#include "base/utf.h"
#include "codec/charset.h"
#include "codec/csv.h"
#include "codec/xml.h"
#include "intel/person_own.h"

#define COLUMNS_MAX 128u
#define HEAD_LINES 5u               /* of which one holds the names of columns */
#define ENTRY_MAX ((size_t)8 << 20) /* bytes of one entry's texts */

static const str none = {"", 0};

struct reading {
    struct persons *p;
    str name;
    struct arena *a; /* of one entry or row */
    bool failed;     /* no memory amid rows; e says so */
    struct err *e;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for lists of persons");
}

static bool small_eq(str s, const char *word) {
    return str_eq_ascii(str_trim(s), str_of(word));
}

/* "-0-" is nothing (OFAC's specification). */
static str something(str s) {
    s = str_trim(s);
    return str_eq(s, S("-0-")) ? none : s;
}

static enum person_type type_of(str s) {
    static const struct {
        const char *word;
        enum person_type type;
    } words[] = {{"individual", PERSON_INDIVIDUAL},
                 {"entity", PERSON_COMPANY},
                 {"ship", PERSON_SHIP},
                 {"vessel", PERSON_SHIP},
                 {"aircraft", PERSON_AIRCRAFT}};

    for (size_t i = 0; i < COUNT(words); i++)
        if (small_eq(s, words[i].word))
            return words[i].type;
    return PERSON_UNSAID;
}

/* ---- OFAC, XML ---- */

enum element {
    UID,
    FIRST_NAME,
    LAST_NAME,
    TYPE,
    REMARKS,
    PROGRAM,
    ID_TYPE,
    ID_NUMBER,
    ID_COUNTRY,
    CATEGORY,
    COUNTRY,
    BIRTH,
    ELEMENTS
};
static const char *const elements[ELEMENTS] = {"uid",       "firstName", "lastName", "sdnType",
                                               "remarks",   "program",   "idType",   "idNumber",
                                               "idCountry", "category",  "country",  "dateOfBirth"};

struct entry {
    struct person_building *person;
    str said[ELEMENTS];  /* of the entry itself, or of the part of it that is open */
    str whole[ELEMENTS]; /* of the entry */
};

static bool remarks_read(struct reading *r, struct person_building *to, str remarks);

/* A part of an entry is over: an alias, a number, a nationality, a date. */
static bool part_over(struct reading *r, struct entry *x, str part) {
    struct persons *const p = r->p;
    str const *const s = x->said;

    if (!x->person)
        return true;
    if (str_eq(part, S("aka")))
        return person_add_name(p, x->person, s[FIRST_NAME], s[LAST_NAME], false, small_eq(s[CATEGORY], "weak"), r->e);
    if (str_eq(part, S("id")))
        return person_add_labelled(p, x->person, s[ID_TYPE], s[ID_NUMBER], s[ID_COUNTRY], r->e);
    if (str_eq(part, S("nationality")) || str_eq(part, S("citizenship")))
        return person_add_text(p, x->person, TEXT_COUNTRY, s[COUNTRY], r->e);
    if (str_eq(part, S("dateOfBirthItem")))
        return person_add_text(p, x->person, TEXT_BIRTH, s[BIRTH], r->e);
    if (str_eq(part, S("program")))
        return person_add_text(p, x->person, TEXT_PROGRAMME, s[PROGRAM], r->e);
    return true;
}

static bool entry_over(struct reading *r, struct entry *x) {
    if (!x->person) {
        person_row_odd(r->p);
        return true;
    }
    x->person->type = type_of(x->whole[TYPE]);
    return person_add_name(r->p, x->person, x->whole[FIRST_NAME], x->whole[LAST_NAME], true, false, r->e) &&
           (!x->whole[REMARKS].len || remarks_read(r, x->person, x->whole[REMARKS]));
}

/* The number stands in front of all else in an entry (OFAC's schema is a sequence). */
static bool text_over(struct reading *r, struct entry *x, str name, str text, unsigned depth) {
    for (enum element el = UID; el < ELEMENTS; el++) {
        if (!str_eq(name, str_of(elements[el])))
            continue;
        if (text.len > ENTRY_MAX - arena_used(r->a))
            return err_set(r->e, ERR_LIMIT, 0, "an entry of more than %zu MiB", ENTRY_MAX >> 20);
        if (!arena_copy(r->a, str_trim(text), &x->said[el]))
            return no_memory(r->e);
        if (depth == 2) {
            x->whole[el] = x->said[el];
            if (el == UID && x->whole[UID].len && !x->person &&
                !(x->person = person_of(r->p, LIST_OFAC, x->whole[UID], r->e)))
                return false;
        }
    }
    return true;
}

static void forget(str *texts) {
    for (enum element el = UID; el < ELEMENTS; el++)
        texts[el] = none;
}

/* sdnList > sdnEntry > parts in lists. depth counts open elements. */
static bool sdn_xml_read(struct reading *r, str bytes) {
    struct xml x = {.rest = bytes};
    struct entry entry = {0};
    struct buf text = {0};
    unsigned depth = 0;
    bool ok = true;

    forget(entry.said);
    forget(entry.whole);
    while (ok) {
        enum xml_found const found = xml_next(&x);
        char *to;

        if (found == XML_END)
            break;
        switch (found) {
        case XML_BAD:
            ok = err_set(r->e, ERR_CORRUPT, bytes.len - x.rest.len, "breaks off, or is no XML, at byte %zu",
                         bytes.len - x.rest.len);
            break;
        case XML_OPEN:
            text.len = 0;
            if (depth == 1) {
                arena_reset(r->a);
                entry.person = NULL;
                forget(entry.whole);
            }
            if (depth <= 3)
                forget(entry.said);
            depth++;
            break;
        case XML_TEXT:
            if (x.value.len > ENTRY_MAX - text.len) {
                ok = err_set(r->e, ERR_LIMIT, 0, "a text of more than %zu MiB", ENTRY_MAX >> 20);
                break;
            }
            if ((to = buf_reserve(&text, x.value.len)))
                text.len += xml_text(&x, to);
            ok = !text.failed || no_memory(r->e);
            break;
        case XML_CLOSE: {
            str const name = xml_local(x.name);

            depth--;
            if (depth >= 2)
                ok = text_over(r, &entry, name, buf_str(&text), depth);
            if (ok && depth == 3)
                ok = part_over(r, &entry, name);
            if (ok && depth == 1 && str_eq(name, S("sdnEntry")))
                ok = entry_over(r, &entry);
            text.len = 0;
            break;
        }
        default:
            break;
        }
    }
    buf_free(&text);
    return ok;
}

/* ---- rows ---- */

struct row {
    str cells[COLUMNS_MAX];
    size_t count;
};

/* The next row, or false: there is none. Its texts live until the next. *fine: it is one. */
static bool row_next(struct reading *r, str *rest, struct row *row, bool *fine) {
    struct csv_field fields[COLUMNS_MAX];
    struct csv c = {.separator = ',', .fields = fields, .fields_max = COLUMNS_MAX};

    if (!rest->len)
        return false;
    enum csv_end const end = csv_row(&c, *rest, true);

    arena_reset(r->a);
    *fine = end == CSV_WHOLE;
    if (!*fine) {
        /* wrong as far as its line goes: the next one may be right */
        size_t const line = str_find_byte(*rest, '\n');

        *rest = line == SIZE_MAX ? none : str_from(*rest, line + 1);
        row->count = 0;
        return true;
    }
    assert(c.size);
    *rest = str_from(*rest, c.size);
    row->count = c.count < COLUMNS_MAX ? c.count : COLUMNS_MAX;
    for (size_t i = 0; i < row->count; i++) {
        /* of a field without doubled quotes the text is a view */
        size_t const size = fields[i].doubled ? fields[i].len : 0;
        bool const fits = size <= ENTRY_MAX - arena_used(r->a);
        char *const room = fits ? arena_bytes(r->a, size) : NULL;

        *fine = *fine && fits;
        if (!room && fits) {
            r->failed = true;
            return no_memory(r->e);
        }
        row->cells[i] = room ? csv_text(&fields[i], room) : none;
    }
    return true;
}

static str cell(const struct row *row, size_t i) {
    return i < row->count ? something(row->cells[i]) : none;
}

static bool is_number(str s) {
    uint64_t n;

    return str_u64(str_trim(s), UINT64_MAX, &n);
}

/* ---- OFAC, CSV ---- */

/* "DOB 01 Jan 1970; Passport E1 (China); Email Address a@b.example; a.k.a. 'X'." */
static bool remark_read(struct reading *r, struct person_building *to, str remark) {
    static const char *const labels[] = {
        "Email Address",
        "Website",
        "Phone Number",
        "Fax",
        "Passport",
        "National ID No.",
        "Registration Number",
        "Registration ID",
        "Identification Number",
        "Tax ID No.",
        "D-U-N-S Number",
        "Vessel Registration Identification",
        "Unified Social Credit Code (USCC)",
        "Digital Currency Address -",
    };
    static const struct {
        const char *label;
        enum person_text kind;
    } texts[] = {{"DOB ", TEXT_BIRTH}, {"nationality ", TEXT_COUNTRY}, {"citizen ", TEXT_COUNTRY}};

    remark = str_trim(remark);
    if (str_starts(remark, S("alt. ")))
        remark = str_trim(str_from(remark, 5));
    for (size_t i = 0; i < COUNT(texts); i++)
        if (str_eq_ascii(str_first(remark, strlen(texts[i].label)), str_of(texts[i].label)))
            return person_add_text(r->p, to, texts[i].kind, str_from(remark, strlen(texts[i].label)), r->e);
    /* in quotes: a weak alias (OFAC's FAQ 122) */
    if ((str_starts(remark, S("a.k.a. '")) || str_starts(remark, S("f.k.a. '"))) && str_ends(remark, S("'")))
        return person_add_name(r->p, to, (str){remark.ptr + 8, remark.len > 9 ? remark.len - 9 : 0}, none, false, true,
                               r->e);
    for (size_t i = 0; i < COUNT(labels); i++) {
        str const label = str_of(labels[i]);

        if (str_eq_ascii(str_first(remark, label.len), label) && remark.len > label.len && remark.ptr[label.len] == ' ')
            return person_add_labelled(r->p, to, label, str_from(remark, label.len), none, r->e);
    }
    return true;
}

static bool remarks_read(struct reading *r, struct person_building *to, str remarks) {
    str rest = remarks;

    while (rest.len) {
        size_t const end = str_find_byte(rest, ';');
        str part = str_trim(str_first(rest, end));

        rest = end == SIZE_MAX ? none : str_from(rest, end + 1);
        if (!rest.len && str_ends(part, S(".")))
            part.len--;
        if (!remark_read(r, to, part))
            return false;
    }
    return person_add_about(r->p, to, remarks, r->e);
}

/* Programmes stand behind one another: "CYBER2] [RUSSIA-EO14024". */
static bool programmes(struct reading *r, struct person_building *to, str s) {
    while (s.len) {
        size_t const end = str_find(s, S("] ["));

        if (!person_add_text(r->p, to, TEXT_PROGRAMME, str_first(s, end), r->e))
            return false;
        s = end == SIZE_MAX ? none : str_from(s, end + 3);
    }
    return true;
}

static bool sdn_row(struct reading *r, const struct row *row) {
    struct person_building *const to = person_of(r->p, LIST_OFAC, str_trim(row->cells[0]), r->e);
    str const type = cell(row, 2);

    if (!to)
        return false;
    to->type = type.len ? type_of(type) : PERSON_COMPANY;
    return person_add_name(r->p, to, cell(row, 1), none, true, false, r->e) && programmes(r, to, cell(row, 3)) &&
           remarks_read(r, to, cell(row, 11));
}

static bool alt_row(struct reading *r, const struct row *row) {
    struct person_building *const to = person_of(r->p, LIST_OFAC, str_trim(row->cells[0]), r->e);

    return to && person_add_name(r->p, to, cell(row, 3), none, false, false, r->e);
}

static bool add_row(struct reading *r, const struct row *row) {
    struct person_building *const to = person_of(r->p, LIST_OFAC, str_trim(row->cells[0]), r->e);
    str const country = cell(row, 4);
    char text[200];

    if (!to)
        return false;
    if (!country.len)
        return true;
    snprintf(text, sizeof text, "%.*s (address)", STR_ARG(str_first(country, 150)));
    return person_add_text(r->p, to, TEXT_COUNTRY, str_of(text), r->e);
}

static bool ofac_rows(struct reading *r, str bytes, size_t columns,
                      bool (*each)(struct reading *, const struct row *)) {
    struct row row;
    bool fine;

    while (row_next(r, &bytes, &row, &fine)) {
        if (row.count == 1 && (!str_trim(row.cells[0]).len || str_eq(str_trim(row.cells[0]), S("\x1a"))))
            continue; /* the end of a file as DOS had it */
        if (!fine || row.count < columns || !is_number(row.cells[0]))
            person_row_odd(r->p);
        else if (!each(r, &row))
            return false;
    }
    return !r->failed;
}

/* ---- the United Kingdom ---- */

enum column {
    COLUMN_ID,
    COLUMN_GROUP,
    COLUMN_NAME_1,
    COLUMN_NAME_2,
    COLUMN_NAME_3,
    COLUMN_NAME_4,
    COLUMN_NAME_5,
    COLUMN_NAME_6,
    COLUMN_NAME_TYPE,
    COLUMN_STRENGTH,
    COLUMN_SCRIPT,
    COLUMN_REGIME,
    COLUMN_TYPE,
    COLUMN_BIRTH,
    COLUMN_NATIONALITY,
    COLUMN_PASSPORT,
    COLUMN_IDENTIFIER,
    COLUMN_PHONE,
    COLUMN_SITE,
    COLUMN_MAIL,
    COLUMN_LISTED,
    COLUMN_OTHER,
    COLUMN_REASONS,
    COLUMNS
};
/* As the two lists call them, in small letters; the second of the FCDO's has had two names. */
static const char *const column_names[COLUMNS][3] = {
    [COLUMN_ID] = {"unique id"},
    [COLUMN_GROUP] = {"ofsi group id", "group id"},
    [COLUMN_NAME_1] = {"name 1"},
    [COLUMN_NAME_2] = {"name 2"},
    [COLUMN_NAME_3] = {"name 3"},
    [COLUMN_NAME_4] = {"name 4"},
    [COLUMN_NAME_5] = {"name 5"},
    [COLUMN_NAME_6] = {"name 6"},
    [COLUMN_NAME_TYPE] = {"name type", "alias type"},
    [COLUMN_STRENGTH] = {"alias strength", "alias quality"},
    [COLUMN_SCRIPT] = {"name non-latin script"},
    [COLUMN_REGIME] = {"regime name", "regime"},
    [COLUMN_TYPE] = {"designation type", "individual, entity, ship", "group type"},
    [COLUMN_BIRTH] = {"d.o.b", "dob"},
    [COLUMN_NATIONALITY] = {"nationality(/ies)", "nationality"},
    [COLUMN_PASSPORT] = {"passport number"},
    [COLUMN_IDENTIFIER] = {"national identifier number", "national identification number"},
    [COLUMN_PHONE] = {"phone number"},
    [COLUMN_SITE] = {"website"},
    [COLUMN_MAIL] = {"email address"},
    [COLUMN_LISTED] = {"date designated", "listed on"},
    [COLUMN_OTHER] = {"other information"},
    [COLUMN_REASONS] = {"uk statement of reasons"},
};

/* Which column stands where; false: the row does not hold the names of columns. */
static bool columns_of(const struct row *row, size_t at[COLUMNS]) {
    bool found = false;

    for (enum column c = COLUMN_ID; c < COLUMNS; c++) {
        at[c] = SIZE_MAX;
        for (size_t i = 0; i < row->count && at[c] == SIZE_MAX; i++)
            for (size_t n = 0; n < 3 && column_names[c][n]; n++)
                if (small_eq(row->cells[i], column_names[c][n]))
                    at[c] = i;
    }
    found = at[COLUMN_NAME_6] != SIZE_MAX && at[COLUMN_NAME_1] != SIZE_MAX && at[COLUMN_NAME_TYPE] != SIZE_MAX &&
            (at[COLUMN_ID] != SIZE_MAX || at[COLUMN_GROUP] != SIZE_MAX);
    return found;
}

/* 00/00/1975 is a year. */
static str date_known(str s) {
    while (str_starts(s, S("00/")))
        s = str_from(s, 3);
    return s;
}

/* "(Email):a@b.example (Website):c.example (UK Statement of Reasons):..." of OFSI. */
static bool other_read(struct reading *r, struct person_building *to, str s) {
    str rest = s;

    for (size_t at; (at = str_find(rest, S("):"))) != SIZE_MAX;) {
        size_t begin = at;

        while (begin && rest.ptr[begin - 1] != '(')
            begin--;
        str const label = {rest.ptr + begin, at - begin};
        str value;

        rest = str_from(rest, at + 2);
        size_t end = str_find(rest, S("):"));

        if (end != SIZE_MAX)
            while (end && rest.ptr[end] != '(')
                end--;
        value = str_trim(str_first(rest, end));
        if ((str_eq_ascii(str_first(label, 5), S("email")) || str_eq_ascii(str_first(label, 5), S("phone")) ||
             str_eq_ascii(str_first(label, 7), S("website"))) &&
            !person_add_labelled(r->p, to, label, value, none, r->e))
            return false;
    }
    return person_add_about(r->p, to, s, r->e);
}

static bool uk_row(struct reading *r, const struct row *row, const size_t at[COLUMNS]) {
    str c[COLUMNS];
    char given[2048];
    size_t used = 0;
    struct person_building *to;

    for (enum column i = COLUMN_ID; i < COLUMNS; i++)
        c[i] = at[i] < row->count ? str_trim(row->cells[at[i]]) : none;
    bool const ofsi = at[COLUMN_ID] == SIZE_MAX;
    str const id = ofsi ? c[COLUMN_GROUP] : c[COLUMN_ID];

    if (!id.len) {
        person_row_odd(r->p);
        return true;
    }
    if (!(to = person_of(r->p, ofsi ? LIST_OFSI : LIST_UK, id, r->e)))
        return false;
    if (c[COLUMN_TYPE].len)
        to->type = type_of(c[COLUMN_TYPE]);
    for (enum column i = COLUMN_NAME_1; i <= COLUMN_NAME_5; i++) {
        str const part = str_first(c[i], 400);

        if (part.len)
            used += (size_t)snprintf(given + used, sizeof given - used, "%s%.*s", used ? " " : "", STR_ARG(part));
    }
    bool const first = str_eq_ascii(c[COLUMN_NAME_TYPE], S("primary name")) || !c[COLUMN_NAME_TYPE].len;
    bool const weak = str_eq_ascii(c[COLUMN_STRENGTH], S("low")) ||
                      str_eq_ascii(str_first(c[COLUMN_STRENGTH], 4), S("weak")) ||
                      str_eq_ascii(str_first(c[COLUMN_STRENGTH], 3), S("low"));

    return person_add_name(r->p, to, (str){given, used}, c[COLUMN_NAME_6], first, weak, r->e) &&
           person_add_name(r->p, to, c[COLUMN_SCRIPT], none, false, weak, r->e) &&
           person_add_text(r->p, to, TEXT_PROGRAMME, c[COLUMN_REGIME], r->e) &&
           person_add_text(r->p, to, TEXT_BIRTH, date_known(c[COLUMN_BIRTH]), r->e) &&
           person_add_text(r->p, to, TEXT_COUNTRY, c[COLUMN_NATIONALITY], r->e) &&
           person_add_labelled(r->p, to, S("Passport"), c[COLUMN_PASSPORT], none, r->e) &&
           person_add_labelled(r->p, to, S("National identifier"), c[COLUMN_IDENTIFIER], none, r->e) &&
           person_add_labelled(r->p, to, S("Phone number"), c[COLUMN_PHONE], none, r->e) &&
           person_add_labelled(r->p, to, S("Website"), c[COLUMN_SITE], none, r->e) &&
           person_add_labelled(r->p, to, S("Email address"), c[COLUMN_MAIL], none, r->e) &&
           person_add_text(r->p, to, TEXT_LISTED, c[COLUMN_LISTED], r->e) && other_read(r, to, c[COLUMN_OTHER]) &&
           person_add_about(r->p, to, c[COLUMN_REASONS], r->e);
}

static bool uk_read(struct reading *r, str bytes) {
    size_t at[COLUMNS];
    struct row row;
    bool fine, head = false;

    while (row_next(r, &bytes, &row, &fine)) {
        if (!head) {
            head = columns_of(&row, at);
            continue;
        }
        if (row.count == 1 && !str_trim(row.cells[0]).len)
            continue;
        if (!fine)
            person_row_odd(r->p);
        else if (!uk_row(r, &row, at))
            return false;
    }
    return !r->failed;
}

/* ---- which ---- */

enum format { FORMAT_NONE, FORMAT_XML, FORMAT_ADVANCED, FORMAT_SDN, FORMAT_ALT, FORMAT_ADD, FORMAT_UK };

static enum format ofac_format(const struct row *row) {
    str const third = row->count > 2 ? str_trim(row->cells[2]) : none;

    if (row->count < 5 || !is_number(row->cells[0]))
        return FORMAT_NONE;
    if (row->count == 12 && (type_of(third) != PERSON_UNSAID || str_eq(third, S("-0-"))))
        return FORMAT_SDN;
    if (row->count == 5 && is_number(row->cells[1]) &&
        (small_eq(third, "aka") || small_eq(third, "fka") || small_eq(third, "nka")))
        return FORMAT_ALT;
    if (row->count == 6 && is_number(row->cells[1]) && str_eq(str_trim(row->cells[5]), S("-0-")))
        return FORMAT_ADD;
    return FORMAT_NONE;
}

static enum format format_of(struct reading *r, str bytes) {
    str const text = str_trim(bytes);
    size_t at[COLUMNS];
    struct row row;
    bool fine;

    if (str_starts(text, S("<"))) {
        struct xml x = {.rest = text};
        enum xml_found found;

        do
            found = xml_next(&x);
        while (found == XML_TEXT);
        if (found != XML_OPEN)
            return FORMAT_NONE;
        return str_eq(xml_local(x.name), S("sdnList"))     ? FORMAT_XML
               : str_eq(xml_local(x.name), S("Sanctions")) ? FORMAT_ADVANCED
                                                           : FORMAT_NONE;
    }
    for (size_t i = 0; i < HEAD_LINES && row_next(r, &bytes, &row, &fine); i++) {
        if (columns_of(&row, at))
            return FORMAT_UK;
        enum format const f = fine ? ofac_format(&row) : FORMAT_NONE;

        if (f != FORMAT_NONE)
            return f;
    }
    return FORMAT_NONE;
}

static bool read_as(struct reading *r, enum format f, str bytes) {
    switch (f) {
    case FORMAT_XML:
        return sdn_xml_read(r, bytes);
    case FORMAT_SDN:
        return ofac_rows(r, bytes, 12, sdn_row);
    case FORMAT_ALT:
        return ofac_rows(r, bytes, 4, alt_row);
    case FORMAT_ADD:
        return ofac_rows(r, bytes, 5, add_row);
    case FORMAT_UK:
        return uk_read(r, bytes);
    case FORMAT_ADVANCED:
        return err_set(r->e, ERR_UNSUPPORTED, 0, "this is SDN_ADVANCED.XML, which is not read: give SDN.XML");
    default:
        return err_set(r->e, ERR_UNSUPPORTED, 0,
                       "no list that is known: OFAC's SDN.XML and SDN.CSV, the UK sanctions list and ConList.csv are");
    }
}

bool person_list_read(struct persons *p, str name, str bytes, struct err *e) {
    struct reading r = {.p = p, .name = name, .a = arena_new(ENTRY_MAX), .e = e};
    struct buf text = {0};
    uint64_t bad = 0;
    bool ok;

    if (bytes.len > PERSON_BYTES_MAX)
        ok = err_set(e, ERR_LIMIT, 0, "more than %zu MiB", PERSON_BYTES_MAX >> 20);
    else
        ok = r.a || no_memory(e);
    if (ok) {
        if (str_starts(bytes, S("\xef\xbb\xbf")))
            bytes = str_from(bytes, 3);
        /* UTF-8 as a rule; what is none is windows-1252, which older lists are */
        if (utf8_valid(bytes) != bytes.len) {
            charset_decode(NULL, bytes, &text, &bad);
            bytes = buf_str(&text);
            ok = !text.failed || no_memory(e);
        }
        enum format const format = ok ? format_of(&r, bytes) : FORMAT_NONE;

        ok = ok && !r.failed && read_as(&r, format, bytes);
    }
    buf_free(&text);
    arena_free(r.a);
    return ok || err_wrap(e, "%.*s", STR_ARG(name));
}
