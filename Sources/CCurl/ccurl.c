#include "ccurl.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// The functions of libcurl that are used, by the types that its header declares.
#define FUNCTIONS(F) \
    F(curl_global_init) F(curl_version_info) \
    F(curl_easy_init) F(curl_easy_cleanup) F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_easy_strerror) \
    F(curl_multi_init) F(curl_multi_cleanup) F(curl_multi_add_handle) F(curl_multi_remove_handle) \
    F(curl_multi_perform) F(curl_multi_poll) F(curl_multi_wakeup) F(curl_multi_info_read) F(curl_multi_setopt) \
    F(curl_slist_append) F(curl_slist_free_all)

// typecheck-gcc.h wraps these in macros of the same names.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define DECLARE(f) static __typeof__(&f) p_##f;
FUNCTIONS(DECLARE)

const char *ccurl_load(void) {
    static bool is_loaded;
    if (is_loaded) return NULL;
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return "libcurl.so.4 is not there: install the package libcurl4";
#define LOAD(f) \
    if (!(p_##f = (__typeof__(&f))dlsym(library, #f))) return "this libcurl is too old: it lacks " #f;
    FUNCTIONS(LOAD)
    if (p_curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return "libcurl does not start";
    if (!(p_curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2)) return "this libcurl was built without HTTP/2";
    is_loaded = true;
    return NULL;
}

struct ccurl_pool {
    CURLM *multi;
};

enum { message_limit = 512, details_limit = 4096, body_limit = 64 << 10 };

struct ccurl_request {
    ccurl_pool *pool;
    CURL *easy;
    struct curl_slist *headers;
    // The same, and Content-Encoding.
    struct curl_slist *compressed_headers;
    bool is_under_way;
    // It has a connection of its own.
    bool is_fresh;
    CURLcode result;
    int grpc_status;
    long retry_after;
    char grpc_message[message_limit];
    char grpc_details[details_limit];
    char error[CURL_ERROR_SIZE];
    uint8_t *body;
    size_t count;
};

ccurl_pool *ccurl_pool_new(void) {
    ccurl_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    if (!(pool->multi = p_curl_multi_init())) {
        free(pool);
        return NULL;
    }
    // A connection for each request under way: libcurl 7.88 breaks large uploads that share one.
    p_curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return pool;
}

void ccurl_pool_free(ccurl_pool *pool) {
    if (!pool) return;
    p_curl_multi_cleanup(pool->multi);
    free(pool);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    ccurl_request *r = context;
    size_t all = size * count, room = body_limit - r->count, n = all < room ? all : room;
    if (!r->body && !(r->body = malloc(body_limit))) return all;
    memcpy(r->body + r->count, bytes, n);
    r->count += n;
    return all;
}

// The value of a header of this name, NULL for others.
static const char *value_of(const char *line, size_t count, const char *name, size_t *length) {
    size_t n = strlen(name);
    if (count <= n || strncasecmp(line, name, n) != 0 || line[n] != ':') return NULL;
    const char *p = line + n + 1, *end = line + count;
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    while (end > p && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) end--;
    *length = (size_t)(end - p);
    return p;
}

// A number of at most nine digits; -1 for anything else, such as Retry-After's date.
static long number(const char *p, size_t n) {
    long v = 0;
    if (n == 0 || n > 9) return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

// Trailers come here too.
static size_t take_header(char *line, size_t size, size_t count, void *context) {
    ccurl_request *r = context;
    size_t all = size * count, n = 0;
    const char *v;
    if ((v = value_of(line, all, "grpc-status", &n))) r->grpc_status = (int)number(v, n);
    if ((v = value_of(line, all, "retry-after", &n))) r->retry_after = number(v, n);
    if ((v = value_of(line, all, "grpc-message", &n))) {
        if (n >= message_limit) n = message_limit - 1;
        memcpy(r->grpc_message, v, n);
        r->grpc_message[n] = 0;
    }
    // Part of it would say nothing.
    if ((v = value_of(line, all, "grpc-status-details-bin", &n)) && n < details_limit) {
        memcpy(r->grpc_details, v, n);
        r->grpc_details[n] = 0;
    }
    return all;
}

static bool append(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = p_curl_slist_append(*list, line);
    if (longer) *list = longer;
    return longer != NULL;
}

ccurl_request *ccurl_request_new(ccurl_pool *pool, const ccurl_settings *s) {
    ccurl_request *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->pool = pool;
    if (!(r->easy = p_curl_easy_init())) {
        free(r);
        return NULL;
    }
    bool ok = true;
    for (const char *const *h = s->headers; *h; h++) ok = ok && append(&r->headers, *h) && append(&r->compressed_headers, *h);
    // No pause before a large body for the server's leave.
    ok = ok && append(&r->headers, "Expect:") && append(&r->compressed_headers, "Expect:");
    ok = ok && append(&r->compressed_headers, "Content-Encoding: gzip");
#define SET(option, value) ok = ok && p_curl_easy_setopt(r->easy, option, value) == CURLE_OK
    SET(CURLOPT_URL, s->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_USERAGENT, "renacer");
    SET(CURLOPT_ERRORBUFFER, r->error);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, r);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, r);
    SET(CURLOPT_PRIVATE, r);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    SET(CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    bool is_tls = strncasecmp(s->url, "https:", 6) == 0;
    long version = !s->http2 ? CURL_HTTP_VERSION_1_1 : is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    SET(CURLOPT_HTTP_VERSION, version);
    if (s->trusted) SET(CURLOPT_CAINFO, s->trusted);
    if (s->certificate) SET(CURLOPT_SSLCERT, s->certificate);
    if (s->key) SET(CURLOPT_SSLKEY, s->key);
    if (s->insecure) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (ok) return r;
    ccurl_request_free(r);
    return NULL;
}

void ccurl_request_free(ccurl_request *r) {
    if (!r) return;
    ccurl_cancel(r);
    p_curl_easy_cleanup(r->easy);
    p_curl_slist_free_all(r->headers);
    p_curl_slist_free_all(r->compressed_headers);
    free(r->body);
    free(r);
}

int ccurl_send(ccurl_request *r, const void *body, size_t count, bool gzip, long timeout_ms) {
    r->count = 0;
    r->error[0] = r->grpc_message[0] = r->grpc_details[0] = 0;
    r->grpc_status = -1;
    r->retry_after = -1;
    bool ok = true;
    SET(CURLOPT_HTTPHEADER, gzip ? r->compressed_headers : r->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    SET(CURLOPT_POSTFIELDS, body);
    SET(CURLOPT_TIMEOUT_MS, timeout_ms);
    SET(CURLOPT_FRESH_CONNECT, 0L);
    r->is_fresh = false;
    if (!ok || p_curl_multi_add_handle(r->pool->multi, r->easy) != CURLM_OK) return -1;
    r->is_under_way = true;
    return 0;
}

void ccurl_cancel(ccurl_request *r) {
    if (!r->is_under_way) return;
    p_curl_multi_remove_handle(r->pool->multi, r->easy);
    r->is_under_way = false;
}

// libcurl 7.88 cannot take up a connection again on which the server has said something meanwhile, such as gRPC's pings,
// and says so before it has sent anything: the request has another chance, on a connection of its own.
static bool resend(ccurl_request *r) {
    r->is_fresh = true;
    r->error[0] = 0;
    p_curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, 1L);
    r->is_under_way = p_curl_multi_add_handle(r->pool->multi, r->easy) == CURLM_OK;
    return r->is_under_way;
}

static ccurl_request *finished(ccurl_pool *pool) {
    CURLMsg *message;
    int rest;
    while ((message = p_curl_multi_info_read(pool->multi, &rest))) {
        if (message->msg != CURLMSG_DONE) continue;
        char *context = NULL;
        CURLcode result = message->data.result;
        p_curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        ccurl_request *r = (ccurl_request *)context;
        r->result = result;
        ccurl_cancel(r);
        if (result == CURLE_HTTP2 && !r->is_fresh && resend(r)) continue;
        return r;
    }
    return NULL;
}

ccurl_request *ccurl_run(ccurl_pool *pool, int timeout_ms) {
    int running = 0;
    p_curl_multi_perform(pool->multi, &running);
    ccurl_request *r = finished(pool);
    if (r || timeout_ms <= 0) return r;
    p_curl_multi_poll(pool->multi, NULL, 0, timeout_ms, NULL);
    p_curl_multi_perform(pool->multi, &running);
    return finished(pool);
}

void ccurl_wake(ccurl_pool *pool) { p_curl_multi_wakeup(pool->multi); }

ccurl_answer ccurl_answer_of(const ccurl_request *r) {
    ccurl_answer a = {.grpc_status = r->grpc_status, .grpc_message = r->grpc_message, .grpc_details = r->grpc_details,
        .retry_after = r->retry_after, .body = r->body, .count = r->count};
    p_curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &a.status);
    if (r->result != CURLE_OK) a.error = r->error[0] ? r->error : p_curl_easy_strerror(r->result);
    return a;
}
