from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "lianfang.domains.areas"
    label = "areas"
