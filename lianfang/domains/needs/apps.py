from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "lianfang.domains.needs"
    label = "needs"
