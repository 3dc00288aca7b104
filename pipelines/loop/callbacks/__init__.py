from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from pipelines.loop.callbacks.checkpoints import Checkpoints as Checkpoints
    from pipelines.loop.callbacks.metrics import Metrics as Metrics
    from pipelines.loop.callbacks.metrics import read_metrics as read_metrics
    from pipelines.loop.callbacks.previews import Previews as Previews
    from pipelines.loop.callbacks.progress import Progress as Progress
    from pipelines.loop.callbacks.pruning import Pruning as Pruning

__getattr__, __all__ = lazy_names(__name__)
