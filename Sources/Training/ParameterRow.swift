import Optimizers
import Tensors

/// One line of the table of parameters that a run shows at its start. It sums up the parameters of one role.
package struct ParameterRow: Sendable, Equatable {
  package let role: String
  package let tensors: Int
  /// Number of scalar parameters; so are the numbers below.
  package let parameters: Int
  /// Parameters that are not trained.
  package let frozen: Int
  /// Parameters that weight decay acts on.
  package let decayed: Int
  /// Parameters whose gradient or update the optimizer projects.
  package let projected: Int

  package init(role: String, tensors: Int, parameters: Int, frozen: Int, decayed: Int, projected: Int) {
    (self.role, self.tensors, self.parameters) = (role, tensors, parameters)
    (self.frozen, self.decayed, self.projected) = (frozen, decayed, projected)
  }

  /// A row for each role that the model's parameters have. The optimizer decides which parameters decay and which are
  /// projected.
  package static func table(_ parameters: [Parameter], optimizer: Optimizer) -> [ParameterRow] {
    func count(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + $1.count } }
    return ParameterRole.allCases.compactMap { role in
      let group = parameters.filter { $0.role == role }
      guard !group.isEmpty else { return nil }
      return ParameterRow(
        role: role.rawValue, tensors: group.count, parameters: count(group),
        frozen: count(group.filter { !$0.isTrainable }), decayed: count(group.filter(optimizer.decays)),
        projected: count(group.filter(optimizer.projects)))
    }
  }
}
