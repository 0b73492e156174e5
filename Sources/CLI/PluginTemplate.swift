import Glibc

/// The project that `renacer plugin new` writes: a detector or a sink that builds, and a test that it passes.
struct PluginTemplate {
    enum Language: String, CaseIterable { case c, swift }
    enum Kind: String, CaseIterable { case detector, sink }

    let language: Language
    let kind: Kind
    /// The component's name, which the folder has too.
    let name: String

    /// - Throws: the name is none that a component can have, or the folder is there already.
    func write() throws(UsageError) {
        let isName = !name.isEmpty && name.utf8.count <= 40
            && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d } && name.first?.isLetter == true
        guard isName else { throw UsageError("plugin new: '\(name)' is no name of lower-case letters, digits and hyphens") }
        try make(name)
        if language == .swift {
            try make("\(name)/Sources")
            try make("\(name)/Sources/\(module)")
        }
        for (file, text) in files { try put("\(name)/\(file)", text) }
    }

    private func make(_ folder: String) throws(UsageError) {
        if mkdir(folder, 0o755) != 0 { throw UsageError("plugin new: \(folder): \(String(cString: strerror(errno)))") }
    }

    private func put(_ path: String, _ text: String) throws(UsageError) {
        let fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        var bytes = text
        let isWritten = fd >= 0 && bytes.withUTF8 { Glibc.write(fd, $0.baseAddress, $0.count) == $0.count }
        let reason = errno
        if fd >= 0 { close(fd) }
        if !isWritten { throw UsageError("plugin new: \(path): \(String(cString: strerror(reason)))") }
    }

    /// `small-writes` as a type's name: `SmallWrites`.
    private var module: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }

    private var files: [(name: String, text: String)] {
        switch language {
        case .c: [("\(name).c", kind == .sink ? cSink : cSource), ("Makefile", makefile(build: Self.cBuild)), ("README.md", readme)]
        case .swift:
            [
                ("Package.swift", package), ("Sources/\(module)/\(module).swift", kind == .sink ? swiftSink : swiftSource),
                ("Makefile", makefile(build: Self.swiftBuild)), ("README.md", readme),
            ]
        }
    }

    // MARK: Texts

    func filled(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let at = rest.firstIndex(of: "@") {
            out += rest[..<at]
            rest = rest[at...]
            if rest.hasPrefix("@NAME@") {
                out += name
                rest = rest.dropFirst(6)
            } else if rest.hasPrefix("@MODULE@") {
                out += module
                rest = rest.dropFirst(8)
            } else {
                out.append("@")
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }

    private var readme: String {
        if kind == .sink { return sinkReadme }
        return filled("""
            # @NAME@

            A detector for renacer: it finds tasks that write a few bytes at a time.

                make          # builds @NAME@.so against the header and the kit that renacer installed
                make test     # runs it on a program that does so
                renacer --plugin ./@NAME@.so -- PROGRAM

            `make PREFIX=/opt/renacer` if renacer is not installed in /usr/local.

            """)
    }

    private func makefile(build: String) -> String {
        filled("""
            PREFIX ?= /usr/local
            RENACER ?= $(PREFIX)/bin/renacer

            all: @NAME@.so

            \(build)

            \(kind == .sink ? Self.sinkTest : Self.detectorTest)

            .PHONY: all test\(language == .swift ? " always" : "")

            """)
    }

    private static let detectorTest = """
        # dd writes 1000 times one byte, and cat none at all.
        test: @NAME@.so
        	$(RENACER) plugin check ./@NAME@.so
        	$(RENACER) --plugin ./@NAME@.so -o found -- dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none
        	grep '@NAME@/small-writes' found
        	$(RENACER) --plugin ./@NAME@.so -o found -- cat /dev/null
        	grep 'Nothing found' found
        	rm found
        """

    private static let cBuild = """
        @NAME@.so: @NAME@.c
        	$(CC) -std=c11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden -I$(PREFIX)/include -o $@ $<
        """

    private static let swiftBuild = """
        # SwiftPM knows what has changed.
        @NAME@.so: always
        	RENACER_PREFIX=$(PREFIX) swift build -c release
        	cp .build/release/lib@MODULE@.so $@
        	chmod go-w $@
        """

    private var package: String {
        filled("""
            // swift-tools-version: 6.1
            import PackageDescription

            // Where renacer was installed.
            let prefix = Context.environment["RENACER_PREFIX"] ?? "/usr/local"

            let package = Package(
                name: "@MODULE@",
                products: [.library(name: "@MODULE@", type: .dynamic, targets: ["@MODULE@"])],
                dependencies: [.package(path: prefix + "/share/renacer/PluginKit")],
                targets: [.target(name: "@MODULE@", dependencies: [.product(name: "PluginKit", package: "PluginKit")])],
                swiftLanguageModes: [.v6]
            )

            """)
    }

    private var swiftSource: String {
        filled("""
            import PluginKit

            @_cdecl("renacer_plugin_v1")
            public func plugin(_ host: PluginHost) -> PluginExport { export("@NAME@", version: "0.1", @MODULE@.self) }

            /// Finds tasks that write a few bytes at a time.
            final class @MODULE@: Detector {
                static let name = "@NAME@"
                static let summary = "tasks that write a few bytes at a time"
                static let options = [
                    Option("small", .bytes, default: "64", "a write of fewer bytes is small"),
                    Option("count", .integer, default: "100", "so many small writes are a finding", minimum: 1, maximum: 1e9),
                ]
                static let subscriptions = [Subscription(.calls, of: "write")]
                static let rules = ["small-writes"]

                private let host: Host
                private let small: UInt64, count: UInt64
                private var writes = 0, bytes: Int64 = 0, time: UInt64 = 0
                private var window: (from: UInt64, to: UInt64)?
                private var tasks: Set<Int32> = []

                init(_ host: Host) throws {
                    self.host = host
                    small = host.integer("small") ?? 64
                    count = host.integer("count") ?? 100
                }

                func consume(_ event: Event) throws {
                    guard let written = event.result, written < Int64(small) else { return }
                    writes += 1
                    bytes += written
                    time += event.duration ?? 0
                    window = (window?.from ?? event.time, event.time)
                    tasks.insert(event.tid)
                }

                func finish(_ account: Account) throws {
                    guard writes >= Int(count), let window else { return }
                    var finding = Finding(
                        rule: "small-writes", severity: .low, confidence: 0.9, from: window.from, to: window.to,
                        title: "Many small writes")
                    finding.tasks = tasks.sorted()
                    finding.evidence = [
                        ("Writes", .number(Double(writes)), ""), ("Bytes", .number(Double(bytes)), ""),
                        ("Time in them", .number(Double(time) / 1e6), "ms"),
                    ]
                    finding.reason = "every write costs a call, whatever its size"
                    finding.advice = "collect them in a buffer"
                    host.report(finding)
                }
            }

            """)
    }

    private var cSource: String {
        filled("""
            // Finds tasks that write a few bytes at a time.
            #include <renacer/plugin.h>
            #include <stdlib.h>

            typedef struct detector {
                const renacer_host *host;
                uint64_t small, count;
                uint64_t writes, bytes, time, from, to;
                int32_t task;
            } detector;

            static uint64_t option(const renacer_host *host, renacer_string name, uint64_t otherwise) {
                renacer_value v = { .size = sizeof v };
                return host->option(host, name, &v) == RENACER_OK ? v.integer : otherwise;
            }

            static renacer_status create(const renacer_host *host, void **instance) {
                detector *d = calloc(1, sizeof *d);
                if (!d) return RENACER_FAILED;
                d->host = host;
                d->small = option(host, (renacer_string)RENACER_TEXT("small"), 64);
                d->count = option(host, (renacer_string)RENACER_TEXT("count"), 100);
                *instance = d;
                return RENACER_OK;
            }

            static renacer_status consume(void *instance, const renacer_event *e, size_t count) {
                detector *d = instance;
                for (; count--; e = renacer_next(e)) {
                    if (e->outcome != RENACER_RETURNED || (uint64_t)e->result >= d->small) continue;
                    d->writes++;
                    d->bytes += (uint64_t)e->result;
                    if (e->enter_time) d->time += e->exit_time - e->enter_time;
                    if (!d->from) d->from = e->time;
                    d->to = e->time;
                    d->task = e->tid;
                }
                return RENACER_OK;
            }

            static renacer_status finish(void *instance, const renacer_account *account) {
                detector *d = instance;
                (void)account;
                if (d->writes < d->count) return RENACER_OK;
                renacer_evidence evidence[] = {
                    { .size = sizeof *evidence, .name = RENACER_TEXT("Writes"), .is_number = 1, .number = (double)d->writes },
                    { .size = sizeof *evidence, .name = RENACER_TEXT("Bytes"), .is_number = 1, .number = (double)d->bytes },
                    { .size = sizeof *evidence, .name = RENACER_TEXT("Time in them"), .is_number = 1, .number = (double)d->time / 1e6, .unit = RENACER_TEXT("ms") },
                };
                renacer_finding finding = {
                    .size = sizeof finding, .severity = RENACER_LOW, .rule = RENACER_TEXT("small-writes"), .confidence = 0.9,
                    .tasks = &d->task, .task_count = 1, .from = d->from, .to = d->to, .title = RENACER_TEXT("Many small writes"),
                    .evidence = evidence, .evidence_count = sizeof evidence / sizeof *evidence,
                    .reason = RENACER_TEXT("every write costs a call, whatever its size"), .advice = RENACER_TEXT("collect them in a buffer"),
                };
                return d->host->report(d->host, &finding);
            }

            static void destroy(void *instance) { free(instance); }

            static const renacer_option options[] = {
                { .size = sizeof *options, .type = RENACER_OPTION_BYTES, .name = RENACER_TEXT("small"), .default_value = RENACER_TEXT("64"),
                    .help = RENACER_TEXT("a write of fewer bytes is small") },
                { .size = sizeof *options, .type = RENACER_OPTION_INTEGER, .name = RENACER_TEXT("count"), .default_value = RENACER_TEXT("100"),
                    .help = RENACER_TEXT("so many small writes are a finding"), .minimum = 1, .maximum = 1e9 },
            };

            static const renacer_subscription subscriptions[] = {
                { .size = sizeof *subscriptions, .kinds = RENACER_CALL, .calls = RENACER_TEXT("write") },
            };

            static const renacer_detector functions = {
                .size = sizeof functions, .create = create, .consume = consume, .finish = finish, .destroy = destroy,
            };

            static const renacer_string rules[] = { RENACER_TEXT("small-writes") };

            static const renacer_component component = {
                .size = sizeof component, .kind = RENACER_DETECTOR, .name = RENACER_TEXT("@NAME@"),
                .description = RENACER_TEXT("tasks that write a few bytes at a time"), .options = options, .option_count = 2,
                .subscriptions = subscriptions, .subscription_count = 1, .functions = &functions, .rules = rules, .rule_count = 1,
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
