//! What arguments become, and what is said about wrong ones.

mod forms;
mod messages;
mod nested;
mod properties;
