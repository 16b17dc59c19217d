"""The theorems, and the obligations that prove them."""
