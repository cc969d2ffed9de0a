/* door_close: acts of anybody that close a door, or may have. */
#include "base/compiler.h"
#include "event/fold.h"
#include "incident/door_own.h"

/* Of accounts: of which directory is the act, and is it this one? */
static enum mark_what same_realm(const struct look *l, const struct watched *w, const struct activity *v) {
    const struct door_family *const f = door_family_of(l->d, v);
    const struct realm *const realm = door_realm_at(l->d, w->realm);

    if (realm && realm->local && f->realm == w->realm)
        return !w->host || door_host_of(l->d, v) == w->host ? MARK_CLOSE : MARK_MAYBE;
    return f->realm == w->realm || f->realm == NO_REALM || w->realm == NO_REALM ? MARK_CLOSE : MARK_MAYBE;
}

static bool close_account(struct look *l, struct watched *w, const struct activity *v, uint32_t i, struct err *e) {
    bool const door = w->kind == DOOR_ACCOUNT || w->kind == DOOR_VPN_ACCOUNT;
    const struct door_family *const f = door_family_of(l->d, v);
    enum mark_what const what = same_realm(l, w, v);
    str how = S("");
    bool ok = true;

    if (v->outcome == OUTCOME_FAILURE)
        return true;
    switch ((enum act)v->act) {
    case ACT_PASSWORD:
        if (!door)
            return true;
        if (door_owned(l, i)) /* it knows that one, too */
            return door_put(l, w, MARK_USE, i, e);
        how = S("password reset");
        break;
    case ACT_ACCOUNT_END:
        how = S("account disabled");
        break;
    case ACT_SESSIONS_END:
        if (w->kind != DOOR_SESSION)
            return true;
        how = S("sessions revoked");
        break;
    default:
        return true;
    }
    if (what == MARK_MAYBE) {
        const struct realm *const other = door_realm_at(l->d, f->realm);

        if (w->kind == DOOR_SESSION)
            return true;
        how = door_joined(
            l,
            v->act == ACT_PASSWORD ? S("a password of that name was reset in ")
                                   : S("an account of that name was disabled in "),
            "", other && !other->local ? door_joined(l, S("the "), "", other->name, &ok) : S("another place"), &ok);
        how = door_joined(l, how, "", S(": no log says whether it is this one"), &ok);
    }
    return (ok && door_mark(w, what, v, i, how)) || door_no_memory(e);
}

static bool account_ends(struct look *l, struct watched *w, struct err *e) {
    static const enum act acts[] = {ACT_PASSWORD, ACT_ACCOUNT_END, ACT_SESSIONS_END};
    struct activity_list list;

    for (size_t k = 0; w->account && k < COUNT(acts); k++) {
        if ((w->untold |= door_index_spent(l->d)))
            return true;
        if (!door_acts(l, w, acts[k], &list, e))
            return false;
        for (uint32_t n = 0; n < list.count; n++) {
            const struct activity *const v = activities_at(l->d->a, list.items[n]);
            enum act_text const by = v->text[ACT_TARGET] ? ACT_TARGET : ACT_ACCOUNT;

            /* By whom it is done says of whom only where nothing else does: of one's own. */
            if (activities_account(l->d->a, v->text[by]) != w->account ||
                (by == ACT_ACCOUNT && v->act == ACT_ACCOUNT_END))
                continue;
            if (!close_account(l, w, v, list.items[n], e))
                return false;
        }
    }
    return true;
}

/* A text that names a rule by a number, not by its name: which one it is cannot be told. */
static bool numbered(str name) {
    size_t digits = 0;

    for (size_t i = 0; i < name.len; i++)
        digits += name.ptr[i] >= '0' && name.ptr[i] <= '9';
    return name.len >= 10 && digits == name.len;
}

/* Does it name that application? Logs have it as what is acted upon in one way or another. */
static bool names_it(const struct look *l, const struct watched *w, const struct activity *v) {
    static const enum act_text where[] = {ACT_OBJECT, ACT_TARGET, ACT_DETAIL};
    bool found = false;

    for (size_t t = 0; t < COUNT(where); t++)
        found |= v->text[where[t]] && fold_equal(door_text(l, v, where[t]), w->name);
    return found;
}

str door_closing_word(enum act a) {
    switch (a) {
    case ACT_RULE_END:
        return S("rule removed");
    case ACT_FORWARD_END:
        return S("forwarding ended");
    case ACT_CONSENT_END:
        return S("consent removed");
    case ACT_KEY_END:
        return S("key removed");
    case ACT_DELEGATE_END:
        return S("right removed");
    case ACT_ROLE_END:
        return S("role removed");
    case ACT_FACTOR_END:
        return S("factor removed");
    case ACT_APP_END:
        return S("application removed");
    case ACT_SERVICE_END:
        return S("service deleted");
    case ACT_TASK_END:
        return S("task deleted");
    case ACT_OPENING_END:
        return S("rule deleted");
    case ACT_AUTORUN_END:
        return S("start-up entry removed");
    default:
        return S("account disabled");
    }
}

/* Is the act, of making or ending, about this door? MARK_CLOSE: surely. MARK_MAYBE: perhaps. MARK_USE: no. */
static enum mark_what about(struct look *l, const struct watched *w, const struct activity *v) {
    struct activities *const a = l->d->a;
    str name, box = door_mailbox(l, v, &name);
    bool const whose =
        (w->account && (activities_account(a, v->text[ACT_TARGET]) == w->account ||
                        (!v->text[ACT_TARGET] && activities_account(a, v->text[ACT_ACCOUNT]) == w->account))) ||
        door_is_account(l, w, box);

    switch (w->kind) {
    case DOOR_RULE:
        if (!whose)
            return MARK_USE;
        return fold_equal(name, w->name) ? MARK_CLOSE : !name.len || numbered(name) ? MARK_MAYBE : MARK_USE;
    case DOOR_FORWARDING:
        return whose ? MARK_CLOSE : MARK_USE;
    case DOOR_CONSENT:
    case DOOR_APPLICATION:
        return names_it(l, w, v) ? MARK_CLOSE : MARK_USE;
    case DOOR_KEY:
    case DOOR_ROLE:
        return !whose                                             ? MARK_USE
               : fold_equal(door_text(l, v, ACT_OBJECT), w->name) ? MARK_CLOSE
               : !v->text[ACT_OBJECT]                             ? MARK_MAYBE
                                                                  : MARK_USE;
    case DOOR_DELEGATE:
        return !whose                                                                     ? MARK_USE
               : fold_equal(door_login(door_text(l, v, ACT_DETAIL)), door_login(w->name)) ? MARK_CLOSE
               : !v->text[ACT_DETAIL]                                                     ? MARK_MAYBE
                                                                                          : MARK_USE;
    case DOOR_FACTOR:
        return !whose                                                                     ? MARK_USE
               : !v->text[ACT_OBJECT] || fold_equal(door_text(l, v, ACT_OBJECT), w->name) ? MARK_CLOSE
                                                                                          : MARK_MAYBE;
    case DOOR_FIREWALL_OPENING:
        if (door_host_of(l->d, v) != w->host)
            return MARK_USE;
        if (v->text[ACT_OBJECT] && w->name.len)
            return fold_equal(door_text(l, v, ACT_OBJECT), w->name) ? MARK_CLOSE : MARK_USE;
        return w->second.len && str_eq(door_port(door_text(l, v, ACT_DETAIL)), door_port(w->second)) ? MARK_CLOSE
                                                                                                     : MARK_USE;
    case DOOR_OPENING:
    case DOOR_SERVICE:
    case DOOR_TASK:
    case DOOR_AUTORUN:
        return door_host_of(l->d, v) == w->host && fold_equal(door_text(l, v, ACT_OBJECT), w->name) ? MARK_CLOSE
                                                                                                    : MARK_USE;
    default:
        return MARK_USE;
    }
}

/* What makes and ends a kind of door. */
static const struct {
    enum act makes, ends[2];
} acts_of[DOOR_KINDS] = {
    [DOOR_RULE] = {ACT_RULE_NEW, {ACT_RULE_END}},
    [DOOR_FORWARDING] = {ACT_FORWARD_NEW, {ACT_FORWARD_END}},
    [DOOR_CONSENT] = {ACT_CONSENT_NEW, {ACT_CONSENT_END, ACT_APP_END}},
    [DOOR_KEY] = {ACT_KEY_NEW, {ACT_KEY_END, ACT_APP_END}},
    [DOOR_DELEGATE] = {ACT_DELEGATE_NEW, {ACT_DELEGATE_END}},
    [DOOR_ROLE] = {ACT_ROLE_NEW, {ACT_ROLE_END}},
    [DOOR_FACTOR] = {ACT_FACTOR_NEW, {ACT_FACTOR_END}},
    [DOOR_FIREWALL_OPENING] = {ACT_OPENING_NEW, {ACT_OPENING_END}},
    [DOOR_SERVICE] = {ACT_SERVICE_NEW, {ACT_SERVICE_END}},
    [DOOR_TASK] = {ACT_TASK_NEW, {ACT_TASK_END}},
    [DOOR_AUTORUN] = {ACT_AUTORUN_NEW, {ACT_AUTORUN_END}},
    [DOOR_APPLICATION] = {ACT_APP_NEW, {ACT_APP_END}},
    [DOOR_OPENING] = {ACT_OPENING_NEW, {ACT_OPENING_END}},
};

static bool made_again(struct look *l, struct watched *w, struct err *e) {
    struct activity_list list;

    if (!door_acts(l, w, acts_of[w->kind].makes, &list, e))
        return false;
    for (uint32_t n = 0; n < list.count; n++) {
        const struct activity *const v = activities_at(l->d->a, list.items[n]);

        if (v->outcome != OUTCOME_FAILURE && !door_owned(l, list.items[n]) && about(l, w, v) == MARK_CLOSE &&
            !door_mark(w, MARK_AGAIN, v, list.items[n], S("")))
            return door_no_memory(e);
    }
    return true;
}

static bool ends(struct look *l, struct watched *w, struct err *e) {
    struct activity_list list;

    if ((w->untold |= door_index_spent(l->d)))
        return true;
    if (acts_of[w->kind].makes && !made_again(l, w, e))
        return false;
    for (size_t k = 0; k < COUNT(acts_of[0].ends) && acts_of[w->kind].ends[k]; k++) {
        enum act const act = acts_of[w->kind].ends[k];

        if (!door_acts(l, w, act, &list, e))
            return false;
        for (uint32_t n = 0; n < list.count; n++) {
            const struct activity *const v = activities_at(l->d->a, list.items[n]);
            enum mark_what const what = v->outcome == OUTCOME_FAILURE ? MARK_USE : about(l, w, v);

            if ((what == MARK_CLOSE || what == MARK_MAYBE) &&
                !door_mark(w, what, v, list.items[n],
                           what == MARK_CLOSE ? w->kind == DOOR_OPENING ? S("taken back") : door_closing_word(act)
                                              : S("one of them was removed, and no log says whether it was this one")))
                return door_no_memory(e);
        }
    }
    return true;
}

bool door_closings(struct look *l, struct err *e) {
    for (uint32_t k = 0; k < l->count; k++) {
        struct watched *const w = &l->items[k];
        bool ok = true;

        switch (w->kind) {
        case DOOR_ACCOUNT:
        case DOOR_VPN_ACCOUNT:
        case DOOR_NEW_ACCOUNT:
        case DOOR_SESSION:
            ok = account_ends(l, w, e);
            break;
        case DOOR_WEB_SHELL:
        case DOOR_IMPLANT:
            break; /* texts */
        default:
            ok = ends(l, w, e);
            break;
        }
        if (!ok)
            return false;
    }
    return door_texts(l, e);
}
