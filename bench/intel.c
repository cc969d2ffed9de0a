/* intel: a set of so many made-up indicators, and how long it takes to open.
 *
 *     intel make COUNT SET     addresses, domains, URLs, hashes, mail addresses, files, networks, user agents, mutexes, as a feed has them
 *     intel open SET           opens and checks it
 *
 * Addresses are of networks for benches (RFC 2544, RFC 5180); the last labels and endings are those of real feeds, because what they
 * rule out is what is measured. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "intel/intel_set.h"

static double seconds(clockid_t clock) {
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static const char *const words[] = {"update", "mail",   "cdn",   "office", "login", "static", "news",  "cloud",
                                    "secure", "portal", "files", "sync",   "edge",  "assets", "press", "daily"};

static const char *const tlds[] = {"com", "com", "com", "net", "org", "info", "ru",
                                   "cn",  "de",  "top", "xyz", "io",  "co.uk"};
static const char *const endings[] = {"exe", "exe", "dll", "php", "ps1", "doc", "js", "vbs", "bat", "sh", "so", "bin"};

static void word(struct buf *b, uint64_t *state) {
    buf_add(b, str_of(words[draw(state) % COUNT(words)]));
}

static void hex(struct buf *b, uint64_t *state, unsigned digits) {
    for (unsigned i = 0; i < digits; i += 16)
        buf_format(b, "%016" PRIx64, draw(state));
    b->len -= (16 - digits % 16) % 16;
}

static enum observable value_make(struct buf *b, uint64_t *state) {
    uint64_t const which = draw(state) % 100;

    if (which < 25) {
        if (draw(state) % 2)
            buf_format(b, "198.%u.%u.%u", 18 + (unsigned)(draw(state) % 2), (unsigned)(draw(state) % 256),
                       (unsigned)(draw(state) % 256));
        else
            buf_format(b, "2001:2:0:%x:%x::%x", (unsigned)(draw(state) & 0xffff), (unsigned)(draw(state) & 0xffff),
                       (unsigned)(draw(state) & 0xffff));
        return OBSERVABLE_ADDRESS;
    }
    if (which < 27) {
        buf_format(b, "198.18.%u.%u/%u", (unsigned)(draw(state) % 256), (unsigned)(draw(state) % 16) * 16,
                   (unsigned)(24 + draw(state) % 6));
        return OBSERVABLE_NETWORK;
    }
    if (which < 52) {
        word(b, state);
        buf_format(b, "-%x.", (unsigned)(draw(state) & 0xffffff));
        word(b, state);
        buf_format(b, "%u-bench.%s", (unsigned)(draw(state) % 1000), tlds[draw(state) % COUNT(tlds)]);
        return OBSERVABLE_DOMAIN;
    }
    if (which < 67) {
        buf_add(b, S("https://"));
        word(b, state);
        buf_format(b, "%x-bench.%s/", (unsigned)(draw(state) & 0xfffff), tlds[draw(state) % COUNT(tlds)]);
        word(b, state);
        buf_format(b, "/%" PRIx64 ".php?id=%u", draw(state) >> 24, (unsigned)(draw(state) % 100000));
        return OBSERVABLE_URL;
    }
    if (which < 75) {
        hex(b, state, 32);
        return OBSERVABLE_MD5;
    }
    if (which < 80) {
        hex(b, state, 40);
        return OBSERVABLE_SHA1;
    }
    if (which < 92) {
        hex(b, state, 64);
        return OBSERVABLE_SHA256;
    }
    if (which < 95) {
        word(b, state);
        buf_format(b, ".%x@", (unsigned)(draw(state) & 0xfffff));
        word(b, state);
        buf_format(b, "%x-bench.%s", (unsigned)(draw(state) & 0xffff), tlds[draw(state) % COUNT(tlds)]);
        return OBSERVABLE_MAIL;
    }
    if (which < 98) {
        word(b, state);
        buf_format(b, "%x.%s", (unsigned)(draw(state) & 0xffffff), endings[draw(state) % COUNT(endings)]);
        return OBSERVABLE_FILE_NAME;
    }
    if (which < 99) {
        buf_format(b, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) bench/%x", (unsigned)(draw(state) & 0xffffff));
        return OBSERVABLE_USER_AGENT;
    }
    buf_format(b, "Global\\{%x-bench}", (unsigned)(draw(state) & 0xfffffff));
    return OBSERVABLE_MUTEX;
}

static int make(uint64_t count, const char *path) {
    static const char *const groups[] = {"APT31", "APT40", "Sample Group", "Another Group"};
    struct intel_builder *b;
    struct buf value = {0}, id = {0}, where = {0}, out = {0};
    struct err e = {0};
    uint64_t state = 1;
    double const began = seconds(CLOCK_PROCESS_CPUTIME_ID);
    FILE *to;

    if (!intel_builder_new(&b, &e))
        return 1;
    for (uint64_t i = 0; i < count; i++) {
        struct intel_item item = {.form = ITEM_VALUE,
                                  .raw = S(""),
                                  .title = S(""),
                                  .comment = S(""),
                                  .created = INSTANT_NONE,
                                  .modified = INSTANT_NONE,
                                  .valid_from = INSTANT_NONE,
                                  .valid_until = INSTANT_NONE,
                                  .first_seen = INSTANT_NONE,
                                  .last_seen = INSTANT_NONE,
                                  .tlp = TLP_GREEN};

        if (i % (count / 20 + 1) == 0 && !intel_builder_source(b, S("a feed of the bench"), S(""), &e))
            goto fail;
        value.len = id.len = where.len = 0;
        item.type = value_make(&value, &state);
        item.value = buf_str(&value);
        buf_format(&id, "indicator--%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)draw(&state),
                   (unsigned)draw(&state) & 0xffff, (unsigned)draw(&state) & 0xfff, (unsigned)draw(&state) & 0xfff,
                   draw(&state) & 0xffffffffffff);
        buf_format(&where, "object %" PRIu64, i + 1);
        item.id = buf_str(&id);
        item.where = buf_str(&where);
        item.title = item.value;
        item.created =
            (int64_t)(1500000000 + draw(&state) % 250000000) * 1000000000 + (int64_t)(draw(&state) % 1000) * 1000000;
        item.modified = item.created + 86400000000000;
        item.valid_from = item.created;
        item.valid_until = item.created + INT64_C(15552000) * 1000000000;
        item.confidence = (uint8_t)(draw(&state) % 101);
        item.groups.names[0] = str_of(groups[draw(&state) % COUNT(groups)]);
        item.groups.count = 1;
        if (!intel_builder_item(b, &item, &e))
            goto fail;
    }
    double const told = seconds(CLOCK_PROCESS_CPUTIME_ID);

    if (!intel_builder_end(b, &out, &e))
        goto fail;
    intel_builder_free(b);
    double const ended = seconds(CLOCK_PROCESS_CPUTIME_ID);

    if (!(to = fopen(path, "w")) || fwrite(out.ptr, 1, out.len, to) != out.len || fclose(to) != 0)
        return 1;
    printf("{\"count\":%" PRIu64 ",\"bytes\":%zu,\"add_cpu\":%.3f,\"end_cpu\":%.3f}\n", count, out.len, told - began,
           ended - told);
    return 0;
fail:
    fprintf(stderr, "intel: %s\n", e.text);
    return 1;
}

static int open_set(const char *path) {
    struct intel_set *s;
    struct err e = {0};
    double const wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

    if (!intel_set_open(&s, path, &e)) {
        fprintf(stderr, "intel: %s\n", e.text);
        return 1;
    }
    printf("{\"wall\":%.4f,\"cpu\":%.4f,\"entries\":%zu,\"bytes\":%zu}\n", seconds(CLOCK_MONOTONIC) - wall,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, intel_set_entries(s), intel_set_bytes(s));
    intel_set_free(s);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(strtoull(argv[2], NULL, 10), argv[3]);
    if (argc == 3 && strcmp(argv[1], "open") == 0)
        return open_set(argv[2]);
    fprintf(stderr, "intel: make COUNT SET | open SET\n");
    return 2;
}
