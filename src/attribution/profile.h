/* profile: what was public about groups on a day: techniques and software, each with how many sources said so, by releases of a knowledge base. */
#ifndef ATTRIBUTION_PROFILE_H
#define ATTRIBUTION_PROFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A technique or a piece of software by its public number: 0 is none. */
typedef uint32_t token;
#define TOKEN_SOFTWARE 0x80000000u
/* T1059, T1059.003 and S0002; 0 for anything else. */
token token_parse(str s);
static inline bool token_software(token t) {
    return (t & TOKEN_SOFTWARE) != 0;
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
    size_t of; /* a token, or an index */
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
    str *aliases;    /* the name not among them */
    size_t alias_count;
    /* Of its sources, by their own dates, days since 1970-01-01: in which time it is known. DAY_UNKNOWN: none is dated. */
    int64_t first_day, last_day;
    /* Whom it is published to go for: ISO countries, and sectors in one spelling ("government", "telecommunications": data/attribution/sectors.yml). */
    str *countries, *sectors;
    size_t country_count, sector_count;
    str victims_source; /* who says so; "" */
};

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
};

/* Reads profiles-by-release.json, groups.json, sources.json and software.json of the folder. */
MUST_USE bool profiles_open(struct profiles **out, const char *folder, struct err *e);
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
/* A group of a release by its id or any name that is its alone, in the same spelling; NO_GROUP: none, or several. */
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
