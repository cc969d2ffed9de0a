/* intel_review: `longwatch intel review` and `longwatch intel remove`: what the user decides about the store. */
#include <errno.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

#define LINE_BYTES 8192

struct wishes {
    const char *store, *source;
    struct arguments accept, reject, reopen;
    bool json;
};

/* An answer, kept until all are given: the store is not held meanwhile. */
struct answer {
    int64_t item;
    enum intel_review review;
    enum observable type;
    char *value; /* of CHANGED; malloc'd */
};

struct reviewing {
    const struct wishes *w;
    struct intel_store *store;
    struct intel_store_query q;
    struct buf b, source; /* source: the name told last */
    struct answer *answers;
    size_t count, room;
    uint64_t told, of;
    bool collect; /* items become answers */
    enum intel_review as;
    bool quit;
    const volatile sig_atomic_t *stop;
};

static bool answer_add(struct reviewing *r, struct answer answer, struct err *e) {
    if (r->count == r->room) {
        size_t const room = r->room ? r->room * 2 : 64;
        struct answer *const more = realloc(r->answers, room * sizeof *more);

        if (!more) {
            free(answer.value);
            return err_set(e, ERR_MEMORY, 0, "no memory for answers");
        }
        r->answers = more;
        r->room = room;
    }
    r->answers[r->count++] = answer;
    return true;
}

/* ---- telling ---- */

/* What is asked about: number, value, place and the words around it. */
static void proposal(struct reviewing *r, const struct intel_stored_item *i) {
    struct buf *const b = &r->b;

    if (!str_eq(buf_str(&r->source), i->source->name) || !r->told) {
        r->source.len = 0;
        buf_add(&r->source, i->source->name);
        b->failed |= r->source.failed;
        buf_add(b, r->told ? S("\n") : S(""));
        finding_plain(b, i->source->name, false);
        buf_byte(b, '\n');
    }
    buf_format(b, "%7ld  %-10.*s ", (long)i->number, STR_ARG(intel_type_text(&i->item)));
    finding_plain(b, i->item.value, false);
    if (i->item.port)
        buf_format(b, " (port %u)", i->item.port);
    buf_add(b, S("  "));
    finding_short(b, i->item.where);
    if (i->item.confidence != ITEM_CONFIDENCE_UNSAID)
        buf_format(b, ", confidence %u of 100", i->item.confidence);
    if (i->item.raw.len) {
        buf_add(b, S("\n         written    "));
        finding_short(b, i->item.raw);
    }
    if (i->item.comment.len) {
        buf_add(b, S("\n         around     "));
        finding_plain(b, i->item.comment, false);
    }
    buf_byte(b, '\n');
}

static bool on_listed(void *ctx, const struct intel_stored_item *i, struct err *e) {
    struct reviewing *const r = ctx;

    if (r->collect)
        return answer_add(r, (struct answer){i->number, r->as, OBSERVABLE_NONE, NULL}, e);
    if (r->w->json) {
        buf_byte(&r->b, '{');
        intel_json_item(&r->b, i);
        buf_add(&r->b, S("}\n"));
    } else {
        proposal(r, i);
    }
    r->told++;
    return intel_out(&r->b, r->w->json, e);
}

/* ---- one by one ---- */

/* The next line of standard input without its end. False: there is none. */
static bool line_read(char line[LINE_BYTES], const volatile sig_atomic_t *stop) {
    if (*stop || !fgets(line, LINE_BYTES, stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return !*stop;
}

/* What was meant: *type and *value (malloc'd), or false: nothing was said. Asked until it is a value. */
static bool meant(const struct intel_stored_item *i, const volatile sig_atomic_t *stop, enum observable *type,
                  char **value) {
    char line[LINE_BYTES];

    for (;;) {
        struct buf text = {0}, canonical = {0};
        const char *why;
        str said;

        fputs("what was meant? (nothing: go back) ", stdout);
        fflush(stdout);
        if (!line_read(line, stop) || !str_trim(str_of(line)).len)
            return false;
        observable_refang(str_trim(str_of(line)), &text);
        said = buf_str(&text);
        *type = observable_guess(&said);
        if (*type == OBSERVABLE_NONE)
            *type = i->item.type;
        if (!text.failed && *type != OBSERVABLE_NONE && observable_canonical(*type, said, &canonical, &why)) {
            if ((*value = malloc(said.len + 1))) {
                memcpy(*value, said.ptr, said.len);
                (*value)[said.len] = '\0';
            }
            buf_free(&text);
            buf_free(&canonical);
            return *value != NULL;
        }
        printf("that is no value that could be looked for%s%s\n", text.failed || canonical.failed ? "" : ": ",
               text.failed || canonical.failed ? "" : why);
        buf_free(&text);
        buf_free(&canonical);
    }
}

static bool on_asked(void *ctx, const struct intel_stored_item *i, struct err *e) {
    struct reviewing *const r = ctx;
    const volatile sig_atomic_t *const stop = r->stop;
    struct answer answer = {.item = i->number};
    char line[LINE_BYTES];

    if (r->quit)
        return true;
    proposal(r, i);
    r->told++;
    if (!intel_out(&r->b, false, e))
        return false;
    for (;;) {
        printf("%lu of %lu: is it an indicator? [y]es [n]o [e]dit [s]kip [q]uit ", (unsigned long)r->told,
               (unsigned long)r->of);
        fflush(stdout);
        if (!line_read(line, stop)) {
            r->quit = true;
            fputc('\n', stdout);
            return true;
        }
        switch (line[0] | 0x20) {
        case 'y':
            answer.review = REVIEW_ACCEPTED;
            return answer_add(r, answer, e);
        case 'n':
            answer.review = REVIEW_REJECTED;
            return answer_add(r, answer, e);
        case 'e':
            answer.review = REVIEW_CHANGED;
            if (meant(i, stop, &answer.type, &answer.value))
                return answer_add(r, answer, e);
            break;
        case 's':
            return true;
        case 'q':
            r->quit = true;
            return true;
        default:
            break;
        }
    }
}

static bool on_counted(void *ctx, const struct intel_stored_item *i, struct err *e) {
    (void)i, (void)e;
    ((struct reviewing *)ctx)->of++;
    return true;
}

/* ---- in force ---- */

/* Ids, or "all" of one source. */
static bool answers_of(struct reviewing *r, const struct arguments *items, const char *option, enum intel_review as,
                       struct err *e) {
    for (size_t i = 0; i < items->count; i++) {
        uint64_t n;

        if (strcmp(items->items[i], "all") == 0) {
            if (!r->w->source)
                return err_set(e, ERR_USAGE, 0, "--%s all takes all of one source: name it with --source", option);
            r->collect = true;
            r->as = as;
            if (!intel_store_items(r->store, &r->q, on_listed, r, e))
                return false;
        } else if (!str_u64(str_of(items->items[i]), INT64_MAX, &n)) {
            return err_set(e, ERR_USAGE, 0, "--%s takes the number of an item, or all, not '%.40s'", option,
                           items->items[i]);
        } else if (!answer_add(r, (struct answer){(int64_t)n, as, OBSERVABLE_NONE, NULL}, e)) {
            return false;
        }
    }
    return true;
}

static bool apply(struct reviewing *r, struct err *e) {
    struct intel_store *s = NULL;
    char *const folder = intel_folder(r->w->store, e);
    bool ok = folder && intel_store_write(&s, folder, INTEL_WAIT_MS, e);
    int64_t const now = intel_now();
    uint64_t counts[REVIEW_CHANGED + 1] = {0};
    char n[4][COUNT_TEXT];

    for (size_t i = 0; ok && i < r->count; i++) {
        const struct answer *const a = &r->answers[i];

        ok = intel_store_review(s, a->item, a->review, a->type, str_of(a->value), now, e);
        counts[a->review]++;
    }
    ok = ok && intel_store_commit(s, e);
    intel_store_close(s);
    free(folder);
    if (ok && !r->w->json) {
        buf_format(&r->b, "%s accepted, %s rejected, %s changed", count_text(counts[REVIEW_ACCEPTED], n[0]),
                   count_text(counts[REVIEW_REJECTED], n[1]), count_text(counts[REVIEW_CHANGED], n[2]));
        if (counts[REVIEW_OPEN])
            buf_format(&r->b, ", %s open again", count_text(counts[REVIEW_OPEN], n[3]));
        buf_byte(&r->b, '\n');
    }
    return ok;
}

static int run_review(const void *wishes) {
    const struct wishes *const w = wishes;
    struct reviewing r = {.w = w, .q = {.open = true, .group = STR(""), .text = STR(""), .canonical = STR("")}};
    bool const answers = w->accept.count || w->reject.count || w->reopen.count;
    bool const asks = !answers && !w->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    struct err e = {0};
    bool ok = intel_open(w->store, &r.store, &e) &&
              (!w->source || intel_store_source_named(r.store, str_of(w->source), &r.q.source, &e));

    if (ok && answers)
        ok = answers_of(&r, &w->accept, "accept", REVIEW_ACCEPTED, &e) &&
             answers_of(&r, &w->reject, "reject", REVIEW_REJECTED, &e) &&
             answers_of(&r, &w->reopen, "reopen", REVIEW_OPEN, &e);
    else if (ok && asks)
        ok = (r.stop = interrupt_catch()) != NULL && intel_store_items(r.store, &r.q, on_counted, &r, &e) &&
             intel_store_items(r.store, &r.q, on_asked, &r, &e);
    else
        ok = ok && intel_store_items(r.store, &r.q, on_listed, &r, &e);
    intel_store_close(r.store);
    if (ok && r.count)
        ok = apply(&r, &e);
    else if (ok && !w->json && !r.told)
        buf_add(&r.b, answers ? S("nothing of that source is open\n") : S("nothing is waiting for an answer\n"));
    ok = ok && intel_out(&r.b, w->json, &e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    for (size_t i = 0; i < r.count; i++)
        free(r.answers[i].value);
    free(r.answers);
    buf_free(&r.b);
    buf_free(&r.source);
    return ok ? EXIT_NOTHING : tell_error(&e);
}

static const struct option review_options[] = {
    {.name = "accept",
     .argument = "NUMBER",
     .type = OPTION_TEXT,
     .many = true,
     .help = "this item is an indicator; `all`: all open ones of --source",
     .at = offsetof(struct wishes, accept)},
    {.name = "reject",
     .argument = "NUMBER",
     .type = OPTION_TEXT,
     .many = true,
     .help = "this item, or `all`, is none: it is not hunted any more",
     .at = offsetof(struct wishes, reject)},
    {.name = "reopen",
     .argument = "NUMBER",
     .type = OPTION_TEXT,
     .many = true,
     .help = "takes an answer back",
     .at = offsetof(struct wishes, reopen)},
    {.name = "source",
     .argument = "SOURCE",
     .type = OPTION_TEXT,
     .help = "only of this source: its number, its name, or how its SHA-256 begins",
     .at = offsetof(struct wishes, source)},
    {ROW_STORE, .at = offsetof(struct wishes, store)},
    {.name = "json", .type = OPTION_FLAG, .help = "one object an item", .at = offsetof(struct wishes, json)},
};
const struct command command_intel_review = {
    .name = "intel review",
    .summary = "look at what was read out of prose, and say what is an indicator",
    .about =
        (const char *const[]){"An advisory in prose names addresses that are no indicators: the publisher's, examples, "
                              "victims. What is read out of it is a proposal: hunted and marked as such, until "
                              "somebody has looked at it. On a terminal each is asked about with its page or line and "
                              "the words around it; e takes what was meant instead. Otherwise they are listed.",
                              "Answers stay when the same advisory, or a newer version of it, is added again. What was "
                              "rejected is not hunted; 'longwatch intel stats' counts it.",
                              NULL},
    .examples = (const struct example[]){{"longwatch intel review", "Go through what is open"},
                                         {"longwatch intel review --source advisory.pdf --accept all --reject 17",
                                          "Accept an advisory but for one item"},
                                         {NULL, NULL}},
    .options = review_options,
    .option_count = COUNT(review_options),
    .statuses = {[EXIT_NOTHING] = "listed, or answered",
                 [EXIT_USAGE] = "wrong usage, no store, or no such item; nothing was answered",
                 [EXIT_INTERNAL] = "internal error, or a store that is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = run_review,
};

/* ---- remove ---- */

struct remove_wishes {
    struct arguments sources;
    const char *store;
};

static int run_remove(const void *wishes) {
    const struct remove_wishes *const w = wishes;
    char *const folder = intel_folder(w->store, &(struct err){0});
    struct intel_store *s = NULL;
    struct buf b = {0};
    struct err e = {0};
    char n[COUNT_TEXT];
    int64_t number;
    bool ok =
        folder ? intel_store_is(folder) || err_set(&e, ERR_USAGE, 0, "there is no store of intelligence at %s", folder)
               : err_set(&e, ERR_USAGE, 0, "which store? Name its folder with --store");

    ok = ok && intel_store_write(&s, folder, INTEL_WAIT_MS, &e);
    for (size_t i = 0; ok && i < w->sources.count; i++)
        ok = intel_store_source_named(s, str_of(w->sources.items[i]), &number, &e) && intel_store_remove(s, number, &e);
    ok = ok && intel_store_commit(s, &e);
    intel_store_close(s);
    free(folder);
    buf_format(&b, "%s removed\n", count_text(w->sources.count, n));
    ok = ok && intel_out(&b, false, &e);
    buf_free(&b);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    return ok ? EXIT_NOTHING : tell_error(&e);
}

static const struct option remove_options[] = {
    {.argument = "SOURCE",
     .type = OPTION_TEXT,
     .many = true,
     .needed = "which source? Its number, its name, or how its SHA-256 begins (longwatch intel stats)",
     .help = "its number, its name, or how its SHA-256 begins",
     .at = offsetof(struct remove_wishes, sources)},
    {ROW_STORE, .at = offsetof(struct remove_wishes, store)},
};
const struct command command_intel_remove = {
    .name = "intel remove",
    .summary = "take a source out of the store, with all that came of it",
    .about =
        (const char *const[]){
            "Removes the file that was kept, its items, warninglists and groups. Answers of reviews "
            "stay, for the day on which it is added again. What a feed merely no longer holds needs no "
            "removing: it is history, and not hunted.",
            NULL},
    .examples = (const struct example[]){{"longwatch intel remove feed.csv", "Forget a file"}, {NULL, NULL}},
    .options = remove_options,
    .option_count = COUNT(remove_options),
    .statuses = {[EXIT_NOTHING] = "removed",
                 [EXIT_USAGE] = "wrong usage, no store, or no such source; nothing was removed",
                 [EXIT_INTERNAL] = "internal error, or a store that is damaged"},
    .wishes_size = sizeof(struct remove_wishes),
    .run = run_remove,
};
