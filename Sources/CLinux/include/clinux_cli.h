// getopt_long, regular expressions and pipes to commands for the command line.
#pragma once
#include <getopt.h>
#include <regex.h>
#include <stddef.h>
#include <sys/types.h>

/// One step of getopt_long; its globals are behind the functions below.
int clinux_getopt(int argc, char *const *argv, const char *shorts, const struct option *longs, int *index);
/// The value of the option just returned; NULL if it has none.
const char *clinux_option_value(void);
/// The index of the next argument to look at.
int clinux_option_index(void);
void clinux_set_option_index(int index);

/// Compiles an extended regular expression; 0 or an error whose text is written to `error`.
int clinux_regex_compile(regex_t *re, const char *pattern, char *error, size_t size);

/// Has something behind descriptors 0 to 2 that are closed, so that nothing else comes to lie there; a program that is
/// executed finds them closed.
void clinux_keep_standard_descriptors(void);

/// Runs `/bin/sh -c command` reading what is written to `*fd`; its pid, or -errno.
/// `*fd` is closed on exec.
pid_t clinux_pipe_to(const char *command, int *fd);
/// Waits for a process that `clinux_pipe_to` started: its wait status, or -errno.
int clinux_reap(pid_t pid);

/// argv as main gets it, ending with NULL; NULL if it is empty. Swift's own `CommandLine` reads `/proc/self/cmdline`,
/// which costs a tenth of a start.
char **clinux_arguments(void);

/// The file that was executed, as the kernel was told it; NULL if unknown.
const char *clinux_executed_file(void);
/// An empty file that is in memory only (memfd_create(2)), close-on-exec; -1 with errno.
int clinux_memory_file(const char *name);
