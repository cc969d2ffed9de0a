/* update: fetch, check, unpack beside the old, change places. */
#include "hunt/update.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/hash.h"
#include "codec/json_tree.h"
#include "codec/yaml.h"
#include "evidence/unpack_whole.h"
#include "hunt/intel_keep.h"
#include "hunt/update_own.h"
#include "intel/import_confined.h"
#include "intel/sigma.h"

#define NOTE "update.json"
#define NOTE_BYTES ((size_t)64 << 10)
#define PATH_ROOM 4096u
#define RELEASE_BYTES ((uint64_t)8 << 20)
#define SHRINK 2u /* fewer than half of what there was cannot be right */
#define RULE_BYTES YAML_BYTES_MAX
#define TAME "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-+" /* in names that we make of others' */
#define NAME_PARTS 16u /* folders within each other, of a rule's path */

static const struct {
    str name, unit;
} names[UPDATES] = {
    [UPDATE_SIGMA] = {STR("sigma"), STR("rules")},
    [UPDATE_ATTACK] = {STR("attack"), STR("groups")},
    [UPDATE_WARNINGLISTS] = {STR("warninglists"), STR("warninglists")},
};

str update_name(enum update_what what) {
    return names[what].name;
}

str update_unit(enum update_what what) {
    return names[what].unit;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to update");
}

/* ---- where from ---- */

static bool url_text(str url) {
    struct err e;

    return !url.len || fetch_url_good(url.ptr, &e);
}

static bool source_read(const struct yaml_node *n, uint32_t line, struct arena *a, struct update_source *out,
                        struct err *e) {
    struct {
        const char *name;
        str *to;
    } const texts[] = {{"title", &out->title},
                       {"licence", &out->licence},
                       {"url", &out->url},
                       {"release", &out->release},
                       {"asset", &out->asset}};
    struct {
        const char *name;
        uint64_t *to;
    } const numbers[] = {{"largest", &out->largest}, {"least", &out->least}};

    for (size_t i = 0; i < n->count; i++) {
        bool known = false;

        for (size_t k = 0; k < COUNT(texts); k++)
            known |= str_eq(n->keys[i], str_of(texts[k].name));
        for (size_t k = 0; k < COUNT(numbers); k++)
            known |= str_eq(n->keys[i], str_of(numbers[k].name));
        if (!known)
            return err_set(e, ERR_USAGE, 0, "line %u: '%.*s' is no word of this file", n->key_lines[i],
                           STR_ARG(str_first(n->keys[i], 60)));
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        str const text = yaml_text(n, texts[i].name);
        char *const copy = arena_bytes(a, text.len + 1);

        if (!copy)
            return no_memory(e);
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
        *texts[i].to = (str){copy, text.len};
    }
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (!str_u64(yaml_text(n, numbers[i].name), INT64_MAX, numbers[i].to))
            return err_set(e, ERR_USAGE, 0, "line %u: '%s' is missing, or no whole number", line, numbers[i].name);
    if (!out->url.len || !url_text(out->url) || !url_text(out->release))
        return err_set(e, ERR_USAGE, 0, "line %u: url and release are addresses that begin with https://", line);
    return true;
}

bool update_sources(str yaml, struct arena *a, struct update_source sources[UPDATES], struct err *e) {
    struct yaml_node **documents;
    size_t count;

    if (!yaml.len) {
        assert(updates_builtin_count == 1);
        yaml = updates_builtin[0].text;
    }
    if (!yaml_read(yaml, a, &documents, &count, e))
        return false;
    if (count != 1 || documents[0]->type != YAML_MAP)
        return err_set(e, ERR_USAGE, 0, "line 1: no mapping of names to addresses");
    for (unsigned i = 0; i < UPDATES; i++) {
        const struct yaml_node *const n = yaml_get(documents[0], names[i].name.ptr);

        sources[i] = (struct update_source){.what = (enum update_what)i};
        if (!n || n->type != YAML_MAP)
            return err_set(e, ERR_USAGE, 0, "line 1: '%.*s' is missing, or no mapping", STR_ARG(names[i].name));
        if (!source_read(n, n->line, a, &sources[i], e))
            return false;
    }
    return true;
}

/* ---- notes ---- */

static bool join(char out[PATH_ROOM], const char *folder, str name, struct err *e) {
    return snprintf(out, PATH_ROOM, "%s/%.*s", folder, STR_ARG(name)) < (int)PATH_ROOM ||
           err_set(e, ERR_USAGE, 0, "%s: the path is too long", folder);
}

static void keep_text(char *to, size_t room, str s) {
    snprintf(to, room, "%.*s", STR_ARG(s));
}

static uint64_t number_at(const json_t *object, const char *name) {
    json_int_t const n = json_integer_value(json_object_get(object, name));

    return n > 0 ? (uint64_t)n : 0;
}

bool update_held(const char *data, enum update_what what, struct update_state *held, struct err *e) {
    char folder[PATH_ROOM], path[PATH_ROOM];
    struct buf text = {0};
    json_t *note;
    bool ok = join(folder, data, names[what].name, e) && join(path, folder, S(NOTE), e);

    *held = (struct update_state){.there = false};
    if (!ok || access(path, F_OK) != 0)
        return ok;
    ok = file_read(path, NOTE_BYTES, &text, e) && (note = json_tree(buf_str(&text), e));
    if (ok) {
        held->there = true;
        keep_text(held->version, sizeof held->version, json_text_at(note, "version"));
        keep_text(held->url, sizeof held->url, json_text_at(note, "url"));
        keep_text(held->sha256, sizeof held->sha256, json_text_at(note, "sha256"));
        keep_text(held->fetched, sizeof held->fetched, json_text_at(note, "fetched"));
        keep_text(held->mark, sizeof held->mark, json_text_at(note, "mark"));
        held->size = number_at(note, "size");
        held->count = number_at(note, "count");
        held->refused = number_at(note, "refused");
        json_decref(note);
    }
    buf_free(&text);
    return ok || err_wrap(e, "%s", path);
}

static void member(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static bool note_write(const char *folder, const struct update *u, const struct update_state *s, struct err *e) {
    char path[PATH_ROOM];
    struct file_out *out;
    struct buf b = {0};
    bool ok;

    /* How it begins says to whoever reads the folder that this is no intelligence (hunt/intel_load.h). */
    buf_add(&b, S("{\"longwatch_update\":1"));
    member(&b, "name", names[u->source->what].name);
    member(&b, "title", u->source->title);
    member(&b, "licence", u->source->licence);
    member(&b, "version", str_of(s->version));
    member(&b, "url", str_of(s->url));
    member(&b, "sha256", str_of(s->sha256));
    member(&b, "fetched", str_of(s->fetched));
    member(&b, "mark", str_of(s->mark));
    buf_format(&b, ",\"size\":%lu,\"count\":%lu,\"refused\":%lu}\n", (unsigned long)s->size, (unsigned long)s->count,
               (unsigned long)s->refused);
    ok = b.failed ? no_memory(e) : join(path, folder, S(NOTE), e) && file_out_open(&out, path, e);
    if (ok) {
        file_out_add(out, buf_str(&b));
        ok = file_out_commit(out, e);
    }
    buf_free(&b);
    return ok;
}

/* ---- what is read in confined processes: importers of our own, which tell what they found as "left out" ---- */

static int looks_not(str head) {
    (void)head;
    return 0;
}

/* {"tag_name": VERSION, "assets": [{"name": ..., "digest": "sha256:..."}]}: each asset is told; without one, the version alone. */
static bool release_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    json_t *const release = json_tree(bytes, e);
    const json_t *const assets = json_object_get(release, "assets");
    str const version = json_text_at(release, "tag_name");
    bool ok = release != NULL;

    (void)about;
    if (ok && !version.len)
        ok = err_set(e, ERR_CORRUPT, 0, "it says of no release what it is called");
    ok = ok && sink->left_out(sink->ctx, version, S(""), S(""), e);
    for (size_t i = 0; ok && i < json_array_size(assets); i++) {
        const json_t *const asset = json_array_get(assets, i);
        str const name = json_text_at(asset, "name");

        if (name.len)
            ok = sink->left_out(sink->ctx, version, name, json_text_at(asset, "digest"), e);
    }
    json_decref(release);
    return ok;
}

/* The version of ATT&CK: that of its collection object. */
static bool attack_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    json_t *const bundle = json_tree(bytes, e);
    const json_t *const objects = json_object_get(bundle, "objects");
    bool ok = bundle != NULL;

    (void)about;
    for (size_t i = 0; ok && i < json_array_size(objects); i++) {
        const json_t *const o = json_array_get(objects, i);

        if (str_eq(json_text_at(o, "type"), S("x-mitre-collection")) && json_text_at(o, "x_mitre_version").len)
            ok = sink->left_out(sink->ctx, json_text_at(o, "x_mitre_version"), S(""), S(""), e);
    }
    json_decref(bundle);
    return ok;
}

/* Many rules at once: four bytes of length, the path, four bytes, the text. What is refused is told. */
static bool rules_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct sigma_loader *loader = NULL;
    const struct sigma_set *set;
    bool ok = sigma_loader_new(&loader, e);

    (void)about;
    while (ok && bytes.len) {
        str parts[2];

        for (size_t i = 0; i < 2; i++) {
            uint32_t len = 0;

            memcpy(&len, bytes.ptr, bytes.len < sizeof len ? bytes.len : sizeof len);
            bytes = str_from(bytes, sizeof len);
            parts[i] = str_first(bytes, len);
            bytes = str_from(bytes, len);
        }
        ok = sigma_load_text(loader, parts[0], parts[1], e);
    }
    ok = ok && sigma_load_end(loader, &set, e);
    for (size_t i = 0; ok && i < set->verdict_count; i++)
        if (!set->verdicts[i].loaded)
            ok = sink->left_out(sink->ctx, set->verdicts[i].path, S("refused"), set->verdicts[i].reason, e);
        else
            ok = sink->left_out(sink->ctx, set->verdicts[i].path, S("loaded"), S(""), e);
    sigma_loader_free(loader);
    return ok;
}

static const struct importer release_importer = {"release", looks_not, release_read};
static const struct importer attack_importer = {"attack version", looks_not, attack_read};
static const struct importer rules_importer = {"rules", looks_not, rules_read};

/* ---- one update ---- */

struct updating {
    const struct update *u;
    struct update_state *got;
    char folder[PATH_ROOM], part[PATH_ROOM]; /* where it will lie; where it is being made */
    char digest[65];                         /* that was published; "" */
    struct buf rules;
    uint64_t files;
    char group[64]; /* told last: its id */
    bool damaged;
    struct err why; /* the first damage */
};

static bool on_nothing(void *ctx, const struct intel_item *item, struct err *e) {
    (void)ctx, (void)item, (void)e;
    return true;
}

static bool on_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    (void)list, (void)e;
    ((struct updating *)ctx)->got->count++;
    return true;
}

static bool on_label(void *ctx, str entry, struct err *e) {
    (void)ctx, (void)entry, (void)e;
    return true;
}

static bool on_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct updating *const g = ctx;

    (void)e;
    /* of one with many names there are several mentions, one behind the other */
    if (group->retired || !group->id.len || str_eq(str_of(g->group), group->id))
        return true;
    keep_text(g->group, sizeof g->group, group->id);
    g->got->count++;
    return true;
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx, (void)where, (void)what, (void)why, (void)e;
    return true;
}

static bool on_version(void *ctx, str where, str what, str why, struct err *e) {
    struct updating *const g = ctx;

    (void)what, (void)why, (void)e;
    keep_text(g->got->version, sizeof g->got->version, where);
    return true;
}

static bool on_rule(void *ctx, str where, str what, str why, struct err *e) {
    struct updating *const g = ctx;

    (void)where, (void)why, (void)e;
    if (str_eq(what, S("loaded")))
        g->got->count++;
    else
        g->got->refused++;
    return true;
}

static bool on_asset(void *ctx, str where, str what, str why, struct err *e) {
    struct updating *const g = ctx;

    (void)e;
    keep_text(g->got->version, sizeof g->got->version, where);
    if (str_eq(what, g->u->source->asset) && str_starts(why, S("sha256:")) && why.len == 7 + 64)
        keep_text(g->digest, sizeof g->digest, str_from(why, 7));
    return true;
}

/* What a version may be called, to be put into an address and a message. */
static bool version_good(const char *version) {
    return *version && strlen(version) < 100 && *version != '.' && strspn(version, TAME) == strlen(version);
}

static const struct import_about about_nothing = {.name = STR(""),
                                                  .confidence = ITEM_CONFIDENCE_UNSAID,
                                                  .group = STR(""),
                                                  .origin = STR(""),
                                                  .valid_from = INSTANT_NONE,
                                                  .valid_until = INSTANT_NONE};

static bool confined(struct updating *g, str bytes, const struct importer *importer,
                     bool (*left_out)(void *ctx, str where, str what, str why, struct err *e), struct err *e) {
    struct intel_sink const sink = {.ctx = g,
                                    .item = on_nothing,
                                    .left_out = left_out,
                                    .label_list = on_list,
                                    .label = on_label,
                                    .group = on_group};
    const struct importer *used;

    return import_confined(bytes, importer, &about_nothing, NULL, &sink, &used, e);
}

/* All of an open file. */
static bool bytes_of(int fd, const char *path, uint64_t most, struct buf *out, struct err *e) {
    struct stat st;

    return fstat(fd, &st) == 0 ? file_read_open(fd, &st, path, (size_t)most, out, e) : err_system(e, "%s", path);
}

/* What the release is called, and the digest of its file. */
static bool release_ask(struct updating *g, struct err *e) {
    const char *const url = g->u->source->release.ptr;
    struct fetch const f = {.url = url, .bytes_max = RELEASE_BYTES, .stop = g->u->stop};
    struct buf bytes = {0};
    struct fetched fetched;
    int fd = -1;
    bool ok = file_temporary(&fd, NULL, e) && fetch(&f, fd, &fetched, e) && bytes_of(fd, url, RELEASE_BYTES, &bytes, e);

    if (ok && !confined(g, buf_str(&bytes), &release_importer, on_asset, e))
        ok = err_wrap(e, "%s", url);
    if (ok && !version_good(g->got->version))
        ok = err_set(e, ERR_CORRUPT, 0, "%s: '%.60s' is no name of a release", url, g->got->version);
    if (fd >= 0)
        close(fd);
    buf_free(&bytes);
    return ok;
}

/* The address with {version} in its place. */
static bool url_make(struct updating *g, struct err *e) {
    str const url = g->u->source->url;
    size_t const at = str_find(url, S("{version}"));
    int const n = at == SIZE_MAX ? snprintf(g->got->url, sizeof g->got->url, "%s", url.ptr)
                                 : snprintf(g->got->url, sizeof g->got->url, "%.*s%s%s", (int)at, url.ptr,
                                            g->got->version, url.ptr + at + 9);

    return (n > 0 && n < (int)sizeof g->got->url) || err_set(e, ERR_USAGE, 0, "the address is too long");
}

bool update_offered(const struct update *u, const struct update_state *held, struct update_state *offered, bool *newer,
                    struct err *e) {
    struct updating g = {.u = u, .got = offered};

    *offered = (struct update_state){.there = true};
    if (u->source->release.len && !release_ask(&g, e))
        return false;
    if (!url_make(&g, e))
        return false;
    if (!u->source->release.len) {
        struct fetch const f = {.url = offered->url, .bytes_max = u->source->largest, .ask = true, .stop = u->stop};
        struct fetched there;

        if (!fetch(&f, -1, &there, e))
            return false;
        keep_text(offered->mark, sizeof offered->mark, str_of(there.mark));
    }
    keep_text(offered->sha256, sizeof offered->sha256, str_of(g.digest));
    *newer = !held->there || (*offered->sha256    ? strcmp(offered->sha256, held->sha256) != 0
                              : *offered->version ? strcmp(offered->version, held->version) != 0
                                                  : !*offered->mark || strcmp(offered->mark, held->mark) != 0);
    return true;
}

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void folder_remove(const char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool folders_make(char *path, size_t from, struct err *e) {
    for (char *at = path + from; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        bool const ok = mkdir(path, 0755) == 0 || errno == EEXIST || err_system(e, "%s", path);

        *at = '/';
        if (!ok)
            return false;
    }
    return true;
}

/* A name within an archive as a path that leads nowhere else: letters, digits and a few signs; no part that begins with a point. */
static bool path_tame(str name, struct buf *out) {
    unsigned parts = 0;

    for (size_t i = 0; i < name.len;) {
        str const rest = str_from(name, i);
        size_t const slash = str_find_byte(rest, '/');
        str const part = str_first(rest, slash);

        i += slash == SIZE_MAX ? part.len : slash + 1;
        if (!part.len)
            continue;
        if (*part.ptr == '.' || ++parts > NAME_PARTS || part.len > 200)
            return false;
        buf_add(out, out->len ? S("/") : S(""));
        for (size_t k = 0; k < part.len; k++)
            buf_byte(out, strchr(TAME, part.ptr[k]) && part.ptr[k] ? part.ptr[k] : '_');
    }
    return out->len > 0 && !out->failed;
}

/* Writes a file below the new folder. */
static bool file_put(struct updating *g, str name, str bytes, struct err *e) {
    char path[PATH_ROOM];
    struct file_out *out;

    if (!join(path, g->part, name, e) || !folders_make(path, strlen(g->part) + 1, e))
        return false;
    if (access(path, F_OK) == 0)
        return err_set(e, ERR_CORRUPT, 0, "two files in it are called %.*s", STR_ARG(str_first(name, 100)));
    if (!file_out_open(&out, path, e))
        return false;
    file_out_add(out, bytes);
    g->files++;
    return file_out_commit_soon(out, e); /* all of the folder is synced at its end */
}

static void put_part(struct buf *b, str s) {
    uint32_t const len = (uint32_t)s.len;

    buf_add(b, (str){(const char *)&len, sizeof len});
    buf_add(b, s);
}

/* What of an archive is wanted goes into the folder. */
static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    struct updating *const g = ctx;
    size_t const mark = str_find_byte(path, '!');
    struct buf name = {0};
    const char *format;
    bool wanted, ok = true;

    if (!whole)
        return true; /* damage has told why */
    enum intel_file const file = intel_file_of(bytes, &format);

    wanted = g->u->source->what == UPDATE_SIGMA    ? file == INTEL_FILE_SIGMA && bytes.len <= RULE_BYTES
             : g->u->source->what == UPDATE_ATTACK ? file == INTEL_FILE_ITEMS && strcmp(format, "stix") == 0
                                                   : file == INTEL_FILE_ITEMS && strcmp(format, "warninglist") == 0;
    if (!wanted)
        return true;
    if (g->u->source->what == UPDATE_ATTACK) {
        if (g->files)
            return err_set(e, ERR_CORRUPT, 0, "it holds more than one bundle");
        ok = confined(g, bytes, NULL, on_left_out, e) && confined(g, bytes, &attack_importer, on_version, e);
        return ok && file_put(g, S("enterprise-attack.json"), bytes, e);
    }
    if (mark == SIZE_MAX || !path_tame(str_from(path, mark + 1), &name)) {
        buf_free(&name);
        return mark == SIZE_MAX ? err_set(e, ERR_CORRUPT, 0, "it is one file, and should be an archive of many") : true;
    }
    if (g->u->source->what == UPDATE_SIGMA) {
        if (!str_ends(buf_str(&name), S(".yml")) && !str_ends(buf_str(&name), S(".yaml")))
            buf_add(&name, S(".yml"));
        put_part(&g->rules, buf_str(&name));
        put_part(&g->rules, bytes);
        ok = !g->rules.failed || no_memory(e);
    } else {
        ok = confined(g, bytes, NULL, on_left_out, e) || err_wrap(e, "%.*s", STR_ARG(str_first(buf_str(&name), 80)));
    }
    ok = ok && (!name.failed || no_memory(e)) && file_put(g, buf_str(&name), bytes, e);
    buf_free(&name);
    return ok;
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    struct updating *const g = ctx;

    (void)e;
    if (!g->damaged)
        err_set(&g->why, ERR_CORRUPT, 0, "%.*s: %.*s", STR_ARG(str_first(path, 100)), STR_ARG(str_first(why, 100)));
    g->damaged = true;
    return true;
}

static bool hash_of(int fd, struct update_state *got, struct err *e) {
    struct file_input in = {.fd = -1};
    uint8_t sum[SHA256_SIZE];
    bool const ok = file_input_of(&in, fd, e) && file_input_hash(&in, sum, NULL, NULL, e);

    if (ok)
        sha256_hex(sum, got->sha256);
    got->size = ok ? in.input.size : 0;
    file_input_close(&in);
    return ok;
}

/* Is it what it should be? */
static bool check(struct updating *g, const struct update_state *held, struct err *e) {
    const struct update_source *const s = g->u->source;
    str const unit = names[s->what].unit;

    if (g->damaged) {
        *e = g->why;
        return false;
    }
    if (s->what == UPDATE_SIGMA && !confined(g, buf_str(&g->rules), &rules_importer, on_rule, e))
        return false;
    if (g->got->count < s->least)
        return err_set(e, ERR_CORRUPT, 0, "it holds %lu %.*s, and should hold %lu at least",
                       (unsigned long)g->got->count, STR_ARG(unit), (unsigned long)s->least);
    if (held->there && g->got->count < held->count / SHRINK)
        return err_set(e, ERR_CORRUPT, 0,
                       "it holds %lu %.*s, and the one before held %lu: that cannot be right (to take it all the same, "
                       "remove %s)",
                       (unsigned long)g->got->count, STR_ARG(unit), (unsigned long)held->count, g->folder);
    return true;
}

static bool sync_folder(const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool const ok = (fd >= 0 && syncfs(fd) == 0) || err_system(e, "%s", path);

    if (fd >= 0)
        close(fd);
    return ok;
}

/* The new folder takes the name in one step; the older one has the temporary name then, and is removed. */
static bool switch_in(struct updating *g, struct err *e) {
    struct stat st;
    bool const replace = lstat(g->folder, &st) == 0;
    char old[PATH_ROOM];

    if (renameat2(AT_FDCWD, g->part, AT_FDCWD, g->folder, replace ? RENAME_EXCHANGE : RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return err_system(e, "%s", g->folder);
    /* File systems that cannot exchange two names: one of the two is whole at any moment. */
    snprintf(old, sizeof old, "%.*s.old", (int)PATH_ROOM - 64, g->part);
    if (replace && rename(g->folder, old) != 0)
        return err_system(e, "%s", g->folder);
    if (rename(g->part, g->folder) != 0) {
        err_system(e, "%s", g->folder);
        if (replace)
            (void)!rename(old, g->folder);
        return false;
    }
    if (replace)
        folder_remove(old);
    return true;
}

/* ---- into the store ---- */

static bool store_add(struct updating *g, struct err *e) {
    const char *const paths[] = {g->folder};
    struct intel_store *s = NULL;
    struct buf folder = {0}, key = {0};
    struct intel_keep k = {.load = {.paths = paths, .path_count = 1, .about = about_nothing, .stop = g->u->stop},
                           .url = g->got->url,
                           .now = g->u->now};
    uint64_t gone;
    bool ok;

    buf_format(&folder, "%s/intel", g->u->data);
    buf_byte(&folder, '\0');
    buf_format(&key, "longwatch update %s", names[g->u->source->what].name.ptr);
    buf_byte(&key, '\0');
    k.key = key.ptr;
    ok = folder.failed || key.failed
             ? no_memory(e)
             : intel_store_write(&s, folder.ptr, 60000, e) && intel_keep(s, &k, &gone, e) && intel_store_commit(s, e);
    intel_store_close(s);
    buf_free(&folder);
    buf_free(&key);
    return ok;
}

/* ---- all of it ---- */

/* The bytes into an open file. *fresh false: what is held is the newest already. */
static bool have(struct updating *g, const struct update_state *held, int *fd, bool *fresh, struct err *e) {
    struct update_state offered;

    *fresh = true;
    if (g->u->from) {
        snprintf(g->got->url, sizeof g->got->url, "%s", "");
        if ((*fd = file_open(AT_FDCWD, g->u->from)) < 0)
            return err_system(e, "%s", g->u->from);
        return true;
    }
    if (!update_offered(g->u, held, &offered, fresh, e))
        return false;
    if (!*fresh)
        return true;
    keep_text(g->got->version, sizeof g->got->version, str_of(offered.version));
    keep_text(g->got->url, sizeof g->got->url, str_of(offered.url));
    keep_text(g->digest, sizeof g->digest, str_of(offered.sha256));

    struct fetch const f = {.url = g->got->url,
                            .bytes_max = g->u->source->largest,
                            .stop = g->u->stop,
                            .tick = g->u->tick,
                            .ctx = g->u->ctx};
    struct fetched fetched;

    if (!file_temporary(fd, NULL, e) || !fetch(&f, *fd, &fetched, e))
        return false;
    keep_text(g->got->mark, sizeof g->got->mark, str_of(fetched.mark));
    return true;
}

static bool unpack_all(struct updating *g, int fd, struct err *e) {
    struct unpack_whole_visitor const visitor = {g, on_member, on_damage};
    struct unpack_whole_limits limits = unpack_whole_usual;

    limits.unpack.bytes_max = IMPORT_BYTES_MAX;
    limits.member_max = IMPORT_BYTES_MAX;
    return unpack_whole(fd, g->u->from ? str_of(g->u->from) : S("archive"), &limits, &visitor, g->u->stop, e);
}

static bool run(struct updating *g, const struct update_state *held, int *fd, bool *changed, struct err *e) {
    struct stat st;
    char when[INSTANT_TEXT];

    if (!have(g, held, fd, changed, e))
        return false;
    if (!*changed)
        return true;
    if (fstat(*fd, &st) != 0)
        return err_system(e, "%s", g->u->from ? g->u->from : g->got->url);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, 0, "%s is no file", g->u->from ? g->u->from : g->got->url);
    if ((uint64_t)st.st_size > g->u->source->largest)
        return err_set(e, ERR_LIMIT, 0, "it is larger than the %lu bytes that are taken",
                       (unsigned long)g->u->source->largest);
    if (!hash_of(*fd, g->got, e))
        return false;
    if (*g->digest && strcasecmp(g->digest, g->got->sha256) != 0)
        return err_set(e, ERR_CORRUPT, 0, "its SHA-256 is %.16s... and not the %.16s... that its publisher says",
                       g->got->sha256, g->digest);
    keep_text(g->got->fetched, sizeof g->got->fetched, instant_format(g->u->now / 1000000000 * 1000000000, when));
    if (snprintf(g->part, sizeof g->part, "%.*s.part-XXXXXX", (int)PATH_ROOM - 64, g->folder) < 0 ||
        !mkdtemp(g->part)) {
        g->part[0] = '\0';
        return err_system(e, "%s cannot be made", g->folder);
    }
    if (chmod(g->part, 0755) != 0)
        return err_system(e, "%s", g->part);
    if (!unpack_all(g, *fd, e) || !check(g, held, e) || !note_write(g->part, g->u, g->got, e) ||
        !sync_folder(g->part, e) || !switch_in(g, e))
        return false;
    return g->u->source->what == UPDATE_SIGMA || store_add(g, e);
}

bool update_run(const struct update *u, const struct update_state *held, struct update_state *got, bool *changed,
                struct err *e) {
    struct updating g = {.u = u, .got = got};
    char path[PATH_ROOM];
    int fd = -1, lock = -1;
    bool ok;

    *got = (struct update_state){.there = true};
    *e = (struct err){0};
    ok = join(g.folder, u->data, names[u->source->what].name, e) && join(path, u->data, S("lock"), e) &&
         folders_make(path, 1, e);
    if (ok &&
        ((lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0 || flock(lock, LOCK_EX | LOCK_NB)))
        ok = errno == EWOULDBLOCK
                 ? err_set(e, ERR_USAGE, 0, "another update writes to %s: try again when it has ended", u->data)
                 : err_system(e, "%s", path);
    ok = ok && run(&g, held, &fd, changed, e);
    if (g.part[0])
        folder_remove(g.part); /* what was not finished, or the older one */
    if (fd >= 0)
        close(fd);
    if (lock >= 0)
        close(lock);
    buf_free(&g.rules);
    return ok || err_wrap(e, "%.*s", STR_ARG(names[u->source->what].name));
}
