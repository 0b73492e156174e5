// Swift's runtime looks for the command line by reading /proc/self/maps and searching the
// stack, before main and whether anybody asks or not (0.1 ms). Constructors are given it.
// As these two functions are defined here, the linker leaves the runtime's out.

static char *none[] = {0};
static char **argv = none;
static int argc;

__attribute__((constructor)) static void keep(int count, char **arguments) {
    argc = count;
    argv = arguments;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    *count = argc;
    return argv;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count) { keep(count, arguments); }
