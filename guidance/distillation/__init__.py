from guidance.distillation.condition import Condition, blend
from guidance.distillation.context import ScoreContext, ScoreGradients, Source
from guidance.distillation.critic import Critic, ParticleCritic
from guidance.distillation.exemplars import ExemplarPrior
from guidance.distillation.load import PRIORS, load_prior
from guidance.distillation.loss import Distillation, specify_gradient
from guidance.distillation.paper_defaults import PaperDefaults
from guidance.distillation.prior import Prior
from guidance.distillation.variants import PAPER_DEFAULTS, VARIANTS, Variant, register_variant
from guidance.distillation.views import Viewpoints, view_prompts, view_repulsion, view_weights
from guidance.distillation.weighting import Weighting, weigh

__all__ = [
    "PAPER_DEFAULTS",
    "PRIORS",
    "VARIANTS",
    "Condition",
    "Critic",
    "Distillation",
    "ExemplarPrior",
    "PaperDefaults",
    "ParticleCritic",
    "Prior",
    "ScoreContext",
    "ScoreGradients",
    "Source",
    "Variant",
    "Viewpoints",
    "Weighting",
    "blend",
    "load_prior",
    "register_variant",
    "specify_gradient",
    "view_prompts",
    "view_repulsion",
    "view_weights",
    "weigh",
]
