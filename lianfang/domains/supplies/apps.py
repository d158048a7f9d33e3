from django.apps import AppConfig


class SuppliesConfig(AppConfig):
    name = "lianfang.domains.supplies"
    label = "supplies"
