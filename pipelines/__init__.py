from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from limn.schedule import Scheduled as Scheduled
    from pipelines.batch.batch import run_batch as run_batch
    from pipelines.config.paths import InputPath as InputPath
    from pipelines.config.paths import InputPlace as InputPlace
    from pipelines.config.paths import OutputPath as OutputPath
    from pipelines.config.reading import read_config as read_config
    from pipelines.config.recipe import RECIPES as RECIPES
    from pipelines.config.run_config import RunConfig as RunConfig
    from pipelines.config.terms import Losses as Losses
    from pipelines.loop.callback import Callback as Callback
    from pipelines.loop.loop import Settings as Settings
    from pipelines.loop.optimise import Result as Result
    from pipelines.loop.optimise import optimise as optimise
    from pipelines.runs.build import build as build
    from pipelines.runs.execute import execute as execute
    from pipelines.runs.execute import run as run
    from pipelines.runs.export import export as export
    from pipelines.runs.many import Outcome as Outcome
    from pipelines.runs.many import run_each as run_each
    from pipelines.task.objective import build_objective as build_objective
    from pipelines.task.start import Start as Start
    from pipelines.task.task import Stage as Stage
    from pipelines.task.task import Task as Task

__getattr__, __all__ = lazy_names(__name__)
