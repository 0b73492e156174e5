#pragma once
#include <sys/types.h>
/// Marks a child as working for renacer itself.
void clinux_note_helper(pid_t pid);
/// Notes `signal` as one that asks renacer to end.
void clinux_catch(int signal);
/// Does not return if `clinux_keep` was called.
void clinux_keep_if_asked(int signal);
/// Puts every signal action back to what the process was started with, for a child.
void clinux_inherit_signals(void);
