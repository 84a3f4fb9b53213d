//! What definition files may say, and what is said about those that may not.

mod keys;
mod properties;
mod refusals;
