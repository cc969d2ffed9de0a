/* sigma_show: what the loader made of rules, as one line of text, for tables of expectations. For tests only. */
#ifndef SIGMA_SHOW_H
#define SIGMA_SHOW_H

#include "base/buf.h"
#include "intel/sigma.h"

static const char *const show_times[] = {"minute", "hour", "day", "week", "month", "year"};
static const char *const show_compare[] = {"=", "<", "<=", ">", ">=", "!="};

/* Text as it is, wildcards as * ? and windash's dash as <->; a literal one of these behind a backslash. */
static inline void show_pieces(struct buf *b, const struct sigma_test *t) {
    for (size_t i = 0; i < t->piece_count; i++) {
        const struct sigma_piece *const p = &t->pieces[i];

        if (p->type != PIECE_TEXT) {
            buf_add(b, p->type == PIECE_ANY ? S("*") : p->type == PIECE_ONE ? S("?") : S("<->"));
            continue;
        }
        for (size_t j = 0; j < p->text.len; j++) {
            unsigned char const c = (unsigned char)p->text.ptr[j];

            if (t->op == TEST_BYTES)
                buf_format(b, "%02x", c);
            else
                buf_format(b, c == '*' || c == '?' ? "\\%c" : "%c", c);
        }
    }
}

/* field=pattern (== when case matters), field~/regex/flags, field#number, field:true, field<5, field.hour>=22,
 * field@network, field->other, field? (exists) and so on; a keyword has the field $. */
static inline void show_test(struct buf *b, const struct sigma_test *t) {
    buf_add(b, t->field.len ? t->field : S("$"));
    switch (t->op) {
    case TEST_PATTERN:
        buf_add(b, t->cased ? S("==") : S("="));
        show_pieces(b, t);
        break;
    case TEST_BYTES:
        buf_add(b, S("=0x"));
        show_pieces(b, t);
        break;
    case TEST_REGEX:
        buf_format(b, "~/%.*s/%s%s%s", STR_ARG(t->regex), t->regex_flags & SIGMA_RE_I ? "i" : "",
                   t->regex_flags & SIGMA_RE_M ? "m" : "", t->regex_flags & SIGMA_RE_S ? "s" : "");
        break;
    case TEST_NUMBER:
        buf_format(b, "#%.*s", STR_ARG(t->number));
        break;
    case TEST_BOOL:
        buf_add(b, t->boolean ? S(":true") : S(":false"));
        break;
    case TEST_NULL:
        buf_add(b, S(":null"));
        break;
    case TEST_EXISTS:
        buf_add(b, t->boolean ? S("?") : S("?not"));
        break;
    case TEST_TIME:
        buf_format(b, ".%s", show_times[t->part]);
        /* fall through */
    case TEST_COMPARE:
        buf_format(b, "%s%.*s", show_compare[t->compare], STR_ARG(t->number));
        break;
    case TEST_CIDR:
        buf_byte(b, '@');
        for (size_t i = 0; i < (t->network.base.family == 4 ? 4 : 16); i++)
            buf_format(b, "%02x", t->network.base.bytes[i]);
        buf_format(b, "/%u", t->network.bits);
        break;
    case TEST_FIELDREF:
        buf_format(b, "->%s%.*s%s", t->fieldref == FIELDREF_CONTAINS || t->fieldref == FIELDREF_ENDSWITH ? "*" : "",
                   STR_ARG(t->other),
                   t->fieldref == FIELDREF_CONTAINS || t->fieldref == FIELDREF_STARTSWITH ? "*" : "");
        break;
    }
}

static inline void show_node(struct buf *b, const struct sigma_node *n) {
    static const char *const words[] = {"and", "or", "not"};

    if (n->type == NODE_TEST) {
        show_test(b, n->test);
        return;
    }
    buf_format(b, "%s(", words[n->type]);
    for (size_t i = 0; i < n->child_count; i++) {
        buf_add(b, i ? S(" ") : S(""));
        show_node(b, n->children[i]);
    }
    buf_byte(b, ')');
}

static inline void show_expr(struct buf *b, const struct sigma_rule_expr *x) {
    static const char *const words[] = {"and", "or", "not"};

    if (x->type == NODE_TEST) {
        buf_format(b, "%zu", x->rule);
        return;
    }
    buf_format(b, "%s(", words[x->type]);
    for (size_t i = 0; i < x->child_count; i++) {
        buf_add(b, i ? S(" ") : S(""));
        show_expr(b, x->children[i]);
    }
    buf_byte(b, ')');
}

static inline str show_name(const struct sigma_rule *r) {
    return r->name.len ? r->name : r->title;
}

/* type[rules] by(name=field,...) seconds bounds fields percentile expression generate */
static inline void show_correlation(struct buf *b, const struct sigma_correlation *c) {
    static const char *const types[] = {"event_count", "value_count", "temporal",         "temporal_ordered",
                                        "value_sum",   "value_avg",   "value_percentile", "value_median"};

    buf_format(b, "%s[", types[c->type]);
    for (size_t i = 0; i < c->rule_count; i++)
        buf_format(b, "%s%.*s", i ? " " : "", STR_ARG(show_name(c->rules[i])));
    buf_byte(b, ']');
    for (size_t i = 0; i < c->group_count; i++) {
        buf_format(b, " %.*s(", STR_ARG(c->groups[i].name));
        for (size_t j = 0; j < c->rule_count; j++)
            buf_format(b, "%s%.*s", j ? " " : "", STR_ARG(c->groups[i].fields[j]));
        buf_byte(b, ')');
    }
    buf_format(b, " %llds", (long long)(c->timespan_ns / 1000000000));
    for (size_t i = 0; i < c->bound_count; i++)
        buf_format(b, " %s%g", show_compare[c->bounds[i].compare], c->bounds[i].number);
    for (size_t i = 0; i < c->field_count; i++)
        buf_format(b, " %.*s", STR_ARG(c->fields[i]));
    if (c->has_percentile)
        buf_format(b, " p%g", c->percentile);
    if (c->expr) {
        buf_byte(b, ' ');
        show_expr(b, c->expr);
    }
    if (c->generate)
        buf_add(b, S(" generate"));
}

/* What a loaded document came to. */
static inline void show_content(struct buf *b, const struct sigma_set *set, const struct sigma_verdict *v) {
    for (size_t i = 0; i < set->filter_count; i++)
        if (set->filters[i]->line == v->line && str_eq(set->filters[i]->path, v->path)) {
            buf_add(b, S("filter "));
            show_node(b, set->filters[i]->root);
        }
    for (size_t i = 0; i < set->rule_count; i++) {
        const struct sigma_rule *const r = set->rules[i];

        if (r->line != v->line || !str_eq(r->path, v->path))
            continue;
        if (r->type == SIGMA_CORRELATION)
            show_correlation(b, r->correlation);
        else
            show_node(b, r->root);
        for (size_t j = 0; j < r->filter_count; j++)
            buf_format(b, " +%.*s", STR_ARG(r->filters[j]->title));
        if (r->silenced)
            buf_format(b, " silenced by %.*s", STR_ARG(show_name(r->silenced_by)));
    }
}

/* All verdicts, separated by " | ": what was loaded, or why not; then warnings behind " ! ". */
static inline void show_set(struct buf *b, const struct sigma_set *set) {
    for (size_t i = 0; i < set->verdict_count; i++) {
        const struct sigma_verdict *const v = &set->verdicts[i];

        buf_add(b, i ? S(" | ") : S(""));
        if (v->loaded)
            show_content(b, set, v);
        if (v->unusable)
            buf_add(b, S(" unusable: "));
        buf_add(b, v->reason.len ? v->reason : S(""));
        for (size_t j = 0; j < v->warning_count; j++)
            buf_format(b, " ! %.*s", STR_ARG(v->warnings[j]));
    }
}

/* Loads one text (placeholders: YAML or NULL) and tells the result in out. */
static inline void show_text(const char *yaml, const char *placeholders, bool strict, char *out, size_t room) {
    struct sigma_loader *l;
    const struct sigma_set *set = NULL;
    struct buf b = {0};
    struct err e = {0};
    bool ok;

    if (!sigma_loader_new(&l, &e) || !buf_reserve(&b, room)) {
        snprintf(out, room, "no memory");
        return;
    }
    if (strict)
        sigma_strict_placeholders(l);
    ok = !placeholders || sigma_load_placeholders(l, S("p.yml"), str_of(placeholders), &e);
    ok = ok && sigma_load_text(l, S("r.yml"), str_of(yaml), &e) && sigma_load_end(l, &set, &e);
    if (ok)
        show_set(&b, set);
    else
        buf_format(&b, "error %d: %s", (int)e.code, e.text);
    snprintf(out, room, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
    sigma_loader_free(l);
}

#endif
