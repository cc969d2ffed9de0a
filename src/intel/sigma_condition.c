/* sigma_condition: the condition grammar (Sigma 7), by recursive descent over whole words.
 *
 * A name may stand in a condition any number of times, and each time its whole selection is meant. The tree of the
 * condition points to one selection from all these places, but whoever walks it walks the selection again, so the
 * walk is what has a bound: SIGMA_NODES_MAX. */
#include "intel/sigma_own.h"

#define CONDITION_DEPTH_MAX 100   /* of parentheses */
#define CONDITION_BYTES_MAX 65536 /* all conditions of a rule */

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_WORD };

struct parser {
    struct sigma_reading *r;
    uint32_t line;
    str rest;
    enum token token;
    str word;
    struct sigma_names *names;
    size_t walk; /* nodes of the tree so far, every name written out */
    unsigned depth;
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

static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

/* One or more letters, digits, _ and `more`. */
static bool is_name(str s, char more) {
    for (size_t i = 0; i < s.len; i++)
        if (!letter(s.ptr[i]) && !digit(s.ptr[i]) && s.ptr[i] != more)
            return false;
    return s.len > 0;
}

static bool is_operator(str s) {
    return str_eq(s, S("and")) || str_eq(s, S("or")) || str_eq(s, S("not"));
}

/* In expressions over rules (Sigma 9.1). */
static bool is_rule_name(str s) {
    return s.len > 0 && !digit(s.ptr[0]) && is_name(s, '_') && !is_operator(s);
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

static bool walked(struct parser *p, size_t nodes) {
    if (nodes > SIGMA_NODES_MAX - p->walk)
        return sigma_bad(p->r, p->line, "the condition repeats its selections more than %d tests allow",
                         SIGMA_NODES_MAX);
    p->walk += nodes;
    return true;
}

static const struct sigma_node *join(struct parser *p, enum sigma_node_type type, const struct sigma_node *const *nodes,
                                     size_t count) {
    return walked(p, 1) ? sigma_node_new(p->r, type, nodes, count) : NULL;
}

static const struct sigma_node *leaf(struct parser *p, size_t at) {
    struct sigma_test *test;

    p->names->used[at] = true;
    if (!walked(p, p->names->trees ? p->names->sizes[at] : 1))
        return NULL;
    if (p->names->trees)
        return p->names->trees[at];
    /* Over rules the tree lives only until `expression` has read it: the test's line carries the rule's number. */
    if (!(test = sigma_scratch(p->r, 1, sizeof *test)))
        return NULL;
    test->line = (uint32_t)at;
    return sigma_node_test(p->r, test);
}

static const struct sigma_node *identifier(struct parser *p) {
    str const word = p->word;
    bool const named = p->names->trees ? is_name(word, '-') && !is_operator(word) : is_rule_name(word);

    for (size_t i = 0; named && i < p->names->count; i++)
        if (str_eq(p->names->names[i], word)) {
            advance(p);
            return leaf(p, i);
        }
    if (str_eq_ascii(word, S("and")) || str_eq_ascii(word, S("or")) || str_eq_ascii(word, S("not")))
        sigma_bad(p->r, p->line, "'%.*s' in the condition: operators are written in lower case, between operands",
                  STR_ARG(word));
    else if (!named)
        sigma_bad(p->r, p->line, "'%.*s' in the condition is no %s", STR_ARG(str_first(word, 60)),
                  p->names->trees ? "identifier"
                                  : "name of a rule (letters, digits and _ only; ids cannot stand here)");
    else
        sigma_bad(p->r, p->line, "the condition names '%.*s', which does not exist", STR_ARG(str_first(word, 60)));
    return NULL;
}

/* Behind `1 of`, `any of`, `all of`. */
static const struct sigma_node *selector(struct parser *p, enum sigma_node_type type) {
    bool const them = at_word(p, "them");
    str const pattern = them ? S("*") : p->word;
    const struct sigma_node **nodes;
    size_t count = 0;

    if (p->token != TOKEN_WORD || !is_name(p->word, '*')) {
        sigma_bad(p->r, p->line, "'of' needs 'them' or a pattern (letters, digits, _ and *) behind it");
        return NULL;
    }
    if (!(nodes = sigma_scratch(p->r, p->names->count, sizeof *nodes)))
        return NULL;
    for (size_t i = 0; i < p->names->count; i++) {
        str const name = p->names->names[i];

        /* Sigma 7.3: what begins with _ is left out unless the pattern begins so as well. */
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
    return count == 1 ? nodes[0] : join(p, type, nodes, count);
}

/* Behind an operand stands neither an operator nor what would end here. */
static const struct sigma_node *unexpected(struct parser *p) {
    if (p->token == TOKEN_END)
        sigma_bad(p->r, p->line, "a parenthesis in the condition is not closed");
    else if (p->token != TOKEN_WORD)
        sigma_bad(p->r, p->line, "a parenthesis stands where the condition should go on with 'and' or 'or'");
    else
        sigma_bad(p->r, p->line, "'%.*s' in the condition: expected 'and' or 'or'%s", STR_ARG(str_first(p->word, 60)),
                  str_eq_ascii(p->word, S("and")) || str_eq_ascii(p->word, S("or")) ? " in lower case" : "");
    return NULL;
}

static const struct sigma_node *either(struct parser *p);

static const struct sigma_node *primary(struct parser *p) {
    const struct sigma_node *n;

    if (p->token == TOKEN_OPEN) {
        advance(p);
        if (!(n = either(p)))
            return NULL;
        if (p->token != TOKEN_CLOSE)
            return unexpected(p);
        advance(p);
        return n;
    }
    if (p->token != TOKEN_WORD) {
        sigma_bad(p->r, p->line,
                  p->token == TOKEN_END ? "the condition ends too early"
                                        : "a closing parenthesis stands where an operand is expected");
        return NULL;
    }
    struct parser ahead = *p;

    advance(&ahead);
    if (!p->names->trees || !at_word(&ahead, "of"))
        return identifier(p);
    bool const all = at_word(p, "all");

    if (!all && !at_word(p, "1") && !at_word(p, "any")) {
        sigma_bad(p->r, p->line, "'%.*s of' does not exist: 1 of, any of, all of", STR_ARG(str_first(p->word, 20)));
        return NULL;
    }
    advance(p);
    advance(p);
    return selector(p, all ? NODE_AND : NODE_OR);
}

static const struct sigma_node *negation(struct parser *p) {
    const struct sigma_node *n;
    bool negated = false;

    while (at_word(p, "not")) {
        negated = !negated;
        p->names->has_not = true;
        advance(p);
    }
    if (!(n = primary(p)) || !negated)
        return n;
    return join(p, NODE_NOT, &n, 1);
}

/* One or more operands joined by the same word. */
static const struct sigma_node *joined(struct parser *p, const char *word, enum sigma_node_type type,
                                       const struct sigma_node *(*operand)(struct parser *)) {
    const struct sigma_node *first = operand(p), **nodes;
    size_t count = 1, room = 8;

    if (!first || !at_word(p, word))
        return first;
    if (!(nodes = sigma_scratch(p->r, room, sizeof *nodes)))
        return NULL;
    nodes[0] = first;
    while (at_word(p, word)) {
        advance(p);
        if (count == room) {
            const struct sigma_node **const bigger = sigma_scratch(p->r, room * 2, sizeof *bigger);

            if (!bigger)
                return NULL;
            memcpy(bigger, nodes, count * sizeof *bigger);
            nodes = bigger;
            room *= 2;
        }
        if (!(nodes[count++] = operand(p)))
            return NULL;
    }
    return join(p, type, nodes, count);
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
    if (condition.len > CONDITION_BYTES_MAX - p->names->bytes) {
        sigma_bad(p->r, p->line, "the conditions are longer than %d bytes", CONDITION_BYTES_MAX);
        return NULL;
    }
    p->names->bytes += condition.len;
    advance(p);
    if (!(n = either(p)))
        return NULL;
    return p->token == TOKEN_END ? n : unexpected(p);
}

const struct sigma_node *sigma_condition(struct sigma_reading *r, str condition, uint32_t line,
                                         struct sigma_names *names) {
    struct parser p = {.r = r, .line = line, .rest = condition, .names = names};

    return whole(&p, condition);
}

/* As deep as the condition's parentheses at most, thrice (or, and, not). */
static const struct sigma_rule_expr *expression(struct sigma_reading *r, const struct sigma_node *n) {
    struct sigma_rule_expr *const x = sigma_keep(r, 1, sizeof *x);
    const struct sigma_rule_expr **const children = sigma_keep(r, n->child_count, sizeof *children);

    if (!x || !children)
        return NULL;
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
    const struct sigma_node *const n = sigma_condition(r, condition, line, names);

    return n ? expression(r, n) : NULL;
}

bool sigma_rule_names(struct sigma_reading *r, str condition, uint32_t line, const str **names, size_t *count) {
    struct parser p = {.r = r, .rest = condition};
    str *list = NULL;
    size_t used = 0, room = 0;

    if (condition.len > CONDITION_BYTES_MAX)
        return sigma_bad(r, line, "the condition is longer than %d bytes", CONDITION_BYTES_MAX);
    for (advance(&p); p.token != TOKEN_END; advance(&p)) {
        size_t at = 0;

        if (p.token != TOKEN_WORD || !is_rule_name(p.word))
            continue; /* the expression's reader complains about what is neither */
        while (at < used && !str_eq(list[at], p.word))
            at++;
        if (at < used)
            continue;
        if (used == SIGMA_EXPRESSION_RULES_MAX)
            return sigma_bad(r, line, "more than %d rules in one expression", SIGMA_EXPRESSION_RULES_MAX);
        if (used == room) {
            size_t const more = room ? room * 2 : 8;
            str *const bigger = sigma_scratch(r, more, sizeof *bigger);

            if (!bigger)
                return false;
            if (used)
                memcpy(bigger, list, used * sizeof *bigger);
            list = bigger;
            room = more;
        }
        list[used++] = p.word;
    }
    *names = list;
    *count = used;
    return true;
}
