"""OFD, the national format of fixed pages (GB/T 33190-2016): its package, its lines, its tables."""
