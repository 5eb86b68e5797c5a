// A product of matrices for XLA: what its call brings, handed to the kernel that suits this processor.

#include "parallel.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t rows, depth, columns;
};

}  // namespace plait

#define PLAIT_KERNELS "dense_kernels.h"
#include "versions.h"

namespace plait {
namespace {

using Array = ffi::Buffer<ffi::F32>;

ffi::Error Multiply(ffi::ThreadPool pool, Array inputs, Array matrix, ffi::ResultBuffer<ffi::F32> outputs) {
  static const auto run = PLAIT_BEST(Multiply);
  const auto shape = inputs.dimensions();
  run(pool, {shape[0], shape[1], matrix.dimensions()[1]}, inputs.typed_data(), matrix.typed_data(),
      outputs->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

#define PLAIT_EXPORT extern "C" __attribute__((visibility("default")))

// inputs, matrix -> their product
PLAIT_EXPORT XLA_FFI_Error* plait_dense_multiply(XLA_FFI_CallFrame* frame) {
  static auto* kernel = ffi::Ffi::Bind()
                            .Ctx<ffi::ThreadPool>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Ret<plait::Array>()
                            .To(plait::Multiply)
                            .release();
  return kernel->Call(frame);
}
