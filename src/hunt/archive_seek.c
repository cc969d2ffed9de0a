/* archive_seek: one confined process a segment; it says which sources it has, and in which rows records lie that are wanted. */
#include "hunt/archive_seek.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/segment.h"
#include "base/channel.h"
#include "base/confine.h"
#include "event/value.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_original.h"
#include "hunt/clock.h"

#define MEMORY_MAX ((size_t)1 << 30)
#define TEXT_MAX ((size_t)64 << 20) /* of a record */
#define SEND_BYTES ((size_t)64 << 10)
#define WHY_MAX 240u

/* What a child says: one of these, then what stands behind it. */
enum say {
    SAY_SOURCE = 1, /* hash */
    SAY_FOUND,      /* number of what was wanted, 8; row, 4; size, 8 */
    SAY_PATH,       /* 4 bytes of length, and the bytes */
    SAY_TEXT,       /* likewise */
    SAY_DAMAGE,     /* likewise */
    SAY_END
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to look through an archive");
}

static int by_place(const void *a, const void *b) {
    const struct archive_wanted *const x = a, *const y = b;
    int const order = memcmp(x->sha256, y->sha256, SHA256_SIZE);

    if (order)
        return order;
    if (x->offset != y->offset)
        return x->offset > y->offset ? 1 : -1;
    return (x->record > y->record) - (x->record < y->record);
}

/* The first that is not before it. */
static size_t place_of(const struct archive_seek_options *o, const struct archive_wanted *w) {
    size_t low = 0, high = o->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (by_place(&o->wanted[middle], w) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- in the child ---- */

struct child {
    const struct archive_seek_options *o;
    struct segment *segment;
    struct event_sink sink;
    struct segment_reading reading;
    struct archive_wanted now; /* hash: of the source that is read */
    uint64_t *rows;            /* those of sources that are wanted */
    bool *of_wanted;           /* by source */
    bool damaged;
    struct buf out;
    int channel;
};

static _Noreturn void give_up(void) {
    _exit(1);
}

static void send_out(struct child *c) {
    struct err e;

    if (c->out.failed || !channel_send(c->channel, buf_str(&c->out), -1, &e))
        give_up();
    c->out.len = 0;
}

static void say(struct child *c, enum say what) {
    if (c->out.len >= SEND_BYTES)
        send_out(c);
    buf_byte(&c->out, (char)what);
}

static void say_bytes(struct child *c, const void *bytes, size_t size) {
    buf_add(&c->out, (str){bytes, size});
}

static void say_text(struct child *c, enum say what, str text) {
    uint32_t const len = (uint32_t)(text.len < TEXT_MAX ? text.len : TEXT_MAX);

    say(c, what);
    say_bytes(c, &len, sizeof len);
    say_bytes(c, text.ptr, len);
}

static bool wants(struct event_sink *sink, field_id field) {
    const struct child *const c =
        (const struct child *)(const void *)((const char *)sink - offsetof(struct child, sink));

    (void)field;
    return c->o->record != NULL;
}

/* A line for each value; those of a list say which element they stand in. */
static void record_text(struct child *c, const struct record *r) {
    struct buf text = {0};
    size_t repaired;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];
        str const name = field_name(c->sink.fields, v->field);

        if (v->inner != RAW_OWN) /* stands in the others */
            continue;
        buf_add(&text, name);
        if (v->element)
            buf_format(&text, " [%u]", v->element);
        buf_add(&text, S(": "));
        if (v->type == RAW_NULL)
            buf_add(&text, S("null"));
        else
            value_render(v->type, (str){v->ptr, v->len}, &text, &repaired);
        buf_byte(&text, '\n');
    }
    if (text.failed)
        give_up();
    say_text(c, SAY_TEXT, buf_str(&text));
    buf_free(&text);
}

static bool record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct child *const c = (struct child *)(void *)((char *)sink - offsetof(struct child, sink));

    (void)e;
    c->now.record = r->number;
    c->now.offset = r->offset;
    for (uint64_t i = place_of(c->o, &c->now); i < c->o->count && by_place(&c->o->wanted[i], &c->now) == 0; i++) {
        if (c->o->wanted[i].found)
            continue;
        if (c->o->record)
            record_text(c, r);
        say(c, SAY_FOUND);
        say_bytes(c, &i, sizeof i);
        say_bytes(c, &c->reading.row, sizeof c->reading.row);
        say_bytes(c, &r->size, sizeof r->size);
    }
    return true;
}

static void damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct child *const c = (struct child *)(void *)((char *)sink - offsetof(struct child, sink));
    char text[WHY_MAX];

    (void)size;
    snprintf(text, sizeof text, "at %lu: %.200s", (unsigned long)offset, why);
    say_text(c, SAY_DAMAGE, str_of(text));
    c->damaged = true;
}

static bool source(void *ctx, uint32_t index, struct err *e) {
    struct child *const c = ctx;
    struct segment_source s;

    if (!segment_source(c->segment, index, &s, e))
        return false;
    memcpy(c->now.sha256, s.sha256, SHA256_SIZE);
    if (c->o->path)
        say_text(c, SAY_PATH, s.path);
    return true;
}

/* Any of what is wanted is of that source. */
static bool wanted_of(const struct archive_seek_options *o, const uint8_t sha256[SHA256_SIZE]) {
    struct archive_wanted first = {.record = 0};

    memcpy(first.sha256, sha256, SHA256_SIZE);
    for (size_t i = place_of(o, &first); i < o->count && memcmp(o->wanted[i].sha256, sha256, SHA256_SIZE) == 0; i++)
        if (!o->wanted[i].found)
            return true;
    return false;
}

/* *any: rows are wanted. */
static bool sources_look(struct child *c, bool *any, struct err *e) {
    const struct segment_info *const info = segment_info(c->segment);
    struct segment_source s;

    *any = false;
    if (!(c->of_wanted = calloc((size_t)info->sources + 1, sizeof *c->of_wanted)) ||
        !(c->rows = calloc((size_t)info->rows / 64 + 1, sizeof *c->rows)))
        return no_memory(e);
    for (uint32_t i = 0; i < info->sources; i++) {
        if (!segment_source(c->segment, i, &s, e))
            return false;
        *any |= c->of_wanted[i] = wanted_of(c->o, s.sha256);
        if (c->o->source) {
            say(c, SAY_SOURCE);
            say_bytes(c, s.sha256, SHA256_SIZE);
        }
    }
    return true;
}

static bool rows_look(struct child *c, struct err *e) {
    uint32_t *const sources = malloc(SEGMENT_BLOCK_ROWS * sizeof *sources);
    struct err why;

    if (!sources)
        return no_memory(e);
    for (uint32_t b = 0; b < segment_info(c->segment)->blocks; b++) {
        struct segment_block const block = segment_block(c->segment, b);

        if (!segment_block_rows(c->segment, b, NULL, sources, &why)) {
            if (why.code == ERR_MEMORY) {
                free(sources);
                *e = why;
                return false;
            }
            damage(&c->sink, why.offset, 0, why.text);
            continue;
        }
        for (uint32_t i = 0; i < block.rows; i++)
            if (c->of_wanted[sources[i]])
                c->rows[(block.from + i) / 64] |= UINT64_C(1) << (block.from + i) % 64;
    }
    free(sources);
    return true;
}

static bool ledger_line(void *ctx, const struct ledger_row *row, struct err *e) {
    struct child *const c = ctx;
    uint8_t sha256[SHA256_SIZE];

    (void)e;
    if ((row->line == LEDGER_FILE || row->line == LEDGER_SAME) && sha256_of_hex(str_of(row->file.sha256), sha256)) {
        say(c, SAY_SOURCE);
        say_bytes(c, sha256, sizeof sha256);
    }
    return true;
}

static bool look(struct child *c, str bytes, struct err *e) {
    bool ledger, any;

    struct segment_opening const how = {.keys = vault_keys(c->o->v)};

    if (!segment_open_with(&c->segment, bytes, S("it"), &how, e) || !ledger_is(c->segment, &ledger, e))
        return false;
    if (ledger)
        return !c->o->source || ledger_read(c->segment, c->sink.fields, ledger_line, c, e);
    if (!sources_look(c, &any, e))
        return false;
    if (!any)
        return true;
    c->reading =
        (struct segment_reading){.sink = &c->sink, .rows = c->rows, .source = source, .ctx = c, .salvage = true};
    return rows_look(c, e) && segment_read(c->segment, &c->reading, e);
}

static _Noreturn void child(const struct archive_seek_options *o, int fd, int channel) {
    struct child c = {.o = o,
                      .channel = channel,
                      .sink = {.fields = fields_new(), .wants = wants, .record = record, .damage = damage}};
    struct err e = {0};
    struct stat st;
    void *bytes = MAP_FAILED;
    bool ok = c.sink.fields && fstat(fd, &st) == 0 && st.st_size > 0;

    signal(SIGPIPE, SIG_IGN);
    if (!ok)
        err_set(&e, ERR_TRUNCATED, 0, "it cannot be read");
    ok = ok && confine_self(MEMORY_MAX, &e);
    if (ok && (bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        ok = no_memory(&e);
    if (!ok || !look(&c, (str){bytes, (size_t)st.st_size}, &e))
        say_text(&c, SAY_DAMAGE, str_of(e.text));
    say(&c, SAY_END);
    send_out(&c);
    _exit(0);
}

/* ---- in the parent ---- */

struct hearing {
    const struct archive_seek_options *o;
    const struct manifest_segment *segment;
    const char *name;
    int channel;
    size_t left; /* that are wanted and were not found yet */
};

static bool take(const struct hearing *h, void *out, size_t size) {
    struct err e;
    bool closed;

    return channel_take(h->channel, out, size, NULL, &closed, &e);
}

/* False: it says what it cannot say, or nothing more. */
static bool take_text(const struct hearing *h, struct buf *out) {
    uint32_t len;

    if (!take(h, &len, sizeof len) || len > TEXT_MAX)
        return false;
    out->len = 0;
    char *const to = buf_reserve(out, len);

    if (!to || (len && !take(h, to, len)))
        return false;
    out->len = len;
    return true;
}

static void damaged(const struct hearing *h, const char *why) {
    if (h->o->damage)
        h->o->damage(h->o->ctx, h->name, why);
}

/* *ended: the child has said all. */
static bool hear(struct hearing *h, bool *ended, struct err *e) {
    struct buf path = {0}, text = {0};
    uint8_t sha256[SHA256_SIZE];
    bool ok = true, more = true;
    uint8_t what;

    while (ok && more && take(h, &what, 1)) {
        uint64_t index, size;
        uint32_t row;

        switch ((enum say)what) {
        case SAY_SOURCE:
            more = take(h, sha256, sizeof sha256);
            ok = !more || !h->o->source || h->o->source(h->o->ctx, sha256, e);
            break;
        case SAY_FOUND:
            more = take(h, &index, sizeof index) && take(h, &row, sizeof row) && take(h, &size, sizeof size) &&
                   index < h->o->count && row < h->segment->rows;
            if (!more || h->o->wanted[index].found)
                break;
            h->o->wanted[index].found = true;
            h->o->wanted[index].segment = h->segment->number;
            h->o->wanted[index].row = row;
            h->left--;
            if (h->o->size)
                *h->o->size = size;
            if (h->o->path)
                buf_add(h->o->path, buf_str(&path));
            if (h->o->record)
                buf_add(h->o->record, buf_str(&text));
            break;
        case SAY_PATH:
            more = take_text(h, &path);
            break;
        case SAY_TEXT:
            more = take_text(h, &text);
            break;
        case SAY_DAMAGE:
            if ((more = take_text(h, &text))) {
                char why[WHY_MAX];

                snprintf(why, sizeof why, "%.*s", STR_ARG(buf_str(&text)));
                damaged(h, why);
            }
            break;
        case SAY_END:
            *ended = true;
            more = false;
            break;
        default:
            more = false;
        }
    }
    buf_free(&path);
    buf_free(&text);
    return ok;
}

static bool look_in(struct hearing *h, struct err *e) {
    struct err why = {0};
    bool ended = false, ok;
    int fd, ends[2];
    pid_t pid;

    if (!vault_segment_open(h->o->v, h->segment, &fd, &why)) {
        if (why.code == ERR_MEMORY) {
            *e = why;
            return false;
        }
        damaged(h, why.text);
        return true;
    }
    if (!channel_pair(ends, e)) {
        close(fd);
        return false;
    }
    fflush(NULL);
    if ((pid = fork()) == 0) {
        close(ends[0]);
        child(h->o, fd, ends[1]);
    }
    close(ends[1]);
    close(fd);
    h->channel = ends[0];
    ok = pid > 0 ? hear(h, &ended, e) : err_system(e, "no process to read a segment with");
    close(ends[0]);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    if (ok && !ended)
        damaged(h, "the process that read it was ended");
    return ok;
}

/* Could it hold an event of that time, whatever its clock said? What has no time may be anywhere. */
static bool is_near(const struct manifest_segment *s, int64_t when) {
    return s->first == INSTANT_NONE || when == INSTANT_NONE ||
           (instant_moved(when, CLOCK_MARGIN) >= s->first && instant_moved(when, -CLOCK_MARGIN) <= s->last);
}

bool archive_seek(const struct archive_seek_options *o, struct err *e) {
    const struct manifest *const m = vault_manifest(o->v);
    struct hearing h = {.o = o, .left = o->count};
    size_t count;
    const struct manifest_segment *const segments = manifest_segments(m, &count);

    if (o->count)
        qsort(o->wanted, o->count, sizeof *o->wanted, by_place);
    for (size_t i = 0; i < o->count; i++)
        h.left -= o->wanted[i].found;
    /* Those of its time first; where that is of no use, because its time was read otherwise, all others. */
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < count && (h.left || o->source); i++) {
            const struct manifest_segment *const s = &segments[i];
            str const family = manifest_family(m, s->family);
            char name[VAULT_NAME_MAX];

            if (!manifest_live(s) || str_eq(family, ARCHIVE_ORIGINALS) || is_near(s, o->when) != (round == 0) ||
                (!o->source && str_eq(family, ARCHIVE_LEDGER)))
                continue;
            if (o->stop && *o->stop)
                return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
            vault_segment_name(s, name);
            h.segment = s;
            h.name = name;
            if (!look_in(&h, e))
                return false;
        }
    return true;
}
