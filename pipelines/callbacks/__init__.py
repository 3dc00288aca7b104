from pipelines.callbacks.checkpoints import Checkpoints
from pipelines.callbacks.metrics import Metrics, read_metrics
from pipelines.callbacks.previews import Previews
from pipelines.callbacks.progress import Progress

__all__ = ["Checkpoints", "Metrics", "Previews", "Progress", "read_metrics"]
