# mypy: ignore-errors
"""Weighted sums of the rows of a table, and their adjoint, as vector instructions.

In C++ because compilers see that the channels of a row make a vector only in a plain loop over them.
"""

import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.func
def bilinear(x: float, y: float):
    """Weights of the corners of a square at a place in it, 0..1: the first, the next along x, and those above them."""
    return wp.vec4((1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y)


def loop_over(channels):
    """The head of a loop over channels; where they fill a CPU's vectors, its compiler is told so."""
    vectors = "#pragma clang loop vectorize(enable) unroll(disable)" if channels % 4 == 0 else ""
    return f"{vectors}\nfor (int k = 0; k < {channels}; ++k)"


def mixed(vector):
    """The function that adds four weighted rows."""
    channels = vector._length_

    @wp.func_native(
        f"""
        const float* a = table.data[rows[0]].c;
        const float* b = table.data[rows[1]].c;
        const float* c = table.data[rows[2]].c;
        const float* d = table.data[rows[3]].c;
        const float p = weights[0], q = weights[1], r = weights[2], s = weights[3];
        wp::vec_t<{channels}, float> sum;
        {loop_over(channels)}
            sum.c[k] = p * a[k] + q * b[k] + r * c[k] + s * d[k];
        return sum;
        """
    )
    def mix(table: wp.array(dtype=vector), rows: wp.vec4i, weights: wp.vec4) -> vector: ...

    return mix


def spread(vector):
    """The function that adds a weighted vector to each of four rows."""
    channels = vector._length_

    @wp.func_native(
        f"""
        for (int row = 0; row < 4; ++row) {{
            float* to = result.data[rows[row]].c;
            const float weight = weights[row];
            {loop_over(channels)}
                wp::atomic_add(to + k, weight * by.c[k]);
        }}
        """
    )
    def add(result: wp.array(dtype=vector), rows: wp.vec4i, weights: wp.vec4, by: vector): ...

    return add
