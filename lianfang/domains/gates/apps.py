from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "lianfang.domains.gates"
    label = "gates"
