"""The addresses of the pages for schools."""

from django.urls import path

from schools.school_portal import views

urlpatterns = [path("school/<str:token>/", views.visit, name="school-visit")]
