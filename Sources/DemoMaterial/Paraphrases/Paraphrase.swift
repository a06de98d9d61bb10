/// An event, from which sentences are generated.
struct Event {
  var agent: NounPhrase
  var verb: Verb
  var object: NounPhrase
  var receiver: NounPhrase?
  var place: [String]

  /// Everything about the event that a sentence can show; two events with equal lists read alike.
  var telling: [[String]] { [agent.words, [verb.base], object.words, receiver?.words ?? [], place] }
}

extension Grammar {
  /// Two sentences about the same event, or about two events that differ in one respect. Both cases draw from the same
  /// sentence patterns, so that a pattern does not give the label away.
  mutating func paraphrase(equivalent: Bool) -> (Sentence, Sentence) {
    let event = self.event()
    let other = equivalent ? event : nearMiss(of: event)
    return (told(event), told(other))
  }

  mutating func event() -> Event {
    let place = whereabouts()
    if chance(35) {
      return Event(
        agent: someone(), verb: pick(Verbs.giving), object: something(), receiver: someone(), place: place)
    }
    return chance(50)
      ? Event(agent: someone(), verb: pick(Verbs.meeting), object: someone(), receiver: nil, place: place)
      : Event(agent: someone(), verb: pick(Verbs.handling), object: something(), receiver: nil, place: place)
  }

  /// The event with another agent, verb, object or place, or with two roles exchanged.
  private mutating func nearMiss(of event: Event) -> Event {
    while true {
      let changed = changed(event)
      if changed.telling != event.telling { return changed }
    }
  }

  private mutating func changed(_ event: Event) -> Event {
    var changed = event
    let canSwap = event.receiver != nil || Verbs.meeting.contains { $0.base == event.verb.base }
    switch random.below(canSwap ? 5 : 4) {
    case 0: changed.agent = someone()
    case 1: changed.verb = pick(event.receiver != nil ? Verbs.giving : canSwap ? Verbs.meeting : Verbs.handling)
    case 2: changed.object = canSwap && event.receiver == nil ? someone() : something()
    case 3: changed.place = whereabouts()
    default:
      if let receiver = event.receiver {
        changed.agent = receiver
        changed.receiver = event.agent
      } else {
        changed.agent = event.object
        changed.object = event.agent
      }
    }
    return changed
  }

  /// A sentence about an event. It is active, passive or a cleft ("it was the boy who …"), has either dative order, and
  /// has the place first or last.
  mutating func told(_ event: Event) -> Sentence {
    let be = event.object.number == .singular ? "was" : "were"
    let active = chance(55)
    let toReceiver = event.receiver.map { ["to"] + $0.words } ?? []
    let core: [String]
    if !active {
      core = event.object.words + [be, event.verb.participle] + toReceiver + ["by"] + event.agent.words
    } else if let receiver = event.receiver, chance(50) {
      core = event.agent.words + [event.verb.past] + receiver.words + event.object.words
    } else if chance(25) {
      core = ["it", "was"] + event.agent.words + ["who", event.verb.past] + event.object.words + toReceiver
    } else {
      core = event.agent.words + [event.verb.past] + event.object.words + toReceiver
    }
    return Sentence(!event.place.isEmpty && chance(40) ? event.place + [","] + core : core + event.place)
  }
}
