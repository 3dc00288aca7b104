from pipelines.config.paths import InputPath, OutputPath
from pipelines.config.reading import read_config
from pipelines.config.recipe import RECIPES
from pipelines.config.run_config import RunConfig
from pipelines.config.terms import Losses, Scheduled
from pipelines.loop.callback import Callback
from pipelines.loop.optimise import Result, Settings, optimise
from pipelines.runs.build import build
from pipelines.runs.execute import execute, run
from pipelines.runs.export import export
from pipelines.task.objective import build_objective
from pipelines.task.start import Start
from pipelines.task.task import Stage, Task

__all__ = [
    "RECIPES",
    "Callback",
    "InputPath",
    "Losses",
    "OutputPath",
    "Result",
    "RunConfig",
    "Scheduled",
    "Settings",
    "Stage",
    "Start",
    "Task",
    "build",
    "build_objective",
    "execute",
    "export",
    "optimise",
    "read_config",
    "run",
]
