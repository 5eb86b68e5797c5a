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

// An odd polynomial over an even one, after Eigen's: to about 3e-7, and 1 from where float32 tells no difference.
PLAIT_INLINE Floats Tanh(Floats x) {
  x = Bounded(x, -7.90531111f, 7.90531111f);
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

PLAIT_INLINE Floats Sigmoid(Floats x) { return 0.5f * Tanh(0.5f * x) + 0.5f; }
