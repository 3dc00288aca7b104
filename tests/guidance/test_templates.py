from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from guidance import Encoder, Prompt
from guidance.templates import TEMPLATES, agreement, best_templates, parse_templates
from limn.errors import InputError


def test_sets_of_templates_are_clips() -> None:
    everything, best = parse_templates("imagenet")[0], parse_templates("imagenet_best")[0]
    assert (len(everything), len(best)) == (80, 7)
    assert set(best) < set(everything)
    assert "itap of a {}." in best
    assert all(template.count("{}") == 1 for template in everything)


def test_sets_and_sentences_mix_in_a_list() -> None:
    assert parse_templates(["a sketch of {}", "imagenet_best"])[0][:2] == ("a sketch of {}", "itap of a {}.")
    assert parse_templates("imagenet:5") == (parse_templates("imagenet")[0], 5)
    assert parse_templates(()) == (("{}",), None)


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ("a photo", "template 'a photo' has no {} where the phrase goes; by name: actions, imagenet, imagenet_best"),
        ("imagenet:0", "templates: 'imagenet:0': expected a count from 1 to 80"),
        ("imagenet:81", "expected a count from 1 to 80"),
        ("imagenet:few", "expected a count from 1 to 80"),
        (["imagenet:5", "a {}"], "templates: 'imagenet:5' chooses among one set; expected it alone"),
    ],
)
def test_a_wrong_template_is_one_clear_line(templates: str | list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_templates(templates)
    assert message in str(caught.value)


def test_a_set_of_ones_own_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEMPLATES._found, "films", lambda: ("a film of {}",))
    assert Prompt.parse("a cat", "films").templates == ("a film of {}",)


def test_the_templates_that_agree_best_are_nearest_to_the_mean() -> None:
    near, far = torch.tensor([1.0, 0.1]), torch.tensor([-0.2, 1.0])
    rows = torch.stack([near, far, near + 0.01, near - 0.02])[:, None] * torch.tensor([1.0, 3.0])[None, :, None]
    mean = F.normalize(F.normalize(rows[:, 0], dim=-1).mean(dim=0), dim=0)
    torch.testing.assert_close(agreement(rows), F.normalize(rows[:, 0], dim=-1) @ mean)
    assert agreement(rows).argmin() == 1


def test_a_prompt_chooses_by_its_phrases_and_embeds_with_the_chosen(encoder: Encoder) -> None:
    prompt = Prompt.parse("cat | dog:-1", "imagenet_best:3")
    rows = encoder.encode_text(
        [template.replace("{}", text) for template in prompt.templates for text in ("cat", "dog")]
    )
    order = agreement(rows.view(7, 2, -1)).argsort(descending=True)[:3].sort().values
    chosen = tuple(prompt.templates[index] for index in order)
    assert prompt.chosen_templates(encoder) == chosen == best_templates(["cat", "dog"], encoder, prompt.templates, 3)
    torch.testing.assert_close(prompt.embed(encoder), Prompt.parse("cat | dog", chosen).embed(encoder))
