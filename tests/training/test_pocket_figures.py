import pytest

from guidance.pocket import load_pocket
from guidance.pocket.load import FOLDER, NAMES
from training.pocket.evaluate import RADIUS, Evaluation
from training.world.sprites import shape_sprites


@pytest.fixture(scope="module", params=[name for name in NAMES if (FOLDER / f"{name}.json").exists()])
def evaluation(request: pytest.FixtureRequest) -> Evaluation:
    return Evaluation(*load_pocket(request.param), shape_sprites(scribbles=1), count=128)


def test_recognises_drawn_shapes_and_their_colours(evaluation: Evaluation) -> None:
    assert evaluation.combinations(held_out=False) > 10  # chance is 0.6
    assert evaluation.combinations(held_out=True) > 8


def test_an_attack_lowers_what_is_right(evaluation: Evaluation) -> None:
    calm = evaluation.batch_top1(0.0, batches=1, size=32)
    attacked = evaluation.batch_top1(RADIUS, steps=3, batches=1, size=32)
    assert 0 <= attacked < calm <= 100
