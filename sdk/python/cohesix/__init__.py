"""Python tools for Cohesix: `cohesix.verify` checks a packed transparency log. Nothing is imported here."""
