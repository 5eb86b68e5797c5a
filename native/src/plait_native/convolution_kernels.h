// Convolutions along two axes (one axis: a single row), channels last, without padding: what is to be padded has been.
//
// Nothing is unrolled into columns. The elements under a window lie in a few stretches of memory, a whole row of the
// window in one piece, so a few outputs at neighbouring places times two vectors of filters are summed in registers
// straight from the image. The gradients walk the same way: that of the kernel sums over places, that of the inputs
// adds what each place sends to the elements under its window. Where a window has many elements, convolution_sparse.h
// takes over from them.

// Sums in registers: kPlaces (or as many elements of the kernel) times a panel of filters; twelve of AVX2's sixteen.
constexpr int64_t kPlaces = 6;
constexpr int64_t kPanel = 2 * kLanes;
// Places of an image that are worked on together, so that what they need stays in the second cache.
constexpr int64_t kBlock = 96;

// A stretch of elements under a window that follow each other in memory, as they do in the kernel.
struct Run {
  int64_t offset, length;
};

std::vector<Run> Runs(const Sizes& n) {
  std::vector<Run> runs;
  for (int64_t y = 0; y < n.taps_y; ++y) {
    if (n.dilation_x == 1) {
      runs.push_back({n.tap(y, 0), n.taps_x * n.channels});
    } else {
      for (int64_t x = 0; x < n.taps_x; ++x) runs.push_back({n.tap(y, x), n.channels});
    }
  }
  return runs;
}

PLAIT_INLINE int64_t Panels(int64_t count) { return (count + kPanel - 1) / kPanel; }

// Copies a panel of a matrix of (rows, columns), filled up with zeros: to (rows, kPanel).
void CopyPanel(const float* matrix, int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride,
               int64_t panel, float* to) {
  const int64_t first = panel * kPanel, count = std::min(kPanel, columns - first);
  for (int64_t row = 0; row < rows; ++row, to += kPanel) {
    const float* from = matrix + row * row_stride + first * column_stride;
    for (int64_t column = 0; column < count; ++column) to[column] = from[column * column_stride];
    std::fill(to + count, to + kPanel, 0.0f);
  }
}

// The places from `first` on that a block has.
struct Block {
  int64_t first, count;
  int64_t windows[kBlock];

  Block(const Sizes& n, int64_t number) : first(number * kBlock), count(std::min(kBlock, n.places() - first)) {
    for (int64_t at = 0; at < count; ++at) windows[at] = n.window(first + at);
  }
};

PLAIT_INLINE void StorePart(float* to, Floats low, Floats high, int64_t count) {
  if (count >= kPanel) {
    Store(to, low), Store(to + kLanes, high);
  } else {
    float all[kPanel];
    Store(all, low), Store(all + kLanes, high);
    std::copy_n(all, count, to);
  }
}

PLAIT_INLINE void AddPart(float* to, Floats low, Floats high, int64_t count) {
  if (count >= kPanel) {
    Store(to, Load(to) + low), Store(to + kLanes, Load(to + kLanes) + high);
  } else {
    float all[kPanel];
    Store(all, low), Store(all + kLanes, high);
    for (int64_t at = 0; at < count; ++at) to[at] += all[at];
  }
}

// bias: in panels, or null; outputs: of the image.
void ForwardBlock(const Sizes& n, const Run* runs, int64_t run_count, const Block& block,
                  const float* image, const float* kernel, const float* bias, bool rectified,
                  float* outputs) {
  for (int64_t panel = 0; panel < Panels(n.filters); ++panel) {
    const int64_t filters = std::min(kPanel, n.filters - panel * kPanel);
    const Floats low = bias ? Load(bias + panel * kPanel) : All(0.0f);
    const Floats high = bias ? Load(bias + panel * kPanel + kLanes) : All(0.0f);
    for (int64_t first = 0; first < block.count; first += kPlaces) {
      // In a last group with fewer places the last one is computed again for those that are not there.
      const float* from[kPlaces];
      Floats sum[kPlaces][2];
      for (int64_t at = 0; at < kPlaces; ++at) {
        from[at] = image + block.windows[std::min(first + at, block.count - 1)];
        sum[at][0] = low, sum[at][1] = high;
      }
      const float* factors = kernel + panel * n.elements() * kPanel;
      for (const Run* run = runs; run != runs + run_count; ++run) {
        for (int64_t element = run->offset; element < run->offset + run->length; ++element, factors += kPanel) {
          const Floats left = Load(factors), right = Load(factors + kLanes);
          for (int64_t at = 0; at < kPlaces; ++at) {
            const Floats x = All(from[at][element]);
            sum[at][0] += x * left, sum[at][1] += x * right;
          }
        }
      }
      float* to = outputs + (block.first + first) * n.filters + panel * kPanel;
      for (int64_t at = 0; at < std::min(kPlaces, block.count - first); ++at, to += n.filters) {
        if (rectified) {
          // So that what is no number stays none.
          sum[at][0] = sum[at][0] < 0.0f ? All(0.0f) : sum[at][0];
          sum[at][1] = sum[at][1] < 0.0f ? All(0.0f) : sum[at][1];
        }
        StorePart(to, sum[at][0], sum[at][1], filters);
      }
    }
  }
}

// Copies the cotangents of a block, a panel of filters wide; those of outputs that were cut off at 0 become 0.
PLAIT_INLINE void CopyCotangents(const Sizes& n, const Block& block, int64_t panel, const float* cotangents,
                                 const float* outputs, float* to) {
  const int64_t filters = std::min(kPanel, n.filters - panel * kPanel);
  for (int64_t at = 0; at < block.count; ++at, to += kPanel) {
    const int64_t from = (block.first + at) * n.filters + panel * kPanel;
    if (filters == kPanel) {
      Floats low = Load(cotangents + from), high = Load(cotangents + from + kLanes);
      if (outputs) {
        low = Load(outputs + from) > 0.0f ? low : All(0.0f);
        high = Load(outputs + from + kLanes) > 0.0f ? high : All(0.0f);
      }
      Store(to, low), Store(to + kLanes, high);
    } else {
      for (int64_t filter = 0; filter < kPanel; ++filter) {
        const bool counts = filter < filters && !(outputs && !(outputs[from + filter] > 0.0f));
        to[filter] = counts ? cotangents[from + filter] : 0.0f;
      }
    }
  }
}

// Adds to the gradients of the kernel, (panels, elements, kPanel), and of the bias, (panels, kPanel).
void KernelBlock(const Sizes& n, const int64_t* elements, const Block& block, int64_t first_panel,
                 int64_t last_panel, const float* image, const float* cotangents, const float* outputs,
                 float* d_kernel, float* d_bias) {
  float copied[kBlock * kPanel];
  for (int64_t panel = first_panel; panel < last_panel; ++panel) {
    CopyCotangents(n, block, panel, cotangents, outputs, copied);
    Floats low = Load(d_bias + panel * kPanel), high = Load(d_bias + panel * kPanel + kLanes);
    for (int64_t at = 0; at < block.count; ++at) {
      low += Load(copied + at * kPanel), high += Load(copied + at * kPanel + kLanes);
    }
    Store(d_bias + panel * kPanel, low), Store(d_bias + panel * kPanel + kLanes, high);
    for (int64_t first = 0; first < n.elements(); first += kPlaces) {
      const int64_t count = std::min(kPlaces, n.elements() - first);
      int64_t offsets[kPlaces];
      for (int64_t at = 0; at < kPlaces; ++at) offsets[at] = elements[first + std::min(at, count - 1)];
      Floats sum[kPlaces][2] = {};
      for (int64_t place = 0; place < block.count; ++place) {
        const float* from = image + block.windows[place];
        const Floats left = Load(copied + place * kPanel), right = Load(copied + place * kPanel + kLanes);
        for (int64_t at = 0; at < kPlaces; ++at) {
          const Floats x = All(from[offsets[at]]);
          sum[at][0] += x * left, sum[at][1] += x * right;
        }
      }
      float* to = d_kernel + (panel * n.elements() + first) * kPanel;
      for (int64_t at = 0; at < count; ++at) AddPart(to + at * kPanel, sum[at][0], sum[at][1], kPanel);
    }
  }
}

// Adds to the gradient of the inputs of an image. kernel: for each tap, panels of channels: (filters, kPanel).
void InputsBlock(const Sizes& n, const Block& block, const float* cotangents, const float* outputs,
                 const float* kernel, float* copied, float* d_image) {
  for (int64_t panel = 0; panel < Panels(n.filters); ++panel) {
    CopyCotangents(n, block, panel, cotangents, outputs, copied + panel * kBlock * kPanel);
  }
  for (int64_t tap = 0; tap < n.taps_y * n.taps_x; ++tap) {
    const int64_t offset = n.tap(tap / n.taps_x, tap % n.taps_x);
    for (int64_t panel = 0; panel < Panels(n.channels); ++panel) {
      const int64_t channels = std::min(kPanel, n.channels - panel * kPanel);
      const float* factors_of_panel = kernel + (tap * Panels(n.channels) + panel) * n.filters * kPanel;
      for (int64_t first = 0; first < block.count; first += kPlaces) {
        const float* from[kPlaces];
        for (int64_t at = 0; at < kPlaces; ++at) from[at] = copied + std::min(first + at, block.count - 1) * kPanel;
        Floats sum[kPlaces][2] = {};
        const float* factors = factors_of_panel;
        for (int64_t start = 0; start < n.filters; start += kPanel) {
          const int64_t base = start * kBlock;
          for (int64_t filter = 0; filter < std::min(kPanel, n.filters - start); ++filter, factors += kPanel) {
            const Floats left = Load(factors), right = Load(factors + kLanes);
            for (int64_t at = 0; at < kPlaces; ++at) {
              const Floats x = All(from[at][base + filter]);
              sum[at][0] += x * left, sum[at][1] += x * right;
            }
          }
        }
        for (int64_t at = 0; at < std::min(kPlaces, block.count - first); ++at) {
          AddPart(d_image + block.windows[first + at] + offset + panel * kPanel, sum[at][0], sum[at][1], channels);
        }
      }
    }
  }
}

// Hands out blocks of places in a few parts per thread: enough to balance, few enough to cost nothing.
template <typename Work>
void InBlocks(ffi::ThreadPool& pool, const Sizes& n, const Work& work) {
  const int64_t blocks_of_image = (n.places() + kBlock - 1) / kBlock, blocks = n.batch * blocks_of_image;
  const int64_t parts = std::min<int64_t>(blocks, 8 * std::max<int64_t>(pool.num_threads(), 1));
  InParts(pool, parts, [&](int64_t part) {
    for (int64_t at = part * blocks / parts; at < (part + 1) * blocks / parts; ++at) {
      work(at / blocks_of_image, Block(n, at % blocks_of_image));
    }
  });
}

// bias: or null for none.
void Forward(ffi::ThreadPool& pool, const Sizes& n, const float* inputs, const float* kernel, const float* bias,
             bool rectified, float* outputs) {
  const std::vector<Run> runs = Runs(n);
  const std::unique_ptr<float[]> panels(new float[Panels(n.filters) * n.elements() * kPanel]);
  InParts(pool, Panels(n.filters), [&](int64_t panel) {
    CopyPanel(kernel, n.elements(), n.filters, n.filters, 1, panel, &panels[panel * n.elements() * kPanel]);
  });
  std::vector<float> biases(bias ? Panels(n.filters) * kPanel : 0);
  std::copy_n(bias, bias ? n.filters : 0, biases.begin());
  InBlocks(pool, n, [&](int64_t image, const Block& block) {
    ForwardBlock(n, runs.data(), runs.size(), block, inputs + image * n.image(), panels.get(),
                 bias ? biases.data() : nullptr, rectified, outputs + image * n.places() * n.filters);
  });
}

// outputs: they tell what was cut off at 0; null if nothing was.
//
// Groups of images are summed each for itself and then together: by shape alone, so that the result does not depend on
// the number of threads.
void DenseKernelGradient(ffi::ThreadPool& pool, const Sizes& n, const float* inputs, const float* cotangents,
                         const float* outputs, float* d_kernel, float* d_bias) {
  std::vector<int64_t> elements;
  for (const Run& run : Runs(n)) {
    for (int64_t at = 0; at < run.length; ++at) elements.push_back(run.offset + at);
  }
  const int64_t panels = Panels(n.filters), size = panels * n.elements() * kPanel;
  const int64_t groups = std::min<int64_t>(n.batch, size < (1 << 16) ? 16 : size < (1 << 20) ? 4 : 2);
  const int64_t shares = std::min<int64_t>(panels, 16 / groups);
  std::vector<float> sums(groups * size), bias_sums(groups * panels * kPanel);
  InParts(pool, groups * shares, [&](int64_t part) {
    const int64_t group = part / shares, share = part % shares;
    for (int64_t image = group * n.batch / groups; image < (group + 1) * n.batch / groups; ++image) {
      const int64_t at = image * n.places() * n.filters;
      for (int64_t number = 0; number * kBlock < n.places(); ++number) {
        KernelBlock(n, elements.data(), Block(n, number), share * panels / shares, (share + 1) * panels / shares,
                    inputs + image * n.image(), cotangents + at, outputs ? outputs + at : nullptr,
                    &sums[group * size], &bias_sums[group * panels * kPanel]);
      }
    }
  });
  const auto add = [&](const std::vector<float>& from, int64_t rows, float* to) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t filter = 0; filter < n.filters; ++filter) {
        const int64_t at = (filter / kPanel * rows + row) * kPanel + filter % kPanel;
        float sum = 0.0f;
        for (int64_t group = 0; group < groups; ++group) sum += from[group * panels * rows * kPanel + at];
        to[row * n.filters + filter] = sum;
      }
    }
  };
  add(sums, n.elements(), d_kernel);
  add(bias_sums, 1, d_bias);
}

#include "convolution_sparse.h"

// With as many elements under a window as this the zeros among the cotangents pay for listing the others.
constexpr int64_t kManyElements = 256;

// outputs: they tell what was cut off at 0; null if nothing was.
void KernelGradient(ffi::ThreadPool& pool, const Sizes& n, const float* inputs, const float* cotangents,
                    const float* outputs, float* d_kernel, float* d_bias) {
  const auto gradient = n.elements() < kManyElements ? DenseKernelGradient : SparseKernelGradient;
  gradient(pool, n, inputs, cotangents, outputs, d_kernel, d_bias);
}

// Packs a kernel, (taps, channels, filters), for InputsBlock.
void PackPanels(ffi::ThreadPool& pool, const Sizes& n, const float* kernel, float* panels) {
  const int64_t size = n.filters * kPanel;
  InParts(pool, n.taps_y * n.taps_x, [&](int64_t tap) {
    for (int64_t panel = 0; panel < Panels(n.channels); ++panel) {
      CopyPanel(kernel + tap * n.channels * n.filters, n.filters, n.channels, 1, n.filters, panel,
                panels + (tap * Panels(n.channels) + panel) * size);
    }
  });
}

// outputs: as for the gradient of the kernel.
void InputsGradient(ffi::ThreadPool& pool, const Sizes& n, const float* kernel, const float* cotangents,
                    const float* outputs, float* d_inputs) {
  const bool has_many = n.elements() >= kManyElements;
  const std::unique_ptr<float[]> panels(new float[n.taps_y * n.taps_x * Panels(n.channels) * kPanel * n.filters]);
  PackPanels(pool, n, kernel, panels.get());
  const std::unique_ptr<float[]> rows(new float[has_many ? RowCount(n) * kChunk : 0]);
  if (has_many) PackRows(pool, n, kernel, rows.get());
  const std::vector<std::vector<Run>> chunks = RunsOfChunks(n);
  InParts(pool, n.batch, [&](int64_t image) {
    const int64_t at = image * n.places() * n.filters;
    const float* outputs_of_image = outputs ? outputs + at : nullptr;
    float* to = d_inputs + image * n.image();
    std::fill_n(to, n.image(), 0.0f);
    if (has_many && IsSparse(n, cotangents + at, outputs_of_image)) {
      AddInputsGradient(n, chunks, rows.get(), cotangents + at, outputs_of_image, to);
      return;
    }
    std::vector<float> copied(Panels(n.filters) * kBlock * kPanel);
    for (int64_t number = 0; number * kBlock < n.places(); ++number) {
      InputsBlock(n, Block(n, number), cotangents + at, outputs_of_image, panels.get(), copied.data(), to);
    }
  });
}
