"""Invented names of people, and of villages and schools of each nation."""

from functools import cache
from random import Random

from phonenumber_field.phonenumber import PhoneNumber

from schools.core.nations import Nation


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Aisha Alan Alison Amina Andrew Angela Anwar Asha Barbara Beatrice Bethan Brian Calum Carol Catriona Ceri Chidi "
    "Christine Colin Daniel David Deepa Denise Diane Donald Dorothy Eileen Elaine Eleri Elizabeth Emeka Erin Esther "
    "Fatima Fiona Frances Gareth George Gillian Glenys Grace Graham Gwen Hamish Hannah Harpreet Heather Helen Huw Ian "
    "Imran Irene Isla Ivor Jacqueline James Janet Jean Joan John Joyce Judith Julie Karen Kathleen Keith Kenneth "
    "Kirsty Latha Lesley Linda Lorna Lucy Mair Malcolm Margaret Marion Martin Maureen Meera Megan Michael Mohammed "
    "Moira Morag Nasreen Neil Nia Nigel Nora Olwen Pamela Patricia Paul Peter Philip Priya Rachel Ravi Rhian Richard "
    "Robert Roger Rosemary Ruth Sandra Sarah Sheila Shona Sian Simon Siobhan Stella Stephen Sunita Susan Teresa "
    "Thomas Tom Una Valerie Vera Wendy Yusuf Zainab"
)
LAST = _words(
    "Abbott Adeyemi Ahmed Airey Ali Armstrong Atkinson Bainbridge Barker Begum Bell Bennett Birkett Blair Bowness "
    "Boyle Brennan Bryce Burnett Cairns Campbell Carruthers Chaudhry Clarke Coulson Cowie Craig Davies Dawson Devlin "
    "Dixon Doherty Douglas Dunlop Edmondson Elliot Evans Farrell Fawcett Fearon Fisher Fleming Forsyth Foster "
    "Gallagher Gibson Gill Gordon Graham Griffiths Hamilton Hargreaves Harker Hassan Henderson Hodgson Holliday Howe "
    "Hughes Hussain Irving Jackson James Johnstone Jones Kaur Kelly Kennedy Kerr Khan Lancaster Lewis Little Lloyd "
    "Lowther Macdonald Mackay Maguire Mason Maxwell McAllister McBride McCann McLean Middleton Milligan Mitchell "
    "Moffat Morgan Morris Mounsey Murray Nelson Nicholson Noble Nolan Obi Okafor Owen Parkin Patel Patterson Pearson "
    "Postlethwaite Powell Price Pritchard Quinn Reid Relph Rees Richardson Roberts Robson Routledge Rutherford Scott "
    "Shah Sharma Simpson Singh Steele Stewart Storey Swan Tait Thomas Thompson Tyson Walker Wallace Ward Watson "
    "Whiteside Wilkinson Williams Wilson Wren Young"
)

STARTS = {
    Nation.ENGLAND: _words(
        "Alder Amber Apple Ash Barley Beck Birch Bracken Bramble Bright Brook Copper Cross Dale Eller Fairn Fern Fox Gold "
        "Green Hart Hazel Heron High Holly Kings Lark Lin Long Maple Mill Moss North Oak Otter Plum Raven Red Rowan "
        "Saltern Silver South Stan Star Stone Swal Thorn Wester Whit Willow Wood Yar"
    ),
    Nation.SCOTLAND: _words(
        "Auchen Bal Bellan Blair Braid Cairn Carn Clach Corrie Craigen Dal Drum Dun Fearn Fin Garv Glen Inver Kil Kin "
        "Kirk Lag Loch Mony Muir Pit Strath Tom Tor Tulli"
    ),
    Nation.WALES: _words(
        "Aber Ban Bryn Caer Capel Cefn Coed Cwm Dol Gelli Glan Hen Llan Maes Nant Pant Pen Plas Pont Rhos Rhyd Tal Tre Ynys"
    ),
    Nation.NORTHERN_IRELAND: _words(
        "Agha Anna Ardna Augh Bally Bella Carn Carrick Clogh Cool Cross Derry Drom Drum Dun Ennis Gar Glen Kil Knock Lis "
        "Magher Mul Rath Sion Tamna Tully"
    ),
}
ENDS = {
    Nation.ENGLAND: _words(
        "beck bourne bridge by cliffe combe dale den field ford gill ham holme hurst ley low mere rigg side thwaite ton "
        "well wick worth"
    ),
    Nation.SCOTLAND: _words(
        "adie archie bervie bost derry dorran ellan garvie gour hallan kenny larach lochan more murdie nairn neilan orran "
        "rennie tarvie"
    ),
    Nation.WALES: _words(
        "afon alun badarn celyn dewi dulas eithin fach felin ferin frynach gaer glas gwyn hir las mawr meini oer wen ychan ysgaw"
    ),
    Nation.NORTHERN_IRELAND: _words(
        "brack bree cor dara donnell dreen fad gallon gorm hatty kirk leeny loran mena morrin morrow neill ree shane tyne"
    ),
}
SAINTS = (
    "St Anne’s",
    "St Bede’s",
    "St Brigid’s",
    "St Columba’s",
    "St Cuthbert’s",
    "St Mary’s",
    "St Ninian’s",
    "St Oswald’s",
    "Holy Trinity",
)
STREETS = ("Church Lane", "School Road", "The Green", "Station Road", "Mill Street", "Chapel Hill", "Park View", "Back Lane")
ROOMS = ("Main hall", "Small hall", "Sports hall", "Library", "Dining hall")
CLASSROOMS = ("Classroom 5", "Classroom 6", "Oak room", "Studio", "Music room")
PARKING = (
    "Staff car park, left of the gate.",
    "On the street only; allow ten minutes.",
    "Ask at the gate for a space by the kitchen.",
    "Church car park opposite, free until noon.",
)
ARRIVAL = (
    "Ring at the main door and sign in at the office.",
    "Use the side entrance in Park View; the front gate is locked after nine.",
    "Sign in on the screen in the foyer; the office phones the hall.",
    "Steps at the front, a ramp round the left.",
)


def of_villages(nation: Nation, rng: Random) -> list[str]:
    """Return every invented village of the nation once, shuffled."""
    villages = [
        start + end for start in STARTS[nation] for end in ENDS[nation] if start[-1].lower() != end[0] and start[-2:] != end[:2]
    ]
    rng.shuffle(villages)
    return villages


def of_person(rng: Random) -> str:
    """Return a random first and last name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


DRAMA = {
    Nation.ENGLAND: "+441614960",
    Nation.SCOTLAND: "+441314960",
    Nation.WALES: "+442920180",
    Nation.NORTHERN_IRELAND: "+442896496",
}
"""The first digits of 1,000 numbers for each nation, which Ofcom reserves for drama; forms refuse its mobile numbers."""


def phone(nation: Nation, number: int) -> PhoneNumber:
    """Return a phone number that nobody has; numbers repeat after 1,000."""
    return _parsed(f"{DRAMA[nation]}{number % 1000:03}")


@cache
def _parsed(number: str) -> PhoneNumber:
    return PhoneNumber.from_string(number)
