# fish completion for renacer, made by `renacer --completions fish`

# Whether no program and no command of its own options has been named yet: a word's place is that of renacer's options.
function __renacer_options
    set -l words (commandline -opc)
    set -e words[1]
    set -l isValue 0
    for word in $words
        if test $isValue = 1
            set isValue 0
            continue
        end
        switch $word
            case --
                return 1
            case -p --attach --cgroup -E --env -u --user --argv0 -b --detach-on -I --interruptible --syscall-limit --duration --backend --ring-size --memory --placement -e --trace -P --trace-path --trace-fds --signals --status --min-duration --format --sink --otlp --otlp-timeout --otlp-min-duration --trace-parent -o --output --ring -a --columns -s --string-limit --abbrev --verbose --raw --read --write --decode-pids -X --const-print-style --stack-trace-frame-limit -S --summary-sort-by -U --summary-columns -O --summary-syscall-overhead --group-by --flamegraph --anomaly-threshold --anomaly-window --baseline --detector --plugin --plugin-time --assert --assert-report --inject --fault --config
                set isValue 1
            case '-*' record replay
            case '*'
                return 1
        end
    end
    return 0
end

# Whether the words are those of `renacer golden`, before any program.
function __renacer_golden
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = golden; and not contains -- -- $words
end

function __renacer_verb
    test (count (commandline -opc)) = 2; and __renacer_golden
end

complete -c renacer -n __renacer_options -s p -l attach -xa '(__fish_complete_pids)' -d 'trace the running process PID, all its threads with -f'
complete -c renacer -n __renacer_options -l all -d 'trace every task of the system, until PROGRAM ends or a signal comes (bpf, perf_event)'
complete -c renacer -n __renacer_options -l cgroup -x -d 'trace the tasks in a cgroup, a directory below the cgroup2 mount, and those that enter it (bpf, perf_event)'
complete -c renacer -n __renacer_options -s E -l env -x -d 'set VAR in the program\'s environment, or remove it'
complete -c renacer -n __renacer_options -s u -l user -xa '(__fish_complete_users)' -d 'run the program as USER, a name or UID:GID'
complete -c renacer -n __renacer_options -l argv0 -x -d 'the program\'s argv[0]'
complete -c renacer -n __renacer_options -s D -l daemonize -fa 'grandchild pgroup pgrp session' -d 'trace from a grandchild'
complete -c renacer -n __renacer_options -s f -l follow-forks -d 'trace children and threads too'
complete -c renacer -n __renacer_options -s b -l detach-on -xa 'execve' -d 'let go of a task that executes another program'
complete -c renacer -n __renacer_options -s I -l interruptible -xa 'anywhere waiting never never_tstp' -d 'when signals may interrupt renacer'
complete -c renacer -n __renacer_options -l syscall-limit -x -d 'detach from everything after N calls'
complete -c renacer -n __renacer_options -l duration -x -d 'detach from everything after TIME'
complete -c renacer -n __renacer_options -l kill-on-exit -d 'kill the traced tasks if renacer dies'
complete -c renacer -n __renacer_options -l backend -xa 'auto ptrace bpf perf_event' -d 'how events are obtained'
complete -c renacer -n __renacer_options -l exact -d 'lose no event'
complete -c renacer -n __renacer_options -l ring-size -x -d 'bytes between the kernel and renacer with the bpf backend, of each CPU with perf_event, a power of two such as 8M (the default)'
complete -c renacer -n __renacer_options -l memory -xa 'none live' -d 'what pointers show that the perf_event backend knows only as addresses'
complete -c renacer -n __renacer_options -l seccomp-bpf -d 'stop at the chosen calls only, by a seccomp filter'
complete -c renacer -n __renacer_options -l no-seccomp-bpf -d 'never install a seccomp filter'
complete -c renacer -n __renacer_options -l placement -xa 'auto off pin' -d 'which CPUs renacer and the program run on'
complete -c renacer -n __renacer_options -s e -x -d 'the same as --QUALIFIER=SET'
complete -c renacer -n __renacer_options -l trace -x -d '[!]CALL,... where CALL is a name, a number, %class, /regex or all'
complete -c renacer -n __renacer_options -s P -l trace-path -rF -d 'only calls that access PATH'
complete -c renacer -n __renacer_options -l trace-fds -x -d 'only calls on these file descriptors'
complete -c renacer -n __renacer_options -l signals -x -d 'only these signals'
complete -c renacer -n __renacer_options -l status -xa 'successful failed unfinished unavailable detached' -d 'only calls that ended so'
complete -c renacer -n __renacer_options -s z -l successful-only -d 'only calls that succeeded'
complete -c renacer -n __renacer_options -s Z -l failed-only -d 'only calls that failed'
complete -c renacer -n __renacer_options -l min-duration -x -d 'only calls that took TIME or longer'
complete -c renacer -n __renacer_options -l format -xa 'text summary json jsonl csv html' -d 'show the trace as KIND in place of the text'
complete -c renacer -n __renacer_options -l sink -xa 'strace summary json jsonl csv html findings functions flamegraph otlp perfetto recording' -d 'show the trace as KIND, in DEST'
complete -c renacer -n __renacer_options -l otlp -x -d 'send the trace to an OpenTelemetry collector'
complete -c renacer -n __renacer_options -l otlp-timeout -x -d 'how long sending may take when the trace has ended (10s)'
complete -c renacer -n __renacer_options -l otlp-min-duration -x -d 'fold calls shorter than TIME into one span with counts'
complete -c renacer -n __renacer_options -l trace-parent -x -d 'the trace and span that this run is part of, in place of the variable TRACEPARENT'
complete -c renacer -n __renacer_options -s o -l output -rF -d 'write the trace to FILE, or to a command'
complete -c renacer -n __renacer_options -s A -l output-append-mode -d 'append to FILE'
complete -c renacer -n __renacer_options -l output-separately -d 'one file for each task'
complete -c renacer -n __renacer_options -l ring -x -d 'with record'
complete -c renacer -n __renacer_options -s a -l columns -x -d 'the column in which results start (40)'
complete -c renacer -n __renacer_options -s s -l string-limit -x -d 'bytes of a string that are shown (32)'
complete -c renacer -n __renacer_options -s v -l no-abbrev -d 'structures and lists in full'
complete -c renacer -n __renacer_options -l abbrev -x -d 'calls whose structures are shortened (all)'
complete -c renacer -n __renacer_options -l verbose -x -d 'calls whose structures are shown (all)'
complete -c renacer -n __renacer_options -l raw -x -d 'calls whose arguments are shown undecoded'
complete -c renacer -n __renacer_options -l read -x -d 'dump what is read from these descriptors'
complete -c renacer -n __renacer_options -l write -x -d 'dump what is written to these descriptors'
complete -c renacer -n __renacer_options -s y -d 'show what descriptors are'
complete -c renacer -n __renacer_options -l decode-fds -fa 'all none path socket dev eventfd pidfd signalfd' -d 'details of descriptors'
complete -c renacer -n __renacer_options -l decode-pids -xa 'comm pidns all none' -d 'details of process ids'
complete -c renacer -n __renacer_options -s Y -d 'show the command of process ids'
complete -c renacer -n __renacer_options -l pidns-translation -d 'show process ids in renacer\'s pid namespace too'
complete -c renacer -n __renacer_options -l always-show-pid -d 'prefix every line with the task\'s id'
complete -c renacer -n __renacer_options -s t -d 'time of day of each line'
complete -c renacer -n __renacer_options -l absolute-timestamps -fa 'none time unix s ms us ns' -d 'FORMAT'
complete -c renacer -n __renacer_options -s r -l relative-timestamps -fa 's ms us ns' -d 'time since the line before'
complete -c renacer -n __renacer_options -s T -l syscall-times -fa 's ms us ns' -d 'time spent in each call'
complete -c renacer -n __renacer_options -s x -d 'strings that are not ASCII in hexadecimal'
complete -c renacer -n __renacer_options -l strings-in-hex -fa 'none non-ascii-chars non-ascii all' -d 'none, non-ascii-chars, non-ascii, all'
complete -c renacer -n __renacer_options -s X -l const-print-style -xa 'raw abbrev verbose' -d 'constants'
complete -c renacer -n __renacer_options -s i -l instruction-pointer -d 'show the instruction pointer'
complete -c renacer -n __renacer_options -s n -l syscall-number -d 'show the number of each call'
complete -c renacer -n __renacer_options -s N -l arg-names -d 'show the names of arguments'
complete -c renacer -n __renacer_options -s q -l quiet -fa 'attach exit path-resolution personality thread-execve all none' -d 'drop messages'
complete -c renacer -n __renacer_options -l color -fa 'auto always never' -d 'colour'
complete -c renacer -n __renacer_options -l source -fa 'short long' -d 'show the line of the program\'s own source that led to each call'
complete -c renacer -n __renacer_options -s k -l stack-trace -fa 'symbol source' -d 'show the stack of each call'
complete -c renacer -n __renacer_options -l stack-trace-frame-limit -x -d 'frames of a stack that are shown (256)'
complete -c renacer -n __renacer_options -s c -l summary-only -d 'count calls, errors and time, and show a table at the end'
complete -c renacer -n __renacer_options -s C -l summary -d 'the table after the trace'
complete -c renacer -n __renacer_options -s w -l summary-wall-clock -d 'the table counts wall-clock time'
complete -c renacer -n __renacer_options -l summary-cpu -d 'the table shows the time spent in the kernel'
complete -c renacer -n __renacer_options -s S -l summary-sort-by -xa 'time min-time max-time avg-time calls errors name nothing' -d 'sort by time, min-time, max-time, avg-time, calls, errors, name or nothing'
complete -c renacer -n __renacer_options -s U -l summary-columns -x -d 'columns'
complete -c renacer -n __renacer_options -s O -l summary-syscall-overhead -x -d 'time to subtract from each call'
complete -c renacer -n __renacer_options -l stats-extended -d 'with -c or -C, mean, deviation and percentiles of the calls\' times too'
complete -c renacer -n __renacer_options -l group-by -xa 'syscall process thread file errno' -d 'what --stats-extended divides by besides the call'
complete -c renacer -n __renacer_options -l live -d 'with -c, show the table every second too'
complete -c renacer -n __renacer_options -l profile -d 'with --flamegraph or --function-time, time that functions took on a CPU too, sampled 997 times a second, so that working and waiting are one picture'
complete -c renacer -n __renacer_options -l kernel-stack -d 'with --profile, sample what tasks do in the kernel too'
complete -c renacer -n __renacer_options -l function-time -d 'time in calls by the program\'s own functions, in place of the trace'
complete -c renacer -n __renacer_options -l flamegraph -rF -d 'draw the stacks that calls were made from, weighted by time, in place of the trace'
complete -c renacer -n __renacer_options -l anomaly-detection -d 'tell of calls that take far longer than calls of their kind did just before, beyond the time they were asked to take, and report at the end'
complete -c renacer -n __renacer_options -l anomaly-threshold -x -d 'deviations above the median from which on a call is an anomaly (3)'
complete -c renacer -n __renacer_options -l anomaly-window -x -d 'calls of a kind that the next is compared with (100)'
complete -c renacer -n __renacer_options -l baseline -rF -d 'start --anomaly-detection with what FILE knows, if it is there, and keep there what is known at the end'
complete -c renacer -n __renacer_options -l hpu-analysis -d 'correlate rates and latencies of calls over windows of time and cluster calls by k-means'
complete -c renacer -n __renacer_options -l detector -xa 'idle-waiter thrashing-seek pcie-bottleneck' -d 'look for what a detector knows and show its findings, in place of the trace unless --trace or -C asks for it'
complete -c renacer -n __renacer_options -l plugin -rF -d 'load a plugin'
complete -c renacer -n __renacer_options -l plugin-time -x -d 'the longest that a plugin may take for a batch of events (2s)'
complete -c renacer -n __renacer_options -l isolate-plugins -d 'run each plugin in a process of its own'
complete -c renacer -n __renacer_options -l assert -rF -d 'check what the [[assertion]] tables of FILE (TOML) say, and fail if it does not hold'
complete -c renacer -n __renacer_options -l assert-report -xa 'text json junit' -d 'report of --assert as text, json or junit, to a file, - or \'|CMD\''
complete -c renacer -n __renacer_options -l inject -x -d 'error=ERRNO or retval=VALUE, signal=SIG, syscall=CALL, delay_enter=TIME, delay_exit=TIME, poke_enter=@argN=HEX, poke_exit=@argN=HEX, when=FIRST[..LAST][+[STEP]]'
complete -c renacer -n __renacer_options -l fault -x -d 'the same, with error=ENOSYS unless said otherwise'
complete -c renacer -n __renacer_options -l config -rF -d 'what to trace and how to show it, from FILE, such as renacer.toml'
complete -c renacer -n __renacer_options -s d -l debug -d 'say on stderr what renacer does'
complete -c renacer -n __renacer_options -s h -l help -d 'show this help'
complete -c renacer -n __renacer_options -s V -l version -d 'show the version'
complete -c renacer -n __renacer_options -l tips -d 'show a tip at the end'
complete -c renacer -n __fish_is_first_arg -xa 'doctor flags backends record replay golden sinks config plugins plugin'
complete -c renacer -n __renacer_verb -xa 'record check diff'
complete -c renacer -n __renacer_golden -l runs -x -d 'how often the program is run'
complete -c renacer -n __renacer_golden -l tolerance -x -d 'what is still the same'
complete -c renacer -n __renacer_golden -l against -rF -d 'an older build, run by turns with the program'
complete -c renacer -n __renacer_golden -s E -l env -x -d 'set VAR in the program\'s environment, or remove it'
complete -c renacer -n __renacer_golden -s u -l user -xa '(__fish_complete_users)' -d 'run the program as USER, a name or UID:GID'
complete -c renacer -n __renacer_golden -l argv0 -x -d 'the program\'s argv[0]'
complete -c renacer -n __renacer_golden -s f -l follow-forks -d 'trace children and threads too'
complete -c renacer -n __renacer_golden -l backend -xa 'auto ptrace bpf perf_event' -d 'how events are obtained'
complete -c renacer -n __renacer_golden -l exact -d 'lose no event'
complete -c renacer -n __renacer_golden -l ring-size -x -d 'bytes between the kernel and renacer with the bpf backend, of each CPU with perf_event, a power of two such as 8M (the default)'
complete -c renacer -n __renacer_golden -l seccomp-bpf -d 'stop at the chosen calls only, by a seccomp filter'
complete -c renacer -n __renacer_golden -l no-seccomp-bpf -d 'never install a seccomp filter'
complete -c renacer -n __renacer_golden -l placement -xa 'auto off pin' -d 'which CPUs renacer and the program run on'
complete -c renacer -n __renacer_golden -s e -x -d 'the same as --QUALIFIER=SET'
complete -c renacer -n __renacer_golden -l trace -x -d '[!]CALL,... where CALL is a name, a number, %class, /regex or all'
complete -c renacer -n __renacer_golden -s P -l trace-path -rF -d 'only calls that access PATH'
complete -c renacer -n __renacer_golden -l trace-fds -x -d 'only calls on these file descriptors'
complete -c renacer -n __renacer_golden -l format -xa 'text json github' -d 'show the trace as KIND in place of the text'
complete -c renacer -n __renacer_golden -s o -l output -rF -d 'write the trace to FILE, or to a command'
complete -c renacer -n __renacer_golden -s s -l string-limit -x -d 'bytes of a string that are shown (32)'
complete -c renacer -n __renacer_golden -l source -fa 'short long' -d 'show the line of the program\'s own source that led to each call'
complete -c renacer -n __renacer_golden -l inject -x -d 'error=ERRNO or retval=VALUE, signal=SIG, syscall=CALL, delay_enter=TIME, delay_exit=TIME, poke_enter=@argN=HEX, poke_exit=@argN=HEX, when=FIRST[..LAST][+[STEP]]'
complete -c renacer -n __renacer_golden -l fault -x -d 'the same, with error=ENOSYS unless said otherwise'
complete -c renacer -n __renacer_golden -s d -l debug -d 'say on stderr what renacer does'
complete -c renacer -n __renacer_golden -s h -l help -d 'show this help'
complete -c renacer -n 'not __renacer_golden' -x -a '(__fish_complete_subcommand -- -p -E -u -b -I -e -P -o -a -s -X -S -U -O)'
complete -c renacer-strace -w renacer
