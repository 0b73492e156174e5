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
            \(cases)    -o|--output|-P|--trace-path) COMPREPLY=($(compgen -f -- "$cur")); return;;
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
        case .output, .tracePath: ":file:_files"
        case .user: ":user:_users"
        case .attach: ":process:_pids"
        default: ":value: "
        }
    }

    // MARK: fish

    private static var fish: String {
        var out = "# fish completion for renacer, made by `renacer --completions fish`\n"
        for o in options {
            var line = "complete -c renacer"
            if let c = o.short { line += " -s \(c)" }
            if let long = o.long.first { line += " -l \(long)" }
            if takesValue(o) {
                switch o.id {
                case .output, .tracePath: line += " -rF"
                case .user: line += " -xa '(__fish_complete_users)'"
                case .attach: line += " -xa '(__fish_complete_pids)'"
                default: line += o.values.isEmpty ? " -x" : " -xa '\(o.values.joined(separator: " "))'"
                }
            } else if !o.values.isEmpty {
                line += " -fa '\(o.values.joined(separator: " "))'"
            }
            out += line + " -d '\(summary(o).replacing("'", with: "\\'"))'\n"
        }
        out += "complete -c renacer -n '__fish_is_first_arg' -xa '\(commands)'\n"
        out += "complete -c renacer -n '__fish_seen_subcommand_from golden' -xa '\(Golden.verbs.joined(separator: " "))'\n"
        for o in Golden.options {
            out += "complete -c renacer -n '__fish_seen_subcommand_from golden' -l \(o.long[0]) -x -d '\(summary(o).replacing("'", with: "\\'"))'\n"
        }
        let needy = options.filter(takesValue).compactMap { $0.short.map { "-\($0)" } }
        out += "complete -c renacer -x -a '(__fish_complete_subcommand -- \(needy.joined(separator: " ")))'\n"
        return out + "complete -c renacer-strace -w renacer\n"
    }
}
