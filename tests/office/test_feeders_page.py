"""The page of likely feeders: an answer, taking it back, and what somebody else did meanwhile."""

from django.test import Client

from schools import models
from schools.directory.actions import link_schools
from tests import factories

PAGE = "/admin/reach/feeders/"


def pair(area: models.Area) -> tuple[models.School, models.School]:
    authority = factories.AreaAuthorityFactory(area=area).authority
    facts = {"authority": authority}
    return (
        factories.SchoolFactory(name="Elm Infant School", low_age=4, high_age=7, **facts),
        factories.SchoolFactory(name="Elm Junior School", low_age=7, high_age=11, **facts),
    )


def test_yes_links_the_two_and_undo_takes_it_back(managers_office: Client, area: models.Area) -> None:
    young, old = pair(area)
    subject = f"{young.pk}:{old.pk}"
    assert "Elm Infant School" in managers_office.get(PAGE).content.decode()
    answer = managers_office.post(PAGE, {"do": "accept", "pair": subject}, follow=True)
    link = models.SchoolLink.objects.get()
    assert link.kind == "feeder"
    assert answer.redirect_chain == [(f"{PAGE}?accepted={subject}&mark=link-{link.pk}", 302)]
    assert "Elm Infant School feeds Elm Junior School." in answer.content.decode()
    assert models.School.objects.get(pk=old.pk).lineage == young.pk
    undo = {"do": "undo", "pair": subject, "mark": answer.context["decided"]["mark"]}
    answer = managers_office.post(PAGE, undo, follow=True)
    assert "are proposed again" in answer.content.decode()
    assert not models.SchoolLink.objects.exists()
    assert models.School.objects.get(pk=old.pk).lineage is None
    assert "taken back already" in managers_office.post(PAGE, undo, follow=True).content.decode()


def test_no_is_remembered_and_undo_asks_again(managers_office: Client, area: models.Area) -> None:
    young, old = pair(area)
    subject = f"{young.pk}:{old.pk}"
    answer = managers_office.post(PAGE, {"do": "refuse", "pair": subject}, follow=True)
    assert "Elm Infant School does not feed Elm Junior School." in answer.content.decode()
    assert f'value="{subject}"' not in managers_office.get(PAGE).content.decode()
    managers_office.post(PAGE, {"do": "undo", "pair": subject, "mark": answer.context["decided"]["mark"]})
    assert f'value="{subject}"' in managers_office.get(PAGE).content.decode()


def test_undo_leaves_what_a_colleague_has_decided_since(managers_office: Client, area: models.Area) -> None:
    young, old = pair(area)
    subject = f"{young.pk}:{old.pk}"
    bar = managers_office.post(PAGE, {"do": "refuse", "pair": subject}, follow=True)
    models.Confirmed.objects.all().delete()
    link_schools(young, old, kind="feeder", day=None)
    # The bar of what does not stand any more is not shown again.
    assert managers_office.get(bar.redirect_chain[0][0]).context["decided"] is None
    undo = {"do": "undo", "pair": subject, "mark": bar.context["decided"]["mark"]}
    for sent in (undo, undo | {"mark": ""}):
        assert "has changed meanwhile" in managers_office.post(PAGE, sent, follow=True).content.decode()
    assert models.SchoolLink.objects.exists()


def test_what_somebody_linked_meanwhile_is_not_linked_twice(managers_office: Client, area: models.Area) -> None:
    young, old = pair(area)
    link_schools(young, old, kind="feeder", day=None)
    answer = managers_office.post(PAGE, {"do": "accept", "pair": f"{young.pk}:{old.pk}"}, follow=True)
    assert "has changed meanwhile" in answer.content.decode()
    assert models.SchoolLink.objects.count() == 1
    for nonsense in ("", "1", "x:y", "0:0", f"{old.pk}:{young.pk}"):
        assert (
            "has changed meanwhile"
            in managers_office.post(PAGE, {"do": "refuse", "pair": nonsense}, follow=True).content.decode()
        )
        assert managers_office.get(PAGE, {"accepted": nonsense}).status_code == 200


def test_a_coordinator_answers_for_their_own_junior_schools_alone(area: models.Area, elsewhere: models.Area) -> None:
    young, old = pair(area)
    client = Client()
    client.force_login(factories.coordinator_of(elsewhere))
    subject = f"{young.pk}:{old.pk}"
    assert "Elm Infant School" not in client.get(PAGE).content.decode()
    client.post(PAGE, {"do": "accept", "pair": subject})
    assert not models.SchoolLink.objects.exists()
    link = link_schools(young, old, kind="feeder", day=None)
    client.post(PAGE, {"do": "undo", "pair": subject, "mark": f"link-{link.pk}"})
    assert models.SchoolLink.objects.exists()
