// A product of matrices for XLA: what its call brings, handed to the kernel that suits this processor.

#include "binding.h"

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

ffi::Error Multiply(ffi::ThreadPool pool, Array inputs, Array matrix, Result outputs) {
  static const auto run = PLAIT_BEST(Multiply);
  const auto shape = inputs.dimensions();
  run(pool, {shape[0], shape[1], matrix.dimensions()[1]}, inputs.typed_data(), matrix.typed_data(),
      outputs->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

// inputs, matrix -> their product
PLAIT_EXPORT(plait_dense_multiply, plait::Multiply,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>())
