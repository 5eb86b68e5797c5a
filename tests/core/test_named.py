import copy
import pickle

import pytest

from plait.utils import Config
from tests.genuine import genuine_keras


def changed(cls):
    config = cls(rate=0.1, momentum=0.9)
    config.epochs = 10
    config["seed"] = 7
    del config["momentum"]
    config.update({"seed": 8}, name="mine")
    return config


ASKED = {
    "an attribute": lambda config: config.rate,
    "an item": lambda config: config["epochs"],
    "as_dict": lambda config: config.as_dict(),
    "to_json": lambda config: config.to_json(),
    "names": lambda config: list(config),
    "length": len,
    "contains": lambda config: ("seed" in config, "momentum" in config),
    "items": lambda config: dict(config.items()),
    "keys and values": lambda config: (set(config.keys()), set(config.values())),
    "get": lambda config: (config.get("rate"), config.get("other"), config.get("other", 3)),
    "pop": lambda config: (config.pop("rate"), config.pop("other", 4), "rate" in config),
    "frozen": lambda config: config.frozen,
    "repr": repr,
}


@pytest.mark.parametrize("asked", ASKED)
def test_it_answers_as_keras_does(asked):
    with genuine_keras() as keras:
        expected = ASKED[asked](changed(keras.utils.Config))
    assert ASKED[asked](changed(Config)) == expected


CHANGES = {
    "an attribute": lambda config: setattr(config, "rate", 1),
    "a new one": lambda config: setattr(config, "other", 1),
    "an item": lambda config: config.__setitem__("rate", 1),
    "without": lambda config: config.__delitem__("rate"),
    "pop": lambda config: config.pop("rate"),
    "update": lambda config: config.update(rate=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_once_it_is_frozen_it_is_not_changed_until_it_is_thawed(change):
    config = Config(rate=0.1)
    config.freeze()

    with pytest.raises(ValueError, match="The Config is frozen"):
        CHANGES[change](config)

    assert (config.frozen, config.as_dict()) == (True, {"rate": 0.1})
    config.unfreeze()
    CHANGES[change](config)
    assert config.as_dict() != {"rate": 0.1}


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        (lambda config: config.raet, AttributeError, "The Config has no 'raet'. Did you mean \"rate\""),
        (lambda config: config["raet"], KeyError, "The Config has no .*raet.*Did you mean .*rate"),
        (lambda config: setattr(config, "items", 1), AttributeError, r"Write config\['items'\]"),
    ],
)
def test_a_name_that_is_not_there_or_not_free_is_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake(Config(rate=0.1))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda config: pickle.loads(pickle.dumps(config))])
def test_it_can_be_copied(copied):
    config = Config(rate=0.1)
    config.freeze()

    again = copied(config)

    assert (again.as_dict(), again.frozen) == ({"rate": 0.1}, True)
