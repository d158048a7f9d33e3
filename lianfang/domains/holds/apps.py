from django.apps import AppConfig


class HoldsConfig(AppConfig):
    name = "lianfang.domains.holds"
    label = "holds"
