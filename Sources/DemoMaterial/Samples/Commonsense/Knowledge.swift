/// What the questions of common sense are about. Every entry is ours, and each question has one right answer by
/// construction.
enum Knowledge {
  /// What one does, and what with.
  static let tools: [(action: String, tool: String)] = [
    ("cut a loaf of bread", "a bread knife"), ("drive a nail into a board", "a hammer"),
    ("carry water to the garden", "a bucket"), ("see the moon more clearly", "a telescope"),
    ("learn what time it is", "a clock"), ("stay dry in the rain", "an umbrella"), ("climb onto the roof", "a ladder"),
    ("eat hot soup", "a spoon"), ("light a dark cellar", "a lantern"), ("sweep the kitchen floor", "a broom"),
    ("write a long letter", "a pen"), ("open a locked door", "a key"), ("tie a boat to the pier", "a rope"),
    ("find the width of a table", "a tape measure"), ("sew a button onto a coat", "a needle and some thread"),
    ("dry wet hair", "a towel"), ("dig a hole for a tree", "a spade"), ("catch a small fish", "a net"),
    ("keep milk cold for a week", "a refrigerator"), ("find north in a forest", "a compass"),
    ("look at a tiny beetle", "a magnifying glass"), ("clean muddy boots", "a stiff brush"),
    ("saw a plank in two", "a handsaw"), ("glue a broken cup", "a tube of glue"), ("boil two eggs", "a pot of water"),
    ("bake crème brûlée", "a hot oven"), ("paint a long fence", "a wide paintbrush"),
    ("call a distant friend", "a phone"),
  ]

  static var allTools: [String] { tools.map(\.tool) }

  /// What one looks for, and where it is.
  static let places: [(thing: String, place: String)] = [
    ("boat", "harbor"), ("novel", "library"), ("cow", "barn"), ("tent", "campsite"), ("airplane", "airport"),
    ("surgeon", "hospital"), ("judge", "courtroom"), ("loaf of bread", "bakery"), ("toothbrush", "bathroom"),
    ("old statue", "museum"), ("camel", "desert"), ("whale", "ocean"), ("stage", "theater"), ("coin", "wallet"),
    ("blackboard", "classroom"), ("locomotive", "railway station"), ("fir tree", "forest"), ("lion", "zoo"),
    ("pillow", "bedroom"), ("stamp", "post office"), ("crème brûlée", "restaurant"), ("plow", "farm"),
    ("sand castle", "beach"), ("miner", "coal mine"), ("monk", "monastery"), ("bride", "wedding"),
  ]

  /// Groups of things. No thing is in two of them.
  static let groups: [(name: String, plural: String, members: [String])] = [
    ("metal", "metals", ["iron", "copper", "silver", "zinc", "tin"]),
    ("gas at 20 °C", "gases at 20 °C", ["oxygen", "nitrogen", "helium", "hydrogen", "neon"]),
    ("planet", "planets", ["Mars", "Venus", "Saturn", "Jupiter", "Neptune"]),
    ("mammal", "mammals", ["horse", "bat", "dolphin", "mouse", "goat"]),
    ("insect", "insects", ["ant", "bee", "moth", "beetle", "wasp"]),
    ("bird", "birds", ["owl", "robin", "eagle", "sparrow", "penguin"]),
    ("plant", "plants", ["fern", "oak", "rose", "cactus", "clover"]),
    ("organ of the body", "organs of the body", ["heart", "liver", "lung", "stomach", "kidney"]),
    ("liquid at 20 °C", "liquids at 20 °C", ["water", "milk", "olive oil", "vinegar", "lemon juice"]),
    ("measuring instrument", "measuring instruments", ["thermometer", "ruler", "balance", "stopwatch", "barometer"]),
  ]

  /// What happens step by step. Every step fits every subject.
  static let activities: [(label: String, steps: [String])] = [
    (
      "Repairing a bicycle",
      ["turns the bicycle over", "takes off the wheel", "puts a new tube into the tire", "pumps air into the tire"]
    ),
    (
      "Baking bread",
      ["mixes flour and water", "kneads the dough", "puts the loaf into the oven", "takes out the warm loaf"]
    ),
    (
      "Washing a dog",
      [
        "leads the dog into the tub", "rubs soap into its fur", "rinses the fur with water",
        "dries the dog with a towel",
      ]
    ),
    (
      "Planting a tree",
      ["digs a deep hole", "sets the young tree into the hole", "fills the hole with soil", "waters the tree"]
    ),
    (
      "Playing the violin",
      ["opens the violin case", "tunes the four strings", "lifts the bow", "plays a slow melody on the violin"]
    ),
    (
      "Painting a fence",
      [
        "scrapes off the old paint", "opens a can of paint", "dips the brush into the paint",
        "paints the boards one by one",
      ]
    ),
    (
      "Sailing",
      ["climbs into the boat", "unties the rope", "raises the sail", "steers the boat out of the harbor"]
    ),
    (
      "Ironing a shirt",
      [
        "heats the iron", "spreads the shirt on the board", "slides the iron over the sleeves",
        "hangs the shirt on a hook",
      ]
    ),
    (
      "Making tea",
      ["boils some water", "puts tea leaves into the pot", "pours the water over the leaves", "drinks a cup of tea"]
    ),
    (
      "Climbing a wall",
      ["puts on a helmet", "ties the rope to the harness", "grips the first hold", "pulls up to the top of the wall"]
    ),
    (
      "Folding a kite",
      [
        "lays two sticks crosswise", "ties the sticks together", "glues paper onto the sticks",
        "flies the kite on a hill",
      ]
    ),
    (
      "Mailing a letter",
      ["writes a page", "folds the page into an envelope", "sticks a stamp on it", "drops it into the mailbox"]
    ),
  ]

  /// What one person does to another: what the other feels, what came before, what the other wants next, and what it
  /// says about the first. `*` stands for the other's name. Nobody is described by a word for another deed of the same
  /// kind, welcome or not: who lends an umbrella is helpful too.
  static let encounters:
    [(event: String, feeling: String, before: String, next: String, trait: String, welcome: Bool)] =
      [
        (
          "lent * an umbrella", "grateful for staying dry", "bring an umbrella along", "return the umbrella",
          "generous", true
        ),
        (
          "broke *'s favorite cup", "sad about the cup", "take the cup from the shelf", "buy another cup", "clumsy",
          false
        ),
        ("told * a long joke", "amused", "remember the joke", "laugh out loud", "humorous", true),
        (
          "shouted at * in front of the guests", "humiliated", "lose patience", "leave the guests behind", "rude", false
        ),
        ("taught * how to swim", "proud of the first strokes", "go to the pool", "swim another lap", "patient", true),
        ("forgot *'s birthday", "forgotten", "overlook the date", "spend the evening alone", "absent-minded", false),
        (
          "carried * out of the burning house", "safe at last", "run into the smoke", "thank the rescuer", "brave", true
        ),
        ("baked * a cake", "hungry for a slice", "heat the oven", "fetch a plate", "good at baking", true),
        ("beat * at chess", "defeated", "set up the pieces", "ask for another game", "clever", false),
        ("hid *'s keys", "locked out", "steal the keys", "search every pocket", "mischievous", false),
        ("sang * to sleep", "drowsy", "learn a lullaby", "dream of the sea", "gentle", true),
        ("showed * the way to the station", "no longer lost", "know the streets", "catch the train", "helpful", true),
      ]
}

extension Grammar {
  /// The right choice among wrong ones, in random order.
  mutating func choices(_ right: String, _ wrong: [String]) -> (texts: [String], right: Int) {
    var texts = wrong
    let place = random.below(wrong.count + 1)
    texts.insert(right, at: place)
    return (texts, place)
  }
}
