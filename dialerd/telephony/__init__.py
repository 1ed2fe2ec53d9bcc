"""AMI and FastAGI at the edge: bytes to typed values and back."""
