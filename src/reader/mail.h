/* mail: messages (RFC 5322, MIME): one in a file (EML, Maildir), or many in a mailbox (mbox);
 * and a message as Outlook saves it (MSG). docs/formats/mail.md. */
#ifndef READER_MAIL_H
#define READER_MAIL_H

#include "reader/reader.h"

extern const struct reader mail_reader; /* "mail" */
extern const struct reader mbox_reader; /* "mbox" */
extern const struct reader msg_reader;  /* "msg": a message as Outlook saves it */

/* Does it begin like a file of Dovecot's beside the mails (index, its log and cache, list of UIDs)? It says where mails are and what
 * their flags are, and is none; told by content like everything else. */
bool mail_is_index(str head);

#endif
