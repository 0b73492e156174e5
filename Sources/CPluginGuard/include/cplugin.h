// Calls into plugins, of which sinks' tables are passed as detectors': a C++ exception that one throws ends here, before it meets frames that cannot be unwound.
#pragma once
#include <renacer/plugin.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a guarded call returns if the plugin threw; no plugin's status.
enum { CPLUGIN_THREW = -1000 };

/// What was thrown by the last guarded call that returned CPLUGIN_THREW; valid until the next one.
const char *cplugin_thrown(void);

renacer_status cplugin_describe(renacer_plugin_function entry, const renacer_host *host, const renacer_plugin **plugin);
renacer_status cplugin_create(const renacer_detector *detector, const renacer_host *host, void **instance);
renacer_status cplugin_consume(const renacer_detector *detector, void *instance, const renacer_event *events, size_t count);
typedef renacer_status (*cplugin_report_function)(void *instance, const renacer_finding *finding);
renacer_status cplugin_report(cplugin_report_function report, void *instance, const renacer_finding *finding);
renacer_status cplugin_finish(const renacer_detector *detector, void *instance, const renacer_account *account);
renacer_status cplugin_idle(const renacer_detector *detector, void *instance);
renacer_status cplugin_destroy(const renacer_detector *detector, void *instance);

/// Whether two descriptors share an open file description: kcmp(2)'s answer, 0 if they do; -errno.
int cplugin_compare_files(int pid, int fd, int other_pid, int other_fd);

/// Whether the process may do what its user may not: root, or more than that by its file's mode or capabilities.
bool cplugin_is_privileged(void);

/// Makes a process for plugins. Call it while there is one thread.
///
/// Returns, in both, one end of a socket that joins them: with `process` 0 in the new one and its id in the old;
/// a negative errno. The new process is nobody's child, and has no other descriptors above 2.
int cplugin_fork_helper(int *process);
/// A descriptor of a process, or a negative errno; and the end of that process.
int cplugin_pidfd(int process);
void cplugin_kill(int pidfd);

/// Whether an address of a loaded file is code, as far as its symbols tell: data of a function's name is not to be called.
bool cplugin_is_function(const void *symbol);

#ifdef __cplusplus
}
#endif
