from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "lianfang.domains.messages"
    label = "messages"
