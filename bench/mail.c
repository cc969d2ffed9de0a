/* mail: how fast mailboxes are read, on one core, in one process.
 *
 *     mail decode|analyse|gmime MBOX
 *
 * decode: messages into headers and parts, bodies decoded and in UTF-8, attachments hashed. analyse: that, and all that an event says
 * (addresses, the way a message came, HTML, URLs, sketches). gmime: messages into parts by GMime, bodies decoded, text in UTF-8. Prints one line of JSON. */
#include "evidence/input.h"
#include "reader/mail.h"

#ifdef HAVE_GMIME
#include <fcntl.h>
#include <gmime/gmime.h>
#endif

struct count {
    struct event_sink sink;
    uint64_t messages, values;
};

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct count *const c = (struct count *)(void *)sink;
    (void)e;

    c->messages++;
    c->values += r->count;
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink, (void)offset, (void)size, (void)why;
}

static bool nothing(struct event_sink *sink, field_id field) {
    (void)sink, (void)field;
    return false;
}

#ifdef HAVE_GMIME
static uint64_t decoded;

static void on_object(GMimeObject *parent, GMimeObject *part, gpointer ctx) {
    (void)parent, (void)ctx;
    if (!GMIME_IS_PART(part))
        return;
    GMimeDataWrapper *const content = g_mime_part_get_content(GMIME_PART(part));
    GMimeStream *const null = g_mime_stream_null_new();

    if (content && GMIME_IS_TEXT_PART(part)) {
        char *const text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));

        decoded += text ? strlen(text) : 0;
        g_free(text);
    } else if (content) {
        decoded += (uint64_t)g_mime_data_wrapper_write_to_stream(content, null);
    }
    g_object_unref(null);
}

static uint64_t read_gmime(const char *path) {
    uint64_t messages = 0;
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    GMimeStream *const stream = g_mime_stream_fs_new(fd);
    GMimeParser *const parser = g_mime_parser_new_with_stream(stream);

    g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
    while (!g_mime_parser_eos(parser)) {
        GMimeMessage *const message = g_mime_parser_construct_message(parser, NULL);

        if (!message)
            break;
        (void)g_mime_message_get_subject(message);
        (void)g_mime_message_get_date(message);
        g_mime_message_foreach(message, on_object, NULL);
        messages++;
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return messages;
}
#endif

static double seconds(clockid_t clock) {
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    struct err e = {0};
    struct file_input f;
    struct count c = {.sink = {.fields = fields_new(), .record = on_record, .damage = on_damage}};
    double wall, cpu;

    if (argc != 3 || !c.sink.fields || !file_input_open(&f, argv[2], &e)) {
        fprintf(stderr, "mail: %s\n", e.text[0] ? e.text : "decode|analyse|gmime MBOX");
        return 2;
    }
    if (strcmp(argv[1], "decode") == 0)
        c.sink.wants = nothing;
#ifdef HAVE_GMIME
    g_mime_init();
#endif
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (strcmp(argv[1], "gmime") == 0) {
#ifdef HAVE_GMIME
        c.messages = read_gmime(argv[2]);
#else
        fprintf(stderr, "mail: built without GMime\n");
        return 2;
#endif
    } else if (!mbox_reader.read(&f.input, (struct part){0, UINT64_MAX}, &c.sink, &e)) {
        fprintf(stderr, "mail: %s\n", e.text);
        return 1;
    }
    printf("{\"wall\":%.6f,\"cpu\":%.6f,\"bytes\":%lu,\"events\":%lu,\"values\":%lu}\n",
           seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, (unsigned long)f.input.size,
           (unsigned long)c.messages, (unsigned long)c.values);
    file_input_close(&f);
    fields_free(c.sink.fields);
    return 0;
}
