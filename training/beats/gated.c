// SPDX-License-Identifier: Apache-2.0
// The recurrent part of a layer of gated units, forward and backward: what PyTorch spreads over dozens of small
// operations a frame. Arrays are [time][batch][...], row by row; gates are in PyTorch's order: reset, update, new.

#include <cblas.h>
#include <math.h>
#include <string.h>

static inline float logistic(float x) { return 1.0F / (1.0F + expf(-x)); }

/// given[T][B][3H] comes from the layer below; weights[3H][H], bias[3H]. Fills state[T+1][B][H], whose first is given,
/// and kept[T][B][4H]: the three gates and what the new gate's reset was applied to.
void gated_forward(int T, int B, int H, const float* given, const float* weights, const float* bias, float* state,
                   float* kept, float* scratch) {
  for (int t = 0; t < T; ++t) {
    const float* before = state + (size_t)t * B * H;
    float* after = state + (size_t)(t + 1) * B * H;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, 3 * H, H, 1.0F, before, H, weights, H, 0.0F, scratch,
                3 * H);
    for (int b = 0; b < B; ++b) {
      const float* g = given + ((size_t)t * B + b) * 3 * H;
      const float* s = scratch + (size_t)b * 3 * H;
      float* k = kept + ((size_t)t * B + b) * 4 * H;
      const float* p = before + (size_t)b * H;
      float* a = after + (size_t)b * H;
      for (int h = 0; h < H; ++h) {
        const float reset = logistic(g[h] + s[h] + bias[h]);
        const float update = logistic(g[H + h] + s[H + h] + bias[H + h]);
        const float inner = s[2 * H + h] + bias[2 * H + h];
        const float fresh = 2.0F * logistic(2.0F * (g[2 * H + h] + reset * inner)) - 1.0F;
        k[h] = reset;
        k[H + h] = update;
        k[2 * H + h] = fresh;
        k[3 * H + h] = inner;
        a[h] = fresh + update * (p[h] - fresh);
      }
    }
  }
}

/// d_out[T][B][H] is the slope of the loss along every state. Fills d_given and d_inner, both [T][B][3H]: along what
/// the layer below gave and along what the states before gave. carry[B][H] is zeroed here.
void gated_backward(int T, int B, int H, const float* d_out, const float* weights, const float* state,
                    const float* kept, float* d_given, float* d_inner, float* carry) {
  memset(carry, 0, sizeof(float) * (size_t)B * H);
  for (int t = T - 1; t >= 0; --t) {
    for (int b = 0; b < B; ++b) {
      const float* k = kept + ((size_t)t * B + b) * 4 * H;
      const float* p = state + ((size_t)t * B + b) * H;
      const float* o = d_out + ((size_t)t * B + b) * H;
      float* dg = d_given + ((size_t)t * B + b) * 3 * H;
      float* di = d_inner + ((size_t)t * B + b) * 3 * H;
      float* c = carry + (size_t)b * H;
      for (int h = 0; h < H; ++h) {
        const float reset = k[h], update = k[H + h], fresh = k[2 * H + h], inner = k[3 * H + h];
        const float d = c[h] + o[h];
        const float d_new = d * (1.0F - update) * (1.0F - fresh * fresh);
        const float d_update = d * (p[h] - fresh) * update * (1.0F - update);
        const float d_reset = d_new * inner * reset * (1.0F - reset);
        dg[h] = di[h] = d_reset;
        dg[H + h] = di[H + h] = d_update;
        dg[2 * H + h] = d_new;
        di[2 * H + h] = d_new * reset;
        c[h] = d * update;
      }
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, H, 3 * H, 1.0F, d_inner + (size_t)t * B * 3 * H, 3 * H,
                weights, H, 1.0F, carry, H);
  }
}
