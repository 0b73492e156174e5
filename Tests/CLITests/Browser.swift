import Foundation

/// Debian's chromium, without a window.
enum Browser {
    static let path = "/usr/bin/chromium"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// Opens a page without a network; the document as its script left it, what the console said, and a picture's size.
    ///
    /// - Parameter end: the end of the page, before which `script` is put.
    static func open(_ page: String, end: String, script: String = "") throws -> (document: String, console: [Substring], picture: Int) {
        let picture = Renacer.scratch() + ".png", profile = Renacer.scratch()
        var path = page
        if !script.isEmpty {
            path = page + ".driven." + (page.split(separator: ".").last ?? "html")
            let text = Renacer.text(page).replacing(end, with: "<script><![CDATA[\n\(script)\n]]></script>\(end)")
            try Data((end == "</svg>" ? text : text.replacing("<![CDATA[\n", with: "").replacing("\n]]>", with: "")).utf8).write(to: URL(fileURLWithPath: path))
        }
        let options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(profile)", "--window-size=1400,1300",
            "--enable-logging=stderr", "--virtual-time-budget=20000", "--proxy-server=127.0.0.1:9", "--timeout=60000",
        ]
        let dumped = try Renacer.run(options + ["--dump-dom", "file://" + path], named: Browser.path)
        let drawn = try Renacer.run(options + ["--screenshot=\(picture)", "file://" + path], named: Browser.path)
        let console = (dumped.errors + drawn.errors).split(separator: "\n").filter { $0.contains(":CONSOLE") }
        let size = (try? FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int) ?? 0
        return (dumped.output, console, size)
    }
}
