/// Completion scripts for shells, made from the option table.
enum Completions {
    /// - Returns: nil if the shell is not one of bash, zsh and fish.
    static func script(for shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: nil
        }
    }

    private static let options = Option.all.filter { !$0.help.isEmpty }

    /// The first clause of the help line.
    private static func summary(_ option: Option) -> String {
        let text = option.help.prefix { $0 != ";" }
        let end = text.firstRange(of: ": ")?.lowerBound ?? text.endIndex
        return String(text[..<end])
    }

    /// Options whose value is a file's name, or begins with one.
    private static func takesFile(_ option: Option) -> Bool {
        [.output, .tracePath, .assert, .config, .baseline, .flamegraph, .plugin, .against].contains(option.id)
    }

    private static func takesValue(_ option: Option) -> Bool {
        if case .required = option.value { true } else { false }
    }

    /// `renacer NAME`
    private static var commands: String { Subcommand.all.map(\.name).joined(separator: " ") }
    private static var goldenFormats: String { GoldenRequest.Format.allCases.map(\.rawValue).joined(separator: " ") }

    private static func words(_ options: [Option]) -> String {
        options.flatMap { o in (o.short.map { ["-\($0)"] } ?? []) + o.long.prefix(1).map { "--" + $0 } }.joined(separator: " ")
    }

    // MARK: bash

    private static var bash: String {
        let needy = options.filter(takesValue).flatMap { o in
            (o.short.map { ["-\($0)"] } ?? []) + o.long.map { "--" + $0 }
        }
        let files = options.filter(takesFile).flatMap { o in (o.short.map { ["-\($0)"] } ?? []) + o.long.map { "--" + $0 } }
        var cases = ""
        for o in options where !o.values.isEmpty {
            let names = (takesValue(o) ? o.short.map { ["-\($0)"] } ?? [] : []) + o.long.map { "--" + $0 }
            if names.isEmpty { continue }
            cases += "    \(names.joined(separator: "|"))) COMPREPLY=($(compgen -W '\(o.values.joined(separator: " "))' -- \"$cur\")); return;;\n"
        }
        return """
            # bash completion for renacer, made by `renacer --completions bash`
            _renacer() {
                local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} i=1
                COMPREPLY=()
                if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == golden ]]; then
                    [[ $cur == = ]] && cur=
                    [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}
                    case $option in
                    golden) ((COMP_CWORD == 2)) && { COMPREPLY=($(compgen -W '\(Golden.verbs.joined(separator: " "))' -- "$cur")); return; };;
                    --format) COMPREPLY=($(compgen -W '\(goldenFormats)' -- "$cur")); return;;
                    --backend) COMPREPLY=($(compgen -W '\(Option.all.first { $0.id == .backend }?.values.joined(separator: " ") ?? "")' -- "$cur")); return;;
                    esac
                    case $cur in
                    -*) COMPREPLY=($(compgen -W '\(words(Golden.allOptions))' -- "$cur"));;
                    *) COMPREPLY=($(compgen -f -- "$cur"));;
                    esac
                    return
                fi
                while ((i < COMP_CWORD)); do
                    case ${COMP_WORDS[i]} in
                    --) ((i++)); break;;
                    \(needy.joined(separator: "|"))) ((i += 2)); [[ ${COMP_WORDS[i-1]} == = ]] && ((i++));;
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
            \(cases)    \(files.joined(separator: "|"))) COMPREPLY=($(compgen -f -- "$cur")); return;;
                -u|--user) COMPREPLY=($(compgen -u -- "$cur")); return;;
                -p|--attach) COMPREPLY=($(compgen -W "$(ps -eo pid=)" -- "$cur")); return;;
                esac
                case $cur in
                -*) COMPREPLY=($(compgen -W '\(words(options))' -- "$cur"));;
                *) COMPREPLY=($(compgen -c -- "$cur")); ((COMP_CWORD == 1)) && COMPREPLY+=($(compgen -W '\(commands)' -- "$cur"));;
                esac
            }
            complete -F _renacer renacer renacer-strace

            """
    }

    // MARK: zsh

    private static var zsh: String {
        var out = """
            #compdef renacer renacer-strace
            # zsh completion for renacer, made by `renacer --completions zsh`
            if (( CURRENT > 2 )) && [[ $words[2] == golden ]]; then
                if (( CURRENT == 3 )); then
                    compadd \(Golden.verbs.joined(separator: " "))
                    return
                fi
                shift 2 words
                (( CURRENT -= 2 ))
                _arguments -s -S \\

            """
        // Of the report, not of a trace.
        for line in zshLines(Golden.allOptions.filter { $0.id != .sinkFormat }) { out += "    " + line }
        out += """
                    '--format=[of the report]:value:(\(goldenFormats))' \\
                    '*:file:_files'
                return
            fi
            # Of a first word that ends the options _arguments makes nothing.
            if (( CURRENT > 2 )) && [[ $words[2] == -- ]]; then
                shift 2 words
                (( CURRENT -= 2 ))
                _normal
                return
            fi
            (( CURRENT == 2 )) && compadd \(commands)
            _arguments -s -S -A '-*' \\

            """
        return out + zshLines(options).joined() + "    '*::command:_normal'\n"
    }

    private static func zshLines(_ options: [Option]) -> [String] {
        var lines: [String] = []
        for o in options {
            let help = summary(o).replacing("'", with: "'\\''").replacing("[", with: "\\[").replacing("]", with: "\\]")
            if let c = o.short { lines.append("    '*-\(c)\(takesValue(o) ? "+" : "")[\(help)]\(takesValue(o) ? zshValue(o) : "")' \\\n") }
            if let long = o.long.first {
                let mark = switch o.value {
                case .none: ""
                case .required: "="
                case .optional: "=-"
                }
                let value = switch o.value {
                case .none: ""
                case .required: zshValue(o)
                case .optional: ":" + zshValue(o)
                }
                lines.append("    '*--\(long)\(mark)[\(help)]\(value)' \\\n")
            }
        }
        return lines
    }

    private static func zshValue(_ option: Option) -> String {
        if !option.values.isEmpty { return ":value:(\(option.values.joined(separator: " ")))" }
        return switch option.id {
        case _ where takesFile(option): ":file:_files"
        case .user: ":user:_users"
        case .attach: ":process:_pids"
        default: ":value: "
        }
    }

    // MARK: fish

    private static var fish: String {
        let needy = options.filter(takesValue).flatMap { o in (o.short.map { ["-\($0)"] } ?? []) + o.long.map { "--" + $0 } }
        var out = """
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
                        case \(needy.joined(separator: " "))
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


            """
        for o in options { out += fishLine(o, "__renacer_options", o.values) }
        out += "complete -c renacer -n __fish_is_first_arg -xa '\(commands)'\n"
        out += "complete -c renacer -n __renacer_verb -xa '\(Golden.verbs.joined(separator: " "))'\n"
        for o in Golden.allOptions {
            // Of the report, not of a trace.
            out += fishLine(o, "__renacer_golden", o.id == .sinkFormat ? GoldenRequest.Format.allCases.map(\.rawValue) : o.values)
        }
        let short = options.filter(takesValue).compactMap { $0.short.map { "-\($0)" } }
        out += "complete -c renacer -n 'not __renacer_golden' -x -a '(__fish_complete_subcommand -- \(short.joined(separator: " ")))'\n"
        return out + "complete -c renacer-strace -w renacer\n"
    }

    /// - Parameter condition: the function that says where the option may stand.
    private static func fishLine(_ o: Option, _ condition: String, _ values: [String]) -> String {
        var line = "complete -c renacer -n \(condition)"
        if let c = o.short { line += " -s \(c)" }
        if let long = o.long.first { line += " -l \(long)" }
        if takesValue(o) {
            switch o.id {
            case _ where takesFile(o): line += " -rF"
            case .user: line += " -xa '(__fish_complete_users)'"
            case .attach: line += " -xa '(__fish_complete_pids)'"
            default: line += values.isEmpty ? " -x" : " -xa '\(values.joined(separator: " "))'"
            }
        } else if !values.isEmpty {
            line += " -fa '\(values.joined(separator: " "))'"
        }
        return line + " -d '\(summary(o).replacing("'", with: "\\'"))'\n"
    }
}
