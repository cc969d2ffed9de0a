/* fetch: curl_easy_perform, bounded, and its errors in plain words. */
#include "base/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define REDIRECTS_MAX 5L
#define CONNECT_S 30L
#define SLOW_BYTES 100L /* a second, for */
#define SLOW_S 60L
#define WHOLE_S 7200L
#define URL_MAX 2000u
#define SHOWN 120u /* bytes of an address in an error */

/* What is used of libcurl, by its own types. */
struct curl {
    typeof(curl_global_init) *global_init;
    typeof(curl_global_cleanup) *global_cleanup;
    typeof(curl_easy_init) *init;
    typeof(curl_easy_cleanup) *cleanup;
    typeof(curl_easy_setopt) *setopt;
    typeof(curl_easy_getinfo) *getinfo;
    typeof(curl_easy_perform) *perform;
    typeof(curl_easy_strerror) *strerror;
};

struct fetching {
    struct curl curl;
    const struct fetch *f;
    struct fetched *got;
    int to;
    bool too_large, stopped;
    int write_error;
};

bool fetch_url_good(const char *url, struct err *e) {
    str const s = str_of(url), rest = str_from(s, 8);
    size_t const slash = strcspn(rest.ptr, "/?#");
    str const authority = str_first(rest, slash);

    if (str_starts(s, S("http://")) || str_starts(s, S("ftp://")))
        return err_set(e, ERR_USAGE, 0, "%.*s: only https is fetched, because anybody on the way can change the rest",
                       STR_ARG(str_first(fetch_url_shown(url), SHOWN)));
    if (!str_eq_ascii(str_first(s, 8), S("https://")) || !authority.len)
        return err_set(e, ERR_USAGE, 0, "'%.*s' is no address that begins with https://",
                       STR_ARG(str_first(fetch_url_shown(url), SHOWN)));
    if (str_find_byte(authority, '@') != SIZE_MAX)
        return err_set(
            e, ERR_USAGE, 0,
            "an address with a name or password in it is not fetched: everybody who lists processes sees it");
    if (s.len > URL_MAX)
        return err_set(e, ERR_USAGE, 0, "an address of more than %u bytes", URL_MAX);
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return err_set(e, ERR_USAGE, 0, "'%.*s': no address holds blanks or control characters",
                           STR_ARG(str_first(fetch_url_shown(url), SHOWN)));
    return true;
}

str fetch_url_shown(const char *url) {
    return (str){url, strcspn(url, "?#")};
}

/* Twenty more libraries come with it, which takes longer than all else that a short command does; and none of them shall be in processes
 * that read evidence. So it is loaded here, and stays: not every library can be taken out again. */
static bool curl_load(struct curl *c, struct err *e) {
    const struct {
        const char *name;
        size_t at;
    } used[] = {
        {"curl_global_init", offsetof(struct curl, global_init)},
        {"curl_global_cleanup", offsetof(struct curl, global_cleanup)},
        {"curl_easy_init", offsetof(struct curl, init)},
        {"curl_easy_cleanup", offsetof(struct curl, cleanup)},
        {"curl_easy_setopt", offsetof(struct curl, setopt)},
        {"curl_easy_getinfo", offsetof(struct curl, getinfo)},
        {"curl_easy_perform", offsetof(struct curl, perform)},
        {"curl_easy_strerror", offsetof(struct curl, strerror)},
    };
    void *const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    bool ok = library != NULL;

    for (size_t i = 0; ok && i < COUNT(used); i++) {
        void *const function = dlsym(library, used[i].name);

        ok = function != NULL;
        memcpy((char *)c + used[i].at, &function, sizeof function);
    }
    return ok || err_set(e, ERR_IO, 0, "libcurl, which fetches, cannot be loaded: %s", dlerror());
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx) {
    struct fetching *const g = ctx;
    size_t const n = size * count;
    size_t done = 0;

    if (n > g->f->bytes_max - g->got->size) {
        g->too_large = true;
        return 0;
    }
    while (g->to >= 0 && done < n) {
        ssize_t const w = pwrite(g->to, bytes + done, n - done, (off_t)(g->got->size + done));

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            g->write_error = w < 0 ? errno : ENOSPC;
            return 0;
        }
        done += (size_t)w;
    }
    g->got->size += n;
    return n;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx) {
    struct fetching *const g = ctx;
    str const line = {bytes, size * count};
    size_t const colon = str_find_byte(line, ':');
    str value = colon == SIZE_MAX ? S("") : str_trim(str_from(line, colon + 1));

    if (str_starts(line, S("HTTP/"))) /* of a redirection's answer nothing stays */
        g->got->mark[0] = '\0';
    if (colon == SIZE_MAX || !str_eq_ascii(str_first(line, colon), S("etag")))
        return line.len;
    if (str_starts(value, S("W/")))
        value = str_from(value, 2);
    while (value.len && *value.ptr == '"')
        value = str_from(value, 1);
    while (value.len && value.ptr[value.len - 1] == '"')
        value.len--;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~')
            return line.len;
    if (value.len < sizeof g->got->mark)
        snprintf(g->got->mark, sizeof g->got->mark, "%.*s", STR_ARG(value));
    return line.len;
}

static int on_progress(void *ctx, curl_off_t of, curl_off_t now, curl_off_t up_of, curl_off_t up_now) {
    struct fetching *const g = ctx;

    (void)up_of, (void)up_now;
    if (g->f->tick)
        g->f->tick(g->f->ctx, now > 0 ? (uint64_t)now : 0, of > 0 ? (uint64_t)of : 0);
    g->stopped = g->f->stop && *g->f->stop;
    return g->stopped;
}

static bool set_up(CURL *c, struct fetching *g) {
    const char *const certificates = secure_getenv("SSL_CERT_FILE");
    bool ok = true;

#define SET(option, value) ok = ok && g->curl.setopt(c, option, value) == CURLE_OK
    SET(CURLOPT_URL, g->f->url);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, REDIRECTS_MAX);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (certificates && *certificates)
        SET(CURLOPT_CAINFO, certificates);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_USERAGENT, "longwatch/" LONGWATCH_VERSION);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, SLOW_S);
    SET(CURLOPT_TIMEOUT, WHOLE_S);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)g->f->bytes_max);
    SET(CURLOPT_FILETIME, 1L);
    SET(CURLOPT_NOBODY, g->f->ask ? 1L : 0L);
    SET(CURLOPT_WRITEFUNCTION, on_bytes);
    SET(CURLOPT_WRITEDATA, g);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, g);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, g);
#undef SET
    return ok;
}

/* What went wrong, for somebody who has no manual of curl. */
static bool failed(CURL *c, struct fetching *g, CURLcode code, struct err *e) {
    str const url = str_first(fetch_url_shown(g->f->url), SHOWN);
    curl_off_t of = -1;
    long status = 0;

    g->curl.getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    g->curl.getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &of);
    if (g->stopped)
        return err_set(e, ERR_INTERRUPTED, 0, "interrupted");
    if (g->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return err_set(e, ERR_LIMIT, 0, "%.*s: it is larger than the %lu bytes that are taken", STR_ARG(url),
                       (unsigned long)g->f->bytes_max);
    if (g->write_error)
        return err_set(e, ERR_IO, 0, "%.*s: it cannot be kept: %s", STR_ARG(url), strerrordesc_np(g->write_error));
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return err_set(e, ERR_IO, 0, "%.*s: nobody knows this host's address; is this machine offline?", STR_ARG(url));
    case CURLE_COULDNT_CONNECT:
        return err_set(e, ERR_IO, 0, "%.*s: no connection; is this machine offline?", STR_ARG(url));
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(e, ERR_IO, 0, "%.*s: it took too long", STR_ARG(url));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ISSUER_ERROR:
        return err_set(e, ERR_IO, 0, "%.*s: its certificate is not to be trusted; nothing was taken", STR_ARG(url));
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(e, ERR_IO, 0, "%.*s: it leads to another address that is not https; nothing was taken",
                       STR_ARG(url));
    case CURLE_TOO_MANY_REDIRECTS:
        return err_set(e, ERR_IO, 0, "%.*s: it leads from one address to the next without end", STR_ARG(url));
    case CURLE_HTTP_RETURNED_ERROR:
        return status == 404 || status == 410
                   ? err_set(e, ERR_IO, 0, "%.*s: there is no such file (%ld)", STR_ARG(url), status)
               : status == 401 || status == 403
                   ? err_set(e, ERR_IO, 0, "%.*s: the server does not give it to everybody (%ld)", STR_ARG(url), status)
                   : err_set(e, ERR_IO, 0, "%.*s: the server answers with error %ld", STR_ARG(url), status);
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2_STREAM:
        return of > 0 ? err_set(e, ERR_IO, 0, "%.*s: it breaks off after %lu of %lu bytes", STR_ARG(url),
                                (unsigned long)g->got->size, (unsigned long)of)
                      : err_set(e, ERR_IO, 0, "%.*s: it breaks off after %lu bytes", STR_ARG(url),
                                (unsigned long)g->got->size);
    case CURLE_OUT_OF_MEMORY:
        return err_set(e, ERR_MEMORY, 0, "%.*s: no memory", STR_ARG(url));
    default:
        return err_set(e, ERR_IO, 0, "%.*s: %s", STR_ARG(url), g->curl.strerror(code));
    }
}

bool fetch(const struct fetch *f, int to, struct fetched *got, struct err *e) {
    struct fetching g = {.f = f, .got = got, .to = to};
    CURLcode code;
    CURL *c;
    curl_off_t modified = -1;
    bool ok;

    *got = (struct fetched){.modified = INSTANT_NONE};
    if (!fetch_url_good(f->url, e))
        return false;
    if (!curl_load(&g.curl, e))
        return false;
    if (g.curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ERR_MEMORY, 0, "libcurl cannot be used");
    if (!(c = g.curl.init()) || !set_up(c, &g)) {
        ok = err_set(e, ERR_MEMORY, 0, "libcurl cannot be used");
    } else if ((code = g.curl.perform(c)) != CURLE_OK) {
        ok = failed(c, &g, code, e);
    } else {
        if (g.curl.getinfo(c, CURLINFO_FILETIME_T, &modified) == CURLE_OK && modified >= 0)
            got->modified = instant_from_unix(modified, 0);
        ok = true;
    }
    g.curl.cleanup(c);
    g.curl.global_cleanup();
    return ok;
}
