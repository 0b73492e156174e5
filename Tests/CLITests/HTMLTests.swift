import Foundation
import Testing

/// The page, in a browser.
@Suite(.serialized, .enabled(if: Browser.isInstalled, "`sh Tools/setup.sh test` installs chromium")) struct HTMLTests {
    private func open(_ page: String, script: String = "") throws -> (document: String, console: [Substring], picture: Int) {
        try Browser.open(page, end: "</body></html>", script: script)
    }

    @Test func aPageShowsTheTraceAndSaysNothingToTheConsole() throws {
        let file = Renacer.scratch() + ".html", json = Renacer.scratch()
        _ = try Renacer.run(
            ["-f", "--sink", "html:\(file)", "--sink", "json:\(json)", "--", "sh", "-c", "echo '</script><b>&' >/dev/null; cat /etc/hostname /nonexistent"])
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(json).utf8)) as? [String: Any]
        let calls = try #require(document?["syscalls"] as? [[String: Any]])
        let page = try open(file)
        #expect(page.console == [])
        #expect(page.document.contains("data-ready=\"\(calls.count)\""))
        #expect(page.document.contains("class=\"row\""))
        #expect(page.document.contains("execve"))
        #expect(page.picture > 20_000)
        // It reaches for nothing outside of itself.
        let text = Renacer.text(file)
        for outside in ["http://", "https://", "src=", "@import", "url("] { #expect(!text.contains(outside), "\(outside)") }
    }

    @Test func anAnalysisIsAHeatmap() throws {
        let file = Renacer.scratch() + ".html"
        _ = try Renacer.run(["--hpu-analysis", "--format", "html", "-o", file, "--", "ls", "-l", "/usr/bin"])
        let page = try open(file, script: "const cells=document.querySelectorAll('#matrix td.c').length;document.documentElement.dataset.square=cells>0&&cells===D.analysis.variables.length**2;")
        #expect(page.console == [])
        #expect(page.document.contains("data-square=\"true\""))
        #expect(page.document.contains("Clusters of calls"))
    }

    @Test func filteringAndSortingShowWhatTheyShould() throws {
        let file = Renacer.scratch() + ".html"
        _ = try Renacer.run(["-f", "--format", "html", "-o", file, "--", "cat", "/etc/hostname", "/nonexistent"])
        let page = try open(file, script: """
            $('find').value='err:ENOENT nonexistent';filter();document.documentElement.dataset.failed=count;
            $('find').value='';filter();by='dur';up=false;sort();
            let sorted=true;for(let k=1;k<count;k++){const a=du[order[k-1]],b=du[order[k]];if(b>a)sorted=false}document.documentElement.dataset.sorted=sorted;
            """)
        #expect(page.console == [])
        #expect(page.document.contains("data-failed=\"1\""))
        #expect(page.document.contains("data-sorted=\"true\""))
    }

    /// Rows by the hundred thousand: in the document are only those in sight.
    @Test func manyRowsAreNotManyElements() throws {
        let file = Renacer.scratch() + ".html"
        _ = try Renacer.run(["--format", "html", "-o", file, "-e", "trace=read,write", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=50000", "status=none"])
        let page = try open(file)
        #expect(page.console == [])
        let ready = page.document.firstRange(of: "data-ready=\"").map { page.document[$0.upperBound...].prefix { $0.isNumber } } ?? ""
        #expect(Int(ready) ?? 0 >= 100_000)
        #expect(page.document.split(separator: "class=\"row\"").count < 60)
    }
}
