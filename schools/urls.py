"""The app's URLs: the portal at the root, the office under /admin/, the figures as JSON under /api/."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from schools.accounts.views import begin_single_sign_on, confirm_address, enter_code
from schools.office.reach.views import api

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth's documentation does it

urlpatterns = [
    path("", include("schools.messages.urls")),
    path("", include("schools.portal.urls")),
    path("", include("schools.school_portal.urls")),
    path("api/reach/", api.reach_json, name="reach-json"),
    path("api/dose/", api.dose_json, name="dose-json"),
    path("admin/", admin.site.urls),
    # In place of allauth's own pages; its addresses come after ours.
    re_path(r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", confirm_address, name="account_confirm_email"),
    path("accounts/login/code/confirm/", enter_code, name="account_confirm_login_code"),
    path("accounts/oidc/<str:provider_id>/login/", begin_single_sign_on, name="openid_connect_login"),
]
