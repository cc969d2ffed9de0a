/* hunt: walks the evidence, hands files and parts of them to workers, has the answers reported in order. */
#include "hunt/hunt.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/segment.h"
#include "evidence/outlook.h"
#include "hunt/crew.h"
#include "hunt/keep.h"
#include "hunt/order.h"
#include "reader/reader.h"

#define WORKERS_MAX HUNT_SLOTS
#define WAITING_MAX 100000u /* sources that workers may be ahead of the first unfinished one */
/* Of all processes together: rules, plan and programs, which they share, and the parent's correlations; then of each worker what
 * detection learns beside the values of its blocks. More values do not make it faster: they fall out of the cache. */
#define MEMORY_SHARED ((size_t)112 << 20)
#define WORKER_OWN ((size_t)32 << 20)
#define VALUES_LEAST ((size_t)8 << 20)
#define VALUES_MOST ((size_t)32 << 20)
#define CORRELATION_MEMORY ((size_t)48 << 20)

/* What a worker is doing. */
struct task {
    struct source *source;
    uint32_t part;
    enum job_type type;
    uint64_t size, told; /* bytes: of the job; read so far */
};

/* A source that is read in parts while records are kept. */
struct numbered {
    uint64_t *records; /* by part */
    bool *ended;
    uint32_t parts, before_count; /* parts from the first on that have ended */
    uint64_t size;
    bool counts; /* its reader counts records in parts */
    bool hash_ended, hashed;
    uint8_t sha256[SHA256_SIZE];
};

/* What a worker asked (WIRE_ASK), and waits for. */
struct asked {
    bool waits;
    uint64_t ordinal;
    uint32_t part;
};

/* A filter's matches as each worker counted them: a worker tells what it has counted since it began. */
struct filtered {
    uint32_t rule, filter;
    uint64_t before, slots[WORKERS_MAX]; /* before: by workers that are gone */
};

/* An Outlook data file: its mailboxes become sources behind it. One at a time. */
struct boxes {
    struct outlook *outlook; /* NULL: there is none */
    struct source *source, **members;
    size_t count, next; /* members; those that were given */
    bool ended;         /* they are known */
};

struct hunt {
    struct hunt_options o;
    struct worker_setup setup;
    struct plan *plan;
    struct correlator *correlator;
    bool *skip;
    struct crew *crew;
    struct order *order;
    struct arena *a; /* of the whole hunt */
    field_id *match_fields;
    struct found_file *files;
    size_t file_count, next_file;
    struct found_file *all; /* those that take no part as well */
    size_t all_count;
    struct source **split; /* sources with a hash or parts that were not sent yet, in order */
    size_t split_count, split_room;
    struct source **scans; /* sources that no worker was asked to scan so far, in order */
    size_t scan_count, scan_room;
    struct boxes boxes;
    struct source **later; /* Outlook data files, in order: those from later_next on wait */
    size_t later_count, later_room, later_next;
    struct task tasks[WORKERS_MAX];
    struct asked asked[WORKERS_MAX];
    struct numbered **numbered; /* by ordinal - 1; NULL: not read in parts */
    size_t numbered_count, numbered_room;
    uint64_t *kinds; /* by kind: events */
    struct filtered *filtered;
    size_t filtered_count, filtered_room;
    uint64_t given_up_before, given_up[WORKERS_MAX];
    uint64_t done, total; /* bytes */
    bool sealed;          /* workers were asked for what they keep */
    unsigned workers;
    struct buf ask; /* of one job */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to hunt");
}

/* One more item of `size` bytes in an array. */
static bool room(void **items, size_t count, size_t *have, size_t size, struct err *e) {
    void *bigger;

    if (count < *have)
        return true;
    if (!(bigger = reallocarray(*items, *have * 2 + 16, size)))
        return no_memory(e);
    *items = bigger;
    *have = *have * 2 + 16;
    return true;
}

static void progress(struct hunt *h, struct task *t, uint64_t bytes) {
    if (t->type == JOB_HASH || t->type == JOB_SEAL)
        return;
    bytes = bytes < t->size - t->told ? bytes : t->size - t->told;
    t->told += bytes;
    h->done += bytes;
    if (h->o.progress)
        h->o.progress(h->o.ctx, h->done, h->total);
}

/* ---- what workers say ---- */

static bool filtered_count(struct hunt *h, unsigned slot, const struct wire *m, struct err *e) {
    for (size_t i = 0; i < h->filtered_count; i++)
        if (h->filtered[i].rule == m->rule && h->filtered[i].filter == m->index) {
            h->filtered[i].slots[slot] = m->number;
            return true;
        }
    if (!room((void **)&h->filtered, h->filtered_count, &h->filtered_room, sizeof *h->filtered, e))
        return false;
    h->filtered[h->filtered_count] = (struct filtered){.rule = m->rule, .filter = m->index};
    h->filtered[h->filtered_count++].slots[slot] = m->number;
    return true;
}

/* Another worker takes the slot and counts from zero. */
static void slot_renewed(struct hunt *h, unsigned slot) {
    for (size_t i = 0; i < h->filtered_count; i++) {
        h->filtered[i].before += h->filtered[i].slots[slot];
        h->filtered[i].slots[slot] = 0;
    }
    h->given_up_before += h->given_up[slot];
    h->given_up[slot] = 0;
}

/* ---- parts of which records are kept ---- */

static void numbered_free(struct numbered *n) {
    if (!n)
        return;
    free(n->records);
    free(n->ended);
    free(n);
}

static struct numbered *numbered_of(const struct hunt *h, uint64_t ordinal) {
    return ordinal && ordinal <= h->numbered_count ? h->numbered[ordinal - 1] : NULL;
}

/* The source's next ordinal. */
static bool ordinal_give(struct hunt *h, struct source *s, struct err *e) {
    if (!room((void **)&h->numbered, h->numbered_count, &h->numbered_room, sizeof(struct numbered *), e))
        return false;
    h->numbered[h->numbered_count++] = NULL;
    s->ordinal = h->numbered_count;
    return true;
}

/* It is read in parts. */
static bool numbered_begin(struct hunt *h, const struct source *s, struct err *e) {
    const struct reader *const reader = reader_named(str_of(s->reader));
    struct numbered *const n = calloc(1, sizeof *n);

    if (!n || !(n->records = calloc(s->parts, sizeof *n->records)) ||
        !(n->ended = calloc(s->parts, sizeof *n->ended))) {
        numbered_free(n);
        return no_memory(e);
    }
    n->parts = s->parts;
    n->size = s->size;
    n->counts = reader && reader->counts_in_part;
    n->hash_ended = s->hash_ended;
    n->hashed = s->hashed;
    memcpy(n->sha256, s->sha256, sizeof n->sha256);
    h->numbered[s->ordinal - 1] = n;
    return true;
}

/* Those who wait for what is known now are told. */
static bool asked_tell(struct hunt *h, struct err *e) {
    for (unsigned slot = 0; slot < WORKERS_MAX; slot++) {
        struct asked *const a = &h->asked[slot];
        const struct numbered *const n = a->waits ? numbered_of(h, a->ordinal) : NULL;

        if (!n || !n->hash_ended || a->part > n->before_count)
            continue;
        struct job told = {.type = JOB_TOLD, .to = n->size, .hashed = n->hashed};

        for (uint32_t i = 0; n->counts && i < a->part; i++)
            told.from += n->records[i];
        memcpy(told.sha256, n->sha256, sizeof told.sha256);
        a->waits = false;
        if (!crew_tell(h->crew, slot, &told, e))
            return false;
    }
    return true;
}

/* A source whose hash no worker was asked for so far. */
static struct source *unhashed(struct hunt *h, uint64_t ordinal) {
    for (size_t i = 0; i < h->split_count; i++)
        if (h->split[i]->ordinal == ordinal && !h->split[i]->hash_sent)
            return h->split[i];
    return NULL;
}

static bool numbered_hash_ended(struct hunt *h, const struct source *s, struct err *e);

/* Where all workers wait, none is left to hash what they wait for. */
static bool hash_for_all(struct hunt *h, struct err *e) {
    unsigned waiting = 0;

    for (unsigned slot = 0; slot < h->workers; slot++)
        waiting += h->asked[slot].waits;
    for (unsigned slot = 0; waiting == h->workers && slot < h->workers; slot++) {
        struct source *const s = h->asked[slot].waits ? unhashed(h, h->asked[slot].ordinal) : NULL;
        struct file_input in = {0};
        struct err why = {0};

        if (!s)
            continue;
        s->hashed = file_input_of(&in, s->fd, &why) && file_input_hash(&in, s->sha256, NULL, NULL, &why);
        file_input_close(&in);
        if (!s->hashed && why.code == ERR_MEMORY) {
            *e = why;
            return false;
        }
        s->hash_sent = s->hash_ended = true;
        if (!numbered_hash_ended(h, s, e))
            return false;
    }
    return true;
}

static bool ask(struct hunt *h, unsigned slot, const struct wire *m, struct err *e) {
    const struct numbered *const n = numbered_of(h, m->number);

    if (!n || m->index >= n->parts) /* not ours: it waits until it is given up */
        return true;
    h->asked[slot] = (struct asked){true, m->number, m->index};
    return asked_tell(h, e) && hash_for_all(h, e);
}

static bool numbered_part_ended(struct hunt *h, const struct task *t, struct err *e) {
    struct numbered *const n = numbered_of(h, t->source->ordinal);

    if (!n || t->part >= n->parts)
        return true;
    n->ended[t->part] = true;
    while (n->before_count < n->parts && n->ended[n->before_count])
        n->before_count++;
    return asked_tell(h, e);
}

static bool numbered_hash_ended(struct hunt *h, const struct source *s, struct err *e) {
    struct numbered *const n = numbered_of(h, s->ordinal);

    if (!n)
        return true;
    n->hash_ended = true;
    n->hashed = s->hashed;
    memcpy(n->sha256, s->sha256, sizeof n->sha256);
    return asked_tell(h, e);
}

/* A mailbox that came out of a file is that file. */
static bool lost(struct hunt *h, const struct task *t, const char *why, struct err *e) {
    str path = t->source ? t->source->file->path : (str){"", 0};

    for (size_t i = 0; i < h->boxes.count; i++)
        if (h->boxes.members[i] == t->source)
            path = h->boxes.source->file->path;
    h->o.kept_lost(h->o.ctx, path, why);
    return err_set(e, ERR_CORRUPT, 0, "%.*s: %s", STR_ARG(path.len ? path : S("what was read, while it was sealed")),
                   why);
}

static bool task_end(struct hunt *h, unsigned slot, const char *why, struct err *e) {
    struct task *const t = &h->tasks[slot];

    if (why && h->o.kept)
        return lost(h, t, why, e);
    if (h->o.indexed && !h->o.kept_keys(h->o.ctx, slot, false, (str){"", 0}, e))
        return false;
    if (t->type == JOB_SEAL)
        return true;
    if (why)
        slot_renewed(h, slot);
    if (t->type == JOB_HASH) {
        t->source->hash_ended = true;
        return numbered_hash_ended(h, t->source, e);
    }
    progress(h, t, t->size);
    if (t->type == JOB_SCAN)
        return order_scan_ended(h->order, t->source, why, e);
    return order_part_ended(h->order, t->source, t->part, why, e) && numbered_part_ended(h, t, e);
}

/* A source whose hash or parts are to be given to workers. */
static bool split_add(struct hunt *h, struct source *s, struct err *e) {
    if (!room((void **)&h->split, h->split_count, &h->split_room, sizeof(struct source *), e))
        return false;
    s->sent = 1;
    h->split[h->split_count++] = s;
    return true;
}

/* A source that somebody reads is also to be scanned. */
static bool scan_add(struct hunt *h, struct source *s, struct err *e) {
    if (!h->o.yara)
        return true;
    if (!room((void **)&h->scans, h->scan_count, &h->scan_room, sizeof(struct source *), e))
        return false;
    order_scan_wanted(s);
    h->scans[h->scan_count++] = s;
    return true;
}

static bool split(struct hunt *h, struct task *t, const struct wire *m, struct err *e) {
    if (t->type != JOB_FILE)
        return true; /* not ours to believe */
    if (!order_split(t->source, m->number, m->name, e))
        return e->code == ERR_LIMIT; /* a worker that says such things loses the rest of its file: told at its end */
    t->size = m->number;
    struct source *const s = t->source;
    uint64_t size;

    if (h->o.kept_hash && h->o.kept_hash(h->o.ctx, s->file->path, &size, s->sha256) && size == s->size)
        s->hash_sent = s->hash_ended = s->hashed = true;
    return (!h->o.kept || numbered_begin(h, s, e)) && split_add(h, s, e);
}

/* A message that waits for the turn of its source. */
static bool source_add(struct hunt *h, const struct task *t, const struct wire *m, str bytes, struct err *e) {
    if (t->source->segment)
        return order_segment_add(h->order, t->source, m, bytes, e);
    if (m->type == WIRE_CLOCK)
        return order_clock(h->order, t->source, t->part, m, e);
    return m->type == WIRE_KEPT || order_add(h->order, t->source, t->part, bytes, e); /* KEPT: not ours to believe */
}

static bool learned(struct hunt *h, str path, str bytes, struct err *e) {
    str clocks = {"", 0};

    return h->o.asks->learned(h->o.asks->ctx, path, bytes, &clocks, e) &&
           order_known(h->order, path, clocks, h->setup.key_seeds, e);
}

static bool on_message(void *ctx, unsigned slot, const struct wire *m, str bytes, struct err *e) {
    struct hunt *const h = ctx;
    struct task *const t = &h->tasks[slot];

    if (t->type == JOB_SEAL && m->type != WIRE_DONE && m->type != WIRE_SEGMENT && m->type != WIRE_SEALED &&
        m->type != WIRE_KIND && m->type != WIRE_INDEX_KEYS && m->type != WIRE_INDEX_ADDRESSES && m->type != WIRE_ASK)
        return true; /* it has no source that this could be of */
    switch (m->type) {
    case WIRE_SEGMENT:
        return !h->o.kept || h->o.kept_bytes(h->o.ctx, slot, m->name, e);
    case WIRE_SEALED:
        return !h->o.kept || h->o.kept(h->o.ctx, slot, &m->kept, e);
    case WIRE_INDEX_KEYS:
    case WIRE_INDEX_ADDRESSES:
        return !h->o.kept_keys || h->o.kept_keys(h->o.ctx, slot, m->type == WIRE_INDEX_ADDRESSES, m->name, e);
    case WIRE_INDEXED:
        return !h->o.indexed || t->type != JOB_FILE || h->o.indexed(h->o.ctx, slot, t->source->file->path, e);
    case WIRE_ASK:
        return ask(h, slot, m, e);
    case WIRE_TICK:
        progress(h, t, m->number);
        return true;
    case WIRE_SPLIT:
        return split(h, t, m, e);
    case WIRE_HASH:
        if (t->type == JOB_HASH) {
            memcpy(t->source->sha256, m->hash, SHA256_SIZE);
            t->source->hashed = true;
        }
        return true;
    case WIRE_LEARNED:
        return !h->o.asks || t->type != JOB_FILE || learned(h, t->source->file->path, m->name, e);
    case WIRE_KIND:
        h->kinds[m->index] += m->number;
        return true;
    case WIRE_FILTERED:
        return filtered_count(h, slot, m, e);
    case WIRE_GIVEN_UP:
        h->given_up[slot] = m->number;
        return true;
    case WIRE_YARA:
    case WIRE_UNSCANNED:
    case WIRE_SCANNED:
        return t->type != JOB_SCAN || order_scan_add(h->order, t->source, bytes, e); /* else not ours to believe */
    case WIRE_SOURCE:
        if (t->type == JOB_SCAN)
            return order_scan_add(h->order, t->source, bytes, e);
        return t->type == JOB_HASH || source_add(h, t, m, bytes, e);
    case WIRE_DONE: {
        char why[200];

        snprintf(why, sizeof why, "%.*s", STR_ARG(m->name));
        return task_end(h, slot, m->name.len ? why : NULL, e);
    }
    case WIRE_CUSTODY: {
        struct numbered *const n =
            t->type == JOB_HASH || t->type == JOB_SCAN ? NULL : numbered_of(h, t->source->ordinal);

        if (n && t->part < n->parts)
            n->records[t->part] = m->custody.records;
        return t->type == JOB_HASH || t->type == JOB_SCAN || source_add(h, t, m, bytes, e);
    }
    default:
        return t->type == JOB_HASH || t->type == JOB_SCAN || source_add(h, t, m, bytes, e);
    }
}

static bool on_lost(void *ctx, unsigned slot, const char *why, struct err *e) {
    return task_end(ctx, slot, why, e);
}

/* ---- what workers do ---- */

static bool give(struct hunt *h, unsigned slot, struct source *s, enum job_type type, uint32_t part, struct err *e) {
    struct job job = {.type = type};
    uint64_t const from = part * s->part_size;

    h->tasks[slot] = (struct task){.source = s, .part = part, .type = type, .size = s->size};
    if (type == JOB_FILE && h->o.kept_hash)
        job.hashed = h->o.kept_hash(h->o.ctx, s->file->path, &job.to, job.sha256);
    if (type == JOB_FILE && h->o.kept && !ordinal_give(h, s, e))
        return false;
    job.ordinal = s->ordinal;
    job.part = part;
    if (type == JOB_PART) {
        job.from = from;
        job.to = from + s->part_size;
        memcpy(job.reader, s->reader, sizeof job.reader);
        h->tasks[slot].size = s->part_size < s->size - from ? s->part_size : s->size - from;
    }
    h->ask.len = 0;
    if (h->o.asks && type == JOB_FILE && !h->o.asks->ask(h->o.asks->ctx, s->file->path, &h->ask, e))
        return false;
    if (h->ask.failed || h->ask.len > SEGMENT_ASK_MAX)
        return no_memory(e);
    return crew_give(h->crew, slot, job, s->fd, s->file->path, buf_str(&h->ask), e);
}

/* A source that is read in parts: its hash first, findings wait for it; then part after part. */
static bool give_split(struct hunt *h, unsigned slot, struct err *e) {
    struct source *const s = h->split[0];
    bool ok;

    if (!s->hash_sent) {
        s->hash_sent = true;
        ok = give(h, slot, s, JOB_HASH, 0, e);
    } else {
        ok = give(h, slot, s, JOB_PART, s->sent++, e);
    }
    assert(s->scan_sent);
    if (s->sent == s->parts) { /* the workers hold it open as long as they need it */
        close(s->fd);
        s->fd = -1;
        memmove(h->split, h->split + 1, --h->split_count * sizeof(struct source *));
    }
    return ok;
}

static bool give_scan(struct hunt *h, unsigned slot, struct err *e) {
    struct source *const s = h->scans[0];

    memmove(h->scans, h->scans + 1, --h->scan_count * sizeof(struct source *));
    s->scan_sent = true;
    return give(h, slot, s, JOB_SCAN, 0, e);
}

static bool file_open(struct source *s, char *why, size_t why_room) {
    struct stat st;

    s->fd = open(s->file->path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (s->fd < 0 || fstat(s->fd, &st) != 0) {
        snprintf(why, why_room, "%s", strerrordesc_np(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        snprintf(why, why_room, "not a regular file");
        return false;
    }
    s->size = (uint64_t)st.st_size;
    return true;
}

/* ---- Outlook data files ---- */

/* It waits, closed, until those before it have been unpacked; files behind it do not. */
static bool boxes_later(struct hunt *h, struct source *s, struct err *e) {
    close(s->fd);
    s->fd = -1;
    if (!room((void **)&h->later, h->later_count, &h->later_room, sizeof(struct source *), e))
        return false;
    h->later[h->later_count++] = s;
    return true;
}

static bool boxes_begin(struct hunt *h, struct source *s, struct err *e) {
    char refused[160];
    struct err why = {0};

    if (!file_open(s, refused, sizeof refused))
        return order_not_read(h->order, s, refused, e);
    struct outlook_limits const limits = outlook_limits_for(s->size);

    s->hash_sent = s->hash_ended = false;
    if (outlook_start(&h->boxes.outlook, s->fd, &limits, &why)) {
        h->boxes.source = s;
        return split_add(h, s, e);
    }
    return split_add(h, s, e) && order_not_read(h->order, s, why.text, e);
}

static bool put(struct hunt *h, struct source *s, const struct wire *m, struct err *e) {
    struct buf b = {0};
    bool ok;

    wire_put(&b, m);
    ok = b.failed ? no_memory(e) : order_add(h->order, s, 0, buf_str(&b), e);
    buf_free(&b);
    return ok;
}

/* Each mailbox is a source of its own: "mail.pst!Inbox/mbox". */
static bool boxes_list(struct hunt *h, struct err *e) {
    struct boxes *const b = &h->boxes;
    struct source *before = b->source;
    size_t const count = outlook_count(b->outlook);

    if (!(b->members = calloc(count + 1, sizeof *b->members)))
        return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        struct found_file *const file = arena_alloc(h->a, sizeof *file);
        str const outer = b->source->file->path, name = outlook_name(b->outlook, i);
        char *const path = arena_bytes(h->a, outer.len + name.len + 2);

        if (!file || !path)
            return no_memory(e);
        memcpy(path, outer.ptr, outer.len);
        path[outer.len] = '!';
        memcpy(path + outer.len + 1, name.ptr, name.len);
        path[outer.len + 1 + name.len] = '\0';
        *file = (struct found_file){{path, outer.len + 1 + name.len}, outlook_size(b->outlook, i), {"", 0}};
        if (!(before = order_source_behind(h->order, before, file)))
            return no_memory(e);
        b->members[b->count++] = before;
        before->size = file->size;
        h->total += file->size * (h->o.yara ? 2 : 1);
    }
    return true;
}

/* Its own line of the ledger: what was wrong, and items that are no mail, which are of no kind. */
static bool boxes_tell(struct hunt *h, struct err *e) {
    struct boxes *const b = &h->boxes;
    struct custody c = {.sha256 = "",
                        .container = "outlook",
                        .not_read = {"", 0},
                        .size = b->source->size,
                        .records = outlook_others(b->outlook),
                        .no_kind = outlook_others(b->outlook),
                        .first = INSTANT_NONE,
                        .last = INSTANT_NONE};
    size_t const complaints = outlook_complaints(b->outlook);

    h->done += b->source->size * (h->o.yara ? 2 : 1); /* its mailboxes are scanned, not it */
    if (!b->count && complaints)
        c.not_read = S("no mail came out of it");
    for (size_t i = 0; i < complaints; i++)
        if (!put(h, b->source,
                 &(struct wire){
                     .type = WIRE_DAMAGE, .name = {"", 0}, .damage = {.why = outlook_complaint(b->outlook, i)}},
                 e))
            return false;
    return put(h, b->source, &(struct wire){.type = WIRE_CUSTODY, .custody = c}, e) &&
           order_part_ended(h->order, b->source, 0, NULL, e);
}

static void boxes_end(struct hunt *h) {
    outlook_close(h->boxes.outlook);
    free(h->boxes.members);
    h->boxes = (struct boxes){0};
}

/* Without waiting. */
static bool boxes_step(struct hunt *h, struct err *e) {
    struct boxes *const b = &h->boxes;

    if (b->outlook && !b->ended) {
        b->ended = outlook_step(b->outlook);
        if (b->ended && (!boxes_list(h, e) || !boxes_tell(h, e)))
            return false;
    }
    if (b->ended && b->next == b->count)
        boxes_end(h);
    return b->outlook || h->later_next == h->later_count || boxes_begin(h, h->later[h->later_next++], e);
}

static bool give_box(struct hunt *h, unsigned slot, bool *given, struct err *e) {
    struct boxes *const b = &h->boxes;
    struct source *const s = b->members[b->next];

    *given = (s->fd = outlook_take(b->outlook, b->next++)) >= 0;
    if (!*given)
        return order_not_read(h->order, s, "it is not there any more", e);
    s->sent = 1;
    return scan_add(h, s, e) && give(h, slot, s, JOB_FILE, 0, e);
}

static bool segment_is(int fd) {
    char head[64];
    ssize_t const n = pread(fd, head, sizeof head, 0);

    return n > 0 && segment_begins((str){head, (size_t)n});
}

/* *given: the worker has the file; else nobody needed to be asked about it. */
static bool give_file(struct hunt *h, unsigned slot, bool *given, struct err *e) {
    const struct found_file *const file = &h->files[h->next_file++];
    struct source *const s = order_source(h->order, file);
    char why[160];

    *given = false;
    if (!s)
        return no_memory(e);
    if (file->skipped.len)
        return order_not_read(h->order, s, file->skipped.ptr, e);
    if (!file_open(s, why, sizeof why))
        return order_not_read(h->order, s, why, e);
    if (outlook_is(s->fd))
        return boxes_later(h, s, e);
    if (segment_is(s->fd) && !order_segment(h->order, s, e))
        return false;
    *given = true;
    s->sent = 1;
    return scan_add(h, s, e) && give(h, slot, s, JOB_FILE, 0, e);
}

/* Everything an idle worker could do is given to it. */
static bool dispatch(struct hunt *h, struct err *e) {
    for (int slot; (slot = crew_idle(h->crew)) >= 0;) {
        bool given = true;

        if (h->scan_count) { /* the slowest first */
            if (!give_scan(h, (unsigned)slot, e))
                return false;
        } else if (h->split_count) {
            if (!give_split(h, (unsigned)slot, e))
                return false;
        } else if (h->boxes.ended && h->boxes.next < h->boxes.count) {
            if (!give_box(h, (unsigned)slot, &given, e))
                return false;
        } else if (h->next_file < h->file_count && order_waiting(h->order) < WAITING_MAX) {
            if (!give_file(h, (unsigned)slot, &given, e))
                return false;
        } else {
            return true;
        }
    }
    return true;
}

static bool stopped(const struct hunt *h) {
    return h->o.stop && *h->o.stop;
}

static bool nothing_left(const struct hunt *h) {
    return !crew_busy(h->crew) && !crew_leaving(h->crew) && !h->split_count && !h->scan_count && !h->boxes.outlook &&
           h->later_next == h->later_count && h->next_file == h->file_count;
}

/* Every worker once: none of them is heard before all are asked. */
static bool seal(struct hunt *h, struct err *e) {
    h->sealed = true;
    for (int slot; (slot = crew_idle(h->crew)) >= 0;) {
        h->tasks[slot] = (struct task){.type = JOB_SEAL};
        if (!crew_give(h->crew, (unsigned)slot, (struct job){.type = JOB_SEAL}, -1, (str){"", 0}, (str){"", 0}, e))
            return false;
    }
    return true;
}

static bool work(struct hunt *h, struct err *e) {
    for (;;) {
        if (!boxes_step(h, e) || !dispatch(h, e) || !order_report(h->order, e))
            return false;
        if (stopped(h))
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        if (!h->boxes.outlook && h->later_next < h->later_count)
            continue; /* one that was just met */
        if (h->o.kept && !h->sealed && nothing_left(h)) {
            if (!seal(h, e))
                return false;
        } else if (nothing_left(h)) {
            return true;
        }
        if (!crew_hear(h->crew, h->boxes.outlook && !h->boxes.ended ? outlook_waits_for(h->boxes.outlook) : -1, e))
            return false;
    }
}

/* ---- before and after ---- */

static unsigned processors(void) {
    cpu_set_t set;
    int const n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : n > 16 ? 16 : (unsigned)n;
}

/* Rules that can give nothing anybody asks for. */
static void skip_set(struct hunt *h) {
    for (size_t i = 0; i < h->o.set->rule_count; i++) {
        const struct sigma_rule *const r = h->o.set->rules[i];

        h->skip[i] = r->unusable.len > 0 || (h->o.known && !known_evaluated(h->o.known, (uint32_t)i)) ||
                     (r->type == SIGMA_DETECTION && !h->o.matched && (r->silenced || r->level < h->o.level) &&
                      !correlator_wants(h->correlator, (uint32_t)i));
    }
}

static bool pass_over(struct hunt *h, struct err *e) {
    size_t kept = 0;

    if (h->file_count && !(h->all = arena_alloc(h->a, h->file_count * sizeof *h->all)))
        return no_memory(e);
    if (h->file_count)
        memcpy(h->all, h->files, h->file_count * sizeof *h->all);
    h->all_count = h->file_count;

    for (size_t i = 0; i < h->file_count; i++)
        if ((!h->o.passes_over || !h->o.passes_over(h->o.ctx, h->files[i].path)) &&
            (!h->o.asks || h->o.asks->wanted(h->o.asks->ctx, h->files[i].path)))
            h->files[kept++] = h->files[i];
    h->file_count = kept;
    return true;
}

static bool clocks_known(struct hunt *h, struct err *e) {
    for (size_t i = 0; h->o.asks && i < h->all_count; i++) {
        str clocks = {"", 0};

        if (!h->o.asks->known(h->o.asks->ctx, h->all[i].path, &clocks, e) ||
            !order_known(h->order, h->all[i].path, clocks, h->setup.key_seeds, e))
            return false;
    }
    return true;
}

static bool match_fields(struct hunt *h) {
    field_id *const ids = arena_alloc(h->a, h->o.match_field_count * sizeof *ids);

    for (size_t i = 0; ids && i < h->o.match_field_count; i++)
        if ((ids[i] = field_intern(h->o.fields, h->o.match_fields[i])) == FIELD_NONE)
            return false;
    h->match_fields = ids;
    return ids != NULL;
}

static bool prepare(struct hunt *h, struct err *e) {
    size_t const rules = h->o.set->rule_count;
    unsigned workers = h->o.workers ? h->o.workers < WORKERS_MAX ? h->o.workers : WORKERS_MAX : processors();
    size_t values = VALUES_MOST;
    struct crew_visitor const visitor = {on_message, on_lost, h};

    if (h->o.memory_max) { /* fewer workers before each has too little */
        size_t const left = h->o.memory_max > MEMORY_SHARED ? h->o.memory_max - MEMORY_SHARED : 0;
        size_t const most = left / (WORKER_OWN + VALUES_LEAST);

        workers = most < workers ? most ? (unsigned)most : 1 : workers;
        values = left / workers > WORKER_OWN + VALUES_LEAST ? left / workers - WORKER_OWN : VALUES_LEAST;
        values = values < VALUES_MOST ? values : VALUES_MOST;
    }
    if (!(h->skip = calloc(rules + 1, sizeof *h->skip)) ||
        !(h->kinds = calloc(kinds_count(h->o.kinds) + 1, sizeof *h->kinds)) || !(h->a = arena_new((size_t)4 << 30)))
        return no_memory(e);
    for (size_t i = 0; i < rules; i++)
        h->skip[i] = h->o.set->rules[i]->unusable.len > 0 || (h->o.known && !known_evaluated(h->o.known, (uint32_t)i));
    if (!(h->o.as_named ? walk_paths_as_named : walk_paths)(h->o.paths, h->o.path_count, h->o.own, h->o.own_count, h->a,
                                                            &h->files, &h->file_count, e) ||
        !plan_new(&h->plan, h->o.set, h->o.fields, e) ||
        !correlator_new(&h->correlator, h->o.set, h->skip, CORRELATION_MEMORY, NULL, e))
        return false;
    if (!match_fields(h))
        return no_memory(e);
    skip_set(h);
    if (h->o.asks && !h->o.asks->begin(h->o.asks->ctx, h->skip, e))
        return false;
    if ((h->o.passes_over || h->o.asks) && !pass_over(h, e))
        return false;
    for (size_t i = 0; i < h->file_count; i++)
        h->total += h->files[i].size * (h->o.yara ? 2 : 1); /* it is read twice */
    h->setup = (struct worker_setup){.set = h->o.set,
                                     .fields = h->o.fields,
                                     .kinds = h->o.kinds,
                                     .house = h->o.house,
                                     .known = h->o.known,
                                     .persons = h->o.persons,
                                     .plan = h->plan,
                                     .correlator = h->correlator,
                                     .skip = h->skip,
                                     .latest = h->o.latest,
                                     .zone_rules = h->o.zone_rules,
                                     .from = h->o.from,
                                     .to = h->o.to,
                                     .level = h->o.level,
                                     .list = h->o.event != NULL,
                                     .list_limit = h->o.limit ? h->o.limit : UINT64_MAX,
                                     .list_kind = str_of(h->o.kind_begins),
                                     .reader = h->o.reader ? reader_named(str_of(h->o.reader)) : NULL,
                                     .any_text = h->o.any_text,
                                     .acts = h->o.activity != NULL,
                                     .collect = h->o.collected != NULL,
                                     .match = h->o.matched != NULL,
                                     .match_fields = h->match_fields,
                                     .match_field_count = h->o.match_field_count,
                                     .match_named = h->o.match_named,
                                     .watches = h->o.watches,
                                     .watched = h->o.watched,
                                     .watch_ctx = h->o.ctx,
                                     .key_seeds = {hash_seed(), hash_seed()},
                                     .memory_max = values,
                                     .limits = unpack_limits_usual,
                                     .asks = h->o.asks != NULL,
                                     .kinds_made = h->o.asks ? h->o.asks->kinds_made : 0,
                                     .times_made = h->o.asks ? h->o.asks->times_made : 0,
                                     .keep = h->o.kept != NULL,
                                     .keys = h->o.keys,
                                     .writing = h->o.writing,
                                     .erasing = h->o.erasing,
                                     .index = h->o.indexed != NULL,
                                     .key_secret = h->o.kept_keys ? h->o.key_secret : NULL,
                                     .times = keep_times(h->o.zone, h->o.latest),
                                     .keep_parts = workers > 1,
                                     .yara = h->o.yara,
                                     .yara_limits = h->o.yara_limits ? *h->o.yara_limits : yara_limits_usual};
    h->workers = workers;
    return order_new(&h->order, &h->o, h->correlator, e) && clocks_known(h, e) &&
           crew_new(&h->crew, &h->setup, workers, &visitor, e);
}

static int by_rule_filter(const void *a, const void *b) {
    const struct filtered *const x = a, *const y = b;

    return x->rule != y->rule ? (x->rule > y->rule) - (x->rule < y->rule)
                              : (x->filter > y->filter) - (x->filter < y->filter);
}

/* What the hunt learned beside findings, in an order that no worker decides. */
static void tell(struct hunt *h, struct hunt_result *result) {
    for (size_t i = 0; i < kinds_count(h->o.kinds); i++)
        if (h->kinds[i])
            h->o.kind(h->o.ctx, kinds_at(h->o.kinds, i), h->kinds[i]);
    for (uint32_t i = 0; i < h->o.set->rule_count; i++)
        if (h->o.set->rules[i]->type == SIGMA_CORRELATION && !h->skip[i])
            h->o.correlation(h->o.ctx, i, correlator_counts(h->correlator, i));
    if (h->filtered_count)
        qsort(h->filtered, h->filtered_count, sizeof *h->filtered, by_rule_filter);
    for (size_t i = 0; i < h->filtered_count; i++) {
        uint64_t n = h->filtered[i].before;

        for (unsigned k = 0; k < WORKERS_MAX; k++)
            n += h->filtered[i].slots[k];
        h->o.filtered(h->o.ctx, h->filtered[i].rule, h->filtered[i].filter, n);
    }
    result->regex_given_up = h->given_up_before;
    for (unsigned k = 0; k < WORKERS_MAX; k++)
        result->regex_given_up += h->given_up[k];
    result->yara = *order_scanned(h->order);
}

bool hunt_run(const struct hunt_options *options, struct hunt_result *result, struct err *e) {
    struct hunt h = {.o = *options};
    bool ok = prepare(&h, e) && work(&h, e);

    boxes_end(&h);
    crew_free(h.crew); /* nothing is left to read; memory goes to the correlations */
    ok = ok && order_gathered(h.order, e) && order_ledger(h.order, e) && order_correlate(h.order, e);
    if (ok)
        tell(&h, result);
    order_free(h.order);
    correlator_free(h.correlator);
    plan_free(h.plan);
    arena_free(h.a);
    buf_free(&h.ask);
    free(h.split);
    free(h.scans);
    free(h.later);
    free(h.kinds);
    free(h.filtered);
    free(h.skip);
    for (size_t i = 0; i < h.numbered_count; i++)
        numbered_free(h.numbered[i]);
    free(h.numbered);
    return ok;
}
