/* archive_original: files cut into pieces, each a record of one value; read back by one confined process a segment. */
#include "hunt/archive_original.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/confine.h"
#include "evidence/input.h"

#define FIELD S("bytes")
#define MEMORY_MAX ((size_t)2 << 30)
#define WHY_MAX 240u

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the bytes of files");
}

bool original_is(struct segment *s, bool *yes, struct err *e) {
    struct segment_source source;

    *yes = false;
    if (!segment_info(s)->sources)
        return true;
    if (!segment_source(s, 0, &source, e))
        return false;
    *yes = str_eq(source.reader, ARCHIVE_ORIGINALS);
    return true;
}

static bool count_of(const struct segment_source *s, uint32_t number, uint64_t *value) {
    for (uint32_t i = 0; i < s->count_count; i++)
        if (s->counts[i].number == number) {
            *value = s->counts[i].value;
            return true;
        }
    return false;
}

/* ---- a set of hashes ---- */

struct set {
    uint8_t (*items)[SHA256_SIZE];
    uint32_t count, room;
    uint32_t *slots; /* number + 1 */
    uint64_t mask;
};

static uint64_t slot_of(const struct set *s, const uint8_t sha256[SHA256_SIZE]) {
    uint64_t at;

    memcpy(&at, sha256, sizeof at);
    for (at &= s->mask; s->slots[at] && memcmp(s->items[s->slots[at] - 1], sha256, SHA256_SIZE) != 0;)
        at = (at + 1) & s->mask;
    return at;
}

static bool set_has(const struct set *s, const uint8_t sha256[SHA256_SIZE]) {
    return s->slots && s->slots[slot_of(s, sha256)];
}

static bool set_add(struct set *s, const uint8_t sha256[SHA256_SIZE], struct err *e) {
    if (set_has(s, sha256))
        return true;
    if (s->count == s->room) {
        uint32_t const room = s->room ? s->room * 2 : 64;
        void *const items = reallocarray(s->items, room, SHA256_SIZE);
        uint32_t *slots;

        if (items)
            s->items = items;
        if (!items || !(slots = calloc((size_t)room * 2, sizeof *slots)))
            return no_memory(e);
        free(s->slots);
        s->slots = slots;
        s->mask = (uint64_t)room * 2 - 1;
        s->room = room;
        for (uint32_t i = 0; i < s->count; i++)
            s->slots[slot_of(s, s->items[i])] = i + 1;
    }
    memcpy(s->items[s->count++], sha256, SHA256_SIZE);
    s->slots[slot_of(s, sha256)] = s->count;
    return true;
}

/* ---- adding ---- */

struct original_writer {
    struct vault *v;
    struct fields *fields;
    field_id field;
    struct set kept;
    struct vault_part *part; /* of the segment that is being written; NULL: none is */
    struct segment_writer *writer;
    struct writing_key writing;   /* of the present one, when the archive is encrypted */
    uint64_t in_it;               /* bytes of files in it */
    uint64_t segments, bytes;     /* since the last stage */
    struct segment_source source; /* of the file that is being written */
    struct segment_count counts[2];
    char *piece;
    char *small; /* of a file that is written when all of it is known to be right */
};

/* What is committed already. Made by us, but read as what it is: a file of a disk. */
static bool kept_load(struct original_writer *w, struct err *e);

bool original_writer_new(struct original_writer **out, struct vault *v, struct fields *fields, struct err *e) {
    struct original_writer *const w = calloc(1, sizeof *w);

    if (!w)
        return no_memory(e);
    w->v = v;
    w->fields = fields;
    if (!(w->piece = malloc(ORIGINAL_PIECE)) || !(w->small = malloc(ORIGINAL_SMALL)) ||
        (w->field = field_intern(fields, FIELD)) == FIELD_NONE) {
        original_writer_free(w);
        return no_memory(e);
    }
    if (!kept_load(w, e)) {
        original_writer_free(w);
        return false;
    }
    *out = w;
    return true;
}

/* What is not staged yet. */
static void segment_drop(struct original_writer *w) {
    segment_writer_free(w->writer);
    vault_part_drop(w->v, w->part);
    w->writer = NULL;
    w->part = NULL;
}

void original_writer_free(struct original_writer *w) {
    if (!w)
        return;
    segment_drop(w);
    writing_key_wipe(&w->writing);
    free(w->kept.items);
    free(w->kept.slots);
    free(w->piece);
    free(w->small);
    free(w);
}

void original_writer_vault(struct original_writer *w, struct vault *v) {
    w->v = v;
    w->segments = w->bytes = 0;
}

static bool segment_begin(struct original_writer *w, struct err *e) {
    int fd;

    if (w->writer)
        return true;
    if (!vault_part_new(w->v, &w->part, &fd, e))
        return false;
    bool const encrypted = vault_writing_key(w->v, &w->writing);
    struct segment_options const options = {
        .fields = w->fields, .to_file = true, .fd = fd, .writing = encrypted ? &w->writing : NULL};

    w->in_it = 0;
    return segment_writer_new(&w->writer, &options, e);
}

static bool segment_end(struct original_writer *w, struct err *e) {
    struct vault_part *const part = w->part;
    struct segment_info info;
    uint64_t number;
    bool known;

    if (!w->writer)
        return true;
    bool const ok = segment_writer_finish(w->writer, NULL, &info, e);

    segment_writer_free(w->writer);
    w->writer = NULL;
    w->part = NULL;
    if (!ok || !info.rows) {
        vault_part_drop(w->v, part);
        return ok;
    }
    struct manifest_segment const about = {
        .length = info.size, .rows = info.rows, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED};

    if (!vault_add(w->v, part, &about, ARCHIVE_ORIGINALS, &number, &known, e))
        return false;
    w->segments += !known;
    w->bytes += known ? 0 : w->in_it;
    return true;
}

/* Bytes of the file that is being written, and a hash of what comes. False: they do not come; why, unless it is to stop. */
struct bytes {
    int fd;
    uint64_t size;
    struct sha256 *hash;
    const volatile sig_atomic_t *stop;
    struct err *why;
};

static bool bytes_read(const struct bytes *b, uint64_t at, char *to, size_t size, struct err *e) {
    for (size_t done = 0; done < size;) {
        ssize_t const n = pread(b->fd, to + done, size - done, (off_t)(at + done));

        if (b->stop && *b->stop)
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(b->why, "its bytes are not kept");
        if (n == 0)
            return err_set(b->why, ERR_IO, at + done, "its bytes are not kept: it became shorter");
        done += (size_t)n;
    }
    sha256_add(b->hash, (str){to, size});
    return true;
}

/* Have all that came the hash that they should have? */
static bool bytes_same(const struct original_writer *w, const struct bytes *b) {
    uint8_t now[SHA256_SIZE];

    sha256_end(b->hash, now);
    return memcmp(now, w->source.sha256, SHA256_SIZE) == 0 ||
           err_set(b->why, ERR_CORRUPT, 0, "its bytes are not kept: it changed while it was read");
}

static bool piece_write(struct original_writer *w, uint32_t index, const char *bytes, uint64_t at, size_t size,
                        struct err *e) {
    struct raw value = {.field = w->field, .type = RAW_BINARY, .len = (uint32_t)size, .ptr = bytes};
    struct record const r = {.values = &value,
                             .count = 1,
                             .when = INSTANT_NONE,
                             .time_text = {"", 0},
                             .bytes = {"", 0},
                             .number = at / ORIGINAL_PIECE + 1,
                             .offset = at,
                             .size = size};

    w->in_it += size;
    return segment_writer_record(w->writer, index, &r, INSTANT_NONE, S(""), e);
}

/* Pieces from `at` on lie in the segment that is open, or in the next one. */
static bool source_begin(struct original_writer *w, uint64_t at, uint32_t *index, struct err *e) {
    w->counts[0] = (struct segment_count){ORIGINAL_FROM, at};
    w->source.counts = w->counts;
    w->source.count_count = 1;
    return segment_begin(w, e) && segment_writer_source(w->writer, &w->source, index, e);
}

static bool source_whole(struct original_writer *w, uint32_t index, struct err *e) {
    w->counts[w->source.count_count++] = (struct segment_count){ORIGINAL_WHOLE, 1};
    return segment_writer_source_set(w->writer, index, &w->source, e);
}

/* Is read whole before any of it is written, and lies in one segment, with others. */
static bool small_write(struct original_writer *w, const struct bytes *b, bool *kept, struct err *e) {
    size_t const size = (size_t)b->size;
    uint32_t index;

    if (!bytes_read(b, 0, w->small, size, e) || !bytes_same(w, b))
        return e->code == ERR_NONE;
    if ((w->in_it && w->in_it + size > ORIGINAL_SEGMENT && !segment_end(w, e)) || !source_begin(w, 0, &index, e))
        return false;
    for (size_t at = 0; at < size; at += ORIGINAL_PIECE)
        if (!piece_write(w, index, w->small + at, at, size - at < ORIGINAL_PIECE ? size - at : ORIGINAL_PIECE, e))
            return false;
    *kept = true;
    return source_whole(w, index, e);
}

/* Lies in segments of its own, of which none is committed if it changed. */
static bool large_write(struct original_writer *w, const struct bytes *b, bool *kept, struct err *e) {
    uint32_t index = SEGMENT_NONE;

    if (!segment_end(w, e))
        return false;
    for (uint64_t at = 0, size; at < b->size; at += size) {
        size = b->size - at < ORIGINAL_PIECE ? b->size - at : ORIGINAL_PIECE;
        if (w->writer && w->in_it >= ORIGINAL_SEGMENT && !segment_end(w, e))
            return false;
        if (!bytes_read(b, at, w->piece, (size_t)size, e))
            return e->code == ERR_NONE;
        if ((!w->writer && !source_begin(w, at, &index, e)) || !piece_write(w, index, w->piece, at, (size_t)size, e))
            return false;
    }
    *kept = bytes_same(w, b);
    return !*kept || (source_whole(w, index, e) && segment_end(w, e));
}

bool original_writer_alone(const char *path) {
    struct stat st;

    return stat(path, &st) == 0 && st.st_size > (off_t)ORIGINAL_SMALL;
}

bool original_writer_file(struct original_writer *w, const char *path, bool alone, const volatile sig_atomic_t *stop,
                          bool *kept, bool *spoilt, struct err *why, struct err *e) {
    struct file_input in = {0};
    uint8_t sha256[SHA256_SIZE];
    bool ok = true;

    *kept = *spoilt = false;
    *why = *e = (struct err){0};
    if (file_input_open(&in, path, why) && file_input_hash(&in, sha256, NULL, NULL, why) && in.input.size &&
        !set_has(&w->kept, sha256)) {
        struct bytes const b = {in.fd, in.input.size, sha256_new(), stop, why};

        w->source = (struct segment_source){
            .path = str_of(path), .reader = ARCHIVE_ORIGINALS, .size = b.size, .modified = in.modified};
        memcpy(w->source.sha256, sha256, SHA256_SIZE);
        if (!b.hash)
            ok = no_memory(e);
        else if (alone)
            ok = large_write(w, &b, kept, e);
        else if (b.size > ORIGINAL_SMALL)
            err_set(why, ERR_CORRUPT, 0, "its bytes are not kept: it changed while it was read");
        else
            ok = small_write(w, &b, kept, e);
        if (alone && !*kept) {
            segment_drop(w);
            *spoilt = w->segments > 0;
        }
        sha256_free(b.hash);
        ok = ok && (!*kept || set_add(&w->kept, sha256, e));
    }
    file_input_close(&in);
    if (ok && why->code == ERR_MEMORY) {
        *e = *why;
        return false;
    }
    return ok;
}

bool original_writer_stage(struct original_writer *w, uint64_t *segments, uint64_t *bytes, struct err *e) {
    if (!segment_end(w, e))
        return false;
    *segments = w->segments;
    *bytes = w->bytes;
    w->segments = w->bytes = 0;
    return true;
}

/* ---- reading: in the child ---- */

enum say {
    SAY_SOURCE = 1, /* hash 32, from 8, size 8, whole 1 */
    SAY_PIECE,      /* offset 8, bytes 4, and these */
    SAY_DAMAGE,     /* 4 bytes of length, and the bytes */
    SAY_END
};

/* What a child is asked: sources of all files (sha256 NULL: of any), or pieces of one. */
struct question {
    const uint8_t *sha256;
    bool pieces;
    uint64_t from, to;
};

struct child {
    const struct question *q;
    const struct key_set *keys; /* of the archive */
    struct segment *segment;
    struct event_sink sink;
    bool ours; /* rows that come are of the file */
    int channel;
};

static _Noreturn void give_up(void) {
    _exit(1);
}

static void send(const struct child *c, const void *bytes, size_t size) {
    struct err e;

    if (!channel_send(c->channel, (str){bytes, size}, -1, &e))
        give_up();
}

static void say(const struct child *c, enum say what) {
    uint8_t const byte = (uint8_t)what;

    send(c, &byte, 1);
}

static void say_damage(const struct child *c, const char *why) {
    uint32_t const len = (uint32_t)strnlen(why, WHY_MAX);

    say(c, SAY_DAMAGE);
    send(c, &len, sizeof len);
    send(c, why, len);
}

static bool record(struct event_sink *sink, const struct record *r, struct err *e) {
    const struct child *const c =
        (const struct child *)(const void *)((const char *)sink - offsetof(struct child, sink));

    (void)e;
    if (!c->ours || r->count != 1 || r->values[0].type != RAW_BINARY || r->values[0].len > ORIGINAL_PIECE ||
        r->offset >= c->q->to || r->offset + r->values[0].len <= c->q->from)
        return true;
    say(c, SAY_PIECE);
    send(c, &r->offset, sizeof r->offset);
    send(c, &r->values[0].len, sizeof r->values[0].len);
    send(c, r->values[0].ptr, r->values[0].len);
    return true;
}

static void damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    say_damage((const struct child *)(const void *)((const char *)sink - offsetof(struct child, sink)), why);
}

static bool is_it(const struct question *q, const struct segment_source *s) {
    return !q->sha256 || memcmp(q->sha256, s->sha256, SHA256_SIZE) == 0;
}

static bool source(void *ctx, uint32_t index, struct err *e) {
    struct child *const c = ctx;
    struct segment_source s;

    if (!segment_source(c->segment, index, &s, e))
        return false;
    c->ours = is_it(c->q, &s);
    return true;
}

static bool sources_say(struct child *c, bool *any, struct err *e) {
    *any = false;
    for (uint32_t i = 0; i < segment_info(c->segment)->sources; i++) {
        struct segment_source s;
        uint64_t from = 0, whole = 0;

        if (!segment_source(c->segment, i, &s, e))
            return false;
        if (!is_it(c->q, &s))
            continue;
        *any = true;
        if (c->q->pieces)
            continue;
        uint8_t const end = count_of(&s, ORIGINAL_WHOLE, &whole) && whole;

        if (!count_of(&s, ORIGINAL_FROM, &from))
            from = 0;
        say(c, SAY_SOURCE);
        send(c, s.sha256, SHA256_SIZE);
        send(c, &from, sizeof from);
        send(c, &s.size, sizeof s.size);
        send(c, &end, sizeof end);
    }
    return true;
}

static bool rows_say(struct child *c, struct err *e) {
    const struct segment_info *const info = segment_info(c->segment);
    uint32_t *const sources = malloc(SEGMENT_BLOCK_ROWS * sizeof *sources);
    uint64_t *const rows = calloc((size_t)info->rows / 64 + 1, sizeof *rows);
    bool ok = (sources && rows) || no_memory(e);

    for (uint32_t b = 0; ok && b < info->blocks; b++) {
        struct segment_block const block = segment_block(c->segment, b);

        ok = segment_block_rows(c->segment, b, NULL, sources, e);
        for (uint32_t i = 0; ok && i < block.rows; i++) {
            struct segment_source s;

            ok = segment_source(c->segment, sources[i], &s, e);
            if (ok && is_it(c->q, &s))
                rows[(block.from + i) / 64] |= UINT64_C(1) << (block.from + i) % 64;
        }
    }
    struct segment_reading reading = {.sink = &c->sink, .rows = rows, .source = source, .ctx = c, .salvage = true};

    ok = ok && segment_read(c->segment, &reading, e);
    free(sources);
    free(rows);
    return ok;
}

static bool answer(struct child *c, str bytes, struct err *e) {
    bool ours, any;

    return segment_open_with(&c->segment, bytes, S("it"), &(struct segment_opening){.keys = c->keys}, e) &&
           original_is(c->segment, &ours, e) &&
           (!ours || (sources_say(c, &any, e) && (!any || !c->q->pieces || rows_say(c, e))));
}

static _Noreturn void child(const struct question *q, const struct key_set *keys, int fd, int channel) {
    struct child c = {
        .q = q, .keys = keys, .channel = channel, .sink = {.fields = fields_new(), .record = record, .damage = damage}};
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
    if (!ok || !answer(&c, (str){bytes, (size_t)st.st_size}, &e))
        say_damage(&c, e.text);
    say(&c, SAY_END);
    _exit(0);
}

/* ---- reading: in the parent ---- */

struct source_said {
    uint8_t sha256[SHA256_SIZE];
    uint64_t from, size;
    bool whole;
};

struct hearing {
    bool (*source)(void *ctx, const struct source_said *s, struct err *e);
    bool (*piece)(void *ctx, uint64_t offset, str bytes, struct err *e);
    void *ctx;
    char why[WHY_MAX + 1]; /* of damage; "" */
    int channel;
};

static bool take(const struct hearing *h, void *out, size_t size) {
    struct err e;
    bool closed;

    return channel_take(h->channel, out, size, NULL, &closed, &e);
}

static bool hear(struct hearing *h, char *piece, bool *ended, struct err *e) {
    bool ok = true, more = true;
    uint8_t what;

    *ended = false;
    while (ok && more && take(h, &what, 1)) {
        struct source_said s;
        uint64_t offset;
        uint32_t len;
        uint8_t whole;

        switch ((enum say)what) {
        case SAY_SOURCE:
            more = take(h, s.sha256, sizeof s.sha256) && take(h, &s.from, sizeof s.from) &&
                   take(h, &s.size, sizeof s.size) && take(h, &whole, 1);
            s.whole = more && whole == 1;
            ok = !more || !h->source || h->source(h->ctx, &s, e);
            break;
        case SAY_PIECE:
            more = take(h, &offset, sizeof offset) && take(h, &len, sizeof len) && len <= ORIGINAL_PIECE && h->piece &&
                   take(h, piece, len);
            ok = !more || h->piece(h->ctx, offset, (str){piece, len}, e);
            break;
        case SAY_DAMAGE:
            more = take(h, &len, sizeof len) && len <= WHY_MAX && take(h, h->why, len);
            h->why[more ? len : 0] = '\0';
            break;
        case SAY_END:
            *ended = true;
            more = false;
            break;
        default:
            more = false;
        }
    }
    return ok;
}

/* Damage is in h->why. */
static bool ask(const struct vault *v, const struct manifest_segment *s, const struct question *q, struct hearing *h,
                struct err *e) {
    struct err why = {0};
    int fd, ends[2];
    bool ok, ended;
    pid_t pid;

    h->why[0] = '\0';
    if (!vault_segment_open(v, s, &fd, &why)) {
        snprintf(h->why, sizeof h->why, "%.*s", (int)WHY_MAX, why.text);
        if (why.code == ERR_MEMORY)
            *e = why;
        return why.code != ERR_MEMORY;
    }
    char *const piece = malloc(ORIGINAL_PIECE);

    if (!piece || !channel_pair(ends, e)) {
        close(fd);
        free(piece);
        return piece ? false : no_memory(e);
    }
    fflush(NULL);
    if ((pid = fork()) == 0) {
        close(ends[0]);
        child(q, vault_keys(v), fd, ends[1]);
    }
    close(ends[1]);
    close(fd);
    h->channel = ends[0];
    ended = false;
    ok = pid > 0 ? hear(h, piece, &ended, e) : err_system(e, "no process to read a segment with");
    close(ends[0]);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    free(piece);
    if (ok && !ended)
        snprintf(h->why, sizeof h->why, "the process that read it was ended");
    return ok;
}

static bool is_original(const struct manifest *m, const struct manifest_segment *s) {
    return manifest_live(s) && str_eq(manifest_family(m, s->family), ARCHIVE_ORIGINALS);
}

static bool on_kept(void *ctx, const struct source_said *s, struct err *e) {
    struct original_writer *const w = ctx;

    return !s->whole || set_add(&w->kept, s->sha256, e);
}

static bool kept_load(struct original_writer *w, struct err *e) {
    const struct manifest *const m = vault_manifest(w->v);
    struct question const q = {.sha256 = NULL};
    size_t count;
    const struct manifest_segment *const all = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++) {
        struct hearing h = {.source = on_kept, .ctx = w};

        if (is_original(m, &all[i]) && !ask(w->v, &all[i], &q, &h, e)) /* of a damaged one the files are kept again */
            return false;
    }
    return true;
}

/* ---- one file ---- */

struct lying { /* pieces of it lie in this segment */
    const struct manifest_segment *segment;
    uint64_t from;
};

struct reading {
    bool (*each)(void *ctx, str bytes, struct err *e);
    void *ctx;
    const struct manifest_segment *now;
    struct lying *lying;
    size_t count, room;
    uint64_t size, at, to; /* at: the next byte that is handed over */
    bool any;
    struct sha256 *hash;
};

static bool on_lying(void *ctx, const struct source_said *s, struct err *e) {
    struct reading *const r = ctx;

    if (r->count == r->room) {
        struct lying *const bigger = reallocarray(r->lying, r->room * 2 + 16, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        r->lying = bigger;
        r->room = r->room * 2 + 16;
    }
    r->lying[r->count++] = (struct lying){r->now, s->from};
    r->size = s->size;
    r->any = true;
    return true;
}

static int by_from(const void *a, const void *b) {
    const struct lying *const x = a, *const y = b;

    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->segment->number > y->segment->number) - (x->segment->number < y->segment->number);
}

/* What was handed over already (another segment has the same piece) is passed over. */
static bool on_piece(void *ctx, uint64_t offset, str bytes, struct err *e) {
    struct reading *const r = ctx;

    if (offset > r->at || offset + bytes.len <= r->at || r->at >= r->to)
        return true;
    bytes = str_from(bytes, (size_t)(r->at - offset));
    bytes = str_first(bytes, r->to - r->at < bytes.len ? (size_t)(r->to - r->at) : bytes.len);
    if (r->hash)
        sha256_add(r->hash, bytes);
    r->at += bytes.len;
    return r->each(r->ctx, bytes, e);
}

static bool found(const struct vault *v, const uint8_t sha256[SHA256_SIZE], struct reading *r,
                  const volatile sig_atomic_t *stop, struct err *e) {
    const struct manifest *const m = vault_manifest(v);
    struct question const q = {.sha256 = sha256};
    char first[WHY_MAX + 1] = "";
    size_t count;
    const struct manifest_segment *const all = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++) {
        struct hearing h = {.source = on_lying, .ctx = r};

        if (!is_original(m, &all[i]))
            continue;
        if (stop && *stop)
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        r->now = &all[i];
        if (!ask(v, &all[i], &q, &h, e))
            return false;
        if (h.why[0] && !first[0])
            memcpy(first, h.why, sizeof first);
    }
    if (r->count)
        qsort(r->lying, r->count, sizeof *r->lying, by_from);
    return r->any ||
           (first[0] ? err_set(e, ERR_CORRUPT, 0, "it is not found, and a segment of originals is damaged: %s", first)
                     : err_set(e, ERR_USAGE, 0,
                               "the bytes of that file are not kept ('longwatch archive add --originals' does)"));
}

bool original_read(const struct vault *v, const uint8_t sha256[SHA256_SIZE], uint64_t from, uint64_t size,
                   bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, const volatile sig_atomic_t *stop,
                   uint64_t *of, struct err *e) {
    struct reading r = {.each = each, .ctx = ctx, .at = from};
    char why[WHY_MAX + 1] = "";
    uint8_t now[SHA256_SIZE];
    bool ok = found(v, sha256, &r, stop, e);

    *of = r.size;
    r.to = size < UINT64_MAX - from && from + size < r.size ? from + size : r.size;
    if (ok && from == 0 && r.to == r.size && !(r.hash = sha256_new()))
        ok = no_memory(e);
    for (size_t i = 0; ok && i < r.count && r.at < r.to; i++) {
        struct question const q = {.sha256 = sha256, .pieces = true, .from = r.at, .to = r.to};
        struct hearing h = {.piece = on_piece, .ctx = &r};

        if (stop && *stop)
            ok = err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        ok = ok && ask(v, r.lying[i].segment, &q, &h, e);
        if (h.why[0] && !why[0])
            memcpy(why, h.why, sizeof why);
    }
    if (ok && r.at < r.to)
        ok = err_set(e, ERR_CORRUPT, r.at, "bytes from %lu on are missing%s%s", (unsigned long)r.at, why[0] ? ": " : "",
                     why);
    if (r.hash) {
        sha256_end(r.hash, now);
        sha256_free(r.hash);
        if (ok && memcmp(now, sha256, SHA256_SIZE) != 0)
            ok = err_set(e, ERR_CORRUPT, 0, "the bytes that are kept have another SHA-256");
    }
    free(r.lying);
    return ok;
}
