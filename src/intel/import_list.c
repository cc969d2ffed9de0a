/* import_list: a value a line: plain lists with comments, files of hosts, Maltrail's trails. Of tables see import_csv.c. */
#include "intel/import_value.h"

#define LINES_LOOKED 200u /* to tell whether it is a list */

/* A line into its parts. */
struct line {
    str value, comment;
    bool remark; /* all of it is a comment */
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static str without_marks(str s) {
    while (s.len && (s.ptr[0] == '#' || s.ptr[0] == ';' || s.ptr[0] == '/' || is_blank(s.ptr[0])))
        s = str_from(s, 1);
    return s;
}

/* #, ; and // begin a comment at the start of a line, and behind a blank. */
static struct line line_of(str s) {
    s = str_trim(s);
    struct line l = {.value = s, .comment = S("")};

    if (str_starts(s, S("#")) || str_starts(s, S(";")) || str_starts(s, S("//"))) {
        l.value = S("");
        l.comment = str_trim(without_marks(s));
        l.remark = true;
        return l;
    }
    for (size_t i = 1; i < s.len; i++)
        if (is_blank(s.ptr[i - 1]) && (s.ptr[i] == '#' || s.ptr[i] == ';' || str_starts(str_from(s, i), S("//")))) {
            l.value = str_trim(str_first(s, i));
            l.comment = str_trim(without_marks(str_from(s, i)));
            break;
        }
    return l;
}

/* Behind the first of the separators of `value,comment`; SIZE_MAX: none. A dash between blanks is one. */
static size_t separator(str s, size_t *width) {
    for (size_t i = 1; i < s.len; i++) {
        str const rest = str_from(s, i);

        *width = memchr(",;\t|", s.ptr[i], 4)            ? 1
                 : str_starts(rest, S(" - "))            ? 3
                 : str_starts(rest, S(" \xe2\x80\x93 ")) ? 5
                                                         : 0;
        if (*width)
            return i;
    }
    return SIZE_MAX;
}

/* ---- reading ---- */

struct list {
    const struct import_about *about;
    const struct intel_sink *sink;
    struct import_room room;
    struct item_names groups, origins;
    size_t number;     /* of the line */
    bool trails;       /* Maltrail's: whatever has the shape of one is a host */
    size_t hosts;      /* lines of a file of hosts */
    bool values_since; /* since the last reference: the next one begins a new block */
    struct err *e;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read a list");
}

static str where_of(const struct list *l, char out[32]) {
    return (str){out, (size_t)snprintf(out, 32, "line %zu", l->number)};
}

static bool tell(struct list *l, const struct import_value *v, str comment) {
    char where[32];
    struct intel_item item = item_new(v->type, v->value, where_of(l, where));

    item.raw = v->raw;
    item.port = v->port;
    item.comment = comment;
    item.groups = l->groups;
    item.origins = l->origins;
    l->values_since = true;
    return l->sink->item(l->sink->ctx, &item, l->e);
}

static bool leave_out(struct list *l, str what, const char *why) {
    char where[32];

    l->values_since = true;
    return l->sink->left_out(l->sink->ctx, where_of(l, where), what, str_of(why), l->e);
}

/* 0.0.0.0 and its kin in front of names: a file of hosts, or a list for a DNS server. */
static bool is_sink_address(str s) {
    static const str addresses[] = {STR("0.0.0.0"), STR("127.0.0.1"), STR("::"), STR("::1")};

    for (size_t i = 0; i < COUNT(addresses); i++)
        if (str_eq(s, addresses[i]))
            return true;
    return false;
}

static str take_word(str *s) {
    size_t len = 0;

    *s = str_trim(*s);
    while (len < s->len && !is_blank(s->ptr[len]))
        len++;
    str const word = str_first(*s, len);

    *s = str_trim(str_from(*s, len));
    return word;
}

static bool tell_hosts(struct list *l, str names, str comment) {
    while (names.len) {
        str const name = take_word(&names);
        struct import_value v;
        const char *why;

        if (import_value_of(OBSERVABLE_DOMAIN, name, &l->room, &v, &why)) {
            if (!tell(l, &v, comment))
                return false;
        } else if (import_room_failed(&l->room)) {
            return no_memory(l->e);
        } else if (!leave_out(l, name, why)) {
            return false;
        }
    }
    return true;
}

/* Trails are hosts, addresses and addresses of the web, and nothing else. */
static bool trail(struct list *l, str value, struct import_value *v, const char **why) {
    if (value.len && value.ptr[0] == '/') {
        *why = "a path without its host: it could be anybody's";
        return false;
    }
    if (!import_value_of(OBSERVABLE_NONE, value, &l->room, v, why) && import_room_failed(&l->room))
        return false;
    if (v->type == OBSERVABLE_ADDRESS || v->type == OBSERVABLE_NETWORK || v->type == OBSERVABLE_DOMAIN ||
        v->type == OBSERVABLE_URL)
        return true;
    return import_value_of(str_find_byte(value, '/') != SIZE_MAX ? OBSERVABLE_URL : OBSERVABLE_DOMAIN, value, &l->room,
                           v, why);
}

/* The value of a line, alone or in front of a comment. */
static bool value_of(struct list *l, struct line *line, struct import_value *v, const char **why) {
    size_t width, at;

    v->type = OBSERVABLE_NONE;
    if (l->trails)
        return trail(l, line->value, v, why);
    if (import_value_of(OBSERVABLE_NONE, line->value, &l->room, v, why))
        return true;
    if (import_room_failed(&l->room) || (at = separator(line->value, &width)) == SIZE_MAX)
        return false;
    const char *other;
    str const behind = str_trim(str_from(line->value, at + width));

    if (!import_value_of(OBSERVABLE_NONE, str_first(line->value, at), &l->room, v, &other))
        return false;
    if (!line->comment.len)
        line->comment = behind;
    return true;
}

static bool read_value(struct list *l, struct line line) {
    str rest = line.value;
    struct import_value v;
    const char *why;

    if (is_sink_address(take_word(&rest)) && rest.len && ++l->hosts)
        return tell_hosts(l, rest, line.comment);
    if (value_of(l, &line, &v, &why))
        return tell(l, &v, line.comment);
    return import_room_failed(&l->room) ? no_memory(l->e) : leave_out(l, line.value, why);
}

static void add_names(struct item_names *to, str names) {
    while (names.len) {
        size_t const at = str_find_byte(names, ',');

        item_name_add(to, str_first(names, at));
        names = at == SIZE_MAX ? S("") : str_from(names, at + 1);
    }
}

static bool begins(str s, str word) {
    return s.len >= word.len && str_eq_ascii(str_first(s, word.len), word);
}

/* `Aliases: a, b`, `Reference: https://...` (also misspelt: Referemce), `Generic`. */
static void read_remark(struct list *l, str s) {
    size_t const colon = str_find_byte(s, ':');
    str const key = str_trim(str_first(s, colon));
    str rest = colon == SIZE_MAX ? S("") : str_trim(str_from(s, colon + 1));

    if (str_eq_ascii(key, S("aliases")) || str_eq_ascii(key, S("alias"))) {
        add_names(&l->groups, rest);
    } else if (begins(key, S("refer")) || str_eq_ascii(key, S("source")) || str_eq_ascii(key, S("ref")) ||
               str_eq_ascii(key, S("report"))) {
        unsigned const before = l->values_since ? 0 : l->origins.count;

        if (colon == SIZE_MAX)
            return;
        l->origins.count = before;
        l->values_since = false;
        import_links(rest, &l->origins);
        if (l->origins.count == before)
            item_name_add(&l->origins, without_marks(rest));
    } else if (begins(s, S("generic")) || begins(s, S("misc"))) {
        l->origins.count = 0; /* no longer of the last reference */
        import_links(s, &l->origins);
        l->values_since = false;
    }
}

/* Maltrail names the group by the file: apt_name.txt. */
static str group_of_name(str name) {
    size_t end;

    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == '/') {
            name = str_from(name, i);
            break;
        }
    end = str_find(name, S(".txt"));
    return str_starts(name, S("apt_")) && end != SIZE_MAX ? str_first(str_from(name, 4), end - 4) : S("");
}

static bool are_trails(str text) {
    str rest = str_first(text, 4096), line;

    while (import_line(&rest, &line))
        if (str_starts(line, S("#")) && (str_find(line, S("stamparm/maltrail")) != SIZE_MAX ||
                                         str_find(line, S("Maltrail developers")) != SIZE_MAX))
            return true;
    return false;
}

static bool list_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct list l = {.about = about, .sink = sink, .e = e};
    struct buf decoded = {0};
    str rest, line;
    bool ok = true;

    if (!import_text(bytes, &decoded, &rest)) {
        buf_free(&decoded);
        return no_memory(e);
    }
    l.trails = are_trails(rest);
    if (l.trails)
        item_name_add(&l.groups, group_of_name(about->name));
    while (ok && import_line(&rest, &line)) {
        struct line const parts = line_of(line);

        l.number++;
        if (parts.remark)
            read_remark(&l, parts.comment);
        else if (parts.value.len)
            ok = read_value(&l, parts);
    }
    import_room_free(&l.room);
    buf_free(&decoded);
    return ok;
}

/* ---- recognition ---- */

static bool count_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)item;
    (void)e;
    ++*(size_t *)ctx;
    return true;
}

static bool count_nothing(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx;
    (void)where;
    (void)what;
    (void)why;
    (void)e;
    return true;
}

static int list_looks(str head) {
    size_t items = 0, lines = 0, good = 0;
    struct buf decoded = {0};
    struct err e;
    struct intel_sink const counting = {.ctx = &items, .item = count_item, .left_out = count_nothing};
    struct list l = {.sink = &counting, .e = &e};
    bool const cut = head.len >= IMPORT_HEAD;
    str rest, line;
    int sure = 0;

    if (import_text(head, &decoded, &rest) && !memchr(rest.ptr, '\0', rest.len) && !str_starts(rest, S("{")) &&
        !str_starts(rest, S("<"))) {
        l.trails = are_trails(rest);
        while (lines < LINES_LOOKED && import_line(&rest, &line)) {
            struct line const parts = line_of(line);

            if (parts.remark || !parts.value.len || (cut && !rest.len)) /* the last line may be cut */
                continue;
            items = 0;
            lines++;
            if (!read_value(&l, parts))
                break;
            good += items > 0;
        }
        sure = lines == 0                              ? (l.trails ? 3 : 0)
               : l.trails || 10 * l.hosts >= 8 * lines ? 3
               : 10 * good >= 8 * lines                ? 2
               : 10 * good >= 3 * lines && good > 1    ? 1
                                                       : 0;
    }
    import_room_free(&l.room);
    buf_free(&decoded);
    return sure;
}

const struct importer import_list = {.name = "list", .looks = list_looks, .read = list_read};
