#pragma once
// Declarations that Swift's Glibc module lacks.
#include <sys/xattr.h>

/// The C locale's text for an errno, NULL if there is none: strerror(3) without its locks.
const char *clinux_error_text(int number);

/// The inode of the namespace `levels` above the one at `path`, 0 if it cannot be told.
unsigned long clinux_namespace(const char *path, int levels);
