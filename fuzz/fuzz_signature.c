/* fuzz_signature: any bytes as a key, a public key, a signature. By a key that the input does not know nothing passes but what it signed: the
 * signature that is in the corpus, whatever its first line says. A secret key that is read is written and read again as the same. */
#include <assert.h>
#include <stdlib.h>

#include "base/signature.h"

/* Of tests/base/test_signature.c. */
static const char public_line[] = "RWRNY1WorXhBdaSnOdhlA70cIRQyn6Y0NSamJVBunXuWQg1ioWcCVlwt\n";
static const char message[] = "manifest of a case\n";
static const char signed_lines[] =
    "RURNY1WorXhBdQBySDVSOogDZVsOV+rQhvZCqi3L1xxjFleIEQnMsqXA/UhhmMVITsK0tQ3dWx+hpsXzPL7xMfWZhjJDUFizVA8=\n"
    "trusted comment: made by minisign\n"
    "1DOS5Wkwr7pTcry+TwL9LrlGhLQJaNp85cdLG9fNYrGK9zueVkRKhX+XyIodiCMQWpqkeGmtWGckJ/3gXTYzDA==";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const file = {size ? (const char *)data : "", size};
    size_t const first = str_find_byte(file, '\n');
    struct signature_public p, own;
    struct signature_said said;
    struct signature_key *k = NULL, *again = NULL;
    struct buf lf = {0}, written = {0}, twice = {0};
    struct err e = {0};

    if (!signature_public_read(&p, str_of(public_line), &e))
        abort();
    /* Lines of Windows are the same lines. */
    for (size_t i = first == SIZE_MAX ? file.len : first + 1; i < file.len; i++)
        if (file.ptr[i] != '\r' || i + 1 == file.len || file.ptr[i + 1] != '\n')
            buf_byte(&lf, file.ptr[i]);
    if (signature_check(&p, file, str_of(message), &e))
        assert(str_starts(buf_str(&lf), str_of(signed_lines)));
    assert(!signature_check(&p, file, S("another message"), &e));
    if (signature_read(file, &said, &e))
        assert(!said.comment.len ||
               (said.comment.ptr >= file.ptr && said.comment.ptr + said.comment.len <= file.ptr + file.len));
    if (signature_public_read(&own, file, &e))
        assert(!signature_read(file, &said, &e));
    if (signature_key_read(&k, file, S(""), &e)) {
        if (!signature_key_write(k, S(""), &written, &e) || !signature_key_read(&again, buf_str(&written), S(""), &e) ||
            !signature_key_write(again, S(""), &twice, &e))
            abort();
        assert(str_eq(buf_str(&written), buf_str(&twice)));
    } else {
        assert(!k && e.text[0]);
    }
    signature_key_free(k);
    signature_key_free(again);
    buf_free(&lf);
    buf_free(&written);
    buf_free(&twice);
    return 0;
}
