// The recurrence of an LSTM for XLA: what its calls bring, handed to the kernels that suit this processor.

#include "binding.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t batch, steps, units;
};

}  // namespace plait

#define PLAIT_KERNELS "lstm_kernels.h"
#include "versions.h"

namespace plait {
namespace {

// Gives no outputs, and keeps nothing for a backward pass, where there is no room for them: no elements.
ffi::Error Forward(ffi::ThreadPool pool, Array projected, Array bias, Array h0, Array c0, Array recurrent, Mask mask,
                   Result hs, Result h_last, Result c_last, Result cs, Result gates, bool backwards) {
  static const auto wide = PLAIT_BEST(Forward), narrow = PLAIT_BEST_BY_EIGHT(Forward);
  const auto shape = projected.dimensions();
  const Sizes n = {shape[0], shape[1], h0.dimensions()[1]};
  (IsByEight(n.units) ? narrow : wide)(pool, n, backwards, projected.typed_data(), bias.typed_data(), h0.typed_data(),
                                       c0.typed_data(), recurrent.typed_data(), DataOf(mask), RoomIn(hs), RoomIn(cs),
                                       RoomIn(gates), h_last->typed_data(), c_last->typed_data());
  return ffi::Error::Success();
}

ffi::Error Backward(ffi::ThreadPool pool, Array h0, Array c0, Array transposed, Mask mask, Array hs, Array cs,
                    Array gates, Array dhs, Array dh_last, Array dc_last, Result dz, Result dh0, Result dc0,
                    Result d_recurrent, bool backwards) {
  static const auto wide = PLAIT_BEST(Backward), narrow = PLAIT_BEST_BY_EIGHT(Backward);
  const auto shape = cs.dimensions();
  const Sizes n = {shape[0], shape[1], shape[2]};
  (IsByEight(n.units) ? narrow : wide)(pool, n, backwards, h0.typed_data(), c0.typed_data(), transposed.typed_data(),
                                       DataOf(mask), hs.typed_data(), cs.typed_data(), gates.typed_data(), DataOf(dhs),
                                       dh_last.typed_data(), dc_last.typed_data(), dz->typed_data(), dh0->typed_data(),
                                       dc0->typed_data(), d_recurrent->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

// projected inputs, bias, h0, c0, recurrent kernel, mask (empty for none) -> hs (empty if only the last one is wanted),
// last h and c, and for the backward pass cs and gates (empty if there is to be none)
PLAIT_EXPORT(plait_lstm_forward, plait::Forward,
             .Arg<plait::Array>()
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
             .Attr<bool>("backwards"))

// h0, c0, transposed recurrent kernel, mask (empty for none), hs, cs, gates, cotangents of all hs (empty if only the last
// count), of the last h and c -> gradients of the projected inputs, h0, c0 and the recurrent kernel
PLAIT_EXPORT(plait_lstm_backward, plait::Backward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Mask>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<bool>("backwards"))
