/* pdf: the text of a PDF (ISO 32000), by pdftotext of Debian's poppler-utils.
 *
 * A PDF is a language, a database, a dozen of compressions and fonts, and its readers have had their memory errors: so it is a program
 * that is run (base/program.h), which can read the one file and the system's libraries, write to a pipe, and start or reach nothing.
 * Time, memory and bytes are bounded. What comes out is evidence like any other. */
#ifndef EVIDENCE_PDF_H
#define EVIDENCE_PDF_H

#include "base/buf.h"
#include "base/err.h"

/* Bounds that the file cannot raise. */
struct pdf_limits {
    size_t bytes_max; /* of text */
    size_t memory_max;
    unsigned cpu_s, wall_s;
    int stop; /* when this can be read, or its other end is closed, it is ended: ERR_INTERRUPTED; -1 */
};

/* For a file of so many bytes: 64 MiB of text; a minute, and two seconds more for each mebibyte. */
struct pdf_limits pdf_limits_for(uint64_t size);

/* Is it a PDF? Its mark may stand anywhere in the first KiB (ISO 32000-1, implementation note 13). */
bool pdf_begins(str head);

/* Appends the text, UTF-8, as it is laid out on the pages (columns beside each other, blanks between), each page ended by a form feed. fd
 * stays the caller's, and its place. Where the program is: LONGWATCH_PDFTOTEXT, else /usr/bin/pdftotext.
 *
 * ERR_UNSUPPORTED  pdftotext is not installed; the PDF is encrypted; it has no text (pages that were scanned); this system
 *                  cannot confine a program
 * ERR_CORRUPT      it cannot be read
 * ERR_LIMIT        more text, memory or time than it may take
 * ERR_MEMORY, ERR_IO, ERR_INTERRUPTED
 *
 * On failure out is as it was. */
MUST_USE bool pdf_text(int fd, const struct pdf_limits *limits, struct buf *out, struct err *e);

#endif
