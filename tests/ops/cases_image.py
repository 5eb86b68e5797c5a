"""Calls of functions of images. A call is a name, positional arguments, keyword arguments."""

import numpy as np

_RANDOM = np.random.default_rng(0)
IMAGES = _RANDOM.uniform(size=(2, 6, 8, 3)).astype("float32")
OTHERS = (0.7 * IMAGES + _RANDOM.uniform(0, 0.3, IMAGES.shape)).astype("float32")
LARGE = _RANDOM.uniform(size=(2, 13, 12, 2)).astype("float32")
NOISY = np.clip(LARGE + _RANDOM.normal(0, 0.2, LARGE.shape), 0, 1).astype("float32")
VOLUMES = _RANDOM.uniform(size=(2, 4, 3, 4, 2)).astype("float32")
BYTES = (IMAGES * 255).astype("uint8")
WHOLE = (IMAGES * 200 - 100).astype("int32")

LAST = {"data_format": "channels_last"}
FIRST = {"data_format": "channels_first"}


def channels_first(images):
    return np.moveaxis(images, -1, -3).copy()


FIRST_IMAGES = channels_first(IMAGES)

# a0, a1, a2, b0, b1, b2 and two zeros
TRANSFORMS = np.array([[1.1, 0.2, -1.3, -0.3, 0.9, 0.7, 0, 0], [0.6, -0.1, 2.2, 0.2, 1.4, -3.1, 0, 0]], "float32")
SHIFT = [1, 0, -2, 0, 1, 1, 0, 0]
CORNERS = np.array([[0, 0], [7, 0], [0, 5], [7, 5]], "float32")
STARTS = np.stack([CORNERS, CORNERS])
ENDS = (STARTS + _RANDOM.uniform(-1, 1, STARTS.shape)).astype("float32")

CALLS = [
    # Sizes
    ("resize", (IMAGES, (3, 5)), {}),
    ("resize", (IMAGES[0], (12, 4)), {"interpolation": "nearest"}),
    ("resize", (IMAGES, [3, 4]), {"interpolation": "bicubic", "antialias": True}),
    ("resize", (FIRST_IMAGES, (3, 5)), FIRST),
    ("resize", (IMAGES, (4, 4)), {"crop_to_aspect_ratio": True}),
    ("resize", (IMAGES, (4, 4)), {"pad_to_aspect_ratio": True, "fill_value": 2.0}),
    ("resize", (FIRST_IMAGES, (4, 9)), {"pad_to_aspect_ratio": True, **FIRST}),
    ("resize", (BYTES, (9, 5)), {}),
    ("resize", (BYTES, (9, 5)), {"interpolation": "nearest"}),
    ("resize", (BYTES[0], (9, 5)), {"interpolation": "bicubic"}),
    ("crop_images", (IMAGES, 1, 2, 3, 0), {}),
    ("crop_images", (IMAGES, 1, 2), {"target_height": 4, "target_width": 5}),
    ("crop_images", (FIRST_IMAGES[0],), {"bottom_cropping": 1, "right_cropping": 2, "target_height": 4,
                                         "target_width": 5, **FIRST}),
    ("pad_images", (IMAGES, 1, 2, 3, 0), {}),
    ("pad_images", (IMAGES, 1, 2), {"target_height": 9, "target_width": 12}),
    ("pad_images", (FIRST_IMAGES[0],), {"bottom_padding": 1, "right_padding": 2, "target_height": 8,
                                        "target_width": 11, **FIRST}),
    # Colors
    ("rgb_to_grayscale", (IMAGES,), {}),
    ("rgb_to_grayscale", (FIRST_IMAGES[0],), FIRST),
    ("rgb_to_grayscale", (BYTES,), {}),
    ("rgb_to_grayscale", (IMAGES[..., :1],), {}),
    *((name, (IMAGES,), {}) for name in ("rgb_to_hsv", "hsv_to_rgb")),
    *((name, (FIRST_IMAGES[0],), FIRST) for name in ("rgb_to_hsv", "hsv_to_rgb")),
    # Moving
    ("map_coordinates", (IMAGES[0, :, :, 0], np.float32([[0.5, 2.2, 9.0], [1.5, 3.9, 1.0]]), 1), {}),
    ("map_coordinates", (IMAGES[0, :, :, 0], np.float32([[0.6, -2.2], [1.4, 3.9]]), 0), {"fill_mode": "reflect"}),
    ("scale_and_translate", (IMAGES, (2, 4, 5, 3), [0.5, 0.7], [1.0, -0.5], (1, 2), "linear"), {}),
    *(
        ("affine_transform", (IMAGES, TRANSFORMS, interpolation, fill_mode, 0.4), {})
        for interpolation, fill_mode in [("bilinear", "constant"), ("nearest", "wrap"), ("bilinear", "mirror")]
    ),
    ("affine_transform", (IMAGES[0], TRANSFORMS[0]), {}),
    ("affine_transform", (IMAGES[0], TRANSFORMS[:1]), {"fill_mode": "wrap"}),
    ("affine_transform", (IMAGES[:1], SHIFT), {"fill_value": 2}),
    ("affine_transform", (FIRST_IMAGES, TRANSFORMS), {"fill_value": 0.4, **FIRST}),
    ("affine_transform", (FIRST_IMAGES[0], TRANSFORMS[1]), {"fill_mode": "reflect", **FIRST}),
    ("affine_transform", (BYTES, TRANSFORMS), {"fill_value": 7}),
    ("affine_transform", (BYTES[0], [1, 0, 0.5, 0, 1, 0, 0, 0]), {"fill_mode": "nearest"}),
    ("perspective_transform", (IMAGES, STARTS, ENDS), {}),
    ("perspective_transform", (IMAGES, STARTS, ENDS), {"interpolation": "nearest", "fill_value": 0.3}),
    ("perspective_transform", (IMAGES[0], STARTS[0], ENDS[0]), {"fill_value": 0.3}),
    ("perspective_transform", (IMAGES[0], STARTS[:1], ENDS[:1]), LAST),
    ("perspective_transform", (FIRST_IMAGES, STARTS, ENDS), FIRST),
    ("perspective_transform", (FIRST_IMAGES[0], STARTS[1], ENDS[1]), {"fill_value": 1, **FIRST}),
    ("perspective_transform", (BYTES, STARTS, ENDS), {"fill_value": 9}),
    # Neighborhoods
    ("extract_patches", (IMAGES, 2), {}),
    ("extract_patches", (IMAGES[0], (3, 2)), {"strides": (1, 2), "padding": "same"}),
    ("extract_patches", (FIRST_IMAGES, 2), {"strides": 1, "dilation_rate": 2, **FIRST}),
    ("extract_patches", (VOLUMES, (2, 1, 2)), {}),
    ("extract_patches_3d", (VOLUMES, 2), {"strides": 1}),
    # Genuine Keras takes the channels as first where it is told nothing.
    ("gaussian_blur", (IMAGES,), LAST),
    ("gaussian_blur", (IMAGES, (5, 3), (0.7, 2.0)), LAST),
    ("gaussian_blur", (IMAGES, [4, 9], [1.2, 3.0]), LAST),
    ("gaussian_blur", (IMAGES[0], (1, 3)), LAST),
    ("gaussian_blur", (FIRST_IMAGES, (3, 5), (0.5, 1.5)), FIRST),
    ("gaussian_blur", (FIRST_IMAGES[0],), FIRST),
    ("sobel_edges", (IMAGES,), {}),
    ("sobel_edges", (IMAGES[:, :1],), LAST),
    ("sobel_edges", (FIRST_IMAGES,), FIRST),
    ("sobel_edges", (WHOLE,), {}),
    ("ssim", (LARGE, NOISY), {}),
    ("ssim", (LARGE[0], NOISY[0]), LAST),
    ("ssim", (LARGE * 255, NOISY * 255, 255.0), {}),
    ("ssim", (IMAGES, OTHERS, 1.0, 5, 0.8), {"k1": 0.02, "k2": 0.1}),
    ("ssim", (IMAGES, OTHERS), {"filter_size": 4}),
    ("ssim", (IMAGES, 1 - IMAGES), {"filter_size": 3}),
    ("ssim", (FIRST_IMAGES, channels_first(OTHERS)), {"filter_size": 5, "filter_sigma": 3.0, **FIRST}),
    ("ssim", (FIRST_IMAGES[0], channels_first(OTHERS[0])), {"filter_size": 6, **FIRST}),
]  # fmt: skip

# A mistake is a name, arguments, and what is said of them.
MISTAKES = [
    ("resize", (IMAGES, (3, 5), "bilnear"), {}, "Unknown interpolation 'bilnear'. Did you mean \"bilinear\""),
    ("resize", (IMAGES[0, 0], (3, 5)), {}, r"three axes, or four with a batch, got the shape \(8, 3\)"),
    ("resize", (IMAGES, (3, 5)), {"fill_mode": "wrap"}, 'pads with fill_mode "constant" only'),
    ("resize", (IMAGES, (3, 5, 3)), {}, r"a height and a width for size, both above 0, got \(3, 5, 3\)"),
    ("resize", (IMAGES, (0, 5)), {}, r"both above 0, got \(0, 5\)"),
    ("resize", (IMAGES, (3, 5)), {"data_format": "channel_first"}, "Unknown data_format 'channel_first'"),
    ("crop_images", (IMAGES, 1, 2), {}, "crop_images needs two of three numbers for each direction"),
    ("crop_images", (IMAGES, 4, 2, 4, 2), {}, "None may be below 0"),
    ("pad_images", (IMAGES, 1, 2), {}, "pad_images needs two of three numbers for each direction"),
    ("pad_images", (IMAGES, 1, 2), {"target_height": 3, "target_width": 12}, "None may be below 0"),
    ("rgb_to_grayscale", (IMAGES[..., :2],), {}, r"three channels, got the shape \(2, 6, 8, 2\)"),
    ("rgb_to_hsv", (IMAGES[..., :2],), {}, r"floating images of three channels, got float32 of the shape"),
    ("hsv_to_rgb", (BYTES,), {}, "got uint8 of the shape"),
    ("hsv_to_rgb", (IMAGES, "first"), {}, "Unknown data_format 'first'"),
    ("map_coordinates", (IMAGES, np.ones((2, 3)), 1), {}, r"coordinates of shape \(4, ...\)"),
    ("map_coordinates", (IMAGES[0, 0], np.ones((2, 3)), 1, "warp"), {}, "Unknown fill_mode 'warp'. Did you mean"),
    ("affine_transform", (IMAGES, SHIFT, "cubic"), {}, "Unknown interpolation 'cubic'"),
    ("affine_transform", (IMAGES, SHIFT), {"fill_mode": "reflected"}, "Unknown fill_mode 'reflected'. Did you mean"),
    ("affine_transform", (IMAGES[0, 0], SHIFT), {}, "Images have three axes, or four with a batch"),
    ("affine_transform", (IMAGES, SHIFT[:6]), {}, r"transform of shape \(8,\), or \(batch, 8\), got \(6,\)"),
    ("affine_transform", (IMAGES, [SHIFT] * 3), {}, "2 images are moved by one transform for all, .* got 3"),
    ("affine_transform", (IMAGES, SHIFT), {"data_format": "NCHW"}, "Unknown data_format 'NCHW'"),
    ("perspective_transform", (IMAGES, CORNERS, CORNERS, "linear"), {}, "Unknown interpolation 'linear'"),
    ("perspective_transform", (IMAGES[0, 0], CORNERS, CORNERS), {}, "Images have three axes"),
    ("perspective_transform", (IMAGES, CORNERS[:3], CORNERS[:3]), {}, r"of shape \(4, 2\), .* got \(3, 2\) and"),
    ("perspective_transform", (IMAGES, STARTS, CORNERS), {}, r"got \(2, 4, 2\) and \(4, 2\)"),
    ("elastic_transform", (IMAGES, 1.0, 0), {}, "a number above 0 for sigma, got 0"),
    ("elastic_transform", (IMAGES,), {"interpolation": "bicubic"}, "Unknown interpolation 'bicubic'"),
    ("elastic_transform", (IMAGES,), {"fill_mode": "edge"}, "Unknown fill_mode 'edge'"),
    ("elastic_transform", (IMAGES[0, 0],), {}, "Images have three axes"),
    ("elastic_transform", (IMAGES,), {"seed": -1}, "A seed is an integer from 0"),
    ("gaussian_blur", (IMAGES[0, 0],), {}, "Images have three axes"),
    ("gaussian_blur", (IMAGES, (3, 0)), {}, "kernel_size needs a positive integer or 2 of them"),
    ("gaussian_blur", (IMAGES,), {"sigma": (1.0, 0.0)}, "numbers above 0 for sigma"),
    ("gaussian_blur", (IMAGES,), {"data_format": "last"}, "Unknown data_format 'last'"),
    ("sobel_edges", (IMAGES[0, 0],), {}, "Images have three axes"),
    ("sobel_edges", (BYTES,), {}, "a dtype with numbers below 0, .* got uint8"),
    ("ssim", (IMAGES, IMAGES[:1]), {}, "ssim compares images of one shape"),
    ("ssim", (IMAGES[0, 0], IMAGES[0, 0]), {}, "Images have three axes"),
    ("ssim", (IMAGES, IMAGES), {}, "a filter_size from 1 to 6, .* got 11"),
    ("ssim", (LARGE, LARGE), {"filter_sigma": 0}, "a filter_sigma above 0, got 11 and 0"),
]
