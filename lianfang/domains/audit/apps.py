from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "lianfang.domains.audit"
    label = "audit"
