/* format_decode: pieces of a line that hold several fields: requests, pairs of key and value, rows. */
#include "event/format_own.h"

#include "codec/csv.h"

#define KEY_MAX 128u
#define COLUMNS_MAX 512u

/* The text without the backslashes that stand before one of `which`. */
static str undo(struct told *t, str text, const char *which) {
    char *to = NULL;
    size_t used = 0;

    for (size_t i = 0; i < text.len; i++) {
        bool const escape =
            text.ptr[i] == '\\' && i + 1 < text.len && strchr(which, text.ptr[i + 1]) && text.ptr[i + 1];

        if (escape && !to) {
            if (t->room.room - t->room.len < text.len)
                return text;
            to = t->room.ptr + t->room.len;
            memcpy(to, text.ptr, used = i);
        }
        i += escape;
        if (to)
            to[used++] = text.ptr[i];
    }
    if (!to)
        return text;
    t->room.len += used;
    return (str){to, used};
}

void decode_quoted(struct told *t, const struct piece *p, str text) {
    if (p->dash_is_none && str_eq(text, S("-")))
        return;
    told_add(t, p->field, str_find_byte(text, '\\') == SIZE_MAX ? text : undo(t, text, "\"\\|="));
}

/* Lengths in brackets become points: the first is left out, (0) ends the name, and the root is a point. */
void decode_labels(struct told *t, const struct piece *p, str text) {
    char *const to = t->room.ptr + t->room.len;
    size_t used = 0;

    text = str_trim(text);
    if (t->room.room - t->room.len < text.len)
        return;
    for (size_t i = 0; i < text.len; i++) {
        size_t end = i + 1;

        while (text.ptr[i] == '(' && end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
            end++;
        if (text.ptr[i] != '(' || end == i + 1 || end == text.len || text.ptr[end] != ')') {
            to[used++] = text.ptr[i];
            continue;
        }
        if (i > 0 && end + 1 < text.len)
            to[used++] = '.';
        i = end;
    }
    if (used == 0)
        to[used++] = '.';
    t->room.len += used;
    told_add(t, p->field, (str){to, used});
}

/* Stem and query of a target; of one in absolute form (RFC 9112 3.2.2: proxies, load balancers) also whose it is. */
static void add_target(struct told *t, const field_id *request, str target) {
    size_t const early = str_find_byte(target, '/'), question = str_find_byte(target, '?');
    str stem = str_first(target, question);

    if (early != SIZE_MAX && early > 1 && early < question && target.ptr[early - 1] == ':' &&
        str_starts(str_from(target, early), S("//"))) {
        str const behind = str_from(stem, early + 2);
        size_t const path = str_find_byte(behind, '/');
        str host = str_first(behind, path);

        if (host.len == 0 || host.ptr[0] != '[')
            host = str_first(host, str_find_byte(host, ':'));
        if (host.len)
            told_add(t, request[REQUEST_HOST], host);
        stem = path == SIZE_MAX ? S("/") : str_from(behind, path);
    }
    told_add(t, request[REQUEST_STEM], stem);
    if (question != SIZE_MAX)
        told_add(t, request[REQUEST_QUERY], str_from(target, question + 1));
}

/* METHOD target HTTP/version. The target may have blanks, because attackers write them; anything else is told whole. */
void decode_request(struct told *t, const struct template *how, str text) {
    str const request = str_find_byte(text, '\\') == SIZE_MAX ? text : undo(t, text, "\"\\");
    size_t const blank = str_find_byte(request, ' ');
    size_t last = request.len;

    if (str_eq(request, S("-")) || request.len == 0)
        return;
    told_add(t, how->request[REQUEST_WHOLE], request);
    for (size_t i = 0; i < blank && i < request.len; i++)
        if (!((request.ptr[i] >= 'A' && request.ptr[i] <= 'Z') || (request.ptr[i] >= 'a' && request.ptr[i] <= 'z') ||
              request.ptr[i] == '_' || request.ptr[i] == '-'))
            return; /* no method: bytes of TLS, of an exploit */
    if (blank == SIZE_MAX || blank == 0 || blank + 1 == request.len || request.ptr[0] == '-')
        return;
    for (size_t i = request.len; i-- > blank;)
        if (request.ptr[i] == ' ') {
            last = i;
            break;
        }
    if (str_starts(str_from(request, last + 1), S("HTTP/")))
        told_add(t, how->request[REQUEST_VERSION], str_from(request, last + 1));
    else
        last = request.len;
    told_add(t, how->request[REQUEST_METHOD], str_first(request, blank));
    if (last <= blank + 1)
        return; /* GET HTTP/1.0 */
    str const target = {request.ptr + blank + 1, last - blank - 1};

    told_add(t, how->request[REQUEST_URI], target);
    add_target(t, how->request, target);
}

/* Keys are what a programmer writes. */
static bool key_byte(char c) {
    static const bool is[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true, ['-'] = true, ['.'] = true,
        ['['] = true,         [']'] = true,         ['/'] = true,         ['@'] = true, ['%'] = true,
    };

    return is[(unsigned char)c];
}

/* The field of a name. Lines of one log have the same keys in the same order: the name that stood there last is tried first. */
static field_id known_field(struct told *t, struct fields *fields, str name) {
    struct told_key *const k = t->key_count < TOLD_KEYS && name.len <= TOLD_KEY_MAX ? &t->keys[t->key_count++] : NULL;

    if (!k || name.len == 0)
        return field_intern(fields, name);
    if (k->len != name.len || memcmp(k->name, name.ptr, name.len) != 0) {
        field_id const field = field_intern(fields, name);

        if (field == FIELD_NONE)
            return FIELD_NONE;
        memcpy(k->name, name.ptr, name.len);
        k->len = (uint32_t)name.len;
        k->field = field;
    }
    return k->field;
}

static void add_pair(struct told *t, struct fields *fields, const struct piece *p, str key, str value) {
    char name[PREFIX_MAX + KEY_MAX];

    field_id id;

    if (p->dash_is_none && str_eq(value, S("-")))
        return;
    memcpy(name, p->text.ptr, p->text.len);
    memcpy(name + p->text.len, key.ptr, key.len);
    if ((id = known_field(t, fields, (str){name, p->text.len + key.len})) == FIELD_NONE)
        t->cut = true;
    told_add(t, id, value);
}

static unsigned hex_digit(char c) {
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                  : 16;
}

/* LEEF 2.0: the byte between pairs stands in front of them, behind it a bar: ^| or x09| or 0x09|. Without it, it is a tab. */
static char leef_between(str *text) {
    size_t const bar = str_find_byte(str_first(*text, 6), '|');
    str how = str_first(*text, bar);

    if (bar == SIZE_MAX)
        return '\t';
    if (how.len > 1) {
        how = str_from(how, how.ptr[0] == '0' || how.ptr[0] == '\\');
        if (how.len < 2 || how.len > 3 || (how.ptr[0] | 0x20) != 'x' || hex_digit(how.ptr[1]) > 15 ||
            hex_digit(how.ptr[how.len - 1]) > 15)
            return '\t';
    }
    *text = str_from(*text, bar + 1);
    if (how.len < 2)
        return how.len ? how.ptr[0] : '\t';
    return (char)(how.len == 2 ? hex_digit(how.ptr[1]) : hex_digit(how.ptr[1]) * 16 + hex_digit(how.ptr[2]));
}

/* Where a value in quotes that begins at `open` ends: at a quote behind which the pair ends. SIZE_MAX: nowhere. */
static size_t closing(str text, size_t open, char between) {
    for (size_t i = open; i < text.len; i += text.ptr[i] == '\\' && i + 1 < text.len ? 2 : 1)
        if (text.ptr[i] == '"' && (i + 1 == text.len || text.ptr[i + 1] == between || text.ptr[i + 1] == ' '))
            return i;
    return SIZE_MAX;
}

bool pairs_begin(const struct piece *p, str text) {
    size_t pairs = 0, i = 0;

    while (i < text.len && pairs < 2) {
        size_t const from = i;

        while (i < text.len && i - from <= KEY_MAX && key_byte(text.ptr[i]) && text.ptr[i] != p->equals)
            i++;
        if (i > from && i + 1 < text.len && text.ptr[i] == p->equals && text.ptr[i + 1] != p->equals)
            pairs++;
        else if (pairs == 0)
            return false;
        while (i < text.len && text.ptr[i] != p->between)
            i++;
        i += i < text.len;
    }
    return pairs == 2;
}

void decode_pairs(struct told *t, struct fields *fields, const struct piece *p, str text) {
    char const between = p->between ? p->between : leef_between(&text);
    size_t i = 0, end;

    while (i < text.len) {
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == between))
            i++;
        size_t const from = i;

        while (i < text.len && key_byte(text.ptr[i]) && text.ptr[i] != p->equals)
            i++;
        str const key = {text.ptr + from, i - from};

        if (i == text.len || text.ptr[i] != p->equals || key.len == 0 || key.len > KEY_MAX) {
            while (i < text.len && text.ptr[i] != between)
                i++; /* a bare word */
            continue;
        }
        i++;
        if (i < text.len && text.ptr[i] == '"') {
            size_t const open = i + 1;

            if ((end = closing(text, open, between)) == SIZE_MAX)
                end = text.len; /* cut off */
            add_pair(t, fields, p, key, undo(t, (str){text.ptr + open, end - open}, "\"\\"));
            i = end + (end < text.len);
            continue;
        }
        size_t const value = i;

        while (i < text.len && text.ptr[i] != between)
            i++;
        add_pair(t, fields, p, key, (str){text.ptr + value, i - value});
    }
}

/* A key and its equals sign at text[i]? Its length without the sign, or 0. Between commas, keys may have blanks, and behind
 * the colon is one. */
static size_t key_at(const struct piece *p, str text, size_t i) {
    bool const spoken = p->between == ',';
    size_t const from = i;

    while (i < text.len && i - from <= KEY_MAX && text.ptr[i] != p->equals &&
           (key_byte(text.ptr[i]) || (spoken && text.ptr[i] == ' ')))
        i++;
    if (i == text.len || text.ptr[i] != p->equals || i - from > KEY_MAX || (from < i && text.ptr[from] == ' '))
        return 0;
    return !spoken || i + 1 == text.len || text.ptr[i + 1] == ' ' ? i - from : 0;
}

void decode_loose(struct told *t, struct fields *fields, const struct piece *p, str text) {
    size_t const gap = p->between == ',' ? 2 : 1; /* a comma and a blank, or a blank */
    size_t i = 0, len;

    while (i < text.len && (len = key_at(p, text, i)) == 0) { /* to where the next word begins */
        while (i < text.len && key_byte(text.ptr[i]))
            i++;
        while (i < text.len && !key_byte(text.ptr[i]))
            i++;
    }
    while (i < text.len) {
        str const key = {text.ptr + i, len};
        size_t const from = i + len + 1;
        size_t end = text.len, next = text.len;

        for (size_t j = from; j < text.len; j++) {
            if (text.ptr[j] == '\\' && j + 1 < text.len)
                j++;
            else if (text.ptr[j] == p->between && j + gap < text.len && (gap == 1 || text.ptr[j + 1] == ' ') &&
                     (len = key_at(p, text, j + gap)) > 0) {
                end = j;
                next = j + gap;
                break;
            }
        }
        str value = str_trim((str){text.ptr + from, end - from});

        if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = (str){value.ptr + 1, value.len - 2};
        add_pair(t, fields, p, key, undo(t, value, "\\=|\""));
        i = next;
    }
}

void decode_csv(struct told *t, const struct template *how, str text) {
    struct csv_field cells[COLUMNS_MAX];
    struct csv row = {.separator = ',', .fields = cells, .fields_max = COLUMNS_MAX};

    if (text.len == 0)
        return;
    (void)csv_row(&row, text, true); /* of a row that is cut off or wrong, what is in front of that */
    for (size_t i = 0; i < row.count && i < how->column_count && i < COLUMNS_MAX; i++) {
        if (how->columns[i] == FIELD_NONE || cells[i].len == 0)
            continue;
        str value = {cells[i].ptr, cells[i].len};

        if (cells[i].doubled) {
            if (t->room.room - t->room.len < cells[i].len)
                continue;
            value = csv_text(&cells[i], t->room.ptr + t->room.len);
            t->room.len += value.len;
        }
        told_add(t, how->columns[i], value);
    }
}
