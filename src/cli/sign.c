/* sign: `longwatch sign CASE`: who vouches for a case, and since when it has been what it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/signature.h"
#include "cli/command.h"
#include "cli/keys.h"
#include "report/finding_text.h"
#include "report/manifest.h"
#include "report/time_stamp.h"

struct wishes {
    const char *path, *key_file, *new_key, *password_file, *comment, *request, *response;
};

/* A line of the summary. */
static void said(struct buf *b, const char *what, const char *fmt, const char *path) {
    buf_format(b, "%-10s ", what);
    finding_plain(b, str_of(path), false);
    buf_add(b, str_of(fmt));
    buf_byte(b, '\n');
}

static bool whole(void *ctx, str name, enum manifest_verdict verdict, struct err *e) {
    (void)ctx;
    switch (verdict) {
    case MANIFEST_SAME:
        return true;
    case MANIFEST_MISSING:
        return err_set(e, ERR_USAGE, 0, "%.*s of the case is not there: it will not be signed", STR_ARG(name));
    default:
        return err_set(e, ERR_USAGE, 0, "%.*s is not what the manifest says: the case will not be signed",
                       STR_ARG(name));
    }
}

static bool path_of(struct buf *b, const char *folder, const char *name, struct err *e) {
    buf_add(b, str_of(folder));
    buf_add(b, str_of(name));
    buf_byte(b, '\0');
    return !b->failed || err_set(e, ERR_MEMORY, 0, "no memory");
}

static bool write_file(const char *path, str bytes, struct err *e) {
    struct file_out *f;

    if (!file_out_open(&f, path, e))
        return false;
    file_out_add(f, bytes);
    return file_out_commit(f, e);
}

/* A key is never written over another. */
static bool write_new(const char *path, str bytes, struct err *e) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;

    if (!ok && errno == EEXIST)
        return err_set(e, ERR_USAGE, 0, "%s is there already: a key is not written over another", path);
    for (size_t at = 0; ok && at < bytes.len;) {
        ssize_t const n = write(fd, bytes.ptr + at, bytes.len - at);

        ok = n > 0 || (n < 0 && errno == EINTR);
        at += n > 0 ? (size_t)n : 0;
    }
    ok = ok && fsync(fd) == 0;
    if (!ok)
        err_system(e, "%s", path);
    if (fd >= 0)
        close(fd);
    if (!ok && fd >= 0)
        unlink(path);
    return ok;
}

static bool key_make(const struct wishes *w, str password, struct signature_key **key, struct buf *told,
                     struct err *e) {
    struct buf secret = {0}, public = {0}, path = {0};
    bool ok = signature_key_new(key, e) && signature_key_write(*key, password, &secret, e) &&
              path_of(&path, w->new_key, ".pub", e) && write_new(w->new_key, buf_str(&secret), e);

    if (ok) {
        signature_public_write(*key, &public);
        ok = (!public.failed || err_set(e, ERR_MEMORY, 0, "no memory")) && write_new(path.ptr, buf_str(&public), e);
        if (!ok)
            unlink(w->new_key);
    }
    if (ok) {
        said(told, "secret key", password.len ? ", encrypted" : ", readable by you alone and not encrypted",
             w->new_key);
        said(told, "public key", ": give it to whoever is to check", path.ptr);
    }
    keys_wipe(&secret);
    buf_free(&public);
    buf_free(&path);
    return ok;
}

static bool key_open(const struct wishes *w, struct signature_key **key, struct buf *told, struct err *e) {
    struct buf password = {0};
    bool ok;

    if (!w->new_key)
        return keys_open(w->key_file, w->password_file, key, e);
    ok = keys_password(w->password_file, &password, e) && key_make(w, buf_str(&password), key, told, e);
    keys_wipe(&password);
    return ok;
}

static bool sign(const struct wishes *w, str manifest, struct buf *told, struct err *e) {
    struct signature_key *key = NULL;
    struct buf signature = {0}, path = {0}, comment = {0};
    struct sha256 *const h = sha256_new();
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    bool ok = h || err_set(e, ERR_MEMORY, 0, "no memory");

    if (ok) {
        sha256_add(h, manifest);
        sha256_end(h, hash);
        sha256_hex(hash, hex);
        buf_format(&comment, MANIFEST_FILE " of a Longwatch case, SHA-256 %s", hex);
    }
    ok = ok && key_open(w, &key, told, e) &&
         signature_make(key, manifest, w->comment ? str_of(w->comment) : buf_str(&comment), &signature, e) &&
         path_of(&path, w->path, "/" MANIFEST_SIGNATURE, e) && write_file(path.ptr, buf_str(&signature), e);
    if (ok)
        said(told, "signature", "", path.ptr);
    signature_key_free(key);
    sha256_free(h);
    buf_free(&signature);
    buf_free(&comment);
    buf_free(&path);
    return ok;
}

static bool request(const struct wishes *w, str manifest, struct buf *told, struct err *e) {
    struct buf out = {0};
    bool const ok = time_stamp_request(manifest, &out, e) && write_file(w->request, buf_str(&out), e);

    if (ok)
        said(told, "request", ": take it to an authority, and come back with --time-response", w->request);
    buf_free(&out);
    return ok;
}

static bool response(const struct wishes *w, str manifest, struct buf *told, struct err *e) {
    struct buf bytes = {0}, path = {0};
    struct time_stamp stamp;
    char text[INSTANT_TEXT];
    bool const ok = file_read(w->response, TIME_STAMP_MAX, &bytes, e) &&
                    (time_stamp_check(buf_str(&bytes), manifest, NULL, &stamp, e) || err_wrap(e, "%s", w->response)) &&
                    path_of(&path, w->path, "/" MANIFEST_TIME_STAMP, e) && write_file(path.ptr, buf_str(&bytes), e);

    if (ok) {
        said(told, "time-stamp", "", path.ptr);
        buf_format(told, "%-10s %.*s by ", "", STR_ARG(instant_format(stamp.when, text)));
        finding_plain(told, str_of(stamp.authority), false);
        buf_add(told, S(" (verify --tsa-ca checks it)\n"));
    }
    buf_free(&bytes);
    buf_free(&path);
    return ok;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    struct buf manifest = {0}, told = {0};
    struct err e = {0};

    if (w->key_file && w->new_key)
        return usage_error("sign",
                           "--key-file names a key that is there, --new-key one that is made: give one of them");
    if (!w->key_file && !w->new_key && !w->request && !w->response)
        return usage_error("sign", "with which key? --key-file FILE, or --new-key FILE makes one");
    if ((w->password_file || w->comment) && !w->key_file && !w->new_key)
        return usage_error("sign", "--password-file and --comment go with --key-file or --new-key");
    bool const ok = paths_exist(&given, "case", true, &e) && manifest_read(w->path, &manifest, &e) &&
                    manifest_check(w->path, buf_str(&manifest), whole, NULL, &e) &&
                    (!(w->key_file || w->new_key) || sign(w, buf_str(&manifest), &told, &e)) &&
                    (!w->request || request(w, buf_str(&manifest), &told, &e)) &&
                    (!w->response || response(w, buf_str(&manifest), &told, &e));
    int status;

    if (ok) {
        status = print_all(&told, EXIT_NOTHING);
    } else {
        if (e.code == ERR_CORRUPT) /* a file that was named is not what it should be */
            e.code = ERR_USAGE;
        status = tell_error(&e);
        buf_free(&told);
    }
    buf_free(&manifest);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case? longwatch sign CASE --key-file FILE",
     .help = "the directory that hunt -o has written",
     AT(path)},
    {.name = "key-file",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "sign with this secret key, as minisign or --new-key has written it",
     AT(key_file)},
    {.name = "new-key",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "make a pair of keys, FILE and FILE.pub, and sign with it",
     AT(new_key)},
    {.name = "password-file",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "the secret key is encrypted, or is to be: its password is the first line of FILE",
     AT(password_file)},
    {.name = "comment",
     .argument = "TEXT",
     .type = OPTION_TEXT,
     .help = "one line that is signed as well; usually the SHA-256 of the manifest",
     AT(comment)},
    {.name = "time-request",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "write a request for a time-stamp (RFC 3161); nothing is sent",
     AT(request)},
    {.name = "time-response",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "put an authority's response to it into the case",
     AT(response)},
};
const struct command command_sign = {
    .name = "sign",
    .summary = "vouch for a case: a signature, a time-stamp",
    .about =
        (const char *const[]){
            "Signs the manifest of a case, which names all its other files by their SHA-256, as minisign does: the "
            "signature lies in the case as manifest.json.minisig, and 'longwatch verify' or 'minisign -V' checks it. "
            "A case that is not what its manifest says is not signed.",
            "A time-stamp says since when the case has been what it is. Nothing is sent: the request is a file to "
            "take to an authority, and its response is a file to bring back.",
            NULL},
    .examples = (const struct example[]){{"longwatch sign ./case --key-file ~/.keys/cert", "Sign a case"},
                                         {"longwatch sign ./case --new-key ~/.keys/cert", "The first time: make a key"},
                                         {"longwatch sign ./case --time-request case.tsq", "Ask for a time-stamp"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "signed",
                 [EXIT_USAGE] = "wrong usage, no such case, a case that was changed, or a key that cannot be used",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
