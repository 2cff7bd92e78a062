"""The addresses of the pages for schools."""

from django.urls import path

from schools.school_portal import (
    asking_views,
    certificate_views,
    change_views,
    contact_views,
    dates_views,
    pack_views,
    roll_views,
    site_views,
    views,
)

urlpatterns = [
    path("school/<str:token>/", views.visit, name="school-visit"),
    path("school/<str:token>/change/", change_views.change, name="school-change"),
    path("school/<str:token>/certificate/", certificate_views.certificate, name="school-certificate"),
    path("school/<str:token>/roll/", roll_views.roll, name="school-roll"),
    path("school/<str:token>/site/", site_views.site, name="school-site"),
    path("school/<str:token>/contact/", contact_views.contact, name="school-contact"),
    path("school/contact/<str:token>/", contact_views.confirm, name="school-contact-confirm"),
    path("school/<str:token>/pack/", pack_views.pack, name="school-pack"),
    path("school/<str:token>/pack/<int:item_id>/", pack_views.pack_file, name="school-pack-file"),
    path("school/dates/<str:token>/", dates_views.dates, name="school-dates"),
    path("ask/", asking_views.find, name="ask"),
    path("ask/<int:area_id>/", asking_views.find, name="ask-area"),
    path("ask/school/<int:school_id>/", asking_views.ask, name="ask-school"),
    path("ask/unlisted/", asking_views.ask_unlisted, name="ask-unlisted"),
    path("ask/sent/", asking_views.sent, name="ask-sent"),
    path("ask/confirm/<str:token>/", asking_views.confirm, name="ask-confirm"),
]
