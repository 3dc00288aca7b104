# mypy: ignore-errors
"""Raw values and colours of samples before and after their functions, and the adjoint, as vector instructions.

In C++ because compilers make vectors of rows only in a plain loop whose functions are all arithmetic. A thread has many
rows on a CPU for that, and one on a GPU.
"""

import warp as wp

wp.set_module_options({"enable_backward": False})

EXP = """
auto exp = [](float x) {  // of numbers up to 0, to the last bits; what is not a number stays so
    x = x < -87.0f ? -87.0f : x;
    const float n = floorf(x * 1.44269504f + 0.5f);
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * r) * r + r + 1.0f;
    union { int i; float f; } power;
    power.i = ((n == n ? (int)n : 0) + 127) << 23;
    return p * power.f;
};
"""
"""Source: Cephes, expf."""

ROWS = """
#pragma clang loop vectorize(assume_safety)
for (int i = start; i < end; ++i)
"""


@wp.func_native(
    f"""
    {EXP}
    for (int i = start; i < end; ++i) {{  // apart, for compilers make no vectors of square roots
        const float* point = points.data[i].c;
        const float square = point[0] * point[0] + point[1] * point[1] + point[2] * point[2];
        raw.data[i] = values.data[i].c[0];
        if (blob == 1)
            raw.data[i] += scale - sqrtf(square) * (scale / width);
        if (blob == 2)
            raw.data[i] += exp(square * (-0.5f / (width * width))) * scale;
    }}
    {ROWS} {{
        const float y = raw.data[i] - shift;
        const float e = exp(y > 0.0f ? -y : y);
        const float s = e / (2.0f + e), q = s * s;
        // log(1 + e) = 2 artanh(e / (2 + e))
        float series = 1.0f / 13.0f;
        series = series * q + 1.0f / 11.0f;
        series = series * q + 1.0f / 9.0f;
        series = series * q + 1.0f / 7.0f;
        series = series * q + 1.0f / 5.0f;
        series = series * q + 1.0f / 3.0f;
        const float soft = (y > 0.0f ? y : 0.0f) + 2.0f * (s + s * q * series);
        const float density = soft_plus ? soft : y > 0.0f ? 1.0f / e : e;
        alpha.data[i] = 1.0f - exp(-density * lengths.data[i]);
        for (int k = 0; k < 3; ++k) {{
            const float c = values.data[i].c[1 + k];
            const float f = exp(c > 0.0f ? -c : c);
            colours.data[i].c[k] = (c > 0.0f ? 1.0f : f) / (1.0f + f);
        }}
    }}
    """
)
def activate_rows(
    start: int,
    end: int,
    values: wp.array(dtype=wp.vec4),
    points: wp.array(dtype=wp.vec3),
    lengths: wp.array(dtype=float),
    soft_plus: int,
    shift: float,
    blob: int,
    scale: float,
    width: float,
    raw: wp.array(dtype=float),
    alpha: wp.array(dtype=float),
    colours: wp.array(dtype=wp.vec3),
):
    """Rows from `start` up to, without it, `end`."""


@wp.func_native(
    f"""
    {EXP}
    {ROWS} {{
        const float y = raw.data[i] - shift;
        const float e = exp(y > 0.0f ? -y : y);
        const float soft = (y > 0.0f ? 1.0f : e) / (1.0f + e);
        const float slope = soft_plus ? soft : y > 15.0f ? 3269017.37f : y > 0.0f ? 1.0f / e : e;
        const float by = by_alpha.data[i] * lengths.data[i] * (1.0f - alpha.data[i]) * slope;
        by_values.data[i].c[0] = by;
        for (int k = 0; k < 3; ++k) {{
            const float c = colours.data[i].c[k];
            by_values.data[i].c[1 + k] = by_colours.data[i].c[k] * c * (1.0f - c);
        }}
    }}
    """
)
def activate_rows_adjoint(
    start: int,
    end: int,
    lengths: wp.array(dtype=float),
    soft_plus: int,
    shift: float,
    raw: wp.array(dtype=float),
    alpha: wp.array(dtype=float),
    colours: wp.array(dtype=wp.vec3),
    by_alpha: wp.array(dtype=float),
    by_colours: wp.array(dtype=wp.vec3),
    by_values: wp.array(dtype=wp.vec4),
):
    """Rows from `start` up to, without it, `end`."""


@wp.kernel
def activate(
    first: int,
    each: int,
    values: wp.array(dtype=wp.vec4),
    points: wp.array(dtype=wp.vec3),
    lengths: wp.array(dtype=float),
    soft_plus: int,
    shift: float,
    blob: int,
    scale: float,
    width: float,
    raw: wp.array(dtype=float),
    alpha: wp.array(dtype=float),
    colours: wp.array(dtype=wp.vec3),
):
    """One thread for ``each`` rows."""
    start = (first + wp.tid()) * each
    end = wp.min(start + each, alpha.shape[0])
    activate_rows(start, end, values, points, lengths, soft_plus, shift, blob, scale, width, raw, alpha, colours)


@wp.kernel
def activate_adjoint(
    first: int,
    each: int,
    lengths: wp.array(dtype=float),
    soft_plus: int,
    shift: float,
    raw: wp.array(dtype=float),
    alpha: wp.array(dtype=float),
    colours: wp.array(dtype=wp.vec3),
    by_alpha: wp.array(dtype=float),
    by_colours: wp.array(dtype=wp.vec3),
    by_values: wp.array(dtype=wp.vec4),
):
    """One thread for ``each`` rows."""
    start = (first + wp.tid()) * each
    end = wp.min(start + each, alpha.shape[0])
    activate_rows_adjoint(start, end, lengths, soft_plus, shift, raw, alpha, colours, by_alpha, by_colours, by_values)
