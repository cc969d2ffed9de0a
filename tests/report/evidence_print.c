/* evidence_print: the evidence of an incident of a case as one object a line, for tests: evidence_print CASE INCIDENT [PROFILES]. A list instead of a case:
 * evidence_print --observed FILE [PROFILES]. */
#include <stdio.h>
#include <stdlib.h>

#include "attribution/observed.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/instant.h"
#include "report/assessment_case.h"

static void text(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}
static void when(struct buf *b, const char *name, int64_t at) {
    char room[INSTANT_TEXT];

    text(b, name, instant_format(at, room));
}

static void item(struct buf *b, const struct evidence_item *i) {
    buf_format(b, "{\"line\":\"item\",\"class\":%d,\"token\":%u", (int)i->class, i->token);
    text(b, "value", i->value);
    text(b, "words", i->words);
    when(b, "first", i->first);
    when(b, "last", i->last);
    text(b, "place", i->place);
    text(b, "path", i->path);
    text(b, "sha256", str_of(i->sha256));
    buf_format(b,
               ",\"count\":%lu,\"record\":%lu,\"given\":%d,\"reliability\":\"%c\",\"credibility\":%u,\"supplier\":%d,"
               "\"links\":[",
               (unsigned long)i->count, (unsigned long)i->record, i->given, i->reliability, i->credibility,
               i->supplier);
    for (size_t k = 0; k < i->link_count; k++) {
        const struct evidence_link *const l = &i->links[k];

        buf_format(b, "%s{\"copied\":%d,\"reliability\":\"%c\",\"credibility\":%u", k ? "," : "", l->copied,
                   l->reliability, l->credibility);
        text(b, "group", l->group);
        text(b, "source", l->source);
        text(b, "origin", l->origin);
        when(b, "said", l->said);
        when(b, "from", l->from);
        when(b, "until", l->until);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}\n"));
}

static void print(struct buf *b, const struct evidence *v) {
    buf_format(b, "{\"line\":\"evidence\",\"incident\":%u,\"score\":%.3f", v->incident, v->score);
    text(b, "title", v->title);
    when(b, "first", v->first);
    when(b, "last", v->last);
    buf_add(b, S("}\n"));
    for (size_t i = 0; i < v->item_count; i++)
        item(b, &v->items[i]);
    for (size_t i = 0; i < v->gap_count; i++) {
        buf_add(b, S("{\"line\":\"gap\""));
        text(b, "what", v->gaps[i].what);
        text(b, "collect", v->gaps[i].collect);
        buf_add(b, S("}\n"));
    }
    for (size_t i = 0; i < v->sign_count; i++) {
        buf_format(b, "{\"line\":\"sign\",\"other\":%d,\"against\":%d", (int)v->signs[i].other, v->signs[i].against);
        text(b, "words", v->signs[i].words);
        buf_add(b, S("}\n"));
    }
}

int main(int argc, char **argv) {
    struct arena *const a = arena_new((size_t)512 << 20);
    struct profiles *profiles = NULL;
    struct evidence v = {0};
    struct buf b = {0}, list = {0};
    struct err e = {0};
    bool ok = a && argc >= 3 && (argc < 4 || profiles_open(&profiles, argv[3], &e));

    if (ok && strcmp(argv[1], "--observed") == 0)
        ok =
            file_read(argv[2], OBSERVED_BYTES_MAX, &list, &e) && observed_evidence(&v, buf_str(&list), profiles, a, &e);
    else if (ok)
        ok = assessment_case_evidence(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), NULL, profiles, a, &v, &e);
    if (ok)
        print(&b, &v);
    if (ok && !b.failed)
        fwrite(b.ptr, 1, b.len, stdout);
    else
        fprintf(stderr, "%d %s\n", (int)e.code, e.text);
    buf_free(&b);
    buf_free(&list);
    profiles_free(profiles);
    arena_free(a);
    return !ok;
}
