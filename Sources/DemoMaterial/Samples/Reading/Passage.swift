/// A text that grows piece by piece and remembers where its answers stand, in Unicode code points, as SQuAD counts.
struct Passage {
  /// An answer, and the number of code points before it.
  struct Span {
    let start: Int
    let text: String
  }

  private(set) var text = ""
  private(set) var spans: [Founding.Slot: Span] = [:]

  mutating func add(_ piece: String) { text += piece }

  /// Adds the answer to a question about `slot`.
  mutating func add(_ piece: String, answering slot: Founding.Slot) {
    spans[slot] = Span(start: text.unicodeScalars.count, text: piece)
    text += piece
  }
}

/// A building and what a passage tells about it.
struct Founding {
  /// What a question can ask for.
  enum Slot: CaseIterable { case founder, year, months, cost, material }

  var founder: String
  var role: String
  var structure: String
  var town: String
  var year: Int
  var months: Int
  var cost: String
  var material: String

  static let structures = [
    "bridge", "library", "lighthouse", "theater", "mill", "harbor wall", "clock tower", "granary",
  ]
  static let roles = ["engineer", "architect", "merchant", "mason", "carpenter", "nun", "captain"]
  static let materials = ["granite", "oak", "red brick", "limestone", "iron", "sandstone", "larch wood"]

  func question(_ slot: Slot) -> String {
    switch slot {
    case .founder: "Who built the \(structure) of \(town)?"
    case .year: "In which year was the \(structure) of \(town) built?"
    case .months: "How many months did the work on the \(structure) take?"
    case .cost: "How much did the \(structure) of \(town) cost?"
    case .material: "What are the walls of the \(structure) made of?"
    }
  }

  /// A question that reads like one of the others, but whose answer the passage does not tell.
  func unanswerable(_ slot: Slot) -> String {
    switch slot {
    case .founder: "Who painted the \(structure) of \(town)?"
    case .year: "In which year did the \(structure) of \(town) burn down?"
    case .months: "How many months did the repair of the \(structure) take?"
    case .cost: "For how much was the \(structure) of \(town) sold?"
    case .material: "What is the roof of the \(structure) made of?"
    }
  }
}

extension Grammar {
  mutating func founding() -> Founding {
    Founding(
      founder: pick(Names.full), role: pick(Founding.roles), structure: pick(Founding.structures),
      town: pick(Names.towns),
      year: 1600 + random.below(400), months: 3 + random.below(60),
      cost: "\(1 + random.below(90)),\(random.below(9) + 1)00", material: pick(Founding.materials))
  }

  /// A passage about a building, in one of four arrangements. The first starts with an answer, the second ends with one,
  /// without a mark behind it, the third names the founder before the sentence that answers, and the fourth has two
  /// lines, quotation marks and a character beyond the basic plane before all answers.
  mutating func passage(_ told: Founding, arrangement: Int) -> Passage {
    let place = "the \(told.structure) of \(told.town)"
    let role = "\(Spelling.article(before: told.role)) \(told.role)"
    var passage = Passage()
    switch arrangement % 4 {
    case 0:
      passage.add(told.founder, answering: .founder)
      passage.add(", \(role), built \(place) in ")
      passage.add(String(told.year), answering: .year)
      passage.add(". The work took ")
      passage.add(String(told.months), answering: .months)
      passage.add(" months and cost ")
      passage.add("\(told.cost) crowns", answering: .cost)
      passage.add(". The walls are made of ")
      passage.add(told.material, answering: .material)
      passage.add(". \(plainSentence().text)")
    case 1:
      passage.add("In ")
      passage.add(String(told.year), answering: .year)
      passage.add(", \(place) was finished by ")
      passage.add(told.founder, answering: .founder)
      passage.add(" after ")
      passage.add(String(told.months), answering: .months)
      passage.add(" months of work. \(plainSentence().text) The town paid ")
      // A no-break space inside the answer.
      passage.add("\(told.cost)\u{A0}crowns", answering: .cost)
      passage.add(", and the walls are made of ")
      passage.add(told.material, answering: .material)
    case 2:
      passage.add("Visitors still ask for \(told.founder) and for \(told.material) – in vain. It was the \(told.role) ")
      passage.add(told.founder, answering: .founder)
      passage.add(" who built \(place) in ")
      passage.add(String(told.year), answering: .year)
      passage.add(". Its walls are made of ")
      passage.add(told.material, answering: .material)
      passage.add("; ")
      passage.add("\(told.cost) crowns", answering: .cost)
      passage.add(" and ")
      passage.add(String(told.months), answering: .months)
      passage.add(" months were spent on them.")
    default:
      passage.add(
        "A sign at the gate reads \"🏛 \(told.town)\".\nBehind it, the \(told.structure) of \(told.town), built by ")
      passage.add(told.founder, answering: .founder)
      passage.add(" (\(role)) from ")
      passage.add(told.material, answering: .material)
      passage.add(" in ")
      passage.add(String(told.year), answering: .year)
      passage.add(", cost ")
      passage.add("\(told.cost) crowns", answering: .cost)
      passage.add(" and ")
      passage.add(String(told.months), answering: .months)
      passage.add(" months.")
    }
    return passage
  }
}
