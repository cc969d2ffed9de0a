/* mail_past: who wrote to the institution since when, and to whom it wrote. */
#include "base/hash.h"
#include "base/instant.h"
#include "incident/mail_knowledge.h"
#include "incident/mail_own.h"

bool mail_forged(const struct mail_message *m) {
    return str_eq(m->dmarc, S("fail")) || (str_eq(m->spf, S("fail")) && !str_eq(m->dkim, S("pass")));
}

uint32_t mail_minute(int64_t when) {
    int64_t const minute = when / INT64_C(60000000000);

    if (when == INSTANT_NONE)
        return MAIL_NEVER;
    return minute < 0 ? 0 : (uint32_t)minute; /* an instant's last minute is far below MAIL_NEVER */
}

void mail_past_free(struct mail_past *p) {
    mail_map_free(&p->map);
    free(p->entries);
    *p = (struct mail_past){0};
}

uint64_t mail_past_key(const struct mail_past *p, enum mail_past_of of, str text) {
    uint64_t const key = hash_bytes(text, p->seed + of);

    return key ? key : 1;
}

static struct mail_past_entry *entry(struct mail_past *p, uint64_t key) {
    uint64_t *const at = mail_map_put(&p->map, key);

    if (!at)
        return NULL;
    if (*at)
        return &p->entries[*at - 1];
    if (p->count == p->room) {
        size_t const room = p->room ? p->room * 2 : 64;
        struct mail_past_entry *const grown = reallocarray(p->entries, room, sizeof *grown);

        if (!grown)
            return NULL;
        p->entries = grown;
        p->room = room;
    }
    p->entries[p->count] = (struct mail_past_entry){.first_in = MAIL_NEVER, .last_in = 0, .first_out = MAIL_NEVER};
    *at = ++p->count;
    return &p->entries[p->count - 1];
}

bool mail_past_in(struct mail_past *p, uint64_t key, uint32_t minute, uint64_t who) {
    struct mail_past_entry *const e = entry(p, key);

    if (!e)
        return false;
    e->in += e->in < UINT32_MAX;
    if (minute == MAIL_NEVER)
        return true;
    if (minute < e->first_in) {
        e->first_in = minute;
        e->who = who;
    } else if (minute == e->first_in && who != e->who) {
        e->who = 0; /* two at once: nobody was first */
    }
    if (minute > e->last_in)
        e->last_in = minute;
    return true;
}

bool mail_past_out(struct mail_past *p, uint64_t key, uint32_t minute) {
    struct mail_past_entry *const e = entry(p, key);

    if (!e)
        return false;
    e->out += e->out < UINT32_MAX;
    if (minute < e->first_out)
        e->first_out = minute;
    return true;
}

uint64_t mail_list_key(const struct mail_past *p, const struct mail_message *m) {
    return mail_past_key(p, PAST_LIST, m->list_id) ^
           mail_past_key(p, mail_forged(m) ? PAST_FORGED : PAST_DOMAIN, mail_registrable(m->from_domain));
}

const struct mail_past_entry *mail_past_find(const struct mail_past *p, uint64_t key) {
    const uint64_t *const at = mail_map_find(&p->map, key);

    return at && *at ? &p->entries[*at - 1] : NULL;
}
