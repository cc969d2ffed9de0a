/* test_mime_gmime: every real message into its parts, against GMime: how many leaves, of which types, and what they decode to.
 *
 * The mails are not ours to ship: LONGWATCH_SHARED (else ../shared) has them under data/mail. A difference is one of those below, each
 * with its reason, or the test fails; a reason that no message needs any more fails it as well. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "codec/mime.h"

#ifdef HAVE_GMIME
#include <gmime/gmime.h>
#endif

#define LEAVES_MAX 512

struct leaf {
    char type[64];
    uint64_t size;
    uint8_t hash[SHA256_SIZE];
};

struct leaves {
    struct leaf at[LEAVES_MAX];
    size_t count;
    struct sha256 *open;
};

/* ------------------------------------------------------------------ ours */

static bool on_part(void *ctx, const struct mime_part *p, struct err *e) {
    struct leaves *const l = ctx;
    (void)e;

    if (p->shape != MIME_LEAF)
        return true;
    assert_true(l->count < LEAVES_MAX);
    snprintf(l->at[l->count].type, sizeof l->at->type, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype));
    l->at[l->count].size = 0;
    l->open = sha256_new();
    return l->open != NULL;
}

static bool on_body(void *ctx, const struct mime_part *p, str bytes, struct err *e) {
    struct leaves *const l = ctx;
    (void)p;
    (void)e;

    l->at[l->count].size += bytes.len;
    sha256_add(l->open, bytes);
    return true;
}

static bool on_end(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e) {
    struct leaves *const l = ctx;
    (void)index;
    (void)encoded;
    (void)junk;
    (void)e;

    if (!l->open)
        return true;
    sha256_end(l->open, l->at[l->count++].hash);
    sha256_free(l->open);
    l->open = NULL;
    return true;
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size, (void)why;
}

static void leaves_of_ours(str bytes, struct leaves *l) {
    struct mime_visitor const visitor = {on_part, on_body, on_end, on_damage, l};
    struct err e = {0};
    struct mime *m;

    assert_true(mime_new(&m, &e));
    mime_begin(m, &visitor);
    assert_true(mime_feed(m, bytes, &e) && mime_end(m, &e));
    mime_free(m);
}

/* ------------------------------------------------------------------ GMime's */

#ifdef HAVE_GMIME
static void leaf_of_gmime(struct leaves *l, GMimeObject *part) {
    GMimeContentType *const type = g_mime_object_get_content_type(part);
    char *const text = g_mime_content_type_get_mime_type(type);
    struct leaf *const leaf = &l->at[l->count++];
    struct sha256 *const hash = sha256_new();

    assert_true(l->count < LEAVES_MAX && hash);
    snprintf(leaf->type, sizeof leaf->type, "%s", text);
    for (char *c = leaf->type; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    g_free(text);
    leaf->size = 0;
    if (GMIME_IS_PART(part)) {
        GMimeDataWrapper *const content = g_mime_part_get_content(GMIME_PART(part));
        GMimeStream *const out = g_mime_stream_mem_new();

        if (content)
            g_mime_data_wrapper_write_to_stream(content, out);
        GByteArray *const bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));

        leaf->size = bytes->len;
        sha256_add(hash, (str){(const char *)bytes->data ? (const char *)bytes->data : "", bytes->len});
        g_object_unref(out);
    }
    sha256_end(hash, leaf->hash);
    sha256_free(hash);
}

static void walk_gmime(struct leaves *l, GMimeObject *part) {
    if (!part)
        return;
    if (GMIME_IS_MULTIPART(part)) {
        for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(part)); i++)
            walk_gmime(l, g_mime_multipart_get_part(GMIME_MULTIPART(part), i));
    } else if (GMIME_IS_MESSAGE_PART(part)) {
        GMimeMessage *const message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));

        if (message)
            walk_gmime(l, g_mime_message_get_mime_part(message));
    } else {
        leaf_of_gmime(l, part);
    }
}

static bool leaves_of_gmime(str bytes, struct leaves *l) {
    GMimeStream *const stream = g_mime_stream_mem_new_with_buffer(bytes.ptr, bytes.len);
    GMimeParser *const parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message;

    g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
    message = g_mime_parser_construct_message(parser, NULL);
    if (message) {
        walk_gmime(l, g_mime_message_get_mime_part(message));
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return message != NULL;
}

/* ------------------------------------------------------------------ compared */

#define QP                                                                                                             \
    "quoted-printable: blanks at the end of a line are the way's, not the text's (RFC 2045 6.7 (3)); GMime keeps them"
#define TYPE "a type that cannot be read is text/plain (RFC 2045 5.2); GMime: application/octet-stream"
#define B64 "base64 that is none, or goes on behind its end: GMime stops elsewhere"
#define ENDS "a delimiter at the very end begins a part, of nothing"

/* Messages that GMime takes otherwise, and why ours is right, or as good. */
static struct {
    const char *file, *why;
    bool met;
} exceptions[] = {
    {"msg_15.txt", QP, false},
    {"msg_25.txt", "no boundary: what there is, is one leaf; GMime gives none", false},
    {"msg_38.txt",
     "lines that are delimiters but for blanks behind them (RFC 2046 5.1.1: transport padding) end the part", false},
    {"msg_39.txt", "three multiparts with one boundary within each other", false},
    {"msg_14.txt", TYPE, false},
    {"sample-1890.eml", TYPE, false},
    {"messages_missing-subtype.txt", TYPE, false},
    {"sample-6172.eml", QP, false},
    {"partial_rfc2046.eml", B64, false},
    {"malformed/000.eml", "parts that are nothing but a head: GMime leaves them out", false},
    {"badmime2.txt",
     "two types of content, the second with the boundary that occurs, and no line between head and body; GMime: one "
     "leaf",
     false},
    {"rfc/000.eml", B64, false},
    {"002.eml", B64, false},
    {"022.eml", "a message within that is no message: its text is a leaf", false},
    {"007.eml",
     "no blank line before the delimiter of the part within: an empty leaf; GMime takes lines of the head for text",
     false},
    {"017.eml", "no `;` before the boundary: what there is, is one leaf; GMime gives none", false},
    {"013.eml", ENDS, false},
    {"014.eml", ENDS, false},
    {"badboundary.eml", ENDS, false},
    {"015.eml", "messages within that end in their heads: GMime's leaves have the texts of the parts behind them",
     false},
    {"001.eml", "a line end of LF in a message of CRLF: GMime takes two bytes for it", false},
    {"external_relay.eml", "no boundary: what there is, is one leaf; GMime gives none", false},
    {"fws_fn.eml",
     "a line of blanks between head and body: GMime takes delimiter and head of the first part for headers of the "
     "message",
     false},
    {"00005.34bcaad58ad5f598f5d6af8cfa0c0465.eml", QP, false},
    {"01004.f3ce5cdf52dbe7ed22354f1ab95376d6.eml", QP, false},
    {"00839.35a9240a97695fd8ef777c6a1ccd3b18.eml", QP, false},
    {"00258.eb914ca569df16b9e969cc1ff646033f.eml", QP, false},
    {"00980.39382e3a94065f3f8c709e874d8f3827.eml", QP, false},
    {"00530.7495e8bd02e1dccfea08502d0e406e5d.eml", QP, false},
    {"00734.0c1975b8c2b17fd6c665827706f89eaf.eml", QP, false},
    {"01147.50120ae9e4f1745bf7a4178b52cd95ca.eml", QP, false},
    {"00603.c76054a8ff1b75fb722602e567d2e7e1.eml", QP, false},
};

static size_t files, differing, leaves_seen;
static uint64_t bytes_seen;

static const char *difference(const struct leaves *a, const struct leaves *b, char *room, size_t size) {
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (strcmp(a->at[i].type, b->at[i].type) != 0) {
            snprintf(room, size, "leaf %zu: %s, GMime: %s", i, a->at[i].type, b->at[i].type);
            return room;
        }
        if (a->at[i].size != b->at[i].size || memcmp(a->at[i].hash, b->at[i].hash, SHA256_SIZE) != 0) {
            snprintf(room, size, "leaf %zu, %s: %lu bytes, GMime: %lu", i, a->at[i].type, (unsigned long)a->at[i].size,
                     (unsigned long)b->at[i].size);
            return room;
        }
    }
    if (a->count == b->count)
        return NULL;
    snprintf(room, size, "%zu leaves, GMime: %zu", a->count, b->count);
    return room;
}

static int compare(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    static struct leaves ours, theirs;
    const char *const name = path + ftw->base, *const dot = strrchr(name, '.');
    struct buf bytes = {0};
    struct err e = {0};
    char room[256];
    const char *why;
    (void)st;

    if (type != FTW_F || !dot || strstr(path, "charsets") || strstr(name, "summary") || strstr(name, "mbox") ||
        !(strcmp(dot, ".eml") == 0 || strcmp(dot, ".txt") == 0 || strcmp(dot, ".msg") == 0 || strchr(name, '!')))
        return 0;
    assert_true(file_read(path, 64u << 20, &bytes, &e));
    if (str_starts(buf_str(&bytes), S("\xEF\xBB\xBF"))) /* the reader's business */
        memmove(bytes.ptr, bytes.ptr + 3, bytes.len -= 3);
    ours.count = theirs.count = 0;
    ours.open = NULL;
    leaves_of_ours(buf_str(&bytes), &ours);
    if (!leaves_of_gmime(buf_str(&bytes), &theirs)) {
        print_message("%s: GMime reads no message; ours: %zu leaves\n", name, ours.count);
        buf_free(&bytes);
        return 0;
    }
    files++;
    leaves_seen += ours.count;
    for (size_t i = 0; i < ours.count; i++)
        bytes_seen += ours.at[i].size;
    why = difference(&ours, &theirs, room, sizeof room);
    if (why) {
        bool known = false;

        for (size_t i = 0; i < COUNT(exceptions) && !known; i++)
            if (str_ends(str_of(path), str_of(exceptions[i].file)))
                known = exceptions[i].met = true;
        differing += !known;
        if (!known)
            print_error("%s: %s\n", path, why);
    }
    buf_free(&bytes);
    return 0;
}
#endif

static void messages_have_the_leaves_that_gmime_finds(void **state) {
    (void)state;
#ifndef HAVE_GMIME
    (void)leaves_of_ours;
    print_message("SKIP: no GMime\n");
    skip();
#else
    const char *const named = getenv("LONGWATCH_SHARED"), *const source = getenv("LONGWATCH_SOURCE");
    char path[4096];

    snprintf(path, sizeof path, "%s%s/data/mail", named ? named : source ? source : ".", named ? "" : "/../shared");
    g_mime_init();
    if (nftw(path, compare, 16, FTW_PHYS) != 0 || files == 0) {
        print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
        skip();
    }
    print_message("%zu messages, %zu leaves, %lu bytes decoded; %zu differ unexplained\n", files, leaves_seen,
                  (unsigned long)bytes_seen, differing);
    assert_int_equal(differing, 0);
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (!exceptions[i].met)
            fail_msg("%s: not needed any more: %s", exceptions[i].file, exceptions[i].why);
    g_mime_shutdown();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(messages_have_the_leaves_that_gmime_finds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
