from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.embedding.whitening import Whitening as Whitening
    from guidance.embedding.whitening import fit_whitening as fit_whitening
    from guidance.embedding.whitening import load_whitening as load_whitening
    from guidance.embedding.whitening import log_likelihood as log_likelihood
    from guidance.embedding.whitening import unwhiten as unwhiten
    from guidance.embedding.whitening import whiten as whiten

__getattr__, __all__ = lazy_names(__name__)
