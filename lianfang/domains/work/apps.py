from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "lianfang.domains.work"
    label = "work"
