from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from guidance.losses.comparison import EncodedComparison as EncodedComparison
    from guidance.losses.comparison import PictureComparison as PictureComparison
    from guidance.losses.conformal import Conformal as Conformal
    from guidance.losses.conformal import conformal as conformal
    from guidance.losses.conformal import corner_angles as corner_angles
    from guidance.losses.direction import TextDirection as TextDirection
    from guidance.losses.direction import text_direction as text_direction
    from guidance.losses.features import LayerFeatures as LayerFeatures
    from guidance.losses.features import layer_features as layer_features
    from guidance.losses.geometry_size import Area as Area
    from guidance.losses.geometry_size import EdgeLength as EdgeLength
    from guidance.losses.geometry_size import Volume as Volume
    from guidance.losses.geometry_size import area as area
    from guidance.losses.geometry_size import edge_lengths as edge_lengths
    from guidance.losses.geometry_size import edge_stretch as edge_stretch
    from guidance.losses.geometry_size import volume as volume
    from guidance.losses.geometry_smooth import Laplacian as Laplacian
    from guidance.losses.geometry_smooth import NormalConsistency as NormalConsistency
    from guidance.losses.geometry_smooth import cotangent_weights as cotangent_weights
    from guidance.losses.geometry_smooth import laplacian as laplacian
    from guidance.losses.geometry_smooth import normal_consistency as normal_consistency
    from guidance.losses.geometry_symmetry import Symmetry as Symmetry
    from guidance.losses.geometry_symmetry import mirror_pairs as mirror_pairs
    from guidance.losses.geometry_symmetry import symmetry as symmetry
    from guidance.losses.geometry_texture import TextureVariation as TextureVariation
    from guidance.losses.geometry_texture import colour_variation as colour_variation
    from guidance.losses.image import ImageSimilarity as ImageSimilarity
    from guidance.losses.image import image_similarity as image_similarity
    from guidance.losses.lines import Lines as Lines
    from guidance.losses.lines import faint_too as faint_too
    from guidance.losses.lines import line_map as line_map
    from guidance.losses.lines import lines as lines
    from guidance.losses.paths import SmoothCorners as SmoothCorners
    from guidance.losses.paths import Xing as Xing
    from guidance.losses.paths import corners as corners
    from guidance.losses.paths import xing as xing
    from guidance.losses.pixels import PixelDistance as PixelDistance
    from guidance.losses.pixels import TotalVariation as TotalVariation
    from guidance.losses.pixels import pixels as pixels
    from guidance.losses.pixels import total_variation as total_variation
    from guidance.losses.saturation import Saturation as Saturation
    from guidance.losses.saturation import saturation as saturation
    from guidance.losses.text import TextContrast as TextContrast
    from guidance.losses.text import TextSimilarity as TextSimilarity
    from guidance.losses.text import text_contrast as text_contrast
    from guidance.losses.text import text_similarity as text_similarity
    from guidance.losses.tone import Tone as Tone
    from guidance.losses.tone import tone as tone

__getattr__, __all__ = lazy_names(__name__)
