/* rtf: the text of a message that Outlook keeps as RTF: decompressed ([MS-OXRTFCP]), and HTML or text taken back out of it
 * ([MS-OXRTFEX]). */
#ifndef CODEC_RTF_H
#define CODEC_RTF_H

#include "base/buf.h"

#define RTF_BYTES_MAX ((size_t)16 << 20)

/* Appends the RTF of a compressed body. False: it breaks off or is none; what there was has been appended. */
MUST_USE bool rtf_decompress(str compressed, struct buf *out);
/* Appends what the RTF shows, as UTF-8; *html: it is HTML that was put into it. Never fails but for memory (out->failed). */
void rtf_text(str rtf, struct buf *out, bool *html);

#endif
