import Foundation
import PackagePlugin

/// Writes the commit that a target is built from into a source file of the target, again whenever a source or HEAD changes.
@main struct BuildStamp: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let script = root.appending(path: "Tools/stamp-build.sh")
    let output = context.pluginWorkDirectoryURL.appending(path: "BuildStamp.swift")
    var inputs = [script, root.appending(path: "Package.swift")]
    for case let module as any SourceModuleTarget in context.package.targets { inputs += module.sourceFiles.map(\.url) }
    // A commit and a checkout change these. An input that is not there would be a fault of the build.
    let files = ["HEAD", "logs/HEAD"].map { gitFolder(root).appending(path: $0) }
    inputs += files.filter { FileManager.default.fileExists(atPath: $0.path()) }
    return [
      .buildCommand(
        displayName: "Commit of the build", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [script.path(), root.path(), output.path()], inputFiles: inputs, outputFiles: [output])
    ]
  }

  /// In a worktree `.git` is a file that names the folder.
  private func gitFolder(_ root: URL) -> URL {
    let file = root.appending(path: ".git")
    let prefix = "gitdir: "
    guard let text = try? String(contentsOf: file, encoding: .utf8), text.hasPrefix(prefix) else { return file }
    let path = text.dropFirst(prefix.count).trimmingCharacters(in: .whitespacesAndNewlines)
    return URL(fileURLWithPath: path, relativeTo: root)
  }
}
