"""Where pieces of work are computed: in this process, in further ones, or on a cluster."""
