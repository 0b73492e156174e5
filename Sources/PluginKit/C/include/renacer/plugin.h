/* renacer/plugin.h - the whole contract between renacer and a plugin.
 *
 * A plugin is a shared object that exports one function, renacer_plugin_v1. It describes components: detectors, which are
 * given events and conclude findings, and sinks, which are given what is shown and write it. Nothing crosses this boundary but the C types below:
 * any language that can make a shared object with a C function can make a plugin. Docs/plugins.md is the tutorial.
 *
 * VERSIONS
 *   The ABI has a major and a minor number. Another major number is another contract: the exported symbol carries it,
 *   so such a file is refused by name. Within a major number structures are only ever appended to.
 *   Every structure starts with `size`, the sizeof of whoever filled it in. A reader looks at no field beyond it: use
 *   RENACER_HAS for fields that are younger than minor version 0.
 *   Arrays of structures have the first element's `size` as their stride, which need not be your sizeof.
 *   What events mean is versioned apart from that, by RENACER_EVENT_SCHEMA: a plugin says which schema it was written
 *   for, and renacer refuses one whose schema it no longer gives.
 *
 * STRINGS
 *   Pointer and length, no NUL expected nor promised, UTF-8 except where a tracee's bytes are meant.
 *
 * LIFETIMES
 *   What a plugin describes itself with (renacer_plugin and all it leads to) lives as long as the process: plugins are
 *   never unloaded. Everything that renacer passes to a plugin is borrowed for that call and must be copied to be kept;
 *   this holds for events, for what services answer - until the next call of the same service - and for findings
 *   in the other direction, which renacer copies. The renacer_host of an instance lives until its `destroy` returns.
 *
 * THREADS
 *   All functions of an instance are called on one thread, one at a time, and never from within a service. Services
 *   may be called only on that thread, only while a function of that instance runs.
 *
 * ERRORS
 *   A function that fails calls host->fail with one line that says what, on what, why, and returns RENACER_FAILED.
 *   renacer shows the line with the plugin's name, gives that instance no more events, and traces on. The same happens
 *   if it throws a C++ exception or takes longer than `--plugin-time` for a batch. Findings it reported before stand. Only
 *   a sink whose `create` fails is different: like every sink that cannot open its output it ends renacer before the program starts.
 */
#ifndef RENACER_PLUGIN_H
#define RENACER_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RENACER_ABI_MAJOR 1
#define RENACER_ABI_MINOR 3
#define RENACER_EVENT_SCHEMA 1

/* Whether a structure that somebody else filled in has a field. */
#define RENACER_HAS(pointer, field) \
    ((pointer)->size >= offsetof(__typeof__(*(pointer)), field) + sizeof((pointer)->field))

typedef struct renacer_string {
    const char *data;
    size_t length;
} renacer_string;

/* A renacer_string of a literal, for initialisers. */
#define RENACER_TEXT(literal) { literal, sizeof(literal) - 1 }

typedef int32_t renacer_status;
enum {
    RENACER_OK = 0,
    RENACER_FAILED = -1,
    /* A service does not know: never an error. */
    RENACER_UNKNOWN = -2,
    /* Since minor version 3, of `create` alone: an option's value is none that it understands; host->fail says why. renacer
     * ends before the program starts, as for values that it refuses itself. */
    RENACER_INVALID = -3
};

/* ---- Events ---------------------------------------------------------------------------------------------------- */

/* What an event is: bits, for renacer_subscription.kinds. */
enum {
    /* A call was entered. A backend that stops nobody may tell of a call only when it has ended: then there is none. */
    RENACER_CALL_ENTERED = 1 << 0,
    /* A call ended: it returned, failed, or was left. Where its entry was delivered, this is the same call. */
    RENACER_CALL = 1 << 1,
    /* A signal was delivered to a task (`code` is its number). */
    RENACER_SIGNAL = 1 << 2,
    /* A task was attached, detached, forked, executed, exited or was killed: `code` says which, RENACER_TASK_*. */
    RENACER_TASK = 1 << 3,
    /* Events were not seen: `count` of them, between the times `from` and `time`. */
    RENACER_LOSS = 1 << 4,
    /* Since minor version 1: a function that host->probe was asked for was called and returned. `code` is its id,
     * `status` in how many other probed functions its thread was meanwhile; arguments, result, outcome (RENACER_RETURNED or
     * RENACER_UNFINISHED) and times are those of the call. Comes when it has returned, in no order with other events. */
    RENACER_FUNCTION = 1 << 5
};

/* renacer_event.code of a RENACER_TASK. */
enum {
    RENACER_TASK_ATTACHED = 1,
    RENACER_TASK_DETACHED = 2,
    /* It made the task `child`; `status` is 1 if that is a thread of the same process. */
    RENACER_TASK_FORKED = 3,
    /* Its program, its memory and its other threads were replaced. */
    RENACER_TASK_EXECUTED = 4,
    /* `status` is its exit status. */
    RENACER_TASK_EXITED = 5,
    /* `status` is the signal's number. */
    RENACER_TASK_KILLED = 6
};

/* renacer_event.outcome of a RENACER_CALL. */
enum {
    RENACER_RETURNED = 0,
    /* `error` is the errno; codes from 512 on mean that the kernel restarts the call. */
    RENACER_CALL_FAILED = 1,
    /* The task died or replaced itself in it. */
    RENACER_UNFINISHED = 2,
    RENACER_UNAVAILABLE = 3,
    /* Tracing ended while the task was in it. */
    RENACER_DETACHED = 4
};

/* One event, borrowed. Times are nanoseconds of CLOCK_MONOTONIC; ids are those of renacer's pid namespace. */
typedef struct renacer_event {
    uint32_t size;
    uint32_t kind;
    /* Counts the events of a trace; a plugin sees those it subscribed to. */
    uint64_t sequence;
    uint64_t time;
    int32_t tid;
    int32_t pid;

    /* Calls: what host->call answers for the call's name, whatever the task's architecture; 0 for an unknown one. */
    uint32_t call;
    /* The number in the task's own table, and which table: 0 native, 1 x32, 2 32-bit. */
    int32_t number;
    uint16_t personality;
    uint16_t outcome;
    int32_t error;
    /* The registers; what a pointer leads to is for host->value and host->read. */
    uint64_t arguments[6];
    int64_t result;
    /* 0 where it was not seen. */
    uint64_t enter_time;
    uint64_t exit_time;
    /* 0 unless it was captured. */
    uint64_t instruction_pointer;
    uint64_t stack_pointer;

    /* RENACER_SIGNAL, RENACER_TASK. */
    int32_t code;
    int32_t child;
    int32_t status;
    uint32_t reserved;

    /* RENACER_LOSS. */
    uint64_t count;
    uint64_t from;
} renacer_event;

/* The event behind this one in a batch. */
static inline const renacer_event *renacer_next(const renacer_event *event) {
    return (const renacer_event *)(const void *)((const char *)event + event->size);
}

/* A field of an event, decoded. */
enum {
    RENACER_VALUE_NONE = 0,
    /* `integer` as a signed number. */
    RENACER_VALUE_SIGNED = 1,
    RENACER_VALUE_UNSIGNED = 2,
    RENACER_VALUE_ADDRESS = 3,
    /* `integer` is 0 or 1. */
    RENACER_VALUE_BOOLEAN = 4,
    /* Bytes of the tracee in `text`. */
    RENACER_VALUE_BYTES = 5,
    /* A constant or a set of flags: `integer`, and in `text` how it is spelled. */
    RENACER_VALUE_SYMBOL = 6,
    /* Notation. */
    RENACER_VALUE_TEXT = 7,
    /* An option's number, in `number`. */
    RENACER_VALUE_NUMBER = 8,
    /* A list or a structure: `integer` is how many elements it has. */
    RENACER_VALUE_COMPOUND = 9
};

typedef struct renacer_value {
    uint32_t size;
    uint32_t type;
    uint64_t integer;
    double number;
    renacer_string text;
    /* There are more bytes than `text` has. */
    uint32_t is_truncated;
    uint32_t reserved;
} renacer_value;

/* ---- What services answer ---------------------------------------------------------------------------------------- */

enum {
    RENACER_FILE_UNKNOWN = 0,
    RENACER_FILE_REGULAR = 1,
    RENACER_FILE_DIRECTORY = 2,
    RENACER_FILE_CHARACTER_DEVICE = 3,
    RENACER_FILE_BLOCK_DEVICE = 4,
    RENACER_FILE_PIPE = 5,
    RENACER_FILE_SOCKET = 6,
    RENACER_FILE_LINK = 7,
    /* Anonymous inodes: eventfd, epoll, timerfd and so on. */
    RENACER_FILE_OTHER = 8
};

/* What a descriptor refers to. */
typedef struct renacer_descriptor {
    uint32_t size;
    /* RENACER_FILE_*. */
    uint32_t kind;
    /* As /proc/PID/fd shows it: a path, `socket:[1]`, `anon_inode:[eventfd]`. */
    renacer_string path;
    /* Of the file system it is on; major and minor numbers, 0 if unknown. */
    uint32_t device_major;
    uint32_t device_minor;
    uint64_t inode;
    /* The device that it is, if it is one. */
    uint32_t special_major;
    uint32_t special_minor;
    /* In bytes; 0 if unknown. */
    uint64_t file_size;
} renacer_descriptor;

typedef struct renacer_task {
    uint32_t size;
    int32_t pid;
    /* Its `comm`. */
    renacer_string command;
    /* CPU time it has used so far, ns. */
    uint64_t cpu_time;
    /* Since minor version 1: time that it could run but others ran, ns; 0 if the kernel does not tell. */
    uint64_t ready_time;
    /* Since minor version 3: its state, as the letter of proc_pid_status(5): R runs or could, S and D wait; 0 if unknown. Time that
     * it has been ready for since it ran last is in `ready_time` only when it runs again. */
    uint32_t state;
    uint32_t reserved;
} renacer_task;

/* The line of /proc/PID/maps that an address lies in. */
typedef struct renacer_mapping {
    uint32_t size;
    /* 4 read, 2 write, 1 execute, 8 shared. */
    uint32_t permissions;
    uint64_t start;
    uint64_t end;
    /* Offset of `start` in the file. */
    uint64_t offset;
    uint64_t inode;
    /* Of the file system, as in renacer_descriptor. */
    uint32_t device_major;
    uint32_t device_minor;
    /* A path, `[heap]`, `[stack]`; empty for anonymous memory. */
    renacer_string name;
    /* The nearest file mapped below, for anonymous memory that belongs to it (.bss); empty if there is none. */
    renacer_string below;
} renacer_mapping;

typedef struct renacer_symbol {
    uint32_t size;
    uint32_t reserved;
    renacer_string name;
    /* From the symbol's start. */
    uint64_t offset;
    /* The file it is in. */
    renacer_string file;
} renacer_symbol;

/* Since minor version 3: a frame of a call's stack. */
typedef struct renacer_frame {
    uint32_t size;
    /* In `source`, from 1; 0 if unknown. */
    uint32_t line;
    /* In the task's memory, as host->stack has it; 0 in a replay, where no task is. */
    uint64_t address;
    /* The file that is mapped there, as the kernel knows it, or `[vdso]`; empty where nothing is mapped. */
    renacer_string module;
    /* The address in that file, wherever it is mapped. */
    uint64_t module_address;
    /* The function, demangled; empty if unknown. */
    renacer_string symbol;
    /* From the symbol's start. */
    uint64_t symbol_offset;
    /* Of the innermost inlined function, as the compiler wrote it down; empty without debugging information. */
    renacer_string source;
    /* It is the program's own code: neither the system's nor its language's libraries. */
    uint32_t is_own;
    uint32_t reserved;
} renacer_frame;

/* The balance at the end of a trace: seen = delivered + lost. */
typedef struct renacer_account {
    uint32_t size;
    uint32_t reserved;
    uint64_t delivered;
    uint64_t lost;
} renacer_account;

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

enum {
    RENACER_INFORMATION = 0,
    RENACER_LOW = 1,
    RENACER_MEDIUM = 2,
    RENACER_HIGH = 3
};

/* A measurement. A finding without one is refused. */
typedef struct renacer_evidence {
    uint32_t size;
    /* `number` is meant rather than `text`. */
    uint32_t is_number;
    renacer_string name;
    double number;
    renacer_string text;
    /* `ms`, `bytes`, `%`; empty for counts and text. */
    renacer_string unit;
} renacer_evidence;

typedef struct renacer_finding {
    uint32_t size;
    /* RENACER_INFORMATION to RENACER_HIGH. */
    uint32_t severity;
    /* Which of the detector's rules: `convoy`. */
    renacer_string rule;
    /* From 0 to 1. */
    double confidence;
    /* Too few samples, or more than 1 % of what was needed was lost: not a verdict. */
    uint32_t is_inconclusive;
    uint32_t task_count;
    /* Thread ids. */
    const int32_t *tasks;
    /* The window it speaks of. */
    uint64_t from;
    uint64_t to;
    /* One line: what is wrong. */
    renacer_string title;
    const renacer_evidence *evidence;
    size_t evidence_count;
    /* Why it matters; may be empty. */
    renacer_string reason;
    /* What to do. */
    renacer_string advice;
    /* Since minor version 2: the detector, in findings that a sink is given; not looked at in others. */
    renacer_string detector;
} renacer_finding;

/* ---- The host ---------------------------------------------------------------------------------------------------- */

enum {
    RENACER_LOG_NOTE = 0,
    RENACER_LOG_WARNING = 1
};

typedef struct renacer_host renacer_host;

/* What host->describe says of an event. */
enum {
    /* Of a call its name, as `openat`; of a signal its, as `SIGINT`. */
    RENACER_DESCRIBE_NAME = 1,
    /* The decoded arguments of a RENACER_CALL: a JSON array, whose elements Docs/sinks.md explains. */
    RENACER_DESCRIBE_ARGUMENTS = 2,
    /* Of a call that failed the error's name, as `ENOENT`. */
    RENACER_DESCRIBE_ERROR = 3,
    /* The task's `comm`, as far as it is known. */
    RENACER_DESCRIBE_COMMAND = 4
};

/* A function to be probed. */
typedef struct renacer_function {
    uint32_t size;
    /* What renacer_event.code says. */
    int32_t id;
    renacer_string name;
} renacer_function;

/* What renacer does for one instance. No function is ever NULL; pass the table as their first argument. */
struct renacer_host {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    /* Schemas of events that it can give. */
    uint32_t oldest_schema;
    uint32_t schema;
    uint32_t reserved;
    /* Of renacer. */
    renacer_string version;
    /* Which component `create` is to make an instance of; empty in renacer_plugin_v1. */
    renacer_string component;
    /* renacer's own. */
    void *context;

    /* -- At any time. -- */

    /* The id that events of a call have in `call`; 0 if there is no such call on this machine. */
    uint32_t (*call)(const renacer_host *, renacer_string name);
    /* A handle for a field of a call, to be resolved once, in `create`: "openat.pathname", "futex_waitv.waiters.0.uaddr".
     * Names are those of `renacer -N`; a number picks an element; 0 if there is no such argument. */
    uint32_t (*field)(const renacer_host *, renacer_string path);
    /* An option of the component, validated: its default if it was not given. RENACER_UNKNOWN if it is not declared. */
    renacer_status (*option)(const renacer_host *, renacer_string name, renacer_value *out);
    /* CLOCK_MONOTONIC, ns. */
    uint64_t (*now)(const renacer_host *);
    /* A line for the person at the terminal, shown with the component's name. */
    void (*log)(const renacer_host *, uint32_t level, renacer_string text);
    /* Says why the function that is about to return RENACER_FAILED fails. Copied. */
    void (*fail)(const renacer_host *, renacer_string text);
    /* Hands a finding to every sink. RENACER_FAILED if it is refused, because it names no rule, or none of the component's, or has no evidence. */
    renacer_status (*report)(const renacer_host *, const renacer_finding *);

    /* -- For an event of the batch that is being consumed. -- */

    /* A decoded field. In a RENACER_CALL_ENTERED there are the arguments that are known at entry. */
    renacer_status (*value)(const renacer_host *, const renacer_event *, uint32_t field, renacer_value *out);
    /* Copies the tracee's memory; how many bytes could be had. A backend that does not stop tasks has what it captured,
     * which is what decoding the call takes. */
    size_t (*read)(const renacer_host *, const renacer_event *, uint64_t address, void *to, size_t count);
    /* Where a call was made from: its own address and return addresses, the innermost first; `count` is their room and then
     * their number. Without RENACER_NEEDS_STACKS, and in a replay, it is the instruction pointer at most, if that was captured. */
    renacer_status (*stack)(const renacer_host *, const renacer_event *, uint64_t *frames, size_t *count);

    /* -- About tasks as they are now: a task may be gone, and a backend that stops nobody may be late. -- */

    renacer_status (*descriptor)(const renacer_host *, int32_t tid, int32_t fd, renacer_descriptor *out);
    /* Whether two descriptors share an open file description: 1, 0 or RENACER_UNKNOWN. */
    renacer_status (*same_description)(const renacer_host *, int32_t tid, int32_t fd, int32_t other_tid, int32_t other_fd);
    renacer_status (*task)(const renacer_host *, int32_t tid, renacer_task *out);
    renacer_status (*mapping)(const renacer_host *, int32_t tid, uint64_t address, renacer_mapping *out);
    renacer_status (*symbol)(const renacer_host *, int32_t tid, uint64_t address, renacer_symbol *out);

    /* -- Since minor version 1. -- */

    /* Probes functions of a program or library, so that traced tasks' calls of them come as RENACER_FUNCTION. Calls that
     * are under way are not seen. `found` is how many of them the file has. RENACER_UNKNOWN if it has none or is no such
     * file; RENACER_FAILED if nothing can be probed here, and `problem` says why: user probes take Linux 6.6, root or
     * CAP_BPF and CAP_PERFMON, and the file is the one of that path for renacer. */
    renacer_status (*probe)(const renacer_host *, renacer_string path, const renacer_function *functions, size_t count,
        uint32_t *found, renacer_string *problem);

    /* -- Since minor version 2. -- */

    /* Text about an event of the batch that is being consumed: `what` is RENACER_DESCRIBE_*. */
    renacer_status (*describe)(const renacer_host *, const renacer_event *, uint32_t what, renacer_string *out);
    /* Of a sink with RENACER_OUTPUT_STREAM: appends bytes to its output, where they arrive in time, whole batches of events
     * at once. RENACER_FAILED if there is no output. What a reader is too slow for is lost in pieces of what was written for
     * one event, and told of as a RENACER_LOSS. */
    renacer_status (*write)(const renacer_host *, const void *bytes, size_t count);
    /* Of a sink with RENACER_OUTPUT_OWN: what stands behind its name, as in `--sink NAME:DESTINATION`; may be empty. */
    renacer_string destination;

    /* -- Since minor version 3. -- */

    /* Where a call was made from, with names, for a detector's RENACER_CALL_ENTERED or RENACER_CALL of the batch that is being
     * consumed: the innermost frame first; `count` is their room and then their number. Set the first frame's `size`: it is the
     * stride. Texts are borrowed until the next call of this service. A stack is unwound when it is asked for, so ask for those
     * that matter. RENACER_UNKNOWN: this call's is not known, as at the end of an execve. RENACER_FAILED: this run has none, for nobody
     * asked for them (RENACER_NEEDS_STACKS, `-k` and the like); it will be the same for every call. */
    renacer_status (*frames)(const renacer_host *, const renacer_event *, renacer_frame *frames, size_t *count);
};

/* ---- The plugin -------------------------------------------------------------------------------------------------- */

/* How an option's text is understood, and what host->option answers. */
enum {
    /* A RENACER_VALUE_TEXT. */
    RENACER_OPTION_TEXT = 0,
    /* A RENACER_VALUE_UNSIGNED between minimum and maximum. */
    RENACER_OPTION_INTEGER = 1,
    /* A RENACER_VALUE_NUMBER between minimum and maximum. */
    RENACER_OPTION_NUMBER = 2,
    /* `yes` or `no`: a RENACER_VALUE_BOOLEAN. */
    RENACER_OPTION_BOOLEAN = 3,
    /* `150ms`: a RENACER_VALUE_UNSIGNED, ns. */
    RENACER_OPTION_DURATION = 4,
    /* `64K`: a RENACER_VALUE_UNSIGNED, bytes. */
    RENACER_OPTION_BYTES = 5,
    /* One of the words in `choices`, separated by `|`: a RENACER_VALUE_TEXT. */
    RENACER_OPTION_CHOICE = 6
};

/* An option of a component: --detector NAME,key=value or --sink NAME,key=value. renacer validates before anything starts. */
typedef struct renacer_option {
    uint32_t size;
    /* RENACER_OPTION_*. */
    uint32_t type;
    renacer_string name;
    /* As a user would write it. */
    renacer_string default_value;
    renacer_string help;
    /* For numbers; both 0: any. */
    double minimum;
    double maximum;
    renacer_string choices;
} renacer_option;

/* renacer_subscription.needs. */
enum {
    /* What pointers lead to: host->value of pointers, host->read. */
    RENACER_NEEDS_MEMORY = 1 << 0,
    /* Since minor version 3: stacks of calls, for host->frames and host->stack. A run without them does not ask for it and costs
     * less: let it depend on an option by `given`. A backend that has no stacks is refused before the program starts. Of sinks
     * it is not looked at. */
    RENACER_NEEDS_STACKS = 1 << 1
};

/* Events that a component wants. Nothing else is captured for it. */
typedef struct renacer_subscription {
    uint32_t size;
    /* Bits: RENACER_CALL_ENTERED and so on. */
    uint32_t kinds;
    /* Of calls, which: as after `renacer -e trace=`, such as `futex,?futex_waitv` or `%file`. */
    renacer_string calls;
    uint32_t needs;
    uint32_t reserved;
    /* Since minor version 2: an option and how its value has to begin for this subscription to count, such as
     * `window=marker:`; empty: it always counts. */
    renacer_string given;
} renacer_subscription;

/* A detector's functions. `idle` may be NULL, the others may not. */
typedef struct renacer_detector {
    uint32_t size;
    uint32_t reserved;
    /* Makes an instance, once its options are known to be valid. */
    renacer_status (*create)(const renacer_host *, void **instance);
    /* `count` events, at least one, in order; walk them with renacer_next. */
    renacer_status (*consume)(void *instance, const renacer_event *events, size_t count);
    /* The trace is over: the last chance to report. Called once, unless a function failed. */
    renacer_status (*finish)(void *instance, const renacer_account *account);
    /* Frees the instance, in any case. */
    void (*destroy)(void *instance);
    /* The tracer is about to wait. */
    renacer_status (*idle)(void *instance);
} renacer_detector;

/* renacer_sink.output. */
enum {
    /* renacer opens it, as for its own sinks: a file, standard output, a command. Use host->write. */
    RENACER_OUTPUT_STREAM = 0,
    /* The sink opens what it writes to: host->destination says what. */
    RENACER_OUTPUT_OWN = 1
};

/* Since minor version 2. A sink's functions: those of a detector, in the same order, and one more. `idle` and `report` may be NULL.
 *
 * It is chosen as `--sink NAME[:DESTINATION][,OPTION=VALUE...]` and in the same way in [[sink]] of a configuration file. What it
 * is given is what is shown: the calls that filters let through, of those the ones it subscribed to. Of a RENACER_CALL all
 * arguments are known, those that were read at entry included: memory that [[processor]] redact hides is not. */
typedef struct renacer_sink {
    uint32_t size;
    /* RENACER_OUTPUT_*. */
    uint32_t output;
    renacer_status (*create)(const renacer_host *, void **instance);
    renacer_status (*consume)(void *instance, const renacer_event *events, size_t count);
    /* The trace is over: the last chance to write. */
    renacer_status (*finish)(void *instance, const renacer_account *account);
    void (*destroy)(void *instance);
    renacer_status (*idle)(void *instance);
    /* A detector concluded something. */
    renacer_status (*report)(void *instance, const renacer_finding *);
} renacer_sink;

enum {
    RENACER_DETECTOR = 1,
    RENACER_SINK = 2,
    /* Reserved: a backend delivers events; its functions will be in `functions`. */
    RENACER_BACKEND = 3
};

typedef struct renacer_component {
    uint32_t size;
    /* RENACER_DETECTOR or RENACER_SINK. One of a kind that renacer does not know is listed and not used. */
    uint32_t kind;
    /* As `--detector` or `--sink` spells it: lower case, digits and hyphens. */
    renacer_string name;
    /* One line. */
    renacer_string description;
    const renacer_option *options;
    size_t option_count;
    const renacer_subscription *subscriptions;
    size_t subscription_count;
    /* What `kind` says: a renacer_detector or a renacer_sink. */
    const void *functions;
    /* Since ABI 1.2: all rules that its findings may name, so that a user who misspells one is told. NULL: it does not say. */
    const renacer_string *rules;
    size_t rule_count;
} renacer_component;

typedef struct renacer_plugin {
    uint32_t size;
    /* RENACER_ABI_MINOR and RENACER_EVENT_SCHEMA of the header it was compiled with. */
    uint32_t abi_minor;
    uint32_t schema;
    uint32_t reserved;
    renacer_string name;
    renacer_string version;
    const renacer_component *components;
    size_t component_count;
} renacer_plugin;

/* The one function that a plugin exports. `host` serves `log` and `fail` only; NULL is a failure, for which `fail` was
 * called. */
typedef const renacer_plugin *(*renacer_plugin_function)(const renacer_host *host);
#define RENACER_PLUGIN_SYMBOL "renacer_plugin_v1"

#if defined(_WIN32)
#error "renacer traces Linux programs"
#endif
__attribute__((visibility("default"))) const renacer_plugin *renacer_plugin_v1(const renacer_host *host);

#ifdef __cplusplus
}
#endif

#endif
