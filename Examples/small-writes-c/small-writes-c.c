// Finds tasks that write a few bytes at a time.
#include <renacer/plugin.h>
#include <stdlib.h>

typedef struct detector {
    const renacer_host *host;
    uint64_t small, count;
    uint64_t writes, bytes, time, from, to;
    int32_t task;
} detector;

static uint64_t option(const renacer_host *host, renacer_string name, uint64_t otherwise) {
    renacer_value v = { .size = sizeof v };
    return host->option(host, name, &v) == RENACER_OK ? v.integer : otherwise;
}

static renacer_status create(const renacer_host *host, void **instance) {
    detector *d = calloc(1, sizeof *d);
    if (!d) return RENACER_FAILED;
    d->host = host;
    d->small = option(host, (renacer_string)RENACER_TEXT("small"), 64);
    d->count = option(host, (renacer_string)RENACER_TEXT("count"), 100);
    *instance = d;
    return RENACER_OK;
}

static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
    detector *d = instance;
    for (; count--; e = renacer_next(e)) {
        if (e->outcome != RENACER_RETURNED || (uint64_t)e->result >= d->small) continue;
        d->writes++;
        d->bytes += (uint64_t)e->result;
        if (e->enter_time) d->time += e->exit_time - e->enter_time;
        if (!d->from) d->from = e->time;
        d->to = e->time;
        d->task = e->tid;
    }
    return RENACER_OK;
}

static renacer_status finish(void *instance, const renacer_account *account) {
    detector *d = instance;
    (void)account;
    if (d->writes < d->count) return RENACER_OK;
    renacer_evidence evidence[] = {
        { .size = sizeof *evidence, .name = RENACER_TEXT("Writes"), .is_number = 1, .number = (double)d->writes },
        { .size = sizeof *evidence, .name = RENACER_TEXT("Bytes"), .is_number = 1, .number = (double)d->bytes },
        { .size = sizeof *evidence, .name = RENACER_TEXT("Time in them"), .is_number = 1, .number = (double)d->time / 1e6, .unit = RENACER_TEXT("ms") },
    };
    renacer_finding finding = {
        .size = sizeof finding, .severity = RENACER_LOW, .rule = RENACER_TEXT("small-writes"), .confidence = 0.9,
        .tasks = &d->task, .task_count = 1, .from = d->from, .to = d->to, .title = RENACER_TEXT("Many small writes"),
        .evidence = evidence, .evidence_count = sizeof evidence / sizeof *evidence,
        .reason = RENACER_TEXT("every write costs a call, whatever its size"), .advice = RENACER_TEXT("collect them in a buffer"),
    };
    return d->host->report(d->host, &finding);
}

static void destroy(void *instance) { free(instance); }

static const renacer_option options[] = {
    { .size = sizeof *options, .type = RENACER_OPTION_BYTES, .name = RENACER_TEXT("small"), .default_value = RENACER_TEXT("64"),
        .help = RENACER_TEXT("a write of fewer bytes is small") },
    { .size = sizeof *options, .type = RENACER_OPTION_INTEGER, .name = RENACER_TEXT("count"), .default_value = RENACER_TEXT("100"),
        .help = RENACER_TEXT("so many small writes are a finding"), .minimum = 1, .maximum = 1e9 },
};

static const renacer_subscription subscriptions[] = {
    { .size = sizeof *subscriptions, .kinds = RENACER_CALL, .calls = RENACER_TEXT("write") },
};

static const renacer_detector functions = {
    .size = sizeof functions, .create = create, .consume = consume, .finish = finish, .destroy = destroy,
};

static const renacer_string rules[] = { RENACER_TEXT("small-writes") };

static const renacer_component component = {
    .size = sizeof component, .kind = RENACER_DETECTOR, .name = RENACER_TEXT("small-writes-c"),
    .description = RENACER_TEXT("tasks that write a few bytes at a time"), .options = options, .option_count = 2,
    .subscriptions = subscriptions, .subscription_count = 1, .functions = &functions, .rules = rules, .rule_count = 1,
};

static const renacer_plugin plugin = {
    .size = sizeof plugin, .abi_minor = RENACER_ABI_MINOR, .schema = RENACER_EVENT_SCHEMA, .name = RENACER_TEXT("small-writes-c"),
    .version = RENACER_TEXT("0.1"), .components = &component, .component_count = 1,
};

const renacer_plugin *renacer_plugin_v1(const renacer_host *host) {
    (void)host;
    return &plugin;
}
