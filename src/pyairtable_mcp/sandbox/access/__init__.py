"""Who may do what: scopes, permission levels, tokens, and the grants of integrations."""
