/* intel_load: walk, unpack, tell apart by content, import: one file after the other, in the order of their paths. */
#include "hunt/intel_load.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "evidence/pdf.h"
#include "evidence/unpack_whole.h"
#include "evidence/walk.h"
#include "intel/import_confined.h"

#define LIST_BYTES_MAX ((size_t)1 << 30) /* of the list of files */
#define SEEN_LEAST 1024u
#define ADVISORY "advisory" /* the importer that reads prose, and the text of a PDF */

/* ---- what a file is ---- */

static str unmarked(str s) {
    return str_starts(s, S("\xef\xbb\xbf")) ? str_from(s, 3) : s;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Over blanks and comments as C and YARA have them. */
static str past_comments(str s) {
    for (;;) {
        size_t end;

        while (s.len && is_blank(*s.ptr))
            s = str_from(s, 1);
        if (str_starts(s, S("//")))
            end = str_find_byte(s, '\n');
        else if (str_starts(s, S("/*")))
            end = str_find(s, S("*/"));
        else
            return s;
        s = end == SIZE_MAX ? S("") : str_from(s, end + 2 - (s.ptr[1] == '/'));
    }
}

/* The identifier at the beginning, taken off. */
static str take_word(str *s) {
    size_t n = 0;

    while (n < s->len && (s->ptr[n] == '_' || (s->ptr[n] >= '0' && s->ptr[n] <= '9') ||
                          ((s->ptr[n] | 0x20) >= 'a' && (s->ptr[n] | 0x20) <= 'z')))
        n++;
    str const word = str_first(*s, n);

    *s = past_comments(str_from(*s, n));
    return word;
}

/* Before anything else but imports stands a rule. An advisory that quotes one begins otherwise. */
static bool is_yara(str s) {
    for (s = past_comments(unmarked(s)); s.len;) {
        str const word = take_word(&s);

        if (str_eq(word, S("import")) || str_eq(word, S("include"))) {
            size_t const end = s.len && *s.ptr == '"' ? str_find_byte(str_from(s, 1), '"') : SIZE_MAX;

            if (end == SIZE_MAX)
                return false;
            s = past_comments(str_from(s, end + 2));
        } else if (str_eq(word, S("rule"))) {
            return take_word(&s).len && s.len && (*s.ptr == '{' || *s.ptr == ':');
        } else if (!str_eq(word, S("private")) && !str_eq(word, S("global"))) {
            return false;
        }
    }
    return false;
}

/* Keys of a mapping of YAML that stand at the beginning of a line are those of a Sigma rule, a correlation or a filter. */
static bool is_sigma(str s) {
    static const str keys[] = {STR("title:"), STR("logsource:"), STR("detection:"), STR("correlation:"),
                               STR("filter:")};
    bool has[COUNT(keys)] = {false}, first = true;

    for (s = unmarked(s); s.len;) {
        size_t const end = str_find_byte(s, '\n');
        str const line = str_first(s, end);

        s = end == SIZE_MAX ? S("") : str_from(s, end + 1);
        if (!str_trim(line).len || *line.ptr == '#' || str_starts(line, S("---")))
            continue;
        if (first && (is_blank(*line.ptr) || str_find_byte(line, ':') == SIZE_MAX))
            return false;
        first = false;
        for (size_t i = 0; i < COUNT(keys); i++)
            has[i] |= str_starts(line, keys[i]);
    }
    return has[0] && ((has[1] && has[2]) || has[3] || (has[1] && has[4]));
}

enum intel_file intel_file_of(str head, const char **format) {
    const struct importer *const importer = import_recognise(head);

    *format = importer ? importer->name : NULL;
    if (!str_trim(head).len || str_starts(head, S("{\"longwatch_update\":")))
        return *format = NULL, INTEL_FILE_OTHER;
    if (unpack_container(head))
        return *format = NULL, INTEL_FILE_NONE;
    if (pdf_begins(head))
        return *format = ADVISORY, INTEL_FILE_ITEMS;
    if (importer && importer->looks(str_first(head, IMPORT_HEAD)) >= 3)
        return INTEL_FILE_ITEMS;
    if (is_sigma(head))
        return *format = "sigma", INTEL_FILE_SIGMA;
    if (is_yara(head))
        return *format = "yara", INTEL_FILE_YARA;
    return importer ? INTEL_FILE_ITEMS : INTEL_FILE_NONE;
}

/* ---- bytes that were read before ---- */

struct seen {
    uint8_t (*hashes)[SHA256_SIZE];
    uint32_t *slots, count, mask;
};

/* *twice: it was there. */
static bool seen_add(struct seen *s, const uint8_t hash[SHA256_SIZE], bool *twice, struct err *e) {
    uint64_t at;

    if (s->count * 2 >= s->mask) {
        uint32_t const room = s->mask ? (s->mask + 1) * 2 : SEEN_LEAST;
        uint8_t(*const hashes)[SHA256_SIZE] = realloc(s->hashes, (size_t)room * SHA256_SIZE);
        uint32_t *const slots = calloc(room, sizeof *slots);

        if (hashes)
            s->hashes = hashes;
        if (!hashes || !slots) {
            free(slots);
            return err_set(e, ERR_MEMORY, 0, "no memory to list files");
        }
        free(s->slots);
        s->slots = slots;
        s->mask = room - 1;
        for (uint32_t i = 0; i < s->count; i++) {
            memcpy(&at, s->hashes[i], sizeof at);
            while (slots[at & s->mask])
                at++;
            slots[at & s->mask] = i + 1;
        }
    }
    memcpy(&at, hash, sizeof at);
    for (; s->slots[at & s->mask]; at++)
        if (memcmp(s->hashes[s->slots[at & s->mask] - 1], hash, SHA256_SIZE) == 0)
            return *twice = true;
    memcpy(s->hashes[s->count], hash, SHA256_SIZE);
    s->slots[at & s->mask] = ++s->count;
    *twice = false;
    return true;
}

/* ---- one file ---- */

struct loading {
    const struct intel_load *load;
    const struct intel_load_visitor *visitor;
    struct seen seen;
    const struct found_file *outer;
    struct buf path; /* of the outer file, as text */
    size_t named;    /* of it: what stands before is no part of names */
    struct intel_loaded *now;
    struct intel_sink counting;
};

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct loading *const l = ctx;

    l->now->items++;
    l->now->proposed += item->proposed;
    l->now->context += item->context;
    l->now->revoked += item->revoked;
    return l->visitor->sink->item(l->visitor->sink->ctx, item, e);
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct loading *const l = ctx;

    l->now->left_out++;
    return l->visitor->sink->left_out(l->visitor->sink->ctx, where, what, why, e);
}

static bool on_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    struct loading *const l = ctx;

    l->now->label_lists++;
    return l->visitor->sink->label_list(l->visitor->sink->ctx, list, e);
}

static bool on_label(void *ctx, str entry, struct err *e) {
    struct loading *const l = ctx;

    l->now->labels++;
    return l->visitor->sink->label(l->visitor->sink->ctx, entry, e);
}

static bool on_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct loading *const l = ctx;

    l->now->groups++;
    return l->visitor->sink->group(l->visitor->sink->ctx, group, e);
}

static bool ended(struct loading *l, const struct intel_loaded *source, struct err *e) {
    if (l->load->about.strict && (source->why.len || source->file == INTEL_FILE_NONE))
        return err_set(e, ERR_CORRUPT, 0, "%.*s: %.*s", STR_ARG(str_first(source->path, 100)),
                       STR_ARG(source->why.len ? source->why : S("no format of intelligence that is known here")));
    return !l->visitor->ended || l->visitor->ended(l->visitor->ctx, source, e);
}

/* Errors that are the file's, and not ours. */
static bool is_files(enum err_code code) {
    return code == ERR_CORRUPT || code == ERR_TRUNCATED || code == ERR_LIMIT;
}

/* The text of a PDF, which may lie in a container: the program that reads it wants a file. */
static bool pdf_read(str bytes, struct buf *text, struct err *e) {
    struct pdf_limits const limits = pdf_limits_for(bytes.len);
    size_t done = 0;
    int fd = -1;
    bool ok = file_temporary(&fd, NULL, e);

    while (ok && done < bytes.len) {
        ssize_t const n = write(fd, bytes.ptr + done, bytes.len - done);

        if (n < 0 && errno != EINTR)
            ok = err_system(e, "a PDF cannot be laid down to be read");
        done += n > 0 ? (size_t)n : 0;
    }
    ok = ok && pdf_text(fd, &limits, text, e);
    if (fd >= 0)
        close(fd);
    /* No program for it, no text in it: nothing comes of this file, and the others go on. */
    if (!ok && e->code == ERR_UNSUPPORTED)
        e->code = ERR_CORRUPT;
    return ok;
}

static bool read_items(struct loading *l, struct intel_loaded *source, str bytes, struct err *e) {
    struct import_about about = l->load->about;
    const struct importer *used;
    struct buf text = {0};
    struct err why = {0};
    bool ok;

    about.name = source->name;
    l->now = source;
    ok = !pdf_begins(bytes) || pdf_read(bytes, &text, &why);
    ok = ok && import_confined(pdf_begins(bytes) ? buf_str(&text) : bytes,
                               l->load->as ? l->load->as : import_named(str_of(source->format)), &about, NULL,
                               &l->counting, &used, &why);
    buf_free(&text);
    if (ok)
        return ended(l, source, e);
    if (!is_files(why.code)) {
        *e = why;
        return false;
    }
    /* It begins with the name, which is told beside it. */
    source->why = str_of(why.text);
    if (str_starts(source->why, source->name))
        source->why = str_trim(str_from(source->why, source->name.len + 1));
    return ended(l, source, e);
}

/* What comes of the bytes of one file or member, all of which there are. */
static bool read_bytes(struct loading *l, str path, str bytes, bool whole, struct err *e) {
    struct intel_loaded source = {.path = path,
                                  .outer = l->outer->path,
                                  .name = str_from(path, l->named),
                                  .size = bytes.len,
                                  .why = whole ? (str)STR("") : (str)STR("it is not whole")};
    struct sha256 *const hash = sha256_new();
    uint8_t sum[SHA256_SIZE];
    bool wanted = true;

    if (!hash)
        return err_set(e, ERR_MEMORY, 0, "no memory to read intelligence");
    sha256_add(hash, bytes);
    sha256_end(hash, sum);
    sha256_free(hash);
    sha256_hex(sum, source.sha256);
    source.file = intel_file_of(bytes, &source.format);
    if (l->load->as && source.file != INTEL_FILE_OTHER) {
        source.file = INTEL_FILE_ITEMS;
        source.format = l->load->as->name;
    }
    if (source.file == INTEL_FILE_NONE || source.file == INTEL_FILE_OTHER)
        return ended(l, &source, e);
    if (!seen_add(&l->seen, sum, &source.twice, e))
        return false;
    if (l->visitor->begin && !l->visitor->begin(l->visitor->ctx, &source, bytes, &wanted, e))
        return false;
    source.skipped = !wanted;
    if (source.skipped || source.twice)
        return ended(l, &source, e);
    if (source.file == INTEL_FILE_ITEMS)
        return read_items(l, &source, bytes, e);
    return (!l->visitor->rules || l->visitor->rules(l->visitor->ctx, &source, bytes, e)) && ended(l, &source, e);
}

static bool not_read(struct loading *l, str why, struct err *e) {
    struct intel_loaded const source = {.path = buf_str(&l->path),
                                        .outer = l->outer->path,
                                        .name = str_from(buf_str(&l->path), l->named),
                                        .size = l->outer->size,
                                        .file = INTEL_FILE_NONE,
                                        .why = why};

    return ended(l, &source, e);
}

/* ---- files and containers ---- */

static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    struct loading *const l = ctx;

    return read_bytes(l, path, bytes, whole, e);
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    struct loading *const l = ctx;

    if (l->load->about.strict)
        return err_set(e, ERR_CORRUPT, 0, "%.*s: %.*s", STR_ARG(str_first(path, 100)), STR_ARG(why));
    return !l->visitor->damage || l->visitor->damage(l->visitor->ctx, l->outer->path, path, why, e);
}

static bool read_container(struct loading *l, int fd, struct err *e) {
    struct unpack_whole_limits limits = unpack_whole_usual;
    struct unpack_whole_visitor const visitor = {l, on_member, on_damage};
    struct err why = {0};

    if (l->load->limits)
        limits.unpack = *l->load->limits;
    limits.member_max = IMPORT_BYTES_MAX;
    if (unpack_whole(fd, buf_str(&l->path), &limits, &visitor, l->load->stop, &why))
        return true;
    if (is_files(why.code) && !l->load->about.strict)
        return on_damage(l, buf_str(&l->path), str_of(why.text), e);
    *e = why;
    return false;
}

static bool read_open(struct loading *l, int fd, struct err *e) {
    struct buf bytes = {0};
    struct err why = {0};
    struct stat st;
    char head[IMPORT_HEAD];
    ssize_t const n = pread(fd, head, sizeof head, 0);
    bool ok;

    if (n < 0 || fstat(fd, &st) != 0)
        return not_read(l, str_of(strerrordesc_np(errno)), e);
    if (!l->load->as && unpack_container((str){head, (size_t)n}))
        return read_container(l, fd, e);
    if (file_read_open(fd, &st, l->outer->path.ptr, IMPORT_BYTES_MAX, &bytes, &why))
        ok = read_bytes(l, buf_str(&l->path), buf_str(&bytes), true, e);
    else if (why.code == ERR_IO || why.code == ERR_LIMIT)
        ok = not_read(l, str_of(why.text), e);
    else
        ok = (*e = why, false);
    buf_free(&bytes);
    return ok;
}

/* Where in the path of a file its name begins: with the last part of what the user named. */
static size_t name_at(const struct intel_load *load, str path) {
    size_t at = 0, longest = 0;

    for (size_t i = 0; i < load->path_count; i++) {
        str const named = str_of(load->paths[i]);

        if (named.len < longest || !str_starts(path, named) ||
            (path.len > named.len && path.ptr[named.len] != '/' && named.ptr[named.len - 1] != '/'))
            continue;
        size_t begin = named.len;

        while (begin && named.ptr[begin - 1] != '/')
            begin--;
        str const last = str_from(named, begin);

        longest = named.len;
        at = begin;
        if (path.len > named.len && (!last.len || str_eq(last, S(".")) || str_eq(last, S("..")))) {
            at = named.len;
            while (at < path.len && path.ptr[at] == '/')
                at++;
        }
    }
    return at;
}

static bool read_file(struct loading *l, struct err *e) {
    int fd;
    bool ok;

    if (l->load->stop && *l->load->stop)
        return err_set(e, ERR_INTERRUPTED, 0, "interrupted");
    l->path.len = 0;
    unpack_add_name(&l->path, l->outer->path);
    if (l->path.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to list files");
    l->named = name_at(l->load, buf_str(&l->path));
    if (l->outer->skipped.len)
        return not_read(l, l->outer->skipped, e);
    if ((fd = file_open(AT_FDCWD, l->outer->path.ptr)) < 0)
        return not_read(l, str_of(strerrordesc_np(errno)), e);
    ok = read_open(l, fd, e);
    close(fd);
    return ok;
}

/* The paths as they were given, without slashes at their ends: a folder has one name. */
static bool paths_trim(const struct intel_load *load, struct arena *a, struct intel_load *out, struct err *e) {
    const char **const paths = arena_zero(a, load->path_count + 1, sizeof *paths);

    *out = *load;
    out->paths = paths;
    for (size_t i = 0; paths && i < load->path_count; i++) {
        size_t len = strlen(load->paths[i]);
        char *copy;

        while (len > 1 && load->paths[i][len - 1] == '/')
            len--;
        if (!(copy = arena_bytes(a, len + 1)))
            break;
        memcpy(copy, load->paths[i], len);
        copy[len] = '\0';
        paths[i] = copy;
    }
    return (paths && (!load->path_count || paths[load->path_count - 1])) ||
           err_set(e, ERR_MEMORY, 0, "no memory to list files");
}

bool intel_load(const struct intel_load *load, const struct intel_load_visitor *visitor, struct err *e) {
    struct arena *const a = arena_new(LIST_BYTES_MAX);
    struct intel_load trimmed;
    struct loading l = {.load = &trimmed, .visitor = visitor};
    struct found_file *files;
    size_t count = 0;
    bool ok;

    assert(visitor->sink && visitor->sink->item && visitor->sink->left_out);
    l.counting = (struct intel_sink){.ctx = &l,
                                     .item = on_item,
                                     .left_out = on_left_out,
                                     .label_list = visitor->sink->label_list ? on_list : NULL,
                                     .label = visitor->sink->label ? on_label : NULL,
                                     .group = visitor->sink->group ? on_group : NULL};
    ok = a ? paths_trim(load, a, &trimmed, e) &&
                 walk_paths(trimmed.paths, trimmed.path_count, NULL, 0, a, &files, &count, e)
           : err_set(e, ERR_MEMORY, 0, "no memory to list files");
    for (size_t i = 0; ok && i < count; i++) {
        l.outer = &files[i];
        ok = read_file(&l, e);
    }
    buf_free(&l.path);
    free(l.seen.hashes);
    free(l.seen.slots);
    arena_free(a);
    return ok;
}
