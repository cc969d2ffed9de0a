/* fuzz_assessment_tree: any bytes as an assessment that a case holds. What is one has all that is told first, within its ranges; and it is one again when it is
 * written out and read. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "report/assessment_tree.h"

static bool in_range(double p) {
    return p >= 0 && p <= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct assessment_brief brief, again;
    struct err e = {0};
    json_t *const tree = assessment_tree((str){size ? (const char *)data : "", size}, &e);

    if (!tree) {
        assert(e.code == ERR_NONE || e.code == ERR_MEMORY);
        return 0;
    }
    if (!assessment_brief(tree, &brief))
        abort();
    if (brief.level == BRIEF_NOT_JUDGED) {
        assert(brief.why.len);
    } else {
        assert(in_range(brief.none) && brief.level <= BRIEF_CONSISTENT && brief.confidence <= CONFIDENCE_HIGH);
        assert(brief.level == BRIEF_CLUSTER || (brief.group.len && in_range(brief.posterior)));
    }
    char *const text = json_dumps(tree, JSON_COMPACT | JSON_ENSURE_ASCII);

    if (text) { /* a bound may keep it out now, where every character takes six */
        json_t *const other = assessment_tree(str_of(text), &e);

        if (other) {
            if (!assessment_brief(other, &again))
                abort();
            assert(again.level == brief.level && str_eq(again.group, brief.group) && str_eq(again.why, brief.why));
        }
        json_decref(other);
    }
    free(text);
    json_decref(tree);
    return 0;
}
