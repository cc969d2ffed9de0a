/* registry: the table of all readers. The only file that knows them all. */
#include "reader/auditd.h"
#include "reader/csv.h"
#include "reader/evtx.h"
#include "reader/history.h"
#include "reader/journal.h"
#include "reader/json.h"
#include "reader/mail.h"
#include "reader/reader.h"
#include "reader/text.h"
#include "reader/utmp.h"
#include "reader/w3c.h"
#include "reader/zeek.h"

/* The most particular first. */
static const struct reader *const readers[] = {
    &evtx_reader, &utmp_reader, &mbox_reader,   &mail_reader,    &msg_reader, &journal_reader, &json_reader,
    &zeek_reader, &w3c_reader,  &auditd_reader, &history_reader, &csv_reader, &text_reader,
};

const struct reader *reader_for(str head, const struct kinds *kinds) {
    for (size_t i = 0; i < COUNT(readers); i++)
        if (readers[i]->looks_like(head) || (kinds && readers[i]->described && readers[i]->described(head, kinds)))
            return readers[i];
    return NULL;
}

const struct reader *reader_of_lines(str head) {
    return text_is(head) ? &text_reader : NULL;
}

const struct reader *reader_at(size_t i) {
    return i < COUNT(readers) ? readers[i] : NULL;
}

const struct reader *reader_named(str name) {
    for (size_t i = 0; i < COUNT(readers); i++)
        if (str_eq(str_of(readers[i]->name), name))
            return readers[i];
    return NULL;
}
