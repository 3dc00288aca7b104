from guidance.distillation.exemplars.denoiser import local_posterior_mean, posterior_mean
from guidance.distillation.exemplars.pictures import Collection, read_collection
from guidance.distillation.exemplars.prior import ExemplarPrior

__all__ = ["Collection", "ExemplarPrior", "local_posterior_mean", "posterior_mean", "read_collection"]
