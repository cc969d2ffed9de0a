/* listed: a hunt without rules, whose events go to whoever asked. */
#include "cli/listed.h"

#include <signal.h>

#include "cli/archives.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "hunt/hunt.h"
#include "report/finding_text.h"

struct run {
    const struct listed *l;
    struct buf line;
    bool enough; /* so many as were asked for */
    bool any;    /* there was an event */
    bool unread; /* something could not be read */
    bool prose;  /* something was no log */
};

static bool on_event(void *ctx, const struct normal_event *event, struct err *e) {
    struct run *const run = ctx;

    run->any = true;
    return run->l->event(run->l->ctx, event, &run->enough, e) &&
           (!run->enough || err_set(e, ERR_INTERRUPTED, 0, "as many events as were asked for"));
}

/* What is not among the events must not be missed. Below the events that came before it, where both go to one terminal. */
static bool tell(struct run *run, str path, str why, struct err *e) {
    run->line.len = 0;
    buf_add(&run->line, S("longwatch: "));
    finding_plain(&run->line, path, false);
    buf_add(&run->line, S(": "));
    finding_plain(&run->line, why, false);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fflush(stdout) != 0)
        return err_system(e, "standard output");
    fwrite(run->line.ptr, 1, run->line.len, stderr);
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;

    if (!c->not_read.len || str_eq(c->not_read, S(CUSTODY_EMPTY)))
        return true;
    *(str_eq(c->not_read, S(CUSTODY_PROSE)) ? &run->prose : &run->unread) = true;
    return tell(run, c->path, c->not_read, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct run *const run = ctx;
    struct buf why = {0};
    bool ok;

    run->unread = true;
    if (d->size)
        buf_format(&why, "%lu byte%s ", (unsigned long)d->size, d->size == 1 ? "" : "s");
    buf_format(&why, "at %lu: %.*s", (unsigned long)d->offset, STR_ARG(d->why));
    ok = why.failed ? err_set(e, ERR_MEMORY, 0, "no memory to print") : tell(run, d->path, buf_str(&why), e);
    buf_free(&why);
    return ok;
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    return err_set(e, ERR_CORRUPT, 0, "a finding without rules");
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    (void)ctx;
    (void)rule;
    (void)counts;
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    (void)ctx;
    (void)rule;
    (void)filter;
    (void)matches;
}

static int list_with(const struct listed *l, const struct archives *archives, const struct sigma_set *none) {
    const struct arguments *const paths = &archives->paths;
    struct run run = {.l = l};
    struct err e = {0};
    struct hunt_result result = {0};
    /* One process reads: what it sends is handed over as it comes, and never more than a file of it waits. */
    struct hunt_options const options = {.paths = paths->items,
                                         .path_count = paths->count,
                                         .as_named = archives->any,
                                         .set = none,
                                         .fields = l->fields,
                                         .kinds = l->kinds,
                                         .latest = l->latest,
                                         .zone_rules = l->zone_rules,
                                         .zone = l->zone,
                                         .from = l->from,
                                         .to = l->to,
                                         .workers = 1,
                                         .stop = interrupt_catch(),
                                         .event = on_event,
                                         .limit = l->limit,
                                         .kind_begins = l->kind_begins,
                                         .reader = l->reader,
                                         .any_text = l->any_text,
                                         .keys = archives->keys,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .correlation = on_correlation,
                                         .filtered = on_filtered,
                                         .ctx = &run};
    bool ok;

    /* SIGPIPE ends the program: whoever closed the pipe, as head(1) does, has enough. */
    ok = hunt_run(&options, &result, &e) || run.enough;
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&run.line);
    return !ok ? tell_error(&e) : run.unread || (run.prose && !run.any) ? EXIT_UNREADABLE : EXIT_NOTHING;
}

int listed_run(const struct listed *l) {
    struct sigma_loader *loader = NULL; /* no rules, but a set */
    const struct sigma_set *none;
    struct archives archives = {.any = false};
    struct err e = {0};
    int const status = sigma_loader_new(&loader, &e) && sigma_load_end(loader, &none, &e) &&
                               archives_open(&archives, l->paths, l->as_of, false, l->keys, &e)
                           ? archives.paths.count ? list_with(l, &archives, none) : EXIT_NOTHING
                           : tell_error(&e);

    archives_close(&archives);
    sigma_loader_free(loader);
    return status;
}
