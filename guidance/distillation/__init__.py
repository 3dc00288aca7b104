from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.distillation.condition import Condition as Condition
    from guidance.distillation.condition import blend as blend
    from guidance.distillation.context import ScoreContext as ScoreContext
    from guidance.distillation.context import ScoreGradients as ScoreGradients
    from guidance.distillation.context import Source as Source
    from guidance.distillation.critic import Critic as Critic
    from guidance.distillation.critic import ParticleCritic as ParticleCritic
    from guidance.distillation.exemplars import ExemplarPrior as ExemplarPrior
    from guidance.distillation.exemplars.aligned import TextAligned as TextAligned
    from guidance.distillation.exemplars.aligned import TextBlend as TextBlend
    from guidance.distillation.gradient import specify_gradient as specify_gradient
    from guidance.distillation.load import PRIORS as PRIORS
    from guidance.distillation.load import load_prior as load_prior
    from guidance.distillation.loss import Distillation as Distillation
    from guidance.distillation.noise import Noise as Noise
    from guidance.distillation.paper_defaults import PaperDefaults as PaperDefaults
    from guidance.distillation.prior import Prior as Prior
    from guidance.distillation.reward import Judge as Judge
    from guidance.distillation.reward import Reward as Reward
    from guidance.distillation.variants import VARIANTS as VARIANTS
    from guidance.distillation.variants import Variant as Variant
    from guidance.distillation.variants import defaults_of as defaults_of
    from guidance.distillation.variants import published_with as published_with
    from guidance.distillation.weighting import Weighting as Weighting
    from guidance.distillation.weighting import weigh as weigh
    from guidance.views import Viewpoints as Viewpoints
    from guidance.views import view_prompts as view_prompts
    from guidance.views import view_repulsion as view_repulsion
    from guidance.views import view_weights as view_weights

__getattr__, __all__ = lazy_names(__name__)
