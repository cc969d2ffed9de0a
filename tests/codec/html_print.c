/* html_print: what html_read says of each body on standard input, one line of JSON each, for tests in Python. Frames are those of
 * mail_bodies.py. {"urls": [[where, flags, url, text], ...], "shown": text, "hidden": text, "elements": number} */
#include <errno.h>

#include "base/utf.h"
#include "codec/html.h"

struct said {
    struct buf urls, text[2];
    uint64_t elements;
};

static void json(struct buf *out, str s) {
    buf_json(out, s);
}

static bool on_url(void *ctx, const struct html_url *u) {
    struct said *const s = ctx;

    buf_add(&s->urls, s->urls.len ? S(", [") : S("["));
    json(&s->urls, html_where_name(u->where));
    buf_format(&s->urls, ", %u, ", u->flags);
    json(&s->urls, u->url);
    buf_add(&s->urls, S(", "));
    json(&s->urls, u->text);
    buf_byte(&s->urls, ']');
    return true;
}

static bool on_text(void *ctx, str text, bool hidden) {
    buf_add(&((struct said *)ctx)->text[hidden], text);
    return true;
}

static bool on_element(void *ctx, str name) {
    ((struct said *)ctx)->elements += name.len > 0;
    return true;
}

int main(void) {
    char head[8192];
    struct buf body = {0}, room = {0}, line = {0};

    while (fgets(head, sizeof head, stdin)) {
        size_t const size = strtoul(head, NULL, 10);
        struct said s = {0};
        struct html_visitor const visitor = {.url = on_url, .text = on_text, .element = on_element, .ctx = &s};
        char *copy; /* of just that size: a read beyond it is seen by the sanitizer */

        body.len = 0;
        if (!buf_reserve(&body, size) || fread(body.ptr, 1, size, stdin) != size || !(copy = malloc(size ? size : 1)))
            return 1;
        memcpy(copy, body.ptr, size);
        if (!html_read((str){copy, size}, &room, &visitor))
            return 1;
        line.len = 0;
        buf_add(&line, S("{\"urls\": ["));
        buf_add(&line, buf_str(&s.urls));
        buf_add(&line, S("], \"shown\": "));
        json(&line, buf_str(&s.text[0]));
        buf_add(&line, S(", \"hidden\": "));
        json(&line, buf_str(&s.text[1]));
        buf_format(&line, ", \"elements\": %llu}\n", (unsigned long long)s.elements);
        if (line.failed || fwrite(line.ptr, 1, line.len, stdout) != line.len)
            return 1;
        buf_free(&s.urls);
        buf_free(&s.text[0]);
        buf_free(&s.text[1]);
        free(copy);
    }
    buf_free(&body);
    buf_free(&room);
    buf_free(&line);
    return fflush(stdout) ? 1 : 0;
}
