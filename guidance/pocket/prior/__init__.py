from guidance.pocket.prior.load import as_prior, load_pipeline, load_pocket_prior
from guidance.pocket.prior.pipeline import PocketPipeline

__all__ = ["PocketPipeline", "as_prior", "load_pipeline", "load_pocket_prior"]
