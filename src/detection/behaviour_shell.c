/* behaviour_shell: shells and tools that server programs start, without what is a chore or belongs to a product. */
#include <stdlib.h>

#include "detection/behaviour_kit.h"

size_t shells_server(struct shells *s, uint32_t code) {
    if (!s->parents[code]) {
        char name[KIT_NAME];

        s->parents[code] = (uint8_t)(1 + kit_word(s->servers, kit_program_name(activities_text(s->a, code), name)));
    }
    return s->parents[code] - 1u;
}

static bool is_shell(const struct activities *a, const struct word_list *shells, const struct activity *v) {
    char name[KIT_NAME], folded[2 * KIT_TEXT + 16];
    str const program = activities_text(a, v->text[ACT_PROGRAM]);

    if (program.len)
        return kit_word(shells, kit_program_name(program, name)) != 0;
    return kit_command(shells, kit_folded(str_first(activities_text(a, v->text[ACT_OBJECT]), 80), folded)) != 0;
}

/* On how many hosts a command is seen. */
static bool count_hosts(struct meetings *hosts, struct meetings *each, uint32_t host, uint64_t skeleton,
                        struct err *e) {
    struct meeting *m = meetings_at(each, host ^ (uint32_t)(skeleton >> 32), (uint32_t)skeleton);

    if (!m)
        return kit_no_memory(e);
    if (m->events++)
        return true;
    if (!(m = meetings_at(hosts, (uint32_t)(skeleton >> 32), (uint32_t)skeleton)))
        return kit_no_memory(e);
    m->events++;
    return true;
}

bool shells_open(struct shells *s, struct activities *a, const struct behaviours *b, uint64_t seed, struct err *e) {
    const struct behaviour *const own = behaviours_find(b, S("service-shell"));
    const struct word_list *const words = behaviour_list(own, "shells");
    struct meetings hosts = {0}, each = {0};
    struct bundle commands = {0}; /* key: host and server program; sub: skeleton */
    struct activity_list processes;
    bool ok;

    *s = (struct shells){.a = a, .servers = behaviour_list(own, "servers")};
    ok = (s->parents = calloc((size_t)activities_text_count(a) + 1, 1)) != NULL || kit_no_memory(e);
    ok = ok && activities_of_act(a, ACT_PROCESS, &processes, e);
    for (uint32_t i = 0; ok && i < processes.count; i++) {
        const struct activity *const v = activities_at(a, processes.items[i]);
        uint32_t const host = activities_host(a, v->text[ACT_HOST]);
        size_t const server = v->text[ACT_DETAIL] ? shells_server(s, v->text[ACT_DETAIL]) : 0;
        uint64_t skeleton;

        if (!server || !host)
            continue;
        ok = meetings_at(&s->hosts, host, 0) != NULL || kit_no_memory(e);
        if (!ok || !is_shell(a, words, v))
            continue;
        skeleton = kit_skeleton(kit_command_line(a, v), seed);
        ok = count_hosts(&hosts, &each, host, skeleton, e) &&
             bundle_add(&commands, (uint64_t)host << 32 | server, skeleton, processes.items[i], 0, e);
    }
    bundle_sort(&commands);
    for (size_t i = 0, end; ok && i < commands.count; i = end) {
        uint64_t const skeleton = commands.items[i].sub;
        const struct meeting *const m = meetings_find(&hosts, (uint32_t)(skeleton >> 32), (uint32_t)skeleton);
        bool chore = false;

        end = bundle_sub_end(&commands, i);
        if (m && m->events >= (uint32_t)behaviour_threshold(own, "hosts"))
            continue;
        ok = kit_chore(a, &commands, i, end, (size_t)behaviour_threshold(own, "chore"),
                       behaviour_threshold(own, "regular"), &chore, e);
        for (size_t k = i; ok && !chore && k < end; k++)
            ok = bundle_add(&s->odd, commands.items[k].key, 0, commands.items[k].activity, 0, e);
    }
    bundle_sort(&s->odd);
    for (size_t i = 0; i < s->odd.count; i++)
        s->odd_hosts += !i || s->odd.items[i].key >> 32 != s->odd.items[i - 1].key >> 32;
    bundle_free(&commands);
    meetings_free(&hosts);
    meetings_free(&each);
    return ok;
}

void shells_close(struct shells *s) {
    bundle_free(&s->odd);
    meetings_free(&s->hosts);
    free(s->parents);
    *s = (struct shells){0};
}
