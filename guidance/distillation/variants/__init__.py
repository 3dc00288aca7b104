from guidance.distillation.variants.inversion import hifa, ism, sdi
from guidance.distillation.variants.plain import bridge, csd, dds, nfsd, perp_neg, perpendicular, sds, sjc, vsd
from guidance.distillation.variants.registry import PAPER_DEFAULTS, VARIANTS, Variant, register_variant

__all__ = [
    "PAPER_DEFAULTS",
    "VARIANTS",
    "Variant",
    "bridge",
    "csd",
    "dds",
    "hifa",
    "ism",
    "nfsd",
    "perp_neg",
    "perpendicular",
    "register_variant",
    "sdi",
    "sds",
    "sjc",
    "vsd",
]
