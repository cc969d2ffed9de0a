/* door_word: names in acts, compared: accounts, hosts, ports, pages. */
#include <stdlib.h>

#include "event/fold.h"
#include "incident/door_own.h"

bool door_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for doors");
}

str door_text(const struct look *l, const struct activity *v, enum act_text t) {
    return activities_text(l->d->a, v->text[t]);
}

bool door_owned(const struct look *l, uint32_t activity) {
    size_t from = 0, to = l->owner->event_count;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (l->owner->events[middle] < activity)
            from = middle + 1;
        else
            to = middle;
    }
    return from < l->owner->event_count && l->owner->events[from] == activity;
}

const struct realm *door_realm_at(const struct doors *d, uint32_t realm) {
    return realm == NO_REALM ? NULL : &d->realms[realm];
}

bool door_mark(struct watched *w, enum mark_what what, const struct activity *v, uint32_t activity, str how) {
    if (w->count == w->room) {
        uint32_t const room = w->room * 2 + 8;
        struct mark *const bigger = reallocarray(w->marks, room, sizeof *bigger);

        if (!bigger)
            return false;
        w->marks = bigger;
        w->room = room;
    }
    w->marks[w->count++] = (struct mark){v->when, v->last, what, activity, how};
    return true;
}

/* The first label of a host's name; of an address all of it. */
str door_short_host(str host) {
    size_t const dot = str_find_byte(host, '.');
    bool digits = true;

    for (size_t i = 0; i < host.len; i++)
        digits &= (host.ptr[i] >= '0' && host.ptr[i] <= '9') || host.ptr[i] == '.' || host.ptr[i] == ':';
    return dot == SIZE_MAX || dot == 0 || digits ? host : str_first(host, dot);
}

/* Without domain: jo of CHAMBER\jo, jo@chamber.example. */
str door_login(str account) {
    size_t const slash = str_find_byte(account, '\\');
    str const name = slash == SIZE_MAX ? account : str_from(account, slash + 1);
    size_t const at = str_find_byte(name, '@');

    return at == SIZE_MAX || at == 0 ? name : str_first(name, at);
}

uint32_t door_account(const struct look *l, str account) {
    uint32_t const code = account.len ? activities_find(l->d->a, account) : 0;

    return code ? activities_account(l->d->a, code) : 0;
}

/* Is it that account? Texts that no act has under account or target, such as the beginning of a rule's name, have no entity. */
bool door_is_account(const struct look *l, const struct watched *w, str account) {
    uint32_t const entity = door_account(l, account);

    return account.len && ((w->account && entity == w->account) || fold_equal(account, w->said_account));
}

/* The number in it: "9998", "9998/tcp", "tcp/9998"; "": there is none, or several. */
str door_port(str s) {
    size_t from = 0, to;

    while (from < s.len && !(s.ptr[from] >= '0' && s.ptr[from] <= '9'))
        from++;
    for (to = from; to < s.len && s.ptr[to] >= '0' && s.ptr[to] <= '9';)
        to++;
    for (size_t i = to; i < s.len; i++)
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            return S("");
    return str_first(str_from(s, from), to - from);
}

bool door_has(str s, str what) {
    for (size_t i = 0; what.len && i + what.len <= s.len; i++)
        if (str_eq_ascii(str_first(str_from(s, i), what.len), what))
            return true;
    return false;
}

str door_kept(const struct look *l, str s, bool *ok) {
    str out = S("");

    *ok = *ok && arena_copy(l->room, s, &out);
    return out;
}

str door_joined(const struct look *l, str a, const char *between, str b, bool *ok) {
    size_t const len = str_of(between).len;
    char *const to = arena_bytes(l->room, a.len + len + b.len);

    if (!to) {
        *ok = false;
        return S("");
    }
    memcpy(to, a.ptr, a.len);
    memcpy(to + a.len, between, len);
    memcpy(to + a.len + len, b.ptr, b.len);
    return (str){to, a.len + len + b.len};
}

/* The mailbox a rule, forwarding or delegate is of: whose name the rule's begins with, the target, or who does it. */
str door_mailbox(const struct look *l, const struct activity *v, str *name) {
    str const object = door_text(l, v, ACT_OBJECT), target = door_text(l, v, ACT_TARGET);
    size_t const slash = str_find_byte(object, '\\');
    bool const rule = v->act == ACT_RULE_NEW || v->act == ACT_RULE_END;

    *name = object;
    if (rule && slash != SIZE_MAX && slash > 0) {
        str const box = str_first(object, slash);

        if (str_find_byte(box, '@') != SIZE_MAX || (target.len && fold_equal(door_login(box), door_login(target)))) {
            *name = str_from(object, slash + 1);
            return box;
        }
    }
    return target.len ? target : door_text(l, v, ACT_ACCOUNT);
}

/* Path of a request: without query, and without what is put behind a semicolon. */
str door_path(str object) {
    size_t end = 0;

    while (end < object.len && object.ptr[end] != '?' && object.ptr[end] != ';')
        end++;
    return str_first(object, end);
}

bool door_at_server(const struct look *l, const struct watched *w, const struct activity *v) {
    return door_host_of(l->d, v) == w->host ||
           (w->other && (v->text[ACT_SERVER] == w->other || v->text[ACT_HOST] == w->other));
}
