/* profile_print: profiles as JSON, for tests in Python: profile_print PATH, or profile_print --store FOLDER. Not for users. */
#include <stdio.h>

#include "attribution/profile.h"
#include "base/buf.h"
#include "base/instant.h"

static void put_day(struct buf *b, int64_t day) {
    char room[INSTANT_TEXT];

    buf_json(b, day == DAY_UNKNOWN   ? S("")
                : day == VICTIMS_NOW ? S("now")
                                     : str_first(instant_format(day * INT64_C(86400000000000), room), 10));
}

static void put_texts(struct buf *b, const char *name, const str *of, size_t count) {
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, of[i]);
    }
    buf_byte(b, ']');
}

/* T1059.003, S0002; a program without number by its name. */
static void put_token(struct buf *b, const struct profiles *p, token t) {
    if (token_named(t))
        buf_json(b, profiles_token_name(p, t));
    else if (token_software(t))
        buf_format(b, "\"S%04u\"", (unsigned)(t & ~TOKEN_SOFTWARE));
    else if (t % 1000)
        buf_format(b, "\"T%04u.%03u\"", (unsigned)(t / 1000), (unsigned)(t % 1000));
    else
        buf_format(b, "\"T%04u\"", (unsigned)(t / 1000));
}

static void put_group(struct buf *b, const struct profiles *all, const struct profile *p, size_t which) {
    const struct profile_group *const g = &p->groups[which];

    buf_add(b, S("{\"id\":"));
    buf_json(b, g->id);
    buf_add(b, S(",\"name\":"));
    buf_json(b, g->name);
    buf_add(b, S(",\"nation\":"));
    buf_json(b, g->nation);
    put_texts(b, "aliases", g->aliases, g->alias_count);
    put_texts(b, "countries", g->countries, g->country_count);
    put_texts(b, "sectors", g->sectors, g->sector_count);
    buf_add(b, S(",\"victims_source\":"));
    buf_json(b, g->victims_source);
    buf_add(b, S(",\"victims_day\":"));
    put_day(b, g->victims_day);
    buf_format(b, ",\"recent\":%u,\"found\":%s,\"first\":", g->recent,
               profile_find(p, g->name) == which ? "true" : "false");
    put_day(b, g->first_day);
    buf_add(b, S(",\"last\":"));
    put_day(b, g->last_day);
    buf_add(b, S(",\"links\":{"));
    for (size_t i = 0; i < g->link_count; i++) {
        struct profile_said said = {0};

        if (i)
            buf_byte(b, ',');
        put_token(b, all, g->links[i].token);
        (void)profile_said(all, p, which, g->links[i].token, &said);
        buf_format(b, ":[%u,", g->links[i].count == said.sources ? said.sources : 0);
        put_day(b, said.first_day);
        buf_byte(b, ',');
        put_day(b, said.last_day);
        buf_byte(b, ',');
        buf_json(b, said.source);
        buf_byte(b, ']');
    }
    buf_add(b, S("}}"));
}

int main(int count, char **words) {
    struct profiles *p = NULL;
    struct err e = {0};
    struct buf b = {0};
    bool const store = count == 3 && str_eq(str_of(words[1]), S("--store"));

    if (count != 2 && !store)
        return 2;
    if (store ? !profiles_store(&p, words[2], &e) : !profiles_open(&p, words[1], &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 3;
    }
    buf_add(&b, S("{\"releases\":["));
    for (size_t i = 0; p && i < p->count; i++) {
        buf_add(&b, i ? S(",{\"name\":") : S("{\"name\":"));
        buf_json(&b, p->releases[i].release);
        buf_add(&b, S(",\"day\":"));
        put_day(&b, p->releases[i].day);
        buf_add(&b, S(",\"groups\":["));
        for (size_t k = 0; k < p->releases[i].group_count; k++) {
            if (k)
                buf_byte(&b, ',');
            put_group(&b, p, &p->releases[i], k);
        }
        buf_add(&b, S("]}"));
    }
    buf_add(&b, S("],\"tools\":["));
    for (size_t i = 0; p && i < p->tool_count; i++) {
        if (i)
            buf_byte(&b, ',');
        put_token(&b, p, p->tools[i]);
    }
    buf_add(&b, S("],\"names\":{"));
    for (size_t i = 0; p && i < p->word_count; i++) {
        if (i)
            buf_byte(&b, ',');
        put_token(&b, p, p->words[i].token);
        buf_byte(&b, ':');
        buf_json(&b, p->words[i].name);
    }
    buf_add(&b, S("}}\n"));
    profiles_free(p);
    if (b.failed)
        return 3;
    fwrite(b.ptr, 1, b.len, stdout);
    buf_free(&b);
    return 0;
}
