/* mail: a file that is one message: EML, and what lies in a Maildir. */
#include "reader/mail.h"

#include "base/cursor.h"
#include "reader/mail_own.h"

#define PIECE ((size_t)1 << 20)
#define SHOWN_MAX ((size_t)1 << 20)

static bool mail_looks_like(str head) {
    return mail_head_likely(str_from(head, mail_mark_len(head)));
}

/* `3 V1700000000 N4 G..`: the list of UIDs, its third version. */
static bool is_uid_list(str head) {
    size_t at = 3, n;

    if (!str_starts(head, S("3 V")))
        return false;
    for (n = at; n < head.len && head.ptr[n] >= '0' && head.ptr[n] <= '9'; n++)
        continue;
    return n > at && str_starts(str_from(head, n), S(" N"));
}

/* Seconds since 1970 of 2000 or later. */
static bool is_time(uint32_t t) {
    return t >= 946684800;
}

bool mail_is_index(str head) {
    struct cursor c = cursor_of(head);
    uint8_t major, second, flags = 0;
    uint16_t size;
    uint32_t words[5];

    if (is_uid_list(head))
        return true;
    if (!read_u8(&c, &major) || !read_u8(&c, &second) || !read_u16le(&c, &size))
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (!read_u32le(&c, &words[i]))
            return false;
    /* The index, version 7: sizes of its header and of a record, flags: little-endian. */
    if (major == 7 && size == 120)
        return words[0] >= size && words[0] < 65536 && words[1] >= 4 && words[1] < 65536 && cursor_to(&c, 12) &&
               read_u8(&c, &flags) && flags <= 1;
    /* Its log, version 1: the size of its header; when it was made. */
    if (major == 1 && size >= 24 && size <= 64 && second < 16)
        return is_time(words[4]);
    /* Its cache, version 1: bytes of an offset; the index's id, and a number that is a time. */
    return major == 1 && second == 8 && size < 16 && is_time(words[0]) && is_time(words[1]);
}

static bool read_message(struct input *in, struct event_sink *to, struct err *e) {
    uint64_t at = 0, begin = 0;
    struct mail *m = NULL;
    bool ok;

    if (!mail_open(&m, to, e))
        return false;
    for (;;) {
        bool const verifies = at == 0 && mail_verifies(m);
        size_t const want = verifies ? INPUT_WANT_MAX : PIECE;
        bool whole;
        str window;

        ok = in->window(in, at, want, &window, e);
        if (!ok || window.len == 0)
            break;
        if (at == 0) {
            begin = mail_mark_len(window);
            mail_begin(m, begin);
            mail_place(m, 1, begin);
            at = begin;
            window = str_from(window, (size_t)begin);
        }
        whole = begin + window.len < want;
        ok = mail_feed(m, window, e) && (!verifies || !whole || mail_verify(m, window, e));
        if (verifies && !whole)
            mail_defect(m, TOO_LARGE);
        if (!ok)
            break;
        at += window.len;
    }
    if (at > 0) /* what came before the input failed stays true */
        ok = mail_give(m, begin, at - begin, 1, S(""), e) && ok;
    mail_close(m);
    return ok;
}

static bool mail_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    return part.from > 0 || part.to == 0 || read_message(in, to, e);
}

static bool mail_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    str window;

    if (!in->window(in, 0, SHOWN_MAX, &window, e))
        return false;
    if (offset != mail_mark_len(window) || offset >= window.len)
        return err_set(e, ERR_CORRUPT, offset, "no message begins here");
    window = str_from(window, (size_t)offset);
    buf_add(out, str_first(window, SHOWN_MAX));
    return !out->failed || err_set(e, ERR_MEMORY, offset, "no memory to show a message");
}

const struct reader mail_reader = {
    .name = "mail",
    .title = "Mail message (EML, Maildir)",
    .looks_like = mail_looks_like,
    .counts_in_part = true,
    .attaches = true,
    .read = mail_read,
    .show = mail_show,
};
