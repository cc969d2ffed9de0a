/* manifest: see manifest.h. The manifest may be a stranger's: of a name only what a case has is looked at. */
#include "report/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "codec/json_tree.h"

/* What every case has (report/case.c), and what may lie beside it. Before version 5 of the format the last was not there. */
static const char *const named[] = {"findings.jsonl",   "salvaged.jsonl", "findings.csv",
                                    "timesketch.jsonl", "case.db",        "dossier.html"};
#define NAMED_BEFORE_5 (COUNT(named) - 1)
static const char *const beside[] = {MANIFEST_FILE, MANIFEST_SIGNATURE, MANIFEST_TIME_STAMP};

static bool is_one_of(str name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

bool manifest_read(const char *folder, struct buf *out, struct err *e) {
    struct buf path = {0};

    buf_format(&path, "%s/" MANIFEST_FILE, folder);
    buf_byte(&path, '\0');
    bool ok = !path.failed || err_set(e, ERR_MEMORY, 0, "no memory");

    if (ok && access(path.ptr, F_OK) != 0)
        ok = err_set(e, ERR_USAGE, 0, "%s is no case: it holds no " MANIFEST_FILE, folder);
    ok = ok && file_read(path.ptr, MANIFEST_MAX, out, e);
    buf_free(&path);
    return ok;
}

/* Size and SHA-256 of a regular file in the open folder. False: it cannot be read. */
static bool hash_file(int dir, const char *name, uint64_t *size, char hex[2 * SHA256_SIZE + 1]) {
    struct sha256 *const h = sha256_new();
    uint8_t hash[SHA256_SIZE];
    char bytes[65536];
    struct stat st;
    ssize_t n = -1;
    int const fd = file_open(dir, name);
    bool ok = h && fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

    *size = 0;
    while (ok && ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) {
            sha256_add(h, (str){bytes, (size_t)n});
            *size += (uint64_t)n;
        }
    if ((ok = ok && n == 0)) {
        sha256_end(h, hash);
        sha256_hex(hash, hex);
    }
    if (fd >= 0)
        close(fd);
    sha256_free(h);
    return ok;
}

static bool not_one(struct err *e) {
    return err_set(e, ERR_CORRUPT, 0, MANIFEST_FILE " is no manifest of a case");
}

static bool member_check(int dir, const json_t *member,
                         bool (*each)(void *ctx, str name, enum manifest_verdict verdict, struct err *e), void *ctx,
                         struct err *e) {
    str const name = json_text_at(member, "name"), sha256 = json_text_at(member, "sha256");
    const json_t *const size = json_object_get(member, "size");
    char hex[2 * SHA256_SIZE + 1];
    uint64_t got;

    if (!is_one_of(name, named, COUNT(named)) || !json_is_integer(size) || sha256.len != 2 * SHA256_SIZE)
        return not_one(e);
    if (!hash_file(dir, json_string_value(json_object_get(member, "name")), &got, hex))
        return each(ctx, name, MANIFEST_MISSING, e);
    return each(
        ctx, name,
        got == (uint64_t)json_integer_value(size) && str_eq(str_of(hex), sha256) ? MANIFEST_SAME : MANIFEST_DIFFERS, e);
}

/* In the order of their names. */
static bool strange_tell(const char *folder, size_t count_named,
                         bool (*each)(void *ctx, str name, enum manifest_verdict verdict, struct err *e), void *ctx,
                         struct err *e) {
    struct dirent **entries = NULL;
    int const count = scandir(folder, &entries, NULL, alphasort);
    bool ok = count >= 0 || err_system(e, "%s", folder);

    for (int i = 0; i < count; i++) {
        str const name = str_of(entries[i]->d_name);

        if (ok && !str_eq(name, S(".")) && !str_eq(name, S("..")) && !is_one_of(name, named, count_named) &&
            !is_one_of(name, beside, COUNT(beside)))
            ok = each(ctx, name, MANIFEST_STRANGE, e);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool manifest_check(const char *folder, str manifest,
                    bool (*each)(void *ctx, str name, enum manifest_verdict verdict, struct err *e), void *ctx,
                    struct err *e) {
    json_t *const tree = json_tree(manifest, e);
    const json_t *const files = json_object_get(tree, "files");
    int const dir = tree ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = tree != NULL;
    size_t seen = 0, count = COUNT(named);

    if (json_integer_value(json_object_get(tree, "format_version")) < 5)
        count = NAMED_BEFORE_5;
    if (ok && dir < 0)
        ok = err_system(e, "%s", folder);
    if (ok && (!str_eq(json_text_at(tree, "format"), S("longwatch-case")) || json_array_size(files) != count))
        ok = not_one(e);
    for (size_t i = 0; ok && i < count; i++) { /* each of them once */
        size_t k = 0;

        while (k < COUNT(named) && !str_eq(json_text_at(json_array_get(files, k), "name"), str_of(named[i])))
            k++;
        seen += k < COUNT(named);
    }
    if (ok && seen != count)
        ok = not_one(e);
    for (size_t i = 0; ok && i < json_array_size(files); i++)
        ok = member_check(dir, json_array_get(files, i), each, ctx, e);
    ok = ok && strange_tell(folder, count, each, ctx, e);
    if (dir >= 0)
        close(dir);
    json_decref(tree);
    return ok;
}
