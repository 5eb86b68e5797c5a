// The recurrence of a GRU for XLA: what its calls bring, handed to the kernels that suit this processor.

#include "binding.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t batch, steps, units;
};

}  // namespace plait

#define PLAIT_KERNELS "gru_kernels.h"
#include "versions.h"

namespace plait {
namespace {

// Keeps nothing for a backward pass where there is no room for it: where `kept` has no elements.
ffi::Error Forward(ffi::ThreadPool pool, Array projected, Array h0, Array recurrent, Array bias, Mask mask, Result hs,
                   Result h_last, Result kept, bool backwards) {
  static const auto wide = PLAIT_BEST(Forward), narrow = PLAIT_BEST_BY_EIGHT(Forward);
  const auto shape = hs->dimensions();
  const Sizes n = {shape[0], shape[1], shape[2]};
  (IsByEight(n.units) ? narrow : wide)(pool, n, backwards, projected.typed_data(), h0.typed_data(),
                                       recurrent.typed_data(), bias.typed_data(), DataOf(mask), hs->typed_data(),
                                       RoomIn(kept), h_last->typed_data());
  return ffi::Error::Success();
}

ffi::Error Backward(ffi::ThreadPool pool, Array h0, Array transposed, Mask mask, Array hs, Array kept, Array dhs,
                    Array dh_last, Result d_projected, Result dh0, Result d_recurrent, Result d_bias, bool backwards) {
  static const auto wide = PLAIT_BEST(Backward), narrow = PLAIT_BEST_BY_EIGHT(Backward);
  const auto shape = hs.dimensions();
  const Sizes n = {shape[0], shape[1], shape[2]};
  (IsByEight(n.units) ? narrow : wide)(pool, n, backwards, h0.typed_data(), transposed.typed_data(), DataOf(mask),
                                       hs.typed_data(), kept.typed_data(), DataOf(dhs), dh_last.typed_data(),
                                       d_projected->typed_data(), dh0->typed_data(), d_recurrent->typed_data(),
                                       d_bias->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

// projected inputs, h0, recurrent kernel and its bias, mask (empty for none) -> hs, last h, and for the backward pass what
// it needs of each step (empty if there is to be none)
PLAIT_EXPORT(plait_gru_forward, plait::Forward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Mask>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<bool>("backwards"))

// h0, transposed recurrent kernel, mask (empty for none), hs, what was kept, cotangents of all hs (empty if only the last
// counts), of the last h -> gradients of the projected inputs, h0, the recurrent kernel and its bias
PLAIT_EXPORT(plait_gru_backward, plait::Backward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Mask>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<bool>("backwards"))
