/* sigma_condition: the condition grammar (Sigma 7), by recursive descent over whole words. */
#include "intel/sigma_own.h"

#define CONDITION_DEPTH_MAX 100

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_WORD };

struct parser {
    struct sigma_reading *r;
    uint32_t line;
    str rest;
    enum token token;
    str word;
    struct sigma_names *names;
    unsigned depth;
    bool rules; /* a correlation's expression: names only */
};

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void advance(struct parser *p) {
    size_t len = 0;

    while (p->rest.len && blank(p->rest.ptr[0]))
        p->rest = str_from(p->rest, 1);
    if (p->rest.len == 0) {
        p->token = TOKEN_END;
        p->word = S("");
        return;
    }
    if (p->rest.ptr[0] == '(' || p->rest.ptr[0] == ')') {
        p->token = p->rest.ptr[0] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
        len = 1;
    } else {
        p->token = TOKEN_WORD;
        while (len < p->rest.len && !blank(p->rest.ptr[len]) && p->rest.ptr[len] != '(' && p->rest.ptr[len] != ')')
            len++;
    }
    p->word = str_first(p->rest, len);
    p->rest = str_from(p->rest, len);
}

static bool at_word(const struct parser *p, const char *word) {
    return p->token == TOKEN_WORD && str_eq(p->word, str_of(word));
}

static bool name_char(char c, bool pattern) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == (pattern ? '*' : '-') || c == '-';
}

static bool is_name(str s, bool pattern) {
    for (size_t i = 0; i < s.len; i++)
        if (!name_char(s.ptr[i], pattern))
            return false;
    return s.len > 0;
}

/* Does the whole name match the pattern, in which * is any run? */
static bool name_matches(str pattern, str name) {
    size_t p = 0, n = 0, star = SIZE_MAX, back = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            back = n;
        } else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++back;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static const struct sigma_node *leaf(struct parser *p, size_t at) {
    struct sigma_test *test;

    p->names->used[at] = true;
    if (!p->rules)
        return p->names->trees[at];
    /* For expressions over rules the tree only carries the number: as the test's line. */
    if (!(test = arena_zero(p->r->a, 1, sizeof *test))) {
        sigma_no_memory(p->r);
        return NULL;
    }
    test->line = (uint32_t)at;
    return sigma_node_test(p->r, test);
}

static const struct sigma_node *identifier(struct parser *p) {
    str const word = p->word;

    for (size_t i = 0; i < p->names->count; i++)
        if (str_eq(p->names->names[i], word)) {
            advance(p);
            return leaf(p, i);
        }
    if (str_eq_ascii(word, S("and")) || str_eq_ascii(word, S("or")) || str_eq_ascii(word, S("not")))
        sigma_bad(p->r, p->line, "'%.*s' in the condition: operators are written in lower case, between operands",
                  STR_ARG(word));
    else if (!is_name(word, false))
        sigma_bad(p->r, p->line, "'%.*s' in the condition is no identifier", STR_ARG(str_first(word, 60)));
    else
        sigma_bad(p->r, p->line, "the condition names '%.*s', which does not exist", STR_ARG(str_first(word, 60)));
    return NULL;
}

static const struct sigma_node *selector(struct parser *p, bool all) {
    const struct sigma_node **nodes;
    size_t count = 0;

    advance(p); /* over `of` */
    if (p->token != TOKEN_WORD || !is_name(p->word, true)) {
        sigma_bad(p->r, p->line, "'of' needs 'them' or a pattern behind it");
        return NULL;
    }
    bool const them = at_word(p, "them");
    str const pattern = them ? S("*") : p->word;

    if (!(nodes = arena_alloc(p->r->a, (p->names->count + 1) * sizeof *nodes))) {
        sigma_no_memory(p->r);
        return NULL;
    }
    for (size_t i = 0; i < p->names->count; i++) {
        str const name = p->names->names[i];

        if (name.ptr[0] == '_' && pattern.ptr[0] != '_')
            continue;
        if (name_matches(pattern, name) && !(nodes[count++] = leaf(p, i)))
            return NULL;
    }
    if (count == 0) {
        sigma_bad(p->r, p->line, "'%.*s' in the condition matches no identifier", STR_ARG(str_first(p->word, 60)));
        return NULL;
    }
    advance(p);
    return count == 1 ? nodes[0] : sigma_node_new(p->r, all ? NODE_AND : NODE_OR, nodes, count);
}

static const struct sigma_node *either(struct parser *p);

static const struct sigma_node *primary(struct parser *p) {
    const struct sigma_node *n;

    if (p->token == TOKEN_OPEN) {
        advance(p);
        if (!(n = either(p)))
            return NULL;
        if (p->token != TOKEN_CLOSE) {
            sigma_bad(p->r, p->line, "a parenthesis in the condition is not closed");
            return NULL;
        }
        advance(p);
        return n;
    }
    if (p->token != TOKEN_WORD) {
        sigma_bad(p->r, p->line, p->token == TOKEN_END ? "the condition ends too early"
                                                       : "a closing parenthesis stands where an operand is expected");
        return NULL;
    }
    if (!p->rules) {
        struct parser ahead = *p;

        advance(&ahead);
        if (at_word(&ahead, "of")) {
            bool const all = at_word(p, "all");

            if (!all && !at_word(p, "1") && !at_word(p, "any")) {
                sigma_bad(p->r, p->line, "'%.*s of' does not exist: 1 of, any of, all of", STR_ARG(str_first(p->word, 20)));
                return NULL;
            }
            advance(p);
            return selector(p, all);
        }
    }
    return identifier(p);
}

static const struct sigma_node *negation(struct parser *p) {
    const struct sigma_node *n;
    bool negated = false;

    while (at_word(p, "not")) {
        negated = !negated;
        advance(p);
    }
    if (!(n = primary(p)) || !negated)
        return n;
    return sigma_node_new(p->r, NODE_NOT, &n, 1);
}

/* One or more operands joined by the same word. */
static const struct sigma_node *joined(struct parser *p, const char *word, enum sigma_node_type type,
                                       const struct sigma_node *(*operand)(struct parser *)) {
    const struct sigma_node *first = operand(p), **nodes;
    size_t count = 1, room = 8;

    if (!first || !at_word(p, word))
        return first;
    if (!(nodes = arena_alloc(p->r->a, room * sizeof *nodes)))
        goto full;
    nodes[0] = first;
    while (at_word(p, word)) {
        advance(p);
        if (count == room) {
            const struct sigma_node **const bigger = arena_alloc(p->r->a, room * 2 * sizeof *bigger);

            if (!bigger)
                goto full;
            memcpy(bigger, nodes, count * sizeof *bigger);
            nodes = bigger;
            room *= 2;
        }
        if (!(nodes[count++] = operand(p)))
            return NULL;
    }
    return sigma_node_new(p->r, type, nodes, count);
full:
    sigma_no_memory(p->r);
    return NULL;
}

static const struct sigma_node *both(struct parser *p) {
    return joined(p, "and", NODE_AND, negation);
}

static const struct sigma_node *either(struct parser *p) {
    const struct sigma_node *n;

    if (p->depth == CONDITION_DEPTH_MAX) {
        sigma_bad(p->r, p->line, "the condition is nested deeper than %d", CONDITION_DEPTH_MAX);
        return NULL;
    }
    p->depth++;
    n = joined(p, "or", NODE_OR, both);
    p->depth--;
    return n;
}

static const struct sigma_node *whole(struct parser *p, str condition) {
    const struct sigma_node *n;

    if (str_find_byte(condition, '|') != SIZE_MAX) {
        sigma_bad(p->r, p->line, "aggregation with '|' was abolished: a correlation rule replaces it");
        return NULL;
    }
    if (str_trim(condition).len == 0) {
        sigma_bad(p->r, p->line, "the condition is empty");
        return NULL;
    }
    advance(p);
    if (!(n = either(p)))
        return NULL;
    if (p->token == TOKEN_END)
        return n;
    if (p->token == TOKEN_CLOSE)
        sigma_bad(p->r, p->line, "a parenthesis is closed that was not opened");
    else
        sigma_bad(p->r, p->line, "'%.*s' in the condition: expected 'and' or 'or'%s", STR_ARG(str_first(p->word, 60)),
                  str_eq_ascii(p->word, S("and")) || str_eq_ascii(p->word, S("or")) ? " in lower case" : "");
    return NULL;
}

const struct sigma_node *sigma_condition(struct sigma_reading *r, str condition, uint32_t line,
                                         struct sigma_names *names) {
    struct parser p = {.r = r, .line = line, .rest = condition, .names = names};

    return whole(&p, condition);
}

static const struct sigma_rule_expr *expression(struct sigma_reading *r, const struct sigma_node *n) {
    struct sigma_rule_expr *const x = arena_zero(r->a, 1, sizeof *x);
    const struct sigma_rule_expr **const children =
        arena_alloc(r->a, (n->child_count + 1) * sizeof(const struct sigma_rule_expr *));

    if (!x || !children) {
        sigma_no_memory(r);
        return NULL;
    }
    x->type = n->type;
    x->rule = n->type == NODE_TEST ? n->test->line : 0;
    for (size_t i = 0; i < n->child_count; i++)
        if (!(children[i] = expression(r, n->children[i])))
            return NULL;
    x->children = children;
    x->child_count = n->child_count;
    return x;
}

const struct sigma_rule_expr *sigma_rule_condition(struct sigma_reading *r, str condition, uint32_t line,
                                                   struct sigma_names *names) {
    struct parser p = {.r = r, .line = line, .rest = condition, .names = names, .rules = true};
    const struct sigma_node *const n = whole(&p, condition);

    return n ? expression(r, n) : NULL;
}
