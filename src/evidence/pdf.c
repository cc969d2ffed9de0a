/* pdf: one run of pdftotext, and what its end means. */
#include "evidence/pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/program.h"

#define HEAD_BYTES 1024u
#define LOOK_BYTES ((size_t)64 << 10)

struct pdf_limits pdf_limits_for(uint64_t size) {
    uint64_t const mebibytes = size >> 20, seconds = mebibytes < 1800 ? 2 * mebibytes : 3600;

    return (struct pdf_limits){.bytes_max = (size_t)64 << 20,
                               .memory_max = (size_t)1 << 30,
                               .cpu_s = 60 + (unsigned)seconds,
                               .wall_s = 120 + 2 * (unsigned)seconds,
                               .stop = -1};
}

bool pdf_begins(str head) {
    return str_find(str_first(head, HEAD_BYTES), S("%PDF-")) != SIZE_MAX;
}

/* Does the file, which could not be read, name a dictionary of encryption? It stands in the trailer, or in the dictionary of a
 * cross-reference stream: either is never compressed (7.5.5, 7.5.8.2). */
static bool is_encrypted(int fd) {
    static const char mark[] = "/Encrypt";
    char bytes[LOOK_BYTES + sizeof mark];
    size_t kept = 0;
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, bytes + kept, LOOK_BYTES, at)) > 0) {
        str const all = {bytes, kept + (size_t)n};

        if (str_find(all, S("/Encrypt")) != SIZE_MAX)
            return true;
        kept = all.len < sizeof mark ? all.len : sizeof mark;
        memmove(bytes, bytes + all.len - kept, kept);
        at += n;
    }
    return false;
}

/* Is there anything but blanks and ends of pages? */
static bool has_text(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] > ' ' && (uint8_t)s.ptr[i] != 0x7f)
            return true;
    return false;
}

/* What came of it. pdftotext ends with 1 if it cannot open the file, 3 if the file forbids it. */
static bool judge(int fd, const struct pdf_limits *limits, const struct program_end *end, struct err *e) {
    if (end->stopped)
        return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
    if (end->why[0])
        return err_set(e, ERR_LIMIT, 0, "the text of this PDF: %s", end->why);
    if (end->said.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory for the text of a PDF");
    if (end->unheard)
        return err_set(e, ERR_LIMIT, 0, "a PDF of more than %zu bytes of text", limits->bytes_max);
    if (end->how[0] && str_find(str_of(end->how), S("status")) == SIZE_MAX)
        return err_set(e, ERR_LIMIT, 0, "pdftotext %s", end->how);
    if (end->how[0] || !has_text(buf_str(&end->said))) {
        if (is_encrypted(fd))
            return err_set(e, ERR_UNSUPPORTED, 0,
                           "the PDF is encrypted: save it without a password (qpdf --decrypt), or as text");
        if (end->how[0])
            return err_set(e, ERR_CORRUPT, 0, "a PDF that cannot be read (pdftotext %s)", end->how);
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "the PDF holds no text: its pages are pictures; recognise their text first (ocrmypdf)");
    }
    return true;
}

static int program_open(struct err *e) {
    const char *const other = secure_getenv("LONGWATCH_PDFTOTEXT");
    int const fd = open(other && *other ? other : "/usr/bin/pdftotext", O_PATH | O_CLOEXEC);

    if (fd < 0)
        err_set(e, ERR_UNSUPPORTED, 0,
                "a PDF: reading it needs pdftotext; install it (apt install poppler-utils), or save the PDF as text");
    return fd;
}

bool pdf_text(int fd, const struct pdf_limits *limits, struct buf *out, struct err *e) {
    static char *const arguments[] = {"pdftotext", "-q",   "-layout",         "-enc", "UTF-8",
                                      "-eol",      "unix", "/proc/self/fd/3", "-",    NULL};
    static char *const words[] = {"LC_ALL=C.UTF-8", "TZ=UTC0", "PATH=/nowhere", "HOME=/nowhere", NULL};
    int const program = program_open(e);
    struct program const p = {.may = {.program = program,
                                      .input = fd,
                                      .folder = -1,
                                      .file_max = 0,
                                      .data_max = limits->memory_max,
                                      .cpu_s = limits->cpu_s},
                              .arguments = arguments,
                              .words = words,
                              .wall_s = limits->wall_s,
                              .said_max = limits->bytes_max,
                              .stop = limits->stop};
    struct program_run run;
    struct program_end end = {0};
    bool good;

    if (program < 0)
        return false;
    good = program_start(&run, &p, e);
    close(program);
    if (!good)
        return err_wrap(e, "a PDF");
    program_wait(&run, &end);
    good = judge(fd, limits, &end, e);
    if (good) {
        buf_add(out, buf_str(&end.said));
        good = !out->failed || err_set(e, ERR_MEMORY, 0, "no memory for the text of a PDF");
    }
    buf_free(&end.said);
    return good;
}
