/* door: what became of each door, in the order of time. */
#include "incident/door.h"

#include <assert.h>
#include <stdlib.h>

#include "incident/door_own.h"

#define TEXT_MAX 400u /* bytes of a text in an identity */

/* ---- what becomes of it ---- */

static int by_time(const void *a, const void *b) {
    const struct mark *const x = a, *const y = b;
    /* Of closings that were put together the last counts. */
    int64_t const p = x->what == MARK_CLOSE ? x->last : x->when, q = y->what == MARK_CLOSE ? y->last : y->when;

    return p != q               ? (p < q ? -1 : 1)
           : x->what != y->what ? (x->what < y->what ? -1 : 1)
                                : (x->activity > y->activity) - (x->activity < y->activity);
}

static struct door_place place_of(const struct look *l, uint32_t activity) {
    const struct activity *const v = activities_at(l->d->a, activity);
    struct activity_source const s = activities_source(l->d->a, v->source);

    return (struct door_place){s.path, s.sha256, v->record, v->offset};
}

/* In the order of time. */
static void judge(struct look *l, struct watched *w, struct door *out) {
    const struct mark *maybe = NULL;
    bool opened = out->opened != INSTANT_NONE;

    if (w->count)
        qsort(w->marks, w->count, sizeof *w->marks, by_time);
    for (uint32_t i = 0; i < w->count; i++) {
        const struct mark *const m = &w->marks[i];

        switch (m->what) {
        case MARK_OPEN:
        case MARK_USE:
            if (!opened) {
                opened = true;
                out->opened = m->when;
                out->opened_at = place_of(l, m->activity);
            }
            if (out->last_used == INSTANT_NONE || m->last >= out->last_used) {
                out->last_used = m->last;
                out->used_at = place_of(l, m->activity);
            }
            if (out->closed == INSTANT_NONE || m->last > out->closed) {
                out->closed = INSTANT_NONE;
                maybe = NULL;
            }
            break;
        case MARK_AGAIN:
            if (opened && out->closed != INSTANT_NONE && m->last > out->closed) {
                out->closed = INSTANT_NONE;
                maybe = NULL;
            }
            break;
        case MARK_MAYBE:
            if (opened && m->last > out->last_used && !maybe)
                maybe = m;
            break;
        case MARK_CLOSE:
            if (opened && out->closed == INSTANT_NONE && m->last > out->last_used) {
                out->closed = m->when > out->last_used ? m->when : m->last;
                out->closed_at = place_of(l, m->activity);
                out->how = m->how;
            }
            break;
        }
    }
    out->state = out->closed != INSTANT_NONE ? DOOR_CLOSED : maybe ? DOOR_CANNOT_TELL : DOOR_OPEN;
    if (out->closed == INSTANT_NONE) {
        out->closed_at = (struct door_place){.evidence_path = STR("")};
        out->how = maybe ? maybe->how : S("");
    }
}

static str identity_of(const struct look *l, const struct watched *w, bool *ok) {
    const struct realm *const realm = door_realm_at(l->d, w->realm);
    str const host = door_short_host(w->said_host), name = str_first(w->name, TEXT_MAX);

    switch (w->kind) {
    case DOOR_ACCOUNT:
        return realm && realm->local && host.len ? door_joined(l, host, " ", w->said_account, ok) : w->said_account;
    case DOOR_RULE:
        return door_joined(l, w->said_account, "\\", name, ok);
    case DOOR_CONSENT:
    case DOOR_APPLICATION:
        return name;
    case DOOR_KEY:
    case DOOR_DELEGATE:
    case DOOR_ROLE:
    case DOOR_FACTOR:
        return name.len ? door_joined(l, w->said_account, " ", name, ok) : w->said_account;
    case DOOR_FIREWALL_OPENING:
        return door_joined(l, host, " ", w->second.len ? w->second : name, ok);
    case DOOR_WEB_SHELL: /* a name of the web's that is no host's stays whole */
        if (!host.len)
            return name;
        return door_joined(l, activities_address_of(l->d->a, w->host) ? host : w->said_host, " ", name, ok);
    case DOOR_OPENING:
    case DOOR_SERVICE:
    case DOOR_TASK:
    case DOOR_AUTORUN:
    case DOOR_IMPLANT:
        return host.len ? door_joined(l, host, " ", name, ok) : name;
    default:
        return w->said_account;
    }
}

static bool door_new(struct look *l, struct watched *w, struct door *out) {
    const struct realm *const realm = door_realm_at(l->d, w->realm);
    bool const account = w->kind == DOOR_ACCOUNT || w->kind == DOOR_VPN_ACCOUNT || w->kind == DOOR_SESSION ||
                         w->kind == DOOR_NEW_ACCOUNT;
    bool ok = true;

    *out = (struct door){.kind = w->kind,
                         .opened = INSTANT_NONE,
                         .last_used = INSTANT_NONE,
                         .closed = INSTANT_NONE,
                         .opened_at = {.evidence_path = STR("")},
                         .used_at = {.evidence_path = STR("")},
                         .closed_at = {.evidence_path = STR("")},
                         .how = STR("")};
    judge(l, w, out);
    if (!door_told(l, w, out))
        return false;
    out->identity = identity_of(l, w, &ok);
    out->account = door_kept(l, w->said_account, &ok);
    out->host = door_kept(l, w->said_host, &ok);
    out->object = door_kept(l, account ? (realm ? realm->name : S("")) : w->name, &ok);
    out->identity = door_kept(l, out->identity, &ok);
    out->how = door_kept(l, out->how, &ok);
    return ok;
}

static int by_opened(const void *a, const void *b) {
    const struct door *const x = a, *const y = b;

    return x->opened != y->opened ? (x->opened < y->opened ? -1 : 1)
           : x->kind != y->kind   ? (x->kind < y->kind ? -1 : 1)
                                  : str_cmp(x->identity, y->identity);
}

static void look_free(struct look *l) {
    for (uint32_t i = 0; i < l->count; i++)
        free(l->items[i].marks);
    free(l->items);
}

bool doors_of(struct doors *d, const struct door_owner *owner, struct arena *room, const struct door **out,
              size_t *count, struct err *e) {
    struct look l = {.d = d, .owner = owner, .room = room, .items = calloc(DOORS_MAX, sizeof *l.items)};
    struct door *list = NULL;
    bool ok = l.items || door_no_memory(e);

    *count = 0;
    ok = ok && door_find(&l, e) && door_closings(&l, e) &&
         ((list = arena_zero(room, l.count ? l.count : 1, sizeof *list)) || door_no_memory(e));
    for (uint32_t i = 0; ok && i < l.count; i++)
        if (l.items[i].count && (ok = door_new(&l, &l.items[i], &list[*count]) || door_no_memory(e)))
            *count += list[*count].opened != INSTANT_NONE;
    if (ok && *count)
        qsort(list, *count, sizeof *list, by_opened);
    *out = list;
    look_free(&l);
    return ok;
}

bool doors_follow(struct doors *d, const struct door *old, size_t count, const struct door_owner *owner,
                  struct arena *room, const struct door **out, struct err *e) {
    struct look l = {.d = d, .owner = owner, .room = room, .items = calloc(count + 1, sizeof *l.items), .follow = true};
    struct door *list = NULL;
    bool ok = l.items || door_no_memory(e);

    assert(count <= DOORS_MAX);
    for (size_t i = 0; ok && i < count; i++) {
        ok = door_watch(&l, &old[i], &l.items[i], e);
        l.count += ok;
    }
    ok = ok && door_find(&l, e) && door_closings(&l, e) &&
         ((list = arena_zero(room, count + 1, sizeof *list)) || door_no_memory(e));
    for (size_t i = 0; ok && i < count; i++) {
        int64_t const used = old[i].last_used;

        list[i] = old[i];
        if (old[i].state != DOOR_CLOSED)
            list[i].closed = INSTANT_NONE;
        judge(&l, &l.items[i], &list[i]);
        ok = door_told(&l, &l.items[i], &list[i]) || door_no_memory(e);
        /* What could not be told before, this evidence must tell by itself. */
        if (ok && old[i].state == DOOR_CANNOT_TELL && list[i].state == DOOR_OPEN && list[i].last_used == used) {
            list[i].state = DOOR_CANNOT_TELL;
            list[i].how = old[i].how;
        }
    }
    *out = list;
    look_free(&l);
    return ok;
}

bool doors_new(struct doors **out, struct activities *a, struct err *e) {
    struct doors *const d = calloc(1, sizeof *d);
    bool ok;

    if (d)
        d->a = a;
    ok = ((d && door_index_new(d) && (d->data = arena_new((size_t)1 << 20))) || door_no_memory(e)) &&
         door_data_read(d, e) && door_logs_read(d, e);
    if (!ok)
        doors_free(d);
    else
        *out = d;
    return ok;
}

void doors_free(struct doors *d) {
    if (!d)
        return;
    door_index_free(d);
    arena_free(d->data);
    free(d->families);
    free(d->family_of);
    free(d->logs);
    free(d->by_host);
    free(d->slots);
    free(d);
}
