/* option: from left to right, one word after the other; what is wrong with the first wrong word is the answer. */
#include "cli/option.h"

#include "base/zone_rules.h"
#include "base/buf.h"
#include "base/instant.h"
#include "event/phone.h"
#include "intel/sigma.h"

#define WORD_MAX 40u /* longer words are not compared */

static const char *const levels[] = {"informational", "low", "medium", "high", "critical", NULL};

const char *const *option_words(const struct option *o) {
    return o->type == OPTION_LEVEL ? levels : o->type == OPTION_WORD ? o->words : NULL;
}

static const char *undashed(const char *word) {
    while (*word == '-')
        word++;
    return word;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions, replacements, and neighbours changed over, that make one word of the other. */
static size_t distance(str a, str b) {
    size_t rows[3][WORD_MAX + 1];

    for (size_t k = 0; k <= b.len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *const now = rows[i % 3], *const above = rows[(i + 2) % 3], *const before = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            now[k] = least(least(above[k], now[k - 1]) + 1, above[k - 1] + (a.ptr[i - 1] != b.ptr[k - 1]));
            if (i > 1 && k > 1 && a.ptr[i - 1] == b.ptr[k - 2] && a.ptr[i - 2] == b.ptr[k - 1])
                now[k] = least(now[k], before[k - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

void nearest_offer(struct nearest *n, const char *word) {
    str const meant = str_of(undashed(word)), typed = str_of(undashed(n->mistyped));
    size_t far;

    if (typed.len < 2 || typed.len > WORD_MAX || meant.len > WORD_MAX)
        return;
    far = str_starts(meant, typed) ? 1 : distance(typed, meant);
    if (far > (typed.len < 6 ? 1 : typed.len / 3) || (n->word && n->distance <= far))
        return;
    n->word = word;
    n->distance = far;
}

struct reading {
    const struct option *options;
    size_t count;
    const char **given; /* by option: its last value */
    char *wishes;
    struct err *e;
};

/* "--output (-o)", or an operand's name. */
static const char *label(const struct option *o, char out[64]) {
    if (!o->name)
        return o->argument;
    snprintf(out, 64, o->letter ? "--%s (-%c)" : "--%s", o->name, o->letter);
    return out;
}

static void size_add(struct buf *b, uint64_t bytes) {
    static const char units[] = {' ', 'K', 'M', 'G'};
    size_t unit = 0;

    while (bytes && bytes % 1024 == 0 && unit + 1 < COUNT(units)) {
        bytes /= 1024;
        unit++;
    }
    buf_format(b, "%lu%.*s", (unsigned long)bytes, unit > 0, &units[unit]);
}

/* "--level takes low, high or critical, not 'hihg': did you mean 'high'?" */
static bool not_so(struct reading *r, const struct option *o, const char *value) {
    struct nearest near = {value, NULL, 0};
    struct buf b = {0};
    char name[64];

    buf_format(&b, "%s takes ", label(o, name));
    switch (o->type) {
    case OPTION_WORD:
    case OPTION_LEVEL:
        for (const char *const *word = option_words(o); *word; word++) {
            nearest_offer(&near, *word);
            buf_format(&b, "%s%s", word == option_words(o) ? "" : word[1] ? ", " : " or ", *word);
        }
        break;
    case OPTION_TIME:
        buf_add(&b, S("a time such as 2021-03-14, 2021-03-14T09:30:00Z or 2021-03-14T09:30:00+02:00"));
        break;
    case OPTION_ZONE:
        buf_add(&b, S("the name of a zone such as Europe/Berlin, or an offset from UTC such as +01:00 or -05:00"));
        break;
    case OPTION_COUNTRY:
        buf_add(&b, S("a country's letters or calling code, such as DE or +49 (docs/formats/calls.md lists them)"));
        break;
    case OPTION_SIZE:
        buf_add(&b, S("a size such as 512M or 2G, from "));
        size_add(&b, o->least);
        buf_add(&b, S(" to "));
        size_add(&b, o->most);
        break;
    default:
        buf_format(&b, "a whole number from %lu", (unsigned long)o->least);
        if (o->most < INT64_MAX)
            buf_format(&b, " to %lu", (unsigned long)o->most);
        break;
    }
    buf_format(&b, ", not '%.60s'", value);
    if (near.word)
        buf_format(&b, ": did you mean '%s'?", near.word);
    if (b.failed)
        err_set(r->e, ERR_MEMORY, 0, "no memory");
    else
        err_set(r->e, ERR_USAGE, 0, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
    return false;
}

/* A short number would be a moment of January 1970, and was meant as a year. Other forms that logs have are ambiguous where
 * a person types them: 3/4/2021. */
static bool time_read(const char *value, int64_t *out) {
    str const s = str_of(value);
    bool const iso = s.len > 4 && s.ptr[4] == '-', digits = strspn(value, "0123456789") == s.len;
    uint64_t n;

    *out = (!iso && !digits) || str_u64(s, 99999999, &n) ? INSTANT_NONE : instant_parse(s);
    return *out != INSTANT_NONE;
}

/* An offset as behind a time, and nothing that would be read over there; or a name. Whether there is such a zone is not known here. */
static bool zone_read(const char *value, struct zone_wish *out) {
    struct buf b = {0};
    struct wall w;
    bool good;

    buf_format(&b, "2021-03-14T00:00:00%.8s", value);
    good = !b.failed && strlen(value) < 8 && (value[0] == '+' || value[0] == '-' || strcmp(value, "UTC") == 0) &&
           wall_parse(buf_str(&b), &w) && w.zone_given;
    buf_free(&b);
    *out = (struct zone_wish){value, !good, good ? w.offset_s : 0};
    return good || zone_name_good(str_of(value));
}

static bool size_read(const struct option *o, str value, size_t *out) {
    static const char units[] = {'K', 'M', 'G', 'k', 'm', 'g'};
    const char *const unit = value.len ? memchr(units, value.ptr[value.len - 1], sizeof units) : NULL;
    unsigned const shift = unit ? 10 * ((unsigned)(unit - units) % 3 + 1) : 0;
    uint64_t n;

    value.len -= unit != NULL;
    if (!str_u64(value, o->most >> shift, &n) || n << shift < o->least)
        return false;
    *out = (size_t)(n << shift);
    return true;
}

static bool path_fits(struct reading *r, const struct option *o, const char *value) {
    char name[64];

    if (!*value)
        return err_set(r->e, ERR_USAGE, 0, "%s is an empty word: a path is wanted (is a variable of the shell unset?)",
                       label(o, name));
    if (strcmp(value, "-") == 0)
        return err_set(r->e, ERR_USAGE, 0,
                       "'-' is no path: standard input and output have no name here (a file called so: ./-)");
    return true;
}

static bool store(struct reading *r, const struct option *o, const char *value) {
    const char **const given = &r->given[o - r->options];
    char *const to = r->wishes + o->at;
    bool good = true;
    char name[64];

    if (*given && !o->many && o->type != OPTION_FLAG)
        return err_set(r->e, ERR_USAGE, 0,
                       o->name ? "%s is given twice: '%.60s' and '%.60s'" : "one %s at a time: '%.60s' and '%.60s'",
                       label(o, name), *given, value);
    *given = value;
    switch (o->type) {
    case OPTION_FLAG:
        *(bool *)to = true;
        break;
    case OPTION_WORD:
        good = false;
        for (const char *const *word = o->words; *word; word++)
            good |= strcmp(*word, value) == 0;
        *(const char **)to = value;
        break;
    case OPTION_PATH:
    case OPTION_FOLDER:
        if (!path_fits(r, o, value))
            return false;
        __attribute__((fallthrough));
    case OPTION_COMMAND:
    case OPTION_TEXT:
        if (o->many)
            ((struct arguments *)to)->items[((struct arguments *)to)->count++] = value;
        else
            *(const char **)to = value;
        break;
    case OPTION_TIME:
        good = time_read(value, (int64_t *)to);
        break;
    case OPTION_ZONE:
        good = zone_read(value, (struct zone_wish *)to);
        break;
    case OPTION_SIZE:
        good = size_read(o, str_of(value), (size_t *)to);
        break;
    case OPTION_COUNTRY:
        good = (*(const struct phone_country **)to = phone_country(str_of(value))) != NULL;
        break;
    case OPTION_COUNT:
        good = str_u64(str_of(value), o->most, (uint64_t *)to) && *(uint64_t *)to >= o->least;
        break;
    case OPTION_LEVEL:
        good = sigma_level_parse(str_of(value), (enum sigma_level *)to);
        break;
    }
    return good || not_so(r, o, value);
}

/* letter: the first of a word with one dash that is none; '\0' for a word with two. */
static bool unknown(struct reading *r, const char *word, char letter) {
    struct nearest near = {word, NULL, 0};

    nearest_offer(&near, "help"); /* of every command, and in no table */
    for (size_t i = 0; i < r->count; i++)
        if (r->options[i].name)
            nearest_offer(&near, r->options[i].name);
    if (near.word)
        return err_set(r->e, ERR_USAGE, 0, "unknown option '%.80s': did you mean '--%s'?", word, near.word);
    if (letter > ' ' && word[2])
        return err_set(r->e, ERR_USAGE, 0, "unknown option '-%c' in '%.80s'", letter, word);
    return err_set(r->e, ERR_USAGE, 0, "unknown option '%.80s'", word);
}

/* The word behind an option that wants a value, or NULL. One that begins with a dash is rather the next option. */
static const char *value_next(struct reading *r, const struct option *o, int argc, char *const *argv, int *at) {
    const char *const next = *at < argc ? argv[*at] : NULL;
    char name[64];

    if (next && (next[0] != '-' || !next[1])) {
        ++*at;
        return next;
    }
    err_set(r->e, ERR_USAGE, 0,
            next ? "%s needs a value: %s (one that begins with a dash: --%s=%.60s)" : "%s needs a value: %s",
            label(o, name), o->argument, o->name, next);
    return NULL;
}

/* --name, --name=VALUE, --name VALUE */
static bool long_option(struct reading *r, int argc, char *const *argv, int *at) {
    const char *const word = argv[(*at)++], *const equals = strchr(word, '=');
    str const name = str_first(str_of(word + 2), equals ? (size_t)(equals - word - 2) : SIZE_MAX);
    char shown[96];

    for (size_t i = 0; i < r->count; i++) {
        const struct option *const o = &r->options[i];
        const char *value;

        if (!o->name || !str_eq(str_of(o->name), name))
            continue;
        if (!o->argument)
            return equals ? err_set(r->e, ERR_USAGE, 0, "--%s takes no value", o->name) : store(r, o, word);
        value = equals ? equals + 1 : value_next(r, o, argc, argv, at);
        return value && store(r, o, value);
    }
    snprintf(shown, sizeof shown, "--%.*s", STR_ARG(name));
    return unknown(r, shown, '\0');
}

/* -q, -qo VALUE, -oVALUE */
static bool letters(struct reading *r, int argc, char *const *argv, int *at) {
    const char *const word = argv[(*at)++];

    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *o = NULL;
        const char *value;

        for (size_t i = 0; i < r->count && !o; i++)
            o = r->options[i].name && r->options[i].letter == *letter ? &r->options[i] : NULL;
        if (!o)
            return unknown(r, word, *letter);
        if (!o->argument) {
            if (!store(r, o, word))
                return false;
            continue;
        }
        value = letter[1] ? letter + 1 : value_next(r, o, argc, argv, at);
        if (letter[1] == '=')
            return err_set(r->e, ERR_USAGE, 0, "'%.60s': write -%c %.60s, or --%s%.60s", word, *letter, value + 1,
                           o->name, value);
        return value && store(r, o, value);
    }
    return true;
}

/* The first operand that has no value yet, else the one that takes many. */
static bool operand(struct reading *r, const char *word) {
    const struct option *last = NULL;

    for (size_t i = 0; i < r->count; i++) {
        const struct option *const o = &r->options[i];

        if (o->name)
            continue;
        last = o;
        if (o->many || !r->given[i])
            break;
    }
    return last ? store(r, last, word) : err_set(r->e, ERR_USAGE, 0, "'%.80s' is one word too many", word);
}

bool options_read(const struct option *options, size_t count, int argc, char *const *argv, void *wishes, void **memory,
                  struct err *e) {
    struct reading r = {options, count, NULL, wishes, e};
    size_t lists = 0;
    bool ended = false;

    for (size_t i = 0; i < count; i++)
        lists += options[i].many;
    r.given = calloc(count + lists * (size_t)argc + 1, sizeof *r.given);
    *memory = r.given;
    if (!r.given)
        return err_set(e, ERR_MEMORY, 0, "no memory");
    lists = 0;
    for (size_t i = 0; i < count; i++) {
        if (options[i].many)
            ((struct arguments *)(r.wishes + options[i].at))->items = r.given + count + lists++ * (size_t)argc;
        if (options[i].type == OPTION_TIME)
            *(int64_t *)(r.wishes + options[i].at) = INSTANT_NONE;
    }
    for (int at = 1; at < argc;) {
        const char *const word = argv[at];
        bool good;

        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
            at++;
            continue;
        }
        if (ended || word[0] != '-' || !word[1])
            good = operand(&r, argv[at++]);
        else
            good = word[1] == '-' ? long_option(&r, argc, argv, &at) : letters(&r, argc, argv, &at);
        if (!good)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (options[i].needed && !r.given[i])
            return err_set(e, ERR_USAGE, 0, "%s", options[i].needed);
    return true;
}
