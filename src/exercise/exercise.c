/* exercise: one run: the intrusions are planned, then the days are written one after the other, then what was true. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "exercise/exercise.h"
#include "exercise/intrusion.h"
#include "exercise/noise.h"

static const struct shape *const shapes[SHAPES] = {&shape_mail, &shape_server, &shape_application, &shape_provider,
                                                   &shape_calls};

static bool folder_make(const char *path, struct err *e) {
    DIR *const dir = mkdir(path, 0700) == 0 ? NULL : opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (!dir)
        return errno != EEXIST && errno != ENOTDIR && access(path, F_OK) != 0 ? err_system(e, "%s", path) : true;
    while ((entry = readdir(dir)))
        empty &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty || err_set(e, ERR_USAGE, 0, "%s: is there already and not empty", path);
}

static bool write_file(const char *folder, const char *name, const struct buf *b, struct err *e) {
    struct file_out *out;
    char path[4096];

    if (b->failed)
        return err_set(e, ERR_MEMORY, 0, "no memory");
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return err_set(e, ERR_LIMIT, 0, "%s: the path is too long", folder);
    if (!file_out_open(&out, path, e))
        return false;
    file_out_add(out, buf_str(b));
    return file_out_commit(out, e);
}

/* Which shapes are hidden: at least one, as the seed says. */
static void plan(struct office *o, struct plan plans[SHAPES]) {
    unsigned const chosen = (unsigned)(rng_fixed(o->seed, 11, 11) % ((1U << SHAPES) - 1)) + 1;

    for (unsigned i = 0; i < SHAPES; i++) {
        if (!(chosen >> i & 1))
            continue;
        plans[i].o = o;
        plans[i].r = rng_of(o->seed, 1000 + i);
        plans[i].shape = i;
        o->r = &plans[i].r;
        (void)shapes[i]->run(&plans[i]);
        o->r = &o->noise;
    }
}

/* Whose calls were in the months that were exported. */
static void count_calls(struct office *o, const struct plan *p) {
    char extension[16];

    for (uint32_t i = 0; i < o->accounts; i++) {
        uint64_t calls = 0;

        for (uint32_t m = p->call_from; m < p->call_to && m < o->months; m++)
            calls += o->calls[(size_t)m * o->accounts + i];
        if (!calls)
            continue;
        truth_calls(o->truth, p->id, calls);
        snprintf(extension, sizeof extension, "%u", o->people[i].extension);
        truth_person(o->truth, p->id, str_of(extension));
    }
}

static void truth_text(const struct exercise *x, const struct office *o, struct buf *b) {
    char room[2][INSTANT_TEXT];

    buf_format(b,
               "{\"format\":\"longwatch-exercise/"
               "1\",\"synthetic\":true,\"seed\":%llu,\"years\":%u,\"accounts\":%u,\"scale\":%llu,\"benign\":%s,\n",
               (unsigned long long)x->seed, x->years, x->accounts, (unsigned long long)x->scale,
               x->benign ? "true" : "false");
    buf_format(b, " \"begins\":\"%.*s\",\"ends\":\"%.*s\",\"domain\":\"" DOMAIN "\",\n \"sources\":[",
               STR_ARG(instant_format(o->begin, room[0])), STR_ARG(instant_format(o->end, room[1])));
    for (unsigned s = 0; s < SOURCES; s++)
        buf_format(b, "%s\n  {\"source\":\"%s\",\"files\":%llu,\"records\":%llu,\"bytes\":%llu}", s ? "," : "",
                   feed_source_name((enum source)s), (unsigned long long)feed_files(o->feed, (enum source)s),
                   (unsigned long long)feed_records(o->feed, (enum source)s),
                   (unsigned long long)feed_bytes(o->feed, (enum source)s));
    buf_add(b, S("],\n "));
    truth_json(o->truth, b);
    buf_add(b, S("}\n"));
}

static void roster_text(const struct office *o, struct buf *b) {
    for (uint32_t i = 0; i < o->accounts; i++)
        buf_format(b, "%s@" DOMAIN ",%s,%s\n", o->people[i].login, person_role_name(o->people[i].role),
                   o->people[i].name);
}

static void readme_text(const struct exercise *x, struct buf *b) {
    buf_format(
        b,
        "SYNTHETIC EXERCISE of Longwatch: nothing in this folder happened.\n\n"
        "evidence/    logs and mail of a made-up parliament's office, %u year%s, %u accounts (seed %llu, scale "
        "%llu%s)\n"
        "roster.csv   who works there\n"
        "TRUTH.json   what is hidden where: look at it last\n\n"
        "Names end in .example and .test (RFC 2606). Addresses are private, for documentation (RFC 5737, RFC 3849), or "
        "for\n"
        "benchmarks (198.18.0.0/15 and 2001:2::/48: RFC 2544, RFC 5180), telephone numbers are those that Ofcom keeps "
        "for drama,\n"
        "countries XA to XG are nobody's. Where a format has room for it, each file or record says that it is "
        "synthetic.\n"
        "Requests and commands are what logs show of attacks; what would have made them work was never there.\n\n"
        "longwatch hunt evidence --rules RULES --own-domain " DOMAIN " --roster roster.csv -o case\n",
        x->years, x->years == 1 ? "" : "s", x->accounts, (unsigned long long)x->seed, (unsigned long long)x->scale,
        x->benign ? ", benign" : "");
}

/* The days, one after the other. */
static bool live(const struct exercise *x, struct office *o, struct exercise_told *told, struct err *e) {
    unsigned const slices = noise_slices(o);

    for (uint32_t day = 0; day < o->days; day++) {
        int64_t const begins = o->begin + day * DAY;

        if (x->stop && *x->stop)
            return err_set(e, ERR_INTERRUPTED, 0, "interrupted");
        if (x->tick)
            x->tick(x->ctx, day, o->days);
        noise_day(o, day);
        for (unsigned i = 0; i < 24 * slices; i++) {
            int64_t const from = begins + HOUR / slices * (i % slices) + i / slices * HOUR;
            int64_t const to = i % slices + 1 == slices ? begins + (i / slices + 1) * HOUR : from + HOUR / slices;

            noise_slice(o, from, to);
            if (feed_waiting(o->feed) > told->waiting_max)
                told->waiting_max = feed_waiting(o->feed);
            if (o->line.failed || o->more.failed)
                return err_set(e, ERR_MEMORY, 0, "no memory");
            if (!feed_until(o->feed, to, e))
                return false;
        }
    }
    return feed_close(o->feed, o->end, e);
}

static bool tell(const struct exercise *x, struct office *o, struct exercise_told *told, struct err *e) {
    struct buf truth = {0}, roster = {0}, readme = {0};
    bool ok;

    truth_text(x, o, &truth);
    roster_text(o, &roster);
    readme_text(x, &readme);
    ok = write_file(x->folder, "README", &readme, e) && write_file(x->folder, "roster.csv", &roster, e) &&
         write_file(x->folder, "TRUTH.json", &truth, e);
    buf_free(&truth);
    buf_free(&roster);
    buf_free(&readme);
    for (unsigned s = 0; s < SOURCES; s++) {
        told->records += feed_records(o->feed, (enum source)s);
        told->bytes += feed_bytes(o->feed, (enum source)s);
        told->files += feed_files(o->feed, (enum source)s);
    }
    told->intrusions = truth_count(o->truth);
    for (uint32_t i = 0; i < told->intrusions; i++)
        told->events += truth_events(o->truth, i, TRUTH_ACT);
    return ok;
}

bool exercise_write(const struct exercise *x, struct exercise_told *told, struct err *e) {
    struct plan plans[SHAPES] = {0};
    struct office o = {0};
    char evidence[4096];
    bool ok;

    assert(x->years >= 1 && x->years <= EXERCISE_YEARS_MAX && x->accounts >= EXERCISE_ACCOUNTS_MIN &&
           x->accounts <= EXERCISE_ACCOUNTS_MAX && x->scale >= 1);
    *told = (struct exercise_told){0};
    if ((size_t)snprintf(evidence, sizeof evidence, "%s/evidence", x->folder) >= sizeof evidence)
        return err_set(e, ERR_LIMIT, 0, "%s: the path is too long", x->folder);
    if (!folder_make(x->folder, e) || !folder_make(evidence, e) ||
        !office_open(&o, x->seed, x->years, x->accounts, x->scale, e))
        return false;
    ok = truth_new(&o.truth, e) && feed_open(&o.feed, evidence, o.truth, e);
    if (ok) {
        if (!x->benign)
            plan(&o, plans);
        ok = live(x, &o, told, e);
        for (unsigned i = 0; ok && i < SHAPES; i++)
            if (plans[i].o && plans[i].call_to)
                count_calls(&o, &plans[i]);
        ok = ok && !truth_failed(o.truth) ? tell(x, &o, told, e) : ok ? err_set(e, ERR_MEMORY, 0, "no memory") : false;
    }
    feed_free(o.feed);
    truth_free(o.truth);
    office_close(&o);
    return ok;
}
