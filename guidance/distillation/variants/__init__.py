from guidance.distillation.variants.inversion import hifa, ism, sdi
from guidance.distillation.variants.plain import bridge, csd, dds, nfsd, perp_neg, perpendicular, sds, sjc, vsd
from guidance.distillation.variants.registry import PUBLISHED, VARIANTS, Variant, register_variant

__all__ = [
    "PUBLISHED",
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
