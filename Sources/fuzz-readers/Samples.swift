import Foundation

/// Good compressed files, made by Python's gzip and zipfile, weights as torch writes them, and good descriptions of tasks.
enum Samples {
  static let gzip = bytes(
    "H4sIAAAAAAACA0vkNOTkzM/mSuI04NTizCxWyMsv4UokWhAA75tx8j8AAAA=")
  static let deflatedZip = bytes(
    "UEsDBBQAAAAIAAAAIQAAAAAAAgAAAAAAAAAFAAAAQ29MQS8DAFBLAwQUAAAACAAAACEA75tx8hoAAAA/AAAADgAA"
      + "AENvTEEvdHJhaW4udHN2S+Q05OTMz+ZK4jTg1OLMLFbIyy/hSiRaEABQSwMEFAAAAAgAAAAhALXNJhQWAAAAFAAA"
      + "AAwAAABDb0xBL2Rldi50c3ZL5DTk5MzP5kriNODU4swsVsjLLwEAUEsBAhQDFAAAAAgAAAAhAAAAAAACAAAAAAAA"
      + "AAUAAAAAAAAAAAAAAIABAAAAAENvTEEvUEsBAhQDFAAAAAgAAAAhAO+bcfIaAAAAPwAAAA4AAAAAAAAAAAAAAIAB"
      + "JQAAAENvTEEvdHJhaW4udHN2UEsBAhQDFAAAAAgAAAAhALXNJhQWAAAAFAAAAAwAAAAAAAAAAAAAAIABawAAAENv"
      + "TEEvZGV2LnRzdlBLBQYAAAAAAwADAKkAAACrAAAAAAA=")
  static let storedZip = bytes(
    "UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAFAAAAQ29MQS9QSwMEFAAAAAAAAAAhAO+bcfI/AAAAPwAAAA4AAABD"
      + "b0xBL3RyYWluLnRzdmEJMQkJb2sKYgkwCSoJaXMgbm90CmEJMQkJb2sKYgkwCSoJaXMgbm90CmEJMQkJb2sKYgkw"
      + "CSoJaXMgbm90ClBLAwQUAAAAAAAAACEAtc0mFBQAAAAUAAAADAAAAENvTEEvZGV2LnRzdmEJMQkJb2sKYgkwCSoJ"
      + "aXMgbm90UEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAUAAAAAAAAAAAAAAIABAAAAAENvTEEvUEsBAhQDFAAA"
      + "AAAAAAAhAO+bcfI/AAAAPwAAAA4AAAAAAAAAAAAAAIABIwAAAENvTEEvdHJhaW4udHN2UEsBAhQDFAAAAAAAAAAh"
      + "ALXNJhQUAAAAFAAAAAwAAAAAAAAAAAAAAIABjgAAAENvTEEvZGV2LnRzdlBLBQYAAAAAAwADAKkAAADMAAAAAAA=")

  /// A state dict of one tensor, and the pickle of one of four Parameters, as torch.save writes them.
  static let torch = bytes(
    "UEsDBBQAAAAAAIeqe10k5HHfoAAAAKAAAAAQAAAAYXJjaGl2ZS9kYXRhLnBrbIACfShYAgAAAHcwY3RvcmNoLl91dGls"
      + "cwpfcmVidWlsZF90ZW5zb3JfdjIKKChYBwAAAHN0b3JhZ2VjdG9yY2gKRmxvYXRTdG9yYWdlClgBAAAAMFgDAAAAY3B1"
      + "SgYAAAB0UUoAAAAAKEoCAAAASgMAAAB0KEoDAAAASgEAAAB0iWNjb2xsZWN0aW9ucwpPcmRlcmVkRGljdAopUnRSdS5Q"
      + "SwMEFAAAAAAAh6p7XYU94xkGAAAABgAAABEAAABhcmNoaXZlL2J5dGVvcmRlcmxpdHRsZVBLAwQUAAAAAACHqntdF5Dn"
      + "kRgAAAAYAAAADgAAAGFyY2hpdmUvZGF0YS8wAAAAAAAAgD8AAABAAABAQAAAgEAAAKBAUEsDBBQAAAAAAIeqe13RnmdV"
      + "AgAAAAIAAAAPAAAAYXJjaGl2ZS92ZXJzaW9uMwpQSwECFAMUAAAAAACHqntdJORx36AAAACgAAAAEAAAAAAAAAAAAAAA"
      + "gAEAAAAAYXJjaGl2ZS9kYXRhLnBrbFBLAQIUAxQAAAAAAIeqe12FPeMZBgAAAAYAAAARAAAAAAAAAAAAAACAAc4AAABh"
      + "cmNoaXZlL2J5dGVvcmRlclBLAQIUAxQAAAAAAIeqe10XkOeRGAAAABgAAAAOAAAAAAAAAAAAAACAAQMBAABhcmNoaXZl"
      + "L2RhdGEvMFBLAQIUAxQAAAAAAIeqe13RnmdVAgAAAAIAAAAPAAAAAAAAAAAAAACAAUcBAABhcmNoaXZlL3ZlcnNpb25Q"
      + "SwUGAAAAAAQABAD2AAAAdgEAAAAA")
  static let pickle = bytes(
    "gAJ9cQAoWAgAAAAwLndlaWdodHEBY3RvcmNoLl91dGlscwpfcmVidWlsZF9wYXJhbWV0ZXIKcQJjdG9yY2guX3V0aWxz"
      + "Cl9yZWJ1aWxkX3RlbnNvcl92MgpxAygoWAcAAABzdG9yYWdlcQRjdG9yY2gKRmxvYXRTdG9yYWdlCnEFWAEAAAAwcQZY"
      + "AwAAAGNwdXEHSwx0cQhRSwBLBEsDhnEJSwNLAYZxColjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQspUnEMdHENUnEO"
      + "iGgLKVJxD4dxEFJxEVgGAAAAMC5iaWFzcRJoAmgDKChoBGgFWAEAAAAxcRNoB0sEdHEUUUsASwSFcRVLAYVxFoloCylS"
      + "cRd0cRhScRmIaAspUnEah3EbUnEcWAgAAAAxLndlaWdodHEdaAJoAygoaARoBVgBAAAAMnEeaAdLBHRxH1FLAEsEhXEg"
      + "SwGFcSGJaAspUnEidHEjUnEkiGgLKVJxJYdxJlJxJ1gGAAAAMS5iaWFzcShoAmgDKChoBGgFWAEAAAAzcSloB0sEdHEq"
      + "UUsASwSFcStLAYVxLIloCylScS10cS5ScS+IaAspUnEwh3ExUnEydS4=")

  static let tasks: [[UInt8]] = [
    """
    name: cola
    title: The Corpus of Linguistic Acceptability
    kind: classification
    format: tsv
    splits:
      train: {file: train.tsv, columns: [source, label, mark, sentence]}
      dev: {file: dev.tsv, header: true}
    text: sentence
    label: label
    labels:
      - {name: unacceptable, value: "0"}
      - {name: acceptable, value: "1"}
    metrics: [matthews_correlation, accuracy]
    primary_metric: matthews_correlation
    presets: {epochs: 3, max_length: 128, learning_rate: 2e-5}
    source: somewhere
    citation: someone
    """
  ].map { Array($0.utf8) }

  private static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map { Array($0) } ?? [] }
}
