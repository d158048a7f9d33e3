from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "lianfang.domains.places"
    label = "places"
