"""How long it takes to find a school or a person among a nation's, as a multiple of an empty page of the admin in the same run.

Run as `python -m tests.bench.search` on whatever database the settings name; it makes a scratch database beside that one, fills
it with 26,000 schools and 2,000 volunteers whose names have the shapes of real ones, and drops it again. Each round asks for the
floor (the list of bulk changes, of which there is none) and for every search once, as the manager who sees them all; the medians
are compared. Exit 1 where a search takes more than twice the floor, or the box that finds anything more than three times.
"""

import argparse
import statistics
import sys
import time
from random import Random

from django.test import Client

from tests.bench.alone import scratch_database
from tests.bench.charity import analyze

MOST = 2.0
MOST_OF_ANYTHING = 3.0
"""Of the box that finds anything: it looks through schools, people and visits, and through all once more where it forgives."""
FLOOR = "/admin/schools/batch/"
SCHOOLS, VOLUNTEERS = 26_000, 2_000

SAINTS = [
    "Mary", "Michael", "John", "Peter", "Paul", "James", "Joseph", "Andrew", "Thomas", "Luke", "Anne", "Oswald", "Bega",
    "Cuthbert", "Herbert", "Patrick",
]  # fmt: skip
SYLLABLES = [
    "al", "lith", "kirk", "grange", "wen", "mar", "thorn", "beck", "fell", "ash", "field", "ham", "sed", "bur", "lang",
    "dal", "pen", "rith", "ulver", "raven", "gos", "wig",
]  # fmt: skip
ENDS = [
    "waite", "by", "ton", "thwaite", "dale", "wick", "ley", "ford", "ness", "combe", "borough", "stead",
]  # fmt: skip
KINDS = ("CofE Primary School", "C of E (VA) Primary School", "Catholic Primary School", "Primary School", "Infant School",
         "Community Primary School", "Academy", "RC Primary School", "Junior School")  # fmt: skip
FIRST = [
    "Asha", "Bram", "Cora", "Dilys", "Ewan", "Fiona", "Gwen", "Hamish", "Iona", "Jon", "John", "Kirsty", "Liam", "Mair",
    "Nia", "Owen", "Priya", "Rhys", "Siân", "Tomos",
]  # fmt: skip
ANYTHING = "/admin/find/options/"
SEARCHES = {
    "a place": "/admin/book/?q=allithwaite",
    "st michaels": "/admin/book/?q=st+michaels",
    "saint michael and a place": "/admin/book/?q=saint+michael+kirkby",
    "c of e": "/admin/book/?q=kirkdale+c+of+e",
    "a postcode without blank": "/admin/book/?q=ca145px",
    "a district": "/admin/book/?q=la9",
    "a register number": "/admin/book/?q=112345",
    "one wrong letter": "/admin/book/?q=alithwaitte+primary",
    "two wrong letters in two words": "/admin/book/?q=alithwaite+primry",
    "words of nearly every school": "/admin/book/?q=primary+school",
    "one word of nearly every school": "/admin/book/?q=school",
    "a phone number of nobody": "/admin/book/?q=01539+720001",
    "nobody": "/admin/book/?q=zzzzqx",
    "the box of a form": "/admin/autocomplete/?app_label=schools&model_name=contactlog&field_name=school&term=allithwaite",
    "anything, two letters": f"{ANYTHING}?q=sa",
    "anything, half a name": f"{ANYTHING}?q=allith",
    "anything, words of nearly every school": f"{ANYTHING}?q=primary+school",
    "anything, one wrong letter": f"{ANYTHING}?q=alithwaitte+primary",
    "anything, a person": f"{ANYTHING}?q=priya",
    "anything, nobody": f"{ANYTHING}?q=zzzzqx",
    "a person in the box of a form": "/admin/autocomplete/?app_label=schools&model_name=clearance&field_name=volunteer&term=jon",
}


def fill(luck: Random) -> None:
    """Store the schools, half of them with a saint, and the volunteers."""
    from schools import models

    region = models.Region.objects.create(name="North", nation="england")
    area = models.Area.objects.create(name="Here", region=region)
    council = models.Authority.objects.create(nation="england", gss="E00000001", name="Council")
    models.AreaAuthority.objects.create(area=area, authority=council)
    places = ["Allithwaite", *sorted({f"{a}{b}{c}".capitalize() for a in SYLLABLES for b in SYLLABLES for c in ENDS})]

    def school(number: int) -> models.School:
        place, town = places[number % len(places)], luck.choice(places)
        saint = f"St {luck.choice(SAINTS)}'s " if number % 2 else ""
        return models.School(
            nation="england", register_id=str(100_000 + number), name=f"{saint}{place} {luck.choice(KINDS)}", authority=council,
            low_age=4, high_age=11, address=f"{number % 99} High Street, {place}, {town}, Cumbria", status="open",
            postcode=f"{luck.choice(('CA', 'LA'))}{1 + luck.randrange(22)} {1 + luck.randrange(9)}{chr(65 + number % 26)}X",
        )  # fmt: skip

    models.School.objects.bulk_create(map(school, range(SCHOOLS)), batch_size=500)
    people = (
        models.Volunteer(name=f"{luck.choice(FIRST)} {luck.choice(places)}", reference=f"V{n:05}", status="active")
        for n in range(VOLUNTEERS)
    )
    models.Volunteer.objects.bulk_create(people, batch_size=500)


def measured(client: Client, *, rounds: int) -> dict[str, float]:
    """Return the median seconds of the floor and of each search."""
    seconds: dict[str, list[float]] = {FLOOR: [], **{address: [] for address in SEARCHES.values()}}
    for number in range(rounds + 1):
        for address, taken in seconds.items():
            started = time.perf_counter()
            answer = client.get(address)
            if answer.status_code not in {200, 302}:  # a school alone leads on to its booking form
                sys.exit(f"{address} answered {answer.status_code}.")
            if number:  # the first round fills what the process keeps
                taken.append(time.perf_counter() - started)
    return {address: statistics.median(taken) for address, taken in seconds.items()}


def judged(medians: dict[str, float]) -> bool:
    """Print a line for each search; whether all keep within MOST."""
    floor = medians[FLOOR]
    print(f"an empty page: {floor * 1000:.1f} ms")
    kept = True
    for name, address in SEARCHES.items():
        ratio, most = medians[address] / floor, MOST_OF_ANYTHING if address.startswith(ANYTHING) else MOST
        kept = kept and ratio <= most
        print(f"{name}: {ratio:.2f} × the floor (at most {most:g}){'' if ratio <= most else '  MISSED'}")
    return kept


def main() -> None:
    """Fill a scratch database, measure, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with scratch_database():
        from django.contrib.auth.models import Group
        from django.test.utils import override_settings

        from schools import models
        from schools.accounts.models import Role

        fill(Random(1))  # noqa: S311  # a reproducible invention, no secret
        analyze()
        user = models.User.objects.create_user("manager@example.org", name="Helen Bowness", is_staff=True)
        user.groups.add(Group.objects.get(name=Role.MANAGER.value))
        client = Client()
        client.force_login(user)
        with override_settings(ALLOWED_HOSTS=["*"]):
            kept = judged(measured(client, rounds=options.rounds))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
