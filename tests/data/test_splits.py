"""Splits: the counts that the sources ask for, folds that hold every example once, scores that mislead, and leaks."""

import pytest

from initviz.data.leaks import LEAKS, measured_leak
from initviz.data.nearest_mean import accuracy
from initviz.data.preparations import digit_images
from initviz.data.splits import FOLDS, SPLITS, accuracy_of_folds, mean_choice


@pytest.mark.parametrize(
    ("examples", "counts"),
    [(60_000, [48_000, 6_000, 6_000]), (500_000, [480_000, 10_000, 10_000]), (100_000, [80_000, 10_000, 10_000])],
)
def test_ten_thousand_or_a_tenth(examples: int, counts: list[int]) -> None:
    assert [part.size for part in SPLITS["three"].parts(examples)] == counts


@pytest.mark.parametrize("split", SPLITS.values(), ids=lambda split: split.id)
@pytest.mark.parametrize("examples", [50, 1797, 60_000, 500_001])
def test_every_example_has_a_part(split, examples: int) -> None:  # type: ignore[no-untyped-def]
    parts = split.parts(examples)
    assert sum(part.size for part in parts) == examples
    if split.id == "folds":
        assert [part.name for part in parts] == [*(f"fold {k}" for k in range(1, FOLDS + 1)), "test"]
        assert max(part.size for part in parts[:-1]) - min(part.size for part in parts[:-1]) <= 1


def test_folds_of_the_digits_spread() -> None:
    """A fold of n examples scatters by sqrt(p (1 - p) / n), a point here, and the network is worth its training."""
    rounds = accuracy_of_folds()
    sizes = [part.size for part in SPLITS["folds"].parts(len(digit_images()[0]))[:-1]]
    assert sorted(one.validated for one in rounds) == sorted(sizes)
    assert all(one.trained + one.validated == sum(sizes) for one in rounds)
    scores = [one.accuracy for one in rounds]
    assert min(scores) > 0.9
    assert 0.001 < max(scores) - min(scores) < 0.08


def test_who_chooses_by_the_test_part_is_misled() -> None:
    """The best of 100 on 50 examples is several standard errors too good: one has sqrt(.25 / 50) = 7 points."""
    best = mean_choice(5)
    assert best.chosen > best.fresh + 0.05


def test_features_chosen_with_the_test_labels_find_what_is_not_there() -> None:
    """Ten splits of 40 coins: the honest score is one half within four standard errors."""
    mean, spread = measured_leak(LEAKS["selection"])
    assert mean.training == pytest.approx(0.5, abs=4 * (0.25 / 400) ** 0.5)
    assert mean.all > 0.75
    assert spread.all > 0


def test_means_of_a_hundred_digits_are_nearly_those_of_all() -> None:
    mean, _ = measured_leak(LEAKS["standardize"], 5)
    assert abs(mean.all - mean.training) < 0.02
    assert measured_leak(LEAKS["whiten"], 2)[0].training > 0.5


def test_the_nearest_mean() -> None:
    images, labels = digit_images()
    assert accuracy((images[:1], labels[:1]), (images[:1], labels[:1])) == 1
    assert accuracy((images, labels), (images, labels)) > 0.85
