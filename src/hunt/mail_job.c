/* mail_job: remembers what the first pass read, runs the second over the rest of it, and puts together what both say. */
#include "hunt/mail_job.h"

#include <assert.h>

#include "base/hash.h"
#include "intel/watch.h"

/* Beside what a hunt takes; a quarter and an eighth of it, where the user said how much that may be. */
#define OPEN_MEMORY ((size_t)64 << 20)
#define FOLLOW_MEMORY ((size_t)32 << 20)
#define WATCH_MEMORY ((size_t)512 << 20)

/* A file of the first pass. */
struct line {
    str path;
    char sha256[2 * SHA256_SIZE + 1];
    bool mail; /* nothing but messages was in it */
    bool seen; /* again */
};

struct mail_job {
    struct mail_job_options o;
    struct mail_open *open;
    struct mail_follow *follow;
    struct arena *names, *watch;
    struct line *lines;
    uint32_t line_count, line_room;
    uint32_t *slots; /* number + 1 */
    uint32_t mask;
    uint64_t seed, others, mails; /* members of the container that is being told of: not mail, mail */
    /* While it runs: */
    const struct mail_job_visitor *visitor;
    uint64_t events;
    bool learning; /* the third pass: who used the addresses that asked for no more than a host */
    struct mail_followed *followed;
    size_t followed_count, followed_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to search for who opened which mail");
}

static uint32_t person(void *ctx, str account) {
    return mail_open_person(((struct mail_job *)ctx)->open, account);
}

bool mail_job_new(struct mail_job **out, const struct mail_job_options *options, struct err *e) {
    struct mail_job *const j = calloc(1, sizeof *j);
    size_t const all = options->hunt->memory_max;
    struct mail_open_options const open = {.source = options->source,
                                           .source_ctx = options->source_ctx,
                                           .common = options->common,
                                           .folder = options->folder,
                                           .memory_max = all ? all / 4 : OPEN_MEMORY};

    if (!j)
        return no_memory(e);
    j->o = *options;
    j->seed = hash_seed();
    j->names = arena_new((size_t)4 << 30);
    j->watch = arena_new(WATCH_MEMORY);
    if (!j->names || !j->watch) {
        mail_job_free(j);
        return no_memory(e);
    }
    if (!mail_open_new(&j->open, &open, e) ||
        !mail_follow_new(&j->follow, all ? all / 8 : FOLLOW_MEMORY, person, j, e)) {
        mail_job_free(j);
        return false;
    }
    *out = j;
    return true;
}

void mail_job_free(struct mail_job *j) {
    if (!j)
        return;
    mail_open_free(j->open);
    mail_follow_free(j->follow);
    arena_free(j->names);
    arena_free(j->watch);
    free(j->lines);
    free(j->slots);
    free(j->followed);
    free(j);
}

bool mail_job_finding(struct mail_job *j, const struct finding *f, struct err *e) {
    return mail_follow_finding(j->follow, f, e);
}

bool mail_job_campaign(struct mail_job *j, const struct mail_campaign *c, struct err *e) {
    return mail_open_campaign(j->open, c, e);
}

/* ---- files of the first pass ---- */

static struct line *line_find(const struct mail_job *j, str path) {
    if (j->slots)
        for (uint64_t at = hash_bytes(path, j->seed); j->slots[at & j->mask]; at++)
            if (str_eq(j->lines[j->slots[at & j->mask] - 1].path, path))
                return &j->lines[j->slots[at & j->mask] - 1];
    return NULL;
}

static void slot_put(struct mail_job *j, uint32_t number) {
    uint64_t at = hash_bytes(j->lines[number].path, j->seed);

    while (j->slots[at & j->mask])
        at++;
    j->slots[at & j->mask] = number + 1;
}

static bool line_room(struct mail_job *j) {
    uint32_t const size = j->line_room ? j->line_room * 2 : 64;
    struct line *bigger;
    uint32_t *slots;

    if (j->line_count < j->line_room)
        return true;
    if (size > 1u << 30 || !(bigger = reallocarray(j->lines, size, sizeof *bigger)))
        return false;
    j->lines = bigger;
    if (!(slots = calloc(size * (size_t)2, sizeof *slots)))
        return false;
    free(j->slots);
    j->slots = slots;
    j->mask = size * 2 - 1;
    j->line_room = size;
    for (uint32_t i = 0; i < j->line_count; i++)
        slot_put(j, i);
    return true;
}

/* Readers whose every record is a message. */
static bool reads_mail(const char *reader) {
    static const char *const names[] = {"mail", "mbox", "pst", "msg"};

    for (size_t i = 0; reader && i < COUNT(names); i++)
        if (strcmp(reader, names[i]) == 0)
            return true;
    return false;
}

bool mail_job_custody(struct mail_job *j, const struct custody *c, struct err *e) {
    struct line *line;

    if (c->member) {
        j->mails += reads_mail(c->reader);
        j->others += !reads_mail(c->reader) && !c->container;
        return true;
    }
    if (line_find(j, c->path)) /* named twice on the command line */
        return true;
    if (!line_room(j) || !arena_copy(j->names, c->path, &j->lines[j->line_count].path))
        return no_memory(e);
    line = &j->lines[j->line_count];
    snprintf(line->sha256, sizeof line->sha256, "%s", c->sha256);
    line->mail = c->container ? j->mails && !j->others : reads_mail(c->reader);
    line->seen = false;
    j->mails = j->others = 0;
    slot_put(j, j->line_count++);
    return true;
}

/* ---- the second pass ---- */

static bool passes_over(void *ctx, str path) {
    const struct line *const line = line_find(ctx, path);

    return line && line->mail;
}

static bool watches(void *ctx, const struct kind *kind) {
    (void)ctx;
    return mail_follow_watches(kind);
}

static bool watched(void *ctx, str account) {
    return person(ctx, account) != OPEN_NOBODY;
}

/* The kind of an event, whose name may have more behind it (`each`); NULL: none. */
static const struct kind *kind_named(const struct mail_job *j, str name) {
    const struct kinds *const kinds = j->o.hunt->kinds;
    const struct kind *best = NULL;

    for (size_t i = 0; i < kinds_count(kinds); i++) {
        const struct kind *const k = kinds_at(kinds, i);

        if (str_eq(k->name, name))
            return k;
        if (str_starts(name, k->name) && name.ptr[k->name.len] == '/' && k->each != FIELD_NONE &&
            (!best || k->name.len > best->name.len))
            best = k;
    }
    return best;
}

static bool on_matched(void *ctx, const struct normal_event *v, struct err *e) {
    struct mail_job *const j = ctx;
    const struct kind *const kind = kind_named(j, v->kind);

    if (j->learning) {
        mail_open_learn(j->open, v);
        return true;
    }
    j->events++;
    return mail_open_event(j->open, v, e) && mail_follow_event(j->follow, v, kind && mail_follow_watches(kind), e);
}

static bool on_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    struct mail_job *const j = ctx;
    const struct kind *const kind = kind_named(j, c->log);

    return !kind || mail_open_covered(j->open, c->log, mail_open_log(kind), c->first, c->last, e);
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct mail_job *const j = ctx;
    struct line *line;

    if (c->member || j->learning)
        return true;
    if (!(line = line_find(j, c->path)))
        return j->visitor->changed(j->visitor->ctx, c->path, false, e);
    line->seen = true;
    return strcmp(line->sha256, c->sha256) == 0 || j->visitor->changed(j->visitor->ctx, c->path, false, e);
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    (void)e;
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx; /* the first pass told it */
    (void)d;
    (void)e;
    return true;
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    const struct mail_job *const j = ctx;

    j->visitor->progress(j->visitor->ctx, done, total);
}

static bool pass(struct mail_job *j, const str *texts, size_t count, struct err *e) {
    struct hunt_options const *const first = j->o.hunt;
    struct hunt_result result;
    struct sigma_set set;

    if (!watch_set(texts, count, j->watch, &set))
        return no_memory(e);
    struct hunt_options const options = {.paths = first->paths,
                                         .path_count = first->path_count,
                                         .as_named = first->as_named,
                                         .own = first->own,
                                         .own_count = first->own_count,
                                         .set = &set,
                                         .fields = first->fields,
                                         .kinds = first->kinds,
                                         .house = first->house,
                                         .latest = first->latest,
                                         .zone_rules = first->zone_rules,
                                         .zone = first->zone,
                                         .from = first->from,
                                         .to = first->to,
                                         .level = LEVEL_CRITICAL,
                                         .workers = first->workers,
                                         .memory_max = first->memory_max,
                                         .stop = first->stop,
                                         .reader = first->reader,
                                         .any_text = first->any_text,
                                         .matched = on_matched,
                                         .match_fields = mail_open_fields,
                                         .match_field_count = mail_open_field_count,
                                         .match_named = j->learning,
                                         .watches = j->learning ? NULL : watches,
                                         .watched = watched,
                                         .passes_over = passes_over,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .coverage = j->learning ? NULL : on_coverage,
                                         .kind = on_kind,
                                         .progress = j->visitor->progress ? on_progress : NULL,
                                         .ctx = j};

    if (!hunt_run(&options, &result, e))
        return false;
    for (uint32_t i = 0; i < j->line_count; i++)
        if (!j->lines[i].seen && !j->lines[i].mail && !j->visitor->changed(j->visitor->ctx, j->lines[i].path, true, e))
            return false;
    return true;
}

/* ---- what comes of it ---- */

static bool on_followed(void *ctx, const struct mail_followed *f, struct err *e) {
    struct mail_job *const j = ctx;
    struct mail_followed *bigger;

    if (j->followed_count == j->followed_room) {
        if (!(bigger = reallocarray(j->followed, j->followed_room * 2 + 16, sizeof *bigger)))
            return no_memory(e);
        j->followed = bigger;
        j->followed_room = j->followed_room * 2 + 16;
    }
    j->followed[j->followed_count++] = *f;
    return true;
}

static bool on_answer(void *ctx, const struct mail_answer *a, struct err *e) {
    struct mail_job *const j = ctx;

    j->followed_count = 0;
    return (a->state != OPEN_OPENED ||
            mail_follow_after(j->follow, mail_open_person(j->open, a->recipient), a->first.when, on_followed, j, e)) &&
           j->visitor->answer(j->visitor->ctx, a, j->followed, j->followed_count, e);
}

static bool on_somebody(void *ctx, const struct mail_somebody *s, struct err *e) {
    const struct mail_job *const j = ctx;

    return j->visitor->somebody(j->visitor->ctx, s, e);
}

static bool on_lost(void *ctx, uint64_t campaign, struct err *e) {
    const struct mail_job *const j = ctx;

    return j->visitor->lost(j->visitor->ctx, campaign, e);
}

bool mail_job_run(struct mail_job *j, const struct mail_job_visitor *visitor, struct mail_job_result *result,
                  struct err *e) {
    struct mail_open_visitor const open = {on_answer, on_somebody, on_lost, j};
    const str *hosts, *addresses;
    size_t count, address_count;

    j->visitor = visitor;
    if (!mail_open_seal(j->open, e))
        return false;
    hosts = mail_open_hosts(j->open, &count);
    if (count && !pass(j, hosts, count, e))
        return false;
    addresses = mail_open_addresses(j->open, &address_count);
    if (address_count) {
        j->learning = true;
        if (!pass(j, addresses, address_count, e))
            return false;
    }
    if (!mail_open_end(j->open, &open, e))
        return false;
    *result = (struct mail_job_result){count > 0, j->events, mail_follow_lost(j->follow)};
    return true;
}
