from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "lianfang.domains.rounds"
    label = "rounds"
