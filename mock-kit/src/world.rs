//! Believable firms and people from a seed.
