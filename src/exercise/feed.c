/* feed: a heap of records that wait for their time, and the files that are open. */
#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/instant.h"
#include "exercise/feed.h"

#define MARK "synthetic exercise of Longwatch"

/* A log: where it lies (before, year, between, month, behind), and what a file of it begins with. */
static const struct {
    const char *name, *before, *between, *behind, *head;
    bool crlf;
} logs[SOURCES] = {
    [SOURCE_MAIL] = {"mail", "mail/journal-", "-", ".mbox", "", false},
    [SOURCE_MAILBOX] = {"mailbox", "mail/", "", "", "", false},
    [SOURCE_M365] = {"m365", "m365/unified-audit-", "-", ".jsonl", "", false},
    [SOURCE_SIGNIN] = {"entra", "entra/sign-ins-", "-", ".jsonl", "", false},
    [SOURCE_IIS1] = {"iis", "iis/MX01/u_ex", "", ".log",
                     "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Remark: " MARK "\r\n"
                     "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
                     "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n",
                     true},
    [SOURCE_IIS2] = {"iis", "iis/MX02/u_ex", "", ".log",
                     "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Remark: " MARK "\r\n"
                     "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
                     "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n",
                     true},
    [SOURCE_TRACKING] = {"tracking", "exchange/MSGTRK", "", ".LOG",
                         "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2507.006\r\n"
                         "#Log-type: Message Tracking Log\r\n#Remark: " MARK "\r\n"
                         "#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source,event-id,"
                         "message-id,recipient-address,total-bytes,recipient-count,message-subject,sender-address,"
                         "return-path,directionality,original-client-ip\r\n",
                         true},
    [SOURCE_WWW] = {"www", "www/access-", "-", ".log", "", false},
    [SOURCE_PROXY] = {"proxy", "proxy/access-", "-", ".log", "", false},
    [SOURCE_WINDOWS] = {"windows", "windows/events-", "-", ".jsonl", "", false},
#define ZEEK(path, fields, types)                                                                                      \
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t" path "\n#open\t" MARK       \
    "\n#fields\t" fields "\n#types\t" types "\n"
    [SOURCE_CONN] = {"zeek", "zeek/conn.", "-", ".log",
                     ZEEK("conn",
                          "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\t"
                          "resp_bytes\tconn_state\tlocal_orig\tlocal_resp",
                          "time\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\t"
                          "bool"),
                     false},
    [SOURCE_DNS] = {"zeek", "zeek/dns.", "-", ".log",
                    ZEEK("dns",
                         "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode_name\t"
                         "answers",
                         "time\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tstring\tvector[string]"),
                    false},
    [SOURCE_HTTP] = {"zeek", "zeek/http.", "-", ".log",
                     ZEEK("http",
                          "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tmethod\thost\turi\treferrer\t"
                          "user_agent\trequest_body_len\tresponse_body_len\tstatus_code",
                          "time\tstring\taddr\tport\taddr\tport\tstring\tstring\tstring\tstring\tstring\tcount\tcount\t"
                          "count"),
                     false},
    [SOURCE_SSL] = {"zeek", "zeek/ssl.", "-", ".log",
                    ZEEK("ssl",
                         "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name\testablished",
                         "time\tstring\taddr\tport\taddr\tport\tstring\tstring\tbool"),
                    false},
    [SOURCE_VPN] = {"vpn", "vpn/fortigate-", "-", ".log", "", false},
    [SOURCE_GATEWAY] = {"gateway", "gateway/messages-", "-", ".jsonl", "", false},
    [SOURCE_CALLS] =
        {"calls", "telephone/cdr_exercise_01_", "", ".csv",
         "\"cdrRecordType\",\"globalCallID_callManagerId\",\"globalCallID_callId\","
         "\"dateTimeOrigination\",\"origIpAddr\",\"callingPartyNumber\",\"origCause_value\",\"destIpAddr\","
         "\"originalCalledPartyNumber\",\"finalCalledPartyNumber\",\"destCause_value\","
         "\"dateTimeConnect\",\"dateTimeDisconnect\",\"duration\",\"origDeviceName\",\"destDeviceName\","
         "\"globalCallId_ClusterID\"\n"
         "INTEGER,INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),"
         "INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(129),VARCHAR(129),VARCHAR(50)\n",
         false},
    [SOURCE_PBX] = {"pbx", "telephone/audit-", "-", ".log", "", false},
};

struct waiting {
    int64_t when;
    uint64_t number; /* in the order they were handed over */
    char *record, *box;
    size_t len;
    struct feed_later later; /* record is NULL */
    struct feed_done done;
    uint32_t event;
    uint32_t log; /* of a numbered record; 0: it is not */
    enum source to;
};

struct open_file {
    struct file_out *out;
    char path[96]; /* below the folder */
    int64_t until; /* the month's end */
    uint64_t record, offset;
};

struct feed {
    const char *folder;
    struct truth *truth;
    struct waiting *heap;
    size_t count, room;
    uint64_t added;
    int64_t now;
    struct open_file files[SOURCES];
    uint64_t records[SOURCES], bytes[SOURCES], file_count[SOURCES];
    uint64_t *numbers; /* of each log of Windows, the last one */
    uint32_t number_count;
    struct buf scratch;
    struct err failed;
};

static void forget(const struct waiting *w) {
    free(w->record);
    free(w->box);
    free(w->later.ctx);
}

/* ---- the heap: the earliest is the first ---- */

static bool before(const struct waiting *a, const struct waiting *b) {
    return a->when != b->when ? a->when < b->when : a->number < b->number;
}

static void push(struct feed *f, struct waiting w) {
    size_t at;

    if (f->count == f->room) {
        size_t const room = f->room ? f->room * 2 : 1024;
        struct waiting *const bigger = realloc(f->heap, room * sizeof *bigger);

        if (!bigger) {
            if (!f->failed.code)
                err_set(&f->failed, ERR_MEMORY, 0, "no memory for records that wait");
            forget(&w);
            return;
        }
        f->heap = bigger;
        f->room = room;
    }
    w.number = f->added++;
    for (at = f->count++; at > 0 && before(&w, &f->heap[(at - 1) / 2]); at = (at - 1) / 2)
        f->heap[at] = f->heap[(at - 1) / 2];
    f->heap[at] = w;
}

static struct waiting pop(struct feed *f) {
    struct waiting const first = f->heap[0], last = f->heap[--f->count];
    size_t at = 0, child;

    while ((child = at * 2 + 1) < f->count) {
        if (child + 1 < f->count && before(&f->heap[child + 1], &f->heap[child]))
            child++;
        if (!before(&f->heap[child], &last))
            break;
        f->heap[at] = f->heap[child];
        at = child;
    }
    if (f->count)
        f->heap[at] = last;
    return first;
}

/* ---- files ---- */

/* All folders of path below f->folder, and the whole path into to. */
static bool folders(struct feed *f, str path, char *to, size_t room, struct err *e) {
    int const len = snprintf(to, room, "%s/%.*s", f->folder, STR_ARG(path));
    size_t const base = strlen(f->folder) + 1;

    if (len < 0 || (size_t)len >= room)
        return err_set(e, ERR_LIMIT, 0, "%s: the path is too long", f->folder);
    for (size_t i = base; to[i]; i++) {
        if (to[i] != '/')
            continue;
        to[i] = '\0';
        if (mkdir(to, 0700) != 0 && errno != EEXIST)
            return err_system(e, "%s", to);
        to[i] = '/';
    }
    return true;
}

static bool close_file(struct open_file *o, struct err *e) {
    struct file_out *const out = o->out;

    o->out = NULL;
    return !out || file_out_commit_soon(out, e);
}

static bool begin_file(struct feed *f, enum source to, int64_t when, struct err *e) {
    struct open_file *const o = &f->files[to];
    struct wall w = instant_wall(when);
    int64_t day;
    char path[4096];

    if (!close_file(o, e))
        return false;
    snprintf(o->path, sizeof o->path, "%s%04d%s%02d%s", logs[to].before, w.year, logs[to].between, w.month,
             logs[to].behind);
    if (!folders(f, str_of(o->path), path, sizeof path, e) || !file_out_open(&o->out, path, e))
        return false;
    w.year += w.month == 12;
    if (!instant_day((unsigned)w.year, w.month % 12U + 1, 1, &day))
        return err_set(e, ERR_LIMIT, 0, "no month follows %d-%d", w.year, w.month);
    o->until = day * INT64_C(86400000000000);
    o->record = 0;
    o->offset = strlen(logs[to].head);
    file_out_add(o->out, str_of(logs[to].head));
    f->bytes[to] += o->offset;
    f->file_count[to]++;
    return true;
}

static bool write_message(struct feed *f, const struct waiting *w, str record, struct err *e) {
    char path[4096], below[160];
    struct file_out *out;

    snprintf(below, sizeof below, "mail/mailbox-%s/cur/%lld.%llu.exercise:2,S", w->box,
             (long long)(w->when / 1000000000), (unsigned long long)w->number);
    if (!folders(f, str_of(below), path, sizeof path, e) || !file_out_open(&out, path, e))
        return false;
    file_out_add(out, record);
    if (!file_out_commit_soon(out, e))
        return false;
    f->records[SOURCE_MAILBOX]++;
    f->file_count[SOURCE_MAILBOX]++;
    f->bytes[SOURCE_MAILBOX] += record.len;
    if (w->event)
        truth_placed(f->truth, w->event, w->when, str_of(below), 1, 0, str_of(logs[SOURCE_MAILBOX].name));
    return true;
}

/* The number of the record in the log of its host goes into its place. */
static bool number(struct feed *f, const struct waiting *w, struct err *e) {
    char text[FEED_NUMBER_WIDTH + 1];

    if (w->log >= f->number_count) {
        uint32_t const count = w->log * 2 + 64;
        uint64_t *const bigger = realloc(f->numbers, count * sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory");
        memset(bigger + f->number_count, 0, (count - f->number_count) * sizeof *bigger);
        f->numbers = bigger;
        f->number_count = count;
    }
    /* Ten digits, the first of them no zero. */
    snprintf(text, sizeof text, "%llu",
             (unsigned long long)(UINT64_C(1000000000) + ++f->numbers[w->log] % UINT64_C(8000000000)));
    assert(w->len > FEED_NUMBER_AT + FEED_NUMBER_WIDTH && w->record[FEED_NUMBER_AT] == '@');
    memcpy(w->record + FEED_NUMBER_AT, text, FEED_NUMBER_WIDTH);
    return true;
}

static bool write_one(struct feed *f, const struct waiting *w, struct err *e) {
    struct open_file *const o = &f->files[w->to];
    str record = {w->record, w->len};

    if (!w->record) {
        f->scratch.len = 0;
        w->later.fill(w->later.ctx, &f->scratch);
        if (f->scratch.failed)
            return err_set(e, ERR_MEMORY, 0, "no memory");
        record = buf_str(&f->scratch);
    }
    if (w->log && !number(f, w, e))
        return false;
    if (w->to == SOURCE_MAILBOX)
        return write_message(f, w, record, e);
    if ((!o->out || w->when >= o->until) && !begin_file(f, w->to, w->when, e))
        return false;
    o->record++;
    if (w->event)
        truth_placed(f->truth, w->event, w->when, str_of(o->path), o->record, o->offset, str_of(logs[w->to].name));
    file_out_add(o->out, record);
    file_out_add(o->out, logs[w->to].crlf ? S("\r\n") : S("\n"));
    o->offset += record.len + (logs[w->to].crlf ? 2 : 1);
    f->bytes[w->to] += record.len + (logs[w->to].crlf ? 2 : 1);
    f->records[w->to]++;
    return true;
}

/* ---- what others call ---- */

bool feed_open(struct feed **out, const char *folder, struct truth *t, struct err *e) {
    struct feed *const f = calloc(1, sizeof *f);

    if (!f)
        return err_set(e, ERR_MEMORY, 0, "no memory");
    f->folder = folder;
    f->truth = t;
    f->now = INT64_MIN;
    *out = f;
    return true;
}

void feed_free(struct feed *f) {
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        forget(&f->heap[i]);
    for (unsigned s = 0; s < SOURCES; s++)
        file_out_drop(f->files[s].out);
    free(f->heap);
    free(f->numbers);
    buf_free(&f->scratch);
    free(f);
}

static void add(struct feed *f, struct waiting w, str record, str box) {
    assert(w.when >= f->now);
    w.event = truth_take(f->truth);
    w.len = record.len;
    w.record = malloc(record.len + 1);
    w.box = box.len ? malloc(box.len + 1) : NULL;
    if (!w.record || (box.len && !w.box)) {
        if (!f->failed.code)
            err_set(&f->failed, ERR_MEMORY, 0, "no memory for records that wait");
        forget(&w);
        return;
    }
    memcpy(w.record, record.ptr, record.len);
    if (box.len) {
        memcpy(w.box, box.ptr, box.len);
        w.box[box.len] = '\0';
    }
    push(f, w);
}

void feed_add(struct feed *f, int64_t when, enum source to, str record) {
    assert(to != SOURCE_MAIL && to != SOURCE_MAILBOX && to != SOURCE_WINDOWS);
    add(f, (struct waiting){.when = when, .to = to}, record, (str){"", 0});
}

void feed_add_message(struct feed *f, int64_t when, str record, str box, const struct feed_done *done) {
    add(f, (struct waiting){.when = when, .to = box.len ? SOURCE_MAILBOX : SOURCE_MAIL, .done = *done}, record, box);
}

void feed_add_numbered(struct feed *f, int64_t when, str record, uint32_t log) {
    assert(log);
    add(f, (struct waiting){.when = when, .to = SOURCE_WINDOWS, .log = log}, record, (str){"", 0});
}

void feed_add_later(struct feed *f, enum source to, const struct feed_later *l) {
    assert(l->when >= f->now && to != SOURCE_MAILBOX && to != SOURCE_WINDOWS);
    push(f, (struct waiting){.when = l->when, .to = to, .later = *l, .event = truth_take(f->truth)});
}

bool feed_until(struct feed *f, int64_t when, struct err *e) {
    while (!f->failed.code && f->count && f->heap[0].when < when) {
        struct waiting const w = pop(f);

        f->now = w.when;
        if (!write_one(f, &w, &f->failed))
            assert(f->failed.code);
        else if (w.done.done)
            w.done.done(w.done.ctx, w.done.number, w.done.text);
        forget(&w);
    }
    f->now = when;
    if (!f->failed.code && truth_failed(f->truth))
        err_set(&f->failed, ERR_MEMORY, 0, "no memory for what is true");
    if (f->failed.code)
        *e = f->failed;
    return !f->failed.code;
}

bool feed_close(struct feed *f, int64_t end, struct err *e) {
    if (!feed_until(f, end, e))
        return false;
    for (unsigned s = 0; s < SOURCES; s++)
        if (!close_file(&f->files[s], e))
            return false;
    return true;
}

const char *feed_source_name(enum source s) {
    return logs[s].name;
}

uint64_t feed_records(const struct feed *f, enum source s) {
    return f->records[s];
}

uint64_t feed_bytes(const struct feed *f, enum source s) {
    return f->bytes[s];
}

uint64_t feed_files(const struct feed *f, enum source s) {
    return f->file_count[s];
}

size_t feed_waiting(const struct feed *f) {
    return f->count;
}
