/* mail: a file that is one message: EML, and what lies in a Maildir. */
#include "reader/mail.h"

#include "reader/mail_own.h"

#define PIECE ((size_t)1 << 20)
#define SHOWN_MAX ((size_t)1 << 20)

static bool mail_looks_like(str head) {
    return mail_head_likely(str_from(head, mail_mark_len(head)));
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
    return part.from > 0 || read_message(in, to, e);
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
    .read = mail_read,
    .show = mail_show,
};
