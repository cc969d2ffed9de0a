/* door_print: the doors of whoever did what is listed on standard input, one line of JSON each, for tests in Python. Usage: door_print EVIDENCE.
 * A line is a path below EVIDENCE, a record's number, and, of a request to a page that is its own, "page", with tabs between; an empty line ends
 * a list, and is answered by its doors and an empty line. "before" and an instant: only acts before it are taken for its, and doors found
 * in them are followed through all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/ingest.h"
#include "hunt/hunt.h"
#include "incident/door.h"
#include "intel/sigma.h"

#define LISTED_MAX 65536u

struct listed {
    char path[512];
    unsigned long long record;
    bool page;
};

struct run {
    struct activities *a;
    size_t folder;
    struct listed *listed;
    size_t listed_count;
};

static int by_place(const void *a, const void *b) {
    const struct listed *const x = a, *const y = b;
    int const order = strcmp(x->path, y->path);

    return order ? order : (x->record > y->record) - (x->record < y->record);
}

static bool on_activity(void *ctx, const struct activity_event *v, struct err *e) {
    return activities_add(((struct run *)ctx)->a, v, e);
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx, (void)f, (void)e;
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx, (void)d, (void)e;
    return true;
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx, (void)kind, (void)events;
}

static const struct listed *listed_of(const struct run *r, const struct activity *v) {
    struct activity_source const s = activities_source(r->a, v->source);
    struct listed key = {.record = v->record};

    if (s.path.len <= r->folder || s.path.len - r->folder >= sizeof key.path)
        return NULL;
    memcpy(key.path, s.path.ptr + r->folder, s.path.len - r->folder);
    return bsearch(&key, r->listed, r->listed_count, sizeof *r->listed, by_place);
}

static void time_json(struct buf *b, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    buf_format(b, ", \"%s\": ", name);
    if (when == INSTANT_NONE)
        buf_add(b, S("null"));
    else
        buf_json(b, instant_format(when, text));
}

static void print(struct buf *b, const struct door *d) {
    const struct {
        const char *name;
        str value;
    } texts[] = {{"kind", door_kind_name(d->kind)},
                 {"identity", d->identity},
                 {"account", d->account},
                 {"host", d->host},
                 {"object", d->object},
                 {"state", door_state_name(d->state)},
                 {"how", d->how},
                 {"closed_by", d->closed_at.evidence_path}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_format(b, "%s\"%s\": ", i ? ", " : "{", texts[i].name);
        buf_json(b, texts[i].value);
    }
    time_json(b, "opened", d->opened);
    time_json(b, "last_used", d->last_used);
    time_json(b, "closed", d->closed);
    buf_add(b, S("}\n"));
}

static bool look(struct run *r, const char *evidence, struct err *e) {
    struct fields *const fields = fields_new();
    struct sigma_loader *loader = NULL;
    const struct sigma_set *none = NULL;
    struct kinds *kinds = NULL;
    struct hunt_result result;
    bool ok = fields && sigma_loader_new(&loader, e) && sigma_load_end(loader, &none, e) &&
              kinds_new(&kinds, fields, e) && kinds_load_builtin(kinds, e) && kinds_seal(kinds, e);
    struct hunt_options const options = {.paths = &evidence,
                                         .path_count = 1,
                                         .set = none,
                                         .fields = fields,
                                         .kinds = kinds,
                                         .latest = INSTANT_NONE,
                                         .from = INSTANT_NONE,
                                         .to = INSTANT_NONE,
                                         .workers = 1,
                                         .activity = on_activity,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .ctx = r};

    ok = ok && hunt_run(&options, &result, e) && activities_end(r->a, e);
    kinds_free(kinds);
    sigma_loader_free(loader);
    fields_free(fields);
    return ok;
}

/* One block of the input. */
static bool answer(struct run *r, struct doors *doors, int64_t before, struct buf *out, struct err *e) {
    uint32_t const all = activities_count(r->a);
    uint32_t *const events = calloc((size_t)all + 1, sizeof *events);
    struct behaviour_part *const parts = calloc((size_t)all + 1, sizeof *parts);
    struct arena *const room = arena_new((size_t)64 << 20);
    struct door_owner owner = {.events = events, .parts = parts};
    const struct door *found = NULL;
    size_t count = 0;
    bool ok = events && parts && room;

    qsort(r->listed, r->listed_count, sizeof *r->listed, by_place);
    for (uint32_t i = 0; ok && i < all; i++) {
        const struct activity *const v = activities_at(r->a, i);
        const struct listed *const l = v->when < before ? listed_of(r, v) : NULL;

        if (!l)
            continue;
        events[owner.event_count++] = i;
        if (l->page)
            parts[owner.part_count++] =
                (struct behaviour_part){PART_PAGE, true, v->text[ACT_OBJECT],
                                        v->text[ACT_HOST] ? activities_host(r->a, v->text[ACT_HOST])
                                                          : activities_host(r->a, v->text[ACT_SERVER])};
    }
    ok = ok && doors_of(doors, &owner, room, &found, &count, e) &&
         (before == INT64_MAX || doors_follow(doors, found, count, &owner, room, &found, e));
    for (size_t i = 0; ok && i < count; i++)
        print(out, &found[i]);
    buf_add(out, S("\n"));
    free(events);
    free(parts);
    arena_free(room);
    return ok;
}

int main(int argc, char **argv) {
    char line[2048];
    int64_t before = INT64_MAX;
    struct run r = {.listed = calloc(LISTED_MAX, sizeof *r.listed)};
    struct err e = {0};
    struct buf out = {0};
    struct doors *doors = NULL;
    bool ok = argc == 2 && r.listed;

    if (!ok)
        return 2;
    r.folder = strlen(argv[1]) + 1;
    ok = activities_new(&r.a, (size_t)256 << 20, NULL, &e) && look(&r, argv[1], &e) && doors_new(&doors, r.a, &e);
    while (ok && fgets(line, sizeof line, stdin)) {
        struct listed *const l = &r.listed[r.listed_count];
        char word[64] = "";

        if (line[0] == '\n') {
            ok = answer(&r, doors, before, &out, &e);
            r.listed_count = 0;
            before = INT64_MAX;
        } else if (sscanf(line, "before\t%63[^\n]", word) == 1) {
            ok = (before = instant_parse(str_of(word))) != INSTANT_NONE;
        } else if (r.listed_count == LISTED_MAX ||
                   sscanf(line, "%511[^\t]\t%llu\t%15s", l->path, &l->record, word) < 2) {
            ok = err_set(&e, ERR_USAGE, 0, "no such line: %.100s", line);
        } else {
            l->page = strcmp(word, "page") == 0;
            r.listed_count++;
        }
    }
    if (!ok)
        fprintf(stderr, "%s\n", e.text);
    fwrite(out.ptr, 1, out.len, stdout);
    ok = ok && !out.failed;
    buf_free(&out);
    free(r.listed);
    doors_free(doors);
    activities_free(r.a);
    return !ok;
}
