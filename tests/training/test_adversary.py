import torch

from training.pocket.adversary import ascend, attack, random_start


def test_attack_raises_the_loss_within_its_bound() -> None:
    pictures = torch.full((3, 3, 8, 8), 0.5)
    direction = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1))

    def loss(x: torch.Tensor) -> torch.Tensor:
        return (x * direction).sum()

    changed = attack(pictures, loss, 0.4, 20, torch.Generator().manual_seed(0))
    change = (changed - pictures).flatten(1)
    assert (change.norm(dim=1) <= 0.4 + 1e-5).all()
    best = 0.4 * direction.norm()
    assert (change @ direction.flatten() > 0.9 * best).all()


def test_start_and_steps_stay_in_the_ball() -> None:
    radius = torch.tensor([0.0, 1.0, 2.0])
    start = random_start(torch.zeros(3, 3, 8, 8), radius, torch.Generator().manual_seed(0))
    assert (start.flatten(1).norm(dim=1) <= radius + 1e-5).all()
    step = ascend(start, torch.ones_like(start), radius, 3.0)
    torch.testing.assert_close(step.flatten(1).norm(dim=1), radius)
