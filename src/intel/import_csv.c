/* import_csv: tables of indicators as CERTs, platforms and feeds write them: any separator, header or none; columns are recognised by their
 * names, and where there are none by what is in them. docs/formats/intel-lists.md lists the names. */
#include "codec/csv.h"
#include "intel/import_value.h"

#define COLUMNS_MAX 256u
#define ROW_MAX ((size_t)256 << 10) /* bytes of a row; quotes that are open are not looked for further */
#define WRONG_MAX 64u               /* rows with broken quotes; then quotes are bytes like any other */
#define ROWS_LOOKED 50u             /* to tell what columns without names are */
#define ROOM_MAX ((size_t)8 << 20)  /* of one row's texts */

enum role {
    ROLE_NONE,
    ROLE_VALUE, /* an indicator whose type is elsewhere, or is seen; or of the column's own type */
    ROLE_PATTERN,
    ROLE_TYPE,
    ROLE_PORT,
    ROLE_FIRST_SEEN,
    ROLE_LAST_SEEN,
    ROLE_CREATED,
    ROLE_MODIFIED,
    ROLE_VALID_FROM,
    ROLE_VALID_UNTIL,
    ROLE_TLP,
    ROLE_PAP,
    ROLE_TAGS,
    ROLE_COMMENT,
    ROLE_TITLE,
    ROLE_ID,
    ROLE_CONFIDENCE,
    ROLE_GROUP,
    ROLE_CAMPAIGN,
    ROLE_MALWARE,
    ROLE_TECHNIQUE,
    ROLE_ORIGIN,
    ROLE_NATURE,
    ROLE_DETECT, /* MISP's to_ids */
    ROLE_REVOKED,
    ROLE_OBJECT,   /* of MISP: the object that the attribute is in, */
    ROLE_RELATION, /* and what it is there */
    ROLES
};

struct column {
    enum role role;
    enum observable type; /* VALUE: what it is said to be; NONE: the type column or the value tells */
    bool unknown;         /* VALUE: of a type that cannot be looked for; type is NONE */
};

/* Small letters and digits of the name, or of its part behind the last point (event.tlp). */
static const struct {
    str name;
    enum role role;
} names[] = {
    {STR("value"), ROLE_VALUE},
    {STR("values"), ROLE_VALUE},
    {STR("indicator"), ROLE_VALUE},
    {STR("indicators"), ROLE_VALUE},
    {STR("indicatorvalue"), ROLE_VALUE},
    {STR("indicatorofcompromise"), ROLE_VALUE},
    {STR("ioc"), ROLE_VALUE},
    {STR("iocs"), ROLE_VALUE},
    {STR("iocvalue"), ROLE_VALUE},
    {STR("observable"), ROLE_VALUE},
    {STR("observablevalue"), ROLE_VALUE},
    {STR("artifact"), ROLE_VALUE},
    {STR("artefact"), ROLE_VALUE},
    {STR("indikator"), ROLE_VALUE},
    {STR("indicateur"), ROLE_VALUE},
    {STR("valeur"), ROLE_VALUE},
    {STR("wert"), ROLE_VALUE},
    {STR("pattern"), ROLE_PATTERN},
    {STR("stixpattern"), ROLE_PATTERN},
    {STR("type"), ROLE_TYPE},
    {STR("typ"), ROLE_TYPE},
    {STR("indicatortype"), ROLE_TYPE},
    {STR("ioctype"), ROLE_TYPE},
    {STR("valuetype"), ROLE_TYPE},
    {STR("observabletype"), ROLE_TYPE},
    {STR("datatype"), ROLE_TYPE},
    {STR("port"), ROLE_PORT},
    {STR("dstport"), ROLE_PORT},
    {STR("destport"), ROLE_PORT},
    {STR("destinationport"), ROLE_PORT},
    {STR("firstseen"), ROLE_FIRST_SEEN},
    {STR("firstseenutc"), ROLE_FIRST_SEEN},
    {STR("datefirstseen"), ROLE_FIRST_SEEN},
    {STR("listingdate"), ROLE_FIRST_SEEN},
    {STR("dateadded"), ROLE_FIRST_SEEN},
    {STR("lastseen"), ROLE_LAST_SEEN},
    {STR("lastseenutc"), ROLE_LAST_SEEN},
    {STR("datelastseen"), ROLE_LAST_SEEN},
    {STR("lastonline"), ROLE_LAST_SEEN},
    {STR("date"), ROLE_CREATED},
    {STR("datum"), ROLE_CREATED},
    {STR("created"), ROLE_CREATED},
    {STR("createdat"), ROLE_CREATED},
    {STR("published"), ROLE_CREATED},
    {STR("timestamp"), ROLE_CREATED},
    {STR("modified"), ROLE_MODIFIED},
    {STR("updated"), ROLE_MODIFIED},
    {STR("lastmodified"), ROLE_MODIFIED},
    {STR("validfrom"), ROLE_VALID_FROM},
    {STR("validuntil"), ROLE_VALID_UNTIL},
    {STR("validto"), ROLE_VALID_UNTIL},
    {STR("expires"), ROLE_VALID_UNTIL},
    {STR("expiration"), ROLE_VALID_UNTIL},
    {STR("expirationdate"), ROLE_VALID_UNTIL},
    {STR("tlp"), ROLE_TLP},
    {STR("marking"), ROLE_TLP},
    {STR("markings"), ROLE_TLP},
    {STR("pap"), ROLE_PAP},
    {STR("tags"), ROLE_TAGS},
    {STR("tag"), ROLE_TAGS},
    {STR("labels"), ROLE_TAGS},
    {STR("metadata"), ROLE_TAGS},
    {STR("attributetag"), ROLE_TAGS},
    {STR("comment"), ROLE_COMMENT},
    {STR("comments"), ROLE_COMMENT},
    {STR("commentaire"), ROLE_COMMENT},
    {STR("kommentar"), ROLE_COMMENT},
    {STR("description"), ROLE_COMMENT},
    {STR("beschreibung"), ROLE_COMMENT},
    {STR("note"), ROLE_COMMENT},
    {STR("notes"), ROLE_COMMENT},
    {STR("details"), ROLE_COMMENT},
    {STR("context"), ROLE_COMMENT},
    {STR("listingreason"), ROLE_COMMENT},
    {STR("title"), ROLE_TITLE},
    {STR("titledesensitized"), ROLE_TITLE},
    {STR("name"), ROLE_TITLE},
    {STR("id"), ROLE_ID},
    {STR("uuid"), ROLE_ID},
    {STR("iocid"), ROLE_ID},
    {STR("indicatorid"), ROLE_ID},
    {STR("confidence"), ROLE_CONFIDENCE},
    {STR("confidencelevel"), ROLE_CONFIDENCE},
    {STR("group"), ROLE_GROUP},
    {STR("actor"), ROLE_GROUP},
    {STR("actors"), ROLE_GROUP},
    {STR("threatactor"), ROLE_GROUP},
    {STR("threatactors"), ROLE_GROUP},
    {STR("threatgroup"), ROLE_GROUP},
    {STR("intrusionset"), ROLE_GROUP},
    {STR("adversary"), ROLE_GROUP},
    {STR("apt"), ROLE_GROUP},
    {STR("apts"), ROLE_GROUP},
    {STR("attribution"), ROLE_GROUP},
    {STR("campaign"), ROLE_CAMPAIGN},
    {STR("campaigns"), ROLE_CAMPAIGN},
    {STR("malware"), ROLE_MALWARE},
    {STR("malwarename"), ROLE_MALWARE},
    {STR("malwarefamily"), ROLE_MALWARE},
    {STR("malwareprintable"), ROLE_MALWARE},
    {STR("family"), ROLE_MALWARE},
    {STR("signature"), ROLE_MALWARE},
    {STR("technique"), ROLE_TECHNIQUE},
    {STR("techniques"), ROLE_TECHNIQUE},
    {STR("ttp"), ROLE_TECHNIQUE},
    {STR("ttps"), ROLE_TECHNIQUE},
    {STR("mitre"), ROLE_TECHNIQUE},
    {STR("mitreattack"), ROLE_TECHNIQUE},
    {STR("attack"), ROLE_TECHNIQUE},
    {STR("reference"), ROLE_ORIGIN},
    {STR("references"), ROLE_ORIGIN},
    {STR("source"), ROLE_ORIGIN},
    {STR("sources"), ROLE_ORIGIN},
    {STR("sourceurl"), ROLE_ORIGIN},
    {STR("link"), ROLE_ORIGIN},
    {STR("report"), ROLE_ORIGIN},
    {STR("reporturl"), ROLE_ORIGIN},
    {STR("urlhauslink"), ROLE_ORIGIN},
    {STR("threattype"), ROLE_NATURE},
    {STR("category"), ROLE_NATURE},
    {STR("kategorie"), ROLE_NATURE},
    {STR("role"), ROLE_NATURE},
    {STR("toids"), ROLE_DETECT},
    {STR("revoked"), ROLE_REVOKED},
    {STR("objectname"), ROLE_OBJECT},
    {STR("objectrelation"), ROLE_RELATION},
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read a table");
}

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static str letters(str s, char out[40]) {
    size_t len = 0;

    for (size_t i = 0; i < s.len && len < 40; i++) {
        char const c = small(s.ptr[i]);

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[len++] = c;
    }
    return (str){out, len};
}

static struct column column_of_word(str name) {
    char room[40];
    str const s = letters(name, room);
    struct column c = {.role = ROLE_NONE};
    bool known, any;

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(s, names[i].name)) {
            c.role = names[i].role;
            return c;
        }
    c.type = import_type_of(name, &known, &any);
    c.role = known ? ROLE_VALUE : ROLE_NONE;
    c.unknown = known && !any && !c.type;
    return c;
}

/* event.title.desensitized: the last two parts are asked first, then the last. All of it is asked before. */
static struct column column_of(str name) {
    struct column c = column_of_word(name);
    size_t points = 0;

    for (size_t i = name.len; c.role == ROLE_NONE && i > 0; i--)
        if (name.ptr[i - 1] == '.' && points++ == 1)
            c = column_of_word(str_from(name, i));
    for (size_t i = name.len; c.role == ROLE_NONE && i > 0; i--)
        if (name.ptr[i - 1] == '.') {
            c = column_of_word(str_from(name, i));
            break;
        }
    return c;
}

/* ---- rows ---- */

struct table {
    const struct import_about *about;
    const struct intel_sink *sink;
    struct err *e;
    struct csv csv;
    struct csv_field fields[COLUMNS_MAX];
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    bool reports;        /* each row is a document that was published */
    str rest;            /* what is to be read */
    size_t number, next; /* of the line that the row begins at; of the line behind it */
    unsigned wrong;      /* rows whose quotes were broken */
    struct arena *texts, *scratch;
    struct import_room room;
};

/* Fields of one row, unquoted, trimmed. */
struct row {
    str cells[COLUMNS_MAX];
    size_t count;
    str all; /* as it stands there */
};

/* The next row. A row that cannot be read with its quotes is read without. False: there is none, or memory is out. */
static bool next_row(struct table *t, struct row *row, bool *failed) {
    str const window = str_first(t->rest, ROW_MAX);
    bool const last = window.len == t->rest.len;

    *failed = false;
    t->number = t->next;
    if (!t->rest.len)
        return false;
    enum csv_end end = csv_row(&t->csv, window, last);

    if (end != CSV_WHOLE && !t->csv.plain) {
        t->csv.plain = true;
        end = csv_row(&t->csv, window, last);
        t->csv.plain = ++t->wrong > WRONG_MAX;
    }
    size_t const size = end == CSV_WHOLE ? t->csv.size : window.len; /* a longer line comes in pieces */

    row->count = end != CSV_WHOLE ? 0 : t->csv.count < COLUMNS_MAX ? t->csv.count : COLUMNS_MAX;
    row->all = str_first(window, size);
    t->rest = str_from(t->rest, size);
    for (size_t i = 0; i < size; i++)
        t->next += window.ptr[i] == '\n';
    arena_reset(t->texts);
    for (size_t i = 0; i < row->count; i++) {
        char *const to = t->fields[i].doubled ? arena_bytes(t->texts, t->fields[i].len) : NULL;

        if (t->fields[i].doubled && !to) {
            *failed = true;
            return false;
        }
        row->cells[i] = str_trim(csv_text(&t->fields[i], to));
    }
    return true;
}

static bool is_remark(const struct row *row, char separator) {
    str const s = str_trim(row->all);

    return s.len == 0 || s.ptr[0] == '#' || str_starts(s, S("//")) || str_starts(s, S("; ")) ||
           (s.ptr[0] == ';' && separator != ';');
}

/* Says nothing. */
static bool is_empty(str cell) {
    static const str nothing[] = {STR(""),     STR("-"),   STR("n/a"), STR("na"),     STR("none"),
                                  STR("null"), STR("nan"), STR("[]"),  STR("unknown")};

    for (size_t i = 0; i < COUNT(nothing); i++)
        if (str_eq_ascii(cell, nothing[i]))
            return true;
    return false;
}

/* ---- cells into an item ---- */

/* As base/instant.h reads it, but eight digits are a day: nobody speaks of 1970 here. */
static int64_t instant_of(str cell) {
    char day[8 + 6];
    uint64_t n;

    if (cell.len != 8 || !str_u64(cell, UINT32_MAX, &n))
        return instant_parse(cell);
    memcpy(day, cell.ptr, 8);
    memcpy(day + 8, " 00:00", 6);
    return instant_parse((str){day, sizeof day});
}

static int64_t later_instant(int64_t is, str cell) {
    int64_t const when = instant_of(cell);

    return when == INSTANT_NONE ? is : when;
}

/* Names in one cell: `['APT31']`, `A, B`, `A; B | C`. */
static void add_names(struct item_names *to, str cell) {
    while (cell.len) {
        size_t len = 0;

        while (len < cell.len && !memchr(",;|\n", cell.ptr[len], 4))
            len++;
        str name = str_first(cell, len);

        while (name.len && memchr("[]'\" {}", name.ptr[0], 7))
            name = str_from(name, 1);
        while (name.len && memchr("[]'\" {}", name.ptr[name.len - 1], 7))
            name.len--;
        if (!is_empty(name))
            item_name_add(to, name);
        cell = str_from(cell, len + 1);
    }
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* T1059, T1059.003 anywhere in it. */
static void add_techniques(struct item_names *to, str cell) {
    for (size_t i = 0; i + 5 <= cell.len; i++) {
        size_t n = 1;

        if (cell.ptr[i] != 'T' || (i && cell.ptr[i - 1] > ' ' && !memchr(",;|([{'\"/:", cell.ptr[i - 1], 10)))
            continue;
        while (n < 5 && is_digit(cell.ptr[i + n]))
            n++;
        if (n < 5)
            continue;
        if (cell.len - i >= 9 && cell.ptr[i + 5] == '.' && is_digit(cell.ptr[i + 6]) && is_digit(cell.ptr[i + 7]) &&
            is_digit(cell.ptr[i + 8]))
            n = 9;
        item_name_add(to, (str){cell.ptr + i, n});
        i += n - 1;
    }
}

/* STIX 2.1, appendix A, for words. */
static uint8_t confidence_of(str cell) {
    static const struct {
        str word;
        uint8_t is;
    } words[] = {{STR("none"), 0}, {STR("low"), 15},      {STR("medium"), 50},
                 {STR("med"), 50}, {STR("moderate"), 50}, {STR("high"), 85}};
    uint64_t n;

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_ascii(cell, words[i].word))
            return words[i].is;
    if (str_ends(cell, S("%")))
        cell.len--;
    return str_u64(cell, 100, &n) ? (uint8_t)n : ITEM_CONFIDENCE_UNSAID;
}

static enum item_nature nature_of(str cell) {
    static const struct {
        str word;
        enum item_nature nature;
    } words[] = {
        {STR("botnetcc"), NATURE_OPERATION},
        {STR("c2"), NATURE_OPERATION},
        {STR("cc"), NATURE_OPERATION},
        {STR("c2server"), NATURE_OPERATION},
        {STR("commandandcontrol"), NATURE_OPERATION},
        {STR("phishing"), NATURE_OPERATION},
        {STR("payload"), NATURE_MALWARE},
        {STR("malware"), NATURE_MALWARE},
        {STR("scanner"), NATURE_SCANNER},
        {STR("scanning"), NATURE_SCANNER},
        {STR("bruteforce"), NATURE_SCANNER},
        {STR("relay"), NATURE_RELAY},
        {STR("proxy"), NATURE_RELAY},
        {STR("vpn"), NATURE_RELAY},
        {STR("tor"), NATURE_RELAY},
        {STR("torexit"), NATURE_RELAY},
        {STR("anonymization"), NATURE_RELAY},
        {STR("anonymisation"), NATURE_RELAY},
        {STR("tool"), NATURE_TOOL},
        {STR("victim"), NATURE_VICTIM},
        {STR("compromised"), NATURE_VICTIM},
    };
    char room[40];
    str const s = letters(cell, room);

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(s, words[i].word))
            return words[i].nature;
    return NATURE_UNSAID;
}

static bool is_no(str cell) {
    static const str noes[] = {STR("0"), STR("false"), STR("no"), STR("")};

    for (size_t i = 0; i < COUNT(noes); i++)
        if (str_eq_ascii(cell, noes[i]))
            return true;
    return false;
}

/* One tag of MISP: namespace:predicate="value", or a word. */
static void read_tag(struct intel_item *item, str tag) {
    size_t const equals = str_find_byte(tag, '=');
    str predicate = str_trim(str_first(tag, equals)),
        value = equals == SIZE_MAX ? S("") : str_trim(str_from(tag, equals + 1)), number;

    if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = (str){value.ptr + 1, value.len - 2};
    for (size_t i = predicate.len; i > 0 && value.len; i--)
        if (predicate.ptr[i - 1] == ':') {
            predicate = str_from(predicate, i);
            break;
        }
    if (equals == SIZE_MAX && (str_starts(tag, S("tlp:")) || str_starts(tag, S("TLP:")))) {
        item->tlp = tlp_stricter(item->tlp, tlp_named(tag));
    } else if (equals == SIZE_MAX && (str_starts(tag, S("pap:")) || str_starts(tag, S("PAP:")))) {
        item->pap = pap_named(tag) > item->pap ? pap_named(tag) : item->pap;
    } else if (str_eq_ascii(predicate, S("tlp"))) {
        enum tlp const tlp = tlp_named(value);

        item->tlp = tlp_stricter(item->tlp, tlp ? tlp : TLP_UNKNOWN);
    } else if (str_eq_ascii(predicate, S("pap"))) {
        item->pap = pap_named(value) > item->pap ? pap_named(value) : item->pap;
    } else if (str_starts(tag, S("misp-galaxy:")) && value.len) {
        enum galaxy const galaxy = galaxy_of(predicate);
        str const name = galaxy_name(value, &number);

        if (galaxy == GALAXY_GROUP)
            item_name_add(&item->groups, name);
        else if (galaxy == GALAXY_CAMPAIGN)
            item_name_add(&item->campaigns, name);
        else if (galaxy == GALAXY_MALWARE)
            item_name_add(&item->malware, name);
        else if (galaxy == GALAXY_TECHNIQUE)
            item_name_add(&item->techniques, number.len ? number : name);
    }
}

/* Separated by commas or semicolons outside quotes. */
static void read_tags(struct intel_item *item, str cell) {
    bool quoted = false;
    size_t from = 0;

    for (size_t i = 0; i <= cell.len; i++) {
        if (i < cell.len && cell.ptr[i] == '"')
            quoted = !quoted;
        if (i == cell.len || (!quoted && (cell.ptr[i] == ',' || cell.ptr[i] == ';'))) {
            read_tag(item, str_trim((str){cell.ptr + from, i - from}));
            from = i + 1;
        }
    }
}

/* A source's name is not where it is from: many feeds share one, and would become one witness. */
static void add_origins(struct item_names *to, str cell) {
    import_links(cell, to);
}

/* The UUID of `indicator--UUID`, or one alone: what the same object is called wherever it is published. */
static str uuid_of(str id) {
    size_t const at = str_find(id, S("--"));
    str const uuid = at == SIZE_MAX ? id : str_from(id, at + 2);

    return json_is_uuid(uuid) ? uuid : S("");
}

/* All columns but values. What stands further right is the more particular. */
static void read_cell(struct intel_item *item, enum role role, str cell) {
    uint64_t n;

    switch (role) {
    case ROLE_PORT:
        item->port = str_u64(cell, UINT16_MAX, &n) ? (uint16_t)n : item->port;
        break;
    case ROLE_FIRST_SEEN:
        item->first_seen = later_instant(item->first_seen, cell);
        break;
    case ROLE_LAST_SEEN:
        item->last_seen = later_instant(item->last_seen, cell);
        break;
    case ROLE_CREATED:
        item->created = later_instant(item->created, cell);
        break;
    case ROLE_MODIFIED:
        item->modified = later_instant(item->modified, cell);
        break;
    case ROLE_VALID_FROM:
        item->valid_from = later_instant(item->valid_from, cell);
        break;
    case ROLE_VALID_UNTIL:
        item->valid_until = later_instant(item->valid_until, cell);
        break;
    case ROLE_TLP:
        item->tlp = tlp_stricter(item->tlp, tlp_named(cell) ? tlp_named(cell) : TLP_UNKNOWN);
        break;
    case ROLE_PAP:
        item->pap = pap_named(cell);
        break;
    case ROLE_TAGS:
        read_tags(item, cell);
        break;
    case ROLE_COMMENT:
        item->comment = cell;
        break;
    case ROLE_TITLE:
        item->title = cell;
        break;
    case ROLE_ID:
        item->id = cell;
        break;
    case ROLE_CONFIDENCE:
        item->confidence = confidence_of(cell);
        break;
    case ROLE_GROUP:
        add_names(&item->groups, cell);
        break;
    case ROLE_CAMPAIGN:
        add_names(&item->campaigns, cell);
        break;
    case ROLE_MALWARE:
        add_names(&item->malware, cell);
        break;
    case ROLE_TECHNIQUE:
        add_techniques(&item->techniques, cell);
        break;
    case ROLE_ORIGIN:
        add_origins(&item->origins, cell);
        break;
    case ROLE_NATURE:
        item->nature = nature_of(cell);
        break;
    case ROLE_DETECT:
        item->context = is_no(cell);
        break;
    case ROLE_REVOKED:
        item->revoked = !is_no(cell);
        break;
    default:
        break;
    }
}

/* ---- values of a row ---- */

struct telling {
    struct table *t;
    struct intel_item *item;
    unsigned told; /* items and what was left out */
};

static bool leave_out(struct telling *w, str what, const char *why) {
    w->told++;
    return w->t->sink->left_out(w->t->sink->ctx, w->item->where, what, str_of(why), w->t->e);
}

static bool tell_item(struct telling *w, const struct import_value *v) {
    struct intel_item item = *w->item;

    w->told++;
    item.type = v->type;
    item.value = v->value;
    item.raw = v->raw;
    item.port = v->port ? v->port : item.port;
    return w->t->sink->item(w->t->sink->ctx, &item, w->t->e);
}

/* Cells with more than one value: lines, commas, semicolons, blanks between. */
static bool tell_parts(struct telling *w, enum observable type, str cell, const char *whole) {
    struct import_value v;
    const char *why;
    size_t good = 0;

    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t from = 0; from < cell.len;) {
            size_t len = 0;

            while (from + len < cell.len && !memchr(" ,;|\r\n\t", cell.ptr[from + len], 7))
                len++;
            str const part = {cell.ptr + from, len};

            from += len + 1;
            if (!len)
                continue;
            bool const ok = import_value_of(type, part, &w->t->room, &v, &why);

            if (!ok && import_room_failed(&w->t->room))
                return no_memory(w->t->e);
            if (pass == 0 ? !ok : !tell_item(w, &v)) /* one that is none: it is not such a cell */
                return pass == 0 ? leave_out(w, cell, whole) : false;
            good++;
        }
    return good || leave_out(w, cell, whole);
}

static bool tell_value(struct telling *w, enum observable type, str cell) {
    struct import_value v;
    const char *why;

    if (import_value_of(type, cell, &w->t->room, &v, &why))
        return tell_item(w, &v);
    if (import_room_failed(&w->t->room))
        return no_memory(w->t->e);
    return tell_parts(w, type, cell, why);
}

/* Of the two parts of MISP's types with a bar in their names. */
static bool tell_misp(struct telling *w, const struct misp_type *type, str cell) {
    bool const two = type->port || type->parts[1] != OBSERVABLE_NONE || str_find_byte(type->name, '|') != SIZE_MAX;
    size_t at = two ? str_find_byte(cell, '|') : SIZE_MAX;
    uint64_t port;

    if (type->victim)
        w->item->nature = NATURE_VICTIM;
    for (size_t i = cell.len; two && type->parts[0] == OBSERVABLE_FILE_NAME && i > 0; i--)
        if (cell.ptr[i - 1] == '|') { /* names may hold one, hashes do not */
            at = i - 1;
            break;
        }
    str const second = at == SIZE_MAX ? S("") : str_trim(str_from(cell, at + 1));

    if (type->port && str_u64(second, UINT16_MAX, &port))
        w->item->port = (uint16_t)port;
    if (!tell_value(w, type->parts[0], str_first(cell, at)))
        return false;
    if (!second.len || type->port)
        return true;
    return type->parts[1] ? tell_value(w, type->parts[1], second)
                          : leave_out(w, second, "the second half of such a type cannot be looked for in logs");
}

/* A cell of a column without a type of its own: the row's type column says, or the value. */
static bool tell_said(struct telling *w, str type, str object, str relation, str cell) {
    const struct misp_type *const misp = misp_type_named(type);
    bool known, any;

    if (misp)
        return tell_misp(w, misp, cell);
    enum observable is = import_type_of(type, &known, &any);

    if (!is && object.len && relation.len && (is = misp_relation(object, relation)) != OBSERVABLE_NONE)
        known = true;
    if (misp_type_is_rule(type) || (known && !any && !is))
        return leave_out(w, cell, "its type is none that can be looked for in logs");
    return tell_value(w, is, cell);
}

static bool tell_row(struct table *t, const struct row *row) {
    char where[32];
    struct intel_item item =
        item_new(OBSERVABLE_NONE, S(""), (str){where, (size_t)snprintf(where, sizeof where, "line %zu", t->number)});
    struct telling w = {.t = t, .item = &item};
    str said[ROLES], value = S(""), pattern = S("");
    size_t const count = row->count < t->column_count ? row->count : t->column_count;

    for (size_t i = 0; i < ROLES; i++)
        said[i] = S("");
    if (t->reports)
        return leave_out(&w, row->count ? row->cells[0] : S(""),
                         "a published report, and its hash: nothing of an adversary");
    for (size_t i = 0; i < count; i++) {
        const struct column *const c = &t->columns[i];

        if (c->role == ROLE_DETECT && !row->cells[i].len)
            item.context = true;
        if (is_empty(row->cells[i]))
            continue;
        said[c->role] = row->cells[i];
        if (c->role == ROLE_VALUE && !c->type && !c->unknown)
            value = row->cells[i];
        else if (c->role == ROLE_PATTERN)
            pattern = row->cells[i];
        else
            read_cell(&item, c->role, row->cells[i]);
    }
    item_name_add(&item.origins, uuid_of(item.id));
    if (pattern.len && pattern.ptr[0] != '[' && pattern.ptr[0] != '(') {
        value = value.len ? value : pattern;
        pattern = S("");
    }
    if (pattern.len) {
        struct intel_item of_pattern = item;

        w.told++;
        if (!import_pattern_tell(&of_pattern, pattern, t->about, t->sink, t->scratch, t->e))
            return false;
    }
    if (value.len && !tell_said(&w, said[ROLE_TYPE], said[ROLE_OBJECT], said[ROLE_RELATION], value))
        return false;
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            const struct column *const c = &t->columns[i];
            bool const names_file = c->type == OBSERVABLE_FILE_NAME || c->type == OBSERVABLE_FILE_PATH;

            if (c->role != ROLE_VALUE || !c->type || is_empty(row->cells[i]) || names_file != (pass == 1))
                continue;
            if (names_file && w.told) /* the name under which something else was seen */
                continue;
            if (!tell_value(&w, c->type, row->cells[i]))
                return false;
        }
    if (w.told)
        return true;
    return leave_out(&w, str_trim(row->all), "no value in it that could be looked for");
}

/* ---- what the columns are ---- */

/* How many columns of the row have names that are known. *values: names of values; *plain: such as mean nothing else. */
static size_t known_columns(const struct row *row, struct column *out, size_t *values, size_t *plain) {
    size_t known = 0;

    *values = *plain = 0;
    for (size_t i = 0; i < row->count; i++) {
        str name = row->cells[i];

        while (name.len && (name.ptr[0] == '#' || name.ptr[0] == ' ' || name.ptr[0] == '"'))
            name = str_from(name, 1);
        out[i] = name.len <= 64 ? column_of(name) : (struct column){.role = ROLE_NONE};
        known += out[i].role != ROLE_NONE;
        *values += out[i].role == ROLE_VALUE || out[i].role == ROLE_PATTERN;
        *plain += out[i].role == ROLE_VALUE && !out[i].type && !out[i].unknown;
    }
    return known;
}

/* A list of reports: documents with title, link and a hash of their own. */
static bool are_reports(const struct row *header, const struct column *columns) {
    bool title = false, link = false, hash = false, other = false;

    for (size_t i = 0; i < header->count; i++) {
        enum observable const type = columns[i].type;
        bool const digest = type == OBSERVABLE_MD5 || type == OBSERVABLE_SHA1 || type == OBSERVABLE_SHA256;

        title |= str_eq_ascii(header->cells[i], S("title"));
        link |= str_eq_ascii(header->cells[i], S("link")) || str_eq_ascii(header->cells[i], S("url"));
        hash |= digest;
        other |= columns[i].role == ROLE_VALUE && !digest && type != OBSERVABLE_FILE_NAME && type != OBSERVABLE_URL;
    }
    return title && link && hash && !other;
}

/* A header may be a remark (abuse.ch); then it is followed by rows of as many fields. Takes what is before the first row of values
 * off the text. */
static bool find_header(struct table *t, bool *failed) {
    struct column columns[COLUMNS_MAX];
    struct row *const row = arena_alloc(t->scratch, sizeof *row);
    bool found = false;
    size_t values, plain;

    *failed = !row;
    while (row) {
        str const before = t->rest;
        size_t const line = t->next;

        if (!next_row(t, row, failed))
            break;
        bool const remark = is_remark(row, t->csv.separator);
        size_t const known = known_columns(row, columns, &values, &plain);
        /* A row of values may hold a word that is a column's name; a header has nothing but names. */
        bool const header =
            values > 0 && (remark ? row->count > 1 && 2 * known >= row->count : plain || 3 * known >= row->count);
        size_t guessed = 0;

        for (size_t i = 0; i < row->count && header && !remark; i++) {
            str cell = row->cells[i];

            guessed += observable_guess_in(&cell, &t->room.scratch) != OBSERVABLE_NONE;
        }
        if (t->room.scratch.failed)
            *failed = true;
        if (*failed)
            break;
        /* file.name and event.id look like domains; among names of columns that means nothing. */
        bool const names_only =
            guessed == 0 || (row->count > 2 && (known == row->count ? guessed < known : 2 * guessed < known));

        if (header && names_only) {
            memcpy(t->columns, columns, sizeof columns);
            t->column_count = row->count;
            t->reports = are_reports(row, columns);
            found = true;
        }
        if (!remark) {
            if (!header || !names_only) {
                t->rest = before;
                t->next = line;
            }
            break;
        }
    }
    return found;
}

/* How much of each column is what, in the first rows. */
struct evidence {
    size_t cells, values, types, dates;
};

/* Columns without names: the one that holds values in most rows; types and dates where nearly all are; the last other one is the
 * comment. */
static bool guess_columns(struct table *t, bool *failed) {
    struct evidence seen[COLUMNS_MAX] = {0};
    struct row *const row = arena_alloc(t->scratch, sizeof *row);
    str const before = t->rest;
    size_t const line = t->next;
    size_t rows = 0, most = 0, best = SIZE_MAX, comment = SIZE_MAX, even = 0;

    *failed = !row;
    for (size_t k = 0; row && rows < ROWS_LOOKED && next_row(t, row, failed); k++) {
        if (is_remark(row, t->csv.separator))
            continue;
        rows++;
        most = rows == 1 ? row->count : most;
        even += row->count == most;
        for (size_t i = 0; i < row->count; i++) {
            str cell = row->cells[i];
            bool known, any;

            if (is_empty(cell))
                continue;
            seen[i].cells++;
            struct import_value v;
            const char *why;

            seen[i].values += import_value_of(OBSERVABLE_NONE, cell, &t->room, &v, &why);
            (void)import_type_of(cell, &known, &any);
            seen[i].types += known || misp_type_named(cell) != NULL;
            seen[i].dates += instant_of(cell) != INSTANT_NONE && cell.len > 7;
        }
        if (import_room_failed(&t->room))
            *failed = true;
        if (*failed)
            break;
    }
    t->rest = before;
    t->next = line;
    if (*failed || most < 2 || 10 * even < 9 * rows)
        return false;
    t->column_count = most;
    for (size_t i = 0; i < most; i++) {
        t->columns[i] = (struct column){.role = ROLE_NONE};
        if (10 * seen[i].values >= 6 * rows && (best == SIZE_MAX || seen[i].values > seen[best].values))
            best = i;
    }
    if (best == SIZE_MAX)
        return false;
    for (size_t i = 0; i < most; i++) {
        if (i == best || !seen[i].cells)
            continue;
        if (10 * seen[i].types >= 8 * seen[i].cells)
            t->columns[i].role = ROLE_TYPE;
        else if (10 * seen[i].dates >= 8 * seen[i].cells)
            t->columns[i].role = ROLE_CREATED;
        else
            comment = i;
    }
    t->columns[best].role = ROLE_VALUE;
    if (comment != SIZE_MAX)
        t->columns[comment].role = ROLE_COMMENT;
    return true;
}

/* Excel's first line: sep=; */
static bool take_separator(struct table *t) {
    str rest = t->rest, line;

    if (!import_line(&rest, &line) || line.len != 5 || !str_eq_ascii(str_first(line, 4), S("sep=")))
        return false;
    t->csv.separator = line.ptr[4];
    t->rest = rest;
    t->next++;
    return true;
}

/* The separator with which the header has the most names, else the one that makes even rows. */
static bool understand(struct table *t, bool *failed, bool *header) {
    static const char separators[] = {',', ';', '\t', '|'};
    struct table best = {0};
    bool found = false;
    size_t most = 0;

    *header = false;
    *failed = false;
    bool const given = take_separator(t);

    for (unsigned pass = 0; pass < 2 && !found; pass++)
        for (size_t i = 0; i < (given ? 1 : sizeof separators) && !*failed; i++) {
            struct table try = *t;
            size_t known = 0;

            try.csv.fields = try.fields;
            try.csv.separator = given ? t->csv.separator : separators[i];
            arena_reset(t->scratch);
            bool const good = pass == 0 ? find_header(&try, failed) : guess_columns(&try, failed);

            t->room = try.room; /* its buffers may have moved */
            for (size_t k = 0; good && k < try.column_count; k++)
                known += try.columns[k].role != ROLE_NONE;
            if (good && known > most) {
                most = known;
                best = try;
                found = true;
                *header = pass == 0;
            }
        }
    if (found) {
        best.room = t->room;
        *t = best;
        t->csv.fields = t->fields;
    }
    return found;
}

static struct table *table_new(str text, const struct import_about *about, const struct intel_sink *sink,
                               struct err *e) {
    struct table *const t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    *t = (struct table){.about = about,
                        .sink = sink,
                        .e = e,
                        .csv = {.separator = ',', .padded = true, .fields = t->fields, .fields_max = COLUMNS_MAX},
                        .rest = text,
                        .next = 1,
                        .texts = arena_new(ROOM_MAX),
                        .scratch = arena_new(IMPORT_PATTERN_MEMORY)};
    return t;
}

static void table_free(struct table *t) {
    if (!t)
        return;
    arena_free(t->texts);
    arena_free(t->scratch);
    import_room_free(&t->room);
    free(t);
}

static bool csv_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct buf decoded = {0};
    str text;
    bool ok = false, failed = false, header;

    if (!import_text(bytes, &decoded, &text)) {
        buf_free(&decoded);
        return no_memory(e);
    }
    struct table *const t = table_new(text, about, sink, e);
    struct row *const row = calloc(1, sizeof *row);

    if (!t || !row || !t->texts || !t->scratch)
        (void)no_memory(e);
    else if (!understand(t, &failed, &header))
        ok =
            failed ? no_memory(e) : err_set(e, ERR_CORRUPT, 0, "no column of it holds values that could be looked for");
    else
        for (ok = true; ok && next_row(t, row, &failed);)
            if (!is_remark(row, t->csv.separator))
                ok = tell_row(t, row);
    if (ok && failed)
        ok = no_memory(e);
    table_free(t);
    free(row);
    buf_free(&decoded);
    return ok;
}

static int csv_looks(str head) {
    struct buf decoded = {0};
    struct err e;
    str text;
    int sure = 0;
    bool failed, header;

    if (import_text(head, &decoded, &text) && !memchr(text.ptr, '\0', text.len) && !str_starts(text, S("{")) &&
        !str_starts(text, S("<"))) {
        struct table *const t = table_new(text, NULL, NULL, &e);

        if (t && t->texts && t->scratch && understand(t, &failed, &header))
            sure = header ? 3 : 2;
        table_free(t);
    }
    buf_free(&decoded);
    return sure;
}

const struct importer import_csv = {.name = "csv", .looks = csv_looks, .read = csv_read};
