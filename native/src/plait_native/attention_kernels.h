// Attention of one head at a time: its scores stay in the nearest caches, and are never written to memory as a whole.
//
// Some targets go through all sources together. Keys and values are packed first, so that every product is one of rows
// with a matrix that is read in the order of memory; its width is padded with 0 to whole panels. A mask or the padding
// makes a probability 0, and both leave gradients alone.

// Sums in registers: kRows times a panel of columns; twelve of AVX2's sixteen.
constexpr int64_t kRows = 6;
constexpr int64_t kPanel = 2 * kLanes;
// Targets that are worked on together.
constexpr int64_t kBlock = 48;
// The score of a source that is masked: low enough that it counts only where all are.
constexpr float kMasked = -1e30f;

PLAIT_INLINE int64_t Padded(int64_t width) { return (width + kPanel - 1) / kPanel * kPanel; }

// The left matrix of a product: where its rows are, and how far apart the elements of a row.
struct Left {
  const float* data;
  int64_t row_step, step;
};

// Writes left (rows, depth) times right (depth, width) to `to`, or adds it there; the width in whole panels.
template <bool kAdds>
void Product(int64_t rows, int64_t depth, int64_t width, const Left& left, const float* right, float* to) {
  for (int64_t row = 0; row < rows; row += kRows) {
    // In a last group with fewer rows the last one is computed again for those that are not there.
    const float* from[kRows];
    for (int64_t at = 0; at < kRows; ++at) from[at] = left.data + std::min(row + at, rows - 1) * left.row_step;
    for (int64_t start = 0; start < width; start += kPanel) {
      Floats sum[kRows][2] = {};
      for (int64_t k = 0; k < depth; ++k) {
        const float* columns = right + k * width + start;
        const Floats low = Load(columns), high = Load(columns + kLanes);
        for (int64_t at = 0; at < kRows; ++at) {
          const Floats x = All(from[at][k * left.step]);
          sum[at][0] += x * low, sum[at][1] += x * high;
        }
      }
      for (int64_t at = 0; at < std::min(kRows, rows - row); ++at) {
        float* there = to + (row + at) * width + start;
        Store(there, kAdds ? Load(there) + sum[at][0] : sum[at][0]);
        Store(there + kLanes, kAdds ? Load(there + kLanes) + sum[at][1] : sum[at][1]);
      }
    }
  }
}

// Copies rows that lie `step` apart to (rows, padded width); what is padding there stays as it is.
PLAIT_INLINE void Pack(int64_t rows, int64_t width, int64_t step, const float* from, float* to) {
  for (int64_t row = 0; row < rows; ++row) std::copy_n(from + row * step, width, to + row * Padded(width));
}

// Copies them to (width, padded rows).
PLAIT_INLINE void PackTransposed(int64_t rows, int64_t width, int64_t step, const float* from, float* to) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < width; ++column) to[column * Padded(rows) + row] = from[row * step + column];
  }
}

// Copies (rows, padded width) to rows that lie `step` apart.
PLAIT_INLINE void Unpack(int64_t rows, int64_t width, int64_t step, const float* from, float* to) {
  for (int64_t row = 0; row < rows; ++row) std::copy_n(from + row * Padded(width), width, to + row * step);
}

// Makes scores of the products of a target with all sources: scaled, and low where masked or padding.
PLAIT_INLINE void Scale(const Sizes& n, const bool* mask, float* row) {
  for (int64_t start = 0; start < Padded(n.sources); start += kLanes) Store(row + start, Load(row + start) * n.scale);
  if (mask) {
    for (int64_t source = 0; source < n.sources; ++source) row[source] = mask[source] ? row[source] : kMasked;
  }
  std::fill(row + n.sources, row + Padded(n.sources), kMasked);
}

// Makes e to the power of the scores beyond the largest, 0 for padding.
PLAIT_INLINE void Exponentiate(const Sizes& n, float largest, float* row) {
  for (int64_t start = 0; start < Padded(n.sources); start += kLanes) {
    Store(row + start, Exp(Load(row + start) - All(largest)));
  }
  std::fill(row + n.sources, row + Padded(n.sources), 0.0f);
}

PLAIT_INLINE float Largest(const Sizes& n, const float* row) {
  Floats most = Load(row);
  for (int64_t start = kLanes; start < Padded(n.sources); start += kLanes) {
    const Floats x = Load(row + start);
    most = x > most ? x : most;
  }
  float found = most[0];
  for (int64_t lane = 1; lane < kLanes; ++lane) found = std::max(found, most[lane]);
  return found;
}

PLAIT_INLINE float Total(Floats x) {
  float sum = 0.0f;
  for (int64_t lane = 0; lane < kLanes; ++lane) sum += x[lane];
  return sum;
}

PLAIT_INLINE float Sum(const Sizes& n, const float* row) {
  Floats sum = {};
  for (int64_t start = 0; start < Padded(n.sources); start += kLanes) sum += Load(row + start);
  return Total(sum);
}

PLAIT_INLINE float Dot(int64_t width, const float* one, const float* other) {
  Floats sums = {};
  int64_t at = 0;
  for (; at + kLanes <= width; at += kLanes) sums += Load(one + at) * Load(other + at);
  float sum = Total(sums);
  for (; at < width; ++at) sum += one[at] * other[at];
  return sum;
}

// Returns where the rows of a head begin, in (batch, rows, heads, width): heads * width apart.
template <typename Number>
PLAIT_INLINE Number* HeadOf(const Sizes& n, int64_t example, int64_t head, int64_t rows, int64_t width, Number* data) {
  return data + (example * rows * n.heads + head) * width;
}

// The largest score of each target, and one over the sum of what is weighed: (batch, heads, targets, 2).
template <typename Number>
PLAIT_INLINE Number* Kept(const Sizes& n, int64_t example, int64_t head, Number* kept) {
  return kept + (example * n.heads + head) * n.targets * 2;
}

void ForwardHead(const Sizes& n, const Mask4& mask, int64_t example, int64_t head, const float* query, const float* key,
                 const float* value, float* outputs, float* kept) {
  const int64_t sources = Padded(n.sources), features = Padded(n.features);
  const int64_t key_step = n.heads * n.size, value_step = n.heads * n.features;
  std::vector<float> keys(n.size * sources), values(n.sources * features), weights(kBlock * sources),
      sums(kBlock * features);
  const auto targets_of = [&](auto* data, int64_t width) { return HeadOf(n, example, head, n.targets, width, data); };
  const auto sources_of = [&](auto* data, int64_t width) { return HeadOf(n, example, head, n.sources, width, data); };
  PackTransposed(n.sources, n.size, key_step, sources_of(key, n.size), keys.data());
  Pack(n.sources, n.features, value_step, sources_of(value, n.features), values.data());
  float* found = Kept(n, example, head, kept);
  for (int64_t first = 0; first < n.targets; first += kBlock) {
    const int64_t rows = std::min(kBlock, n.targets - first);
    const float* queries = targets_of(query, n.size) + first * key_step;
    Product<false>(rows, n.size, sources, {queries, key_step, 1}, keys.data(), weights.data());
    for (int64_t row = 0; row < rows; ++row) {
      float* scores = &weights[row * sources];
      Scale(n, mask.Row(example, head, first + row), scores);
      const float largest = Largest(n, scores);
      Exponentiate(n, largest, scores);
      found[2 * (first + row)] = largest;
      found[2 * (first + row) + 1] = 1.0f / Sum(n, scores);
    }
    Product<false>(rows, n.sources, features, {weights.data(), sources, 1}, values.data(), sums.data());
    for (int64_t row = 0; row < rows; ++row) {
      const Floats share = All(found[2 * (first + row) + 1]);
      for (int64_t at = row * features; at < (row + 1) * features; at += kLanes) Store(&sums[at], Load(&sums[at]) * share);
    }
    Unpack(rows, n.features, value_step, sums.data(), targets_of(outputs, n.features) + first * value_step);
  }
}

// Makes the cotangents of products of those of probabilities: (d - sum of d times p) p, scaled, 0 where masked.
PLAIT_INLINE void ThroughSoftmax(const Sizes& n, const bool* mask, float mean, const float* weights, float* d) {
  for (int64_t start = 0; start < Padded(n.sources); start += kLanes) {
    Store(d + start, (Load(d + start) - All(mean)) * Load(weights + start) * n.scale);
  }
  if (mask) {
    for (int64_t source = 0; source < n.sources; ++source) d[source] = mask[source] ? d[source] : 0.0f;
  }
}

void BackwardHead(const Sizes& n, const Mask4& mask, int64_t example, int64_t head, const float* query,
                  const float* key, const float* value, const float* outputs, const float* kept,
                  const float* d_outputs, float* d_query, float* d_key, float* d_value) {
  const int64_t sources = Padded(n.sources), size = Padded(n.size), features = Padded(n.features);
  const int64_t key_step = n.heads * n.size, value_step = n.heads * n.features;
  std::vector<float> keys_across(n.size * sources), values_across(n.features * sources), keys(n.sources * size),
      d_keys(n.sources * size), d_values(n.sources * features), weights(kBlock * sources), d_scores(kBlock * sources),
      queries(kBlock * size), d_rows(kBlock * features), sums(kBlock * size);
  const auto targets_of = [&](auto* data, int64_t width) { return HeadOf(n, example, head, n.targets, width, data); };
  const auto sources_of = [&](auto* data, int64_t width) { return HeadOf(n, example, head, n.sources, width, data); };
  PackTransposed(n.sources, n.size, key_step, sources_of(key, n.size), keys_across.data());
  PackTransposed(n.sources, n.features, value_step, sources_of(value, n.features), values_across.data());
  Pack(n.sources, n.size, key_step, sources_of(key, n.size), keys.data());
  const float* found = Kept(n, example, head, kept);
  for (int64_t first = 0; first < n.targets; first += kBlock) {
    const int64_t rows = std::min(kBlock, n.targets - first);
    const float* from = targets_of(query, n.size) + first * key_step;
    const float* d_from = targets_of(d_outputs, n.features) + first * value_step;
    const float* given = targets_of(outputs, n.features) + first * value_step;
    Pack(rows, n.size, key_step, from, queries.data());
    Pack(rows, n.features, value_step, d_from, d_rows.data());
    Product<false>(rows, n.size, sources, {from, key_step, 1}, keys_across.data(), weights.data());
    Product<false>(rows, n.features, sources, {d_from, value_step, 1}, values_across.data(), d_scores.data());
    for (int64_t row = 0; row < rows; ++row) {
      const bool* seen = mask.Row(example, head, first + row);
      float* probabilities = &weights[row * sources];
      Scale(n, seen, probabilities);
      Exponentiate(n, found[2 * (first + row)], probabilities);
      const Floats share = All(found[2 * (first + row) + 1]);
      for (int64_t at = 0; at < sources; at += kLanes) Store(probabilities + at, Load(probabilities + at) * share);
      const float mean = Dot(n.features, d_from + row * value_step, given + row * value_step);
      ThroughSoftmax(n, seen, mean, probabilities, &d_scores[row * sources]);
    }
    Product<false>(rows, n.sources, size, {d_scores.data(), sources, 1}, keys.data(), sums.data());
    Unpack(rows, n.size, key_step, sums.data(), targets_of(d_query, n.size) + first * key_step);
    Product<true>(n.sources, rows, size, {d_scores.data(), 1, sources}, queries.data(), d_keys.data());
    Product<true>(n.sources, rows, features, {weights.data(), 1, sources}, d_rows.data(), d_values.data());
  }
  Unpack(n.sources, n.size, key_step, d_keys.data(), sources_of(d_key, n.size));
  Unpack(n.sources, n.features, value_step, d_values.data(), sources_of(d_value, n.features));
}

void Forward(ffi::ThreadPool& pool, const Sizes& n, const Mask4& mask, const float* query, const float* key,
             const float* value, float* outputs, float* kept) {
  InParts(pool, n.batch * n.heads, [&](int64_t part) {
    ForwardHead(n, mask, part / n.heads, part % n.heads, query, key, value, outputs, kept);
  });
}

void Backward(ffi::ThreadPool& pool, const Sizes& n, const Mask4& mask, const float* query, const float* key,
              const float* value, const float* outputs, const float* kept, const float* d_outputs, float* d_query,
              float* d_key, float* d_value) {
  InParts(pool, n.batch * n.heads, [&](int64_t part) {
    BackwardHead(n, mask, part / n.heads, part % n.heads, query, key, value, outputs, kept, d_outputs, d_query, d_key,
                 d_value);
  });
}
