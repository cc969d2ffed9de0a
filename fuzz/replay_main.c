/* replay_main: runs a fuzz target over the files of a folder, with any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    DIR *const dir = argc == 2 ? opendir(argv[1]) : NULL;
    int count = 0;

    if (!dir) {
        fprintf(stderr, "no corpus at %s\n", argc == 2 ? argv[1] : "(none named)");
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        uint8_t *const bytes = malloc(1u << 20);
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (entry->d_name[0] != '.' && bytes && (file = fopen(path, "rb")) != NULL) {
            size_t const size = fread(bytes, 1, 1u << 20, file);

            LLVMFuzzerTestOneInput(bytes, size);
            fclose(file);
            count++;
        }
        free(bytes);
    }
    closedir(dir);
    printf("%d inputs replayed\n", count);
    return count == 0;
}
