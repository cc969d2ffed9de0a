/* test_utmp: login records of every layout, made here byte by byte; what is none; damage, parts, show, and public samples. */
#include "promises.h"
#include "reader/utmp.h"

/* What stands in a record, and where: written from bits/utmp.h, apart from the reader. */
struct spec {
    size_t size;
    bool big;
    unsigned session, time, micro, address; /* 0: not there */
    unsigned time_bytes;
};
static const struct spec narrow = {384, false, 336, 340, 344, 348, 4}, wide = {400, false, 336, 344, 352, 360, 8},
                         narrow_big = {384, true, 336, 340, 344, 348, 4}, wide_big = {400, true, 336, 344, 352, 360, 8};

static void put(char *p, uint64_t n, unsigned bytes, bool big) {
    for (unsigned i = 0; i < bytes; i++)
        p[big ? bytes - 1 - i : i] = (char)(n >> 8 * i);
}

struct login {
    unsigned type, pid;
    const char *line, *id, *user, *host;
    uint64_t seconds, micro;
    uint8_t address[16];
    unsigned session, termination, exit;
};

static void login_add(struct buf *b, const struct spec *s, const struct login *in) {
    char *const p = buf_reserve(b, s->size);

    assert_non_null(p);
    memset(p, 0, s->size);
    put(p, in->type, 2, s->big);
    put(p + 4, in->pid, 4, s->big);
    memcpy(p + 8, in->line, strlen(in->line));
    memcpy(p + 40, in->id, strlen(in->id));
    memcpy(p + 44, in->user, strlen(in->user));
    memcpy(p + 76, in->host, strlen(in->host));
    put(p + 332, in->termination, 2, s->big);
    put(p + 334, in->exit, 2, s->big);
    put(p + s->session, in->session, 4, s->big);
    put(p + s->time, in->seconds, s->time_bytes, s->big);
    put(p + s->micro, in->micro, s->time_bytes, s->big);
    memcpy(p + s->address, in->address, 16);
    b->len += s->size;
}

static void last_add(struct buf *b, size_t time_bytes, uint64_t seconds, const char *line, const char *host, bool big) {
    char *const p = buf_reserve(b, 288 + time_bytes);

    assert_non_null(p);
    memset(p, 0, 288 + time_bytes);
    put(p, seconds, (unsigned)time_bytes, big);
    memcpy(p + time_bytes, line, strlen(line));
    memcpy(p + time_bytes + 32, host, strlen(host));
    b->len += 288 + time_bytes;
}

static const struct login by_ssh = {7,          4711, "pts/0",           "ts/0", "alice", "198.51.100.7",
                                    1700000000, 123,  {198, 51, 100, 7}, 9,      0,       0};

static const struct {
    const char *name;
    struct login login;
    const char *values; /* behind type and action */
} cases[] = {
    {"login",
     {7, 4711, "pts/0", "ts/0", "alice", "h.example", 1700000000, 123, {198, 51, 100, 7}, 9, 0, 0},
     "ut_type=t:USER_PROCESS;action=t:login;timestamp=n:1700000000.000123;ut_user=t:alice;ut_line=t:pts/0;"
     "ut_host=t:h.example;ut_addr_v6=t:198.51.100.7;ut_pid=n:4711;ut_id=t:ts/0;ut_session=n:9"},
    {"an address of sixteen bytes",
     {7, 1, "pts/1", "", "bob", "", 1700000000, 0, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 0},
     "ut_type=t:USER_PROCESS;action=t:login;timestamp=n:1700000000.000000;ut_user=t:bob;ut_line=t:pts/1;"
     "ut_addr_v6=t:2001:db8::1;ut_pid=n:1"},
    {"failed",
     {6, 9, "ssh:notty", "", "root", "203.0.113.9", 1700000000, 0, {0}, 0, 0, 0},
     "ut_type=t:LOGIN_PROCESS;action=t:login failed;timestamp=n:1700000000.000000;ut_user=t:root;ut_line=t:ssh:notty;"
     "ut_host=t:203.0.113.9;ut_pid=n:9"},
    {"a getty",
     {6, 9, "tty1", "1", "LOGIN", "", 1700000000, 0, {0}, 9, 0, 0},
     "ut_type=t:LOGIN_PROCESS;action=t:login prompt;timestamp=n:1700000000.000000;ut_user=t:LOGIN;ut_line=t:tty1;"
     "ut_pid=n:9;ut_id=t:1;ut_session=n:9"},
    {"logout",
     {8, 4711, "pts/0", "", "", "", 1700000000, 999999, {0}, 0, 15, 1},
     "ut_type=t:DEAD_PROCESS;action=t:logout;timestamp=n:1700000000.999999;ut_line=t:pts/0;ut_pid=n:4711;"
     "e_termination=n:15;e_exit=n:1"},
    {"boot",
     {2, 0, "~", "~~", "reboot", "6.1.0-13-amd64", 1700000000, 0, {0}, 0, 0, 0},
     "ut_type=t:BOOT_TIME;action=t:boot;timestamp=n:1700000000.000000;ut_user=t:reboot;ut_line=t:~;"
     "ut_host=t:6.1.0-13-amd64;ut_id=t:~~"},
    {"shutdown",
     {1, 0, "~", "~~", "shutdown", "", 1700000000, 0, {0}, 0, 0, 0},
     "ut_type=t:RUN_LVL;action=t:shutdown;timestamp=n:1700000000.000000;ut_user=t:shutdown;ut_line=t:~;ut_id=t:~~"},
    {"runlevel",
     {1, 53, "~", "~~", "runlevel", "", 1700000000, 0, {0}, 0, 0, 0},
     "ut_type=t:RUN_LVL;action=t:runlevel;timestamp=n:1700000000.000000;ut_user=t:runlevel;ut_line=t:~;ut_pid=n:53;"
     "ut_id=t:~~"},
    {"the clock was set",
     {3, 0, "{", "", "date", "", 1700000000, 0, {0}, 0, 0, 0},
     "ut_type=t:NEW_TIME;action=t:clock;timestamp=n:1700000000.000000;ut_user=t:date;ut_line=t:{"},
    {"names without a NUL at their ends",
     {7,
      1,
      "abcdefghijklmnopqrstuvwxyz012345",
      "ABCD",
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901",
      "h",
      1700000000,
      0,
      {0},
      0,
      0,
      0},
     "ut_type=t:USER_PROCESS;action=t:login;timestamp=n:1700000000.000000;ut_user=t:ABCDEFGHIJKLMNOPQRSTUVWXYZ678901;"
     "ut_line=t:abcdefghijklmnopqrstuvwxyz012345;ut_host=t:h;ut_pid=n:1;ut_id=t:ABCD"},
    {"after 2038",
     {7, 1, "pts/0", "", "u", "", 4102444800, 0, {0}, 0, 0, 0},
     "ut_type=t:USER_PROCESS;action=t:login;timestamp=n:4102444800.000000;ut_user=t:u;ut_line=t:pts/0;ut_pid=n:1"},
};

static void every_layout(void **state) {
    static const struct spec *const specs[] = {&narrow, &wide, &narrow_big, &wide_big};
    int wrong = 0;
    (void)state;

    for (size_t s = 0; s < COUNT(specs); s++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct buf b = {0}, want = {0};

            login_add(&b, specs[s], &by_ssh);
            login_add(&b, specs[s], &cases[i].login);
            buf_format(&want,
                       "1@0+%zu{ut_type=t:USER_PROCESS;action=t:login;timestamp=n:1700000000.000123;"
                       "ut_user=t:alice;ut_line=t:pts/0;ut_host=t:198.51.100.7;ut_addr_v6=t:198.51.100.7;"
                       "ut_pid=n:4711;ut_id=t:ts/0;ut_session=n:9} 2@%zu+%zu{%s}%c",
                       specs[s]->size, specs[s]->size, specs[s]->size, cases[i].values, '\0');
            wrong += reads_otherwise(&utmp_reader, cases[i].name, buf_str(&b), want.ptr);
            assert_true(utmp_reader.looks_like(buf_str(&b)));
            buf_free(&b);
            buf_free(&want);
        }
    assert_int_equal(wrong, 0);
}

static void last_logins(void **state) {
    int wrong = 0;
    (void)state;

    for (unsigned big = 0; big < 2; big++)
        for (size_t bytes = 4; bytes <= 8; bytes += 4) {
            struct buf b = {0}, want = {0};
            size_t const size = 288 + bytes;

            last_add(&b, bytes, 1700000000, "tty1", "", big);
            last_add(&b, bytes, 0, "", "", big);
            last_add(&b, bytes, 1700000001, "pts/0", "198.51.100.7", big);
            buf_format(&want,
                       "1@0+%zu{ut_type=t:LASTLOG;action=t:last login;timestamp=n:1700000000;ut_line=t:tty1;uid=n:0} "
                       "2@%zu+%zu{ut_type=t:LASTLOG;action=t:last login;timestamp=n:1700000001;ut_line=t:pts/0;"
                       "ut_host=t:198.51.100.7;uid=n:2}%c",
                       size, 2 * size, size, '\0');
            wrong += reads_otherwise(&utmp_reader, "lastlog", buf_str(&b), want.ptr);
            assert_true(utmp_reader.looks_like(buf_str(&b)));
            cut_everywhere(&utmp_reader, buf_str(&b), NOTED_ALL);
            buf_free(&b);
            buf_free(&want);
        }
    assert_int_equal(wrong, 0);
}

/* What is near to a record and is none. */
static void no_records(void **state) {
    static const struct {
        const char *name;
        size_t at;
        const char *bytes;
        size_t count;
    } list[] = {
        {"type 10", 0, "\x0a", 1},
        {"type of two bytes", 1, "\x01", 1},
        {"type 0 with a time", 0, "\0", 1},
        {"a process below 0", 7, "\x80", 1},
        {"a line with a control character", 9, "\x01", 1},
        {"a host with a control character", 77, "\n", 1},
        {"before 1980", 340, "\x00\x00\x00\x01", 4},
        {"a million microseconds", 344, "\x40\x42\x0f\x00", 4},
        {"something where nothing is", 383, "x", 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(list); i++)
        for (int second = 0; second < 2; second++) {
            struct buf b = {0};

            login_add(&b, &narrow, &by_ssh);
            login_add(&b, &narrow, &by_ssh);
            assert_true(utmp_reader.looks_like(buf_str(&b)));
            memcpy(b.ptr + (second ? 384 : 0) + list[i].at, list[i].bytes, list[i].count);
            if (utmp_reader.looks_like(buf_str(&b)))
                fail_msg("%s looks like a record", list[i].name);
            buf_free(&b);
        }
}

/* Records, with bytes lost, bytes put in, and an end that breaks off. */
static void damage_is_told_and_passed(void **state) {
#define ALICE                                                                                                          \
    "ut_type=t:USER_PROCESS;action=t:login;timestamp=n:1700000000.000123;ut_user=t:alice;ut_line=t:pts/"               \
    "0;ut_host=t:198.51.100.7;ut_addr_v6=t:198.51.100.7;ut_pid=n:4711;ut_id=t:ts/0;ut_session=n:9"
    static const struct {
        const char *name;
        size_t cut_at, cut, put_at, put; /* of four records: bytes taken out; bytes 0xff put in */
        size_t end;                      /* bytes taken from the end */
        const char *notes;
    } list[] = {
        {"whole", 0, 0, 0, 0, 0, "1@0+384{" ALICE "} 2@384+384{" ALICE "} 3@768+384{" ALICE "} 4@1152+384{" ALICE "}"},
        {"put in", 0, 0, 768, 5, 0,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} !768+5(bytes that are no login record) 3@773+384{" ALICE
         "} 4@1157+384{" ALICE "}"},
        {"lost", 768, 10, 0, 0, 0,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} !768+374(bytes that are no login record) 3@1142+384{" ALICE "}"},
        {"breaks off", 0, 0, 0, 0, 1,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} 3@768+384{" ALICE "} !1152+383(a login record that breaks off)"},
        {"bytes at the end", 0, 0, 1536, 7, 0,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} 3@768+384{" ALICE "} 4@1152+384{" ALICE
         "} !1536+7(a login record that breaks off)"},
        {"no record to resume at", 0, 0, 768, 900, 383,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} !768+1285(bytes that are no login record)"},
        {"a whole one to resume at", 0, 0, 768, 900, 384,
         "1@0+384{" ALICE "} 2@384+384{" ALICE "} !768+900(bytes that are no login record) 3@1668+384{" ALICE "}"},
    };
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(list); i++) {
        struct buf whole_file = {0}, b = {0};

        for (int k = 0; k < 4; k++)
            login_add(&whole_file, &narrow, &by_ssh);
        buf_add(&b, str_first(buf_str(&whole_file), list[i].cut ? list[i].cut_at : list[i].put_at));
        for (size_t k = 0; k < list[i].put; k++)
            buf_byte(&b, '\xff');
        buf_add(&b, str_from(buf_str(&whole_file), list[i].cut ? list[i].cut_at + list[i].cut : list[i].put_at));
        b.len -= list[i].end;
        wrong += reads_otherwise(&utmp_reader, list[i].name, buf_str(&b), list[i].notes);
        buf_free(&b);
        buf_free(&whole_file);
    }
    assert_int_equal(wrong, 0);
}

/* A record of zeros in a wtmp is not passed over: who wipes a login leaves just that. */
static void a_wiped_record_is_a_record(void **state) {
    struct buf b = {0};
    (void)state;

    login_add(&b, &narrow, &by_ssh);
    login_add(&b, &narrow, &(struct login){.line = "", .id = "", .user = "", .host = ""});
    assert_true(utmp_reader.looks_like(buf_str(&b)));
    assert_int_equal(
        reads_otherwise(&utmp_reader, "wiped", buf_str(&b), "1@0+384{" ALICE "} 2@384+384{ut_type=t:EMPTY}"), 0);
    cut_everywhere(&utmp_reader, buf_str(&b), NOTED_ALL);
    buf_free(&b);
}

/* Read by eye out of the bytes of the files. */
static const struct sample samples[] = {
    {"linux/plaso/utmp_utmp",
     14,
     0,
     {"timestamp=n:1386945909.688666;ut_user=t:reboot;ut_line=t:~;ut_host=t:3.8.0-33-generic",
      "ut_type=t:LOGIN_PROCESS;action=t:login "
      "prompt;timestamp=n:1386945909.000000;ut_user=t:LOGIN;ut_line=t:tty4;ut_pid=n:1115;ut_id=t:4"}},
    {"linux/plaso/utmp_wtmp.1",
     4,
     1,
     {"ut_user=t:userA;ut_line=t:pts/32;ut_host=t:10.10.122.1;ut_addr_v6=t:10.10.122.1;ut_pid=n:20060;ut_id=t:s/12",
      "ut_type=t:DEAD_PROCESS;action=t:logout;timestamp=n:1322785278.725048;ut_line=t:pts/89;ut_pid=n:20060"}},
};

static const struct source sources[] = {
    {"text", STR("hello"), "!0+5(no login record: nothing was read)"},
    {"nothing", STR(""), ""},
};

/* Of the records that are made here. */
int main(void) {
    struct buf two = {0}, zeros = {0}, letters_only = {0};

    login_add(&two, &narrow, &by_ssh);
    login_add(&two, &narrow, &cases[4].login);
    fill(&zeros, '\0', 4096);
    fill(&letters_only, 'x', 4096);
    const struct head heads[] = {
        {buf_str(&two), true},
        {buf_str(&zeros), false},
        {buf_str(&letters_only), false},
        {STR(""), false},
    };
    const struct shown shown[] = {
        {buf_str(&two), 384,
         "ut_type: DEAD_PROCESS\naction: logout\ntimestamp: 1700000000.999999\nut_line: pts/0\n"
         "ut_pid: 4711\ne_termination: 15\ne_exit: 1"},
        {buf_str(&two), 1, NULL},
        {buf_str(&two), 768, NULL},
        {STR("x"), 0, NULL},
    };
    const struct promises promises = {
        .reader = &utmp_reader,
        PROMISED_TABLES,
        .busy = buf_str(&two),
        .records = 2,
        .only = {"ut_user", str_first(buf_str(&two), 384), "1@0+384{ut_user=t:alice}"},
        PROMISED_SAMPLES,
    };
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        SAMPLES(&promises),
        cmocka_unit_test(every_layout),
        cmocka_unit_test(last_logins),
        cmocka_unit_test(no_records),
        cmocka_unit_test(damage_is_told_and_passed),
        cmocka_unit_test(a_wiped_record_is_a_record),
    };

    int const failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_free(&two);
    buf_free(&zeros);
    buf_free(&letters_only);
    return failed;
}
