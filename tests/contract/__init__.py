"""The contract, held against either service from outside."""
