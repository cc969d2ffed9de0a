/* yara_job: a source is fed to the scan as it is read; of mail its reader decides how far that is, and the rest is read behind it. */
#include "hunt/yara_job.h"

#include <assert.h>

#include "evidence/outlook.h"
#include "reader/reader.h"

#define HEAD_BYTES ((size_t)65536)
#define PIECE ((size_t)1 << 20)

/* Archives that are attached to messages. */
static const struct unpack_limits attached_limits = {.depth_max = 4,
                                                     .bytes_max = (uint64_t)512 << 20,
                                                     .ratio_max = 1000,
                                                     .ratio_from = (uint64_t)16 << 20,
                                                     .members_max = 10000,
                                                     .memory_max = (size_t)64 << 20};

struct yara_job {
    struct event_sink sink; /* first: a pointer to it is one to the job */
    struct yara_job_setup s;
    struct yara_scan *source, *carried; /* what messages carry is scanned while their source is */
    struct yara_counts counts;          /* of the source */
    uint32_t members;
    bool is_member;
    struct err *e;
    /* What is scanned by `carried`: */
    const struct attachment *attachment; /* NULL: the source itself */
    struct buf name, type, shown;        /* shown: the name, or that of what lies in it */
    struct buf why;
};

/* ------------------------------------------------------------------ what is told */

static bool on_hit(void *ctx, const struct yara_hit *hit, struct err *e) {
    struct yara_job *const j = ctx;
    const struct attachment *const a = j->attachment;

    (void)e;
    if (hit->rule->level >= j->s.level)
        j->s.put(j->s.ctx, &(struct wire){.type = WIRE_YARA,
                                          .yara = {.hit = *hit,
                                                   .attachment = a != NULL,
                                                   .name = a ? buf_str(&j->shown) : (str){"", 0},
                                                   .type = a ? buf_str(&j->type) : (str){"", 0},
                                                   .record = a ? a->record : 0,
                                                   .offset = a ? a->offset : 0}});
    return true;
}

static void omit(struct yara_job *j, str why) {
    const struct attachment *const a = j->attachment;

    j->s.put(j->s.ctx, &(struct wire){.type = WIRE_UNSCANNED,
                                      .omission = {.attachment = a != NULL,
                                                   .name = a ? buf_str(&j->shown) : (str){"", 0},
                                                   .record = a ? a->record : 0,
                                                   .offset = a ? a->offset : 0,
                                                   .why = why}});
}

static void count(struct yara_job *j, uint64_t size, enum yara_end end) {
    if (end == YARA_SCANNED) {
        *(j->attachment ? &j->counts.attachments : &j->counts.files) += 1;
        j->counts.bytes += size;
    } else {
        omit(j, yara_end_name(end));
    }
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to scan with YARA rules");
}

/* ------------------------------------------------------------------ one stream of bytes */

/* Another input whose bytes go past the scan on their way, each once and in their order. */
struct tap {
    struct input input;
    struct input *inner;
    struct yara_scan *scan;
    uint64_t fed; /* bytes so far */
    bool (*tick)(void *ctx, uint64_t offset);
    void *ctx;
};

static bool feed(struct tap *t, uint64_t offset, str window, struct err *e) {
    if (!window.len || offset + window.len <= t->fed)
        return true;
    window = str_from(window, (size_t)(t->fed - offset));
    if (t->tick && !t->tick(t->ctx, t->fed))
        return err_set(e, ERR_INTERRUPTED, t->fed, "stopped");
    t->fed += window.len;
    return yara_scan_feed(t->scan, window) || no_memory(e);
}

static bool tap_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct tap *const t = (struct tap *)(void *)in;

    while (t->fed < offset) { /* what nobody looks at */
        str skipped;

        if (!t->inner->window(t->inner, t->fed, PIECE, &skipped, e))
            return false;
        if (!skipped.len)
            break;
        if (!feed(t, t->fed, skipped, e))
            return false;
    }
    return t->inner->window(t->inner, offset, want, out, e) && feed(t, offset, *out, e);
}

static bool drain(struct tap *t, struct err *e) {
    for (str window;;) {
        if (!t->inner->window(t->inner, t->fed, PIECE, &window, e))
            return false;
        if (!window.len)
            return true;
        if (!feed(t, t->fed, window, e))
            return false;
    }
}

/* reader: of messages, or NULL. */
static bool scan_stream(struct yara_job *j, struct yara_scan *scan, struct input *in, str path,
                        const struct reader *reader, bool (*tick)(void *ctx, uint64_t offset), struct err *e) {
    struct tap tap = {{tap_window, in->size}, in, scan, 0, tick, j->s.ctx};
    struct err why = {0};
    enum yara_end end;

    if (!yara_scan_begin(scan, &(struct yara_about){.path = path}))
        return no_memory(e);
    /* What is damaged is told by the job that reads its events. */
    if (reader && !reader->read(&tap.input, (struct part){0, UINT64_MAX}, &j->sink, &why) && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    if (!drain(&tap, &why)) {
        if (why.code == ERR_MEMORY || why.code == ERR_INTERRUPTED) {
            *e = why;
            return false;
        }
        j->why.len = 0;
        buf_format(&j->why, "only its first %lu bytes: %s", (unsigned long)tap.fed, why.text);
        omit(j, buf_str(&j->why));
    }
    if (!yara_scan_end(scan, on_hit, j, &end, e))
        return false;
    count(j, tap.fed, end);
    return !j->why.failed || no_memory(e);
}

/* ------------------------------------------------------------------ what messages carry */

/* Bytes that are there as an input. */
struct bytes_input {
    struct input input;
    str bytes;
};

static bool bytes_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct bytes_input *const b = (struct bytes_input *)(void *)in;

    (void)want;
    (void)e;
    *out = offset < b->bytes.len ? str_from(b->bytes, (size_t)offset) : (str){"", 0};
    return true;
}

static void show(struct yara_job *j, str path) {
    j->shown.len = 0;
    buf_add(&j->shown, path);
}

static bool attached_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct yara_job *const j = ctx;

    (void)depth;
    show(j, path);
    return scan_stream(j, j->carried, in, path, NULL, NULL, e);
}

static bool attached_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    (void)ctx;
    (void)m;
    (void)e;
    return true;
}

static void attached_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    struct yara_job *const j = ctx;

    (void)offset;
    (void)size;
    show(j, path);
    omit(j, str_of(why));
}

static bool scan_attached(struct yara_job *j, const struct attachment *a) {
    struct bytes_input in = {{bytes_window, a->bytes.len}, a->bytes};
    struct unpack_visitor const visitor = {attached_leaf, attached_ended, attached_damage, NULL, NULL, j};
    enum yara_end end;

    if (!yara_scan_bytes(j->carried, &(struct yara_about){.path = buf_str(&j->name)}, a->bytes, on_hit, j, &end, j->e))
        return false;
    count(j, a->size, end);
    if (a->own || !unpack_container(str_first(a->bytes, HEAD_BYTES)))
        return true;
    struct err why = {0};

    if (!unpack(&in.input, buf_str(&j->name), &attached_limits, &visitor, &why)) {
        if (why.code == ERR_MEMORY)
            return false;
        show(j, buf_str(&j->name));
        omit(j, str_of(why.text));
    }
    return true;
}

static bool on_attachment(struct event_sink *sink, const struct attachment *a) {
    struct yara_job *const j = (struct yara_job *)(void *)sink;
    bool ok = true;

    j->name.len = j->type.len = 0;
    unpack_add_name(&j->name, a->name);
    unpack_add_name(&j->type, a->type);
    show(j, buf_str(&j->name));
    j->attachment = a;
    if (a->bytes.len < a->size)
        omit(j, yara_end_name(YARA_TOO_LARGE));
    else
        ok = scan_attached(j, a);
    j->attachment = NULL;
    return ok && !j->name.failed && !j->type.failed && !j->shown.failed;
}

static bool wants_none(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return false;
}

static bool no_record(struct event_sink *sink, const struct record *r, struct err *e) {
    (void)sink;
    (void)r;
    (void)e;
    return true;
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

/* ------------------------------------------------------------------ sources */

static bool scan_source(struct yara_job *j, struct input *in, str path, bool (*tick)(void *ctx, uint64_t offset),
                        struct err *e) {
    const struct reader *reader = NULL;
    struct err why = {0};
    str head;

    if (!in->window(in, 0, HEAD_BYTES, &head, &why)) {
        *e = why;
        if (why.code == ERR_MEMORY)
            return false;
        omit(j, str_of(why.text));
        return true;
    }
    if (!head.len)
        return true;
    if (!outlook_begins(head))
        reader = reader_for(str_first(head, HEAD_BYTES), j->s.kinds);
    return scan_stream(j, j->source, in, path, reader && reader->attaches ? reader : NULL, tick, e);
}

static bool leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct yara_job *const j = ctx;

    (void)depth;
    j->s.put(j->s.ctx, &(struct wire){.type = WIRE_SOURCE, .index = ++j->members, .name = path});
    j->counts = (struct yara_counts){0};
    j->is_member = true;
    return scan_source(j, in, path, NULL, e);
}

static void end_source(struct yara_job *j, const uint8_t *sha256) {
    struct wire m = {.type = WIRE_SCANNED, .hashed = sha256 != NULL, .counts = j->counts};

    if (sha256)
        memcpy(m.hash, sha256, sizeof m.hash);
    j->s.put(j->s.ctx, &m);
    j->counts = (struct yara_counts){0};
    j->is_member = false;
}

/* A container within is not scanned itself, and has no number here. */
static bool ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct yara_job *const j = ctx;

    (void)e;
    if (j->is_member && !m->container)
        end_source(j, m->sha256);
    return true;
}

/* Told by the job that reads: what is not unpacked stands in the ledger. */
static void unpack_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)path;
    (void)offset;
    (void)size;
    (void)why;
}

static bool container_tick(void *ctx, uint64_t offset) {
    struct yara_job *const j = ctx;

    return j->s.tick(j->s.ctx, offset);
}

static bool scan_members(struct yara_job *j, struct input *file, str path, struct err *e) {
    struct unpack_visitor const visitor = {leaf, ended, unpack_damage, container_tick, NULL, j};
    struct err why = {0};

    if (!unpack(file, path, j->s.unpack, &visitor, &why) && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    if (j->is_member)
        end_source(j, NULL);
    j->s.put(j->s.ctx, &(struct wire){.type = WIRE_SOURCE, .index = 0, .name = {"", 0}});
    return true;
}

bool yara_job_run(struct yara_job *j, struct input *file, str path, struct err *e) {
    struct err why = {0};
    str head;

    j->members = 0;
    j->is_member = false;
    j->counts = (struct yara_counts){0};
    j->e = e;
    if (!file->window(file, 0, HEAD_BYTES, &head, &why)) {
        omit(j, str_of(why.text));
    } else if (!unpack_container(str_first(head, HEAD_BYTES))) {
        if (!scan_source(j, file, path, j->s.tick, e))
            return false;
    } else {
        if (!scan_members(j, file, path, e))
            return false;
        /* A document or a program may be a container: as a whole it is worth a look, an archive of gigabytes is not. */
        if (file->size <= YARA_WHOLE && !scan_source(j, file, path, NULL, e))
            return false;
    }
    end_source(j, NULL);
    return true;
}

/* ------------------------------------------------------------------ the life */

bool yara_job_new(struct yara_job **out, const struct yara_job_setup *setup, struct err *e) {
    struct yara_job *const j = calloc(1, sizeof *j);

    if (!j)
        return no_memory(e);
    j->s = *setup;
    j->sink = (struct event_sink){.fields = setup->fields,
                                  .kinds = setup->kinds,
                                  .wants = wants_none,
                                  .record = no_record,
                                  .damage = no_damage,
                                  .attachment = on_attachment};
    if (!yara_scan_new(&j->source, setup->set, setup->limits, e) ||
        !yara_scan_new(&j->carried, setup->set, setup->limits, e)) {
        yara_job_free(j);
        return false;
    }
    *out = j;
    return true;
}

void yara_job_free(struct yara_job *j) {
    if (!j)
        return;
    yara_scan_free(j->source);
    yara_scan_free(j->carried);
    buf_free(&j->name);
    buf_free(&j->type);
    buf_free(&j->shown);
    buf_free(&j->why);
    free(j);
}
