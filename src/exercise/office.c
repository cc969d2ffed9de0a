/* office: people and places. Home networks lie in 198.18.0.0/16 and 2001:2::/48 (RFC 2544, RFC 5180), hotels and carriers in
 * 198.19.0.0/16: ranges that no host of the Internet has, and large enough for years of changing addresses. */
#include <assert.h>

#include "exercise/office.h"

#define HOME_DAYS 140 /* a home's address lasts up to so long */
#define LAST_YEAR 2024

static const char *const first_names[] = {
    "Ada",   "Amos",  "Anja",  "Bela",   "Birk",  "Cara", "Cyril", "Dana",  "Edda",  "Elias", "Enno", "Esra",
    "Fenja", "Finn",  "Gesa",  "Gustav", "Hedda", "Henk", "Ida",   "Ivo",   "Jana",  "Joris", "Kaja", "Klaas",
    "Lea",   "Linus", "Maren", "Milan",  "Nele",  "Nilo", "Odile", "Oskar", "Paula", "Quinn", "Rhea", "Ruben",
    "Selma", "Silas", "Talia", "Theo",   "Uma",   "Urs",  "Vera",  "Viggo", "Wanda", "Xenia", "Yara", "Zeno"};
static const char *const last_names[] = {
    "Abend", "Ahorn",   "Anders",  "Birnbaum", "Brandt", "Cordes", "Dorn",   "Eckart", "Engel",   "Falke",
    "Feldt", "Forster", "Gerlach", "Grau",     "Hafner", "Hagen",  "Herbst", "Holler", "Immel",   "Jensen",
    "Kamp",  "Keller",  "Kranich", "Kuhl",     "Lang",   "Lerche", "Lorenz", "Mahler", "Mertens", "Nagel",
    "Oster", "Pohl",    "Quast",   "Rabe",     "Reimer", "Rohde",  "Sander", "Seiler", "Specht",  "Thoma",
    "Ulmer", "Vogt",    "Wagner",  "Weiler",   "Winter", "Wolff",  "Zander", "Ziegler"};
static const char *const cities[] = {"Harbour", "Northfield", "Oldbridge", "Millbrook", "Lakeside", "Eastgate"};
static const char *const server_names[SERVERS] = {"DC01", "DC02", "FS01",   "REG01",  "SQL01", "APP01",   "MX01",
                                                  "MX02", "BK01", "CUCM01", "JUMP01", "MON01", "PROXY01", "GW01"};

const char *person_role_name(enum role r) {
    static const char *const names[] = {"members", "staff", "register", "press", "administrators"};

    return names[r];
}

/* Letters of an address. */
static void lower(const char *from, char *to) {
    for (; *from; from++)
        *to++ = (char)(*from >= 'A' && *from <= 'Z' ? *from + 32 : *from);
    *to = '\0';
}

static enum role role_of(uint32_t number, uint32_t accounts) {
    uint32_t const at = (uint32_t)((uint64_t)number * 100 / accounts);

    /* Administrators and the register's office are there however small the institution is. */
    if (number == 0 || number == 1)
        return ROLE_ADMIN;
    if (number == 2 || number == 3 || number == 4)
        return ROLE_REGISTER;
    return at < 10 ? ROLE_REGISTER : at < 14 ? ROLE_ADMIN : at < 55 ? ROLE_MEMBER : at < 92 ? ROLE_STAFF : ROLE_PRESS;
}

static void make_person(struct office *o, uint32_t number) {
    struct person *const p = &o->people[number];
    uint64_t const all = COUNT(first_names) * COUNT(last_names);
    uint64_t const at =
        (number * UINT64_C(1009) + rng_fixed(o->seed, 1, 1)) % all; /* 1009 and 2,304 have no common divisor */
    const char *const first = first_names[at % COUNT(first_names)], *const last = last_names[at / COUNT(first_names)];
    uint64_t const turn = number / all, luck = rng_fixed(o->seed, 2, number);
    char one[24], two[24];

    lower(first, one);
    lower(last, two);
    snprintf(p->login, sizeof p->login, turn ? "%s.%s%llu" : "%s.%s", one, two, (unsigned long long)turn);
    snprintf(p->name, sizeof p->name, "%s %s", first, last);
    p->number = number;
    p->role = role_of(number, o->accounts);
    p->extension = 41000 + number;
    p->to_day = o->days;
    /* New staff and leavers; those who are needed for the story stay. */
    if (number >= 10 && luck % 100 < 8)
        p->from_day = (uint32_t)(luck / 100 % o->days);
    else if (number >= 10 && luck % 100 < 15)
        p->to_day = (uint32_t)(o->days / 4 + luck / 100 % (o->days - o->days / 4));
    p->cloud = p->role == ROLE_MEMBER || p->role == ROLE_PRESS || p->role == ROLE_ADMIN ||
               (number % 3 == 0 && p->role == ROLE_STAFF);
    p->legacy = luck / 100000 % 16 == 0;
    p->maildir = luck / 10000000 % 100 < 4 && p->role == ROLE_MEMBER;
}

bool office_open(struct office *o, uint64_t seed, uint32_t years, uint32_t accounts, uint64_t scale, struct err *e) {
    int64_t first, last;

    *o = (struct office){.seed = seed, .scale = scale, .accounts = accounts, .months = years * 12};
    if (!instant_day(LAST_YEAR + 1 - years, 1, 1, &first) || !instant_day(LAST_YEAR + 1, 1, 1, &last))
        return err_set(e, ERR_LIMIT, 0, "%u years cannot be held", years);
    o->begin = first * DAY;
    o->end = last * DAY;
    o->days = (uint32_t)(last - first);
    o->noise = rng_of(seed, 0);
    o->r = &o->noise;
    o->people = calloc(accounts, sizeof *o->people);
    o->calls = calloc((size_t)o->months * accounts, sizeof *o->calls);
    if (!o->people || !o->calls) {
        office_close(o);
        return err_set(e, ERR_MEMORY, 0, "no memory for %u accounts", accounts);
    }
    for (uint32_t i = 0; i < accounts; i++)
        make_person(o, i);
    return true;
}

void office_close(struct office *o) {
    free(o->people);
    free(o->calls);
    buf_free(&o->line);
    buf_free(&o->more);
    o->people = NULL;
    o->calls = NULL;
}

uint32_t office_day(const struct office *o, int64_t when) {
    return (uint32_t)((when - o->begin) / DAY);
}

uint32_t office_month(const struct office *o, int64_t when) {
    struct wall const first = instant_wall(o->begin), w = instant_wall(when);

    return (uint32_t)((w.year - first.year) * 12 + w.month - 1);
}

bool office_weekend(const struct office *o, uint32_t day) {
    int64_t const since = o->begin / DAY + day; /* 1970-01-01 was a Thursday */

    return (since + 4) % 7 == 0 || (since + 4) % 7 == 6;
}

bool person_works(const struct person *p, uint32_t day) {
    return day >= p->from_day && day < p->to_day;
}

/* 198.18.0.0/16 in an order in which neighbours are strangers: 40503 is odd, so each number has one address. */
static void home_network(const struct office *o, uint32_t number, char out[ADDRESS_MAX]) {
    uint32_t const at = (number * 40503U + (uint32_t)(rng_fixed(o->seed, 3, 3) & 0xffff)) & 0xffff;

    snprintf(out, ADDRESS_MAX, "198.18.%u.%u", at >> 8, at & 255);
}

void office_stranger(const struct office *o, uint32_t number, char out[ADDRESS_MAX]) {
    home_network(o, 57344 + number % 8192, out);
}

static bool travels(const struct office *o, const struct person *p, uint32_t day, struct place *to) {
    /* In each 60 days at most one journey of up to six days, more often for members. */
    uint64_t const luck = rng_fixed(o->seed, 100 + day / 60, p->number);
    uint32_t const begins = (uint32_t)(luck >> 8) % 54, lasts = 2 + (uint32_t)(luck >> 24) % 5;
    uint32_t const country = 1 + (uint32_t)(luck >> 32) % 6;

    if (luck % 100 >= (p->role == ROLE_MEMBER || p->role == ROLE_PRESS ? 55 : 12) || day % 60 < begins ||
        day % 60 >= begins + lasts)
        return false;
    *to = (struct place){.where = AT_TRAVEL, .city = cities[country - 1]};
    snprintf(to->country, sizeof to->country, "X%c", (int)('A' + country));
    snprintf(to->address, sizeof to->address, "198.19.%u.%u", country * 20 + (unsigned)(luck >> 40) % 20,
             1 + (unsigned)(luck >> 48) % 254);
    return true;
}

struct place person_away(const struct office *o, const struct person *p, uint32_t day) {
    struct place at;
    uint32_t const length = 45 + (uint32_t)(rng_fixed(o->seed, 4, p->number) % (HOME_DAYS - 45));
    uint32_t const turn = (day + p->number * 7 % length) / length,
                   stride = o->days / 45 + 2; /* turns that a person may have */

    if (travels(o, p, day, &at))
        return at;
    at = (struct place){.where = AT_HOME, .country = "XA", .city = cities[p->number % COUNT(cities)]};
    if (p->number % 5 == 4)
        snprintf(at.address, sizeof at.address, "2001:2:0:%x::%x", (p->number * stride + turn) & 0xffff,
                 1 + (unsigned)(rng_fixed(o->seed, 5, p->number) % 65535));
    else
        home_network(o, (p->number * stride + turn) % 57344, at.address);
    return at;
}

bool person_is_away(const struct office *o, const struct person *p, uint32_t day) {
    struct place at;

    return travels(o, p, day, &at) || office_weekend(o, day) ||
           rng_fixed(o->seed, 200 + day, p->number) % 100 < (p->role == ROLE_MEMBER ? 45 : 20);
}

struct place person_phone(const struct office *o, const struct person *p, uint32_t day, uint64_t turn) {
    struct place at = person_away(o, p, day);

    if (turn % 5 < 2 || at.where == AT_TRAVEL)
        return at;
    if (turn % 5 == 2 && !office_weekend(o, day)) {
        at = (struct place){.where = AT_OFFICE, .address = "203.0.113.10", .country = "XA", .city = cities[0]};
        return at;
    }
    at = (struct place){.where = AT_CARRIER, .country = "XA", .city = cities[0]};
    snprintf(at.address, sizeof at.address, "198.19.200.%u",
             1 + (unsigned)(turn / 5 % 8)); /* all customers share these */
    return at;
}

str person_agent(const struct office *o, const struct person *p, uint32_t day, char room[200]) {
    /* Browsers are renewed every four weeks or so. */
    unsigned const version =
        80 + (unsigned)((o->begin / DAY - 18262 + day) / 28) + (unsigned)(p->number % 2 && day % 28 < 4 ? -1 : 0);

    switch (p->number % 4) {
    case 0:
    case 1:
        snprintf(room, 200,
                 "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 "
                 "Safari/537.36 Edg/%u.0.0.0",
                 version, version);
        break;
    case 2:
        snprintf(room, 200, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%u.0) Gecko/20100101 Firefox/%u.0", version,
                 version);
        break;
    default:
        snprintf(room, 200,
                 "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                 "Version/%u.%u Safari/605.1.15",
                 10 + version / 14, version % 6);
    }
    return str_of(room);
}

str person_phone_agent(const struct office *o, const struct person *p, uint32_t day, char room[200]) {
    unsigned const version = 13 + (unsigned)((o->begin / DAY - 18262 + day) / 365);

    if (p->number % 2)
        snprintf(room, 200,
                 "Mozilla/5.0 (iPhone; CPU iPhone OS %u_%u like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                 "Mobile/15E148",
                 version, day / 90 % 4);
    else
        snprintf(room, 200,
                 "Mozilla/5.0 (Linux; Android %u; Pixel %u) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Mobile "
                 "Safari/537.36",
                 version - 3, 3 + (version + p->number) % 5);
    return str_of(room);
}

void person_device(const struct office *o, const struct person *p, uint32_t day, bool phone, char out[GUID_MAX]) {
    uint64_t const turn = (day + p->number * 13 % 400) / (phone ? 520 : 900);

    guid_of(rng_fixed(o->seed, 6 + phone, p->number), turn, out);
}

struct person *office_person(struct office *o, enum role role, uint32_t from, uint32_t to, bool cloud, bool free) {
    uint32_t const start = (uint32_t)rng_below(o->r, o->accounts);

    for (uint32_t i = 0; i < o->accounts; i++) {
        struct person *const p = &o->people[(start + i) % o->accounts];

        if (p->role == role && p->cloud == cloud && p->from_day <= from && p->to_day >= to && !(free && p->taken))
            return p;
    }
    return NULL;
}

struct person *office_anybody(struct office *o, uint32_t day) {
    struct person *p = &o->people[rng_below(o->r, o->accounts)];

    return person_works(p, day) ? p : &o->people[rng_below(o->r, o->accounts < 10 ? o->accounts : 10)];
}

str host_name(uint32_t host, char room[16]) {
    if (host < SERVERS)
        return str_of(server_names[host]);
    snprintf(room, 16, "WS%05u", (host - SERVERS) % 100000 + 1);
    return str_of(room);
}

void host_address(uint32_t host, char out[ADDRESS_MAX]) {
    uint32_t const n = host - SERVERS;

    if (host < SERVERS)
        snprintf(out, ADDRESS_MAX, "10.10.0.%u", 10 + host);
    else
        snprintf(out, ADDRESS_MAX, "10.%u.%u.%u", 20 + n / 62500, n / 250 % 250, n % 250 + 2);
}

void guid_of(uint64_t a, uint64_t b, char out[GUID_MAX]) {
    uint64_t const x = rng_mix(a), y = rng_mix(x ^ rng_mix(b + 1));

    snprintf(out, GUID_MAX, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(x >> 32), (unsigned)(x >> 16) & 0xffff,
             (unsigned)x & 0xfff, (unsigned)(y >> 48) & 0xfff, (unsigned long long)(y & UINT64_C(0xffffffffffff)));
}

void office_guid(struct office *o, char out[GUID_MAX]) {
    uint64_t const a = rng_next(o->r);

    guid_of(a, rng_next(o->r), out);
}
