import pytest

from models.errors import BadModelFiles, BadRecipe
from models.training.recipe import checked, read_recipe

LEAST = 'kind = "tune"\nbase = "底座"\ndata = "数据.json"\nout = "结果"\n'


def write(path, content):
    path.write_text(content, "utf-8")
    return path


def test_G1_G2_the_defaults_are_the_seed_s_recipe():
    recipe = checked({"kind": "pretrain", "base": "b", "data": "d", "out": "o"}, source="test")
    form = recipe.lora
    assert (form.rank, form.alpha, form.dropout, form.whole) == (8, 32, 0.05, ("embed_tokens", "lm_head"))
    assert {*form.targets} == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert (recipe.block, recipe.epochs, recipe.validation) == (512, 1, 0.001)
    assert (recipe.learning_rate, recipe.warmup, recipe.weight_decay) == (2e-4, 0.05, 0.01)
    tuning = checked({"kind": "tune", "base": "b", "data": "d", "out": "o"}, source="test")
    assert (tuning.learning_rate, tuning.warmup, tuning.weight_decay) == (1e-4, 0.03, 0.0)
    assert checked({**tuning.model_dump(), "learning_rate": 3e-4}, source="test").learning_rate == 3e-4


def test_paths_are_relative_to_the_file_and_several_data_files_are_a_list(tmp_path):
    recipe = read_recipe(write(tmp_path / "训练.toml", LEAST))
    assert (recipe.base, recipe.out) == (tmp_path / "底座", tmp_path / "结果")
    assert recipe.data == (tmp_path / "数据.json",)
    assert recipe.cache_folder == tmp_path / ".training-cache"
    several = LEAST.replace('"数据.json"', f'["a.json", "{tmp_path / "x" / "b.json"}"]')
    assert read_recipe(write(tmp_path / "训练.toml", several)).data == (
        tmp_path / "a.json",
        tmp_path / "x" / "b.json",
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("learning_rat = 1e-4", "learning_rat"),
        ("block = 0", "block"),
        ('precision = "int8"', "precision"),
        ("[lora]\nrank = -1", "lora.rank"),
        ("validation = 1.0", "validation"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_value(tmp_path, line, key):
    with pytest.raises(BadRecipe) as caught:
        read_recipe(write(tmp_path / "训练.toml", LEAST + line))
    assert caught.value.values["setting"] == key
    assert str(caught.value).count("\n") == 0


def test_settings_of_the_other_kind_and_an_empty_training_are_refused(tmp_path):
    for line, why in (("pack = true", "for tuning"), ("[lora]\nonly_whole = true\nwhole = []", "trains nothing")):
        kind = LEAST.replace("tune", "pretrain")
        with pytest.raises(BadRecipe, match=why):
            read_recipe(write(tmp_path / "训练.toml", kind + line))


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path):
    with pytest.raises(BadRecipe, match="is not TOML"):
        read_recipe(write(tmp_path / "训练.toml", "kind = tune"))
    with pytest.raises(BadModelFiles, match="cannot be read"):
        read_recipe(tmp_path / "没有.toml")
