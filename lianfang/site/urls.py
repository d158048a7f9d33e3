"""All addresses of the site."""

from django.urls import include, path

urlpatterns = [path("", include("lianfang.web.urls")), path("field/", include("lianfang.field.urls"))]
