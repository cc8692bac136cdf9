"""Airtable's formula language: text to tree (grammar), tree to closure (compiler), functions as tables."""
