from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.encoders.encoder import Encoded as Encoded
    from guidance.encoders.encoder import Encoder as Encoder
    from guidance.encoders.loading import ENCODERS as ENCODERS
    from guidance.encoders.loading import load_encoder as load_encoder
    from guidance.encoders.preprocess import Preprocess as Preprocess

__getattr__, __all__ = lazy_names(__name__)
