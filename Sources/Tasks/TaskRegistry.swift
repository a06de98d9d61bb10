import Support

/// Finds tasks by name or path.
package enum TaskRegistry {
  /// Names of all tasks in the folders that are searched.
  package static var names: [String] { SearchPath(.tasks).names }

  /// Reads the description of a task.
  ///
  /// - Parameters:
  ///   - name: the name of a folder under `tasks/`, or the path of a `task.yaml` or its folder.
  ///   - format: the name of one of the task's other formats, e.g. `llm-adapters`.
  /// - Throws: ``TaskError`` if there is no such task or its `task.yaml` is wrong.
  package static func find(_ name: String, format: String? = nil) throws(TaskError) -> BenchmarkTask {
    guard var path = SearchPath(.tasks).find(name) else { throw .unknownTask(name: name, known: names) }
    if Files.isFolder(path) {
      guard Files.exists(path + "/task.yaml") else { throw .noDescription(task: name, folder: path) }
      path += "/task.yaml"
    }
    return try TaskDescriptionReader(path: path).read(format: format)
  }
}
