/* fuzz_transfer: whole, in two pieces and byte by byte: the same bytes and the same junk, never more than there can be. What
 * is base64 is decoded here a second time, digit by digit. */
#include <assert.h>

#include "codec/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Digits are gathered in fours; `=` ends what has been gathered, if that is a byte. */
static void plainly(str text, struct buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned count = 0;

    for (size_t i = 0; i <= text.len; i++) {
        const char *const digit = i < text.len && text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;

        if (digit) {
            bits = bits << 6 | (uint32_t)(digit - digits);
            count++;
        }
        if (count == 4 || (count >= 2 && (i == text.len || text.ptr[i] == '='))) {
            for (unsigned k = 1; k < count; k++)
                buf_byte(out, (char)(bits << (24 - 6 * count) >> (24 - 8 * k)));
            bits = count = 0;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum transfer hows[] = {TRANSFER_IDENTITY, TRANSFER_BASE64, TRANSFER_QUOTED, TRANSFER_UUENCODE};
    struct buf whole = {0}, cut = {0}, bytes = {0}, again = {0};
    struct transfer_state s[3];
    bool known;
    str text;

    if (size < 2)
        return 0;
    for (size_t i = 0; i < 3; i++)
        s[i] = (struct transfer_state){.how = hows[data[0] % 4]};
    text = (str){(const char *)data + 2, size - 2};
    transfer_decode(&s[0], text, &whole);
    transfer_end(&s[0], &whole);
    transfer_decode(&s[1], str_first(text, data[1]), &cut);
    transfer_decode(&s[1], str_from(text, data[1]), &cut);
    transfer_end(&s[1], &cut);
    for (size_t i = 0; i < text.len; i++)
        transfer_decode(&s[2], (str){text.ptr + i, 1}, &bytes);
    transfer_end(&s[2], &bytes);
    assert(str_eq(buf_str(&whole), buf_str(&cut)) && str_eq(buf_str(&whole), buf_str(&bytes)));
    assert(s[0].junk == s[1].junk && s[0].junk == s[2].junk && s[0].junk <= text.len);
    if (s[0].how == TRANSFER_BASE64) {
        plainly(text, &again);
        assert(str_eq(buf_str(&whole), buf_str(&again)));
    }
    /* A line of uuencode may stand for more than it holds: blanks were taken off. */
    assert(whole.len <= (s[0].how == TRANSFER_UUENCODE ? 63 * text.len : text.len));
    (void)transfer_named(text, &known);
    buf_free(&whole);
    buf_free(&cut);
    buf_free(&bytes);
    buf_free(&again);
    return 0;
}
