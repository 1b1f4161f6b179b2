"""What 1.62 and 1.67, of early 2007, have alike, and later revisions not. See flavors.dragonfly for what may be imported."""
