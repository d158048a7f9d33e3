from django.apps import AppConfig


class EditionsConfig(AppConfig):
    name = "lianfang.domains.editions"
    label = "editions"
