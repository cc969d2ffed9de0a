/* person: what lists say of each one; an index of all names in all spellings; and the question. */
#include "intel/person.h"

#include <assert.h>

#include "base/hash.h"
#include "intel/group.h"
#include "intel/name.h"
#include "intel/person_own.h"

#define KEPT_MAX ((size_t)1 << 30)
#define SEED                                                                                                           \
    0x70657273u /* the index never leaves the process, and holds no more than the lists; its order is no secret */

static const str none = {"", 0};

/* What of a name a key was made of. */
enum form {
    FORM_WORDS,        /* the words, sorted */
    FORM_SOLID,        /* the words without blanks, the family's name in front or behind */
    FORM_SCHEME,       /* the same for all schemes, sorted */
    FORM_BONES,        /* consonants, sorted */
    FORM_SHORT_SCHEME, /* SCHEME without the patronymic */
    FORM_HAN,
    FORM_NEAR,  /* of SOLID, and of it with one letter left out */
    FORM_SHORT, /* WORDS without the patronymic */
    FORM_LEGAL, /* a company's words without its legal form */
    FORM_MAIL,  /* and the next two: no names */
    FORM_PHONE,
    FORM_SITE,
};

/* A name of somebody, as it is compared. */
struct indexed {
    uint32_t person, name;
    str words, scheme, sound,
        han; /* words with blanks between, in the order of the text; scheme and sound sorted, sound by consonants */
    uint8_t count, family_at,
        family; /* words; where the family's name begins and how many words it has; 0: not known */
    uint8_t scripts;
    bool pinyin, arabic, usual;
};
struct contact {
    uint32_t person;
    str key;
};

struct persons {
    struct arena *arena;
    struct person_building *building;
    size_t count, room;
    uint32_t *map; /* list and number to building, from 1 */
    size_t map_room;
    struct persons_counted counted;
    /* After persons_ready: */
    struct person *list;
    struct indexed *names;
    struct contact *contacts;
    size_t name_count, contact_count, contact_room;
    uint64_t *keys; /* hash above, number of name or contact below; sorted */
    size_t key_count, key_room;
    bool ready;
};

str person_type_name(enum person_type t) {
    static const str names[] = {STR(""), STR("individual"), STR("company"), STR("ship"), STR("aircraft")};

    assert(t < COUNT(names));
    return names[t];
}

str person_how_name(enum person_how h) {
    static const str names[] = {STR("exact"), STR("other order"), STR("transliterated"), STR("close")};

    assert(h < COUNT(names));
    return names[h];
}

static str list_name(enum person_list l) {
    static const str names[] = {STR("OFAC"), STR("UK"), STR("UK (OFSI)"), STR(GROUP_OWN_SOURCE)};

    assert(l < COUNT(names));
    return names[l];
}

/* ---- building ---- */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for lists of persons");
}

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const more = *room ? *room * 2 : 4;
    void *const grown = reallocarray(*items, more, size);

    if (!grown)
        return no_memory(e);
    *items = grown;
    *room = more;
    return true;
}

bool persons_new(struct persons **out, struct err *e) {
    struct persons *const p = calloc(1, sizeof *p);

    if (!p || !(p->arena = arena_new(KEPT_MAX))) {
        persons_free(p);
        return no_memory(e);
    }
    *out = p;
    return true;
}

void persons_free(struct persons *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++) {
        free(p->building[i].names);
        for (size_t k = 0; k < PERSON_TEXTS; k++)
            free(p->building[i].texts[k]);
    }
    free(p->building);
    free(p->map);
    free(p->names);
    free(p->contacts);
    free(p->keys);
    arena_free(p->arena);
    free(p);
}

static size_t map_at(const struct persons *p, enum person_list list, str id) {
    size_t at = (size_t)hash_bytes(id, SEED + list) & (p->map_room - 1);

    while (p->map[at]) {
        const struct person_building *const b = &p->building[p->map[at] - 1];

        if (b->list == list && str_eq(b->id, id))
            break;
        at = (at + 1) & (p->map_room - 1);
    }
    return at;
}

static bool map_grow(struct persons *p, struct err *e) {
    if (p->map_room > 2 * p->count + 1)
        return true;
    size_t const room = p->map_room ? p->map_room * 2 : 1024;
    uint32_t *const map = calloc(room, sizeof *map);

    if (!map)
        return no_memory(e);
    free(p->map);
    p->map = map;
    p->map_room = room;
    for (size_t i = 0; i < p->count; i++)
        p->map[map_at(p, p->building[i].list, p->building[i].id)] = (uint32_t)i + 1;
    return true;
}

struct person_building *person_of(struct persons *p, enum person_list list, str id, struct err *e) {
    size_t at;

    assert(!p->ready);
    id = str_first(id, NAME_BYTES_MAX);
    if (!map_grow(p, e))
        return NULL;
    at = map_at(p, list, id);
    if (!p->map[at]) {
        if (p->count == PERSONS_MAX) {
            err_set(e, ERR_LIMIT, 0, "more than %u persons", PERSONS_MAX);
            return NULL;
        }
        if (!grow((void **)&p->building, p->count, &p->room, sizeof *p->building, e))
            return NULL;
        struct person_building *const b = &p->building[p->count];

        *b = (struct person_building){.list = list, .about = none};
        if (!arena_copy(p->arena, id, &b->id)) {
            no_memory(e);
            return NULL;
        }
        p->map[at] = (uint32_t)++p->count;
    }
    return &p->building[p->map[at] - 1];
}

bool person_add_name(struct persons *p, struct person_building *to, str given, str family, bool first, bool weak,
                     struct err *e) {
    struct person_building_name n = {.name = {.first = first, .weak = weak}, .family = none};
    char *room;

    given = str_trim(given);
    family = str_trim(family);
    if (!given.len && !family.len)
        return true;
    if (given.len + family.len + 1 > NAME_BYTES_MAX || to->name_count == PERSON_TEXTS_MAX ||
        p->counted.names == PERSON_NAMES_MAX) {
        p->counted.beyond++;
        return true;
    }
    if (!(room = arena_bytes(p->arena, given.len + family.len + 1)))
        return no_memory(e);
    memcpy(room, given.ptr, given.len);
    if (given.len && family.len)
        room[given.len] = ' ';
    size_t const behind = given.len + (given.len && family.len);

    memcpy(room + behind, family.ptr, family.len);
    n.name.text = (str){room, behind + family.len};
    if (given.len)
        n.family = (str){room + behind, family.len};
    for (size_t i = 0; i < to->name_count; i++)
        if (str_eq(to->names[i].name.text, n.name.text)) {
            /* said once more: by whom it is no weak alias, it is none; and the family's name may be known now */
            to->names[i].name.weak = to->names[i].name.weak && weak;
            to->names[i].name.first = to->names[i].name.first || first;
            if (!to->names[i].family.len)
                to->names[i].family = n.family;
            return true;
        }
    if (!grow((void **)&to->names, to->name_count, &to->name_room, sizeof n, e))
        return false;
    to->names[to->name_count++] = n;
    p->counted.names++;
    return true;
}

bool person_add_text(struct persons *p, struct person_building *to, enum person_text kind, str text, struct err *e) {
    text = str_first(str_trim(text), PERSON_ABOUT_MAX);
    if (!text.len || str_eq(text, S("-")))
        return true;
    for (size_t i = 0; i < to->text_count[kind]; i++)
        if (str_eq(to->texts[kind][i], text))
            return true;
    if (to->text_count[kind] == PERSON_TEXTS_MAX) {
        p->counted.beyond++;
        return true;
    }
    if (!grow((void **)&to->texts[kind], to->text_count[kind], &to->text_room[kind], sizeof text, e))
        return false;
    if (!arena_copy(p->arena, text, &to->texts[kind][to->text_count[kind]]))
        return no_memory(e);
    to->text_count[kind]++;
    return true;
}

bool person_add_about(struct persons *p, struct person_building *to, str text, struct err *e) {
    struct buf b = {0};

    text = str_trim(text);
    if (!text.len || str_find(to->about, text) != SIZE_MAX || to->about.len >= PERSON_ABOUT_MAX)
        return true;
    buf_add(&b, to->about);
    if (b.len)
        buf_byte(&b, ' ');
    buf_add(&b, str_first(text, PERSON_ABOUT_MAX));
    /* cut where a character ends */
    size_t len = b.len < PERSON_ABOUT_MAX ? b.len : PERSON_ABOUT_MAX;

    while (len && len < b.len && ((unsigned char)b.ptr[len] & 0xc0) == 0x80)
        len--;
    bool const ok = !b.failed && arena_copy(p->arena, (str){b.ptr ? b.ptr : "", len}, &to->about);

    buf_free(&b);
    return ok || no_memory(e);
}

static bool holds(str text, const char *word) {
    size_t const len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++)
        if (str_eq_ascii((str){text.ptr + i, len}, str_of(word)))
            return true;
    return false;
}

/* Each piece between blanks, commas and the like that holds the sign. */
static bool add_pieces(struct persons *p, struct person_building *to, enum person_text kind, str text, char sign,
                       struct err *e) {
    for (size_t i = 0; i < text.len;) {
        size_t const len = strcspn((char[]){text.ptr[i], '\0'}, " \t\r\n,;|()<>\"") ? 1 : 0;
        size_t end = i;

        if (!len) {
            i++;
            continue;
        }
        while (end < text.len && text.ptr[end] && !strchr(" \t\r\n,;|()<>\"", text.ptr[end]))
            end++;
        str piece = {text.ptr + i, end - i};

        i = end > i ? end : i + 1;
        while (piece.len && piece.ptr[piece.len - 1] == '.')
            piece.len--;
        if (str_find_byte(piece, sign) != SIZE_MAX && !person_add_text(p, to, kind, piece, e))
            return false;
    }
    return true;
}

static size_t digits_of(str text, char *out, size_t max) {
    size_t used = 0;

    for (size_t i = 0; i < text.len && used < max; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            out[used++] = text.ptr[i];
    return used;
}

bool person_add_labelled(struct persons *p, struct person_building *to, str label, str value, str country,
                         struct err *e) {
    struct buf b = {0};
    bool ok;

    value = str_trim(value);
    label = str_trim(label);
    if (!value.len || holds(label, "gender") || holds(label, "secondary sanctions"))
        return true;
    if (holds(label, "email"))
        return add_pieces(p, to, TEXT_MAIL, value, '@', e);
    if (holds(label, "website"))
        return add_pieces(p, to, TEXT_SITE, value, '.', e);
    if (holds(label, "phone") || holds(label, "fax")) {
        while (value.len) {
            size_t end = 0;

            while (end < value.len && !strchr(";|,/", value.ptr[end]))
                end++;
            if (!person_add_text(p, to, TEXT_PHONE, str_first(value, end), e))
                return false;
            value = str_from(value, end + 1);
        }
        return true;
    }
    buf_format(&b, "%.*s %.*s", STR_ARG(label), STR_ARG(value));
    if (country.len)
        buf_format(&b, " (%.*s)", STR_ARG(country));
    ok = b.failed ? no_memory(e) : person_add_text(p, to, TEXT_DOCUMENT, buf_str(&b), e);
    buf_free(&b);
    return ok;
}

void person_row_odd(struct persons *p) {
    p->counted.rows_odd++;
}

bool persons_add(struct persons *p, str name, str bytes, struct err *e) {
    assert(!p->ready);
    return person_list_read(p, name, bytes, e);
}

bool persons_add_groups(struct persons *p, const struct groups *g, struct err *e) {
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);

        for (size_t k = 0; k < x->fact_count; k++) {
            const struct group_fact *const f = &x->facts[k];
            struct person_building *to;
            struct buf id = {0};
            char text[200];

            /* Who is said to have ordered it is no party of the operation that writes or registers. */
            if (f->type != GROUP_PARTY || str_eq(f->word, S("sponsor")))
                continue;
            buf_format(&id, "%.*s: %.*s", STR_ARG(x->name), STR_ARG(f->name));
            to = id.failed ? NULL : person_of(p, LIST_OWN, buf_str(&id), e);
            buf_free(&id);
            if (!to)
                return false;
            to->type = str_eq(f->word, S("person")) ? PERSON_INDIVIDUAL : PERSON_COMPANY;
            snprintf(text, sizeof text, "%.*s%s", STR_ARG(str_first(x->name, 100)), f->alleged ? " (alleged)" : "");
            if (!person_add_name(p, to, f->name, none, true, false, e) ||
                !person_add_text(p, to, TEXT_PROGRAMME, str_of(text), e) || !person_add_about(p, to, f->about, e) ||
                !person_add_text(p, to, TEXT_LISTED, f->on.len ? f->on : f->source_on, e))
                return false;
        }
    }
    return true;
}

/* ---- keys ---- */

/* Texts of one name that are put together now and then. */
struct key {
    char text[2 * NAME_FORM_MAX];
    size_t len;
};

static void key_add(struct key *k, str s) {
    assert(s.len <= sizeof k->text - k->len);
    memcpy(k->text + k->len, s.ptr, s.len);
    k->len += s.len;
}

static str key_str(const struct key *k) {
    return (str){k->text, k->len};
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* Words in the order of their bytes, blanks between. */
static void key_sorted(struct key *k, const str *words, size_t count) {
    str sorted[NAME_WORDS_MAX];

    assert(count <= NAME_WORDS_MAX);
    memcpy(sorted, words, count * sizeof *words);
    if (count)
        qsort(sorted, count, sizeof *sorted, by_text);
    k->len = 0;
    for (size_t i = 0; i < count; i++) {
        if (i)
            key_add(k, S(" "));
        key_add(k, sorted[i]);
    }
}

/* Words [from, from + count) of a circle of all of them, without blanks: the one at `from` in front. */
static void key_solid(struct key *k, const str *words, size_t count, size_t from) {
    k->len = 0;
    for (size_t i = 0; i < count; i++)
        key_add(k, words[(from + i) % count]);
}

static size_t words_of(str joined, str words[NAME_WORDS_MAX]) {
    size_t count = 0;

    while (joined.len) {
        size_t const end = str_find_byte(joined, ' ');

        assert(count < NAME_WORDS_MAX);
        words[count++] = str_first(joined, end);
        joined = end == SIZE_MAX ? none : str_from(joined, end + 1);
    }
    return count;
}

static uint32_t hash_of(enum form form, str key) {
    return (uint32_t)(hash_bytes(key, SEED + 16 + form) >> 32);
}

static bool put_key(struct persons *p, enum form form, str key, size_t which, struct err *e) {
    if (!grow((void **)&p->keys, p->key_count, &p->key_room, sizeof *p->keys, e))
        return false;
    p->keys[p->key_count++] = (uint64_t)hash_of(form, key) << 32 | which;
    return true;
}

/* ---- what a name must have to be asked about ---- */

static size_t letters_of(const str *words, size_t count) {
    size_t letters = 0;

    for (size_t i = 0; i < count; i++)
        letters += words[i].len;
    return letters;
}

/* Two words of two letters and more: a single word is everybody's. */
static bool tells(const str *words, size_t count) {
    size_t long_ones = 0;

    for (size_t i = 0; i < count; i++)
        long_ones += words[i].len >= 2;
    return long_ones >= 2;
}

static bool all_usual(const str *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!name_word_usual(words[i]))
            return false;
    return true;
}

/* Nothing but words that half of all companies have. */
static bool all_generic(const str *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!name_word_generic(words[i]) && !name_word_legal(words[i]))
            return false;
    return true;
}

static size_t without_legal(const str *words, size_t count, str *out) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!name_word_legal(words[i]))
            out[kept++] = words[i];
    return kept;
}

static bool legal_tells(const str *words, size_t count) {
    return count >= 2 && letters_of(words, count) >= 8 && !all_generic(words, count);
}

static size_t without_patronymic(const str *words, size_t count, str *out) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!name_word_patronymic(words[i]))
            out[kept++] = words[i];
    return kept;
}

static bool near_asked(const str *words, size_t count, bool pinyin) {
    return !pinyin && count >= 2 && letters_of(words, count) >= 10;
}

static bool scheme_asked(const str *scheme, size_t count, bool pinyin) {
    return !pinyin && count >= 2 && letters_of(scheme, count) >= 7;
}

/* A word of a sound. */
struct sound {
    str bones, text;
};

static int by_bones(const void *a, const void *b) {
    const struct sound *const x = a, *const y = b;
    int const c = str_cmp(x->bones, y->bones);

    return c ? c : str_cmp(x->text, y->text);
}

/* The words of a sound by their consonants: these with blanks between, and the sounds in that order. */
static void sound_sorted(str sound, struct key *bones, struct key *sorted) {
    struct sound words[NAME_WORDS_MAX];
    str texts[NAME_WORDS_MAX];
    char room[NAME_FORM_MAX];
    size_t const count = words_of(sound, texts);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        size_t const len = name_bones(texts[i], room + used);

        words[i] = (struct sound){{room + used, len}, texts[i]};
        used += len;
    }
    if (count)
        qsort(words, count, sizeof *words, by_bones);
    bones->len = sorted->len = 0;
    for (size_t i = 0; i < count; i++) {
        if (i) {
            key_add(bones, S(" "));
            key_add(sorted, S(" "));
        }
        key_add(bones, words[i].bones);
        key_add(sorted, words[i].text);
    }
}

/* Two words, and enough consonants to tell anything. */
static bool bones_asked(const struct name_form *f) {
    char bones[NAME_FORM_MAX];
    size_t const len = name_bones(f->sound, bones);

    return f->sound_words >= 2 && len - (f->sound_words - 1) >= (f->scripts & NAME_ARABIC ? 5u : 6u);
}

/* ---- the index ---- */

/* Keys of SOLID with one letter left out, and it itself. */
static bool put_near(struct persons *p, str solid, size_t which, struct err *e) {
    char rest[2 * NAME_FORM_MAX];

    if (!put_key(p, FORM_NEAR, solid, which, e))
        return false;
    for (size_t i = 0; i < solid.len; i++) {
        if (i && solid.ptr[i] == solid.ptr[i - 1])
            continue;
        memcpy(rest, solid.ptr, i);
        memcpy(rest + i, solid.ptr + i + 1, solid.len - i - 1);
        if (!put_key(p, FORM_NEAR, (str){rest, solid.len - 1}, which, e))
            return false;
    }
    return true;
}

static size_t scheme_without_patronymic(const struct name_form *f, str *out) {
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++)
        if (!name_word_patronymic(f->words[i]))
            out[kept++] = f->scheme[i];
    return kept;
}

static bool put_name(struct persons *p, const struct name_form *f, const struct indexed *n, size_t which, bool company,
                     struct err *e) {
    str kept[NAME_WORDS_MAX];
    struct key k, sorted;
    size_t count;

    if (n->han.len >= 6 && !put_key(p, FORM_HAN, n->han, which, e))
        return false;
    if (!tells(f->words, f->count) || (company && all_generic(f->words, f->count)))
        return true;
    key_sorted(&k, f->words, f->count);
    if (!put_key(p, FORM_WORDS, key_str(&k), which, e))
        return false;
    if (company) {
        count = without_legal(f->words, f->count, kept);
        k.len = 0;
        for (size_t i = 0; i < count; i++)
            key_add(&k, kept[i]);
        if (legal_tells(kept, count) && !put_key(p, FORM_LEGAL, key_str(&k), which, e))
            return false;
        return true;
    }
    /* the family's name in front, behind; not known: each of the ends */
    size_t const from[] = {n->family_at, n->family_at + n->family, 0, 1, f->count - 1u};

    for (size_t i = n->family ? 0 : 2; i < (n->family ? 2u : 5u); i++) {
        key_solid(&k, f->words, f->count, from[i] % f->count);
        if (!put_key(p, FORM_SOLID, key_str(&k), which, e))
            return false;
        if ((n->family || i == 2) && i != 1 && near_asked(f->words, f->count, f->pinyin) &&
            !put_near(p, key_str(&k), which, e))
            return false;
    }
    if (scheme_asked(f->scheme, f->count, f->pinyin) && !put_key(p, FORM_SCHEME, n->scheme, which, e))
        return false;
    sound_sorted(f->sound, &k, &sorted);
    if (f->arabic && bones_asked(f) && !put_key(p, FORM_BONES, key_str(&k), which, e))
        return false;
    count = without_patronymic(f->words, f->count, kept);
    if (count < f->count && tells(kept, count)) {
        key_sorted(&k, kept, count);
        if (!put_key(p, FORM_SHORT, key_str(&k), which, e))
            return false;
        count = scheme_without_patronymic(f, kept);
        key_sorted(&k, kept, count);
        if (scheme_asked(kept, count, false) && !put_key(p, FORM_SHORT_SCHEME, key_str(&k), which, e))
            return false;
    }
    return true;
}

static bool keep_words(struct persons *p, const str *words, size_t count, str *out) {
    struct key k = {.len = 0};

    for (size_t i = 0; i < count; i++) {
        if (i)
            key_add(&k, S(" "));
        key_add(&k, words[i]);
    }
    return arena_copy(p->arena, key_str(&k), out);
}

static bool index_name(struct persons *p, uint32_t person, uint32_t name, const struct person_building_name *b,
                       bool company, struct err *e) {
    struct name_form f, family;
    struct indexed *const n = &p->names[p->name_count];
    struct key k, bones;

    if (!name_fold(b->name.text, &f)) {
        p->counted.beyond++;
        return true;
    }
    *n = (struct indexed){.person = person,
                          .name = name,
                          .count = (uint8_t)f.count,
                          .scripts = (uint8_t)f.scripts,
                          .pinyin = f.pinyin,
                          .arabic = f.arabic};
    if (f.scripts == NAME_HAN && f.count == 2 && f.han.len <= 15) {
        n->family = 1; /* it stands in front */
    } else if (b->family.len && name_fold(b->family, &family) && family.count < f.count) {
        n->family = (uint8_t)family.count;
        n->family_at = (uint8_t)(f.count - family.count);
    }
    n->usual = !company && ((f.pinyin && f.syllables <= 2) || (f.count == 2 && all_usual(f.words, f.count)) ||
                            (f.han.len && f.han.len <= 6));
    if (!keep_words(p, f.words, f.count, &n->words) || !arena_copy(p->arena, f.han, &n->han))
        return no_memory(e);
    key_sorted(&k, f.scheme, f.count);
    if (!arena_copy(p->arena, key_str(&k), &n->scheme))
        return no_memory(e);
    sound_sorted(f.sound, &bones, &k);
    if (!arena_copy(p->arena, key_str(&k), &n->sound))
        return no_memory(e);
    return put_name(p, &f, n, p->name_count++, company, e);
}

/* A site in one spelling: no scheme, no www, small letters, no slash at the end. */
static size_t site_key(str site, char *out, size_t max) {
    size_t const scheme = str_find(site, S("://"));
    size_t used = 0;

    if (scheme != SIZE_MAX)
        site = str_from(site, scheme + 3);
    if (str_eq_ascii(str_first(site, 4), S("www.")))
        site = str_from(site, 4);
    while (site.len && (site.ptr[site.len - 1] == '/' || site.ptr[site.len - 1] == '.'))
        site.len--;
    for (size_t i = 0; i < site.len && used < max; i++)
        out[used++] = site.ptr[i] >= 'A' && site.ptr[i] <= 'Z' ? (char)(site.ptr[i] + 32) : site.ptr[i];
    return used;
}

static size_t phone_key(str phone, char *out, size_t max) {
    size_t used = digits_of(phone, out, max);

    /* 00 in front is +; a zero in front is a country's own */
    while (used && out[0] == '0') {
        memmove(out, out + 1, used - 1);
        used--;
    }
    return used >= 8 ? used : 0;
}

static size_t mail_key(str mail, char *out, size_t max) {
    size_t used = 0;

    mail = str_trim(mail);
    for (size_t i = 0; i < mail.len && used < max; i++)
        out[used++] = mail.ptr[i] >= 'A' && mail.ptr[i] <= 'Z' ? (char)(mail.ptr[i] + 32) : mail.ptr[i];
    return used;
}

static size_t contact_key(enum form form, str text, char *out, size_t max) {
    return form == FORM_MAIL    ? mail_key(text, out, max)
           : form == FORM_PHONE ? phone_key(text, out, max)
                                : site_key(text, out, max);
}

static bool index_contacts(struct persons *p, uint32_t person, enum form form, const struct person_texts *texts,
                           struct err *e) {
    char room[PERSON_ABOUT_MAX];

    for (size_t i = 0; i < texts->count; i++) {
        str const key = {room, contact_key(form, texts->items[i], room, sizeof room)};

        if (!key.len)
            continue;
        if (!grow((void **)&p->contacts, p->contact_count, &p->contact_room, sizeof *p->contacts, e))
            return false;
        p->contacts[p->contact_count].person = person;
        if (!arena_copy(p->arena, key, &p->contacts[p->contact_count].key))
            return no_memory(e);
        if (!put_key(p, form, key, p->contact_count++, e))
            return false;
    }
    return true;
}

static int by_list(const void *a, const void *b) {
    const struct person_building *const x = a, *const y = b;

    if (x->list != y->list)
        return x->list < y->list ? -1 : 1;
    /* numbers by their size */
    if (x->id.len != y->id.len && x->list != LIST_OWN)
        return x->id.len < y->id.len ? -1 : 1;
    return str_cmp(x->id, y->id);
}

static int by_name(const void *a, const void *b) {
    const struct person_building_name *const x = a, *const y = b;
    int c = (int)y->name.first - (int)x->name.first;

    if (!c)
        c = (int)x->name.weak - (int)y->name.weak;
    return c ? c : str_cmp(x->name.text, y->name.text);
}

static int by_number(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static struct person_texts texts_of(struct person_building *b, enum person_text kind) {
    if (b->text_count[kind])
        qsort(b->texts[kind], b->text_count[kind], sizeof *b->texts[kind], by_text);
    return (struct person_texts){b->texts[kind], b->text_count[kind]};
}

/* "NI, Gaobin": OFAC's tables write the family's name in front, and of persons only. */
static bool divide(struct persons *p, struct person_building_name *n, struct err *e) {
    str const text = n->name.text;
    size_t const comma = str_find_byte(text, ',');
    str given, family;
    char *room;

    if (n->family.len || comma == SIZE_MAX)
        return true;
    family = str_trim(str_first(text, comma));
    given = str_trim(str_from(text, comma + 1));
    if (!family.len || !given.len)
        return true;
    if (!(room = arena_bytes(p->arena, given.len + family.len + 1)))
        return no_memory(e);
    memcpy(room, given.ptr, given.len);
    room[given.len] = ' ';
    memcpy(room + given.len + 1, family.ptr, family.len);
    n->name.text = (str){room, given.len + 1 + family.len};
    n->family = (str){room + given.len + 1, family.len};
    return true;
}

static bool ready_one(struct persons *p, uint32_t i, struct err *e) {
    struct person_building *const b = &p->building[i];
    struct person *const out = &p->list[i];
    struct person_name *names;
    size_t kept = 0;

    for (size_t k = 0; k < b->name_count; k++)
        if (b->list == LIST_OFAC && b->type == PERSON_INDIVIDUAL && !divide(p, &b->names[k], e))
            return false;
    if (b->name_count)
        qsort(b->names, b->name_count, sizeof *b->names, by_name);
    if (!(names = arena_zero(p->arena, b->name_count, sizeof *names)))
        return no_memory(e);
    for (size_t k = 0; k < b->name_count; k++) {
        /* what XML and CSV both say is the same only now */
        bool known = false;

        for (size_t j = 0; j < kept && !known; j++)
            known = str_eq(names[j].text, b->names[k].name.text);
        if (known)
            continue;
        p->counted.weak += b->names[k].name.weak;
        names[kept] = b->names[k].name;
        if (!index_name(p, i, (uint32_t)kept++, &b->names[k], b->type != PERSON_INDIVIDUAL && b->type != PERSON_UNSAID,
                        e))
            return false;
    }
    *out = (struct person){.list = list_name(b->list),
                           .id = b->id,
                           .type = b->type,
                           .names = names,
                           .name_count = kept,
                           .programmes = texts_of(b, TEXT_PROGRAMME),
                           .births = texts_of(b, TEXT_BIRTH),
                           .countries = texts_of(b, TEXT_COUNTRY),
                           .listed = texts_of(b, TEXT_LISTED),
                           .documents = texts_of(b, TEXT_DOCUMENT),
                           .mails = texts_of(b, TEXT_MAIL),
                           .phones = texts_of(b, TEXT_PHONE),
                           .sites = texts_of(b, TEXT_SITE),
                           .about = b->about};
    return index_contacts(p, i, FORM_MAIL, &out->mails, e) && index_contacts(p, i, FORM_PHONE, &out->phones, e) &&
           index_contacts(p, i, FORM_SITE, &out->sites, e);
}

bool persons_ready(struct persons *p, struct err *e) {
    size_t names = 0, kept = 0;

    assert(!p->ready);
    p->ready = true;
    for (size_t i = 0; i < p->count; i++) {
        struct person_building *const b = &p->building[i];

        if (!b->name_count) {
            p->counted.unnamed++;
            for (size_t k = 0; k < PERSON_TEXTS; k++)
                free(b->texts[k]);
            continue;
        }
        names += b->name_count;
        if (kept != i)
            p->building[kept] = *b;
        kept++;
    }
    p->count = kept;
    if (kept)
        qsort(p->building, kept, sizeof *p->building, by_list);
    p->names = calloc(names + 1, sizeof *p->names);
    p->list = arena_zero(p->arena, kept, sizeof *p->list);
    if (!p->names || !p->list)
        return no_memory(e);
    for (uint32_t i = 0; i < kept; i++)
        if (!ready_one(p, i, e))
            return false;
    if (p->key_count)
        qsort(p->keys, p->key_count, sizeof *p->keys, by_number);
    size_t keys = 0;

    for (size_t i = 0; i < p->key_count; i++)
        if (!keys || p->keys[i] != p->keys[keys - 1])
            p->keys[keys++] = p->keys[i];
    p->key_count = keys;
    p->counted.persons = kept;
    return true;
}

struct persons_counted persons_counted(const struct persons *p) {
    return p->counted;
}

size_t persons_count(const struct persons *p) {
    return p->count;
}

const struct person *persons_at(const struct persons *p, size_t i) {
    assert(p->ready && i < p->count);
    return &p->list[i];
}

size_t persons_index(const struct persons *p, const struct person *person) {
    return (size_t)(person - p->list);
}

/* ---- asking ---- */

/* One value that is asked about, and what was found of it. */
struct asking {
    const struct persons *p;
    unsigned least;
    bool local; /* it is the local part of an address */
    bool comma; /* a comma stood in it */
    struct name_form form;
    struct person_match found[PERSON_MATCHES_MAX];
    size_t count;
};

/* Keys with this hash: the first one's place, or that behind. */
static size_t keys_from(const struct persons *p, uint32_t hash) {
    uint64_t const key = (uint64_t)hash << 32;
    size_t low = 0, high = p->key_count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (p->keys[mid] < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void found(struct asking *a, uint32_t person, const struct person_name *name, enum person_how how,
                  unsigned quality, bool usual, const char *reason) {
    const struct person *const who = &a->p->list[person];
    struct person_match m = {.person = who, .name = name, .how = how, .quality = quality, .usual = usual};
    size_t i = 0;

    if (name && a->local)
        m.quality -= 10;
    if (name && name->weak)
        m.quality -= 20;
    if (usual)
        m.quality = m.quality > 30 ? m.quality - 30 : 1;
    if (m.quality < a->least)
        return;
    snprintf(m.reason, sizeof m.reason, "%s%s%s%s", reason, name && a->local ? "; the local part of an address" : "",
             name && name->weak ? "; the list calls it a weak alias" : "", usual ? "; many bear this name" : "");
    while (i < a->count && a->found[i].person != who)
        i++;
    if (i == PERSON_MATCHES_MAX)
        return;
    if (i == a->count)
        a->count++;
    else if (a->found[i].quality >= m.quality)
        return;
    a->found[i] = m;
}

/* Has the person a name in Chinese characters, and is it another one? Then what is written in them and read alike is somebody else's. */
static bool other_characters(const struct asking *a, const struct indexed *n) {
    const struct person *const who = &a->p->list[n->person];
    bool any = false;

    if (!a->form.han.len)
        return false;
    if (n->han.len)
        return !str_eq(n->han, a->form.han);
    for (size_t i = 0; i < who->name_count; i++) {
        struct name_form f;

        if (!name_fold(who->names[i].text, &f) || !f.han.len)
            continue;
        any = true;
        if (str_eq(f.han, a->form.han))
            return false;
    }
    return any;
}

/* Do the words, without blanks, begin and end a word where the family's name ends? lengths: of the parts before each end. */
static bool divided_alike(const struct asking *a, const str *words, size_t count, size_t from, size_t first) {
    size_t end = 0, at = 0;

    if (a->form.count == 1)
        return a->local;
    for (size_t i = 0; i < first; i++)
        end += words[(from + i) % count].len;
    for (size_t i = 0; i + 1 < a->form.count; i++) {
        at += a->form.words[i].len;
        if (at == end)
            return true;
    }
    return false;
}

static bool same_script(const struct asking *a, const struct indexed *n) {
    return (a->form.scripts & (NAME_HAN | NAME_CYRILLIC | NAME_ARABIC)) ==
           (n->scripts & (NAME_HAN | NAME_CYRILLIC | NAME_ARABIC));
}

static void by_words(struct asking *a, const struct indexed *n, const struct person_name *name) {
    str words[NAME_WORDS_MAX];
    size_t const count = words_of(n->words, words);
    bool own = true, front = n->family != 0;

    for (size_t i = 0; i < count; i++) {
        own = own && str_eq(words[i], a->form.words[i]);
        front = front && str_eq(words[(n->family_at + i) % count], a->form.words[i]);
    }
    if (!same_script(a, n))
        found(a, n->person, name, PERSON_TRANSLITERATED, 90, n->usual, "the same name in another alphabet");
    else if (own || (front && (a->comma || n->pinyin)))
        found(a, n->person, name, PERSON_EXACT, 100, n->usual, "the same name");
    else
        found(a, n->person, name, PERSON_ORDER, 97, n->usual, "the same words in another order");
}

static void by_solid(struct asking *a, const struct indexed *n, const struct person_name *name, str solid) {
    str words[NAME_WORDS_MAX];
    size_t const count = words_of(n->words, words);
    struct key k;
    bool alike = false;

    for (size_t from = 0; from < count && !alike; from++) {
        bool const front = n->family && from == n->family_at,
                   behind = n->family && from == (n->family_at + n->family) % count;

        if (n->family && !front && !behind)
            continue;
        key_solid(&k, words, count, from);
        if (!str_eq(key_str(&k), solid))
            continue;
        /* family's name of one end, or, where it is not known, either end's word */
        alike = n->family ? divided_alike(a, words, count, from, front ? n->family : count - n->family)
                          : divided_alike(a, words, count, from, 1) || divided_alike(a, words, count, from, count - 1u);
    }
    if (!alike)
        return;
    if (a->form.count == 1)
        found(a, n->person, name, PERSON_TRANSLITERATED, 80, n->usual, "the same name run together");
    else if (same_script(a, n))
        found(a, n->person, name, PERSON_TRANSLITERATED, 95, n->usual, "the same name divided into words otherwise");
    else
        found(a, n->person, name, PERSON_TRANSLITERATED, 90, n->usual, "the same name in another alphabet");
}

/* The words are alike but for one of them, of five letters and more, that differs in one; its first letter is the same. */
static bool near_words(const str *x, const str *y, size_t count, size_t from) {
    size_t near = 0;

    for (size_t i = 0; i < count; i++) {
        str const a = x[i], b = y[(from + i) % count];

        if (str_eq(a, b))
            continue;
        if (near++ || a.len < 5 || b.len < 5 || a.ptr[0] != b.ptr[0] || !name_near(a, b))
            return false;
    }
    return near == 1;
}

static void by_near(struct asking *a, const struct indexed *n, const struct person_name *name) {
    str words[NAME_WORDS_MAX];
    size_t const count = words_of(n->words, words);
    bool near = false;

    if (count != a->form.count || n->pinyin)
        return;
    for (size_t from = 0; from < count && !near; from++)
        near = (from == 0 || from == 1 || from + 1 == count || from == n->family_at) &&
               near_words(a->form.words, words, count, from);
    if (near)
        found(a, n->person, name, PERSON_CLOSE, 70, n->usual, "one letter is another");
}

static bool sorted_equals(const str *words, size_t count, str joined, bool (*but)(str)) {
    str kept[NAME_WORDS_MAX], other[NAME_WORDS_MAX];
    size_t const all = words_of(joined, other);
    size_t left = 0;
    struct key x, y;

    for (size_t i = 0; i < all; i++)
        if (!but || !but(other[i]))
            kept[left++] = other[i];
    key_sorted(&x, words, count);
    key_sorted(&y, kept, left);
    return str_eq(key_str(&x), key_str(&y));
}

static bool words_sound_alike(str a, str b) {
    str x[NAME_WORDS_MAX], y[NAME_WORDS_MAX];
    size_t const count = words_of(a, x);

    if (words_of(b, y) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!name_sounds_alike(x[i], y[i]))
            return false;
    return true;
}

/* Has the name of the list, without its patronymic, the words that were asked for, in all schemes? */
static bool scheme_short_equals(const struct name_form *asked, str listed) {
    struct name_form f;
    str kept[NAME_WORDS_MAX];
    struct key x, y;

    if (!name_fold(listed, &f))
        return false;
    key_sorted(&x, kept, scheme_without_patronymic(&f, kept));
    key_sorted(&y, asked->scheme, asked->count);
    return str_eq(key_str(&x), key_str(&y));
}

/* The key led here; whether it is so is seen by the texts themselves. */
static void name_found(struct asking *a, enum form form, str key, const struct indexed *n) {
    const struct person_name *const name = &a->p->list[n->person].names[n->name];
    const struct name_form *const f = &a->form;
    str kept[NAME_WORDS_MAX];
    struct key k, sorted;
    size_t count;

    if (form != FORM_HAN && other_characters(a, n))
        return;
    switch (form) {
    case FORM_HAN:
        if (str_eq(n->han, f->han))
            found(a, n->person, name, PERSON_EXACT, 100, n->usual, "the same characters");
        break;
    case FORM_WORDS:
        if (sorted_equals(f->words, f->count, n->words, NULL)) {
            by_words(a, n, name);
            break;
        }
        /* asked without the patronymic, which the list has not */
        count = without_patronymic(f->words, f->count, kept);
        if (count < f->count && sorted_equals(kept, count, n->words, NULL))
            found(a, n->person, name, PERSON_CLOSE, 75, n->usual || all_usual(kept, count),
                  "the same name with a patronymic that the list has not");
        break;
    case FORM_SOLID:
        by_solid(a, n, name, key);
        break;
    case FORM_SCHEME:
        key_sorted(&k, f->scheme, f->count);
        if (str_eq(n->scheme, key_str(&k)))
            found(a, n->person, name, PERSON_TRANSLITERATED, same_script(a, n) ? 88 : 86, n->usual,
                  "the same name by another scheme of transliteration");
        break;
    case FORM_BONES:
        sound_sorted(f->sound, &k, &sorted);
        if (str_eq(key_str(&k), key) && words_sound_alike(n->sound, key_str(&sorted)))
            found(a, n->person, name, PERSON_TRANSLITERATED, same_script(a, n) ? 80 : 85, n->usual,
                  "the same consonants, as Arabic writes them, and no other vowels");
        break;
    case FORM_SHORT_SCHEME:
        if (scheme_short_equals(f, name->text))
            found(a, n->person, name, PERSON_CLOSE, 72, all_usual(f->words, f->count),
                  "the same name by another scheme, without the patronymic");
        break;
    case FORM_NEAR:
        by_near(a, n, name);
        break;
    case FORM_SHORT:
        if (sorted_equals(f->words, f->count, n->words, name_word_patronymic))
            found(a, n->person, name, PERSON_CLOSE, 75, all_usual(f->words, f->count),
                  "the same name without the patronymic");
        break;
    case FORM_LEGAL:
        count = words_of(n->words, kept);
        count = without_legal(kept, count, kept);
        k.len = 0;
        for (size_t i = 0; i < count; i++)
            key_add(&k, kept[i]);
        if (str_eq(key, key_str(&k)))
            found(a, n->person, name, PERSON_EXACT, 95, false, "the same name but for its legal form");
        break;
    default:
        assert(false);
    }
}

static void look(struct asking *a, enum form form, str key) {
    const struct persons *const p = a->p;
    uint32_t const hash = hash_of(form, key);

    for (size_t i = keys_from(p, hash); i < p->key_count && p->keys[i] >> 32 == hash; i++) {
        uint32_t const which = (uint32_t)p->keys[i];

        /* another form may have the same hash: its numbers may be beyond */
        if (form < FORM_MAIL) {
            if (which < p->name_count)
                name_found(a, form, key, &p->names[which]);
        } else if (which < p->contact_count && str_eq(p->contacts[which].key, key)) {
            found(a, p->contacts[which].person, NULL, PERSON_EXACT, form == FORM_SITE ? 95 : 100, false,
                  form == FORM_MAIL    ? "the list gives this address"
                  : form == FORM_PHONE ? "the list gives this number"
                                       : "the list gives this site");
        }
    }
}

static void look_near(struct asking *a, str solid) {
    char rest[2 * NAME_FORM_MAX];

    look(a, FORM_NEAR, solid);
    for (size_t i = 0; i < solid.len; i++) {
        if (i && solid.ptr[i] == solid.ptr[i - 1])
            continue;
        memcpy(rest, solid.ptr, i);
        memcpy(rest + i, solid.ptr + i + 1, solid.len - i - 1);
        look(a, FORM_NEAR, (str){rest, solid.len - 1});
    }
}

/* One reading of the value. */
static void ask_name(struct asking *a, str text) {
    const struct name_form *const f = &a->form;
    str kept[NAME_WORDS_MAX];
    struct key k, sorted;
    size_t count;

    a->comma = str_find_byte(text, ',') != SIZE_MAX;
    if (!name_fold(text, &a->form))
        return;
    if (f->han.len >= 6)
        look(a, FORM_HAN, f->han);
    if (a->local && f->count == 1 && f->words[0].len >= 8 && (!f->pinyin || f->syllables >= 3)) {
        key_solid(&k, f->words, 1, 0);
        look(a, FORM_SOLID, key_str(&k));
        return;
    }
    if (!tells(f->words, f->count))
        return;
    key_sorted(&k, f->words, f->count);
    look(a, FORM_WORDS, key_str(&k));
    look(a, FORM_SHORT, key_str(&k));
    key_solid(&k, f->words, f->count, 0);
    look(a, FORM_SOLID, key_str(&k));
    if (a->least <= 70 && near_asked(f->words, f->count, f->pinyin)) {
        look_near(a, key_str(&k));
        for (size_t i = 1; i<f->count; i += f->count> 2 ? f->count - 2 : 1) {
            key_solid(&k, f->words, f->count, i);
            look_near(a, key_str(&k));
        }
    }
    if (scheme_asked(f->scheme, f->count, f->pinyin)) {
        key_sorted(&k, f->scheme, f->count);
        look(a, FORM_SCHEME, key_str(&k));
        look(a, FORM_SHORT_SCHEME, key_str(&k));
    }
    if (bones_asked(f)) {
        sound_sorted(f->sound, &k, &sorted);
        look(a, FORM_BONES, key_str(&k));
    }
    count = without_patronymic(f->words, f->count, kept);
    if (count < f->count && tells(kept, count)) {
        key_sorted(&k, kept, count);
        look(a, FORM_WORDS, key_str(&k));
    }
    count = without_legal(f->words, f->count, kept);
    if (legal_tells(kept, count)) {
        k.len = 0;
        for (size_t i = 0; i < count; i++)
            key_add(&k, kept[i]);
        look(a, FORM_LEGAL, key_str(&k));
    }
}

/* Up to the first of what parts a name from something else. */
static str front_part(str s) {
    static const str parts[] = {
        STR(" via "), STR(" on behalf of "), STR(" - "),   STR(" \xe2\x80\x93 "), STR(" | "), STR(" / "), STR(" @ "),
        STR("<"),     STR(" at "),           STR(" from ")};
    size_t end = s.len;

    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t const at = str_find(str_first(s, end), parts[i]);

        if (at != SIZE_MAX && at)
            end = at;
    }
    return str_trim(str_first(s, end));
}

/* The name as it is; without and within brackets; before what follows a name; Chinese characters and the rest. */
static void ask_display(struct asking *a, str value) {
    size_t const open = str_find_byte(value, '('), close = str_find_byte(value, ')');
    str front;

    value = str_trim(value);
    if (value.len > 2 * NAME_BYTES_MAX)
        return;
    ask_name(a, value);
    unsigned const scripts = a->form.scripts;

    if (open != SIZE_MAX && close != SIZE_MAX && open < close) {
        ask_name(a, str_first(value, open));
        ask_name(a, (str){value.ptr + open + 1, close - open - 1});
    }
    front = front_part(value);
    if (front.len && front.len < value.len)
        ask_name(a, front);
    size_t const comma = str_find_byte(value, ',');

    /* "Ni Gaobin, Wuhan": two words before the comma are a name of their own */
    if (comma != SIZE_MAX && str_find_byte(str_trim(str_first(value, comma)), ' ') != SIZE_MAX)
        ask_name(a, str_first(value, comma));
    if ((scripts & NAME_HAN) && open == SIZE_MAX) {
        size_t begin = 0, end;

        while (begin < value.len && (unsigned char)value.ptr[begin] < 0x80)
            begin++;
        for (end = begin; end < value.len && (unsigned char)value.ptr[end] >= 0x80;)
            end++;
        if (begin || end < value.len) {
            ask_name(a, (str){value.ptr + begin, end - begin});
            ask_name(a, begin ? str_first(value, begin) : str_from(value, end));
        }
    }
}

static void ask_site(struct asking *a, str value) {
    static const char ends[] = {'/', '?', '#', ':'};
    char room[PERSON_ABOUT_MAX];
    str site = {room, site_key(value, room, sizeof room)};

    if (site.len)
        look(a, FORM_SITE, site);
    /* the host alone, without port, and what it lies in */
    str host = site;

    for (size_t i = 0; i < sizeof ends; i++)
        host = str_first(host, str_find_byte(host, ends[i]));
    bool const alone = host.len == site.len;

    site = host;
    for (unsigned labels = 0; labels < 32 && site.len; labels++) {
        size_t const dot = str_find_byte(site, '.');

        if (labels || !alone)
            look(a, FORM_SITE, site);
        if (dot == SIZE_MAX || str_find_byte(str_from(site, dot + 1), '.') == SIZE_MAX)
            break;
        site = str_from(site, dot + 1);
    }
}

static void ask_mail(struct asking *a, str value) {
    char room[PERSON_ABOUT_MAX], local[NAME_BYTES_MAX];
    str const mail = {room, mail_key(value, room, sizeof room)};
    size_t at = mail.len, used = 0;

    if (mail.len > PERSON_ABOUT_MAX)
        return;
    look(a, FORM_MAIL, mail);
    while (at && mail.ptr[at - 1] != '@')
        at--;
    if (!at)
        return;
    ask_site(a, str_from(mail, at));
    /* gaobin.ni_88 */
    for (size_t i = 0; i + 1 < at && used < sizeof local; i++)
        local[used++] = strchr("._-+", mail.ptr[i]) ? ' ' : mail.ptr[i];
    while (used && local[used - 1] >= '0' && local[used - 1] <= '9')
        used--;
    a->local = true;
    ask_name(a, (str){local, used});
    a->local = false;
}

static int by_quality(const void *x, const void *y) {
    const struct person_match *const a = x, *const b = y;

    if (a->quality != b->quality)
        return a->quality > b->quality ? -1 : 1;
    return (a->person > b->person) - (a->person < b->person); /* in the order of the list */
}

size_t persons_find(const struct persons *p, enum person_asked as, str value, unsigned least, struct person_match *out,
                    size_t max) {
    struct asking a;
    char room[64];

    assert(p->ready);
    a.p = p;
    a.least = least;
    a.count = 0;
    a.local = a.comma = false;
    a.form.scripts = 0;
    switch (as) {
    case PERSON_NAME:
        ask_display(&a, value);
        break;
    case PERSON_MAIL:
        ask_mail(&a, value);
        break;
    case PERSON_PHONE: {
        str const phone = {room, phone_key(value, room, sizeof room)};

        if (phone.len)
            look(&a, FORM_PHONE, phone);
        break;
    }
    case PERSON_SITE:
        ask_site(&a, value);
        break;
    }
    if (a.count)
        qsort(a.found, a.count, sizeof *a.found, by_quality);
    size_t const told = a.count < max ? a.count : max;

    memcpy(out, a.found, told * sizeof *out);
    return told;
}
