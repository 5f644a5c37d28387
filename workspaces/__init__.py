"""The product: companies with workspaces of shared tables, live for everyone who has them open."""
