/* vault_make: a new archive; and the lock of whoever writes one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/vault_own.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/instant.h"

#define LOCK_TEXT 200
#define MADE_MAX 65536u /* bytes of a manifest that was just made: more than it can have */

/* Who writes, for whoever would like to. The text is for people: the lock is the kernel's, and ends with its holder. */
bool vault_lock(struct vault *v, int64_t at, struct err *e) {
    char text[LOCK_TEXT], host[65] = "?", when[INSTANT_TEXT];

    v->lock = openat(v->root, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (v->lock < 0)
        return err_system(e, "%s/" LOCK_FILE, v->path);
    while (flock(v->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return err_system(e, "%s/" LOCK_FILE, v->path);
        ssize_t n = pread(v->lock, text, sizeof text, 0);

        for (ssize_t i = 0; i < n; i++)
            if (text[i] < ' ' || text[i] > '~')
                n = i;
        return err_set(e, ERR_REFUSED, 0, "%s is being written by %.*s: wait for its end", v->path, n > 0 ? (int)n : 15,
                       n > 0 ? text : "another process");
    }
    (void)gethostname(host, sizeof host - 1);
    str const began = instant_format(at, when);
    int const len = snprintf(text, sizeof text, "process %ld on %s since %.*s\n", (long)getpid(), host, STR_ARG(began));

    /* What cannot be written, on a full disk, nobody can read: no reason not to write evidence. */
    if (ftruncate(v->lock, 0) == 0 && pwrite(v->lock, text, (size_t)len, 0) != len)
        text[0] = '\0';
    return true;
}

static const char readme[] =
    "This folder is an archive of Longwatch: records of logs and mails, kept so that they can be searched again for "
    "years.\n"
    "\n"
    "  MANIFEST-...   what was ever done to the archive, in order: which segments were added, replaced, dropped, held; "
    "each\n"
    "                 record holds the hash of the one before it. The highest number is in force (CURRENT says "
    "which);\n"
    "                 the lower ones are the history before it, and as much a part of the archive\n"
    "  segments/      the records themselves, one folder for each month in which they happened; compressed (zstd)\n"
    "  index/         where to find what; can be made anew of the segments\n"
    "  HEAD           the last commit: a manifest that ends before it has lost something\n"
    "  secret         the key of the hashes in the index; nobody else's business\n"
    "  keys           only of an encrypted archive: its keys, sealed for each custodian; without this file nobody can "
    "read it\n"
    "  quarantine/    files that no record names, put aside after a crash; nothing of them was ever acknowledged\n"
    "  tmp/, lock     of whoever is writing\n"
    "\n"
    "Nothing in here is to be changed, renamed or removed by hand. To move the archive, copy the whole folder while "
    "nobody\n"
    "writes. `longwatch archive info` and `longwatch archive verify` say what is in it and whether it is whole;\n"
    "`longwatch archive cat` gives the records back as text. Should there be no Longwatch any more: every byte of "
    "these\n"
    "files is described in docs/formats/archive.md of its source code, well enough to write a program that reads "
    "them.\n";

/* Is there anything in this folder of the archive? One that is not there is empty. */
static bool has_entries(const struct vault *v, const char *name, bool *yes, struct err *e) {
    int const fd = openat(v->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *const dir = fd >= 0 ? fdopendir(fd) : NULL;

    *yes = false;
    if (fd < 0)
        return errno == ENOENT || err_system(e, "%s/%s", v->path, name);
    if (!dir) {
        close(fd);
        return vault_no_memory(v, e);
    }
    for (struct dirent *d; !*yes && (d = readdir(dir));)
        *yes = strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
    closedir(dir);
    return true;
}

/* Is there more in the first manifest than the record that making writes? */
static bool has_history(const struct vault *v, bool *yes, struct err *e) {
    struct buf b = {0};
    bool missing = false, ok = own_read(v, "MANIFEST-000001", MADE_MAX, &b, &missing, e);
    struct cursor c = cursor_of(ok ? buf_str(&b) : S(""));
    uint32_t length = 0;

    *yes = false;
    if (!ok && e->code == ERR_LIMIT) /* more than making writes */
        *yes = ok = true;
    else if (cursor_skip(&c, GENERATION_HEAD_SIZE + 4) && read_u32le(&c, &length))
        *yes = b.len - GENERATION_HEAD_SIZE > length;
    buf_free(&b);
    return ok;
}

/* CURRENT is not there: was it once? Then making would write over a history. */
static bool never_used(const struct vault *v, struct err *e) {
    bool segments, runs, history;

    if (!has_entries(v, SEGMENTS, &segments, e) || !has_entries(v, INDEX, &runs, e) || !has_history(v, &history, e))
        return false;
    return (!segments && !runs && !history) ||
           err_set(e, ERR_CORRUPT, 0,
                   "%s/" CURRENT_FILE " is gone, and the archive has been written to: it is not made anew over what is "
                   "there",
                   v->path);
}

/* Is there nothing but what an unfinished making leaves? */
static bool makeable(const struct vault *v, struct err *e) {
    static const char *const ours[] = {".",       "..",        FORMAT_FILE, HEAD_FILE, SECRET_FILE, README_FILE,
                                       LOCK_FILE, SEGMENTS,    INDEX,       TEMPORARY, QUARANTINE,  "MANIFEST-000001",
                                       KEYS_FILE, "lost+found"};
    int const fd = openat(v->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;

    if (fd < 0)
        return err_system(e, "%s", v->path);
    if (!dir) {
        close(fd);
        return vault_no_memory(v, e);
    }
    for (struct dirent *d; ok && (d = readdir(dir));) {
        bool known = str_ends(str_of(d->d_name), S(".part"));

        for (size_t i = 0; !known && i < COUNT(ours); i++)
            known = strcmp(d->d_name, ours[i]) == 0;
        if (!known)
            ok = strcmp(d->d_name, CURRENT_FILE) == 0
                     ? err_set(e, ERR_USAGE, 0, "%s is an archive already", v->path)
                     : err_set(e, ERR_USAGE, 0, "%s holds other files (%.100s): an archive needs a folder of its own",
                               v->path, d->d_name);
    }
    closedir(dir);
    return ok && never_used(v, e);
}

void current_text(uint64_t number, struct buf *out) {
    char name[GENERATION_NAME];

    generation_name(number, name);
    buf_format(out, "longwatch archive, current manifest\n%s\n", name);
    sum_line(out);
}

/* The first manifest: a head, no state, one record. */
static bool first_manifest(struct vault *v, str who, str note, int64_t at, struct buf *out, struct err *e) {
    struct manifest_operation begin = {
        .what = DO_BEGIN, .begin = {.program = S("longwatch " LONGWATCH_VERSION), .who = who, .note = note}};
    struct buf operations = {0};
    struct manifest_record r = {.sequence = 1, .at = at, .count = 1};
    struct sha256 *const h = sha256_new();
    bool ok = h != NULL || vault_no_memory(v, e);

    memcpy(begin.begin.id, v->head.id, ARCHIVE_ID_SIZE);
    ok = ok && manifest_encode(&begin, &operations, e);
    r.operations = buf_str(&operations);
    generation_head_write(out, &v->head);
    ok = ok && (!out->failed || vault_no_memory(v, e)) && manifest_record_write(out, &r, v->head.id, NULL, e) &&
         manifest_apply(v->manifest, &begin, 1, e);
    if (ok) {
        manifest_record_end(v->manifest, 1, at);
        sha256_add(h, str_from(buf_str(out), GENERATION_HEAD_SIZE));
        sha256_end(h, v->hash);
    }
    sha256_free(h);
    buf_free(&operations);
    return ok;
}

bool folders_make(const struct vault *v, struct err *e) {
    static const char *const folders[] = {SEGMENTS, INDEX, TEMPORARY, QUARANTINE};

    for (size_t i = 0; i < COUNT(folders); i++)
        if (mkdirat(v->root, folders[i], 0700) != 0 && errno != EEXIST)
            return err_system(e, "%s/%s", v->path, folders[i]);
    return true;
}

/* Who is to open it: these, or whoever opens another one; nobody and none: it is not encrypted. */
struct made_for {
    const struct custodian *custodians;
    size_t count;
    const struct keyring *like;
};

/* The keys, and the secret under them. */
static bool keys_make(struct vault *v, const struct made_for *whom, struct buf *keys, struct buf *secret,
                      struct err *e) {
    uint8_t drawn[VAULT_SECRET];
    bool ok = true;

    if (whom->like)
        ok = keyring_copy(&v->ring, whom->like, v->head.id, e);
    else if (whom->count)
        ok = keyring_new(&v->ring, v->head.id, whom->custodians, whom->count, e);
    if (!ok || (v->ring && !keyring_write(v->ring, keys, e)))
        return err_wrap(e, "%s", v->path);
    randombytes_buf(drawn, sizeof drawn);
    secret_text(drawn, v->ring, secret);
    sodium_memzero(drawn, sizeof drawn);
    return true;
}

/* Or none: what an unfinished making of an encrypted archive left would make this one pass for encrypted, under keys that nobody has. */
static bool keys_place(const struct vault *v, struct buf *keys, struct err *e) {
    if (v->ring)
        return own_write_buf(v, KEYS_FILE, keys, e);
    if (unlinkat(v->root, KEYS_FILE, 0) != 0)
        return errno == ENOENT || err_system(e, "%s/" KEYS_FILE, v->path);
    return folder_sync(v, "", e);
}

static bool make(struct vault *v, str who, str note, int64_t at, const struct made_for *whom, struct err *e) {
    struct buf format = {0}, text = {0}, keys = {0}, secret = {0}, manifest = {0}, current = {0};
    char head[HEAD_TEXT];
    bool ok;

    /* A stranger's folder gets no lock. */
    if (!makeable(v, e) || !vault_lock(v, at, e) || !makeable(v, e) || !folders_make(v, e))
        return false;
    v->head.number = 1;
    randombytes_buf(v->head.id, sizeof v->head.id);
    buf_add(&format, S("longwatch archive, format 1\n"));
    buf_add(&text, str_of(readme));
    current_text(1, &current);
    ok = keys_make(v, whom, &keys, &secret, e) && first_manifest(v, who, note, at, &manifest, e);
    /* CURRENT last: without it, it is no archive yet. */
    ok = ok && own_write_buf(v, FORMAT_FILE, &format, e) && own_write_buf(v, README_FILE, &text, e) &&
         keys_place(v, &keys, e) && own_write_buf(v, SECRET_FILE, &secret, e) &&
         own_write_buf(v, "MANIFEST-000001", &manifest, e) && own_write(v, HEAD_FILE, head_text(v, head), e) &&
         own_write_buf(v, CURRENT_FILE, &current, e) &&
         (file_folder_sync(v->root, "..", e) || err_wrap(e, "%s", v->path));
    if (secret.ptr)
        sodium_memzero(secret.ptr, secret.room);
    buf_free(&secret);
    buf_free(&keys);
    buf_free(&format);
    buf_free(&text);
    buf_free(&manifest);
    buf_free(&current);
    return ok;
}

bool vault_begin(struct vault **out, const char *path, struct err *e) {
    struct vault *const v = calloc(1, sizeof *v);

    if (sodium_init() < 0 || !v || !(v->path = strdup(path))) {
        free(v);
        return err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
    }
    v->root = v->lock = v->file = v->head_file = -1;
    v->writes = true;
    *out = v;
    return true;
}

bool vault_made(const char *path) {
    int const root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool const made = root < 0 ? errno != ENOENT : faccessat(root, CURRENT_FILE, F_OK, 0) == 0 || errno != ENOENT;

    if (root >= 0)
        close(root);
    return made;
}

static bool create(const char *path, str who, str note, int64_t at, const struct made_for *whom, struct key_set **keys,
                   struct err *e) {
    struct key_set *made = NULL;
    struct vault *v;
    bool ok;

    if (!vault_begin(&v, path, e))
        return false;
    if (!(v->manifest = manifest_new()))
        ok = vault_no_memory(v, e);
    else if ((mkdir(path, 0700) != 0 && errno != EEXIST) ||
             (v->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ok = err_system(e, "%s", path);
    else
        ok = make(v, who, note, at, whom, e) &&
             (!v->ring || (key_set_new(&made, e) && key_set_join(made, keyring_keys(v->ring), e)));
    vault_close(v);
    if (ok && keys)
        *keys = made;
    else
        key_set_free(made);
    return ok;
}

bool vault_create(const char *path, str who, str note, int64_t at, struct err *e) {
    return create(path, who, note, at, &(struct made_for){.count = 0}, NULL, e);
}

bool vault_create_for(const char *path, str who, str note, int64_t at, const struct custodian *custodians, size_t count,
                      struct key_set **keys, struct err *e) {
    return create(path, who, note, at, &(struct made_for){.custodians = custodians, .count = count}, keys, e);
}

bool vault_create_like(const char *path, str who, str note, int64_t at, const struct vault *like, struct err *e) {
    return create(path, who, note, at, &(struct made_for){.like = like->ring}, NULL, e);
}
