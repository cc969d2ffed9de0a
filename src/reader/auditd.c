/* auditd: lines `type=X msg=audit(time:serial): k=v ...`; those of one time, serial and node are one event.
 * docs/formats/auditd.md says it all in prose.
 *
 * Lines of events lie among each other. Events wait in a ring, in the order in which they began, until they are over;
 * what is over goes out only when all before it are, so that events come in the order of their first lines. What ends an
 * event depends on the lines alone, and a line may belong to an event that began far before it: a source is one part. */
#include "reader/auditd.h"

#include <assert.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/utf.h"
#include "reader/auditd_syscalls.h"
#include "reader/lined.h"

#define OPEN_MAX 64u                       /* events that wait at once */
#define EVENT_BYTES_MAX ((size_t)16 << 20) /* of lines in one event, but for the last */
#define HELD_BYTES_MAX ((size_t)32 << 20)  /* of all events that wait, but for the youngest */
#define EVENT_MEMORY_MAX                                                                                               \
    ((size_t)128 << 20) /* lines, arguments joined, the command: each at most two EVENT_BYTES_MAX */
#define SLAB_FIRST ((size_t)8 << 10)
#define TYPES_MAX 16u
#define PIECES_MAX 32768u
#define ARGUMENTS_MAX 256u /* with a field of their own; further ones stand in the command */
#define HEAD_MAX 512u      /* what a collector may put in front of a line */
#define KEY_BYTES_MAX 64u
#define KEYS_MAX 512u
#define SLOTS 1024u
#define ENRICHED '\x1d' /* what auditd puts between what the kernel said and what it looked up */

/* What is done with a value beside keeping it. */
enum what {
    PLAIN,
    ENCODED, /* without quotes it is hexadecimal */
    KEY,     /* encoded; several keys stand apart by a byte 1 */
    TITLE,   /* encoded; what is between arguments is NUL */
    ADDRESS, /* a sockaddr in hexadecimal */
    ARGUMENT,
    PIECE, /* a part of an argument */
    LENGTH,
    MSG,
    OP, /* may hold blanks */
    CALL,
    CALL_NAME,
    ARCH,
    AUID,
    AUID_NAME,
    UID,
    UID_NAME,
    NAME,
    NAMETYPE,
    CWD,
    SESSION
};

static const struct {
    str name;
    enum what what;
} known[] = {
    {STR("acct"), ENCODED},
    {STR("cmd"), ENCODED},
    {STR("comm"), ENCODED},
    {STR("ocomm"), ENCODED},
    {STR("data"), ENCODED},
    {STR("dir"), ENCODED},
    {STR("exe"), ENCODED},
    {STR("file"), ENCODED},
    {STR("grp"), ENCODED},
    {STR("path"), ENCODED},
    {STR("sw"), ENCODED},
    {STR("vm"), ENCODED},
    {STR("watch"), ENCODED},
    {STR("root_dir"), ENCODED},
    {STR("new_group"), ENCODED},
    {STR("cgroup"), ENCODED},
    {STR("profile"), ENCODED},
    {STR("device"), ENCODED},
    {STR("key"), KEY},
    {STR("proctitle"), TITLE},
    {STR("saddr"), ADDRESS},
    {STR("msg"), MSG},
    {STR("op"), OP},
    {STR("syscall"), CALL},
    {STR("SYSCALL"), CALL_NAME},
    {STR("arch"), ARCH},
    {STR("auid"), AUID},
    {STR("AUID"), AUID_NAME},
    {STR("uid"), UID},
    {STR("UID"), UID_NAME},
    {STR("name"), NAME},
    {STR("nametype"), NAMETYPE},
    {STR("cwd"), CWD},
    {STR("ses"), SESSION},
};

struct key {
    str name;
    field_id field; /* FIELD_NONE: nobody wants it */
    enum what what;
    uint32_t argument; /* of ARGUMENT and PIECE */
};

struct piece {
    str text;
    uint32_t argument;
};

enum sort { SORT_OTHER, SORT_SYSCALL, SORT_EXECVE, SORT_PATH }; /* of a record */

struct event {
    uint64_t offset, size; /* of its first line; of all its lines, without their ends */
    uint64_t serial;
    size_t bytes; /* of its lines */
    bool ended, mine;
    struct arena *arena; /* its lines live here, and all that is made of them */
    str stamp, node, host;
    str types[TYPES_MAX];
    uint32_t type_count;
    struct raw *values;
    uint32_t count, room;
    struct piece *pieces; /* of the arguments of EXECVE, in their order */
    uint32_t piece_count, piece_room;
    bool cut, has_execve;
    str raw[4];                                                   /* a0 to a3 of SYSCALL */
    str arch, call, cwd, auid, auid_name, uid, uid_name, session; /* empty: not said */
    bool call_named;
    str longest;      /* of the lines, as it is kept: most values are views into it */
    struct buf lines; /* for show */
};

/* Fields that the reader names itself. */
enum made {
    MADE_TYPE,
    MADE_TIMESTAMP,
    MADE_SERIAL,
    MADE_NODE,
    MADE_HOST,
    MADE_CALL,
    MADE_CALL_NAME,
    MADE_A0, /* of SYSCALL, beside those of EXECVE */
    MADE_A1,
    MADE_A2,
    MADE_A3,
    MADE_COMMAND,
    MADE_ACCOUNT,
    MADE_SESSION,
    MADE_CREATED,
    MADE_ADDRESS,
    MADE_PORT,
    MADE_SOCKET,
    MADE_TEXT,
    MADE_RESULT,
    MADE_PERMISSION,
    MADES
};
static const str made_names[MADES] = {
    STR("type"),     STR("timestamp"),  STR("serial"),     STR("node"),       STR("host"),       STR("syscall"),
    STR("SYSCALL"),  STR("syscall_a0"), STR("syscall_a1"), STR("syscall_a2"), STR("syscall_a3"), STR("_command"),
    STR("_account"), STR("_session"),   STR("_created"),   STR("_address"),   STR("_port"),      STR("_socket"),
    STR("text"),     STR("seresult"),   STR("seperms"),
};

struct reading {
    struct lined lined;
    struct buf *show;
    uint64_t show_at;
    bool shown;

    struct event ring[OPEN_MAX];
    uint32_t first, open;
    size_t held; /* bytes of lines in the ring */

    field_id made[MADES]; /* FIELD_NONE: nobody wants it */
    struct arena *names;
    struct key keys[KEYS_MAX + 1]; /* the last: one that has no more room */
    uint32_t key_count;
    uint16_t slots[SLOTS]; /* 0: free; else 1 + the place of the key */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* ------------------------------------------------------------------ names */

static field_id wanted_field(struct reading *r, str name) {
    field_id const field = lined_field(&r->lined, name);

    if (r->lined.overflow)
        lined_damage(&r->lined, r->lined.lines.offset, 0, "too many field names: some values were left out");
    r->lined.overflow = false;
    return field;
}

/* aN, aN[i], aN_len: arguments of EXECVE, their pieces, their lengths. */
static void argument_key(struct key *k) {
    size_t i = 1;

    if (k->name.len < 2 || k->name.ptr[0] != 'a')
        return;
    while (i < k->name.len && i < 8 && is_digit(k->name.ptr[i]))
        k->argument = k->argument * 10 + (uint32_t)(k->name.ptr[i++] - '0');
    if (i == 1)
        return;
    str const rest = str_from(k->name, i);

    if (rest.len == 0)
        k->what = ARGUMENT;
    else if (rest.ptr[0] == '[' && str_ends(rest, S("]")))
        k->what = PIECE;
    else if (str_eq(rest, S("_len")))
        k->what = LENGTH;
    else
        return;
    k->name = str_first(k->name, i);
}

static bool key_make(struct reading *r, struct key *k, str name) {
    *k = (struct key){.name = name, .field = FIELD_NONE};
    argument_key(k);
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(known[i].name, name))
            k->what = known[i].what;
    if (k->what == MSG || k->what == LENGTH || k->argument >= ARGUMENTS_MAX)
        return true;
    k->field = wanted_field(r, k->name);
    return true;
}

/* What is known of a key; it is kept, as long as there is room for more. */
static const struct key *key_of(struct reading *r, str name) {
    uint32_t hash = (uint32_t)name.len;

    for (size_t i = 0; i < name.len; i++)
        hash = hash * 31 + (unsigned char)name.ptr[i];
    for (uint32_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
        struct key *k;
        str kept;

        if (LIKELY(r->slots[slot])) {
            k = &r->keys[r->slots[slot] - 1];
            /* The name of a piece is cut; what it was called stands behind its end. */
            if (LIKELY(k->name.len <= name.len && memcmp(k->name.ptr, name.ptr, name.len) == 0 &&
                       k->name.ptr[name.len] == '='))
                return k;
            continue;
        }
        k = &r->keys[r->key_count];
        if (r->key_count == KEYS_MAX)
            return key_make(r, k, name) ? k : NULL;
        char *const copy = arena_bytes(r->names, KEY_BYTES_MAX + 1);

        if (!copy) {
            (void)lined_no_memory(&r->lined);
            return NULL;
        }
        memset(copy, '=', KEY_BYTES_MAX + 1);
        memcpy(copy, name.ptr, name.len);
        kept = (str){copy, name.len};
        if (!key_make(r, k, kept))
            return NULL;
        r->slots[slot] = (uint16_t)++r->key_count;
        return k;
    }
}

/* ------------------------------------------------------------------ values */

static bool add(const struct reading *r, struct event *v, field_id field, enum raw_type type, str text) {
    if (field == FIELD_NONE || !v->mine)
        return true;
    if (v->count == v->room && v->count < RECORD_VALUES_MAX) {
        uint32_t const room = v->room ? v->room * 2 : 64;
        struct raw *const bigger = reallocarray(v->values, room, sizeof *bigger);

        if (!bigger)
            return lined_no_memory(&r->lined);
        v->values = bigger;
        v->room = room;
    }
    if (v->count == RECORD_VALUES_MAX)
        v->cut = true;
    else
        v->values[v->count++] =
            (struct raw){.field = field, .type = (uint8_t)type, .len = (uint32_t)text.len, .ptr = text.ptr};
    return true;
}

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Pairs of hexadecimal digits as bytes, in place. Anything else stays as it is. */
static str decode(char *text, size_t len) {
    if (len == 0 || len % 2)
        return (str){text, len};
    for (size_t i = 0; i < len; i++)
        if (hex(text[i]) < 0)
            return (str){text, len};
    for (size_t i = 0; i < len; i += 2)
        text[i / 2] = (char)(hex(text[i]) << 4 | hex(text[i + 1]));
    return (str){text, len / 2};
}

static bool piece_add(const struct reading *r, struct event *v, str text, uint32_t argument) {
    if (!v->mine)
        return true;
    if (v->piece_count == PIECES_MAX) {
        v->cut = true;
        return true;
    }
    if (v->piece_count == v->piece_room) {
        uint32_t const room = v->piece_room ? v->piece_room * 2 : 16;
        struct piece *const bigger = reallocarray(v->pieces, room, sizeof *bigger);

        if (!bigger)
            return lined_no_memory(&r->lined);
        v->pieces = bigger;
        v->piece_room = room;
    }
    v->pieces[v->piece_count++] = (struct piece){text, argument};
    return true;
}

/* a and b joined in the event's memory. */
static bool join(const struct reading *r, struct event *v, str a, str b, str *out) {
    char *const to = arena_bytes(v->arena, a.len + b.len);

    if (!to)
        return lined_no_memory(&r->lined);
    memcpy(to, a.ptr, a.len);
    memcpy(to + a.len, b.ptr, b.len);
    *out = (str){to, a.len + b.len};
    return true;
}

static bool keep(const struct reading *r, struct event *v, str s, str *out) {
    return join(r, v, s, S(""), out);
}

static bool keys_add(const struct reading *r, struct event *v, field_id field, str text) {
    size_t end;

    do {
        end = str_find_byte(text, '\x01');
        if (!add(r, v, field, RAW_TEXT, str_first(text, end)))
            return false;
        text = end == SIZE_MAX ? text : str_from(text, end + 1);
    } while (end != SIZE_MAX);
    return true;
}

/* An address as text; a port behind it. [sys/socket.h] AF_UNIX is 1, AF_INET 2, AF_INET6 10; the family stands in the
 * order of the machine, everything else in that of the network. */
static bool address_add(const struct reading *r, struct event *v, str bytes) {
    const unsigned char *const b = (const unsigned char *)bytes.ptr;
    unsigned const family = bytes.len < 2 ? 0 : b[0] ? b[0] : b[1];
    struct address a = {.family = family == 2 ? 4 : 6};
    char text[ADDRESS_TEXT], port[8];
    str made;

    if (family == 1 && bytes.len > 2) {
        str const path = str_from(bytes, 2);
        size_t const end = path.ptr[0] ? str_find_byte(path, '\0') : SIZE_MAX; /* else an abstract name */

        return add(r, v, r->made[MADE_SOCKET], RAW_TEXT, str_first(path, end));
    }
    if (!(family == 2 && bytes.len >= 8) && !(family == 10 && bytes.len >= 24))
        return true;
    memcpy(a.bytes, b + (family == 2 ? 4 : 8), family == 2 ? 4 : 16);
    (void)snprintf(port, sizeof port, "%u", (unsigned)b[2] << 8 | b[3]);
    return keep(r, v, address_format(&a, text), &made) && add(r, v, r->made[MADE_ADDRESS], RAW_TEXT, made) &&
           keep(r, v, str_of(port), &made) && add(r, v, r->made[MADE_PORT], RAW_TEXT, made);
}

/* What is being read of one record. */
struct record_state {
    enum sort sort;
    str name; /* of a PATH */
};

static bool path_made(const struct reading *r, struct event *v, str name) {
    str path = name;

    if (name.len == 0)
        return true;
    if (name.ptr[0] != '/' && v->cwd.len) {
        if (str_starts(name, S("./")))
            name = str_from(name, 2);
        if (!join(r, v, v->cwd, str_ends(v->cwd, S("/")) ? S("") : S("/"), &path) || !join(r, v, path, name, &path))
            return false;
    }
    return add(r, v, r->made[MADE_CREATED], RAW_TEXT, path);
}

static bool value(const struct reading *r, struct event *v, struct record_state *s, const struct key *k, char *text,
                  size_t len, bool quoted) {
    bool const null = !quoted && ((len == 1 && text[0] == '?') || str_eq((str){text, len}, S("(null)")));
    enum what const what = k->what;
    str t = {text, len};

    if (what == LENGTH)
        return true;
    if (null)
        return add(r, v, k->field, RAW_NULL, S(""));
    if (what == ARGUMENT || what == PIECE) {
        if (s->sort == SORT_SYSCALL && what == ARGUMENT && k->argument < COUNT(v->raw) && !v->raw[k->argument].len) {
            v->raw[k->argument] = t; /* what it is called is known when all records are here */
            return true;
        }
        if (s->sort != SORT_EXECVE)
            return add(r, v, k->field, RAW_TEXT, t);
        return piece_add(r, v, quoted ? t : decode(text, len), k->argument);
    }
    if (!quoted && ((what >= ENCODED && what <= ADDRESS) || what == NAME || what == CWD))
        t = decode(text, len);
    switch (what) {
    case KEY:
        return keys_add(r, v, k->field, t);
    case TITLE:
        for (size_t i = 0; i < t.len; i++)
            if (text[i] == '\0')
                text[i] = ' ';
        break;
    case ADDRESS: {
        static const char digits[] = "0123456789ABCDEF";
        char *const again = v->mine && t.len < len ? arena_bytes(v->arena, len) : NULL;

        if (!v->mine || t.len == len)
            break;
        if (!again)
            return lined_no_memory(&r->lined);
        for (size_t i = 0; i < t.len; i++) {
            again[2 * i] = digits[(unsigned char)t.ptr[i] >> 4];
            again[2 * i + 1] = digits[t.ptr[i] & 15];
        }
        return add(r, v, k->field, RAW_TEXT, (str){again, len}) && address_add(r, v, t);
    }
    case CALL:
        if (s->sort == SORT_SYSCALL)
            v->call = t;
        break;
    case CALL_NAME:
        v->call_named = true;
        if (!add(r, v, r->made[MADE_CALL], RAW_TEXT, t))
            return false;
        break;
    case ARCH:
        v->arch = t;
        break;
    case AUID:
        v->auid = t;
        break;
    case AUID_NAME:
        v->auid_name = t;
        break;
    case UID:
        v->uid = t;
        break;
    case UID_NAME:
        v->uid_name = t;
        break;
    case NAME:
        s->name = t;
        break;
    case SESSION:
        v->session = t;
        break;
    case CWD:
        v->cwd = t;
        break;
    case NAMETYPE:
        if (s->sort == SORT_PATH && str_eq(t, S("CREATE")) && !path_made(r, v, s->name))
            return false;
        break;
    default:
        break;
    }
    return add(r, v, k->field, RAW_TEXT, t);
}

/* ------------------------------------------------------------------ one record */

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' || c == '.' ||
           c == '[' || c == ']';
}

/* Words that belong to no key: `avc: denied { read } for`. */
static bool words_add(const struct reading *r, struct event *v, str words) {
    bool any = false;

    for (size_t i = 0; i < words.len && !any; i++)
        any = is_key_char(words.ptr[i]);
    if (!any)
        return true;
    if (str_starts(words, S("avc:"))) {
        size_t const open = str_find_byte(words, '{'), close = str_find_byte(words, '}');
        str const result = str_trim(str_from(str_first(words, open), 4));

        if (open != SIZE_MAX && close != SIZE_MAX && open < close) {
            str list = str_trim((str){words.ptr + open + 1, close - open - 1});

            if (!add(r, v, r->made[MADE_RESULT], RAW_TEXT, result))
                return false;
            while (list.len) {
                size_t const end = str_find_byte(list, ' ');

                if (!add(r, v, r->made[MADE_PERMISSION], RAW_TEXT, str_first(list, end)))
                    return false;
                list = end == SIZE_MAX ? S("") : str_trim(str_from(list, end));
            }
        }
    }
    return add(r, v, r->made[MADE_TEXT], RAW_TEXT, words);
}

/* The enriched part of a line whose separator got lost on the way: `key=(null)ARCH=x86_64`, `res=1UID="root"`. The kernel
 * writes no `=` in a value without quotes but in lists (grantors=a,b), so a name in capitals right behind small letters,
 * digits or a bracket begins another pair. Returns where, or NULL. */
static char *glued(char *from, char *equals) {
    char *at = equals;

    while (at > from && ((at[-1] >= 'A' && at[-1] <= 'Z') || at[-1] == '-'))
        at--;
    return equals - at >= 3 && at > from && (is_digit(at[-1]) || at[-1] == ')' || (at[-1] >= 'a' && at[-1] <= 'z'))
               ? at
               : NULL;
}

static bool is_escaped_separator(const char *p, const char *end) {
    return end - p >= 4 && memcmp(p, "#035", 4) == 0;
}

/* Where a value without quotes ends. */
static char *bare_end(char *p, char *end, bool in_msg) {
    char *const from = p;

    for (; p < end && *p != ' ' && *p != ENRICHED && !(in_msg && *p == '\''); p++) {
        char *other;

        if (UNLIKELY(*p == '=') && (other = glued(from, p)))
            return other;
        if (UNLIKELY(*p == '#') && is_escaped_separator(p, end))
            break;
    }
    return p;
}

/* The words behind `op=adding user to group grp=x`, up to the next pair. */
static char *words_end(char *p, char *end, bool in_msg) {
    while (p < end && *p == ' ') {
        char *q = p + 1;

        while (q < end && *q != ' ' && *q != '=' && *q != ENRICHED && !(in_msg && *q == '\''))
            q++;
        if ((q < end && *q == '=') || q == p + 1)
            break;
        p = q;
    }
    return p;
}

/* The pairs of one record. Writes over its text. */
static bool pairs(struct reading *r, struct event *v, enum sort sort, char *p, char *end) {
    struct record_state s = {.sort = sort, .name = S("")};
    char *words = NULL, *words_to = NULL; /* words that belong to no key, so far */
    bool in_msg = false;

    while (p < end) {
        char *q, *from;
        const struct key *k;
        bool name = true, quoted;

        if (*p == ' ' || *p == ENRICHED || (in_msg && (*p == '\'' || *p == ',' || *p == '('))) {
            p++;
            continue;
        }
        if (UNLIKELY(*p == '#') && is_escaped_separator(p, end)) {
            p += 4;
            continue;
        }
        for (q = p; q < end && *q != '=' && *q != ' ' && *q != ENRICHED && !(in_msg && *q == '\''); q++)
            name = name && is_key_char(*q);
        if (q == end || *q != '=' || !name || q == p || q - p > (ptrdiff_t)KEY_BYTES_MAX) {
            while (q < end && *q != ' ' && *q != ENRICHED && !(in_msg && *q == '\''))
                q++;
            words = words ? words : p;
            words_to = p = q;
            continue;
        }
        if (UNLIKELY(words)) {
            str run = {words, (size_t)(words_to - words)};
            bool const old = str_ends(run, S("old")), fresh = str_ends(run, S("new"));

            /* Old kernels wrote `old auid=1 new auid=2` for `old-auid=1 auid=2`. */
            if ((old || fresh) && p == words_to + 1 && (run.len == 3 || run.ptr[run.len - 4] == ' ')) {
                if (old) {
                    *words_to = '-';
                    p = words_to - 3;
                }
                run = str_trim(str_first(run, run.len - 3));
            }
            if (!words_add(r, v, run))
                return false;
            words = NULL;
        }
        if (!(k = key_of(r, (str){p, (size_t)(q - p)})))
            return false;
        p = q + 1;
        if (k->what == MSG && p < end && *p == '\'') {
            in_msg = v->ended = true; /* of a program: it is alone */
            p++;
            continue;
        }
        quoted = p < end && *p == '"';
        from = p + quoted;
        if (quoted) {
            if (!(q = memchr(from, '"', (size_t)(end - from)))) {
                lined_line_damage(&r->lined, "a quote that does not end");
                q = end;
            }
            p = q + (q < end);
        } else {
            q = bare_end(p, end, in_msg);
            if (k->what == OP)
                q = words_end(q, end, in_msg);
            p = q;
            if (in_msg && q > from && (q[-1] == ',' || (q[-1] == ')' && *from != '(')))
                q--;
        }
        if (!value(r, v, &s, k, from, (size_t)(q - from), quoted))
            return false;
    }
    return !words || words_add(r, v, (str){words, (size_t)(words_to - words)});
}

/* ------------------------------------------------------------------ events */

/* The name of a system call by number and processor, [linux/audit.h] AUDIT_ARCH_*; empty: not known. */
static str call_name(str arch, str call) {
    static const struct {
        str arch;
        const char *const *names;
        size_t count;
    } tables[] = {
        {STR("c000003e"), syscalls_x86_64, COUNT(syscalls_x86_64)},
        {STR("40000003"), syscalls_i386, COUNT(syscalls_i386)},
        {STR("c00000b7"), syscalls_aarch64, COUNT(syscalls_aarch64)},
    };
    uint64_t number;

    for (size_t i = 0; i < COUNT(tables); i++)
        if (str_eq(arch, tables[i].arch) && str_u64(call, tables[i].count - 1, &number) && tables[i].names[number])
            return str_of(tables[i].names[number]);
    return S("");
}

static bool is_set(str s) {
    return s.len && !str_eq(s, S("4294967295")) && !str_eq(s, S("-1")) && !str_eq(s, S("unset"));
}

/* auditd writes `unknown(1000)` for a number of which it knows no name. */
static bool is_name(str s) {
    return is_set(s) && !str_starts(s, S("unknown("));
}

/* Who did it: the account that logged in, whatever it has become since. Where no name is known it is a number, and no name may be
 * taken for one: uid=1000. "": nobody. False: no memory. */
static bool account_of(struct event *v, str *out) {
    str number = S("");
    char *text;

    *out = S("");
    if (is_name(v->auid_name))
        *out = v->auid_name;
    else if (is_set(v->auid))
        number = v->auid;
    else if (is_name(v->uid_name))
        *out = v->uid_name;
    else if (is_set(v->uid))
        number = v->uid;
    if (!number.len)
        return true;
    if (!(text = arena_bytes(v->arena, number.len + 4)))
        return false;
    memcpy(text, "uid=", 4);
    memcpy(text + 4, number.ptr, number.len);
    *out = (str){text, number.len + 4};
    return true;
}

/* The arguments of EXECVE, pieces joined, and the command they are. */
static bool arguments_add(struct reading *r, struct event *v) {
    size_t total = 0, used = 0;
    char *command;

    for (uint32_t i = 0; i < v->piece_count; i++)
        total += v->pieces[i].text.len + 1;
    if (!(command = arena_bytes(v->arena, total)))
        return lined_no_memory(&r->lined);
    for (uint32_t i = 0; i < v->piece_count;) {
        uint32_t const argument = v->pieces[i].argument;
        size_t const from = used + (used > 0);
        char name[16];
        const struct key *k;

        if (used)
            command[used++] = ' ';
        for (; i < v->piece_count && v->pieces[i].argument == argument; i++) {
            memcpy(command + used, v->pieces[i].text.ptr, v->pieces[i].text.len);
            used += v->pieces[i].text.len;
        }
        assert(used <= total);
        (void)snprintf(name, sizeof name, "a%u", argument);
        if (argument < ARGUMENTS_MAX &&
            (!(k = key_of(r, str_of(name))) || !add(r, v, k->field, RAW_TEXT, (str){command + from, used - from})))
            return false;
    }
    return add(r, v, r->made[MADE_COMMAND], RAW_TEXT, (str){command, used});
}

static bool finish(struct reading *r, struct event *v) {
    size_t const colon = str_find_byte(v->stamp, ':');
    str const name = v->call_named || !v->call.len ? S("") : call_name(v->arch, v->call);
    str account;

    if (!account_of(v, &account))
        return lined_no_memory(&r->lined);
    for (uint32_t a = 0; a < COUNT(v->raw); a++) {
        const struct key *const k = key_of(r, (str){&"a0a1a2a3"[(size_t)2 * a], 2});

        if (!k || (v->raw[a].len && !add(r, v, v->has_execve ? r->made[MADE_A0 + a] : k->field, RAW_TEXT, v->raw[a])))
            return false;
    }
    if (v->has_execve && !arguments_add(r, v))
        return false;
    for (uint32_t i = 0; i < v->type_count; i++)
        if (!add(r, v, r->made[MADE_TYPE], RAW_TEXT, v->types[i]))
            return false;
    return add(r, v, r->made[MADE_TIMESTAMP], RAW_NUMBER, str_first(v->stamp, colon)) &&
           add(r, v, r->made[MADE_SERIAL], RAW_NUMBER, str_from(v->stamp, colon + 1)) &&
           (!v->node.len || add(r, v, r->made[MADE_NODE], RAW_TEXT, v->node)) &&
           (!v->host.len || add(r, v, r->made[MADE_HOST], RAW_TEXT, v->host)) &&
           (!name.len ||
            (add(r, v, r->made[MADE_CALL], RAW_TEXT, name) && add(r, v, r->made[MADE_CALL_NAME], RAW_TEXT, name))) &&
           (!account.len || add(r, v, r->made[MADE_ACCOUNT], RAW_TEXT, account)) &&
           (!is_set(v->session) || add(r, v, r->made[MADE_SESSION], RAW_TEXT, v->session));
}

/* The oldest event goes out. */
static bool emit(struct reading *r) {
    struct event *const v = &r->ring[r->first];
    bool ok = true;

    assert(r->open);
    if (r->show && v->offset == r->show_at) {
        r->shown = true;
        buf_add(r->show, buf_str(&v->lines));
        ok = !(v->lines.failed || r->show->failed) || lined_no_memory(&r->lined);
    } else if (v->mine) {
        ok = finish(r, v);
        if (ok && v->cut)
            r->lined.to->damage(r->lined.to, v->offset, 0, "more than 8192 values: the rest was left out");
        ok = ok && lined_record(&r->lined, v->values, v->count, v->longest, v->offset, v->size);
    }
    r->held -= v->bytes;
    r->first = (r->first + 1) % OPEN_MAX;
    r->open--;
    return ok;
}

/* A line's head: what it is of. Views into the line. */
struct title {
    str host, node, type, stamp, body;
    uint64_t serial;
};

/* Word after word. */
static str next_word(str *s) {
    size_t const end = str_find_byte(*s, ' ');
    str const word = str_first(*s, end);

    *s = end == SIZE_MAX ? S("") : str_from(*s, end);
    while (s->len && s->ptr[0] == ' ')
        *s = str_from(*s, 1);
    return word;
}

/* The host in what syslog puts in front (RFC 3164: `Mar  6 04:07:38 host tag:`, or with a time of RFC 3339), or nothing. */
static str head_host(str head) {
    str word;

    if (head.len && head.ptr[0] == '<') {
        size_t const end = str_find_byte(head, '>');

        head = str_from(head, end == SIZE_MAX ? head.len : end + 1);
    }
    word = next_word(&head);
    if (word.len == 1 && is_digit(word.ptr[0])) /* RFC 5424: the version */
        word = next_word(&head);
    if (word.len == 3) {
        (void)next_word(&head);
        (void)next_word(&head);
    } else if (word.len < 19 || !is_digit(word.ptr[0])) {
        return S("");
    }
    return next_word(&head);
}

/* NULL, or what is wrong with the line. */
static const char *title_of(str line, struct title *t) {
    size_t at = 0, end;
    str rest;

    *t = (struct title){S(""), S(""), S(""), S(""), S(""), 0};
    if (!str_starts(line, S("type="))) {
        str const head = str_first(line, HEAD_MAX);
        size_t const node = str_find(head, S("node="));
        size_t const msg = str_find(head, S("msg=audit("));

        if (msg == SIZE_MAX)
            return "a line that is no audit record";
        at = str_find(str_first(head, msg), S("type="));
        if (at == SIZE_MAX)
            return "an audit record without type";
        t->host = head_host(str_first(head, node < at ? node : at));
        if (node < at) {
            rest = str_from(head, node + 5);
            t->node = next_word(&rest);
        }
    }
    rest = str_from(line, at + 5);
    t->type = str_first(rest, str_find_byte(rest, ' '));
    rest = str_from(rest, t->type.len + 1);
    if (!str_starts(rest, S("msg=audit(")))
        return "a line that is no audit record";
    if (t->type.len == 0 || t->type.len > KEY_BYTES_MAX)
        return "an audit record without type";
    rest = str_from(rest, sizeof "msg=audit(" - 1);
    for (end = 0; end < rest.len && is_digit(rest.ptr[end]); end++)
        continue;
    if (end == 0 || end > 11)
        return "an audit record whose time cannot be read";
    if (end == rest.len || rest.ptr[end] != '.')
        return "an audit record without milliseconds";
    for (at = ++end; end < rest.len && is_digit(rest.ptr[end]); end++)
        continue;
    if (end == at || end - at > 9 || end == rest.len || rest.ptr[end] != ':')
        return "an audit record whose time cannot be read";
    for (at = ++end; end < rest.len && is_digit(rest.ptr[end]); end++)
        continue;
    if (!str_u64((str){rest.ptr + at, end - at}, UINT64_MAX, &t->serial) || end == rest.len || rest.ptr[end] != ')')
        return "an audit record whose serial number cannot be read";
    t->stamp = str_first(rest, end);
    rest = str_from(rest, end + 1);
    t->body = str_from(rest, rest.len && rest.ptr[0] == ':');
    return NULL;
}

static struct event *find(struct reading *r, const struct title *t) {
    for (uint32_t i = r->open; i-- > 0;) {
        struct event *const v = &r->ring[(r->first + i) % OPEN_MAX];

        if (v->serial == t->serial && !v->ended && str_eq(v->stamp, t->stamp) && str_eq(v->node, t->node) &&
            str_eq(v->host, t->host))
            return v;
    }
    return NULL;
}

/* A new event at the end of the ring. */
static struct event *begin(struct reading *r, const struct title *t) {
    struct event *v;

    if (r->open == OPEN_MAX && !emit(r))
        return NULL;
    v = &r->ring[(r->first + r->open) % OPEN_MAX];
    *v = (struct event){.offset = r->lined.lines.offset,
                        .serial = t->serial,
                        .arena = v->arena,
                        .values = v->values,
                        .room = v->room,
                        .pieces = v->pieces,
                        .piece_room = v->piece_room,
                        .lines = v->lines};
    v->lines.len = 0;
    v->mine = lined_is_mine(&r->lined);
    v->longest = S("");
    v->raw[0] = v->raw[1] = v->raw[2] = v->raw[3] = S("");
    v->arch = v->call = v->cwd = v->auid = v->auid_name = v->uid = v->uid_name = v->session = S("");
    if (!v->arena)
        v->arena = arena_new_of(EVENT_MEMORY_MAX, SLAB_FIRST);
    else
        arena_reset(v->arena);
    if (!v->arena || !keep(r, v, t->stamp, &v->stamp) || !keep(r, v, t->node, &v->node) ||
        !keep(r, v, t->host, &v->host)) {
        (void)lined_no_memory(&r->lined);
        return NULL;
    }
    r->open++;
    return v;
}

static bool type_add(const struct reading *r, struct event *v, str type) {
    for (uint32_t i = 0; i < v->type_count; i++)
        if (str_eq(v->types[i], type))
            return true;
    if (v->type_count == TYPES_MAX) {
        v->cut = true;
        return true;
    }
    return keep(r, v, type, &v->types[v->type_count++]);
}

static bool add_line(struct reading *r, struct event *v, const struct title *t) {
    enum sort const sort = str_eq(t->type, S("SYSCALL"))  ? SORT_SYSCALL
                           : str_eq(t->type, S("EXECVE")) ? SORT_EXECVE
                           : str_eq(t->type, S("PATH"))   ? SORT_PATH
                                                          : SORT_OTHER;
    str const line = r->lined.lines.line;
    size_t const good = utf8_valid(line);
    str body;

    if (good < line.len)
        lined_damage(&r->lined, r->lined.lines.offset + good, 1, "text that is no Unicode: repaired");
    v->size += line.len;
    v->bytes += line.len;
    r->held += line.len;
    v->has_execve = v->has_execve || sort == SORT_EXECVE;
    if (r->show && v->offset == r->show_at) {
        if (v->lines.len)
            buf_byte(&v->lines, '\n');
        buf_add(&v->lines, line);
    }
    if (!type_add(r, v, t->type) || !keep(r, v, t->body, &body))
        return false;
    if (body.len > v->longest.len)
        v->longest = body;
    /* The copy is the event's own: what is decoded is decoded in place. */
    char *const text = (char *)(uintptr_t)body.ptr;

    if (!pairs(r, v, sort, text, text + body.len))
        return false;
    if (str_eq(t->type, S("PROCTITLE")) || str_eq(t->type, S("EOE")) || v->bytes > EVENT_BYTES_MAX)
        v->ended = true;
    return true;
}

/* What is over, and what is too much, goes out. */
static bool settle(struct reading *r) {
    while (r->open && (r->ring[r->first].ended || (r->held > HELD_BYTES_MAX && r->open > 1)))
        if (!emit(r))
            return false;
    return true;
}

static bool audit_line(struct reading *r) {
    /* What `ausearch` puts between events. */
    static const str between[] = {STR("----"), STR("time->")};
    struct title t;
    struct event *v;
    const char *why;

    if (str_eq(r->lined.lines.line, between[0]) || str_starts(r->lined.lines.line, between[1]))
        return true;
    if ((why = title_of(r->lined.lines.line, &t))) {
        lined_line_damage(&r->lined, why);
        return true;
    }
    v = find(r, &t);
    if (!v && str_eq(t.type, S("EOE"))) /* of an event that is over: it says no more than that */
        return true;
    return (v || (v = begin(r, &t))) && add_line(r, v, &t) && settle(r);
}

/* ------------------------------------------------------------------ reader */

static void reading_free(struct reading *r) {
    if (!r)
        return;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        arena_free(r->ring[i].arena);
        free(r->ring[i].values);
        free(r->ring[i].pieces);
        buf_free(&r->ring[i].lines);
    }
    arena_free(r->names);
    free(r);
}

static struct reading *reading_new(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading *const r = calloc(1, sizeof *r);

    if (r)
        r->lined = lined_begin(in, part, to, e);
    if (!r || !(r->names = arena_new((size_t)KEYS_MAX * (KEY_BYTES_MAX + 1)))) {
        reading_free(r);
        err_set(e, ERR_MEMORY, 0, "no memory to read audit records");
        return NULL;
    }
    for (size_t i = 0; i < MADES; i++)
        r->made[i] = wanted_field(r, made_names[i]);
    return r;
}

/* All lines up to the last of the events that begin in the part. */
static bool read_all(struct reading *r) {
    enum line_found found;

    while ((found = lined_next(&r->lined)) < LINE_NONE) {
        if (r->lined.lines.offset >= r->lined.part.to && (r->open == 0 || r->ring[r->first].offset >= r->lined.part.to))
            return true;
        if (found == LINE_WHOLE && r->lined.lines.line.len && !audit_line(r))
            return false;
        if (r->shown)
            return true;
    }
    while (found == LINE_NONE && r->open)
        if (!emit(r))
            return false;
    return found == LINE_NONE;
}

static bool auditd_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading *const r = reading_new(in, part, to, e);
    bool const ok = r && read_all(r);

    reading_free(r);
    return ok;
}

/* All lines of the event, as they stand. */
static bool auditd_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading *const r = reading_new(in, (struct part){offset, offset + 1}, NULL, e);
    bool ok = r != NULL;

    if (ok) {
        r->show = out;
        r->show_at = offset;
        ok = read_all(r) && (r->shown || err_set(e, ERR_CORRUPT, offset, "no audit event begins here"));
    }
    reading_free(r);
    return ok;
}

/* More than half of the lines are audit records. */
static bool auditd_looks_like(str head) {
    size_t lines = 0, records = 0;
    struct title t;

    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    while (head.len) {
        size_t const end = str_find_byte(head, '\n');
        str line = str_first(head, end);

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        while (line.len && line.ptr[0] == '\0')
            line = str_from(line, 1);
        if (str_trim(line).len == 0 || str_eq(line, S("----")) || str_starts(line, S("time->")))
            continue;
        if (end == SIZE_MAX && lines) /* may be cut */
            break;
        lines++;
        records += title_of(line, &t) == NULL;
    }
    return records > lines / 2;
}

const struct reader auditd_reader = {
    .name = "auditd",
    .title = "Linux audit records",
    .looks_like = auditd_looks_like,
    .counts_in_part = true,
    .read = auditd_read,
    .show = auditd_show,
};
