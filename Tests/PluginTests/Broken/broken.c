// A plugin that is right unless BREAK says otherwise.
#include <renacer/plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#include <stdexcept>
#define THROW(where) if (!strcmp(BREAK, where)) throw std::runtime_error("thrown in " where)
#define THROW_INT(where) if (!strcmp(BREAK, where)) throw 7
extern "C" {
#else
#define THROW(where)
#define THROW_INT(where)
#endif

#define IS(what) (!strcmp(BREAK, what))

static const renacer_host *host;
static uint64_t events;
static int instance;

static renacer_string text(const char *s) { renacer_string r = { s, strlen(s) }; return r; }

static renacer_status failed(const char *why) {
    if (why) host->fail(host, text(why));
    return RENACER_FAILED;
}

static renacer_status found(int has_evidence) {
    renacer_evidence e;
    memset(&e, 0, sizeof e);
    e.size = sizeof e;
    e.is_number = 1;
    e.name = text("Events");
    e.number = (double)events;
    renacer_finding f;
    memset(&f, 0, sizeof f);
    f.size = IS("older") ? offsetof(renacer_finding, detector) : sizeof f;
    f.rule = text("seen");
    f.title = text("Something was seen");
    f.evidence = &e;
    f.evidence_count = has_evidence ? 1 : 0;
    return host->report(host, &f);
}

static renacer_status create(const renacer_host *h, void **out) {
    host = h;
    *out = &instance;
    THROW("throws-create");
    return IS("fails-create") ? failed("no instance for you") : RENACER_OK;
}

static renacer_status consume(void *i, const renacer_event *e, size_t count) {
    (void)i;
    events += count;
    THROW("throws-consume");
    THROW_INT("throws-int");
    if (IS("fails-consume")) return failed("the events are no good");
    if (IS("fails-silently")) return RENACER_FAILED;
    if (IS("slow")) usleep(60000);
    if (IS("loops")) for (volatile int x = 1; x;) {}
    if (IS("asks-for-ever")) {
        renacer_value v = {.size = sizeof v};
        for (volatile int x = 1; x;) host->value(host, e, 0, &v);
    }
    if (IS("crashes")) *(volatile int *)8 = 1;
    if (IS("exits")) _exit(0);
    if (IS("leaks")) for (int n = 0; n < 200000; n++) found(1);
    if (IS("asks-nonsense")) {
        renacer_event other;
        renacer_value v;
        char byte;
        memset(&other, 0, sizeof other);
        memset(&v, 0, sizeof v);
        v.size = sizeof v;
        host->value(host, &other, 77, &v);
        host->value(host, (const renacer_event *)(const void *)((const char *)e + 3), 1, &v);
        host->value(host, NULL, 0, NULL);
        host->read(host, NULL, 8, &byte, 1);
        host->read(host, e, 8, NULL, 1);
        host->read(host, e, 8, &byte, (size_t)-1);
        host->stack(host, e, NULL, NULL);
        host->descriptor(host, -5, -7, NULL);
        host->task(host, -1, NULL);
        host->mapping(host, 0, 0, NULL);
        host->symbol(host, 1 << 30, 1, NULL);
        host->same_description(host, -1, -1, -1, -1);
        renacer_string null = { NULL, 9 };
        host->option(host, null, &v);
        host->call(host, null);
        host->field(host, null);
        host->log(host, 99, null);
        host->report(host, NULL);
    }
    return RENACER_OK;
}

static renacer_status finish(void *i, const renacer_account *a) {
    (void)i;
    (void)a;
    THROW("throws-finish");
    if (IS("fails-finish")) return failed("at the very end");
    found(!IS("no-evidence"));
    return RENACER_OK;
}

static void destroy(void *i) {
    (void)i;
    if (IS("reports-late")) found(1);
    THROW("throws-destroy");
}

static renacer_detector functions;
static renacer_subscription subscription;
static renacer_option option;
static renacer_component component;
static renacer_plugin plugin;

__attribute__((visibility("default"))) const renacer_plugin *ENTRY(const renacer_host *h) {
    THROW("throws-entry");
    if (IS("no-plugin")) return NULL;
    if (IS("refuses")) {
        h->fail(h, text("needs a GPU"));
        return NULL;
    }
    functions.size = IS("tiny-table") ? 16 : IS("huge-table") ? 1 << 30 : sizeof functions;
    functions.create = create;
    functions.consume = IS("null-consume") ? NULL : consume;
    functions.finish = finish;
    functions.destroy = IS("null-destroy") ? NULL : destroy;
    subscription.size = IS("zero-size") ? 0 : IS("older") ? offsetof(renacer_subscription, given) : sizeof subscription;
    if (IS("wrong-given")) subscription.given = text("colour=red");
    if (IS("vague-given")) subscription.given = text("limit");
    subscription.kinds = RENACER_CALL;
    subscription.calls = IS("wrong-calls") ? text("no_such_call") : text("all");
    option.size = sizeof option;
    option.type = IS("wrong-option") ? 99 : RENACER_OPTION_INTEGER;
    option.name = text("limit");
    option.default_value = IS("wrong-default") ? text("many") : text("3");
    option.help = text("a limit");
    component.size = sizeof component;
    component.kind = IS("unknown-kind") ? 77 : RENACER_DETECTOR;
    component.name = IS("wrong-name") ? text("Not A Name") : text("broken");
    component.description = text("breaks");
    component.options = &option;
    component.option_count = 1;
    component.subscriptions = IS("null-subscriptions") ? NULL : &subscription;
    component.subscription_count = IS("many") ? (size_t)-1 : 1;
    component.functions = IS("null-functions") ? NULL : &functions;
    plugin.size = sizeof plugin;
    plugin.abi_minor = RENACER_ABI_MINOR;
    plugin.schema = IS("wrong-schema") ? 99 : RENACER_EVENT_SCHEMA;
    plugin.name = text("broken");
    if (IS("null-name")) plugin.name.data = NULL;
    plugin.version = text("1");
    plugin.components = IS("null-components") ? NULL : &component;
    plugin.component_count = IS("empty") ? 0 : 1;
    return &plugin;
}

#ifdef __cplusplus
}
#endif
