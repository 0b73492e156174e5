#pragma once
/// Puts every signal action back to what the process was started with, for a child.
void clinux_inherit_signals(void);
