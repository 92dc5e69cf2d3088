"""Client against simulator, simulator against İYS's documents; ``make conformance`` counts."""
