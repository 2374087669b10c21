"""The public pages. ``pages``, ``forms`` and ``security`` know only the kernel: other rooms may use them."""
