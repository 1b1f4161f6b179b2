"""fork-oracle: an executable answer to what fork does, exactly, on a given kernel. Imports no flavor: they are found
through the entry-point group `oracle.flavors`."""
