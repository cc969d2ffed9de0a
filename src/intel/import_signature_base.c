/* import_signature_base: the lists of indicators of Neo23x0/signature-base, as LOKI and THOR read them: `hash;description`,
 * `expression;score[;expression of what is harmless]`, names of control servers, keywords. Each file says in its head which it is. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "intel/import_value.h"

enum kind { KIND_NONE, KIND_HASH, KIND_FILE, KIND_SERVER, KIND_KEYWORD };

/* What the comments at the top hold. */
static enum kind kind_of(str text) {
    static const struct {
        str says;
        enum kind kind;
    } heads[] = {
        {STR("EVIL HASHES"), KIND_HASH},    {STR("SHA256;COMMENT"), KIND_HASH},
        {STR("REGEX;SCORE"), KIND_FILE},    {STR("File Name Characteristics"), KIND_FILE},
        {STR("LOKI C2 IOCs"), KIND_SERVER}, {STR("MALICIOUS KEYWORDS"), KIND_KEYWORD},
    };
    str line;

    while (import_line(&text, &line)) {
        if (str_trim(line).len && !str_starts(line, S("#")))
            return KIND_NONE;
        for (size_t i = 0; i < COUNT(heads); i++)
            if (str_find(line, heads[i].says) != SIZE_MAX)
                return heads[i].kind;
    }
    return KIND_NONE;
}

struct lists {
    const struct intel_sink *sink;
    struct import_room room;
    struct buf expression;
    size_t number; /* of the line */
    str heading;   /* the last line of comments, until an empty line */
    struct err *e;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read a list of signature-base");
}

static str where_of(const struct lists *l, char out[32]) {
    return (str){out, (size_t)snprintf(out, 32, "line %zu", l->number)};
}

static bool leave_out(struct lists *l, str what, const char *why) {
    char where[32];

    return l->sink->left_out(l->sink->ctx, where_of(l, where), what, str_of(why), l->e);
}

/* Description: behind the value, or the heading; where it came from: the links in that. */
static void describe(struct lists *l, struct intel_item *item, str description) {
    item->title = str_trim(description.len ? description : l->heading);
    import_links(item->title, &item->origins);
}

static bool tell(struct lists *l, enum observable type, str cell, str description, uint8_t score,
                 enum item_nature nature) {
    struct import_value v;
    const char *why;
    char where[32];

    if (!import_value_of(type, cell, &l->room, &v, &why))
        return import_room_failed(&l->room) ? no_memory(l->e) : leave_out(l, cell, why);
    struct intel_item item = item_new(v.type, v.value, where_of(l, where));

    item.raw = v.raw;
    item.port = v.port;
    item.confidence = score;
    item.nature = nature;
    describe(l, &item, description);
    return l->sink->item(l->sink->ctx, &item, l->e);
}

static uint8_t score_of(str s) {
    uint64_t n;

    return str_u64(str_trim(s), 100, &n) ? (uint8_t)n : ITEM_CONFIDENCE_UNSAID;
}

static bool tell_hash(struct lists *l, str line) {
    size_t const at = str_find_byte(line, ';');

    return tell(l, OBSERVABLE_MD5, str_first(line, at), at == SIZE_MAX ? S("") : str_from(line, at + 1),
                ITEM_CONFIDENCE_UNSAID, NATURE_MALWARE);
}

static bool tell_server(struct lists *l, str line) {
    size_t const at = str_find_byte(line, ';');
    str const rest = at == SIZE_MAX ? S("") : str_trim(str_from(line, at + 1));
    uint8_t const score = score_of(rest);

    return tell(l, OBSERVABLE_DOMAIN, str_first(line, at), score == ITEM_CONFIDENCE_UNSAID ? rest : S(""), score,
                NATURE_OPERATION);
}

/* The score is behind the first semicolon with nothing but a number and then a semicolon or the end; expressions may hold some. */
static size_t score_at(str line, size_t *len) {
    for (size_t i = 0; i < line.len; i++) {
        size_t n = 1;

        if (line.ptr[i] != ';')
            continue;
        while (i + n < line.len &&
               ((line.ptr[i + n] >= '0' && line.ptr[i + n] <= '9') || (n == 1 && line.ptr[i + n] == '-')))
            n++;
        if (n > 1 && line.ptr[i + n - 1] != '-' && (i + n == line.len || line.ptr[i + n] == ';')) {
            *len = n - 1;
            return i;
        }
    }
    return SIZE_MAX;
}

/* NULL: good. */
static const char *compile(str expression) {
    int code;
    PCRE2_SIZE at;
    pcre2_code *const c = pcre2_compile((PCRE2_SPTR)expression.ptr, expression.len, 0, &code, &at, NULL);

    pcre2_code_free(c);
    return c ? NULL : code == PCRE2_ERROR_HEAP_FAILED ? "memory is out" : "no expression that PCRE2 understands";
}

/* One expression: what is harmless is looked for in the whole path and must not be there. Flags at the start of either part are
 * good to the end of their group. */
static bool tell_file(struct lists *l, str line) {
    size_t len, at = score_at(line, &len);
    char where[32];

    if (at == SIZE_MAX)
        return leave_out(l, line, "no score behind it");
    str const score = str_first(str_from(line, at + 1), len), wanted = str_first(line, at);
    str const harmless = str_from(line, at + len + 2);
    str value = wanted;

    if (score.ptr[0] == '-')
        return leave_out(l, line, "it takes away from the score of others");
    if (!wanted.len)
        return leave_out(l, line, "empty");
    /* Each by itself: joined, an open bracket of one could be closed by the other. */
    const char *why = compile(wanted);

    if (!why && harmless.len)
        why = compile(harmless);
    if (why)
        return str_eq(str_of(why), S("memory is out")) ? no_memory(l->e) : leave_out(l, line, why);
    if (harmless.len) {
        l->expression.len = 0;
        buf_add(&l->expression, S("^(?!(?s:.*)(?:"));
        buf_add(&l->expression, harmless);
        buf_add(&l->expression, S("))(?s:.*?)(?:"));
        buf_add(&l->expression, wanted);
        buf_add(&l->expression, S(")"));
        if (l->expression.failed)
            return no_memory(l->e);
        value = buf_str(&l->expression);
    }
    struct intel_item item = item_new(OBSERVABLE_FILE_PATH, value, where_of(l, where));

    item.form = ITEM_REGEX;
    item.raw = harmless.len ? line : S("");
    item.confidence = score_of(score);
    describe(l, &item, S(""));
    return l->sink->item(l->sink->ctx, &item, l->e);
}

static bool tell_line(struct lists *l, enum kind kind, str line) {
    return kind == KIND_HASH     ? tell_hash(l, line)
           : kind == KIND_FILE   ? tell_file(l, line)
           : kind == KIND_SERVER ? tell_server(l, line)
                                 : tell(l, OBSERVABLE_TEXT, line, S(""), ITEM_CONFIDENCE_UNSAID, NATURE_UNSAID);
}

static bool signature_base_read(str bytes, const struct import_about *about, const struct intel_sink *sink,
                                struct err *e) {
    struct lists l = {.sink = sink, .heading = S(""), .e = e};
    struct buf decoded = {0};
    str rest, line;
    bool ok = true;
    (void)about;

    if (!import_text(bytes, &decoded, &rest)) {
        buf_free(&decoded);
        return no_memory(e);
    }
    enum kind const kind = kind_of(rest);

    if (kind == KIND_NONE)
        ok = err_set(e, ERR_CORRUPT, 0, "its head does not say which of signature-base's lists it is");
    while (ok && import_line(&rest, &line)) {
        l.number++;
        line = str_trim(line);
        if (!line.len) {
            l.heading = S("");
        } else if (line.ptr[0] == '#') {
            while (line.len && line.ptr[0] == '#')
                line = str_from(line, 1);
            l.heading = str_trim(line);
        } else {
            ok = tell_line(&l, kind, line);
        }
    }
    import_room_free(&l.room);
    buf_free(&l.expression);
    buf_free(&decoded);
    return ok;
}

static int signature_base_looks(str head) {
    struct buf decoded = {0};
    str text;
    int const sure = import_text(head, &decoded, &text) && kind_of(text) != KIND_NONE ? 3 : 0;

    buf_free(&decoded);
    return sure;
}

const struct importer import_signature_base = {
    .name = "signature-base", .looks = signature_base_looks, .read = signature_base_read};
