import io
import sys

import matplotlib
import pytest
from PIL import Image

import plait
from plait.reports.drawing import raster
from plait.reports.drawing.diagram import diagram_of
from plait.reports.drawing.picture import picture_of
from plait.reports.drawing.shapes import Path, Picture, Rectangle, Text
from plait.reports.drawing.wording import Shown
from tests.reports.drawing.models import nested

WHITE = Rectangle(0.0, 0.0, 72.0, 36.0, "#ffffff")


def opened(picture, format="png", dpi=72):
    return Image.open(io.BytesIO(raster.drawn(picture, format, dpi))).convert("RGB")


@pytest.mark.parametrize("format", ["png", "jpg", "jpeg", "webp"])
def test_an_image_has_the_size_of_the_picture_in_inches_times_dpi(format):
    picture = picture_of(diagram_of(nested(plait), Shown(names=True), expand_nested=True))

    image = opened(picture, format, 150)

    assert image.size == (
        pytest.approx(picture.width * 150 / 72, abs=1),
        pytest.approx(picture.height * 150 / 72, abs=1),
    )


@pytest.mark.parametrize(("format", "start"), [("pdf", b"%PDF"), ("eps", b"%!PS")])
def test_other_files_are_what_their_names_say(format, start):
    assert raster.drawn(Picture("one", 72.0, 36.0, [WHITE]), format, 200).startswith(start)


def test_shapes_are_drawn_where_they_stand_and_over_those_before():
    triangle = (("M", ((40.0, 10.0),)), ("L", ((60.0, 10.0),)), ("L", ((40.0, 30.0),)), ("Z", ()))
    shapes = [WHITE, Path(triangle, fill="#ff0000"), Rectangle(4.0, 4.0, 20.0, 10.0, "#0000ff"),
              Rectangle(14.0, 4.0, 10.0, 10.0, "#00ff00")]  # fmt: skip

    image = opened(Picture("some", 72.0, 36.0, shapes))

    points = {(8, 8): (0, 0, 255), (18, 8): (0, 255, 0), (44, 14): (255, 0, 0), (58, 28): (255, 255, 255),
              (8, 18): (255, 255, 255)}  # fmt: skip
    assert {point: image.getpixel(point) for point in points} == points


def test_text_is_no_formula_and_the_user_s_settings_are_left_alone():
    words = [WHITE, Text(4.0, 20.0, "$x$ $", 12.0, "#000000")]
    plain = opened(Picture("words", 72.0, 36.0, words))

    with matplotlib.rc_context(
        {"savefig.bbox": "tight", "font.size": 40, "font.family": "monospace", "lines.linewidth": 9}
    ):
        before = dict(matplotlib.rcParams)
        image = opened(Picture("words", 72.0, 36.0, words))
        assert dict(matplotlib.rcParams) == before

    assert image.tobytes() == plain.tobytes()
    assert min(image.convert("L").tobytes()) < 128


@pytest.mark.parametrize(
    ("width", "height", "said"), [(72.0, 72_000.0, "200 x 200,000 pixels"), (9e3, 9e3, "25,000 x 25,000 pixels")]
)
def test_a_picture_too_large_for_a_file_is_drawn_smaller_which_is_said(width, height, said, monkeypatch):
    dpi = []
    monkeypatch.setattr(raster, "_figure", lambda picture, number: dpi.append(number) or Saved())

    with pytest.warns(UserWarning, match=said):
        raster.drawn(Picture("large", width, height, []), "png", 200)

    sides = width * dpi[0] / 72, height * dpi[0] / 72
    assert max(sides) <= 65_001
    assert sides[0] * sides[1] < Image.MAX_IMAGE_PIXELS * 2  # beyond which Pillow refuses


class Saved:
    def savefig(self, file, format):
        """Writes nothing."""


def test_no_package_is_needed_but_matplotlib_which_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r"matplotlib(?s:.*)pip install 'plait\[plot\]'(?s:.*)\"model\.svg\""):
        raster.drawn(Picture("one", 72.0, 36.0, [WHITE]), "png", 200)
