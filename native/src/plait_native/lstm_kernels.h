// The recurrence of an LSTM, forward and backward, and the gradient of its recurrent kernel. What surrounds it (the
// product of the inputs with their kernel, its gradients) is matrix products over all steps at once, which XLA does well.

#include "recurrence.h"

constexpr int64_t kGates = 4;

// hs, cs, gates: or null, where they are not wanted.
void ForwardBlock(const Sizes n, int64_t first, int64_t rows, bool backwards, const float* projected, const float* bias,
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
        for (int64_t gate = 0; gate < kGates; ++gate) {
          sum[row][gate] = Load(projected + at[row] * width + gate * u + j) + Load(bias + gate * u + j);
        }
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
        if (hs != nullptr) Store(hs + at[row] * u + j, output);
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
    AddThroughGates(u, width, dzs, transposed, dh.data());
  }
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(&dh[row * u], u, dh0 + (first + row) * u);
    std::copy_n(&dc[row * u], u, dc0 + (first + row) * u);
  }
}

void Forward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* projected, const float* bias,
             const float* h0, const float* c0, const float* recurrent, const bool* mask, float* hs, float* cs,
             float* gates, float* h_last, float* c_last) {
  InBlocks(pool, n.batch, [&](int64_t, int64_t first, int64_t rows) {
    ForwardBlock(n, first, rows, backwards, projected, bias, h0, c0, recurrent, mask, hs, cs, gates, h_last, c_last);
  });
}

// dhs: or null, if only the last states count.
void Backward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* h0, const float* c0,
              const float* transposed, const bool* mask, const float* hs, const float* cs, const float* gates,
              const float* dhs, const float* dh_last, const float* dc_last, float* dz, float* dh0, float* dc0,
              float* d_recurrent) {
  const int64_t u = n.units, width = kGates * u, parts = Parts(n.batch), size = u * width;
  std::vector<float> sums(parts * size);
  InBlocks(pool, n.batch, [&](int64_t part, int64_t first, int64_t rows) {
    BackwardBlock(n, first, rows, backwards, c0, transposed, mask, cs, gates, dhs, dh_last, dc_last, dz, dh0, dc0);
    for (int64_t example = first; example < first + rows; ++example) {
      const Steps from(n.steps, u, width, backwards, h0 + example * u, hs + example * n.steps * u,
                       dz + example * n.steps * width);
      AddRecurrent(n.steps, u, width, from, &sums[part * size]);
    }
  });
  AddParts(sums, parts, size, d_recurrent);
}
