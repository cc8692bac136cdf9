"""Making tables and fields: what options a type takes, and what a change may be."""
