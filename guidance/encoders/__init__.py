from guidance.encoders.encoder import Encoded, Encoder
from guidance.encoders.loading import ENCODERS, load_encoder
from guidance.encoders.preprocess import Preprocess

__all__ = ["ENCODERS", "Encoded", "Encoder", "Preprocess", "load_encoder"]
