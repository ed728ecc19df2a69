"""What the stock and the fused agents share."""
