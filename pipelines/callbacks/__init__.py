from pipelines.callbacks.checkpoints import Checkpoints
from pipelines.callbacks.metrics import Metrics, read_metrics
from pipelines.callbacks.previews import Previews
from pipelines.callbacks.progress import Progress
from pipelines.callbacks.pruning import Pruning, pruning_of

__all__ = ["Checkpoints", "Metrics", "Previews", "Progress", "Pruning", "pruning_of", "read_metrics"]
