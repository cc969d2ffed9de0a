/* archive_key: `longwatch archive key new FILE`: a custodian's pair of keys; `longwatch archive custodians ARCHIVE`: who can open an encrypted archive. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

#define AT(member) .at = offsetof(struct wishes, member)

struct wishes {
    struct caring_wishes care; /* of the archive */
    const char *path;          /* of the new key */
    const char *name, *passphrase;
    struct arguments add, remove;
    uint64_t forget;
    bool new_key, protect;
};

/* ---- key new ---- */

/* What stands behind the last slash, without an ending. */
static str name_of(const struct wishes *w) {
    str name = str_of(w->name ? w->name : strrchr(w->path, '/') ? strrchr(w->path, '/') + 1 : w->path);

    return str_ends(name, S(".key")) && !w->name ? str_first(name, name.len - 4) : name;
}

static bool public_path(const char *path, struct buf *b, struct err *e) {
    buf_add(b, str_of(path));
    buf_add(b, S(".pub"));
    buf_byte(b, '\0');
    return !b->failed || err_set(e, ERR_MEMORY, 0, "no memory");
}

static bool pair_write(const struct wishes *w, const struct custodian_key *key, str passphrase, struct buf *path,
                       struct err *e) {
    struct buf private = {0}, public = {0};
    bool ok = public_path(w->path, path, e) && custodian_key_write(key, passphrase, &private, e) &&
              key_file_new(w->path, buf_str(&private), e);

    if (ok) {
        custodian_write(custodian_of(key), &public);
        ok = (!public.failed || err_set(e, ERR_MEMORY, 0, "no memory")) && key_file_new(path->ptr, buf_str(&public), e);
        if (!ok)
            unlink(w->path);
    }
    keys_wipe(&private);
    buf_free(&public);
    return ok;
}

static void pair_text(struct buf *b, const struct wishes *w, const char *public, const char *name, const char *id,
                      bool safe) {
    buf_add(b, S("private key "));
    finding_plain(b, str_of(w->path), false);
    buf_add(b, safe ? S(", protected by a passphrase: without it the key is lost\n")
                    : S(", readable by you alone and not protected: whoever has the file has the key\n"));
    buf_add(b, S("public key  "));
    finding_plain(b, str_of(public), false);
    buf_add(b, S(", for archive add --encrypt-for: "));
    finding_plain(b, str_of(name), false);
    buf_format(b, " (%s)\n", id);
}

static void pair_json(struct buf *b, const struct wishes *w, const char *public, const char *name, const char *id,
                      bool safe) {
    buf_add(b, S("{\"private\":"));
    buf_json(b, str_of(w->path));
    intel_json_text(b, "public", str_of(public));
    intel_json_text(b, "name", str_of(name));
    intel_json_text(b, "id", str_of(id));
    intel_json_bool(b, "passphrase", safe);
    buf_add(b, S("}\n"));
}

static int key_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct buf passphrase = {0}, path = {0}, told = {0};
    struct custodian_key *key = NULL;
    char id[CUSTODIAN_ID_TEXT];
    struct err e = {0};
    bool ok = access(w->path, F_OK) != 0 ||
              err_set(&e, ERR_USAGE, 0, "%s is there already: a key is not written over another", w->path);

    if (ok && w->passphrase)
        ok = passphrase_read(w->passphrase, &passphrase, &e);
    else if (ok && w->protect)
        ok = passphrase_ask(w->path, true, &passphrase, &e);
    ok = ok && custodian_key_new(&key, name_of(w), &e) &&
         pair_write(w, key, passphrase.len ? buf_str(&passphrase) : (str){"", 0}, &path, &e);
    if (ok) {
        custodian_id(custodian_of(key)->public, id);
        (w->care.json ? pair_json : pair_text)(&told, w, path.ptr, custodian_of(key)->name, id, passphrase.len != 0);
    }
    custodian_key_free(key);
    keys_wipe(&passphrase);
    buf_free(&path);
    if (ok)
        return print_all(&told, EXIT_NOTHING);
    buf_free(&told);
    return tell_error(&e);
}

static const struct option key_options[] = {
    {.argument = "FILE",
     .type = OPTION_PATH,
     .needed = "which file? longwatch archive key new FILE",
     .help = "where the private key goes, readable by you alone; the public one goes to FILE.pub",
     AT(path)},
    {.name = "name",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "what to call the custodian in archives; usually as FILE is called",
     AT(name)},
    {.name = "passphrase",
     .type = OPTION_FLAG,
     .help = "protect the private key by a passphrase, for which the terminal is asked",
     AT(protect)},
    {.name = "passphrase-file",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "protect it by the passphrase that is the first line of FILE, such as /dev/fd/3",
     AT(passphrase)},
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
};
const struct command command_archive_key_new = {
    .name = "archive key new",
    .summary = "make the keys of a custodian of encrypted archives",
    .about =
        (const char *const[]){
            "Makes a pair of keys (X25519). The private one opens archives; its custodian keeps it, and "
            "a copy where no fire reaches both. The public one is for whoever makes an archive.",
            "Any one custodian can open an archive, alone. Have two at least: an archive whose "
            "custodians have all lost their keys nobody can read again, by no means.",
            NULL},
    .examples = (const struct example[]){{"longwatch archive key new ~/.keys/ana.key --passphrase",
                                          "Make a key that a passphrase protects"},
                                         {NULL, NULL}},
    .options = key_options,
    .option_count = COUNT(key_options),
    .statuses = {[EXIT_NOTHING] = "made",
                 [EXIT_USAGE] = "wrong usage, or a file of that name is there: nothing was made",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = key_run,
};

/* ---- custodians ---- */

static void list_text(struct buf *b, const struct wishes *w, const struct keyring *k) {
    size_t count;
    const struct custodian *const c = keyring_custodians(k, &count);

    finding_plain(b, str_of(w->care.archive), false);
    buf_format(b, ": %zu custodian%s, of whom any can open it; what is written now is written with key %zu\n", count,
               count == 1 ? "" : "s", keyring_generations(k));
    for (size_t i = 0; i < count; i++) {
        char id[CUSTODIAN_ID_TEXT];

        custodian_id(c[i].public, id);
        buf_format(b, "  %s  ", id);
        finding_plain(b, str_of(c[i].name), false);
        buf_byte(b, '\n');
    }
    for (size_t i = 0; i < keyring_generations(k); i++)
        if (keyring_generation(k, i).forgotten)
            buf_format(b, "  key %zu was forgotten: what was written with it nobody can read\n", i + 1);
}

static void list_json(struct buf *b, const struct keyring *k) {
    size_t count;
    const struct custodian *const c = keyring_custodians(k, &count);

    buf_add(b, S("{\"custodians\":["));
    for (size_t i = 0; i < count; i++) {
        char id[CUSTODIAN_ID_TEXT];

        custodian_id(c[i].public, id);
        buf_format(b, "%s{\"id\":\"%s\"", i ? "," : "", id);
        intel_json_text(b, "name", str_of(c[i].name));
        buf_byte(b, '}');
    }
    buf_add(b, S("],\"keys\":["));
    for (size_t i = 0; i < keyring_generations(k); i++)
        buf_format(b, "%s{\"number\":%zu,\"forgotten\":%s}", i ? "," : "", i + 1,
                   keyring_generation(k, i).forgotten ? "true" : "false");
    buf_add(b, S("]}\n"));
}

static int list(const struct wishes *w) {
    struct keyring *k = NULL;
    struct vault *v = NULL;
    struct buf b = {0};
    struct err e = {0};
    bool const ok = vault_open(&v, w->care.archive, 0, NULL, NULL, &e) && vault_keyring_read(v, &k, &e);

    if (ok && w->care.json)
        list_json(&b, k);
    else if (ok)
        list_text(&b, w, k);
    keyring_free(k);
    vault_close(v);
    return ok ? print_all(&b, EXIT_NOTHING) : tell_error(&e);
}

/* What was done, in words, of which each line is recorded too, and for machines. */
struct told {
    struct buf text, list;
    size_t text_sure, list_sure; /* of them, what is committed */
    uint64_t snapshot;
};

/* One of the list, left open. */
static void did(struct told *told, const char *what) {
    buf_format(&told->list, "%s{\"done\":\"%s\"", told->list.len ? "," : "", what);
}

/* One change, in the history of the archive and in the file of keys: in both, or in neither. */
static bool changed(struct vault *v, const struct archive_care *care, struct told *told, struct err *e) {
    struct manifest_operation o = {.what = DO_NOTE, .lift = {.name = S("custodians"), .who = care->who}};
    struct buf words = {0};
    str line = buf_str(&told->text); /* the last one that was told */

    for (size_t at; (at = str_find_byte(line, '\n')) < line.len - 1 && line.len;)
        line = str_from(line, at + 1);
    buf_add(&words, str_first(line, line.len ? line.len - 1 : 0));
    if (care->why.len) {
        buf_add(&words, S(": "));
        buf_add(&words, care->why);
    }
    o.lift.why = buf_str(&words);
    bool const ok = ((!told->text.failed && !words.failed) || err_set(e, ERR_MEMORY, 0, "no memory")) &&
                    vault_do(v, &o, e) && vault_keyring_commit(v, care->now, e);

    buf_free(&words);
    buf_byte(&told->list, '}');
    if (ok) {
        told->text_sure = told->text.len;
        told->list_sure = told->list.len;
        told->snapshot = manifest_sequence(vault_manifest(v));
    }
    told->text.len = told->text_sure; /* nobody is told of what failed */
    told->list.len = told->list_sure;
    return ok;
}

static bool add_all(struct vault *v, const struct archive_care *care, const struct custodian *all, size_t count,
                    struct told *told, struct err *e) {
    for (size_t i = 0; i < count; i++) {
        char id[CUSTODIAN_ID_TEXT];

        if (!keyring_add(vault_keyring(v), &all[i], e))
            return false;
        custodian_id(all[i].public, id);
        buf_add(&told->text, S("added "));
        finding_plain(&told->text, str_of(all[i].name), false);
        buf_format(&told->text, " (%s), who can open all of it\n", id);
        did(told, "added");
        intel_json_text(&told->list, "name", str_of(all[i].name));
        intel_json_text(&told->list, "id", str_of(id));
        if (!changed(v, care, told, e))
            return false;
    }
    return true;
}

/* By name or number; nobody, where there is none. */
static struct custodian custodian_by(const struct keyring *k, str who) {
    size_t count;
    const struct custodian *const all = keyring_custodians(k, &count);

    for (size_t i = 0; i < count; i++) {
        char id[CUSTODIAN_ID_TEXT];

        custodian_id(all[i].public, id);
        if (str_eq(who, str_of(all[i].name)) || str_eq(who, str_of(id)))
            return all[i];
    }
    return (struct custodian){.name = ""};
}

static bool remove_all(struct vault *v, const struct archive_care *care, const struct arguments *who, struct told *told,
                       struct err *e) {
    char id[CUSTODIAN_ID_TEXT];

    for (size_t i = 0; i < who->count; i++) {
        struct custodian const gone = custodian_by(vault_keyring(v), str_of(who->items[i]));

        if (!keyring_remove(vault_keyring(v), str_of(who->items[i]), e))
            return false;
        custodian_id(gone.public, id);
        buf_add(&told->text, S("removed "));
        finding_plain(&told->text, str_of(who->items[i]), false);
        buf_format(
            &told->text,
            ", who cannot open what is written from now on, with key %zu; of what was written before, the keys may "
            "have been kept\n",
            keyring_generations(vault_keyring(v)));
        did(told, "removed");
        intel_json_text(&told->list, "name", str_of(gone.name));
        intel_json_text(&told->list, "id", str_of(id));
        intel_json_number(&told->list, "key", keyring_generations(vault_keyring(v)));
        if (!changed(v, care, told, e))
            return false;
    }
    return true;
}

static bool change(const struct wishes *w, struct vault *v, const struct archive_care *care,
                   const struct custodian *added, struct told *told, struct err *e) {
    if (!vault_keyring(v))
        return err_set(e, ERR_USAGE, 0, "%s is not encrypted: whoever can read its files can read all of it",
                       w->care.archive);
    if (!add_all(v, care, added, w->add.count, told, e) || !remove_all(v, care, &w->remove, told, e))
        return false;
    if (!w->new_key)
        return true;
    if (!keyring_renew(vault_keyring(v), e))
        return false;
    buf_format(&told->text, "key %zu was made: what is written from now on is written with it\n",
               keyring_generations(vault_keyring(v)));
    did(told, "made");
    intel_json_number(&told->list, "key", keyring_generations(vault_keyring(v)));
    return changed(v, care, told, e);
}

static bool change_all(const struct wishes *w, const struct archive_care *care, struct told *told, struct err *e) {
    struct custodian *added = NULL;
    struct vault *v = NULL;
    bool const ok = custodians_read(&w->add, &added, e) &&
                    vault_open_writer(&v, care->archive, care->key, care->now, NULL, NULL, e) &&
                    vault_unlock(v, &care->unlock, e) && change(w, v, care, added, told, e);

    vault_close(v);
    free(added);
    return ok;
}

static bool forget(const struct wishes *w, const struct archive_care *care, struct told *told, struct err *e) {
    char size[SIZE_TEXT];
    struct forget_result r;

    if (!archive_forget(care, (uint32_t)w->forget, &r, e))
        return false;
    buf_format(&told->text, "key %lu %s: ", (unsigned long)w->forget,
               care->dry ? "would be forgotten" : "was forgotten");
    count_add(&told->text, r.segments, "segment");
    buf_add(&told->text, S(" ("));
    count_add(&told->text, r.rows, "record");
    buf_format(&told->text, ", %s) %s the archive", size_text(r.bytes, size), care->dry ? "would leave" : "left");
    did(told, care->dry ? "would forget" : "forgotten");
    intel_json_number(&told->list, "key", w->forget);
    intel_json_number(&told->list, "segments", r.segments);
    intel_json_number(&told->list, "rows", r.rows);
    intel_json_number(&told->list, "bytes", r.bytes);
    caring_json_removed(&told->list, &r.removed);
    buf_byte(&told->list, '}');
    told->snapshot = r.snapshot;
    caring_removed(&told->text, &r.removed, care->dry);
    buf_add(&told->text,
            care->dry ? S("\n")
                      : S("; what was written with it nobody can read again, unless a copy of the archive's file of "
                          "keys is left somewhere\n"));
    return true;
}

static int changes_print(const struct wishes *w, struct told *told) {
    struct buf b = {0};

    if (!w->care.json)
        return print_all(&told->text, EXIT_NOTHING);
    caring_json(&b, w->care.archive);
    intel_json_bool(&b, "dry_run", w->care.dry);
    caring_json_list(&b, "changes", &told->list);
    return caring_json_print(&b, told->snapshot, EXIT_NOTHING);
}

static int changes_run(const struct wishes *w) {
    bool const others = w->add.count || w->remove.count || w->new_key;
    struct caring c = {.damaged = false};
    struct told told = {.snapshot = 0};
    struct err e = {0};
    bool const ok = caring_open(&c, &w->care, &e) && (!others || change_all(w, &c.care, &told, &e)) &&
                    (!w->forget || forget(w, &c.care, &told, &e));
    int status = EXIT_NOTHING;

    caring_close(&c);
    if (ok || told.text.len) /* or what was done before it failed */
        status = changes_print(w, &told);
    buf_free(&told.text);
    buf_free(&told.list);
    return ok ? status : tell_error(&e);
}

static int custodians_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct arguments const given = {(const char **)(uintptr_t)&w->care.archive, 1};
    bool const others = w->add.count || w->remove.count || w->new_key;
    struct err e = {0};

    if (!paths_exist(&given, "archive", true, &e))
        return tell_error(&e);
    if (w->care.dry && (others || !w->forget))
        return usage_error("archive custodians", "--dry-run is for --forget, alone");
    if (!others && !w->forget)
        return list(w);
    if (w->forget && !w->care.dry && (!w->care.who || !w->care.why || !*w->care.who || !*w->care.why))
        return usage_error("archive custodians", "whoever forgets a key says so, and why: --who, --why");
    return changes_run(w);
}

static const struct option custodians_options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive custodians ARCHIVE",
     .help = "an encrypted archive",
     CARING_AT(wishes, archive)},
    {.name = "add",
     .argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .help = "the public key of somebody who is to open all of it, too",
     AT(add)},
    {.name = "remove",
     .argument = "WHO",
     .type = OPTION_TEXT,
     .many = true,
     .help = "a custodian, by name or number, who is not to open what is written from now on; a new key is made",
     AT(remove)},
    {.name = "new-key", .type = OPTION_FLAG, .help = "make another key for what is written from now on", AT(new_key)},
    {.name = "forget",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = UINT32_MAX,
     .help = "forget key N for ever: what was written with it leaves the archive, and nobody can read it again",
     AT(forget)},
    {ROW_DRY, CARING_AT(wishes, dry)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    ROWS_KEY(wishes),
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
};
const struct command command_archive_custodians = {
    .name = "archive custodians",
    .summary = "tell, or change, who can open an encrypted archive",
    .about =
        (const char *const[]){
            "Without a change, prints who can open an archive. A change takes the private key of any custodian, and is "
            "noted in the history of the archive.",
            "To remove somebody does not take back what they could read: they may have kept the keys, or a copy of the "
            "file they lie in. It keeps them from what is written later. What was written before is sealed anew, with "
            "the "
            "newest key, when the archive is rewritten.",
            "To forget a key is to destroy what was written with it: its segments, ledgers too, leave the archive, "
            "their "
            "files are removed, and what copies there are of them nobody can read, as long as no copy of the archive's "
            "file 'keys' is left: look at backups. Where a hold or a kept snapshot covers one of them nothing is done, "
            "and it is named. What is left goes on as before; archive compact puts small segments under the newest "
            "key, "
            "if that is done first.",
            NULL},
    .examples = (const struct example[]){{"longwatch archive custodians ./archive", "See who can open it"},
                                         {"longwatch archive custodians ./archive --key ana.key --add chi.pub",
                                          "Let one more person open it"},
                                         {"longwatch archive custodians ./archive --key ana.key --remove bo",
                                          "Keep somebody from what is written from now on"},
                                         {"longwatch archive custodians ./archive --key ana.key --forget 1 --dry-run",
                                          "See how much would go with the first key"},
                                         {NULL, NULL}},
    .options = custodians_options,
    .option_count = COUNT(custodians_options),
    .statuses = {[EXIT_NOTHING] = "told, or changed",
                 [EXIT_USAGE] = "wrong usage, no archive, or one that is not encrypted; nothing was changed",
                 [EXIT_INTERNAL] =
                     "internal error, the keys are damaged, or nobody can say under which key a damaged segment "
                     "lies",
                 [EXIT_REFUSED] =
                     "no key was given that opens it, a hold or a kept snapshot forbids it, or another process "
                     "writes to it"},
    .wishes_size = sizeof(struct wishes),
    .run = custodians_run,
};
