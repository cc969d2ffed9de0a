/* event_text: an event in its normal form as a line of JSON, and as a line for people. Appends to a buffer; no line end. */
#ifndef REPORT_EVENT_TEXT_H
#define REPORT_EVENT_TEXT_H

#include "base/buf.h"
#include "event/normal.h"
#include "intel/network.h"

/* One object, as docs/formats/events.md has it. client: what is known of the client's address, or NULL. */
void event_json(struct buf *b, const struct normal_event *event, const struct network_about *client);
/* Time, kind, host, account, client address, object; a dash for what there is not. */
void event_line(struct buf *b, const struct normal_event *event);

#endif
