"""Attributions: what of an encoder, a phrase or a picture drives a score."""

from guidance.attribution.decomposition import Decomposition, decompose
from guidance.attribution.heads import Span, head_outputs, name_heads, text_span
from guidance.attribution.interactions import Interactions, interactions
from guidance.attribution.parts import deletion_curve, leave_one_out, shapley
from guidance.attribution.pixels import integrated_gradients, occlusion, smooth_grad

__all__ = [
    "Decomposition",
    "Interactions",
    "Span",
    "decompose",
    "deletion_curve",
    "head_outputs",
    "integrated_gradients",
    "interactions",
    "leave_one_out",
    "name_heads",
    "occlusion",
    "shapley",
    "smooth_grad",
    "text_span",
]
