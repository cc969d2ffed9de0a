/* archives: asks the manifest of each for the segments that are live. */
#include "cli/archives.h"

#include <unistd.h>

#include "archive/vault.h"
#include "cli/command.h"

#define PATHS_MEMORY ((size_t)8 << 30)

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the names of segments");
}

static bool room(struct archives *x, size_t more, struct err *e) {
    const char **const bigger = arena_alloc(x->a, (x->paths.count + more) * sizeof *bigger);

    if (!bigger)
        return no_memory(e);
    if (x->paths.count)
        memcpy(bigger, x->paths.items, x->paths.count * sizeof *bigger);
    x->paths.items = bigger;
    return true;
}

static bool segments_add(struct archives *x, const struct vault *v, const char *archive, struct err *e) {
    size_t const folder = strlen(archive);
    size_t count;
    const struct manifest_segment *const s = manifest_segments(vault_manifest(v), &count);

    if (!room(x, count + 1, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        char name[VAULT_NAME_MAX], *path;

        if (!manifest_live(&s[i]))
            continue;
        vault_segment_name(&s[i], name);
        size_t const size = folder + strlen(name) + 2;

        if (!(path = arena_bytes(x->a, size)))
            return no_memory(e);
        snprintf(path, size, "%s/%s", archive, name);
        x->paths.items[x->paths.count++] = path;
    }
    return true;
}

/* A folder that says of itself that it is one; whether that is true vault_open says. */
static bool is_archive(const char *path) {
    char name[4096];

    return (size_t)snprintf(name, sizeof name, "%s/" VAULT_MARK, path) < sizeof name && access(name, F_OK) == 0;
}

bool vault_unlock_wish(struct vault *v, const struct key_wish *wish, struct err *e) {
    struct custodian_keys keys = {.items = NULL};

    if (!vault_encrypted(v))
        return true;
    if (wish && !custodian_keys_open(&keys, wish, e))
        return false;
    struct vault_unlock const unlock = custodian_keys_unlock(&keys);
    bool const ok = vault_unlock(v, &unlock, e);

    custodian_keys_close(&keys);
    return ok;
}

static bool keys_add(struct archives *x, struct vault *v, const struct custodian_keys *keys, struct err *e) {
    if (!keys || !vault_encrypted(v))
        return true;
    struct vault_unlock const unlock = custodian_keys_unlock(keys);

    return vault_unlock(v, &unlock, e) && (x->keys || key_set_new(&x->keys, e)) &&
           key_set_join(x->keys, vault_keys(v), e);
}

static bool all_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                     const struct custodian_keys *keys, struct err *e) {
    if (!(out->a = arena_new(PATHS_MEMORY)))
        return no_memory(e);
    if (alone && !paths_exist(given, "archive", true, e))
        return false;
    for (size_t i = 0; i < given->count; i++) {
        struct vault *v = NULL;

        if (alone || is_archive(given->items[i])) {
            bool const ok = vault_open(&v, given->items[i], as_of, NULL, NULL, e) && keys_add(out, v, keys, e) &&
                            segments_add(out, v, given->items[i], e);

            vault_close(v);
            if (!ok)
                return false;
            out->any = true;
        } else {
            if (!room(out, 1, e))
                return false;
            out->paths.items[out->paths.count++] = given->items[i];
        }
    }
    return true;
}

bool archives_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                   const struct key_wish *wish, struct err *e) {
    struct custodian_keys keys = {.items = NULL};

    *out = (struct archives){.any = false};
    bool const ok =
        (!wish || custodian_keys_open(&keys, wish, e)) && all_open(out, given, as_of, alone, wish ? &keys : NULL, e);

    custodian_keys_close(&keys);
    return ok;
}

void archives_close(struct archives *x) {
    key_set_free(x->keys);
    arena_free(x->a);
}
