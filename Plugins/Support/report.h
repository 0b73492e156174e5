// Findings put together: evidence as it is measured, text with printf.
#pragma once
#include <renacer/plugin.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_EVIDENCE = 24, REPORT_TASKS = 64 };

typedef struct report {
    renacer_finding finding;
    renacer_evidence evidence[REPORT_EVIDENCE];
    char names[REPORT_EVIDENCE][96], values[REPORT_EVIDENCE][512];
    int32_t tasks[REPORT_TASKS];
    char title[256], reason[512], advice[512];
} report;

static inline renacer_string report_string(const char *s) { return (renacer_string){ s, strlen(s) }; }

static inline void report_begin(report *r, const char *rule, uint32_t severity, double confidence, uint64_t from, uint64_t to) {
    memset(&r->finding, 0, sizeof r->finding);
    r->finding.size = sizeof r->finding;
    r->finding.rule = report_string(rule);
    r->finding.severity = severity;
    r->finding.confidence = confidence;
    r->finding.from = from;
    r->finding.to = to;
    r->finding.evidence = r->evidence;
    r->finding.tasks = r->tasks;
    r->title[0] = r->reason[0] = r->advice[0] = 0;
}

__attribute__((format(printf, 3, 4))) static inline void report_text(char *to, size_t size, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(to, size, format, values);
    va_end(values);
}

// A measurement in words.
__attribute__((format(printf, 3, 4))) static inline void report_measured(report *r, const char *name, const char *format, ...) {
    size_t i = r->finding.evidence_count;
    if (i == REPORT_EVIDENCE) return;
    va_list values;
    va_start(values, format);
    vsnprintf(r->values[i], sizeof r->values[i], format, values);
    va_end(values);
    report_text(r->names[i], sizeof r->names[i], "%s", name);
    r->evidence[i] = (renacer_evidence){ .size = sizeof *r->evidence, .name = report_string(r->names[i]), .text = report_string(r->values[i]) };
    r->finding.evidence_count++;
}

// A measurement as a number.
static inline void report_number(report *r, const char *name, double number, const char *unit) {
    size_t i = r->finding.evidence_count;
    if (i == REPORT_EVIDENCE) return;
    report_text(r->names[i], sizeof r->names[i], "%s", name);
    r->evidence[i] = (renacer_evidence){
        .size = sizeof *r->evidence, .is_number = 1, .name = report_string(r->names[i]), .number = number, .unit = report_string(unit)
    };
    r->finding.evidence_count++;
}

static inline void report_task(report *r, int32_t tid) {
    for (uint32_t i = 0; i < r->finding.task_count; i++)
        if (r->tasks[i] == tid) return;
    if (r->finding.task_count < REPORT_TASKS) r->tasks[r->finding.task_count++] = tid;
}

// Calls that a detector needs, and those of all calls that were lost.
typedef struct balance {
    uint64_t seen, lost;
} balance;

// No verdict stands if more than 1 % of the calls were lost.
static inline int balance_is_bad(const balance *b) { return b->lost * 100 > b->seen + b->lost; }

// Says so if too much was lost for a verdict.
static inline void report_balance(report *r, const balance *b) {
    if (!balance_is_bad(b)) return;
    r->finding.is_inconclusive = 1;
    report_measured(r, "Lost", "%llu calls beside %llu that were seen: more than 1 %%", (unsigned long long)b->lost, (unsigned long long)b->seen);
}

static inline renacer_status report_send(report *r, const renacer_host *host) {
    r->finding.title = report_string(r->title);
    r->finding.reason = report_string(r->reason);
    r->finding.advice = report_string(r->advice);
    // Not a verdict: nobody is to act on it.
    if (r->finding.is_inconclusive) {
        r->finding.severity = RENACER_INFORMATION;
        if (r->finding.confidence > 0.3) r->finding.confidence = 0.3;
    }
    return host->report(host, &r->finding);
}

static inline double percent(double part, double whole) { return whole > 0 ? part / whole * 100 : 0; }

static inline double option_number(const renacer_host *host, const char *name, double otherwise) {
    renacer_value v = { .size = sizeof v };
    if (host->option(host, report_string(name), &v) != RENACER_OK) return otherwise;
    return v.type == RENACER_VALUE_NUMBER ? v.number : (double)v.integer;
}
