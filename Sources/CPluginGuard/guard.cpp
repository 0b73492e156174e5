#include "cplugin.h"
#include <cerrno>
#include <cstring>
#include <exception>
#include <linux/kcmp.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

// A sink's table is called as a detector's.
static_assert(offsetof(renacer_sink, create) == offsetof(renacer_detector, create));
static_assert(offsetof(renacer_sink, consume) == offsetof(renacer_detector, consume));
static_assert(offsetof(renacer_sink, finish) == offsetof(renacer_detector, finish));
static_assert(offsetof(renacer_sink, destroy) == offsetof(renacer_detector, destroy));
static_assert(offsetof(renacer_sink, idle) == offsetof(renacer_detector, idle));
static_assert(offsetof(renacer_sink, output) == offsetof(renacer_detector, reserved));

namespace {

char thrown[256];

void note(const char *what) {
    strncpy(thrown, what, sizeof thrown - 1);
}

/// The unwinder linked into renacer learns the sizes of registers when it first throws. One that a plugin brought throws
/// through frames of both, and the handlers' side would abort if its own had never done so.
void prepare() {
    static const bool isReady = [] {
        try {
            throw 0;
        } catch (int) {
        }
        return true;
    }();
    (void)isReady;
}

/// `call`, with its exceptions caught. The plugin's C++ library may be another copy than renacer's: exceptions are told
/// apart by the names of their types then, and freed by the copy that made them.
template <typename Call> renacer_status guarded(Call call) {
    prepare();
    try {
        return call();
    } catch (const std::exception &e) {
        note(e.what());
    } catch (...) {
        note("something that is no std::exception");
    }
    return CPLUGIN_THREW;
}

}

extern "C" {

const char *cplugin_thrown(void) { return thrown; }

renacer_status cplugin_describe(renacer_plugin_function entry, const renacer_host *host, const renacer_plugin **plugin) {
    return guarded([&] {
        *plugin = entry(host);
        return *plugin ? RENACER_OK : RENACER_FAILED;
    });
}

renacer_status cplugin_create(const renacer_detector *detector, const renacer_host *host, void **instance) {
    return guarded([&] { return detector->create(host, instance); });
}

renacer_status cplugin_consume(const renacer_detector *detector, void *instance, const renacer_event *events, size_t count) {
    return guarded([&] { return detector->consume(instance, events, count); });
}

renacer_status cplugin_report(cplugin_report_function report, void *instance, const renacer_finding *finding) {
    return guarded([&] { return report(instance, finding); });
}

renacer_status cplugin_finish(const renacer_detector *detector, void *instance, const renacer_account *account) {
    return guarded([&] { return detector->finish(instance, account); });
}

renacer_status cplugin_idle(const renacer_detector *detector, void *instance) {
    return guarded([&] { return detector->idle(instance); });
}

renacer_status cplugin_destroy(const renacer_detector *detector, void *instance) {
    return guarded([&] {
        detector->destroy(instance);
        return RENACER_OK;
    });
}

bool cplugin_is_privileged(void) { return geteuid() == 0 || getauxval(AT_SECURE); }

int cplugin_compare_files(int pid, int fd, int other_pid, int other_fd) {
    long order = syscall(SYS_kcmp, pid, other_pid, KCMP_FILE, fd, other_fd);
    return order < 0 ? -errno : static_cast<int>(order);
}

}
