/* vault: the small files, opening for reading, asking. Loading: vault_load.c; making: vault_make.c; writing: vault_write.c; clearing away:
 * vault_survey.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/vault_own.h"
#include "base/file.h"

#define SMALL_MAX 4096u /* of the files that are a few lines */
#define FORMAT_TEXT "longwatch archive, format 1\n"
#define FORMAT_BEGIN "longwatch archive, format "
#define CURRENT_BEGIN "longwatch archive, current manifest\n"
#define HEAD_BEGIN "longwatch archive, last commit\n"
#define SUM_LINE 21 /* "sum ", 16 digits, LF */
#define TRIES 16    /* of a reader that meets a writer who just writes HEAD */

void vault_found(const struct vault *v, enum vault_found what, const char *name, uint64_t number) {
    if (v->tell)
        v->tell(v->ctx, what, str_of(name), number);
}

void generation_name(uint64_t number, char out[GENERATION_NAME]) {
    snprintf(out, GENERATION_NAME, "MANIFEST-%06llu", (unsigned long long)number);
}

bool vault_no_memory(const struct vault *v, struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "%s: no memory", v->path);
}

/* ---- small files ---- */

void sum_line(struct buf *b) {
    if (!b->failed)
        buf_format(b, "sum %016llx\n", (unsigned long long)hash_sum(buf_str(b)));
}

bool sum_checked(str text, str *lines) {
    char sum[SUM_LINE + 1];

    if (text.len < SUM_LINE)
        return false;
    *lines = str_first(text, text.len - SUM_LINE);
    snprintf(sum, sizeof sum, "sum %016llx\n", (unsigned long long)hash_sum(*lines));
    return str_ends(text, str_of(sum));
}

bool own_read(const struct vault *v, const char *name, size_t max, struct buf *out, bool *missing, struct err *e) {
    int const fd = file_open(v->root, name);
    struct stat st;
    bool ok;

    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0)
        return *missing || err_system(e, "%s/%s", v->path, name);
    ok = fstat(fd, &st) == 0 ? file_read_open(fd, &st, name, max, out, e) : err_system(e, "%s", name);
    close(fd);
    return ok || err_wrap(e, "%s", v->path);
}

bool own_write(const struct vault *v, const char *name, str bytes, struct err *e) {
    struct buf path = {0};
    struct file_out *f;
    bool ok;

    buf_format(&path, "%s/%s", v->path, name);
    buf_byte(&path, '\0');
    ok = !path.failed || vault_no_memory(v, e);
    if (ok && (ok = file_out_open(&f, path.ptr, e))) {
        file_out_add(f, bytes);
        ok = file_out_commit(f, e);
    }
    buf_free(&path);
    return ok;
}

bool folder_sync(const struct vault *v, const char *name, struct err *e) {
    return file_folder_sync(v->root, *name ? name : ".", e) || err_wrap(e, "%s", v->path);
}

bool own_write_buf(const struct vault *v, const char *name, struct buf *b, struct err *e) {
    bool const ok = b->failed ? vault_no_memory(v, e) : own_write(v, name, buf_str(b), e);

    if (b->ptr)
        explicit_bzero(b->ptr, b->len); /* one of them is a secret */
    buf_free(b);
    return ok;
}

bool line_of(str *lines, str begins, str *value) {
    size_t const end = str_find_byte(*lines, '\n');

    if (!str_starts(*lines, begins) || end == SIZE_MAX)
        return false;
    *value = str_from(str_first(*lines, end), begins.len);
    *lines = str_from(*lines, end + 1);
    return true;
}

bool unhex(str text, void *out, size_t size) {
    uint8_t *const to = out;

    if (text.len != 2 * size)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];
        uint8_t const digit = (uint8_t)(c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16);

        if (digit == 16)
            return false;
        to[i / 2] = (uint8_t)(to[i / 2] << 4 | digit);
    }
    return true;
}

bool format_check(const struct vault *v, struct err *e) {
    struct buf b = {0};
    bool missing = false, ok = own_read(v, FORMAT_FILE, SMALL_MAX, &b, &missing, e);

    if (ok && missing)
        ok = err_set(e, ERR_USAGE, 0, "%s is no archive: it holds no " FORMAT_FILE, v->path);
    else if (ok && !str_eq(buf_str(&b), S(FORMAT_TEXT)))
        ok = str_starts(buf_str(&b), S(FORMAT_BEGIN))
                 ? err_set(e, ERR_UNSUPPORTED, 0, "%s is of a later format: open it with a newer Longwatch", v->path)
                 : err_set(e, ERR_CORRUPT, 0,
                           "%s/" FORMAT_FILE " is damaged: it should say \"longwatch archive, format 1\"", v->path);
    buf_free(&b);
    return ok;
}

bool number_behind(const char *name, str begins, uint64_t *number) {
    return str_starts(str_of(name), begins) && str_u64(str_from(str_of(name), begins.len), UINT64_MAX, number);
}

/* The highest manifest; 0: there is none. */
static bool generation_highest(const struct vault *v, uint64_t *highest, struct err *e) {
    int const fd = openat(v->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t number;
    bool ok;

    *highest = 0;
    if (!dir) {
        err_system(e, "%s", v->path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    errno = 0;
    for (struct dirent *d; (d = readdir(dir)); errno = 0)
        if (number_behind(d->d_name, S("MANIFEST-"), &number) && number > *highest)
            *highest = number;
    ok = !errno || err_system(e, "%s", v->path);
    closedir(dir);
    return ok;
}

/* The generation in force. For a snapshot of the past the highest will do, where nobody says. */
bool current_read(const struct vault *v, bool past, uint64_t *number, struct err *e) {
    struct buf b = {0};
    char name[GENERATION_NAME];
    bool missing = false, ok = own_read(v, CURRENT_FILE, SMALL_MAX, &b, &missing, e);
    str lines, value;

    if (ok && (missing || !sum_checked(buf_str(&b), &lines) || !str_starts(lines, S(CURRENT_BEGIN)) ||
               (lines = str_from(lines, strlen(CURRENT_BEGIN)), !line_of(&lines, S("MANIFEST-"), &value)) ||
               !str_u64(value, UINT64_MAX, number) || *number == 0)) {
        ok = generation_highest(v, number, e);
        generation_name(*number, name);
        if (ok && !past)
            ok = *number == 0 ? err_set(e, ERR_USAGE, 0,
                                        "%s is an archive whose making was never finished: make it again", v->path)
                              : err_set(e, ERR_CORRUPT, 0,
                                        "%s/" CURRENT_FILE
                                        " is %s: the newest manifest there is %s; snapshots can still be opened",
                                        v->path, missing ? "gone" : "damaged", name);
        else if (ok && *number == 0)
            ok = err_set(e, ERR_CORRUPT, 0, "%s holds no manifest", v->path);
    }
    buf_free(&b);
    return ok;
}

str head_text(const struct vault *v, char out[HEAD_TEXT]) {
    char id[2 * ARCHIVE_ID_SIZE + 1], hash[2 * SHA256_SIZE + 1];

    archive_id_hex(v->head.id, id);
    sha256_hex(v->hash, hash);
    int const len = snprintf(out, HEAD_TEXT, HEAD_BEGIN "archive %s\nsequence %020llu\nrecord %s\n", id,
                             (unsigned long long)manifest_sequence(v->manifest), hash);
    int const sum = snprintf(out + len, HEAD_TEXT - (size_t)len, "sum %016llx\n",
                             (unsigned long long)hash_sum((str){out, (size_t)len}));

    return (str){out, (size_t)(len + sum)};
}

bool head_read(const struct vault *v, struct head_said *out, struct err *e) {
    bool ok = true;

    *out = (struct head_said){0};
    /* It is written in place: a reader may come upon half of it, and asks again. */
    for (int i = 0; ok && !out->good && i < TRIES; i++) {
        struct buf b = {0};
        bool missing = false;
        str lines, id, sequence, hash;

        ok = own_read(v, HEAD_FILE, SMALL_MAX, &b, &missing, e);
        if (ok && !missing && sum_checked(buf_str(&b), &lines) && str_starts(lines, S(HEAD_BEGIN))) {
            lines = str_from(lines, strlen(HEAD_BEGIN));
            out->good = line_of(&lines, S("archive "), &id) && line_of(&lines, S("sequence "), &sequence) &&
                        line_of(&lines, S("record "), &hash) && str_u64(sequence, UINT64_MAX, &out->sequence) &&
                        unhex(hash, out->hash, SHA256_SIZE);
        }
        buf_free(&b);
    }
    return ok;
}

/* ---- opening and asking ---- */

bool vault_open(struct vault **out, const char *path, uint64_t as_of, vault_tell *tell, void *ctx, struct err *e) {
    struct vault *const v = calloc(1, sizeof *v);

    if (!v || !(v->path = strdup(path))) {
        free(v);
        return err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
    }
    v->tell = tell;
    v->ctx = ctx;
    v->past = as_of != 0;
    v->lock = v->file = v->head_file = -1;
    if ((v->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        err_system(e, "%s", path);
    else if (vault_load(v, as_of, e)) {
        *out = v;
        return true;
    }
    vault_close(v);
    return false;
}

const struct manifest *vault_manifest(const struct vault *v) {
    return v->manifest;
}

void vault_head(const struct vault *v, uint8_t hash[SHA256_SIZE]) {
    memcpy(hash, v->hash, SHA256_SIZE);
}

uint64_t vault_generation(const struct vault *v) {
    return v->head.number;
}

void vault_segment_name(const struct manifest_segment *s, char out[VAULT_NAME_MAX]) {
    char hash[2 * SHA256_SIZE + 1];

    sha256_hex(s->sha256, hash);
    if (s->month == MANIFEST_UNDATED)
        snprintf(out, VAULT_NAME_MAX, SEGMENTS "/undated/%08llu-%.16s.lws", (unsigned long long)s->number, hash);
    else
        snprintf(out, VAULT_NAME_MAX, SEGMENTS "/%04d-%02d/%08llu-%.16s.lws", s->month / 12, s->month % 12 + 1,
                 (unsigned long long)s->number, hash);
}

void vault_run_name(const struct manifest_run *r, char out[VAULT_NAME_MAX]) {
    char hash[2 * SHA256_SIZE + 1];

    sha256_hex(r->sha256, hash);
    snprintf(out, VAULT_NAME_MAX, INDEX "/%08llu-%.16s.lwi", (unsigned long long)r->number, hash);
}

static bool member_open(const struct vault *v, const char *name, uint64_t length, bool gone, int *fd, struct err *e) {
    int const got = openat(v->root, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (got < 0 && errno == ENOENT)
        return gone ? err_set(e, ERR_USAGE, 0, "%s/%s was removed since that snapshot", v->path, name)
                    : err_set(e, ERR_CORRUPT, 0, "%s/%s is not there", v->path, name);
    if (got < 0 || fstat(got, &st) != 0) {
        err_system(e, "%s/%s", v->path, name);
        if (got >= 0)
            close(got);
        return false;
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != length) {
        close(got);
        return err_set(e, ERR_CORRUPT, 0, "%s/%s holds %lld bytes, and held %llu when it was added", v->path, name,
                       (long long)st.st_size, (unsigned long long)length);
    }
    *fd = got;
    return true;
}

bool vault_segment_open(const struct vault *v, const struct manifest_segment *s, int *fd, struct err *e) {
    char name[VAULT_NAME_MAX];

    vault_segment_name(s, name);
    return member_open(v, name, s->length, s->gone, fd, e);
}

bool vault_segment_there(const struct vault *v, const struct manifest_segment *s) {
    char name[VAULT_NAME_MAX];

    vault_segment_name(s, name);
    return faccessat(v->root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool vault_run_open(const struct vault *v, const struct manifest_run *r, int *fd, struct err *e) {
    char name[VAULT_NAME_MAX];

    vault_run_name(r, name);
    return member_open(v, name, r->length, r->gone || r->ended, fd, e);
}

bool vault_segment_check(const struct vault *v, const struct manifest_segment *s, bool *same, struct err *e) {
    uint8_t hash[SHA256_SIZE];
    uint64_t length;
    int fd = -1;
    bool ok;

    *same = false;
    if (!vault_segment_open(v, s, &fd, e))
        return e->code == ERR_CORRUPT; /* an answer, too */
    ok = file_hash(fd, &length, hash, e) || err_wrap(e, "%s: segment %llu", v->path, (unsigned long long)s->number);
    close(fd);
    *same = ok && length == s->length && memcmp(hash, s->sha256, sizeof hash) == 0;
    return ok;
}
