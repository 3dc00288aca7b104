from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.distillation.variants.inversion import hifa as hifa
    from guidance.distillation.variants.inversion import ism as ism
    from guidance.distillation.variants.inversion import sdi as sdi
    from guidance.distillation.variants.plain import bridge as bridge
    from guidance.distillation.variants.plain import csd as csd
    from guidance.distillation.variants.plain import dds as dds
    from guidance.distillation.variants.plain import nfsd as nfsd
    from guidance.distillation.variants.plain import perp_neg as perp_neg
    from guidance.distillation.variants.plain import perpendicular as perpendicular
    from guidance.distillation.variants.plain import sds as sds
    from guidance.distillation.variants.plain import sjc as sjc
    from guidance.distillation.variants.plain import vsd as vsd
    from guidance.distillation.variants.registry import VARIANTS as VARIANTS
    from guidance.distillation.variants.registry import Variant as Variant
    from guidance.distillation.variants.registry import defaults_of as defaults_of
    from guidance.distillation.variants.registry import finds_noise as finds_noise
    from guidance.distillation.variants.registry import published_with as published_with

__getattr__, __all__ = lazy_names(__name__)
