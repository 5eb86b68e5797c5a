// Convolutions for XLA: what its calls bring, handed to the kernels that suit this processor.

#include "binding.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t batch, height, width, channels;   // of the inputs
  int64_t taps_y, taps_x, filters;          // of the kernel
  int64_t rows, columns;                    // of the outputs
  int64_t stride_y, stride_x, dilation_y, dilation_x;

  int64_t places() const { return rows * columns; }
  int64_t elements() const { return taps_y * taps_x * channels; }
  int64_t image() const { return height * width * channels; }
  // Where the window of a place begins in its image, and a tap in its window.
  int64_t window(int64_t place) const {
    return (place / columns * stride_y * width + place % columns * stride_x) * channels;
  }
  int64_t tap(int64_t y, int64_t x) const { return (y * dilation_y * width + x * dilation_x) * channels; }
};

}  // namespace plait

#define PLAIT_KERNELS "convolution_kernels.h"
#include "versions.h"

namespace plait {
namespace {

// geometry: strides and dilation, down and across.
Sizes SizesOf(Integers inputs, Integers kernel, Integers outputs, Integers geometry) {
  return {inputs[0],  inputs[1],  inputs[2],   inputs[3],   kernel[0],   kernel[1],  kernel[3],
          outputs[1], outputs[2], geometry[0], geometry[1], geometry[2], geometry[3]};
}

ffi::Error Forward(ffi::ThreadPool pool, Array inputs, Array kernel, Array bias, Result outputs, Integers geometry,
                   bool rectified) {
  static const auto run = PLAIT_BEST(Forward);
  run(pool, SizesOf(inputs.dimensions(), kernel.dimensions(), outputs->dimensions(), geometry), inputs.typed_data(),
      kernel.typed_data(), DataOf(bias), rectified, outputs->typed_data());
  return ffi::Error::Success();
}

ffi::Error KernelGradient(ffi::ThreadPool pool, Array inputs, Array cotangents, Array outputs, Result d_kernel,
                          Result d_bias, Integers geometry) {
  static const auto run = PLAIT_BEST(KernelGradient);
  run(pool, SizesOf(inputs.dimensions(), d_kernel->dimensions(), cotangents.dimensions(), geometry),
      inputs.typed_data(), cotangents.typed_data(), DataOf(outputs), d_kernel->typed_data(), d_bias->typed_data());
  return ffi::Error::Success();
}

ffi::Error InputsGradient(ffi::ThreadPool pool, Array kernel, Array cotangents, Array outputs, Result d_inputs,
                          Integers geometry) {
  static const auto run = PLAIT_BEST(InputsGradient);
  run(pool, SizesOf(d_inputs->dimensions(), kernel.dimensions(), cotangents.dimensions(), geometry),
      kernel.typed_data(), cotangents.typed_data(), DataOf(outputs), d_inputs->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

// inputs, kernel, bias (empty for none) -> outputs
PLAIT_EXPORT(plait_convolution_forward, plait::Forward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Attr<plait::Integers>("geometry")
             .Attr<bool>("rectified"))

// inputs, cotangents, outputs (empty if not rectified) -> gradients of kernel and bias
PLAIT_EXPORT(plait_convolution_kernel_gradient, plait::KernelGradient,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<plait::Integers>("geometry"))

// kernel, cotangents, outputs (empty if not rectified) -> gradient of the inputs
PLAIT_EXPORT(plait_convolution_inputs_gradient, plait::InputsGradient,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Attr<plait::Integers>("geometry"))
