// A sink that is right unless BREAK says otherwise: it writes the files that are opened and the programs that are executed.
#include <renacer/plugin.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#include <stdexcept>
#define THROW(where) if (!strcmp(BREAK, where)) throw std::runtime_error("thrown in " where)
extern "C" {
#else
#define THROW(where)
#endif

#define IS(what) (!strcmp(BREAK, what))

static const renacer_host *host;
static uint32_t paths[2];
static int instance, own = -1;

static renacer_string text(const char *s) { renacer_string r = { s, strlen(s) }; return r; }

static renacer_status failed(const char *why) {
    host->fail(host, text(why));
    return RENACER_FAILED;
}

static renacer_status put(const char *bytes, size_t count) {
    if (own >= 0) return write(own, bytes, count) == (ssize_t)count ? RENACER_OK : RENACER_FAILED;
    return host->write(host, bytes, count);
}

static renacer_status create(const renacer_host *h, void **out) {
    host = h;
    *out = &instance;
    THROW("throws-create");
    if (IS("fails-create")) return failed("no sink for you");
    paths[0] = host->field(host, text("openat.pathname"));
    paths[1] = host->field(host, text("execve.pathname"));
    if (!IS("own")) return RENACER_OK;
    char name[4096] = "";
    if (host->destination.length >= sizeof name || !host->destination.length) return failed("a file is wanted: --sink paths:FILE");
    memcpy(name, host->destination.data, host->destination.length);
    own = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    // What renacer has no output for cannot be written to it.
    if (host->write(host, "x", 1) != RENACER_FAILED) return failed("write has somewhere to write to");
    return own < 0 ? failed("the file cannot be opened") : RENACER_OK;
}

static renacer_status consume(void *i, const renacer_event *e, size_t count) {
    (void)i;
    THROW("throws-consume");
    if (IS("fails-consume")) return failed("the events are no good");
    if (IS("slow")) usleep(60000);
    if (IS("loops")) for (volatile int x = 1; x;) {}
    if (IS("crashes")) *(volatile int *)8 = 1;
    for (; count--; e = renacer_next(e)) {
        renacer_string name;
        renacer_value v;
        memset(&v, 0, sizeof v);
        v.size = sizeof v;
        if (host->describe(host, e, RENACER_DESCRIBE_NAME, &name) != RENACER_OK) continue;
        put(name.data, name.length);
        for (int f = 0; f < 2; f++)
            if (host->value(host, e, paths[f], &v) == RENACER_OK) {
                put(" ", 1);
                put(v.text.data, v.text.length);
            }
        char byte = 0;
        if (IS("reads") && host->read(host, e, e->arguments[1], &byte, 1) == 1) put(" read", 5);
        put("\n", 1);
    }
    return RENACER_OK;
}

static renacer_status finish(void *i, const renacer_account *a) {
    (void)i;
    (void)a;
    if (IS("fails-finish")) return failed("at the very end");
    return put("end\n", 4);
}

static renacer_status report(void *i, const renacer_finding *f) {
    (void)i;
    if (IS("fails-report")) return failed("no findings, please");
    put(f->detector.data, f->detector.length);
    put("/", 1);
    put(f->rule.data, f->rule.length);
    put(" ", 1);
    put(f->evidence[0].name.data, f->evidence[0].name.length);
    return put("\n", 1);
}

static void destroy(void *i) { (void)i; }

static renacer_sink functions;
static renacer_subscription subscription;
static renacer_component component;
static renacer_plugin plugin;

__attribute__((visibility("default"))) const renacer_plugin *renacer_plugin_v1(const renacer_host *h) {
    (void)h;
    functions.size = sizeof functions;
    functions.output = IS("own") ? RENACER_OUTPUT_OWN : IS("unknown-output") ? 9 : RENACER_OUTPUT_STREAM;
    functions.create = create;
    functions.consume = IS("null-consume") ? NULL : consume;
    functions.finish = finish;
    functions.destroy = destroy;
    functions.report = IS("no-report") ? NULL : report;
    subscription.size = sizeof subscription;
    subscription.kinds = RENACER_CALL;
    subscription.calls = text("openat,execve,?open");
    subscription.needs = RENACER_NEEDS_MEMORY;
    component.size = sizeof component;
    component.kind = RENACER_SINK;
    component.name = text("paths");
    component.description = text("files that are opened");
    component.subscriptions = &subscription;
    component.subscription_count = 1;
    component.functions = &functions;
    plugin.size = sizeof plugin;
    plugin.abi_minor = RENACER_ABI_MINOR;
    plugin.schema = RENACER_EVENT_SCHEMA;
    plugin.name = text("paths");
    plugin.version = text("1");
    plugin.components = &component;
    plugin.component_count = 1;
    return &plugin;
}

#ifdef __cplusplus
}
#endif
