/* activity: so many made-up activities kept, put in order, and listed by entity: seconds and memory.
 *
 *     activity COUNT
 *
 * Accounts, hosts and programs of an institution of four hundred over two years in monthly files; one in three objects is new, one in four
 * sessions. Addresses are of networks for benches (RFC 2544). */
#include <inttypes.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "detection/activity.h"

#define SECOND INT64_C(1000000000)
#define START INT64_C(1609459200000000000) /* 2021-01-01 */
#define MONTHS 24u
#define SOURCES 10u

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The i-th of count; each file's in the order of time. */
static void make(uint64_t *luck, uint64_t i, uint64_t count, struct buf texts[ACT_TEXTS], struct buf *path,
                 struct activity_event *v) {
    uint64_t const files = MONTHS * SOURCES, file = i * files / count, n = draw(luck), person = n % 400;
    uint64_t const in_file = (i * files % count) * 2592000 / count; /* seconds of the month */

    for (size_t t = 0; t < ACT_TEXTS; t++)
        texts[t].len = 0;
    path->len = 0;
    buf_format(path, "evidence/log-%" PRIu64 "/%" PRIu64, file / MONTHS, file % MONTHS);
    buf_format(&texts[ACT_ACCOUNT], file % 2 ? "CHAMBER\\person%" PRIu64 : "person%" PRIu64 "@chamber.example", person);
    buf_format(&texts[ACT_ADDRESS], "198.18.%" PRIu64 ".%" PRIu64, person % 250, n / 512 % 20);
    buf_format(&texts[ACT_HOST], file % 3 ? "WS%03" PRIu64 : "ws%03" PRIu64 ".chamber.example", person);
    buf_format(&texts[ACT_PROGRAM], "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/%" PRIu64 ".0.0.0 Safari/537.36",
               100 + file % MONTHS);
    buf_format(&texts[ACT_SESSION], "%016" PRIx64, n / 4096 % 4 ? person * 977 + file : draw(luck));
    buf_format(&texts[ACT_OBJECT], "https://files.chamber.example/sites/office/%" PRIu64 ".docx",
               n / 65536 % 3 ? n / 1048576 % 5000 : n / 1048576);
    buf_format(&texts[ACT_VERB], "%" PRIu64, n / 32768 % 10);
    buf_format(&texts[ACT_KIND], "kind/%" PRIu64, file / MONTHS);
    for (size_t t = 0; t < ACT_TEXTS; t++)
        v->text[t] = buf_str(&texts[t]);
    v->evidence_path = buf_str(path);
    v->evidence_sha256 = "00";
    v->act = (enum act)(1 + n / 8192 % (ACTS - 1));
    v->outcome = OUTCOME_SUCCESS;
    v->record = i;
    v->offset = i * 500;
    v->count = 1;
    v->when = v->last = START + (int64_t)(file % MONTHS * 2592000 + in_file) * SECOND;
}

int main(int argc, char **argv) {
    uint64_t const count = argc == 2 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct buf texts[ACT_TEXTS] = {0}, path = {0};
    double add = 0, end, list;
    struct activity_list entities;
    struct activities *a;
    struct rusage used;
    uint64_t luck, lists = 0;
    struct err e;

    if (!activities_new(&a, (size_t)4 << 30, NULL, &e))
        goto fail;
    for (int adds = 0; adds < 2; adds++) { /* first what it costs to make them, which is no part of it */
        double const began = seconds();

        luck = 1;
        for (uint64_t i = 0; i < count; i++) {
            struct activity_event v = {0};

            make(&luck, i, count, texts, &path, &v);
            if (adds && !activities_add(a, &v, &e))
                goto fail;
        }
        add = seconds() - began - add;
    }
    end = seconds();
    if (!activities_end(a, &e))
        goto fail;
    list = seconds();
    end = list - end;
    for (size_t t = 0; t < ACT_TEXTS; t++) {
        if (!activities_entities(a, (enum act_text)t, &entities, &e))
            goto fail;
        lists += entities.count;
    }
    if (!activities_of_act(a, ACT_SIGN_IN, &entities, &e))
        goto fail;
    list = seconds() - list;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"count\":%u,\"lost\":%" PRIu64 ",\"texts\":%u,\"lists\":%" PRIu64
           ",\"add_cpu\":%.3f,\"end_cpu\":%.3f,\"lists_cpu\":%.3f,\"rss_mib\":%ld}\n",
           activities_count(a), activities_lost(a), activities_text_count(a), lists, add, end, list,
           used.ru_maxrss / 1024);
    for (size_t t = 0; t < ACT_TEXTS; t++)
        buf_free(&texts[t]);
    buf_free(&path);
    activities_free(a);
    return 0;
fail:
    fprintf(stderr, "activity: %s\n", e.text);
    return 1;
}
