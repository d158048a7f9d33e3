"""How many households of each make-up a county has: a few whole numbers from the census margins."""

from __future__ import annotations

from dataclasses import dataclass

from lianfang.kernels.population.margins import FIRST_ELDER_BAND, CensusMargins

# Shares no county table gives. INVENTED to look plausible; they shape a drill and are no finding about any place.
LONE_ELDERS_OF_LONE = 0.24
PAIRS_OF_TWO_ELDERS = 0.50
MIXED_COUPLES_OF_ONE_ELDER = 0.08
SKIPPED_GENERATION = 0.10
ELDERS_IN_THREE_GENERATIONS = 0.62
CHILDREN_A_FAMILY = 1.45
USUAL_GENERATIONS = (0.495, 0.367, 0.133, 0.005)
USUAL_ELDERS = (0.50, 0.235, 0.003)


@dataclass(frozen=True)
class Plan:
    """Counts of family households by make-up; they sum to the households of the census.

    lone_elders, lone_adults: one person. elder_pairs, mixed_pairs (one of 65+), pairs: two of one generation.
    elder_child: elders and a grown child. skipped: elders and children, the parents away. grown: parents and a grown
    child. families: parents and children, of which three_elder have elders with them, three_young grandparents below
    65 and four both. collective: persons, of them collective_elders. two_elders, three_elders: households beyond the
    pairs that hold two, and three or more.
    """

    lone_elders: int
    lone_adults: int
    elder_pairs: int
    mixed_pairs: int
    pairs: int
    elder_child: int
    skipped: int
    grown: int
    families: int
    three_elder: int
    three_young: int
    four: int
    collective: int
    collective_elders: int
    two_elders: int
    three_elders: int

    @property
    def households(self) -> int:
        return (
            self.lone_elders
            + self.lone_adults
            + self.elder_pairs
            + self.mixed_pairs
            + self.pairs
            + self.elder_child
            + self.skipped
            + self.grown
            + self.families
        )


def elder_classes(margins: CensusMargins, elders: int) -> tuple[int, int, int]:
    """Households with one, two, three elders that the elders can fill, as near the census as they allow."""
    if margins.elder_households is None:
        one, two, three = (int(share * elders) for share in USUAL_ELDERS)
    else:
        one, two, three = margins.elder_households
    lack = max(0, one + 2 * two + 3 * three - elders)
    cut = min(three, lack)
    three, two, lack = three - cut, two + cut, lack - cut
    cut = min(two, lack)
    two, one, lack = two - cut, one + cut, lack - cut
    return one - lack, two, three


def plan_of(margins: CensusMargins) -> Plan:
    """The make-up of the family households.

    Takes:   margins as `checked` or `scaled` give them.
    Gives:   counts that sum to margins.households and hold the elders as the census counts them.
    Raises:  ValueError when more households hold elders than there are.
    Edge:    where generations and elders contradict each other, the counts of elders and of one-person households
             win and the generations give way.
    Source:  own; the shares above are invented
    """
    homes, alone = margins.households or 0, margins.one_person_households or 0
    elders = int(margins.ages[:, FIRST_ELDER_BAND:].sum())
    one, two, three = elder_classes(margins, elders)
    collective = margins.population - (margins.household_population or 0)
    in_homes = min(collective, max(0, elders - one - 2 * two - 3 * three))
    gen = margins.generations or tuple(int(share * homes) for share in USUAL_GENERATIONS)
    lone_elders = max(min(one, round(LONE_ELDERS_OF_LONE * alone)), alone + one + two + three - homes)
    if lone_elders > min(one, alone):
        raise ValueError("more households with elders than households")
    flat = max(0, gen[0] - alone)
    elder_pairs = min(round(PAIRS_OF_TWO_ELDERS * two), flat)
    mixed = min(round(MIXED_COUPLES_OF_ONE_ELDER * one), one - lone_elders, flat - elder_pairs)
    rest_one, rest_two = one - lone_elders - mixed, two - elder_pairs
    four, skipped, three_elder, elder_child = _with_elders(rest_one, rest_one + rest_two + three, gen)
    room = homes - alone - elder_pairs - mixed - rest_one - rest_two - three
    three_young = min(max(0, gen[2] - three_elder), room)
    pairs = min(flat - elder_pairs - mixed, room - three_young)
    simple = room - three_young - pairs
    wanted = round(int(margins.ages[:, :4].sum()) / CHILDREN_A_FAMILY)
    nuclear = min(max(wanted - skipped - three_elder - three_young - four, 0), simple)
    families = three_elder + three_young + four + nuclear
    few = (lone_elders, alone - lone_elders, elder_pairs, mixed, pairs, elder_child, skipped, simple - nuclear)
    return Plan(*few, families, three_elder, three_young, four, collective, in_homes, rest_two, three)


def _with_elders(rest_one: int, rest: int, generations: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Of the households that hold elders and others: four, skipped, three_elder, elder_child."""
    four = min(generations[3], rest_one)
    skipped = min(round(SKIPPED_GENERATION * rest), rest - four)
    three_elder = min(round(ELDERS_IN_THREE_GENERATIONS * generations[2]), rest - four - skipped)
    return four, skipped, three_elder, rest - four - skipped - three_elder
