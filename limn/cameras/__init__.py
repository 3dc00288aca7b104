from limn.cameras.cameras import Cameras, join
from limn.cameras.matrices import look_at, orthographic, perspective
from limn.cameras.orbit import orbit, turntable
from limn.cameras.sampling import CAMERAS, Sampler

__all__ = ["CAMERAS", "Cameras", "Sampler", "join", "look_at", "orbit", "orthographic", "perspective", "turntable"]
