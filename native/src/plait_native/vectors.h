// PLAIT_LANES floats at a time, and the functions of them that the gates of a recurrence need.
//
// Written with the compiler's vector types. It stands in the namespace of each version (see versions.h), which says what
// the compiler makes of them; so there is no guard against including it twice.

constexpr int64_t kLanes = PLAIT_LANES;
typedef float Floats __attribute__((vector_size(kLanes * sizeof(float)), aligned(4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * sizeof(int32_t)), aligned(4)));

PLAIT_INLINE Floats Load(const float* from) { return *reinterpret_cast<const Floats*>(from); }
PLAIT_INLINE void Store(float* to, Floats x) { *reinterpret_cast<Floats*>(to) = x; }
// A difference, as x - 0 is x to the compiler; x + 0 is not, where x is -0, and would be computed.
PLAIT_INLINE Floats All(float x) { return x - Floats{}; }
PLAIT_INLINE Floats Bounded(Floats x, float low, float high) {
  x = x < low ? All(low) : x;
  return x > high ? All(high) : x;
}

// e^x, to about 1e-7 of its size: 2^n times a polynomial on [-ln2/2, ln2/2] (the one of the Cephes library).
PLAIT_INLINE Floats Exp(Floats x) {
  x = Bounded(x, -87.0f, 87.0f);
  Floats scaled = x * 1.44269504f;
  Ints n = __builtin_convertvector(scaled + (scaled < 0.0f ? All(-0.5f) : All(0.5f)), Ints);
  Floats whole = __builtin_convertvector(n, Floats);
  Floats r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  Floats p = All(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * reinterpret_cast<Floats>((n + 127) << 23);
}

PLAIT_INLINE Floats Sigmoid(Floats x) { return 1.0f / (1.0f + Exp(-x)); }

// Near 0, where 1 - 2 / (e^2x + 1) would lose its digits, an odd polynomial (Cephes again).
PLAIT_INLINE Floats Tanh(Floats x) {
  Floats far = 1.0f - 2.0f / (Exp(2.0f * x) + 1.0f);
  Floats s = x * x;
  Floats p = All(-5.70498872745e-3f);
  p = p * s + 2.06390887954e-2f;
  p = p * s + -5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s + -3.33332819422e-1f;
  Floats near = p * s * x + x;
  return s < 0.390625f ? near : far;
}
