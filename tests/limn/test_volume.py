"""What losses see of a field: one candidate of many, and where it is."""

from __future__ import annotations

from dataclasses import replace

import torch

from limn.volume import Samples, Volume


def volume() -> Volume:
    """Two candidates of two rays; the second ray of each sees one sample more than the first."""
    ray = torch.tensor([0, 1, 1, 2, 2, 3, 3, 3], dtype=torch.int32)
    starts = torch.tensor([0, 1, 3, 5, 8], dtype=torch.int32)
    points = torch.arange(24.0).view(8, 3)
    samples = Samples(points, torch.arange(8.0), torch.ones(8), ray, starts)
    owner = torch.tensor([0] * 3 + [1] * 5, dtype=torch.int32)
    table = torch.tensor([[1.0], [10.0]])
    return Volume(
        torch.rand(2, 2),
        samples,
        torch.tensor([1.0, 0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0]),
        owner,
        points[:4],
        tables=(table,),
        query=lambda points, owner: (table[owner.long(), 0], points),
    )


def test_a_candidate_alone() -> None:
    both = volume()
    second = both.candidate(1)
    assert second.candidates == 1
    assert second.samples.starts.tolist() == [0, 2, 5]
    assert second.samples.ray.tolist() == [0, 0, 1, 1, 1]
    assert torch.equal(second.samples.points, both.samples.points[3:])
    assert torch.equal(second.weights, both.weights[3:])
    assert second.owner.tolist() == [0] * 5
    assert second.normals is None
    assert torch.equal(second.directions, both.directions[3:])
    assert torch.equal(second.samples.sums(second.weights), both.samples.sums(both.weights)[2:])
    assert second.query is not None
    assert second.query(torch.zeros(1, 3), torch.zeros(1, dtype=torch.int32))[0] == 10.0


def test_sums_and_means() -> None:
    both = volume()
    assert both.samples.sums(both.weights).tolist() == [1, 3, 0, 2]
    assert both.ray_means(torch.tensor([1.0, 3.0, 0.0, 2.0])).tolist() == [2, 1]
    torch.testing.assert_close(both.means(both.weights), torch.tensor([4 / 3, 2 / 5]))


def test_the_centroid_is_the_middle_of_what_is_seen() -> None:
    both = volume()
    expected = (1 * both.samples.points[0] + 3 * both.samples.points[2]) / 4
    torch.testing.assert_close(both.centroids(), torch.stack([expected, both.samples.points[5]]))
    assert not replace(both, weights=torch.zeros(8)).centroids().any()


def test_all_parts_go_to_another_device() -> None:
    moved = volume().to("meta")
    parts = (moved.opacity, moved.weights, moved.owner, moved.samples.points, moved.samples.starts, *moved.tables)
    assert {part.device.type for part in parts} == {"meta"}
