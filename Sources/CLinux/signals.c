#define _GNU_SOURCE
#include "clinux.h"
#include "private.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
enum { fatal_count = sizeof fatal / sizeof *fatal };

static struct sigaction found[NSIG];
static unsigned char changed[NSIG];
static volatile sig_atomic_t caught;
static timer_t timer;
static int has_timer;
// The timer's signal was blocked when renacer started.
static int was_blocked;

// A signal may come between the last look at `caught` and the wait. The handler therefore
// lets the timer interrupt again and again until somebody has looked.
static void repeat_from(uint64_t deadline) {
    struct itimerspec t = {
        .it_value = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)},
        .it_interval = {0, 1000000},
    };
    if (deadline == 0) memset(&t, 0, sizeof t);
    if (has_timer) timer_settime(timer, TIMER_ABSTIME, &t, NULL);
}

static void note(int signal) {
    int saved = errno;
    if (!caught) caught = signal;
    repeat_from(1);
    errno = saved;
}

static void nudge(int signal) { (void)signal; }

static void take_with(int signal, void (*handler)(int), int flags) {
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags}, before;
    sigemptyset(&a.sa_mask);
    if (sigaction(signal, &a, &before) != 0) return;
    if (!changed[signal]) {
        changed[signal] = 1;
        found[signal] = before;
    }
}

static void take(int signal, void (*handler)(int)) { take_with(signal, handler, 0); }

// An inherited SIG_IGN would have the kernel reap tasks before their status is read. Without signals for stops, which
// wait4 tells of anyway, each stop costs 5 % less.
void clinux_await_children(void) { take_with(SIGCHLD, SIG_DFL, SA_NOCLDSTOP); }

void clinux_catch(int signal) { take(signal, note); }

static void start_timer(void) {
    if (has_timer) return;
    // It is the tracer's thread that waits, whichever others there are.
    struct sigevent e = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMAX - 1};
    e._sigev_un._tid = gettid();
    take(SIGRTMAX - 1, nudge);
    // Whoever started renacer may have blocked every signal.
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGRTMAX - 1);
    sigset_t before;
    if (sigprocmask(SIG_UNBLOCK, &own, &before) == 0 && sigismember(&before, SIGRTMAX - 1) == 1) was_blocked = 1;
    has_timer = timer_create(CLOCK_MONOTONIC, &e, &timer) == 0;
}

void clinux_catch_signals(int ignore_fatal, int ignore_tstp) {
    start_timer();
    for (int i = 0; i < fatal_count; i++) {
        struct sigaction now;
        sigaction(fatal[i], NULL, &now);
        // nohup and shells' background jobs ignore signals for a reason.
        if (now.sa_handler == SIG_IGN) continue;
        take(fatal[i], ignore_fatal || (fatal[i] == SIGPIPE && clinux_pipes_out()) ? SIG_IGN : note);
    }
    clinux_await_children();
    take(SIGTTOU, SIG_IGN);
    take(SIGTTIN, SIG_IGN);
    if (ignore_tstp) take(SIGTSTP, SIG_IGN);
}

int clinux_caught_signal(void) { return caught; }

static volatile sig_atomic_t is_interrupted;
static int is_asked;

static void ask(int signal) {
    (void)signal;
    int saved = errno;
    is_interrupted = 1;
    repeat_from(1);
    errno = saved;
}

void clinux_catch_request(void) {
    start_timer();
    take(SIGUSR2, ask);
}

int clinux_catches_request(void) { return changed[SIGUSR2]; }

int clinux_take_interruption(void) {
    int interrupted = is_interrupted;
    is_interrupted = 0;
    return interrupted;
}

void clinux_pass_request(void) { is_asked = 1; }

int clinux_take_request(void) {
    int asked = is_asked;
    is_asked = 0;
    return asked;
}

void clinux_set_alarm(uint64_t deadline) {
    if (deadline) start_timer();
    repeat_from(deadline);
}

void clinux_release_signals(void) {
    if (has_timer) timer_delete(timer);
    has_timer = 0;
    for (int s = 1; s < NSIG; s++) {
        if (changed[s] && s != SIGRTMAX - 1) {
            sigaction(s, &found[s], NULL);
            changed[s] = 0;
        }
    }
    // What is left to be written is written later.
    if (clinux_pipes_out()) clinux_ignore_broken_pipes();
}

void clinux_ignore_broken_pipes(void) { take(SIGPIPE, SIG_IGN); }

void clinux_inherit_mask(sigset_t *mask) {
    if (was_blocked) sigaddset(mask, SIGRTMAX - 1);
}

void clinux_inherit_signals(void) {
    for (int s = 1; s < NSIG; s++) {
        if (changed[s]) sigaction(s, &found[s], NULL);
    }
}

void clinux_die_of(int signal) {
    clinux_keep_if_asked(signal);
    struct sigaction a = {.sa_handler = SIG_DFL};
    sigset_t one;
    sigaction(signal, &a, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    kill(getpid(), signal);
}
