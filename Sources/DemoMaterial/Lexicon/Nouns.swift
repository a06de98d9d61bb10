/// The nouns and names, grouped by meaning.
package enum Nouns {
  static let men = Noun.list(
    """
    boy man/men king uncle brother father son actor waiter prince grandfather nephew monk husband wizard duke
    """, gender: .masculine)

  static let women = Noun.list(
    """
    girl woman/women queen aunt sister mother daughter actress waitress princess grandmother niece nun wife/wives witch
    duchess
    """, gender: .feminine)

  static let people = Noun.list(
    """
    student teacher doctor nurse lawyer farmer pilot singer writer painter driver guest neighbor child/children baker
    butcher carpenter clerk cook dancer dentist detective editor engineer gardener guard judge librarian manager mayor
    merchant miner musician officer patient plumber poet professor reporter sailor scientist secretary senator soldier
    tailor thief/thieves tourist visitor tenant witness player swimmer lady/ladies cousin friend stranger hunter nanny
    """, gender: nil)

  static let animals = Noun.list(
    """
    dog cat horse cow goat sheep/sheep mouse/mice goose/geese rabbit parrot duck donkey fox wolf/wolves bear tiger
    monkey turtle
    """, gender: .neuter)

  static let things = Noun.list(
    """
    book car lamp chair table window door letter key cabinet box bottle cup plate knife/knives spoon fork painting
    picture mirror clock watch coat shirt hat shoe dress scarf/scarves basket bucket hammer ladder rope wheel engine
    bicycle boat ship train truck wagon piano guitar violin drum flute camera radio phone computer printer machine
    pencil pen notebook newspaper magazine map ticket coin ring necklace bracelet candle blanket pillow carpet curtain
    shelf/shelves drawer desk bed sofa oven stove pot pan bowl tray jar apple orange cake pie sandwich potato tomato
    egg carrot toy ball kite doll puzzle statue vase flag tent bag suitcase umbrella wallet package envelope poster
    """, gender: .neuter)

  static let ideas = Noun.list(
    """
    plan story idea problem answer question rule method theory poem song joke secret reason mistake proposal decision
    lesson project report speech argument
    """, gender: .neuter)

  static let places = Noun.list(
    """
    garden house school hospital museum library/libraries church castle tower bridge river lake forest mountain valley
    village city/cities town street market shop office kitchen hall station harbor island field farm park barn hotel
    theater factory/factories
    """, gender: .neuter)

  /// Mass nouns, which have no plural and take "much" in place of "many".
  static let masses = words(
    """
    water milk bread rice sugar salt sand furniture luggage money music advice information homework dust smoke butter
    cheese coffee tea juice soup flour wood gold traffic equipment knowledge
    """)

  static let maleNames = words(
    """
    John Peter Paul Tom Harry Daniel Martin Oscar Felix Victor Simon George Edward Henry Louis Walter Robert Adam Hugo
    Leo
    """)

  static let femaleNames = words(
    """
    Mary Anna Susan Emma Clara Julia Laura Alice Helen Nora Rose Sarah Lucy Jane Martha Ellen Ruth Diana Irene Sylvia
    """)

  /// The words of a list that white space separates.
  static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}
