/* test_pdf: text of PDFs by pdftotext, confined: what comes out, and what is said when nothing does. The PDFs are written here, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "../folder.h"
#include "evidence/pdf.h"

#define TEXT "BT /F1 12 Tf 1 0 0 1 72 700 Tm (left) Tj 1 0 0 1 300 700 Tm (right) Tj 1 0 0 1 72 680 Tm (below) Tj ET"

/* A page for each stream. more: of the trailer. */
static int pdf_file(const char *const *streams, size_t count, const char *more) {
    struct buf b = {0};
    size_t places[16], n = 0;
    int const fd = open("a.pdf", O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0 && 3 + 2 * count <= 16);
    buf_add(&b, S("%PDF-1.4\n"));
    places[n++] = b.len;
    buf_add(&b, S("1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"));
    places[n++] = b.len;
    buf_format(&b, "2 0 obj\n<< /Type /Pages /Count %zu /Kids [", count);
    for (size_t i = 0; i < count; i++)
        buf_format(&b, " %zu 0 R", 5 + 2 * i);
    buf_add(&b, S(" ] >>\nendobj\n"));
    places[n++] = b.len;
    buf_add(&b, S("3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>\nendobj\n"));
    for (size_t i = 0; i < count; i++) {
        places[n++] = b.len;
        buf_format(&b, "%zu 0 obj\n<< /Length %zu >>\nstream\n%s\nendstream\nendobj\n", n, strlen(streams[i]),
                   streams[i]);
        places[n++] = b.len;
        buf_format(
            &b,
            "%zu 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %zu 0 R /Resources << /Font "
            "<< /F1 3 0 R >> >> >>\nendobj\n",
            n, n - 1);
    }
    size_t const table = b.len;

    buf_format(&b, "xref\n0 %zu\n0000000000 65535 f \n", n + 1);
    for (size_t i = 0; i < n; i++)
        buf_format(&b, "%010zu 00000 n \n", places[i]);
    buf_format(&b, "trailer\n<< /Size %zu /Root 1 0 R %s >>\nstartxref\n%zu\n%%%%EOF\n", n + 1, more, table);
    assert_false(b.failed);
    assert_int_equal(write(fd, b.ptr, b.len), (ssize_t)b.len);
    assert_true(pdf_begins(buf_str(&b)));
    buf_free(&b);
    return fd;
}

static bool installed(void) {
    if (access("/usr/bin/pdftotext", X_OK) == 0)
        return true;
    print_message("SKIP: pdftotext is not installed\n");
    skip();
    return false;
}

static struct pdf_limits small(void) {
    struct pdf_limits l = pdf_limits_for(0);

    l.cpu_s = 10;
    l.wall_s = 20;
    return l;
}

static void columns_and_pages(void **state) {
    static const char *const pages[] = {TEXT, "BT /F1 12 Tf 1 0 0 1 72 700 Tm (second page) Tj ET"};
    struct pdf_limits const limits = small();
    struct buf out = {0};
    struct err e = {0};
    int fd;
    (void)state;

    if (!installed())
        return;
    fd = pdf_file(pages, 2, "");
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    buf_add(&out, S("before|"));
    if (!pdf_text(fd, &limits, &out, &e))
        fail_msg("%s", e.text);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 7); /* its place is the caller's */
    str const text = buf_str(&out);
    size_t const left = str_find(text, S("left")), right = str_find(text, S("right")),
                 below = str_find(text, S("below"));

    assert_true(str_starts(text, S("before|")));
    assert_true(left != SIZE_MAX && right > left + 4 && right < str_find_byte(text, '\n')); /* beside each other */
    assert_true(below != SIZE_MAX && below > str_find_byte(text, '\n'));
    assert_true(str_find_byte(text, '\f') < str_find(text, S("second page")));
    assert_true(str_ends(text, S("\f")));
    buf_free(&out);
    close(fd);
}

/* What fails leaves out as it was and says what to do. */
static void fails(int fd, const struct pdf_limits *limits, enum err_code code, const char *words) {
    struct buf out = {0};
    struct err e = {0};

    buf_add(&out, S("before"));
    assert_false(pdf_text(fd, limits, &out, &e));
    if (e.code != code || !strstr(e.text, words))
        fail_msg("error %d: %s", e.code, e.text);
    assert_true(str_eq(buf_str(&out), S("before")));
    buf_free(&out);
    close(fd);
}

static void failures(void **state) {
    static const char *const text[] = {TEXT}, *const picture[] = {"0.5 g 72 72 400 600 re f"};
    struct pdf_limits limits = small();
    int fd;
    (void)state;

    if (!installed())
        return;
    fails(pdf_file(picture, 1, ""), &limits, ERR_UNSUPPORTED, "holds no text");
    fails(pdf_file(text, 1,
                   "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (0123456789abcdef0123456789abcdef) /U "
                   "(fedcba9876543210fedcba9876543210) >> /ID [(a) (b)]"),
          &limits, ERR_UNSUPPORTED, "encrypted");
    fd = open("b.pdf", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, "%PDF-1.4\nnothing that follows\n", 30) == 30);
    fails(fd, &limits, ERR_CORRUPT, "cannot be read");
    limits.bytes_max = 8;
    fails(pdf_file(text, 1, ""), &limits, ERR_LIMIT, "more than 8 bytes");
}

static void not_installed(void **state) {
    static const char *const text[] = {TEXT};
    struct pdf_limits const limits = small();
    (void)state;

    assert_int_equal(setenv("LONGWATCH_PDFTOTEXT", "/nowhere/pdftotext", 1), 0);
    fails(pdf_file(text, 1, ""), &limits, ERR_UNSUPPORTED, "poppler-utils");
    assert_int_equal(unsetenv("LONGWATCH_PDFTOTEXT"), 0);
}

static void beginnings(void **state) {
    char late[1200];
    (void)state;

    memset(late, ' ', sizeof late);
    assert_true(pdf_begins(S("%PDF-1.7\n")));
    assert_true(pdf_begins(S("\xef\xbb\xbf\r\n%PDF-2.0")));
    assert_false(pdf_begins(S("PDF-1.7")));
    assert_false(pdf_begins(S("")));
    memcpy(late + 1000, "%PDF-1.7", 8);
    assert_true(pdf_begins((str){late, sizeof late}));
    memset(late, ' ', sizeof late);
    memcpy(late + 1100, "%PDF-1.7", 8);
    assert_false(pdf_begins((str){late, sizeof late}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings),
        cmocka_unit_test_setup_teardown(columns_and_pages, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(failures, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(not_installed, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
