import CKernels

/// The optimizer kernels for this CPU.
enum OptimizerKernels {
  static var best: ft_optimizer_kernels { ft_optimizer_kernels_best().pointee }
}
