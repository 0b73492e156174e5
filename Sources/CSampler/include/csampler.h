#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Samples of what tasks do on a CPU: a clock of perf_event_open(2) that counts while a task runs its own code, and takes
// its registers and the innermost part of its stack at every tick. Where it is in the kernel is sampled if that is asked for.

enum {
    /// Registers of a sample, by DWARF's numbers.
    CSAMPLER_REGISTERS = 32,
    /// Bytes of a stack that are taken.
    CSAMPLER_STACK = 8 << 10,
};

struct csampler_sample {
    /// CLOCK_MONOTONIC, ns.
    uint64_t time;
    int32_t pid, tid;
    /// It runs a 32-bit program, or its registers are not known: nothing but time and task is.
    uint8_t is_foreign;
    uint64_t instruction_pointer, stack_pointer;
    uint64_t registers[CSAMPLER_REGISTERS];
    /// From the stack pointer on, until the next sample is asked for.
    const uint8_t *stack;
    size_t stack_size;
    /// Of a task that was in the kernel: the addresses there, the innermost first, until the next sample is asked for.
    const uint64_t *kernel;
    size_t kernel_size;
};

struct csampler;

/// Registers that a stack is unwound with, for `perf_event_attr.sample_regs_user`.
uint64_t csampler_register_mask(void);
/// Puts a record's values of those registers, which come in the kernel's order, in DWARF's.
void csampler_order_registers(const uint64_t *values, uint64_t registers[CSAMPLER_REGISTERS]);

/// Makes a clock on each CPU, which nothing is sampled by yet.
///
/// @param period ns of a task's own time between two samples.
/// @param kernel sample what tasks do in the kernel, too.
/// @param launches sample tasks that this thread makes, and their descendants, from when they execute a program.
/// @return NULL with a negative errno in `*status`.
struct csampler *csampler_open(uint64_t period, int kernel, int launches, int *status);
/// Samples a thread, and what it makes if `inherits`: 0 or a negative errno. -1 stands for every task of the system.
int csampler_add(struct csampler *s, pid_t tid, int inherits);
/// Begins, in the process that takes the samples: it may be another than that which opened them. 0 or a negative errno.
int csampler_start(struct csampler *s);
/// The next sample in order of time, but none after `until`: 1, or 0 if there is none.
int csampler_next(struct csampler *s, uint64_t until, struct csampler_sample *sample);
/// Samples that found no room so far.
uint64_t csampler_lost(const struct csampler *s);
void csampler_close(struct csampler *s);
