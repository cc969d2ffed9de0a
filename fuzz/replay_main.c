/* replay_main: hands every file of the named folders to a fuzz target, so that a corpus is an ordinary test. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>

#include "base/file.h"

#define INPUT_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool replay_file(const char *path) {
    struct buf bytes = {0};
    struct err e;
    uint8_t *exact;

    if (!file_read(path, INPUT_MAX, &bytes, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    /* A copy of just this size, so that a sanitizer sees the first byte read past it. Said before it runs: a crash
     * leaves the name of its input behind. */
    fprintf(stderr, "%s\n", path);
    if (!(exact = malloc(bytes.len ? bytes.len : 1)))
        abort();
    if (bytes.len)
        memcpy(exact, bytes.ptr, bytes.len);
    (void)LLVMFuzzerTestOneInput(exact, bytes.len);
    free(exact);
    buf_free(&bytes);
    return true;
}

/* Files replayed, or -1 when the folder or one of them could not be read. */
static int replay_folder(const char *folder) {
    struct dirent **entries;
    int const count = scandir(folder, &entries, NULL, by_name);
    int replayed = 0;

    if (count < 0) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return -1;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];

        if (replayed >= 0 && entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            replayed = replay_file(path) ? replayed + 1 : -1;
        }
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        int const replayed = replay_folder(argv[i]);

        if (replayed < 0)
            return 1;
        if (replayed == 0) {
            printf("SKIP: %s is empty\n", argv[i]);
            return 77; /* a target without corpus has shown nothing */
        }
        printf("%d inputs replayed\n", replayed);
    }
    return 0;
}
