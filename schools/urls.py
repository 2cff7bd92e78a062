"""The app's URLs: the portal at the root, the office under /admin/."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's own recipe

urlpatterns = [
    path("", include("schools.portal.urls")),
    path("admin/", admin.site.urls),
]
