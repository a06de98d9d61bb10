import Support

/// A tensor on the tape.
package struct Variable {
  package let value: Tensor
  /// The place where the gradient of this variable is summed; `nil` when the value depends on nothing trainable.
  ///
  /// A backward closure captures the slot and not the variable, because the variable would keep its value alive.
  package let slot: GradientSlot?

  /// Whether the value depends on anything trainable. For other variables, no gradient is saved or computed.
  package var needsGradient: Bool { slot != nil }
}

/// The gradient of a variable while a backward pass sums its contributions.
package final class GradientSlot {
  package fileprivate(set) var gradient: Tensor?

  /// Adds to the gradient. Takes ownership of `tensor` when it is the first contribution.
  package func add(_ tensor: Tensor) {
    guard let gradient else {
      self.gradient = tensor
      return
    }
    ElementWise.add(tensor, into: gradient)
  }

  /// Adds to the gradient without a tensor of its own.
  ///
  /// - Parameters:
  ///   - shape: the shape of the gradient.
  ///   - body: sets the gradient to its contribution plus `beta` times the gradient. `beta` is 0 where the gradient is
  ///     uninitialized, else 1.
  package func accumulate(_ shape: [Int], _ body: (_ gradient: Tensor, _ beta: Float) -> Void) {
    if let gradient { return body(gradient, 1) }
    let fresh = Tensor(uninitialized: shape)
    gradient = fresh
    body(fresh, 0)
  }
}

/// Records operations as they run, and differentiates them in reverse.
///
/// Each operation is an extension of `Tape` in `Ops/`, which holds its forward pass and its backward pass. The backward
/// closure keeps what the gradient needs, and is freed as soon as it has run. Gradients add, never assign.
///
/// A parameter that is not trainable counts as a constant. Where neither an input nor a parameter of an operation needs
/// a gradient, nothing is recorded and nothing is kept.
package final class Tape {
  private struct Record {
    let name: String
    let slot: GradientSlot
    let parameters: [Parameter]
    /// Whether ``backward`` itself announces the gradients of ``parameters``.
    var announcesItself = false
    let backward: (Tensor) -> Void
  }

  private var records: [Record] = []
  /// Uses of each trainable parameter that are still to be differentiated. Counted here and not by the parameter: a
  /// tape that is dropped before its backward pass then leaves no trace.
  private var pendingUses: [ObjectIdentifier: Int] = [:]
  /// What ``backward(from:gradient:gradientIsFinal:)`` was given.
  private var gradientIsFinal: (Parameter) -> Void = { _ in }
  /// False for the forward pass of a segment that is computed again: it notes which parameters are used, and no more.
  private let isRecording: Bool
  /// The trainable parameters that were used while nothing was recorded.
  private var used: [Parameter] = []
  /// False during evaluation. Operations then save nothing, and dropout does nothing.
  package let isTraining: Bool
  /// What the factors of the products of linear layers and attention are rounded to.
  package let precision: Precision
  /// Dropout draws from here; each use takes the next stream, so a step's masks depend on (seed, step, use) only.
  private let random: RandomGenerator
  private var dropoutUses: UInt64 = 0

  package init(
    isTraining: Bool, random: RandomGenerator = RandomGenerator(seed: 0), precision: Precision = .float32
  ) {
    (self.isTraining, isRecording) = (isTraining, isTraining)
    self.precision = precision
    self.random = random
  }

  /// A tape for a part of what `parent` computes, whose dropout goes on from the given use.
  private init(within parent: Tape, isRecording: Bool, dropoutUses: UInt64) {
    (isTraining, precision, random) = (parent.isTraining, parent.precision, parent.random)
    (self.isRecording, self.dropoutUses) = (isRecording, dropoutUses)
  }

  /// A value that no gradient flows into.
  package func constant(_ value: Tensor) -> Variable { Variable(value: value, slot: nil) }

  /// A value whose gradient is wanted, for tests.
  package func input(_ value: Tensor) -> Variable { Variable(value: value, slot: isTraining ? GradientSlot() : nil) }

  /// The random generator for the next use of dropout in this pass. Each call returns another stream.
  package func nextDropoutGenerator() -> RandomGenerator {
    dropoutUses += 1
    return random.stream("dropout", dropoutUses)
  }

  /// Puts an operation's result on the tape.
  ///
  /// - Parameters:
  ///   - value: the forward result.
  ///   - inputs: the variables it was computed from.
  ///   - parameters: the parameters it used. The gradient of a trainable one is announced when its last use is
  ///     differentiated.
  ///   - backward: adds to the gradients of inputs and of trainable parameters, given the gradient of `value`, which it
  ///     may overwrite. What it captures stays in memory until it has run.
  ///   - name: the operation's function, by which a profile names it.
  package func record(
    _ value: Tensor, inputs: [Variable], parameters: [Parameter] = [], name: String = #function,
    backward: @escaping (Tensor) -> Void
  ) -> Variable {
    Profiler.operationEnds(name, detail: parameters.first?.name)
    let trained = parameters.filter(\.isTrainable)
    guard isTraining, !trained.isEmpty || inputs.contains(where: \.needsGradient) else { return constant(value) }
    let slot = GradientSlot()
    guard isRecording else {
      for parameter in trained where !used.contains(where: { $0 === parameter }) { used.append(parameter) }
      return Variable(value: value, slot: slot)
    }
    for parameter in trained { pendingUses[ObjectIdentifier(parameter), default: 0] += 1 }
    records.append(Record(name: name, slot: slot, parameters: trained, backward: backward))
    return Variable(value: value, slot: slot)
  }

  /// Computes `body` and keeps only its input, from which the backward pass computes it again (Chen et al., 2016).
  ///
  /// The result is the same to the bit, because the second time dropout draws what it drew the first time.
  ///
  /// - Parameter body: computes on the tape that it is given, of `x` and constants only.
  package func recomputing(_ x: Variable, _ body: @escaping (Variable, Tape) -> Variable) -> Variable {
    guard isTraining, isRecording else { return body(x, self) }
    let firstUse = dropoutUses
    let trial = Tape(within: self, isRecording: false, dropoutUses: firstUse)
    let output = body(x, trial)
    dropoutUses = trial.dropoutUses
    guard output.needsGradient else { return constant(output.value) }
    let (slot, parameters, input) = (GradientSlot(), trial.used, x.value)
    for parameter in parameters { pendingUses[ObjectIdentifier(parameter), default: 0] += 1 }
    records.append(
      Record(name: "recomputing", slot: slot, parameters: parameters, announcesItself: true) {
        [unowned self, sink = x.slot] gradient in
        let tape = Tape(within: self, isRecording: true, dropoutUses: firstUse)
        // Gradients go straight to the input's own sum, in the order in which they would without this.
        let output = body(Variable(value: input, slot: sink), tape)
        tape.backward(from: output, gradient: gradient) { self.useIsDone($0) }
      })
    return Variable(value: output.value, slot: slot)
  }

  /// Differentiates `loss`, a scalar, times `scale`, and empties the tape.
  ///
  /// - Parameter gradientIsFinal: called once for each trainable parameter, as soon as its gradient of this pass is
  ///   complete.
  package func backward(
    _ loss: Variable, scale: Float = 1, gradientIsFinal: @escaping (Parameter) -> Void = { _ in }
  ) {
    precondition(loss.value.count == 1)
    backward(from: loss, gradient: Tensor([scale], shape: loss.value.shape), gradientIsFinal: gradientIsFinal)
  }

  /// Differentiates `⟨output, gradient⟩` and empties the tape.
  package func backward(
    from output: Variable, gradient: Tensor, gradientIsFinal: @escaping (Parameter) -> Void = { _ in }
  ) {
    self.gradientIsFinal = gradientIsFinal
    defer { self.gradientIsFinal = { _ in } }
    output.slot?.add(gradient)
    while let record = records.popLast() {
      let gradient = record.slot.gradient
      record.slot.gradient = nil
      if let gradient {
        Profiler.operation(record.name, detail: record.parameters.first?.name) { record.backward(gradient) }
      }
      if gradient == nil || !record.announcesItself { record.parameters.forEach(useIsDone) }
    }
  }

  private func useIsDone(_ parameter: Parameter) {
    pendingUses[ObjectIdentifier(parameter), default: 0] -= 1
    if pendingUses[ObjectIdentifier(parameter)] == 0 { gradientIsFinal(parameter) }
  }

  /// Gradient of a variable made with ``input(_:)``, after `backward`.
  package func gradient(of variable: Variable) -> Tensor? { variable.slot?.gradient }
}
