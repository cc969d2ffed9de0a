/* unpack: a member is a stream; what it is itself is told by its first bytes; so on, down to the bound. */
#include "evidence/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>

#include "base/buf.h"
#include "base/instant.h"
#include "base/utf.h"
#include "evidence/decompress.h"

#define HEAD_BYTES 65536u
#define PADDING_MAX 4096u               /* zeros behind a stream: xz pads to four bytes, tapes to blocks */
#define PIECE_BYTES ((size_t)256 << 10) /* a stream grows by so much at once */

const struct unpack_limits unpack_limits_usual = {
    .depth_max = 4,
    .bytes_max = UINT64_C(1) << 40,
    .ratio_max = 1000,
    .ratio_from = UINT64_C(256) << 20,
    .members_max = 1000000,
    .memory_max = (size_t)144 << 20, /* zstd's largest window and a little */
};

/* One call of unpack(). */
struct unpacking {
    const struct unpack_limits *limits;
    const struct unpack_visitor *visitor;
    uint64_t in_bytes, out_bytes; /* of the outermost file; out of it, at all depths */
    uint32_t members;
    bool bound_told; /* a bound was reached: nothing more comes out of anything */
    bool stopped;    /* the visitor, memory or the input ended it; *e says why */
    struct err *e;
};

static bool stop(struct unpacking *u) {
    u->stopped = true;
    return false;
}

static void tell(struct unpacking *u, str path, uint64_t offset, uint64_t size, const char *why) {
    u->visitor->damage(u->visitor->ctx, path, offset, size, why);
}

/* ---- a stream: what comes out of a container, as windows ---- */

/* Writes at most room bytes; *got 0: the end. False: it breaks off, which has been told, or u->stopped. */
typedef bool (*producer)(void *ctx, char *out, size_t room, size_t *got);

struct stream {
    struct input input; /* first: a pointer to it is one to the stream */
    struct unpacking *u;
    producer produce;
    void *ctx;
    str path;
    struct buf bytes;
    uint64_t at; /* where bytes[0] lies */
    uint64_t total;
    bool ended, whole;
    struct sha256 *hash;
};

/* Counts what comes out against the bounds. */
static bool within(struct stream *s, size_t got) {
    struct unpacking *const u = s->u;
    uint64_t const ratio =
        u->in_bytes > UINT64_MAX / u->limits->ratio_max ? UINT64_MAX : u->in_bytes * u->limits->ratio_max;
    char why[96];

    u->out_bytes += got;
    if (u->out_bytes <= u->limits->bytes_max && (u->out_bytes <= u->limits->ratio_from || u->out_bytes <= ratio))
        return true;
    if (!u->bound_told) {
        snprintf(why, sizeof why, "more than %lu bytes come out of %lu: unpacking was ended",
                 (unsigned long)(u->out_bytes - got), (unsigned long)u->in_bytes);
        tell(u, s->path, s->total, 0, why);
    }
    u->bound_told = true;
    return false;
}

/* More bytes behind those that are there. False: u->stopped. */
static bool fill(struct stream *s) {
    char *const to = buf_reserve(&s->bytes, PIECE_BYTES);
    size_t got = 0;

    if (!to) {
        err_set(s->u->e, ERR_MEMORY, 0, "no memory to unpack");
        return stop(s->u);
    }
    bool const good = !s->u->bound_told && s->produce(s->ctx, to, PIECE_BYTES, &got);

    if (s->u->stopped)
        return false;
    sha256_add(s->hash, (str){to, got});
    s->bytes.len += got;
    s->total += got;
    if (!good || !within(s, got))
        s->whole = false;
    s->ended = !good || got == 0 || s->u->bound_told;
    return true;
}

/* A stream that breaks off simply ends: why has been told. */
static bool stream_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct stream *const s = (struct stream *)(void *)in;
    uint64_t skip = offset - s->at;

    assert(offset >= s->at && want <= INPUT_WANT_MAX);
    if (skip + want > s->bytes.len) { /* else it is there, and stays where it is */
        for (;;) {
            size_t const drop = skip < s->bytes.len ? (size_t)skip : s->bytes.len;

            if (drop) {
                memmove(s->bytes.ptr, s->bytes.ptr + drop, s->bytes.len - drop);
                s->bytes.len -= drop;
                s->at += drop;
                skip -= drop;
            }
            if ((skip == 0 && s->bytes.len >= want) || s->ended)
                break;
            if (!fill(s)) {
                *e = *s->u->e;
                return false;
            }
        }
    }
    *out = skip < s->bytes.len ? (str){s->bytes.ptr + skip, s->bytes.len - (size_t)skip} : (str){"", 0};
    return true;
}

/* What nobody asked for is hashed and checked all the same. */
static bool drain(struct stream *s) {
    while (!s->ended) {
        s->at += s->bytes.len;
        s->bytes.len = 0;
        if (!fill(s))
            return false;
    }
    return true;
}

/* ---- containers by content ---- */

enum container { GZIP, ZSTD, XZ, BZIP2, TAR, ZIP, SEVEN_ZIP, CONTAINERS, NO_CONTAINER = CONTAINERS };
static const char *const container_names[CONTAINERS] = {"gzip", "zstd", "xz", "bzip2", "tar", "zip", "7z"};
static const char *const endings[][3] = {[GZIP] = {".gz", ".tgz", NULL},
                                         [ZSTD] = {".zst", ".zstd", NULL},
                                         [XZ] = {".xz", ".txz", NULL},
                                         [BZIP2] = {".bz2", ".tbz2", NULL}};

/* POSIX ustar: the sum of a header's bytes, its own field as blanks, stands in it in octal. Older tars have no other mark. */
static bool is_tar(str s) {
    unsigned long sum = 0, stated = 0;
    size_t i = 148;

    if (s.len < 512 || s.ptr[0] == 0)
        return false;
    for (size_t k = 0; k < 512; k++)
        sum += k >= 148 && k < 156 ? ' ' : (unsigned char)s.ptr[k];
    while (i < 156 && s.ptr[i] == ' ')
        i++;
    for (; i < 156 && s.ptr[i] >= '0' && s.ptr[i] <= '7'; i++)
        stated = stated * 8 + (unsigned long)(s.ptr[i] - '0');
    return stated == sum;
}

static enum container container_of(str s) {
    for (unsigned c = 0; c < COMPRESSIONS; c++)
        if (decompress_begins((enum compression)c, s))
            return (enum container)c;
    if (str_starts(s, S("7z\xbc\xaf\x27\x1c")))
        return SEVEN_ZIP;
    if (str_starts(s, S("PK\3\4")) || str_starts(s, S("PK\5\6")) || str_starts(s, S("PK\7\10PK\3\4")))
        return ZIP;
    return is_tar(s) ? TAR : NO_CONTAINER;
}

_Static_assert((int)GZIP == COMPRESSION_GZIP && (int)ZSTD == COMPRESSION_ZSTD && (int)XZ == COMPRESSION_XZ &&
                   (int)BZIP2 == COMPRESSION_BZIP2,
               "containers begin as compressions do");

const char *unpack_container(str head) {
    enum container const c = container_of(head);

    return c == NO_CONTAINER ? NULL : container_names[c];
}

/* ---- names ---- */

void unpack_add_name(struct buf *b, str name) {
    while (name.len) {
        uint32_t point;
        size_t const width = utf8_decode(name, &point);

        if (width == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0))
            buf_add(b, S("\xef\xbf\xbd"));
        else
            buf_add(b, str_first(name, width));
        name = str_from(name, width ? width : 1);
    }
}

static str file_name(str path) {
    for (size_t i = path.len; i-- > 0;)
        if (path.ptr[i] == '/' || path.ptr[i] == '!')
            return str_from(path, i + 1);
    return path;
}

/* RFC 1952 2.3: the name that the file had, when the header gives one. */
static str gzip_name(str head) {
    size_t at = 10, end;

    if (head.len < 12 || !(head.ptr[3] & 8))
        return (str){"", 0};
    if (head.ptr[3] & 4)
        at += 2 + (size_t)(unsigned char)head.ptr[10] + ((size_t)(unsigned char)head.ptr[11] << 8);
    str const rest = str_from(head, at);

    end = str_find_byte(str_first(rest, 1024), '\0');
    return end == SIZE_MAX ? (str){"", 0} : file_name(str_first(rest, end));
}

/* The member of a compressed file: its own name, or that of the file without the ending. */
static void add_member_name(struct buf *b, enum container c, str path, str head) {
    str name = c == GZIP ? gzip_name(head) : (str){"", 0};

    if (name.len == 0) {
        name = file_name(path);
        for (size_t i = 0; i < COUNT(endings[c]) && endings[c][i]; i++) {
            str const ending = str_of(endings[c][i]);

            if (name.len > ending.len && str_eq_ascii(str_from(name, name.len - ending.len), ending)) {
                name = str_first(name, name.len - ending.len);
                break;
            }
        }
    }
    unpack_add_name(b, name);
}

/* ---- members ---- */

static bool visit(struct unpacking *u, struct input *in, str path, unsigned depth, const char **container);

/* A member from its first byte to its end: visited, drained, told. False: u->stopped. */
static bool member(struct unpacking *u, str path, unsigned depth, producer produce, void *ctx, bool *whole) {
    struct stream s = {.input = {stream_window, UINT64_MAX},
                       .u = u,
                       .produce = produce,
                       .ctx = ctx,
                       .path = path,
                       .whole = true,
                       .hash = sha256_new()};
    struct unpack_member m = {.path = path, .depth = depth};
    bool ok = s.hash != NULL;

    if (!ok) {
        err_set(u->e, ERR_MEMORY, 0, "no memory to unpack");
        stop(u);
    }
    ok = ok && visit(u, &s.input, path, depth, &m.container) && drain(&s);
    if (ok) {
        m.size = s.total;
        m.whole = s.whole;
        sha256_end(s.hash, m.sha256);
        ok = u->visitor->ended(u->visitor->ctx, &m, u->e) || stop(u);
    }
    if (whole)
        *whole = s.whole;
    buf_free(&s.bytes);
    sha256_free(s.hash);
    return ok;
}

static bool tick(struct unpacking *u, unsigned depth, uint64_t at) {
    return depth > 0 || !u->visitor->tick || u->visitor->tick(u->visitor->ctx, at) || stop(u);
}

/* ---- compressed files ---- */

struct inflating {
    struct unpacking *u;
    struct input *in;
    str path; /* of the container */
    unsigned depth;
    uint64_t at;
    enum container c;
    struct decompressor *d;
    bool between; /* no stream is begun */
};

static void broken(struct inflating *f, uint64_t to, const char *why) {
    tell(f->u, f->path, f->at, to > f->at ? to - f->at : 0, why);
}

/* Where the container ends, as far as it is known. */
static uint64_t input_end(const struct input *in, uint64_t at) {
    return in->size == UINT64_MAX ? at : in->size;
}

/* Between two streams: another begins, or only padding is left. False in *more: it is over. */
static bool next_stream(struct inflating *f, str *view, bool *more) {
    size_t zeros = 0;

    while (zeros < view->len && zeros < PADDING_MAX && view->ptr[zeros] == 0)
        zeros++;
    *more = decompress_begins((enum compression)f->c, str_from(*view, zeros));
    if (*more) {
        f->at += zeros;
        *view = str_from(*view, zeros);
    }
    if (*more || zeros == view->len)
        return true;
    broken(f, input_end(f->in, f->at + view->len), "bytes behind the end of what is packed");
    return false;
}

static bool inflate_some(void *ctx, char *out, size_t room, size_t *got) {
    struct inflating *const f = ctx;

    *got = 0;
    while (*got == 0) {
        str view, left;
        size_t written;
        bool ended, more = true;

        if (!f->in->window(f->in, f->at, HEAD_BYTES, &view, f->u->e) || !tick(f->u, f->depth, f->at))
            return stop(f->u);
        if (f->between) {
            if (!next_stream(f, &view, &more))
                return false;
            if (!more)
                return true;
        } else if (view.len == 0) {
            broken(f, f->at, "breaks off");
            return false;
        }
        left = view;
        bool const ok = decompress(f->d, &left, out, room, &written, &ended, f->u->e);

        *got += written;
        f->at += view.len - left.len;
        f->between = ended;
        if (!ok && f->u->e->code == ERR_MEMORY)
            return stop(f->u);
        if (!ok) {
            broken(f, input_end(f->in, f->at), f->u->e->text);
            return false;
        }
    }
    return true;
}

static bool compressed(struct unpacking *u, struct input *in, str path, unsigned depth, enum container c, str head) {
    struct inflating f = {.u = u,
                          .in = in,
                          .path = path,
                          .depth = depth,
                          .c = c,
                          .between = true,
                          .d = decompressor_new((enum compression)c, u->limits->memory_max)};
    struct buf name = {0};
    bool ok = false;

    buf_add(&name, path);
    buf_byte(&name, '!');
    add_member_name(&name, c, path, head);
    if (!f.d || name.failed) {
        err_set(u->e, ERR_MEMORY, 0, "no memory to unpack");
        stop(u);
    } else {
        ok = member(u, buf_str(&name), depth + 1, inflate_some, &f, NULL);
    }
    decompressor_free(f.d);
    buf_free(&name);
    return ok;
}

/* ---- archives ---- */

/* What libarchive reads from: a file, a stream, or a member that was taken into memory because it must be read from its end. */
struct archiving {
    struct unpacking *u;
    struct input *in;
    str memory; /* instead of in */
    bool in_memory;
    enum container c;
    str path;
    unsigned depth;
    uint64_t at; /* what libarchive has been given; it reads ahead */
    struct archive *a;
    uint64_t told_at;   /* libarchive's place at the last damage: the same is not told twice */
    uint64_t lost_from; /* tar: where blocks that are no header begin; UINT64_MAX: none */
    struct buf gaps;    /* zip: struct gap, between what has been read */
    uint64_t covered;   /* zip: what lies before has been read, or told of; UINT64_MAX: not known */
    struct {            /* the member that is being read */
        str path;
        str block; /* of its bytes, not yet handed on; libarchive's until the next one is asked for */
        uint64_t block_at, at;
        bool ended, broken;
    } m;
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **bytes) {
    struct archiving *const f = ctx;
    str view;

    if (f->in_memory) {
        view = f->at < f->memory.len ? str_from(f->memory, (size_t)f->at) : (str){"", 0};
    } else if (!f->in->window(f->in, f->at, HEAD_BYTES, &view, f->u->e) || !tick(f->u, f->depth, f->at)) {
        stop(f->u);
        archive_set_error(a, EIO, "the input failed");
        return -1;
    }
    view = str_first(view, PIECE_BYTES);
    *bytes = view.ptr;
    f->at += view.len;
    return (la_ssize_t)view.len;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t offset, int whence) {
    struct archiving *const f = ctx;
    la_int64_t const size = f->in_memory ? (la_int64_t)f->memory.len : (la_int64_t)f->in->size;
    la_int64_t const from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (la_int64_t)f->at : size;

    (void)a;
    if (offset < -from || offset > size - from)
        return ARCHIVE_FATAL;
    f->at = (uint64_t)(from + offset);
    return from + offset;
}

static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t request) {
    struct archiving *const f = ctx;
    uint64_t const size = f->in_memory ? f->memory.len : f->in->size;

    (void)a;
    if (size == UINT64_MAX || request < 0) /* a stream is read through, or its end would be missed */
        return 0;
    uint64_t const skip = (uint64_t)request < size - f->at ? (uint64_t)request : size - f->at;

    f->at += skip;
    return (la_int64_t)skip;
}

#define WHY_ROOM 200

/* libarchive's words for what has just failed; some of them end in a line feed. */
static const char *archive_why(struct archive *a, char room[WHY_ROOM]) {
    str const why = str_trim(str_of(archive_error_string(a)));

    snprintf(room, WHY_ROOM, "%.*s", STR_ARG(why));
    return why.len ? room : "the archive is damaged";
}

/* Where libarchive is: what lies before has been understood, or skipped. */
static uint64_t place(const struct archiving *f) {
    la_int64_t const at = archive_filter_bytes(f->a, 0);

    return at < 0 ? f->at : (uint64_t)at;
}

/* The archive itself cannot be read on. */
static void archive_broken(struct archiving *f) {
    uint64_t const at = place(f);
    char why[WHY_ROOM];

    if (at != f->told_at)
        tell(f->u, f->path, at, 0, archive_why(f->a, why));
    f->told_at = at;
}

/* The member cannot: what is left of it is missing, or not what it should be. */
static void member_broken(struct archiving *f, uint64_t at) {
    char words[WHY_ROOM], why[WHY_ROOM + 40];

    snprintf(why, sizeof why, "%s (byte %lu of the archive)", archive_why(f->a, words), (unsigned long)place(f));
    tell(f->u, f->m.path, at, 0, why);
    f->told_at = place(f);
    f->m.broken = true;
}

/* The next block of the member. By archive_read_data() the bytes in front of a damage would be lost, and all of a member
 * whose checksum differs, and a hole at the end of a sparse file. */
static bool next_block(struct archiving *f) {
    const void *bytes = NULL;
    size_t size = 0;
    la_int64_t offset = (la_int64_t)f->m.at;
    int const r = archive_read_data_block(f->a, &bytes, &size, &offset);

    if (f->u->stopped)
        return false;
    if (r == ARCHIVE_RETRY || r < ARCHIVE_WARN) {
        member_broken(f, f->m.at);
        return true;
    }
    if (r == ARCHIVE_EOF) {
        f->m.ended = true;
        if (f->c != TAR)
            return true;
        size = 0;                 /* tar says where the file ends: behind a hole */
    } else if (r != ARCHIVE_OK) { /* the bytes are there: their number or checksum is not what was stated */
        member_broken(f, f->m.at + size);
    }
    if (offset < 0 || (uint64_t)offset < f->m.at) {
        if (size) {
            tell(f->u, f->m.path, f->m.at, size, "pieces of a sparse file out of order");
            f->m.broken = true;
        }
        return true;
    }
    f->m.block_at = (uint64_t)offset;
    f->m.block = (str){size ? bytes : "", size};
    return true;
}

static bool archive_some(void *ctx, char *out, size_t room, size_t *got) {
    struct archiving *const f = ctx;

    for (;;) {
        if (f->m.at < f->m.block_at) { /* a hole */
            uint64_t const hole = f->m.block_at - f->m.at;

            *got = hole < room ? (size_t)hole : room;
            memset(out, 0, *got);
        } else if (f->m.block.len) {
            str const piece = str_first(f->m.block, room);

            *got = piece.len;
            memcpy(out, piece.ptr, piece.len);
            f->m.block = str_from(f->m.block, piece.len);
            f->m.block_at += piece.len;
        } else if (f->m.broken) {
            return false;
        } else if (f->m.ended) {
            *got = 0;
            return true;
        } else if (next_block(f)) {
            continue;
        } else {
            return false;
        }
        f->m.at += *got;
        return true;
    }
}

/* The member's name; raw bytes where the archive does not say how they are to be read. */
static str entry_name(struct archive_entry *entry) {
    const char *name = archive_entry_pathname_utf8(entry);

    if (!name)
        name = archive_entry_pathname(entry);
    return name && *name ? str_of(name) : S("(no name)");
}

static bool is_link(struct archive_entry *entry) {
    return archive_entry_filetype(entry) == AE_IFLNK || archive_entry_symlink(entry);
}

/* Folders and devices hold none; a hard link of pax may. */
static bool holds_bytes(struct archive_entry *entry) {
    if (is_link(entry))
        return false;
    return (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)) ||
           (archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0);
}

static int64_t modified(struct archive_entry *entry) {
    return archive_entry_mtime_is_set(entry)
               ? instant_from_unix(archive_entry_mtime(entry), (uint32_t)archive_entry_mtime_nsec(entry))
               : INSTANT_NONE;
}

static bool entry_visit(struct archiving *f, struct archive_entry *entry) {
    struct unpacking *const u = f->u;
    struct buf name = {0};
    bool ok = true;

    buf_add(&name, f->path);
    buf_byte(&name, '!');
    unpack_add_name(&name, entry_name(entry));
    if (name.failed) {
        err_set(u->e, ERR_MEMORY, 0, "no memory to unpack");
        ok = stop(u);
    } else if (archive_entry_is_encrypted(entry)) {
        tell(u, buf_str(&name), 0, archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0,
             "encrypted: unpack it with its password and hand in what comes out");
    } else {
        f->m.path = buf_str(&name);
        if (u->visitor->dated)
            u->visitor->dated(u->visitor->ctx, modified(entry));
        ok = member(u, f->m.path, f->depth + 1, archive_some, f, NULL);
    }
    buf_free(&name);
    return ok;
}

/* Bytes [offset, ...) of the archive, at least `want` unless it ends before. Not for streams, and not before libarchive is
 * through: it holds the window of its last call. False: u->stopped. */
static bool archive_bytes(struct archiving *f, uint64_t offset, size_t want, str *out) {
    if (!f->in_memory)
        return f->in->window(f->in, offset, want, out, f->u->e) || stop(f->u);
    *out = offset < f->memory.len ? str_from(f->memory, (size_t)offset) : (str){"", 0};
    return true;
}

static uint64_t archive_size(const struct archiving *f) {
    return f->in_memory ? f->memory.len : f->in->size;
}

/* ---- what an archive holds beside its members: libarchive says nothing of it ---- */

#define TAR_BLOCK 512u
#define ZIP_LOCAL 30u  /* APPNOTE 4.3.7: a local header, its name and extra field behind it */
#define ZIP_BEHIND 24u /* 4.3.9: a data descriptor at its longest */
#define SEVEN_ZIP_HEAD 32u
#define ZIP_END 22u /* 4.3.16: the record at the end, its comment behind it */

static unsigned u16(str s, size_t at) {
    return (unsigned)(unsigned char)s.ptr[at] | (unsigned)(unsigned char)s.ptr[at + 1] << 8;
}

static uint64_t u64(str s, size_t at) {
    return u16(s, at) | (uint64_t)u16(s, at + 2) << 16 | (uint64_t)u16(s, at + 4) << 32 |
           (uint64_t)u16(s, at + 6) << 48;
}

static bool zip_directory_begins(str s) {
    return str_starts(s, S("PK\1\2")) || str_starts(s, S("PK\5\6")) || str_starts(s, S("PK\6\6")) ||
           str_starts(s, S("PK\6\10"));
}

/* From here to the first byte of the next member, or to the directory. */
struct gap {
    uint64_t from, to;
    bool last;
};

static bool gap_note(struct archiving *f, uint64_t to, bool last) {
    if (f->covered != UINT64_MAX && f->covered < to) {
        struct gap const gap = {f->covered, to, last};

        buf_add(&f->gaps, (str){(const char *)&gap, sizeof gap});
        if (f->gaps.failed) {
            err_set(f->u->e, ERR_MEMORY, 0, "no memory to unpack");
            return stop(f->u);
        }
    }
    f->covered = UINT64_MAX;
    return true;
}

/* Between two members of a zip stand a descriptor of the one and the local header of the other, behind the last its
 * directory; anything else is in no directory: another zip in front of this one, a member that was taken out. */
static bool gap_explained(const struct gap *gap, str bytes) {
    for (size_t skip = 0; skip <= ZIP_BEHIND; skip += 4) {
        str const s = str_from(bytes, skip);

        if (gap->last ? zip_directory_begins(s)
                      : s.len >= ZIP_LOCAL && str_starts(s, S("PK\3\4")) &&
                            gap->from + skip + ZIP_LOCAL + u16(s, 26) + u16(s, 28) == gap->to)
            return true;
    }
    return false;
}

static bool gaps_tell(struct archiving *f) {
    for (size_t at = 0; at < f->gaps.len; at += sizeof(struct gap)) {
        struct gap gap;
        str bytes;

        memcpy(&gap, f->gaps.ptr + at, sizeof gap);
        if (!archive_bytes(f, gap.from, ZIP_BEHIND + ZIP_LOCAL, &bytes))
            return false;
        if (!gap_explained(&gap, bytes))
            tell(f->u, f->path, gap.from, gap.to - gap.from, "bytes that belong to no file of the archive");
    }
    return true;
}

/* What follows the last end record and its comment, or that there is none. */
static bool zip_end(struct archiving *f) {
    uint64_t const size = archive_size(f), from = size > ZIP_END + UINT16_MAX ? size - ZIP_END - UINT16_MAX : 0;
    str tail;

    if (!archive_bytes(f, from, (size_t)(size - from), &tail))
        return false;
    for (size_t at = tail.len < ZIP_END ? 0 : tail.len - ZIP_END + 1; at-- > 0;) {
        uint64_t const here = from + at;
        size_t end = at + ZIP_END;

        if (!str_starts(str_from(tail, at), S("PK\5\6")))
            continue;
        end += u16(tail, at + 20);
        if (end < tail.len)
            tell(f->u, f->path, from + end, tail.len - end, "bytes behind the end of the archive");
        else if (end > tail.len)
            tell(f->u, f->path, size, 0, "breaks off");
        uint64_t const directory = u16(tail, at + 12) | (uint64_t)u16(tail, at + 14)
                                                            << 16; /* of zip64 it is elsewhere */

        return gap_note(f, directory <= here ? here - directory : here, true);
    }
    tell(f->u, f->path, size, 0, "breaks off: the directory at its end is missing");
    return true;
}

/* 7zFormat.txt: the first header says where the last one ends. */
static bool seven_zip_end(struct archiving *f) {
    uint64_t const size = archive_size(f);
    str head;

    if (!archive_bytes(f, 0, SEVEN_ZIP_HEAD, &head))
        return false;
    if (head.len < SEVEN_ZIP_HEAD || u64(head, 12) > size || u64(head, 20) > size)
        return true; /* told when it was opened */
    uint64_t const end = SEVEN_ZIP_HEAD + u64(head, 12) + u64(head, 20);

    if (end < size)
        tell(f->u, f->path, end, size - end, "bytes behind the end of the archive");
    return true;
}

/* Nothing more comes out of the archive, and not because of a bound. */
static bool archive_end(struct archiving *f) {
    if (f->c == ZIP)
        return zip_end(f);
    if (f->c == SEVEN_ZIP)
        return seven_zip_end(f);
    /* Without the blocks of zeros at the end (POSIX ustar), nothing has been read in this call. */
    if (f->told_at != place(f) && (la_int64_t)place(f) == archive_read_header_position(f->a))
        tell(f->u, f->path, place(f), 0, "breaks off: the blocks that end an archive are missing");
    return true;
}

/* Blocks that are no header of a tar are read over until one comes; they are told of together. */
static void lost_end(struct archiving *f, uint64_t to) {
    if (f->lost_from == UINT64_MAX)
        return;
    tell(f->u, f->path, f->lost_from, to > f->lost_from ? to - f->lost_from : 0, "damaged, or no part of the archive");
    f->told_at = to;
    f->lost_from = UINT64_MAX;
}

/* A header that is none. False: nothing more can be read. */
static bool header_broken(struct archiving *f, int r) {
    uint64_t const at = place(f);

    if (r == ARCHIVE_RETRY && f->c == TAR && (la_int64_t)at > archive_read_header_position(f->a)) {
        if (f->lost_from == UINT64_MAX)
            f->lost_from = at > TAR_BLOCK ? at - TAR_BLOCK : 0;
        return true;
    }
    archive_broken(f);
    return r != ARCHIVE_FATAL && (la_int64_t)at > archive_read_header_position(f->a);
}

static bool entries(struct archiving *f, struct archive_entry *entry) {
    struct unpacking *const u = f->u;

    for (;;) {
        int const r = archive_read_next_header2(f->a, entry);

        if (u->stopped)
            return false;
        if (r == ARCHIVE_EOF || r == ARCHIVE_OK || r == ARCHIVE_WARN || r == ARCHIVE_FATAL)
            lost_end(f, r == ARCHIVE_FATAL ? f->at : (uint64_t)archive_read_header_position(f->a));
        if (r == ARCHIVE_EOF)
            return archive_end(f);
        if (r == ARCHIVE_RETRY || r < ARCHIVE_WARN) {
            if (!header_broken(f, r))
                return true;
            continue;
        }
        if (is_link(entry)) /* nobody says how long it was; nor of what is encrypted */
            f->covered = UINT64_MAX;
        if (f->c == ZIP && !gap_note(f, place(f), false))
            return false;
        if (!holds_bytes(entry)) {
            if (archive_entry_filetype(entry) == AE_IFDIR)
                f->covered = place(f);
            continue;
        }
        if (++u->members > u->limits->members_max) {
            tell(u, f->path, place(f), 0, "more members than are read");
            u->bound_told = true;
        }
        if (u->bound_told)
            return true;
        memset(&f->m, 0, sizeof f->m);
        f->m.block = (str){"", 0};
        if (!entry_visit(f, entry))
            return false;
        if (f->m.ended && !f->m.broken) /* not of one that is encrypted: it was not begun */
            f->covered = place(f);
    }
}

/* The whole member, when it is not too large. *fits false: it is. */
static bool take_whole(struct unpacking *u, struct input *in, struct buf *out, bool *fits) {
    uint64_t at = 0;
    str view;

    *fits = true;
    do {
        if (!in->window(in, at, HEAD_BYTES, &view, u->e))
            return stop(u);
        if (view.len > u->limits->memory_max - out->len) {
            *fits = false;
            return true;
        }
        buf_add(out, view);
        at += view.len;
    } while (view.len && !out->failed);
    if (!out->failed)
        return true;
    err_set(u->e, ERR_MEMORY, 0, "no memory to unpack");
    return stop(u);
}

static bool archive_open(struct archiving *f, bool seeks) {
    bool ok = archive_read_support_format_tar(f->a) == ARCHIVE_OK &&
              archive_read_set_options(f->a, "tar:read_concatenated_archives") == ARCHIVE_OK &&
              archive_read_support_format_7zip(f->a) <= ARCHIVE_OK &&
              archive_read_support_format_zip_streamable(f->a) == ARCHIVE_OK;

    if (ok && seeks)
        ok = archive_read_support_format_zip_seekable(f->a) == ARCHIVE_OK &&
             archive_read_set_seek_callback(f->a, on_seek) == ARCHIVE_OK;
    return ok && archive_read_set_read_callback(f->a, on_read) == ARCHIVE_OK &&
           archive_read_set_skip_callback(f->a, on_skip) == ARCHIVE_OK &&
           archive_read_set_callback_data(f->a, f) == ARCHIVE_OK && archive_read_open1(f->a) == ARCHIVE_OK;
}

static bool archived(struct unpacking *u, struct input *in, str path, unsigned depth, enum container c) {
    struct archiving f = {
        .u = u, .in = in, .c = c, .path = path, .depth = depth, .told_at = UINT64_MAX, .lost_from = UINT64_MAX};
    struct archive_entry *entry = NULL;
    struct buf whole = {0};
    bool seeks = in->size != UINT64_MAX, fits, ok = true;

    /* The directory of zip and 7z stands at their end: 7z cannot be read without it, zip less well. */
    if (!seeks && c != TAR) {
        if (!take_whole(u, in, &whole, &fits)) {
            buf_free(&whole);
            return false;
        }
        if (!fits) {
            tell(u, path, 0, 0, "an archive within an archive, too large to be opened there: hand it in unpacked");
            buf_free(&whole);
            return true;
        }
        f.memory = buf_str(&whole);
        f.in_memory = seeks = true;
    }
    /* An entry of our own: libarchive does not look whether it got memory for its. */
    if (!(f.a = archive_read_new()) || !(entry = archive_entry_new2(f.a))) {
        err_set(u->e, ERR_MEMORY, 0, "no memory to unpack");
        ok = stop(u);
    } else if (!archive_open(&f, seeks)) {
        if (u->stopped)
            ok = false;
        else
            archive_broken(&f);
    } else {
        ok = entries(&f, entry) && gaps_tell(&f);
    }
    buf_free(&f.gaps);
    archive_entry_free(entry);
    if (f.a)
        archive_read_free(f.a);
    buf_free(&whole);
    return ok;
}

/* ---- all of it ---- */

static bool visit(struct unpacking *u, struct input *in, str path, unsigned depth, const char **container) {
    enum container c;
    str head;

    *container = NULL;
    if (!in->window(in, 0, HEAD_BYTES, &head, u->e))
        return stop(u);
    head = str_first(head, HEAD_BYTES);
    c = depth < u->limits->depth_max ? container_of(head) : NO_CONTAINER;
    if (c == NO_CONTAINER)
        return u->visitor->leaf(u->visitor->ctx, path, depth, in, u->e) || stop(u);
    *container = container_names[c];
    return c < TAR ? compressed(u, in, path, depth, c, head) : archived(u, in, path, depth, c);
}

bool unpack(struct input *in, str path, const struct unpack_limits *limits, const struct unpack_visitor *visitor,
            struct err *e) {
    struct unpacking u = {.limits = limits, .visitor = visitor, .in_bytes = in->size, .e = e};
    const char *container;

    return visit(&u, in, path, 0, &container);
}
