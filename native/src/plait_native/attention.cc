// Attention for XLA: what its calls bring, handed to the kernels that suit this processor.

#include "binding.h"

namespace ffi = xla::ffi;

namespace plait {

struct Sizes {
  int64_t batch, targets, sources, heads, size, features;
  float scale;
};

// Which sources each target attends to: (batch, heads, targets, sources), each but the last maybe 1; or empty, for all.
struct Mask4 {
  const bool* data;
  int64_t example_step, head_step, target_step;

  const bool* Row(int64_t example, int64_t head, int64_t target) const {
    return data ? data + example * example_step + head * head_step + target * target_step : nullptr;
  }
};

}  // namespace plait

#define PLAIT_KERNELS "attention_kernels.h"
#include "versions.h"

namespace plait {
namespace {

Sizes SizesOf(const Array& query, const Array& key, const Array& value, float scale) {
  const auto targets = query.dimensions();
  return {targets[0], targets[1], key.dimensions()[1], targets[2], targets[3], value.dimensions()[3], scale};
}

Mask4 MaskOf(const Mask& mask) {
  const auto shape = mask.dimensions();
  const int64_t target = shape[3], head = shape[2] * target, example = shape[1] * head;
  return {DataOf(mask), shape[0] > 1 ? example : 0, shape[1] > 1 ? head : 0, shape[2] > 1 ? target : 0};
}

ffi::Error Forward(ffi::ThreadPool pool, Array query, Array key, Array value, Mask mask, Result outputs, Result kept,
                   float scale) {
  static const auto run = PLAIT_BEST(Forward);
  run(pool, SizesOf(query, key, value, scale), MaskOf(mask), query.typed_data(), key.typed_data(), value.typed_data(),
      outputs->typed_data(), kept->typed_data());
  return ffi::Error::Success();
}

ffi::Error Backward(ffi::ThreadPool pool, Array query, Array key, Array value, Mask mask, Array outputs, Array kept,
                    Array d_outputs, Result d_query, Result d_key, Result d_value, float scale) {
  static const auto run = PLAIT_BEST(Backward);
  run(pool, SizesOf(query, key, value, scale), MaskOf(mask), query.typed_data(), key.typed_data(), value.typed_data(),
      outputs.typed_data(), kept.typed_data(), d_outputs.typed_data(), d_query->typed_data(), d_key->typed_data(),
      d_value->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace plait

// query, key, value, mask (empty for none) -> outputs, and for the backward pass the largest score of each target with
// one over the sum of its weights
PLAIT_EXPORT(plait_attention_forward, plait::Forward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Mask>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<float>("scale"))

// query, key, value, mask, what the forward pass gave, cotangents of the outputs -> gradients of query, key and value
PLAIT_EXPORT(plait_attention_backward, plait::Backward,
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Mask>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Arg<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Ret<plait::Array>()
             .Attr<float>("scale"))
