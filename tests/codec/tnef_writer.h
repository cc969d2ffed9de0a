/* tnef_writer: TNEF as Outlook writes it ([MS-OXTNEF]), for tests. */
#ifndef TESTS_TNEF_WRITER_H
#define TESTS_TNEF_WRITER_H

#include "base/buf.h"

__attribute__((unused)) static void le16(struct buf *b, uint32_t n) {
    buf_byte(b, (char)n);
    buf_byte(b, (char)(n >> 8));
}

__attribute__((unused)) static void le32(struct buf *b, uint32_t n) {
    le16(b, n & 0xffff);
    le16(b, n >> 16);
}

__attribute__((unused)) static void tnef_begin(struct buf *b) {
    le32(b, 0x223e9f78);
    le16(b, 1);
}

__attribute__((unused)) static void tnef_attribute(struct buf *b, int level, uint32_t id, str data) {
    uint32_t sum = 0;

    buf_byte(b, (char)level);
    le32(b, id);
    le32(b, (uint32_t)data.len);
    buf_add(b, data);
    for (size_t i = 0; i < data.len; i++)
        sum += (unsigned char)data.ptr[i];
    le16(b, sum & 0xffff);
}

/* A property of text (0x1e), UTF-16 (0x1f: ASCII is widened), binary or object. */
__attribute__((unused)) static void tnef_property(struct buf *b, uint32_t type, uint32_t id, str value) {
    size_t const width = type == 0x1f ? 2 : 1, len = value.len * width;

    le16(b, type);
    le16(b, id);
    le32(b, 1);
    le32(b, (uint32_t)len);
    for (size_t i = 0; i < value.len; i++) {
        buf_byte(b, value.ptr[i]);
        if (width == 2)
            buf_byte(b, 0);
    }
    for (size_t i = len; i % 4; i++)
        buf_byte(b, 0);
}

/* An attachment with a title and data; properties: NULL, or those of attAttachment, count of them in front. */
__attribute__((unused)) static void tnef_attachment(struct buf *b, str title, str data, const struct buf *properties) {
    tnef_attribute(b, 2, 0x00069002, S("\1\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    if (title.len)
        tnef_attribute(b, 2, 0x00018010, title);
    if (data.len)
        tnef_attribute(b, 2, 0x0006800f, data);
    if (properties)
        tnef_attribute(b, 2, 0x00069005, buf_str(properties));
}

#endif
