"""The four operations as their definition in plain torch: slow, differentiated by autograd, the kernels' oracle."""
