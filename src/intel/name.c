/* name: one letter after the other by its script; then words, and what schemes and consonants make of them. */
#include "intel/name.h"

#include <assert.h>

#include "base/utf.h"
#include "event/fold.h"
#include "name_table.h"

/* ---- letters ---- */

/* U+0410 to U+044F by their small letters, U+0430 on. As BGN/PCGN writes Russian; the signs are not written. */
static const char *const cyrillic[] = {"a",  "b",  "v",  "g",    "d", "e", "zh", "z", "i",  "y", "k",
                                       "l",  "m",  "n",  "o",    "p", "r", "s",  "t", "u",  "f", "kh",
                                       "ts", "ch", "sh", "shch", "",  "y", "",   "e", "yu", "ya"};
/* Others, small. */
static const struct {
    uint32_t point;
    const char *text;
} cyrillic_more[] = {
    {0x450, "e"}, {0x451, "e"}, {0x452, "d"}, {0x453, "g"}, {0x454, "e"},  {0x455, "z"}, {0x456, "i"},
    {0x457, "i"}, {0x458, "y"}, {0x459, "l"}, {0x45a, "n"}, {0x45b, "ch"}, {0x45c, "k"}, {0x45d, "i"},
    {0x45e, "u"}, {0x45f, "j"}, {0x491, "g"}, {0x493, "g"}, {0x49b, "q"},  {0x4a3, "n"}, {0x4af, "u"},
    {0x4b1, "u"}, {0x4b3, "h"}, {0x4b7, "j"}, {0x4bb, "h"}, {0x4d9, "a"},  {0x4e9, "o"},
};

static const char *cyrillic_text(uint32_t point) {
    point = fold_point(point);
    if (point >= 0x430 && point <= 0x44f)
        return cyrillic[point - 0x430];
    for (size_t i = 0; i < COUNT(cyrillic_more); i++)
        if (cyrillic_more[i].point == point)
            return cyrillic_more[i].text;
    return NULL;
}

/* Consonants and alef; hamza and ayn are written as nothing. Persian and Urdu letters too. 'y' and 'w' stand for themselves where they begin a
 * word, which is looked at later. */
static const struct {
    uint16_t point;
    char text[2];
} arabic[] = {
    {0x621, ""},  {0x622, ""},  {0x623, ""},  {0x624, ""},  {0x625, ""},  {0x626, ""},  {0x627, "a"}, {0x628, "b"},
    {0x629, ""},  {0x62a, "t"}, {0x62b, "t"}, {0x62c, "j"}, {0x62d, "h"}, {0x62e, "x"}, {0x62f, "d"}, {0x630, "d"},
    {0x631, "r"}, {0x632, "z"}, {0x633, "s"}, {0x634, "S"}, {0x635, "s"}, {0x636, "d"}, {0x637, "t"}, {0x638, "z"},
    {0x639, ""},  {0x63a, "g"}, {0x641, "f"}, {0x642, "k"}, {0x643, "k"}, {0x644, "l"}, {0x645, "m"}, {0x646, "n"},
    {0x647, "h"}, {0x648, "w"}, {0x649, "y"}, {0x64a, "y"}, {0x671, ""},  {0x67e, "p"}, {0x686, "S"}, {0x698, "z"},
    {0x6a9, "k"}, {0x6af, "g"}, {0x6be, "h"}, {0x6c1, "h"}, {0x6cc, "y"}, {0x6d2, "y"},
};

static const char *arabic_text(uint32_t point) {
    for (size_t i = 0; i < COUNT(arabic); i++)
        if (arabic[i].point == point)
            return arabic[i].text;
    return NULL;
}

static const char *latin_text(uint32_t point, bool scheme) {
    size_t low = 0, high = COUNT(name_letters);

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (name_letters[mid].point < point)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == COUNT(name_letters) || name_letters[low].point != point)
        return NULL;
    return scheme ? name_letters[low].scheme : name_letters[low].plain;
}

static uint32_t han_simple(uint32_t point) {
    size_t low = 0, high = COUNT(name_han_simple);

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (name_han_simple[mid].from < point)
            low = mid + 1;
        else
            high = mid;
    }
    return low < COUNT(name_han_simple) && name_han_simple[low].from == point ? name_han_simple[low].to : point;
}

static const char *han_text(uint32_t point, bool family) {
    size_t number = 0;

    for (size_t i = 0; family && i < COUNT(name_han_family); i++)
        if (name_han_family[i].point == point)
            return name_syllables[name_han_family[i].syllable];
    if (point >= 0x4e00 && point <= 0x9fff)
        number = name_han[point - 0x4e00];
    else if (point >= 0x3400 && point <= 0x4dbf)
        number = name_han_a[point - 0x3400];
    return number ? name_syllables[number - 1] : NULL;
}

static bool is_han(uint32_t point) {
    return (point >= 0x3400 && point <= 0x4dbf) || (point >= 0x4e00 && point <= 0x9fff);
}

/* Family names of two characters, simplified. */
static bool han_double(uint32_t a, uint32_t b) {
    static const uint16_t pairs[][2] = {
        {0x6b27, 0x9633}, {0x53f8, 0x9a6c}, {0x4e0a, 0x5b98}, {0x8bf8, 0x845b}, {0x590f, 0x4faf}, {0x4e1c, 0x65b9},
        {0x7687, 0x752b}, {0x5c09, 0x8fdf}, {0x516c, 0x5b59}, {0x6155, 0x5bb9}, {0x4ee4, 0x72d0}, {0x957f, 0x5b59},
        {0x5b87, 0x6587}, {0x53f8, 0x5f92}, {0x5357, 0x5bab}, {0x72ec, 0x5b64},
    };

    for (size_t i = 0; i < COUNT(pairs); i++)
        if (pairs[i][0] == a && pairs[i][1] == b)
            return true;
    return false;
}

/* ---- words ---- */

static bool in_table(str word, const str *table, size_t count) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;
        int const c = str_cmp(table[mid], word);

        if (c == 0)
            return true;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}
#define IN(word, table) in_table(word, table, COUNT(table))

/* Sorted, all of them. */
static const str titles[] = {STR("dipl"),   STR("dr"),  STR("frau"), STR("haji"), STR("hajj"), STR("hajji"),
                             STR("herr"),   STR("ing"), STR("jr"),   STR("mag"),  STR("miss"), STR("mme"),
                             STR("mr"),     STR("mrs"), STR("ms"),   STR("phd"),  STR("prof"), STR("professor"),
                             STR("sheikh"), STR("sir"), STR("sr")};
static const str legal[] = {
    STR("ab"),      STR("ag"),      STR("ao"),   STR("as"),           STR("bhd"), STR("bv"),   STR("cjsc"),
    STR("co"),      STR("company"), STR("corp"), STR("corporation"),  STR("doo"), STR("fzc"),  STR("fzco"),
    STR("fze"),     STR("gmbh"),    STR("inc"),  STR("incorporated"), STR("jsc"), STR("kft"),  STR("kg"),
    STR("limited"), STR("llc"),     STR("llp"),  STR("lp"),           STR("ltd"), STR("ltda"), STR("nv"),
    STR("oao"),     STR("ojsc"),    STR("oo"),   STR("ooo"),          STR("oy"),  STR("pao"),  STR("pjsc"),
    STR("plc"),     STR("pte"),     STR("pty"),  STR("pvt"),          STR("sa"),  STR("sal"),  STR("sarl"),
    STR("sas"),     STR("sdn"),     STR("se"),   STR("sl"),           STR("spa"), STR("srl"),  STR("sro"),
    STR("zao")};
static const str generic[] = {
    STR("and"),        STR("bank"),         STR("business"),   STR("center"),      STR("centre"),
    STR("china"),      STR("commercial"),   STR("consulting"), STR("development"), STR("energy"),
    STR("enterprise"), STR("enterprises"),  STR("export"),     STR("finance"),     STR("foundation"),
    STR("general"),    STR("global"),       STR("group"),      STR("holding"),     STR("holdings"),
    STR("import"),     STR("industrial"),   STR("industries"), STR("institute"),   STR("international"),
    STR("investment"), STR("investments"),  STR("logistics"),  STR("management"),  STR("marine"),
    STR("maritime"),   STR("national"),     STR("news"),       STR("of"),          STR("oil"),
    STR("research"),   STR("science"),      STR("security"),   STR("service"),     STR("services"),
    STR("shipping"),   STR("software"),     STR("solutions"),  STR("support"),     STR("systems"),
    STR("team"),       STR("technologies"), STR("technology"), STR("the"),         STR("trade"),
    STR("trading"),    STR("transport"),    STR("university"), STR("world"),
};
/* Names, given and of families, that millions bear. */
static const str usual[] = {
    STR("abdul"),     STR("abdullah"),  STR("ahmad"),     STR("ahmed"),     STR("aleksandr"), STR("aleksei"),
    STR("alex"),      STR("alexander"), STR("ali"),       STR("amir"),      STR("andrei"),    STR("andrew"),
    STR("andrey"),    STR("anna"),      STR("anthony"),   STR("antonio"),   STR("brown"),     STR("carlos"),
    STR("charles"),   STR("chris"),     STR("christian"), STR("daniel"),    STR("david"),     STR("dmitry"),
    STR("elena"),     STR("fatima"),    STR("fernandez"), STR("francisco"), STR("garcia"),    STR("george"),
    STR("gonzalez"),  STR("hasan"),     STR("hassan"),    STR("hernandez"), STR("hossein"),   STR("hussain"),
    STR("hussein"),   STR("ibrahim"),   STR("igor"),      STR("irina"),     STR("ivan"),      STR("ivanov"),
    STR("ivanova"),   STR("jack"),      STR("james"),     STR("jan"),       STR("javier"),    STR("jean"),
    STR("jim"),       STR("john"),      STR("johnson"),   STR("jones"),     STR("jorge"),     STR("jose"),
    STR("joseph"),    STR("juan"),      STR("khalid"),    STR("khan"),      STR("kim"),       STR("kumar"),
    STR("kuznetsov"), STR("lee"),       STR("lopez"),     STR("luis"),      STR("manuel"),    STR("maria"),
    STR("mark"),      STR("martin"),    STR("martinez"),  STR("mary"),      STR("michael"),   STR("miguel"),
    STR("mikhail"),   STR("miller"),    STR("mohamad"),   STR("mohamed"),   STR("mohammad"),  STR("mohammed"),
    STR("muhammad"),  STR("mustafa"),   STR("natalia"),   STR("nguyen"),    STR("olga"),      STR("omar"),
    STR("park"),      STR("patel"),     STR("paul"),      STR("pedro"),     STR("perez"),     STR("peter"),
    STR("petrov"),    STR("popov"),     STR("rahman"),    STR("robert"),    STR("rodriguez"), STR("ruiz"),
    STR("saeed"),     STR("said"),      STR("sanchez"),   STR("sergei"),    STR("sergey"),    STR("singh"),
    STR("smirnov"),   STR("smith"),     STR("sokolov"),   STR("svetlana"),  STR("taylor"),    STR("thomas"),
    STR("tom"),       STR("vasily"),    STR("viktor"),    STR("vladimir"),  STR("volkov"),    STR("williams"),
    STR("wilson"),    STR("yuri"),      STR("yusuf")};
/* Words that are written beside Arabic names and say nothing, al- before all letters; and words that only such names have. */
static const str particles[] = {STR("ad"),   STR("al"), STR("an"), STR("ar"),  STR("as"),
                                STR("ash"),  STR("at"), STR("az"), STR("ben"), STR("bin"),
                                STR("bint"), STR("e"),  STR("el"), STR("ibn"), STR("ul")};
static const str arabic_words[] = {
    STR("abd"),     STR("abdel"),   STR("abdul"),    STR("abu"),      STR("ahmad"),    STR("ahmed"),   STR("al"),
    STR("ali"),     STR("bin"),     STR("el"),       STR("hasan"),    STR("hassan"),   STR("hossein"), STR("husayn"),
    STR("hussain"), STR("hussein"), STR("ibn"),      STR("ibrahim"),  STR("khalid"),   STR("mahmoud"), STR("mahmud"),
    STR("mohamad"), STR("mohamed"), STR("mohammad"), STR("mohammed"), STR("muhammad"), STR("mustafa"), STR("omar"),
    STR("osama"),   STR("saleh"),   STR("umar"),     STR("usama"),    STR("yusuf"),
};

bool name_word_usual(str word) {
    return IN(word, usual);
}

bool name_word_generic(str word) {
    return IN(word, generic);
}

bool name_word_legal(str word) {
    return IN(word, legal);
}

bool name_word_patronymic(str word) {
    static const str ends[] = {STR("ovich"), STR("evich"), STR("ovna"), STR("evna"), STR("ichna"), STR("ilyich")};

    for (size_t i = 0; i < COUNT(ends); i++)
        if (word.len > ends[i].len + 1 && str_ends(word, ends[i]))
            return true;
    return false;
}

static bool is_syllable(str part) {
    size_t low = 0, high = COUNT(name_syllables);

    /* readings that no name has */
    if (str_eq(part, S("m")) || str_eq(part, S("n")) || str_eq(part, S("hm")))
        return false;
    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(str_of(name_syllables[mid]), part) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < COUNT(name_syllables) && str_eq(str_of(name_syllables[low]), part);
}

size_t name_pinyin(str word) {
    /* the fewest syllables of the first i letters; 0: they cannot be cut so */
    uint8_t fewest[48] = {0};

    if (!word.len || word.len >= sizeof fewest)
        return 0;
    for (size_t i = 0; i < word.len; i++)
        for (size_t len = 1; (i == 0 || fewest[i]) && len <= 6 && i + len <= word.len; len++)
            if (is_syllable((str){word.ptr + i, len}) && (!fewest[i + len] || fewest[i] + 1 < fewest[i + len]))
                fewest[i + len] = (uint8_t)(fewest[i] + 1);
    return fewest[word.len];
}

bool name_near(str a, str b) {
    size_t front = 0, back = 0;

    if (a.len > b.len) {
        str const longer = a;

        a = b;
        b = longer;
    }
    if (b.len - a.len > 1)
        return false;
    while (front < a.len && a.ptr[front] == b.ptr[front])
        front++;
    while (back < a.len - front && a.ptr[a.len - 1 - back] == b.ptr[b.len - 1 - back])
        back++;
    if (front + back + 1 >= b.len)
        return true;
    return a.len == b.len && front + back + 2 == a.len && a.ptr[front] == b.ptr[front + 1] &&
           a.ptr[front + 1] == b.ptr[front];
}

/* ---- schemes ---- */

/* From the first that fits, longest first where they begin alike. Capitals are sounds: S sh, C ch, T ts. */
static const struct {
    str from;
    const char *to;
} sounds[] = {
    {STR("shch"), "S"}, {STR("tsch"), "C"}, {STR("sch"), "S"}, {STR("tch"), "C"}, {STR("dzh"), "j"}, {STR("zh"), "Z"},
    {STR("kh"), "h"},   {STR("ch"), "C"},   {STR("sh"), "S"},  {STR("ph"), "f"},  {STR("th"), "t"},  {STR("ts"), "T"},
    {STR("tz"), "T"},   {STR("cz"), "C"},   {STR("sz"), "S"},  {STR("dj"), "j"},  {STR("ck"), "k"},  {STR("ou"), "u"},
    {STR("oe"), "o"},   {STR("ue"), "u"},   {STR("ae"), "a"},  {STR("ce"), "se"}, {STR("ci"), "si"}, {STR("cy"), "si"},
    {STR("c"), "k"},    {STR("w"), "v"},    {STR("q"), "k"},   {STR("x"), "ks"},  {STR("y"), "i"},   {STR("j"), "i"},
};

/* What is the same in all schemes; out has room for 2 * word.len bytes. */
static size_t scheme_word(str word, char *out) {
    size_t used = 0, kept = 0;

    if (word.len > 3 && str_ends(word, S("ff")))
        word.len--; /* Petroff */
    for (size_t i = 0; i < word.len;) {
        size_t s = 0;

        while (s < COUNT(sounds) && !str_starts(str_from(word, i), sounds[s].from))
            s++;
        if (s == COUNT(sounds)) {
            out[used++] = word.ptr[i++];
            continue;
        }
        for (const char *c = sounds[s].to; *c; c++)
            out[used++] = *c;
        i += sounds[s].from.len;
    }
    if (used && out[used - 1] == 'f')
        out[used - 1] = 'v';
    /* ye, yo: e; then nothing twice */
    for (size_t i = 0; i < used; i++) {
        if (out[i] == 'i' && i + 1 < used && (out[i + 1] == 'e' || out[i + 1] == 'o')) {
            out[i + 1] = 'e';
            continue;
        }
        if (kept && out[kept - 1] == out[i] && (unsigned char)out[i] < 0x80)
            continue;
        out[kept++] = out[i];
    }
    return kept;
}

/* ---- consonants ---- */

static const struct {
    str from;
    char to;
} digraphs[] = {{STR("kh"), 'x'}, {STR("gh"), 'g'}, {STR("sh"), 'S'}, {STR("ch"), 'S'}, {STR("th"), 't'},
                {STR("dh"), 'd'}, {STR("zh"), 'z'}, {STR("ph"), 'f'}, {STR("dj"), 'j'}};

static bool is_vowel(char c) {
    return c == 'a' || c == 'e' || c == 'i' || c == 'u';
}

/* A word as it sounds: w and y are vowels but at the beginning; what is doubled stands once, but where Arabic letters are (of these, l); no h at the
 * end; what abd al- becomes (abdul, abdel, abdur) is bd. Returns the length. */
static size_t sound_tidy(char *sound, size_t len, bool arabic_letters) {
    size_t kept = 0, consonants = 0;

    for (size_t i = 0; i < len; i++) {
        char c = sound[i];

        if (kept && (c == 'w' || c == 'y'))
            c = c == 'w' ? 'u' : 'i';
        if (kept && sound[kept - 1] == c && !is_vowel(c) && (!arabic_letters || c == 'l'))
            continue;
        sound[kept++] = c;
    }
    for (size_t end = kept; end > 1 && sound[end - 1] == 'h';) {
        kept = --end;
        break;
    }
    for (size_t i = 0; i < kept; i++) {
        static const char servant[] = "bdl";

        if (is_vowel(sound[i]))
            continue;
        if (consonants == 3 || sound[i] != servant[consonants])
            break;
        if (++consonants == 3) {
            memmove(sound + i, sound + i + 1, kept - i - 1);
            kept--;
            break;
        }
    }
    return kept;
}

/* Latin letters; out has room for 2 * word.len. */
static size_t sound_word(str word, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < word.len;) {
        char const c = word.ptr[i];
        size_t d = 0;

        while (d < COUNT(digraphs) && !str_starts(str_from(word, i), digraphs[d].from))
            d++;
        if (d < COUNT(digraphs)) {
            out[used++] = digraphs[d].to;
            i += 2;
            continue;
        }
        i++;
        out[used++] = c == 'q' || c == 'c' ? 'k' : c == 'g' ? 'j' : c == 'v' ? 'w' : c == 'o' ? 'u' : c;
    }
    return used;
}

/* The vowels from *i on, which moves to the next consonant or the end: a bit for each of them. */
static unsigned vowels(str s, size_t *i) {
    static const char all[] = "aeiu";
    unsigned set = 0;

    for (; *i < s.len && is_vowel(s.ptr[*i]); ++*i)
        set |= 1u << (strchr(all, s.ptr[*i]) - all);
    return set;
}

bool name_sounds_alike(str a, str b) {
    size_t i = 0, k = 0;

    for (;;) {
        unsigned const x = vowels(a, &i), y = vowels(b, &k);

        /* what is not written may be any; e is what people write for all of them */
        if (x && y && !(x & y) && !((x | y) & 2u))
            return false;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.ptr[i++] != b.ptr[k++])
            return false;
    }
}

size_t name_bones(str sound, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < sound.len; i++)
        if (!is_vowel(sound.ptr[i]))
            out[used++] = sound.ptr[i];
    return used;
}

/* ---- folding ---- */

struct folding {
    struct name_form *out;
    size_t used[4]; /* of room: words, scheme, sound, han */
    bool full;      /* more words than a name has */
    bool carried;   /* abd, which belongs to the next word's sound */
    /* The word that is being read: as it is told, as schemes see it, and its Arabic consonants. */
    char word[NAME_FORM_MAX], wide[NAME_FORM_MAX], raw[NAME_FORM_MAX];
    size_t word_len, wide_len, raw_len;
    bool arabic;
    uint32_t run[NAME_BYTES_MAX]; /* Chinese characters that stand together */
    size_t run_count;
};

static str keep(struct folding *f, unsigned which, str text) {
    char *const to = f->out->room[which] + f->used[which];

    assert(f->used[which] + text.len <= NAME_FORM_MAX);
    memcpy(to, text.ptr, text.len);
    f->used[which] += text.len;
    return (str){to, text.len};
}

static void letters(char *to, size_t *used, str text) {
    assert(*used + text.len <= NAME_FORM_MAX);
    memcpy(to + *used, text.ptr, text.len);
    *used += text.len;
}

/* Tones behind the syllables: gao1bin1. */
static size_t without_tones(char *word, size_t len) {
    char plain[NAME_FORM_MAX];
    size_t used = 0;

    for (size_t i = 0; i < len; i++)
        if (!i || word[i] < '1' || word[i] > '5' || word[i - 1] < 'a' || word[i - 1] > 'z')
            plain[used++] = word[i];
    if (used == len || !name_pinyin((str){plain, used}))
        return len;
    memcpy(word, plain, used);
    return used;
}

/* lv, nv, lyu and nyu are lu and nu with two points, which are gone without marks. */
static size_t without_points(char *word, size_t len) {
    size_t used = 0;

    if (!name_pinyin((str){word, len}))
        return len;
    for (size_t i = 0; i < len; i++) {
        bool const behind = i && (word[i - 1] == 'l' || word[i - 1] == 'n');

        if (behind && word[i] == 'v')
            word[used++] = 'u';
        else if (!behind || word[i] != 'y' || i + 1 == len || word[i + 1] != 'u')
            word[used++] = word[i];
    }
    return used;
}

/* How the word that ends here sounds, with the word before it when that was abd. */
static void end_sound(struct folding *f) {
    static const str servants[] = {STR("abd"),   STR("abdal"), STR("abdel"), STR("abdoul"),
                                   STR("abdul"), STR("abdur"), STR("abdus")};
    static const str al = STR("\xd8\xa7\xd9\x84"), alef = STR("\xd8\xa7"), abd = STR("\xd8\xb9\xd8\xa8\xd8\xaf");
    str const word = {f->word, f->word_len};
    char sound[2 * NAME_FORM_MAX + 2], bones[2 * NAME_FORM_MAX + 2];
    size_t len = 0;

    if (IN(word, particles))
        return;
    if (f->carried) {
        memcpy(sound, "bd", 2);
        len = 2;
    }
    f->carried = str_eq(word, abd) || IN(word, servants);
    if (f->carried)
        return;
    if (f->arabic) {
        /* an alef in front may be any vowel; al- is no part of the name */
        size_t const skip = str_starts(word, al) && word.len > 3 * al.len / 2 ? 2 : str_starts(word, alef) ? 1 : 0;

        if (skip > f->raw_len)
            return;
        memcpy(sound + len, f->raw + skip, f->raw_len - skip);
        len += f->raw_len - skip;
    } else {
        len += sound_word(word, sound + len);
    }
    len = sound_tidy(sound, len, f->arabic);
    if (!name_bones((str){sound, len}, bones) || f->used[2] + len + 1 > NAME_FORM_MAX)
        return;
    if (f->used[2])
        keep(f, 2, S(" "));
    keep(f, 2, (str){sound, len});
    f->out->sound_words++;
}

static void end_word(struct folding *f) {
    struct name_form *const o = f->out;
    char scheme[2 * NAME_FORM_MAX];

    if (f->word_len) {
        f->word_len = without_tones(f->word, f->word_len);
        f->word_len = without_points(f->word, f->word_len);
        if (!IN(((str){f->word, f->word_len}), titles)) {
            if (o->count == NAME_WORDS_MAX) {
                f->full = true;
            } else {
                o->arabic = o->arabic || f->arabic || IN(((str){f->word, f->word_len}), arabic_words);
                o->words[o->count] = keep(f, 0, (str){f->word, f->word_len});
                o->scheme[o->count++] = keep(f, 1, (str){scheme, scheme_word((str){f->wide, f->wide_len}, scheme)});
                end_sound(f);
            }
        }
    }
    f->word_len = f->wide_len = f->raw_len = 0;
    f->arabic = false;
}

static void syllable(struct folding *f, uint32_t point, bool family) {
    const char *const text = han_text(point, family);
    char four[4];

    letters(f->word, &f->word_len, text ? str_of(text) : (str){four, utf8_encode(point, four)});
    letters(f->wide, &f->wide_len, text ? str_of(text) : (str){four, utf8_encode(point, four)});
}

/* A name of two to five characters is a family's name and a given one; more are a company's, and one word. */
static void end_run(struct folding *f) {
    size_t family = 0;

    if (!f->run_count)
        return;
    if (f->run_count >= 2 && f->run_count <= 5)
        family = f->run_count > 2 && han_double(f->run[0], f->run[1]) ? 2 : 1;
    for (size_t i = 0; i < f->run_count; i++) {
        if (i == family)
            end_word(f);
        syllable(f, f->run[i], i < family);
    }
    end_word(f);
    f->run_count = 0;
}

static void one_arabic(struct folding *f, uint32_t point, const char *consonant) {
    static const uint16_t same[][2] = {{0x622, 0x627}, {0x623, 0x627}, {0x625, 0x627}, {0x671, 0x627}, {0x649, 0x64a},
                                       {0x6cc, 0x64a}, {0x629, 0x647}, {0x6c1, 0x647}, {0x6be, 0x647}, {0x6a9, 0x643}};
    char four[4];

    for (size_t i = 0; i < COUNT(same); i++)
        if (same[i][0] == point) {
            point = same[i][1];
            break;
        }
    letters(f->word, &f->word_len, (str){four, utf8_encode(point, four)});
    letters(f->wide, &f->wide_len, (str){four, utf8_encode(point, four)});
    letters(f->raw, &f->raw_len, str_of(consonant));
    f->arabic = true;
    f->out->scripts |= NAME_ARABIC;
}

/* Is it written within a word, and no letter? Apostrophes of all kinds. */
static bool within_word(uint32_t point) {
    return point == '\'' || point == '`' || point == 0xb4 || point == 0x2018 || point == 0x2019 || point == 0x2bc;
}

static void one(struct folding *f, uint32_t point) {
    char four[4];
    const char *text;

    if (is_han(point)) {
        if (!f->run_count)
            end_word(f);
        f->run[f->run_count++] = point = han_simple(point);
        keep(f, 3, (str){four, utf8_encode(point, four)});
        f->out->scripts |= NAME_HAN;
        return;
    }
    end_run(f);
    if ((point | 32) >= 'a' && (point | 32) <= 'z') {
        char const c = (char)(point | 32);

        letters(f->word, &f->word_len, (str){&c, 1});
        letters(f->wide, &f->wide_len, (str){&c, 1});
        f->out->scripts |= NAME_LATIN;
    } else if (point >= '0' && point <= '9') {
        char const c = (char)point;

        letters(f->word, &f->word_len, (str){&c, 1});
        letters(f->wide, &f->wide_len, (str){&c, 1});
    } else if (within_word(point)) {
        return;
    } else if (point < 0x80) {
        end_word(f);
    } else if ((text = latin_text(point, false))) {
        letters(f->word, &f->word_len, str_of(text));
        text = latin_text(point, true);
        letters(f->wide, &f->wide_len, str_of(text));
        f->out->scripts |= *text ? NAME_LATIN : 0;
    } else if ((text = cyrillic_text(point))) {
        letters(f->word, &f->word_len, str_of(text));
        letters(f->wide, &f->wide_len, str_of(text));
        f->out->scripts |= NAME_CYRILLIC;
    } else if ((text = arabic_text(point))) {
        one_arabic(f, point, text);
    } else if (point < 0x250 || (point >= 0x2000 && point <= 0x33ff) || point >= 0xfe00) {
        end_word(f); /* signs; letters of these blocks are in the tables above */
    } else {
        size_t const len = utf8_encode(fold_point(point), four);

        letters(f->word, &f->word_len, (str){four, len});
        letters(f->wide, &f->wide_len, (str){four, len});
        f->out->scripts |= NAME_OTHER;
    }
}

bool name_fold(str text, struct name_form *out) {
    struct folding f;
    bool lettered = false;

    out->count = out->sound_words = out->syllables = 0;
    out->scripts = 0;
    out->pinyin = out->arabic = false;
    out->sound = out->han = (str){"", 0};
    if (text.len > NAME_BYTES_MAX)
        return false;
    f.out = out;
    memset(f.used, 0, sizeof f.used);
    f.full = f.carried = f.arabic = false;
    f.word_len = f.wide_len = f.raw_len = f.run_count = 0;
    while (text.len) {
        uint32_t point = 0;
        size_t const width = utf8_decode(text, &point);

        one(&f, width ? point : ' ');
        text = str_from(text, width ? width : 1);
    }
    end_run(&f);
    end_word(&f);
    /* digits are no name, though a title stood beside them */
    for (size_t i = 0; i < out->count && !lettered; i++)
        for (size_t k = 0; k < out->words[i].len && !lettered; k++)
            lettered = out->words[i].ptr[k] < '0' || out->words[i].ptr[k] > '9';
    if (f.full || !lettered)
        return false;
    out->sound = (str){out->room[2], f.used[2]};
    out->han = (str){out->room[3], f.used[3]};
    out->pinyin = true;
    for (size_t i = 0; i < out->count; i++) {
        size_t const syllables = name_pinyin(out->words[i]);

        out->pinyin = out->pinyin && syllables;
        out->syllables += syllables;
    }
    return true;
}
