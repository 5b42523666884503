"""Speed and cost of all networks side by side."""
