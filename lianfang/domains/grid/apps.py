from django.apps import AppConfig


class GridConfig(AppConfig):
    name = "lianfang.domains.grid"
    label = "grid"
