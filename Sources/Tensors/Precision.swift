import CKernels

/// What the factors of a matrix product are rounded to before they are multiplied. Products are summed in float32.
package enum Precision: String, Sendable, CaseIterable {
  case float32 = "f32"
  /// The upper half of a float32: its exponent, and 8 bits of precision.
  case bfloat16 = "bf16"

  /// Whether this CPU has the instructions. We do not emulate them, because that would be slower than float32.
  package var isSupported: Bool { self == .float32 || ft_bfloat16_product_supported() != 0 }

  /// The bytes of working memory that a thread takes at its first product and keeps, beside OpenBLAS's.
  package var workingBytes: Int { ft_product_working_bytes() }
}
