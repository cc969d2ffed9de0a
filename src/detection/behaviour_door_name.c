/* behaviour_door_name: words in names, domains outside, letters that look like others. */
#include "detection/behaviour_door_name.h"

#include <stdlib.h>

#include "base/hash.h"

#define SKELETON_MAX 128u
#define NAMES_MAX 4096u

struct door_names {
    struct code_map domains; /* by hash: 1 */
    uint64_t seed;
    struct skeleton {
        char text[SKELETON_MAX];
        size_t len;
    } * houses; /* first labels of those domains, plain */
    size_t count, room;
};

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_plain(char c) {
    c = small(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool has(str s, str word) {
    for (size_t i = 0; i + word.len <= s.len; i++)
        if (str_eq_ascii((str){s.ptr + i, word.len}, word))
            return true;
    return false;
}

static bool has_any(str s, const str *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (has(s, words[i]))
            return true;
    return false;
}

bool door_odd(str object) {
    size_t plain = 0;

    for (size_t i = object.len; i; i--)
        if (object.ptr[i - 1] == '\\') {
            object = str_from(object, i);
            break;
        }
    object = str_trim(object);
    for (size_t i = 0; i < object.len; i++)
        plain += is_plain(object.ptr[i]) || (unsigned char)object.ptr[i] >= 0x80;
    return object.len && (object.len == 1 || (object.len <= 3 && !plain));
}

bool door_hides(str detail) {
    static const str words[] = {STR("delete true"), STR("deletemessage"),        STR("rss"),          STR("junk"),
                                STR("archive"),     STR("conversation history"), STR("deleted items")};

    return has_any(detail, words, COUNT(words));
}

/* Of Microsoft Graph, Exchange and Google: names of scopes. */
bool door_reads(str rights) {
    static const str words[] = {STR("mail"), STR("files."), STR("sites."), STR("full_access"),
                                STR("ews."), STR("imap"),   STR("drive"),  STR("notes.")};

    return has_any(rights, words, COUNT(words));
}

bool door_everybody(str verb) {
    static const str words[] = {STR("true"), STR("everybody"), STR("allprincipals")};

    return has_any(verb, words, COUNT(words));
}

bool door_mighty(str role) {
    static const str words[] = {STR("admin"), STR("operators"), STR("owner"), STR("root"), STR("sudo"), STR("wheel")};

    return has_any(role, words, COUNT(words));
}

/* ---- outside ---- */

/* The domain of the first address of mail in a text, small; "": there is none. */
static str domain_of(str s, char out[SKELETON_MAX]) {
    size_t at = str_find_byte(s, '@'), n = 0;

    if (at == SIZE_MAX)
        return S("");
    for (at++; at < s.len && n < SKELETON_MAX && (is_plain(s.ptr[at]) || s.ptr[at] == '.' || s.ptr[at] == '-'); at++)
        out[n++] = small(s.ptr[at]);
    return (str){out, n};
}

bool door_outside(const struct door_names *n, str detail) {
    char text[SKELETON_MAX];
    str const domain = domain_of(detail, text);

    if (!domain.len)
        return false;
    for (size_t i = 0; i < domain.len; i++)
        if ((!i || domain.ptr[i - 1] == '.') &&
            code_map_get(&n->domains, hash_bytes(str_from(domain, i), n->seed) >> 1))
            return false;
    return true;
}

/* ---- look-alikes ---- */

/* Letters and digits, small; carelessly: what looks alike is one. */
static size_t read_as(str s, bool carelessly, char out[SKELETON_MAX]) {
    size_t n = 0;

    for (size_t i = 0; i < s.len && n < SKELETON_MAX; i++) {
        char const c = small(s.ptr[i]), next = i + 1 < s.len ? small(s.ptr[i + 1]) : '\0';

        if (!is_plain(c))
            continue;
        if (carelessly && ((c == 'r' && next == 'n') || (c == 'v' && next == 'v'))) {
            out[n++] = c == 'r' ? 'm' : 'w';
            i++;
        } else {
            out[n++] = !carelessly ? c : c == '0' ? 'o' : c == '1' || c == 'l' || c == 'i' ? 'l' : c == '5' ? 's' : c;
        }
    }
    return n;
}

static bool imitates(str name, str known) {
    char plain[SKELETON_MAX], careless[SKELETON_MAX], known_plain[SKELETON_MAX], known_careless[SKELETON_MAX];
    str const p = {plain, read_as(name, false, plain)}, c = {careless, read_as(name, true, careless)};
    str const kp = {known_plain, read_as(known, false, known_plain)};
    str const kc = {known_careless, read_as(known, true, known_careless)};

    return kc.len >= 5 && str_find(c, kc) != SIZE_MAX && str_find(p, kp) == SIZE_MAX;
}

bool door_lookalike(const struct door_names *n, str name) {
    /* What applications are named after so that people let them in. */
    static const str known[] = {STR("microsoft"), STR("office"),   STR("outlook"),  STR("exchange"), STR("sharepoint"),
                                STR("onedrive"),  STR("windows"),  STR("defender"), STR("google"),   STR("gmail"),
                                STR("apple"),     STR("adobe"),    STR("amazon"),   STR("dropbox"),  STR("company"),
                                STR("support"),   STR("security"), STR("helpdesk")};
    size_t const at = str_find_byte(name, '@');

    name = at == SIZE_MAX ? name : str_first(name, at);
    for (size_t i = 0; i < COUNT(known); i++)
        if (imitates(name, known[i]))
            return true;
    for (size_t i = 0; i < n->count; i++)
        if (imitates(name, (str){n->houses[i].text, n->houses[i].len}))
            return true;
    return false;
}

/* ---- what is known ---- */

static bool add_domain(struct door_names *n, str domain) {
    size_t const dot = str_find_byte(domain, '.');
    uint32_t *const known = code_map_put(&n->domains, hash_bytes(domain, n->seed) >> 1);
    str const label = str_first(domain, dot == SIZE_MAX ? domain.len : dot);

    if (!known)
        return false;
    if (*known || n->count == NAMES_MAX)
        return true;
    *known = 1;
    if (n->count == n->room) {
        struct skeleton *const bigger = reallocarray(n->houses, n->room * 2 + 16, sizeof *bigger);

        if (!bigger)
            return false;
        n->houses = bigger;
        n->room = n->room * 2 + 16;
    }
    memcpy(n->houses[n->count].text, label.ptr, label.len);
    n->houses[n->count++].len = label.len;
    return true;
}

bool door_names_new(struct door_names **out, const struct account_world *w, struct err *e) {
    struct door_names *const n = calloc(1, sizeof *n);
    struct activity_list accounts, list;
    bool ok = n || behaviour_no_memory(e);

    if (n)
        n->seed = hash_seed();
    ok = ok && activities_entities(w->a, ACT_ACCOUNT, &accounts, e);
    for (uint32_t i = 0; ok && i < accounts.count; i++) {
        char text[SKELETON_MAX];
        str const domain = domain_of(activities_spelling(w->a, ENTITY_ACCOUNT, accounts.items[i]), text);
        bool used = false;

        if (!domain.len)
            continue;
        ok = activities_of(w->a, ACT_ACCOUNT, accounts.items[i], &list, e);
        for (uint32_t k = 0; ok && k < list.count && !used; k++)
            used = account_is_use(w, activities_at(w->a, list.items[k]));
        ok = ok && (!used || add_domain(n, domain) || behaviour_no_memory(e));
    }
    if (!ok) {
        door_names_free(n);
        return false;
    }
    *out = n;
    return true;
}

void door_names_free(struct door_names *n) {
    if (!n)
        return;
    code_map_free(&n->domains);
    free(n->houses);
    free(n);
}
