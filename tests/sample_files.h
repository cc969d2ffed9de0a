/* sample_files: a file of a walk (nftw), out of its compression, for tests that read all samples. */
#ifndef TESTS_SAMPLE_FILES_H
#define TESTS_SAMPLE_FILES_H

#include <ftw.h>

#include "base/file.h"
#include "evidence/decompress.h"

static void sample_unpack(enum compression c, str in, size_t most, struct buf *out) {
    struct decompressor *const d = decompressor_new(c, (size_t)128 << 20);
    struct err e = {0};
    bool ended = false;

    assert_non_null(d);
    while (in.len && out->len < most) {
        char *const to = buf_reserve(out, 1 << 20);
        size_t written = 0;

        assert_non_null(to);
        bool const ok = decompress(d, &in, to, 1 << 20, &written, &ended, &e);

        out->len += written;
        if (!ok)
            break;
    }
    decompressor_free(d);
}

/* Hands its bytes over, if it is a file of so many bytes at most. For the callback of nftw to return. */
static int sample_file(const char *path, const struct stat *st, int what, size_t most,
                       void (*each)(const char *path, str bytes)) {
    struct buf bytes = {0}, unpacked = {0};
    struct err e = {0};

    if (what != FTW_F || st->st_size > (off_t)most)
        return 0;
    if (!file_read(path, most, &bytes, &e))
        fail_msg("%s", e.text);
    if (decompress_begins(COMPRESSION_GZIP, buf_str(&bytes)))
        sample_unpack(COMPRESSION_GZIP, buf_str(&bytes), most, &unpacked);
    else if (decompress_begins(COMPRESSION_ZSTD, buf_str(&bytes)))
        sample_unpack(COMPRESSION_ZSTD, buf_str(&bytes), most, &unpacked);
    each(path, unpacked.len ? buf_str(&unpacked) : buf_str(&bytes));
    buf_free(&bytes);
    buf_free(&unpacked);
    return 0;
}

#endif
