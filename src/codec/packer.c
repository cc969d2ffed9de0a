/* packer: a program of the build, no part of the product: the trees of one YAML file as bytes (codec/yaml_pack.h), to standard
 * output. So the product takes over what it was built with, and reads no YAML to start. */
#include <stdio.h>

#include "base/file.h"
#include "codec/yaml_pack.h"

static bool pack(const char *path, struct buf *text, struct buf *bytes, struct arena *a, struct err *e) {
    struct yaml_node **documents;
    size_t count;

    if (!file_read(path, YAML_BYTES_MAX, text, e))
        return false;
    if (!yaml_read(buf_str(text), a, &documents, &count, e))
        return err_wrap(e, "%s", path);
    return yaml_pack(documents, count, arena_used(a), bytes) || err_set(e, ERR_LIMIT, 0, "%s: no room for it", path);
}

int main(int argc, char **argv) {
    struct arena *const a = arena_new(SIZE_MAX);
    struct buf text = {0}, bytes = {0};
    struct err e = {0};
    bool ok;

    if (argc != 2)
        ok = err_set(&e, ERR_USAGE, 0, "usage: packer FILE.yml");
    else if (!a)
        ok = err_set(&e, ERR_MEMORY, 0, "no memory");
    else
        ok = pack(argv[1], &text, &bytes, a, &e);
    if (ok && (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len || fflush(stdout)))
        ok = err_system(&e, "standard output");
    if (!ok)
        fprintf(stderr, "%s\n", e.text);
    buf_free(&text);
    buf_free(&bytes);
    arena_free(a);
    return !ok;
}
