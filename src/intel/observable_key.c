/* observable_key: what is told of a text becomes keys; and the ways in which an indicator may be in one.
 *
 * What is kept less of than is looked for:
 * - a URL that is only a host is not kept: its host is;
 * - a file's name is what stands behind its last blank or sign that ends words; of the folders it lies in the last two, or one where the
 *   name has no point, each of them cut in the same way;
 * - of whole values blanks together are one; short numbers, times, and what is longer than any name, are none that is kept (is_kept_whole). */
#include "intel/observable_key.h"

#include <assert.h>
#include <sodium.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "event/phone.h"
#include "event/value.h"
#include "intel/indicator_look.h"
#include "intel/intel_set_own.h"

#define URL_MEMORY ((size_t)1 << 20)  /* as detection/indicator.c has it for host and path */
#define FOLDERS INDICATOR_ASK_FOLDERS /* of names with a point in them */
#define FOLDERS_BARE 1u
#define WHOLE_KEPT 255u /* bytes of a whole value: of longer ones none is kept */
#define HEX_KEPT                                                                                                       \
    64u /* hexadecimal digits, of what is nothing else: serial numbers have 40 at most; hashes are keyed apart */
#define NUMBER_LEAST                                                                                                   \
    7u /* digits of a number: shorter ones count, name a port, a process, a record. Telephone numbers have so many */
#define PREFIXED_LEAST 12u /* the same of one behind 0x; hardware addresses have so many */

/* What is remembered of what was told once. A power of two each. */
#define TOLD_VALUES ((size_t)1 << 15)
#define TOLD_PARTS ((size_t)1 << 14)
#define TOLD_PIECES ((size_t)1 << 13)
#define TOLD_KEYS ((size_t)1 << 14)

/* What is remembered by a hash: the same bytes are something else as something else. A value: behind these its raw type. */
enum told_as { TOLD_PATH, TOLD_HOST, TOLD_ADDRESS, TOLD_PIECE, TOLD_VALUE, TOLD_AS = TOLD_VALUE + RAW_TYPES };

enum key_class {
    KEY_URL_HOST = INTEL_CLASSES, /* a value that is a host, of a log that holds host and path apart */
    KEY_URL_PATH,                 /* and the path */
    KEY_URL_UNREAD,               /* a URL of this host, of which nobody knows the path */
    KEY_CLASSES
};

struct told {
    struct hash_wide values[TOLD_VALUES], parts[TOLD_PARTS], pieces[TOLD_PIECES];
    struct told_key {
        uint64_t key, pile;
    } keys[TOLD_KEYS];
};

struct observable_keys {
    uint8_t secrets[KEY_CLASSES][crypto_shorthash_KEYBYTES];
    uint64_t made;
    struct indicator_marks *marks;
    struct indicator_texts texts;
    struct indicator_asks asks;
    struct arena *urls;
    struct buf text; /* of a raw value */
    struct buf room; /* of a key that is put together */
    bool ends[256];  /* indicator_ends_word */
    /* Told once. */
    uint64_t pile;            /* 0: none */
    uint64_t seed, pile_seed; /* another one for each pile: what was told of others is not known */
    struct told *told;
    /* Of the value whose keys are being told. */
    const struct observable_key_sink *sink;
    struct err *e;
    bool stopped;  /* the sink, or memory */
    uint64_t last; /* the key that was told last */
    bool any;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for keys");
}

static uint64_t key_hash(const struct observable_keys *k, unsigned class, str key) {
    uint64_t out;
    static_assert(sizeof out == crypto_shorthash_BYTES, "a key has 64 bits");

    crypto_shorthash((unsigned char *)&out, (const unsigned char *)key.ptr, key.len, k->secrets[class]);
    return out >> OBSERVABLE_ZEROS << OBSERVABLE_ZEROS;
}

enum { DIGIT = 1, HEX = 2, SIGN = 4, OPENS = 8, BLANK = 16, CAPITAL = 32 };
/* Of letters mostly as whole_put and paths have them. SIGN: what stands in numbers and times beside digits; OPENS: with this a placeholder begins. */
static const uint8_t kinds_of[256] = {
    ['0' ... '9'] = DIGIT | HEX,
    ['a' ... 'b'] = HEX,
    ['c'] = HEX | OPENS,
    ['d' ... 'f'] = HEX,
    ['A' ... 'F'] = HEX | CAPITAL,
    ['G' ... 'Z'] = CAPITAL,
    ['\t'] = BLANK,
    ['\r'] = BLANK,
    ['\n'] = BLANK,
    [' '] = SIGN | BLANK,
    ['.'] = SIGN,
    [':'] = SIGN,
    [','] = SIGN,
    ['/'] = SIGN,
    ['-'] = SIGN,
    ['_'] = SIGN,
    ['('] = SIGN,
    [')'] = SIGN,
    ['%'] = SIGN | OPENS,
    ['$'] = OPENS,
    ['s'] = OPENS,
    ['t'] = SIGN,
    ['z'] = SIGN,
};

static unsigned kind_of(char c) {
    return kinds_of[(uint8_t)c];
}

/* Up to the first blank. */
static size_t plain_bytes(str s) {
    size_t i = 0;

#ifdef __SSE2__
    for (; i + 16 <= s.len; i += 16) { /* a control that is no blank as well: then byte by byte */
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));

        if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(' ')), x)))
            break;
    }
#endif
    while (i < s.len && !(kind_of(s.ptr[i]) & BLANK))
        i++;
    return i;
}

/* A whole value as both sides know it; of what is longer than any that is kept, a byte more than that. */
static void whole_put(struct buf *out, str whole) {
    char *const to = buf_reserve(out, whole.len < WHOLE_KEPT ? whole.len : WHOLE_KEPT + 1 + 16);
    size_t len = 0, i = 0;

    if (!to)
        return;
    while (i < whole.len && len <= WHOLE_KEPT) {
        size_t const plain = plain_bytes(str_first(str_from(whole, i), WHOLE_KEPT + 1 - len));

        memcpy(to + len, whole.ptr + i, plain);
        len += plain;
        i += plain;
        if (i < whole.len && kind_of(whole.ptr[i]) & BLANK) {
            if (!len || to[len - 1] != ' ')
                to[len++] = ' ';
            i++;
        }
    }
    str_lower((str){to, len}, to);
    out->len += len;
}

/* A short number, as nearly every value of many logs is: nothing is kept of it, in any class. */
static bool is_number(str s) {
    bool const prefixed = s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] == 'x' || s.ptr[1] == 'X');

    if (!s.len || s.len > PREFIXED_LEAST + 1 || (!prefixed && s.len >= NUMBER_LEAST))
        return false;
    for (size_t i = prefixed ? 2 : 0; i < s.len; i++)
        if (!(kind_of(s.ptr[i]) & (prefixed ? HEX : DIGIT)))
            return false;
    return true;
}

#ifdef __SSE2__
struct hexed {
    unsigned hex, letters; /* a bit for each of sixteen bytes */
};

static inline struct hexed hexed_16(const char *at) {
    __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i const digit = _mm_sub_epi8(x, _mm_set1_epi8('0')),
                  letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(32)), _mm_set1_epi8('a'));
    unsigned const digits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit)),
                   letters =
                       (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter));

    return (struct hexed){digits | letters, letters};
}
#endif

/* {8-4-4-4-12}, hexadecimal digits, perhaps without brackets, one of them a letter: none of it is anything but the whole. */
static bool is_guid(str s) {
    if (s.len == 38 && s.ptr[0] == '{' && s.ptr[37] == '}')
        s = (str){s.ptr + 1, 36};
    if (s.len != 36)
        return false;
    if (s.ptr[8] != '-' || s.ptr[13] != '-' || s.ptr[18] != '-' || s.ptr[23] != '-')
        return false;
#ifdef __SSE2__
    struct hexed const all[] = {hexed_16(s.ptr), hexed_16(s.ptr + 16), hexed_16(s.ptr + 20)};

    return all[0].hex == (0xffff & ~(1u << 8 | 1u << 13)) && all[1].hex == (0xffff & ~(1u << 2 | 1u << 7)) &&
           all[2].hex == (0xffff & ~(1u << 3)) && (all[0].letters | all[1].letters | all[2].letters);
#else
    unsigned letters = 0;

    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            continue;
        if (!(kind_of(s.ptr[i]) & HEX))
            return false;
        letters += !(kind_of(s.ptr[i]) & DIGIT);
    }
    return letters > 0;
#endif
}

/* Of whole values, as whole_put has them, no index keeps numbers, times and other signs without words, and very long ones: such an indicator is looked for in
 * every segment. What begins with + is a telephone number. */
static bool is_kept_whole(str s) {
    unsigned both = HEX | SIGN; /* of what every letter so far is one; digits are both */
    size_t i;

    if (s.len > WHOLE_KEPT || is_number(s))
        return false;
    for (i = 0; i < s.len && both; i++) {
        unsigned const is = kind_of(s.ptr[i]);

        both &= is & DIGIT ? HEX | SIGN : is;
    }
    return !(both & SIGN && !(both & HEX)) && !(both & HEX && s.len > HEX_KEPT);
}

/* Is a canonical URL a host and nothing else? */
static bool is_only_host(str url) {
    size_t const slash = str_find_byte(url, '/');
    str const host = intel_url_host(url);

    return slash + 1 == url.len && (slash == host.len || (slash == host.len + 2 && *url.ptr == '['));
}

/* ---- names of files ---- */

/* What stands behind the last sign that ends words, but for those at its end. */
static str last_word(const struct observable_keys *k, str name) {
    size_t at;

    while (name.len && k->ends[(uint8_t)name.ptr[name.len - 1]])
        name.len--;
    for (at = name.len; at > 0 && !k->ends[(uint8_t)name.ptr[at - 1]]; at--)
        ;
    return str_from(name, at);
}

/* Numbers with points stand everywhere: they are no names that an index keeps. */
static bool is_kept_name(str word) {
    if (is_number(word))
        return false;
    for (size_t i = 0; i < word.len; i++)
        if ((word.ptr[i] < '0' || word.ptr[i] > '9') && word.ptr[i] != '.')
            return true;
    return false;
}

static unsigned folders_kept(str word) {
    return str_find_byte(word, '.') == SIZE_MAX ? FOLDERS_BARE : FOLDERS;
}

/* The last name of a path whose names have `/` between them. */
static str last_name(str path) {
    const char *const slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;

    return slash ? str_from(path, (size_t)(slash - path.ptr) + 1) : path;
}

/* Takes the last folder off the end of a path; false: there is none. Empty ones (the first slash) are none. */
static bool folder_take(str *path, str *folder) {
    if (!path->len)
        return false;
    path->len--; /* the slash */
    *folder = last_name(*path);
    path->len -= folder->len;
    return folder->len > 0;
}

/* name: a last word; folders: the last ones, the nearest first. Mostly they stand one behind the other as it wants them. */
static uint64_t file_key(struct observable_keys *k, const str *folders, unsigned count, str name) {
    str together = name;

    for (unsigned i = 0; i < count && together.ptr; i++) {
        str const folder = last_word(k, folders[i]);

        together = folder.len && folder.ptr + folder.len + 1 == together.ptr && together.ptr[-1] == '/'
                       ? (str){folder.ptr, folder.len + 1 + together.len}
                       : (str){NULL, 0};
    }
    if (together.ptr)
        return key_hash(k, INTEL_FILE, together);
    k->room.len = 0;
    for (unsigned i = count; i > 0; i--) {
        buf_add(&k->room, last_word(k, folders[i - 1]));
        buf_byte(&k->room, '/');
    }
    buf_add(&k->room, name);
    return key_hash(k, INTEL_FILE, buf_str(&k->room));
}

/* ---- telling ---- */

void observable_keys_pile(struct observable_keys *k, uint64_t pile) {
    k->pile = pile;
    k->pile_seed = k->seed + pile * TOLD_AS;
}

static bool was_told(struct hash_wide *slot, struct hash_wide h) {
    if (slot->low == h.low && slot->high == h.high)
        return true;
    *slot = h;
    return false;
}

/* Was all of this told already? Else it is about to be. */
static bool part_was_told(struct observable_keys *k, enum told_as as, str part) {
    if (!k->pile)
        return false;
    struct hash_wide const h = hash_bytes_wide(part, k->pile_seed + as);

    return was_told(&k->told->parts[h.low & (TOLD_PARTS - 1)], h);
}

static bool piece_was_told(void *ctx, str piece) {
    struct observable_keys *const k = ctx;

    if (!k->pile)
        return false;
    struct hash_wide const h = hash_bytes_wide(piece, k->pile_seed + TOLD_PIECE);

    return was_told(&k->told->pieces[h.low & (TOLD_PIECES - 1)], h);
}

static bool value_was_told(struct observable_keys *k, uint8_t raw_type, str value) {
    if (!k->pile)
        return false;
    struct hash_wide const h = hash_bytes_wide(value, k->pile_seed + TOLD_VALUE + raw_type);

    return was_told(&k->told->values[h.low & (TOLD_VALUES - 1)], h);
}

static bool key_was_told(struct observable_keys *k, uint64_t key) {
    struct told_key *const slot = &k->told->keys[key >> OBSERVABLE_ZEROS & (TOLD_KEYS - 1)];

    if (slot->key == key && slot->pile == k->pile)
        return true;
    *slot = (struct told_key){key, k->pile};
    return false;
}

static void tell(struct observable_keys *k, uint64_t key) {
    if (k->stopped || (k->any && k->last == key))
        return;
    k->any = true;
    k->last = key;
    if (k->pile && !k->room.failed && key_was_told(k, key))
        return;
    if (k->room.failed)
        k->stopped = !no_memory(k->e);
    else
        k->stopped = !k->sink->key(k->sink->ctx, key, k->e);
}

static void key_told(void *ctx, enum intel_class class, str key) {
    struct observable_keys *const k = ctx;

    if (class == INTEL_URL && is_only_host(key))
        return;
    if (class != INTEL_WHOLE) {
        tell(k, key_hash(k, class, key));
        return;
    }
    k->room.len = 0;
    whole_put(&k->room, key);
    if (is_kept_whole(buf_str(&k->room)))
        tell(k, key_hash(k, class, buf_str(&k->room)));
}

/* As key_told does of a whole value: with a letter that is a digit, and hyphens, it is kept. */
static void guid_told(struct observable_keys *k, str guid) {
    char small[38];

    static_assert(CAPITAL == 'a' - 'A', "the bit that makes a letter small");
    for (size_t i = 0; i < guid.len; i++)
        small[i] = (char)((uint8_t)guid.ptr[i] | (kind_of(guid.ptr[i]) & CAPITAL));
    tell(k, key_hash(k, INTEL_WHOLE, (str){small, guid.len}));
}

static void address_told(void *ctx, const struct address *a) {
    struct observable_keys *const k = ctx;
    str const bytes = {(const char *)a->bytes, a->family == 4 ? 4 : 16};

    if (part_was_told(k, TOLD_ADDRESS, bytes))
        return;
    tell(k, key_hash(k, INTEL_ADDRESS, bytes));
    if (!k->stopped)
        k->stopped = !k->sink->address(k->sink->ctx, a, k->e);
}

/* The folder that a placeholder at the end of this one stands for: it may begin behind any word. */
static str placeholder_at_end(const struct observable_keys *k, str folder) {
    for (size_t at = 0; at < folder.len; at++)
        if (kind_of(folder.ptr[at]) & OPENS &&
            (!at || k->ends[(uint8_t)folder.ptr[at - 1]])) { /* %x%, $env:x, csidl_x, systemroot */
            str const is = observable_folder(str_from(folder, at));

            if (is.len)
                return is;
        }
    return S("");
}

static void path_told(void *ctx, str path) {
    struct observable_keys *const k = ctx;
    str const name = last_word(k, last_name(path));
    unsigned const most = folders_kept(name);
    str folders[FOLDERS] = {{0}};
    unsigned count = 0;

    if (!is_kept_name(name))
        return;
    tell(k, file_key(k, folders, 0, name));
    path.len -= last_name(path).len;
    while (count < most && folder_take(&path, &folders[count])) {
        str const is = placeholder_at_end(k, folders[count]), was = folders[count];

        count++;
        tell(k, file_key(k, folders, count, name));
        if (!is.len)
            continue;
        /* What it stands for is one folder, or two. */
        str above = str_first(is, is.len - last_name(is).len);

        folders[count - 1] = last_name(is);
        tell(k, file_key(k, folders, count, name));
        if (count < most && folder_take(&above, &folders[count]))
            tell(k, file_key(k, folders, count + 1, name));
        folders[count - 1] = was;
    }
}

static bool path_was_told(void *ctx, str path) {
    return part_was_told(ctx, TOLD_PATH, path);
}

static bool hosts_were_told(void *ctx, str host) {
    return part_was_told(ctx, TOLD_HOST, host);
}

static void host_told(void *ctx, str host) {
    struct observable_keys *const k = ctx;

    tell(k, key_hash(k, KEY_URL_HOST, host));
}

static void unread_told(void *ctx, str host) {
    struct observable_keys *const k = ctx;

    tell(k, key_hash(k, KEY_URL_UNREAD, host));
}

static void phone_told(void *ctx, str number) {
    struct observable_keys *const k = ctx;
    struct phone_candidate all[PHONE_CANDIDATES];
    size_t const count = phone_candidates(number, all);

    for (size_t i = 0; i < count; i++)
        if (is_kept_whole((str){all[i].text, all[i].len}))
            tell(k, key_hash(k, INTEL_WHOLE, (str){all[i].text, all[i].len}));
}

/* ---- values ---- */

bool observable_keys_new(struct observable_keys **out, const uint8_t secret[OBSERVABLE_SECRET], struct err *e) {
    static const char words[] = "longwatch observable key";
    struct observable_keys *const k = calloc(1, sizeof *k);

    static_assert(OBSERVABLE_SECRET >= crypto_generichash_KEYBYTES_MIN && crypto_shorthash_KEYBYTES >= 16, "of use");
    if (!k)
        return no_memory(e);
    if (sodium_init() < 0) {
        free(k);
        return err_set(e, ERR_IO, 0, "libsodium cannot begin");
    }
    for (unsigned class = 0; class <= KEY_CLASSES; class ++) {
        uint8_t about[sizeof words + 2], made[16];

        memcpy(about, words, sizeof words);
        about[sizeof words] = OBSERVABLE_KEY_VERSION;
        about[sizeof words + 1] = (uint8_t) class;
        crypto_generichash(class < KEY_CLASSES ? k->secrets[class] : made, 16, about, sizeof about, secret,
                           OBSERVABLE_SECRET);
        if (class == KEY_CLASSES)
            memcpy(&k->made, made, sizeof k->made);
    }
    for (unsigned c = 0; c < COUNT(k->ends); c++)
        k->ends[c] = indicator_ends_word((char)c);
    k->asks = (struct indicator_asks){.key = key_told,
                                      .address = address_told,
                                      .path = path_told,
                                      .host = host_told,
                                      .unread = unread_told,
                                      .phone = phone_told,
                                      .path_was_told = path_was_told,
                                      .hosts_were_told = hosts_were_told,
                                      .piece_was_told = piece_was_told,
                                      .ctx = k};
    k->seed = hash_seed();
    if (!(k->told = calloc(1, sizeof *k->told))) {
        free(k);
        return no_memory(e);
    }
    if (!indicator_marks_every(&k->marks, e)) {
        free(k->told);
        free(k);
        return false;
    }
    if (!indicator_texts_init(&k->texts, k->marks) || !(k->urls = arena_new(URL_MEMORY))) {
        observable_keys_free(k);
        return no_memory(e);
    }
    *out = k;
    return true;
}

void observable_keys_free(struct observable_keys *k) {
    if (!k)
        return;
    indicator_texts_free(&k->texts);
    indicator_marks_free(k->marks);
    arena_free(k->urls);
    buf_free(&k->text);
    buf_free(&k->room);
    sodium_memzero(k->secrets, sizeof k->secrets);
    free(k->told);
    free(k);
}

uint64_t observable_keys_made(const struct observable_keys *k) {
    return k->made;
}

bool observable_keys_of(struct observable_keys *k, uint8_t raw_type, str bytes, const struct observable_key_sink *sink,
                        struct err *e) {
    struct web_address w;
    str text = bytes, path, query;
    size_t repaired = 0;

    if (raw_type != RAW_TEXT && raw_type != RAW_UTF16 && raw_type != RAW_BINARY && raw_type != RAW_SID)
        return true;
    k->sink = sink;
    k->e = e;
    k->stopped = k->any = false;
    if (raw_type == RAW_TEXT) { /* what most values are */
        if (is_number(bytes) || (indicator_text_is_time(bytes) && *bytes.ptr != '/'))
            return true;
        if (is_guid(bytes)) {
            guid_told(k, bytes);
            return !k->stopped;
        }
    }
    if (value_was_told(k, raw_type, bytes))
        return true;
    if (raw_type != RAW_TEXT || utf8_valid(bytes) != bytes.len) {
        k->text.len = 0;
        (void)value_render(raw_type, bytes, &k->text, &repaired);
        if (k->text.failed)
            return no_memory(e);
        text = buf_str(&k->text);
    }
    if (raw_type != RAW_TEXT && is_guid(text)) {
        guid_told(k, text);
        return !k->stopped;
    }
    if (text.len >= INDICATOR_TEXT_MIN && !indicator_text_ask(&k->texts, text, &k->asks))
        return k->stopped ? false : no_memory(e);
    if (text.len && *text.ptr == '/') {
        arena_reset(k->urls);
        /* A host as short as any that is known: what fits behind another fits behind this one. */
        if (web_address_join(S("a.bc"), text, S(""), k->urls, &w)) {
            intel_url_parts(w.key, &path, &query);
            tell(k, key_hash(k, KEY_URL_PATH, path));
        }
    }
    return !k->stopped;
}

/* ---- indicators ---- */

static void way_add(struct observable_ask *a, uint64_t first, const uint64_t *second) {
    assert(a->way_count < OBSERVABLE_WAYS);
    a->ways[a->way_count].keys[0] = first;
    if (second)
        a->ways[a->way_count].keys[1] = *second;
    a->ways[a->way_count++].count = second ? 2 : 1;
}

static void host_ask(const struct observable_keys *k, str host, struct observable_ask *out) {
    struct address a;

    if (address_parse(host, &a))
        way_add(out, key_hash(k, INTEL_ADDRESS, (str){(const char *)a.bytes, a.family == 4 ? 4 : 16}), NULL);
    else
        way_add(out, key_hash(k, INTEL_HOST, host), NULL);
}

/* Of a path that stands in a field of its own there may be no key, or one of less: a value of one byte is not keyed (hunt/archive_keys.c), and what ends like
 * an address that was cut (codec/web_address.h) is keyed without its end, though before a query in another field it is whole. */
static bool is_path_unsure(str path) {
    static const str cuts[] = {STR("..."), STR("%E2%80%A6"), STR("%25")};
    bool unsure =
        path.len < 2 || str_ends(str_first(path, path.len - 1), S("%25")); /* `%4`, whatever the second sign is */

    for (size_t i = 0; i < COUNT(cuts); i++)
        unsure |= str_ends(path, cuts[i]);
    return unsure;
}

static void url_ask(const struct observable_keys *k, str url, struct observable_ask *out) {
    str const host = intel_url_host(url);
    str path, query;

    intel_url_parts(url, &path, &query);
    uint64_t const path_key = key_hash(k, KEY_URL_PATH, path);

    if (is_only_host(url))
        host_ask(k, host, out);
    else
        way_add(out, key_hash(k, INTEL_URL, url), NULL);
    way_add(out, key_hash(k, KEY_URL_HOST, host), is_path_unsure(path) ? NULL : &path_key);
    way_add(out, key_hash(k, KEY_URL_UNREAD, host), NULL);
}

static void whole_ask(struct observable_keys *k, str whole, struct observable_ask *out) {
    k->room.len = 0;
    whole_put(&k->room, whole);
    if (is_kept_whole(buf_str(&k->room)))
        way_add(out, key_hash(k, INTEL_WHOLE, buf_str(&k->room)), NULL);
    else
        out->scan = true;
}

static void file_ask(struct observable_keys *k, str path, struct observable_ask *out) {
    str const whole = path, name = last_word(k, last_name(path));
    unsigned const most = folders_kept(name);
    str folders[FOLDERS];
    unsigned count = 0;

    if (!is_kept_name(name)) {
        out->scan = true;
        return;
    }
    path.len -= last_name(path).len;
    /* Of a folder of nothing but signs that end words the evidence has what stands before them. */
    while (count < most && folder_take(&path, &folders[count]) && last_word(k, folders[count]).len)
        count++;
    way_add(out, file_key(k, folders, count, name), NULL);
    if (!count) /* it may be all of a value */
        whole_ask(k, whole, out);
}

bool observable_ask_of(struct observable_keys *k, enum observable type, str canonical, struct observable_ask *out,
                       struct err *e) {
    char *const room = malloc(INTEL_KEY_MAX);
    str nationals[PHONE_NATIONALS], key;
    enum intel_class class;
    struct network n;

    *out = (struct observable_ask){0};
    if (!room)
        return no_memory(e);
    if (!intel_key_of(type, canonical, room, &class, &key)) {
        out->scan = true;
    } else if (class == INTEL_NETWORK) {
        out->range = network_parse(canonical, &n, e);
        out->scan = !out->range;
        if (out->range)
            network_range(&n, &out->first, &out->last);
    } else if (class == INTEL_URL) {
        url_ask(k, key, out);
    } else if (class == INTEL_FILE) {
        file_ask(k, key, out);
    } else if (class == INTEL_WHOLE) {
        size_t const count = type == OBSERVABLE_PHONE ? phone_nationals(key, nationals) : 0;

        whole_ask(k, key, out);
        for (size_t i = 0; i < count; i++)
            whole_ask(k, nationals[i], out);
        out->scan |= type == OBSERVABLE_CERTIFICATE && key.len < PREFIXED_LEAST; /* it may stand behind 0x */
    } else {
        way_add(out, key_hash(k, class, key), NULL);
    }
    free(room);
    return !k->room.failed || no_memory(e);
}
