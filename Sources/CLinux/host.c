#define _GNU_SOURCE
#include "host.h"
#include <string.h>

const char *clinux_error_text(int number) { return strerrordesc_np(number); }
