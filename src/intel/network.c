/* network: tables of spans searched by halves; MMDB files by libmaxminddb. */
#include "intel/network.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf.h"

#define FILES_MAX 8u

struct span4 {
    uint32_t first, last;
    uint8_t name;
};
struct half6 {
    uint64_t high, low;
};
struct span6 {
    struct half6 first, last;
    uint8_t name;
};

#include "network_table.h"

struct geo {
    MMDB_s files[FILES_MAX];
    size_t count;
};

static uint64_t big_endian(const uint8_t *p, size_t bytes) {
    uint64_t n = 0;

    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | p[i];
    return n;
}

static int half_cmp(struct half6 a, struct half6 b) {
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

/* The name of the span that holds the address, or nothing. */
static str name4(const struct span4 *spans, size_t count, const str *names, const uint8_t *bytes) {
    uint32_t const at = (uint32_t)big_endian(bytes, 4);
    size_t low = 0, high = count;

    while (low < high) {
        size_t const middle = (low + high) / 2;

        if (spans[middle].last < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && spans[low].first <= at ? names[spans[low].name] : S("");
}

static str name6(const struct span6 *spans, size_t count, const str *names, const uint8_t *bytes) {
    struct half6 const at = {big_endian(bytes, 8), big_endian(bytes + 8, 8)};
    size_t low = 0, high = count;

    while (low < high) {
        size_t const middle = (low + high) / 2;

        if (half_cmp(spans[middle].last, at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && half_cmp(spans[low].first, at) <= 0 ? names[spans[low].name] : S("");
}

bool geo_open(struct geo **out, const char *const *paths, size_t count, struct err *e) {
    struct geo *const g = calloc(1, sizeof *g);

    if (!g)
        return err_set(e, ERR_MEMORY, 0, "no memory for networks");
    for (size_t i = 0; i < count; i++) {
        int const status = g->count < FILES_MAX ? MMDB_open(paths[i], MMDB_MODE_MMAP, &g->files[g->count]) : -1;

        if (status != MMDB_SUCCESS) {
            geo_close(g);
            if (status == MMDB_OUT_OF_MEMORY_ERROR)
                return err_set(e, ERR_MEMORY, 0, "no memory for networks");
            if (status == -1)
                return err_set(e, ERR_USAGE, 0, "more than %u MMDB files", FILES_MAX);
            return err_set(e, ERR_USAGE, 0, "%s is no MMDB file that can be read: %s", paths[i], MMDB_strerror(status));
        }
        g->count++;
    }
    *out = g;
    return true;
}

void geo_close(struct geo *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++)
        MMDB_close(&g->files[i]);
    free(g);
}

static bool text_at(MMDB_entry_s *entry, const char *const *path, str *out) {
    MMDB_entry_data_s data;

    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return false;
    *out = (str){data.utf8_string, data.data_size};
    return true;
}

static bool number_at(MMDB_entry_s *entry, const char *const *path, uint32_t *out) {
    MMDB_entry_data_s data;

    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UINT32)
        return false;
    *out = data.uint32;
    return true;
}

/* Published databases agree in the form of their entries but for the names. */
static void add_country(MMDB_entry_s *entry, struct network_about *out) {
    static const char *const paths[][3] = {
        {"country", "iso_code", NULL}, {"country_code", NULL}, {"registered_country", "iso_code", NULL}};
    str code;

    for (size_t i = 0; i < COUNT(paths) && !out->country[0]; i++)
        if (text_at(entry, paths[i], &code) && code.len == 2 && code.ptr[0] >= 'A' && code.ptr[0] <= 'Z' &&
            code.ptr[1] >= 'A' && code.ptr[1] <= 'Z')
            memcpy(out->country, code.ptr, 2);
}

static void add_network(MMDB_entry_s *entry, struct network_about *out) {
    static const char *const number_path[] = {"autonomous_system_number", NULL};
    static const char *const name_path[] = {"autonomous_system_organization", NULL};
    size_t used = 0;
    uint32_t number;
    str name;

    if (out->network[0])
        return;
    if (number_at(entry, number_path, &number))
        used = (size_t)snprintf(out->network, sizeof out->network, "AS%u ", number);
    if (text_at(entry, name_path, &name)) {
        size_t left = sizeof out->network - 1 - used;

        while (name.len) { /* whole characters, no control ones: the name came from a registry anybody can write to */
            uint32_t point = 0;
            size_t const width = utf8_decode(name, &point);

            if (width > left || !width)
                break;
            if (point >= 0x20 && point != 0x7f) {
                memcpy(out->network + used, name.ptr, width);
                used += width;
                left -= width;
            }
            name = str_from(name, width);
        }
    }
    while (used && out->network[used - 1] == ' ')
        used--;
    out->network[used] = '\0';
}

static void look_up(const struct geo *g, const struct address *a, struct network_about *out) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *const at =
        a->family == 4 ? (const struct sockaddr *)(const void *)&v4 : (const struct sockaddr *)(const void *)&v6;

    memcpy(&v4.sin_addr, a->bytes, 4);
    memcpy(&v6.sin6_addr, a->bytes, 16);
    for (size_t i = 0; i < g->count; i++) {
        int status;
        MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&g->files[i], at, &status);

        if (status != MMDB_SUCCESS || !found.found_entry)
            continue;
        add_country(&found.entry, out);
        add_network(&found.entry, out);
    }
}

void network_about(const struct geo *g, const struct address *a, struct network_about *out) {
    struct address const plain = address_plain(a);

    *out = (struct network_about){.range = S(""), .provider = S("")};
    if (plain.family == 4) {
        out->range = name4(special4, COUNT(special4), special_names, plain.bytes);
        out->provider = name4(provider4, COUNT(provider4), provider_names, plain.bytes);
    } else {
        out->range = name6(special6, COUNT(special6), special_names, plain.bytes);
        out->provider = name6(provider6, COUNT(provider6), provider_names, plain.bytes);
    }
    if (out->range.len)
        out->provider = S("");
    else if (g)
        look_up(g, &plain, out);
}

bool network_about_text(const struct geo *g, str text, struct network_about *out) {
    struct address a;

    if (!address_parse_client(text, &a))
        return false;
    network_about(g, &a, out);
    return true;
}

str network_line(const struct network_about *a, char out[NETWORK_LINE_MAX]) {
    const str parts[] = {a->range, a->provider, str_of(a->country), str_of(a->network)};
    size_t used = 0;

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].len || used + parts[i].len + 2 > NETWORK_LINE_MAX)
            continue;
        if (used) {
            memcpy(out + used, ", ", 2);
            used += 2;
        }
        memcpy(out + used, parts[i].ptr, parts[i].len);
        used += parts[i].len;
    }
    return (str){out, used};
}
