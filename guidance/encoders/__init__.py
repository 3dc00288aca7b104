from guidance.encoders.encoder import Encoded, Encoder
from guidance.encoders.loading import load_encoder
from guidance.encoders.preprocess import Preprocess

__all__ = ["Encoded", "Encoder", "Preprocess", "load_encoder"]
