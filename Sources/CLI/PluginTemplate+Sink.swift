// The texts of a project whose plugin is a sink.

extension PluginTemplate {
    var sinkReadme: String {
        filled("""
            # @NAME@

            A sink for renacer: it writes calls as lines of key=value.

                make          # builds @NAME@.so against the header and the kit that renacer installed
                make test     # has it show a program's calls
                renacer --plugin ./@NAME@.so --sink @NAME@:FILE -- PROGRAM

            `make PREFIX=/opt/renacer` if renacer is not installed in /usr/local.

            """)
    }

    static let sinkTest = """
        # cat opens its file; nothing takes it an hour.
        test: @NAME@.so
        	$(RENACER) plugin check ./@NAME@.so
        	$(RENACER) --plugin ./@NAME@.so --sink @NAME@:shown -- cat /dev/null
        	grep 'call=openat args=.*"/dev/null"' shown
        	grep 'events=.* lost=0' shown
        	$(RENACER) --plugin ./@NAME@.so --sink @NAME@:shown,min=3600s -- cat /dev/null
        	! grep call= shown
        	rm shown
        """

    var swiftSink: String {
        filled("""
            import PluginKit

            @_cdecl("renacer_plugin_v1")
            public func plugin(_ host: PluginHost) -> PluginExport { export("@NAME@", version: "0.1", @MODULE@.self) }

            /// Writes calls as logfmt: a line of key=value pairs for each.
            final class @MODULE@: Sink {
                static let name = "@NAME@"
                static let summary = "calls as lines of key=value"
                static let options = [Option("min", .duration, default: "0ns", "calls that took less are left out")]
                static let subscriptions = [Subscription([.calls, .signals, .losses], of: "all", needsMemory: true)]

                private let host: Host
                private let shortest: UInt64
                private var start: UInt64 = 0

                init(_ host: Host) throws {
                    self.host = host
                    shortest = host.integer("min") ?? 0
                }

                func consume(_ event: Event) throws {
                    if start == 0 { start = event.header.enter_time > 0 ? event.header.enter_time : event.time }
                    if event.kind == .calls, event.duration ?? 0 < shortest { return }
                    // Nanoseconds since the first one began; one that began earlier may come later.
                    var line = "t=\\(Int64(event.time) - Int64(start)) tid=\\(event.tid)"
                    if event.kind == .losses { line += " lost=\\(event.header.count)" }
                    if let name = event.name { line += event.kind == .signals ? " signal=\\(name)" : " call=\\(name)" }
                    if let arguments = event.arguments { line += " args=\\(arguments)" }
                    if let result = event.result { line += " result=\\(result)" }
                    if let error = event.error { line += " error=\\(error)" }
                    if let duration = event.duration { line += " ns=\\(duration)" }
                    try host.write(line + "\\n")
                }

                /// What detectors conclude, too.
                func report(_ finding: Finding) throws { try host.write("finding=\\(finding.detector)/\\(finding.rule)\\n") }

                func finish(_ account: Account) throws { try host.write("events=\\(account.delivered) lost=\\(account.lost)\\n") }
            }

            """)
    }

    var cSink: String {
        filled("""
            // Writes calls as logfmt: a line of key=value pairs for each.
            #include <inttypes.h>
            #include <renacer/plugin.h>
            #include <stdio.h>
            #include <stdlib.h>

            typedef struct sink {
                const renacer_host *host;
                uint64_t shortest, start;
            } sink;

            static renacer_status create(const renacer_host *host, void **instance) {
                sink *s = calloc(1, sizeof *s);
                if (!s) return RENACER_FAILED;
                s->host = host;
                renacer_value v = { .size = sizeof v };
                if (host->option(host, (renacer_string)RENACER_TEXT("min"), &v) == RENACER_OK) s->shortest = v.integer;
                *instance = s;
                return RENACER_OK;
            }

            static renacer_status put(sink *s, const char *text, size_t length) { return s->host->write(s->host, text, length); }

            static renacer_status put_description(sink *s, const char *key, const renacer_event *e, uint32_t what) {
                renacer_string text;
                if (s->host->describe(s->host, e, what, &text) != RENACER_OK) return RENACER_OK;
                char start[32];
                put(s, start, (size_t)snprintf(start, sizeof start, " %s=", key));
                return put(s, text.data, text.length);
            }

            static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
                sink *s = instance;
                for (; count--; e = renacer_next(e)) {
                    if (!s->start) s->start = e->enter_time ? e->enter_time : e->time;
                    uint64_t took = e->enter_time ? e->exit_time - e->enter_time : 0;
                    if (e->kind == RENACER_CALL && took < s->shortest) continue;
                    // Nanoseconds since the first one began; one that began earlier may come later.
                    char line[96];
                    put(s, line, (size_t)snprintf(line, sizeof line, "t=%" PRId64 " tid=%" PRId32, (int64_t)(e->time - s->start), e->tid));
                    if (e->kind == RENACER_LOSS) {
                        put(s, line, (size_t)snprintf(line, sizeof line, " lost=%" PRIu64, e->count));
                    } else if (e->kind == RENACER_SIGNAL) {
                        put_description(s, "signal", e, RENACER_DESCRIBE_NAME);
                    } else {
                        put_description(s, "call", e, RENACER_DESCRIBE_NAME);
                        put_description(s, "args", e, RENACER_DESCRIBE_ARGUMENTS);
                        if (e->outcome == RENACER_RETURNED) put(s, line, (size_t)snprintf(line, sizeof line, " result=%" PRId64, e->result));
                        put_description(s, "error", e, RENACER_DESCRIBE_ERROR);
                        if (e->enter_time) put(s, line, (size_t)snprintf(line, sizeof line, " ns=%" PRIu64, took));
                    }
                    if (put(s, "\\n", 1) != RENACER_OK) return RENACER_FAILED;
                }
                return RENACER_OK;
            }

            // What detectors conclude, too.
            static renacer_status report(void *instance, const renacer_finding *f) {
                sink *s = instance;
                put(s, "finding=", 8);
                put(s, f->detector.data, f->detector.length);
                put(s, "/", 1);
                put(s, f->rule.data, f->rule.length);
                return put(s, "\\n", 1);
            }

            static renacer_status finish(void *instance, const renacer_account *account) {
                char line[64];
                return put(instance, line, (size_t)snprintf(line, sizeof line, "events=%" PRIu64 " lost=%" PRIu64 "\\n", account->delivered, account->lost));
            }

            static void destroy(void *instance) { free(instance); }

            static const renacer_option options[] = {
                { .size = sizeof *options, .type = RENACER_OPTION_DURATION, .name = RENACER_TEXT("min"), .default_value = RENACER_TEXT("0ns"),
                    .help = RENACER_TEXT("calls that took less are left out") },
            };

            static const renacer_subscription subscriptions[] = {
                { .size = sizeof *subscriptions, .kinds = RENACER_CALL | RENACER_SIGNAL | RENACER_LOSS, .calls = RENACER_TEXT("all"),
                    .needs = RENACER_NEEDS_MEMORY },
            };

            static const renacer_sink functions = {
                .size = sizeof functions, .output = RENACER_OUTPUT_STREAM, .create = create, .consume = consume, .finish = finish,
                .destroy = destroy, .report = report,
            };

            static const renacer_component component = {
                .size = sizeof component, .kind = RENACER_SINK, .name = RENACER_TEXT("@NAME@"),
                .description = RENACER_TEXT("calls as lines of key=value"), .options = options, .option_count = 1,
                .subscriptions = subscriptions, .subscription_count = 1, .functions = &functions,
            };

            static const renacer_plugin plugin = {
                .size = sizeof plugin, .abi_minor = RENACER_ABI_MINOR, .schema = RENACER_EVENT_SCHEMA, .name = RENACER_TEXT("@NAME@"),
                .version = RENACER_TEXT("0.1"), .components = &component, .component_count = 1,
            };

            const renacer_plugin *renacer_plugin_v1(const renacer_host *host) {
                (void)host;
                return &plugin;
            }

            """)
    }
}
