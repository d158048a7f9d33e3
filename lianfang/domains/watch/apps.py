from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "lianfang.domains.watch"
    label = "watch"
