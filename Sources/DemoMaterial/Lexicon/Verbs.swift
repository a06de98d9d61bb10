/// The verbs, grouped by the arguments that they take.
package enum Verbs {
  /// Verbs that never take an object.
  static let intransitive = Verb.list(
    """
    sleep/slept/slept arrive smile laugh cough sneeze yawn fall/fell/fallen disappear vanish shiver sigh snore faint
    stumble tremble blink hesitate complain weep/wept/wept giggle blush limp wander kneel/knelt/knelt
    rise/rose/risen lie/lay/lain/lying die/died/died/dying swim+m/swam/swum frown shudder
    """)

  /// Verbs that always take an object, a thing.
  static let handling = Verb.list(
    """
    repair carry lock destroy damage polish wrap+p examine discover remove replace lift use touch purchase
    wear/wore/worn inspect decorate fasten ruin abandon drag+g acquire obtain mend grab+b display handle demolish
    restore unlock hold/held/held
    """)

  /// Verbs that take a thing, but also two objects ("was brought the cup") or none ("he lost"). They are used only
  /// where these other readings cannot make a wrong sentence acceptable.
  static let getting = Verb.list(
    """
    buy/bought/bought find/found/found lose/lost/lost bring/brought/brought take/took/taken make/made/made fetch
    build/built/built borrow throw/threw/thrown choose/chose/chosen keep/kept/kept hide/hid/hidden
    """)

  /// Verbs that always take an object, a person.
  static let meeting = Verb.list(
    """
    greet thank praise blame arrest invite avoid comfort rescue recognize punish trust admire respect ignore protect
    insult scold accompany disappoint convince despise support betray impress encourage
    """)

  /// Verbs that take both dative orders: "hand the boy the cup", "hand the cup to the boy".
  static let giving = Verb.list(
    "give/gave/given hand show/showed/shown send/sent/sent lend/lent/lent offer sell/sold/sold pass")

  /// Verbs whose receiver needs "to": "explain the plan to the boy".
  static let explaining = Verb.list("explain describe report suggest mention reveal announce demonstrate")

  /// Verbs that take a clause: "said that the boy slept".
  static let saying = Verb.list(
    "say/said/said think/thought/thought believe claim know/knew/known hope notice discover")

  /// Verbs that take "to" and a base form: "wanted to sleep".
  static let wanting = Verb.list("want hope decide refuse promise plan+n agree fail expect")

  /// Verbs that take a progressive form: "enjoyed sleeping".
  static let enjoying = Verb.list("enjoy avoid finish deny admit resist dislike imagine")

  /// Verbs with the preposition that they need and one that they never take. Over the list each preposition is needed
  /// as often as refused, so that none gives the label away.
  static let withPreposition: [(verb: Verb, preposition: String, refused: String)] =
    choosing("rely depend insist", "on", not: "of") + choosing("approve disapprove dream", "of", not: "to")
    + choosing("listen object react", "to", not: "from") + choosing("suffer benefit recover", "from", not: "at")
    + choosing("stare laugh glance", "at", not: "in") + choosing("participate confide engage", "in", not: "on")

  private static func choosing(_ verbs: String, _ chosen: String, not refused: String) -> [(Verb, String, String)] {
    Verb.list(verbs).map { ($0, chosen, refused) }
  }

  static let modals = ["can", "will", "must", "should", "could", "would", "may", "might"]
}
