from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.pocket.prior.load import as_prior as as_prior
    from guidance.pocket.prior.load import load_pipeline as load_pipeline
    from guidance.pocket.prior.load import load_pocket_prior as load_pocket_prior
    from guidance.pocket.prior.pipeline import PocketPipeline as PocketPipeline

__getattr__, __all__ = lazy_names(__name__)
