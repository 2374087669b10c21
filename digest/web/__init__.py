"""The public pages. ``pages`` and ``security`` know only the kernel, so that other rooms may use them."""
