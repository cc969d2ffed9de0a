/* custodians: reads, asks, wipes. */
#include "cli/custodians.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"

/* ---- a terminal that does not show what is typed ---- */

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t came; /* which of them, while a terminal is asked: a handler may do no more */

static void on_signal(int number) {
    came = number;
}

/* Whoever stops the program must find the terminal as it was: signals come while it waits for a key, and nowhere else. */
struct silence {
    int fd;
    struct termios was;
    sigset_t before, waiting; /* what is blocked around it, and while it waits */
    struct sigaction handlers[COUNT(ends)];
};

static bool silence_begin(struct silence *s, struct err *e) {
    struct sigaction const caught = {.sa_handler = on_signal};
    struct termios silent = s->was;
    sigset_t held;

    came = 0;
    sigemptyset(&held);
    sigaddset(&held, SIGTSTP);
    for (size_t i = 0; i < COUNT(ends); i++)
        sigaddset(&held, ends[i]);
    sigprocmask(SIG_BLOCK, &held, &s->before);
    s->waiting = s->before;
    sigaddset(&s->waiting, SIGTSTP); /* it stops when the terminal is as it was */
    for (size_t i = 0; i < COUNT(ends); i++) {
        sigaction(ends[i], NULL, &s->handlers[i]);
        if (s->handlers[i].sa_handler != SIG_IGN)
            sigaction(ends[i], &caught, NULL);
    }
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    return tcsetattr(s->fd, TCSAFLUSH, &silent) == 0 || err_system(e, "the terminal");
}

static void silence_end(const struct silence *s) {
    (void)tcsetattr(s->fd, TCSAFLUSH, &s->was);
    for (size_t i = 0; i < COUNT(ends); i++)
        sigaction(ends[i], &s->handlers[i], NULL);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
}

/* False: a signal came that ends the program. */
static bool silence_wait(const struct silence *s) {
    struct pollfd key = {.fd = s->fd, .events = POLLIN};

    while (!came && ppoll(&key, 1, NULL, &s->waiting) < 0 && errno == EINTR)
        continue;
    return !came;
}

/* ---- passphrases ---- */

/* The line that a descriptor gives next; what follows it is left, or lost. s: of a terminal, or NULL. */
static bool line_read(int fd, const struct silence *s, const char *name, struct buf *out, struct err *e) {
    char c = '\0';
    ssize_t n = 0;

    if (!buf_reserve(out, PASSPHRASE_MAX)) /* at once: what grows leaves copies behind */
        return err_set(e, ERR_MEMORY, 0, "no memory for a passphrase");
    while (out->len < PASSPHRASE_MAX) {
        if (s && !silence_wait(s))
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before a passphrase was given");
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
    bool const ok = line_read(fd, NULL, path, out, e);

    close(fd);
    return ok;
}

static bool ask_once(const struct silence *s, const char *words, const char *what, struct buf *out, struct err *e) {
    if (dprintf(s->fd, "%s %s: ", words, what) < 0)
        return err_system(e, "the terminal");
    bool const ok = line_read(s->fd, s, "the terminal", out, e);

    (void)!write(s->fd, "\n", 1);
    return ok;
}

bool passphrase_ask(const char *what, bool twice, struct buf *out, struct err *e) {
    struct silence s = {.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
    struct buf again = {0};

    if (s.fd < 0 || tcgetattr(s.fd, &s.was) != 0) {
        if (s.fd >= 0)
            close(s.fd);
        return err_set(e, ERR_USAGE, 0, "there is no terminal to ask for the passphrase of %s: --passphrase-file FILE",
                       what);
    }
    bool ok = silence_begin(&s, e) && ask_once(&s, twice ? "New passphrase of" : "Passphrase of", what, out, e);

    if (ok && twice) {
        ok = ask_once(&s, "Once more, of", what, &again, e);
        ok = ok && (str_eq(buf_str(out), buf_str(&again)) ||
                    err_set(e, ERR_USAGE, 0, "these were two different passphrases: nothing was made"));
    }
    keys_wipe(&again);
    if (!ok)
        keys_wipe(out);
    silence_end(&s);
    close(s.fd);
    if (came)
        raise(came);
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
