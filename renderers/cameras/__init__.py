from renderers.cameras.cameras import Cameras, join
from renderers.cameras.matrices import look_at, orthographic, perspective
from renderers.cameras.orbit import orbit, turntable
from renderers.cameras.sampling import CAMERAS, Sampler

__all__ = ["CAMERAS", "Cameras", "Sampler", "join", "look_at", "orbit", "orthographic", "perspective", "turntable"]
