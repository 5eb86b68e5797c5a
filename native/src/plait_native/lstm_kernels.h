// The recurrence of an LSTM, forward and backward, and the gradient of its recurrent kernel. What surrounds it (the
// product of the inputs with their kernel, its gradients) is matrix products over all steps at once, which XLA does well.
//
// A few examples go through all steps before the next ones start, so their states stay in registers and in the nearest
// cache. Every array has its units padded to whole vectors; the padding is 0 and stays so.

// Examples that go through the steps together: with four gates each, their sums fill the registers of AVX2.
constexpr int64_t kRows = 2;
constexpr int64_t kGates = 4;

// A mask that is empty means that all steps are real.
PLAIT_INLINE bool IsReal(const bool* mask, int64_t at) { return mask == nullptr || mask[at]; }

// In a block with fewer examples the last one is computed again in place of those that are not there.
PLAIT_INLINE int64_t Example(int64_t first, int64_t rows, int64_t row) { return first + std::min(row, rows - 1); }

void ForwardBlock(const Sizes n, int64_t first, int64_t rows, bool backwards, const float* projected,
                  const float* h0, const float* c0, const float* recurrent, const bool* mask, float* hs,
                  float* cs, float* gates, float* h_last, float* c_last) {
  const int64_t u = n.units, width = kGates * u;
  std::vector<float> h(kRows * u), c(kRows * u), h_new(kRows * u);
  for (int64_t row = 0; row < kRows; ++row) {
    std::copy_n(h0 + Example(first, rows, row) * u, u, &h[row * u]);
    std::copy_n(c0 + Example(first, rows, row) * u, u, &c[row * u]);
  }
  for (int64_t turn = 0; turn < n.steps; ++turn) {
    const int64_t step = backwards ? n.steps - 1 - turn : turn;
    int64_t at[kRows];
    for (int64_t row = 0; row < kRows; ++row) at[row] = Example(first, rows, row) * n.steps + step;
    for (int64_t j = 0; j < u; j += kLanes) {
      Floats sum[kRows][kGates];
      for (int64_t row = 0; row < kRows; ++row) {
        for (int64_t gate = 0; gate < kGates; ++gate) sum[row][gate] = Load(projected + at[row] * width + gate * u + j);
      }
      for (int64_t k = 0; k < u; ++k) {
        const float* factors = recurrent + k * width + j;
        for (int64_t gate = 0; gate < kGates; ++gate) {
          const Floats factor = Load(factors + gate * u);
          for (int64_t row = 0; row < kRows; ++row) sum[row][gate] += h[row * u + k] * factor;
        }
      }
      for (int64_t row = 0; row < kRows; ++row) {
        const Floats i = Sigmoid(sum[row][0]), f = Sigmoid(sum[row][1]), g = Tanh(sum[row][2]);
        const Floats o = Sigmoid(sum[row][3]), before = Load(&c[row * u + j]);
        const bool real = IsReal(mask, at[row]);
        const Floats cell = real ? f * before + i * g : before;
        const Floats output = real ? o * Tanh(cell) : Load(&h[row * u + j]);
        Store(&c[row * u + j], cell);
        Store(&h_new[row * u + j], output);
        Store(hs + at[row] * u + j, output);
        if (gates != nullptr) {
          float* kept = gates + at[row] * width + j;
          Store(kept, i), Store(kept + u, f), Store(kept + 2 * u, g), Store(kept + 3 * u, o);
          Store(cs + at[row] * u + j, cell);
        }
      }
    }
    h.swap(h_new);
  }
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(&h[row * u], u, h_last + (first + row) * u);
    std::copy_n(&c[row * u], u, c_last + (first + row) * u);
  }
}

// Adds to the cotangents of so many vectors of units what comes through the gates of the step that started from them.
template <int64_t kVectors>
PLAIT_INLINE void AddThroughGates(int64_t u, const float* const* dzs, const float* transposed, float* dh) {
  // Two sums each, as one would wait for itself.
  Floats sum[2][kRows][kVectors] = {};
  for (int64_t k = 0; k < kGates * u; k += 2) {
    for (int64_t turn = 0; turn < 2; ++turn) {
      for (int64_t row = 0; row < kRows; ++row) {
        const Floats d = All(dzs[row][k + turn]);
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

void BackwardBlock(const Sizes n, int64_t first, int64_t rows, bool backwards, const float* c0,
                   const float* transposed, const bool* mask, const float* cs, const float* gates,
                   const float* dhs, const float* dh_last, const float* dc_last, float* dz, float* dh0,
                   float* dc0) {
  const int64_t u = n.units, width = kGates * u;
  std::vector<float> dh(kRows * u), dc(kRows * u);
  for (int64_t row = 0; row < kRows; ++row) {
    std::copy_n(dh_last + Example(first, rows, row) * u, u, &dh[row * u]);
    std::copy_n(dc_last + Example(first, rows, row) * u, u, &dc[row * u]);
  }
  for (int64_t turn = n.steps - 1; turn >= 0; --turn) {
    const int64_t step = backwards ? n.steps - 1 - turn : turn;
    const int64_t before = backwards ? step + 1 : step - 1;
    const float* dzs[kRows];
    bool real[kRows];
    for (int64_t row = 0; row < kRows; ++row) {
      const int64_t example = Example(first, rows, row), at = example * n.steps + step;
      const float* kept = gates + at * width;
      const float* c_before = turn == 0 ? c0 + example * u : cs + (example * n.steps + before) * u;
      float* to = dz + at * width;
      dzs[row] = to;
      real[row] = IsReal(mask, at);
      for (int64_t j = 0; j < u; j += kLanes) {
        const Floats i = Load(kept + j), f = Load(kept + u + j), g = Load(kept + 2 * u + j), o = Load(kept + 3 * u + j);
        const Floats squashed = Tanh(Load(cs + at * u + j));
        const Floats d = dhs ? Load(&dh[row * u + j]) + Load(dhs + at * u + j) : Load(&dh[row * u + j]);
        const Floats cell = Load(&dc[row * u + j]) + d * o * (1.0f - squashed * squashed), zero = All(0.0f);
        Store(to + j, real[row] ? cell * g * i * (1.0f - i) : zero);
        Store(to + u + j, real[row] ? cell * Load(c_before + j) * f * (1.0f - f) : zero);
        Store(to + 2 * u + j, real[row] ? cell * i * (1.0f - g * g) : zero);
        Store(to + 3 * u + j, real[row] ? d * squashed * o * (1.0f - o) : zero);
        if (real[row]) Store(&dc[row * u + j], cell * f);
        // A masked step passes on what comes to it; for a real one it goes through the gates, below.
        Store(&dh[row * u + j], real[row] ? zero : d);
      }
    }
    int64_t j = 0;
    for (; j + 2 * kLanes <= u; j += 2 * kLanes) AddThroughGates<2>(u, dzs, transposed + j, &dh[j]);
    if (j < u) AddThroughGates<1>(u, dzs, transposed + j, &dh[j]);
  }
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(&dh[row * u], u, dh0 + (first + row) * u);
    std::copy_n(&dc[row * u], u, dc0 + (first + row) * u);
  }
}

// Adds one example's part to the gradient of the recurrent kernel, (units, kGates * units): products of what a step
// started from with the cotangents of its gates, summed over the steps in registers.
void AddRecurrent(const Sizes n, int64_t example, bool backwards, const float* h0, const float* hs, const float* dz,
                  float* d_recurrent) {
  constexpr int64_t kUnits = 4, kColumns = 2 * kLanes;
  const int64_t u = n.units, width = kGates * u, last = n.steps - 1;
  // The step that started from h0, and all others in order beside those that they started from.
  const float* d_first = dz + (example * n.steps + (backwards ? last : 0)) * width;
  const float* d_others = dz + (example * n.steps + (backwards ? 0 : 1)) * width;
  const float* h_others = hs + (example * n.steps + (backwards ? 1 : 0)) * u;
  std::vector<float> columns(n.steps * kColumns);
  for (int64_t column = 0; column < width; column += kColumns) {
    for (int64_t step = 0; step < n.steps; ++step) {
      const float* from = (step < last ? d_others + step * width : d_first) + column;
      Store(&columns[step * kColumns], Load(from)), Store(&columns[step * kColumns + kLanes], Load(from + kLanes));
    }
    for (int64_t unit = 0; unit < u; unit += kUnits) {
      float* to = d_recurrent + unit * width + column;
      Floats sum[kUnits][2];
      for (int64_t at = 0; at < kUnits; ++at) {
        sum[at][0] = Load(to + at * width), sum[at][1] = Load(to + at * width + kLanes);
      }
      for (int64_t step = 0; step < n.steps; ++step) {
        const float* h = (step < last ? h_others + step * u : h0 + example * u) + unit;
        const Floats low = Load(&columns[step * kColumns]), high = Load(&columns[step * kColumns + kLanes]);
        for (int64_t at = 0; at < kUnits; ++at) {
          const Floats x = All(h[at]);
          sum[at][0] += x * low, sum[at][1] += x * high;
        }
      }
      for (int64_t at = 0; at < kUnits; ++at) {
        Store(to + at * width, sum[at][0]), Store(to + at * width + kLanes, sum[at][1]);
      }
    }
  }
}

// Hands the blocks out in parts: work(part, first, rows).
template <typename Work>
void InBlocks(ffi::ThreadPool& pool, int64_t batch, int64_t parts, const Work& work) {
  const int64_t blocks = (batch + kRows - 1) / kRows;
  InParts(pool, parts, [&](int64_t part) {
    for (int64_t number = part * blocks / parts; number < (part + 1) * blocks / parts; ++number) {
      work(part, number * kRows, std::min(kRows, batch - number * kRows));
    }
  });
}

// Enough parts to balance the threads, few enough to cost nothing.
PLAIT_INLINE int64_t Parts(const Sizes& n) { return std::min<int64_t>((n.batch + kRows - 1) / kRows, 16); }

void Forward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* projected, const float* h0,
             const float* c0, const float* recurrent, const bool* mask, float* hs, float* cs, float* gates,
             float* h_last, float* c_last) {
  InBlocks(pool, n.batch, Parts(n), [&](int64_t, int64_t first, int64_t rows) {
    ForwardBlock(n, first, rows, backwards, projected, h0, c0, recurrent, mask, hs, cs, gates, h_last, c_last);
  });
}

// dhs: or null, if only the last states count.
//
// The gradient of the recurrent kernel is summed for each part and then over the parts, whose number the shape alone
// gives: it does not depend on the number of threads.
void Backward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* h0, const float* c0,
              const float* transposed, const bool* mask, const float* hs, const float* cs, const float* gates,
              const float* dhs, const float* dh_last, const float* dc_last, float* dz, float* dh0, float* dc0,
              float* d_recurrent) {
  const int64_t parts = Parts(n), size = n.units * kGates * n.units;
  std::vector<float> sums(parts * size);
  InBlocks(pool, n.batch, parts, [&](int64_t part, int64_t first, int64_t rows) {
    BackwardBlock(n, first, rows, backwards, c0, transposed, mask, cs, gates, dhs, dh_last, dc_last, dz, dh0, dc0);
    for (int64_t example = first; example < first + rows; ++example) {
      AddRecurrent(n, example, backwards, h0, hs, dz, &sums[part * size]);
    }
  });
  std::fill_n(d_recurrent, size, 0.0f);
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t at = 0; at < size; ++at) d_recurrent[at] += sums[part * size + at];
  }
}
