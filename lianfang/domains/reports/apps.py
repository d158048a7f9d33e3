from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "lianfang.domains.reports"
    label = "reports"
