/* stix_print: what patterns say of observations, for tests in Python. Each line of standard input is JSON:
 * {"pattern": "...", "strict": true, "hunt": false, "observations": [Observed Data or bundles]}; each line of output "yes N,N,..."
 * (which observations, from 0), "no", "refused ..." or "given up ...". */
#include <errno.h>

#include "codec/json_tree.h"
#include "intel/stix_match.h"
#include "intel/stix_solve.h"

static bool collect(const json_t *list, struct arena *a, struct stix_observation *all, size_t *count, struct err *e) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct stix_observation *some;
        size_t n;

        if (!stix_observations_read(json_array_get(list, i), a, &some, &n, e))
            return false;
        memcpy(all + *count, some, n * sizeof *some);
        *count += n;
    }
    return true;
}

/* What stix_matcher_all does, and which observations it was. */
static bool solve(struct stix_matcher *m, const struct stix_pattern *p, const struct stix_observation *o, size_t count,
                  struct arena *a, struct stix_solution *solution, struct err *e) {
    struct stix_sighting *const seen = arena_zero(a, count, sizeof *seen);
    struct stix_hit *const hits = arena_zero(a, count * p->bracket_count, sizeof *hits);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        seen[i] = (struct stix_sighting){o[i].first, o[i].last, o[i].number};
        for (uint32_t b = 0; b < p->bracket_count; b++) {
            bool yes;

            if (!stix_matcher_bracket(m, b, &o[i], &yes, e))
                return false;
            if (yes)
                hits[used++] = (struct stix_hit){b, (uint32_t)i};
        }
    }
    return stix_solve(p, seen, count, hits, used, NULL, a, solution, e);
}

static void answer(const json_t *j) {
    struct arena *const a = arena_new((size_t)256 << 20);
    struct stix_observation *const o = arena_zero(a, 4096, sizeof *o);
    struct stix_matcher *m = NULL;
    struct stix_pattern p;
    struct stix_solution solution;
    struct err e = {0};
    size_t count = 0;
    bool yes = false;

    if (!collect(json_object_get(j, "observations"), a, o, &count, &e))
        printf("broken %s\n", e.text);
    else if (!stix_pattern_parse(json_text_at(j, "pattern"), json_is_true(json_object_get(j, "strict")), a, &p, &e) ||
             !stix_matcher_new(&m, &p, json_is_true(json_object_get(j, "hunt")), &e))
        printf("refused %s\n", e.text);
    else if (!stix_matcher_all(m, o, count, &yes, &e) || !solve(m, &p, o, count, a, &solution, &e))
        printf("given up %s\n", e.text);
    else if (yes != solution.yes)
        abort();
    else if (!yes)
        printf("no\n");
    else {
        printf("yes ");
        for (size_t i = 0; i < solution.count; i++)
            printf("%s%u:%u", i ? "," : "", solution.hits[i].bracket, solution.hits[i].sighting);
        printf("\n");
    }
    stix_matcher_free(m);
    arena_free(a);
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        struct err e = {0};
        json_t *const j = json_tree((str){line, (size_t)len}, &e);

        if (!j) {
            fprintf(stderr, "stix_print: %s\n", e.text);
            return 1;
        }
        answer(j);
        json_decref(j);
    }
    free(line);
    return 0;
}
