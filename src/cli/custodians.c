/* custodians: reads, asks, wipes. */
#include "cli/custodians.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"

/* ---- passphrases ---- */

/* The line that a descriptor gives next; what follows it is left, or lost. */
static bool line_read(int fd, const char *name, struct buf *out, struct err *e) {
    char c = '\0';
    ssize_t n = 0;

    if (!buf_reserve(out, PASSPHRASE_MAX)) /* at once: what grows leaves copies behind */
        return err_set(e, ERR_MEMORY, 0, "no memory for a passphrase");
    while (out->len < PASSPHRASE_MAX) {
        n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || c == '\n')
            break;
        out->ptr[out->len++] = c;
    }
    c = '\0';
    if (n < 0)
        return err_system(e, "%s", name);
    if (out->len == PASSPHRASE_MAX)
        return err_set(e, ERR_USAGE, 0, "%s: a passphrase of more than %u bytes", name, PASSPHRASE_MAX - 1);
    if (out->len && out->ptr[out->len - 1] == '\r')
        out->len--;
    return out->len > 0 || err_set(e, ERR_USAGE, 0, "%s: the first line is empty: no passphrase", name);
}

bool passphrase_read(const char *path, struct buf *out, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return errno == ENOENT ? err_set(e, ERR_USAGE, 0, "%s is not there: check the spelling", path)
                               : err_system(e, "%s", path);
    bool const ok = line_read(fd, path, out, e);

    close(fd);
    return ok;
}

static bool ask_once(int fd, const char *words, const char *what, struct buf *out, struct err *e) {
    if (dprintf(fd, "%s %s: ", words, what) < 0)
        return err_system(e, "the terminal");
    bool const ok = line_read(fd, "the terminal", out, e);

    (void)!write(fd, "\n", 1);
    return ok;
}

bool passphrase_ask(const char *what, bool twice, struct buf *out, struct err *e) {
    int const fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios was, silent;
    sigset_t held, before;
    struct buf again = {0};

    if (fd < 0 || tcgetattr(fd, &was) != 0) {
        if (fd >= 0)
            close(fd);
        return err_set(e, ERR_USAGE, 0, "there is no terminal to ask for the passphrase of %s: --passphrase-file FILE",
                       what);
    }
    silent = was;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    /* Whoever stops the program here must find the terminal as it was. */
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGTSTP);
    sigprocmask(SIG_BLOCK, &held, &before);
    silent.c_lflag &= ~(tcflag_t)ISIG;
    silent.c_cc[VEOF] = was.c_cc[VINTR]; /* Ctrl-C ends the line, which then is empty */
    bool ok = tcsetattr(fd, TCSAFLUSH, &silent) == 0 || err_system(e, "the terminal");

    ok = ok && ask_once(fd, twice ? "New passphrase of" : "Passphrase of", what, out, e);
    if (ok && twice) {
        ok = ask_once(fd, "Once more, of", what, &again, e);
        ok = ok && (str_eq(buf_str(out), buf_str(&again)) ||
                    err_set(e, ERR_USAGE, 0, "these were two different passphrases: nothing was made"));
    }
    (void)tcsetattr(fd, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(fd);
    keys_wipe(&again);
    return ok;
}

/* ---- files ---- */

bool key_file_new(const char *path, str bytes, struct err *e) {
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

/* What is wrong with a file that somebody named is for them to put right. */
static bool named_wrong(const char *path, struct err *e) {
    if (e->code == ERR_CORRUPT || e->code == ERR_LIMIT)
        e->code = ERR_USAGE;
    return err_wrap(e, "%s", path);
}

static bool key_open(struct custodian_key **out, const char *path, const char *passphrase_file, struct err *e) {
    struct buf file = {0}, passphrase = {0};
    bool ok = file_read(path, KEY_FILE_MAX, &file, e);

    if (ok && custodian_key_protected(buf_str(&file)))
        ok = passphrase_file ? passphrase_read(passphrase_file, &passphrase, e)
                             : passphrase_ask(path, false, &passphrase, e);
    ok = ok && (custodian_key_read(out, buf_str(&file), passphrase.len ? buf_str(&passphrase) : (str){"", 0}, e) ||
                named_wrong(path, e));
    keys_wipe(&file);
    keys_wipe(&passphrase);
    return ok;
}

bool custodian_keys_open(struct custodian_keys *out, const struct key_wish *wish, struct err *e) {
    *out = (struct custodian_keys){.items = NULL};
    if (!wish->files.count)
        return !wish->passphrase ||
               err_set(e, ERR_USAGE, 0, "--passphrase-file is the passphrase of a key: --key FILE");
    if (!paths_exist(&wish->files, "key", false, e))
        return false;
    if (!(out->items = calloc(wish->files.count, sizeof(struct custodian_key *))))
        return err_set(e, ERR_MEMORY, 0, "no memory for keys");
    for (; out->count < wish->files.count; out->count++)
        if (!key_open(&out->items[out->count], wish->files.items[out->count], wish->passphrase, e)) {
            custodian_keys_close(out);
            return false;
        }
    return true;
}

void custodian_keys_close(struct custodian_keys *k) {
    for (size_t i = 0; i < k->count; i++)
        custodian_key_free(k->items[i]);
    free(k->items);
    *k = (struct custodian_keys){.items = NULL};
}

struct vault_unlock custodian_keys_unlock(const struct custodian_keys *k) {
    return (struct vault_unlock){.keys = (const struct custodian_key *const *)k->items, .count = k->count};
}

bool custodians_read(const struct arguments *files, struct custodian **out, struct err *e) {
    struct custodian *all;
    bool ok = paths_exist(files, "key", false, e);

    if (!ok || !files->count) {
        *out = NULL;
        return ok;
    }
    if (!(all = calloc(files->count, sizeof *all)))
        return err_set(e, ERR_MEMORY, 0, "no memory for keys");
    for (size_t i = 0; ok && i < files->count; i++) {
        struct buf file = {0};

        ok = file_read(files->items[i], KEY_FILE_MAX, &file, e) &&
             (custodian_read(&all[i], buf_str(&file), e) || named_wrong(files->items[i], e));
        keys_wipe(&file); /* it may have been a private one, by mistake */
    }
    if (ok)
        *out = all;
    else
        free(all);
    return ok;
}
