/* door_file: closings that are told by texts: a page's file that is deleted, a page that answers no more, a command that undoes. */
#include "base/compiler.h"
#include "event/fold.h"
#include "incident/door_own.h"

str door_base(str path) {
    size_t from = path.len;

    while (from > 0 && path.ptr[from - 1] != '/' && path.ptr[from - 1] != '\\')
        from--;
    return str_from(path, from);
}

static char plain(char c) {
    return c == '\\' ? '/' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

uint64_t door_plain_hash(str s) {
    uint64_t h = UINT64_C(1469598103934665603);

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)plain(s.ptr[i])) * UINT64_C(1099511628211);
    return h;
}

bool door_plain_ends(str path, str with) {
    if (path.len < with.len)
        return false;
    for (size_t i = 0; i < with.len; i++)
        if (plain(path.ptr[path.len - with.len + i]) != plain(with.ptr[i]))
            return false;
    return true;
}

/* Parts of a path that are equal, from the end on. */
unsigned door_parts_alike(str a, str b) {
    unsigned n = 0;

    while (a.len && b.len) {
        str const x = door_base(a), y = door_base(b);

        if (!x.len || x.len != y.len || !door_plain_ends(x, y))
            break;
        n++;
        a = str_first(a, a.len - x.len - (a.len > x.len));
        b = str_first(b, b.len - y.len - (b.len > y.len));
    }
    return n;
}

/* Is it the page's file? On its own server two parts of the path are enough (/owa/auth/x.aspx lies in FrontEnd\HttpProxy\owa\auth); where the
 * web's name for the server is no host's, all of the path must be there. */
static bool is_file(const struct look *l, const struct watched *w, const struct activity *v) {
    str const file = door_text(l, v, ACT_OBJECT);
    unsigned const alike = door_parts_alike(file, w->name);
    bool const all = door_plain_ends(file, w->name);

    if (door_host_of(l->d, v) == w->host)
        return alike >= 2 || (all && alike);
    return all && alike >= 2 && !(w->host && activities_address_of(l->d->a, w->host));
}

static bool page_or_file(struct look *l, struct watched *w, const struct activity *v, uint32_t i, struct err *e) {
    str const verb = door_text(l, v, ACT_VERB), result = str_from(verb, verb.len > 3 ? verb.len - 3 : 0);

    if (v->act == ACT_FILE_DELETE && v->outcome != OUTCOME_FAILURE) {
        if (w->kind == DOOR_IMPLANT)
            return door_host_of(l->d, v) != w->host || door_parts_alike(door_text(l, v, ACT_OBJECT), w->name) < 2 ||
                   door_mark(w, MARK_CLOSE, v, i, S("program deleted")) || door_no_memory(e);
        return !is_file(l, w, v) || door_mark(w, MARK_CLOSE, v, i, S("page deleted")) || door_no_memory(e);
    }
    if (w->kind != DOOR_WEB_SHELL || v->act != ACT_WEB_REQUEST || door_owned(l, i) || !door_at_server(l, w, v) ||
        !fold_equal(door_path(door_text(l, v, ACT_OBJECT)), w->name))
        return true;
    if (str_eq(result, S("404")) || str_eq(result, S("410")))
        return door_mark(w, MARK_CLOSE, v, i,
                         str_eq(result, S("404")) ? S("page answers 404") : S("page answers 410")) ||
               door_no_memory(e);
    return v->outcome != OUTCOME_SUCCESS || door_mark(w, MARK_AGAIN, v, i, S("")) || door_no_memory(e);
}

/* The next word of a command line; quotes keep blanks. */
static str word(str *line) {
    size_t from = 0, to;
    char quote = 0;
    str w;

    while (from < line->len && (line->ptr[from] == ' ' || line->ptr[from] == '\t'))
        from++;
    if (from < line->len && (line->ptr[from] == '"' || line->ptr[from] == '\''))
        quote = line->ptr[from++];
    for (to = from; to < line->len && (quote ? line->ptr[to] != quote : line->ptr[to] != ' ' && line->ptr[to] != '\t');)
        to++;
    w = str_first(str_from(*line, from), to - from);
    *line = str_from(*line, to + (quote != 0));
    return w;
}

static bool is_program(str path, const char *name) {
    str base = door_base(path);

    if (base.len > 4 && str_eq_ascii(str_from(base, base.len - 4), S(".exe")))
        base = str_first(base, base.len - 4);
    return str_eq_ascii(base, str_of(name));
}

bool door_undoes(str line, enum door_kind *kind, str *name, str *host) {
    str w = word(&line);

    *host = *name = S("");
    for (unsigned n = 0; w.len && n < 8; n++, w = word(&line)) {
        if (is_program(w, "sc")) {
            w = word(&line);
            if (str_starts(w, S("\\\\"))) {
                *host = str_from(w, 2);
                w = word(&line);
            }
            *kind = DOOR_SERVICE;
            *name = str_eq_ascii(w, S("delete")) ? word(&line) : S("");
            return name->len > 0;
        }
        if (is_program(w, "schtasks")) {
            bool deletes = false;

            *kind = DOOR_TASK;
            while ((w = word(&line)).len) {
                deletes |= str_eq_ascii(w, S("/delete"));
                if (str_eq_ascii(w, S("/tn")))
                    *name = word(&line);
                if (str_eq_ascii(w, S("/s")))
                    *host = word(&line);
            }
            return deletes && name->len;
        }
        if (is_program(w, "netsh")) {
            bool deletes = false;

            *kind = DOOR_FIREWALL_OPENING;
            while ((w = word(&line)).len) {
                deletes |= str_eq_ascii(w, S("delete"));
                if (w.len >= 5 && str_eq_ascii(str_first(w, 5), S("name="))) {
                    str const rest = str_from(w, 5);

                    /* name="Two words": the quotes stand within the word */
                    *name = rest;
                    if (str_starts(rest, S("\""))) {
                        size_t const to =
                            str_find_byte((str){rest.ptr + 1, (size_t)(line.ptr + line.len - rest.ptr) - 1}, '"');

                        *name = to == SIZE_MAX ? str_from(rest, 1) : (str){rest.ptr + 1, to};
                    }
                }
            }
            return deletes && name->len;
        }
    }
    return false;
}

static bool host_named(const struct look *l, uint32_t host, str name) {
    uint32_t const code = activities_find(l->d->a, name);

    return (code && activities_host(l->d->a, code) == host) ||
           fold_equal(door_short_host(name), door_short_host(activities_spelling(l->d->a, ENTITY_HOST, host)));
}

struct undone {
    struct look *l;
    struct watched *w;
};

static bool on_command(void *ctx, uint32_t code, str name, str on, struct err *e) {
    const struct undone *const u = ctx;
    const struct look *const l = u->l;
    struct watched *const w = u->w;
    struct activity_list list;

    (void)name;
    if (!activities_of(l->d->a, ACT_OBJECT, code, &list, e))
        return false;
    door_looked(l->d, list.count);
    for (uint32_t n = 0; n < list.count; n++) {
        const struct activity *const v = activities_at(l->d->a, list.items[n]);

        if (v->act == ACT_PROCESS && v->outcome != OUTCOME_FAILURE &&
            (on.len ? host_named(l, w->host, on) : door_host_of(l->d, v) == w->host) &&
            !door_mark(w, MARK_CLOSE, v, list.items[n],
                       door_closing_word(w->kind == DOOR_SERVICE ? ACT_SERVICE_END
                                         : w->kind == DOOR_TASK  ? ACT_TASK_END
                                                                 : ACT_OPENING_END)))
            return door_no_memory(e);
    }
    return true;
}

/* A task is called by its path, with a backslash in front or without. */
static bool commands(struct look *l, struct watched *w, struct err *e) {
    struct undone u = {l, w};

    return door_commands(l, w->kind, w->name, on_command, &u, e) &&
           (w->kind != DOOR_TASK || !str_starts(w->name, S("\\")) ||
            door_commands(l, w->kind, str_from(w->name, 1), on_command, &u, e));
}

static bool files(struct look *l, struct watched *w, struct err *e) {
    struct activity_list codes;

    if (!door_objects(l, w->name, &codes, e))
        return false;
    for (uint32_t i = 0; i < codes.count; i++) {
        struct activity_list list;

        if (!door_plain_ends(door_base(door_path(activities_text(l->d->a, codes.items[i]))), door_base(w->name)))
            continue;
        if (!activities_of(l->d->a, ACT_OBJECT, codes.items[i], &list, e))
            return false;
        door_looked(l->d, list.count);
        for (uint32_t n = 0; n < list.count; n++)
            if (!page_or_file(l, w, activities_at(l->d->a, list.items[n]), list.items[n], e))
                return false;
    }
    return true;
}

bool door_texts(struct look *l, struct err *e) {
    for (uint32_t k = 0; k < l->count; k++) {
        struct watched *const w = &l->items[k];
        bool ok = true;

        if (w->kind != DOOR_SERVICE && w->kind != DOOR_TASK && w->kind != DOOR_FIREWALL_OPENING &&
            w->kind != DOOR_WEB_SHELL && w->kind != DOOR_IMPLANT)
            continue;
        if ((w->untold |= door_index_spent(l->d)))
            continue;
        ok = w->kind == DOOR_WEB_SHELL || w->kind == DOOR_IMPLANT ? files(l, w, e) : commands(l, w, e);
        if (!ok)
            return false;
    }
    return true;
}
