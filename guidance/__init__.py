from guidance.loss import Loss, Step
from guidance.objective import LossReport, Objective
from guidance.registry import Registry
from guidance.schedule import Schedule

__all__ = ["Loss", "LossReport", "Objective", "Registry", "Schedule", "Step"]
