// The recurrence of an LSTM for XLA: what its calls bring, handed to the kernels that suit this processor.

#include "parallel.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t batch, steps, units;
};

}  // namespace plait

// Units are padded to whole vectors of eight, on every processor.
#define PLAIT_KERNELS "lstm_kernels.h"
#define PLAIT_WIDEST 8
#include "versions.h"

namespace plait {
namespace {

using Array = ffi::Buffer<ffi::F32>;
using Result = ffi::ResultBuffer<ffi::F32>;
using Mask = ffi::Buffer<ffi::PRED>;

// An empty mask means that all steps are real.
const bool* DataOf(const Mask& mask) { return mask.element_count() ? mask.typed_data() : nullptr; }

// Keeps nothing for a backward pass where there is no room for it: where `gates` has no elements.
ffi::Error Forward(ffi::ThreadPool pool, Array projected, Array h0, Array c0, Array recurrent, Mask mask, Result hs,
                   Result h_last, Result c_last, Result cs, Result gates, bool backwards) {
  static const auto run = PLAIT_BEST(Forward);
  const auto shape = hs->dimensions();
  run(pool, {shape[0], shape[1], shape[2]}, backwards, projected.typed_data(), h0.typed_data(), c0.typed_data(),
      recurrent.typed_data(), DataOf(mask), hs->typed_data(), cs->typed_data(),
      gates->element_count() ? gates->typed_data() : nullptr, h_last->typed_data(), c_last->typed_data());
  return ffi::Error::Success();
}

ffi::Error Backward(ffi::ThreadPool pool, Array c0, Array transposed, Mask mask, Array cs, Array gates, Array dhs,
                    Array dh_last, Array dc_last, Result dz, Result dh0, Result dc0, bool backwards) {
  static const auto run = PLAIT_BEST(Backward);
  const auto shape = cs.dimensions();
  run(pool, {shape[0], shape[1], shape[2]}, backwards, c0.typed_data(), transposed.typed_data(), DataOf(mask),
      cs.typed_data(), gates.typed_data(), dhs.typed_data(), dh_last.typed_data(), dc_last.typed_data(),
      dz->typed_data(), dh0->typed_data(), dc0->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

#define PLAIT_EXPORT extern "C" __attribute__((visibility("default")))

PLAIT_EXPORT XLA_FFI_Error* plait_lstm_forward(XLA_FFI_CallFrame* frame) {
  static auto* kernel = ffi::Ffi::Bind()
                            .Ctx<ffi::ThreadPool>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Mask>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Attr<bool>("backwards")
                            .To(plait::Forward)
                            .release();
  return kernel->Call(frame);
}

PLAIT_EXPORT XLA_FFI_Error* plait_lstm_backward(XLA_FFI_CallFrame* frame) {
  static auto* kernel = ffi::Ffi::Bind()
                            .Ctx<ffi::ThreadPool>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Mask>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Arg<plait::Array>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Ret<plait::Array>()
                            .Attr<bool>("backwards")
                            .To(plait::Backward)
                            .release();
  return kernel->Call(frame);
}
