"""Targets and operators in the space of embeddings."""

from guidance.embedding.augmented import augmented_target
from guidance.embedding.captions import Caption, caption
from guidance.embedding.expression import Expression
from guidance.embedding.hard_prompts import HardPrompt, hard_prompt
from guidance.embedding.ideal_words import IdealWords, ideal_words
from guidance.embedding.interpolation import average, slerp, steered, text_difference, union
from guidance.embedding.inversion import patches_of, word_of
from guidance.embedding.metrics import cosine_distance, euclidean_distance, hyperbolic_distance, spherical_distance
from guidance.embedding.modality import centred, conformity, noise_bridged, procrustes
from guidance.embedding.neighbours import aligned, blend
from guidance.embedding.residual import residual_distance, residual_vector
from guidance.embedding.statistics import Statistics, statistics_of
from guidance.embedding.subspaces import Factors, basis_of, factors_of, projected, without
from guidance.embedding.whitening import Whitening, log_likelihood, unwhiten, whiten, whitening_of

__all__ = [
    "Caption",
    "Expression",
    "Factors",
    "HardPrompt",
    "IdealWords",
    "Statistics",
    "Whitening",
    "aligned",
    "augmented_target",
    "average",
    "basis_of",
    "blend",
    "caption",
    "centred",
    "conformity",
    "cosine_distance",
    "euclidean_distance",
    "factors_of",
    "hard_prompt",
    "hyperbolic_distance",
    "ideal_words",
    "log_likelihood",
    "noise_bridged",
    "patches_of",
    "procrustes",
    "projected",
    "residual_distance",
    "residual_vector",
    "slerp",
    "spherical_distance",
    "statistics_of",
    "steered",
    "text_difference",
    "union",
    "unwhiten",
    "whiten",
    "whitening_of",
    "without",
    "word_of",
]
