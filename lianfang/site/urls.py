"""All addresses of the site."""

from django.urls import include, path

urlpatterns = [
    path("", include("lianfang.web.urls")),
    path("field/", include("lianfang.field.urls")),
    path("api/v1/", include("lianfang.api.urls")),
]
