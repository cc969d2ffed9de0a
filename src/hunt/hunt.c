/* hunt: file after file in order of their paths; each part through reader, blocks and detection. */
#include "hunt/hunt.h"

#include "evidence/input.h"
#include "reader/reader.h"

#define ROWS_MAX 65536u
#define HEAD_BYTES 65536u

struct hunt {
    struct hunt_options o;
    struct plan *plan;
    struct detector *detector;
    struct ingest *ingest;
    bool *skip;
    struct file_input file;
    struct custody now; /* the file being read */
    char sha256[2 * SHA256_SIZE + 1];
    uint64_t number_base; /* records of the parts before */
};

static bool on_hit(void *ctx, const struct detect_hit *hit, struct err *e) {
    struct hunt *const h = ctx;
    const struct sigma_rule *const rule = h->o.set->rules[hit->rule];
    const struct row *const row = &hit->block->rows[hit->row];
    char host[256], account[512];

    if (rule->silenced || rule->level < h->o.level)
        return true;
    if (row->when != INSTANT_NONE && ((h->o.from != INSTANT_NONE && row->when < h->o.from) ||
                                      (h->o.to != INSTANT_NONE && row->when >= h->o.to)))
        return true;
    struct finding f = {.rule = rule,
                        .when = row->when,
                        .kind = hit->block->name,
                        .evidence_path = h->now.path,
                        .evidence_sha256 = h->sha256,
                        .record = row->number,
                        .offset = row->offset,
                        .salvaged = row->salvaged,
                        .logsource = hit->logsource,
                        .matches = hit->matches,
                        .match_count = hit->match_count};
    /* Roles are views that the next one ends: kept here. */
    str role = str_first(detector_role(h->detector, hit->block, hit->row, ROLE_HOST), sizeof host);

    memcpy(host, role.ptr, role.len);
    f.host = (str){host, role.len};
    role = str_first(detector_role(h->detector, hit->block, hit->row, ROLE_ACCOUNT), sizeof account);
    memcpy(account, role.ptr, role.len);
    f.account = (str){account, role.len};
    h->now.findings++;
    return h->o.finding(h->o.ctx, &f, e);
}

static bool on_full(void *ctx, struct err *e) {
    struct hunt *const h = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(h->ingest, &count);

    if (!detector_run(h->detector, blocks, count, e))
        return false;
    ingest_clear(h->ingest);
    return true;
}

static bool wants(void *ctx, const struct block *b, field_id field) {
    return detector_wants(((struct hunt *)ctx)->detector, b, field);
}

static bool wants_inner(void *ctx, field_id field) {
    return detector_names(((struct hunt *)ctx)->detector, field);
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct hunt *const h = ctx;

    h->now.damages++;
    h->now.damage_bytes += size;
    h->o.damage(h->o.ctx, h->now.path, offset, size, why);
}

static void counts_add(struct hunt *h) {
    const struct ingest_counts *const c = ingest_counts(h->ingest);

    h->now.records += c->records;
    h->now.salvaged += c->salvaged;
    h->now.repaired += c->repaired;
    h->now.no_kind += c->no_kind;
    h->now.no_time += c->no_time;
}

static bool read_file(struct hunt *h, const struct found_file *file, struct err *e) {
    struct err why = {0};
    uint8_t hash[SHA256_SIZE];
    const struct reader *reader;
    str head = {"", 0};
    bool ok = true;

    h->now = (struct custody){.path = file->path, .sha256 = "", .not_read = file->skipped};
    if (file->skipped.len)
        return true;
    if (!file_input_open(&h->file, file->path.ptr, &why) || !file_input_hash(&h->file, hash, NULL, NULL, &why) ||
        !h->file.input.window(&h->file.input, 0, HEAD_BYTES, &head, &why)) {
        h->now.not_read = S("it cannot be opened or read");
        return true;
    }
    sha256_hex(hash, h->sha256);
    h->now.sha256 = h->sha256;
    h->now.size = h->file.input.size;
    if (head.len == 0) {
        h->now.not_read = S("empty");
        return true;
    }
    if (!(reader = reader_for(str_first(head, HEAD_BYTES)))) {
        h->now.not_read = S("no reader knows this format");
        return true;
    }
    h->now.reader = reader->name;
    ingest_part(h->ingest, 0, str_of(reader->name));
    ok = reader->read(&h->file.input, (struct part){0, UINT64_MAX}, ingest_sink(h->ingest), e);
    counts_add(h);
    if (!ok && e->code == ERR_IO) {
        on_damage(h, e->offset, 0, "the file could not be read to its end");
        ok = true;
    }
    return ok && on_full(h, e);
}

static bool prepare(struct hunt *h, struct err *e) {
    size_t const rules = h->o.set->rule_count;

    if (!(h->skip = calloc(rules + 1, sizeof *h->skip)))
        return err_set(e, ERR_MEMORY, 0, "no memory to hunt");
    for (size_t i = 0; i < rules; i++)
        h->skip[i] = h->o.set->rules[i]->unusable.len > 0;
    if (!plan_new(&h->plan, h->o.set, h->o.fields, e))
        return false;
    struct detect_options const detect = {
        .plan = h->plan, .fields = h->o.fields, .skip = h->skip, .hit = on_hit, .ctx = h};
    struct ingest_options const ingest = {.fields = h->o.fields,
                                          .kinds = h->o.kinds,
                                          .wants = wants,
                                          .wants_inner = wants_inner,
                                          .full = on_full,
                                          .damage = on_damage,
                                          .ctx = h,
                                          .rows_max = ROWS_MAX,
                                          .bytes_max = h->o.memory_max};

    return detector_new(&h->detector, &detect, e) && ingest_new(&h->ingest, &ingest, e);
}

bool hunt_run(const struct hunt_options *options, struct err *e) {
    struct hunt h = {.o = *options};
    struct arena *const a = arena_new((size_t)4 << 30);
    struct found_file *files;
    size_t count = 0, blocks;
    bool ok = a ? true : err_set(e, ERR_MEMORY, 0, "no memory to hunt");

    ok = ok && walk_paths(h.o.paths, h.o.path_count, a, &files, &count, e) && prepare(&h, e);
    for (size_t i = 0; ok && i < count; i++) {
        ok = read_file(&h, &files[i], e);
        file_input_close(&h.file);
        if (ok)
            h.o.custody(h.o.ctx, &h.now);
    }
    if (ok) {
        struct block *const *const all = ingest_blocks(h.ingest, &blocks);

        for (size_t i = 0; i < blocks; i++)
            h.o.kind(h.o.ctx, all[i]->name, all[i]->kind, all[i]->rows_ever);
    }
    ingest_free(h.ingest);
    detector_free(h.detector);
    plan_free(h.plan);
    free(h.skip);
    arena_free(a);
    return ok;
}
