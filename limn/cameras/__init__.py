from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from limn.cameras.cameras import Cameras as Cameras
    from limn.cameras.cameras import join as join
    from limn.cameras.matrices import intrinsics as intrinsics
    from limn.cameras.matrices import look_at as look_at
    from limn.cameras.matrices import orthographic as orthographic
    from limn.cameras.matrices import perspective as perspective
    from limn.cameras.opencv import opencv as opencv
    from limn.cameras.orbit import orbit as orbit
    from limn.cameras.orbit import turntable as turntable
    from limn.cameras.sampling import CAMERAS as CAMERAS
    from limn.cameras.sampling import Sampler as Sampler
    from limn.cameras.unproject import unproject as unproject

__getattr__, __all__ = lazy_names(__name__)
