"""The torture of the real daemon: killed again and again at every vendor, on both databases, and judged at the end."""
