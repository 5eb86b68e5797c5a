// Work in parts, on XLA's own threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "xla/ffi/api/ffi.h"

namespace plait {

// Calls work(part) for each part from 0 to parts - 1, and returns when all are done.
//
// The calling thread takes parts too, so nothing waits for a thread that never comes: a helper that starts late finds
// no part left, and touches nothing but the counters, which it shares the ownership of.
template <typename Work>
void InParts(xla::ffi::ThreadPool& pool, int64_t parts, const Work& work) {
  struct State {
    std::atomic<int64_t> next{0};
    std::atomic<int64_t> done{0};
    std::mutex mutex;
    std::condition_variable all_done;
  };
  if (parts <= 1) {
    if (parts == 1) work(0);
    return;
  }
  auto state = std::make_shared<State>();
  const Work* shared_work = &work;
  auto take = [state, parts, shared_work] {
    for (int64_t part; (part = state->next.fetch_add(1)) < parts;) {
      (*shared_work)(part);
      if (state->done.fetch_add(1) + 1 == parts) {
        std::lock_guard<std::mutex> lock(state->mutex);
        state->all_done.notify_all();
      }
    }
  };
  const int64_t helpers = std::min<int64_t>(pool.num_threads(), parts) - 1;
  for (int64_t helper = 0; helper < helpers; ++helper) pool.Schedule(decltype(take)(take));
  take();
  std::unique_lock<std::mutex> lock(state->mutex);
  state->all_done.wait(lock, [&] { return state->done.load() == parts; });
}

}  // namespace plait
