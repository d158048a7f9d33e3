"""Writing samples, tubes and results."""

from lianfang.domains.sampling.services.results import take_results
from lianfang.domains.sampling.services.scans import Scan, Undo, take_back, take_scans, void_tubes
from lianfang.domains.sampling.services.tubes import Closing, close_tubes, hand_over_tubes

__all__ = [
    "Closing",
    "Scan",
    "Undo",
    "close_tubes",
    "hand_over_tubes",
    "take_back",
    "take_results",
    "take_scans",
    "void_tubes",
]
