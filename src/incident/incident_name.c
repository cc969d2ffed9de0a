/* incident_name: the words for what incidents are made of, as cases and exports have them. */
#include "incident/incident_own.h"

static const str clues[CLUE_TYPES] = {
    [CLUE_BEHAVIOUR] = STR("behaviour"), [CLUE_RULE] = STR("rule"), [CLUE_CAMPAIGN] = STR("campaign")};
static const str reaches[REACH_TYPES] = {
    [REACH_MAILBOX] = STR("mailbox"), [REACH_FILE] = STR("file"),       [REACH_REGISTER] = STR("register"),
    [REACH_HOST] = STR("host"),       [REACH_ACCOUNT] = STR("account"), [REACH_CALLS] = STR("calls"),
    [REACH_PERSON] = STR("person"),   [REACH_OUT] = STR("out"),
};
static const str parts[PART_TYPES] = {
    [PART_ACCOUNT] = STR("account"), [PART_HOST] = STR("host"),     [PART_ADDRESS] = STR("address"),
    [PART_SESSION] = STR("session"), [PART_CLIENT] = STR("client"), [PART_PROGRAM] = STR("program"),
    [PART_PAGE] = STR("page"),       [PART_OBJECT] = STR("object"), [PART_DOMAIN] = STR("domain"),
};

static unsigned index_of(str name, const str *names, unsigned count) {
    unsigned i = 0;

    while (i < count && !str_eq(names[i], name))
        i++;
    return i;
}

str clue_type_name(enum clue_type t) {
    return clues[t];
}

enum clue_type clue_type_of(str name) {
    return (enum clue_type)index_of(name, clues, CLUE_TYPES);
}

str reach_type_name(enum reach_type t) {
    return reaches[t];
}

enum reach_type reach_type_of(str name) {
    return (enum reach_type)index_of(name, reaches, REACH_TYPES);
}

str incident_part_name(enum behaviour_part_type t) {
    return parts[t];
}

enum behaviour_part_type incident_part_of(str name) {
    return (enum behaviour_part_type)index_of(name, parts, PART_TYPES);
}

uint32_t incident_host_at(const struct incidents *s, uint32_t address, int64_t when) {
    uint32_t const host = activities_host_of(s->a, address, when);

    return host ? host : activities_host(s->a, address);
}
