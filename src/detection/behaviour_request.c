/* behaviour_request: paths, scripts and forms of requests. */
#include "detection/behaviour_request.h"

/* What servers run when it lies below their root. ashx, asmx: .NET handlers; phar, pht: PHP where servers are told so. */
static bool is_script(str extension) {
    static const str extensions[] = {STR("php"),   STR("aspx"), STR("asp"),  STR("jsp"),  STR("ashx"),
                                     STR("asmx"),  STR("jspx"), STR("cgi"),  STR("pl"),   STR("cfm"),
                                     STR("py"),    STR("php3"), STR("php4"), STR("php5"), STR("php7"),
                                     STR("phtml"), STR("pht"),  STR("phar"), STR("cfc"),  STR("asa"),
                                     STR("rb"),    STR("sh"),   STR("lua"),  STR("soap"), STR("shtml")};

    for (size_t i = 0; i < COUNT(extensions); i++)
        if (str_eq_ascii(extension, extensions[i]))
            return true;
    return false;
}

static size_t first_of(str s, const char *any) {
    size_t i = 0;

    while (i < s.len && !memchr(any, s.ptr[i], strlen(any)))
        i++;
    return i;
}

bool request_target_of(str object, struct request_target *out) {
    size_t const scheme = str_find(str_first(object, 16), S("://"));
    size_t at, from = 0;

    if (scheme != SIZE_MAX)
        object = str_from(object, scheme + 3);
    at = str_find_byte(object, '/');
    if (at == SIZE_MAX || at > first_of(object, "?#"))
        return false;
    object = str_from(object, at);
    out->path = str_first(object, first_of(object, "?#"));
    out->script = S("");
    while (from < out->path.len && !out->script.len) {
        str const rest = str_from(out->path, from + 1);
        str const segment = str_first(rest, first_of(rest, "/;"));
        size_t dot = segment.len;

        while (dot > 0 && segment.ptr[dot - 1] != '.')
            dot--;
        if (dot > 1 && is_script(str_from(segment, dot)))
            out->script = str_first(out->path, from + 1 + segment.len);
        from += 1 + first_of(rest, "/");
    }
    return true;
}

str request_referrer_path(str referrer) {
    struct request_target t;

    return str_find(str_first(referrer, 16), S("://")) != SIZE_MAX && request_target_of(referrer, &t) ? t.path : S("");
}

/* ---- forms ---- */

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undoes %41 and %u0041 in place. */
static size_t decode(char *text, size_t len) {
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        size_t const digits = text[i] == '%' ? i + 1 < len && (text[i + 1] == 'u' || text[i + 1] == 'U') ? 4 : 2 : 0;
        size_t const from = i + 1 + (digits == 4);
        int value = 0;

        for (size_t k = 0; value >= 0 && k < digits; k++) {
            int const d = from + k < len ? digit_of(text[from + k]) : -1;

            value = d < 0 ? -1 : value << 4 | d;
        }
        if (digits && value > 0 && value < 256) {
            text[kept++] = (char)value;
            i = from + digits - 1;
        } else {
            text[kept++] = text[i];
        }
    }
    return kept;
}

static bool has(str text, const str *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_find(text, words[i]) != SIZE_MAX)
            return true;
    return false;
}

enum request_form request_form_of(str object) {
    static const str lookups[] = {STR("${jndi:"), STR("${lower:"), STR("${upper:"), STR("${::-"),
                                  STR("${env:"),  STR("${sys:"),   STR("${date:"),  STR("${${")};
    static const str expressions[] = {STR("#_memberaccess"),
                                      STR("@java.lang."),
                                      STR("java.lang.runtime"),
                                      STR("getruntime("),
                                      STR("processbuilder"),
                                      STR("class.module.classloader"),
                                      STR("%{("),
                                      STR("%{#"),
                                      STR("${(#"),
                                      STR("#{t(java"),
                                      STR("${t(java"),
                                      STR("#context["),
                                      STR("scriptenginemanager")};
    static const str back_ends[] = {STR("/mapi"), STR("/powershell"), STR("/owa"),
                                    STR("/ecp"),  STR("/ews"),        STR("/oab")};
    static const str traversals[] = {STR("../../"),  STR("..\\..\\"),  STR("/..;/"),     STR("/etc/passwd"),
                                     STR("win.ini"), STR("/web-inf/"), STR("/.%2e/.%2e")};
    static const str commands[] = {
        STR("/bin/sh"),        STR("/bin/bash"),      STR("cmd.exe"),           STR("cmd /c"),    STR("=whoami"),
        STR("powershell -"),   STR("xp_cmdshell"),    STR("passthru("),         STR("system("),   STR("shell_exec("),
        STR("base64_decode("), STR("php://input"),    STR(";whoami"),           STR("|whoami"),   STR("<?php"),
        STR("invokefunction"), STR("call_user_func"), STR("allow_url_include"), STR("wget http"), STR("curl http"),
        STR("wget+http"),      STR("curl+http")};
    char bytes[REQUEST_MAX];
    size_t len = object.len < sizeof bytes ? object.len : sizeof bytes;
    str text;

    /* Whatever of it is known needs one of these. */
    if (first_of(object, "%${@.#<(\\=;") == object.len)
        return FORM_NONE;
    memcpy(bytes, object.ptr, len);
    len = decode(bytes, decode(bytes, len));
    for (size_t i = 0; i < len; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] += 'a' - 'A';
    text = (str){bytes, len};
    if (has(text, lookups, COUNT(lookups)))
        return FORM_LOOKUP;
    if (has(text, expressions, COUNT(expressions)))
        return FORM_EXPRESSION;
    if (str_find(text, S("autodiscover")) != SIZE_MAX && str_find_byte(text, '@') != SIZE_MAX &&
        has(text, back_ends, COUNT(back_ends)))
        return FORM_BACK_END;
    if (has(text, traversals, COUNT(traversals)))
        return FORM_TRAVERSAL;
    return has(text, commands, COUNT(commands)) ? FORM_COMMAND : FORM_NONE;
}

const char *request_form_text(enum request_form f) {
    static const char *const texts[REQUEST_FORMS] = {
        [FORM_NONE] = "a request that is refused to others",
        [FORM_LOOKUP] = "a lookup in a parameter",
        [FORM_EXPRESSION] = "an expression that reaches into the server's runtime",
        [FORM_BACK_END] = "autodiscover with a back-end behind it",
        [FORM_TRAVERSAL] = "a path that leaves its folder",
        [FORM_COMMAND] = "a command in a parameter",
    };

    return texts[f];
}
