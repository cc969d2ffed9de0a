/* fuzz_stix_pattern: any text as a pattern. What is taken strictly is taken otherwise and means the same; written out from its tree it is
 * the same pattern again; with it every matcher can be made or says why not, and answers, or gives up, within its bounds; and the answer
 * for a pattern in parentheses, or beside itself with OR, is the same. A second part behind a NUL is JSON: what it is matched with. */
#include <assert.h>

#include "codec/json_tree.h"
#include "intel/stix_match.h"
#include "intel/stix_solve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char seen[] = "{\"type\":\"observed-data\",\"first_observed\":\"2020-01-01T00:00:00Z\",\"last_observed\":"
                           "\"2020-01-01T00:00:05Z\","
                           "\"number_observed\":2,\"objects\":{\"0\":{\"type\":\"a\",\"b\":\"x\",\"c\":[1,2.5,true,"
                           "null,\"y\"],\"d_ref\":\"1\",\"e_refs\":[\"0\",\"1\"],"
                           "\"f_hex\":\"6162\",\"g_bin\":\"YWI=\",\"hashes\":{\"MD5\":"
                           "\"abababababababababababababababab\"},\"t\":\"2020-01-01T00:00:00Z\"},"
                           "\"1\":{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.7\"}}}";

static void quote(struct buf *b, str text) {
    buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            buf_byte(b, '\\');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '\'');
}

static void write_comparison(struct buf *b, const struct stix_comparison *c) {
    if (c->how != STIX_TEST) {
        buf_byte(b, '(');
        for (const struct stix_comparison *x = c->first; x; x = x->next) {
            write_comparison(b, x);
            if (x->next)
                buf_add(b, c->how == STIX_ALL_OF ? S(" AND ") : S(" OR "));
        }
        buf_byte(b, ')');
        return;
    }
    if (c->op == STIX_EXISTS)
        buf_add(b, c->not ? S("NOT EXISTS ") : S("EXISTS "));
    buf_add(b, c->path.type);
    for (size_t i = 0; i < c->path.step_count; i++) {
        const struct stix_step *const s = &c->path.steps[i];

        buf_byte(b, s->how != STIX_KEY ? '[' : i ? '.' : ':');
        if (s->how == STIX_KEY)
            quote(b, s->key);
        else if (s->how == STIX_ANY)
            buf_add(b, S("*]"));
        else
            buf_format(b, "%lld]", (long long)s->index);
    }
    if (c->op == STIX_EXISTS)
        return;
    buf_add(b, c->not ? S(" NOT ") : S(" "));
    buf_add(b, stix_operator_name(c->op));
    if (c->op == STIX_IN)
        buf_byte(b, '(');
    for (size_t i = 0; i < c->literal_count; i++) {
        const struct stix_literal *const l = &c->literals[i];

        if (i)
            buf_byte(b, ',');
        if (l->type == STIX_STRING)
            quote(b, l->text);
        else if (l->type == STIX_NUMBER)
            buf_add(b, l->text);
        else if (l->type == STIX_BOOL)
            buf_add(b, l->yes ? S("true") : S("false"));
        else if (l->type == STIX_TIMESTAMP)
            buf_format(b, "t'%.*s'", STR_ARG(l->text));
        else { /* octets in hexadecimal, whatever they were: the type is another, the meaning the same */
            buf_add(b, S("h'"));
            for (size_t k = 0; k < l->text.len; k++)
                buf_format(b, "%02x", (unsigned char)l->text.ptr[k]);
            buf_byte(b, '\'');
        }
    }
    if (c->op == STIX_IN)
        buf_byte(b, ')');
}

/* Qualifiers are left out, parentheses added. */
static void write_brackets(struct buf *b, const struct stix_expression *x) {
    static const char *const words[] = {[STIX_AND] = " AND ", [STIX_OR] = " OR ", [STIX_FOLLOWEDBY] = " FOLLOWEDBY "};

    if (x->how == STIX_BRACKET) {
        buf_byte(b, '[');
        write_comparison(b, x->comparison);
        buf_byte(b, ']');
    } else if (x->how > STIX_FOLLOWEDBY) {
        write_brackets(b, x->first);
    } else {
        buf_byte(b, '(');
        for (const struct stix_expression *c = x->first; c; c = c->next) {
            write_brackets(b, c);
            if (c->next)
                buf_add(b, str_of(words[x->how]));
        }
        buf_byte(b, ')');
    }
}

enum answer { NO, YES, REFUSED, GIVEN_UP };

static enum answer answer(str pattern, bool hunt, const struct stix_observation *o, size_t count, struct buf *written) {
    struct arena *const a = arena_new((size_t)64 << 20);
    struct stix_matcher *m = NULL;
    struct stix_pattern p;
    struct err e = {0};
    enum answer out = REFUSED;
    bool yes;

    if (stix_pattern_parse(pattern, false, a, &p, &e)) {
        assert(p.bracket_count && p.test_count && p.brackets[0]->how == STIX_BRACKET);
        if (written)
            write_brackets(written, p.root);
        if (stix_matcher_new(&m, &p, hunt, &e))
            out = stix_matcher_all(m, o, count, &yes, &e) ? (yes ? YES : NO) : GIVEN_UP;
    }
    assert((out == REFUSED || out == GIVEN_UP) == (e.code != ERR_NONE));
    stix_matcher_free(m);
    arena_free(a);
    return out;
}

static void count_values(void *ctx, enum observable type, str value) {
    assert(type > OBSERVABLE_NONE && type < OBSERVABLES && value.len);
    ++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const all = {size ? (const char *)data : "", size};
    size_t const nul = str_find_byte(all, '\0');
    str const text = str_first(all, nul < size ? nul : size);
    str const json_text_part = nul < size ? str_from(all, nul + 1) : (str){seen, sizeof seen - 1};
    struct arena *const a = arena_new((size_t)32 << 20);
    struct stix_observation *o = NULL;
    struct stix_pattern strict, loose;
    struct buf b = {0}, written = {0};
    struct err e = {0};
    json_t *json;
    size_t count = 0, values = 0;

    if (size > 4096)
        goto done;
    if ((json = json_tree(json_text_part, &e)) && !stix_observations_read(json, a, &o, &count, &e))
        count = 0;
    json_decref(json);
    if (stix_pattern_parse(text, true, a, &strict, &e)) {
        assert(stix_pattern_parse(text, false, a, &loose, &e));
        assert(strict.bracket_count == loose.bracket_count && strict.test_count == loose.test_count);
    }
    if (stix_pattern_parse(text, false, a, &loose, &e))
        assert(stix_pattern_values(&loose, count_values, &values) == (values > 0));
    for (int hunt = 0; hunt < 2; hunt++) {
        written.len = 0;
        enum answer const first = answer(text, hunt, o, count, &written);
        size_t depth = 0;

        if (first == REFUSED)
            continue;
        for (size_t i = 0; i < text.len; i++)
            depth += text.ptr[i] == '(';
        if (depth < STIX_DEPTH_MAX / 2 && !written.failed && written.len < STIX_BYTES_MAX / 2) {
            struct stix_pattern again;

            assert(stix_pattern_parse(buf_str(&written), true, a, &again, &e));
            assert(again.bracket_count == loose.bracket_count && again.test_count == loose.test_count);
        }
        b.len = 0;
        buf_format(&b, "(%.*s\n)", STR_ARG(text));
        if (depth < STIX_DEPTH_MAX)
            assert(answer(buf_str(&b), hunt, o, count, NULL) == first);
        b.len = 0;
        buf_format(&b, "(%.*s\n)OR(%.*s\n)", STR_ARG(text), STR_ARG(text));
        if (depth < STIX_DEPTH_MAX && first == YES) {
            enum answer const both = answer(buf_str(&b), hunt, o, count, NULL);

            assert(both == YES || both == GIVEN_UP || both == REFUSED); /* twice the parts */
        }
    }
    buf_free(&written);
    buf_free(&b);
done:
    arena_free(a);
    return 0;
}
