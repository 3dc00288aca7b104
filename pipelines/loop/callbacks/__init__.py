from pipelines.loop.callbacks.checkpoints import Checkpoints
from pipelines.loop.callbacks.metrics import Metrics, read_metrics
from pipelines.loop.callbacks.previews import Previews
from pipelines.loop.callbacks.progress import Progress
from pipelines.loop.callbacks.pruning import Pruning

__all__ = ["Checkpoints", "Metrics", "Previews", "Progress", "Pruning", "read_metrics"]
