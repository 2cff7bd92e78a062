"""The addresses of the pages for schools."""

from django.urls import path

from schools.school_portal.views import asking, certificates, changes, contacts, dates, packs, rolls, sites, visits

urlpatterns = [
    path("school/<str:token>/", visits.visit, name="school-visit"),
    path("school/<str:token>/change/", changes.change, name="school-change"),
    path("school/<str:token>/certificate/", certificates.certificate, name="school-certificate"),
    path("school/<str:token>/roll/", rolls.roll, name="school-roll"),
    path("school/<str:token>/site/", sites.site, name="school-site"),
    path("school/<str:token>/contact/", contacts.contact, name="school-contact"),
    path("school/contact/<str:token>/", contacts.confirm, name="school-contact-confirm"),
    path("school/<str:token>/pack/", packs.pack, name="school-pack"),
    path("school/<str:token>/pack/<int:item_id>/", packs.pack_file, name="school-pack-file"),
    path("school/dates/<str:token>/", dates.dates, name="school-dates"),
    path("ask/", asking.find, name="ask"),
    path("ask/<int:area_id>/", asking.find, name="ask-area"),
    path("ask/school/<int:school_id>/", asking.ask, name="ask-school"),
    path("ask/unlisted/", asking.ask_unlisted, name="ask-unlisted"),
    path("ask/sent/", asking.sent, name="ask-sent"),
    path("ask/confirm/<str:token>/", asking.confirm, name="ask-confirm"),
]
