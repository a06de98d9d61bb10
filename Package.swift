// swift-tools-version: 6.1
import PackageDescription

// Arrows point one way: a target may depend only on targets listed above it.
let package = Package(
  name: "finetune",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "finetune", targets: ["finetune"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
    .target(
      name: "CSentencePiece",
      cxxSettings: [.unsafeFlags(["-Wall", "-Wextra"])],
      linkerSettings: [.linkedLibrary("sentencepiece")]),
    .target(
      name: "CKernels",
      // -O3 also in debug builds: a kernel is never debugged line by line, and tests run in release.
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"])]),
    .target(name: "CProcess", cSettings: [.unsafeFlags(["-Wall", "-Wextra"])]),
    .target(
      name: "Support",
      dependencies: [
        "CProcess", .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Tensors", dependencies: ["COpenBLAS", "CKernels", "Support"]),
    .target(name: "Tokenization", dependencies: ["CPCRE2", "CSentencePiece", "Support"]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "Support"]),
    .target(name: "Models", dependencies: ["Tensors", "Checkpoints", "Support"]),
    .target(name: "Optimizers", dependencies: ["Tensors", "COpenBLAS", "CKernels", "Support"]),
    .target(
      name: "Tasks", dependencies: ["CArchive", "Tokenization", "Support", .product(name: "Yams", package: "Yams")]),
    .target(name: "Memory", dependencies: ["Tensors", "Checkpoints", "Models", "Optimizers", "Support"]),
    .target(name: "Results", dependencies: ["Support"]),
    .target(name: "Report", dependencies: ["Results", "Support"]),
    .target(name: "Server", dependencies: ["Support"]),
    .target(name: "Analysis", dependencies: ["Tensors", "Checkpoints", "Optimizers", "Results", "Support"]),
    .target(
      name: "Training",
      dependencies: [
        "Tensors", "Tokenization", "Checkpoints", "Models", "Optimizers", "Tasks", "Memory", "Results", "Support",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "Grid",
      dependencies: [
        "Training", "Tasks", "Optimizers", "Checkpoints", "Memory", "Results", "Support",
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "finetune",
      dependencies: [
        "Training", "Grid", "Report", "Server", "Analysis", "Results", "Support", "Optimizers", "Tasks", "Models",
        "Memory",
        "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      plugins: ["BuildStamp"]),
    // Tells the program which commit it was built from.
    .plugin(name: "BuildStamp", capability: .buildTool()),
    // The demo's own material: no part of the program, run by Tools/make-demo.sh.
    .target(name: "DemoMaterial", dependencies: ["Support"]),
    .executableTarget(
      name: "demo-material",
      dependencies: [
        "DemoMaterial", "Support", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Time optimizer steps and tokenizers alone, driven by Tools/bench_*.py: no part of the program.
    .executableTarget(
      name: "optimizer-bench",
      dependencies: [
        "Optimizers", "Tensors", "Support", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "tokenizer-speed",
      dependencies: [
        "Tokenization", "Support", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Gives the readers of data files and checkpoints broken files: no part of the program, run by `make fuzz`.
    .executableTarget(
      name: "fuzz-readers",
      dependencies: [
        "Tasks", "Models", "Checkpoints", "Tokenization", "Support",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "TestSupport", dependencies: ["Support"], path: "Tests/TestSupport"),
    .testTarget(name: "SupportTests", dependencies: ["Support", "TestSupport"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels", "Support", "TestSupport"]),
    .testTarget(name: "TokenizationTests", dependencies: ["Tokenization", "Support", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "Support", "TestSupport"]),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["Models", "Optimizers", "Checkpoints", "Tensors", "Support", "TestSupport"]),
    .testTarget(
      name: "OptimizersTests",
      dependencies: ["Optimizers", "Checkpoints", "Tensors", "CKernels", "Support", "TestSupport"]),
    .testTarget(
      name: "MemoryTests",
      dependencies: ["Memory", "Optimizers", "Models", "Checkpoints", "Tensors", "Support", "TestSupport"]),
    .testTarget(name: "TasksTests", dependencies: ["Tasks", "Support", "TestSupport"]),
    .testTarget(name: "ResultsTests", dependencies: ["Results", "Support", "TestSupport"]),
    .testTarget(name: "ReportTests", dependencies: ["Report", "Results", "Support", "TestSupport"]),
    .testTarget(name: "ServerTests", dependencies: ["Server", "Support", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Tasks", "Results", "Models", "Optimizers", "Checkpoints", "Tokenization", "Tensors", "Support",
        "TestSupport",
      ]),
    .testTarget(
      name: "AnalysisTests",
      dependencies: ["Analysis", "Optimizers", "Checkpoints", "Tensors", "Support", "TestSupport"]),
    .testTarget(name: "GridTests", dependencies: ["Grid", "Results", "Support", "TestSupport"]),
    .testTarget(name: "DemoMaterialTests", dependencies: ["DemoMaterial", "Support"]),
    // Runs the built program as a user does: messages, exit codes, output folders.
    .testTarget(
      name: "CommandTests", dependencies: ["Grid", "Training", "Tensors", "Support", "TestSupport", "finetune"]),
  ],
  swiftLanguageModes: [.v6]
)
