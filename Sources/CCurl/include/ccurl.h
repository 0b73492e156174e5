#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// HTTP requests by libcurl, which is loaded when it is first needed: linked in, it and what it needs would cost
// every start of renacer 3 ms.

// Loads libcurl once; NULL, or what is wrong. Not thread-safe.
const char *ccurl_load(void);

// Requests under way together, all used by one thread.
typedef struct ccurl_pool ccurl_pool;
// A request that can be sent again and again over one connection, to one URL.
typedef struct ccurl_request ccurl_request;

typedef struct {
    const char *url;
    // "Name: value", ended by NULL.
    const char *const *headers;
    // HTTP/2, without asking first where the URL says http.
    bool http2;
    // Files, NULL for libcurl's own choice: certificates to trust, the client's certificate and its key.
    const char *trusted;
    const char *certificate;
    const char *key;
    // What proves nothing is trusted.
    bool insecure;
} ccurl_settings;

// NULL when memory is short or libcurl refuses something.
ccurl_pool *ccurl_pool_new(void);
void ccurl_pool_free(ccurl_pool *pool);
// The request belongs to the pool's thread; free it before the pool.
ccurl_request *ccurl_request_new(ccurl_pool *pool, const ccurl_settings *settings);
void ccurl_request_free(ccurl_request *request);

// Starts to POST `count` bytes, which must stay there until the request is done or cancelled; `gzip`: they are
// compressed, which a header says. 0, or -1 if it could not be started.
int ccurl_send(ccurl_request *request, const void *body, size_t count, bool gzip, long timeout_ms);
// Gives up a request under way.
void ccurl_cancel(ccurl_request *request);
// Moves requests on for at most so long, 0: not waiting; returns one that is done, or NULL.
ccurl_request *ccurl_run(ccurl_pool *pool, int timeout_ms);
// Ends a wait of `ccurl_run`; from any thread.
void ccurl_wake(ccurl_pool *pool);

// What came of a request that is done.
typedef struct {
    // NULL, or why there was no answer at all.
    const char *error;
    // The answer's HTTP status.
    long status;
    // grpc-status; -1 if there is none.
    int grpc_status;
    // grpc-message, percent-encoded as it came; "" if there is none.
    const char *grpc_message;
    // grpc-status-details-bin, in base64 as it came; "" if there is none, or more than 4 KiB.
    const char *grpc_details;
    // Retry-After in seconds; -1 if there is none.
    long retry_after;
    // The body's first 64 KiB; valid until the request is sent again.
    const uint8_t *body;
    size_t count;
} ccurl_answer;

ccurl_answer ccurl_answer_of(const ccurl_request *request);

// Loads zlib once; NULL, or what is wrong. Not thread-safe.
const char *cgzip_load(void);
// Bytes that `count` bytes take at most when compressed.
size_t cgzip_bound(size_t count);
// Compresses into one gzip member: the bytes it takes, or -1.
ptrdiff_t cgzip(const void *bytes, size_t count, void *out, size_t room);
