from guidance.distillation.condition import Condition, blend
from guidance.distillation.critic import Critic, ParticleCritic
from guidance.distillation.exemplars import ExemplarPrior
from guidance.distillation.load import load_prior
from guidance.distillation.loss import Distillation, distil
from guidance.distillation.prior import Prior
from guidance.distillation.published import Published
from guidance.distillation.query import Gradients, Query, Source
from guidance.distillation.variants import PUBLISHED, VARIANTS, Variant, register_variant
from guidance.distillation.views import Viewpoints, view_prompts, view_repulsion, view_weights
from guidance.distillation.weighting import Weighting, weigh

__all__ = [
    "PUBLISHED",
    "VARIANTS",
    "Condition",
    "Critic",
    "Distillation",
    "ExemplarPrior",
    "Gradients",
    "ParticleCritic",
    "Prior",
    "Published",
    "Query",
    "Source",
    "Variant",
    "Viewpoints",
    "Weighting",
    "blend",
    "distil",
    "load_prior",
    "register_variant",
    "view_prompts",
    "view_repulsion",
    "view_weights",
    "weigh",
]
