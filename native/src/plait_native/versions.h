// Compiles the file PLAIT_KERNELS once for each kind of processor, and chooses one when the library is loaded.
//
// Included once in a source file, after every header that it needs: what stands in one of the versions is compiled for
// processors that others lack, and nothing else may be. Each is the source file's own: kernels share names.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#define PLAIT_INLINE inline __attribute__((always_inline))

#define PLAIT_LANES 8
namespace plait {
namespace {
namespace for_any {
#include "vectors.h"

#include PLAIT_KERNELS
}  // namespace for_any
}  // namespace
}  // namespace plait

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2")
namespace plait {
namespace {
namespace for_avx2 {
#include "vectors.h"

#include PLAIT_KERNELS
}  // namespace for_avx2
}  // namespace
}  // namespace plait
#pragma GCC pop_options

#undef PLAIT_LANES
#define PLAIT_LANES 16
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2")
namespace plait {
namespace {
namespace for_avx512 {
#include "vectors.h"

#include PLAIT_KERNELS
}  // namespace for_avx512
}  // namespace
}  // namespace plait
#pragma GCC pop_options

namespace plait {
template <typename Function>
Function Best(Function avx512, Function avx2, Function any) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return any;
  return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? avx512 : avx2;
}
}  // namespace plait
#define PLAIT_BEST(name) plait::Best(&plait::for_avx512::name, &plait::for_avx2::name, &plait::for_any::name)
// The best of those that take eight floats at a time.
#define PLAIT_BEST_BY_EIGHT(name) plait::Best(&plait::for_avx2::name, &plait::for_avx2::name, &plait::for_any::name)

#else
#define PLAIT_BEST(name) (&plait::for_any::name)
#define PLAIT_BEST_BY_EIGHT(name) PLAIT_BEST(name)
#endif
