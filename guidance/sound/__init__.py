from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.sound.listener import Listener as Listener
    from guidance.sound.listener import load_listener as load_listener
    from guidance.sound.sound import Sound as Sound
    from guidance.sound.sound import read_wav as read_wav
    from guidance.sound.sound import resample as resample

__getattr__, __all__ = lazy_names(__name__)
