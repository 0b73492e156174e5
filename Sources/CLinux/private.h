#pragma once
#include <signal.h>
#include <sys/types.h>
/// Marks a child as working for renacer itself.
void clinux_note_helper(pid_t pid);
// Whether output goes through pipes to commands (`clinux_pipe_to`); from then on a broken one ends nobody.
int clinux_pipes_out(void);
void clinux_ignore_broken_pipes(void);
/// Notes `signal` as one that asks renacer to end.
void clinux_catch(int signal);
/// From now on the ends of children are kept until they are waited for, and their stops signal nothing.
void clinux_await_children(void);
/// Does not return if `clinux_keep` was called.
void clinux_keep_if_asked(int signal);
/// Puts every signal action back to what the process was started with, for a child.
void clinux_inherit_signals(void);

/// Makes of the caller's mask the one that renacer was started with.
void clinux_inherit_mask(sigset_t *mask);

/// Runs `body` in a process that shares the caller's memory, as vfork(2) has it, while the
/// caller goes on: fork would copy page tables, and make every page written from then on
/// fault, which takes a tenth of a millisecond. Its pid, or a negative errno.
pid_t clinux_spawn(int (*body)(void *), void *argument);

// A process that shares the tracer's memory shares `errno` too, which the library's functions
// would set behind the tracer's back: system calls without it. A negative errno is an error.
#if defined(__x86_64__)
static inline long raw(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long raw(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#endif
