/* fuzz_html: any bytes as HTML and as plain text. Addresses are clean; text is bounded by what was read, and cut at characters; what is
 * read again is the same, and stops where it is told to; in a conditional comment, nothing is shown. */
#include <assert.h>

#include "base/hash.h"
#include "base/utf.h"
#include "codec/html.h"

struct heard {
    uint64_t hash, calls, stop_at;
    size_t text, shown, urls;
    bool outlook; /* all of it is in a conditional comment */
    bool well_formed;
};

static bool on_url(void *ctx, const struct html_url *u) {
    struct heard *const h = ctx;

    assert(u->url.len > 0 && u->where < HTML_WHERES && u->where != HTML_TEXT && u->text.len <= 256);
    assert((uint8_t)u->url.ptr[0] > ' ' && (uint8_t)u->url.ptr[u->url.len - 1] > ' ');
    for (size_t i = 0; i < u->url.len; i++)
        assert(u->url.ptr[i] != '\n' && u->url.ptr[i] != '\r' && u->url.ptr[i] != '\t');
    assert(u->where == HTML_LINK || u->text.len == 0);
    assert(!h->outlook || (u->flags & HTML_ONLY_OUTLOOK));
    assert(!h->well_formed || utf8_valid(u->text) == u->text.len);
    h->urls++;
    h->hash = h->hash * 31 + hash_sum(u->url) + hash_sum(u->text) * 3 + u->flags + u->where * 8;
    return ++h->calls != h->stop_at;
}

static bool on_text(void *ctx, str text, bool hidden) {
    struct heard *const h = ctx;

    assert(text.len > 0 && (hidden || !h->outlook));
    assert(!h->well_formed || utf8_valid(text) == text.len);
    h->text += text.len;
    h->shown += hidden ? 0 : text.len;
    h->hash = h->hash * 31 + hash_sum(text) + hidden;
    return ++h->calls != h->stop_at;
}

static bool on_element(void *ctx, str name) {
    struct heard *const h = ctx;

    assert(name.len > 0 && name.len <= 64);
    for (size_t i = 0; i < name.len; i++)
        assert(!(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') && name.ptr[i] != '>');
    return ++h->calls != h->stop_at;
}

/* Addresses of plain text come in order out of it. */
struct plain {
    str all;
    const char *behind;
};

static bool on_plain(void *ctx, const struct html_url *u) {
    struct plain *const p = ctx;

    assert(u->url.ptr >= p->behind && u->url.ptr + u->url.len <= p->all.ptr + p->all.len && u->url.len > 4);
    assert(u->where == HTML_TEXT && u->flags == 0 && u->text.len == 0);
    for (size_t i = 0; i < u->url.len; i++)
        assert((uint8_t)u->url.ptr[i] > ' ' && u->url.ptr[i] != '<' && u->url.ptr[i] != '>');
    p->behind = u->url.ptr + u->url.len;
    return true;
}

static bool hear(str html, struct heard *h, struct buf *room) {
    struct html_visitor const visitor = {.url = on_url, .text = on_text, .element = on_element, .ctx = h};

    return html_read(html, room, &visitor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const all = {(const char *)data, size};
    bool const well_formed = utf8_valid(all) == all.len;
    struct heard first = {.well_formed = well_formed}, again = {0}, stopped = {0},
                 outlook = {.outlook = true, .well_formed = well_formed};
    struct plain p = {all, all.ptr};
    struct html_visitor const plain = {.url = on_plain, .ctx = &p};
    struct buf room = {0}, within = {0};

    if (size == 0 || size > 1 << 16)
        return 0;
    assert(hear(all, &first, &room) && hear(all, &again, &room));
    assert(first.hash == again.hash && first.calls == again.calls);
    /* A reference is at most one fifth more than its name; each tag ends at most a line of each text. */
    assert(first.text <= 2 * size + 2);
    stopped.stop_at = 1 + size % 7;
    assert(hear(all, &stopped, &room) == (first.calls < stopped.stop_at));
    assert(stopped.calls <= stopped.stop_at);
    buf_add(&within, S("<!--[if mso]>"));
    buf_add(&within, all);
    if (str_find(all, S(">")) == SIZE_MAX || str_find(all, S("--")) == SIZE_MAX)
        assert(hear(buf_str(&within), &outlook, &room));
    assert(html_read_plain(all, &plain));
    buf_free(&room);
    buf_free(&within);
    return 0;
}
