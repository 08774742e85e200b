__version__ = "0.1.0"

from .attention import AGFAttention, agf_attention, orthogonality_penalty
from .causal import CausalAGFAttention
from .exact import GraphFilterAttention
from .exact_forms import CausalGraphFilterAttention, LeanGraphFilterAttention
from .fast import LeanAGFAttention
from .multihead import AGFMultiheadAttention, GraphFilterMultiheadAttention, replace_attention
from .polynomial import PolynomialFilter
from .transformer import SequenceClassifier

__all__ = ["AGFAttention", "AGFMultiheadAttention", "CausalAGFAttention",
           "CausalGraphFilterAttention", "GraphFilterAttention",
           "GraphFilterMultiheadAttention", "LeanAGFAttention", "LeanGraphFilterAttention",
           "PolynomialFilter", "SequenceClassifier", "agf_attention", "orthogonality_penalty",
           "replace_attention"]
