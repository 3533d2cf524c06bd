"""What several rules share: names and imports, classes and their receivers, operands, layout."""
