/* yara_set: each text is tried alone, as a whole and then rule by rule; what is good of it goes into one compiler at the end, with what is
 * not replaced by blanks, so that lines stay where they are. */
#include "intel/yara_own.h"

#include <assert.h>

#include "base/file.h"
#include "base/utf.h"

#define SET_BYTES_MAX ((size_t)1 << 30)
#define EXCERPT_MAX 64u /* bytes of a match that libyara keeps */
#define NAMES_MAX 4096u /* bytes of what is told of a rule, each */

/* A text, and what is left of it to be compiled. */
struct yara_text {
    struct yara_text *next;
    str path, good; /* good ends in a NUL, and is empty when nothing is left */
    struct yara_piece *pieces;
    size_t piece_count;
};

/* What libyara says while it compiles. */
struct said {
    struct yara_set *set;
    const struct yara_text *text;
    unsigned before; /* lines of the text before what is compiled */
    bool warn;       /* warnings are wanted */
    bool failed;     /* memory is out */
    bool error;
    unsigned line;
    char reason[240];
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for YARA rules");
}

/* ------------------------------------------------------------------ verdicts */

static bool verdict(struct yara_set *s, struct yara_verdict v) {
    if (s->verdict_count == s->verdict_room) {
        size_t const room = s->verdict_room * 2 + 256;
        struct yara_verdict *const bigger = reallocarray(s->verdicts, room, sizeof *bigger);

        if (!bigger)
            return false;
        s->verdicts = bigger;
        s->verdict_room = room;
    }
    if (!arena_copy(s->a, v.reason, &v.reason) || !arena_copy(s->a, v.name, &v.name) ||
        !arena_copy(s->a, v.path, &v.path))
        return false;
    s->verdicts[s->verdict_count++] = v;
    return true;
}

bool yara_set_refuse(struct yara_set *s, str path, const char *reason, struct err *e) {
    return verdict(s, (struct yara_verdict){.path = path, .name = {"", 0}, .line = 1, .reason = str_of(reason)}) ||
           no_memory(e);
}

static bool refuse(struct yara_set *s, const struct yara_text *t, const struct yara_piece *p, unsigned line,
                   const char *reason) {
    return verdict(s, (struct yara_verdict){.path = t->path, .name = p->name, .line = line, .reason = str_of(reason)});
}

/* ------------------------------------------------------------------ compiling */

static void on_said(int level, const char *file, int line, const YR_RULE *rule, const char *message, void *ctx) {
    struct said *const said = ctx;
    unsigned const at = said->before + (line > 0 ? (unsigned)line : 1);

    (void)file;
    if (level == YARA_ERROR_LEVEL_ERROR) {
        if (!said->error) { /* those behind it follow from it */
            said->line = at;
            snprintf(said->reason, sizeof said->reason, "%s", message);
        }
        said->error = true;
    } else if (said->warn && !said->failed) {
        said->failed = !verdict(said->set, (struct yara_verdict){.path = said->text->path,
                                                                 .name = rule ? str_of(rule->identifier) : (str){"", 0},
                                                                 .line = at,
                                                                 .loaded = true,
                                                                 .reason = str_of(message),
                                                                 .slow = strstr(message, "slow") != NULL});
    }
}

static YR_COMPILER *compiler_new(struct said *said) {
    static const char *const outside[] = {"filename", "filepath", "extension", "filetype", "owner"};
    YR_COMPILER *c = NULL;

    if (yr_compiler_create(&c) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(c, on_said, said);
    yr_compiler_set_include_callback(c, NULL, NULL, NULL);
    for (size_t i = 0; i < COUNT(outside); i++)
        if (yr_compiler_define_string_variable(c, outside[i], "") != ERROR_SUCCESS) {
            yr_compiler_destroy(c);
            return NULL;
        }
    return c;
}

/* libyara's code of the error may be that of another that followed from it; the lexer has words of its own. */
static bool is_memory(const char *reason) {
    return strcmp(reason, "not enough memory") == 0 || strstr(reason, "out of dynamic memory");
}

/* text ends in a NUL. False: memory is out; said->error: it is no good. */
static bool compile(YR_COMPILER *c, const char *text, const char *space, unsigned before, struct said *said) {
    said->before = before;
    said->error = false;
    if (yr_compiler_add_string(c, text, space) != 0 && !said->error) {
        said->error = true;
        said->line = before + 1;
        yr_compiler_get_error_message(c, said->reason, sizeof said->reason);
    }
    return !said->failed && !(said->error && (c->last_error == ERROR_INSUFFICIENT_MEMORY || is_memory(said->reason)));
}

/* Blanks instead of it; lines stay. */
static void blank(char *text, const struct yara_piece *p) {
    for (size_t i = p->begin; i < p->end; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

/* One piece, with the compiler as it is. */
static bool compile_piece(YR_COMPILER *c, char *text, const char *space, const struct yara_piece *p,
                          struct said *said) {
    char const behind = text[p->end];
    bool ok;

    text[p->end] = '\0';
    ok = compile(c, text + p->begin, space, p->line - 1, said);
    text[p->end] = behind;
    return ok;
}

/* One that has all pieces before `until` that were not refused. NULL: memory is out. */
static YR_COMPILER *compiler_again(struct yara_text *t, char *text, const bool *refused, size_t until,
                                   struct said *said) {
    YR_COMPILER *const c = compiler_new(said);

    for (size_t i = 0; c && i < until; i++)
        if (!refused[i] && (!compile_piece(c, text, t->path.ptr, &t->pieces[i], said) || said->error)) {
            yr_compiler_destroy(c);
            return NULL;
        }
    return c;
}

static const char *never(const struct yara_piece *p) {
    if (p->type == YARA_INCLUDE)
        return "nothing is included: name the other file itself";
    if (p->type != YARA_IMPORT)
        return NULL;
    if (str_eq(p->name, S("magic")))
        return "the module magic opens files, which no process that reads evidence may";
    if (str_eq(p->name, S("cuckoo")))
        return "the module cuckoo needs the report of a sandbox";
    return NULL;
}

/* Rule by rule. text: of t, with room for the NUL behind it. */
static bool sort_out(struct yara_set *s, struct yara_text *t, char *text, struct said *said) {
    bool *const refused = calloc(t->piece_count + 1, sizeof *refused);
    YR_COMPILER *c = refused ? compiler_new(said) : NULL;
    const struct yara_piece *global = NULL;
    size_t count = 0;
    bool ok = c != NULL;

    for (size_t i = 0; ok && i < t->piece_count; i++) {
        const struct yara_piece *const p = &t->pieces[i];
        const char *why = never(p);

        if (!why && count >= YARA_REFUSED_MAX && p->type != YARA_IMPORT)
            why = "more than 1,000 rules of this file cannot be used";
        if (!why && !(ok = compile_piece(c, text, t->path.ptr, p, said)))
            break;
        if (!why && !said->error)
            continue;
        refused[i] = true;
        count++;
        ok = refuse(s, t, p, why ? p->line : said->line, why ? why : said->reason);
        if (p->global)
            global = p;
        if (!why) { /* after an error a compiler is of no use */
            yr_compiler_destroy(c);
            ok = (c = compiler_again(t, text, refused, i, said)) && ok;
        }
    }
    if (c)
        yr_compiler_destroy(c);
    for (size_t i = 0; ok && i < t->piece_count; i++) {
        char why[160];

        if (global && !refused[i] && t->pieces[i].type == YARA_RULE) {
            refused[i] = true;
            snprintf(why, sizeof why, "the global rule %.*s, which limits it, cannot be used",
                     STR_ARG(str_first(global->name, 100)));
            ok = refuse(s, t, &t->pieces[i], t->pieces[i].line, why);
        }
    }
    for (size_t i = 0; ok && i < t->piece_count; i++) /* names of pieces are views of the text: no sooner */
        if (refused[i])
            blank(text, &t->pieces[i]);
    free(refused);
    return ok;
}

static bool has_rules(const struct yara_text *t) {
    for (size_t i = 0; i < t->piece_count; i++)
        if (t->pieces[i].type == YARA_RULE || t->pieces[i].type == YARA_INCLUDE)
            return true;
    return false;
}

/* Nothing of it is imported that cannot be, nor included. */
static bool is_plain(const struct yara_text *t) {
    for (size_t i = 0; i < t->piece_count; i++)
        if (never(&t->pieces[i]))
            return false;
    return true;
}

static bool text_try(struct yara_set *s, struct yara_text *t, char *text) {
    struct said said = {.set = s, .text = t};
    bool good = is_plain(t), ok = true;

    if (good) {
        YR_COMPILER *const c = compiler_new(&said);

        ok = c && compile(c, text, t->path.ptr, 0, &said);
        good = ok && !said.error;
        if (c)
            yr_compiler_destroy(c);
    }
    if (ok && !good)
        ok = sort_out(s, t, text, &said);
    return ok && !said.failed;
}

static char *copy(struct arena *a, str s) {
    char *const to = arena_bytes(a, s.len + 1);

    if (to) {
        memcpy(to, s.ptr, s.len);
        to[s.len] = '\0';
    }
    return to;
}

static bool known(const struct yara_set *s, str path) {
    for (const struct yara_text *t = s->texts; t; t = t->next)
        if (str_eq(t->path, path))
            return true;
    return false;
}

bool yara_set_add(struct yara_set *s, str path, str text, struct err *e) {
    struct yara_text *const t = arena_zero(s->a, 1, sizeof *t);
    str const bare = str_from(text, str_starts(text, S("\xEF\xBB\xBF")) ? 3 : 0);
    char *const bytes = copy(s->a, bare), *const name = copy(s->a, path);

    assert(!s->compiled);
    if (!t || !bytes || !name)
        return no_memory(e);
    if (known(s, path)) /* it is the namespace */
        return yara_set_refuse(s, path, "the same file a second time", e);
    if (bare.len > YARA_TEXT_MAX)
        return yara_set_refuse(s, path, "the file is larger than 32 MiB", e);
    if (str_find_byte(bare, '\0') != SIZE_MAX)
        return yara_set_refuse(s, path, "no text: it holds a NUL", e);
    t->path = (str){name, path.len};
    t->good = (str){bytes, bare.len};
    if (!yara_split(t->good, &t->pieces, &t->piece_count))
        return no_memory(e);
    *s->texts_end = t; /* which frees it */
    s->texts_end = &t->next;
    if (!has_rules(t)) {
        t->good = S("");
        return yara_set_refuse(s, path, "there is no rule in it", e);
    }
    return text_try(s, t, bytes) || no_memory(e);
}

bool yara_set_add_file(struct yara_set *s, const char *path, struct err *e) {
    struct buf text = {0};
    struct err why = {0};
    bool ok;

    if (file_read(path, YARA_TEXT_MAX, &text, &why))
        ok = yara_set_add(s, str_of(path), buf_str(&text), e);
    else
        ok = why.code != ERR_MEMORY ? yara_set_refuse(s, str_of(path), why.text, e) : no_memory(e);
    buf_free(&text);
    return ok;
}

/* ------------------------------------------------------------------ what rules say of themselves */

/* Text of rules may be of any bytes: what is told of it is UTF-8. */
static bool keep(struct yara_set *s, const char *text, str *out) {
    str const raw = str_first(str_of(text), NAMES_MAX);
    size_t repaired;
    char *to;

    if (utf8_valid(raw) == raw.len)
        return arena_copy(s->a, raw, out);
    if (!(to = arena_bytes(s->a, 3 * raw.len)))
        return false;
    *out = (str){to, utf8_repair(raw, to, &repaired)};
    return true;
}

static bool any_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (str_eq_ascii(str_of(name), str_of(*names)))
            return true;
    return false;
}

static bool read_meta(struct yara_set *s, struct yara_rule *r, const YR_META *m) {
    static const char *const descriptions[] = {"description", "desc", NULL}, *const authors[] = {"author", NULL},
                             *const dates[] = {"date", "creation_date", "created", NULL},
                             *const references[] = {"reference", "ref", "references", "reference1", "report", NULL},
                             *const hashes[] = {"hash", "hash1", "sha256", "sha1", "md5", "hash_sha256", NULL},
                             *const tlps[] = {"tlp", "classification", "sharing", NULL},
                             *const malwares[] = {"malware", "malware_family", "family", "malware_name", NULL},
                             *const groups[] = {"actor", "threat_actor", "group", "apt", "threat_group", NULL};
    struct {
        const char *const *names;
        str *out;
    } const texts[] = {{descriptions, &r->description}, {authors, &r->author}, {dates, &r->date},
                       {references, &r->reference},     {hashes, &r->hash},    {tlps, &r->tlp},
                       {malwares, &r->malware},         {groups, &r->group}};
    uint64_t score;

    if (str_eq_ascii(str_of(m->identifier), S("score"))) {
        if (m->type == META_TYPE_INTEGER && m->integer >= 0 && m->integer <= 100)
            r->score = m->integer;
        else if (m->type == META_TYPE_STRING && str_u64(str_of(m->string), 100, &score))
            r->score = (int64_t)score;
    }
    if (m->type != META_TYPE_STRING)
        return true;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!texts[i].out->len && any_of(m->identifier, texts[i].names))
            return keep(s, m->string, texts[i].out);
    return true;
}

/* As those who write public rules mean it: from 60 on something is wrong with a file; without a score a rule is sure of itself. */
static enum sigma_level level_of(int64_t score) {
    return score < 0 || score >= 60 ? LEVEL_HIGH : score >= 40 ? LEVEL_MEDIUM : LEVEL_LOW;
}

static bool read_names(struct yara_set *s, struct yara_rule *r, const YR_RULE *from) {
    const char *tag;
    const YR_STRING *string;
    size_t tags = 0, strings = 0;
    str *names;

    yr_rule_tags_foreach(from, tag) tags++;
    yr_rule_strings_foreach(from, string) strings++;
    if (!(names = arena_zero(s->a, tags + strings, sizeof *names)))
        return false;
    r->tags = names;
    r->strings = names + tags;
    yr_rule_tags_foreach(from, tag) if (!keep(s, tag, &names[r->tag_count++])) return false;
    yr_rule_strings_foreach(from, string) {
        if (r->string_count == YARA_STRINGS_MAX)
            break;
        if (!keep(s, string->identifier, &names[tags + r->string_count++]))
            return false;
    }
    return true;
}

static unsigned line_of(const struct yara_set *s, const YR_RULE *rule, str *path) {
    for (const struct yara_text *t = s->texts; t; t = t->next)
        if (str_eq(t->path, str_of(rule->ns->name))) {
            *path = t->path;
            for (size_t i = 0; i < t->piece_count; i++)
                if (t->pieces[i].type == YARA_RULE && t->good.ptr[t->pieces[i].begin] != ' ' &&
                    str_eq(t->pieces[i].name, str_of(rule->identifier)))
                    return t->pieces[i].line;
        }
    return 1;
}

static bool read_rule(struct yara_set *s, struct yara_rule *r, const YR_RULE *from) {
    const YR_META *meta;

    *r = (struct yara_rule){.index = (uint32_t)(r - s->rules),
                            .name = {"", 0},
                            .path = {"", 0},
                            .description = {"", 0},
                            .author = {"", 0},
                            .date = {"", 0},
                            .reference = {"", 0},
                            .hash = {"", 0},
                            .tlp = {"", 0},
                            .malware = {"", 0},
                            .group = {"", 0},
                            .score = -1,
                            .hidden = RULE_IS_PRIVATE(from) != 0};
    yr_rule_metas_foreach(from, meta) if (!read_meta(s, r, meta)) return false;
    r->line = line_of(s, from, &r->path);
    r->level = level_of(r->score);
    return keep(s, from->identifier, &r->name) && read_names(s, r, from);
}

/* ------------------------------------------------------------------ the life */

bool yara_set_new(struct yara_set **out, struct err *e) {
    struct yara_set *const s = calloc(1, sizeof *s);

    if (!s)
        return no_memory(e);
    if (yr_initialize() != ERROR_SUCCESS) {
        free(s);
        return no_memory(e);
    }
    s->texts_end = &s->texts;
    (void)yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, EXCERPT_MAX);
    if (!(s->a = arena_new(SET_BYTES_MAX))) {
        yara_set_free(s);
        return no_memory(e);
    }
    *out = s;
    return true;
}

void yara_set_free(struct yara_set *s) {
    if (!s)
        return;
    for (struct yara_text *t = s->texts; t; t = t->next)
        free(t->pieces);
    if (s->compiled)
        yr_rules_destroy(s->compiled);
    free(s->verdicts);
    arena_free(s->a);
    free(s);
    (void)yr_finalize();
}

static bool compile_all(struct yara_set *s, struct err *e) {
    struct said said = {.set = s, .warn = true};
    YR_COMPILER *const c = compiler_new(&said);
    bool ok = c || no_memory(e);

    for (struct yara_text *t = s->texts; ok && t; t = t->next) {
        said.text = t;
        ok = compile(c, t->good.ptr, t->path.ptr, 0, &said) || no_memory(e);
        if (ok && said.error) /* it was good alone: all rules together are more than libyara can hold */
            ok = err_set(e, ERR_LIMIT, 0, "%.*s:%u: %s", STR_ARG(t->path), said.line, said.reason);
    }
    ok = ok && (yr_compiler_get_rules(c, &s->compiled) == ERROR_SUCCESS || no_memory(e));
    if (c)
        yr_compiler_destroy(c);
    return ok;
}

static int by_place(const void *a, const void *b) {
    const struct yara_verdict *const x = a, *const y = b;

    if (!str_eq(x->path, y->path))
        return str_cmp(x->path, y->path);
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->loaded != y->loaded ? (x->loaded ? 1 : -1) : str_cmp(x->reason, y->reason);
}

bool yara_set_compile(struct yara_set *s, struct err *e) {
    const YR_RULE *rule;
    size_t count = 0;

    assert(!s->compiled);
    if (!compile_all(s, e))
        return false;
    yr_rules_foreach(s->compiled, rule) count++;
    if (!(s->rules = arena_zero(s->a, count + 1, sizeof *s->rules)))
        return no_memory(e);
    yr_rules_foreach(s->compiled, rule) if (!read_rule(s, &s->rules[s->rule_count++], rule)) return no_memory(e);
    if (s->verdict_count)
        qsort(s->verdicts, s->verdict_count, sizeof *s->verdicts, by_place);
    return true;
}

size_t yara_set_count(const struct yara_set *s) {
    return s->rule_count;
}

const struct yara_rule *yara_set_rule(const struct yara_set *s, size_t i) {
    assert(i < s->rule_count);
    return &s->rules[i];
}

size_t yara_verdict_count(const struct yara_set *s) {
    return s->verdict_count;
}

const struct yara_verdict *yara_verdict_at(const struct yara_set *s, size_t i) {
    assert(i < s->verdict_count);
    return &s->verdicts[i];
}
