/* door_name: names of kinds and states of doors. */
#include "incident/door.h"

static const str kinds[DOOR_KINDS] = {
    [DOOR_ACCOUNT] = STR("account"),     [DOOR_SESSION] = STR("session"),
    [DOOR_RULE] = STR("rule"),           [DOOR_FORWARDING] = STR("forwarding"),
    [DOOR_CONSENT] = STR("consent"),     [DOOR_KEY] = STR("key"),
    [DOOR_DELEGATE] = STR("delegate"),   [DOOR_ROLE] = STR("role"),
    [DOOR_FACTOR] = STR("factor"),       [DOOR_NEW_ACCOUNT] = STR("new_account"),
    [DOOR_WEB_SHELL] = STR("web_shell"), [DOOR_FIREWALL_OPENING] = STR("firewall_opening"),
    [DOOR_SERVICE] = STR("service"),     [DOOR_TASK] = STR("task"),
    [DOOR_AUTORUN] = STR("autorun"),     [DOOR_VPN_ACCOUNT] = STR("vpn_account"),
    [DOOR_IMPLANT] = STR("implant"),     [DOOR_APPLICATION] = STR("application"),
    [DOOR_OPENING] = STR("opening"),
};

str door_kind_name(enum door_kind k) {
    return kinds[k];
}

enum door_kind door_kind_of(str name) {
    unsigned k = 0;

    while (k < DOOR_KINDS && !str_eq(kinds[k], name))
        k++;
    return (enum door_kind)k;
}

str door_state_name(enum door_state s) {
    static const str names[] = {STR("closed"), STR("open"), STR("cannot tell")};

    return names[s];
}
