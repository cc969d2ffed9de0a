/* profile: what was public about groups on a day: techniques and software, each with how many sources said so, by releases of a knowledge base. */
#ifndef ATTRIBUTION_PROFILE_H
#define ATTRIBUTION_PROFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A technique or a piece of software by its public number: 0 is none. Software that has no number, and that only our own facts name (data/groups: SoWaT,
 * NanoSlate), has one of these profiles alone: never to be kept or shown; profiles_token_name has the name. */
typedef uint32_t token;
#define TOKEN_SOFTWARE 0x80000000u
#define TOKEN_NAMED 0xc0000000u
/* T1059, T1059.003 and S0002; 0 for anything else. */
token token_parse(str s);
static inline bool token_software(token t) {
    return (t & TOKEN_SOFTWARE) != 0;
}
static inline bool token_named(token t) {
    return (t & TOKEN_NAMED) == TOKEN_NAMED;
}
/* The technique that a technique is a kind of; itself where it is none. */
static inline token token_parent(token t) {
    return token_software(t) ? t : t - t % 1000;
}

struct token_count {
    token token;
    uint32_t count;
};

/* Of what a group is published to use: how many sources, and the days of the first and the newest. */
struct profile_said {
    uint32_t sources;
    int64_t first_day, last_day; /* DAY_UNKNOWN */
    str source;                  /* the newest, by its title */
};
#define DAY_UNKNOWN INT64_MIN

/* A name in the spelling that is compared (intel/group.h), and what is called so; several: nothing can be told by it. */
struct profile_spelled {
    str key;
    size_t of;  /* a token, or an index */
    bool first; /* its first name, which goes before what others are called as well */
    bool several;
};
struct profile_word {
    token token;
    str name;
};

struct profile_group {
    str id, name, nation;      /* nation: ISO country as published, "" where none is: origin as suspected, no proof */
    struct token_count *links; /* by token; count: distinct sources */
    struct profile_said *said; /* of each link */
    size_t link_count;
    token *parents; /* of the techniques, sorted, each once */
    size_t parent_count;
    uint32_t recent; /* dated sources of the two years before the release, by what the release can have known */
    str *aliases;    /* the name not among them; first those that are its alone */
    size_t alias_count, alone_count;
    /* Of its sources, by their own dates, days since 1970-01-01: in which time it is known. DAY_UNKNOWN: none is dated. */
    int64_t first_day, last_day;
    /* Whom it is published to go for: ISO countries, and sectors in one spelling ("government", "telecommunications": data/attribution/sectors.yml). */
    str *countries, *sectors;
    size_t country_count, sector_count;
    str victims_source; /* who says so; "" */
    /* Since when that is certainly known: galaxies have no dates. VICTIMS_NOW: nobody can tell: for a judgement of today, and of no earlier day. */
    int64_t victims_day;
};

#define VICTIMS_NOW INT64_MAX
/* May its victims be used for a judgement by what was known on that day? now: the day is today, or later. */
static inline bool profile_victims_known(const struct profile_group *g, int64_t day, bool now) {
    return (g->country_count || g->sector_count) && (now || (g->victims_day != VICTIMS_NOW && g->victims_day <= day));
}

/* All groups of one release. */
struct profile {
    str release;
    int64_t day;                  /* of the release, since 1970-01-01 */
    struct profile_group *groups; /* by id */
    size_t group_count;
    struct token_count *listed, *parents; /* in how many groups' profiles, by token */
    size_t listed_count, parent_count;
    struct profile_spelled *names; /* of groups, by key */
    size_t name_count;
};

struct profiles {
    struct arena *memory;
    struct profile *releases; /* by day */
    size_t count;
    token *tools; /* software that is bought or found rather than made, sorted */
    size_t tool_count;
    struct profile_word *words;      /* by token */
    struct profile_spelled *spelled; /* software, by key */
    size_t word_count, spelled_count;
    struct profile_victims {
        str *texts;                      /* codes of countries, or sectors */
        struct profile_spelled *spelled; /* by key; of: index into texts */
        size_t text_count, spelled_count;
    } countries, sectors;
};

/* What a file or a folder knows of groups, by content (docs/formats/profiles.md). One of
 *
 *   a folder with profiles-by-release.json, groups.json, sources.json, software.json: the research layout, on which attribution is measured; nothing
 *   is added to it
 *   bundles of MITRE ATT&CK (STIX 2.0 or 2.1), each a release; plain, compressed or in archives. Beside them galaxies of MISP, which
 *   say more of groups that ATT&CK has (names, suspected origin, victims) and add none; files of facts in the language of docs/formats/groups.md;
 *   and the facts that are built in, each in releases from the day of its source on
 *
 * What comes from elsewhere is read in confined processes, and nothing of it is kept open.
 *
 * ERR_CORRUPT  no release is in it; or, with its name, a file that claims to hold one is damaged
 * ERR_USAGE    a file of facts has a fault
 * ERR_IO, ERR_LIMIT, ERR_MEMORY: with the file that it is about */
MUST_USE bool profiles_open(struct profiles **out, const char *path, struct err *e);
/* The same out of a store of intelligence: bundles of ATT&CK that are in force or history, galaxies that are in force, with the day on which they
 * were added as the day since when they are known. *out is NULL when it holds no release. */
MUST_USE bool profiles_store(struct profiles **out, const char *store_folder, struct err *e);
/* Takes NULL. */
void profiles_free(struct profiles *p);
/* NULL: there is none of that name. */
const struct profile *profiles_named(const struct profiles *p, str release);
/* The newest release of that day or before it; NULL: none is so old. */
const struct profile *profiles_on(const struct profiles *p, int64_t day);
bool profiles_tool(const struct profiles *p, token software);

/* "PlugX"; "" where nobody names it. */
str profiles_token_name(const struct profiles *p, token t);
/* By any of its names, letters of any case, without blanks, hyphens and points; 0: none, or several are called so. */
token profiles_software(const struct profiles *p, str name);
/* Whom sources write of, in our spelling: "GB" of "United Kingdom"; "telecommunications" of "Telecoms"; "" where it is neither. Lives as long as p. */
str profiles_country(const struct profiles *p, str word);
str profiles_sector(const struct profiles *p, str word);
/* A group of a release by its id, its first name, or another name that is its alone, in the same spelling; NO_GROUP: none, or several. */
#define NO_GROUP SIZE_MAX
size_t profile_find(const struct profile *p, str name);
/* False: it is not published to use it. */
bool profile_said(const struct profiles *all, const struct profile *p, size_t group, token t, struct profile_said *out);

/* The count of a token in a sorted list, 0 where it stands not there. */
uint32_t token_find(const struct token_count *list, size_t count, token t);
bool token_among(const token *list, size_t count, token t);
/* Sorts, takes doubles away; returns how many are left. */
size_t tokens_sort(token *list, size_t count);

#endif
