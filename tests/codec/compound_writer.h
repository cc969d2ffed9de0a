/* compound_writer: compound files ([MS-CFB]) of a few storages and streams, for tests: sectors of 512 bytes, one table of sectors. */
#ifndef TESTS_COMPOUND_WRITER_H
#define TESTS_COMPOUND_WRITER_H

#include "base/buf.h"

#define WRITER_ENTRIES 64

/* A member: its name, the number of its storage (0: the root), and a stream's bytes; data.ptr NULL: it is a storage. The first is 1. */
struct member {
    const char *name;
    unsigned in;
    str data;
};

__attribute__((unused)) static void put32(struct buf *b, size_t at, uint32_t n) {
    memcpy(b->ptr + at, &n, sizeof n);
}

__attribute__((unused)) static void pad(struct buf *b, size_t to, char with) {
    while (b->len % to)
        buf_byte(b, with);
}

/* Sectors: 0 the FAT, 1.. the directory, then the table of small sectors, then all else. class: of the root, 16 bytes. */
__attribute__((unused)) static void compound_write(struct buf *out, const struct member *members, unsigned count,
                                                   str class) {
    static uint32_t fat[128], small[128 * 8];
    uint32_t start[WRITER_ENTRIES + 1] = {0}, directory, sectors, small_count = 0, first_small;
    struct buf mini = {0}, body = {0};

    memset(fat, 0xff, sizeof fat);
    memset(small, 0xff, sizeof small);
    fat[0] = 0xfffffffd;
    directory = (count + 1 + 3) / 4;
    for (uint32_t i = 1; i <= directory; i++)
        fat[i] = i == directory ? 0xfffffffe : i + 1;
    sectors = 1 + directory + 2; /* two for the table of small sectors */
    fat[directory + 1] = directory + 2;
    fat[directory + 2] = 0xfffffffe;
    for (unsigned i = 0; i < count; i++) {
        size_t const len = members[i].data.len;

        if (!members[i].data.ptr)
            continue;
        if (len < 4096) {
            uint32_t const n = (uint32_t)(len + 63) / 64;

            start[i + 1] = n ? small_count : 0xfffffffe;
            for (uint32_t k = 0; k < n; k++, small_count++)
                small[small_count] = k + 1 == n ? 0xfffffffe : small_count + 1;
            buf_add(&mini, members[i].data);
            pad(&mini, 64, '\0');
        } else {
            uint32_t const n = (uint32_t)(len + 511) / 512;

            start[i + 1] = sectors;
            for (uint32_t k = 0; k < n; k++, sectors++)
                fat[sectors] = k + 1 == n ? 0xfffffffe : sectors + 1;
            buf_add(&body, members[i].data);
            pad(&body, 512, '\0');
        }
    }
    first_small = sectors;
    size_t const mini_len = mini.len;

    pad(&mini, 512, '\0');
    for (uint32_t k = 0; k < mini.len / 512; k++, sectors++)
        fat[sectors] = k + 1 == mini.len / 512 ? 0xfffffffe : sectors + 1;
    out->len = 0;
    buf_add(out, S("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
    while (out->len < 512)
        buf_byte(out, out->len < 76 ? '\0' : '\xff');
    put32(out, 24, 0x0003003e);
    put32(out, 28, 0x0009fffe); /* byte order, sectors of 2^9 */
    put32(out, 32, 6);
    put32(out, 44, 1);
    put32(out, 48, 1);
    put32(out, 56, 4096);
    put32(out, 60, directory + 1);
    put32(out, 64, 2);
    put32(out, 68, 0xfffffffe);
    put32(out, 76, 0);
    buf_add(out, (str){(const char *)fat, 512});
    for (unsigned i = 0; i <= count || i % 4; i++) {
        size_t const at = out->len;
        const char *const name = i > count ? "" : i == 0 ? "Root Entry" : members[i - 1].name;
        uint32_t child = 0xffffffff, right = 0xffffffff;

        for (unsigned k = count; i <= count && k > 0; k--) {
            if (members[k - 1].in == i && (i == 0 || !members[i - 1].data.ptr))
                child = k;
            if (i > 0 && k > i && members[k - 1].in == members[i - 1].in)
                right = k;
        }
        for (size_t k = 0; k < 128; k++)
            buf_byte(out, '\0');
        for (size_t k = 0; name[k]; k++)
            out->ptr[at + 2 * k] = name[k];
        out->ptr[at + 64] = (char)(i > count ? 0 : 2 * strlen(name) + 2);
        out->ptr[at + 66] = (char)(i > count ? 0 : i == 0 ? 5 : members[i - 1].data.ptr ? 2 : 1);
        put32(out, at + 68, 0xffffffff);
        put32(out, at + 72, right);
        put32(out, at + 76, child);
        if (i == 0)
            memcpy(out->ptr + at + 80, class.ptr, class.len);
        put32(out, at + 116, i > count ? 0 : i == 0 ? mini_len ? first_small : 0xfffffffe : start[i]);
        put32(out, at + 120, (uint32_t)(i > count ? 0 : i == 0 ? mini_len : members[i - 1].data.len));
    }
    buf_add(out, (str){(const char *)small, 1024});
    buf_add(out, buf_str(&body));
    buf_add(out, buf_str(&mini));
    buf_free(&mini);
    buf_free(&body);
}

#endif
