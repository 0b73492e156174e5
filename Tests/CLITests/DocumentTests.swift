import Foundation
import Testing

/// The commands of the documents that users wrote, on programs shaped like theirs: what is shown is what the program did.
@Suite struct DocumentTests {
    private static func built(_ source: String, _ flags: String = "-O1 -g") throws -> String {
        let program = try BuiltProgram(["main.c": source])
        try program.shell("cc \(flags) -w -pthread -o program main.c")
        return program.path
    }

    /// A table of `-c`: calls and errors by name.
    private func table(_ text: String) -> [String: (calls: Int, errors: Int)] {
        var rows: [String: (calls: Int, errors: Int)] = [:]
        for line in text.split(separator: "\n").drop(while: { !$0.hasPrefix("% time") }).dropFirst(2) {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 5 || fields.count == 6, Double(fields[0]) != nil, let calls = Int(fields[3]) else { continue }
            rows[fields[fields.count - 1]] = (calls, fields.count == 6 ? Int(fields[4]) ?? -1 : 0)
        }
        return rows
    }

    // MARK: Memory paging

    /// Builds a bundle of 1424 bytes - a manifest, then models of 500, 500 and 300 - and loads models by lseek and read, as
    /// often as its second argument says: all three, then the first again, which was evicted.
    private static let pager = Result {
        try built("""
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            static char buffer[8192];
            static const int offsets[] = { 124, 624, 1124 }, sizes[] = { 500, 500, 300 };
            static int load(int fd, int model) {
                lseek(fd, offsets[model], SEEK_SET); /* seek */
                return read(fd, buffer, sizes[model]) == sizes[model]; /* load */
            }
            int main(int argc, char **argv) {
                unlink(argv[1]);
                int fd = open(argv[1], O_CREAT | O_WRONLY, 0644); /* create */
                if (write(fd, buffer, 1424) != 1424) return 1;
                close(fd);
                fd = open(argv[1], O_RDONLY); /* open */
                if (read(fd, buffer, 8192) != 1424) return 1;
                int misses = 0;
                for (int round = 0; round < atoi(argv[2]); round++)
                    for (int access = 0; access < 4; access++) misses += load(fd, access % 3);
                close(fd);
                char line[64];
                write(1, line, sprintf(line, "Misses: %d\\n", misses));
                return 0;
            }
            """)
    }

    private func page(_ options: [String], rounds: Int = 2) throws -> (Renacer.Outcome, bundle: String) {
        let bundle = Renacer.scratch()
        let outcome = try Renacer.run(options + ["--", try Self.pager.get(), bundle, "\(rounds)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return (outcome, bundle)
    }

    @Test func aPagersSeeksAndReadsAreShownWithTheirTimes() throws {
        let (outcome, bundle) = try page(["-e", "trace=file", "-T"])
        #expect(outcome.output == "Misses: 8\n")
        let lines = outcome.lines.map(String.init)
        func count(_ pattern: String) -> Int { lines.filter { $0.range(of: "^" + pattern, options: .regularExpression) != nil }.count }
        let time = #" +<\d+\.\d{6}>$"#
        #expect(count(#"openat\(AT_FDCWD, "\#(bundle)", O_WRONLY\|O_CREAT, 0644\) = 3"# + time) == 1)
        #expect(count(#"write\(3, .*, 1424\) += 1424"# + time) == 1)
        #expect(count(#"read\(3, .*, 8192\) += 1424"# + time) == 1)
        // Two rounds: the first model is loaded twice in each, because it was evicted.
        #expect(count(#"lseek\(3, 124, SEEK_SET\) += 124"# + time) == 4)
        #expect(count(#"lseek\(3, 624, SEEK_SET\) += 624"# + time) == 2)
        #expect(count(#"lseek\(3, 1124, SEEK_SET\) += 1124"# + time) == 2)
        #expect(count(#"read\(3, .*, 500\) += 500"# + time) == 6)
        #expect(count(#"read\(3, .*, 300\) += 300"# + time) == 2)
        #expect(count(#"unlink\(.*\) += -1 ENOENT .*<"#) == 1)
    }

    @Test func aPagersTableCountsWhatItDid() throws {
        let (outcome, _) = try page(["-e", "trace=file", "-T", "-c"])
        let rows = table(outcome.errors)
        #expect(rows["lseek"]?.calls == 8)
        // The loader reads the C library's header; the bundle is written once, and the last line.
        #expect(rows["read"]?.calls == 10)
        #expect(rows["write"]?.calls == 2)
        #expect(rows["unlink"].map { $0 == (1, 1) } == true)
        #expect(rows["openat"]?.calls == 4 && rows["close"]?.calls == 4)
        #expect(rows["total"]?.calls == rows.filter { $0.key != "total" }.values.reduce(0) { $0 + $1.calls })
        // Thrashing or not is a matter of two figures.
        for (rounds, loads) in [(1, 4), (30, 120)] {
            let rows = table(try page(["-c", "-e", "trace=read,lseek"], rounds: rounds).0.errors)
            #expect(rows["lseek"]?.calls == loads && rows["read"]?.calls == loads + 2)
        }
    }

    @Test func aPagersLinesLeadToTheSource() throws {
        let program = try Self.pager.get()
        let source = Renacer.text(URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent("main.c").path)
        func line(_ mark: String) throws -> Int { try #require(source.components(separatedBy: "\n").firstIndex { $0.contains(mark) }) + 1 }
        let short = try page(["-s", "-e", "trace=file", "-T"]).0.lines
        let seek = try line("/* seek */"), load = try line("/* load */"), open = try line("/* open */")
        #expect(short.filter { $0.hasPrefix("lseek(3, ") && $0.contains("main.c:\(seek)]") }.count == 8)
        #expect(short.filter { $0.hasPrefix("read(3, ") && $0.contains("main.c:\(load)]") }.count == 8)
        #expect(short.filter { $0.contains("O_RDONLY) = 3") && $0.contains("main.c:\(open)]") }.count == 1)
        let long = try page(["--source=long", "-e", "trace=lseek", "-T"]).0.errors
        #expect(long.components(separatedBy: "main.c:\(seek)  # load").count == 9, "\(long)")
    }

    @Test func aPagersDocumentIsValidAndHasWhatTheUsersReadOfIt() throws {
        let (outcome, bundle) = try page(["--format", "json", "-e", "trace=file"])
        let document = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(outcome.errors.contains("Misses: 8\n"))
        let calls = try #require(document["syscalls"] as? [[String: Any]])
        let seeks = calls.filter { $0["name"] as? String == "lseek" }
        #expect(seeks.map { $0["result"] as? Int } == [124, 624, 1124, 124, 124, 624, 1124, 124])
        let first = try #require(seeks.first?["args"] as? [Any])
        #expect(first.count == 3 && first[0] as? Int == 3 && first[1] as? Int == 124 && first[2] as? String == "SEEK_SET")
        #expect(seeks.allSatisfy { $0["duration_us"] is Int })
        let opens = calls.filter { ($0["args"] as? [Any])?.contains { $0 as? String == bundle } == true && $0["name"] as? String == "openat" }
        #expect(opens.count == 2)
        let summary = try #require(document["summary"] as? [String: Any])
        #expect((summary["syscall_counts"] as? [String: Int])?["lseek"] == 8)
        #expect(summary["total_syscalls"] as? Int == calls.count && summary["total_time_us"] is Int)
    }

    // MARK: System call analysis

    /// Probes for files most of which are not there, reads a data set in small pieces, syncs, and waits for a child.
    private static let loader = Result {
        try built("""
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/stat.h>
            #include <sys/wait.h>
            #include <unistd.h>
            int main(int argc, char **argv) {
                char path[4096], buffer[512];
                struct statx s;
                snprintf(path, sizeof path, "%s.parquet", argv[1]);
                int fd = open(path, O_CREAT | O_RDWR, 0600);
                for (int i = 0; i < 20; i++) write(fd, buffer, sizeof buffer);
                for (int i = 0; i < 8; i++) fsync(fd);
                close(fd);
                for (int i = 0; i < 400; i++) {
                    if (i % 8 == 0) snprintf(path, sizeof path, "%s.parquet", argv[1]);
                    else snprintf(path, sizeof path, "%s.part%d", argv[1], i);
                    statx(AT_FDCWD, path, 0, STATX_SIZE, &s);
                }
                for (int i = 0; i < 50; i++) {
                    snprintf(path, sizeof path, i % 5 ? "%s.parquet" : "%s.none", argv[1]);
                    if ((fd = open(path, O_RDONLY)) < 0) continue;
                    for (int group = 0; group < 6; group++) pread(fd, buffer, sizeof buffer, group * 512);
                    close(fd);
                }
                if (fork() == 0) _exit(0);
                wait(NULL);
                return 0;
            }
            """)
    }

    private static let loaded: [(name: String, calls: Int, errors: Int)] = [
        ("statx", 400, 350), ("fsync", 8, 0), ("write", 20, 0), ("wait4", 1, 0),
    ]

    @Test(arguments: [["-c", "-T", "--stats-extended"], ["-c", "--stats-extended"]]) func aLoadersStatisticsCountItsProbes(_ options: [String]) throws {
        let outcome = try Renacer.run(options + ["--", try Self.loader.get(), Renacer.scratch()])
        #expect(outcome.status == 0)
        let rows = table(outcome.errors), lines = outcome.lines.map { $0.split(separator: " ").map(String.init) }
        let header = try #require(outcome.lines.first { $0.contains("mean us") })
        #expect(["calls", "errors", "mean us", "std dev", "min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"].allSatisfy { header.contains($0) })
        for (name, calls, errors) in Self.loaded {
            #expect(rows[name].map { $0 == (calls, errors) } == true, "\(name)")
            let extended = try #require(lines.last { $0.last == name && $0.count >= 12 }), shift = errors > 0 ? 2 : 1
            #expect(Int(extended[0]) == calls && (errors == 0 || Int(extended[1]) == errors))
            // In their order: min, p50 to p99.9, max.
            let figures = extended[(shift + 2)..<(shift + 10)].compactMap(Double.init)
            #expect(figures.count == 8 && figures == figures.sorted(), "\(extended)")
        }
    }

    @Test func aLoadersFilesAndErrorsAreTold() throws {
        let name = Renacer.scratch()
        func run(_ grouping: String) throws -> String {
            try Renacer.run(["-c", "--stats-extended", "--group-by", grouping, "--", try Self.loader.get(), name]).errors
        }
        let file = try #require(try run("file").components(separatedBy: "\n\(name).parquet\n").dropFirst().first)
        #expect(file.split(separator: "\n").contains { $0.hasSuffix(" pread64") && $0.split(separator: " ").first == "240" })
        let missing = try #require(try run("errno").components(separatedBy: "\nENOENT\n").dropFirst().first)
        #expect(missing.split(separator: "\n").contains { $0.hasSuffix(" statx") && $0.split(separator: " ").prefix(2) == ["350", "350"] })
    }

    @Test func aLoadersAnalysesAreOfItsCalls() throws {
        let program = try Self.loader.get()
        let anomalies = try Renacer.run(["--anomaly-detection", "--", program, Renacer.scratch()])
        #expect(anomalies.status == 0 && anomalies.errors.contains("Rule: anomaly/report"))
        let judged = anomalies.lines.compactMap { $0.hasPrefix("   calls judged: ") ? Int($0.dropFirst(17)) : nil }
        // All but the first ten of each.
        #expect(try #require(judged.first) >= 390 + 230 + 10)
        let clusters = try Renacer.run(["--hpu-analysis", "--", program, Renacer.scratch()])
        #expect(clusters.status == 0 && clusters.errors.contains("Clusters of calls: "))
        #expect(Self.loaded.allSatisfy { clusters.errors.contains($0.name) })
    }

    // MARK: GPU

    /// Asks a device that is none - a pipe with a name - for this and that, and waits for it three times.
    private static let gpu = Result {
        try built("""
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <linux/futex.h>
            #include <stdio.h>
            #include <sys/ioctl.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <time.h>
            #include <unistd.h>
            static int word;
            int main(int argc, char **argv) {
                mkfifo(argv[1], 0600);
                int device = open(argv[1], O_RDWR), n;
                for (int i = 0; i < 13; i++) ioctl(device, FIONREAD, &n); /* request */
                ioctl(device, TIOCGWINSZ, &n);
                char *staging = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                struct timespec t = { 0, 40000000 };
                for (int i = 0; i < 3; i++) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0); /* wait */
                munmap(staging, 4096);
                close(device);
                puts("test gpu::tests::test_gpu_sum_basic ... ok");
                return 0;
            }
            """)
    }

    @Test func aGPUProgramsTimeIsInItsWaits() throws {
        let device = Renacer.scratch()
        let outcome = try Renacer.run(["-c", "-T", "--exact", "--", try Self.gpu.get(), device, "gpu::tests::test_gpu_sum_basic"])
        #expect(outcome.status == 0 && outcome.output == "test gpu::tests::test_gpu_sum_basic ... ok\n", "\(outcome.errors)")
        let rows = table(outcome.errors)
        #expect(rows["ioctl"].map { $0 == (14, 1) } == true)
        #expect(rows["futex"].map { $0 == (3, 3) } == true)
        // Wall-clock time, the longest first: three times 40 ms.
        let first = try #require(outcome.lines.drop { !$0.hasPrefix("------") }.dropFirst().first).split(separator: " ")
        #expect(first.last == "futex" && (Double(first[1]) ?? 0) >= 0.12, "\(first)")
        let sources = try Renacer.run(["-c", "--source", "--", try Self.gpu.get(), device])
        #expect(sources.status == 0 && table(sources.errors)["ioctl"]?.calls == 14, "\(sources.errors)")
    }

    // MARK: Golden traces

    @Test func aSummaryWithTimesIsWrittenBehindTheTrace() throws {
        let outcome = try Renacer.run(["--summary", "--timing", "--", try Self.gpu.get(), Renacer.scratch()])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.lines.filter { $0.hasPrefix("ioctl(3, FIONREAD, [0]) ") && $0.hasSuffix(">") }.count == 13)
        #expect(table(outcome.errors)["ioctl"]?.calls == 14)
    }
}
