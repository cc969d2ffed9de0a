/* yara_scan: feeds libyara block by block. It pulls blocks through an iterator, and may be told that the next one is not there yet
 * (ERROR_BLOCK_NOT_READY): then it returns, keeps what it found, and is called again when the block is there.
 *
 * Blocks are cut where neither of the three bytes around the cut is a letter or digit, if there is such a place near by, so that the end of
 * a block is never taken for the end of a word that goes on. Chained strings (those with a gap) are put together by libyara from offsets
 * within blocks, as if all blocks began at the same place; what waits for its other half is therefore forgotten between blocks. */
#include "intel/yara_scan.h"

#include <assert.h>

#include "base/buf.h"
#include "intel/yara_own.h"

#define CUT_LOOK 4096u /* bytes before the end of a block that are looked at for a better place */
#define NAME_MAX_BYTES 4096u

const struct yara_limits yara_limits_usual = {.bytes_max = (uint64_t)4 << 30, .seconds = 60};

struct yara_scan {
    const struct yara_set *set;
    struct yara_limits limits;
    YR_SCANNER *scanner;
    YR_MEMORY_BLOCK_ITERATOR iterator;
    YR_MEMORY_BLOCK first, next; /* the first stays; next: the one that is scanned now */
    bool is_ready, is_last;      /* next is to be scanned; nothing comes behind it */
    bool is_dropped;             /* nothing more comes, and nothing is asked */
    bool begun, started;         /* started: libyara has seen the first block */
    struct sha256 *sha256;       /* of what comes in blocks */
    struct buf head, tail;       /* the first block; what comes behind it and has not been scanned */
    uint64_t size;               /* so far */
    uint64_t tail_at;            /* of the tail's first byte */
    size_t fresh;                /* bytes of the tail that were in no block yet */
    enum yara_end end;
    str whole; /* what was scanned in one block */
    /* While hits are told: */
    bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e);
    void *ctx;
    struct err *e;
    bool ok, hashed;
    uint8_t hash[SHA256_SIZE];
};

str yara_end_name(enum yara_end end) {
    static const str names[YARA_ENDS] = {STR("scanned"), STR("too large"), STR("took too long"),
                                         STR("more matches than memory holds"), STR("libyara gave up")};

    return names[end];
}

/* ------------------------------------------------------------------ blocks */

static const uint8_t *block_bytes(YR_MEMORY_BLOCK *b) {
    return b->context;
}

/* The rules' conditions ask for the first block again, when all have been scanned. */
static YR_MEMORY_BLOCK *block_first(YR_MEMORY_BLOCK_ITERATOR *i) {
    struct yara_scan *const s = i->context;

    i->last_error = ERROR_SUCCESS;
    return &s->first;
}

static YR_MEMORY_BLOCK *block_next(YR_MEMORY_BLOCK_ITERATOR *i) {
    struct yara_scan *const s = i->context;

    i->last_error = ERROR_SUCCESS;
    if (s->is_ready) {
        s->is_ready = false;
        memset(s->scanner->unconfirmed_matches, 0,
               s->set->compiled->num_strings * sizeof *s->scanner->unconfirmed_matches);
        return &s->next;
    }
    if (s->is_dropped)
        i->last_error = ERROR_COULD_NOT_READ_FILE;
    else if (!s->is_last)
        i->last_error = ERROR_BLOCK_NOT_READY;
    return NULL;
}

static uint64_t size_of(YR_MEMORY_BLOCK_ITERATOR *i) {
    return ((struct yara_scan *)i->context)->size;
}

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The last good place to cut in front of `end`; end itself where there is none. */
static size_t cut(str bytes, size_t end) {
    for (size_t at = end; at + CUT_LOOK > end && at >= 2 && at < bytes.len; at--)
        if (!is_alnum(bytes.ptr[at]) && !is_alnum(bytes.ptr[at - 1]) && !is_alnum(bytes.ptr[at - 2]))
            return at;
    return end;
}

/* ------------------------------------------------------------------ what was found */

static bool hash_whole(struct yara_scan *s) {
    struct sha256 *const h = s->sha256 ? s->sha256 : sha256_new();

    if (!h)
        return err_set(s->e, ERR_MEMORY, 0, "no memory to hash");
    if (!s->sha256)
        sha256_add(h, s->whole);
    sha256_end(h, s->hash);
    sha256_free(h);
    s->sha256 = NULL;
    return s->hashed = true;
}

/* libyara's matches lie at odd addresses: they are copied before they are looked at. */
static size_t add_matches(const struct yara_scan *s, uint32_t index, const YR_STRING *string, struct yara_match *out,
                          size_t room, bool *more) {
    const YR_MATCH *at = s->scanner->matches[string->idx].head;
    size_t count = 0;

    while (at) {
        YR_MATCH m;

        memcpy(&m, at, sizeof m);
        at = m.next;
        if (m.is_private)
            continue;
        if (count == room || count == YARA_STRING_MATCHES) {
            *more = true;
            break;
        }
        size_t const kept = m.data_length < 0 ? 0 : (size_t)m.data_length;

        out[count++] = (struct yara_match){
            .string = index,
            .offset = (uint64_t)(m.base + m.offset),
            .length = m.match_length < 0 ? 0 : (uint32_t)m.match_length,
            .excerpt = m.data ? str_first((str){(const char *)m.data, kept}, YARA_EXCERPT_MAX) : (str){"", 0}};
    }
    return count;
}

static int tell(struct yara_scan *s, const YR_RULE *rule) {
    struct yara_match matches[YARA_MATCHES_TOLD];
    struct yara_hit hit = {
        .rule = &s->set->rules[rule - s->set->compiled->rules_table], .matches = matches, .size = s->size};
    const YR_STRING *string;
    uint32_t index = 0;

    if (!s->hashed && !hash_whole(s)) {
        s->ok = false;
        return CALLBACK_ABORT;
    }
    memcpy(hit.sha256, s->hash, sizeof hit.sha256);
    yr_rule_strings_foreach(rule, string) {
        if (index == hit.rule->string_count)
            break;
        if (!STRING_IS_CHAIN_PART(string) || !string->chained_to)
            hit.match_count += add_matches(s, index, string, matches + hit.match_count,
                                           YARA_MATCHES_TOLD - hit.match_count, &hit.more);
        index++;
    }
    s->ok = s->hit(s->ctx, &hit, s->e);
    return s->ok ? CALLBACK_CONTINUE : CALLBACK_ABORT;
}

static int on_message(YR_SCAN_CONTEXT *context, int message, void *data, void *ctx) {
    struct yara_scan *const s = ctx;

    (void)context;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        return s->ok ? tell(s, data) : CALLBACK_ABORT;
    return CALLBACK_CONTINUE; /* of a string with a million matches no more are looked for */
}

/* ------------------------------------------------------------------ the life */

bool yara_scan_new(struct yara_scan **out, const struct yara_set *set, const struct yara_limits *limits,
                   struct err *e) {
    struct yara_scan *const s = calloc(1, sizeof *s);

    assert(set->compiled);
    if (!s || yr_scanner_create(set->compiled, &s->scanner) != ERROR_SUCCESS) {
        free(s);
        return err_set(e, ERR_MEMORY, 0, "no memory to scan with YARA rules");
    }
    s->set = set;
    s->limits = *limits;
    s->first.fetch_data = s->next.fetch_data = block_bytes;
    s->iterator =
        (YR_MEMORY_BLOCK_ITERATOR){.context = s, .first = block_first, .next = block_next, .file_size = size_of};
    /* A string that a condition only asks for at all is not looked for again once it is found: that bounds what matches take. */
    yr_scanner_set_flags(s->scanner, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_callback(s->scanner, on_message, s);
    *out = s;
    return true;
}

static enum yara_end end_of(int result) {
    switch (result) {
    case ERROR_SUCCESS:
        return YARA_SCANNED;
    case ERROR_SCAN_TIMEOUT:
        return YARA_TIMED_OUT;
    case ERROR_INSUFFICIENT_MEMORY:
        return YARA_NO_MEMORY;
    default:
        return YARA_FAILED;
    }
}

/* Scans the blocks that are there. */
static void run(struct yara_scan *s) {
    uint64_t const seconds = s->limits.seconds ? s->limits.seconds + (s->size >> 20) : 0;
    int result;

    s->scanner->timeout = seconds * 1000000000u;
    if (!s->started)
        s->scanner->entry_point = YR_UNDEFINED; /* libyara keeps that of the scan before */
    s->started = true;
    result = yr_scanner_scan_mem_blocks(s->scanner, &s->iterator);
    if (result != ERROR_BLOCK_NOT_READY) {
        s->started = false;
        s->end = end_of(result);
    }
}

/* What libyara has of a scan that does not go on is freed. */
static void give_up(struct yara_scan *s) {
    if (s->started) {
        s->is_ready = false;
        s->is_dropped = true;
        run(s);
    }
    s->begun = s->started = s->is_dropped = false;
}

void yara_scan_free(struct yara_scan *s) {
    if (!s)
        return;
    give_up(s);
    yr_scanner_destroy(s->scanner);
    sha256_free(s->sha256);
    buf_free(&s->head);
    buf_free(&s->tail);
    free(s);
}

static bool define(struct yara_scan *s, const char *name, str value) {
    char text[NAME_MAX_BYTES + 1];

    if (value.len > NAME_MAX_BYTES) /* what tells it from others stands at its end */
        value = str_from(value, value.len - NAME_MAX_BYTES);
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    return yr_scanner_define_string_variable(s->scanner, name, text) == ERROR_SUCCESS;
}

static bool define_about(struct yara_scan *s, const struct yara_about *about) {
    str name = about->path, extension = S("");
    char small[64];

    for (size_t i = name.len; i > 0; i--)
        if (strchr("/\\!", name.ptr[i - 1])) {
            name = str_from(name, i);
            break;
        }
    for (size_t i = name.len; i > 1; i--)
        if (name.ptr[i - 1] == '.') {
            extension = str_first(str_from(name, i - 1), sizeof small);
            break;
        }
    for (size_t i = 0; i < extension.len; i++) {
        char const c = extension.ptr[i];

        small[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    extension.ptr = small;
    return define(s, "filename", name) && define(s, "filepath", about->path) && define(s, "extension", extension);
}

/* The names that public rules compare with. */
static str filetype_of(str head) {
    static const struct {
        str begins, name;
    } types[] = {{STR("MZ"), STR("EXE")},
                 {STR("\177ELF"), STR("ELF")},
                 {STR("PK\3\4"), STR("ZIP")},
                 {STR("%PDF"), STR("PDF")},
                 {STR("{\\rtf"), STR("RTF")},
                 {STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), STR("OLE")},
                 {STR("Rar!\x1A\7"), STR("RAR")},
                 {STR("7z\xBC\xAF\x27\x1C"), STR("7Zip")},
                 {STR("GIF8"), STR("GIF")},
                 {STR("\xFF\xD8\xFF"), STR("JPEG")},
                 {STR("L\0\0\0\1\x14\2\0"), STR("LNK")},
                 {STR("MDMP"), STR("MDMP")},
                 {STR("MSCF"), STR("CAB")},
                 {STR("\x1F\x8B\x08"), STR("GZIP")},
                 {STR("BZh"), STR("BZip2")},
                 {STR("<?php"), STR("PHP")},
                 {STR("<?xml"), STR("XML")}};

    for (size_t i = 0; i < COUNT(types); i++)
        if (str_starts(head, types[i].begins))
            return types[i].name;
    return S("");
}

bool yara_scan_begin(struct yara_scan *s, const struct yara_about *about) {
    give_up(s);
    sha256_free(s->sha256);
    s->sha256 = NULL;
    s->head.len = s->tail.len = 0;
    s->size = s->tail_at = 0;
    s->fresh = 0;
    s->is_ready = s->is_last = s->hashed = false;
    s->ok = true;
    s->hit = NULL;
    s->end = YARA_SCANNED;
    s->whole = S("");
    s->begun = true;
    return define_about(s, about);
}

/* The first block is full, and more follows. */
static bool begin_blocks(struct yara_scan *s) {
    size_t const end = cut(buf_str(&s->head), YARA_WHOLE - 2);
    size_t const from = cut(buf_str(&s->head), end - YARA_OVERLAP);

    if (!(s->sha256 = sha256_new()) || !define(s, "filetype", filetype_of(buf_str(&s->head))))
        return false;
    sha256_add(s->sha256, buf_str(&s->head));
    s->first.context = s->head.ptr;
    s->first.base = 0;
    s->first.size = end;
    buf_add(&s->tail, str_from(buf_str(&s->head), from));
    s->tail_at = from;
    s->fresh = s->head.len - end;
    run(s);
    return !s->tail.failed;
}

/* The tail's bytes up to `end` are a block; the overlap stays. */
static void scan_tail(struct yara_scan *s, size_t end) {
    size_t from;

    s->next.context = s->tail.ptr;
    s->next.base = s->tail_at;
    s->next.size = end;
    s->is_ready = true;
    run(s);
    from = end > YARA_OVERLAP ? cut(buf_str(&s->tail), end - YARA_OVERLAP) : 0;
    s->fresh = s->tail.len - end;
    memmove(s->tail.ptr, s->tail.ptr + from, s->tail.len - from);
    s->tail.len -= from;
    s->tail_at += from;
}

bool yara_scan_feed(struct yara_scan *s, str bytes) {
    assert(s->begun);
    s->size += bytes.len;
    if (s->size > s->limits.bytes_max && s->end == YARA_SCANNED) {
        give_up(s);
        s->begun = true;
        s->end = YARA_TOO_LARGE;
    }
    while (bytes.len && s->end == YARA_SCANNED) {
        struct buf *const to = s->started ? &s->tail : &s->head;
        size_t const most = s->started ? YARA_BLOCK : YARA_WHOLE;
        str const piece = str_first(bytes, most - to->len);

        buf_add(to, piece);
        if (to->failed)
            return false;
        if (s->started) {
            s->fresh += piece.len;
            sha256_add(s->sha256, piece);
        }
        bytes = str_from(bytes, piece.len);
        if (to->len < most || !bytes.len)
            continue; /* a block is scanned when more is known to follow */
        if (!s->started && !begin_blocks(s))
            return false;
        else if (to == &s->tail)
            scan_tail(s, cut(buf_str(&s->tail), most - 2));
    }
    return true;
}

static bool scan_one(struct yara_scan *s, str whole) {
    s->whole = whole;
    s->first.context = (void *)(uintptr_t)whole.ptr;
    s->first.base = 0;
    s->first.size = whole.len;
    s->is_last = true;
    if (!define(s, "filetype", filetype_of(whole)))
        return false;
    run(s);
    return true;
}

static bool finish(struct yara_scan *s, bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e), void *ctx,
                   const str *whole, enum yara_end *end, struct err *e) {
    bool ok = true;

    s->hit = hit;
    s->ctx = ctx;
    s->e = e;
    if (s->started) {
        s->is_last = true;
        if (s->fresh)
            scan_tail(s, s->tail.len);
        else
            run(s);
    } else if (s->end == YARA_SCANNED) {
        ok = scan_one(s, whole ? *whole : buf_str(&s->head)) || err_set(e, ERR_MEMORY, 0, "no memory to scan");
    }
    s->begun = false;
    *end = s->end;
    return ok && s->ok;
}

bool yara_scan_end(struct yara_scan *s, bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e), void *ctx,
                   enum yara_end *end, struct err *e) {
    assert(s->begun);
    return finish(s, hit, ctx, NULL, end, e);
}

bool yara_scan_bytes(struct yara_scan *s, const struct yara_about *about, str bytes,
                     bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e), void *ctx, enum yara_end *end,
                     struct err *e) {
    if (!yara_scan_begin(s, about))
        return err_set(e, ERR_MEMORY, 0, "no memory to scan");
    if (bytes.len <= YARA_WHOLE && bytes.len <= s->limits.bytes_max) {
        s->size = bytes.len;
        return finish(s, hit, ctx, &bytes, end, e);
    }
    return (yara_scan_feed(s, bytes) || err_set(e, ERR_MEMORY, 0, "no memory to scan")) &&
           yara_scan_end(s, hit, ctx, end, e);
}
