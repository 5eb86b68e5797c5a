// The recurrence of a GRU whose reset gate acts after the product with the recurrent kernel, forward and backward, and
// the gradients of that kernel and its bias. What surrounds it is XLA's.
//
// Gates lie in the order update, reset, candidate.

#include "recurrence.h"

constexpr int64_t kGates = 3;

// kept: for the backward pass, the two gates, the candidate and its recurrent part: (batch, steps, 4, u); or null.
void ForwardBlock(const Sizes n, int64_t first, int64_t rows, bool backwards, const float* projected,
                  const float* h0, const float* recurrent, const float* bias, const bool* mask, float* hs,
                  float* kept, float* h_last) {
  const int64_t u = n.units, width = kGates * u;
  std::vector<float> h(kRows * u), h_new(kRows * u);
  for (int64_t row = 0; row < kRows; ++row) std::copy_n(h0 + Example(first, rows, row) * u, u, &h[row * u]);
  for (int64_t turn = 0; turn < n.steps; ++turn) {
    const int64_t step = backwards ? n.steps - 1 - turn : turn;
    int64_t at[kRows];
    for (int64_t row = 0; row < kRows; ++row) at[row] = Example(first, rows, row) * n.steps + step;
    for (int64_t j = 0; j < u; j += kLanes) {
      Floats sum[kRows][kGates];
      for (int64_t row = 0; row < kRows; ++row) {
        for (int64_t gate = 0; gate < kGates; ++gate) sum[row][gate] = Load(bias + gate * u + j);
      }
      for (int64_t k = 0; k < u; ++k) {
        const float* factors = recurrent + k * width + j;
        for (int64_t gate = 0; gate < kGates; ++gate) {
          const Floats factor = Load(factors + gate * u);
          for (int64_t row = 0; row < kRows; ++row) sum[row][gate] += h[row * u + k] * factor;
        }
      }
      for (int64_t row = 0; row < kRows; ++row) {
        const float* given = projected + at[row] * width + j;
        const Floats z = Sigmoid(Load(given) + sum[row][0]), r = Sigmoid(Load(given + u) + sum[row][1]);
        const Floats candidate = Tanh(Load(given + 2 * u) + r * sum[row][2]), before = Load(&h[row * u + j]);
        const Floats output = IsReal(mask, at[row]) ? z * before + (1.0f - z) * candidate : before;
        Store(&h_new[row * u + j], output);
        Store(hs + at[row] * u + j, output);
        if (kept != nullptr) {
          float* to = kept + at[row] * 4 * u + j;
          Store(to, z), Store(to + u, r), Store(to + 2 * u, candidate), Store(to + 3 * u, sum[row][2]);
        }
      }
    }
    h.swap(h_new);
  }
  for (int64_t row = 0; row < rows; ++row) std::copy_n(&h[row * u], u, h_last + (first + row) * u);
}

// gates: (rows, steps, width), the cotangents of the recurrent parts of the gates; d_projected differs from them by the
// reset gate, which the recurrent part of the candidate went through.
void BackwardBlock(const Sizes n, int64_t first, int64_t rows, bool backwards, const float* h0,
                   const float* transposed, const bool* mask, const float* hs, const float* kept,
                   const float* dhs, const float* dh_last, float* gates, float* d_projected, float* dh0) {
  const int64_t u = n.units, width = kGates * u;
  std::vector<float> dh(kRows * u);
  for (int64_t row = 0; row < kRows; ++row) std::copy_n(dh_last + Example(first, rows, row) * u, u, &dh[row * u]);
  for (int64_t turn = n.steps - 1; turn >= 0; --turn) {
    const int64_t step = backwards ? n.steps - 1 - turn : turn;
    const int64_t before = backwards ? step + 1 : step - 1;
    const float* gates_of[kRows];
    for (int64_t row = 0; row < kRows; ++row) {
      const int64_t example = Example(first, rows, row), at = example * n.steps + step;
      const float* from = kept + at * 4 * u;
      const float* h_before = turn == 0 ? h0 + example * u : hs + (example * n.steps + before) * u;
      float *to = gates + (row * n.steps + step) * width, *projected = d_projected + at * width;
      gates_of[row] = to;
      const bool real = IsReal(mask, at);
      for (int64_t j = 0; j < u; j += kLanes) {
        const Floats z = Load(from + j), r = Load(from + u + j), candidate = Load(from + 2 * u + j);
        const Floats recurrent = Load(from + 3 * u + j), zero = All(0.0f);
        const Floats d = dhs ? Load(&dh[row * u + j]) + Load(dhs + at * u + j) : Load(&dh[row * u + j]);
        const Floats d_update = real ? d * (Load(h_before + j) - candidate) * z * (1.0f - z) : zero;
        const Floats d_candidate = real ? d * (1.0f - z) * (1.0f - candidate * candidate) : zero;
        const Floats d_reset = d_candidate * recurrent * r * (1.0f - r);
        Store(to + j, d_update), Store(to + u + j, d_reset), Store(to + 2 * u + j, d_candidate * r);
        Store(projected + j, d_update), Store(projected + u + j, d_reset), Store(projected + 2 * u + j, d_candidate);
        // A masked step passes on what comes to it.
        Store(&dh[row * u + j], real ? d * z : d);
      }
    }
    AddThroughGates(u, width, gates_of, transposed, dh.data());
  }
  for (int64_t row = 0; row < rows; ++row) std::copy_n(&dh[row * u], u, dh0 + (first + row) * u);
}

void Forward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* projected, const float* h0,
             const float* recurrent, const float* bias, const bool* mask, float* hs, float* kept, float* h_last) {
  InBlocks(pool, n.batch, [&](int64_t, int64_t first, int64_t rows) {
    ForwardBlock(n, first, rows, backwards, projected, h0, recurrent, bias, mask, hs, kept, h_last);
  });
}

// dhs: or null, if only the last state counts.
void Backward(ffi::ThreadPool& pool, const Sizes& n, bool backwards, const float* h0, const float* transposed,
              const bool* mask, const float* hs, const float* kept, const float* dhs, const float* dh_last,
              float* d_projected, float* dh0, float* d_recurrent, float* d_bias) {
  const int64_t u = n.units, width = kGates * u, parts = Parts(n.batch), size = u * width;
  std::vector<float> sums(parts * size), bias_sums(parts * width);
  InBlocks(pool, n.batch, [&](int64_t part, int64_t first, int64_t rows) {
    std::vector<float> gates(kRows * n.steps * width);
    BackwardBlock(n, first, rows, backwards, h0, transposed, mask, hs, kept, dhs, dh_last, gates.data(), d_projected,
                  dh0);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t example = first + row;
      const float* of_row = &gates[row * n.steps * width];
      const Steps from(n.steps, u, width, backwards, h0 + example * u, hs + example * n.steps * u, of_row);
      AddRecurrent(n.steps, u, width, from, &sums[part * size]);
      float* bias_sum = &bias_sums[part * width];
      for (int64_t step = 0; step < n.steps; ++step) {
        for (int64_t at = 0; at < width; ++at) bias_sum[at] += of_row[step * width + at];
      }
    }
  });
  AddParts(sums, parts, size, d_recurrent);
  AddParts(bias_sums, parts, width, d_bias);
}
