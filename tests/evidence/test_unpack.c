/* test_unpack: containers of every kind, sound, nested, hostile and cut anywhere: what came out, byte for byte, and what is
 * told of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <sys/wait.h>
#include <unistd.h>

#include "containers.h"

#include "../refuse.h"

#define HELLO STR("hello world\n")

static const struct packed two[] = {{.name = "a/b.txt", .bytes = HELLO}, {.name = "c", .bytes = STR("second")}};

/* ---- what the cases are made of ---- */

static void pack(struct buf *b, const char *format, const char *options, const char *password,
                 const struct packed *members, size_t count) {
    if (!pack_archive(b, format, options, password, members, count))
        fail_msg("libarchive could not write %s", format);
}

/* The bytes in b as a stream of c, or as member `name` of an archive, instead of b. */
static void wrap_stream(struct buf *b, enum compression c) {
    struct buf out = {0};

    pack_stream(&out, c, buf_str(b));
    buf_free(b);
    *b = out;
}

static void wrap_archive(struct buf *b, const char *format, const char *name) {
    struct packed const m = {.name = name, .bytes = buf_str(b)};
    struct buf out = {0};

    pack(&out, format, NULL, NULL, &m, 1);
    buf_free(b);
    *b = out;
}

static void gzip(struct buf *b) {
    pack_stream(b, COMPRESSION_GZIP, S("hello world\n"));
}
static void zstd(struct buf *b) {
    pack_stream(b, COMPRESSION_ZSTD, S("hello world\n"));
}
static void xz(struct buf *b) {
    pack_stream(b, COMPRESSION_XZ, S("hello world\n"));
}
static void bzip2(struct buf *b) {
    pack_stream(b, COMPRESSION_BZIP2, S("hello world\n"));
}
static void empty_streams(struct buf *b) {
    pack_stream(b, COMPRESSION_GZIP, S(""));
}
static void ustar(struct buf *b) {
    pack(b, "ustar", NULL, NULL, two, 2);
}
static void pax(struct buf *b) {
    pack(b, "pax", NULL, NULL, two, 2);
}
static void zip(struct buf *b) {
    pack(b, "zip", NULL, NULL, two, 2);
}
static void zip_stored(struct buf *b) {
    pack(b, "zip", "zip:compression=store", NULL, two, 2);
}
static void seven_zip(struct buf *b) {
    pack(b, "7zip", NULL, NULL, two, 2);
}
static void seven_zip_stored(struct buf *b) {
    pack(b, "7zip", "7zip:compression=store", NULL, two, 2);
}
static void empty_zip(struct buf *b) {
    pack(b, "zip", NULL, NULL, NULL, 0);
}

static const struct packed mixed[] = {
    {.name = "dir/", .type = AE_IFDIR},   {.name = "none"},
    {.name = "a", .bytes = STR("first")}, {.name = "soft", .type = AE_IFLNK, .link = "/etc/passwd"},
    {.name = "a", .bytes = STR("again")},
};
static void mixed_tar(struct buf *b) {
    pack(b, "ustar", NULL, NULL, mixed, COUNT(mixed));
}
static void mixed_zip(struct buf *b) {
    pack(b, "zip", NULL, NULL, mixed, COUNT(mixed));
}
static void mixed_7z(struct buf *b) {
    pack(b, "7zip", NULL, NULL, mixed, COUNT(mixed));
}
static void special_tar(struct buf *b) {
    static const struct packed members[] = {{.name = "a", .bytes = HELLO},
                                            {.name = "hard", .link = "a", .hard = true},
                                            {.name = "fifo", .type = AE_IFIFO},
                                            {.name = "device", .type = AE_IFCHR}};

    pack(b, "pax", NULL, NULL, members, COUNT(members));
}
/* A header of ustar with its sum, and the bytes up to the next block. */
static void tar_by_hand(struct buf *b, const char *name, char type, str bytes) {
    char h[512] = {0};
    unsigned sum = 0;

    snprintf(h, 100, "%s", name);
    snprintf(h + 100, 8, "0000644");
    snprintf(h + 124, 12, "%011zo", bytes.len);
    snprintf(h + 136, 12, "00000000000");
    memset(h + 148, ' ', 8);
    h[156] = type;
    if (type == '1')
        snprintf(h + 157, 100, "a");
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof h; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    buf_add(b, (str){h, sizeof h});
    buf_add(b, bytes);
    while (b->len % sizeof h)
        buf_byte(b, 0);
}
static void tar_folder_with_bytes(struct buf *b) { /* POSIX gives it none: its blocks are no header */
    tar_by_hand(b, "a", '0', S("hello"));
    tar_by_hand(b, "folder", '5', S("hidden"));
    tar_by_hand(b, "c", '0', S("last"));
    while (b->len < 4096)
        buf_byte(b, 0);
}
static void tar_hard_link_with_bytes(struct buf *b) { /* pax lets it have some */
    tar_by_hand(b, "a", '0', S("hello"));
    tar_by_hand(b, "x", 'x', S("13 path=hard\n"));
    tar_by_hand(b, "hard", '1', S("again"));
    while (b->len < 4096)
        buf_byte(b, 0);
}
static void names_of(struct buf *b, const char *format, bool utf8_only) {
    static char long_name[3001];
    static const struct packed members[] = {
        {.name = "../../etc/passwd", .bytes = STR("1")},
        {.name = "/abs", .bytes = STR("2")},
        {.name = "e\x1b[2J\n", .bytes = STR("3")},
        {.name = "\xc3\xa4\xe6\x97\xa5", .bytes = STR("4")},
        {.name = "a!b", .bytes = STR("5")},
        {.name = long_name, .bytes = STR("6")},
        {.name = "x\xff\xc3y", .bytes = STR("7")},
    };

    memset(long_name, 'n', 3000);
    pack(b, format, NULL, NULL, members, COUNT(members) - utf8_only);
}
static void names_tar(struct buf *b) {
    names_of(b, "gnutar", false);
}
static void names_zip(struct buf *b) {
    names_of(b, "zip", true);
}
static void names_7z(struct buf *b) {
    names_of(b, "7zip", true);
}

/* By hand: a local header, its member, the directory, the end (APPNOTE 4.3). Sizes and checksum as stated. */
static void zip_by_hand(struct buf *b, str name, str bytes, uint32_t stated_size, uint32_t crc, uint16_t flags) {
    size_t const start = b->len;
    struct buf common = {0};

    put_le(&common, 20, 2);
    put_le(&common, flags, 2);
    put_le(&common, 0, 6); /* stored; time and date */
    put_le(&common, crc, 4);
    put_le(&common, bytes.len, 4);
    put_le(&common, stated_size, 4);
    put_le(&common, name.len, 2);
    put_le(&common, 0, 2);
    buf_add(b, S("PK\3\4"));
    buf_add(b, buf_str(&common));
    buf_add(b, name);
    buf_add(b, bytes);
    size_t const directory = b->len;

    buf_add(b, S("PK\1\2\24\0"));
    buf_add(b, buf_str(&common));
    put_le(b, 0, 10);
    put_le(b, start, 4);
    buf_add(b, name);
    size_t const end = b->len;

    buf_add(b, S("PK\5\6\0\0\0\0\1\0\1\0"));
    put_le(b, end - directory, 4);
    put_le(b, directory, 4);
    put_le(b, 0, 2);
    buf_free(&common);
}

static uint32_t crc_of(str s) {
    return (uint32_t)crc32(0, (const Bytef *)s.ptr, (uInt)s.len);
}
static void zip_sound(struct buf *b) {
    zip_by_hand(b, S("log"), S("hello"), 5, crc_of(S("hello")), 0);
}
static void zip_wrong_crc(struct buf *b) {
    zip_by_hand(b, S("log"), S("hello"), 5, 0x12345678, 0);
}
static void zip_wrong_size(struct buf *b) {
    zip_by_hand(b, S("log"), S("hello"), 9, crc_of(S("hello")), 0);
}
static void zip_name_nul(struct buf *b) {
    zip_by_hand(b, S("log\0.exe"), S("hello"), 5, crc_of(S("hello")), 0);
}
static void zip_name_bytes(struct buf *b) { /* CP437, as DOS wrote it */
    zip_by_hand(b, S("\x84.log"), S("hello"), 5, crc_of(S("hello")), 0);
}
static void zip_name_none(struct buf *b) {
    zip_by_hand(b, S(""), S("hello"), 5, crc_of(S("hello")), 0);
}
static void zip_name_false(struct buf *b) { /* says it is UTF-8, and is not */
    zip_by_hand(b, S("\xff.log"), S("hello"), 5, crc_of(S("hello")), 0x800);
}
static void zip_folder_with_bytes(struct buf *b) {
    zip_by_hand(b, S("log/"), S("hello"), 5, crc_of(S("hello")), 0);
}
static void zip_two(struct buf *b) {
    zip_sound(b);
    zip_by_hand(b, S("b"), S("other"), 5, crc_of(S("other")), 0);
}
static void zip_garbage(struct buf *b) {
    zip_sound(b);
    buf_add(b, S("garbage"));
}
static void zip_comment(struct buf *b) {
    zip_sound(b);
    b->ptr[b->len - 2] = 7;
    buf_add(b, S("comment"));
}
static void zip_hidden(struct buf *b) { /* a member whose directory was cut out, between what is left */
    struct buf one = {0};

    zip_sound(&one);
    size_t const hidden = 30 + 3 + 5, directory = 46 + 3;

    buf_add(b, str_first(buf_str(&one), hidden)); /* named by the directory */
    buf_add(b, str_first(buf_str(&one), hidden)); /* not */
    buf_add(b, str_first(str_from(buf_str(&one), hidden), directory));
    buf_add(b, str_from(buf_str(&one), hidden + directory));
    b->ptr[b->len - 6] = (char)(2 * hidden);
    buf_free(&one);
}
static void zip_zipcrypt(struct buf *b) {
    pack(b, "zip", "zip:encryption=zipcrypt", "secret", two, 2);
}
static void zip_some_encrypted(struct buf *b) { /* the flag of the second, in its local header and in the directory */
    static const struct packed three[] = {{.name = "a", .bytes = STR("first")},
                                          {.name = "b", .bytes = STR("hidden")},
                                          {.name = "c", .bytes = STR("last")}};

    pack(b, "zip", "zip:compression=store", NULL, three, 3);
    for (size_t at = 0; at + 4 < b->len; at++)
        if (memcmp(b->ptr + at, "PK\3\4", 4) == 0 && memcmp(b->ptr + at + 30, "b", 1) == 0)
            b->ptr[at + 6] |= 1;
        else if (memcmp(b->ptr + at, "PK\1\2", 4) == 0 && memcmp(b->ptr + at + 46, "b", 1) == 0)
            b->ptr[at + 8] |= 1;
}
static void zip_aes(struct buf *b) {
    pack(b, "zip", "zip:encryption=aes256", "secret", two, 2);
}
#define AES S("\x24\x06\xf1\x07\x01\x02\x13\x00") /* 7zAES, two bytes of properties */
static void seven_zip_by_hand(struct buf *b) {
    pack_7z(b, S("\x01\x00"), S("0123456789abcdef"), "log", false);
}
static void seven_zip_aes(struct buf *b) {
    pack_7z(b, AES, S("0123456789abcdef"), "log", false);
}
static void seven_zip_aes_header(struct buf *b) {
    pack_7z(b, AES, S("0123456789abcdef"), "log", true);
}
static void seven_zip_garbage(struct buf *b) {
    seven_zip_by_hand(b);
    buf_add(b, S("garbage"));
}
static void gzip_twice(struct buf *b) {
    gzip(b);
    gzip(b);
}
static void zstd_twice(struct buf *b) {
    zstd(b);
    buf_add(b, S("\x53\x2a\x4d\x18\3\0\0\0abc")); /* a frame to be skipped (RFC 8878 3.1.2) */
    zstd(b);
}
static void xz_twice(struct buf *b) {
    xz(b);
    put_le(b, 0, 8); /* stream padding */
    xz(b);
}
static void bzip2_twice(struct buf *b) {
    bzip2(b);
    bzip2(b);
}
static void gzip_garbage(struct buf *b) {
    gzip(b);
    buf_add(b, S("garbage"));
}
static void gzip_zeros(struct buf *b) {
    gzip(b);
    put_le(b, 0, 100);
}
static void gzip_checksum(struct buf *b) {
    gzip(b);
    b->ptr[b->len - 8] ^= 1;
}
static void gzip_then_damaged(struct buf *b) {
    gzip(b);
    gzip_checksum(b);
}
static void gzip_named(struct buf *b, str name) {
    gzip(b);
    struct buf out = {0};

    buf_add(&out, str_first(buf_str(b), 10));
    out.ptr[3] = 8;
    buf_add(&out, name);
    buf_add(&out, str_from(buf_str(b), 10));
    buf_free(b);
    *b = out;
}
static void gzip_name(struct buf *b) {
    gzip_named(b, S("logs/security.json\0"));
}
static void gzip_name_up(struct buf *b) {
    gzip_named(b, S("../../x\x1b\xff\0"));
}
static void tar_twice(struct buf *b) {
    ustar(b);
    ustar(b);
}
static void tar_garbage(struct buf *b) {
    ustar(b);
    for (size_t i = 0; i < 1300; i++)
        buf_byte(b, 'g');
}
static void tar_header_damaged(struct buf *b) { /* of the first: the second is found behind its bytes */
    struct buf one = {0};
    static const struct packed three[] = {
        {.name = "z", .bytes = STR("zero")}, {.name = "a", .bytes = HELLO}, {.name = "c", .bytes = STR("second")}};

    pack(&one, "ustar", NULL, NULL, three, 3);
    memset(one.ptr + 1024, 'g', 600);
    buf_add(b, buf_str(&one));
    buf_free(&one);
}
static void tar_open(struct buf *b) { /* some writers leave the blocks of zeros out */
    ustar(b);
    b->len -= 1024;
}
static const char sparse_tail[3004] = {[3000] = 't', 'a', 'i', 'l'}, sparse_head[3000] = {'h', 'e', 'a', 'd'};
static void sparse(struct buf *b) {
    static const struct packed m = {.name = "sparse", .bytes = STR("tail"), .hole = 3000};

    pack(b, "pax", NULL, NULL, &m, 1);
}
static void sparse_end(struct buf *b) { /* GNU's old form: a hole at the end */
    static const struct packed m = {.name = "sparse", .bytes = STR("head")};

    pack(b, "gnutar", NULL, NULL, &m, 1);
    b->ptr[156] = 'S';
    memcpy(b->ptr + 386,
           "00000000000\0"
           "00000000004\0",
           24);                                /* one piece: 4 bytes at 0 */
    memcpy(b->ptr + 483, "00000005670\0", 12); /* of 3000 bytes */
    memset(b->ptr + 148, ' ', 8);
    unsigned sum = 0;

    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)b->ptr[i];
    snprintf(b->ptr + 148, 8, "%06o", sum);
}
static void gzip_in_tar(struct buf *b) {
    gzip(b);
    wrap_archive(b, "ustar", "x.json.gz");
}
static void tar_in_zstd(struct buf *b) {
    ustar(b);
    wrap_stream(b, COMPRESSION_ZSTD);
}
static void zip_in_zip(struct buf *b) {
    zip(b);
    wrap_archive(b, "zip", "inner.zip");
}
static void seven_zip_in_bzip2(struct buf *b) {
    seven_zip(b);
    wrap_stream(b, COMPRESSION_BZIP2);
}
static void every_container(struct buf *b) { /* 7z in zip in xz in tar: four */
    seven_zip(b);
    wrap_archive(b, "zip", "d");
    wrap_stream(b, COMPRESSION_XZ);
    wrap_archive(b, "ustar", "b");
}
static void five_deep(struct buf *b) {
    gzip(b);
    for (int i = 0; i < 4; i++)
        wrap_stream(b, COMPRESSION_GZIP);
}
static void broken_in_sound(struct buf *b) { /* the inner one breaks off; the outer one goes on */
    struct buf inner = {0};

    gzip(&inner);
    struct packed const members[] = {{.name = "cut.gz", .bytes = str_first(buf_str(&inner), inner.len - 9)},
                                     {.name = "z", .bytes = STR("end")}};

    pack(b, "ustar", NULL, NULL, members, 2);
    buf_free(&inner);
}
static void nobody(struct buf *b) {
    buf_add(b, S("just text, no container"));
}

#define TOLD_TWO "o!a/b.txt: 12 bytes\no!c: 6 bytes\n"
#define BYTES_TWO STR("hello world\nsecond")
#define ENCRYPTED ": encrypted: unpack it with its password and hand in what comes out\n"
#define N100 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N1000 N100 N100 N100 N100 N100 N100 N100 N100 N100 N100
#define NAMES                                                                                                          \
    "o!../../etc/passwd: 1 bytes\no!/abs: 1 bytes\no!e\xef\xbf\xbd[2J\xef\xbf\xbd: 1 bytes\no!\xc3\xa4\xe6\x97\xa5: "  \
    "1 bytes\n"                                                                                                        \
    "o!a!b: 1 bytes\no!" N1000 N1000 N1000 ": 1 bytes\n"

static const struct {
    const char *name;
    void (*make)(struct buf *b);
    const char *told;
    str bytes;
} cases[] = {
    {"no container", nobody, "", STR("just text, no container")},
    {"gzip", gzip, "o!o: 12 bytes\n", HELLO},
    {"zstd", zstd, "o!o: 12 bytes\n", HELLO},
    {"xz", xz, "o!o: 12 bytes\n", HELLO},
    {"bzip2", bzip2, "o!o: 12 bytes\n", HELLO},
    {"nothing in gzip", empty_streams, "o!o: 0 bytes\n", STR("")},
    {"tar", ustar, TOLD_TWO, BYTES_TWO},
    {"tar of pax", pax, TOLD_TWO, BYTES_TWO},
    {"zip", zip, TOLD_TWO, BYTES_TWO},
    {"zip, stored", zip_stored, TOLD_TWO, BYTES_TWO},
    {"zip by hand", zip_sound, "o!log: 5 bytes\n", STR("hello")},
    {"zip with a comment", zip_comment, "o!log: 5 bytes\n", STR("hello")},
    {"7z", seven_zip, TOLD_TWO, BYTES_TWO},
    {"7z, stored", seven_zip_stored, TOLD_TWO, BYTES_TWO},
    {"7z by hand", seven_zip_by_hand, "o!log: 16 bytes\n", STR("0123456789abcdef")},
    {"zip without members", empty_zip, "", STR("")},

    {"tar of folder, link, nothing, one name twice", mixed_tar, "o!none: 0 bytes\no!a: 5 bytes\no!a: 5 bytes\n",
     STR("firstagain")},
    {"zip of the same", mixed_zip, "o!none: 0 bytes\no!a: 5 bytes\no!a: 5 bytes\n", STR("firstagain")},
    {"7z of the same, which puts the empty last", mixed_7z, "o!a: 5 bytes\no!a: 5 bytes\no!none: 0 bytes\n",
     STR("firstagain")},
    {"tar of hard link, pipe, device", special_tar, "o!a: 12 bytes\n", HELLO},

    {"tar, bytes of a folder", tar_folder_with_bytes,
     "o!a: 5 bytes\no at 1536+512: damaged, or no part of the archive\no!c: 4 bytes\n", STR("hellolast")},
    {"tar, bytes of a hard link", tar_hard_link_with_bytes, "o!a: 5 bytes\no!hard: 5 bytes\n", STR("helloagain")},

    {"hostile names in tar", names_tar, NAMES "o!x\xef\xbf\xbd\xef\xbf\xbdy: 1 bytes\n", STR("1234567")},
    {"hostile names in zip", names_zip, NAMES, STR("123456")},
    {"hostile names in 7z", names_7z, NAMES, STR("123456")},
    {"a name with NUL", zip_name_nul, "o!log: 5 bytes\n", STR("hello")},
    {"a name that is no UTF-8", zip_name_bytes, "o!\xef\xbf\xbd.log: 5 bytes\n", STR("hello")},
    {"a name that says it is UTF-8", zip_name_false, "o!(no name): 5 bytes\n", STR("hello")},
    {"no name", zip_name_none, "o!(no name): 5 bytes\n", STR("hello")},
    {"bytes of a folder", zip_folder_with_bytes,
     "o!log/: 0 bytes\no at 34+5: bytes that belong to no file of the archive\n", STR("")},
    {"gzip's own name", gzip_name, "o!security.json: 12 bytes\n", HELLO},
    {"gzip's own name, upwards", gzip_name_up, "o!x\xef\xbf\xbd\xef\xbf\xbd: 12 bytes\n", HELLO},

    {"zip, encrypted the old way", zip_zipcrypt, "o!a/b.txt at 0+12" ENCRYPTED "o!c at 0+6" ENCRYPTED, STR("")},
    {"zip, one of three encrypted", zip_some_encrypted, "o!a: 5 bytes\no!b at 0+6" ENCRYPTED "o!c: 4 bytes\n",
     STR("firstlast")},
    {"zip, encrypted by AES", zip_aes, "o!a/b.txt at 0+12" ENCRYPTED "o!c at 0+6" ENCRYPTED, STR("")},
    {"7z, encrypted", seven_zip_aes, "o!log at 0+16" ENCRYPTED, STR("")},
    {"7z, names encrypted too", seven_zip_aes_header,
     "o at 72+0: The archive header is encrypted, but currently not supported\n", STR("")},

    {"gzip, two members", gzip_twice, "o!o: 24 bytes\n", STR("hello world\nhello world\n")},
    {"zstd, three frames, one to skip", zstd_twice, "o!o: 24 bytes\n", STR("hello world\nhello world\n")},
    {"xz, two streams, padded", xz_twice, "o!o: 24 bytes\n", STR("hello world\nhello world\n")},
    {"bzip2, two streams", bzip2_twice, "o!o: 24 bytes\n", STR("hello world\nhello world\n")},
    {"gzip, bytes behind", gzip_garbage, "o at 32+7: bytes behind the end of what is packed\no!o: 12 bytes broken\n",
     HELLO},
    {"gzip, zeros behind", gzip_zeros, "o!o: 12 bytes\n", HELLO},
    {"gzip, wrong checksum", gzip_checksum, "o at 28+4: compressed data are damaged\no!o: 12 bytes broken\n", HELLO},
    {"gzip, the second wrong", gzip_then_damaged, "o at 60+4: compressed data are damaged\no!o: 24 bytes broken\n",
     STR("hello world\nhello world\n")},
    {"tar, two in one", tar_twice, TOLD_TWO TOLD_TWO, STR("hello world\nsecondhello world\nsecond")},
    {"tar, bytes behind", tar_garbage,
     TOLD_TWO "o at 3072+1300: damaged, or no part of the archive\no at 4096+0: Truncated tar archive\n", BYTES_TWO},
    {"tar, a header damaged", tar_header_damaged,
     "o!z: 4 bytes\no at 1024+1024: damaged, or no part of the archive\no!c: 6 bytes\n", STR("zerosecond")},
    {"tar without its end", tar_open, TOLD_TWO "o at 2048+0: breaks off: the blocks that end an archive are missing\n",
     BYTES_TWO},
    {"7z, bytes behind", seven_zip_garbage, "o!log: 16 bytes\no at 84+7: bytes behind the end of the archive\n",
     STR("0123456789abcdef")},
    {"zip, bytes behind", zip_garbage, "o!log: 5 bytes\no at 109+7: bytes behind the end of the archive\n",
     STR("hello")},
    {"zip, another in front", zip_two, "o!b: 5 bytes\no at 0+140: bytes that belong to no file of the archive\n",
     STR("other")},
    {"zip, a member that is not in the directory", zip_hidden,
     "o!log: 5 bytes\no at 38+38: bytes that belong to no file of the archive\n", STR("hello")},
    {"sparse tar", sparse, "o!sparse: 3004 bytes\n", {sparse_tail, 3004}},
    {"sparse tar, a hole at the end", sparse_end, "o!sparse: 3000 bytes\n", {sparse_head, 3000}},
    {"zip, wrong checksum", zip_wrong_crc,
     "o!log at 5+0: ZIP bad CRC: 0x3610a686 should be 0x12345678 (byte 38 of the archive)\no!log: 5 bytes broken\n",
     STR("hello")},
    {"zip, wrong size", zip_wrong_size,
     "o!log at 5+0: ZIP uncompressed data is wrong size (read 5, expected 9) (byte 38 of the archive)\no!log: 5 bytes "
     "broken\n",
     STR("hello")},

    {"gzip in tar", gzip_in_tar, "o!x.json.gz!x.json: 12 bytes\no!x.json.gz: gzip\n", HELLO},
    {"tar in zstd", tar_in_zstd, "o!o!a/b.txt: 12 bytes\no!o!c: 6 bytes\no!o: tar\n", BYTES_TWO},
    {"zip in zip", zip_in_zip, "o!inner.zip!a/b.txt: 12 bytes\no!inner.zip!c: 6 bytes\no!inner.zip: zip\n", BYTES_TWO},
    {"7z in bzip2", seven_zip_in_bzip2, "o!o!a/b.txt: 12 bytes\no!o!c: 6 bytes\no!o: 7z\n", BYTES_TWO},
    {"7z in zip in xz in tar", every_container,
     "o!b!b!d!a/b.txt: 12 bytes\no!b!b!d!c: 6 bytes\no!b!b!d: 7z\no!b!b: zip\no!b: xz\n", BYTES_TWO},
    {"a cut gzip in a sound tar", broken_in_sound,
     "o!cut.gz at 23+0: breaks off\no!cut.gz!cut: 12 bytes broken\no!cut.gz: gzip\no!z: 3 bytes\n",
     STR("hello world\nend")},
};

static bool same(const char *name, struct told *t, const char *told, str bytes) {
    if (str_eq(buf_str(&t->text), str_of(told)) && str_eq(buf_str(&t->bytes), bytes))
        return true;
    print_error("%s:\n%.*swanted\n%s[%.*s]\n", name, STR_ARG(buf_str(&t->text)), told, STR_ARG(buf_str(&t->bytes)));
    return false;
}

static void every_case(void **state) {
    size_t wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};
        struct told t;
        struct err e = {0};

        cases[i].make(&b);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        told_init(&t);
        if (!told_unpack(&t, &in, "o", &unpack_limits_usual, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        wrong += !same(cases[i].name, &t, cases[i].told, cases[i].bytes);
        told_free(&t);
        buf_free(&b);
    }
    assert_int_equal(wrong, 0);
}

/* ---- by content ---- */

static void told_by_content(void **state) {
    static const struct {
        const char *name;
        str head;
        const char *container;
    } heads[] = {
        {"nothing", STR(""), NULL},
        {"gzip", STR("\x1f\x8b\x08\x00\x00\x00"), "gzip"},
        {"gzip, a reserved flag", STR("\x1f\x8b\x08\x20\x00\x00"), NULL},
        {"gzip, another method", STR("\x1f\x8b\x07\x00\x00\x00"), NULL},
        {"compress", STR("\x1f\x9d\x90\x00\x00\x00"), NULL},
        {"zstd", STR("\x28\xb5\x2f\xfd"), "zstd"},
        {"zstd, a frame to skip", STR("\x5f\x2a\x4d\x18"), "zstd"},
        {"zstd, cut", STR("\x28\xb5\x2f"), NULL},
        {"xz",
         STR("\xfd"
             "7zXZ\0"),
         "xz"},
        {"bzip2", STR("BZh91AY&SY"), "bzip2"},
        {"bzip2, empty", STR("BZh1\x17\x72\x45\x38\x50\x90"), "bzip2"},
        {"text of BZh", STR("BZh9 is how"), NULL},
        {"bzip2, block of 0", STR("BZh01AY&SY"), NULL},
        {"zip", STR("PK\3\4"), "zip"},
        {"zip, empty", STR("PK\5\6"), "zip"},
        {"zip, of several volumes", STR("PK\7\10PK\3\4"), "zip"},
        {"zip, a directory only", STR("PK\1\2"), NULL},
        {"7z", STR("7z\xbc\xaf\x27\x1c"), "7z"},
        {"text of 7z", STR("7z is a container"), NULL},
    };
    char zeros[1024] = {0};
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(heads); i++) {
        const char *const got = unpack_container(heads[i].head);

        if ((got == NULL) != (heads[i].container == NULL) || (got && strcmp(got, heads[i].container) != 0))
            fail_msg("%s: %s", heads[i].name, got ? got : "nobody's");
    }
    assert_null(unpack_container((str){zeros, sizeof zeros})); /* a tar without members: nothing tells it from zeros */
    ustar(&b);
    assert_string_equal(unpack_container(buf_str(&b)), "tar");
    assert_null(unpack_container(str_first(buf_str(&b), 511)));
    b.ptr[0] ^= 1; /* the sum of the header */
    assert_null(unpack_container(buf_str(&b)));
    buf_free(&b);
}

/* ---- bounds ---- */

static void depth_of(unsigned depth, const char *told, size_t layers_left) {
    struct unpack_limits limits = unpack_limits_usual;
    struct buf b = {0}, inner = {0};
    struct told t;
    struct err e = {0};

    gzip(&inner);
    for (size_t i = 1; i < layers_left; i++)
        wrap_stream(&inner, COMPRESSION_GZIP);
    five_deep(&b);
    struct bytes_input in = bytes_input_of(buf_str(&b));

    limits.depth_max = depth;
    told_init(&t);
    assert_true(told_unpack(&t, &in, "o", &limits, &e));
    assert_true(same("depth", &t, told, layers_left ? buf_str(&inner) : S("hello world\n")));
    told_free(&t);
    buf_free(&inner);
    buf_free(&b);
}

/* What lies deeper is a leaf as it is: nothing in it is opened, nothing of it is lost. */
static void bound_of_depth(void **state) {
    struct buf b = {0};
    (void)state;

    five_deep(&b);
    buf_free(&b);
    depth_of(5, "o!o!o!o!o!o: 12 bytes\no!o!o!o!o: gzip\no!o!o!o: gzip\no!o!o: gzip\no!o: gzip\n", 0);
    depth_of(4, "o!o!o!o!o: 32 bytes\no!o!o!o: gzip\no!o!o: gzip\no!o: gzip\n", 1);
    depth_of(0, "", 5);
    assert_int_equal(unpack_limits_usual.depth_max, 4);
}

static void zeros_in(struct buf *b, enum compression c, size_t size) {
    char *const zeros = calloc(1, size);

    assert_non_null(zeros);
    pack_stream(b, c, (str){zeros, size});
    free(zeros);
}

/* A piece of 256 KiB may go beyond a bound; nothing more. */
static void bound_of_bytes(void **state) {
    static const struct {
        const char *name;
        uint64_t bytes_max, ratio_max, ratio_from;
        bool told;
    } bounds[] = {
        {"as many as there are", 4 << 20, 1, UINT64_MAX, false},
        {"a byte less", (4 << 20) - 1, 1, UINT64_MAX, true},
        {"one megabyte", 1 << 20, 1, UINT64_MAX, true},
        {"ten times what went in, from 1 MB on", UINT64_MAX, 10, 1 << 20, true},
        {"the ratio does not count so early", UINT64_MAX, 10, 4 << 20, false},
        {"a large ratio", UINT64_MAX, 1000000, 0, false},
    };
    (void)state;

    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf packed = {0};

        zeros_in(&packed, (enum compression)c, 4 << 20);
        for (size_t i = 0; i < COUNT(bounds); i++)
            for (int nested = 0; nested < 2; nested++) {
                struct unpack_limits limits = unpack_limits_usual;
                struct buf b = {0};
                struct told t;
                struct err e = {0};

                buf_add(&b, buf_str(&packed));
                limits.bytes_max = bounds[i].bytes_max;
                limits.ratio_max = bounds[i].ratio_max;
                limits.ratio_from = bounds[i].ratio_from;
                if (nested) {
                    if (!bounds[i].told && limits.bytes_max != UINT64_MAX)
                        limits.bytes_max += b.len; /* what comes out at both depths counts twice */
                    if (!bounds[i].told && limits.ratio_from != UINT64_MAX)
                        limits.ratio_from += b.len;
                    wrap_archive(&b, "ustar", "bomb");
                }
                struct bytes_input in = bytes_input_of(buf_str(&b));

                told_init(&t);
                t.mute = true;
                assert_true(told_unpack(&t, &in, "o", &limits, &e));
                if ((str_find(buf_str(&t.text), S(" bytes come out of ")) != SIZE_MAX) != bounds[i].told ||
                    t.damages != bounds[i].told)
                    fail_msg("%s %u %d: %.*s", bounds[i].name, c, nested, STR_ARG(buf_str(&t.text)));
                if (bounds[i].told)
                    assert_true(t.open.len <=
                                (bounds[i].bytes_max < (4 << 20) ? bounds[i].bytes_max : 1 << 20) + (256 << 10));
                else
                    assert_int_equal(t.open.len, 4 << 20);
                told_free(&t);
                buf_free(&b);
            }
        buf_free(&packed);
    }
}

/* Once a bound is reached nothing more comes out of any container of the file. */
static void bound_ends_everything(void **state) {
    static const char zeros[300000];
    static const struct packed members[] = {{.name = "a", .bytes = {zeros, sizeof zeros}},
                                            {.name = "b", .bytes = {zeros, sizeof zeros}},
                                            {.name = "c", .bytes = {zeros, sizeof zeros}}};
    static const char *const formats[] = {"ustar", "zip", "7zip"};
    struct unpack_limits limits = unpack_limits_usual;
    (void)state;

    limits.bytes_max = 400000;
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct buf b = {0};
        struct told t;
        struct err e = {0};

        pack(&b, formats[i], NULL, NULL, members, 3);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        told_init(&t);
        assert_true(told_unpack(&t, &in, "o", &limits, &e));
        assert_int_equal(t.members, 2);
        assert_int_equal(t.damages, 1);
        assert_true(str_starts(buf_str(&t.text), S("o!a: 300000 bytes\no!b at ")));
        assert_true(str_ends(buf_str(&t.text), S(" broken\n")));
        told_free(&t);
        buf_free(&b);
    }
}

static void many(struct buf *b, const char *format, size_t count) {
    struct packed *const members = calloc(count, sizeof *members);
    char(*const names)[16] = calloc(count, sizeof *names);

    assert_non_null(members);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof *names, "m%zu", i);
        members[i] = (struct packed){.name = names[i], .bytes = str_of(names[i])};
    }
    pack(b, format, NULL, NULL, members, count);
    free(names);
    free(members);
}

static void bound_of_members(void **state) {
    static const char *const formats[] = {"ustar", "zip", "7zip"};
    (void)state;

    for (size_t i = 0; i < COUNT(formats); i++)
        for (size_t most = 2999; most <= 3000; most++) {
            struct unpack_limits limits = unpack_limits_usual;
            struct buf b = {0};
            struct told t;
            struct err e = {0};

            many(&b, formats[i], 3000);
            struct bytes_input in = bytes_input_of(buf_str(&b));

            limits.members_max = (uint32_t)most;
            told_init(&t);
            t.mute = true;
            assert_true(told_unpack(&t, &in, "o", &limits, &e));
            assert_int_equal(t.members, most);
            assert_int_equal(t.damages, 3000 - most);
            assert_true(most == 3000 || str_find(buf_str(&t.text), S(": more members than are read\n")) != SIZE_MAX);
            told_free(&t);
            buf_free(&b);
        }
}

/* An archive that must be read from its end, within a stream: as large as memory_max, or it is told. */
static void bound_of_memory(void **state) {
    static char noise[100000];
    struct packed const m = {.name = "noise", .bytes = {noise, sizeof noise}};
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * i * 2654435761u >> 13);
    pack(&b, "zip", "zip:compression=store", NULL, &m, 1);
    size_t const size = b.len;

    wrap_stream(&b, COMPRESSION_GZIP);
    for (size_t most = size - 1; most <= size; most++) {
        struct unpack_limits limits = unpack_limits_usual;
        struct bytes_input in = bytes_input_of(buf_str(&b));
        struct told t;
        struct err e = {0};

        limits.memory_max = most;
        told_init(&t);
        assert_true(told_unpack(&t, &in, "o", &limits, &e));
        assert_true(same("memory", &t,
                         most == size ? "o!o!noise: 100000 bytes\no!o: zip\n"
                                      : "o!o at 0+0: an archive within an archive, too large to be opened there: hand "
                                        "it in unpacked\no!o: zip\n",
                         most == size ? m.bytes : S("")));
        told_free(&t);
    }
    buf_free(&b);
}

/* 200 layers stand for a stream that unpacks to itself: the bound of depth does not ask what comes. */
static void layers_without_end(void **state) {
    struct buf b = {0};
    struct told t;
    struct err e = {0};
    (void)state;

    gzip(&b);
    for (int i = 0; i < 200; i++)
        wrap_stream(&b, i % 2 ? COMPRESSION_GZIP : COMPRESSION_ZSTD);
    struct bytes_input in = bytes_input_of(buf_str(&b));

    told_init(&t);
    assert_true(told_unpack(&t, &in, "o", &unpack_limits_usual, &e));
    assert_int_equal(t.leaves, 1);
    assert_int_equal(t.members, 4);
    assert_non_null(unpack_container(buf_str(&t.open)));
    told_free(&t);
    buf_free(&b);
}

/* ---- cut, and changed ---- */

/* Cut anywhere: what came before is what the whole one gives, nothing else, and that something is missing is told. A zip loses
 * no more than what stands before a descriptor it cannot find; a 7z all, its directory being at the end. */
static void cut_anywhere(void **state) {
    static const struct {
        const char *name;
        void (*make)(struct buf *b);
        size_t from; /* shorter ones are not seen as what they are */
        bool nested; /* an inner one that is cut too short to be seen as what it is comes out as it is */
    } makers[] = {
        {"gzip", gzip, 4, false},
        {"zstd", zstd, 4, false},
        {"xz", xz, 6, false},
        {"bzip2", bzip2, 10, false},
        {"tar", ustar, 512, false},
        {"zip", zip, 4, false},
        {"zip stored", zip_stored, 4, false},
        {"zip by hand", zip_sound, 4, false},
        {"7z", seven_zip, 6, false},
        {"gzip twice", gzip_twice, 4, false},
        {"sparse", sparse, 512, false},
        {"tar in zstd", tar_in_zstd, 4, true},
        {"zip in zip", zip_in_zip, 4, true},
        {"four deep", every_container, 512, true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buf b = {0};
        struct told whole;
        struct err e = {0};

        makers[i].make(&b);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        told_init(&whole);
        assert_true(told_unpack(&whole, &in, "o", &unpack_limits_usual, &e));
        for (size_t len = makers[i].from; len < b.len; len++) {
            char *const exact = malloc(len); /* so that a sanitizer sees the first byte behind */
            struct told t;

            assert_non_null(exact);
            memcpy(exact, b.ptr, len);
            in = bytes_input_of((str){exact, len});
            told_init(&t);
            if (!told_unpack(&t, &in, "o", &unpack_limits_usual, &e))
                fail_msg("%s cut at %zu: %s", makers[i].name, len, e.text);
            if (!makers[i].nested && !str_starts(buf_str(&whole.bytes), buf_str(&t.bytes)))
                fail_msg("%s cut at %zu: [%.*s]", makers[i].name, len, STR_ARG(buf_str(&t.bytes)));
            /* The end of a tar is 1024 zeros, of which one block is enough; gzip twice is a gzip. */
            bool const enough = (makers[i].make == ustar && len >= b.len - 512) ||
                                (makers[i].make == gzip_twice && len == b.len / 2) ||
                                ((makers[i].make == sparse || makers[i].make == every_container) && len == b.len - 512);

            if (t.damages == 0 && !enough)
                fail_msg("%s cut at %zu: nothing is told: %.*s", makers[i].name, len, STR_ARG(buf_str(&t.text)));
            told_free(&t);
            free(exact);
        }
        told_free(&whole);
        buf_free(&b);
    }
}

/* A stream gives every byte that stands in front of the cut: with stored blocks it can be counted. */
static void cut_streams_give_all(void **state) {
    static char text[5000];
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    struct packed const m = {.name = "m", .bytes = {text, sizeof text}};

    pack(&b, "ustar", NULL, NULL, &m, 1);
    for (size_t len = 512; len <= 512 + sizeof text; len += 7) {
        struct bytes_input in = bytes_input_of(str_first(buf_str(&b), len));
        struct told t;
        struct err e = {0};

        told_init(&t);
        assert_true(told_unpack(&t, &in, "o", &unpack_limits_usual, &e));
        assert_int_equal(t.bytes.len, len - 512);
        assert_memory_equal(t.bytes.ptr ? t.bytes.ptr : "", text, len - 512);
        told_free(&t);
    }
    buf_free(&b);
}

#ifdef SANITIZED
#define CHANGE_EACH 11u /* its memory is slow: a part of them */
#else
#define CHANGE_EACH 1u
#endif

/* Any byte another: it ends, and says the same twice. */
static void changed_anywhere(void **state) {
    static void (*const makers[])(struct buf * b) = {gzip, zstd,      xz,        bzip2,      ustar,      pax,
                                                     zip,  zip_sound, seven_zip, sparse_end, zip_in_zip, tar_in_zstd};
    (void)state;

    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buf b = {0};

        makers[i](&b);
        for (size_t at = 0; at < b.len; at += CHANGE_EACH)
            for (unsigned bit = 0; bit < 8; bit += 3) {
                struct told t[2];

                b.ptr[at] ^= (char)(1 << bit);
                for (size_t k = 0; k < 2; k++) {
                    struct bytes_input in = bytes_input_of(buf_str(&b));
                    struct err e = {0};

                    told_init(&t[k]);
                    t[k].step = k ? 3 : 1 << 20;
                    if (!told_unpack(&t[k], &in, "o", &unpack_limits_usual, &e))
                        fail_msg("%zu at %zu: %s", i, at, e.text);
                }
                assert_true(str_eq(buf_str(&t[0].text), buf_str(&t[1].text)));
                assert_true(str_eq(buf_str(&t[0].bytes), buf_str(&t[1].bytes)));
                told_free(&t[0]);
                told_free(&t[1]);
                b.ptr[at] ^= (char)(1 << bit);
            }
        buf_free(&b);
    }
}

/* ---- windows of a member ---- */

struct windows {
    size_t calls;
    uint64_t size;
};

static bool windows_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct windows *const w = ctx;
    uint64_t at = 0;
    str view;
    (void)path;
    (void)depth;

    assert_true(in->size == UINT64_MAX);
    for (size_t want = 0; at < w->size + 10; w->calls++) { /* overlapping: each begins within the one before */
        assert_true(in->window(in, at, want, &view, e));
        if (at < w->size)
            assert_true(view.len >= (want < w->size - at ? want : w->size - at) && view.len <= w->size - at);
        else
            assert_int_equal(view.len, 0);
        for (size_t i = 0; i < view.len; i++)
            if ((unsigned char)view.ptr[i] != (at + i) % 251)
                fail_msg("%lu+%zu", (unsigned long)at, i);
        if (w->calls % 2) /* the same again: the same bytes */
            at += want / 2 + 1;
        want = (want * 7 + 4001) % 700000;
    }
    assert_true(in->window(in, w->size + (UINT64_C(1) << 40), INPUT_WANT_MAX, &view, e));
    assert_int_equal(view.len, 0);
    return true;
}

static bool nothing_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct windows *const w = ctx;
    (void)e;

    assert_true(m->container || m->size == w->size);
    return true;
}

static void no_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)offset;
    (void)size;
    fail_msg("%.*s: %s", STR_ARG(path), why);
}

static void windows_of_members(void **state) {
    enum { SIZE = 1000003 };
    static char bytes[SIZE];
    (void)state;

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i % 251);
    for (int i = 0; i < 7; i++) {
        static const char *const formats[] = {"ustar", "zip", "7zip"};
        struct packed const m = {.name = "m", .bytes = {bytes, SIZE}};
        struct windows w = {.size = SIZE};
        struct unpack_visitor const visitor = {windows_leaf, nothing_ended, no_damage, NULL, NULL, &w};
        struct buf b = {0};
        struct err e = {0};

        if (i < 4)
            pack_stream(&b, (enum compression)i, m.bytes);
        else
            pack(&b, formats[i - 4], NULL, NULL, &m, 1);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        assert_true(unpack(&in.input, S("o"), &unpack_limits_usual, &visitor, &e));
        bytes_input_close(&in);
        assert_true(w.calls > 10);
        buf_free(&b);
    }
}

/* What nobody reads, or reads the beginning of, is hashed to its end. */
static void leaves_that_stop(void **state) {
    static void (*const makers[])(struct buf * b) = {gzip, zip, seven_zip, ustar, every_container};
    (void)state;

    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buf b = {0};
        struct told all, some;
        struct err e = {0};

        makers[i](&b);
        told_init(&all);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        assert_true(told_unpack(&all, &in, "o", &unpack_limits_usual, &e));
        for (size_t take = 0; take < 3; take++) {
            told_init(&some);
            some.take = take;
            in = bytes_input_of(buf_str(&b));
            assert_true(told_unpack(&some, &in, "o", &unpack_limits_usual, &e));
            assert_true(str_eq(buf_str(&some.text), buf_str(&all.text)));
            assert_int_equal(some.bytes.len, take * all.leaves);
            told_free(&some);
        }
        told_free(&all);
        buf_free(&b);
    }
}

/* ---- failures ---- */

/* The visitor stops at each call there is, or the file cannot be read from each byte on: the error is theirs. */
static void stopped_anywhere(void **state) {
    static void (*const makers[])(struct buf * b) = {gzip, zip, seven_zip, ustar, every_container, five_deep};
    (void)state;

    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buf b = {0};
        struct told t;
        bool done = false;

        makers[i](&b);
        for (uint64_t n = 1; !done; n++) {
            struct bytes_input in = bytes_input_of(buf_str(&b));
            struct err e = {0};

            told_init(&t);
            t.stop_after = n;
            done = told_unpack(&t, &in, "o", &unpack_limits_usual, &e);
            assert_int_equal(e.code, done ? ERR_NONE : ERR_INTERRUPTED);
            assert_int_equal(t.calls, done ? n - 1 : n);
            told_free(&t);
        }
        for (size_t at = 0; at < b.len; at++) {
            struct bytes_input in = bytes_input_of(buf_str(&b));
            struct err e = {0};

            in.fails_at = at;
            told_init(&t);
            if (told_unpack(&t, &in, "o", &unpack_limits_usual, &e)) {
                /* Nobody needed those bytes (the end of a tar), or they were told of as damage (7z tells no more). */
                assert_true(t.damages > 0 || makers[i] == ustar || makers[i] == every_container);
            } else {
                assert_int_equal(e.code, ERR_IO);
                assert_string_equal(e.text, "read error");
            }
            told_free(&t);
        }
        buf_free(&b);
    }
}

/* Ticks rise, stay within the file, and one that says no ends it. */
struct ticks {
    uint64_t last, size;
    uint64_t stop_at;
};

static bool tick(void *ctx, uint64_t offset) {
    struct ticks *const t = ctx;

    assert_true(offset <= t->size && offset >= t->last);
    t->last = offset;
    return offset < t->stop_at;
}

static bool ticks_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    (void)ctx, (void)path, (void)depth, (void)in, (void)e;
    return true;
}

static bool ticks_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    (void)ctx, (void)m, (void)e;
    return true;
}

static void progress_is_told(void **state) {
    static char noise[3 << 20];
    struct packed const m = {.name = "noise", .bytes = {noise, sizeof noise}};
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * i * 2654435761u >> 13);
    for (int i = 0; i < 2; i++) {
        struct ticks t = {.size = 0, .stop_at = UINT64_MAX};
        struct unpack_visitor const visitor = {ticks_leaf, ticks_ended, no_damage, tick, NULL, &t};
        struct err e = {0};

        b.len = 0;
        if (i)
            pack(&b, "ustar", NULL, NULL, &m, 1);
        else
            pack_stream(&b, COMPRESSION_GZIP, m.bytes);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        t.size = b.len;
        assert_true(unpack(&in.input, S("o"), &unpack_limits_usual, &visitor, &e));
        bytes_input_close(&in);
        assert_true(t.last > t.size / 2);
        in = bytes_input_of(buf_str(&b));
        t = (struct ticks){.size = b.len, .stop_at = 1};
        assert_false(unpack(&in.input, S("o"), &unpack_limits_usual, &visitor, &e));
        bytes_input_close(&in);
        assert_true(t.last >= 1);
    }
    buf_free(&b);
}

#ifndef SANITIZED
/* One request for memory refused: an error, or what is missing is told; never another answer. */
static const char *refused(str bytes, long n, const struct told *whole) {
    struct bytes_input in = bytes_input_of(bytes);
    struct told t;
    struct err e = {0};
    const char *wrong = NULL;

    told_init(&t);
    t.unhashed = true; /* the test's own memory is not to be refused */
    if (!buf_reserve(&t.text, 1 << 16) || !buf_reserve(&t.bytes, 1 << 16) || !buf_reserve(&t.open, 1 << 16))
        return "no memory";
    memory_refused = false;
    memory_left = n;
    bool const ok = told_unpack(&t, &in, "o", &unpack_limits_usual, &e);

    memory_left = -1;
    if (!ok && e.code != ERR_MEMORY)
        wrong = "another error";
    else if (ok && t.damages == 0 &&
             (!str_eq(buf_str(&t.text), buf_str(&whole->text)) || !str_eq(buf_str(&t.bytes), buf_str(&whole->bytes))))
        wrong = "another answer";
    told_free(&t);
    return wrong;
}

/* libarchive ends its process here and there when memory is out: that costs a worker, and is allowed. */
static bool refused_apart(str bytes, long n, const struct told *whole) {
    int status;
    pid_t const child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        _exit(refused(bytes, n, whole) ? 2 : memory_refused ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 2)
        fail_msg("request %ld: status %x", n, (unsigned)status);
    return WEXITSTATUS(status) != 3;
}
#endif

static void every_allocation_may_fail(void **state) {
    (void)state;
#ifdef SANITIZED
    (void)memory_left, (void)memory_refused;
    print_message("SKIP: the sanitizer keeps the allocator for itself\n");
    skip();
#else
    static void (*const makers[])(struct buf * b) = {gzip, zstd, xz,        bzip2,          ustar,
                                                     pax,  zip,  seven_zip, every_container};

    for (size_t i = 0; i < COUNT(makers); i++) {
        struct buf b = {0};
        struct told whole;
        struct err e = {0};
        const char *wrong;

        makers[i](&b);
        told_init(&whole);
        struct bytes_input in = bytes_input_of(buf_str(&b));

        assert_true(told_unpack(&whole, &in, "o", &unpack_limits_usual, &e));
        if (i < COMPRESSIONS)
            for (long n = 0; n == 0 || memory_refused; n++) {
                if ((wrong = refused(buf_str(&b), n, &whole)) != NULL)
                    fail_msg("%zu, request %ld: %s", i, n, wrong);
                assert_true(n < 100000);
            }
        else
            for (long n = 0; refused_apart(buf_str(&b), n, &whole); n++)
                assert_true(n < 100000);
        told_free(&whole);
        buf_free(&b);
    }
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(told_by_content),
        cmocka_unit_test(bound_of_depth),
        cmocka_unit_test(bound_of_bytes),
        cmocka_unit_test(bound_ends_everything),
        cmocka_unit_test(bound_of_members),
        cmocka_unit_test(bound_of_memory),
        cmocka_unit_test(layers_without_end),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(cut_streams_give_all),
        cmocka_unit_test(changed_anywhere),
        cmocka_unit_test(windows_of_members),
        cmocka_unit_test(leaves_that_stop),
        cmocka_unit_test(stopped_anywhere),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
