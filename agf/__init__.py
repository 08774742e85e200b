__version__ = "0.1.0"

from .attention import AGFAttention, agf_attention, orthogonality_penalty
from .polynomial import PolynomialFilter
from .transformer import SequenceClassifier

__all__ = ["AGFAttention", "PolynomialFilter", "SequenceClassifier", "agf_attention", "orthogonality_penalty"]
