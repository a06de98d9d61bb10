import CKernels

/// The optimizer kernels of this CPU.
enum OptimizerKernels {
  static var best: ft_optimizer_kernels { ft_optimizer_kernels_best().pointee }
}
