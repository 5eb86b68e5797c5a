// Few rows times a very tall matrix, which is read once, in the order of memory, and by all rows while it is near.

// Sums in registers: kRows times a panel of columns; twelve of AVX2's sixteen.
constexpr int64_t kRows = 6;
constexpr int64_t kPanel = 2 * kLanes;
// Rows of the matrix that are worked on together: a panel of them fits the nearest cache, all of their columns the next.
constexpr int64_t kDepth = 64;

// Adds the product of some columns of the inputs, from `first` on, with these rows of the matrix.
// panels: room for them, 0 where there are no columns; sums: (rows, width), the width in whole panels.
void Block(const Sizes& n, int64_t first, int64_t depth, const float* inputs, const float* matrix, int64_t width,
           float* panels, float* sums) {
  for (int64_t k = 0; k < depth; ++k) {
    const float* from = matrix + (first + k) * n.columns;
    for (int64_t start = 0; start < n.columns; start += kPanel) {
      float* to = panels + start * kDepth + k * kPanel;
      if (start + kPanel <= n.columns) {
        Store(to, Load(from + start)), Store(to + kLanes, Load(from + start + kLanes));
      } else {
        std::copy_n(from + start, n.columns - start, to);
      }
    }
  }
  for (int64_t start = 0; start < n.columns; start += kPanel) {
    const float* packed = panels + start * kDepth;
    for (int64_t row = 0; row < n.rows; row += kRows) {
      // In a last group with fewer rows the last one is computed again for those that are not there.
      const float* from[kRows];
      Floats sum[kRows][2];
      for (int64_t at = 0; at < kRows; ++at) {
        const int64_t real = std::min(row + at, n.rows - 1);
        from[at] = inputs + real * n.depth + first;
        sum[at][0] = Load(sums + real * width + start), sum[at][1] = Load(sums + real * width + start + kLanes);
      }
      for (int64_t k = 0; k < depth; ++k) {
        const Floats left = Load(packed + k * kPanel), right = Load(packed + k * kPanel + kLanes);
        for (int64_t at = 0; at < kRows; ++at) {
          const Floats x = All(from[at][k]);
          sum[at][0] += x * left, sum[at][1] += x * right;
        }
      }
      for (int64_t at = 0; at < std::min(kRows, n.rows - row); ++at) {
        float* to = sums + (row + at) * width + start;
        Store(to, sum[at][0]), Store(to + kLanes, sum[at][1]);
      }
    }
  }
}

// Parts of the depth are summed each for itself and then together: by shape alone, so that the result does not depend
// on the number of threads.
void Multiply(ffi::ThreadPool& pool, const Sizes& n, const float* inputs, const float* matrix, float* outputs) {
  const int64_t blocks = (n.depth + kDepth - 1) / kDepth, parts = std::min<int64_t>(blocks, 16);
  const int64_t width = (n.columns + kPanel - 1) / kPanel * kPanel, size = n.rows * width;
  std::vector<float> sums(parts * size);
  InParts(pool, parts, [&](int64_t part) {
    std::vector<float> panels(width * kDepth);
    for (int64_t block = part * blocks / parts; block < (part + 1) * blocks / parts; ++block) {
      const int64_t first = block * kDepth;
      Block(n, first, std::min(kDepth, n.depth - first), inputs, matrix, width, panels.data(),
            &sums[part * size]);
    }
  });
  for (int64_t row = 0; row < n.rows; ++row) {
    for (int64_t column = 0; column < n.columns; ++column) {
      float sum = 0.0f;
      for (int64_t part = 0; part < parts; ++part) sum += sums[part * size + row * width + column];
      outputs[row * n.columns + column] = sum;
    }
  }
}
