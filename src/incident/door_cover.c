/* door_cover: which logs would tell that a door is used or closed, and whether they do; doors of other evidence. */
#include "base/compiler.h"
#include "event/fold.h"
#include "incident/door_own.h"

#define BITS_HOST                                                                                                      \
    (act_bit(ACT_PROCESS) | act_bit(ACT_LOGON) | act_bit(ACT_SERVICE_NEW) | act_bit(ACT_SERVICE_END) |                 \
     act_bit(ACT_TASK_NEW) | act_bit(ACT_TASK_END) | act_bit(ACT_OPENING_NEW) | act_bit(ACT_OPENING_END) |             \
     act_bit(ACT_AUTORUN_NEW) | act_bit(ACT_AUTORUN_END) | act_bit(ACT_FILE_DELETE) | act_bit(ACT_FILE_WRITE) |        \
     act_bit(ACT_LOG_CLEAR) | act_bit(ACT_SHARE_OPEN))
#define BITS_BOX                                                                                                       \
    (act_bit(ACT_RULE_NEW) | act_bit(ACT_RULE_END) | act_bit(ACT_FORWARD_NEW) | act_bit(ACT_FORWARD_END) |             \
     act_bit(ACT_DELEGATE_NEW) | act_bit(ACT_DELEGATE_END) | act_bit(ACT_MAIL_READ) | act_bit(ACT_MAIL_SYNC) |         \
     act_bit(ACT_MAIL_SEND))
#define BITS_DIRECTORY                                                                                                 \
    (act_bit(ACT_PASSWORD) | act_bit(ACT_ACCOUNT_NEW) | act_bit(ACT_ACCOUNT_END) | act_bit(ACT_SESSIONS_END) |         \
     act_bit(ACT_ROLE_NEW) | act_bit(ACT_ROLE_END) | act_bit(ACT_CONSENT_NEW) | act_bit(ACT_CONSENT_END) |             \
     act_bit(ACT_KEY_NEW) | act_bit(ACT_KEY_END) | act_bit(ACT_FACTOR_NEW) | act_bit(ACT_FACTOR_END) |                 \
     act_bit(ACT_APP_NEW) | act_bit(ACT_APP_END) | act_bit(ACT_TICKET))
#define BITS_OPEN                                                                                                      \
    (act_bit(ACT_OPENING_NEW) | act_bit(ACT_OPENING_END) | act_bit(ACT_FILE_READ) | act_bit(ACT_FILE_WRITE) |          \
     act_bit(ACT_API_CALL))
#define BITS_USE                                                                                                       \
    (act_bit(ACT_SIGN_IN) | act_bit(ACT_MAIL_READ) | act_bit(ACT_MAIL_SYNC) | act_bit(ACT_FILE_READ) |                 \
     act_bit(ACT_API_CALL) | act_bit(ACT_EXPORT))

/* Acts of which a log would tell, and whether it must be one of the door's host. */
struct asks {
    uint64_t bits;
    bool host;
};

static struct asks closing_logs(const struct doors *d, const struct watched *w) {
    const struct realm *const realm = door_realm_at(d, w->realm);

    switch (w->kind) {
    case DOOR_ACCOUNT:
        if (realm && realm->local)
            return (struct asks){BITS_DIRECTORY | act_bit(ACT_SIGN_IN) | act_bit(ACT_LOGON) | act_bit(ACT_EXPORT),
                                 true};
        return (struct asks){BITS_DIRECTORY, false};
    case DOOR_RULE:
    case DOOR_FORWARDING:
    case DOOR_DELEGATE:
        return (struct asks){BITS_BOX, false};
    case DOOR_WEB_SHELL:
        return (struct asks){act_bit(ACT_WEB_REQUEST) | act_bit(ACT_FILE_DELETE), true};
    case DOOR_FIREWALL_OPENING: /* of a host, or of a device, which tells of connections */
        return (struct asks){BITS_HOST | act_bit(ACT_CONNECTION), true};
    case DOOR_SERVICE:
    case DOOR_TASK:
    case DOOR_AUTORUN:
    case DOOR_IMPLANT:
        return (struct asks){BITS_HOST, true};
    case DOOR_OPENING:
        return w->host ? (struct asks){BITS_HOST, true} : (struct asks){BITS_OPEN, false};
    default:
        return (struct asks){BITS_DIRECTORY, false};
    }
}

static struct asks using_logs(const struct doors *d, const struct watched *w) {
    const struct realm *const realm = door_realm_at(d, w->realm);

    switch (w->kind) {
    case DOOR_ACCOUNT:
    case DOOR_NEW_ACCOUNT:
    case DOOR_ROLE:
    case DOOR_FACTOR:
        return (struct asks){act_bit(ACT_SIGN_IN) | act_bit(ACT_LOGON) | act_bit(ACT_TICKET), realm && realm->local};
    case DOOR_VPN_ACCOUNT:
        return (struct asks){act_bit(ACT_SIGN_IN), false};
    case DOOR_SESSION:
    case DOOR_CONSENT:
    case DOOR_KEY:
    case DOOR_APPLICATION:
        return (struct asks){BITS_USE, false};
    case DOOR_RULE:
    case DOOR_FORWARDING:
    case DOOR_DELEGATE:
        return (struct asks){BITS_BOX, false};
    case DOOR_WEB_SHELL:
        return (struct asks){act_bit(ACT_WEB_REQUEST), true};
    case DOOR_FIREWALL_OPENING:
        return (struct asks){act_bit(ACT_CONNECTION), false};
    case DOOR_OPENING:
        return w->host ? (struct asks){BITS_HOST, true} : (struct asks){BITS_OPEN, false};
    default:
        return (struct asks){BITS_HOST, true};
    }
}

static bool log_asked(const struct doors *d, const struct door_log *log, const struct watched *w, struct asks asks) {
    if (!(log->acts & asks.bits))
        return false;
    if (asks.host)
        return log->host == w->host || (w->other && log->host == activities_host(d->a, w->other));
    /* What goes on the wire is no directory's. */
    return w->realm == NO_REALM || (log->realms & UINT64_C(1) << w->realm) || (asks.bits & act_bit(ACT_CONNECTION)) ||
           (w->kind == DOOR_VPN_ACCOUNT && (log->realms & DOOR_VPN_BIT));
}

/* The best log of those: from <= first, and the latest last. NULL: there is none. silent: its longest pause, where that is one. */
static const struct door_log *better(const struct door_log *best, const struct door_log *log) {
    return !best || log->last > best->last || (log->last == best->last && log->first < best->first) ||
                   (log->last == best->last && log->first == best->first && log < best)
               ? log
               : best;
}

static const struct door_log *best_of_host(const struct doors *d, const struct watched *w, struct asks asks) {
    uint32_t const hosts[] = {w->host, w->other ? activities_host(d->a, w->other) : w->host};
    const struct door_log *best = NULL;

    for (size_t n = 0; n < COUNT(hosts); n++)
        for (uint32_t i = door_logs_from(d, hosts[n]); i < d->log_count && d->logs[d->by_host[i]].host == hosts[n]; i++)
            if (log_asked(d, &d->logs[d->by_host[i]], w, asks))
                best = better(best, &d->logs[d->by_host[i]]);
    return best;
}

/* Of logs of any host the answer is the same for all doors of a sort: hosts are many. */
static const struct door_log *best_log(struct doors *d, const struct watched *w, struct asks asks) {
    bool const vpn = w->kind == DOOR_VPN_ACCOUNT;
    const struct door_log *best = NULL;

    if (asks.host)
        return best_of_host(d, w, asks);
    for (uint32_t i = 0; i < d->asked_count; i++) {
        const struct door_asked *const x = &d->asked[i];

        if (x->bits == asks.bits && x->realm == w->realm && x->vpn == vpn)
            return x->log ? &d->logs[x->log - 1] : NULL;
    }
    for (uint32_t i = 0; i < d->log_count; i++)
        if (log_asked(d, &d->logs[i], w, asks))
            best = better(best, &d->logs[i]);
    if (d->asked_count < DOOR_ASKED_MAX)
        d->asked[d->asked_count++] = (struct door_asked){
            .bits = asks.bits, .realm = w->realm, .vpn = vpn, .log = best ? (uint32_t)(best - d->logs) + 1 : 0};
    return best;
}

static bool reaches_end(const struct doors *d, const struct door_log *log) {
    return log->last >= d->end || door_apart(log->last, d->end) <= door_log_slack(d, log);
}

static void day_of(int64_t when, char out[INSTANT_TEXT]) {
    size_t const len = instant_format(when, out).len;

    out[len < 10 ? len : 10] = '\0';
}

/* Of an open door: would it show if it were closed? */
bool door_told(struct look *l, const struct watched *w, struct door *out) {
    const struct door_log *const log = best_log(l->d, w, closing_logs(l->d, w));
    char day[INSTANT_TEXT];
    bool ok = true;

    if (w->untold) { /* a later act may have closed or opened it */
        out->state = DOOR_CANNOT_TELL;
        out->closed = INSTANT_NONE;
        out->closed_at = (struct door_place){.evidence_path = STR("")};
        out->how = S("so many acts are about doors in this evidence that not all were looked at");
        return true;
    }
    if (out->state != DOOR_OPEN || (log && reaches_end(l->d, log)))
        return true;
    out->state = DOOR_CANNOT_TELL;
    if (!log) {
        out->how = S("no log that would tell is among the evidence");
        return true;
    }
    day_of(log->last, day);
    out->how = door_joined(l, S("the log that would tell ("), "", l->d->families[log->family].name, &ok);
    out->how = door_joined(l, out->how, ") ends on ", str_of(day), &ok);
    return ok;
}

static str domain_of(str account) {
    size_t const slash = str_find_byte(account, '\\'), at = str_find_byte(account, '@');
    str const domain = slash != SIZE_MAX ? str_first(account, slash)
                       : at != SIZE_MAX  ? str_from(account, at + 1)
                                         : S("");
    size_t const dot = str_find_byte(domain, '.');

    return dot == SIZE_MAX ? domain : str_first(domain, dot);
}

static bool account_found(struct look *l, str account, uint32_t *out, struct err *e) {
    static const enum act_text by[] = {ACT_ACCOUNT, ACT_TARGET};
    struct activities *const a = l->d->a;
    struct activity_list list;

    *out = door_account(l, account);
    for (size_t b = 0; *out && b < COUNT(by); b++) {
        if (!activities_of(a, by[b], *out, &list, e))
            return false;
        if (list.count)
            return true;
    }
    /* Here it is spelled otherwise. */
    for (size_t b = 0; b < COUNT(by); b++) {
        if (!activities_entities(a, by[b], &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            str const other = activities_spelling(a, ENTITY_ACCOUNT, list.items[i]), x = domain_of(account),
                      y = domain_of(other);

            if (fold_equal(door_login(other), door_login(account)) && (!x.len || !y.len || fold_equal(x, y))) {
                *out = list.items[i];
                return true;
            }
        }
    }
    *out = 0;
    return true;
}

static bool host_found(struct look *l, str host, uint32_t *out, struct err *e) {
    struct activities *const a = l->d->a;
    uint32_t const code = activities_find(a, host);
    struct activity_list list;

    *out = code ? activities_host(a, code) : 0;
    if (*out)
        return true;
    if (!activities_entities(a, ACT_HOST, &list, e))
        return false;
    for (uint32_t i = 0; i < list.count && !*out; i++)
        if (fold_equal(door_short_host(activities_spelling(a, ENTITY_HOST, list.items[i])), door_short_host(host)))
            *out = list.items[i];
    return true;
}

bool door_watch(struct look *l, const struct door *old, struct watched *w, struct err *e) {
    bool const account = old->kind == DOOR_ACCOUNT || old->kind == DOOR_VPN_ACCOUNT || old->kind == DOOR_SESSION ||
                         old->kind == DOOR_NEW_ACCOUNT;

    *w = (struct watched){.kind = old->kind,
                          .realm = NO_REALM,
                          .name = account ? S("") : old->object,
                          .second = STR(""),
                          .said_account = old->account,
                          .said_host = old->host,
                          .old = old};
    for (size_t i = 0; account && i < l->d->realm_count; i++)
        if (str_eq(l->d->realms[i].name, old->object))
            w->realm = (uint32_t)i;
    if (old->kind == DOOR_FIREWALL_OPENING) {
        size_t const blank = str_find_byte(old->identity, ' ');

        w->second = blank == SIZE_MAX ? S("") : str_from(old->identity, blank + 1);
    }
    if ((old->account.len && !account_found(l, old->account, &w->account, e)) ||
        (old->host.len && !host_found(l, old->host, &w->host, e)))
        return false;
    w->other = w->host;
    return true;
}

/* What its logs tell, from a time on. */
static bool covers(struct look *l, const struct watched *w, struct asks asks, int64_t from, str *why) {
    const struct doors *const d = l->d;
    const struct door_log *best = NULL;
    char one[INSTANT_TEXT], two[INSTANT_TEXT];
    bool ok = true;

    *why = S("");
    for (uint32_t i = 0; i < d->log_count; i++) {
        const struct door_log *const log = &d->logs[i];
        int64_t const slack = door_log_slack(d, log);

        if (!log_asked(d, log, w, asks))
            continue;
        if ((log->first <= from || door_apart(from, log->first) <= slack) && reaches_end(d, log) &&
            (log->pause_to <= from || door_apart(log->pause_from, log->pause_to) <= slack))
            return true;
        if (!best || log->last > best->last || (log->last == best->last && log->first < best->first))
            best = log;
    }
    if (!best) {
        *why = S("no log in which it would show is among the evidence");
        return true;
    }
    *why = door_joined(l, d->families[best->family].name, "", S(" "), &ok);
    if (!reaches_end(d, best)) {
        day_of(best->last, one);
        *why = door_joined(l, *why, "ends on ", str_of(one), &ok);
    } else if (best->first > from && door_apart(from, best->first) > door_log_slack(d, best)) {
        day_of(best->first, one);
        *why = door_joined(l, *why, "begins on ", str_of(one), &ok);
    } else {
        day_of(best->pause_from, one);
        day_of(best->pause_to, two);
        *why = door_joined(l, door_joined(l, *why, "is silent from ", str_of(one), &ok), " to ", str_of(two), &ok);
    }
    return ok;
}

bool doors_cover(struct doors *d, const struct door *of, int64_t used, int64_t closed, struct arena *room,
                 struct door_cover *out, struct err *e) {
    struct door_owner const nobody = {0};
    struct look l = {.d = d, .owner = &nobody, .room = room, .follow = true};
    struct watched w;

    if (!door_watch(&l, of, &w, e))
        return false;
    *out = (struct door_cover){.use_why = STR(""), .close_why = STR("")};
    if (!covers(&l, &w, using_logs(d, &w), used, &out->use_why) ||
        !covers(&l, &w, closing_logs(d, &w), closed, &out->close_why))
        return door_no_memory(e);
    out->use = !out->use_why.len;
    out->close = !out->close_why.len;
    return true;
}
