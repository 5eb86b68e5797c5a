// Gradients of convolutions with many elements under a window, from the cotangents that are not 0.
//
// Behind a ReLU half of the cotangents are 0, behind the largest of five places four fifths, behind the largest of all
// nearly all of them. What is left is listed, and each number in a list adds a multiple of one stretch of memory to
// another, twelve vectors at a time in registers: as fast as a matrix product where nothing is 0, and faster by as much
// as is. What a 0 would have multiplied is not looked at, so there 0 times infinity is 0.

// The elements under a window are taken in chunks, and the places of an image in strips of blocks: a block of one
// factor and the chunk it is added to stay in the first cache, a strip of what they are added to in the second.
constexpr int64_t kVectors = 12;
constexpr int64_t kChunk = kVectors * kLanes;
constexpr int64_t kRows = 512 / kLanes;
constexpr int64_t kStrip = 8 * kRows;
// Filters whose factors are listed together for the gradient of the inputs.
constexpr int64_t kFilters = 1024 / kLanes;

PLAIT_INLINE int64_t Chunks(int64_t count) { return (count + kChunk - 1) / kChunk; }

// A cotangent that is not 0, and where the row that it multiplies begins.
struct Factor {
  int32_t row;
  float value;
};

// Adds to a chunk the multiples of rows of its length.
PLAIT_INLINE void AddMultiples(const Factor* factors, int64_t count, const float* rows, float* chunk) {
  Floats sum[kVectors];
  for (int64_t at = 0; at < kVectors; ++at) sum[at] = Load(chunk + at * kLanes);
  for (const Factor* factor = factors; factor != factors + count; ++factor) {
    const Floats x = All(factor->value);
    const float* row = rows + factor->row;
    for (int64_t at = 0; at < kVectors; ++at) sum[at] += x * Load(row + at * kLanes);
  }
  for (int64_t at = 0; at < kVectors; ++at) Store(chunk + at * kLanes, sum[at]);
}

// The stretches of memory of each chunk, relative to the window.
std::vector<std::vector<Run>> RunsOfChunks(const Sizes& n) {
  std::vector<std::vector<Run>> chunks(Chunks(n.elements()));
  int64_t done = 0;
  for (Run run : Runs(n)) {
    while (run.length) {
      const int64_t length = std::min(run.length, kChunk - done % kChunk);
      chunks[done / kChunk].push_back({run.offset, length});
      run.offset += length, run.length -= length, done += length;
    }
  }
  return chunks;
}

// What counts of a cotangent whose output may have been cut off at 0.
PLAIT_INLINE float Counted(const float* cotangents, const float* outputs, int64_t at) {
  return !outputs || outputs[at] > 0.0f ? cotangents[at] : 0.0f;
}

// Whether enough of the cotangents of an image are 0 for its gradient to be faster from the others alone.
bool IsSparse(const Sizes& n, const float* cotangents, const float* outputs) {
  int64_t count = 0;
  for (int64_t at = 0; at < n.places() * n.filters; ++at) count += Counted(cotangents, outputs, at) != 0.0f;
  return count * 2 < n.places() * n.filters;
}

// Lists the cotangents of each filter at up to kRows places that follow each other, and adds them to the bias's.
void ListByFilter(int64_t places, int64_t filters, const float* cotangents, const float* outputs, Factor* factors,
                  int32_t* counts, float* d_bias) {
  std::fill_n(counts, filters, 0);
  for (int64_t place = 0; place < places; ++place) {
    for (int64_t filter = 0; filter < filters; ++filter) {
      const float value = Counted(cotangents, outputs, place * filters + filter);
      factors[filter * kRows + counts[filter]] = {static_cast<int32_t>(place * kChunk), value};
      counts[filter] += value != 0.0f;
      d_bias[filter] += value;
    }
  }
}

// Adds to sums of the kernel's gradient, (chunks, filters, kChunk), and to d_bias, (filters).
void AddKernelGradient(const Sizes& n, const std::vector<std::vector<Run>>& chunks, int64_t first_chunk,
                       int64_t last_chunk, const float* image, const float* cotangents, const float* outputs,
                       float* sums, float* d_bias) {
  const std::unique_ptr<Factor[]> factors(new Factor[kStrip * n.filters]);
  std::vector<int32_t> counts(kStrip / kRows * n.filters);
  alignas(64) float rows[kRows * kChunk];
  for (int64_t strip = 0; strip < n.places(); strip += kStrip) {
    const int64_t end = std::min(strip + kStrip, n.places());
    for (int64_t first = strip; first < end; first += kRows) {
      const int64_t block = (first - strip) / kRows, at = first * n.filters;
      ListByFilter(std::min(kRows, end - first), n.filters, cotangents + at, outputs ? outputs + at : nullptr,
                   &factors[block * kRows * n.filters], &counts[block * n.filters], d_bias);
    }
    for (int64_t chunk = first_chunk; chunk < last_chunk; ++chunk) {
      for (int64_t first = strip; first < end; first += kRows) {
        for (int64_t place = first; place < std::min(first + kRows, end); ++place) {
          float* to = rows + (place - first) * kChunk;
          for (const Run& run : chunks[chunk]) to = std::copy_n(image + n.window(place) + run.offset, run.length, to);
          std::fill(to, rows + (place - first + 1) * kChunk, 0.0f);
        }
        const int64_t list = (first - strip) / kRows * n.filters;
        for (int64_t filter = 0; filter < n.filters; ++filter) {
          AddMultiples(&factors[(list + filter) * kRows], counts[list + filter], rows,
                       sums + (chunk * n.filters + filter) * kChunk);
        }
      }
    }
  }
}

// Adds to the gradient of an image. kernel: (blocks of kFilters filters, chunks, kFilters, kChunk).
void AddInputsGradient(const Sizes& n, const std::vector<std::vector<Run>>& chunks, const float* kernel,
                       const float* cotangents, const float* outputs, float* d_image) {
  const std::unique_ptr<Factor[]> factors(new Factor[kStrip * kFilters]);
  int32_t counts[kStrip];
  for (int64_t strip = 0; strip < n.places(); strip += kStrip) {
    const int64_t places = std::min(kStrip, n.places() - strip);
    for (int64_t first = 0; first < n.filters; first += kFilters) {
      const int64_t filters = std::min(kFilters, n.filters - first);
      for (int64_t place = 0; place < places; ++place) {
        Factor* end = &factors[place * kFilters];
        for (int64_t filter = 0; filter < filters; ++filter) {
          const float value = Counted(cotangents, outputs, (strip + place) * n.filters + first + filter);
          *end = {static_cast<int32_t>(filter * kChunk), value};
          end += value != 0.0f;
        }
        counts[place] = end - &factors[place * kFilters];
      }
      for (size_t chunk = 0; chunk < chunks.size(); ++chunk) {
        const float* rows = kernel + (first / kFilters * chunks.size() + chunk) * kFilters * kChunk;
        for (int64_t place = 0; place < places; ++place) {
          if (!counts[place]) continue;
          float* window = d_image + n.window(strip + place);
          if (chunks[chunk].front().length == kChunk) {
            AddMultiples(&factors[place * kFilters], counts[place], rows, window + chunks[chunk].front().offset);
            continue;
          }
          float sum[kChunk] = {};
          AddMultiples(&factors[place * kFilters], counts[place], rows, sum);
          const float* from = sum;
          for (const Run& run : chunks[chunk]) {
            for (int64_t at = 0; at < run.length; ++at) window[run.offset + at] += *from++;
          }
        }
      }
    }
  }
}

// outputs: they tell what was cut off at 0; null if nothing was.
void SparseKernelGradient(ffi::ThreadPool& pool, const Sizes& n, const float* inputs, const float* cotangents,
                          const float* outputs, float* d_kernel, float* d_bias) {
  const std::vector<std::vector<Run>> runs = RunsOfChunks(n);
  const int64_t chunks = runs.size(), size = chunks * n.filters * kChunk;
  const int64_t groups = std::min<int64_t>(n.batch, size < (1 << 19) ? 16 : 4);
  const int64_t shares = std::min<int64_t>(chunks, 16 / groups);
  std::vector<float> sums(groups * size), bias_sums(groups * shares * n.filters);
  InParts(pool, groups * shares, [&](int64_t part) {
    const int64_t group = part / shares, share = part % shares;
    for (int64_t image = group * n.batch / groups; image < (group + 1) * n.batch / groups; ++image) {
      const int64_t at = image * n.places() * n.filters;
      AddKernelGradient(n, runs, share * chunks / shares, (share + 1) * chunks / shares, inputs + image * n.image(),
                        cotangents + at, outputs ? outputs + at : nullptr, &sums[group * size],
                        &bias_sums[part * n.filters]);
    }
  });
  InParts(pool, chunks, [&](int64_t chunk) {
    float* sum = &sums[chunk * n.filters * kChunk];
    for (int64_t group = 1; group < groups; ++group) {
      for (int64_t at = 0; at < n.filters * kChunk; ++at) sum[at] += sum[group * size + at];
    }
    for (int64_t at = 0; at < std::min(kChunk, n.elements() - chunk * kChunk); ++at) {
      float* to = d_kernel + (chunk * kChunk + at) * n.filters;
      for (int64_t filter = 0; filter < n.filters; ++filter) to[filter] = sum[filter * kChunk + at];
    }
  });
  std::fill_n(d_bias, n.filters, 0.0f);
  for (int64_t group = 0; group < groups; ++group) {
    const float* sum = &bias_sums[group * shares * n.filters];
    for (int64_t filter = 0; filter < n.filters; ++filter) d_bias[filter] += sum[filter];
  }
}

// Rows of a packed kernel, each of a chunk.
PLAIT_INLINE int64_t RowCount(const Sizes& n) {
  return (n.filters + kFilters - 1) / kFilters * Chunks(n.elements()) * kFilters;
}

// Packs a kernel, (elements, filters), for AddInputsGradient.
void PackRows(ffi::ThreadPool& pool, const Sizes& n, const float* kernel, float* rows) {
  const int64_t chunks = Chunks(n.elements()), blocks = (n.filters + kFilters - 1) / kFilters;
  InParts(pool, blocks * chunks, [&](int64_t part) {
    const int64_t first_filter = part / chunks * kFilters, first = part % chunks * kChunk;
    for (int64_t row = 0; row < std::min(kFilters, n.filters - first_filter); ++row) {
      float* to = rows + (part * kFilters + row) * kChunk;
      for (int64_t at = 0; at < kChunk; ++at) {
        to[at] = first + at < n.elements() ? kernel[(first + at) * n.filters + first_filter + row] : 0.0f;
      }
    }
  });
}
