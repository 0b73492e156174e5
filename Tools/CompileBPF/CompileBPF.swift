import Foundation
import PackagePlugin

/// Compiles the BPF programs with the toolchain's own clang and turns them into a Swift
/// constant: renacer needs neither a compiler nor a file at run time.
///
/// The constant is a string in base 64 because that compiles in no time, which an array of
/// as many numbers does not; C sources made by plugins are not built at all.
@main
struct CompileBPF: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let clang = try context.tool(named: "clang").url
        let sources = context.package.directoryURL.appending(path: "Sources/CBPF")
        let programs = sources.appending(path: "Programs")
        let inputs = try FileManager.default.contentsOfDirectory(at: programs, includingPropertiesForKeys: nil)
            + [sources.appending(path: "include/capture.h")]
        let directory = context.pluginWorkDirectoryURL
        // One command, since an object file among the outputs would become a resource. Debug
        // information stays behind, BTF goes along.
        let script = """
            clang=$1 name=$2 constant=$3 object=${3%.swift}.o; shift 3
            "$clang" "$@" -o "$object"
            "${clang%/*}/llvm-objcopy" --strip-debug "$object"
            printf 'let %s: StaticString = "%s"\\n' "$name" "$(base64 -w0 "$object")" >"$constant"
            """
        return [("plainObject", "PlainObject.swift", ["-DPLAIN"]), ("fullObject", "FullObject.swift", [])].map { name, file, flags in
            let constant = directory.appending(path: file)
            return .buildCommand(
                displayName: "Compiling the BPF programs", executable: URL(filePath: "/bin/sh"),
                arguments: [
                    "-euc", script, "sh", clang.path(), name, constant.path(),
                    "-target", "bpf", "-mcpu=v3", "-std=gnu23", "-g", "-O2", "-Wall", "-Wextra", "-Werror",
                    "-D__TARGET_ARCH_\(Self.kernelArchitecture)", "-I", sources.appending(path: "include").path(),
                    // Debian keeps <asm/types.h> where only its own compilers look.
                    "-idirafter", "/usr/include/\(Self.machine)-linux-gnu",
                    "-c", programs.appending(path: "capture.bpf.c").path(),
                ] + flags,
                inputFiles: inputs, outputFiles: [constant])
        }
    }

    #if arch(x86_64)
    private static let machine = "x86_64", kernelArchitecture = "x86"
    #else
    private static let machine = "aarch64", kernelArchitecture = "arm64"
    #endif
}
