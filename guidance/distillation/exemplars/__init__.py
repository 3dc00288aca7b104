from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.distillation.exemplars.denoiser import local_posterior_mean as local_posterior_mean
    from guidance.distillation.exemplars.denoiser import posterior_mean as posterior_mean
    from guidance.distillation.exemplars.pictures import Collection as Collection
    from guidance.distillation.exemplars.pictures import read_collection as read_collection
    from guidance.distillation.exemplars.prior import ExemplarPrior as ExemplarPrior

__getattr__, __all__ = lazy_names(__name__)
