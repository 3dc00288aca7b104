"""Each variant's gradient is that of its paper; where the paper says so, it leads to the modes."""

from __future__ import annotations

import pytest
import torch
from mixture import MODES, NAMES, SPREAD, MixturePrior, Points
from torch import Tensor

from guidance import Objective, Prompt, Step
from guidance.distillation import (
    VARIANTS,
    Condition,
    Distillation,
    ParticleCritic,
    ScoreContext,
    ScoreGradients,
    Source,
    Weighting,
    defaults_of,
    weigh,
)
from guidance.target import Target
from limn.errors import InputError
from pipelines.loop.callback import Callback
from pipelines.loop.loop import Loop, Settings
from pipelines.loop.optimise import optimise

N = 5
PRIOR = MixturePrior()


def condition(name: str) -> Condition:
    return {"weights": PRIOR.embed(name)["weights"].expand(N, -1)}


def ask(name: str, scale: float = 7.5, **more: object) -> ScoreContext:
    generator = torch.Generator().manual_seed(1)
    z = torch.rand(N, 1, 2, 1, generator=generator)
    times = 0.1 + 0.8 * torch.rand(N, generator=generator)
    weighting = defaults_of(VARIANTS.find(name)).weighting
    return ScoreContext(
        PRIOR,
        z,
        PRIOR.decode(z),
        times,
        torch.randn(z.shape, generator=generator),
        condition,
        lambda suffix: condition("right"),
        scale,
        weigh(*PRIOR.level(times), weighting),
        generator,
        **more,  # type: ignore[arg-type]
    )


def noise_of(z: Tensor, t: Tensor, name: str) -> Tensor:
    return PRIOR.exact(z, t, torch.tensor([NAMES[name]]))


def close(found: ScoreGradients, expected: Tensor) -> None:
    torch.testing.assert_close(found.latents, expected, rtol=1e-4, atol=1e-5)


def parts(q: ScoreContext) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """alpha, sigma, z_t, e_c, e_u by the book."""
    alpha = (q.times * torch.pi / 2).cos().view(-1, 1, 1, 1)
    sigma = (1 - alpha**2).sqrt()
    z_t = alpha * q.latents + sigma * q.noise
    return alpha, sigma, z_t, noise_of(z_t, q.times, "right"), noise_of(z_t, q.times, "")


def test_sds() -> None:
    q = ask("sds", 100.0)
    _, sigma, _, c, u = parts(q)
    close(VARIANTS.find("sds")(q), sigma**2 * (u + 100 * (c - u) - q.noise))


def test_sds_with_a_negative_prompt() -> None:
    q = ask("sds", negative=condition("first"))
    _, sigma, z_t, c, _ = parts(q)
    away = noise_of(z_t, q.times, "first")
    close(VARIANTS.find("sds")(q), sigma**2 * (away + 7.5 * (c - away) - q.noise))


@pytest.mark.parametrize("reduced", [True, False])
def test_sjc(reduced: bool) -> None:
    q = ask("sjc", 3.0)
    alpha, sigma, _, _, _ = parts(q)
    s = sigma / alpha
    shifted = q.latents + s * q.noise
    z_t = shifted / (1 + s**2).sqrt()
    c, u = noise_of(z_t, q.times, "right"), noise_of(z_t, q.times, "")
    denoised = shifted - s * (u + 3 * (c - u))
    expected = -(denoised - (q.latents if reduced else shifted)) / s
    close(VARIANTS.find("sjc")(q, variance_reduction=reduced), expected)


def test_csd() -> None:
    q = ask("csd", 2.0, negative=condition("first"))
    _, sigma, z_t, c, u = parts(q)
    away = noise_of(z_t, q.times, "first")
    close(VARIANTS.find("csd")(q, negative=0.0), sigma**2 * 2 * (c - u))
    close(VARIANTS.find("csd")(q, negative=0.5), sigma**2 * 2 * (c - u + 0.5 * (u - away)))


def test_nfsd() -> None:
    q = ask("nfsd", negative=condition("first"))
    _, sigma, z_t, c, u = parts(q)
    away = noise_of(z_t, q.times, "first")
    late = (q.times >= 0.5).view(-1, 1, 1, 1)
    assert late.any()
    assert not late.all()
    domain = torch.where(late, u - away, u)
    close(VARIANTS.find("nfsd")(q, threshold=0.5), sigma**2 * (7.5 * (c - u) + domain))


def test_perp_neg() -> None:
    strength = -torch.linspace(0.5, 1.5, N)
    q = ask("perp_neg", repelled=[(condition("first"), strength)])
    _, sigma, z_t, c, u = parts(q)
    main, other = c - u, noise_of(z_t, q.times, "first") - u
    share = (main * other).sum((1, 2, 3)) / (main * main).sum((1, 2, 3))
    across = other - share.view(-1, 1, 1, 1) * main
    guidance = main + strength.view(-1, 1, 1, 1) * across
    close(VARIANTS.find("perp_neg")(q), sigma**2 * (u + 7.5 * guidance - q.noise))


def test_bridge() -> None:
    q = ask("bridge", 30.0, negative=condition("first"), progress=0.8)
    _, sigma, z_t, c, _ = parts(q)
    flawed = noise_of(z_t, q.times, "first")
    close(VARIANTS.find("bridge")(q), sigma**2 * 30 * (c - flawed))
    q.progress = 0.2
    guided = flawed + 100 * (c - flawed)
    close(VARIANTS.find("bridge")(q), sigma**2 * (guided - q.noise))


def test_dds() -> None:
    source = torch.rand(N, 1, 2, 1, generator=torch.Generator().manual_seed(3))
    q = ask("dds", source=Source(source, condition("first")))
    alpha, sigma, _, c, u = parts(q)
    before = alpha * source + sigma * q.noise
    was, was_u = noise_of(before, q.times, "first"), noise_of(before, q.times, "")
    close(VARIANTS.find("dds")(q), u + 7.5 * (c - u) - (was_u + 7.5 * (was - was_u)))


def test_vsd_knows_its_particles() -> None:
    q = ask("vsd", critic=ParticleCritic(PRIOR.level))
    alpha, sigma, z_t, c, u = parts(q)
    own = torch.empty_like(z_t)
    for n in range(N):
        chance = torch.stack(
            [-((z_t[n] - alpha[n] * z).square().sum()) / (2 * sigma[n, 0, 0, 0] ** 2) for z in q.latents]
        )
        mean = (chance.softmax(0).view(-1, 1, 1, 1) * q.latents).sum(0)
        own[n] = (z_t[n] - alpha[n] * mean) / sigma[n]
    close(VARIANTS.find("vsd")(q), sigma**2 * (u + 7.5 * (c - u) - own))


def test_ism() -> None:
    q = ask("ism")
    q.times[:] = 0.5
    q.weight = weigh(*PRIOR.level(q.times), "ism")
    z, now = (q.latents * torch.cos(torch.tensor(0.001 * torch.pi / 2))), torch.zeros(N)
    for after in (0.2, 0.4, 0.45):
        alpha, sigma = PRIOR.level(now)
        noise = noise_of(z, now, "")
        clean = (z - sigma * noise) / alpha
        now = torch.full((N,), after)
        alpha, sigma = PRIOR.level(now)
        z = alpha * clean + sigma * noise
    own = noise_of(z, now, "")
    alpha, sigma = PRIOR.level(now)
    clean = (z - sigma * own) / alpha
    alpha, sigma = PRIOR.level(q.times)
    z_t = alpha * clean + sigma * own
    c, u = noise_of(z_t, q.times, "right"), noise_of(z_t, q.times, "")
    close(VARIANTS.find("ism")(q), sigma / alpha * (u + 7.5 * (c - u) - own))


def test_sdi() -> None:
    q = ask("sdi")
    q.times[:] = 0.25
    delta = torch.rand(N, generator=torch.Generator().manual_seed(7)) / 10
    q.generator = torch.Generator().manual_seed(7)
    z, now = q.latents * PRIOR.level(torch.zeros(N))[0], torch.zeros(N)
    for after in (0.1, 0.2, 0.25, 0.25 + delta):
        c, u = noise_of(z, now, "right"), noise_of(z, now, "")
        noise = u - 7.5 * (c - u)
        alpha, sigma = PRIOR.level(now)
        clean = (z - sigma * noise) / alpha
        now = after if isinstance(after, Tensor) else torch.full((N,), after)
        alpha, sigma = PRIOR.level(now)
        z = alpha * clean + sigma * noise
    inverted = (z - alpha * q.latents) / sigma
    alpha, sigma = PRIOR.level(q.times)
    z_t = alpha * q.latents + sigma * inverted
    c, u = noise_of(z_t, q.times, "right"), noise_of(z_t, q.times, "")
    found = VARIANTS.find("sdi")(q, eta=0.0)
    close(found, q.latents - (z_t - sigma * (u + 7.5 * (c - u))) / alpha)


def test_hifa() -> None:
    q = ask("hifa")
    alpha, sigma, z_t, c, u = parts(q)
    clean = (z_t - sigma * (u + 7.5 * (c - u))) / alpha
    found = VARIANTS.find("hifa")(q, steps=1)
    close(found, q.latents - clean)
    assert found.pictures is not None
    torch.testing.assert_close(found.pictures, (0.1 * (q.latents - clean)).expand(-1, 3, -1, -1), rtol=1e-4, atol=1e-5)
    assert VARIANTS.find("hifa")(q, pictures=0.0).pictures is None


@pytest.mark.parametrize(
    ("weighting", "expected"), [("sds", 0.36), ("uniform", 1.0), ("fantasia3d", 0.8 * 0.36), ("ism", 0.75)]
)
def test_weightings(weighting: Weighting, expected: float) -> None:
    alpha, sigma = torch.tensor(0.8), torch.tensor(0.6)
    assert float(weigh(alpha, sigma, weighting)) == pytest.approx(expected)
    assert float(weigh(2 * alpha, 2 * sigma, weighting)) == pytest.approx(expected)


def run(variant: str, start: Tensor, prompt: str, steps: int = 250, **more: object) -> Tensor:
    points = Points(start)
    loss = Distillation(Prompt.parse(prompt), prior=MixturePrior(), variant=variant, samples=8, **more)  # type: ignore[arg-type]
    last = Last()
    optimise(points, Objective({"d": loss}), Settings(steps, eval_every=steps), [last])
    return last.points


class Last(Callback):
    """Keeps where the points were after the last step, judged best or not."""

    points: Tensor

    def end(self, loop: Loop) -> None:
        assert isinstance(loop.renderer, Points)
        self.points = loop.renderer.points.detach().clone()


STARTS = torch.rand(6, 2, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("variant", ["sds", "sjc", "sdi", "hifa", "perp_neg"])
def test_variants_seek_the_mode(variant: str) -> None:
    found = run(variant, STARTS, "right", guidance_scale=1.0, t_max=0.5)
    torch.testing.assert_close(found, MODES[1].expand(6, 2), rtol=0, atol=1.5 * SPREAD)


@pytest.mark.parametrize("variant", ["csd", "nfsd", "ism"])
def test_classifiers_move_towards_the_mode(variant: str) -> None:
    found = run(variant, STARTS, "right", steps=60, guidance_scale=7.5, t_max=0.7)
    before, after = ((points - MODES[1]).norm(dim=1) for points in (STARTS, found))
    assert after.mean() < before.mean()


def test_vsd_spreads_where_sds_collapses() -> None:
    start = MODES[1] + 0.02 * torch.randn(12, 2, generator=torch.Generator().manual_seed(2))
    settings = {"guidance_scale": 1.0, "t_min": 0.02, "t_max": 0.2}
    collapsed, spread = (run(v, start, "right", **settings) for v in ("sds", "vsd"))
    assert collapsed.std(dim=0).mean() < 0.5 * SPREAD
    assert 0.5 * SPREAD < spread.std(dim=0).mean() < 2 * SPREAD
    torch.testing.assert_close(spread.mean(dim=0), MODES[1], rtol=0, atol=SPREAD)


def test_dds_edits() -> None:
    target = Target(MODES[0].view(1, 1, 2, 1).expand(1, 3, 2, 1))
    found = run("dds", MODES[:1], "right", target=target, source_prompt="first", guidance_scale=1.0)
    torch.testing.assert_close(found, MODES[1:2], rtol=0, atol=2 * SPREAD)
    with pytest.raises(InputError, match="edits a picture"):
        Distillation(Prompt.parse("right"), prior=PRIOR, variant="dds")


def test_unknown_names_are_one_line() -> None:
    with pytest.raises(InputError, match="did you mean 'ism'"):
        Distillation(Prompt.parse("right"), prior=PRIOR, variant="isn")
    with pytest.raises(InputError, match="unknown key 'strid'; did you mean 'stride'"):
        Distillation(Prompt.parse("right"), prior=PRIOR, variant="ism", options={"strid": 0.1})
    assert all(defaults_of(VARIANTS.find(name)).scale for name in VARIANTS.names())
    assert Step(0, 1).progress == 0
