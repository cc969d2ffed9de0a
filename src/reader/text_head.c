/* text_head: the head of a syslog line.
 *
 *   <34>1 2003-10-11T22:14:15.003Z host app 123 ID47 [x@1 k="v"] text      RFC 5424 6
 *   <34>Oct 11 22:14:15 host app[123]: text                                  RFC 3164 4.1, with or without <34>
 *   2003-10-11T22:14:15.003+02:00 host app[123]: text                        rsyslog
 *   2016-10-25T12:37:23.297265-07:00 INFO app[123]: text                     ChromeOS, vCenter
 *   Oct 19 18:30:13.311 CST: %SYS-5-CONFIG_I: text                           Cisco IOS
 *   - 1131566461 2005.11.09 dn228 Nov 9 12:01:01 host app[123]: text         a collector's columns in front
 *
 * What is left out (host, tag) is told apart by what stands in its place. */
#include "reader/text_own.h"

#define TAG_MAX 64u

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static char at(str s, size_t i) {
    return i < s.len ? s.ptr[i] : '\0';
}

static size_t digits_at(str s, size_t i) {
    size_t n = 0;

    while (digit(at(s, i + n)))
        n++;
    return n;
}

static bool month_at(str s, size_t i) {
#define NAME(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
    if (s.len < i + 3)
        return false;
    switch (NAME((unsigned char)s.ptr[i], (unsigned char)s.ptr[i + 1], (unsigned char)s.ptr[i + 2])) {
    case NAME('J', 'a', 'n'):
    case NAME('F', 'e', 'b'):
    case NAME('M', 'a', 'r'):
    case NAME('A', 'p', 'r'):
    case NAME('M', 'a', 'y'):
    case NAME('J', 'u', 'n'):
    case NAME('J', 'u', 'l'):
    case NAME('A', 'u', 'g'):
    case NAME('S', 'e', 'p'):
    case NAME('O', 'c', 't'):
    case NAME('N', 'o', 'v'):
    case NAME('D', 'e', 'c'):
        return true;
    default:
        return false;
    }
#undef NAME
}

/* hh:mm:ss and perhaps a fraction: its length, or 0. */
static size_t clock_at(str s, size_t i) {
    const char *const p = s.ptr + i;
    size_t n = 8, fraction;

    if (s.len < i + 8 || !(digit(p[0]) && digit(p[1]) && p[2] == ':' && digit(p[3]) && digit(p[4]) && p[5] == ':' &&
                           digit(p[6]) && digit(p[7]) && !digit(at(s, i + 8))))
        return 0;
    if (at(s, i + n) == '.' && (fraction = digits_at(s, i + n + 1)) > 0)
        n += 1 + fraction;
    return n;
}

/* Mmm dd hh:mm:ss, with one or two blanks before the day, the year in front of, amid or behind it, a * or . of Cisco's. */
static size_t old_date_at(str s, size_t i) {
    size_t const from = i;
    size_t n;

    if (at(s, i) == '*' || (at(s, i) == '.' && month_at(s, i + 1)))
        i++;
    if (digits_at(s, i) == 4 && at(s, i + 4) == ' ')
        i += 5;
    if (!month_at(s, i) || at(s, i + 3) != ' ')
        return 0;
    i += at(s, i + 4) == ' ' ? 5 : 4;
    if ((n = digits_at(s, i)) == 0 || n > 2 || at(s, i + n) != ' ')
        return 0;
    i += n + 1;
    if (digits_at(s, i) == 4 && at(s, i + 4) == ' ')
        i += 5;
    if ((n = clock_at(s, i)) == 0)
        return 0;
    i += n;
    if (at(s, i) == ' ' && digits_at(s, i + 1) == 4 && (at(s, i + 5) == ' ' || at(s, i + 5) == ':'))
        i += 5;
    return i - from;
}

/* yyyy-mm-ddThh:mm:ss, a fraction, a zone: its length, or 0. */
static size_t iso_date_at(str s, size_t i) {
    size_t const from = i;
    size_t n;

    if (!(digits_at(s, i) == 4 && at(s, i + 4) == '-' && digits_at(s, i + 5) == 2 && at(s, i + 7) == '-' &&
          digits_at(s, i + 8) == 2 && at(s, i + 10) == 'T' && (n = clock_at(s, i + 11)) > 0))
        return 0;
    i += 11 + n;
    if (at(s, i) == 'Z')
        return i + 1 - from;
    if (at(s, i) == '+' || at(s, i) == '-') {
        n = digits_at(s, i + 1);
        if (n == 4)
            return i + 5 - from;
        if (n == 2)
            return i + (at(s, i + 3) == ':' && digits_at(s, i + 4) == 2 ? 6u : 3u) - from;
        return 0;
    }
    return i - from;
}

/* <n>: its length, or 0. */
static size_t priority_at(str s, size_t i, int *priority) {
    size_t n;

    *priority = -1;
    if (at(s, i) != '<' || (n = digits_at(s, i + 1)) == 0 || n > 3 || at(s, i + 1 + n) != '>')
        return 0;
    *priority = 0;
    for (size_t k = 0; k < n; k++)
        *priority = *priority * 10 + (s.ptr[i + 1 + k] - '0');
    if (*priority > 191) {
        *priority = -1;
        return 0;
    }
    return n + 2;
}

size_t syslog_next(str line, size_t from) {
    int priority;
    size_t n;

    for (size_t i = from; i < line.len; i++) {
        const char *const p = memchr(line.ptr + i, '<', line.len - i);

        if (!p)
            break;
        i = (size_t)(p - line.ptr);
        if ((n = priority_at(line, i, &priority)) > 0 &&
            (old_date_at(line, i + n) || iso_date_at(line, i + n) ||
             (at(line, i + n) == '1' && at(line, i + n + 1) == ' ' && iso_date_at(line, i + n + 2))))
            return i;
    }
    return SIZE_MAX;
}

static size_t token_end(str s, size_t i) {
    size_t const blank = str_find_byte(str_from(s, i), ' ');

    return blank == SIZE_MAX ? s.len : i + blank;
}

static str cut(str s, size_t from, size_t to) {
    return (str){s.ptr + from, to - from};
}

static void param_add(struct syslog_head *h, str id, str name, str value) {
    if (h->param_count < SYSLOG_PARAMS_MAX)
        h->params[h->param_count++] = (struct syslog_param){id, name, value};
    else
        h->params_left_out = true;
}

/* Structured data (RFC 5424 6.3) at i: where it ends, or SIZE_MAX. */
static size_t structured(str s, size_t i, struct syslog_head *h) {
    if (at(s, i) == '-')
        return i + 1 == s.len || s.ptr[i + 1] == ' ' ? i + 1 : SIZE_MAX;
    if (at(s, i) != '[')
        return SIZE_MAX;
    while (at(s, i) == '[') {
        size_t const from = ++i;

        while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != ']' && s.ptr[i] != '"' && s.ptr[i] != '=')
            i++;
        str const id = cut(s, from, i);

        if (id.len == 0)
            return SIZE_MAX;
        if (at(s, i) == ']')
            param_add(h, id, S(""), S(""));
        while (at(s, i) == ' ') {
            size_t const name = ++i;

            while (i < s.len && s.ptr[i] != '=' && s.ptr[i] != ' ' && s.ptr[i] != ']')
                i++;
            if (at(s, i) != '=' || at(s, i + 1) != '"')
                return SIZE_MAX;
            size_t const name_end = i;
            size_t const value = i += 2;

            while (i < s.len && s.ptr[i] != '"')
                i += s.ptr[i] == '\\' && i + 1 < s.len ? 2 : 1;
            if (i >= s.len)
                return SIZE_MAX;
            param_add(h, id, cut(s, name, name_end), cut(s, value, i));
            i++;
        }
        if (at(s, i) != ']')
            return SIZE_MAX;
        i++;
    }
    return i == s.len || s.ptr[i] == ' ' ? i : SIZE_MAX;
}

/* TIMESTAMP HOST APP PROCID MSGID SD MSG at i. */
static bool new_head(str s, size_t i, struct syslog_head *h) {
    str *const parts[] = {&h->timestamp, &h->host, &h->program, &h->pid, &h->msgid};
    size_t const date = at(s, i) == '-' ? 1 : iso_date_at(s, i);

    if (date == 0 || at(s, i + date) != ' ')
        return false;
    for (size_t k = 0; k < COUNT(parts); k++) {
        size_t const end = token_end(s, i);

        if (end == i || end == s.len)
            return false;
        *parts[k] = end == i + 1 && s.ptr[i] == '-' ? S("") : cut(s, i, end);
        i = end + 1;
    }
    size_t const end = structured(s, i, h);

    if (end == SIZE_MAX) /* a relay that left the structured data out */
        h->param_count = h->params_left_out = 0;
    else
        i = end;
    while (at(s, i) == ' ')
        i++;
    if (str_starts(str_from(s, i), S("\xef\xbb\xbf")))
        i += 3;
    h->size = i;
    return true;
}

static bool level_word(str s) {
    static const str words[] = {STR("emerg"), STR("emergency"), STR("alert"), STR("crit"),    STR("critical"),
                                STR("err"),   STR("error"),     STR("warn"),  STR("warning"), STR("notice"),
                                STR("info"),  STR("debug"),     STR("trace"), STR("verbose"), STR("panic")};

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_ascii(words[i], s))
            return true;
    return false;
}

static bool tag_byte(char c) {
    static const bool bytes[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,   ['_'] = true, ['-'] = true,
        ['.'] = true,         ['/'] = true,         ['('] = true,           [')'] = true, ['+'] = true,
        ['@'] = true,         ['*'] = true,         [0x80 ... 0xff] = true,
    };

    return bytes[(unsigned char)c];
}

/* program[pid]: or program: at i: where the message begins, or 0: there is no tag. */
static size_t tag(str s, size_t i, struct syslog_head *h) {
    size_t const from = i;
    size_t open, end, pid = 0, pid_end = 0;

    while (i < s.len && i - from <= TAG_MAX && tag_byte(s.ptr[i]))
        i++;
    if (i == from || i - from > TAG_MAX || !(at(s, i) == ':' || at(s, i) == '['))
        return 0;
    end = i;
    if (s.ptr[i] == '[') {
        pid = ++i;
        while (i < s.len && i - pid < 32 && s.ptr[i] != ']' && s.ptr[i] != ' ')
            i++;
        if (at(s, i) != ']' || i == pid)
            return 0;
        pid_end = i++;
    }
    if (at(s, i) == ':')
        i++;
    else if (!pid || (i < s.len && s.ptr[i] != ' '))
        return 0;
    if (i < s.len && s.ptr[i] != ' ' && !pid)
        return 0; /* CEF:0|, a time, an address */
    h->program = cut(s, from, end);
    h->pid = cut(s, pid, pid_end);
    if ((open = str_find_byte(h->program, '(')) != SIZE_MAX && open > 0 && h->program.ptr[h->program.len - 1] == ')') {
        h->module = (str){h->program.ptr + open + 1, h->program.len - open - 2};
        h->program.len = open;
    }
    return i;
}

/* What stands behind the date: host and tag, one of them, or none. */
static void old_rest(str s, size_t i, bool iso, struct syslog_head *h) {
    size_t const date_end = i;
    size_t next, end;

    if (at(s, i) == ':') { /* a device that names no host */
        h->size = i + 1;
        return;
    }
    if (at(s, i) != ' ') {
        h->size = i;
        return;
    }
    while (at(s, i) == ' ')
        i++;
    end = token_end(s, i);
    str const first = cut(s, i, end);

    if (first.len >= 2 && first.len <= 6 && first.ptr[first.len - 1] == ':' && first.ptr[0] >= 'A' &&
        first.ptr[0] <= 'Z' && at(s, end + 1) == '%') { /* CST: %SYS-5-... */
        h->timestamp.len = (size_t)(s.ptr + end - 1 - h->timestamp.ptr);
        h->size = end;
        return;
    }
    if (iso && level_word(first)) {
        h->level = first;
        i = end + (end < s.len);
        h->size = (next = tag(s, i, h)) ? next : i;
        return;
    }
    if ((next = tag(s, i, h))) {
        h->size = next;
        return;
    }
    if (end == s.len || first.ptr[0] == '%' || (first.ptr[0] == '[' && str_find_byte(first, ':') == SIZE_MAX) ||
        str_find_byte(first, '=') != SIZE_MAX || str_find_byte(first, '|') != SIZE_MAX ||
        str_starts(str_from(s, i), S("last message repeated "))) {
        h->size = date_end;
        return;
    }
    h->host = first;
    if (first.ptr[first.len - 1] == ':')
        h->host.len--;
    i = end + 1;
    if ((next = tag(s, i, h))) {
        h->size = next;
        return;
    }
    end = token_end(s, i);
    if (end > i && str_starts(str_from(s, end), S(" - - - "))) {
        h->program = cut(s, i, end);
        i = end + sizeof " - - - " - 1;
    }
    h->size = i;
}

/* LABEL 1131566461 2005.11.09 host in front of an old date: where that date begins, or 0. */
static size_t collector_at(str s, size_t i, struct syslog_head *h) {
    size_t const label = token_end(str_first(s, i + 17), i), time = label + 1;
    size_t const day = time + 11, host = day + 11;
    size_t end;

    if (label == i || label - i > 16 || digits_at(s, time) != 10 || at(s, time + 10) != ' ' || digits_at(s, day) != 4 ||
        at(s, day + 4) != '.' || digits_at(s, day + 5) != 2 || at(s, day + 7) != '.' || digits_at(s, day + 8) != 2 ||
        at(s, day + 10) != ' ')
        return 0;
    end = token_end(s, host);
    if (end == host || end - host > 64 || !old_date_at(s, end + 1))
        return 0;
    h->label = str_eq(cut(s, i, label), S("-")) ? S("") : cut(s, i, label);
    h->received = cut(s, time, time + 10);
    h->collector = cut(s, host, end);
    return end + 1;
}

static void head_begin(struct syslog_head *h) {
    h->priority = -1;
    h->timestamp = h->host = h->program = h->module = h->pid = h->msgid = h->level = S("");
    h->label = h->received = h->collector = S("");
    h->param_count = h->size = 0;
    h->params_left_out = false;
}

bool syslog_head_read(str line, struct syslog_head *h) {
    size_t i = 0, n;
    bool iso = false;

    head_begin(h);
    i = priority_at(line, 0, &h->priority);
    if (i > 0 && at(line, i) == '1' && at(line, i + 1) == ' ') {
        if (new_head(line, i + 2, h))
            return true;
        int const priority = h->priority;

        head_begin(h);
        h->priority = priority;
    }
    size_t date_from = i;

    if ((n = iso_date_at(line, i)) > 0)
        iso = true;
    else if ((n = old_date_at(line, i)) == 0 && (date_from = collector_at(line, i, h)) > 0)
        n = old_date_at(line, date_from);
    if (n > 0) {
        h->timestamp = cut(line, date_from, date_from + n);
        old_rest(line, date_from + n, iso, h);
    } else {
        if (i == 0)
            return false;
        h->size = (n = tag(line, i, h)) ? n : i;
    }
    while (at(line, h->size) == ' ')
        h->size++;
    return true;
}

bool syslog_begins(str line) {
    struct syslog_head h;
    int priority;
    size_t const n = priority_at(line, 0, &priority);

    if (n > 0)
        return true;
    head_begin(&h);
    return iso_date_at(line, 0) || old_date_at(line, 0) || collector_at(line, 0, &h);
}

str syslog_facility(int priority) {
    static const str names[24] = {
        STR("kern"),   STR("user"),   STR("mail"),   STR("daemon"), STR("auth"),     STR("syslog"),
        STR("lpr"),    STR("news"),   STR("uucp"),   STR("cron"),   STR("authpriv"), STR("ftp"),
        STR("ntp"),    STR("audit"),  STR("alert"),  STR("clock"),  STR("local0"),   STR("local1"),
        STR("local2"), STR("local3"), STR("local4"), STR("local5"), STR("local6"),   STR("local7"),
    };

    return names[priority / 8];
}

str syslog_severity(int priority) {
    static const str names[8] = {STR("emerg"),   STR("alert"),  STR("crit"), STR("err"),
                                 STR("warning"), STR("notice"), STR("info"), STR("debug")};

    return names[priority % 8];
}
