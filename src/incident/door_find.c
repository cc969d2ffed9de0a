/* door_find: which doors an intruder used or opened, out of its acts. */
#include "event/fold.h"
#include "incident/door_own.h"

/* ---- the doors an act opens or uses ---- */

/* NULL: there is none, and none is added (there are DOORS_MAX, or doors of a case are followed). */
static struct watched *watched_of(struct look *l, enum door_kind kind, uint32_t realm, uint32_t account, uint32_t host,
                                  str name) {
    for (uint32_t i = 0; i < l->count; i++) {
        struct watched *const w = &l->items[i];

        if (w->kind == kind && (w->realm == realm || (l->follow && w->realm == NO_REALM)) && w->account == account &&
            w->host == host && fold_equal(w->name, name))
            return w;
    }
    if (l->follow || l->count == DOORS_MAX)
        return NULL;
    l->items[l->count] = (struct watched){.kind = kind,
                                          .realm = realm,
                                          .account = account,
                                          .host = host,
                                          .name = name,
                                          .second = STR(""),
                                          .said_account = STR(""),
                                          .said_host = STR("")};
    return &l->items[l->count++];
}

/* Takes NULL. */
bool door_put(struct look *l, struct watched *w, enum mark_what what, uint32_t activity, struct err *e) {
    const struct activity *const v = activities_at(l->d->a, activity);

    if (!w)
        return true;
    if (!w->old) {
        if (v->text[ACT_ACCOUNT])
            w->said_account = door_text(l, v, v->act == ACT_LOGON && v->text[ACT_TARGET] ? ACT_TARGET : ACT_ACCOUNT);
        if (w->host)
            w->said_host = activities_spelling(l->d->a, ENTITY_HOST, w->host);
        if (!w->family)
            w->family = l->d->family_of[v->text[ACT_KIND]];
    }
    return door_mark(w, what, v, activity, S("")) || door_no_memory(e);
}

/* Did the intruder begin this session? One that somebody else began it has stolen, and knows no password. */
static bool session_own(struct look *l, const struct activity *v, bool *own, struct err *e) {
    struct activity_list list;

    *own = true;
    if (!v->text[ACT_SESSION])
        return true;
    if (!activities_of(l->d->a, ACT_SESSION, v->text[ACT_SESSION], &list, e))
        return false;
    *own = !list.count || door_owned(l, list.items[0]);
    return true;
}

static struct watched *made_account(struct look *l, uint32_t account) {
    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].kind == DOOR_NEW_ACCOUNT && l->items[i].account == account)
            return &l->items[i];
    return NULL;
}

static bool comes(struct look *l, const struct activity *v, uint32_t i, uint32_t account, struct err *e) {
    const struct door_family *const f = door_family_of(l->d, v);
    const struct realm *const realm = door_realm_at(l->d, f->realm);
    uint32_t const host = realm && realm->local ? door_host_of(l->d, v) : 0;
    struct watched *made = made_account(l, account);
    bool own = true;

    if (v->act == ACT_LOGON) {
        str const how = door_text(l, v, ACT_VERB);

        /* Services and tasks come by themselves (Windows' types 4, 5, 0): whoever made one need not know the password. */
        if (str_eq(how, S("5")) || str_eq(how, S("4")) || str_eq(how, S("0")))
            return true;
    }
    if (realm && realm->sessions && !session_own(l, v, &own, e))
        return false;
    if (!own)
        return true;
    if (!made)
        made = watched_of(l, f->vpn ? DOOR_VPN_ACCOUNT : DOOR_ACCOUNT, f->realm, account, host, S(""));
    return door_put(l, made, MARK_USE, i, e);
}

static bool uses_session(const struct activity *v) {
    switch ((enum act)v->act) {
    case ACT_SIGN_IN:
    case ACT_MAIL_READ:
    case ACT_MAIL_SYNC:
    case ACT_MAIL_SEND:
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_API_CALL:
    case ACT_EXPORT:
        return true;
    default:
        return false;
    }
}

static bool sits(struct look *l, const struct activity *v, uint32_t i, uint32_t account, struct err *e) {
    const struct door_family *const f = door_family_of(l->d, v);
    const struct realm *const realm = door_realm_at(l->d, f->realm);
    struct watched *w;

    if (!realm || !realm->sessions || (v->act != ACT_SIGN_IN && !v->text[ACT_SESSION]))
        return true;
    w = watched_of(l, DOOR_SESSION, f->realm, account, 0, S(""));
    return door_put(l, w, MARK_USE, i, e);
}

static str port_name(struct look *l, const struct activity *v, bool *ok) {
    str const detail = door_text(l, v, ACT_DETAIL), verb = door_text(l, v, ACT_VERB), port = door_port(detail);
    bool const udp = door_has(detail, S("udp")) || door_has(verb, S("udp")) || str_eq(verb, S("17"));
    bool const tcp = door_has(detail, S("tcp")) || door_has(verb, S("tcp")) || str_eq(verb, S("6"));

    if (!port.len)
        return S("");
    return udp != tcp ? door_joined(l, udp ? S("udp") : S("tcp"), "/", port, ok) : port;
}

/* What acts of making make. */
static bool makes(struct look *l, const struct activity *v, uint32_t i, struct err *e) {
    struct activities *const a = l->d->a;
    uint32_t const realm = door_family_of(l->d, v)->realm, host = door_host_of(l->d, v),
                   account = activities_account(a, v->text[ACT_ACCOUNT]),
                   target = activities_account(a, v->text[ACT_TARGET]), whose = target ? target : account;
    str const object = door_text(l, v, ACT_OBJECT), detail = door_text(l, v, ACT_DETAIL);
    struct watched *w = NULL;
    str box, name;
    bool ok = true;

    box = door_mailbox(l, v, &name);
    switch ((enum act)v->act) {
    case ACT_RULE_NEW:
        w = watched_of(l, DOOR_RULE, realm, door_account(l, box) ? door_account(l, box) : whose, 0, name);
        break;
    case ACT_FORWARD_NEW:
        w = watched_of(l, DOOR_FORWARDING, realm, whose, 0, S(""));
        break;
    case ACT_CONSENT_NEW:
        w = watched_of(l, DOOR_CONSENT, realm, account, 0, object.len ? object : door_text(l, v, ACT_TARGET));
        break;
    case ACT_KEY_NEW:
        w = watched_of(l, DOOR_KEY, realm, whose, 0, object);
        break;
    case ACT_DELEGATE_NEW:
        w = watched_of(l, DOOR_DELEGATE, realm, whose, 0, detail);
        break;
    case ACT_ROLE_NEW:
        w = watched_of(l, DOOR_ROLE, realm, whose, 0, object);
        break;
    case ACT_FACTOR_NEW:
        w = watched_of(l, DOOR_FACTOR, realm, whose, 0, object);
        break;
    case ACT_ACCOUNT_NEW:
        w = whose ? watched_of(l, DOOR_NEW_ACCOUNT, realm, whose, 0, S("")) : NULL;
        break;
    case ACT_APP_NEW:
        w = watched_of(l, DOOR_APPLICATION, realm, 0, 0, object);
        break;
    case ACT_SERVICE_NEW:
        w = watched_of(l, DOOR_SERVICE, NO_REALM, 0, host, object);
        break;
    case ACT_TASK_NEW:
        w = watched_of(l, DOOR_TASK, NO_REALM, 0, host, object);
        break;
    case ACT_AUTORUN_NEW:
        w = watched_of(l, DOOR_AUTORUN, NO_REALM, 0, host, object);
        break;
    case ACT_OPENING_NEW:
        if (!host || str_starts(object, S("\\"))) {
            w = watched_of(l, DOOR_OPENING, realm, 0, host, object);
            break;
        }
        w = watched_of(l, DOOR_FIREWALL_OPENING, NO_REALM, 0, host, object);
        if (w && !w->old && !w->second.len)
            w->second = port_name(l, v, &ok);
        break;
    default:
        return true;
    }
    if (!ok)
        return door_no_memory(e);
    if (!door_put(l, w, MARK_OPEN, i, e))
        return false;
    if (w && !w->old) {
        /* Whose it is, not who made it. */
        if (w->kind == DOOR_RULE || w->kind == DOOR_FORWARDING || w->kind == DOOR_DELEGATE)
            w->said_account = box;
        else if (w->host)
            w->said_account = S("");
        else if (v->text[ACT_TARGET] && w->kind != DOOR_CONSENT)
            w->said_account = door_text(l, v, ACT_TARGET);
    }
    return true;
}

static bool reads(const struct activity *v) {
    return v->act == ACT_MAIL_READ || v->act == ACT_MAIL_SYNC || v->act == ACT_FILE_READ || v->act == ACT_API_CALL ||
           v->act == ACT_MAIL_SEND || v->act == ACT_EXPORT;
}

/* Uses of doors that other acts opened. */
static bool uses(struct look *l, struct watched *w, const struct activity *v, uint32_t i, struct err *e) {
    struct activities *const a = l->d->a;

    switch (w->kind) {
    case DOOR_CONSENT:
    case DOOR_APPLICATION:
        /* An application comes without a session of its user's. */
        if (reads(v) && !v->text[ACT_SESSION] && (w->realm == NO_REALM || door_family_of(l->d, v)->realm == w->realm) &&
            (!w->account || activities_account(a, v->text[ACT_ACCOUNT]) == w->account ||
             activities_account(a, v->text[ACT_TARGET]) == w->account ||
             fold_equal(door_text(l, v, ACT_ACCOUNT), w->name)))
            return door_put(l, w, MARK_USE, i, e);
        return true;
    case DOOR_FIREWALL_OPENING:
        if (v->act == ACT_CONNECTION && w->second.len &&
            str_eq(door_port(door_text(l, v, ACT_VERB)), door_port(w->second)) && v->text[ACT_SERVER] &&
            (activities_host_of(a, v->text[ACT_SERVER], v->when) == w->host ||
             activities_host(a, v->text[ACT_SERVER]) == w->host))
            return door_put(l, w, MARK_USE, i, e);
        return true;
    case DOOR_WEB_SHELL:
        if (v->act == ACT_WEB_REQUEST && v->outcome != OUTCOME_FAILURE && door_at_server(l, w, v) &&
            fold_equal(door_path(door_text(l, v, ACT_OBJECT)), w->name))
            return door_put(l, w, MARK_USE, i, e);
        return true;
    case DOOR_IMPLANT:
        if ((v->act == ACT_PROCESS || v->act == ACT_CONNECTION) && v->text[ACT_PROGRAM] &&
            door_host_of(l->d, v) == w->host && fold_equal(door_text(l, v, ACT_PROGRAM), w->name))
            return door_put(l, w, MARK_USE, i, e);
        return true;
    default:
        return true;
    }
}

static void pages(struct look *l) {
    struct activities *const a = l->d->a;

    for (size_t p = 0; p < l->owner->part_count; p++) {
        const struct behaviour_part *const part = &l->owner->parts[p];
        struct watched *w;
        uint32_t host;

        if (part->type != PART_PAGE || !part->own)
            continue;
        host = activities_host_of(a, part->other,
                                  l->owner->event_count ? activities_at(a, l->owner->events[0])->when : l->d->end);
        host = host ? host : activities_host(a, part->other);
        if ((w = watched_of(l, DOOR_WEB_SHELL, NO_REALM, 0, host, door_path(activities_text(a, part->code))))) {
            w->other = part->other;
            w->said_host = activities_spelling(a, ENTITY_HOST, host);
        }
    }
}

/* A page that the intruder wrote, whether or not anybody has come to it: the file's path behind the web server's folder, with slashes. */
static bool planted(struct look *l, const struct activity *v, uint32_t i, struct err *e) {
    uint32_t const host = door_host_of(l->d, v);
    str const behind = v->act == ACT_FILE_WRITE ? door_page_of(l->d, door_text(l, v, ACT_OBJECT)) : S("");
    char *path;

    if (!behind.len || !host)
        return true;
    for (uint32_t k = 0; k < l->count; k++)
        if (l->items[k].kind == DOOR_WEB_SHELL && l->items[k].host == host &&
            (door_plain_ends(behind, l->items[k].name) || door_parts_alike(behind, l->items[k].name) >= 2))
            return door_put(l, &l->items[k], MARK_OPEN, i, e);
    if (!(path = arena_bytes(l->room, behind.len)))
        return door_no_memory(e);
    for (size_t k = 0; k < behind.len; k++)
        path[k] = behind.ptr[k] == '\\' ? '/' : behind.ptr[k];
    return door_put(l, watched_of(l, DOOR_WEB_SHELL, NO_REALM, 0, host, (str){path, behind.len}), MARK_OPEN, i, e);
}

/* Programs that are the intruder's own and speak over the network by themselves. */
static bool implants(struct look *l, struct err *e) {
    struct activities *const a = l->d->a;

    for (size_t n = 0; n < l->owner->event_count; n++) {
        const struct activity *const v = activities_at(a, l->owner->events[n]);
        uint32_t const program =
            v->act == ACT_CONNECTION && v->text[ACT_PROGRAM] ? activities_program(a, v->text[ACT_PROGRAM]) : 0;
        bool own = false;

        for (size_t p = 0; program && !own && p < l->owner->part_count; p++)
            own =
                l->owner->parts[p].own && l->owner->parts[p].type == PART_PROGRAM && l->owner->parts[p].code == program;
        if (own) {
            struct watched *const w =
                watched_of(l, DOOR_IMPLANT, NO_REALM, 0, door_host_of(l->d, v), door_text(l, v, ACT_PROGRAM));

            if (!door_put(l, w, MARK_USE, l->owner->events[n], e))
                return false;
        }
    }
    return true;
}

/* The password that is asked for from outside is the house's directory's, if the account has one there: one door, not two. */
static bool vpn_joined(struct look *l, struct err *e) {
    for (uint32_t i = 0; i < l->count; i++) {
        struct watched *const vpn = &l->items[i];

        for (uint32_t k = 0; vpn->kind == DOOR_VPN_ACCOUNT && vpn->realm == NO_REALM && k < l->count; k++) {
            struct watched *const w = &l->items[k];
            const struct realm *const realm = door_realm_at(l->d, w->realm);

            if (w->kind != DOOR_ACCOUNT || w->account != vpn->account || !realm || realm->local || realm->sessions)
                continue;
            for (uint32_t m = 0; m < w->count; m++)
                if (!door_mark(vpn, w->marks[m].what, activities_at(l->d->a, w->marks[m].activity),
                               w->marks[m].activity, S("")))
                    return door_no_memory(e);
            vpn->realm = w->realm;
            w->count = 0;
            w->account = 0;
        }
    }
    return true;
}

bool door_find(struct look *l, struct err *e) {
    struct activities *const a = l->d->a;

    if (!l->follow)
        pages(l);
    for (size_t n = 0; n < l->owner->event_count; n++) {
        uint32_t const i = l->owner->events[n];
        const struct activity *const v = activities_at(a, i);
        /* Who comes with the password of another (Windows' 4648) knows that one's. */
        bool const other = v->act == ACT_LOGON && v->text[ACT_TARGET];
        str const name = door_text(l, v, other ? ACT_TARGET : ACT_ACCOUNT);
        uint32_t const account = activities_account(a, v->text[other ? ACT_TARGET : ACT_ACCOUNT]);

        if (v->outcome == OUTCOME_FAILURE)
            continue;
        if (account && !door_nobody(l->d, name)) {
            if ((v->act == ACT_SIGN_IN || v->act == ACT_LOGON) && !comes(l, v, i, account, e))
                return false;
            if (uses_session(v) && !sits(l, v, i, account, e))
                return false;
        }
        if (!makes(l, v, i, e) || !planted(l, v, i, e))
            return false;
    }
    if (!l->follow && !implants(l, e))
        return false;
    for (size_t n = 0; n < l->owner->event_count; n++)
        for (uint32_t w = 0; w < l->count; w++)
            if (activities_at(a, l->owner->events[n])->outcome != OUTCOME_FAILURE &&
                !uses(l, &l->items[w], activities_at(a, l->owner->events[n]), l->owner->events[n], e))
                return false;
    return l->follow || vpn_joined(l, e);
}
