import Foundation

/// Folders beside the package that hold real material; tests that need them skip where they are absent.
public enum SharedData {
  /// The package's root folder.
  public static let packageRoot: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// `../shared/data`, or where `FINETUNE_SHARED_DATA` points; `nil` when absent.
  public static let root: String? = {
    let path = ProcessInfo.processInfo.environment["FINETUNE_SHARED_DATA"] ?? packageRoot + "/../shared/data"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  /// Whether the real benchmark files are here; for `.enabled(if:)`.
  public static let isPresent = root != nil

  /// A path below ``root``.
  public static func path(_ relative: String) -> String { (root ?? "/missing") + "/" + relative }

  /// A path below `Tests/Fixtures`.
  public static func fixture(_ relative: String) -> String { packageRoot + "/Tests/Fixtures/" + relative }
}
