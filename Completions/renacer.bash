# bash completion for renacer, made by `renacer --completions bash`
_renacer() {
    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} i=1
    COMPREPLY=()
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == golden ]]; then
        [[ $cur == = ]] && cur=
        [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}
        case $option in
        golden) ((COMP_CWORD == 2)) && { COMPREPLY=($(compgen -W 'record check diff' -- "$cur")); return; };;
        --format) COMPREPLY=($(compgen -W 'text json github' -- "$cur")); return;;
        --backend) COMPREPLY=($(compgen -W 'auto ptrace bpf perf_event' -- "$cur")); return;;
        esac
        case $cur in
        -*) COMPREPLY=($(compgen -W '--runs --tolerance --against -E --env -u --user --argv0 -f --follow-forks --backend --exact --ring-size --seccomp-bpf --no-seccomp-bpf --placement -e --trace -P --trace-path --trace-fds --format -o --output -s --string-limit --source --inject --fault -d --debug -h --help' -- "$cur"));;
        *) COMPREPLY=($(compgen -f -- "$cur"));;
        esac
        return
    fi
    while ((i < COMP_CWORD)); do
        case ${COMP_WORDS[i]} in
        --) ((i++)); break;;
        -p|--attach|--cgroup|-E|--env|-u|--user|--argv0|-b|--detach-on|-I|--interruptible|--syscall-limit|--duration|--backend|--ring-size|--memory|--placement|-e|--trace|-P|--trace-path|--trace-fds|--signals|--status|--min-duration|--format|--sink|--otlp|--otlp-timeout|--otlp-min-duration|--trace-parent|-o|--output|--ring|-a|--columns|-s|--string-limit|--abbrev|--verbose|--raw|--read|--write|--decode-pids|-X|--const-print-style|--stack-trace-frame-limit|-S|--summary-sort-by|-U|--summary-columns|-O|--summary-syscall-overhead|--group-by|--flamegraph|--anomaly-threshold|--anomaly-window|--baseline|--detector|--plugin|--plugin-time|--assert|--assert-report|--inject|--fault|--config) ((i += 2)); [[ ${COMP_WORDS[i-1]} == = ]] && ((i++));;
        -*) ((i++)); [[ ${COMP_WORDS[i]} == = ]] && ((i += 2));;
        *) break;;
        esac
    done
    if ((i < COMP_CWORD)); then
        if declare -F _command_offset >/dev/null; then _command_offset "$i"; else COMPREPLY=($(compgen -f -- "$cur")); fi
        return
    fi
    [[ $cur == = ]] && cur=
    [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}
    case $option in
    --daemonize|--daemonized|--daemonised) COMPREPLY=($(compgen -W 'grandchild pgroup pgrp session' -- "$cur")); return;;
    -b|--detach-on) COMPREPLY=($(compgen -W 'execve' -- "$cur")); return;;
    -I|--interruptible) COMPREPLY=($(compgen -W 'anywhere waiting never never_tstp' -- "$cur")); return;;
    --backend) COMPREPLY=($(compgen -W 'auto ptrace bpf perf_event' -- "$cur")); return;;
    --memory) COMPREPLY=($(compgen -W 'none live' -- "$cur")); return;;
    --placement) COMPREPLY=($(compgen -W 'auto off pin' -- "$cur")); return;;
    --status) COMPREPLY=($(compgen -W 'successful failed unfinished unavailable detached' -- "$cur")); return;;
    --format) COMPREPLY=($(compgen -W 'text summary json jsonl csv html' -- "$cur")); return;;
    --sink) COMPREPLY=($(compgen -W 'strace summary json jsonl csv html findings functions flamegraph otlp perfetto recording' -- "$cur")); return;;
    --decode-fds) COMPREPLY=($(compgen -W 'all none path socket dev eventfd pidfd signalfd' -- "$cur")); return;;
    --decode-pids) COMPREPLY=($(compgen -W 'comm pidns all none' -- "$cur")); return;;
    --absolute-timestamps|--timestamps) COMPREPLY=($(compgen -W 'none time unix s ms us ns' -- "$cur")); return;;
    --relative-timestamps) COMPREPLY=($(compgen -W 's ms us ns' -- "$cur")); return;;
    --syscall-times|--timing) COMPREPLY=($(compgen -W 's ms us ns' -- "$cur")); return;;
    --strings-in-hex) COMPREPLY=($(compgen -W 'none non-ascii-chars non-ascii all' -- "$cur")); return;;
    -X|--const-print-style) COMPREPLY=($(compgen -W 'raw abbrev verbose' -- "$cur")); return;;
    --quiet|--silent|--silence) COMPREPLY=($(compgen -W 'attach exit path-resolution personality thread-execve all none' -- "$cur")); return;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return;;
    --source) COMPREPLY=($(compgen -W 'short long' -- "$cur")); return;;
    --stack-trace|--stack-traces) COMPREPLY=($(compgen -W 'symbol source' -- "$cur")); return;;
    -S|--summary-sort-by) COMPREPLY=($(compgen -W 'time min-time max-time avg-time calls errors name nothing' -- "$cur")); return;;
    --group-by) COMPREPLY=($(compgen -W 'syscall process thread file errno' -- "$cur")); return;;
    --detector) COMPREPLY=($(compgen -W 'idle-waiter thrashing-seek pcie-bottleneck' -- "$cur")); return;;
    --assert-report) COMPREPLY=($(compgen -W 'text json junit' -- "$cur")); return;;
    -P|--trace-path|-o|--output|--flamegraph|--baseline|--plugin|--assert|--config) COMPREPLY=($(compgen -f -- "$cur")); return;;
    -u|--user) COMPREPLY=($(compgen -u -- "$cur")); return;;
    -p|--attach) COMPREPLY=($(compgen -W "$(ps -eo pid=)" -- "$cur")); return;;
    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W '-p --attach --all --cgroup -E --env -u --user --argv0 -D --daemonize -f --follow-forks -b --detach-on -I --interruptible --syscall-limit --duration --kill-on-exit --backend --exact --ring-size --memory --seccomp-bpf --no-seccomp-bpf --placement -e --trace -P --trace-path --trace-fds --signals --status -z --successful-only -Z --failed-only --min-duration --format --sink --otlp --otlp-timeout --otlp-min-duration --trace-parent -o --output -A --output-append-mode --output-separately --ring -a --columns -s --string-limit -v --no-abbrev --abbrev --verbose --raw --read --write -y --decode-fds --decode-pids -Y --pidns-translation --always-show-pid -t --absolute-timestamps -r --relative-timestamps -T --syscall-times -x --strings-in-hex -X --const-print-style -i --instruction-pointer -n --syscall-number -N --arg-names -q --quiet --color --source -k --stack-trace --stack-trace-frame-limit -c --summary-only -C --summary -w --summary-wall-clock --summary-cpu -S --summary-sort-by -U --summary-columns -O --summary-syscall-overhead --stats-extended --group-by --live --profile --kernel-stack --function-time --flamegraph --anomaly-detection --anomaly-threshold --anomaly-window --baseline --hpu-analysis --detector --plugin --plugin-time --isolate-plugins --assert --assert-report --inject --fault --config -d --debug -h --help -V --version --tips' -- "$cur"));;
    *) COMPREPLY=($(compgen -c -- "$cur")); ((COMP_CWORD == 1)) && COMPREPLY+=($(compgen -W 'doctor flags backends record replay golden sinks config plugins plugin' -- "$cur"));;
    esac
}
complete -F _renacer renacer renacer-strace
