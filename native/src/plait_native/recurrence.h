// What the kernels of recurrent layers share.
//
// A few examples go through all steps before the next ones start, so their states stay in registers and in the nearest
// cache. Every array has its units padded to whole vectors; the padding is 0 and stays so. `u` is the number of units
// with the padding, `width` that of the numbers of all gates.

// Examples that go through the steps together: with four gates each, their sums fill half of the registers, or all of
// AVX2's.
constexpr int64_t kRows = kLanes == 16 ? 4 : 2;

// A mask that is empty means that all steps are real.
PLAIT_INLINE bool IsReal(const bool* mask, int64_t at) { return mask == nullptr || mask[at]; }

// In a block with fewer examples the last one is computed again in place of those that are not there.
PLAIT_INLINE int64_t Example(int64_t first, int64_t rows, int64_t row) { return first + std::min(row, rows - 1); }

// Adds to so many vectors of the cotangents of each row's states what comes through the gates, whose cotangents are
// `gates`, (rows, width), of the step that started from them.
template <int64_t kVectors>
PLAIT_INLINE void AddVectorsThroughGates(int64_t u, int64_t width, const float* const* gates, const float* transposed,
                                         float* dh) {
  // Two sums each, as one would wait for itself.
  Floats sum[2][kRows][kVectors] = {};
  for (int64_t k = 0; k < width; k += 2) {
    for (int64_t turn = 0; turn < 2; ++turn) {
      for (int64_t row = 0; row < kRows; ++row) {
        const Floats d = All(gates[row][k + turn]);
        for (int64_t at = 0; at < kVectors; ++at) {
          sum[turn][row][at] += d * Load(transposed + (k + turn) * u + at * kLanes);
        }
      }
    }
  }
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t at = 0; at < kVectors; ++at) {
      float* to = dh + row * u + at * kLanes;
      Store(to, Load(to) + (sum[0][row][at] + sum[1][row][at]));
    }
  }
}

// transposed: the recurrent kernel, (width, u); dh: (rows, u), to which is added.
PLAIT_INLINE void AddThroughGates(int64_t u, int64_t width, const float* const* gates, const float* transposed,
                                  float* dh) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= u; j += 2 * kLanes) AddVectorsThroughGates<2>(u, width, gates, transposed + j, dh + j);
  if (j < u) AddVectorsThroughGates<1>(u, width, gates, transposed + j, dh + j);
}

// What the steps of an example started from, beside the cotangents of their gates. In the order of memory all but one
// started from the step before, or after it if the steps go backwards; the first one to run started from h0.
struct Steps {
  const float *h0, *h_others;         // (units), (steps - 1, units)
  const float *d_first, *d_others;    // (width), (steps - 1, width)

  Steps(int64_t steps, int64_t u, int64_t width, bool backwards, const float* h0, const float* hs, const float* gates)
      : h0(h0),
        h_others(hs + (backwards ? u : 0)),
        d_first(gates + (backwards ? (steps - 1) * width : 0)),
        d_others(gates + (backwards ? 0 : width)) {}
};

// Adds an example's part to the gradient of the recurrent kernel, (units, width): products of what each step started
// from with the cotangents of its gates, summed over the steps in registers.
void AddRecurrent(int64_t steps, int64_t u, int64_t width, const Steps& from, float* d_recurrent) {
  constexpr int64_t kUnits = 4, kColumns = 2 * kLanes;
  std::vector<float> columns(steps * kColumns);
  for (int64_t column = 0; column < width; column += kColumns) {
    // Gates of eight units make an odd number of vectors where there are three of them.
    const bool is_whole = column + kColumns <= width;
    for (int64_t step = 0; step < steps; ++step) {
      const float* d = (step < steps - 1 ? from.d_others + step * width : from.d_first) + column;
      Store(&columns[step * kColumns], Load(d));
      Store(&columns[step * kColumns + kLanes], is_whole ? Load(d + kLanes) : All(0.0f));
    }
    for (int64_t unit = 0; unit < u; unit += kUnits) {
      Floats sum[kUnits][2] = {};
      for (int64_t step = 0; step < steps; ++step) {
        const float* h = (step < steps - 1 ? from.h_others + step * u : from.h0) + unit;
        const Floats low = Load(&columns[step * kColumns]), high = Load(&columns[step * kColumns + kLanes]);
        for (int64_t at = 0; at < kUnits; ++at) {
          const Floats x = All(h[at]);
          sum[at][0] += x * low, sum[at][1] += x * high;
        }
      }
      for (int64_t at = 0; at < kUnits; ++at) {
        float* to = d_recurrent + (unit + at) * width + column;
        Store(to, Load(to) + sum[at][0]);
        if (is_whole) Store(to + kLanes, Load(to + kLanes) + sum[at][1]);
      }
    }
  }
}

// Enough parts to balance the threads, few enough to cost nothing. By the shape alone, so that sums over parts do not
// depend on the number of threads.
PLAIT_INLINE int64_t Parts(int64_t batch) { return std::min<int64_t>((batch + kRows - 1) / kRows, 16); }

// Hands blocks of examples out in parts: work(part, first, rows).
template <typename Work>
void InBlocks(ffi::ThreadPool& pool, int64_t batch, const Work& work) {
  const int64_t blocks = (batch + kRows - 1) / kRows, parts = Parts(batch);
  InParts(pool, parts, [&](int64_t part) {
    for (int64_t number = part * blocks / parts; number < (part + 1) * blocks / parts; ++number) {
      work(part, number * kRows, std::min(kRows, batch - number * kRows));
    }
  });
}

// Adds up what the parts have summed, each for itself.
PLAIT_INLINE void AddParts(const std::vector<float>& sums, int64_t parts, int64_t size, float* to) {
  std::fill_n(to, size, 0.0f);
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t at = 0; at < size; ++at) to[at] += sums[part * size + at];
  }
}
