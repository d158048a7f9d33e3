"""Keys and their end, legal holds, purposes and the person index."""

from lianfang.domains.privacy.services.glass import break_glass, review_glass
from lianfang.domains.privacy.services.index import index_people
from lianfang.domains.privacy.services.keys import (
    CLASSES,
    finish_destructions,
    make_keys,
    order_destruction,
    sign_certificate,
    witness_destruction,
)
from lianfang.domains.privacy.services.legal_holds import lift_legal_hold, place_legal_hold
from lianfang.domains.privacy.services.purposes import assign_purposes, end_purposes

__all__ = [
    "CLASSES",
    "assign_purposes",
    "break_glass",
    "end_purposes",
    "finish_destructions",
    "index_people",
    "lift_legal_hold",
    "make_keys",
    "order_destruction",
    "place_legal_hold",
    "review_glass",
    "sign_certificate",
    "witness_destruction",
]
