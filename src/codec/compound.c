/* compound: the header says where the table of sectors (FAT) lies, that how sectors follow each other; the directory and the table of
 * small sectors are chains like any other. [MS-CFB] 2.1 to 2.6. */
#include "codec/compound.h"

#include "base/cursor.h"

#define HEADER_BYTES 512u
#define HEADER_DIFAT 109u
#define SECTOR_MAX_REGULAR 0xfffffffau /* above: ends and marks */
#define ENTRY_BYTES 128u
#define NAME_UNITS_MAX 31u
#define SMALL_BYTES 64u

struct entry {
    char name[NAME_UNITS_MAX + 1];
    uint8_t name_len;
    uint8_t type; /* 1: storage, 2: stream, 5: root */
    uint32_t left, right, child, start;
    uint64_t size;
    uint32_t first, next; /* as members of a storage */
};

struct compound {
    str bytes;
    size_t sector; /* bytes */
    uint32_t sectors;
    uint32_t *fat, *small_fat; /* what follows each sector */
    uint32_t fat_count, small_count;
    uint32_t small_below; /* streams of fewer bytes lie in small sectors */
    struct buf small;     /* the stream that small sectors are of */
    struct entry *entries;
    uint32_t entry_count;
    uint64_t left; /* bytes that may yet be read */
};

bool compound_begins(str head) {
    return str_starts(head, S("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
}

static bool broken(struct err *e, const char *what) {
    return err_set(e, ERR_CORRUPT, 0, "a compound file (OLE2) whose %s", what);
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a compound file");
}

/* Sector n; shorter at the end of the file, empty behind it. The header stands where sector -1 would. */
static str sector_at(const struct compound *c, uint32_t n) {
    uint64_t const at = ((uint64_t)n + 1) * c->sector;

    return n >= c->sectors ? S("") : str_first(str_from(c->bytes, (size_t)at), c->sector);
}

static uint32_t number_at(str bytes, size_t at) {
    uint32_t n;

    if (bytes.len < at + 4)
        return COMPOUND_NONE;
    memcpy(&n, bytes.ptr + at, sizeof n);
    return n;
}

static uint32_t next_sector(const struct compound *c, uint32_t n) {
    return n < c->fat_count ? c->fat[n] : COMPOUND_NONE;
}

/* The sectors that the FAT lies in: 109 in the header, the others in a chain of sectors of their own (DIFAT). */
static bool fat_read(struct compound *c, struct err *e) {
    uint32_t const stated = number_at(c->bytes, 44);
    uint32_t const each = (uint32_t)(c->sector / 4);
    uint32_t difat = number_at(c->bytes, 68), steps = 0, done = 0;

    if (stated > c->sectors)
        return broken(e, "table of sectors is larger than the file");
    if (!(c->fat = malloc(((size_t)stated * each + 1) * sizeof *c->fat)))
        return no_memory(e);
    for (uint32_t i = 0; i < stated; i++) {
        uint32_t where;

        if (i < HEADER_DIFAT) {
            where = number_at(c->bytes, 76 + 4 * (size_t)i);
        } else {
            uint32_t const at = (i - HEADER_DIFAT) % (each - 1);

            if (at == 0 && i > HEADER_DIFAT)
                difat = number_at(sector_at(c, difat), 4 * (size_t)(each - 1));
            if (at == 0 && ++steps > c->sectors)
                return broken(e, "table of sectors goes in a circle");
            where = number_at(sector_at(c, difat), 4 * (size_t)at);
        }
        str const s = sector_at(c, where);

        if (s.len < 4)
            return broken(e, "table of sectors lies behind the end");
        memset(c->fat + done, 0xff, c->sector);
        memcpy(c->fat + done, s.ptr, s.len & ~(size_t)3);
        done += each;
    }
    c->fat_count = done;
    return true;
}

/* Appends at most `size` bytes of a chain. False: it breaks off before. */
static bool chain_read(struct compound *c, uint32_t at, uint64_t size, struct buf *out) {
    uint32_t steps = 0;

    while (size) {
        str const s = str_first(sector_at(c, at), size < SIZE_MAX ? (size_t)size : SIZE_MAX);

        if (s.len == 0 || steps++ > c->sectors || s.len > c->left)
            return false;
        c->left -= s.len;
        buf_add(out, s);
        if (out->failed)
            return true;
        size -= s.len;
        at = next_sector(c, at);
    }
    return true;
}

/* All of a chain, whose length nobody says. False: it goes in a circle. */
static bool chain_whole(struct compound *c, uint32_t at, struct buf *out) {
    for (uint32_t steps = 0; at < SECTOR_MAX_REGULAR; steps++, at = next_sector(c, at)) {
        str const s = sector_at(c, at);

        if (steps > c->sectors)
            return false;
        if (s.len == 0)
            break;
        buf_add(out, s);
        if (out->failed)
            break;
    }
    return true;
}

static bool directory_read(struct compound *c, bool long_sizes, struct err *e) {
    struct buf all = {0};

    if (!chain_whole(c, number_at(c->bytes, 48), &all) || all.len < ENTRY_BYTES) {
        bool const failed = all.failed;

        buf_free(&all);
        return failed ? no_memory(e) : broken(e, "directory cannot be read");
    }
    c->entry_count =
        all.len / ENTRY_BYTES < COMPOUND_ENTRIES_MAX ? (uint32_t)(all.len / ENTRY_BYTES) : COMPOUND_ENTRIES_MAX;
    if (all.failed || !(c->entries = calloc(c->entry_count, sizeof *c->entries))) {
        buf_free(&all);
        return no_memory(e);
    }
    for (uint32_t i = 0; i < c->entry_count; i++) {
        str const from = {all.ptr + (size_t)i * ENTRY_BYTES, ENTRY_BYTES};
        struct entry *const n = &c->entries[i];
        size_t const units = (unsigned char)from.ptr[64] / 2; /* the last is 0 */

        for (size_t k = 0; k + 1 < units && k < NAME_UNITS_MAX; k++) {
            char const letter = from.ptr[2 * k];

            n->name[n->name_len++] = from.ptr[2 * k + 1] || letter < ' ' || letter > '~' ? '?' : letter;
        }
        n->type = (uint8_t)from.ptr[66];
        n->left = number_at(from, 68);
        n->right = number_at(from, 72);
        n->child = number_at(from, 76);
        n->start = number_at(from, 116);
        n->size = number_at(from, 120) | (long_sizes ? (uint64_t)number_at(from, 124) << 32 : 0);
        n->first = n->next = COMPOUND_NONE;
    }
    buf_free(&all);
    return true;
}

/* Members hang in a tree below their storage: walked without recursion, and nobody is met twice. */
static bool members_find(struct compound *c, struct err *e) {
    uint32_t *const stack = malloc((size_t)c->entry_count * 2 * sizeof *stack);
    uint32_t *const owner = malloc((size_t)c->entry_count * 2 * sizeof *owner);
    bool *const met = calloc(c->entry_count, sizeof *met);
    uint32_t depth = 0;
    bool const ok = stack && owner && met;

    if (ok && c->entries[0].child < c->entry_count) {
        met[0] = true;
        stack[depth] = c->entries[0].child;
        owner[depth++] = 0;
    }
    while (ok && depth) {
        uint32_t const at = stack[--depth], whose = owner[depth];
        struct entry *const n = &c->entries[at];
        struct entry *const storage = &c->entries[whose];

        if (met[at])
            continue;
        met[at] = true;
        if (n->type == 1 || n->type == 2) {
            n->next = storage->first;
            storage->first = at;
        }
        /* Each entry pushes two siblings and a child, and is popped itself: twice as many as there are entries are enough, because
         * those that were met are not pushed. */
        uint32_t const ways[] = {n->left, n->right, n->type == 1 ? n->child : COMPOUND_NONE};

        for (size_t i = 0; i < COUNT(ways); i++)
            if (ways[i] < c->entry_count && !met[ways[i]] && depth < c->entry_count * 2) {
                stack[depth] = ways[i];
                owner[depth++] = i == 2 ? at : whose;
            }
    }
    free(stack);
    free(owner);
    free(met);
    return ok || no_memory(e);
}

static bool small_read(struct compound *c, struct err *e) {
    const struct entry *const root = &c->entries[0];
    struct buf table = {0};
    bool ok = chain_whole(c, number_at(c->bytes, 60), &table);

    if (ok && table.len) {
        c->small_count = (uint32_t)(table.len / 4);
        if (!(c->small_fat = malloc(table.len)))
            table.failed = true;
        else
            memcpy(c->small_fat, table.ptr, (size_t)c->small_count * 4);
    }
    /* What there is of it; streams that lie behind its end break off. */
    if (ok && c->small_count)
        (void)!chain_read(c, root->start, root->size < c->bytes.len ? root->size : c->bytes.len, &c->small);
    bool const failed = table.failed || c->small.failed;

    buf_free(&table);
    return failed ? no_memory(e) : ok || broken(e, "table of small sectors goes in a circle");
}

bool compound_open(struct compound **out, str bytes, struct err *e) {
    struct compound *const c = calloc(1, sizeof *c);
    unsigned shift;

    if (!c)
        return no_memory(e);
    c->bytes = bytes;
    c->left = bytes.len < UINT64_MAX / 8 ? (uint64_t)bytes.len * 4 : UINT64_MAX / 2;
    if (!compound_begins(bytes) || bytes.len < HEADER_BYTES ||
        ((shift = (unsigned char)bytes.ptr[30]) != 9 && shift != 12) || bytes.len < (size_t)1 << shift) {
        compound_close(c);
        return broken(e, "header is none");
    }
    c->sector = (size_t)1 << shift;
    uint64_t const sectors = (bytes.len + c->sector - 1) / c->sector - 1;

    c->sectors = sectors < SECTOR_MAX_REGULAR ? (uint32_t)sectors : SECTOR_MAX_REGULAR;
    c->small_below = number_at(bytes, 56);
    if (!fat_read(c, e) || !directory_read(c, shift == 12, e) || !members_find(c, e) || !small_read(c, e)) {
        compound_close(c);
        return false;
    }
    *out = c;
    return true;
}

void compound_close(struct compound *c) {
    if (!c)
        return;
    free(c->fat);
    free(c->small_fat);
    free(c->entries);
    buf_free(&c->small);
    free(c);
}

uint32_t compound_first(const struct compound *c, uint32_t storage) {
    return c->entries[storage].first;
}

uint32_t compound_next(const struct compound *c, uint32_t entry) {
    return c->entries[entry].next;
}

str compound_name(const struct compound *c, uint32_t entry) {
    return (str){c->entries[entry].name, c->entries[entry].name_len};
}

bool compound_is_storage(const struct compound *c, uint32_t entry) {
    return c->entries[entry].type == 1;
}

uint32_t compound_find(const struct compound *c, uint32_t storage, str name) {
    uint32_t at = compound_first(c, storage);

    while (at != COMPOUND_NONE && !str_eq_ascii(compound_name(c, at), name))
        at = compound_next(c, at);
    return at;
}

bool compound_read(struct compound *c, uint32_t stream, struct buf *out) {
    const struct entry *const n = &c->entries[stream];
    uint64_t size = n->size;
    uint32_t at = n->start, steps = 0;

    if (size >= c->small_below)
        return chain_read(c, at, size, out);
    while (size) {
        uint64_t const from = (uint64_t)at * SMALL_BYTES;
        str const s = str_first(str_from(buf_str(&c->small), from < c->small.len ? (size_t)from : c->small.len),
                                size < SMALL_BYTES ? (size_t)size : SMALL_BYTES);

        if (s.len == 0 || steps++ > c->small_count || s.len > c->left)
            return false;
        c->left -= s.len;
        buf_add(out, s);
        size -= s.len;
        at = at < c->small_count ? c->small_fat[at] : COMPOUND_NONE;
    }
    return true;
}
