/// ``SGD`` with momentum, as torch.optim.SGD with `momentum=0.9`.
final class SGDM: SGD {
  override class var specification: OptimizerSpecification {
    OptimizerSpecification(
      name: "sgdm", summary: "gradient descent with momentum", source: "torch.optim.SGD",
      options: options(momentum: "0.9"), learningRate: 3e-2)
  }
}
