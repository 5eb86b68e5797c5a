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

// An odd polynomial over an even one, after Eigen: to about 3e-7, and from the bounds on 1.
PLAIT_INLINE Floats Tanh(Floats x) {
  x = Bounded(x, -7.99881172f, 7.99881172f);
  const Floats s = x * x;
  Floats p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * s + -8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  Floats q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return x * p / q;
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

// Not by way of tanh, which would lose the digits of a gate that is nearly shut.
PLAIT_INLINE Floats Sigmoid(Floats x) { return 1.0f / (1.0f + Exp(-x)); }
