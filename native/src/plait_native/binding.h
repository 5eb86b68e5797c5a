// What binds a kernel to XLA: short names for what its calls bring, and the function that its library shows.

#pragma once

#include "parallel.h"

namespace plait {

using Array = xla::ffi::Buffer<xla::ffi::F32>;
using Mask = xla::ffi::Buffer<xla::ffi::PRED>;
using Result = xla::ffi::ResultBuffer<xla::ffi::F32>;
using Integers = xla::ffi::Span<const int64_t>;

// An empty array stands for one that is not there.
inline const float* DataOf(const Array& array) { return array.element_count() ? array.typed_data() : nullptr; }
inline const bool* DataOf(const Mask& mask) { return mask.element_count() ? mask.typed_data() : nullptr; }
inline float* RoomIn(Result& result) { return result->element_count() ? result->typed_data() : nullptr; }

// Units are padded to whole vectors of eight, on every processor; whether they are no whole vectors of sixteen.
inline bool IsByEight(int64_t units) { return units % 16 != 0; }

}  // namespace plait

// Shows `implementation` to XLA under a name; what follows says what it takes and gives besides the threads.
#define PLAIT_EXPORT(name, implementation, ...)                                                      \
  extern "C" __attribute__((visibility("default"))) XLA_FFI_Error* name(XLA_FFI_CallFrame* frame) { \
    static auto* kernel =                                                                            \
        xla::ffi::Ffi::Bind().Ctx<xla::ffi::ThreadPool>() __VA_ARGS__.To(implementation).release();  \
    return kernel->Call(frame);                                                                      \
  }
