"""The product's pages: one module a noun, every write through an action."""
